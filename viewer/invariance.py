"""Invariance: which scores may be compared between which groups, the items that differ, and how they are worded."""

from __future__ import annotations

from html import escape

import streamlit as st

from pipeline.invariance.found import FoundLadder, InvarianceReport
from pipeline.invariance.words import OF_ONE
from pipeline.report import methods, numbers
from pipeline.report.tables.invariance import COMPARABLE, size_words, values_words
from viewer import parts
from viewer.questionnaire import language_name, words
from viewer.selection import pick
from viewer.source import Source

COLOURS = {"variances": " supported", "means": " supported", "latent means": " inconclusive",
           "relations": " inconclusive", "structure": " against", "nothing": " against", "not tested": ""}
"""Of the verdict's box; its words say the same."""

PARTS = {
    "steps": ("Its steps", ("step", "items", "estimator", "chisq", "df", "cfi", "rmsea", "srmr", "difference",
                            "difference_df", "difference_pvalue", "cfi_change", "holds")),
    "means": ("Differences of its latent means", ("factor", "groups", "freed", "difference", "se", "ci", "pvalue",
                                                  "pooled")),
}
"""What is shown of one ladder: title and columns, by the table it is from."""

ANY = "any"


def show(source: Source) -> None:
    """The page."""
    st.title("Invariance", anchor=False)
    parts.synthetic_banner(source)
    found = source.results.invariance
    if found is None or not found.ladders:
        st.info(parts.escape(source.results.why_absent("invariance", methods.NO_INVARIANCE)))
        return
    st.header("Which scores may be compared between which groups?", anchor=False)
    _cards(found)
    parts.bullets(found.sentences)
    parts.figure(source, "invariance", title=False, numbers=False)
    _table(source, found)
    st.header("Which items differ, and how are they worded?", anchor=False)
    _freed(source, found)
    parts.figure(source, "invariance-sizes")
    if "invariance-truth" in source.tables:
        parts.tables(source, "invariance-truth")
    st.header("One construct, step by step", anchor=False)
    _ladder(source, found)
    st.header("How was it tested?", anchor=False)
    parts.say(methods.invariance(source.results))
    parts.tables(source, "invariance-groups")
    with st.expander("Every step of every ladder, and every difference of latent means"):
        parts.tables(source, "invariance-steps", "invariance-means")


def _cards(found: InvarianceReport) -> None:
    done = [one for one in found.ladders if not one.why_not]
    whole = sum(one.comparable in ("variances", "means") for one in done)
    freed = list(dict.fromkeys(item for one in done for item in one.freed_items))
    parts.cards([
        ("Means of scores may be compared", f"{whole:,} of {len(done):,}", "constructs by groupings"),
        ("Items that differ", f"{len(freed):,}", ", ".join(freed) or "none was freed"),
        ("Differences that fail at .05", f"{found.failed:,} of {found.tests:,}",
         f"about {numbers.number(found.expected, 1)} would by chance"),
        ("Not compared", f"{len(found.ladders) - len(done):,}", "with the reason in the table"),
    ])


def _table(source: Source, found: InvarianceReport) -> None:
    """The verdicts, whole or of one kind."""
    table = source.tables["invariance"]
    kinds: dict[str, str] = {ANY: "Any"} | {
        kind: said for kind, said in COMPARABLE.items() if any(one.comparable == kind for one in found.ladders)}
    with st.columns([1, 2])[0]:
        chosen = pick("May be compared", list(kinds), "comparable", kinds.__getitem__)
    if chosen != ANY:
        table = parts.where(table, "comparable", [kinds[chosen]], f"invariance-{chosen.replace(' ', '-')}")
    parts.table(source, table, title=False, summary=False)


# -- items ---------------------------------------------------------------------------------------------------


def _freed(source: Source, found: InvarianceReport) -> None:
    """Every freed item with its sentence in all languages of the study, side by side."""
    freed = [one for one in found.ladders if one.freed]
    if not freed:
        parts.say("No item was freed: none is shown to differ between groups.")
    for one in freed:
        for item in one.freed_items:
            st.html(item_html(source, found, one, item))


def item_html(source: Source, found: InvarianceReport, one: FoundLadder, item: str) -> str:
    """One item: what differs, by how much, and its wording in each language fielded."""
    instrument = source.instrument
    told = []
    for freed in (freed for freed in one.freed if freed.item == item):
        groups = tuple(group.label for group in one.groups)
        told.append(f"{OF_ONE[freed.kind].capitalize()}: {values_words(freed, groups)} "
                    f"({numbers.p_equals(freed.adjusted)}, adjusted for {numbers.counted(freed.tested, 'item')}).")
    sizes = [f"dMACS {numbers.number(size.dmacs)} between {size.reference} and {size.focal}, {size_words(size)}: in "
             f"{size.focal} expected answers lie {_points(size.points)} scale points {_side(size.points)}."
             for size in one.sizes if size.item == item and isinstance(size.points, float)]
    languages = source.results.plan.languages
    heads = "".join(f'<th scope="col">{escape(language_name(instrument, language))}</th>' for language in languages)
    texts = "".join(f'<td lang="{escape(language, quote=True)}">'
                    f"{escape(words(instrument, f'question.{item}', language))}</td>" for language in languages)
    return (f'<div class="am-change comparable-if-invariant"><p class="head"><b>{escape(item)}</b> · '
            f"{escape(f'{one.name}, by {found.grouping(one).title}')}</p>"
            f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{texts}</tr></tbody></table>"
            f"<p>{escape(' '.join(told))}</p><p>{escape(' '.join(sizes))}</p></div>")


def _points(points: float) -> str:
    return numbers.number(abs(points))


def _side(points: float) -> str:
    """Points are the first group's less the second's."""
    return "higher" if points < 0 else "lower"


# -- one ladder ------------------------------------------------------------------------------------------------


def _ladder(source: Source, found: InvarianceReport) -> None:
    ladders = {one.id: one for one in sorted(found.ladders, key=lambda one: not one.freed)}
    chosen = pick("Construct and groups", list(ladders), "ladder",
                  lambda name: f"{ladders[name].name} ({ladders[name].form}), by "
                               f"{found.grouping(ladders[name]).title}")
    one = ladders[chosen]
    st.html(f'<div class="am-verdict{COLOURS[one.comparable]}"><b>{escape(COMPARABLE[one.comparable].capitalize())}.'
            f"</b> {escape(one.verdict)}</div>")
    if one.why_not:
        return
    place = (one.name, one.form, found.grouping(one).short)
    for name, (title, keys) in PARTS.items():
        rows = tuple(row for row in source.tables[f"invariance-{name}"].rows if row[:3] == place)
        if rows:
            shown = parts.part(source.tables[f"invariance-{name}"], rows, keys, f"ladder-{one.id}-{name}", title)
            parts.table(source, shown, summary=False)
    if one.search:
        parts.say(one.search)
    if (second := found.second_opinion(one)) is not None:
        parts.say(f"With the answers as ordered: {second.verdict}")
    if one.merged:
        parts.bullets(one.merged)
