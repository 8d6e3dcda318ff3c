"""Measurement evidence: reliability, number of factors, factor extraction."""
