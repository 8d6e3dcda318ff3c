"""What the example study says of the theory: claims, rivals, sensitivity, robustness, probes. Nothing here is run.

Numbers are invented and hang together: an interval is the estimate ∓ 1.96 standard errors, the equivalence interval
∓ 1.645 of the standardised ones, and a verdict is what the rule makes of both.
"""

from __future__ import annotations

import math
from dataclasses import replace

from pipeline.claims.ledger import Claim, ledger
from pipeline.claims.report import ClaimResult, ClaimsReport, PredictionResult
from pipeline.claims.verdicts import Verdict, detectable, power_at
from pipeline.claims.wording import whole
from pipeline.comparison import ComparedModel, Comparison, GroupComparison, GroupPath, RivalsReport
from pipeline.models import ALL_MODELS
from pipeline.probes import PROBED, PROBED_SURFACE
from pipeline.probes.found import (
    CurvePoint,
    InteractionProbe,
    ModeratorRange,
    ProbesReport,
    Slopes,
    SurfaceFound,
    SurfacePoint,
    SurfaceProbe,
)
from pipeline.probes.sentences import slopes_sentence, surface_sentence
from pipeline.results import ModelRun
from pipeline.robustness.estimation import NOT_RESAMPLED
from pipeline.robustness.found import (
    NotEstimated,
    SpecificationCurve,
    SpecificationEstimate,
    SpecificationRow,
)
from pipeline.robustness.specifications import Specification
from pipeline.robustness.summary import summarise
from pipeline.sem.coefficients import WaldTest
from pipeline.sem.comparisons import ChiSquareTest, DifferenceTest
from pipeline.sem.effects import JointSignificance, Path
from pipeline.sem.fit import Diagnosis, Fit, Parameter
from pipeline.sem.johnson_neyman import JohnsonNeyman, Region
from pipeline.sem.response_surface import Axis
from pipeline.sem.simple_slopes import Slope
from pipeline.sensitivity.findings import (
    ConfoundedPoint,
    ConfoundingCurve,
    OrderedChain,
    Orders,
    ReliabilityCurve,
    ReliabilityPoint,
    SensitivityReport,
)
from pipeline.sensitivity.sentences import LIMITS, confounding_sentences, order_sentences, reliability_sentences
from pipeline.undefined import Undefined

FIRMS, ALLIANCES = 431, 505
LEVEL, Z, Z_ONE_SIDED = 0.95, 1.959964, 1.644854
BOUND, BOUND_INDIRECT = 0.10, 0.02
NO_STANDARD = Undefined("a difference of means has no standardised form")
NOT_FITTED = "A-contracts could not be estimated: fewer rows than variables"

# -- claims -------------------------------------------------------------------------------------------

Decided = tuple[Verdict, tuple[tuple[float, float, float], ...]]
"""A verdict, and standardised estimate, its standard error and the verdict's bound of each prediction."""

DECIDED: dict[str, Decided] = {
    "H001": ("supported", ((0.31, 0.05, BOUND), (0.22, 0.06, BOUND))),
    "H004": ("against", ((0.01, 0.04, BOUND),)),
    "H006": ("inconclusive", ((0.09, 0.06, BOUND),)),
    "H101": ("supported", ((-0.24, 0.05, BOUND),)),
    "H106": ("inconclusive", ((0.18, 0.05, BOUND), (0.07, 0.08, BOUND))),
    "H306": ("supported", ((0.39, 0.05, BOUND), (0.30, 0.06, BOUND_INDIRECT))),
    "H309": ("inconclusive", ((0.04, 0.06, BOUND), (-0.02, 0.08, BOUND))),
    "H408": ("against", ((-0.19, 0.06, BOUND),)),
}
CLOSED: dict[str, tuple[Verdict, str]] = {
    "H011": ("not testable", "It speaks of change in time; every alliance was asked once."),
    "H016": ("pending", "It waits for the comparison of countries with equal loadings."),
    "H318": ("not testable", "not with this form, because pfcp is asked in block optfit, which is switched off"),
}
TRUTH = {"H001": "supported: both paths are above zero", "H004": "against: the path is zero",
         "H006": "supported: the product has .10", "H306": "supported: both paths are above zero"}


def claims(*, synthetic: bool) -> ClaimsReport:
    """Fourteen claims: every verdict, several predictions, a range, one that failed, and undefined numbers."""
    known = {claim.id: claim for claim in ledger()}
    found = [_result(known[name], verdict, tuple(_prediction(known[name], place, *numbers)
                                                 for place, numbers in enumerate(of_each)))
             for name, (verdict, of_each) in DECIDED.items()]
    found += [_result(known[name], verdict, (), because) for name, (verdict, because) in CLOSED.items()]
    found += [_range(known["H337"]), _unstandardised(known["H401"]), _failed(known["H310"])]
    results = tuple(replace(claim, truth=TRUTH.get(claim.id, "") if synthetic else "")
                    for claim in sorted(found, key=lambda claim: claim.id))
    return whole(ClaimsReport(LEVEL, BOUND, BOUND_INDIRECT, results, len(known) - len(results), 0.3, ""))


def _result(
    claim: Claim, verdict: Verdict, predictions: tuple[PredictionResult, ...], because: str = "",
) -> ClaimResult:
    return ClaimResult(
        claim.id, claim.document, claim.statement, claim.source, claim.constructs, claim.needs, claim.decided_by,
        claim.rival, claim.refuted_by, verdict, because or " ".join(p.because for p in predictions), predictions)


def _prediction(claim: Claim, place: int, std: float, se: float, bound: float) -> PredictionResult:
    """An unstandardised estimate half as large again as the standardised one."""
    asked = claim.predictions[place]
    est, spread = 1.5 * std, 1.5 * se
    level = 1 - (1 - LEVEL) / len(claim.predictions) if claim.decided_by == "any" else LEVEL
    middle, reach = (std, Z * se) if asked.scale == "standardised" else (est, Z * spread)
    lower, upper = middle - reach, middle + reach
    ends = (std - Z_ONE_SIDED * se, std + Z_ONE_SIDED * se)
    wanted = -1 if asked.expected == "negative" else 1
    verdict: Verdict = "inconclusive"
    if wanted * lower > 0 and wanted * upper > 0:
        verdict = "supported"
    elif (wanted * lower < 0 and wanted * upper < 0) or (-bound < ends[0] and ends[1] < bound):
        verdict = "against"
    what = asked.what[:1].upper() + asked.what[1:]
    return PredictionResult(
        asked.model, asked.parameter, asked.what, asked.expected, None, asked.scale,
        float(FIRMS if ALL_MODELS[asked.model].level == "firm" else ALLIANCES), est, spread,
        math.erfc(abs(est / spread) / math.sqrt(2)), lower, upper, level, "robust SE", std, *ends, bound,
        power_at(bound, se, level, asked.expected), detectable(se, level), verdict, f"{what}: as the numbers say.")


def _range(claim: Claim) -> ClaimResult:
    asked = claim.predictions[0]
    found = PredictionResult(
        asked.model, asked.parameter, asked.what, "between", (0.3, 0.7), "raw", float(FIRMS), 0.41, 0.02, 0.0001,
        0.371, 0.449, LEVEL, "robust SE", NO_STANDARD, NO_STANDARD, NO_STANDARD, BOUND,
        Undefined("a range has no smallest effect"), NO_STANDARD, "supported",
        "The rate: the interval [0.37, 0.45] lies within 0.30 to 0.70.")
    return _result(claim, "supported", (found,))


def _unstandardised(claim: Claim) -> ClaimResult:
    asked = claim.predictions[0]
    found = PredictionResult(
        asked.model, asked.parameter, asked.what, asked.expected, None, "raw", float(ALLIANCES), -0.02, 0.03, 0.505,
        -0.079, 0.039, LEVEL, "robust SE", NO_STANDARD, NO_STANDARD, NO_STANDARD, BOUND, NO_STANDARD, NO_STANDARD,
        "inconclusive", "The number of partners: the interval [−0.08, 0.04] holds 0.")
    return _result(claim, "inconclusive", (found,))


def _failed(claim: Claim) -> ClaimResult:
    no = Undefined(NOT_FITTED)
    found = tuple(PredictionResult(
        p.model, p.parameter, p.what, p.expected, None, p.scale, no, no, no, no, no, no, LEVEL, "", no, no, no, BOUND,
        no, no, "inconclusive", NOT_FITTED) for p in claim.predictions)
    return _result(claim, "not testable", found, NOT_FITTED)


def theory(firm: Fit, alliance: Fit) -> tuple[ModelRun, ...]:
    """Three models that decided claims: one of each level that was fitted, and one that was not."""
    encompassing = replace(firm, name="M1c", parameters=(
        *firm.parameters, _coefficient("AMC", "exp_rw.daf", "m1", 0.04), _coefficient("AMC", "EXL", "m2", -0.02)))
    propositions = replace(alliance, name="M2", parameters=(
        *alliance.parameters, _coefficient("INN", "RA", "ra_inn", 0.46), _coefficient("LTP", "RA", "ra_ltp", 0.33)))
    lost = replace(firm, name="F-rituals", converged=False, indices=None, parameters=firm.parameters,
                   diagnoses=(Diagnosis("not-converged", "No convergence in 500 iterations."),))
    return tuple(ModelRun(name, ALL_MODELS[name].title, "screened", ALL_MODELS[name].level, fit, None, ())
                 for name, fit in (("M1c", encompassing), ("M2", propositions), ("F-rituals", lost)))


def _coefficient(outcome: str, predictor: str, label: str, est: float) -> Parameter:
    return Parameter(outcome, "~", predictor, label, 900, est, 0.06, est / 0.06, 0.1, est - 0.118, est + 0.118,
                     est / 1.5, 0.04, est / 1.5, 0.04)


# -- rivals -------------------------------------------------------------------------------------------


def rivals() -> RivalsReport:
    """Mediation favoured; equivalent forms of Proposition 4, and one model that did not converge."""
    no = Undefined("the search did not converge")
    chain = Comparison("chain", "Mediation or moderation", FIRMS, (
        ComparedModel("M1c", "Both", "", True, True, 1201.4, 821, 30121.2, 30744.1, None),
        ComparedModel("mediation only", "Mediation: no product matters", "m1 = m2 = 0", True, True, 1203.1, 823,
                      30118.9, 30733.6, _difference(1.6, 2, 0.449)),
        ComparedModel("moderation only", "Moderation: experience brings about neither", "a1 = a2 = d = 0", True,
                      False, 1288.7, 824, 30202.5, 30813.1, _difference(84.2, 3, 0.0)),
        ComparedModel("M1b", "Moderation", "", False, False, no, 0, no, no, None),
    ), ("The data favour mediation; moderation is not needed beside it, though a small one cannot be ruled out.",
        "Of the two alone, mediation has the lower AIC, by 83.6, than moderation."))
    advantage = Comparison("pillars", "An advantage behind the pillars, or pillars that go together", ALLIANCES, (
        ComparedModel("pillars", "Correlated pillars", "", True, True, 55.2, 41, 9120.3, 9281.0, None),
        ComparedModel("second-order", "A factor behind them", "", True, True, 55.2, 41, 9120.3, 9281.0, None,
                      "pillars"),
    ), ("second-order fits exactly as pillars does (χ² = 55.20, df = 41): fit cannot tell the two apart.",))
    joint = JointSignificance("serial_capability", (Path("a1", "daf", "exp_rw", 0.15, 0.0004),), LEVEL, 0.0004, True)
    return RivalsReport(chain, ChiSquareTest(1.61, 2, 0.447), 0.0391, 0.0188, 0.0642, joint, "mediation", (advantage,))


def groups() -> tuple[GroupComparison, ...]:
    """Groups with a path that differs, with loadings that differ, and with too few rows."""
    few = Undefined("the model could not be estimated in both groups")
    path = GroupPath("RF", "RA", (0.41, 0.72), (0.06, 0.08), (0.29, 0.56), (0.53, 0.88), ChiSquareTest(9.61, 1, 0.0019))
    return (
        GroupComparison("ownership", "Contract and shared ownership", "groups-pillars", ("contract", "shared"),
                        (310, 190), 5, _difference(8.4, 8, 0.395), -0.001, True, (path,), "",
                        "Contract and shared ownership: loadings may be taken as equal; paths differ: fluidity."),
        GroupComparison("rivalry", "Competitors and others", "groups-pillars", ("no competitor", "competitor"),
                        (260, 240), 5, _difference(41.2, 8, 0.0), -0.031, False, (), "",
                        "Competitors and others: loadings differ, so that paths cannot be compared."),
        GroupComparison("partner", "Firms and others", "groups-pillars", ("firm", "no firm"), (490, 15), 0, few, few,
                        None, (), "the smaller group has 15 rows for 36 parameters",
                        "Firms and others: not compared, because the smaller group has 15 rows for 36 parameters."),
    )


def _difference(statistic: float, df: int, pvalue: float) -> DifferenceTest:
    return DifferenceTest(statistic, df, pvalue, 1.08, Undefined("the test is scaled"))


# -- sensitivity --------------------------------------------------------------------------------------


def sensitivity() -> SensitivityReport:
    """Two pairs of one effect and one that cannot be examined; three reliabilities, one not converged; two orders."""
    curves = (
        _confounding("daf", "LRN", "a2", 0.34), _confounding("LRN", "AMC", "b", 0.41),
        ConfoundingCurve("serial_success", "AMC", "SUC", "g", 0.0184, (),
                         *(Undefined("a disturbance has no variance"),) * 4),
    )
    reliability = (ReliabilityCurve("serial_capability", "exp_rw", 0.85, (
        ReliabilityPoint(1.0, 0.0, 0.0394, 0.0105, 0.019, 0.061, 0.0449, True, True),
        ReliabilityPoint(0.9, 0.085, 0.0438, 0.0118, 0.021, 0.068, 0.0471, True, True),
        ReliabilityPoint(0.7, 0.255, *(Undefined("the model did not converge"),) * 5, False, False),
    )),)
    orders = Orders("serial_capability", (
        OrderedChain(("exp_rw", "daf", "LRN", "AMC"), True, 0.0394, 0.0105, 0.019, 0.061, 0.0449, 701.3, 620, True),
        OrderedChain(("AMC", "LRN", "daf", "exp_rw"), False, 0.031, 0.02, -0.008, 0.071, 0.0322, 701.3, 620, True),
    ), True)
    sentences = (*confounding_sentences(curves, LEVEL), *reliability_sentences(reliability), *order_sentences(orders))
    return SensitivityReport("M1", FIRMS, LEVEL, 2000, 7, curves, reliability, orders, sentences, LIMITS)


def _confounding(mediator: str, outcome: str, path: str, nulling: float) -> ConfoundingCurve:
    points = []
    for rho in (-0.4, -0.2, 0.0, 0.2, 0.4):
        est = 0.0394 * (1 - rho / nulling)
        points.append(ConfoundedPoint(rho, est, 0.0105, est - Z * 0.0105, est + Z * 0.0105))
    return ConfoundingCurve("serial_capability", mediator, outcome, path, 0.0394, tuple(points), nulling,
                            nulling - 0.18, nulling, nulling - 0.05)


# -- robustness ---------------------------------------------------------------------------------------

HEADLINE = Specification("mlr", "fiml", "plan", "all", ("lnsize", "firmage", "tmco", "ind_tech", "ind_serv"), 0.9,
                         "presence")


def robustness() -> SpecificationCurve:
    """Nine specifications, one of which could not be estimated, and one without draws."""
    found = (
        (HEADLINE, _effect(0.045, 0.020)),
        (replace(HEADLINE, estimator="ml"), _effect(0.045, 0.020)),
        (replace(HEADLINE, missing="listwise"), _effect(0.041, 0.022, n=410, left_out=21, with_gaps=0)),
        (replace(HEADLINE, exclusion="none"), _effect(0.038, 0.019, n=478)),
        (replace(HEADLINE, exclusion="strict"), _effect(0.029, 0.031, n=344)),
        (replace(HEADLINE, decay=0.5), _effect(0.044, 0.021)),
        (replace(HEADLINE, covariates="size alone", adjusted_for=("lnsize",)), _effect(0.071, 0.024)),
        (replace(HEADLINE, estimator="wlsmv", missing="listwise"), _without_draws(0.058)),
        (replace(HEADLINE, function="index"), NotEstimated("SEM-CASES", "the index has no variance")),
    )
    rows = tuple(SpecificationRow(specification, None if isinstance(outcome, NotEstimated) else True, outcome)
                 for specification, outcome in found)
    return SpecificationCurve("serial_capability", rows[0], rows, 500, 20261122, LEVEL, LEVEL,
                              summarise(rows, rows[0], 6))


def _effect(
    std: float, half: float, *, n: int = FIRMS, left_out: int = 0, with_gaps: int = 21,
) -> SpecificationEstimate:
    return SpecificationEstimate(
        n, left_out, with_gaps, True, 0.9 * std, 0.01, 0.9 * std - 0.0196, 0.9 * std + 0.0196, std, 0.011, 0.0102,
        0.9 * (std - half), 0.9 * (std + half), 0.0113, std - half, std + half, 498, 495, 20261122)


def _without_draws(std: float) -> SpecificationEstimate:
    no = NOT_RESAMPLED
    return replace(_effect(std, 0, n=389, left_out=42, with_gaps=0), bootstrap_se=no, bootstrap_lower=no,
                   bootstrap_upper=no, std_bootstrap_se=no, std_lower=no, std_upper=no, converged_draws=None,
                   admissible_draws=None, seed=None)


# -- probes -------------------------------------------------------------------------------------------


def probes() -> ProbesReport:
    """One slope over a latent moderator, one over two values, one without rows, and a surface."""
    by_name = {probed.id: probed for probed in PROBED}
    found: dict[str, Slopes | Undefined] = {
        "fluidity-by-turbulence": _slopes(), "practice-by-partner": _two(),
        "learning-by-rituals": Undefined("block optrit was not fielded"),
    }
    slopes = tuple(InteractionProbe(by_name[name], what, slopes_sentence(by_name[name], what))
                   for name, what in found.items())
    surface = _surface()
    return ProbesReport(LEVEL, slopes, SurfaceProbe(PROBED_SURFACE, surface, surface_sentence(PROBED_SURFACE, surface)))


def _test(name: str, est: float, se: float) -> WaldTest:
    return WaldTest(name, est, se, est / se, math.erfc(abs(est / se) / math.sqrt(2)), est - Z * se, est + Z * se)


def _at(label: str, value: float, est: float, se: float) -> Slope:
    test = _test(label, est, se)
    return Slope(label, value, est, test.se, test.z, test.pvalue, test.lower, test.upper)


def _slopes() -> Slopes:
    curve = tuple(CurvePoint(v, 0.30 + 0.12 * v, 0.12 + 0.12 * v, 0.48 + 0.12 * v) for v in (-2.7, -0.9, 0.9, 2.7))
    region = JohnsonNeyman("one-sided", (-1.0,), (Region(-1.0, None, "positive"),), 0.69, LEVEL)
    return Slopes(ALLIANCES, LEVEL, ModeratorRange("implied", 0.0, 0.9, -2.7, 2.7, False),
                  (_test("RFxTU", 0.12, 0.04),),
                  (_at("mean - SD", -0.9, 0.19, 0.09), _at("mean", 0.0, 0.30, 0.06), _at("mean + SD", 0.9, 0.41, 0.09)),
                  region, Undefined("a latent moderator has no values"), None, curve)


def _two() -> Slopes:
    no_region = Undefined("the moderator has two values")
    return Slopes(ALLIANCES, LEVEL, ModeratorRange("observed", 0.3, 0.46, 0.0, 1.0, True),
                  (_test("ra.partner_nonfirm", -0.05, 0.08),), (_at("0", 0.0, 0.35, 0.06), _at("1", 1.0, 0.30, 0.09)),
                  no_region, no_region, None, (CurvePoint(0.0, 0.35, 0.23, 0.47), CurvePoint(1.0, 0.30, 0.12, 0.48)))


def _surface() -> SurfaceFound:
    b = (0.21, 0.18, -0.02, 0.05, -0.03)
    a = (b[0] + b[1], b[2] + b[3] + b[4], b[0] - b[1], b[2] - b[3] + b[4], b[2] - b[4])
    grid = tuple(
        SurfacePoint(x, y, z := b[0] * x + b[1] * y + b[2] * x * x + b[3] * x * y + b[4] * y * y, z - 0.2, z + 0.2,
                     abs(x - y) < 4)
        for y in (-3.0, -1.0, 0.0, 1.0, 3.0) for x in (-3.0, -1.0, 0.0, 1.0, 3.0))
    axis = Axis(_test("p10", -0.4, 2.1), _test("p11", 0.8, 1.1))
    return SurfaceFound(
        ALLIANCES, ALLIANCES - 21, LEVEL, 4.0, tuple(_test(f"b{k}", v, 0.04) for k, v in enumerate(b, 1)),
        tuple(_test(f"a{k}", v, 0.06) for k, v in enumerate(a, 1)), "saddle",
        (_test("x0", 1.0, 9.0), _test("y0", 0.1, 8.0)), False, axis, Undefined("the second axis is upright"), grid,
        ((-3.0, -3.0), (1.0, -3.0), (3.0, -1.0), (3.0, 3.0), (-1.0, 3.0), (-3.0, 1.0)))


