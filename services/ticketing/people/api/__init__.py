"""The HTTP doors of signing in, and of the desk that manages people and phones."""
