"""Sample moments: what estimation needs to know of the data."""
