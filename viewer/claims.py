"""Claims: what these data say of each claim of the theory, the rival models, and what strengthens what."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import streamlit as st

from instrument.model import Fact, Instrument, Item
from pipeline.claims.ledger import DOCUMENTS
from pipeline.claims.report import ClaimResult
from pipeline.claims.verdicts import Verdict
from pipeline.report import numbers
from pipeline.report.tables.rivals import favoured_sentence
from pipeline.results import StudyResults
from viewer import claim, parts
from viewer.claim_search import ANY, find
from viewer.selection import asked_for, change, pick, typed
from viewer.source import Source

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

MEANING: dict[Verdict, str] = {
    "supported": "consistent with these data", "against": "not consistent with these data",
    "inconclusive": "open at this power", "not testable": "no answers to this form can decide",
    "pending": "waits for a method",
}


def show(source: Source) -> None:
    """The page."""
    st.title("Claims", anchor=False)
    parts.synthetic_banner(source)
    report = source.results.claims
    if not report.claims:
        parts.say(source.results.why_absent("claims", "This study's plan had no claim decided."))
        return
    parts.say(report.sentence)
    parts.cards([(verdict.capitalize(), str(report.count(verdict)), MEANING[verdict]) for verdict in VERDICTS])
    st.header("Find a claim", anchor=False)
    found = _filtered(source)
    if found:
        _list(source, found)
        claim.show(source, _chosen(report.claims, found))
    else:
        st.info("No claim answers to all of this. Take a word or a choice away.")
    with st.expander("The evidence on all tested claims at a glance"):
        for figure_id in source.figures:
            if figure_id.startswith(("claims", "evidence-")):
                parts.figure(source, figure_id, numbers=False)
        parts.tables(source, "predictions", "claims-truth")
    st.header("Rival explanations side by side", anchor=False)
    _rivals(source)
    st.header("What strengthens what", anchor=False)
    _interactions(source)


def _filtered(source: Source) -> list[ClaimResult]:
    """The claims that the reader asks for, in the order of the ledger."""
    claims, questions = source.results.claims.claims, source.instrument
    words = typed("Search", "find", hint="such as: dedicated function mediates experience",
                  note="In statements, reasons, rivals, sources, models and the questions asked. "
                       "Endings do not count: “mediates” finds “mediation”.")
    verdicts = [v for v in VERDICTS if any(c.verdict == v for c in claims)]
    documents = [d for d in DOCUMENTS if any(c.document == d for c in claims)]
    constructs = [c for c in questions.constructs if any(c.id in claimed.constructs for claimed in claims)]
    names = {c.id: f"{c.name} ({c.id})" for c in constructs}
    asked = rests_on_words(questions, claims)
    across = st.columns(4)
    with across[0]:
        verdict = pick("Verdict", [ANY, *verdicts], "verdict", str.capitalize)
    with across[1]:
        document = pick("Document", [ANY, *documents], "document",
                        lambda d: "Any" if d == ANY else f"{DOCUMENTS[d]} ({d})")
    with across[2]:
        construct = pick("Construct", [ANY, *names], "construct", lambda c: names.get(c, "Any"))
    with across[3]:
        rests_on = pick("Rests on", [ANY, *asked], "rests-on", lambda q: asked.get(q, "Any scale, item or fact"),
                        note="From a scale, an item or a fact of the questionnaire back to the claims that need it.")
    need = need_of(questions, rests_on)
    kept = [c for c in claims if verdict in (ANY, c.verdict) and document in (ANY, c.document)
            and (construct == ANY or construct in c.constructs) and (need == ANY or need in c.needs)]
    best, whole = find(source, kept, words)
    if best and not whole:
        st.info("No claim holds all of these words; shown are those that hold most of them.")
    return best


def need_of(questions: Instrument, asked: str) -> str:
    """What a claim names where it rests on this question: an item's dimension, anything else itself."""
    items = {q.id: q.dimension for form in questions.forms for _, q in form.questions() if isinstance(q, Item)}
    return items.get(asked, asked)


def rests_on_words(questions: Instrument, claims: tuple[ClaimResult, ...]) -> dict[str, str]:
    """Every scale, item and fact that a claim rests on, in the order of the questionnaire, in words."""
    needs = {need for c in claims for need in c.needs}
    out: dict[str, str] = {}
    for form in questions.forms:
        for _, question in form.questions():
            if isinstance(question, Item) and question.dimension in needs:
                out.setdefault(question.dimension,
                               f"{claim.scale_name(questions, question.dimension)} ({question.dimension})")
                out[question.id] = f"{question.id}: {question.text}"
            elif isinstance(question, Fact) and question.id in needs:
                out[question.id] = f"{question.id}: {question.text}"
    return out


def _list(source: Source, found: list[ClaimResult]) -> None:
    """The claims found, best first. The note speaks of columns that only the file has."""
    whole = source.tables["claims"]
    shown = whole
    if len(found) < len(whole.rows):
        parts.say(f"{len(found)} of {len(whole.rows)} claims.")
        shown = parts.where(whole, "claim", [c.id for c in found], "claims-found")
    parts.table(source, replace(shown, note=""), title=False, summary=False, low=True)


def _chosen(claims: tuple[ClaimResult, ...], found: list[ClaimResult]) -> ClaimResult:
    """The claim picked among those found. One that is known but not found is not missing: the search hides it."""
    by_id = {c.id: c for c in found}
    asked = asked_for("claim")
    if asked is not None and asked not in by_id and any(c.id == asked for c in claims):
        st.info(f"{asked} is not among the claims found; showing {found[0].id}.")
        change("claim", found[0].id)
    return by_id[pick("Read one claim, down to the questions behind it", list(by_id), "claim",
                      lambda c: f"{c} · {by_id[c].verdict} · {by_id[c].statement}")]


def _rivals(source: Source) -> None:
    """Comparisons of models, with the test within the model that holds both rivals."""
    rivals = source.results.rivals
    if rivals is None:
        parts.say(source.results.why_absent("rivals"))
        return
    parts.say(favoured_sentence(rivals))
    for place, comparison in enumerate((rivals.chain, *rivals.advantage)):
        table_id = f"comparison-{comparison.id}"
        if table_id in source.tables:
            with st.expander(comparison.title, expanded=place == 0):
                parts.table(source, source.tables[table_id], title=False)


def _interactions(source: Source) -> None:
    """Paths by group, every probed interaction in words and as a drawing, and the response surface."""
    if source.results.groups:
        with st.expander("Paths in groups of firms and of alliances, with equal loadings"):
            parts.bullets([found.sentence for found in source.results.groups])
            parts.table(source, source.tables["groups"], title=False, summary=False)
    sentences = interaction_sentences(source.results)
    if not sentences:
        parts.say(source.results.why_absent("probes", "This run probed no interaction."))
        return
    if "probes-slopes" in source.tables:
        parts.say(source.tables["probes-slopes"].summary)
    with st.expander(f"{numbers.counted(len(sentences), 'interaction')}, one by one in words"):
        parts.bullets(sentences)
    for figure_id, figure in source.figures.items():
        if figure_id.startswith("probes-"):
            with st.expander(figure.title):
                parts.figure(source, figure_id, title=False, numbers=False)
    with st.expander("Slopes, terms and regions as tables"):
        parts.tables(source, "probes-slopes", "probes-terms", "probes-regions", "probes-surface",
                     "probes-surface-grid")


def interaction_sentences(results: StudyResults) -> list[str]:
    """What was found of each interaction and of the surface, or why it could not be probed."""
    surface = results.probes.surface
    return [*(probe.sentence for probe in results.probes.slopes), *([] if surface is None else [surface.sentence])]
