"""Mediation or moderation: M1b, the rival of M1, and M1c, which holds both.

Zollo & Winter (2002) let experience, the function and learning strengthen one another in their effect on capability,
where Kale & Singh (2007) let one bring about the next. Both are put to the same data: the same indicators, products
among them, in every model, so that χ² and information criteria may be compared. Learning is measured by the scores of
its four processes, whose products with experience measure the latent product (double-mean-centred: Lin, Wen, Marsh &
Lin 2010).

In M1b function and learning go along with experience, covariates and products freely. In M1c they depend on them, and
what remains of them goes freely with the products. Both are saturated there, so that M1b fits exactly as M1c does: fit
cannot tell whether experience brings about function and learning. The products' coefficients can be tested, and so can
the path from experience to capability; :mod:`pipeline.rivals` does.
"""

from __future__ import annotations

from pipeline.models.capability import COVARIATES
from pipeline.models.spec import RANDOM_X, ModelSpec, covarying
from pipeline.sem.products import Product

_Z = " + ".join(COVARIATES)

EXPERIENCE_FUNCTION = Product((("exp_rw",), ("daf",)))
EXPERIENCE_LEARNING = Product((("exp_rw",) * 4, ("lrar", "lrco", "lrsh", "lrin")))
_PRODUCTS = (EXPERIENCE_FUNCTION, EXPERIENCE_LEARNING)

_MEASUREMENT = f"""\
LRN =~ lrar + lrco + lrsh + lrin
AMC =~ amse + amgo + amco + amex
# Experience x learning
EXL =~ {' + '.join(EXPERIENCE_LEARNING.names)}
"""

_INTERACTION = EXPERIENCE_FUNCTION.names[0]

_EXOGENOUS = ("EXL", _INTERACTION, "exp_rw", *COVARIATES)

MODERATION = ModelSpec(
    id="M1b",
    title="Rival of the mediation: experience, function and learning strengthen one another",
    level="firm",
    syntax=f"""\
{_MEASUREMENT}
# Function and learning go along with experience and are not brought about by it
{covarying("LRN", "daf", *_EXOGENOUS)}
AMC ~ b*LRN + c2*daf + c1*exp_rw + m1*{_INTERACTION} + m2*EXL + {_Z}
""",
    options=RANDOM_X,
    products=_PRODUCTS,
)

ENCOMPASSING = ModelSpec(
    id="M1c",
    title="Mediation and moderation in one model",
    level="firm",
    syntax=f"""\
{_MEASUREMENT}
{covarying(*_EXOGENOUS)}
daf ~ a1*exp_rw + {_Z}
LRN ~ a2*daf + d*exp_rw + {_Z}
AMC ~ b*LRN + c2*daf + c1*exp_rw + m1*{_INTERACTION} + m2*EXL + {_Z}
# What remains of function and learning may go with the products
daf ~~ {_INTERACTION} + EXL
LRN ~~ {_INTERACTION} + EXL

serial_capability := a1*a2*b
""",
    effects=("serial_capability",),
    options=RANDOM_X,
    products=_PRODUCTS,
)
