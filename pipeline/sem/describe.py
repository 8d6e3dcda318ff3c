"""The frozen, printable result of an estimate: every row with its inference, every group with its moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Diagnosis, Fit, FitIndices, GroupFit, Matrix, Parameter
from pipeline.sem.goodness import degrees_of_freedom, fit_indices
from pipeline.sem.least_squares import WeightedObjective
from pipeline.sem.linalg import Array, Bools, Field, one_thread
from pipeline.sem.matrices import GroupMatrices, Implied
from pipeline.sem.normal import wald
from pipeline.sem.objective import STEP
from pipeline.sem.ordered_goodness import weighted_indices
from pipeline.sem.standardise import defined_values, label_values, row_values, standardised_rows
from pipeline.sem.syntax import Definition
from pipeline.undefined import Number, Undefined

ENGINE = "alliometrics"


def fit_model(
    syntax: str, X: ArrayLike, names: Sequence[str], options: Options | None = None, *, name: str = "model",
    level: float = 0.95, groups: Sequence[object] | None = None, clusters: Sequence[object] | None = None,
) -> Fit:
    """Estimate a model and describe it; see :func:`pipeline.sem.estimate.estimate_model`."""
    return describe(estimate_model(syntax, X, names, options, name=name, groups=groups, clusters=clusters), level=level)


def describe(estimated: Estimated, *, level: float = 0.95, with_fit: bool = True) -> Fit:
    """Parameters with standard errors, standardised solutions, fit and moments.

    Parameters
    ----------
    level
        Of the parameters' intervals.
    with_fit
        Whether to compute fit indices, which under missing data take longer than all the rest.

    Raises
    ------
    InputError
        ``MODEL-EFFECT`` for a definition without a finite value at the estimates.
    """
    problem = estimated.problem
    options, table = estimated.options, problem.table
    with one_thread():
        implied = problem.objective.described(estimated.theta[None])
        df = degrees_of_freedom(problem, estimated.npar)
        usable = with_fit and estimated.converged and df >= 0
        indices = _indices(estimated) if usable else None
        parameters = _parameters(estimated, level)
    diagnoses = estimated.diagnoses
    if df < 0:
        diagnoses += (Diagnosis("negative-df", f"The model has {-df} more free parameters than the data have moments; "
                                "fit is not given."),)
    improper = {"negative-variance", "residual-covariance", "latent-covariance", "not-a-minimum"}
    clusters = {int(c) for g in problem.sample.groups if g.clusters is not None for c in g.clusters}
    se, test = _methods(estimated)
    return Fit(
        name=estimated.name, syntax=estimated.syntax, engine=ENGINE, estimator=options.estimator.upper(),
        missing=options.missing, information=estimated.information, se=se, test=test,
        nobs=problem.n, n_incomplete=problem.sample.left_out.total,
        n_with_gaps=sum(int(np.isnan(g.X).any(axis=1).sum()) for g in problem.sample.groups), n_clusters=len(clusters),
        converged=estimated.converged,
        admissible=estimated.converged and not any(d.code in improper for d in diagnoses),
        iterations=int(estimated.minima.iterations[0]),
        message=f"{estimated.minima.distance[0]:.1e} standard errors from the minimum",
        variables=table.observed, exogenous=table.exogenous,
        groups=tuple(_group(estimated, number, moments) for number, moments in enumerate(implied)),
        parameters=parameters, indices=indices, diagnoses=diagnoses,
    )


def _indices(estimated: Estimated) -> FitIndices:
    problem, theta = estimated.problem, estimated.theta
    if isinstance(problem.objective, WeightedObjective):
        return weighted_indices(problem, theta, estimated.options.estimator)
    return fit_indices(problem, theta, estimated.test, estimated.reference.baseline)


def _methods(estimated: Estimated) -> tuple[str, str]:
    """lavaan's names of the standard errors and of the test."""
    if estimated.problem.sample.clustered:
        return "robust.cluster", "yuan.bentler.mplus"
    names = {"ml": ("standard", "standard"), "mlr": ("robust.huber.white", "yuan.bentler.mplus"),
             "mlm": ("robust.sem", "satorra.bentler"), "dwls": ("standard", "standard"),
             "wlsmv": ("robust.sem", "scaled.shifted")}
    return names[estimated.options.estimator]


def _group(estimated: Estimated, number: int, moments: Implied) -> GroupFit:
    problem, rows = estimated.problem, estimated.problem.sample.groups[number]
    saturated, means = problem.saturated[number], problem.table.meanstructure
    cov, mean = moments.Sigma, moments.mu
    if isinstance(problem.objective, WeightedObjective):
        cov, mean = problem.objective.responses[number].every(estimated.theta[None], moments)
    return GroupFit(
        label=rows.label, nobs=rows.n, sample_cov=_matrix(saturated.cov), implied_cov=_matrix(cov[0]),
        sample_mean=tuple(map(float, saturated.mean)) if means else (),
        implied_mean=tuple(map(float, mean[0])) if means else (),
        r2=explained_variance(problem.table.endogenous, problem.objective.groups[number], moments),
    )


def _matrix(matrix: Array) -> Matrix:
    return tuple(tuple(float(value) for value in row) for row in matrix)


def explained_variance(endogenous: Sequence[str], group: GroupMatrices, moments: Implied) -> dict[str, Number]:
    """R² = 1 − residual variance / implied variance of every endogenous variable (Bollen 1989, ch. 4)."""
    r2: dict[str, Number] = {}
    for name in endogenous:
        if name in group.etas:
            i = group.etas.index(name)
            residual, total = float(moments.Psi[0, i, i]), float(moments.C[0, i, i])
        else:
            i = group.observed.index(name)
            residual, total = float(moments.Theta[0, i, i]), float(moments.Sigma[0, i, i])
        if total <= 0:
            r2[name] = Undefined(f"the implied variance of {name} is not positive")
        elif residual < 0:
            r2[name] = Undefined(f"the residual variance of {name} is negative")
        else:
            r2[name] = 1 - residual / total
    return r2


def all_values(estimated: Estimated, theta: Field) -> tuple[Field, Field, Field]:
    """Unstandardised, std.all and std.lv values of every row and then of every ``:=``, each (b, rows + definitions)."""
    problem = estimated.problem
    table, objective = problem.table, problem.objective
    implied = objective.described(theta)
    rows = row_values(table, theta, [d.cov for d in objective.data], [d.mean for d in objective.data],
                      objective.groups, implied)
    solutions = [rows, *(standardised_rows(table, objective.groups, implied, rows, kind)
                         for kind in ("std_all", "std_lv"))]
    order = [d.name for d in table.written if isinstance(d, Definition)]
    full = []
    for solution in solutions:
        with np.errstate(all="ignore"):
            defined = defined_values(table, label_values(table, solution))
        columns = [np.broadcast_to(defined[name], (len(theta),))[:, None] for name in order]
        full.append(np.concatenate([solution, *columns], axis=1))
    return full[0], full[1], full[2]


@dataclass(frozen=True, slots=True)
class _Solution:
    """One solution: values of every row and ``:=``, their standard errors, and which depend on what is unidentified."""

    values: Array
    errors: Array
    doubtful: Bools


def _solutions(estimated: Estimated) -> tuple[_Solution, ...]:
    """Unstandardised, std.all and std.lv, with delta-method standard errors √(∇ᵀV∇) (Bollen 1989, app. B).

    The derivatives are exact to rounding: the imaginary part at θ + ih is h times the derivative (Squire & Trapp 1998).
    """
    theta = estimated.theta
    at = all_values(estimated, theta[None])
    stepped = all_values(estimated, theta + 1j * STEP * np.eye(len(theta)))
    found = []
    for values, moved in zip(at, stepped, strict=True):
        J = moved.imag.T / STEP
        variances = np.einsum("ri,ij,rj->r", J, estimated.vcov, J, optimize=True)
        doubtful = np.asarray((np.abs(J[:, estimated.bread.unidentified]) > 1e-12).any(axis=1))
        found.append(_Solution(values[0], np.sqrt(np.maximum(variances, 0.0)), doubtful))
    return tuple(found)


def _parameters(estimated: Estimated, level: float) -> tuple[Parameter, ...]:
    table = estimated.problem.table
    raw, std_all, std_lv = _solutions(estimated)
    _check_definitions(estimated, raw.values)
    heads = {number: members[0] for members in table.equalities for number in members}
    named = [(row.lhs, str(row.op), row.rhs, label, heads.get(row.free, row.free), row.group)
             for row, label in zip(table.rows, table.printed_labels(), strict=True)]
    named += [(d.name, ":=", d.text, d.name, 0, 0) for d in table.written if isinstance(d, Definition)]
    found = []
    for index, (lhs, op, rhs, label, free, group) in enumerate(named):
        est, varies = float(raw.values[index]), bool(free) or op == ":="
        se = _error(estimated, raw, index, free=bool(free)) if varies else None
        if index < len(table.rows) and table.rows[index].free - 1 in estimated.problem.at_bound:
            se = Undefined("the variance is held at its bound")
        z, pvalue, lower, upper = (None, None, None, None) if se is None else wald(est, se, level)
        found.append(Parameter(
            lhs, op, rhs, label, free, est, se, z, pvalue, lower, upper,
            _number(std_all.values[index]), _error(estimated, std_all, index, free=bool(free)),
            _number(std_lv.values[index]), _error(estimated, std_lv, index, free=bool(free)), group))
    return tuple(found)


def _check_definitions(estimated: Estimated, values: Array) -> None:
    """A definition without a finite value at the estimates is a mistake in the model text."""
    written = [d for d in estimated.problem.table.written if isinstance(d, Definition)]
    findings = [
        Finding("MODEL-EFFECT", d.place, f"`{d.name} := {d.text}` has no finite value at the estimates.",
                "Check for a division by 0 or the logarithm of a negative number.")
        for d, value in zip(written, values[len(estimated.problem.table.rows):], strict=True) if not np.isfinite(value)]
    if findings and estimated.converged:
        raise InputError(findings)


def _error(estimated: Estimated, solution: _Solution, index: int, *, free: bool) -> Number | None:
    """A standard error; None for what cannot vary, as a marker's loading or a value standardised to 1."""
    se = float(solution.errors[index])
    if not free and se <= 1e-14 * max(1.0, abs(float(solution.values[index]))):
        return None
    if not estimated.converged:
        return Undefined("estimation did not converge")
    if estimated.bread.negative:
        return Undefined("the information matrix is not positive definite")
    if solution.doubtful[index]:
        return Undefined("the parameter is not identified")
    # Where a variance is negative its complex root is finite, and so is what would pass for a derivative.
    value = _number(float(solution.values[index]))
    return value if isinstance(value, Undefined) else _number(se)


def _number(value: float) -> Number:
    return float(value) if np.isfinite(value) else Undefined("a variance it is divided by is not positive")
