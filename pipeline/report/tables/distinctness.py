"""Tables on convergent and discriminant validity: sets, factors, pairs, cross-loadings, and the matrix papers print."""

from __future__ import annotations

from pipeline.evidence.found.distinctness import (
    DistinctFactor,
    DistinctLevel,
    DistinctnessReport,
    DistinctSet,
    Verdict,
)
from pipeline.report.numbers import counted, listed, number
from pipeline.report.tables.distinct_pairs import closest_of, levels_of, pair_name, pairs_table, tests_table
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

RELIABLE, EXTRACTED = 0.70, 0.50
"""Composite reliability and variance extracted that are usually asked for (Bagozzi & Yi 1988)."""

_FACTOR = (
    "Composite reliability and average variance extracted are of standardised indicators, with delta-method "
    "intervals on the logit scale. A construct of several dimensions is measured by their factors (MacKenzie, "
    "Podsakoff & Podsakoff 2011). Usually asked for: reliability of .70 or more, variance extracted of .50 or more "
    "(Bagozzi & Yi 1988), and more than the largest variance shared with another factor (Fornell & Larcker 1981).")


_CROSSING = (
    "Standardised. Expected loading: what freeing it would give, about (Saris, Satorra & Sörbom 1987). Modification "
    "index: the expected fall of χ², which takes answers to be normal. p is adjusted for all loadings that a level "
    "of a set could have in addition (Holm 1979). Shown are the ten largest indices of each level, and whatever else "
    "is expected to be .20 or more and stays significant.")


def distinctness_tables(found: DistinctnessReport | None) -> tuple[Table, ...]:
    """All tables; none where nothing was examined."""
    if found is None or not found.sets:
        return ()
    levels = list(levels_of(found))
    tables = [sets_table(found), factors_table(found)]
    for name, title in (("constructs", "Are the constructs distinct?"), ("dimensions", "Are the dimensions distinct?")):
        there = [(own, level) for own, level in levels if level.name == name and level.pairs]
        if there:
            tables.append(pairs_table(f"distinctness-{name}", title, there))
    if any(level.pairs for _, level in levels):
        tables.append(tests_table(found))
    tables += [matrix_table(own, level) for own, level in levels if level.pairs]
    if any(level.cross_loadings for _, level in levels):
        tables.append(cross_loadings_table(found))
    return tuple(tables)


# -- sets ----------------------------------------------------------------------------------------------------


def sets_table(found: DistinctnessReport) -> Table:
    """What was examined together: the model's fit, and how many pairs came to which verdict."""
    return Table(
        "distinctness", "Are the scales distinct?",
        (
            Column("set", "Set"), Column("form", "Form"), Column("level", "Level"), Column("n", "n", "integer"),
            Column("complete", "Complete", "integer"), Column("clusters", "Firms", "integer"),
            Column("cfi", "CFI", "number", 3, True), Column("rmsea", "RMSEA", "number", 3, True),
            Column("srmr", "SRMR", "number", 3, True), Column("pairs", "Pairs", "integer"),
            Column("distinct", "Distinct", "integer"), Column("remark", "With a remark", "integer"),
            Column("not_shown", "Not shown", "integer"), Column("closest", "Closest pair"),
            Column("closest_phi", "Its φ", "number", 2, True), Column("warnings", "To be known"),
        ),
        tuple(_set_row(own, level) for own, level in levels_of(found)),
        sets_sentence(found),
        "Distinct: the interval of the correlation of two factors stays below .80, HTMT and HTMT2 are shown to be "
        "below .90, and both factors share more variance with their indicators than with one another. With a remark: "
        "the interval stays below .90, and one of these fails. Not shown: the interval reaches .90. Complete: "
        "respondents who answered every item; those with gaps are used by full information.",
    )


_OTHERS: tuple[tuple[Verdict, str], ...] = (
    ("distinct, with a remark", "with a remark"), ("not shown to be distinct", "not shown to be"))


def sets_sentence(found: DistinctnessReport) -> str:
    """How many pairs are distinct, and which are not."""
    said = [f"{own.label}: {'; '.join(parts)}" for own in found.sets
            if (parts := [_level_words(level) for level in own.levels if level.pairs])]
    return ". ".join(said) + "." if said else "No set has two scales that could be compared."


def _level_words(level: DistinctLevel) -> str:
    count, distinct = len(level.pairs), len(level.with_verdict("distinct"))
    if count == distinct:
        return (f"all {count} pairs of {level.name} are distinct" if count > 1 else
                f"its two {level.name} are distinct")
    rest = [f"{words} {_some([pair_name(level, pair) for pair in level.with_verdict(verdict)])}"
            for verdict, words in _OTHERS if level.with_verdict(verdict)]
    head = f"{distinct} of {counted(count, 'pair')} of {level.name} {'is' if count == 1 else 'are'} distinct"
    return ", ".join([head, *rest])


def _some(names: list[str]) -> str:
    """Names, or the first three of many."""
    return listed(names) if len(names) < 5 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _set_row(own: DistinctSet, level: DistinctLevel) -> tuple[Cell, ...]:
    closest = closest_of(level)
    notes = [level.why_not, *level.warnings, *([] if level.converged or level.why_not else
                                               ["Estimation did not converge."])]
    return (
        own.label, own.form, level.name, level.n, level.complete, level.clusters or None, level.cfi, level.rmsea,
        level.srmr, len(level.pairs), *(len(level.with_verdict(verdict)) for verdict in (
            "distinct", "distinct, with a remark", "not shown to be distinct")),
        None if closest is None else pair_name(level, closest), None if closest is None else closest.correlation,
        " ".join(filter(None, notes)) or None)


# -- factors -------------------------------------------------------------------------------------------------


def factors_table(found: DistinctnessReport) -> Table:
    """Composite reliability and variance extracted of every dimension and construct."""
    return Table(
        "convergent", "Do the indicators of each factor agree?",
        (
            Column("set", "Set"), Column("level", "Level"), Column("factor", "Factor"),
            Column("indicators", "Indicators", "integer"), Column("lowest", "Lowest loading", "number", 2, True),
            Column("reliability", "Composite reliability", "number", 2, True),
            Column("reliability_ci", "Interval", "interval", 2, True),
            Column("extracted", "Variance extracted", "number", 2, True),
            Column("extracted_ci", "Interval", "interval", 2, True), Column("root", "Its root", "number", 2, True),
            Column("shared", "Largest shared", "number", 2, True), Column("shared_with", "Shared with"),
        ),
        tuple(_factor_row(own, level, one) for own, level in levels_of(found) for one in level.factors),
        factors_sentence(found), _FACTOR)


def factors_sentence(found: DistinctnessReport) -> str:
    """Which factors fall short."""
    factors = [one for _, level in levels_of(found) for one in level.factors]
    loose = [one.label for one in factors if _below(one.reliability, RELIABLE)]
    thin = [f"{one.label}, {_plainly(one.variance_extracted)}" for one in factors
            if _below(one.variance_extracted, EXTRACTED)]
    unknown = [one.label for one in factors if isinstance(one.variance_extracted, Undefined)]
    known = len(factors) - len(unknown)
    if not known:
        return "Composite reliability and variance extracted are undefined for every factor."
    parts = [f"Composite reliability is .70 or more for {known - len(loose)} of {counted(known, 'factor')}"
             + (f" (not {listed(loose)})" if loose else ""),
             f"variance extracted is .50 or more for {known - len(thin)}"
             + (f" (not {'; '.join(thin)})" if thin else "")]
    if unknown:
        parts.append(f"both are undefined for {listed(unknown)}")
    return "; ".join(parts) + "."


def _plainly(value: Number) -> str:
    """Two decimals, or three where two would hide that it is below .50."""
    digits = 3 if not isinstance(value, Undefined) and round(value, 2) >= EXTRACTED else 2
    return number(value, digits, bounded=True)


def _below(value: Number, cutoff: float) -> bool:
    return not isinstance(value, Undefined) and value < cutoff


def _factor_row(own: DistinctSet, level: DistinctLevel, one: DistinctFactor) -> tuple[Cell, ...]:
    loadings = [value for value in one.loadings.values() if not isinstance(value, Undefined)]
    return (
        own.label, level.name, one.label, len(one.indicators), min(loadings) if loadings else one.reliability,
        one.reliability, one.reliability_interval, one.variance_extracted, one.variance_extracted_interval, one.root,
        one.largest_shared, level.factor(one.shared_with).label if one.shared_with else None)


# -- the matrix ----------------------------------------------------------------------------------------------


def matrix_table(own: DistinctSet, level: DistinctLevel) -> Table:
    """Correlations below the diagonal, roots of variance extracted on it, HTMT2 above."""
    ids = [one.id for one in level.factors]

    def cell(row: int, column: int) -> Cell:
        if row == column:
            return level.factors[row].root
        pair = level.pair(ids[row], ids[column])
        return pair.correlation if row > column else pair.htmt2.value

    columns = [Column("factor", "Factor")]
    columns += [Column(id, f"{place}", "number", 2, True) for place, id in enumerate(ids, 1)]
    rows = tuple((f"{place + 1} {level.factors[place].label}", *(cell(place, other) for other in range(len(ids))))
                 for place in range(len(ids)))
    return Table(
        f"distinctness-matrix-{own.name}-{level.name}",
        f"{own.label}, {level.name}: correlations, variance extracted, HTMT2",
        tuple(columns), rows, matrix_sentence(level),
        "Diagonal: root of the average variance extracted. Below: correlations of the factors. Above: HTMT2.")


def matrix_sentence(level: DistinctLevel) -> str:
    """For which pairs Fornell and Larcker's criterion fails."""
    failing = [pair for pair in level.pairs if pair.fornell_larcker is False]
    unknown = [pair for pair in level.pairs if isinstance(pair.fornell_larcker, Undefined)]
    if len(unknown) == len(level.pairs):
        return "Fornell and Larcker's criterion is undefined for every pair."
    beside = f"; it is undefined for {counted(len(unknown), 'pair')}" if unknown else ""
    if failing:
        return f"Fornell and Larcker's criterion fails for {_some([pair_name(level, one) for one in failing])}{beside}."
    return f"Fornell and Larcker's criterion holds for {'every pair' if not unknown else 'all other pairs'}{beside}."


# -- cross-loadings ------------------------------------------------------------------------------------------


def cross_loadings_table(found: DistinctnessReport) -> Table:
    """Items that would also load on another factor."""
    rows = [(own, level, one) for own, level in levels_of(found) for one in level.cross_loadings]
    tested = sum(level.cross_loadings_tested for _, level in levels_of(found))
    clear = [one for _, _, one in rows if not isinstance(one.adjusted, Undefined) and one.adjusted < 0.05
             and not isinstance(one.change, Undefined) and abs(one.change) >= 0.20]
    many = "none is" if not clear else "1 is" if len(clear) == 1 else f"{len(clear)} are"
    said = (f"Of {counted(tested, 'loading')} that items could have on factors of other scales, {many} expected to be "
            ".20 or more and significant when adjusted for their number")
    named = [f"{one.item} on {one.other} ({number(one.change, 2, bounded=True)})" for one in clear]
    return Table(
        "cross-loadings", "Items that would also load on another factor",
        (
            Column("set", "Set"), Column("level", "Level"), Column("item", "Item"), Column("own", "Own factor"),
            Column("loading", "Loading", "number", 2, True), Column("other", "Other factor"),
            Column("change", "Expected loading", "number", 2, True), Column("index", "Modification index", "number"),
            Column("pvalue", "p", "pvalue"), Column("adjusted", "p, adjusted", "pvalue"),
        ),
        tuple((own.label, level.name, one.item, level.factor(one.own).label, one.loading, level.factor(one.other).label,
               one.change, one.index, one.pvalue, one.adjusted) for own, level, one in rows),
        f"{said}: {listed(named)}." if named else f"{said}.",
        _CROSSING)
