"""The HTTP doors of signing in, and of managing people and phones."""
