"""Rows, groups and categories before invariance is asked: counted, diagnosed, and merged only when asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError
from pipeline.sem.invariance_syntax import MeasurementModel
from pipeline.sem.linalg import Array, Bools

__all__ = ["MINIMUM", "GroupSize", "GroupedRows", "Merge", "Merged", "grouped_rows", "merge_categories"]

MINIMUM = 100
"""Rows a group needs at least: with fewer, χ² and standard errors of factor models mislead (Boomsma 1985)."""


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group's label, and its rows that can be used."""

    label: str
    n: int


@dataclass(frozen=True)
class GroupedRows:
    """The rows a ladder is fitted to.

    Attributes
    ----------
    X, names
        (n, columns) rows of the groups that are compared, and the columns' names.
    labels
        (n,) group of every row.
    groups
        Groups compared, in order of first appearance; n are rows usable under the options.
    left_out
        Groups that are too small.
    without_group
        Rows whose group is not known.
    levels
        Number of categories of every ordered item.
    clusters
        (n,) cluster of every row; None where rows are independent.
    """

    X: Array
    names: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[GroupSize, ...]
    left_out: tuple[GroupSize, ...]
    without_group: int
    levels: dict[str, int]
    clusters: tuple[object, ...] | None = None


def grouped_rows(
    model: MeasurementModel, X: ArrayLike, names: Sequence[str], groups: Sequence[object], *,
    ordered: Collection[str] = (), listwise: bool = True, minimum: int = MINIMUM, leave_out: bool = False,
    clusters: Sequence[object] | None = None,
) -> GroupedRows:
    """Rows by group, with groups that are too small refused or left out, and every category seen in every group.

    A group needs more rows than ``minimum`` − 1 and than one group's model has parameters. A row is usable if it is
    complete in the items (``listwise``), or has any.

    Raises
    ------
    InputError
        ``INVARIANCE-ITEMS`` for items without a column, ``INVARIANCE-GROUP``, ``INVARIANCE-CATEGORIES``.
    """
    values = np.asarray(X, dtype=np.float64)
    _check_columns(model, values, names, groups)
    members = [_label(group) for group in groups]
    Y = values[:, [list(names).index(item) for item in model.items]]
    seen: Bools = ~np.isnan(Y)
    usable: Bools = np.asarray(seen.all(axis=1) if listwise else seen.any(axis=1))
    sizes = [GroupSize(label, sum(bool(u) for m, u in zip(members, usable, strict=True) if m == label))
             for label in dict.fromkeys(m for m in members if m is not None)]
    needed = max(minimum, model.parameters + 1)
    small = tuple(size for size in sizes if size.n < needed)
    kept = tuple(size for size in sizes if size.n >= needed)
    if (small and not leave_out) or len(kept) < 2:
        raise InputError([*(_small(size, needed, model) for size in small), *_alone(sizes)])
    labels = {size.label for size in kept}
    rows = np.array([m in labels for m in members], dtype=np.bool_)
    of = [m for m in members if m in labels and m is not None]
    levels, findings = _levels(model, Y[rows], usable[rows], of, ordered, kept)
    if findings:
        raise InputError(findings)
    together = None if clusters is None else tuple(c for c, row in zip(clusters, rows, strict=True) if row)
    return GroupedRows(values[rows], tuple(names), tuple(of), kept, small, members.count(None), levels, together)


def _label(group: object) -> str | None:
    """A group's label; None for the ways in which tables write that there is none."""
    label = str(group)
    absent = group is None or label in ("", "<NA>", "NaT") or (label == "nan" and not isinstance(group, str))
    return None if absent else label


def _check_columns(
    model: MeasurementModel, values: Array, names: Sequence[str], groups: Sequence[object],
) -> None:
    absent = [item for item in model.items if item not in names]
    if absent:
        raise InputError(Finding("INVARIANCE-ITEMS", "data", f"Every item has a column; {', '.join(absent)} "
                                 f"{'has' if len(absent) == 1 else 'have'} none.", "Correct the model or the data."))
    if values.ndim != 2 or values.shape != (len(groups), len(names)):
        raise InputError(Finding(
            "INVARIANCE-ITEMS", "data", f"Every column has a name and every row a group; found shape {values.shape}, "
            f"{len(names)} names and {len(groups)} groups.", "Give one name a column and one group a row."))


def _small(size: GroupSize, needed: int, model: MeasurementModel) -> Finding:
    return Finding("INVARIANCE-GROUP", f"group {size.label}",
                   f"A group needs {needed} usable rows for this model of {model.parameters} parameters a group; "
                   f"{size.label} has {size.n}.",
                   "Merge it with a group that it belongs with, leave small groups out, or gather more rows.")


def _alone(sizes: Sequence[GroupSize]) -> Iterator[Finding]:
    if len(sizes) < 2:
        listed = ", ".join(f"{size.label} ({size.n})" for size in sizes) or "none"
        yield Finding("INVARIANCE-GROUP", "groups", f"Invariance is across two groups or more; found {listed}.",
                      "Name a grouping variable with at least two values.")


def _levels(
    model: MeasurementModel, Y: Array, usable: Bools, members: Sequence[str], ordered: Collection[str],
    groups: Sequence[GroupSize],
) -> tuple[dict[str, int], list[Finding]]:
    """Categories of ordered items in all rows, as estimation counts them, and those no usable row of a group has."""
    levels: dict[str, int] = {}
    findings: list[Finding] = []
    of = np.array(members)
    for column, item in zip(Y.T, model.items, strict=True):
        if item not in ordered:
            continue
        categories = np.unique(column[~np.isnan(column)])
        levels[item] = len(categories)
        for category in categories:
            absent = [g.label for g in groups if not ((of == g.label) & usable & (column == category)).any()]
            findings += [Finding(
                "INVARIANCE-CATEGORIES", f"item {item}, category {category:g}, group {label}",
                "Every category of an ordered item must be answered in every group; no usable row of "
                f"{label} has {category:g} in {item}.",
                "Merge the category with its neighbour in all groups (merge_categories).") for label in absent]
        if len(categories) < 2:
            findings.append(Finding("INVARIANCE-CATEGORIES", f"item {item}", "An ordered item needs two categories "
                                    f"that were answered; {item} has {len(categories)}.", "Leave the item out."))
    return levels, findings


@dataclass(frozen=True, slots=True)
class Merge:
    """One category of one item that became another, in all groups.

    Attributes
    ----------
    rows
        Answers that changed their code.
    rare_in
        Groups with fewer answers in ``category`` than were asked for.
    """

    item: str
    category: int
    into: int
    rows: int
    rare_in: tuple[str, ...]

    def __str__(self) -> str:
        return (f"{self.item}: category {self.category} merged into {self.into} in all groups ({self.rows} answers), "
                f"because it was rare in {', '.join(self.rare_in)}")


@dataclass(frozen=True)
class Merged:
    """Rows (n, columns) with rare categories merged, and what was merged, in order."""

    X: Array
    merges: tuple[Merge, ...]


def merge_categories(
    X: ArrayLike, names: Sequence[str], groups: Sequence[object], items: Sequence[str], *, fewest: int = 1,
) -> Merged:
    """Merge categories that any group answered fewer than ``fewest`` times into a neighbour, in all groups.

    An end category goes to its only neighbour, another one to the neighbour with fewer answers over all groups (the
    lower of two equal ones), and the rarest category goes first, until none is rare. Codes keep their meaning: merged
    answers take the neighbour's code.

    Parameters
    ----------
    X
        (n, columns) integer codes, NaN where missing.
    groups
        (n,) group of every row; rows without one are merged too but do not count.

    Raises
    ------
    InputError
        ``INVARIANCE-CATEGORIES`` for an item that would keep one category, ``INVARIANCE-ITEMS``.
    """
    values = np.array(X, dtype=np.float64)
    absent = [item for item in items if item not in names]
    if absent:
        raise InputError(Finding("INVARIANCE-ITEMS", "data", f"Every item has a column; {', '.join(absent)} has none.",
                                 "Correct the items or the data."))
    known = [_label(group) for group in groups]
    masks = {label: np.array([g == label for g in known]) for label in dict.fromkeys(g for g in known if g is not None)}
    merges: list[Merge] = []
    for item in items:
        column = values[:, list(names).index(item)]
        while (merge := _next_merge(item, column, masks, fewest)) is not None:
            column[column == merge.category] = merge.into
            merges.append(merge)
    return Merged(values, tuple(merges))


def _next_merge(
    item: str, column: Array, masks: Mapping[str, NDArray[np.bool_]], fewest: int,
) -> Merge | None:
    categories = np.unique(column[~np.isnan(column)])
    counts = np.array([[int((column[mask] == c).sum()) for c in categories] for mask in masks.values()])
    rare = np.flatnonzero((counts < fewest).any(axis=0)) if counts.size else np.zeros(0, dtype=np.intp)
    if not len(rare):
        return None
    if len(categories) < 3:
        raise InputError(Finding(
            "INVARIANCE-CATEGORIES", f"item {item}", f"Merging categories with fewer than {fewest} answers in a group "
            "would leave one category.", "Leave the item out, or compare other groups."))
    total = counts.sum(axis=0)
    chosen = int(rare[np.lexsort((total[rare], counts.min(axis=0)[rare]))[0]])
    beside = [k for k in (chosen - 1, chosen + 1) if 0 <= k < len(categories)]
    into = min(beside, key=lambda k: (total[k], k))
    return Merge(item, int(categories[chosen]), int(categories[into]), int((column == categories[chosen]).sum()),
                 tuple(label for label, own in zip(masks, counts, strict=True) if own[chosen] < fewest))
