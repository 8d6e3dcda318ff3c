"""Names that the data dictionary and the records must agree on."""

from __future__ import annotations

from instrument.fielding.words import is_typed
from instrument.model import Fact, Form, Item

RECORD_ID = "record_id"
STAMPS = ("instrument_version", "language", "started", "ended")
"""Hidden fields of our own, besides the form's identifiers."""


def form_name(form: Form) -> str:
    """REDCap's instrument; ids of forms are letters and digits."""
    return f"form_{form.id.lower()}"


def beside(question: Item | Fact) -> str | None:
    """The field with the reason why a typed answer is missing, where the question offers any."""
    has = isinstance(question, Fact) and is_typed(question) and question.missing
    return f"{question.id}_miss" if has else None


def checkbox(question: str, code: object) -> str:
    """The column of one of several answers; REDCap writes a minus sign as one more underscore."""
    return f"{question}___{str(code).replace('-', '_')}"
