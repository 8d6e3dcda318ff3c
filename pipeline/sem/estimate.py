"""From model text and data to an estimate, and from an estimate to the frozen :class:`~pipeline.sem.fit.Fit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.diagnoses import diagnoses_of
from pipeline.sem.equality import GroupEqual
from pipeline.sem.fit import Diagnosis, Estimator
from pipeline.sem.goodness import ReferenceModels, Sandwich, TestStatistic, test_statistic
from pipeline.sem.inference import Bread, InformationKind, bread, information_of, meat
from pipeline.sem.least_squares import information as least_squares_information
from pipeline.sem.least_squares import meat as least_squares_meat
from pipeline.sem.least_squares import pieces
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.minimise import Minima
from pipeline.sem.ordered import levels_in, levels_of, lost_categories
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
        errors and the Satorra–Bentler test, complete data only. With ordered variables ``dwls``, diagonally weighted
        least squares, or ``wlsmv``, the same with robust standard errors and the scaled and shifted test.
    missing
        ``listwise``; ``fiml`` for likelihoods; ``pairwise`` for least squares.
    ordered
        Variables whose numbers are ordered categories. Fixed exogenous variables among them are taken as they are.
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
    ordered: tuple[str, ...] = ()

    @property
    def least_squares(self) -> bool:
        """Whether there is no likelihood."""
        return self.estimator in ("dwls", "wlsmv")


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
    reference
        The models that fit is measured between; they serve other models of the same data.
    sandwich
        What ``vcov`` is made of, if that is robust by casewise scores.
    """

    problem: Problem
    options: Options
    minima: Minima
    information: InformationKind
    bread: Bread
    vcov: Array
    npar: int
    reference: ReferenceModels
    sandwich: Sandwich | None
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

    @cached_property
    def test(self) -> TestStatistic:
        """χ² and what scales it; not of least squares."""
        return test_statistic(self.problem, self.theta, self.npar, self.options.estimator, self.information,
                              self.reference.moments, self.sandwich)


def estimate_model(
    syntax: str, X: ArrayLike, names: Sequence[str], options: Options | None = None, *, name: str = "model",
    groups: Sequence[object] | None = None, clusters: Sequence[object] | None = None,
    reference: ReferenceModels | None = None,
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
    reference
        Of another model (its ``reference``) or of all columns (:func:`reference_models`). No number depends on it: what
        is the same for both models is not computed again.

    Raises
    ------
    InputError
        ``MODEL-…`` for the text, ``SEM-…`` for the data.
    """
    options = options or Options()
    _check(options, clustered=clusters is not None)
    levels = levels_of(X, names, options.ordered, parse_model(syntax, name))
    table = table_of(syntax, names, options, name=name, groups=groups, clustered=clusters is not None, levels=levels)
    _check_ordered(table, options)
    sample = take_sample(X, names, table, missing=options.missing, clusters=clusters,
                         groups=groups)
    remaining = levels_in(sample, table)
    lost = tuple((name, k - remaining[name]) for name, k in table.ordered if remaining[name] < k)
    if lost:
        table = table_of(syntax, names, options, name=name, groups=groups, levels=levels | remaining)
    with one_thread():
        problem = pose(table, sample, None if reference is None else reference.problem)
        if lost:
            problem = replace(problem, said=(*problem.said, lost_categories(lost)))
        if options.nonnegative_variances:
            problem, found = solve_bounded(problem)
        else:
            found = solve(problem)
        return settle(problem, found, options, syntax=syntax, name=name, reference=reference)


def reference_models(
    X: ArrayLike, names: Sequence[str], options: Options, *, groups: Sequence[object] | None = None,
    clusters: Sequence[object] | None = None,
) -> ReferenceModels:
    """What all models of these variables in this order have in common where none of them is fixed.

    Raises
    ------
    InputError
        ``SEM-…`` as the models' own estimation would.
    """
    _check(options, clustered=clusters is not None)
    syntax = "\n".join(f"{name} ~~ {name}" for name in names)
    table = table_of(syntax, names, options, groups=groups, clustered=clusters is not None)
    sample = take_sample(X, names, table, missing=options.missing, clusters=clusters, groups=groups)
    with one_thread():
        return ReferenceModels(pose(table, sample), options.estimator, _kind(options, sample.clustered))


def table_of(
    syntax: str, names: Sequence[str], options: Options, *, name: str = "model",
    groups: Sequence[object] | None = None, clustered: bool = False, levels: Mapping[str, int] | None = None,
) -> ParameterTable:
    """The parameter table of a model under these options; means are modelled where the method needs them.

    ``levels`` has the number of categories of every ordered variable.
    """
    means = options.meanstructure or options.missing == "fiml" or clustered
    named = () if groups is None else (g for g in groups if g is not None and g == g)
    labels = tuple(dict.fromkeys(str(g) for g in named))
    return parameter_table(parse_model(syntax, name), names, groups=labels, group_equal=options.equal,
                           meanstructure=means, fixed_x=options.fixed_x, std_lv=options.std_lv,
                           ordered=levels or {}, conditional_x=bool(levels))


def _check(options: Options, *, clustered: bool) -> None:
    if options.estimator == "mlm" and (options.missing == "fiml" or clustered):
        raise InputError(Finding(
            "SEM-ESTIMATOR", "options, estimator", "The Satorra-Bentler test is of complete, unclustered data.",
            "Choose mlr."))
    if options.least_squares and clustered:
        raise InputError(Finding(
            "SEM-ESTIMATOR", "options, clusters", "Least squares of ordered variables take rows to be independent.",
            "Leave the clusters out, or choose mlr."))
    if options.least_squares and options.nonnegative_variances:
        raise InputError(Finding(
            "SEM-ESTIMATOR", "options, nonnegative_variances", "Bounds on variances are not available for ordered "
            "variables.", "Leave the bounds out."))
    allowed = ("listwise", "pairwise") if options.least_squares else ("listwise", "fiml")
    if options.missing not in allowed:
        raise InputError(Finding(
            "SEM-ESTIMATOR", f"options, missing {options.missing}", f"The estimator {options.estimator} takes missing "
            f"values {' or '.join(allowed)}.", f"Choose {allowed[1]} to use incomplete rows."))
    if options.ordered and not options.least_squares:
        raise InputError(Finding(
            "SEM-ESTIMATOR", f"options, estimator {options.estimator}", "Ordered variables have no normal likelihood.",
            "Choose wlsmv (or dwls), or treat the variables as continuous by leaving `ordered` out."))


def _check_ordered(table: ParameterTable, options: Options) -> None:
    """Least squares without an ordered variable would be another method than the one that was asked for."""
    if options.least_squares and not table.ordered:
        raise InputError(Finding(
            "SEM-ORDERED", f"options, estimator {options.estimator}", "The estimator is for ordered variables, and "
            "none of the model's variables but fixed exogenous ones is called ordered.",
            "Name the ordered variables, or choose mlr."))


def _kind(options: Options, clustered: bool) -> InformationKind:
    return "observed" if options.missing == "fiml" or options.estimator == "mlr" or clustered else "expected"


def settle(
    problem: Problem, minima: Minima, options: Options, *, syntax: str = "", name: str = "model",
    reference: ReferenceModels | None = None,
) -> Estimated:
    """Standard errors and diagnosis at a minimum; ``reference`` is another model's, as in :func:`estimate_model`."""
    theta = minima.theta[0]
    if options.least_squares:
        return _settle_least_squares(problem, minima, options, syntax, name)
    clustered = problem.sample.clustered
    kind = _kind(options, clustered)
    inner = bread(information_of(problem, theta, kind), problem.restriction.tangent(theta))
    vcov, sandwich = inner.inverse / problem.n, None
    if options.estimator == "mlr" or clustered:
        sandwich = Sandwich(inner.inverse, meat(problem, theta))
        vcov = inner.inverse @ sandwich.meat @ inner.inverse / problem.n
    elif options.estimator == "mlm":
        vcov = inner.inverse @ satorra_bentler(problem, theta, inner.inverse, 1).meat @ inner.inverse / problem.n
    npar = problem.npar(theta)
    if reference is None or not reference.serve(problem, options.estimator, kind):
        reference = ReferenceModels(problem, options.estimator, kind)
    return Estimated(problem, options, minima, kind, inner, vcov, npar, reference, sandwich,
                     diagnoses_of(problem, minima, inner, npar), syntax, name)


def _settle_least_squares(
    problem: Problem, minima: Minima, options: Options, syntax: str, name: str,
) -> Estimated:
    """(JᵀWJ)⁻¹, or the sandwich of it around JᵀWΓWJ, over N less the number of groups, as in lavaan."""
    theta = minima.theta[0]
    parts, q = pieces(problem, theta), problem.table.n_free
    inner = bread(least_squares_information(parts, q), problem.restriction.tangent(theta))
    cases = problem.n - len(problem.sample.groups)
    vcov = inner.inverse / cases
    if options.estimator == "wlsmv":
        vcov = inner.inverse @ least_squares_meat(parts, q) @ inner.inverse / cases
    npar = problem.npar(theta)
    return Estimated(problem, options, minima, "expected", inner, vcov, npar,
                     ReferenceModels(problem, options.estimator, "expected"), None,
                     diagnoses_of(problem, minima, inner, npar), syntax, name)


def standard_errors(vcov: Array) -> Array:
    """(q,) roots of the diagonal."""
    return np.sqrt(np.maximum(np.diag(vcov), 0.0))
