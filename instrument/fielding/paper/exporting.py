"""A form in one language → a page to print, and what paper cannot do."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup

from instrument.fielding.capabilities import YES, Capability, Feature, Loss, capability_losses
from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.html.exporting import direction, file_name, language_name, templates
from instrument.fielding.html.view import pages
from instrument.fielding.html.words import all_words, words_for
from instrument.fielding.paper.routes import routes
from instrument.model import Form, Instrument

CAPABILITIES: dict[Feature, Capability] = {
    "languages": Capability("by hand", "One file a language: give each respondent the right one."),
    "matrix": Capability("yes", "A table with a box for each answer; rows are never split over two pages."),
    "required": Capability("no", "Marked in words; paper cannot insist on an answer."),
    "routing": Capability("by hand", "Told in words (“Answer only if …”); respondents may not follow, and answers to "
                                     "questions that were not theirs are set aside on reading."),
    "matrix row routing": Capability("by hand", "Told in words beside the row."),
    "screen out": Capability("by hand", "Told in words (“please stop here”)."),
    "item order": Capability("no", "Everybody gets the items in the order of the instrument."),
    "bounds": Capability("no", "Printed beside the line; checked when the typed answers are read."),
    "missing codes": Capability("yes", "Boxes set apart from the others."),
    "several answers": Capability("by hand", "That a missing code excludes other answers is said in words."),
    "help": YES,
    "notes": YES,
    "version stamp": Capability("by hand", "Printed at the head of each page; whoever enters the answers types it into "
                                           "the CSV or Excel form."),
    "language stamp": Capability("by hand", "Printed at the head of each page, to be typed in as well."),
    "identifiers": Capability("by hand", "Lines on the first page, to be filled in before the sheet is handed out."),
    "keys": Capability("no", "Not printed; reading the typed answers takes them from the instrument."),
    "definitions": Capability("no", "Not printed; the codebook states them."),
}


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What paper cannot carry of this instrument, instructions that nobody has written in its languages included."""
    return capability_losses(
        CAPABILITIES, instrument, wanted, spoken=tuple(all_words()),
        own_words="Instructions are in English; add them to instrument/fielding/html/ui.yaml.")


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """One file a form and language, to print from any browser. The same wish gives the same bytes."""
    return tuple(
        OutputFile(
            file_name(instrument, form_id, f"-{language}-paper.html"),
            _sheet(instrument, instrument.form(form_id), wanted, language))
        for form_id in wanted.forms for language in wanted.languages
    )


def _sheet(instrument: Instrument, form: Form, wanted: Wanted, language: str) -> bytes:
    form_pages, own, style = pages(instrument, form, wanted), words_for(language), _style()
    said = routes(instrument, form, form_pages, language, own)
    html = templates().get_template("paper.html.j2").render(
        instrument=instrument, form=form, pages=form_pages, language=language, direction=direction(language),
        language_name=language_name(instrument, language), paper=True, style=Markup(style), digest=_digest(style),
        t=lambda key: instrument.text(key, language), w=own.__getitem__,
        code_words=lambda name: own.get(f"code_{name}") or own["code_other"].format(name=name),
        number=said.number, part=said.part, only=said.only, only_block=said.only_block, stops=said.stops,
        bounds=said.bounds,
    )
    return html.encode("utf-8")


@cache
def _style() -> str:
    return (Path(__file__).parent / "paper.css").read_text(encoding="utf-8")


def _digest(style: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode('utf-8')).digest()).decode('ascii')}"
