"""Structural equation models in lavaan's language: from the model text to estimates, tests and intervals."""
