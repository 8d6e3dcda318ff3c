"""The Alliance Ecosystem Model: the three pillars of an alliance and what comes of them.

Pillars have many dimensions; each is measured by their scores (means of the dimension's items).
"""

from __future__ import annotations

from pipeline.models.spec import ModelSpec

PILLARS = ModelSpec(
    id="pillars",
    title="Measurement model of the three pillars of the alliance",
    level="alliance",
    syntax="""\
# Relational ambidexterity, resource fluidity, strategic resilience
RA =~ ratr + ravg + racs + rarg + ralo
RF =~ rfmod + rfkm + rfag
SR =~ srrs + srcr + sral
""",
)
