"""What the theory claims, what would decide it, and what the data say."""
