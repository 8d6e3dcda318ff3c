"""A form of an instrument as an XLSForm workbook."""

from __future__ import annotations

from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.xlsform.survey import settings_of, survey_of
from instrument.fielding.xlsform.workbook import named_rows, sheet_columns, workbook
from instrument.model import Form, Instrument

NAME = "XLSForm (KoboToolbox, ODK)"


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """One workbook a form: ``survey``, ``choices`` and ``settings`` sheets in all wanted languages."""
    return tuple(
        OutputFile(f"xlsform-{form.id}.xlsx", _form(instrument, form, wanted))
        for form in instrument.forms if form.id in wanted.forms
    )


def _form(instrument: Instrument, form: Form, wanted: Wanted) -> bytes:
    survey = survey_of(instrument, form, wanted)
    choices = [row for rows in survey.lists.values() for row in rows]
    settings = settings_of(instrument, form, wanted)
    return workbook({
        "survey": named_rows(sheet_columns(survey.rows, ("type", "name")), survey.rows),
        "choices": named_rows(sheet_columns(choices, ("list_name", "name")), choices),
        "settings": named_rows(list(settings), [settings]),
    })
