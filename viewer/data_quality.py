"""Data quality: what came in, what was dropped or set aside, who was left out and why, how answers are spread."""

from __future__ import annotations

import streamlit as st

from pipeline.report import names
from viewer import parts
from viewer.selection import pick
from viewer.source import Source

BOTH = "both"

SECTIONS = (
    ("What came through the door", ("reading", "personal-data", "failures", "findings")),
    ("Missing answers", ("missing",)),
    ("Careless answering and exclusions", ("screening", "care-rules", "care-estimates", "care-indices", "exclusions")),
    ("Those who did not answer", ("nonresponse", "nonresponse-rates", "nonresponse-late")),
    ("Several informants", ("informants", "informants-nulls")),
)


def show(source: Source) -> None:
    """The page."""
    st.title("Data quality", anchor=False)
    parts.synthetic_banner(source)
    forms = list(dict.fromkeys(summary.form for summary in source.results.reading))
    form = pick("Show", [BOTH, *forms], "responses", lambda f: _all_of(forms) if f == BOTH else names.form(f),
                style="buttons")
    for heading, ids in SECTIONS:
        st.header(heading, anchor=False)
        for table_id in ids:
            _of_form(source, table_id, form)
            if table_id == "reading":
                _how_read(source, form)
    st.header("How the variables are distributed", anchor=False)
    parts.tables(source, "variables")
    for key in source.results.moments:
        parts.tables(source, f"correlations-{names.slug(key)}")
        with st.expander(f"Covariances: {key}"):
            parts.tables(source, f"covariances-{names.slug(key)}")


def _all_of(forms: list[str]) -> str:
    return "Both forms" if len(forms) == 2 else "Everything"


def _how_read(source: Source, form: str) -> None:
    """What the reader noticed in each file: labels against codes, foreign columns, anything else worth a note."""
    lines = []
    for summary in source.results.reading:
        if form in (BOTH, summary.form):
            told = [f"codes against labels: {summary.label_check}", *summary.notes]
            if summary.unknown_columns:
                told.append(f"columns not of the instrument, left alone: {', '.join(summary.unknown_columns)}")
            said = "; ".join(words.rstrip(".") for words in told)
            lines.append(f"{names.form(summary.form)}, {summary.file}: {said}.")
    parts.bullets(lines)


def _of_form(source: Source, table_id: str, form: str) -> None:
    """One table, whole or only one form's rows (its sentence speaks of both forms, so it is said only of the whole)."""
    table = source.tables.get(table_id)
    if table is None:
        return
    if form == BOTH or all(column.key != "form" for column in table.columns):
        parts.table(source, table)
        return
    part = parts.where(table, "form", [names.form(form)], f"{table_id}-{form}")
    parts.table(source, part, summary=False)
    if not part.rows:
        st.caption(f"No rows for {names.form(form)}.")
