"""A part of the Instrument page: two versions compared, which scores may be pooled, and every change with its reason.

The comparisons stand in the results folder, as the run left them; here they are only shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape as html_escape

import streamlit as st

from instrument.compare import EFFECTS, Change, Comparison, Status, document, markdown
from pipeline.instruments import is_released
from pipeline.report.numbers import counted, listed
from pipeline.report.tables import Column, Table
from pipeline.report.tables.versions import pooled_sentence
from pipeline.version_history import VersionHistory
from viewer import parts
from viewer.selection import pick
from viewer.source import Source
from viewer.version_changes import change_html, dimension_words

ANY = "any"

POOLED: dict[Status, str] = {
    "same": "may be pooled as they are",
    "common items": "on the items both versions share",
    "if invariant": "only if the changed items prove invariant",
    "not comparable": "not at all",
}
"""How the number of scores of each verdict goes on."""

CARDS: dict[Status, str] = {
    "same": "Pooled as they are", "common items": "On the items both share", "if invariant": "Only if invariant",
    "not comparable": "Not pooled",
}
TOLD: dict[Status, str] = {
    "same": "the items are the same", "common items": "items came or went",
    "if invariant": "changed items are to be tested first", "not comparable": "no item is comparable",
}


def show(source: Source) -> None:
    """The part of the page."""
    _study(source)
    history = source.history
    if not is_released(source.results.plan.instrument):
        st.info("This study has a questionnaire of its own. Versions are compared where they are released with this "
                "program, so there is nothing to compare here.")
    elif history is None:
        st.info("This run was made before runs left comparisons of versions behind. Run the study again to see them "
                "here; without a run, `alliometrics instrument compare A B` prints one.")
    elif not history.comparisons:
        st.info(f"{parts.escape(source.instrument.version)} was the only version when this run was made: "
                "there is nothing to compare it with.")
    else:
        _compared(source, history)


# -- this study -----------------------------------------------------------------------------------


def _study(source: Source) -> None:
    """Which versions this study holds answers to; what it pooled, where there are several."""
    found = source.results.versions
    if found is None:
        parts.say(f"All answers analysed here were given to version {source.instrument.version}"
                  f"{_age(source, source.history)}")
        return
    st.header("In this study: answers to several versions", anchor=False)
    parts.synthetic_banner(source)
    parts.tables(source, "versions")
    pooled = source.tables["versions-pooled"]
    st.subheader(parts.escape(pooled.title), anchor=False)
    parts.say(pooled_sentence(found))
    if found.flags:
        st.warning("\n\n".join(parts.escape(flag) for flag in found.flags))
    parts.table(source, pooled, title=False, summary=False)
    with st.expander("Changes that touch the questions of this study, and facts that differ"):
        parts.tables(source, "versions-changes", "versions-facts")


def _age(source: Source, history: VersionHistory | None) -> str:
    """How the version stood among the released ones on the day of the run."""
    mine = source.instrument.version
    if history is None or mine not in history.released:
        return "."
    day = history.released[mine]
    known = list(history.released)
    later = known[known.index(mine) + 1:]
    since = f"{listed(later)} had been released after it" if later else "it was the newest version"
    return f"{f', released on {day}' if day else ''}. When this run was made, {since}."


# -- two versions ---------------------------------------------------------------------------------


def pair(comparison: Comparison) -> str:
    """What a link calls a comparison: ``1.0.0..1.1.0``."""
    return f"{comparison.old}..{comparison.new}"


def offered(history: VersionHistory) -> dict[str, Comparison]:
    """The comparisons by name: the study's version with the next one first, or with the one before if it is newest."""
    def nearness(comparison: Comparison) -> int:
        return 0 if comparison.old == history.study else 1 if comparison.new == history.study else 2

    nearest = min(nearness(comparison) for comparison in history.comparisons)
    found = [one for one in history.comparisons if nearness(one) == nearest]
    first = found[-1] if nearest == 1 else found[0]
    return {pair(one): one for one in (first, *history.comparisons)}


def invitation(history: VersionHistory) -> str:
    """What the way to the first comparison offered is called."""
    first = next(iter(offered(history).values()))
    return f"What differs between {first.old} and {first.new}, and which scores may be pooled"


def _compared(source: Source, history: VersionHistory) -> None:
    st.header("Two versions compared", anchor=False)
    choices = offered(history)
    left, _ = st.columns([1, 2])
    with left:
        chosen = pick("Versions", list(choices), "versions",
                      lambda name: f"{choices[name].old} with {choices[name].new}",
                      note="Every two that were released one after the other, the study's with the newest, and with "
                           "each other one whose answers it took in.")
    comparison = choices[chosen]
    st.html(f'<div class="am-verdict{_colour(comparison)}"><b>{html_escape(verdict_sentence(comparison))}</b>'
            f"{html_escape(effects_sentence(comparison))}</div>")
    if comparison.changes:
        parts.cards([(CARDS[status], f"{len(found):,}", TOLD[status])
                     for status, found in by_status(comparison).items() if found or status != "not comparable"])
        parts.table(source, scores_table(source, comparison))
        parts.table(source, facts_table(source, comparison))
        _changes(source, comparison)
    _downloads(source, comparison)


def by_status(comparison: Comparison) -> dict[Status, list[str]]:
    """Ids of dimensions by whether their scores may be pooled, from harmless to worst."""
    return {status: [name for name, verdict in comparison.dimensions.items() if verdict.status == status]
            for status in POOLED}


def _colour(comparison: Comparison) -> str:
    found = by_status(comparison)
    return " against" if found["not comparable"] else " inconclusive" if comparison.changes else " supported"


def verdict_sentence(comparison: Comparison) -> str:
    """Which scores may be pooled: the comparison in one sentence."""
    old, new, total = comparison.old, comparison.new, len(comparison.dimensions)
    found = {status: len(names) for status, names in by_status(comparison).items()}
    if found["same"] == total:
        return f"The scores of all {total} dimensions may be pooled over {old} and {new} as they are."
    told = [f"{found[status]:,} {words}" for status, words in POOLED.items() if found[status] or status == "same"]
    return f"Of the scores of {total} dimensions in {old} and {new}, {listed(told)}."


def effects_sentence(comparison: Comparison) -> str:
    """How many changes there are, and what they do to answers."""
    if not comparison.changes:
        return "The versions do not differ."
    counts = Counter(change.effect for change in comparison.changes)
    told = {
        "same": "{n} {leave} answers as they were",
        "comparable if invariant": "{n} {leave} them comparable if invariant",
        "not comparable": "{n} {make} them impossible to compare",
    }
    said = [told[effect].format(n=counts[effect], leave="leaves" if counts[effect] == 1 else "leave",
                                make="makes" if counts[effect] == 1 else "make")
            for effect in EFFECTS if counts[effect]]
    return f"{counted(len(comparison.changes), 'change')}: {listed(said)}."


def scores_table(source: Source, comparison: Comparison) -> Table:
    """Every dimension whose scores may not simply be pooled, and how far they may."""
    optional = {q.dimension for form in source.instrument.forms for block, q in form.questions()
                if block.optional and block.id not in source.results.plan.optional_blocks and hasattr(q, "dimension")}
    touched = [verdict for verdict in comparison.dimensions.values() if verdict.status != "same"]
    rows = tuple(
        (dimension_words(source, one.dimension), CARDS[one.status], ", ".join(one.common_items) or "none",
         ", ".join(one.to_test) or "none", ", ".join(item for item, _ in one.left_out) or "none", one.why,
         "not asked" if one.dimension in optional or one.dimension not in source.instrument.dimensions else "asked")
        for one in touched)
    return Table(
        f"versions-scores-{comparison.old}-{comparison.new}", "Scores that may not simply be pooled",
        (Column("dimension", "Dimension"), Column("verdict", "Verdict"), Column("items", "Items of a pooled score"),
         Column("to_test", "To test first"), Column("left_out", "Left out"), Column("why", "What to do, and why"),
         Column("study", "In this study")),
        rows,
        f"{counted(len(touched), 'dimension')} of {len(comparison.dimensions)} "
        f"{'is' if len(touched) == 1 else 'are'} touched.".capitalize(),
    )


def facts_table(source: Source, comparison: Comparison) -> Table:
    """Every fact whose answers are not simply the same in both versions."""
    touched = {name: one for name, one in comparison.facts.items() if one.effect != "same"}
    asked = {q.id: q.text for form in source.instrument.forms for _, q in form.questions()}
    total = len(comparison.facts)
    return Table(
        f"versions-single-{comparison.old}-{comparison.new}", "Facts that are not simply the same",
        (Column("fact", "Fact"), Column("question", "Question"), Column("effect", "Answers are"),
         Column("languages", "In languages"), Column("why", "Why")),
        tuple((name, asked.get(name, "not in the study's version"), one.effect, ", ".join(one.languages) or "all",
               one.why) for name, one in touched.items()),
        f"{total - len(touched)} of {counted(total, 'fact')} are the same in both versions.",
    )


# -- changes --------------------------------------------------------------------------------------


def _changes(source: Source, comparison: Comparison) -> None:
    st.header("What changed, and why", anchor=False)
    left, right, _ = st.columns(3)
    kinds: Counter[str] = Counter(change.kind for change in comparison.changes)
    effects: Counter[str] = Counter(change.effect for change in comparison.changes)
    with left:
        kind = pick("Kind of change", [ANY, *kinds], "kind", lambda name: _option(name, kinds))
    with right:
        effect = pick("Effect on answers", [ANY, *(e for e in EFFECTS if e in effects)], "effect",
                      lambda name: _option(name, effects))
    shown = selected(comparison.changes, kind, effect)
    total = len(comparison.changes)
    st.caption(f"{len(shown)} of {counted(total, 'change')}" if len(shown) < total else f"{counted(total, 'change')}")
    if not shown:  # HTML without content is an error to Streamlit
        st.info(f"No change of the kind “{parts.escape(kind)}” has the effect “{parts.escape(effect)}”.")
    else:
        st.html("".join(change_html(source, comparison, change) for change in shown))


def selected(changes: Sequence[Change], kind: str, effect: str) -> list[Change]:
    """The changes of a kind and with an effect; ``any`` is every one."""
    return [change for change in changes if kind in (ANY, change.kind) and effect in (ANY, change.effect)]


def _option(name: str, counts: Mapping[str, int]) -> str:
    return f"Any ({sum(counts.values())})" if name == ANY else f"{name.capitalize()} ({counts[name]})"


# -- taking it away -------------------------------------------------------------------------------


def _downloads(source: Source, comparison: Comparison) -> None:
    st.caption("Both files hold the whole comparison, every change and the verdict on every item, fact and dimension.")
    name = f"versions-{comparison.old}-{comparison.new}"
    parts.download(source, f"{name}.md", lambda: markdown(comparison).encode(),
                   "Download the comparison (Markdown)", "text/markdown")
    parts.download(source, f"{name}.json", lambda: json_of(comparison), "Download the comparison (JSON)",
                   "application/json")


def json_of(comparison: Comparison) -> bytes:
    """The file that ``alliometrics instrument compare A B --json`` writes."""
    return (json.dumps(document(comparison), indent=1, ensure_ascii=False) + "\n").encode()
