"""Model: how each model fits, its parameters, the effects with their intervals, and what they hang on."""

from __future__ import annotations

import streamlit as st

from pipeline.report import methods, names, numbers
from pipeline.report.tables.fit import fit_sentence
from pipeline.report.tables.models import crosschecks_sentence
from pipeline.results import EVERYONE, SCREENED, ModelRun
from viewer import parts
from viewer.claim_search import way_to
from viewer.selection import link, pick
from viewer.source import Source

ROWS = {SCREENED: "After screening", EVERYONE: "All respondents"}

MORE = (
    ("Variances and covariances", "variances"),
    ("Intercepts and means", "intercepts"),
    ("The whole parameter table, in lavaan's order", "parameters"),
)
"""Tables that are long and rarely asked for: folded, with the first word of their id."""


def show(source: Source) -> None:
    """The page."""
    st.title("Model", anchor=False)
    parts.synthetic_banner(source)
    if not source.results.models:
        parts.say("This study estimated no model.")
        return
    run = _choose(source)
    st.header(parts.escape(run.title), anchor=False)
    _in_brief(run)
    _claims(source, run)
    slug = f"{names.slug(run.id)}-{names.slug(run.rows)}"
    if run is names.mediation(source.results):
        parts.figure(source, "paths")
    if run.bootstrap is not None or run.simulated:
        _effects(source, run, slug)
    st.header("Estimates", anchor=False)
    parts.tables(source, f"paths-{slug}")
    if run is names.mediation(source.results):
        parts.figure(source, "measurement")
    parts.tables(source, f"measurement-{slug}", f"residuals-{slug}")
    for label, kind in MORE:
        if f"{kind}-{slug}" in source.tables:
            with st.expander(label):
                parts.tables(source, f"{kind}-{slug}")
    if run in source.results.theory:
        with st.expander("The model's text, in lavaan's language"):
            st.code(run.fit.syntax.strip(), language=None)
    else:
        _second_opinion(source, run)
    _ordinal(source, run)
    st.header("All models side by side", anchor=False)
    parts.tables(source, "fit", "cutoffs", "fit-theory", "explained", "ordinal")
    with st.expander("Identification, diagnoses, all fit indices, information criteria, both estimators"):
        parts.tables(source, "identification", "diagnoses", "indices", "information", "ordinal-estimates")
    if run not in source.results.theory:
        _sensitivity(source)


def _choose(source: Source) -> ModelRun:
    """The run picked by the reader: the headline's model first, those that decide claims after the main ones."""
    main, theory = source.results.models, source.results.theory
    words = {run.id: f"{run.id}: {run.title}" for run in main}
    ids = sorted(words, key=lambda model_id: model_id != names.MEDIATION)
    for run in sorted(theory, key=lambda run: run.level, reverse=True):
        words[run.id] = f"Theory, {run.level}s · {run.id}: {run.title}"
        ids.append(run.id)
    left, right = st.columns([2, 1])
    with left:
        model_id = pick("Model", ids, "model", words.__getitem__)
    kept = [run.rows for run in (*main, *theory) if run.id == model_id]
    with right:
        rows = pick("Rows", kept, "rows", lambda r: ROWS.get(r, r), style="buttons")
    return source.results.model(model_id, rows)


def _in_brief(run: ModelRun) -> None:
    fit = run.fit
    parts.say(fit_sentence(run))
    parts.say(methods.estimation(run))
    parts.say(f"It rests on {methods.rows_used(run)}")
    if not fit.converged:
        st.error("This model did not converge. Its numbers are not to be used.", icon=":material/error:")
    elif not fit.admissible:
        st.warning("This model converged to a solution that is not admissible; its numbers are shown, "
                   "but no finding rests on them.")
    for found in fit.diagnoses:
        shown = st.info if found.code == "note" else st.warning
        shown(f"**{parts.escape(names.diagnosis(found.code))}.** {parts.escape(found.text)}")


def _claims(source: Source, run: ModelRun) -> None:
    """The claims that this model decides, each with its verdict and the way to it."""
    decided = [claim for claim in source.results.claims.claims
               if run.rows == SCREENED and any(p.model == run.id for p in claim.predictions)]
    if decided:
        with st.expander(f"{numbers.counted(len(decided), 'claim')} that this model decides"):
            for claim in decided:
                link("claims", f"{claim.id}, {claim.verdict}: {claim.statement}", way_to(claim))


def _second_opinion(source: Source, run: ModelRun) -> None:
    """The same model by another program, where there is one for these rows."""
    st.header("Second opinion", anchor=False)
    found = next((c for c in source.results.crosschecks if (c.model, c.rows) == (run.id, run.rows)), None)
    if found is None:
        parts.say(crosschecks_sentence(source.results))
    else:
        parts.table(source, source.tables[f"crosscheck-{names.slug(run.id)}-{names.slug(run.rows)}"], title=False)


def _ordinal(source: Source, run: ModelRun) -> None:
    """What the model says with its single answers as ordered categories; nothing for runs that were not asked."""
    found = next((one for one in source.results.ordinal if (one.model, SCREENED) == (run.id, run.rows)), None)
    if found is None:
        return
    with st.expander("Ordered answers as ordered: WLSMV beside robust ML"):
        parts.say(found.sentence)
        shown = source.tables["ordinal-estimates"]
        own = parts.where(shown, "model", [run.id], f"{shown.id}-{names.slug(run.id)}")
        if own.rows:
            parts.table(source, own, title=False, summary=False)
        parts.say("Every model's fit by WLSMV stands below, beside the others.")


def _effects(source: Source, run: ModelRun, slug: str) -> None:
    st.header("Direct, indirect and total effects", anchor=False)
    parts.table(source, source.tables[f"effects-{slug}"], title=False)
    parts.tables(source, f"joint-{slug}")
    if run is names.mediation(source.results):
        parts.figure(source, "bootstrap")
    parts.tables(source, "bootstrap")


def _sensitivity(source: Source) -> None:
    st.header("What the finding hangs on", anchor=False)
    parts.figure(source, "effects", title=False)
    parts.tables(source, "effects-comparison")
    link("robustness", "What it hangs on besides: decisions, unmeasured causes, errors, order", {})
    if source.results.known_truth:
        st.header("The known truth", anchor=False)
        parts.tables(source, "known-truth")
