"""Scales: do a construct's items hold together, is it distinct from the others, and what that rests on."""

from __future__ import annotations

from html import escape

import streamlit as st

from pipeline.evidence.found.consistency import Coefficient, FoundConsistency
from pipeline.evidence.found.distinctness import DistinctPair
from pipeline.evidence.found.items import FoundItem
from pipeline.evidence.verdicts import Answer, ConstructVerdict, construct_verdicts
from pipeline.report import names, numbers
from pipeline.report.tables import Column, Table
from pipeline.report.tables.spec import Cell
from pipeline.undefined import Number, Undefined
from viewer import parts
from viewer.selection import pick
from viewer.source import Source

COLOURS = {"yes": " supported", "with a remark": " inconclusive", "no": " against", "not known": ""}
"""Of an answer's box; its words say the same."""

SHOWN: tuple[tuple[Coefficient, str], ...] = (
    ("omega", "ω"), ("alpha", "α"), ("omega_categorical", "Categorical ω"), ("ave", "Variance extracted"))

MORE = (
    ("Reliability: every coefficient with its interval", (
        "consistency", "consistency-further", "consistency-constructs", "consistency-constructs-further", "retest")),
    ("Which structure do the items have?", ("structure", "structure-comparisons", "structure-higher",
                                            "structure-bifactor")),
    ("Distinctness: every pair", ("distinctness", "convergent", "distinctness-constructs", "distinctness-dimensions",
                                  "distinctness-tests", "cross-loadings")),
    ("Does the way of asking make answers alike?", ("method", "method-remedies", "method-correlations",
                                                   "method-harman")),
    ("Answers to every item", ("inter-item", "item-answers", "normality")),
)
"""What stands folded below, for all scales: a question and its tables."""


def show(source: Source) -> None:
    """The page."""
    st.title("Do the scales measure what they say?", anchor=False)
    parts.synthetic_banner(source)
    verdicts = {f"{one.construct}-{one.form}": one for one in construct_verdicts(source.results.evidence)}
    if not verdicts:
        st.info("No scale was examined in this run.")
        return
    parts.say(source.tables["scale-verdicts"].summary)
    chosen = pick("Construct", list(verdicts), "construct",
                  lambda key: f"{verdicts[key].label} ({names.form(verdicts[key].form)})")
    _construct(source, verdicts[chosen])
    st.header("All constructs", anchor=False)
    parts.table(source, source.tables["scale-verdicts"], title=False, summary=False)
    parts.figure(source, "consistency")
    parts.figure(source, "distinctness")
    st.header("In detail", anchor=False)
    for question, ids in MORE:
        with st.expander(question):
            parts.tables(source, *ids)


def _construct(source: Source, one: ConstructVerdict) -> None:
    construct = next((c for c in source.instrument.constructs if c.id == one.construct), None)
    if construct is not None and construct.definition:
        parts.say(construct.definition)
    left, right = st.columns(2)
    with left:
        _answer("Do its items hold together?", one.together)
    with right:
        _answer("Is it distinct from the others?", one.distinct)
    parts.table(source, reliability_table(source, one), summary=False)
    pairs = pairs_table(source, one)
    if pairs.rows:
        parts.table(source, pairs, summary=False)
    st.subheader("Its items", anchor=False)
    for figure in (f"answers-{one.construct}", f"answers-{one.construct}-{one.form}"):
        parts.figure(source, figure, title=False, numbers=False)
    parts.table(source, items_table(source, one), title=False, summary=False)


def _answer(question: str, answer: Answer) -> None:
    first, *rest = answer.sentences
    lines = "".join(f"<li>{escape(line)}</li>" for line in rest)
    st.html(f'<div class="am-verdict{COLOURS[answer.grade]}"><p class="what">{escape(question)}</p>'
            f"<b>{escape(first)}</b><ul>{lines}</ul></div>")


# -- tables -----------------------------------------------------------------------------------------------------


def reliability_table(source: Source, one: ConstructVerdict) -> Table:
    """The scales of a construct with the coefficients most asked for, each with its interval."""
    report = source.results.evidence.consistency
    assert report is not None
    scales = [scale for scale in report.scales if (scale.construct, scale.form) == (one.construct, one.form)]
    columns = [Column("scale", "Scale"), Column("items", "Items", "integer"), Column("n", "Complete", "integer")]
    for name, header in SHOWN:
        columns += [Column(name, header, "number", bounded=True),
                    Column(f"{name}_ci", numbers.level_name(report.level), "interval", bounded=True)]
    rows = tuple((scale.label, len(scale.items), scale.n, *_coefficients(scale)) for scale in scales)
    return Table(
        f"reliability-{one.construct}-{one.form}", "How reliable are its scales?", tuple(columns), rows,
        f"{one.label} has {numbers.counted(len(rows), 'scale')}.",
        f"Intervals: percentiles of {report.draws:,} resamples. ω: omega total of one factor, which is composite "
        "reliability. Complete: respondents who answered every item." if report.draws else
        "ω: omega total of one factor, which is composite reliability. The plan asked for no resamples.")


def _coefficients(scale: FoundConsistency) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for name, _ in SHOWN:
        found = scale.coefficient(name)
        cells += [None, None] if found is None else [found.value, _interval(found.value, found.lower, found.upper)]
    return tuple(cells)


def _interval(value: Number, lower: Number, upper: Number) -> Cell:
    """No second footnote where the value itself says why there is none."""
    return None if isinstance(value, Undefined) else (lower, upper)


def pairs_table(source: Source, one: ConstructVerdict) -> Table:
    """The construct beside each of the others of its sets."""
    found = source.results.evidence.distinctness
    labels = source.results.evidence.constructs
    rows = []
    for level in (s.level("constructs") for s in (found.sets if found else ()) if s.form == one.form):
        for pair in level.pairs if level else ():
            if one.construct in (pair.first, pair.second):
                rows.append(_pair(pair, labels[pair.second if pair.first == one.construct else pair.first]))
    return Table(
        f"pairs-{one.construct}-{one.form}", "How far is it from the others?",
        (Column("other", "Other construct"), Column("phi", "Correlation of the factors", "number", bounded=True),
         Column("phi_ci", numbers.level_name(source.results.plan.level), "interval", bounded=True),
         Column("htmt2", "HTMT2", "number", bounded=True), Column("htmt2_ci", "Interval", "interval", bounded=True),
         Column("upper", "At most", "number", bounded=True), Column("verdict", "Verdict")),
        tuple(rows), f"{one.label} is held against {numbers.counted(len(rows), 'other construct')}.",
        "HTMT2: heterotrait–monotrait ratio with geometric means; at most: its one-sided upper limit. Conventions ask "
        "for less than .85 (or .90).")


def _pair(pair: DistinctPair, other: str) -> tuple[Cell, ...]:
    return (other, pair.correlation, _interval(pair.correlation, *pair.correlation_interval), pair.htmt2.value,
            _interval(pair.htmt2.value, *pair.htmt2.interval), pair.htmt2.upper, pair.verdict)


def items_table(source: Source, one: ConstructVerdict) -> Table:
    """Every item with its wording, where its answers lie and how it goes with the others of its scale."""
    report = source.results.evidence.items
    scales = [s for s in (report.scales if report else ()) if (s.construct, s.form) == (one.construct, one.form)]
    loadings = _loadings(source, one)
    wording = {item.id: item.text for scale in one.scales for item in source.instrument.items(scale)}
    rows = tuple(_item(item, scale.label, wording.get(item.item, "–"), loadings.get(item.item))
                 for scale in scales for item in scale.items)
    return Table(
        f"items-{one.construct}-{one.form}", f"Items of {one.label}",
        (Column("scale", "Scale"), Column("item", "Item"), Column("text", "Wording"),
         Column("loading", "Loading", "number", bounded=True),
         Column("item_rest", "Item–rest r", "number", bounded=True), Column("mean", "Mean", "number"),
         Column("sd", "SD", "number"), Column("floor", "Lowest", "percent"), Column("ceiling", "Highest", "percent"),
         Column("missing", "Missing", "integer")),
        rows, f"{one.label} has {numbers.counted(len(rows), 'item')}.",
        "Loading: standardised, in the model of all scales of its set. Lowest, highest: share of answers at an end of "
        "the scale. Reversed items (R) are turned round.")


def _item(item: FoundItem, scale: str, text: str, loading: Number | None) -> tuple[Cell, ...]:
    name, given = f"{item.item} (R)" if item.reversed else item.item, item.answers
    return (scale, name, text, loading, item.item_rest, given.mean, given.sd, given.floor, given.ceiling,
            given.missing)


def _loadings(source: Source, one: ConstructVerdict) -> dict[str, Number]:
    found = source.results.evidence.distinctness
    levels = [s.level("dimensions") for s in (found.sets if found else ()) if s.form == one.form]
    return {item: loading for level in levels if level for factor in level.factors if factor.id in one.scales
            for item, loading in factor.loadings.items()}
