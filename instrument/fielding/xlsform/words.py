"""Answers in words, as Kobo writes them on request, in the shape that labels are read in.

Kobo parts several answers by a space, in codes and in words alike, and words have spaces of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instrument.fielding.dialect import TICKED
from instrument.fielding.xlsform.wording import comparable


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be answered to a question: codes, and words as they are compared → code, words as they are written."""

    codes: frozenset[str]
    words: Mapping[str, tuple[str, str]]


def one_answer(cells: Sequence[str], offered: Offered) -> Sequence[str]:
    """Cells with one answer each, words in the questionnaire's own spelling."""
    said = {cell: cell if cell in offered.codes else offered.words.get(comparable(cell), ("", cell))[1]
            for cell in set(cells)}
    if all(cell == words for cell, words in said.items()):
        return cells
    return [said[cell] for cell in cells]


def several_answers(
    cells: Sequence[str], offered: Offered, parts: Mapping[str, Sequence[str]],
) -> list[str]:
    """Cells with several answers each, parted by commas.

    Where words can be read in two ways, the columns that hold one answer each (``parts``, by code) tell.
    """
    ways = {cell: _ways(cell.split(), offered.words) for cell in set(cells)}
    # A word can be a code, too ("0 employees"): one cell that is words and no codes shows that the column holds words.
    worded = any(found and not offered.codes.issuperset(cell.split()) for cell, found in ways.items())
    said = {cell: _read(cell.split(), offered, found if worded else []) for cell, found in ways.items()}
    spelt = dict(offered.words.values())
    out = []
    for k, cell in enumerate(cells):
        answers = said[cell]
        if answers is None:
            ticked = [code for code, column in parts.items() if column[k].strip().casefold() in TICKED]
            answers = ",".join(spelt.get(code, code) for code in ticked) or cell
        out.append(answers)
    return out


def _read(tokens: Sequence[str], offered: Offered, ways: Sequence[tuple[str, ...]]) -> str | None:
    if len(ways) == 1:
        return ",".join(ways[0])
    if not tokens or (not ways and tokens[0] in offered.codes):
        return ",".join(tokens)
    return None


def _ways(tokens: Sequence[str], words: Mapping[str, tuple[str, str]]) -> list[tuple[str, ...]]:
    """Ways to cut a cell into answers, each answer once; more than one means that it is not clear."""
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(tokens) + 1):
        here: list[tuple[str, ...]] = []
        for start in range(end):
            found = words.get(comparable(" ".join(tokens[start:end]))) if ways[start] else None
            if found is not None:
                here += [(*before, found[1]) for before in ways[start] if found[1] not in before]
        ways.append(here[:50])
    return list(dict.fromkeys(ways[-1]))
