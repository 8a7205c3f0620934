"""What is done with the catalogue, a use-case a file."""
