"""Reliability and factors: one scale in full, every scale at a glance, and the exploratory factor analyses."""

from __future__ import annotations

import streamlit as st

from instrument.model import Instrument
from pipeline.measurement.ordinal_reliability import MEANING, OrdinalReliability
from pipeline.measurement.reliability import ScaleReliability
from pipeline.report import names, numbers
from pipeline.report.tables import Column, Table
from pipeline.undefined import Number
from viewer import parts
from viewer.selection import pick
from viewer.source import Source


def show(source: Source) -> None:
    """The page."""
    st.title("Reliability and factors", anchor=False)
    parts.synthetic_banner(source)
    scales = {scale.name: scale for scale in source.results.reliability}
    if scales:
        st.header("How well does one scale hold together?", anchor=False)
        name = pick("Scale", list(scales), "scale", lambda s: f"{scales[s].label} ({s})")
        _scale(source, scales[name])
        st.header("How do all scales compare?", anchor=False)
        parts.tables(source, "reliability")
        with st.expander("Every item of every scale"):
            parts.tables(source, "items")
    _factors(source)


def _scale(source: Source, scale: ScaleReliability) -> None:
    dimension = source.instrument.dimensions.get(scale.name)
    if dimension is not None:
        construct = source.instrument.construct_of[scale.name]
        whole = "" if construct.name == dimension.name else f" Part of: {construct.name.lower()}."
        parts.say(f"{dimension.definition}{whole}")
    level = numbers.level_name(source.results.plan.level)
    parts.cards([
        ("Cronbach's α", numbers.number(scale.alpha, bounded=True), f"{level} interval {_bounds(scale.alpha_ci)}"),
        ("McDonald's ω", numbers.number(scale.omega, bounded=True), f"{level} interval {_bounds(scale.omega_ci)}"),
        ("Average variance extracted", numbers.number(scale.ave, bounded=True), "share the factor explains"),
        ("Complete respondents", numbers.number(scale.n, 0), f"{numbers.number(scale.n_incomplete, 0)} incomplete"),
    ])
    if scale.ordinal is not None:
        _ordinal(scale.ordinal, level)
    for warning in scale.warnings:
        st.warning(parts.escape(warning))
    parts.table(source, items_of(source.instrument, scale))


def _ordinal(found: OrdinalReliability, level: str) -> None:
    """The same answers taken as ordered categories."""
    parts.cards([
        ("Ordinal α", numbers.number(found.alpha, bounded=True), f"{level} interval {_bounds(found.alpha_ci)}"),
        ("Categorical ω", numbers.number(found.omega, bounded=True), f"{level} interval {_bounds(found.omega_ci)}"),
    ])
    parts.say(MEANING)
    for warning in found.warnings:
        st.warning(parts.escape(warning))


def _bounds(ci: tuple[Number, Number]) -> str:
    return numbers.interval(*ci, bounded=True)


def items_of(instrument: Instrument, scale: ScaleReliability) -> Table:
    """The items of one scale with their wording beside what they do in it."""
    wording = {item.id: item.text for item in instrument.items(scale.name)}
    rows = tuple(
        (item, wording.get(item, "–"), "reversed" if item in scale.reversed_items else "", scale.item_rest[item],
         scale.alpha_drop[item], scale.loadings[item])
        for item in scale.items
    )
    return Table(
        f"items-{names.slug(scale.name)}", f"Items of {scale.label}",
        (
            Column("item", "Item"), Column("text", "Wording"), Column("key", "Key"),
            Column("item_rest", "Item–rest r", "number", bounded=True),
            Column("alpha_drop", "α without it", "number", bounded=True),
            Column("loading", "Loading", "number", bounded=True),
        ),
        rows,
        f"{scale.label} has {numbers.counted(len(rows), 'item')}; α is "
        f"{numbers.number(scale.alpha, bounded=True)} with all of them; the table says what it would be without each.",
        "Reversed items are turned round before anything is computed. Loadings: standardised, one factor.",
    )


def _factors(source: Source) -> None:
    analyses = {analysis.name: analysis for analysis in source.results.factor_analyses}
    st.header("Which factors do the items form?", anchor=False)
    if not analyses:
        parts.say("The plan asked for no exploratory factor analysis.")
        return
    name = pick("Factor analysis", list(analyses), "analysis", lambda a: analyses[a].label)
    slug = names.slug(name)
    st.subheader("Do the items share enough to be factored?", anchor=False)
    parts.table(source, source.tables["factorability"], title=False)
    st.subheader("How many factors?", anchor=False)
    parts.table(source, source.tables[f"rules-{slug}"], title=False)
    parts.figure(source, f"scree-{slug}", title=False)
    st.subheader("Which item loads where?", anchor=False)
    for warning in analyses[name].solution.warnings:
        st.warning(parts.escape(warning))
    parts.figure(source, f"loadings-{slug}", title=False)
    parts.tables(source, f"factor-correlations-{slug}")
