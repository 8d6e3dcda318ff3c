"""Learning, capability and success of the firm: the measurement model, and M1, the serial mediation.

Learning processes and alliance management capability are second-order factors over their dimensions, and these are
measured by their items.
"""

from __future__ import annotations

from pipeline.models.spec import RANDOM_X, ModelSpec

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
    options=RANDOM_X,
)
