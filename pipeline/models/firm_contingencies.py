"""Single claims about firms: contingencies of experience, function, learning and capability.

Each model is made for one claim or a few (:mod:`pipeline.claims`). Those on Kale & Singh's (2009) single alliance stand
here too, because the firm's side comes into most of them. Contingencies are products of scores, centred before they
are multiplied, so that first-order paths are slopes at the means.
"""

from __future__ import annotations

from pipeline.models.capability import COVARIATES
from pipeline.models.ecosystem import measured_by
from pipeline.models.spec import RANDOM_X, Level, ModelSpec, covarying
from pipeline.sem.products import Product

_Z = " + ".join(COVARIATES)
_Z_WITHOUT_COMMITMENT = " + ".join(name for name in COVARIATES if name != "tmco")

_CAPABILITY = "AMC =~ amse + amgo + amco + amex\n"
_SUCCESS = "SUC =~ sufl1 + sufl2 + sufl3 + sufl4\n"
_PERFORMANCE = "LTP =~ oult1 + oult2 + oult3\n"


def _of(first: str, second: str) -> Product:
    """The product of two observed variables."""
    return Product(((first,), (second,)))


def _model(level: Level, name: str, title: str, syntax: str, *products: Product,
           only: tuple[tuple[str, float], ...] = ()) -> ModelSpec:
    return ModelSpec(id=name, title=title, level=level, syntax=syntax, options=RANDOM_X, products=products, only=only)


# -- Experience -------------------------------------------------------------------------------------------------------

GOALS = _model(
    "firm", "F-goals", "Experience and the share of alliances that met their goals",
    f"goals_share ~ experience*exp_rw + {_Z}\n",
)

RECENCY = _model(
    "firm", "F-recency", "Experience of the last five years beside what is older",
    f"""\
{_CAPABILITY}\
AMC ~ recent*exp_recent + old*exp_old + {_Z}

lost_with_time := recent - old
""",
)

REPEATED = _model(
    "firm", "F-repeated", "Experience with repeat partners beside experience altogether",
    f"""\
{_CAPABILITY}\
# Repeat partners' alliances are among all: their coefficient is what they teach beyond any other
AMC ~ general*exp_rw + repeated*exp_rw_rp + {_Z}
""",
)

JOINT_VENTURES = _model(
    "alliance", "A-joint-ventures", "Does experience of joint ventures help a joint venture?",
    f"{_PERFORMANCE}LTP ~ own_kind*exp_rw_jv + exp_rw_eq + exp_rw_co + lnsize\n",
    only=(("joint_venture", 1.0),),
)

CONTRACTS = _model(
    "alliance", "A-contracts", "Does experience of contractual alliances help a contractual alliance?",
    f"{_PERFORMANCE}LTP ~ own_kind*exp_rw_co + exp_rw_jv + exp_rw_eq + lnsize\n",
    only=(("equity", 0.0),),
)

# -- The dedicated function -------------------------------------------------------------------------------------------

SUCCESS_RATES = _model(
    "firm", "F-success-rates", "Success share of firms with and without a dedicated function",
    """\
# No covariates: the claim compares plain rates
success_share ~ without*1 + difference*daf

with_function := without + difference
""",
)

FUNCTION_SIZE = _model(
    "firm", "F-size", "Does a dedicated function do more in larger firms?",
    f"{_CAPABILITY}AMC ~ daf + exp_rw + {_Z} + by_size*daf.lnsize\n",
    _of("daf", "lnsize"),
)

REPORTING = _model(
    "firm", "F-reporting", "To whom the function reports, among firms that have one",
    f"{_CAPABILITY}AMC ~ top*reports_top + exp_rw + {_Z}\n",
    only=(("daf", 1.0),),
)

LEADERS = _model(
    "firm", "F-leaders", "Do function and learning do more where top managers stand behind alliances?",
    f"""\
{_SUCCESS}\
SUC ~ daf + lr + tmco + exp_rw + {_Z_WITHOUT_COMMITMENT} + function_led*daf.tmco + learning_led*lr.tmco
""",
    _of("daf", "tmco"), _of("lr", "tmco"),
)

# -- Learning processes -----------------------------------------------------------------------------------------------

BUREAUCRACY = _model(
    "firm", "F-bureaucracy", "Do learning processes turn into a burden where there are many?",
    f"""\
{_SUCCESS}\
SUC ~ slope*lr + curve*lr.lr + daf + exp_rw + {_Z}

# Two scale points above the mean: the slope of a parabola is slope + 2 * curve * distance
slope_where_much := slope + 4*curve
""",
    _of("lr", "lr"),
)

RITUALS = _model(
    "firm", "F-rituals", "Do learning processes become rituals, and teach less then?",
    f"""\
{_CAPABILITY}\
{covarying("lr.rtrt", "lr", "daf", *COVARIATES)}\
rtrt ~ use*lr + daf + {_Z}
AMC ~ lr + rtrt + weaker*lr.rtrt + daf + {_Z}
# What remains of rituals may go with the product
rtrt ~~ lr.rtrt
""",
    _of("lr", "rtrt"),
)

# -- The set of alliances, and acquisitions ---------------------------------------------------------------------------

PORTFOLIO = _model(
    "firm", "F-portfolio", "Completeness, non-competition and complementarity of the firm's alliances",
    f"{_SUCCESS}SUC ~ complete*pocm + apart*ponc + together*poco + portfolio + exp_rw + {_Z}\n",
)

ACQUISITIONS = _model(
    "firm", "F-acquisitions", "Does alliance management capability serve the firm in acquisitions?",
    f"{_CAPABILITY}ACQ =~ aqsp1 + aqsp2 + aqsp3\nACQ ~ carried_over*AMC + {_Z}\nAMC ~ {_Z}\n",
)

FAILURES = _model(
    "firm", "F-failures", "Share of ended or reviewed alliances that failed",
    "fail_share ~ rate*1\n",
)

# -- One alliance: its partner ----------------------------------------------------------------------------------------

PARTNER_FIT = _model(
    "alliance", "A-partner-fit", "Complementarity, compatibility and commitment, and when complementarity counts",
    f"""\
{_PERFORMANCE}\
LTP ~ complementarity*pfcp + compatibility*pfct + commitment*pfcm + partner_younger + amco + lnsize
LTP ~ by_youth*pfcp.partner_younger + by_processes*pfcp.amco
""",
    _of("pfcp", "partner_younger"), _of("pfcp", "amco"),
)

PARTNER_KIND = _model(
    "alliance", "A-partner-kind", "Does good governance pay alike with firms and with other partners?",
    f"{_PERFORMANCE}LTP ~ practice*ra + partner_nonfirm + by_kind*ra.partner_nonfirm + lnsize\n",
    _of("ra", "partner_nonfirm"),
)

# -- One alliance: governance -----------------------------------------------------------------------------------------

EQUITY_HAZARDS = _model(
    "alliance", "A-equity-hazards", "Does shared ownership pay where assets are locked in, or markets uncertain?",
    f"""\
{_PERFORMANCE}\
LTP ~ equity + rfmod + tumk + lnsize + by_modularity*equity.rfmod + by_market*equity.tumk
""",
    _of("equity", "rfmod"), _of("equity", "tumk"),
)

CONTRACTS_BY_FORM = _model(
    "alliance", "A-contracts-by-form", "Contractual safeguards with and without shared ownership",
    "CS =~ racs1 + racs2 + racs3\nCS ~ difference*equity + lnsize\n",
)

_SAFEGUARDS_NORMS = Product((("racs1", "racs2", "racs3"), ("rarg1", "rarg2", "rarg3")))

FORMAL_RELATIONAL = _model(
    "alliance", "A-formal-relational", "Do contracts and relational governance replace or strengthen each other?",
    f"""\
{_PERFORMANCE}\
CS =~ racs1 + racs2 + racs3
RG =~ rarg1 + rarg2 + rarg3
{measured_by("CSxRG", _SAFEGUARDS_NORMS)}\
LTP ~ formal*CS + relational*RG + amplified*CSxRG
""",
    _SAFEGUARDS_NORMS,
)

# -- One alliance: coordination and trust -----------------------------------------------------------------------------

COORDINATION = _model(
    "alliance", "A-coordination", "Does coordination matter more where work goes back and forth?",
    f"{_PERFORMANCE}LTP ~ amco + reciprocal + by_reciprocity*amco.reciprocal + lnsize\n",
    _of("amco", "reciprocal"),
)

TRUST_LIFETIME = _model(
    "alliance", "A-trust-lifetime", "Trust, the scope of the alliance and how long it lasts",
    """\
TR =~ ratr1 + ratr2 + ratr3
COP =~ cocp1 + cocp2 + cocp3
COP ~ scope*TR + lnsize
# An alliance that still runs has not shown its whole length
duration ~ longevity*TR + ended + lnsize
""",
)

TRUST_KINDS = _model(
    "alliance", "A-trust-kinds", "Trust in the partner's integrity beside trust that rests on deterrence",
    f"""\
{_PERFORMANCE}\
TR =~ ratr1 + ratr2 + ratr3
CS =~ racs1 + racs2 + racs3
LTP ~ integrity*TR + deterrence*CS + ownership*equity + lnsize
{covarying("TR", "CS", "equity", "lnsize")}\
""",
)

TRUST_COMMITMENT = _model(
    "alliance", "A-trust-commitment", "Does a partner that commits itself earn trust?",
    "TR =~ ratr1 + ratr2 + ratr3\nTR ~ committed*pfcm + duration + lnsize\n",
)

FIRM_CONTINGENCIES: tuple[ModelSpec, ...] = (
    GOALS, RECENCY, REPEATED, JOINT_VENTURES, CONTRACTS, SUCCESS_RATES, FUNCTION_SIZE, REPORTING, LEADERS, BUREAUCRACY,
    RITUALS, PORTFOLIO, ACQUISITIONS, FAILURES, PARTNER_FIT, PARTNER_KIND, EQUITY_HAZARDS, CONTRACTS_BY_FORM,
    FORMAL_RELATIONAL, COORDINATION, TRUST_LIFETIME, TRUST_KINDS, TRUST_COMMITMENT,
)
