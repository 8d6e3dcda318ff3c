"""Overview: what was found, in plain words, on whom, and how far it carries."""

from __future__ import annotations

from html import escape as html_escape

import streamlit as st

from pipeline.report import names, numbers
from pipeline.results import HEADLINE_EFFECT
from viewer import parts
from viewer.selection import link
from viewer.source import REPORT_FILE, Source


def show(source: Source) -> None:
    """The page."""
    results = source.results
    st.title(parts.escape(results.manifest.title), anchor=False)
    parts.synthetic_banner(source)
    st.header("What was found", anchor=False)
    st.html(f'<div class="am-finding">{html_escape(results.headline.sentence)}</div>')
    parts.cards(key_numbers(source))
    parts.bullets(results.headline.details)
    report = source.bytes_of(REPORT_FILE)
    if report is None:
        st.caption(f"This folder holds no {REPORT_FILE}.")
    else:
        parts.download(source, REPORT_FILE, lambda: report, "Download the report (HTML, prints well)", "text/html")
    if results.claims.claims:
        st.header("What it says of the theory", anchor=False)
        parts.say(results.claims.sentence)
        link("claims", "Every claim: what decided it, what would refute it, the questions behind it", {})
        link("robustness", "What becomes of the finding under other decisions and unmeasured causes", {})
    if "scale-verdicts" in source.tables:
        st.header("Do the scales measure what they say?", anchor=False)
        parts.say(source.tables["scale-verdicts"].summary)
        link("scales", "Any construct: do its items hold together, is it distinct from the others?", {})
    if results.absent:
        st.header("What these answers cannot be asked", anchor=False)
        parts.table(source, source.tables["absent"], title=False, low=True)
    st.header("How far it carries", anchor=False)
    parts.bullets(results.headline.limits)
    if "paths" in source.figures:
        st.header("The model in one picture", anchor=False)
        parts.figure(source, "paths", title=False)
    st.header("From export to analysis", anchor=False)
    parts.figure(source, "flow", title=False)


def key_numbers(source: Source) -> list[tuple[str, str, str]]:
    """Respondents kept, rows of the headline's model, the serial effect with its interval."""
    cards = [
        (f"Respondents kept, {names.form(s.form)}", numbers.number(s.kept, 0),
         f"of {numbers.number(s.respondents, 0)}; {numbers.number(s.excluded, 0)} left out by screening")
        for s in source.results.screening
    ]
    run = names.mediation(source.results)
    if run is not None:
        left_out = f"; {run.fit.n_incomplete:,} more left out" if run.fit.n_incomplete else ""
        gaps = (f"{run.fit.n_with_gaps:,} of them with gaps, used with what they answered"
                if run.fit.missing == "fiml" else "complete on every variable")
        cards.append((f"{run.level.capitalize()}s in {run.id}", numbers.number(run.fit.nobs, 0), gaps + left_out))
    effect = None if run is None or run.bootstrap is None else next(
        (e for e in run.bootstrap.effects if e.name == HEADLINE_EFFECT), None)
    if run is not None and run.bootstrap is not None and effect is not None:
        cards.append(("Serial effect on capability", numbers.number(effect.est, 3),
                      f"{numbers.level_name(run.bootstrap.level)} bootstrap interval "
                      f"{numbers.interval(effect.lower, effect.upper, 3)}"))
    return cards
