"""Single items and pairs of them: answers, floor and ceiling, inter-item correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measurement.complete import Matrix, Vector, check_names, complete_rows
from pipeline.measurement.reliability import item_rest_correlations
from pipeline.moments.sample import kurtosis, skewness
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class ItemDistribution:
    """The answers to one item.

    Attributes
    ----------
    n, missing
        Answers, and rows without one.
    shares
        Point of the scale → share of the answers, every point from the lowest to the highest; empty without answers.
    sd
        Divides by N − 1.
    skewness, kurtosis
        G1 and G2 (Joanes & Gill 1998).
    floor, ceiling
        Share at the lowest and the highest point.
    """

    n: int
    missing: int
    shares: dict[str, float]
    mean: Number
    sd: Number
    skewness: Number
    kurtosis: Number
    floor: Number
    ceiling: Number


@dataclass(frozen=True, slots=True)
class InterItem:
    """Pearson correlations among the items of a scale on its ``n`` complete rows.

    Attributes
    ----------
    mean, lowest, highest
        Over the pairs of items that vary. Clark and Watson (1995) ask for a mean of .15 to .50, Briggs and Cheek (1986)
        for .20 to .40.
    lowest_pair, highest_pair
        Names; None where there is no pair.
    constant
        Items that do not vary.
    """

    n: int
    mean: Number
    lowest: Number
    highest: Number
    lowest_pair: tuple[str, str] | None
    highest_pair: tuple[str, str] | None
    constant: tuple[str, ...]


def item_distribution(answers: Vector, lowest: int, highest: int) -> ItemDistribution:
    """Describe ``answers`` (n,), NaN where missing, on the points ``lowest`` … ``highest``.

    Raises
    ------
    ValueError
        An answer is not a point of the scale.
    """
    answers = np.asarray(answers, dtype=float)
    given = answers[~np.isnan(answers)]
    points = np.arange(lowest, highest + 1)
    if not np.isin(given, points).all():
        raise ValueError(f"answers must be whole numbers from {lowest} to {highest}")
    n = len(given)
    if not n:
        nobody = Undefined("nobody answered")
        return ItemDistribution(0, len(answers), {}, *(nobody,) * 6)
    shares = dict(zip(map(str, points.tolist()), ((given[:, None] == points).sum(axis=0) / n).tolist(), strict=True))
    sd: Number = float(given.std(ddof=1)) if n > 1 else Undefined("there is one answer only")
    return ItemDistribution(n, len(answers) - n, shares, float(given.mean()), sd, skewness(given), kurtosis(given),
                            shares[str(lowest)], shares[str(highest)])


def score_ends(items: Matrix, lowest: int, highest: int) -> tuple[Number, Number]:
    """Shares of complete rows of ``items`` (n, k) with the lowest and the highest score that is possible.

    Above 15 % it is a floor or ceiling effect of the scale (Terwee et al. 2007).
    """
    rows, _ = complete_rows(items)
    if not len(rows):
        nobody = Undefined("no row is complete")
        return nobody, nobody
    return float((rows == lowest).all(axis=1).mean()), float((rows == highest).all(axis=1).mean())


def inter_item(items: Matrix, names: Sequence[str]) -> InterItem:
    """Mean and range of the correlations among ``items`` (n, k).

    Raises
    ------
    InputError
        ``ITEM-DOUBLED``.
    """
    check_names(items, names)
    rows, _ = complete_rows(items)
    varies = np.ptp(rows, axis=0) > 0 if len(rows) else np.zeros(len(names), dtype=bool)
    constant = tuple(name for name, moves in zip(names, varies, strict=True) if not moves) if len(rows) else ()
    why = _why_no_pair(rows, varies)
    if why is not None:
        return InterItem(len(rows), why, why, why, None, None, constant)
    left = [name for name, moves in zip(names, varies, strict=True) if moves]
    first, second = np.triu_indices(len(left), 1)
    correlations: Vector = np.atleast_2d(np.corrcoef(rows[:, varies], rowvar=False))[first, second]
    low, high = int(np.argmin(correlations)), int(np.argmax(correlations))
    return InterItem(
        len(rows), float(correlations.mean()), float(correlations[low]), float(correlations[high]),
        (left[first[low]], left[second[low]]), (left[first[high]], left[second[high]]), constant)


def item_rest(items: Matrix, names: Sequence[str]) -> dict[str, Number]:
    """Correlation of each of ``items`` (n, k) with the sum of the others, on complete rows."""
    rows, _ = complete_rows(items)
    if rows.shape[1] < 2:
        return dict.fromkeys(names, Undefined("the scale has no other item"))
    if len(rows) < 3:
        return dict.fromkeys(names, _few(rows))
    # Exact zeros of constant items must not turn into rounding error that looks like variance.
    found = item_rest_correlations(np.cov(rows - rows[0], rowvar=False)).tolist()
    why = Undefined("the item or the sum of the others does not vary")
    return {name: why if np.isnan(value) else value for name, value in zip(names, found, strict=True)}


def _few(rows: Matrix) -> Undefined:
    complete = {0: "no row is", 1: "only one row is"}.get(len(rows), f"only {len(rows)} rows are")
    return Undefined(f"{complete} complete")


def _why_no_pair(rows: Matrix, varies: Vector) -> Undefined | None:
    if rows.shape[1] < 2:
        return Undefined("the scale has one item only")
    if len(rows) < 3:
        return _few(rows)
    if np.count_nonzero(varies) < 2:
        return Undefined("fewer than two items vary")
    return None
