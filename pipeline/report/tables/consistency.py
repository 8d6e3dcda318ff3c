"""Tables on reliability: scales, further coefficients of scales, constructs, and both intervals of everything."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.found.consistency import Coefficient, ConsistencyReport, FoundCoefficient, FoundConsistency
from pipeline.report.numbers import counted, level_name, listed, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

ENOUGH = 0.70
"""The reliability that is usually asked of a scale in research (Nunnally & Bernstein 1994, p. 265)."""

_MAIN: tuple[tuple[Coefficient, str], ...] = (
    ("alpha", "α"), ("omega", "ω total"), ("omega_categorical", "Categorical ω"), ("ave", "AVE"))
_FURTHER: tuple[tuple[Coefficient, str], ...] = (
    ("alpha_ordinal", "Ordinal α"), ("glb", "Greatest lower bound"), ("lambda2", "λ2"), ("lambda6", "λ6"),
    ("alpha_standardised", "Standardised α"), ("mean_r", "Mean r"))
_CONSTRUCT: tuple[tuple[Coefficient, str], ...] = (
    ("alpha", "α"), ("alpha_stratified", "Stratified α"), ("omega_second_order", "ω total"),
    ("omega_l1", "ω general factor"), ("omega_hierarchical", "ω hierarchical"), ("omega_l2", "ω of dimensions"))
_CONSTRUCT_FURTHER: tuple[tuple[Coefficient, str], ...] = (
    ("alpha_ordinal", "Ordinal α"), ("glb", "Greatest lower bound"), ("omega_total_sl", "ω total, exploratory"),
    ("omega_partial_l1", "Partial ω"))


def consistency_tables(found: ConsistencyReport | None) -> tuple[Table, ...]:
    """All tables; none where no scale was examined."""
    if found is None or not found.scales:
        return ()
    tables = [scales_table(found), further_table(found)]
    if found.constructs:
        tables += [constructs_table(found), constructs_further_table(found)]
    return (*tables, intervals_table(found))


# -- scales --------------------------------------------------------------------------------------------------


def scales_table(found: ConsistencyReport) -> Table:
    """Alpha, omega, categorical omega and average variance extracted of every scale."""
    return Table(
        "consistency", "Reliability of every scale, with intervals",
        (*_head(found.scales), *_columns(_MAIN, found.level)),
        tuple((*_lead(found.scales, one), *_cells(one, _MAIN)) for one in found.scales),
        scales_sentence(found),
        "α: Cronbach's alpha; right where all items have the same loading, else too low. ω total: share of the sum's "
        "variance that one factor accounts for, whatever the loadings; the same formula is called composite "
        "reliability (McDonald 1999; Raykov 1997). Categorical ω: the same with the answers taken as the ordered "
        "categories they are (Green & Yang 2009). AVE: average variance extracted, share of the items' own variance "
        f"that the factor accounts for (Fornell & Larcker 1981). {_intervals_note(found)}",
    )


def scales_sentence(found: ConsistencyReport) -> str:
    """The range of alpha and omega, and which scales cannot be shown to be reliable enough."""
    parts = [_range(found.scales, "alpha", "Alpha"), _range(found.scales, "omega", "omega total")]
    said = "; ".join(part for part in parts if part)
    if not said:
        return "No scale has a defined alpha."
    return f"{said}. {_doubtful(found.scales, 'omega', 'omega')}"


def further_table(found: ConsistencyReport) -> Table:
    """Ordinal alpha, lower bounds and split halves of every scale."""
    split = [one.split_half for one in found.scales]
    sampled = any(half is not None and not half.every for half in split)
    return Table(
        "consistency-further", "Further coefficients of every scale",
        (*_head(found.scales), *_columns(_FURTHER, found.level),
         Column("odd_even", "Odd–even halves", "number", bounded=True),
         Column("split_lowest", "Lowest split", "number", bounded=True),
         Column("split_mean", "Mean split", "number", bounded=True),
         Column("split_highest", "Highest split", "number", bounded=True)),
        tuple((*_lead(found.scales, one), *_cells(one, _FURTHER), *_split(one)) for one in found.scales),
        further_sentence(found),
        "Ordinal α: alpha of the continuous responses assumed beneath the answers, not of the sum of the answers "
        "(Zumbo, Gadermann & Zeisser 2007; Chalmers 2018). Greatest lower bound: the least reliability that the "
        "covariances allow (Jackson & Agunwamba 1977); in samples it comes out too high (ten Berge & Sočan 2004). λ2, "
        "λ6: Guttman (1945), lower bounds too. Mean r: average correlation between items. Splits: reliability of the "
        "sum from two halves of the items by Guttman's formula, over "
        f"{'a sample of splits where a scale is long, else ' if sampled else ''}all ways to halve them; with three "
        "items the halves are unequal, and it comes out low. "
        f"{_intervals_note(found)}",
    )


def further_sentence(found: ConsistencyReport) -> str:
    """How far the coefficients lie apart."""
    gaps = [(one, _value(one, "glb") - _value(one, "alpha")) for one in found.scales
            if _known(one, "glb") and _known(one, "alpha")]
    if not gaps:
        return "No scale has a greatest lower bound."
    one, gap = max(gaps, key=lambda pair: pair[1])
    size = ("so close that it matters little which is reported" if gap < 0.05 else
            "so that alpha understates the reliability of that scale")
    return (f"The greatest lower bound exceeds alpha by {number(gap, bounded=True)} at most ({one.label}), {size}.")


# -- constructs ----------------------------------------------------------------------------------------------


def constructs_table(found: ConsistencyReport) -> Table:
    """Reliability of the sum of all items of a construct with several dimensions."""
    return Table(
        "consistency-constructs", "Reliability of constructs with several dimensions",
        (*_construct_head(), *_columns(_CONSTRUCT, found.level)),
        tuple((*_construct_lead(one), *_cells(one, _CONSTRUCT)) for one in found.constructs),
        constructs_sentence(found),
        "All of the sum of all items of a construct. Stratified α: alpha that lets items of different dimensions "
        "differ (Cronbach, Schönemann & McKie 1965). ω total: share of the sum's variance that is common to items, by "
        "a second-order model. ω general factor: the part of it that belongs to what all dimensions share (Raykov & "
        "Zinbarg 2011; omega L1 of R's semTools). ω hierarchical: the same from an exploratory analysis with a "
        "Schmid–Leiman transformation (Zinbarg, Revelle, Yovel & Li 2005; R's psych); with no interval. ω of "
        "dimensions: share of the general factor in the sum of the dimensions, had they been measured without error "
        f"(omega L2, each dimension with variance 1). {_intervals_note(found)}",
    )


def constructs_sentence(found: ConsistencyReport) -> str:
    """How much of a total score is about the construct as a whole."""
    known = [(one, _value(one, "omega_l1"), _value(one, "omega_second_order")) for one in found.constructs
             if _known(one, "omega_l1") and _known(one, "omega_second_order")]
    if not known:
        return "No construct has a second-order model to tell the general factor's share by."
    parts = [f"{one.label} {number(general, bounded=True)} and {number(total, bounded=True)}"
             for one, general, total in known]
    return ("Share of a total score's variance that is due to what all dimensions have in common, and share that is "
            f"reliable at all: {'; '.join(parts)}.")


def constructs_further_table(found: ConsistencyReport) -> Table:
    """Ordinal alpha, greatest lower bound, exploratory omega total and partial omega of constructs."""
    return Table(
        "consistency-constructs-further", "Further coefficients of constructs",
        (*_construct_head(), *_columns(_CONSTRUCT_FURTHER, found.level)),
        tuple((*_construct_lead(one), *_cells(one, _CONSTRUCT_FURTHER)) for one in found.constructs),
        "Ordinal alpha, greatest lower bound, and the two omegas that the table above leaves out, for "
        f"{counted(len(found.constructs), 'construct')}.",
        "Ordinal α: its interval is by the delta method. Greatest lower bound: too high in samples, and the more so "
        "the more items; resamples repeat that error, so that its interval is higher still. ω total, exploratory: of "
        "the Schmid–Leiman solution, with no interval. Partial ω: the general factor's share with the dimensions' own "
        "part of the variance left out. "
        f"{_intervals_note(found)}",
    )


# -- every interval ------------------------------------------------------------------------------------------


def intervals_table(found: ConsistencyReport) -> Table:
    """Both intervals of every coefficient, and how many resamples the first rests on."""
    rows = [(one.id, one.form, *_long(coefficient)) for one in (*found.scales, *found.constructs)
            for coefficient in one.coefficients]
    lost = sum(coefficient.usable < coefficient.requested for one in (*found.scales, *found.constructs)
               for coefficient in one.coefficients)
    said = (f"{counted(found.draws, 'resample')} each; {counted(lost, 'coefficient')} of {len(rows):,} could not use "
            "every one." if found.draws else "No resamples were drawn; intervals are by formulas, where there are any.")
    return Table(
        "consistency-intervals", "Every coefficient with its intervals and resamples",
        (
            Column("scale", "Scale or construct"), Column("form", "Form"), Column("coefficient", "Coefficient"),
            Column("value", "Value", "number", 3, True), Column("interval", "Interval", "interval", 3, True),
            Column("method", "Method"), Column("formula_interval", "By formula", "interval", 3, True),
            Column("formula", "Formula"), Column("requested", "Resamples", "integer"),
            Column("usable", "Usable", "integer"), Column("note", "Note"),
        ),
        tuple(rows), said,
        "Percentile bootstrap: limits of the usable resamples (Efron & Tibshirani 1993). Formula: Feldt's (1965) "
        "interval of alpha, the delta method's of the others; both take respondents as independent.",
    )


def _long(one: FoundCoefficient) -> tuple[Cell, ...]:
    formula = one.analytic
    return (one.name, one.value, None if one.method == "none" else (one.lower, one.upper),
            None if one.method == "none" else one.method,
            None if formula is None else (formula.lower, formula.upper), None if formula is None else formula.method,
            one.requested or None, one.usable if one.requested else None, one.note or None)


# -- cells ---------------------------------------------------------------------------------------------------


def _head(scales: Sequence[FoundConsistency]) -> tuple[Column, ...]:
    several = (Column("form", "Form"),) if len({one.form for one in scales}) > 1 else ()
    return (Column("scale", "Scale"), Column("label", "Meaning"), *several, Column("items", "Items", "integer"),
            Column("n", "n", "integer"))


def _lead(scales: Sequence[FoundConsistency], one: FoundConsistency) -> tuple[Cell, ...]:
    several = (one.form,) if len({other.form for other in scales}) > 1 else ()
    return one.id, one.label, *several, len(one.items), one.n


def _construct_head() -> tuple[Column, ...]:
    return (Column("construct", "Construct"), Column("label", "Meaning"), Column("dimensions", "Dimensions", "integer"),
            Column("items", "Items", "integer"), Column("n", "n", "integer"))


def _construct_lead(one: FoundConsistency) -> tuple[Cell, ...]:
    return one.id, one.label, len(one.dimensions), len(one.items), one.n


def _columns(shown: tuple[tuple[Coefficient, str], ...], level: float) -> tuple[Column, ...]:
    return tuple(column for id, header in shown for column in (
        Column(id, header, "number", bounded=True),
        Column(f"{id}_ci", f"{header}, {level_name(level)}", "interval", bounded=True)))


def _cells(one: FoundConsistency, shown: tuple[tuple[Coefficient, str], ...]) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for id, _ in shown:
        coefficient = one.coefficient(id)
        if coefficient is None:
            cells += [None, None]
        elif isinstance(coefficient.value, Undefined) or (coefficient.method == "none" and not coefficient.requested):
            cells += [coefficient.value, None]
        else:
            cells += [coefficient.value, (coefficient.lower, coefficient.upper)]
    return tuple(cells)


def _split(one: FoundConsistency) -> tuple[Cell, ...]:
    half = one.split_half
    return (None,) * 4 if half is None else (half.odd_even, half.lowest, half.mean, half.highest)


def _intervals_note(found: ConsistencyReport) -> str:
    if not found.draws:
        return "Intervals are by formulas: Feldt's (1965) of alpha, the delta method's of the others."
    firms = (f"; in form {listed(found.clustered)} whole firms are drawn, because some have several respondents"
             if found.clustered else "")
    return (f"Intervals: {level_name(found.level)} percentile limits of {found.draws:,} resamples, the same for all "
            f"scales of a form{firms}.")


# -- sentences -----------------------------------------------------------------------------------------------


def _known(one: FoundConsistency, id: Coefficient) -> bool:
    coefficient = one.coefficient(id)
    return coefficient is not None and not isinstance(coefficient.value, Undefined)


def _value(one: FoundConsistency, id: Coefficient) -> float:
    coefficient = one.coefficient(id)
    assert coefficient is not None
    assert not isinstance(coefficient.value, Undefined)
    return coefficient.value


def _range(scales: Sequence[FoundConsistency], id: Coefficient, words: str) -> str:
    known = [(one.label, _value(one, id)) for one in scales if _known(one, id)]
    if not known:
        return ""
    low, high = min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])
    return (f"{words} runs from {number(low[1], bounded=True)} ({low[0]}) to {number(high[1], bounded=True)} "
            f"({high[0]})")


def _doubtful(scales: Sequence[FoundConsistency], id: Coefficient, words: str) -> str:
    least = number(ENOUGH, bounded=True)
    limits = [(one, coefficient.lower) for one in scales if (coefficient := one.coefficient(id)) is not None]
    below = [one.label for one, lower in limits if _below(lower)]
    without = [one.label for one, lower in limits if isinstance(lower, Undefined)]
    said = (f"The interval of {words} lies above {least} for every scale that has one." if not below else
            f"The interval of {words} reaches below {least} for {listed(below)}.")
    return said + (f" {listed(without)} {'has' if len(without) == 1 else 'have'} none." if without else "")


def _below(limit: Number) -> bool:
    return not isinstance(limit, Undefined) and limit < ENOUGH
