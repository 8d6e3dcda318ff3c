"""The models a study tests, in lavaan's language: the measurement models and M1, the serial mediation.

Learning processes and alliance management capability are second-order factors over their dimensions, and these are
measured by their items; the pillars of the alliance, whose dimensions are many, by dimension scores (means of the
dimension's items). Firm-level models have one row a firm, alliance-level models one row an alliance, clustered by firm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.sem.estimate import Options

Level = Literal["firm", "alliance"]

ROBUST = Options(estimator="mlr", missing="fiml")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model: what it is called, on which rows it is estimated, its syntax and its product effects.

    Attributes
    ----------
    effects
        Defined product effects whose paths are tested jointly.
    options
        How it is estimated: robust maximum likelihood with full information unless something else is said.
    """

    id: str
    title: str
    level: Level
    syntax: str
    effects: tuple[str, ...] = ()
    options: Options = ROBUST


COVARIATES = ("lnsize", "firmage", "tmco", "ind_tech", "ind_serv")
"""Log employees, firm age in decades, top management commitment, two industry indicators."""

_Z = " + ".join(COVARIATES)

_CAPABILITY_MEASUREMENT = """\
# Learning processes: articulation, codification, sharing, internalisation
ART =~ lrar1 + lrar2 + lrar3 + lrar4
COD =~ lrco1 + lrco2 + lrco3 + lrco4
SHA =~ lrsh1 + lrsh2 + lrsh3 + lrsh4
INT =~ lrin1 + lrin2 + lrin3 + lrin4
LRN =~ ART + COD + SHA + INT
# Alliance management capability: selection, governance, coordination, adaptation
SEL =~ amse1 + amse2 + amse3
GOV =~ amgo1 + amgo2 + amgo3
COO =~ amco1 + amco2 + amco3
ADA =~ amex1 + amex2 + amex3
AMC =~ SEL + GOV + COO + ADA
# Firm-level alliance success
SUC =~ sufl1 + sufl2 + sufl3 + sufl4
"""

CAPABILITY = ModelSpec(
    id="capability",
    title="Measurement model of learning, capability and success",
    level="firm",
    syntax=_CAPABILITY_MEASUREMENT,
)

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

MEDIATION = ModelSpec(
    id="M1",
    title="Serial mediation: experience, dedicated function, learning, capability, success",
    level="firm",
    syntax=f"""\
{_CAPABILITY_MEASUREMENT}
# Experience -> dedicated function -> learning -> capability -> success
daf ~ a1*exp_rw + {_Z}
LRN ~ a2*daf + d*exp_rw + {_Z}
AMC ~ b*LRN + c2*daf + c1*exp_rw + {_Z}
SUC ~ g*AMC + h3*LRN + h2*daf + h1*exp_rw + {_Z}

serial_learning := a1*a2
serial_capability := a1*a2*b
serial_success := a1*a2*b*g
function_only := a1*c2
learning_only := d*b
total_indirect_capability := a1*c2 + d*b + a1*a2*b
total_capability := c1 + a1*c2 + d*b + a1*a2*b
""",
    effects=("serial_learning", "serial_capability", "serial_success", "function_only", "learning_only"),
    # Covariates are random, so that a firm that left one empty still tells what it answered.
    options=Options(estimator="mlr", missing="fiml", fixed_x=False),
)

MODELS: tuple[ModelSpec, ...] = (CAPABILITY, PILLARS, MEDIATION)
