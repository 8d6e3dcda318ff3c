"""From model text and complete data to a :class:`~pipeline.sem.fit.Fit`, by any engine.

An :class:`Engine` only finds the minimum; the table, moments, standard errors, indices and diagnosis are
computed here, the same for every engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.sem.effects import DefinedEffect, check_definitions, defined_effects
from pipeline.sem.fit import Fit, FitIndices, Parameter
from pipeline.sem.indices import degrees_of_freedom, fit_indices
from pipeline.sem.inference import Uncertainty, improper, name_of, uncertainty
from pipeline.sem.normal import wald
from pipeline.sem.ram import Implied, Ram, implied, ram
from pipeline.sem.sample import Sample, complete_rows, take_sample
from pipeline.sem.standardise import explained_variance, row_values, standardised
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable, parameter_table
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Solution:
    """Where an engine stopped.

    Attributes
    ----------
    theta
        (q,) free parameters, in the order of the table.
    converged
        True only if ``distance`` is within the engine's tolerance.
    distance
        How far the minimum is, in standard errors: √(N/2 · gᵀ H⁻¹ g), g and H gradient and expected Hessian of F.
    """

    theta: Array
    converged: bool
    iterations: int
    distance: float
    message: str


class CompiledModel(Protocol):
    """A model made ready once, to be fitted to many samples."""

    def estimate(self, sample: Sample) -> Solution:
        """Fit to a sample without knowing where the minimum is."""
        ...

    def refit(self, covs: Array, n: int, start: Array, start_cov: Array) -> tuple[Solution, ...]:
        """Fit to covariances ``covs`` (r, p, p) of ``n`` rows each.

        All start from ``start`` (q,), the minimum at ``start_cov`` (p, p). Each solution depends on its own
        matrix and the start only, so that batches can be cut anywhere.
        """
        ...


class Engine(Protocol):
    """An estimator. Must be picklable: bootstrap workers each compile the model anew."""

    @property
    def name(self) -> str: ...

    @property
    def estimator(self) -> str: ...

    def compile(self, table: ParameterTable) -> CompiledModel:
        """Make ``table`` ready; ``InputError`` (``MODEL-UNSUPPORTED``) for what the engine cannot do."""
        ...


def fit_model(
    engine: Engine, syntax: str, X: ArrayLike, names: Sequence[str], *,
    name: str = "model", level: float = 0.95, n_incomplete: int = 0,
) -> Fit:
    """Estimate a model.

    Parameters
    ----------
    syntax
        Model in lavaan's syntax.
    X
        (n, columns) data; may hold more columns than the model uses, and missing values there only.
    names
        One name a column.
    level
        Of the parameters' intervals.
    n_incomplete
        Rows left out before, kept for the record; see :func:`fit_complete_cases`.

    Raises
    ------
    InputError
        ``MODEL-…`` for the text, ``SEM-…`` for the data.
    """
    table = parameter_table(parse_model(syntax, name), names)
    check_definitions(table)
    sample = take_sample(X, names, table.observed)
    with threadpool_limits(limits=1, user_api="blas"):  # on matrices this small, threads cost more than they save
        solution = engine.compile(table).estimate(sample)
        return _assemble(engine, syntax, table, sample, solution, name, level, n_incomplete)


def fit_complete_cases(
    engine: Engine, syntax: str, X: ArrayLike, names: Sequence[str], *, name: str = "model", level: float = 0.95,
) -> Fit:
    """:func:`fit_model` on the rows that are complete in the model's variables; the others are counted."""
    table = parameter_table(parse_model(syntax, name), names)
    complete, left_out = complete_rows(X, names, table.observed)
    return fit_model(engine, syntax, complete, names, name=name, level=level, n_incomplete=left_out)


def _assemble(
    engine: Engine, syntax: str, table: ParameterTable, sample: Sample, solution: Solution,
    name: str, level: float, n_incomplete: int,
) -> Fit:
    model = ram(table)
    moments = implied(model, solution.theta, sample.cov)
    values = row_values(table, solution.theta, sample.cov)
    std = standardised(table, model, moments, values)
    errors = uncertainty(model, moments, sample.n)
    effects = defined_effects(table, solution.theta, errors.vcov, std)
    problems = improper(table, model, moments) if solution.converged else ()
    return Fit(
        name=name, syntax=syntax, engine=engine.name, estimator=engine.estimator,
        nobs=sample.n, n_incomplete=n_incomplete,
        converged=solution.converged, admissible=solution.converged and not problems,
        iterations=solution.iterations, message=solution.message,
        variables=table.observed, exogenous=table.exogenous,
        sample_cov=_rows(sample.cov), implied_cov=_rows(moments.Sigma),
        parameters=_parameters(table, values, std, errors, effects, solution.converged, level),
        r2=explained_variance(table, model, moments),
        indices=_indices(model, moments, sample) if solution.converged else None,
        warnings=(*_warnings(table, model, sample, solution, errors), *problems),
    )


def _indices(model: Ram, moments: Implied, sample: Sample) -> FitIndices | None:
    if degrees_of_freedom(model.p, len(model.fixed_x), model.n_free) < 0:
        return None
    return fit_indices(sample.cov, moments.Sigma, model.fixed_x, model.n_free, sample.n)


def _rows(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)


def _warnings(table: ParameterTable, model: Ram, sample: Sample, solution: Solution, errors: Uncertainty) -> list[str]:
    said = []
    if not solution.converged:
        said.append(f"Estimation did not converge: {solution.message}. Standard errors and fit are not given.")
    df = degrees_of_freedom(model.p, len(model.fixed_x), model.n_free)
    if df < 0:
        said.append(f"The model has {-df} more free parameters than the data have moments; fit is not given.")
    if solution.converged and errors.unidentified.any():
        listed = "; ".join(name_of(table, int(index)) for index in np.flatnonzero(errors.unidentified))
        said.append(f"Not identified: the data cannot tell these parameters apart: {listed}.")
    if sample.n < table.n_free:
        said.append(f"There are fewer cases ({sample.n}) than free parameters ({table.n_free}).")
    return said


def _parameters(
    table: ParameterTable, values: Array, std: Array, errors: Uncertainty, effects: Sequence[DefinedEffect],
    converged: bool, level: float,
) -> tuple[Parameter, ...]:
    variances = np.diag(errors.vcov)
    rows = []
    for index, row in enumerate(table.rows):
        label, est, standard = row.label, float(values[index]), _number(std[index], "a variance is not positive")
        if not row.free:
            rows.append(Parameter(row.lhs, row.op, row.rhs, label, 0, est, None, None, None, None, None, standard))
            continue
        se: Number = float(np.sqrt(max(variances[row.free - 1], 0.0)))
        if not converged:
            se = Undefined("estimation did not converge")
        elif errors.unidentified[row.free - 1]:
            se = Undefined("the parameter is not identified")
        rows.append(Parameter(row.lhs, row.op, row.rhs, label, row.free, est, se, *wald(est, se, level), standard))
    for effect in effects:
        se = effect.se if converged else Undefined("estimation did not converge")
        if any(errors.unidentified[index] for index in effect.depends_on):
            se = Undefined("a parameter it is made of is not identified")
        rows.append(Parameter(effect.name, ":=", effect.expression, effect.name, 0, effect.est, se,
                              *wald(effect.est, se, level), _number(effect.std_all, "it has no standardised value")))
    return tuple(rows)


def _number(value: float, because: str) -> Number:
    return float(value) if np.isfinite(value) else Undefined(because)
