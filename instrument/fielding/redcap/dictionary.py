"""The questionnaire as a REDCap data dictionary: one CSV file a form and language, 18 columns, a row a field."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.redcap.logic import Logic
from instrument.fielding.redcap.names import RECORD_ID, beside, form_name
from instrument.fielding.redcap.wording import CLOSED, REASON
from instrument.fielding.words import is_typed
from instrument.model import Block, Fact, Form, Instrument, Item, Note, Option
from instrument.spreadsheet import harmless

HEADER = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)

VALIDATION = {"count": "integer", "year": "integer", "number": "number", "date": "date_ymd"}


@dataclass(frozen=True, slots=True)
class Row:
    """A field; attributes in the order of :data:`HEADER`."""

    name: str
    form: str
    section: str = ""
    type: str = "text"
    label: str = ""
    choices: str = ""
    note: str = ""
    validation: str = ""
    least: str = ""
    most: str = ""
    identifier: str = ""
    branching: str = ""
    required: str = ""
    alignment: str = ""
    number: str = ""
    matrix: str = ""
    ranking: str = ""
    annotation: str = ""


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """One data dictionary a form and language: ``redcap-F-en.csv``."""
    return tuple(
        OutputFile(f"redcap-{form.id}-{language}.csv", _csv(rows(instrument, form, wanted, language)))
        for form in instrument.forms if form.id in wanted.forms for language in wanted.languages
    )


def _csv(fields: Iterator[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([_safe(cell) for cell in asdict(field).values()] for field in fields)
    return out.getvalue().encode("utf-8")


def _safe(cell: str) -> str:
    """A space before what a spreadsheet would run; REDCap drops it, whereas an apostrophe would spoil action tags."""
    return cell if harmless(cell) == cell else f" {cell}"


def rows(instrument: Instrument, form: Form, wanted: Wanted, language: str) -> Iterator[Row]:
    """Every field of a form, the record's id first."""
    name = form_name(form)
    yield Row(RECORD_ID, name, label="Record")
    for identifier in form.identifiers:
        yield Row(identifier, name, label=identifier, annotation="@HIDDEN-SURVEY", identifier="y")
    stamps = {"instrument_version": instrument.version, "language": language}
    for stamp, value in stamps.items():
        yield Row(stamp, name, label=stamp, annotation=f"@DEFAULT='{value}' @HIDDEN-SURVEY @READONLY")
    yield Row("started", name, label="started (UTC)", validation="datetime_seconds_ymd",
              annotation="@NOW-UTC @HIDDEN-SURVEY @READONLY")
    logic = Logic(form, wanted)
    for block in wanted.blocks(form):
        yield from _block(instrument, form, block, logic, language)
    if logic.ends:
        yield Row("closed", name, type="descriptive", label=_text(CLOSED.get(language, CLOSED["en"])),
                  branching=logic.ended())
    yield Row("ended", name, label="ended (UTC)", validation="datetime_seconds_ymd",
              annotation="@NOW-UTC @HIDDEN-SURVEY @READONLY")


def _block(instrument: Instrument, form: Form, block: Block, logic: Logic, language: str) -> Iterator[Row]:
    name = form_name(form)
    section = _section(instrument, block, language)
    group, scale = 0, None
    for question in block.questions:
        shown = logic.shown(block, question)
        words = _text(instrument.text(f"question.{question.id}", language))
        if isinstance(question, Note):
            yield Row(question.id, name, section, "descriptive", words, branching=shown)
            scale = None
        elif is_typed(question):
            yield from _typed(instrument, name, section, question, shown, words, language)
            scale = None
        else:
            in_matrix = block.layout == "matrix" and question.scale is not None
            if in_matrix and question.scale != scale:
                group, scale = group + 1, question.scale
            several = isinstance(question, Fact) and question.kind == "choices"
            yield Row(
                question.id, name, section, "checkbox" if several else "radio", words,
                _choices(instrument, question, instrument.options(question), language),
                _note(instrument, question, language), branching=shown, required="y" if question.required else "",
                alignment="" if in_matrix else "LV", matrix=f"m_{block.id}_{group}" if in_matrix else "",
                annotation=_annotation(instrument, question, several=several))
        section = ""
        logic.passed(block, question)


def _typed(
    instrument: Instrument, form: str, section: str, question: Item | Fact, shown: str, words: str, language: str,
) -> Iterator[Row]:
    """A text field with its bounds; where a reason may stand in its place, the field of reasons behind it."""
    assert isinstance(question, Fact)
    reason = beside(question)
    own = " and ".join(filter(None, (shown, f"[{reason}] = ''" if reason else "")))
    yield Row(
        question.id, form, section, "notes" if question.kind == "text" else "text", words,
        note=_note(instrument, question, language), validation=VALIDATION.get(question.kind, ""),
        least=_bound(0 if question.minimum is None and question.kind == "count" else question.minimum),
        most=_bound(question.maximum), branching=own, required="y" if question.required else "", alignment="LV")
    if reason is not None:
        yield Row(reason, form, type="radio", label=_text(REASON.get(language, REASON["en"])),
                  choices=_choices(instrument, question, question.missing, language), branching=shown, alignment="LV")


# -- words ----------------------------------------------------------------------------------------------


def _text(words: str) -> str:
    """REDCap shows labels as HTML and parts choices at ``|``: respondents see the words as they are meant.

    A first character that would make a formula in a spreadsheet is written as an entity.
    """
    if harmless(words) != words:
        return f"&#{ord(words[0])};{_text(words[1:])}"
    return html.escape(words, quote=False).replace("|", "&#124;").replace("\r", "").replace("\n", "<br>")


def _section(instrument: Instrument, block: Block, language: str) -> str:
    title = _text(instrument.text(f"block.{block.id}.title", language))
    return title if block.intro is None else f"{title}<br>{_text(instrument.text(f'block.{block.id}.intro', language))}"


def _choices(instrument: Instrument, question: Item | Fact, options: tuple[Option, ...], language: str) -> str:
    return " | ".join(f"{o.code}, {_text(instrument.label(question, o.code, language))}" for o in options)


def _note(instrument: Instrument, question: Item | Fact, language: str) -> str:
    if not isinstance(question, Fact):
        return ""
    parts = [instrument.text(f"question.{question.id}.{part}", language)
             for part in ("unit", "help") if getattr(question, part) is not None]
    return _text(". ".join(parts))


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


def _annotation(instrument: Instrument, question: Item | Fact, *, several: bool) -> str:
    if isinstance(question, Item):
        return f"measures {question.dimension}{', reversed' if question.reversed else ''}"
    reasons = ",".join(str(option.code) for option in instrument.offered(question)[1])
    return f"@NONEOFTHEABOVE='{reasons}'" if several and reasons else ""
