"""One claim from its statement to the questions behind it: what was claimed, what decided it, what would refute it."""

from __future__ import annotations

from html import escape as html_escape

import streamlit as st

from instrument.model import Fact, Instrument, Item
from pipeline.claims.ledger import DOCUMENTS
from pipeline.claims.report import ClaimResult, PredictionResult
from pipeline.report import names, numbers
from pipeline.report.tables.fit import fit_sentence
from pipeline.results import SCREENED, ModelRun
from pipeline.undefined import Number, Undefined
from viewer import parts, questionnaire
from viewer.questionnaire import language_name
from viewer.selection import link, pick
from viewer.source import Source

SIDE = {"positive": "above 0", "negative": "below 0", "none": "no effect that matters"}

HEADLINES = {
    "supported": "Supported: the data are consistent with it",
    "against": "Against: the data are not consistent with it",
    "inconclusive": "Inconclusive: open at this power", "not testable": "Not testable with this form",
    "pending": "Pending: it waits for a method",
}


def show(source: Source, claim: ClaimResult) -> None:
    """The whole chain, statement to questions."""
    st.subheader(parts.escape(f"{claim.id}: {claim.statement}"), anchor="claim", divider="gray")
    st.caption(parts.escape(f"{DOCUMENTS.get(claim.document, claim.document)}. After {'; '.join(claim.source)}."))
    st.html(f'<div class="am-verdict {html_escape(claim.verdict.replace(" ", "-"))}"><b>'
            f"{html_escape(HEADLINES[claim.verdict])}</b>{html_escape(claim.because)}</div>")
    if claim.truth:
        known, _, why = claim.truth.partition(": ")
        parts.say(f"True of the simulated firms: {known}{f', because {why}' if why else ''}.")
    if claim.predictions:
        _decided(source, claim)
        _models(source, claim)
    left, right = st.columns(2)
    with left:
        st.markdown("#### What else would explain it")
        parts.say(claim.rival)
    with right:
        st.markdown("#### What would refute it")
        parts.say(claim.refuted_by)
    if claim.needs:
        _questions(source, claim)


def _decided(source: Source, claim: ClaimResult) -> None:
    several = {"all": "all of them must hold", "any": "any of them decides"}[claim.decided_by]
    count = len(claim.predictions)
    st.markdown("#### What decided it" + (f": {count} quantities, {several}" if count > 1 else ""))
    for prediction in claim.predictions:
        _quantity(prediction, alone=count == 1)
    if "predictions" in source.tables:
        with st.expander("The same as a table"):
            table = parts.where(source.tables["predictions"], "claim", [claim.id], f"predictions-{claim.id}")
            parts.table(source, table, title=False, summary=False)


def _quantity(p: PredictionResult, *, alone: bool) -> None:
    """One prediction beside its estimate, and what this design could have found."""
    wanted = SIDE.get(p.expected, "") if p.between is None else (
        f"between {numbers.number(p.between[0])} and {numbers.number(p.between[1])}")
    verdict = "" if alone else f" {p.verdict.capitalize()}."
    parts.say(f"{p.what[:1].upper()}{p.what[1:]} ({p.parameter} in {p.model}); predicted: {wanted}.{verdict}")
    if isinstance(p.est, Undefined):
        return
    how = f"by {p.interval_by}, n = {numbers.number(p.n, 0)}"
    if p.scale == "standardised":  # the test of the raw estimate is not the one that decides
        estimate = (_value(p.std, 3, bounded=True), "standardised, as predictors of different units are compared")
    else:
        estimate = (_value(p.est, 3), f"standardised {_value(p.std, 2, bounded=True)}")
        how = f"{how}, {numbers.p_equals(p.pvalue)}"
    parts.cards([
        ("Estimate", *estimate),
        (f"{numbers.level_name(p.level)} interval", numbers.interval(p.lower, p.upper), how),
        ("Smallest effect that would matter", numbers.number(p.bound, 2, bounded=True),
         _reason(p.std_lower, f"standardised; interval of the equivalence test {_interval(p.std_lower, p.std_upper)}")),
        ("Power, were it just that large", _share(p.power), _reason(p.power, "of such studies would find it")),
        ("Found with power .80", _value(p.detectable, 2, bounded=True), _reason(p.detectable, "standardised, or more")),
    ])


def _value(value: Number, digits: int, *, bounded: bool = False) -> str:
    return numbers.NOT_APPLICABLE if isinstance(value, Undefined) else numbers.number(value, digits, bounded=bounded)


def _interval(lower: Number, upper: Number) -> str:
    return numbers.interval(lower, upper, bounded=True)


def _share(value: Number) -> str:
    return numbers.NOT_APPLICABLE if isinstance(value, Undefined) else numbers.percent(value, 0)


def _reason(value: Number, words: str) -> str:
    return str(value) if isinstance(value, Undefined) else words


def _models(source: Source, claim: ClaimResult) -> None:
    st.markdown("#### The model")
    for model_id in dict.fromkeys(p.model for p in claim.predictions):
        run = run_of(source, model_id)
        if run is None:
            parts.say(f"{model_id} has no estimates in these results.")
            continue
        parts.say(f"{run.title}. {fit_sentence(run)}")
        with st.expander(f"The text of {parts.escape(model_id)}, in lavaan's language"):
            st.code(run.fit.syntax.strip(), language=None)
            if f"{claim.id}_" in run.fit.syntax:
                st.caption(f"Lines that begin with {claim.id} define what the claim asks of the model.")
        link("model", f"{model_id} with all its estimates", {"model": model_id, "rows": run.rows},
             icon=":material/account_tree:")


def run_of(source: Source, model_id: str) -> ModelRun | None:
    """A model on the screened rows; None if these results hold none."""
    try:
        return source.results.model(model_id, SCREENED)
    except KeyError:
        return None


def _questions(source: Source, claim: ClaimResult) -> None:
    """What respondents were asked, in the study's language."""
    questions, planned = source.instrument, source.results.plan.languages
    st.markdown("#### The questions behind it")
    languages = [*planned, *(code for code in questions.languages if code not in planned)]
    language = pick("Language of the questions", languages, "language", lambda code: language_name(questions, code))
    alphas = {scale.name: (f"α {numbers.number(scale.alpha, bounded=True)}",) for scale in source.results.reliability
              if not isinstance(scale.alpha, Undefined)}
    st.html(questions_html(questions, claim, language, alphas))
    forms = [form.id for form in questions.forms
             if any(getattr(q, "dimension", q.id) in claim.needs for _, q in form.questions())]
    for form in forms:
        link("instrument", f"{names.form(form)} as respondents saw it", {"form": form}, icon=":material/list_alt:")


def questions_html(instrument: Instrument, claim: ClaimResult, language: str, alphas: dict[str, tuple[str]]) -> str:
    """Every scale with its items, then every fact, in the order of the questionnaire, each with its id."""
    scales: dict[str, list[str]] = {}
    facts: dict[str, str] = {}
    for form in instrument.forms:
        for _, question in form.questions():
            if isinstance(question, Item) and question.dimension in claim.needs:
                turned = " <i>(reversed)</i>" if question.reversed else ""
                scales.setdefault(question.dimension, []).append(_asked(instrument, question, language) + turned)
            elif isinstance(question, Fact) and question.id in claim.needs:
                facts[question.id] = _asked(instrument, question, language)
    body = [_group(scale_name(instrument, d), ", ".join((d, *alphas.get(d, ()))), items) for d, items in scales.items()]
    if facts:
        body.append(_group("Facts", "", list(facts.values())))
    return (f'<div class="am-scroll am-low" tabindex="0" role="region" aria-label="Questions behind {claim.id}">'
            f'<dl class="am-asked" lang="{html_escape(language, quote=True)}">{"".join(body)}</dl></div>')


def scale_name(instrument: Instrument, dimension: str) -> str:
    """A dimension's name, once the construct's before it."""
    construct, own = instrument.construct_of[dimension], instrument.dimensions[dimension]
    return own.name if construct.name == own.name else f"{construct.name}: {own.name}"


def _asked(instrument: Instrument, question: Item | Fact, language: str) -> str:
    words = questionnaire.words(instrument, f"question.{question.id}", language)
    return f'<span class="am-key" lang="en">{html_escape(question.id)}</span> {html_escape(words)}'


def _group(name: str, key: str, lines: list[str]) -> str:
    return (f'<dt lang="en">{html_escape(name)} <span class="am-key">{html_escape(key)}</span></dt>'
            + "".join(f"<dd>{line}</dd>" for line in lines))
