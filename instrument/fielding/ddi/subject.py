"""What a codebook is about, looked up once: the forms, blocks and questions wanted, in every language wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from instrument.codebook import CodebookRow, rows
from instrument.fielding.exports import Wanted
from instrument.model import MISSING_CODES, Block, Fact, Form, Instrument, Item, Note

Row = dict[tuple[str, str], CodebookRow]


@dataclass(frozen=True, slots=True)
class Subject:
    """An instrument as it is wanted; ``said`` holds the codebook's rows by language, form and question."""

    instrument: Instrument
    wanted: Wanted
    said: dict[str, Row]

    @property
    def languages(self) -> tuple[str, ...]:
        return self.wanted.languages

    @property
    def forms(self) -> tuple[Form, ...]:
        return tuple(form for form in self.instrument.forms if form.id in self.wanted.forms)

    def questions(self, form: Form) -> Iterator[tuple[Block, Item | Fact]]:
        for block in self.wanted.blocks(form):
            for question in block.questions:
                if not isinstance(question, Note):
                    yield block, question

    def row(self, form: Form, question: Item | Fact | Note, language: str) -> CodebookRow:
        return self.said[language][form.id, question.id]


def subject(instrument: Instrument, wanted: Wanted) -> Subject:
    """Raises ``InputError`` where the codebook cannot be written (see :func:`instrument.codebook.rows`)."""
    return Subject(instrument, wanted, {
        language: {(row.form, row.id): row for row in rows(instrument, language)} for language in wanted.languages})


def columns(instrument: Instrument, question: Item | Fact) -> dict[str, str]:
    """Column → the answer it stands for: one column a question, or one of 0 and 1 an answer (``<id>.<code>``)."""
    if isinstance(question, Fact) and question.kind == "choices":
        return {f"{question.id}.{option.code}": str(option.code) for option in instrument.options(question)
                if option.code not in MISSING_CODES}
    return {question.id: ""}


def variable_id(form: Form, column: str) -> str:
    return f"V_{form.id}_{column}"


def question_id(form: Form, question: Item | Fact) -> str:
    return f"Q_{form.id}_{question.id}"


def file_id(form: Form) -> str:
    return f"F_{form.id}"
