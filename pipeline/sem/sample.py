"""The rows a model is estimated on, checked and counted: groups, clusters, missing values.

Listwise deletion keeps rows complete in the model's variables. Full information, and pairwise use of what is there (of
ordered variables), keep every row with any value, except those that lack a fixed exogenous variable: the model says
nothing of how those came about (lavaan's rule too). What is left out is counted, by reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.linalg import Array, Bools
from pipeline.sem.matrices import Index
from pipeline.sem.table import ParameterTable

Missing = Literal["listwise", "fiml", "pairwise"]

COLLINEAR = 1e-10
"""Smallest eigenvalue of a correlation matrix that still counts as positive: below it, inversion is noise."""


@dataclass(frozen=True, slots=True)
class GroupRows:
    """One group's rows: X (n, p), NaN where missing, and (n,) numbers of their clusters from 0, or None."""

    label: str
    X: Array
    clusters: Index | None

    @property
    def n(self) -> int:
        return len(self.X)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that estimation does not use, by reason."""

    incomplete: int = 0
    exogenous: int = 0
    empty: int = 0

    @property
    def total(self) -> int:
        return self.incomplete + self.exogenous + self.empty


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a model's observed variables, in the table's order of variables and groups."""

    names: tuple[str, ...]
    groups: tuple[GroupRows, ...]
    missing: Missing
    left_out: LeftOut

    @property
    def n(self) -> int:
        return sum(group.n for group in self.groups)

    @property
    def clustered(self) -> bool:
        return any(group.clusters is not None for group in self.groups)

    @property
    def has_gaps(self) -> bool:
        return any(bool(np.isnan(group.X).any()) for group in self.groups)


def take_sample(
    X: ArrayLike, names: Sequence[str], table: ParameterTable, *, missing: Missing = "listwise",
    groups: Sequence[object] | None = None, clusters: Sequence[object] | None = None,
) -> Sample:
    """Rows of ``X`` (n, columns) that a model can use.

    Parameters
    ----------
    groups, clusters
        (n,) group and cluster of every row; the table's groups give the order.

    Raises
    ------
    InputError
        ``SEM-NAMES``, ``SEM-INFINITE``, ``SEM-CASES``, ``SEM-CONSTANT``, ``SEM-COLLINEAR``, ``SEM-UNOBSERVED``,
        ``SEM-COVERAGE``, ``SEM-GROUP``, ``SEM-CLUSTER``, ``SEM-CLUSTERS``.
    """
    values = np.asarray(X, dtype=np.float64)
    _check_shape(values, names)
    used = values[:, [list(names).index(name) for name in table.observed]]
    _check_finite(used, table.observed)
    keep, left_out = _usable(used, table, missing)
    _check_design(table, len(used), groups, clusters)
    labels = [""] * len(used) if groups is None or not table.groups else [str(group) for group in groups]
    numbers = None if clusters is None else np.unique(np.array([str(c) for c in clusters]), return_inverse=True)[1]
    member = np.array(labels)
    rows = []
    for label in table.groups or ("",):
        mine = keep & (member == label)
        rows.append(GroupRows(label, used[mine], None if numbers is None else numbers[mine].astype(np.intp)))
    sample = Sample(table.observed, tuple(rows), missing, left_out)
    findings = [finding for group in sample.groups for finding in _unusable(group, table)]
    if findings:
        raise InputError(findings)
    return sample


def _usable(used: Array, table: ParameterTable, missing: Missing) -> tuple[Bools, LeftOut]:
    gap = np.isnan(used)
    if missing == "listwise":
        incomplete: Bools = np.asarray(gap.any(axis=1))
        return ~incomplete, LeftOut(incomplete=int(incomplete.sum()))
    x = [table.observed.index(name) for name in table.exogenous]
    exogenous: Bools = np.asarray(gap[:, x].any(axis=1))
    # Given x, a row without any response says nothing and is no case, as in lavaan.
    responses = np.delete(gap, x, axis=1) if table.conditional_x else gap
    empty: Bools = np.asarray(responses.all(axis=1))
    left = LeftOut(exogenous=int((exogenous & ~empty).sum()), empty=int(empty.sum()))
    return ~(exogenous | empty), left


def _check_shape(values: Array, names: Sequence[str]) -> None:
    doubled = sorted({name for name in names if list(names).count(name) > 1})
    if values.ndim != 2 or values.shape[1] != len(names) or doubled:
        raise InputError(Finding(
            "SEM-NAMES", "data",
            f"Every column has one name of its own; found shape {values.shape}, {len(names)} names"
            f"{', doubled: ' + ', '.join(doubled) if doubled else ''}.", "Give one distinct name a column."))


def _check_design(
    table: ParameterTable, rows: int, groups: Sequence[object] | None, clusters: Sequence[object] | None,
) -> None:
    """Every row has one of the table's groups, and a cluster where there are clusters."""
    findings = []
    # NaN, which differs from itself, is how tables write that there is none.
    without = sum(cluster is None or cluster != cluster for cluster in (() if clusters is None else clusters))
    if without:
        findings.append(Finding("SEM-CLUSTER", "data", f"Every row belongs to a cluster; {without} rows have none.",
                                "Say which cluster they belong to, or leave these rows out."))
    given = (None,) * rows if groups is None else groups
    lost = sum(str(group) not in table.groups for group in given) if table.groups else 0
    if lost:
        findings.append(Finding("SEM-GROUP", "data", f"Every row belongs to one of the groups "
                                f"{', '.join(table.groups)}; {lost} rows do not.",
                                "Say which group they belong to, or leave these rows out."))
    if findings:
        raise InputError(findings)


def _check_finite(used: Array, names: Sequence[str]) -> None:
    infinite = np.isinf(used).sum(axis=0)
    if infinite.any():
        raise InputError(Finding("SEM-INFINITE", f"data, column {name}", f"Values must be finite; {count} are not.",
                                 "Correct these cells, or leave them empty.")
                         for name, count in zip(names, infinite, strict=True) if count)


def _unusable(group: GroupRows, table: ParameterTable) -> Iterator[Finding]:
    """What keeps a group from having moments to fit; a constant column is not also called collinear."""
    place = f"data, group {group.label}" if group.label else "data"
    names, X = table.observed, group.X
    if group.n <= len(names):
        yield Finding(
            "SEM-CASES", place, f"A covariance matrix of {len(names)} variables needs more than {len(names)} cases"
            f"{' that can be used' if group.n else ''}; there are {group.n}.", "Use a smaller model, or more data.")
        return
    unseen = [name for name, column in zip(names, X.T, strict=True) if np.isnan(column).all()]
    if unseen:
        yield Finding("SEM-UNOBSERVED", place, f"Every variable needs values; {', '.join(unseen)} has none.",
                      "Leave the variable out of the model.")
        return
    constant = False
    for name, column in zip(names, X.T, strict=True):
        seen = column[~np.isnan(column)]
        if np.ptp(seen) <= 1e-12 * float(np.abs(seen).max()):
            constant = True
            yield Finding("SEM-CONSTANT", f"{place}, column {name}",
                          f"A variable must vary; all {len(seen)} cases have {seen[0]:g}.",
                          "Leave the variable out of the model, or use more cases.")
    if not constant:
        yield from _collinear(X, names, place)
        yield from _never_together(X, names, place)
    if group.clusters is not None and len(np.unique(group.clusters)) < 2:
        yield Finding("SEM-CLUSTERS", place, "Cluster-robust standard errors need at least two clusters; there is one.",
                      "Leave the clusters out, or the group.")


def _never_together(X: Array, names: Sequence[str], place: str) -> Iterator[Finding]:
    """Pairs of variables that no row observes together: nothing is known of their covariance."""
    seen = (~np.isnan(X)).astype(np.float64)
    none = np.argwhere(np.tril(seen.T @ seen == 0, -1))
    if len(none):
        pairs = ", ".join(f"{names[j]} and {names[i]}" for i, j in none[:5])
        more = f" and {len(none) - 5} more" if len(none) > 5 else ""
        yield Finding("SEM-COVERAGE", place, f"Some row must observe every pair of variables; none does: {pairs}"
                      f"{more}.", "Leave one of each pair out of the model.")


def _collinear(X: Array, names: Sequence[str], place: str) -> Iterator[Finding]:
    """Exact linear dependence among the rows without gaps, if there are enough of them to tell."""
    complete = X[~np.isnan(X).any(axis=1)]
    if len(complete) <= len(names) or (np.ptp(complete, axis=0) == 0).any():
        return
    eigenvalues, vectors = np.linalg.eigh(np.corrcoef(complete, rowvar=False).reshape(len(names), len(names)))
    if eigenvalues[0] < COLLINEAR:
        together = [name for name, weight in zip(names, vectors[:, 0], strict=True) if abs(weight) > 1e-3]
        yield Finding(
            "SEM-COLLINEAR", place, "No variable may be an exact linear combination of others; "
            f"{', '.join(together)} are (smallest eigenvalue of the correlation matrix {eigenvalues[0]:.1e}).",
            "Leave one of them out.")
