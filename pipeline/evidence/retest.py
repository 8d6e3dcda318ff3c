"""The same scales, answered twice by the same informants → how far their scores agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.evidence.found.retest import FoundRetest, RetestReport
from pipeline.evidence.scales import Array, Scale
from pipeline.measurement.retest import retest
from pipeline.undefined import Number, Undefined

Ids = Sequence[str | None]


class Matched(NamedTuple):
    """Rows of both occasions by informant: ``first`` and ``second`` (n,) are positions of the same persons."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    only_first: int
    only_second: int
    without_id: int


def retest_of(
    first: Sequence[Scale], second: Sequence[Scale], first_ids: Ids, second_ids: Ids, level: float = 0.95,
) -> RetestReport:
    """Compare every scale that both occasions asked with the same items.

    Parameters
    ----------
    first, second
        Scales of one form at each occasion, so that all of an occasion have the same rows.
    first_ids, second_ids
        Informant of every row; None where nobody is named.

    Raises
    ------
    InputError
        ``RETEST-ID``.
    """
    for scales, ids in ((first, first_ids), (second, second_ids)):
        if any(len(scale.X) != len(ids) for scale in scales):
            raise ValueError("every scale of an occasion needs as many rows as there are ids")
    rows = match(first_ids, second_ids)
    again = {scale.id: scale for scale in second}
    both = [(scale, again[scale.id]) for scale in first
            if scale.id in again and set(scale.items) == set(again[scale.id].items)]
    return report(rows, level, tuple(
        compare(one.id, one.label, one.items, one.X[rows.first], other.X[rows.second], level) for one, other in both))


def report(rows: Matched, level: float, scales: tuple[FoundRetest, ...]) -> RetestReport:
    """All scales with the counts of who was matched."""
    return RetestReport(len(rows.first), rows.only_first, rows.only_second, rows.without_id, level, scales)


def match(first: Ids, second: Ids, places: tuple[str, str] = ("first occasion", "second occasion")) -> Matched:
    """Find the rows of the same informants, in the order of the first occasion.

    Parameters
    ----------
    places
        Names of both occasions, for messages.

    Raises
    ------
    InputError
        ``RETEST-ID``: an id stands in several rows of one occasion, so that nobody can say which answers go together.
    """
    findings = [finding for ids, place in zip((first, second), places, strict=True) for finding in _doubled(ids, place)]
    if findings:
        raise InputError(findings)
    there = {name: row for row, name in enumerate(second) if name is not None}
    pairs = [(row, there[name]) for row, name in enumerate(first) if name is not None and name in there]
    known = sum(name is not None for name in first), len(there)
    positions = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Matched(positions[:, 0], positions[:, 1], known[0] - len(pairs), known[1] - len(pairs),
                   len(first) + len(second) - sum(known))


def compare(
    scale: str, label: str, items: tuple[str, ...], first: Array, second: Array, level: float = 0.95,
) -> FoundRetest:
    """One scale at both occasions, ``first`` and ``second`` (n, k), keyed answers of the same informants row by row.

    A score is the mean of all items; who left any of them out, at either occasion, is left out and counted.
    """
    whole = ~(np.isnan(first).any(axis=1) | np.isnan(second).any(axis=1))
    scores = np.column_stack([first[whole].mean(axis=1), second[whole].mean(axis=1)])
    means, sds = _moments(scores)
    return FoundRetest(scale, label, items, int(np.count_nonzero(~whole)), *means, *sds, _correlation(scores),
                       retest(scores, level))


def _doubled(ids: Ids, place: str) -> list[Finding]:
    several = [f"{name} ({count} rows)" for name, count in Counter(ids).items() if name is not None and count > 1]
    if not several:
        return []
    more = f" and {len(several) - 5} more" if len(several) > 5 else ""
    return [Finding("RETEST-ID", place, "Each informant may have one row at each occasion; these have several: "
                    f"{', '.join(several[:5])}{more}.",
                    "Keep the row that counts, or name a column that tells all informants apart.")]


def _moments(scores: Array) -> tuple[tuple[Number, Number], tuple[Number, Number]]:
    if not len(scores):
        nobody = Undefined("nobody has a score at every occasion")
        return (nobody, nobody), (nobody, nobody)
    means = float(scores[:, 0].mean()), float(scores[:, 1].mean())
    if len(scores) < 2:
        one = Undefined("only one person has a score at every occasion")
        return means, (one, one)
    return means, (float(scores[:, 0].std(ddof=1)), float(scores[:, 1].std(ddof=1)))


def _correlation(scores: Array) -> Number:
    if len(scores) < 3:
        return Undefined("fewer than three persons have a score at every occasion")
    if (np.ptp(scores, axis=0) == 0).any():
        return Undefined("the score does not vary at one of the occasions")
    return float(np.corrcoef(scores[:, 0], scores[:, 1])[0, 1])
