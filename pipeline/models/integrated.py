"""M4: from the firm's experience to the advantage its alliances give, through function, learning and capability.

It joins two levels: a firm's answers stand beside each of its alliances, and standard errors know that alliances of one
firm share them.
"""

from __future__ import annotations

from pipeline.models.capability import COVARIATES
from pipeline.models.ecosystem import PILLAR_SCORES, TURBULENCE
from pipeline.models.spec import RANDOM_X, ModelSpec

_Z = " + ".join(COVARIATES)

INTEGRATED = ModelSpec(
    id="M4",
    title="From experience to alliance ecosystem advantage",
    level="alliance",
    syntax=f"""\
LRN =~ lrar + lrco + lrsh + lrin
AMC =~ amse + amgo + amco + amex
{PILLAR_SCORES}{TURBULENCE}\
AEA =~ RA + RF + SR
FL =~ aefl1 + aefl2 + aefl3
daf ~ a1*exp_rw + {_Z}
LRN ~ a2*daf + d*exp_rw + {_Z}
AMC ~ b*LRN + c2*daf + c1*exp_rw + {_Z}
AEA ~ e1*AMC + e2*LRN + tu_aea*TU
FL ~ f1*AEA + f2*AMC

chain := a1*a2*b*e1*f1
capability_advantage := e1*f1
""",
    effects=("chain", "capability_advantage"),
    options=RANDOM_X,
)
