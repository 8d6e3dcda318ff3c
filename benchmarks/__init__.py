"""How fast the estimation engine is beside lavaan and semopy, and what its work costs: ``python3 tasks.py bench``."""
