"""Instrument: the questionnaire as respondents saw it, form by form and language by language; and its versions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from instrument.codebook import markdown, write_csv
from instrument.errors import InputError
from instrument.model import Block, Form, Instrument, TranslatedString
from pipeline.report import names
from pipeline.report.numbers import counted
from pipeline.report.tables import facts_wording_table, items_wording_table
from pipeline.results import INSTRUMENT_FILE
from viewer import parts, questionnaire, versions
from viewer.claim_search import way_to
from viewer.questionnaire import language_name
from viewer.selection import link, pick
from viewer.source import Source

QUESTIONNAIRE, VERSIONS = "questionnaire", "versions"
PARTS = {QUESTIONNAIRE: "Questionnaire", VERSIONS: "Versions compared"}
VIEWS = {"respondents": "Respondents", "researchers": "Researchers"}
STATUS = {
    "draft": "a draft translation: translated once, neither reviewed by a second person nor translated back",
    "reviewed": "reviewed by a second person, not translated back",
    "back-translated": "translated back and compared with the original",
}


def show(source: Source) -> None:
    """The page."""
    st.title("Instrument", anchor=False)
    if source.instrument.summary:
        parts.say(source.instrument.summary)
    part = pick("Show", list(PARTS), "part", PARTS.__getitem__, style="buttons")
    if part == VERSIONS:
        versions.show(source)
    else:
        _questionnaire(source)


def _questionnaire(source: Source) -> None:
    questions = source.instrument
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        language = pick("Language", questions.languages, "language", lambda code: language_name(questions, code))
    with middle:
        form_id = pick("Form", [form.id for form in questions.forms], "form", names.form)
    with right:
        view = pick("Seen by", list(VIEWS), "seen-by", VIEWS.__getitem__, style="buttons",
                    note="Researchers also see ids, constructs, reversed items, roles and answer codes.")
    form = questions.form(form_id)
    _about(source, language, form)
    for block in form.blocks:
        _block(source, form, block, language, view == "researchers")
    st.header("Take it with you", anchor=False)
    _downloads(source, language)


def translation_words(instrument: Instrument, language: str) -> str:
    """How far the words shown have been checked: never more than the translation's file claims."""
    translation = next((t for t in instrument.translations if t.language == language), None)
    if translation is None:
        return f"{instrument.language_name} is the language in which the instrument was written."
    own = [s.status for s in translation.strings.values() if isinstance(s, TranslatedString)]
    apart = "".join(f" {counted(own.count(status), 'text')} of it: {STATUS[status]}." for status in dict.fromkeys(own))
    return f"{translation.name} is {STATUS[translation.status]}. Translator: {translation.translator}.{apart}"


def _about(source: Source, language: str, form: Form) -> None:
    questions, plan = source.instrument, source.results.plan
    translated = language != questions.language
    fielded = ", ".join(language_name(questions, code) for code in plan.languages)
    (st.warning if translated else st.info)(parts.escape(translation_words(questions, language)))
    by = f" Answered by: {form.respondent.lower()}." if form.respondent else ""
    parts.say(f"Version {questions.version}.{by} Languages of this study: {fielded}.")
    if source.history is not None and source.history.comparisons:
        link("instrument", versions.invitation(source.history), {"part": VERSIONS})
    title = questionnaire.words(questions, f"form.{form.id}.title", language)
    st.header(parts.escape(title), anchor=False, divider="gray")


def _block(source: Source, form: Form, block: Block, language: str, keys: bool) -> None:
    title = parts.escape(questionnaire.words(source.instrument, f"block.{block.id}.title", language))
    html = questionnaire.block_html(source.instrument, form, block, language, keys=keys)
    if not block.optional:
        st.subheader(title, anchor=False)
        st.html(html)
        if keys:
            _claims(source, block)
        return
    asked = block.id in source.results.plan.optional_blocks
    state = "asked in this study" if asked else "not asked in this study"
    with st.expander(f"{title} · optional block, {state}", expanded=asked, icon=":material/extension:"):
        st.html(html)
    if keys:
        _claims(source, block)


def _claims(source: Source, block: Block) -> None:
    """The claims that rest on what this block asks, each with the way to it."""
    asked = {getattr(question, "dimension", question.id) for question in block.questions}
    resting = [claim for claim in source.results.claims.claims if asked.intersection(claim.needs)]
    if resting:
        with st.expander(f"{counted(len(resting), 'claim')} that rest on this part", key=f"claims of {block.id}"):
            for claim in resting:
                link("claims", f"{claim.id}, {claim.verdict}: {claim.statement}", way_to(claim))


def _downloads(source: Source, language: str) -> None:
    questions, optional = source.instrument, source.results.plan.optional_blocks
    try:
        book, text = codebook_csv(questions, language), markdown(questions, language, optional=optional)
    except InputError as error:
        parts.findings(error)
    else:
        parts.download(source, f"codebook-{language}.csv", lambda: book,
                       f"Download the codebook, {language_name(questions, language)} (CSV)", "text/csv")
        parts.download(source, f"questionnaire-{language}.md", text.encode,
                       f"Download the questionnaire, {language_name(questions, language)} (Markdown)", "text/markdown")
    content = source.bytes_of(INSTRUMENT_FILE) or b""
    parts.download(source, INSTRUMENT_FILE, lambda: content, "Download the whole instrument (JSON)", "application/json")
    with st.expander("Items and facts asked in this study, as tables"):
        parts.table(source, items_wording_table(questions, optional))
        parts.table(source, facts_wording_table(questions, optional))


def codebook_csv(instrument: Instrument, language: str) -> bytes:
    """The codebook file in one language."""
    with tempfile.TemporaryDirectory() as folder:
        return write_csv(instrument, Path(folder) / "codebook.csv", language).read_bytes()
