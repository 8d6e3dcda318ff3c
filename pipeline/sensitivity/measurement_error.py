"""Errors in a variable that one indicator measures: the indirect effects at assumed reliabilities.

An observed x = ξ + ε of reliability r has error variance (1 − r)·var(x). The model is estimated anew with ξ in the
place of x and that variance fixed (Bollen 1989, ch. 5): var(x) is the observed one,
divided by N, by expectation maximisation where values are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from instrument.errors import Finding, InputError
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated
from pipeline.sem.fit import Parameter
from pipeline.sem.monte_carlo import MonteCarlo, monte_carlo
from pipeline.sem.table import ParameterTable
from pipeline.sensitivity.findings import ReliabilityCurve, ReliabilityPoint
from pipeline.sensitivity.rewriting import with_error
from pipeline.undefined import Number, Undefined


def exogenous_observed(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables that explain others and that nothing explains or is measured by, in the table's order."""
    explained = {row.lhs for row in table.rows if row.op == "~"} | {row.rhs for row in table.rows if row.op == "=~"}
    explaining = {row.rhs for row in table.rows if row.op == "~"}
    return tuple(name for name in table.observed if name in explaining - explained)


def reliability_curves(
    estimated: Estimated, effects: Sequence[str], variable: str, reliabilities: Sequence[float],
    estimate: Callable[[str], Estimated], *, level: float, draws: int, seed: int,
) -> tuple[ReliabilityCurve, ...]:
    """Every effect at every reliability, largest first.

    Parameters
    ----------
    estimated
        The model as it stands, which is the one of reliability 1.
    estimate
        Estimates a changed text on the same rows, with random covariates.

    Raises
    ------
    InputError
        ``SENSITIVITY-VARIABLE`` if ``variable`` is no exogenous observed variable of the model.
    """
    table = estimated.problem.table
    exogenous = exogenous_observed(table)
    if variable not in exogenous:
        raise InputError(Finding(
            "SENSITIVITY-VARIABLE", f"model {estimated.name}, {variable}",
            "Reliability is varied of an observed variable that explains others and is itself explained by none; "
            f"{variable!r} is not one here.", f"Choose from: {', '.join(exogenous) or 'none'}."))
    place = table.observed.index(variable)
    variance = float(estimated.problem.saturated[0].cov[place, place])
    others = [name for name in exogenous if name != variable]
    points: dict[str, list[ReliabilityPoint]] = {effect: [] for effect in effects}
    for reliability in sorted(set(reliabilities), reverse=True):
        error = (1 - reliability) * variance
        found = estimated if reliability == 1 else estimate(with_error(estimated.syntax, variable, others, error))
        for effect, value in simulated(found, effects, level=level, draws=draws, seed=seed).items():
            points[effect].append(ReliabilityPoint(reliability, error, *value, found.converged, _proper(found)))
    return tuple(ReliabilityCurve(effect, variable, variance, tuple(points[effect])) for effect in effects)


def simulated(
    estimated: Estimated, effects: Sequence[str], *, level: float, draws: int, seed: int,
) -> Mapping[str, tuple[Number, Number, Number, Number, Number]]:
    """Estimate, standard error, Monte Carlo limits and standardised estimate of every effect."""
    if not estimated.converged:
        nothing = Undefined("estimation did not converge")
        return {effect: (nothing,) * 5 for effect in effects}
    fit = describe(estimated, with_fit=False)
    rows = {row.lhs: row for row in fit.parameters if row.op == ":="}
    drawn = monte_carlo(estimated.problem.table, estimated.theta, estimated.vcov, seed=seed, draws=draws, level=level)
    return {effect: _values(rows[effect], drawn) for effect in effects}


def _values(row: Parameter, drawn: MonteCarlo | Undefined) -> tuple[Number, Number, Number, Number, Number]:
    absent = Undefined("it depends on no free parameter")
    lower: Number
    upper: Number
    if isinstance(drawn, Undefined):
        lower = upper = drawn
    else:
        interval = next(effect for effect in drawn.effects if effect.name == row.lhs)
        lower, upper = interval.lower, interval.upper
    return (row.est, absent if row.se is None else row.se, lower, upper,
            absent if row.std_all is None else row.std_all)


def _proper(found: Estimated) -> bool:
    improper = {"negative-variance", "residual-covariance", "latent-covariance", "not-a-minimum"}
    return found.converged and not any(diagnosis.code in improper for diagnosis in found.diagnoses)
