"""Structural equation models: syntax, estimation, inference, fit, effects."""
