"""What is done with people and phones, a use-case a file."""
