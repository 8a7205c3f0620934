"""What transfers does, a use-case a file."""
