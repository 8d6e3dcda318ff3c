"""A table of experts' ratings → :class:`~instrument.content_validity.Rating`; every mistake in it is told at once.

One row is one judge's view of one item. Cells that cannot be read are set aside, and the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from instrument.content_validity import NO_DIMENSION, Rating
from instrument.errors import Finding, InputError
from instrument.judge_agreement import FEWEST_JUDGES
from instrument.model import Instrument, Item

TECHNIQUES = ("sorted", "essential", "relevance")
"""Columns of which a file has at least one."""

COLUMNS = ("judge", "item", "intended", *TECHNIQUES)

ESSENTIAL: Mapping[str, bool] = {
    "essential": True, "1": True, "yes": True,
    "useful": False, "useful but not essential": False, "not necessary": False, "0": False, "no": False,
}
"""Words for whether an item is essential; case does not matter, nor do commas, hyphens and underscores."""

EMPTY = ("", "NA")
"""Cells in which a judge said nothing."""


@dataclass(frozen=True, slots=True)
class RatingFile:
    """A table as text: the row numbers are those that a spreadsheet shows."""

    name: str
    header: tuple[str, ...]
    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ReadRatings:
    """What could be read.

    Attributes
    ----------
    intended
        Item → the dimension it is meant for: the instrument's items in its order, then one's own in that of the file.
    techniques
        Columns of :data:`TECHNIQUES` that the file has.
    unused
        Further columns.
    findings
        What was set aside, and why.
    """

    ratings: tuple[Rating, ...]
    intended: dict[str, str]
    techniques: tuple[str, ...]
    unused: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_ratings(file: RatingFile, instrument: Instrument) -> ReadRatings:
    """The ratings of a file about items of ``instrument``, or about items of one's own.

    Raises
    ------
    InputError
        ``CONTENT-COLUMN`` for a column that is needed; ``CONTENT-JUDGES``, with all other findings, where fewer than
        two judges are left.
    """
    if missing := _missing_columns(file):
        raise InputError(missing)
    return _Reading(file, instrument).done()


def _missing_columns(file: RatingFile) -> list[Finding]:
    there = f"The columns are: {', '.join(name for name in file.header if name)}."
    findings = [Finding("CONTENT-COLUMN", f"{file.name}, row 1", f"Ratings need a column {name!r}; there is none.",
                        f"Write one row a judge and an item. {there}")
                for name in ("judge", "item") if name not in file.header]
    if not set(TECHNIQUES) & set(file.header):
        findings.append(Finding(
            "CONTENT-COLUMN", f"{file.name}, row 1",
            "Ratings need at least one of the columns 'relevance', 'essential' and 'sorted'; there is none of them.",
            f"Name the column by what the judges were asked. {there}"))
    return findings


class _Reading:
    """One pass over the rows; findings are gathered in the order of rows."""

    def __init__(self, file: RatingFile, instrument: Instrument) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.meant = {question.id: question.dimension for form in instrument.forms for _, question in form.questions()
                      if isinstance(question, Item)}
        self.rows = [
            (row, {name: "" if cell in EMPTY else cell for name, cell in zip(file.header, cells, strict=True)
                   if name in COLUMNS})
            for row, cells in zip(file.rows, file.cells, strict=True)]
        self.intended = self._intended()
        self.dimensions = dict.fromkeys((*instrument.dimensions, *self.intended.values(), NO_DIMENSION))

    def done(self) -> ReadRatings:
        techniques = tuple(name for name in TECHNIQUES if name in self.file.header)
        good = [(row, cells) for row, cells in self.rows if self._usable(row, cells)]
        good = self._once(good)
        ratings = tuple(self._rating(row, cells) for row, cells in good)
        # A judge who was sent the items and said nothing of any is not counted.
        ratings = tuple(r for r in ratings if (r.relevance, r.essential, r.sorted_to) != (None, None, None))
        judges = {r.judge for r in ratings}
        findings = tuple(sorted(self.findings, key=lambda f: _row_of(f.place)))
        if len(judges) < FEWEST_JUDGES:
            few = Finding("CONTENT-JUDGES", self.file.name,
                          f"Agreement needs at least two judges with usable ratings; there {_are(len(judges))}.",
                          "Ask more experts; five are the fewest whose agreement can be told from chance.")
            raise InputError([few, *findings])
        rated = {item for item in self.intended if any(cells["item"] == item for _, cells in good)}
        return ReadRatings(ratings, {i: d for i, d in self.intended.items() if i in rated}, techniques,
                           tuple(n for n in self.file.header if n and n not in COLUMNS), findings)

    def _intended(self) -> dict[str, str]:
        """What the file says of an item goes before what the instrument says: judges may sort to whole constructs."""
        own: dict[str, str] = {}
        for row, cells in self.rows:
            item, said = cells["item"], cells.get("intended", "")
            if item and said and own.setdefault(item, said) != said:
                self._complain("CONTENT-INTENDED", row, "intended",
                               f"An item is meant for one dimension; {item} was for {own[item]!r} above and is for "
                               f"{said!r} here. The first counts.", "Write the same in every row of the item.")
        named = dict.fromkeys(cells["item"] for _, cells in self.rows)
        order = [*(item for item in self.meant if item in named), *(i for i in named if i not in self.meant)]
        return {item: own.get(item) or self.meant[item] for item in order if item in own or item in self.meant}

    def _usable(self, row: int, cells: dict[str, str]) -> bool:
        empty = [name for name in ("judge", "item") if not cells[name]]
        for name in empty:
            self._complain("CONTENT-NAME", row, name, f"Every row names a {name}; this cell is empty. The row was set "
                           "aside.", f"Write the {name}, or delete the row.")
        if cells["item"] and cells["item"] not in self.intended:
            self._complain(
                "CONTENT-ITEM", row, "item",
                f"The instrument has no item {cells['item']!r}, and the file does not say what it is meant for. The "
                "row was set aside.",
                "Correct the id; for an item of your own, add a column 'intended' with its dimension.")
            return False
        return not empty

    def _once(self, rows: list[tuple[int, dict[str, str]]]) -> list[tuple[int, dict[str, str]]]:
        """Rows of a judge who rated an item once; of the same row twice the first."""
        times = Counter((cells["judge"], cells["item"]) for _, cells in rows)
        kept: list[tuple[int, dict[str, str]]] = []
        first: dict[tuple[str, str], dict[str, str]] = {}
        differing = set()
        for row, cells in rows:
            key = cells["judge"], cells["item"]
            if key not in first:
                first[key] = cells
                kept.append((row, cells))
                continue
            same = cells == first[key]
            differing |= set() if same else {key}
            self._complain(
                "CONTENT-TWICE", row, "item",
                f"A judge rates an item once; {key[0]} rated {key[1]} {times[key]} times. "
                + ("This row says the same as the first and was set aside." if same
                   else "The rows differ, so that all of them were set aside."),
                "Keep the row that counts.")
        return [(row, cells) for row, cells in kept if (cells["judge"], cells["item"]) not in differing]

    def _rating(self, row: int, cells: dict[str, str]) -> Rating:
        relevance, essential = cells.get("relevance", ""), cells.get("essential", "")
        sorted_to: str | None = cells.get("sorted", "") or None
        whole = relevance.removesuffix(".0")  # spreadsheets and pandas write whole numbers so where cells are empty
        if relevance and whole not in ("1", "2", "3", "4"):
            self._complain("CONTENT-RATING", row, "relevance", f"Relevance is 1, 2, 3 or 4; found {relevance[:60]!r}. "
                           "The cell was set aside.", "Correct the cell, or empty it if the judge gave no rating.")
        word = " ".join(essential.casefold().replace(",", " ").replace("-", " ").replace("_", " ").split())
        word = word.removesuffix(".0")
        if essential and word not in ESSENTIAL:
            self._complain(
                "CONTENT-RATING", row, "essential",
                f"This is essential, useful or not necessary; or 1 or 0; or yes or no. Found {essential[:60]!r}. The "
                "cell was set aside.", "Correct the cell, or empty it if the judge gave no rating.")
        if sorted_to is not None and sorted_to not in self.dimensions:
            self._complain(
                "CONTENT-DIMENSION", row, "sorted",
                f"An item is sorted to a dimension by its id, or to 'none'; there is no {sorted_to[:60]!r}. The cell "
                "was set aside.",
                f"Ids of the items rated here: {', '.join(dict.fromkeys(self.intended.values()))}.")
            sorted_to = None
        return Rating(cells["judge"], cells["item"], int(whole) if whole in ("1", "2", "3", "4") else None,
                      ESSENTIAL.get(word) if essential else None, sorted_to)

    def _complain(self, code: str, row: int, column: str, rule: str, fix: str) -> None:
        self.findings.append(Finding(code, f"{self.file.name}, row {row}, column {column}", rule, fix))


def _row_of(place: str) -> int:
    return int(place.rpartition(", row ")[2].partition(",")[0])


def _are(count: int) -> str:
    return "is one" if count == 1 else "is none"
