"""From model text and data to an estimate, and from an estimate to the frozen :class:`~pipeline.sem.fit.Fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.equality import GroupEqual
from pipeline.sem.fit import Diagnosis, Estimator
from pipeline.sem.inference import Bread, InformationKind, bread, improprieties, information_of, meat, name_of
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.minimise import Minima
from pipeline.sem.problem import Problem, pose, solve, solve_bounded
from pipeline.sem.robust import satorra_bentler
from pipeline.sem.sample import Missing, take_sample
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable, parameter_table


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate. Defaults are lavaan's ``sem()``.

    Attributes
    ----------
    estimator
        ``ml``; ``mlr`` with robust (sandwich) standard errors and the Yuan–Bentler test; ``mlm`` with robust standard
        errors and the Satorra–Bentler test, complete data only.
    missing
        ``listwise`` or ``fiml``.
    equal
        Parameters held equal across groups.
    nonnegative_variances
        Whether variances stop at 0. By default they may be negative, as in lavaan: an improper solution tells that
        something is wrong, which a quiet 0 would hide.
    """

    estimator: Estimator = "ml"
    missing: Missing = "listwise"
    equal: tuple[GroupEqual, ...] = ()
    meanstructure: bool = False
    fixed_x: bool = True
    std_lv: bool = False
    nonnegative_variances: bool = False


@dataclass(frozen=True)
class Estimated:
    """A minimum and what follows from it.

    Attributes
    ----------
    theta
        (q,) estimates of the free rows.
    bread
        Inverse information within the constraints.
    vcov
        (q, q) sampling covariance: of the model, or robust.
    npar
        Free parameters after equality constraints.
    """

    problem: Problem
    options: Options
    minima: Minima
    information: InformationKind
    bread: Bread
    vcov: Array
    npar: int
    diagnoses: tuple[Diagnosis, ...]
    syntax: str = ""
    name: str = "model"

    @property
    def theta(self) -> Array:
        result: Array = self.minima.theta[0]
        return result

    @property
    def converged(self) -> bool:
        return bool(self.minima.converged[0])


def estimate_model(
    syntax: str, X: ArrayLike, names: Sequence[str], options: Options | None = None, *, name: str = "model",
    groups: Sequence[object] | None = None, clusters: Sequence[object] | None = None,
) -> Estimated:
    """Find a model's estimates and their sampling covariance.

    Parameters
    ----------
    syntax
        Model in lavaan's syntax.
    X
        (n, columns) data, NaN where missing; may hold more columns than the model uses.
    names
        One name a column.
    groups, clusters
        (n,) group and cluster of every row. Groups are numbered in order of first appearance.

    Raises
    ------
    InputError
        ``MODEL-…`` for the text, ``SEM-…`` for the data.
    """
    options = options or Options()
    _check(options, clustered=clusters is not None)
    table = table_of(syntax, names, options, name=name, groups=groups, clustered=clusters is not None)
    sample = take_sample(X, names, table, missing=options.missing, clusters=clusters,
                         groups=groups)
    with one_thread():
        problem = pose(table, sample)
        if options.nonnegative_variances:
            problem, found = solve_bounded(problem)
        else:
            found = solve(problem)
        return settle(problem, found, options, syntax=syntax, name=name)


def table_of(
    syntax: str, names: Sequence[str], options: Options, *, name: str = "model",
    groups: Sequence[object] | None = None, clustered: bool = False,
) -> ParameterTable:
    """The parameter table of a model under these options; means are modelled where the method needs them."""
    means = options.meanstructure or options.missing == "fiml" or clustered
    named = () if groups is None else (g for g in groups if g is not None and g == g)
    labels = tuple(dict.fromkeys(str(g) for g in named))
    return parameter_table(parse_model(syntax, name), names, groups=labels, group_equal=options.equal,
                           meanstructure=means, fixed_x=options.fixed_x, std_lv=options.std_lv)


def _check(options: Options, *, clustered: bool) -> None:
    if options.estimator == "mlm" and (options.missing == "fiml" or clustered):
        raise InputError(Finding(
            "SEM-ESTIMATOR", "options, estimator", "The Satorra-Bentler test is of complete, unclustered data.",
            "Choose mlr."))


def settle(problem: Problem, minima: Minima, options: Options, *, syntax: str = "", name: str = "model") -> Estimated:
    """Standard errors and diagnosis at a minimum."""
    theta = minima.theta[0]
    clustered = problem.sample.clustered
    observed = options.missing == "fiml" or options.estimator == "mlr" or clustered
    kind: InformationKind = "observed" if observed else "expected"
    inner = bread(information_of(problem, theta, kind), problem.restriction.tangent(theta))
    vcov = inner.inverse / problem.n
    if options.estimator == "mlr" or clustered:
        vcov = inner.inverse @ meat(problem, theta) @ inner.inverse / problem.n
    elif options.estimator == "mlm":
        vcov = inner.inverse @ satorra_bentler(problem, theta, inner.inverse, 1).meat @ inner.inverse / problem.n
    npar = problem.npar(theta)
    return Estimated(problem, options, minima, kind, inner, vcov, npar,
                     _diagnoses(problem, minima, inner, npar), syntax, name)


def _diagnoses(problem: Problem, minima: Minima, inner: Bread, npar: int) -> tuple[Diagnosis, ...]:
    table, theta = problem.table, minima.theta[0]
    said: list[Diagnosis] = []
    if not minima.converged[0]:
        said.append(Diagnosis(
            "not-converged", f"Estimation did not converge: after {minima.iterations[0]} steps the minimum still seems "
            f"{minima.distance[0]:.2g} standard errors away. Standard errors and fit are not given."))
    elif inner.negative:
        said.append(Diagnosis("not-a-minimum", "The information matrix is not positive definite: this is no minimum. "
                              "Standard errors are not to be used."))
    if minima.converged[0] and inner.unidentified.any():
        listed = tuple(name_of(row, table.groups) for row in table.free_rows() if inner.unidentified[row.free - 1])
        said.append(Diagnosis("not-identified", "Not identified: the data cannot tell these parameters apart: "
                              + "; ".join(listed) + ".", listed))
    if minima.converged[0]:
        implied = problem.objective.implied(theta[None])
        said += [Diagnosis(found.code, found.text, found.about)
                 for found in improprieties(table, problem.objective.groups, implied)]
    for row in table.free_rows():
        if row.free - 1 in problem.at_bound:
            said.append(Diagnosis("at-bound", f"The variance {name_of(row, table.groups)} is held at its bound, 0.",
                                  (name_of(row, table.groups),)))
    if problem.n < npar:
        said.append(Diagnosis("few-cases", f"There are fewer cases ({problem.n}) than free parameters ({npar})."))
    for label, moments in zip(table.groups or ("",), problem.saturated, strict=True):
        if not moments.converged:
            said.append(Diagnosis("saturated-moments", "Expectation maximisation of the unrestricted moments did not "
                                  f"converge{' in group ' + label if label else ''}; fit is not to be used."))
    said += [Diagnosis("note", note) for note in table.notes]
    return tuple(said)


def standard_errors(vcov: Array) -> Array:
    """(q,) roots of the diagonal."""
    return np.sqrt(np.maximum(np.diag(vcov), 0.0))
