"""Single claims about alliances and their firms, each decided by a small model.

Every model holds what its claim needs and little more: the outcome measured by its items, the causes the claim names,
and what both may come from. A latent variable that stands among observed causes either depends on them or goes along
with them freely: left alone, it would be taken as unrelated to them. Interactions are products of centred variables, so
that the other coefficients are slopes at the means.
"""

from __future__ import annotations

from pipeline.models.capability import COVARIATES
from pipeline.models.ecosystem import PILLAR_SCORES
from pipeline.models.spec import RANDOM_X, Level, ModelSpec, Surface, covarying
from pipeline.sem.products import Product

_Z = " + ".join(COVARIATES)
_FIRM = " + ".join(covariate for covariate in COVARIATES if covariate != "tmco")

_RA, _RF, _SR = (f"{line}\n" for line in PILLAR_SCORES.splitlines())
_AMC = "AMC =~ amse + amgo + amco + amex\n"
_LRN = "LRN =~ lrar + lrco + lrsh + lrin\n"
_SUC = "SUC =~ sufl1 + sufl2 + sufl3 + sufl4\n"
_INN = "INN =~ ouin1 + ouin2 + ouin3\n"
_LTP = "LTP =~ oult1 + oult2 + oult3\n"
_AGILE = "AGI =~ rfag1 + rfag2 + rfag3 + rfag4\n"


def _model(name: str, title: str, level: Level, syntax: str, *, products: tuple[Product, ...] = (),
           surface: Surface | None = None, only: tuple[tuple[str, float], ...] = ()) -> ModelSpec:
    return ModelSpec(id=name, title=title, level=level, syntax=syntax, options=RANDOM_X, products=products,
                     surface=surface, only=only)


def _surface(outcome: str) -> str:
    """A quadratic surface and its slopes and curvatures along agreement and disagreement (Edwards & Parry 1993)."""
    return f"""\
{outcome} ~ b1*T + b2*V + b3*T2 + b4*TV + b5*V2

along_agreement := b1 + b2
curved_along_agreement := b3 + b4 + b5
along_disagreement := b1 - b2
curved_along_disagreement := b3 - b4 + b5
"""


_PILLARS = (
    _model("A-fairness", "Trust in the partner's word, its fair dealing, and resource fluidity", "alliance", f"""\
{_RF}
# Item by item: reliable promises, open bad news, fair dealing
RF ~ kept*ratr1 + open*ratr2 + fair*ratr3

trust := kept + open
"""),
    _model("A-commitment", "Trust and the partner's commitment as sources of resilience", "alliance", f"""\
{_SR}
SR ~ tr_sr*ratr + cm_sr*pfcm
"""),
    _model("A-mobility", "Contract, relational governance and trust as sources of resource fluidity", "alliance", f"""\
{_RF}
RF ~ cs_rf*racs + rg_rf*rarg + tr_rf*ratr
"""),
    _model("A-resilience", "Trust, contract and the firm's skill in ending alliances as sources of resilience",
           "alliance", f"""\
{_SR}
SR ~ tr_sr*ratr + cs_sr*racs + tr_cs*ratr.racs + ex_sr*amex
""", products=(Product((("ratr",), ("racs",))),)),
    _model("A-digital", "Digital means, relational ambidexterity and resource fluidity", "alliance", f"""\
{_RA}{_RF}
RA ~ dg_ra*dgme
RF ~ dg_rf*dgme
"""),
    _model("A-intelligence", "Artificial intelligence in joint decisions, resilience and performance", "alliance", f"""\
{_SR}{_LTP}
SR ~ ai_sr*dgme4 + tu + ai_tu*dgme4.tu
LTP ~ ai_ltp*dgme4 + tu
""", products=(Product((("dgme4",), ("tu",))),)),
)

_RIVALRY = ("cocp", "coct", "cocp.coct")

_OUTCOMES = (
    _model("A-coopetition", "Cooperation and competition with the partner beside relational ambidexterity",
           "alliance", f"""\
{_RA}{_INN}{_LTP}\
# Ambidexterity may bring about both cooperation and good results
{covarying("RA", *_RIVALRY)}
INN ~ cp_inn*cocp + ct_inn*coct + cpct_inn*cocp.coct + RA
LTP ~ cp_ltp*cocp + ct_ltp*coct + RA
""", products=(Product((("cocp",), ("coct",))),)),
    _model("A-fit", "Trust, learning and the fit of the partners as sources of long-term performance", "alliance", f"""\
{_LTP}
LTP ~ tr_ltp*ratr + lo_ltp*ralo + cp_ltp*pfcp + ct_ltp*pfct
"""),
    _model("A-mutual", "Own and partner's commitment: a response surface of long-term performance", "alliance", f"""\
{_LTP}
{_surface("LTP")}""", surface=Surface("cocp3", "pfcm", 4.0)),
    _model("A-flexibility", "Resource fluidity and long-term performance, ambidexterity being equal", "alliance", f"""\
{_RA}{_RF}{_LTP}
LTP ~ rf_ltp*RF + ra_ltp*RA
"""),
    _model("A-age", "Does ambidexterity serve innovation less in older firms?", "alliance", f"""\
{_INN}
INN ~ ra_inn*ra + age_inn*firmage + ra_age*ra.firmage
""", products=(Product((("ra",), ("firmage",))),)),
    _model("A-players", "Number of partners and the speed of change", "alliance", f"""\
{_AGILE}
AGI ~ n_ag*partners + lnsize
"""),
    _model("A-direction", "Governance, and keeping to the goals of the alliance", "alliance", """\
# Close to its goals when conditions change; on course to its long-term goals
ouad2 ~ cs_near*racs + rg_near*rarg
oult1 ~ cs_course*racs + rg_course*rarg
ouad2 ~~ oult1
"""),
    _model("A-uncertainty", "Turbulence and the strength of the ecosystem around the alliance", "alliance", f"""\
EL =~ aeel1 + aeel2 + aeel3
EL ~ tu_el*tu + {_FIRM}
"""),
)

_CAPABILITY = (
    _model("A-capability", "What the firm's capability brings its alliances: innovation, agility, know-how",
           "alliance", f"""\
{_AMC}{_INN}{_AGILE}\
KNO =~ rfkm1 + rfkm2 + rfkm3 + rfkm4
AMC ~ {_Z}
INN ~ am_inn*AMC + {_Z}
AGI ~ am_ag*AMC + {_Z}
KNO ~ am_kn*AMC + {_Z}
"""),
    _model("A-paradox", "The firm's capability and both poles of its alliances", "alliance", f"""\
{_AMC}\
AMC ~ {_Z}
# Cooperation and distance; flexibility and firm contracts
ratr ~ am_tr*AMC + {_Z}
ravg ~ am_vg*AMC + {_Z}
rfag ~ am_ag*AMC + {_Z}
racs ~ am_cs*AMC + {_Z}
{covarying("ratr", "ravg", "rfag", "racs")}"""),
    _model("F-ends", "Capability and how the firm's alliances ended", "firm", f"""\
{_AMC}\
AMC ~ {_Z}
fail_share ~ am_fail*AMC + {_Z}
goals_share ~ am_goals*AMC + {_Z}
fail_share ~~ goals_share
"""),
    _model("F-antecedents", "What capability comes from: top management's commitment or experience", "firm", f"""\
{_AMC}
# Total effects: the function and learning are ways of both and are left out
AMC ~ tm*tmco + ex*exp_rw + {_FIRM}
"""),
    _model("F-formality", "Alliances at present, and how far their management is made formal", "firm", f"""\
daf_index ~ po*portfolio + ex*exp_rw + {_Z}
"""),
    _model("F-authority", "To whom the function reports, among firms that have one", "firm", f"""\
{_LRN}{_AMC}
LRN ~ top_lr*reports_top + exp_rw + {_Z}
AMC ~ top_am*reports_top + exp_rw + {_Z}
""", only=(("daf", 1.0),)),
    _model("F-indicator", "Formal structure as a sign of capability", "firm", f"""\
{_AMC}
AMC ~ index*daf_index
"""),
    _model("F-balance", "Balance of structure and coordination: a response surface of alliance success", "firm", f"""\
{_SUC}
{_surface("SUC")}""", surface=Surface("amgo", "amco", 4.0)),
    _model("F-alignment", "Capability and a set of alliances that fits the firm's strategy", "firm", f"""\
{_AMC}\
AMC ~ {_Z}
pocm ~ am_cm*AMC + {_Z}
poco ~ am_co*AMC + {_Z}
pocm ~~ poco
"""),
    _model("F-obsolescence", "Procedures that outlive their purpose, and resistance to procedures", "firm", f"""\
{_SUC}
rtrt ~ ad_ri*amex + {_Z}
SUC ~ ri_su*rtrt + amex + {_Z}
rtrs ~ tm_rs*tmco + {_FIRM}
lrco ~ rs_co*rtrs + {_Z}
# Nothing is claimed of how these go together
rtrs ~~ rtrt + SUC
lrco ~~ rtrt + SUC
"""),
)

ALLIANCE_CONTINGENCIES: tuple[ModelSpec, ...] = (*_PILLARS, *_OUTCOMES, *_CAPABILITY)
"""Models of the claims about alliances, and of those about capability that no other model decides."""
