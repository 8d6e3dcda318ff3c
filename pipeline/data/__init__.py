"""Answers as data: typed responses, screening, scores, aggregation."""
