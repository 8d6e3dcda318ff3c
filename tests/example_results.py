"""A complete, plausible StudyResults made without running anything: for tests of the report and the viewer.

Moments follow from stated population values by path tracing; standard errors, draws and counts are
invented but hang together (an effect is the product of its paths, z is estimate over standard error).
No number here is an estimate of anything.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from pipeline.data.responses import Failure, ReadingSummary
from pipeline.data.scoring import Moments, VariableSummary
from pipeline.data.screening import RespondentScreening, ScreeningSummary
from pipeline.measurement.extraction import Factorability, FactorSolution
from pipeline.measurement.reliability import ScaleReliability
from pipeline.measurement.retention import MinimumAveragePartial, ParallelAnalysis
from pipeline.models import CAPABILITY, MEDIATION, PILLARS, ModelSpec
from pipeline.report.figures import Figure, all_figures
from pipeline.report.words import headline
from pipeline.results import (
    SCHEMA,
    CrossCheck,
    DecayRow,
    FactorAnalysis,
    FlowStep,
    Headline,
    KnownTruth,
    Manifest,
    ModelRun,
    StudyResults,
    Timing,
)
from pipeline.sem.effects import BootstrapResult, JointSignificance, Path, ResampledEffect, ResampledParameter
from pipeline.sem.fit import Compared, Fit, FitIndices, GroupFit, Parameter, RobustIndices, ScaledIndices
from pipeline.study import FormSource, StudyPlan
from pipeline.undefined import Undefined
from tests import example_invariance, example_ordinal, example_theory

Array = NDArray[np.float64]

TITLE = "Alliance experience and capability: a made-up example"
FIRMS, FIRMS_ALL, ALLIANCES, ALLIANCES_ALL = 431, 478, 505, 552
GAPS = 21
"""Rows with gaps in every model."""
DRAWS = 500

LEARNING = ("lrar", "lrco", "lrsh", "lrin")
CAPABILITIES = ("amse", "amgo", "amco", "amex")
SUCCESS = ("sufl1", "sufl2", "sufl3", "sufl4")
COVARIATES = ("lnsize", "firmage", "tmco", "ind_tech", "ind_serv")
EXOGENOUS = ("exp_rw", *COVARIATES)
PILLAR_INDICATORS: dict[str, tuple[str, ...]] = {
    "RA": ("ratr", "ravg", "racs", "rarg", "ralo"), "RF": ("rfmod", "rfkm", "rfag"), "SR": ("srrs", "srcr", "sral"),
}
DIMENSIONS = {"LRN": ("ART", "COD", "SHA", "INT"), "AMC": ("SEL", "GOV", "COO", "ADA")}
"""Second-order factors and their dimensions."""
ITEMS: dict[str, tuple[str, ...]] = {
    factor: tuple(f"{scale}{k + 1}" for k in range(4 if scale in LEARNING else 3))
    for factor, scale in zip((*DIMENSIONS["LRN"], *DIMENSIONS["AMC"]), (*LEARNING, *CAPABILITIES), strict=True)
} | {"SUC": SUCCESS}
MEASURED = {factor: ITEMS.get(factor, ()) or DIMENSIONS[factor]
            for factor in (*DIMENSIONS["LRN"], "LRN", *DIMENSIONS["AMC"], "AMC", "SUC")}
"""Every factor with its indicators, in the order of the model's text."""
CONSTRUCTS = ("LRN", "AMC", "SUC")

LABELS = {
    "lrar": "Articulation", "lrco": "Codification", "lrsh": "Sharing", "lrin": "Internalisation",
    "amse": "Selection", "amgo": "Structuring and governance", "amco": "Coordination and conflict",
    "amex": "Adaptation and exit", "sufl": "Firm-level alliance success",
    "daf": "Dedicated alliance function", "exp_rw": "Alliance experience, recency-weighted",
    "lnsize": "Firm size (log employees)", "firmage": "Firm age (decades)", "tmco": "Top management commitment",
    "ind_tech": "Industry: technology", "ind_serv": "Industry: services", "ratr": "Trust", "ravg": "Vigilance",
    "racs": "Contractual safeguards", "rarg": "Relational governance", "ralo": "Learning orientation",
    "rfmod": "Modular resources", "rfkm": "Knowledge mobility", "rfag": "Agile governance",
    "srrs": "Redundancy and slack", "srcr": "Collective risk sharing", "sral": "Adaptive learning",
}

PATHS = {  # (outcome, predictor): label, value
    ("daf", "exp_rw"): ("a1", 0.155), ("LRN", "daf"): ("a2", 0.62), ("LRN", "exp_rw"): ("d", 0.11),
    ("AMC", "LRN"): ("b", 0.41), ("AMC", "daf"): ("c2", 0.24), ("AMC", "exp_rw"): ("c1", 0.06),
    ("SUC", "AMC"): ("g", 0.47), ("SUC", "LRN"): ("h3", 0.09), ("SUC", "daf"): ("h2", 0.12),
    ("SUC", "exp_rw"): ("h1", 0.03),
} | {(outcome, z): ("", value) for outcome, values in {
    "daf": (0.05, 0.004, 0.06, 0.08, -0.03), "LRN": (0.08, -0.01, 0.21, 0.12, 0.04),
    "AMC": (0.03, 0.01, 0.12, 0.02, -0.05), "SUC": (0.01, 0.02, 0.05, -0.04, 0.03),
}.items() for z, value in zip(COVARIATES, values, strict=True)}

EXPRESSIONS = {
    "serial_learning": "a1*a2", "serial_capability": "a1*a2*b", "serial_success": "a1*a2*b*g", "function_only": "a1*c2",
    "learning_only": "d*b", "total_indirect_capability": "a1*c2 + d*b + a1*a2*b",
    "total_capability": "c1 + a1*c2 + d*b + a1*a2*b",
}
TRUE_SERIAL = {"serial_learning": 0.105, "serial_capability": 0.042, "serial_success": 0.0199}


@lru_cache(maxsize=2)
def example_results(*, synthetic: bool = True) -> StudyResults:
    """The whole study. ``synthetic`` False is the same with the banner off and no known truth."""
    models = tuple(
        run(spec, rows) for spec in (CAPABILITY, PILLARS, MEDIATION) for rows in ("screened", "all respondents"))
    screened, everyone = models[-2:]
    bootstrap = screened.bootstrap
    assert bootstrap is not None
    return StudyResults(
        manifest=_manifest(synthetic), plan=_plan(synthetic),
        headline=_headline(screened, everyone, synthetic), flow=_flow(), reading=_reading(),
        findings=(), failures=_failures(),
        screening=_screening(), respondents=_respondents(), variables=_variables(),
        moments={"firm": _moments(_firm_covariance(), _firm_names(), FIRMS - GAPS),
                 "alliance": _moments(_pillar_covariance(), _flat(PILLAR_INDICATORS), ALLIANCES - GAPS)},
        reliability=tuple(_reliability(name, i) for i, name in enumerate((*LEARNING, *CAPABILITIES, "sufl"))),
        factor_analyses=(_factor_analysis(),), models=models, crosschecks=_crosschecks(screened), decay=_decay(),
        known_truth=tuple(
            KnownTruth(e.name, TRUE_SERIAL[e.name], e.est, e.lower, e.upper, "percentile bootstrap",
                       float(e.lower) <= TRUE_SERIAL[e.name] <= float(e.upper))  # type: ignore[arg-type]
            for e in bootstrap.effects if e.name in TRUE_SERIAL
        ) if synthetic else (),
        claims=example_theory.claims(synthetic=synthetic),
        theory=example_theory.theory(screened.fit, models[2].fit), rivals=example_theory.rivals(),
        groups=example_theory.groups(),
        sensitivity=example_theory.sensitivity(), robustness=example_theory.robustness(),
        probes=example_theory.probes(), invariance=example_invariance.invariance(synthetic=synthetic),
        ordinal=example_ordinal.ordinal(screened.fit, models[2].fit),
    )


@lru_cache(maxsize=1)
def example_figures() -> tuple[Figure, ...]:
    """Its figures, each drawn at most once."""
    return all_figures(example_results())


def _headline(screened: ModelRun, everyone: ModelRun, synthetic: bool) -> Headline:
    return headline(screened, synthetic=synthetic, all_respondents=everyone)


# -- models -------------------------------------------------------------------------------------------


def run(spec: ModelSpec, rows: str) -> ModelRun:
    """One model run; "all respondents" has larger n and paths a tenth weaker."""
    shrink = 1.0 if rows == "screened" else 0.9
    if spec is MEDIATION:
        n = FIRMS if rows == "screened" else FIRMS_ALL
        fit = _mediation_fit(n, shrink)
        return ModelRun(spec.id, spec.title, rows, spec.level, fit, _bootstrap(fit), _joint(fit, spec.effects))
    pillars = spec is PILLARS
    n = {(True, True): ALLIANCES, (True, False): ALLIANCES_ALL, (False, True): FIRMS, (False, False): FIRMS_ALL}[
        pillars, rows == "screened"]
    fit = _pillars_fit(spec, n) if pillars else _capability_fit(spec, n)
    return ModelRun(spec.id, spec.title, rows, spec.level, fit, None, ())


def _mediation_fit(n: int, shrink: float) -> Fit:
    A, S, names = _firm_model(shrink)
    total = np.linalg.inv(np.eye(len(names)) - A)
    full = total @ S @ total.T
    sd = np.sqrt(np.diag(full))
    parameters = list(_loading_rows(names, A, sd, n))
    for (lhs, rhs), (label, _) in PATHS.items():
        i, j = names.index(lhs), names.index(rhs)
        spread = 0.8 * sd[i] / sd[j] / math.sqrt(n)
        parameters.append(_row(lhs, "~", rhs, label, len(parameters) + 1, A[i, j], spread, A[i, j] * sd[j] / sd[i]))
    for i, name in enumerate(names):
        parameters.append(_row(name, "~~", name, "", len(parameters) + 1, S[i, i], S[i, i] * math.sqrt(2 / n),
                               S[i, i] / full[i, i]))
        for j in range(i):
            if {name, names[j]} <= set(EXOGENOUS):
                parameters.append(_row(names[j], "~~", name, "", len(parameters) + 1, S[i, j],
                                       sd[i] * sd[j] / math.sqrt(n), S[i, j] / (sd[i] * sd[j])))
    parameters += _mean_rows(_firm_names(), sd, n) + _fixed_means(tuple(MEASURED))
    values = {p.label: p for p in parameters if p.label}
    std = {label: float(p.std_all) for label, p in values.items()}  # type: ignore[arg-type]
    for name, expression in EXPRESSIONS.items():
        est = _evaluate(expression, {label: p.est for label, p in values.items()})
        row = _row(name, ":=", expression, name, 0, est, 0.28 * abs(est) + 0.001, _evaluate(expression, std))
        parameters.append(row)
    observed = _firm_names()
    keep = [names.index(name) for name in observed]
    sigma = full[np.ix_(keep, keep)]
    r2 = {name: 1 - S[i, i] / full[i, i] for name in ("daf", *CONSTRUCTS) for i in [names.index(name)]}
    npar = sum(p.free > 0 for p in parameters)
    return _fit(MEDIATION, n, observed, sigma, tuple(parameters), r2, npar, 1.14)


def _capability_fit(spec: ModelSpec, n: int) -> Fit:
    A, _, names = _firm_model(1.0)
    full = _total_covariance(1.0)
    sd = np.sqrt(np.diag(full))
    items = _flat(ITEMS)
    parameters = list(_loading_rows(names, A, sd, n))
    for item in items:
        parameters.append(_row(item, "~~", item, "", len(parameters), 0.5, 0.04, 0.46))
    for factor in (*DIMENSIONS["LRN"], *DIMENSIONS["AMC"]):
        parameters.append(_row(factor, "~~", factor, "", len(parameters), 0.25, 0.04, 0.3))
    parameters += _latent_covariances(CONSTRUCTS, len(parameters))
    parameters += _mean_rows(items, sd, n) + _fixed_means(tuple(MEASURED))
    keep = [names.index(item) for item in items]
    return _fit(spec, n, items, full[np.ix_(keep, keep)], tuple(parameters), {}, _free(parameters), 1.2)


def _pillars_fit(spec: ModelSpec, n: int) -> Fit:
    sigma, names = _pillar_covariance(), _flat(PILLAR_INDICATORS)
    sd = np.sqrt(np.diag(sigma))
    parameters: list[Parameter] = []
    for latent, items in PILLAR_INDICATORS.items():
        for k, item in enumerate(items):
            est = 0.9 + 0.05 * k if k else 1.0
            parameters.append(_row(latent, "=~", item, "", k, est, 0.06, est * math.sqrt(0.6) / sd[names.index(item)]))
    for item in names:
        parameters.append(_row(item, "~~", item, "", len(parameters), 0.5, 0.04, 0.46))
    parameters += _latent_covariances(tuple(PILLAR_INDICATORS), len(parameters))
    parameters += _mean_rows(names, sd, n) + _fixed_means(tuple(PILLAR_INDICATORS))
    return _fit(spec, n, names, sigma, tuple(parameters), {}, _free(parameters), 1.3)


def _free(parameters: list[Parameter]) -> int:
    return sum(p.free > 0 for p in parameters)


def _latent_covariances(latents: tuple[str, ...], first: int) -> list[Parameter]:
    return [_row(other, "~~", latent, "", first + i, *((0.6, 0.05, 1.0) if latent == other else (0.3, 0.05, 0.5)))
            for i, latent in enumerate(latents) for other in latents[: i + 1]]


def _mean_rows(variables: tuple[str, ...], sd: Array, n: int) -> list[Parameter]:
    return [_row(name, "~1", "", "", i + 1, 4.4 + 0.05 * i, sd[i] / math.sqrt(n), (4.4 + 0.05 * i) / sd[i])
            for i, name in enumerate(variables)]


def _fixed_means(latents: tuple[str, ...]) -> list[Parameter]:
    return [Parameter(name, "~1", "", "", 0, 0.0, None, None, None, None, None, 0.0) for name in latents]


def _fit(
    spec: ModelSpec, n: int, observed: tuple[str, ...], sigma: Array, parameters: tuple[Parameter, ...],
    r2: dict[str, float], npar: int, misfit: float,
) -> Fit:
    p = len(observed)
    df = p * (p + 1) // 2 + p - npar
    means = tuple(4.4 + 0.05 * i for i in range(p))
    clustered = spec.level == "alliance"
    noise = np.random.default_rng(3).normal(0, 0.02, sigma.shape)
    sd = np.sqrt(np.diag(sigma))
    sample = sigma + (noise + noise.T) / 2 * np.outer(sd, sd) * (1 - np.eye(p))
    chisq = misfit * df
    baseline = 9.0 * n
    worse = (chisq - df) / (baseline - df - 40)
    rmsea = math.sqrt(max((chisq - df) / (df * n), 0))
    indices = FitIndices(
        npar=npar, chisq=chisq, df=df, pvalue=float(chi2.sf(chisq, df)), baseline_chisq=baseline, baseline_df=df + 40,
        cfi=1 - worse, tli=1 - worse * (df + 40) / df, nfi=0.93, rfi=0.92, ifi=0.99, rmsea=rmsea,
        rmsea_ci_lower=0.0,
        rmsea_ci_upper=rmsea + 0.019, rmsea_pvalue=0.9991, srmr=0.0312, gfi=0.962,
        logl=-5120.4 - chisq / 2, unrestricted_logl=-5120.4, aic=2 * npar + 10240.8 + chisq,
        bic=npar * math.log(n) + 10240.8 + chisq, sabic=npar * math.log((n + 2) / 24) + 10240.8 + chisq,
        scaled=ScaledIndices(
            chisq=chisq / 1.07, pvalue=float(chi2.sf(chisq / 1.07, df)), scaling_factor=1.07,
            baseline_chisq=baseline / 1.05, baseline_scaling_factor=1.05, cfi=1 - worse, tli=1 - worse, nfi=0.93,
            ifi=0.99, rmsea=rmsea * 0.9, rmsea_ci_lower=0.0, rmsea_ci_upper=rmsea + 0.012, rmsea_pvalue=0.9995),
        robust=RobustIndices(cfi=1 - worse, tli=1 - worse * (df + 40) / df, rmsea=rmsea * 0.95, rmsea_ci_lower=0.0,
                             rmsea_ci_upper=rmsea + 0.015, rmsea_pvalue=0.9993),
    )
    return Fit(
        name=spec.id, syntax=spec.syntax, engine="alliometrics", estimator="MLR", missing="fiml",
        information="observed", se="robust.cluster" if clustered else "robust.huber.white", test="yuan.bentler.mplus",
        nobs=n, n_incomplete=0, n_with_gaps=GAPS, n_clusters=n - 92 if clustered else 0,
        converged=True, admissible=True, iterations=11, message="1.0e-07 standard errors from the minimum",
        variables=observed, exogenous=(),
        groups=(GroupFit("", n, _rows(sample), _rows(sigma), means, means, {k: float(v) for k, v in r2.items()}),),
        parameters=parameters, indices=indices, diagnoses=(),
    )


def _row(
    lhs: str, op: str, rhs: str, label: str, free: int, est: float, se: float, std: float
) -> Parameter:
    est, se, std = float(est), float(se), float(std)
    if not free and op != ":=":
        return Parameter(lhs, op, rhs, label, 0, est, None, None, None, None, None, std, 0.03)
    z = est / se
    p = math.erfc(abs(z) / math.sqrt(2))
    return Parameter(lhs, op, rhs, label, free, est, se, z, p, est - 1.96 * se, est + 1.96 * se, std, 0.05 * abs(std),
                     std, 0.05 * abs(std))


def _loading_rows(names: list[str], A: Array, sd: Array, n: int) -> tuple[Parameter, ...]:
    rows: list[Parameter] = []
    for latent, members in MEASURED.items():
        for k, member in enumerate(members):
            i, j = names.index(member), names.index(latent)
            free = len([row for row in rows if row.free]) + 1 if k else 0
            rows.append(_row(latent, "=~", member, "", free, A[i, j], 1.1 * sd[i] / sd[j] / math.sqrt(n),
                             A[i, j] * sd[j] / sd[i]))
    return tuple(rows)


def _firm_model(shrink: float) -> tuple[Array, Array, list[str]]:
    """Directed effects, residual covariances and names (observed, then latent) of the made-up population."""
    names = [*_firm_names(), *MEASURED]
    at = {name: i for i, name in enumerate(names)}
    A, S = np.zeros((len(names), len(names))), np.zeros((len(names), len(names)))
    for latent, members in MEASURED.items():
        for k, member in enumerate(members):
            A[at[member], at[latent]] = (1.0, 0.94, 1.06, 0.88)[k]
            S[at[member], at[member]] = 0.25 if latent in DIMENSIONS else (0.52, 0.61, 0.48, 0.7)[k]
    for latent in CONSTRUCTS:
        S[at[latent], at[latent]] = 0.55
    for (lhs, rhs), (_, value) in PATHS.items():
        A[at[lhs], at[rhs]] = value * shrink
    S[at["daf"], at["daf"]] = 0.19
    sd = dict(zip(EXOGENOUS, (0.92, 1.6, 2.4, 1.15, 0.46, 0.44), strict=True))
    for i, first in enumerate(EXOGENOUS):
        for j, second in enumerate(EXOGENOUS):
            r = 1.0 if i == j else -0.3 if {first, second} == {"ind_tech", "ind_serv"} else 0.32 / (1 + abs(i - j))
            S[at[first], at[second]] = r * sd[first] * sd[second]
    return A, S, names


def _firm_names() -> tuple[str, ...]:
    return (*_flat(ITEMS), "daf", *EXOGENOUS)


def _total_covariance(shrink: float) -> Array:
    A, S, names = _firm_model(shrink)
    total = np.linalg.inv(np.eye(len(names)) - A)
    covariance: Array = total @ S @ total.T
    return covariance


def _firm_covariance() -> Array:
    p = len(_firm_names())
    return _total_covariance(1.0)[:p, :p]


def _pillar_covariance() -> Array:
    latents = [latent for latent, items in PILLAR_INDICATORS.items() for _ in items]
    sigma = np.array([[0.6 if a == b else 0.3 for b in latents] for a in latents])
    return sigma + 0.5 * np.eye(len(latents))


def _bootstrap(fit: Fit) -> BootstrapResult:
    rng = np.random.default_rng(11)
    labelled = [p for p in fit.parameters if p.label and p.op == "~"]
    draws = {p.label: rng.normal(p.est, float(p.se), DRAWS - 3) for p in labelled}  # type: ignore[arg-type]
    std = {p.label: float(p.std_all) for p in labelled}  # type: ignore[arg-type]
    defined = {p.lhs: p for p in fit.parameters if p.op == ":="}
    effects, kept = [], {}
    for name, expression in EXPRESSIONS.items():
        values = np.asarray(_evaluate(expression, draws))
        lower, upper = np.quantile(values, (0.025, 0.975)).tolist()
        low_a, high_a = np.quantile(values[:-4], (0.025, 0.975)).tolist()
        row = defined[name]
        ratio = _evaluate(expression, std) / row.est
        effects.append(ResampledEffect(
            name=name, expression=expression, est=row.est, se=row.se or 0.0, z=row.z or 0.0, pvalue=row.pvalue or 0.0,
            bootstrap_se=float(values.std(ddof=1)), lower=lower, upper=upper, lower_admissible=low_a,
            upper_admissible=high_a, monte_carlo_lower=lower * 1.01, monte_carlo_upper=upper * 0.99,
            std_all=row.est * ratio, std_lower=lower * ratio, std_upper=upper * ratio,
        ))
        kept[name] = tuple(values.tolist())
    parameters = tuple(
        ResampledParameter(p.lhs, p.op, p.rhs, 1, p.label, p.est, float(draws[p.label].std(ddof=1)),
                           float(np.quantile(draws[p.label], 0.025)), float(np.quantile(draws[p.label], 0.975)),
                           std[p.label] - 0.1, std[p.label] + 0.1)
        for p in labelled)
    return BootstrapResult(DRAWS, DRAWS - 3, DRAWS - 7, 20261122, 0.95, False, tuple(effects), parameters, kept)


def _crosschecks(mediation: ModelRun) -> tuple[CrossCheck, ...]:
    """One that agrees, one that differs, one that could not be had."""
    free = [p for p in mediation.fit.parameters if p.free and p.op != "~1"]
    same = tuple(Compared(f"{p.lhs} {p.op} {p.rhs}", p.est, p.est + 1e-5, 1e-4) for p in free)
    apart = (Compared("LRN =~ COD", 0.94, 1.22, 3.1), Compared("LRN =~ SHA", 1.06, 1.06, 0.0))
    why = Undefined("the model did not converge")
    return (
        CrossCheck("capability", "screened", FIRMS - GAPS, "semopy 2.3.11", apart, 0.01, 401.2, 409.9, False,
                   "capability (screened): semopy 2.3.11 differs in 1 of 2 estimates."),
        CrossCheck("pillars", "screened", ALLIANCES - GAPS, "semopy", (), 0.01, why, why, None,
                   "There is no second opinion on pillars (screened): the model did not converge."),
        CrossCheck("M1", "screened", FIRMS - GAPS, "semopy 2.3.11", same, 0.01, 701.3, 701.3, True,
                   f"M1 (screened): semopy 2.3.11 finds the same {len(same)} estimates."),
    )


def _joint(fit: Fit, effects: tuple[str, ...]) -> tuple[JointSignificance, ...]:
    found = {p.label: p for p in fit.parameters if p.label and p.op == "~"}
    tests = []
    for name in effects:
        paths = tuple(Path(label, found[label].lhs, found[label].rhs, found[label].est, found[label].pvalue or 0.0)
                      for label in EXPRESSIONS[name].split("*"))
        largest = max(float(path.pvalue) for path in paths)  # type: ignore[arg-type]
        tests.append(JointSignificance(name, paths, 0.95, largest, largest < 0.05))
    return tuple(tests)


def _evaluate(expression: str, values: dict[str, Any]) -> Any:
    """Value of a sum of products of labels."""
    total: Any = None
    for term in expression.split("+"):
        product: Any = None
        for label in term.split("*"):
            value = values[label.strip()]
            product = value if product is None else product * value
        total = product if total is None else total + product
    return total


# -- measurement --------------------------------------------------------------------------------------


def _reliability(name: str, i: int) -> ScaleReliability:
    size = 3 if name.startswith("am") else 4
    items = tuple(f"{name}{k}" for k in range(1, size + 1))
    reversed_items = tuple(item for item in items if item in ("lrar4", "lrin4"))
    alpha = 0.74 + 0.02 * (i % 7)
    return ScaleReliability(
        name=name, label=LABELS.get(name, "Firm-level alliance success"), items=items, reversed_items=reversed_items,
        n=440 - i, n_incomplete=8 + i, alpha=alpha, alpha_ci=(alpha - 0.035, alpha + 0.029),
        item_rest={item: 0.51 + 0.03 * k for k, item in enumerate(items)},
        alpha_drop={item: alpha - 0.01 * k for k, item in enumerate(items)}, omega=alpha + 0.006,
        omega_ci=(alpha - 0.03, alpha + 0.033) if i else (Undefined("3 of 200 draws did not converge"),) * 2,
        ave=0.43 + 0.02 * (i % 7), loadings={item: 0.63 + 0.04 * k for k, item in enumerate(items)}, warnings=(),
    )


def _factor_analysis() -> FactorAnalysis:
    items = tuple(f"{dimension}{k}" for dimension in LEARNING for k in range(1, 5))
    rng = np.random.default_rng(5)
    p = len(items)
    loadings = rng.normal(0, 0.06, (p, 4)) + np.kron(np.eye(4), np.array([[0.76], [0.71], [0.68], [0.59]]))
    loadings[7, 0] = 0.33
    phi = np.full((4, 4), 0.42) + 0.58 * np.eye(4)
    phi[0, 3] = phi[3, 0] = 0.31
    communality = np.diag(loadings @ phi @ loadings.T)
    eigenvalues = np.sort(np.linalg.eigvalsh(loadings @ phi @ loadings.T + np.diag(1 - communality)))[::-1]
    expected = 1.32 - 0.043 * np.arange(p)
    squared = 0.02 + 0.0022 * (np.arange(p) - 4.0) ** 2 / 4
    return FactorAnalysis(
        name="learning", label="Learning processes",
        factorability=Factorability(
            426, 0.87, dict(zip(items, np.linspace(0.82, 0.91, p).tolist(), strict=True)), 2411.7, 120, 0.0),
        parallel=ParallelAnalysis(426, 500, 95, 20261122, tuple(eigenvalues.tolist()), tuple(expected.tolist()),
                                  tuple((expected + 0.05).tolist()), 4),
        minimum_average_partial=MinimumAveragePartial(tuple(squared.tolist()), tuple((squared**2).tolist()), 4, 4),
        rule="parallel",
        solution=FactorSolution(
            items=items, n=426, n_incomplete=22, method="ml", rotation="oblimin", factors=4, loadings=_rows(loadings),
            phi=_rows(phi), communality=tuple(communality.tolist()), uniqueness=tuple((1 - communality).tolist()),
            variance_explained=tuple((np.diag(phi @ loadings.T @ loadings) / p).tolist()), chisq=71.3, df=62,
            pvalue=0.196, rmsr=0.019, converged=True, warnings=(),
        ),
    )


def _variables() -> tuple[VariableSummary, ...]:
    rows = []
    for level, names, n in (
        ("firm", (*LEARNING, *CAPABILITIES, "sufl", "daf", *EXOGENOUS), FIRMS),
        ("alliance", _flat(PILLAR_INDICATORS), ALLIANCES),
    ):
        for i, name in enumerate(names):
            binary = name in ("daf", "ind_tech", "ind_serv")
            rows.append(VariableSummary(
                name, LABELS[name], level, n + 6 + i % 5, 11 - i % 5, 0.42 if binary else 4.4 + 0.05 * i,
                0.5 if binary else 1.1 + 0.02 * i, 0.0 if binary else 1.0, 1.0 if binary else 7.0, -0.4 + 0.06 * i,
                -0.35 + 0.04 * i))
    return tuple(rows)


def _moments(sigma: Array, names: tuple[str, ...], n: int) -> Moments:
    sd = np.sqrt(np.diag(sigma))
    return Moments(names, n, tuple(4.4 + 0.05 * i for i in range(len(names))), tuple(sd.tolist()), _rows(sigma),
                   _rows(sigma / np.outer(sd, sd)))


# -- respondents and provenance -----------------------------------------------------------------------


def _flow() -> tuple[FlowStep, ...]:
    return (
        FlowStep("F", "Rows in the export", "responses", 531, 0, ""),
        FlowStep("F", "Read without a broken row", "responses", 529, 2, "duplicated response (2)"),
        FlowStep("F", "Consent, eligible, finished", "responses", 502, 27,
                 "no consent (4), no alliance in five years (9), unfinished (14)"),
        FlowStep("F", "Screened for careless answers", "responses", 455, 47, "by the plan's rule"),
        FlowStep("F", "One row a firm", "firms", 431, 0, "24 with several informants, averaged"),
        FlowStep("F", f"Used in M1, {GAPS} of them with gaps", "firms", 431, 0, ""),
        FlowStep("A", "Rows in the export", "responses", 702, 0, ""),
        FlowStep("A", "Read without a broken row", "responses", 702, 0, ""),
        FlowStep("A", "Consent, eligible, finished", "responses", 671, 31, "no consent (6), unfinished (25)"),
        FlowStep("A", "Screened for careless answers", "responses", 612, 59, "by the plan's rule"),
        FlowStep("A", "Informants averaged", "alliances", 505, 0, "107 alliances have two informants"),
        FlowStep("A", f"Used in pillars, {GAPS} of them with gaps", "alliances", 505, 0, ""),
    )


def _reading() -> tuple[ReadingSummary, ...]:
    rows = []
    for form, file, n, columns in (("F", "form_f.csv", 531, 98), ("A", "form_a.csv", 702, 87)):
        cells = n * columns
        missing = {"na": 212, "dk": 391, "rf": 84, "unanswered": 1203, "not asked": 5310, "invalid": 3}
        rows.append(ReadingSummary(
            form, "qualtrics", file, "ab" * 32, n, 2 if form == "F" else 0, cells, 3, cells - sum(missing.values()),
            missing,
            {"IPAddress": n, "RecipientEmail": n - 40, "LocationLatitude": n, "LocationLongitude": n}, ("Q_Notes",),
            {"1.0.0": n}, {"en": n - 150, "es": 150}, "every code of 62 closed questions agrees with its label",
        ))
    return tuple(rows)


def _failures() -> tuple[Failure, ...]:
    return (
        Failure("F", "form_f.csv", 17, "lrar2", "DATA-CODE", "The answer must be one of 1–7, na, dk, rf.", "9",
                "Correct the code in the export or recode the question.", "cell"),
        Failure("F", "form_f.csv", 80, "fsize", "DATA-NUMBER", "A count is a whole number.", "=2+3",
                "Enter digits only.", "cell"),
        Failure("F", "form_f.csv", 112, "", "DATA-DUPLICATE", "A response id occurs once.", "R_1abc",
                "Keep one of them.", "row"),
        Failure("F", "form_f.csv", 113, "", "DATA-DUPLICATE", "A response id occurs once.", "R_1abd",
                "Keep one of them.", "row"),
    )


_CUTOFFS = {
    "attention": "another answer than the one asked for", "speed": "below 2 seconds an item",
    "longstring": "a run of at least half of the scale items", "irv": "below 0.5", "even_odd": "below .30",
    "mahalanobis": "D² above χ²(.99)", "knowledge": "below 4", "diligence": "says 1 or 2",
}
_RULE = ("Left out: any of attention, speed; or at least 2 of longstring, irv, even_odd, mahalanobis, diligence.")


def _screening() -> tuple[ScreeningSummary, ...]:
    flagged = dict(zip(_CUTOFFS, (21, 17, 16, 19, 23, 28, 12, 9), strict=True))
    return (ScreeningSummary("F", 502, flagged, 47, 455, _CUTOFFS, _RULE),
            ScreeningSummary("A", 671, {k: v + 5 for k, v in flagged.items()}, 59, 612, _CUTOFFS, _RULE))


def _respondents() -> tuple[RespondentScreening, ...]:
    people = []
    for form, total, gone in (("F", 502, 47), ("A", 671, 59)):
        for i in range(total):
            out = i < gone
            flags = ("attention", "irv") if out and i % 3 else ("speed",) if out else ()
            even_odd = Undefined("the scores of all scales are equal") if i % 9 == 0 else 0.82 - (0.6 if out else 0.0)
            people.append(RespondentScreening(
                form, f"R_{form}{i:04d}", f"firm{i:04d}", 1.4 if "speed" in flags else 5.2 + i % 40 / 10,
                "attention" not in flags,
                24 if out else 4 + i % 6, 0.4 if "irv" in flags else 1.4, even_odd, 51.2 + i % 17,
                0.1 if out else 0.6 + i % 5 / 20, Undefined("no pairs of items go together closely enough; it takes 3"),
                6.0, flags, out,
                f"meets the rule: {', '.join(flags)}" if out else "",
            ))
    return tuple(people)


def _decay() -> tuple[DecayRow, ...]:
    """All alliances, joint ventures and repeat partners under every weight; one of the last did not converge."""
    return tuple(
        DecayRow(kind, d, FIRMS, weight * (0.0394 + 0.004 * i), 0.0105 + 0.001 * i, 0.0002 * (i + 1),
                 weight * (0.0449 - 0.0011 * i), (kind, d) != ("exp_rw_rp", 0.5))
        for kind, weight in (("exp_rw", 1.0), ("exp_rw_jv", 0.6), ("exp_rw_rp", 0.8))
        for i, d in enumerate((1.0, 0.9, 0.8, 0.7, 0.5)))


def _manifest(synthetic: bool) -> Manifest:
    return Manifest(
        schema=SCHEMA, program_version="0.1.0", created="2026-11-22T10:00:00+00:00", title=TITLE, synthetic=synthetic,
        instrument_version="1.0.0", instrument_fingerprint="0f" * 32, plan_sha256="1e" * 32,
        data_sha256={"form_f.csv": "ab" * 32, "form_a.csv": "ab" * 32},
        packages={"numpy": "2.4.6", "pandas": "3.1.1", "semopy": "2.3.11",
                          "factor_analyzer": "0.5.1", "pingouin": "0.7.0"},
        python="3.11.14", platform="Linux x86_64", seed=20261122, draws=DRAWS, workers=2, overrides={"draws": "500"},
        timings=(Timing("Read", 1.2), Timing("Screen", 0.6), Timing("Bootstrap", 48.0), Timing("Report", 6.1)),
    )


def _plan(synthetic: bool) -> StudyPlan:
    return StudyPlan(
        title=TITLE, synthetic=synthetic, instrument="1.0.0", languages=("en", "es"), level=0.95, seed=20261122,
        description="A study invented to show every part of a report. The plan was written before any answer was read.",
        forms={"F": FormSource(platform="qualtrics", file="form_f.csv"),
               "A": FormSource(platform="qualtrics", file="form_a.csv")},
    )


def _flat(indicators: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(item for items in indicators.values() for item in items)


def _rows(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
