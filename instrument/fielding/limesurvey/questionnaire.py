"""An instrument → one LimeSurvey survey structure a form (tab-separated values, ``.txt``)."""

from __future__ import annotations

from collections.abc import Iterator

from instrument.fielding.capabilities import YES, Capability, Feature
from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.limesurvey.codes import Codes, codes
from instrument.fielding.limesurvey.questions import Writer, block_rows, conditions, stays, together
from instrument.fielding.limesurvey.structure import Row, file_of, literal, words
from instrument.model import Fact, Form, Instrument

NAME = "LimeSurvey"

CAPABILITIES: dict[Feature, Capability] = {
    "languages": YES,
    "matrix": YES,
    "required": YES,
    "routing": YES,
    "matrix row routing": YES,
    "screen out": Capability("yes", "Everything behind the answer is hidden; the survey closes as finished."),
    "item order": Capability("yes", "Rows are shuffled; the order a respondent saw follows from the column `seed`."),
    "bounds": Capability("yes", "Of dates there are none in the instrument."),
    "missing codes": Capability(
        "yes", "Beside a typed answer they are a question of its own (code with `why`), asked while the answer is "
        "empty, and read back into one cell."),
    "several answers": YES,
    "help": YES,
    "notes": YES,
    "version stamp": YES,
    "language stamp": YES,
    "identifiers": Capability(
        "by hand", "The invitation link must carry them under the codes that docs/limesurvey.md lists: firm_id is "
        "`firmid`."),
    "keys": Capability("no", "Which items are reversed stays in the instrument; scoring reads it there."),
    "definitions": Capability("no", "Constructs, definitions and sources stay in the instrument."),
}

SETTINGS = {
    "format": "G", "allowprev": "Y", "allowsave": "Y", "anonymized": "N", "datestamp": "Y", "savetimings": "Y",
    "ipaddr": "N", "refurl": "N", "listpublic": "N", "publicstatistics": "N", "publicgraphs": "N", "printanswers": "N",
    "showwelcome": "N", "showprogress": "Y", "showgroupinfo": "B", "showqnumcode": "X", "showxquestions": "N",
    "shownoanswer": "N", "questionindex": "0", "alloweditaftercompletion": "N", "tokenanswerspersistence": "Y",
}
"""One page a block; times recorded, addresses not; no answer chosen beforehand."""

ISO_DATES = "6"
"""LimeSurvey's number for dates as 2026-03-31."""


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """One file a form. The same instrument gives the same bytes."""
    return tuple(
        OutputFile(f"limesurvey-{form_id}.txt", file_of(rows(instrument, instrument.form(form_id), wanted)))
        for form_id in wanted.forms
    )


def rows(instrument: Instrument, form: Form, wanted: Wanted) -> Iterator[Row]:
    """Settings, their words in each language, then the whole of each language, the first being the base language."""
    first, *others = wanted.languages
    settings = {"language": first, "additional_languages": " ".join(others), **SETTINGS}
    for name, value in settings.items():
        yield Row("S", name=name, text=value)
    for language in wanted.languages:
        yield from _survey_words(instrument, form, language)
    own = codes(instrument, form)
    for language in wanted.languages:
        yield from _questionnaire(Writer(instrument, form, own, language, language == first), wanted)


def _survey_words(instrument: Instrument, form: Form, language: str) -> Iterator[Row]:
    texts = {
        "surveyls_language": language, "surveyls_title": words(instrument.text(f"form.{form.id}.title", language)),
        "surveyls_description": "", "surveyls_welcometext": "", "surveyls_endtext": "", "surveyls_url": "",
        "surveyls_urldescription": "", "surveyls_dateformat": ISO_DATES, "surveyls_numberformat": "0",
    }
    for name, text in texts.items():
        yield Row("SL", name=name, text=text, language=language)


def _questionnaire(writer: Writer, wanted: Wanted) -> Iterator[Row]:
    """Every group with its questions in one language. A group behind an answer that ends the interview is hidden."""
    ended: list[str] = []
    for k, block in enumerate(wanted.blocks(writer.form), start=1):
        intro = f"block.{block.id}.intro"
        yield Row(
            "G", k, str(k), writer.words(f"block.{block.id}.title"),
            together([*conditions(writer, block.show_if), *ended]) or "1",
            writer.words(intro) if block.intro is not None else "", "", writer.language)
        if k == 1:
            yield from _hidden(writer, writer.codes)
        yield from block_rows(writer, block)
        ended += [stays(writer, q) for q in block.questions if isinstance(q, Fact) and q.screen_out]


def _hidden(writer: Writer, own: Codes) -> Iterator[Row]:
    """Identifiers that the link fills, and stamps that LimeSurvey works out when the first page is left.

    No variable of ExpressionScript holds the language, but an equation has words of its own in each language.
    """
    for name, code in own.identifiers.items():
        yield writer.question("S", code, words(name), hidden="1")
    stamps = {"instrument_version": writer.instrument.version, "form": writer.form.id, "language": writer.language}
    for name, value in stamps.items():
        yield writer.question("*", own.stamps[name], f"{{{literal(value)}}}", hidden="1")
