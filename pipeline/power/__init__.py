"""Population models: simulated answers with known truth, and planning."""
