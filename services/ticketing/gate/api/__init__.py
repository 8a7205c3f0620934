"""The HTTP doors of gate phones, and of the manager who looks at what they let in."""
