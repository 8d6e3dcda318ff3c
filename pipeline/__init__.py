"""What is computed from the answers."""
