"""An instrument → one survey JSON a form, for SurveyJS Form Library and everything that is built on it."""

from __future__ import annotations

import json
from typing import Any

from instrument.fielding.capabilities import YES, Capability, Feature
from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.surveyjs.places import places
from instrument.fielding.surveyjs.questions import Writer, page, screened_out
from instrument.fielding.surveyjs.words import DEFAULT_LOCALE, localised
from instrument.model import Fact, Form, Instrument

NAME = "SurveyJS"

CAPABILITIES: dict[Feature, Capability] = {
    "languages": YES,
    "matrix": YES,
    "required": YES,
    "routing": YES,
    "matrix row routing": YES,
    "screen out": YES,
    "item order": Capability("yes", "Rows are shuffled; the order a respondent saw is not in the result."),
    "bounds": YES,
    "missing codes": Capability(
        "yes", "Beside a typed answer they are boxes of their own (`name_missing`), read back into one cell."),
    "several answers": YES,
    "help": YES,
    "notes": YES,
    "version stamp": YES,
    "language stamp": YES,
    "identifiers": Capability(
        "by hand", "The page that shows the survey must put them in from its address: docs/surveyjs.md has the lines."),
    "keys": Capability("no", "Which items are reversed stays in the instrument; scoring reads it there."),
    "definitions": Capability("no", "Constructs, definitions and sources stay in the instrument."),
}


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """One JSON file a form. The same instrument gives the same bytes."""
    return tuple(
        OutputFile(f"surveyjs-{form_id}.json", _bytes(survey(instrument, instrument.form(form_id), wanted)))
        for form_id in wanted.forms
    )


def _bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def survey(instrument: Instrument, form: Form, wanted: Wanted) -> dict[str, Any]:
    """One form as survey JSON: a page a block, every language in it."""
    writer = Writer(instrument, form, places(instrument, form), wanted.languages)
    pages = [page(writer, block) for block in wanted.blocks(form)]
    if pages:
        pages[0]["elements"] = [*_identifiers(form), *pages[0]["elements"]]
    out: dict[str, Any] = {
        "title": localised(wanted.languages, lambda code: instrument.text(f"form.{form.id}.title", code)),
        # What is out of sight is not an answer: it goes when its question or its page goes, so that a question that
        # depends on it goes as well.
        "clearInvisibleValues": "onHiddenContainer",
        "checkErrorsMode": "onNextPage",
        "calculatedValues": _stamps(instrument, form),
        "pages": pages,
    }
    if wanted.languages[0] != DEFAULT_LOCALE:
        out["locale"] = wanted.languages[0]
    triggers = [
        {"type": "complete", "expression": screened_out(writer, question)}
        for block in wanted.blocks(form) for question in block.questions
        if isinstance(question, Fact) and question.screen_out
    ]
    return {**out, "triggers": triggers} if triggers else out


def _identifiers(form: Form) -> list[dict[str, Any]]:
    """Hidden questions that the page fills from its address; hidden ones are otherwise emptied at the end."""
    return [{"type": "text", "name": name, "visible": False, "clearIfInvisible": "none"} for name in form.identifiers]


def _stamps(instrument: Instrument, form: Form) -> list[dict[str, Any]]:
    """What every result says of itself. The locale is the one in which the respondent gave the last answer.

    The end is left to the page or its store: a clock among these values would have all conditions judged anew, twice,
    at every answer.
    """
    expressions = {
        "instrument_version": f"'{instrument.version}'",
        "form": f"'{form.id}'",
        "language": "{locale}",
        # Worked out again at each answer; once there, the moment of the start stays.
        "started": "iif({started} notempty, {started}, currentDate())",
    }
    return [
        {"name": name, "expression": expression, "includeIntoResult": True} for name, expression in expressions.items()
    ]
