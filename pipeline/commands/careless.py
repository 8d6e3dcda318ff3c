"""``alliometrics careless``: indices of careless answering for every row of a plain data file; nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import RenderableType

from pipeline.commands.csv_data import read_csv
from pipeline.commands.efa import parse_items
from pipeline.commands.output import Defined, table
from pipeline.commands.reliability import parse_scales
from pipeline.data.careless import (
    Index,
    average_run,
    even_odd,
    irv,
    longstring,
    mahalanobis,
    mahalanobis_cutoff,
)
from pipeline.data.semantic_pairs import (
    ItemPairs,
    antonym_pairs,
    pair_consistency,
    pairwise_correlations,
    synonym_pairs,
)
from pipeline.measurement.complete import check_names
from pipeline.report.numbers import number
from pipeline.study import ScreeningPlan

Side = Literal["below", "at or above", "above"]

NAMES = {
    "longstring": "longest run of one answer", "average_run": "mean length of runs", "irv": "spread of answers (irv)",
    "even_odd": "even-odd consistency", "mahalanobis": "Mahalanobis D²", "synonyms": "consistency across synonyms",
    "antonyms": "consistency across antonyms",
}
SHORTEST_RUN = 2
"""Of few items, half may be one; one answer is no run."""

SHOWN = 20
"""Marked rows on the console; the JSON file has every row."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One index of every row, and the customary cut-off that marks.

    Attributes
    ----------
    cutoff
        None where there is no customary cut-off.
    marked
        (n,) rows beyond it; a row without the index is never marked.
    """

    name: str
    index: Index
    side: Side
    cutoff: float | None
    marked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Careless:
    """All indices of a file. ``rows`` are numbers as a spreadsheet shows them; ``pairs`` are items with their r."""

    items: tuple[str, ...]
    rows: tuple[int, ...]
    indices: tuple[Judged, ...]
    pairs: Mapping[str, tuple[tuple[str, str, float], ...]]

    @property
    def flags(self) -> tuple[tuple[str, ...], ...]:
        """The indices that mark each row."""
        return tuple(tuple(one.name for one in self.indices if one.marked[row]) for row in range(len(self.rows)))


def indices_of(data: Path, *, items: str | None, scales: Sequence[str] = ()) -> Careless:
    """Every index, with the cut-offs that a study's plan has by default.

    Parameters
    ----------
    items
        Columns joined by commas, in the order of the questionnaire, as they were answered. By default those of the
        scales, or all columns.
    scales
        ``NAME=a,b,c``, for even-odd consistency. Reversed items must have been turned round, or a careful respondent
        contradicts himself; all other indices want answers as they were given, or do not mind.

    Raises
    ------
    InputError
        ``OPTION-…``, ``DATA-…``, ``ITEM-DOUBLED``.
    """
    named, grouped = parse_items(items), parse_scales(scales)
    file = read_csv(data)
    in_scales = tuple(dict.fromkeys(item for group in grouped.values() for item in group))
    names = named or in_scales or file.all_columns()
    # All columns at once, so that every bad cell is named before anything is computed.
    every = list(dict.fromkeys((*names, *in_scales)))
    values = file.numbers(every)
    X = values[:, [every.index(name) for name in names]]
    check_names(X, names)
    plan = ScreeningPlan()
    alike = synonym_pairs(X, plan.synonym_pairs_above)
    opposite = antonym_pairs(X, -plan.synonym_pairs_above)
    n, p = X.shape
    run = Index(longstring(X).astype(np.float64), np.full(n, "", dtype=object))
    judged = (
        _judged("longstring", run, "at or above", max(plan.longstring_share * p, SHORTEST_RUN)),
        _judged("average_run", average_run(X), "above", None),
        _judged("irv", irv(X), "below", plan.irv_below),
        _judged("even_odd", _halves(values, every, grouped), "below", plan.even_odd_below),
        _judged("mahalanobis", mahalanobis(X), "above", mahalanobis_cutoff(plan.mahalanobis_level, p)),
        _judged("synonyms", pair_consistency(X, alike), "below", plan.synonyms_below),
        _judged("antonyms", pair_consistency(X, opposite), "above", plan.antonyms_above),
    )
    r = pairwise_correlations(X)
    return Careless(tuple(names), file.rows, judged,
                    {"synonyms": _named(alike, names, r), "antonyms": _named(opposite, names, r)})


def _halves(values: NDArray[np.float64], every: list[str], scales: Mapping[str, tuple[str, ...]]) -> Index:
    if not scales:
        return Index(np.full(len(values), np.nan), np.full(len(values), "no scale was named", dtype=object))
    return even_odd(values, [[every.index(item) for item in group] for group in scales.values()])


def _judged(name: str, index: Index, side: Side, cutoff: float | None) -> Judged:
    if cutoff is None:
        marked = np.zeros(len(index.value), dtype=bool)
    elif side == "below":
        marked = index.value < cutoff
    else:
        marked = index.value > cutoff if side == "above" else index.value >= cutoff
    return Judged(name, index, side, cutoff, marked)


def _named(pairs: ItemPairs, names: Sequence[str], r: NDArray[np.float64]) -> tuple[tuple[str, str, float], ...]:
    return tuple((names[late], names[early], float(r[late, early]))
                 for late, early in zip(pairs.later, pairs.earlier, strict=True))


# -- out ----------------------------------------------------------------------------------------------


def document(found: Careless) -> dict[str, Any]:
    """Every row with its indices and marks, a summary of each index, and the pairs of items."""
    flags = found.flags
    return {
        "n": len(found.rows), "items": list(found.items),
        "summary": {one.name: _summary(one) for one in found.indices},
        "pairs": {kind: [{"later": late, "earlier": early, "r": r} for late, early, r in pairs]
                  for kind, pairs in found.pairs.items()},
        "marked_by_any": sum(map(bool, flags)), "marked_by_several": sum(len(one) > 1 for one in flags),
        "rows": [_row(found, place, flags[place]) for place in range(len(found.rows))],
    }


def _summary(one: Judged) -> dict[str, Any]:
    values = one.index.value[one.index.because == ""]
    reasons = one.index.because[one.index.because != ""]
    spread = {name: float(np.quantile(values, share)) if len(values) else None
              for name, share in (("min", 0.0), ("median", 0.5), ("max", 1.0))}
    return {"defined": len(values), "undefined": len(reasons),
            "reasons": {str(why): int((reasons == why).sum()) for why in dict.fromkeys(reasons)},
            **spread, "marks": one.side, "cutoff": one.cutoff, "marked": int(one.marked.sum())}


def _row(found: Careless, place: int, flags: tuple[str, ...]) -> dict[str, Any]:
    number_of = Defined()
    values = {one.name: number_of(one.name, one.index.number(place)) for one in found.indices}
    return {"row": found.rows[place], **values, "marked": list(flags), "undefined": number_of.undefined}


def tables(found: Careless) -> list[RenderableType]:
    """Each index with its cut-off, the rows that most of them mark, and the pairs of items."""
    summaries = {one.name: _summary(one) for one in found.indices}
    rows = [
        (NAMES[name], str(s["defined"]), _short(s["min"]), _short(s["median"]), _short(s["max"]),
         "–" if s["cutoff"] is None else f"{s['marks']} {_short(s['cutoff'])}",
         "–" if s["cutoff"] is None else str(s["marked"]))
        for name, s in summaries.items()]
    shown: list[RenderableType] = [
        f"{len(found.rows)} rows, {len(found.items)} items; nothing is left out.",
        table("Indices of careless answering",
              ("index", "rows", "min", "median", "max", "marked where", "marked"), rows),
    ]
    flags = found.flags
    worst = sorted((place for place, marks in enumerate(flags) if marks), key=lambda place: -len(flags[place]))
    if worst:
        shown.append(table(
            f"Rows marked by most indices ({min(len(worst), SHOWN)} of {len(worst)} marked)", ("row", "marked by"),
            [(str(found.rows[place]), ", ".join(NAMES[name] for name in flags[place])) for place in worst[:SHOWN]],
            left=2))
    for kind, pairs in found.pairs.items():
        named = ", ".join(f"{early}–{late} {number(r, 2, bounded=True)}" for late, early, r in pairs[:SHOWN])
        shown.append(f"Pairs of {kind}: {named or 'none'}{' …' if len(pairs) > SHOWN else ''}")
    for name, summary in summaries.items():
        shown += [f"{NAMES[name]}: undefined for {count} {'row' if count == 1 else 'rows'} because {why}."
                  for why, count in summary["reasons"].items()]
    return shown


def _short(value: float | None) -> str:
    return "–" if value is None else number(value, 2)
