"""Whether scales measure alike in the groups that a study compares, and which scores may be compared.

For every construct the ladder of :mod:`pipeline.sem.invariance` by every grouping of the plan, the search for items
that differ, how much they differ, and latent means; then what follows, in words.
"""
