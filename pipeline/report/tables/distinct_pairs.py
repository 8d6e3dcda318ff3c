"""Tables on pairs of scales: the verdict in words, and every number it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.evidence.found.distinctness import (
    CorrelationTest,
    DistinctLevel,
    DistinctnessReport,
    DistinctPair,
    DistinctSet,
)
from pipeline.report.numbers import counted, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Undefined

_SHORT = (
    "φ is the correlation of the factors in a confirmatory model, free of measurement error, by robust maximum "
    "likelihood with full information. HTMT2 compares correlations between the items of two scales with those within "
    "each (Roemer, Schuberth & Henseler 2021); at most: its one-sided bootstrap limit. Fornell-Larcker: whether both "
    "factors share more variance with their own indicators than with one another (Fornell & Larcker 1981).")

_LONG = (
    "Overlap by the limit of the interval of φ that is farther from 0: none below .80, marginal below .90, moderate "
    "below 1, else severe (Rönkkö & Cho 2022). HTMT takes arithmetic means (Henseler, Ringle & Sarstedt 2015) and "
    "HTMT2 geometric ones, of correlations without their sign; how many are negative is told. Intervals: percentile "
    "bootstrap. χ²(.90), χ²(1), χ²(one factor): whether a model with φ held at .90, at 1, or with both as one factor "
    "fits worse, by scaled differences (Satorra & Bentler 2001); an en dash where the interval of φ stays below .80, "
    "so that no test is needed.")


TOLD = 5
"""Pairs of a set, besides the closest, whose reason stands in a table's sentence."""


def levels_of(found: DistinctnessReport) -> Iterator[tuple[DistinctSet, DistinctLevel]]:
    """Every level of every set."""
    return ((own, level) for own in found.sets for level in own.levels)


def pair_name(level: DistinctLevel, pair: DistinctPair) -> str:
    """Both labels, in quotation marks where one has an "and" of its own."""
    names = _names(level, pair)
    quoted = [f"“{name}”" for name in names] if any(" and " in name for name in names) else list(names)
    return " and ".join(quoted)


def closest_of(level: DistinctLevel) -> DistinctPair | None:
    """The pair with the largest correlation in absolute value; None where none is known."""
    known = [pair for pair in level.pairs if not isinstance(pair.correlation, Undefined)]
    return max(known, key=_size, default=None)


def closest_first(pairs: Iterable[DistinctPair]) -> list[DistinctPair]:
    """Pairs without a known correlation, then the others from the closest to the farthest."""
    return sorted(pairs, key=lambda pair: (not isinstance(pair.correlation, Undefined), -_size(pair)))


def _size(pair: DistinctPair) -> float:
    return 0.0 if isinstance(pair.correlation, Undefined) else abs(pair.correlation)


def pairs_table(id: str, title: str, levels: list[tuple[DistinctSet, DistinctLevel]]) -> Table:
    """The verdict on every pair of one kind of level, the closest of each set first."""
    return Table(
        id, title,
        (
            Column("set", "Set"), Column("first", "One"), Column("second", "Other"), Column("verdict", "Verdict"),
            Column("phi", "φ", "number", 2, True), Column("phi_ci", "Interval", "interval", 2, True),
            Column("htmt2", "HTMT2", "number", 2, True), Column("htmt2_most", "At most", "number", 2, True),
            Column("fornell_larcker", "Fornell-Larcker"), Column("reason", "In words"),
        ),
        tuple((own.label, *_names(level, pair), pair.verdict, pair.correlation, pair.correlation_interval,
               pair.htmt2.value, pair.htmt2.upper, _criterion(pair), pair.reason)
              for own, level in levels for pair in closest_first(level.pairs)),
        " ".join(_closest_sentence(own, level) for own, level in levels), _SHORT)


def tests_table(found: DistinctnessReport) -> Table:
    """Everything the verdicts rest on."""
    rows = [(own, level, pair) for own, level in levels_of(found) for pair in closest_first(level.pairs)]
    return Table(
        "distinctness-tests", "Ratios and tests of every pair",
        (
            Column("set", "Set"), Column("level", "Level"), Column("first", "One"), Column("second", "Other"),
            Column("overlap", "Overlap"), Column("htmt", "HTMT", "number", 2, True),
            Column("htmt_ci", "Interval", "interval", 2, True), Column("htmt_most", "At most", "number", 2, True),
            Column("htmt_draws", "Draws", "integer"), Column("htmt2", "HTMT2", "number", 2, True),
            Column("htmt2_ci", "Interval", "interval", 2, True), Column("htmt2_most", "At most", "number", 2, True),
            Column("htmt2_draws", "Draws", "integer"), Column("negative", "Negative correlations", "integer"),
            Column("chisq_90", "χ²(.90)", "number"), Column("p_90", "p", "pvalue"),
            Column("chisq_1", "χ²(1)", "number"), Column("p_1", "p", "pvalue"),
            Column("chisq_merged", "χ²(one factor)", "number"), Column("df_merged", "df", "integer"),
            Column("p_merged", "p", "pvalue"),
        ),
        tuple((own.label, level.name, *_names(level, pair), *_numbers(pair)) for own, level, pair in rows),
        _tests_sentence(found.draws, [pair for _, _, pair in rows]), _LONG)


def _tests_sentence(draws: int, pairs: list[DistinctPair]) -> str:
    drawn = f"{draws:,} resamples" if draws else "No resamples were asked for"
    tested = sum(isinstance(pair.at_cutoff, CorrelationTest) for pair in pairs)
    unknown = sum(isinstance(pair.overlap, Undefined) for pair in pairs)
    settled = len(pairs) - tested - unknown
    parts = [words for count, words in (
        (tested, f"tested for {tested}"), (settled, f"not needed for {settled}, whose intervals stay below .80"),
        (unknown, f"not possible for {unknown}")) if count]
    return f"{drawn}; of {counted(len(pairs), 'pair')} nested models were {', '.join(parts)}."


def _names(level: DistinctLevel, pair: DistinctPair) -> tuple[str, str]:
    return level.factor(pair.first).label, level.factor(pair.second).label


def _criterion(pair: DistinctPair) -> Cell:
    if isinstance(pair.fornell_larcker, Undefined):
        return pair.fornell_larcker
    return "holds" if pair.fornell_larcker else "fails"


def _closest_sentence(own: DistinctSet, level: DistinctLevel) -> str:
    """The closest pair, and why others are not plainly distinct."""
    closest = closest_of(level)
    if closest is None:
        return f"{own.label}: no correlation of factors is known."
    others = [pair for pair in closest_first(level.pairs) if pair.verdict != "distinct" and pair is not closest]
    said = [_said(f"{own.label}: closest are {pair_name(level, closest)}", closest)]
    said += [_said(pair_name(level, pair), pair) for pair in others[:TOLD]]
    if len(others) > TOLD:
        said.append(f"{len(others) - TOLD} more are not plainly distinct.")
    return " ".join(said)


def _said(head: str, pair: DistinctPair) -> str:
    phi = "unknown" if isinstance(pair.correlation, Undefined) else number(pair.correlation, 2, bounded=True)
    return f"{head}, {pair.verdict} (φ = {phi}). {pair.reason}"


def _numbers(pair: DistinctPair) -> tuple[Cell, ...]:
    ratios = tuple(cell for ratio in (pair.htmt, pair.htmt2)
                   for cell in (ratio.value, ratio.interval, ratio.upper, ratio.draws))
    merged = _test_cells(pair, pair.merged)
    df = pair.merged.df if isinstance(pair.merged, CorrelationTest) else merged[0]
    return (pair.overlap, *ratios, pair.negative, *_test_cells(pair, pair.at_cutoff), *_test_cells(pair, pair.at_one),
            merged[0], df, merged[1])


def _test_cells(pair: DistinctPair, test: CorrelationTest | Undefined) -> tuple[Cell, Cell]:
    """χ² and p; nothing where no test was needed."""
    if isinstance(test, CorrelationTest):
        return test.statistic, test.pvalue
    return (None, None) if pair.overlap == "none" else (test, test)
