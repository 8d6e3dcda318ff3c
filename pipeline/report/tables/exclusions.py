"""Tables on care: every index of careless answering, and results under three rules of exclusion side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.data.screening import RespondentScreening
from pipeline.evidence.found.exclusions import RULES, ExclusionsReport, QuantityByRule, Rule
from pipeline.report import names
from pipeline.report.numbers import MINUS, counted, level_name, listed, number, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import StudyResults
from pipeline.robustness.specifications import FLAGS
from pipeline.undefined import Number, Undefined

RULE_NAMES: Mapping[Rule, str] = {"plan": "Plan's rule", "strict": "Every flag", "none": "Nobody left out"}


@dataclass(frozen=True, slots=True)
class _CareIndex:
    """One index of care: where it stands, its name, which end is careless, and its digits."""

    flag: str
    name: str
    careless: str
    digits: int
    value: Callable[[RespondentScreening], Number]


INDICES = (
    _CareIndex("speed", "Seconds per question", "low", 1, lambda r: r.seconds_per_item),
    _CareIndex("longstring", "Longest run of one answer", "high", 0, lambda r: r.longstring),
    _CareIndex("irv", "Spread of the answers (irv)", "low", 2, lambda r: r.irv),
    _CareIndex("even_odd", "Even-odd consistency", "low", 2, lambda r: r.even_odd),
    _CareIndex("mahalanobis", "Mahalanobis D²", "high", 1, lambda r: r.mahalanobis),
    _CareIndex("synonyms", "Consistency across synonyms", "low", 2, lambda r: r.synonyms),
    _CareIndex("antonyms", "Consistency across antonyms", "high", 2, lambda r: r.antonyms),
)


def exclusions_tables(results: StudyResults, found: ExclusionsReport | None) -> tuple[Table, ...]:
    """The indices of care, and what becomes of the results under each rule where that was examined."""
    tables = [care_table(results)] if results.respondents else []
    if found is not None:
        tables += [rules_table(found), estimates_table(found), scales_table(found)]
    return tuple(tables)


# -- indices ------------------------------------------------------------------------------------------


def care_table(results: StudyResults) -> Table:
    """Every index of careless answering: how it is distributed, whom it marks, whom it marks alone."""
    rows = []
    for summary in results.screening:
        judged = [r for r in results.respondents if r.form == summary.form and not _no_response(r)]
        for index in INDICES:
            values = [v for r in judged if not isinstance(v := index.value(r), Undefined)]
            marked = [r for r in judged if index.flag in r.flags]
            alone = sum(len([flag for flag in r.flags if flag != "tenure"]) == 1 for r in marked)
            middle = [_quantile(values, share) for share in (0.05, 0.50, 0.95)]
            rows.append((
                names.form(summary.form), index.name, index.careless, len(values), len(judged) - len(values),
                *(_rounded(value, index.digits) for value in middle), summary.cutoffs.get(index.flag, "no cut-off"),
                len(marked), len(marked) / len(judged) if judged else None, alone, sum(r.excluded for r in marked),
            ))
    return Table(
        "care-indices", "Indices of careless answering",
        (
            Column("form", "Form"), Column("index", "Index"), Column("careless", "Careless is"),
            Column("defined", "Have it", "integer"), Column("undefined", "Have it not", "integer"),
            Column("low", "5th percentile"), Column("median", "Median"), Column("high", "95th percentile"),
            Column("cutoff", "Marked where"), Column("marked", "Marked", "integer"),
            Column("share", "Share", "percent"), Column("alone", "By this alone", "integer"),
            Column("excluded", "Of them left out", "integer"),
        ),
        tuple(rows), care_sentence(results),
        "Definitions are those of R's careless 1.2.2 (docs/screening.md says where they differ). Synonyms, antonyms: "
        "pairs of items that correlate above or below a cut-off in the sample; the index is a respondent's own "
        "correlation across the pairs. With few pairs a careful respondent falls beyond the cut-off by chance. By this "
        "alone: no other flag. A respondent without an index, such as a straight-liner without even-odd consistency, "
        "is not marked by it.",
    )


def care_sentence(results: StudyResults) -> str:
    """How many are marked at all, and how many left out."""
    parts = []
    for summary in results.screening:
        judged = [r for r in results.respondents if r.form == summary.form and not _no_response(r)]
        marked = [r for r in judged if any(flag != "tenure" for flag in r.flags)]
        several = sum(len([flag for flag in r.flags if flag != "tenure"]) > 1 for r in marked)
        gone = sum(r.excluded for r in judged)
        if judged:
            parts.append(f"{names.form(summary.form)}: {len(marked):,} of {len(judged):,} respondents carry a flag "
                         f"({percent(len(marked) / len(judged))}), {several:,} more than one; the plan's rule leaves "
                         f"out {gone:,}")
    return "; ".join(parts) + "." if parts else "Nobody's answers were judged."


def _no_response(respondent: RespondentScreening) -> bool:
    """Not judged: without consent, not eligible, unfinished or withdrawn."""
    return respondent.longstring == 0 and isinstance(respondent.irv, Undefined)


def _quantile(values: list[float], share: float) -> Number:
    return float(np.quantile(values, share)) if values else Undefined("nobody has the index")


def _rounded(value: Number, digits: int) -> Cell:
    return value if isinstance(value, Undefined) else number(value, digits)


# -- three rules --------------------------------------------------------------------------------------


def rules_table(found: ExclusionsReport) -> Table:
    """Who stays, and how well scales hold together, under each rule."""
    rows: list[tuple[Cell, ...]] = []
    for one in found.kept:
        scales = [scale for scale in found.scales if scale.form == one.form]
        largest = _largest([(scale.label, scale.change(one.rule)) for scale in scales])
        part = ExclusionsReport(found.rules, (), tuple(scales), (), found.level)
        rows.append((
            names.form(one.form), RULE_NAMES[one.rule], one.kept, one.answered - one.kept, one.units,
            part.mean_alpha(one.rule), part.mean_omega(one.rule),
            None if one.rule == "plan" or largest is None else f"{largest[0]} ({_signed(largest[1])})",
        ))
    flags = ", ".join(names.flag(flag).lower() for flag in FLAGS)
    return Table(
        "care-rules", "Three rules of exclusion: who is kept, and how scales hold together",
        (
            Column("form", "Form"), Column("rule", "Rule"), Column("kept", "Respondents kept", "integer"),
            Column("left_out", "Left out", "integer"), Column("units", "Firms or alliances", "integer"),
            Column("alpha", "Mean alpha", "number", 3, True), Column("omega", "Mean omega", "number", 3, True),
            Column("largest", "Largest change of an alpha"),
        ),
        tuple(rows), rules_sentence(found),
        f"Every flag leaves out whoever carries any of: {flags}. Nobody left out: all who consented, were eligible and "
        "finished. Means are over scales that have a value under every rule. Changes are from the plan's rule.",
    )


def rules_sentence(found: ExclusionsReport) -> str:
    """Whether the finding would have been another under another rule."""
    parts = []
    for form in dict.fromkeys(one.form for one in found.kept):
        kept = {one.rule: one.kept for one in found.kept if one.form == form}
        parts.append(f"{names.form(form)} keeps {kept['plan']:,} respondents by the plan's rule, {kept['strict']:,} if "
                     f"every flag leaves out and {kept['none']:,} if none does")
    said = f"{'; '.join(parts)}."
    headline = next((one for one in found.quantities if one.headline), None)
    return f"{said} {headline_sentence(headline)}" if headline is not None else said


def headline_sentence(headline: QuantityByRule) -> str:
    """The effect that the finding is about, under each rule."""
    values = [_in_words(headline, rule) for rule in RULES]
    zero = [headline.estimates[rule].excludes_zero for rule in RULES]
    if None in zero:
        end = "not every rule gives an interval"
    elif all(zero):
        end = "its interval excludes zero under all three"
    elif any(zero):
        kept_zero = [RULE_NAMES[rule].lower() for rule, one in zip(RULES, zero, strict=True) if not one]
        end = f"its interval includes zero under {listed(kept_zero)}"
    else:
        end = "its interval includes zero under all three"
    return f"The effect {names.effect(headline.name)} is {listed(values)}; {end}."


def _in_words(quantity: QuantityByRule, rule: Rule) -> str:
    value = quantity.estimates[rule].est
    said = "undefined" if isinstance(value, Undefined) else number(value, 3, bounded=True)
    return f"{said} ({RULE_NAMES[rule].lower()})"


def estimates_table(found: ExclusionsReport) -> Table:
    """Correlations of factors and effects, under each rule."""
    columns = [Column("model", "Model"), Column("what", "What"), Column("name", "Name")]
    for rule in RULES:
        columns += [Column(rule, RULE_NAMES[rule], "number", 3, True),
                    Column(f"{rule}_ci", f"{level_name(found.level)} interval", "interval", 3, True),
                    Column(f"{rule}_n", "n", "integer")]
    columns += [Column("largest", "Largest change", "number", 3, True), Column("by", "Intervals by")]
    rows: list[tuple[Cell, ...]] = []
    for one in found.quantities:
        cells: list[Cell] = [one.model, one.kind, _name(one)]
        for rule in RULES:
            own = one.estimates[rule]
            cells += [own.est, (own.lower, own.upper), own.n]
        largest = _largest([(rule, one.change(rule)) for rule in RULES if rule != "plan"])
        rows.append((*cells, None if largest is None else largest[1], one.estimates["plan"].interval_by))
    return Table(
        "care-estimates", "Factor correlations and effects under three rules of exclusion", tuple(columns),
        tuple(rows), estimates_sentence(found),
        "Standardised. Where answers at random are left in, correlations of factors can rise as well as fall: careless "
        "answers to all items alike make everything go together (Huang, Liu & Bowling 2015).",
    )


def estimates_sentence(found: ExclusionsReport) -> str:
    """The largest change of a correlation and of an effect."""
    parts = []
    for kind, words in (("correlation", "correlation of factors"), ("effect", "effect")):
        changes = [(f"{_name(one)}, {RULE_NAMES[rule].lower()}", one.change(rule))
                   for one in found.quantities if one.kind == kind for rule in RULES if rule != "plan"]
        largest = _largest(changes)
        if largest is not None:
            parts.append(f"the {words} that changes most does so by {_signed(largest[1])} ({largest[0]})")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else "No model could be compared under the three rules."


def scales_table(found: ExclusionsReport) -> Table:
    """Alpha and omega of every scale, under each rule."""
    columns = [Column("scale", "Scale"), Column("form", "Form")]
    for rule in RULES:
        columns += [Column(f"alpha_{rule}", f"Alpha, {RULE_NAMES[rule].lower()}", "number", 3, True),
                    Column(f"omega_{rule}", f"Omega, {RULE_NAMES[rule].lower()}", "number", 3, True)]
    rows = tuple(
        (scale.label, names.form(scale.form),
         *(cell for rule in RULES for cell in (scale.alpha[rule], scale.omega[rule])))
        for scale in found.scales)
    changes = [(f"{scale.label}, {RULE_NAMES[rule].lower()}", scale.change(rule))
               for scale in found.scales for rule in RULES if rule != "plan"]
    largest = _largest(changes)
    return Table(
        "care-scales", "Reliability of every scale under three rules of exclusion", tuple(columns), rows,
        f"Of {counted(len(found.scales), 'scale')}, alpha changes most by {_signed(largest[1])} ({largest[0]})."
        if largest is not None else "No scale has an alpha under two rules.",
        "Respondents' answers, complete rows. Omega is that of one factor.",
    )


def _name(one: QuantityByRule) -> str:
    if one.kind == "effect":
        return names.effect(one.name)
    first, _, second = one.name.partition(" ~~ ")
    return f"{names.VARIABLES.get(first, first)} with {names.VARIABLES.get(second, second)}"


def _largest(changes: list[tuple[str, Number]]) -> tuple[str, float] | None:
    known = [(name, value) for name, value in changes if not isinstance(value, Undefined)]
    return max(known, key=lambda one: abs(one[1])) if known else None


def _signed(change: float) -> str:
    text = number(change, 3, bounded=True)
    return text if text.startswith(MINUS) else f"+{text}"
