"""The fields of a form as its answers show them: in which group, of which type, under which words."""

from __future__ import annotations

from dataclasses import dataclass

from instrument.fielding.dialect import AnswerColumns, parts_by_code
from instrument.fielding.exports import Wanted
from instrument.fielding.words import is_typed
from instrument.fielding.xlsform import names
from instrument.fielding.xlsform.survey import survey_of
from instrument.model import Fact, Form, Instrument, Item, Note

UNSEEN = ("begin_group", "end_group")


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes
    ----------
    group
        Name of the group it stands in; ``""`` outside of groups.
    kind
        First word of its XLSForm type.
    label
        Words shown, as the form has them; ``""`` for what is never shown.
    """

    group: str
    name: str
    kind: str
    label: str

    def path(self, separator: str) -> str:
        """Its column in an export."""
        return f"{self.group}{separator}{self.name}" if self.group else self.name


def fields_of(instrument: Instrument, form: Form, language: str | None = None) -> list[Field]:
    """Every field of a form, with all optional blocks, in order.

    Raises
    ------
    KeyError
        If something is not translated into ``language`` (the base language if None).
    """
    spoken = language or instrument.language
    optional = tuple(block.id for block in form.blocks if block.optional)
    survey = survey_of(instrument, form, Wanted((spoken,), (form.id,), optional))
    label = f"label::{names.language_label(instrument, spoken)}"
    out, group = [], ""
    for row in survey.rows:
        if row["type"] in UNSEEN:
            group = row.get("name", "")
        else:
            out.append(Field(group, row["name"], row["type"].split()[0], row.get(label, "")))
    if all(field.name != names.LANGUAGE_SHOWN for field in out):
        # A form in one language does not ask for it; an export of answers has it where several were offered.
        start = next((k for k, field in enumerate(out) if field.group == names.INTERVIEW), 2)
        out.insert(start, Field(names.INTERVIEW, names.LANGUAGE_SHOWN, "select_one", ""))
    return out


def answer_columns(instrument: Instrument, form: Form) -> tuple[AnswerColumns, ...]:
    """The columns of a form's answers by the names that :mod:`.columns` gives them."""
    return tuple(
        AnswerColumns(
            block, question, (names.field(question.id),),
            parts=parts_by_code(instrument, question, f"{names.field(question.id)}/{{code}}"),
            beside=(names.reason_field(question.id),) if has_reason(question) else (),
        )
        for block, question in form.questions() if not isinstance(question, Note)
    )


def has_reason(question: Item | Fact) -> bool:
    """Whether a field beside a question holds its missing codes."""
    return isinstance(question, Fact) and is_typed(question) and bool(question.missing)


def helper_fields(instrument: Instrument, form: Form) -> set[str]:
    """Fields that no answer stands in: notes, headers of matrices, whether the interview goes on."""
    answers = {name for where in answer_columns(instrument, form) for name in (*where.names, *where.beside)}
    kept = {names.VERSION, names.LANGUAGE, names.STARTED, names.ENDED, *form.identifiers}
    return {field.name for field in fields_of(instrument, form)} - answers - kept
