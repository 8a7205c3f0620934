"""What sales does, a use-case a file."""
