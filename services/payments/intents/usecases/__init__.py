"""What payments does, a use-case a file."""
