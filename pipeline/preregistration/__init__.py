"""A plan locked before the data, its amendments, and what a run did otherwise."""
