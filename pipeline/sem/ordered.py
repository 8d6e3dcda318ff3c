"""From rows with ordered variables to a problem of least squares: categories, moments by group, how to resample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError
from pipeline.moments.categories import Coded, coded
from pipeline.moments.resampled import resampled_moments
from pipeline.moments.three_stage import OrdinalMoments, ordinal_moments
from pipeline.sem.defaults import order_ends, roles
from pipeline.sem.least_squares import LeastSquares, WeightedObjective, weighted_objective
from pipeline.sem.linalg import Array, Bools
from pipeline.sem.objective import Objective
from pipeline.sem.sample import GroupRows, Sample
from pipeline.sem.saturated import SaturatedMoments
from pipeline.sem.syntax import ModelSyntax
from pipeline.sem.table import ParameterTable
from pipeline.sem.weighted import weighted_moments

SEVERAL = 3
"""Diagnoses of one kind that are told one by one."""


@dataclass(frozen=True)
class OrderedGroup:
    """One group's rows as estimation by least squares sees them.

    Attributes
    ----------
    Y
        (n, p) responses: 0 to K − 1 where ordered, values where continuous, NaN where missing.
    x
        (n, kx) fixed exogenous variables, without missing values; None if there are none.
    moments
        Of these rows.
    y_places, x_places
        Positions of both among all observed variables.
    """

    Y: Array
    x: Array | None
    levels: tuple[int, ...]
    moments: OrdinalMoments
    y_places: NDArray[np.intp]
    x_places: NDArray[np.intp]

    def joint(self) -> tuple[Array, Array]:
        """Covariance (P, P) and mean (P,) of all observed variables, latent responses where ordered.

        Exogenous variables' covariances divide by n − 1: lavaan's convention where moments are conditional on them.
        """
        P = len(self.y_places) + len(self.x_places)
        cov, mean = np.zeros((P, P)), np.zeros(P)
        y, x = self.y_places, self.x_places
        cov[np.ix_(y, y)], mean[y] = self.moments.covariance, self.moments.intercepts
        if self.x is not None:
            centre, spread = self.x.mean(axis=0), np.cov(self.x, rowvar=False).reshape(len(x), len(x))
            slopes = self.moments.slopes
            cov[np.ix_(x, x)], mean[x] = spread, centre
            cov[np.ix_(y, x)] = slopes @ spread
            cov[np.ix_(x, y)] = cov[np.ix_(y, x)].T
            cov[np.ix_(y, y)] += slopes @ spread @ slopes.T
            mean[y] += slopes @ centre
        return cov, mean

    def data(self) -> LeastSquares:
        """The rows' own moments."""
        cov, mean = self.joint()
        weight = 1 / np.diag(self.moments.gamma)
        return LeastSquares(np.array([len(self.Y) - 1.0]), cov[None], mean[None], self.moments.vector[None],
                            weight[None], self.moments.gamma, self.resample)

    def resample(self, counts: NDArray[np.generic]) -> tuple[LeastSquares, Bools]:
        """Moments of rows counted (b, n) times; of exogenous variables' moments, their own only."""
        stack = resampled_moments(self.Y, self.levels, counts, self.x, start=self.moments)
        P, x = len(self.y_places) + len(self.x_places), self.x_places
        b = len(counts) if self.x is not None else 1
        cov, mean = np.zeros((b, P, P)), np.zeros((b, P))
        if self.x is not None:
            cases, mean[:, x], spread = weighted_moments(self.x, counts)
            cov[:, x[:, None], x] = spread * (cases / (cases - 1))[:, None, None]
        n = counts.sum(axis=1, dtype=np.float64) - 1
        return LeastSquares(n, cov, mean, stack.vector, stack.weight), stack.usable


def weighted_problem(
    table: ParameterTable, sample: Sample,
) -> tuple[WeightedObjective, tuple[SaturatedMoments, ...], tuple[tuple[str, str], ...]]:
    """The objective, unrestricted moments of every group, and what is to be said of the moments (code and text).

    Raises
    ------
    InputError
        ``ORDERED-…`` for data that have no such moments; ``ORDERED-GROUP`` for a category nobody in a group chose.
    """
    names = [name for name in table.observed if name not in table.exogenous]
    every = coded(np.concatenate([_columns(group, table, names) for group in sample.groups]), names,
                  [name for name, _ in table.ordered])
    ends = np.cumsum([group.n for group in sample.groups])[:-1]
    parts = np.split(every.values, ends)
    findings = [finding for group, Y in zip(sample.groups, parts, strict=True)
                for finding in _absent(group.label, Y, names, every)]
    if findings:
        raise InputError(findings)
    groups = [_group(group, Y, table, names, every.levels) for group, Y in zip(sample.groups, parts, strict=True)]
    objective = weighted_objective(table, [group.data() for group in groups])
    saturated = tuple(SaturatedMoments(data.mean[0], data.cov[0], 0.0, True, 0) for data in objective.data)
    said = [(diagnosis.code, diagnosis.text) for diagnosis in every.diagnoses]
    said += [(diagnosis.code, diagnosis.text + (f" (group {rows.label})" if rows.label else ""))
             for rows, group in zip(sample.groups, groups, strict=True) for diagnosis in group.moments.diagnoses]
    return objective, saturated, _briefly(said)


def _briefly(said: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """What is said of many pairs alike is said of the first, with the number of the others."""
    told: dict[str, list[str]] = {}
    for code, text in said:
        told.setdefault(code, []).append(text)
    found: list[tuple[str, str]] = []
    for code, texts in told.items():
        if len(texts) <= SEVERAL:
            found += [(code, text) for text in texts]
        else:
            found.append((code, f"{texts[0]} The same is true of {len(texts) - 1} more pairs of variables."))
    return tuple(found)


def _columns(group: GroupRows, table: ParameterTable, names: Sequence[str]) -> Array:
    return group.X[:, [table.observed.index(name) for name in names]]


def _absent(label: str, Y: Array, names: Sequence[str], every: Coded) -> list[Finding]:
    """Categories that some other group used: there is no threshold to compare."""
    found = []
    for name, column, codes in zip(names, Y.T, every.codes, strict=True):
        missing = [f"{code:g}" for number, code in enumerate(codes) if not (column == number).any()]
        if missing:
            found.append(Finding(
                "ORDERED-GROUP", f"data, group {label}, column {name}",
                "Every group must have used every category of an ordered variable; nobody here answered "
                f"{', '.join(missing)}.", "Merge the category with a neighbour in all groups, or leave the group out."))
    return found


def _group(
    group: GroupRows, Y: Array, table: ParameterTable, names: Sequence[str], levels: tuple[int, ...],
) -> OrderedGroup:
    x_places = np.array([table.observed.index(name) for name in table.exogenous], dtype=np.intp)
    y_places = np.array([table.observed.index(name) for name in names], dtype=np.intp)
    x = group.X[:, x_places] if len(x_places) else None
    try:
        moments = ordinal_moments(Y, levels, x, names=names)
    except InputError as error:
        if not group.label:
            raise
        raise InputError(replace(found, place=f"{found.place}, group {group.label}")
                         for found in error.findings) from error
    return OrderedGroup(Y, x, levels, moments, y_places, x_places)


def levels_of(X: ArrayLike, names: Sequence[str], ordered: Sequence[str], model: ModelSyntax) -> dict[str, int]:
    """Number of categories of every ordered variable that is there.

    Fixed exogenous variables are taken as they are, whatever they are called, and have none.

    Raises
    ------
    InputError
        ``ORDERED-…`` for what cannot be categories; all at once.
    """
    values = np.asarray(X, dtype=np.float64)
    if not ordered or values.ndim != 2:
        return {}
    given = roles(order_ends(model.terms)).exogenous
    there = [name for name in ordered if name in names and name not in given]
    found = coded(values[:, [list(names).index(name) for name in there]], there).levels
    # A name the data do not have is reported where the model is read; until then it has some categories.
    return dict.fromkeys(ordered, 2) | dict(zip(there, found, strict=True))


def levels_in(sample: Sample, table: ParameterTable) -> dict[str, int]:
    """Number of categories of every ordered variable among the rows that are used, all groups together."""
    found = {}
    for name, _ in table.ordered:
        column = np.concatenate([group.X[:, table.observed.index(name)] for group in sample.groups])
        found[name] = len(np.unique(column[~np.isnan(column)]))
    return found


def lost_categories(lost: Sequence[tuple[str, int]]) -> tuple[str, str]:
    """Code and text of what is said of variables and how many categories each has lost."""
    named = ", ".join(f"{name} ({count})" for name, count in lost)
    return "lost-categories", f"Categories that only rows left out had chosen are no categories of the model: {named}."


def disordered_thresholds(objective: Objective, theta: Array, groups: Sequence[str]) -> list[tuple[str, str]]:
    """Ordered variables whose thresholds do not ascend, and what is said of each.

    Values or labels can force it: then some answer has no place.
    """
    if not isinstance(objective, WeightedObjective):
        return []
    found = []
    for label, responses in zip(groups or ("",), objective.responses, strict=True):
        cuts, of = responses.thresholds.at(theta[None])[0], responses.layout.threshold_of
        falls = (np.diff(cuts) <= 0) & (np.diff(of) == 0)
        for variable in np.unique(of[1:][falls]):
            name = responses.base.observed[variable]
            where = f" in group {label}" if label else ""
            found.append((name, f"The thresholds of {name} do not ascend{where}."))
    return found
