"""Robustness: what becomes of the serial effect under other decisions, unmeasured causes, errors and other orders."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pipeline.report import numbers
from pipeline.report.tables import Table
from pipeline.report.tables.robustness import FACETS, level_words
from pipeline.robustness.found import CurveSummary, SpecificationCurve
from pipeline.robustness.specifications import Facet
from pipeline.undefined import Number, Undefined
from viewer import parts
from viewer.selection import pick
from viewer.source import Source

ANY = "any"


def show(source: Source) -> None:
    """The page."""
    st.title("Robustness", anchor=False)
    parts.synthetic_banner(source)
    st.header("Does the finding survive other decisions?", anchor=False)
    curve = source.results.robustness
    if curve is None:
        st.info(parts.escape(left_out(source)))
    else:
        _map(source, curve)
    st.header("Does it depend on how experience is counted?", anchor=False)
    if why := source.results.why_absent("decay"):
        parts.say(why)
    else:
        parts.table(source, source.tables["decay"], title=False, low=True)
        parts.figure(source, "decay")
    st.header("What if something unmeasured is behind it?", anchor=False)
    _sensitivity(source)


def left_out(source: Source) -> str:
    """Why there is no map, and how to get one."""
    if why := source.results.why_absent("robustness"):
        return why
    if source.results.plan.robustness.draws == 0:
        return ("The plan asks for no robustness map (robustness.draws is 0 in study.yaml). To get one, set the number "
                "of draws and run the study again. All else on this page does not need it.")
    return ("This run left the robustness map out. To get it, run the study again without --no-robustness. "
            "All else on this page does not need it.")


def _map(source: Source, curve: SpecificationCurve) -> None:
    s = curve.summary
    whole = f"of {s.estimated:,} estimated"
    parts.cards([
        ("Specifications estimated", f"{s.estimated:,}", f"of {s.asked:,} asked for"),
        ("Same sign as the headline", *_count(s.same_sign, whole)),
        (f"{numbers.level_name(curve.level)} interval excludes 0", f"{s.excludes_zero:,}", _resampled(s)),
        ("Inside the headline's interval", *_count(s.inside_headline, whole)),
        ("Median standardised effect", *_median(s.median, s.lowest, s.highest)),
    ])
    parts.figure(source, "robustness", title=False)
    parts.tables(source, "robustness-facets")
    with st.expander("The map in counts"):
        parts.table(source, source.tables["robustness-counts"], title=False, summary=False)
    st.subheader("Look up specifications", anchor=False)
    _specifications(source, curve)


def _resampled(s: CurveSummary) -> str:
    """Of how many bootstrap intervals, and what the others say by their standard errors."""
    words = f"of {s.estimated - s.without_interval:,} resampled"
    if s.without_interval:
        words += f"; by standard errors {s.clear_by_se:,} of {s.without_interval:,} others"
    return words


def _count(count: int | Undefined, whole: str) -> tuple[str, str]:
    return (numbers.NOT_APPLICABLE, str(count)) if isinstance(count, Undefined) else (f"{count:,}", whole)


def _median(median: Number, lowest: Number, highest: Number) -> tuple[str, str]:
    if isinstance(median, Undefined):
        return numbers.NOT_APPLICABLE, str(median)
    low, high = (numbers.number(value, 3, bounded=True) for value in (lowest, highest))
    return numbers.number(median, 3, bounded=True), f"from {low} to {high}"


def _specifications(source: Source, curve: SpecificationCurve) -> None:
    """The table of specifications, whole or those that share the decisions picked."""
    asked = [row.specification for row in curve.rows]
    table: Table = source.tables["robustness"]
    chosen: list[str] = []
    facets: list[Facet] = list(FACETS)
    for start in (0, 3):
        for column, facet in zip(st.columns(3), facets[start:start + 3], strict=True):
            levels = list(dict.fromkeys(specification.level(facet) for specification in asked))
            words = {ANY: "Any"} | {level: level_words(facet, level) for level in levels}
            with column:
                level = pick(FACETS[facet], list(words), facet, words.__getitem__)
            if level != ANY:
                chosen.append(f"{facet}-{level}")
                table = parts.where(table, facet, [level_words(facet, level)], table.id)
    rows = len(table.rows)
    parts.say(f"{numbers.counted(rows, 'specification')} of {len(source.tables['robustness'].rows):,}.")
    if chosen:
        table = replace(table, id="-".join(["robustness", *chosen]))
    parts.table(source, table, title=False, summary=False, place="specifications")


def _sensitivity(source: Source) -> None:
    """Unmeasured common causes, errors of measurement, other orders: what was found, and what was not examined."""
    report = source.results.sensitivity
    if report is None:
        parts.say(source.results.why_absent("sensitivity"))
        return
    parts.figure(source, "sensitivity-confounding")
    parts.tables(source, "sensitivity-confounding")
    parts.figure(source, "sensitivity-reliability")
    parts.tables(source, "sensitivity-orders")
    st.subheader("Effect by effect, in words", anchor=False)
    with st.expander(f"{numbers.counted(len(report.sentences), 'finding')} on {report.model}"):
        parts.bullets(report.sentences)
    st.subheader("What this does not show", anchor=False)
    parts.bullets(report.limits)
