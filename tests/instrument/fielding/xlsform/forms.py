"""What tests of XLSForm share: a workbook's rows, and a submission as a row of an export."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
import pandas as pd
from lxml import etree

from instrument.fielding import xlsform
from instrument.fielding.exports import wanted
from instrument.fielding.xlsform import names
from instrument.model import Block, Fact, Instrument, Item, Note

Row = dict[str, str]


def optional_blocks(instrument: Instrument) -> tuple[str, ...]:
    return tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)


def sheets(content: bytes) -> dict[str, list[Row]]:
    """Sheet name → its rows, cells that are empty left out."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    out = {}
    for sheet in book:
        header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        out[sheet.title] = [{h: v for h, v in zip(header, row, strict=True) if v is not None} for row in rows]
    return out


def form_sheets(
    instrument: Instrument, form: str, *, optional: tuple[str, ...] = (), language: str | None = None,
) -> dict[str, list[Row]]:
    asked = wanted(instrument, optional_blocks=optional, language=language, forms=(form,))
    (file,) = xlsform.export(instrument, asked)
    return sheets(file.content)


def survey(instrument: Instrument, form: str, **more: object) -> dict[str, Row]:
    """Name → row of the survey sheet, ends of groups left out."""
    rows = form_sheets(instrument, form, **more)["survey"]  # type: ignore[arg-type]
    return {row["name"]: row for row in rows if "name" in row}


def remade(instrument: Instrument, **fields: object) -> Instrument:
    """An instrument with other fields; a copy would keep what the first has worked out of its own."""
    return Instrument.model_validate(instrument.model_dump() | fields)


def given_answers(
    instrument: Instrument, form: str, cells: pd.Series, identifiers: dict[str, str],
) -> dict[str, object]:
    """A row of cells as what a respondent enters, field by field."""
    out: dict[str, object] = dict(identifiers)
    for _, question in instrument.form(form).questions():
        if isinstance(question, Note) or not cells.get(question.id, ""):
            continue
        answer, field = cells[question.id], names.field(question.id)
        if isinstance(question, Fact) and question.kind == "choices":
            out[field] = answer.split(",")
        elif isinstance(question, Fact) and answer in {str(option.code) for option in question.missing} and (
                question.kind in ("count", "number", "year", "date", "text")):
            out[names.reason_field(question.id)] = answer
        else:
            out[field] = answer
    return out


def submission_fields(xml: str) -> dict[tuple[str, ...], str]:
    """Path of groups and field → what was entered, for the fields in a submission."""
    root = etree.fromstring(xml.encode())
    out: dict[tuple[str, ...], str] = {}

    def walk(node: etree._Element, path: tuple[str, ...]) -> None:
        for child in node:
            here = (*path, str(child.tag))
            if len(child):
                walk(child, here)
            else:
                out[here] = child.text or ""

    walk(root, ())
    return out


def export_table(submissions: Sequence[str], style: str) -> list[list[str]]:
    """Submissions as the table that a server makes of them: header first."""
    rows = [submission_fields(xml) for xml in submissions]
    paths = list(dict.fromkeys(path for row in rows for path in row))
    mark = {"kobo": "/", "odk": "-"}[style]
    header = [mark.join(path) for path in paths]
    added = {"kobo": "_uuid", "odk": "KEY"}[style]
    table = [[*header, added]]
    for row in rows:
        uuid = row["meta", "instanceID"]
        table.append([*(row.get(path, "") for path in paths), uuid.removeprefix("uuid:") if style == "kobo" else uuid])
    return table


def hidden(instrument: Instrument, form: str, optional: Sequence[str], cells: pd.Series) -> list[str]:
    """Questions that routing, or an answer that ended the interview, kept from a respondent."""
    def holds(part: Block | Item | Fact) -> bool:
        return all(set(cells[c.question].split(",")) & set(map(str, c.any_of)) for c in part.show_if)

    out, over = [], False
    for block, question in instrument.form(form).questions(optional=tuple(optional)):
        if isinstance(question, Note):
            continue
        if over or not holds(block) or not holds(question):
            out.append(question.id)
        elif isinstance(question, Fact) and question.screen_out:
            over = bool(set(cells[question.id].split(",")) & set(map(str, question.screen_out)))
    return out
