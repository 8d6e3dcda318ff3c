"""Evidence that a study's scales measure what they say: :mod:`pipeline.measurement` on its answers."""
