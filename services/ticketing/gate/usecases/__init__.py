"""What the gate does, a use-case a file."""
