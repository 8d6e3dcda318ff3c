"""Where each answer stands in a SurveyJS result: the name of its question, its row, its companion.

SurveyJS keeps one answer under one name; the items of a matrix stand together under the matrix's name, by row. Why a
typed answer is missing is ticked in a question beside it. Names follow from the questionnaire alone, so a result can
be read without the survey that asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instrument.fielding.words import is_typed
from instrument.model import Block, Fact, Form, Instrument, Item, Note

STAMPS = ("instrument_version", "form", "language", "started", "ended", "duration_seconds")
"""What the survey, or the page that shows it, writes into each result, besides the identifiers from the link."""

WRAPPERS = ("data", "result", "results", "json", "response", "answers", "surveyresult")
"""Fields in which stores keep the result itself, as an object or as its text; compared in small letters."""

KEPT = frozenset({
    "pageno", "pagecount", "questioncount", "correctedanswers", "correctanswers", "correctedanswercount",
    "incorrectedanswers", "incorrectanswers", "incorrectedanswercount", "locale",
    "row", "rowindex", "rowvalue", "rowname", "rowtitle", "item", "itemvalue", "choice", "panel", "parentpanel",
    "prevrow", "nextrow", "prevpanel", "nextpanel", "self", "survey", "question", "state",
    "id", "createdat", "updatedat", "finished", "status",
})
"""Words that mean something else inside SurveyJS expressions, or in the stores that results are kept in."""

_LEGAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to one question stands.

    Attributes
    ----------
    name
        The SurveyJS question.
    row
        The row, if that question is a matrix.
    beside
        The question that holds the missing codes of a typed answer.
    """

    name: str
    row: str | None = None
    beside: str | None = None

    @property
    def variable(self) -> str:
        """The answer inside an expression."""
        return f"{{{self.column}}}"

    @property
    def column(self) -> str:
        """The answer in a table of flattened results."""
        return self.name if self.row is None else f"{self.name}.{self.row}"


@dataclass(frozen=True, slots=True)
class Places:
    """Every name of one form's survey: questions by their id, matrices and pages by their block's."""

    questions: dict[str, Place]
    matrices: dict[str, str]
    pages: dict[str, str]


class _Names:
    """Gives each thing its own name if it is legal and free, else the nearest that is."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = {name.casefold() for name in taken}

    def take(self, wish: str) -> str:
        base = wish if _LEGAL.fullmatch(wish) else "q_" + re.sub(r"[^A-Za-z0-9_]", "_", wish)
        name, k = base, 1
        while name.casefold() in self._taken:
            k += 1
            name = f"{base}_{k}"
        self._taken.add(name.casefold())
        return name


def places(instrument: Instrument, form: Form) -> Places:
    """Names for all questions of a form, its optional blocks included, so that no choice of blocks changes them."""
    names = _Names({*STAMPS, *KEPT, *WRAPPERS, *form.identifiers})
    questions: dict[str, Place] = {}
    for block, question in form.questions():
        if not (block.layout == "matrix" and in_matrix(question)):
            questions[question.id] = Place(names.take(question.id))
    matrices = {block.id: names.take(block.id) for block in form.blocks if block.layout == "matrix"}
    for block in form.blocks:
        rows = _Names(set())
        for row in matrix_rows(block):
            questions[row.id] = Place(matrices[block.id], rows.take(row.id))
    for _, question in form.questions():
        if not isinstance(question, Note) and is_typed(question) and instrument.offered(question)[1]:
            own = questions[question.id]
            questions[question.id] = Place(own.name, None, names.take(f"{own.name}_missing"))
    pages = {block.id: names.take(f"page_{block.id}") for block in form.blocks}
    return Places(questions, matrices, pages)


def in_matrix(question: Item | Fact | Note) -> bool:
    """Whether a question of a matrix block is one of its rows; notes and typed answers stand by themselves."""
    return not isinstance(question, Note) and question.scale is not None and not _several(question)


def _several(question: Item | Fact) -> bool:
    return isinstance(question, Fact) and question.kind == "choices"


def matrix_rows(block: Block) -> tuple[Item | Fact, ...]:
    """The rows of a matrix block; none in a list."""
    return tuple(_rows(block)) if block.layout == "matrix" else ()


def _rows(block: Block) -> Iterator[Item | Fact]:
    for question in block.questions:
        if not isinstance(question, Note) and in_matrix(question):
            yield question
