"""Effects as they are published: intervals by resampling and by Monte Carlo, and the joint test of their paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from instrument.errors import Finding, InputError
from pipeline.sem.bootstrap import Bootstrap, EffectInterval, ParameterInterval, bootstrap
from pipeline.sem.definitions import product_of_labels
from pipeline.sem.estimate import Estimated
from pipeline.sem.fit import Fit, Parameter
from pipeline.sem.monte_carlo import MonteCarloInterval, monte_carlo
from pipeline.sem.syntax import parse_model
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class Path:
    """One labelled path of a product effect."""

    label: str
    lhs: str
    rhs: str
    est: float
    pvalue: Number


@dataclass(frozen=True, slots=True)
class JointSignificance:
    """Joint significance of an indirect effect (MacKinnon et al. 2002): it holds if every path differs from 0.

    ``largest_pvalue`` is the p value of the weakest path, the p value of the joint test.
    """

    effect: str
    paths: tuple[Path, ...]
    level: float
    largest_pvalue: Number
    holds: bool | None


@dataclass(frozen=True, slots=True)
class ResampledParameter:
    """A free parameter over the bootstrap draws."""

    lhs: str
    op: str
    rhs: str
    group: int
    label: str
    est: float
    bootstrap_se: Number
    lower: Number
    upper: Number
    std_lower: Number
    std_upper: Number


@dataclass(frozen=True, slots=True)
class ResampledEffect:
    """A defined effect with its intervals.

    ``lower``/``upper`` are percentile bootstrap limits of all converged draws; ``lower_admissible``/
    ``upper_admissible`` of draws with a proper solution only. ``bootstrap_se`` is the SD over converged draws.
    ``monte_carlo_lower``/``monte_carlo_upper`` need no refits. ``std_all`` is the effect on standardised variables with
    its interval from the same draws.
    """

    name: str
    expression: str
    est: float
    se: Number
    z: Number
    pvalue: Number
    bootstrap_se: Number
    lower: Number
    upper: Number
    lower_admissible: Number
    upper_admissible: Number
    monte_carlo_lower: Number
    monte_carlo_upper: Number
    std_all: Number
    std_lower: Number
    std_upper: Number


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Percentile bootstrap of every defined effect and free parameter.

    ``draws`` holds the converged draws by effect; none where the effect has no finite value in one of them.
    """

    requested: int
    converged: int
    admissible: int
    seed: int
    level: float
    clusters: bool
    effects: tuple[ResampledEffect, ...]
    parameters: tuple[ResampledParameter, ...]
    draws: dict[str, tuple[float, ...]]


def bootstrap_effects(
    estimated: Estimated, fit: Fit, *, draws: int, seed: int, level: float = 0.95, workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> BootstrapResult:
    """Resample an estimate; whole clusters where its rows are clustered.

    Raises
    ------
    InputError
        ``BOOTSTRAP-DRAWS``.
    """
    found = bootstrap(estimated.problem, estimated.theta, draws=draws, seed=seed, level=level, workers=workers,
                      progress=progress, clusters=estimated.problem.sample.clustered)
    simulated = monte_carlo(estimated.problem.table, estimated.theta, estimated.vcov, seed=seed, level=level)
    limits = {} if isinstance(simulated, Undefined) else {effect.name: effect for effect in simulated.effects}
    rows = {row.lhs: row for row in fit.parameters if row.op == ":="}
    why = simulated if isinstance(simulated, Undefined) else Undefined("the effect was not simulated")
    return BootstrapResult(
        requested=found.requested, converged=found.converged, admissible=found.admissible, seed=seed, level=level,
        clusters=found.clusters,
        effects=tuple(_effect(effect, rows[effect.name], limits.get(effect.name), why) for effect in found.effects),
        parameters=tuple(_parameter(p) for p in found.parameters if p.row.free), draws=_draws(found),
    )


def _effect(
    effect: EffectInterval, row: Parameter, simulated: MonteCarloInterval | None, why: Undefined,
) -> ResampledEffect:
    raw, std = effect.raw, effect.std_all
    fixed = Undefined("it depends on no free parameter")
    se, z, pvalue = (fixed if value is None else value for value in (row.se, row.z, row.pvalue))
    return ResampledEffect(
        effect.name, effect.expression, row.est, se, z, pvalue, raw.se, raw.lower, raw.upper,
        raw.lower_admissible, raw.upper_admissible, simulated.lower if simulated else why,
        simulated.upper if simulated else why, fixed if row.std_all is None else row.std_all, std.lower, std.upper,
    )


def _parameter(found: ParameterInterval) -> ResampledParameter:
    row, raw, std = found.row, found.raw, found.std_all
    assert raw is not None
    return ResampledParameter(row.lhs, row.op, row.rhs, row.group, row.label, raw.est, raw.se, raw.lower, raw.upper,
                              std.lower, std.upper)


def _draws(found: Bootstrap) -> dict[str, tuple[float, ...]]:
    values = found.draws.values.effects
    return {effect.name: tuple(map(float, values[:, index])) for index, effect in enumerate(found.effects)
            if not isinstance(effect.raw.lower, Undefined)}


def product_effects(fit: Fit) -> tuple[str, ...]:
    """Names of the defined effects that are plain products of labels: those joint significance can test."""
    return tuple(row.lhs for row in fit.parameters if row.op == ":=" and _factors(fit, row.lhs) is not None)


def joint_significance(fit: Fit, effect: str, level: float = 0.95) -> JointSignificance:
    """Whether every path of a product effect differs from 0 at 1 − ``level``.

    Raises
    ------
    InputError
        ``EFFECT-PRODUCT`` if ``effect`` is not defined as a product of labelled paths.
    """
    factors = _factors(fit, effect)
    if factors is None:
        possible = ", ".join(product_effects(fit)) or "none"
        raise InputError(Finding(
            "EFFECT-PRODUCT", f"{fit.name}, {effect}",
            f"Joint significance is defined for a product of labelled paths; {effect!r} is none.",
            f"Effects that are: {possible}."))
    first = {row.label: row for row in reversed(fit.parameters) if row.op != ":="}
    paths = []
    for label in factors:
        row = first[label]
        pvalue = Undefined(f"{label} is fixed") if row.pvalue is None else row.pvalue
        paths.append(Path(label, row.lhs, row.rhs, row.est, pvalue))
    pvalues = [path.pvalue for path in paths]
    missing = next((p for p in pvalues if isinstance(p, Undefined)), None)
    if missing is not None:
        return JointSignificance(effect, tuple(paths), level, missing, None)
    largest = max(p for p in pvalues if not isinstance(p, Undefined))
    return JointSignificance(effect, tuple(paths), level, largest, largest < 1 - level)


def _factors(fit: Fit, effect: str) -> tuple[str, ...] | None:
    return product_of_labels(parse_model(fit.syntax, fit.name).definitions, effect)
