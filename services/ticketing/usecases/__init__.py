"""What ticketing does, a use-case a file."""
