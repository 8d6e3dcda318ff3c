"""What a Qualtrics export looks like: its columns, their ImportIds, header texts and recodes.

A Qualtrics survey numbers its questions QID1, QID2, … in the order in which they were made, and keeps
the number whatever happens to column names and wording. Ours are numbered in the order of the
questionnaire, words without a question included, so that the number follows from the version alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from instrument.fielding.words import is_typed
from instrument.model import Block, Fact, Form, Instrument, Item, Note


class Metadata(NamedTuple):
    """A column every export carries: its three header cells, what it becomes here, whether it is personal."""

    tag: str
    text: str
    import_id: str
    meta: str = ""
    personal: bool = False


METADATA = (
    Metadata("StartDate", "Start Date", "startDate", "started"),
    Metadata("EndDate", "End Date", "endDate", "ended"),
    Metadata("Status", "Response Type", "status", "status"),
    Metadata("IPAddress", "IP Address", "ipAddress", personal=True),
    Metadata("Progress", "Progress", "progress"),
    Metadata("Duration (in seconds)", "Duration (in seconds)", "duration", "duration_seconds"),
    Metadata("Finished", "Finished", "finished", "finished"),
    Metadata("RecordedDate", "Recorded Date", "recordedDate"),
    Metadata("ResponseId", "Response ID", "_recordId", "response_id"),
    Metadata("RecipientLastName", "Recipient Last Name", "recipientLastName", personal=True),
    Metadata("RecipientFirstName", "Recipient First Name", "recipientFirstName", personal=True),
    Metadata("RecipientEmail", "Recipient Email", "recipientEmail", personal=True),
    # The external reference is free text that studies fill with personnel numbers and addresses.
    Metadata("ExternalReference", "External Data Reference", "externalDataReference", personal=True),
    Metadata("LocationLatitude", "Location Latitude", "locationLatitude", personal=True),
    Metadata("LocationLongitude", "Location Longitude", "locationLongitude", personal=True),
    Metadata("DistributionChannel", "Distribution Channel", "distributionChannel"),
    Metadata("UserLanguage", "User Language", "userLanguage", "language"),
)

LEGACY_METADATA = (
    Metadata("LocationAccuracy", "Location Accuracy", "locationAccuracy", personal=True),
    Metadata("Name", "Name", "name", personal=True),
    Metadata("FirstName", "First Name", "firstName", personal=True),
    Metadata("LastName", "Last Name", "lastName", personal=True),
    Metadata("Email", "Email", "email", personal=True),
    Metadata("EmailAddress", "Email Address", "emailAddress", personal=True),
    Metadata("Phone", "Phone", "phone", personal=True),
    Metadata("ExternalDataReference", "External Data Reference", "externalDataReference", personal=True),
    Metadata("ResponseSet", "Response Set", "responseSet"),
    Metadata("Q_Language", "Q_Language", "Q_Language", "language"),
)
"""Columns of older exports and of contact lists."""

VERSION_FIELD = "instrument_version"
"""Embedded data: the instrument version a response was asked in."""

MISSING_RECODES = {"na": "9997", "dk": "9998", "rf": "9999"}
"""Qualtrics recodes a choice to positive integers only, so missing codes cannot keep their letters there.

In text entries, which have no recodes, the letters stand.
"""

LETTERS = {recode: letters for letters, recode in MISSING_RECODES.items()}

UNANSWERED = "-99"
"""What an export may hold for a question that was seen and not answered, if that option is chosen."""

STATUS = {
    "response": ("0", "IP Address"), "preview": ("1", "Survey Preview"), "test": ("2", "Survey Test"),
    "spam": ("8", "Spam"),
}
"""Kind of response → what the Status column says as number and as text, when written."""

STATUS_READ = {
    **{cell.casefold(): kind for kind, cells in STATUS.items() for cell in cells},
    "4": "response", "imported": "response", "16": "response", "offline": "response",
    "9": "preview", "17": "preview", "offline preview": "preview", "offline survey preview": "preview",
    "possible spam": "spam", "12": "spam", "imported spam": "spam", "offline spam": "spam",
    "survey preview spam": "preview", "spam survey preview": "preview",
}

@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """One question's column in the export."""

    import_id: str
    block: Block
    question: Item | Fact

    @property
    def typed(self) -> bool:
        """Answered by typing, so without recodes and choice text."""
        return is_typed(self.question)

    @property
    def in_matrix(self) -> bool:
        return "_" in self.import_id and not self.typed

    def header(self, instrument: Instrument, language: str | None = None) -> str:
        """The question's words as the second header row shows them."""
        text = instrument.text(f"question.{self.question.id}", language)
        if self.in_matrix:
            part = "intro" if self.block.intro is not None else "title"
            return f"{instrument.text(f'block.{self.block.id}.{part}', language)} - {text}"
        if isinstance(self.question, Fact) and self.question.help is not None:
            return f"{text}\n{instrument.text(f'question.{self.question.id}.help', language)}"
        return text


@dataclass(frozen=True, slots=True)
class Placed:
    """One Qualtrics question: a matrix with its rows, a question of its own, or words.

    ``questions`` are its rows, or the one question or note; empty for the words above a list.
    """

    number: int
    block: Block
    kind: Literal["matrix", "choice", "typed", "words"]
    questions: tuple[Item | Fact | Note, ...]

    @property
    def id(self) -> str:
        return f"QID{self.number}"


def placed(form: Form) -> tuple[Placed, ...]:
    """Everything a form shows, optional blocks included, as Qualtrics questions in order."""
    out: list[Placed] = []
    for block in form.blocks:
        if block.intro is not None and block.layout == "list":
            # The words above a list are a descriptive text, which Qualtrics numbers too.
            out.append(Placed(len(out) + 1, block, "words", ()))
        for question in block.questions:
            last = out[-1] if out and out[-1].block is block else None
            if isinstance(question, Note):
                out.append(Placed(len(out) + 1, block, "words", (question,)))
            elif block.layout != "matrix" or question.scale is None:
                out.append(Placed(len(out) + 1, block, "typed" if is_typed(question) else "choice", (question,)))
            elif last is not None and last.kind == "matrix" and _scale(last) == question.scale:
                out[-1] = replace(last, questions=(*last.questions, question))
            else:
                out.append(Placed(len(out) + 1, block, "matrix", (question,)))
    return tuple(out)


def _scale(matrix: Placed) -> str | None:
    row = matrix.questions[0]
    return None if isinstance(row, Note) else row.scale


def answer_columns(form: Form) -> tuple[AnswerColumn, ...]:
    """Every question of a form, optional blocks included, with its ImportId, in order."""
    return tuple(_columns(form))


def import_ids(form: Form) -> dict[str, str]:
    """ImportId → question id: ``QID4`` a choice, ``QID7_2`` a matrix's second row, ``QID9_TEXT`` a typed answer."""
    return {column.import_id: column.question.id for column in _columns(form)}


def _columns(form: Form) -> Iterator[AnswerColumn]:
    for shown in placed(form):
        for row, question in enumerate(shown.questions, start=1):
            if not isinstance(question, Note):
                end = {"matrix": f"_{row}", "typed": "_TEXT"}.get(shown.kind, "")
                yield AnswerColumn(f"{shown.id}{end}", shown.block, question)
