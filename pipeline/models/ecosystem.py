"""The Alliance Ecosystem Model: the three pillars of an alliance and what comes of them.

Pillars have many dimensions; each is measured by their scores (means of the dimension's items).
"""

from __future__ import annotations

from pipeline.models.spec import RANDOM_X, ModelSpec, Surface
from pipeline.sem.products import Product, residual_covariances

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

PILLAR_SCORES = """\
RA =~ ratr + ravg + racs + rarg + ralo
RF =~ rfmod + rfkm + rfag
SR =~ srrs + srcr + sral
"""

SECOND_ORDER = ModelSpec(
    id="pillars-second-order",
    title="Measurement model of the three pillars with a factor behind them",
    level="alliance",
    syntax=PILLARS.syntax + "AEA =~ RA + RF + SR\n",
)

TURBULENCE = "TU =~ tumk + tute + tucp\n"

_OUTCOMES = """\
INN =~ ouin1 + ouin2 + ouin3
LTP =~ oult1 + oult2 + oult3
ADP =~ ouad1 + ouad2 + ouad3
VCC =~ ouvc1 + ouvc2 + ouvc3
EF =~ efst1 + efst2 + efst3
"""

_FLUIDITY, _RESILIENCE, _TURBULENCE = ("rfmod", "rfkm", "rfag"), ("srrs", "srcr", "sral"), ("tumk", "tute", "tucp")
FLUIDITY_TURBULENCE = Product((_FLUIDITY, _TURBULENCE))
RESILIENCE_TURBULENCE = Product((_RESILIENCE, _TURBULENCE))


def measured_by(latent: str, product: Product) -> str:
    """The line that measures a latent product by its product indicators."""
    return f"{latent} =~ {' + '.join(product.names)}\n"


PROPOSITIONS = ModelSpec(
    id="M2",
    title="Propositions 1 to 3: ambidexterity, fluidity, resilience and their outcomes under turbulence",
    level="alliance",
    syntax=f"""\
{PILLAR_SCORES}{_OUTCOMES}{TURBULENCE}\
{measured_by("RFxTU", FLUIDITY_TURBULENCE)}{measured_by("SRxTU", RESILIENCE_TURBULENCE)}
RF ~ ra_rf*RA
SR ~ rf_sr*RF + ra_sr*RA
INN ~ ra_inn*RA + TU
ADP ~ rf_adp*RF + TU + q1*RFxTU
VCC ~ rf_vcc*RF + ra_vcc*RA
LTP ~ ra_ltp*RA + sr_ltp*SR + ef_ltp*EF + TU + q2*SRxTU
# What remains of a pillar may go with its product
RF ~~ RFxTU + SRxTU
SR ~~ RFxTU + SRxTU

ra_rf_sr := ra_rf*rf_sr
sr_over_ef := sr_ltp - ef_ltp
""",
    effects=("ra_rf_sr",),
    options=RANDOM_X,
    products=(FLUIDITY_TURBULENCE, RESILIENCE_TURBULENCE),
)

PROPOSITIONS_CURVED = ModelSpec(
    id="M2-curved",
    title="Does turbulence strengthen fluidity's effect up to a point only? (an inverted U)",
    level="alliance",
    syntax="""\
# Scores in place of latent variables: three latent variables multiplied are beyond what such samples can carry
ADP =~ ouad1 + ouad2 + ouad3
ADP ~ rf_adp*rf + tu_adp*tu + q1*rf.tu + tu.tu + q3*rf.tu.tu
""",
    options=RANDOM_X,
    products=(Product((("rf",), ("tu",))), Product((("tu",), ("tu",))), Product((("rf",), ("tu",), ("tu",)))),
)

BALANCE = ModelSpec(
    id="P1",
    title="Proposition 1 as a response surface: innovation over trust and vigilance",
    level="alliance",
    syntax="""\
INN =~ ouin1 + ouin2 + ouin3
INN ~ b1*T + b2*V + b3*T2 + b4*TV + b5*V2

along_agreement := b1 + b2
curved_along_agreement := b3 + b4 + b5
along_disagreement := b1 - b2
curved_along_disagreement := b3 - b4 + b5
""",
    options=RANDOM_X,
    surface=Surface("ratr", "ravg", 4.0),
)

_ADVANTAGE = """\
FL =~ aefl1 + aefl2 + aefl3
EL =~ aeel1 + aeel2 + aeel3
"""

HIGHER_ORDER = ModelSpec(
    id="M3a",
    title="Proposition 4, reflective: an advantage behind the three pillars acts on firm and ecosystem",
    level="alliance",
    syntax=f"""\
{PILLAR_SCORES}{_ADVANTAGE}\
AEA =~ RA + RF + SR
FL ~ aea_fl*AEA
EL ~ aea_el*AEA
""",
    options=RANDOM_X,
)

DIRECT = ModelSpec(
    id="M3d",
    title="Proposition 4, direct: each pillar acts on firm and ecosystem by itself",
    level="alliance",
    syntax=f"""\
{PILLAR_SCORES}{_ADVANTAGE}\
FL ~ ra_fl*RA + rf_fl*RF + sr_fl*SR
EL ~ ra_el*RA + rf_el*RF + sr_el*SR
""",
    options=RANDOM_X,
)

COMPOSITE = ModelSpec(
    id="M3b",
    title="Proposition 4, formative: the pillars act through one composite",
    level="alliance",
    syntax=f"""\
{PILLAR_SCORES}{_ADVANTAGE}\
# A latent variable without indicators or disturbance: the composite. Its unit is the weight of ambidexterity.
AEA =~ 0*aefl1
AEA ~~ 0*AEA
AEA ~ 1*RA + w_rf*RF + w_sr*SR
FL ~ aea_fl*AEA
EL ~ aea_el*AEA
""",
    options=RANDOM_X,
)

_OPENNESS = ("ratr", "rarg", "ralo")
"""As many dimensions of ambidexterity as the other pillars have: those that stand for cooperation and learning."""
_SYNERGIES = {
    "RAxRF": Product((_OPENNESS, _FLUIDITY)),
    "RAxSR": Product((_OPENNESS, _RESILIENCE)),
    "RFxSR": Product((_FLUIDITY, _RESILIENCE)),
}

SYNERGY = ModelSpec(
    id="M3c",
    title="Proposition 4, synergy: do the pillars strengthen one another?",
    level="alliance",
    syntax=f"""\
{PILLAR_SCORES}{_ADVANTAGE}\
{"".join(measured_by(name, product) for name, product in _SYNERGIES.items())}\
# Products that share a dimension
{residual_covariances(tuple(_SYNERGIES.values()))}
FL ~ RA + RF + SR + s1*RAxRF + s2*RAxSR + s3*RFxSR
EL ~ RA + RF + SR + t1*RAxRF + t2*RAxSR + t3*RFxSR
""",
    options=RANDOM_X,
    products=tuple(_SYNERGIES.values()),
)
