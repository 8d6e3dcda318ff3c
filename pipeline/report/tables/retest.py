"""Test–retest reliability: agreement of two occasions, and what a change must exceed."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evidence.found.retest import FoundRetest, RetestReport
from pipeline.report.numbers import counted, level_name, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Undefined


def retest_tables(found: Mapping[str, RetestReport]) -> tuple[Table, ...]:
    """One table for all forms; none where no second wave was fielded."""
    if not found:
        return ()
    level = level_name(next(iter(found.values())).level)
    return (Table(
        "retest", "Do the same informants answer alike at two occasions?",
        (Column("form", "Form"), Column("scale", "Scale"), Column("n", "Both times", "integer"),
         Column("incomplete", "Incomplete", "integer"), Column("icc", "ICC(A,1)", "number", bounded=True),
         Column("icc_ci", level, "interval", bounded=True), Column("consistency", "ICC(C,1)", "number", bounded=True),
         Column("consistency_ci", level, "interval", bounded=True), Column("difference", "Shift", "number"),
         Column("difference_ci", level, "interval"),
         Column("error", "Error of measurement", "number"), Column("change", "Smallest change", "number")),
        tuple(_row(form, scale) for form, report in found.items() for scale in report.scales), sentence(found),
        "ICC(A,1): absolute agreement of one score; ICC(C,1): consistency, to which a shift of all does not matter "
        "(McGraw & Wong 1996). Smallest change: of one informant, that is more than error of measurement."),)


def sentence(found: Mapping[str, RetestReport]) -> str:
    """How many were matched, and the scales that agree least and most."""
    said = [f"Form {form}: {counted(one.matched, 'informant')} answered twice, {one.only_first:,} only at first, "
            f"{one.only_second:,} only later" for form, one in found.items()]
    known = [(scale.retest.agreement.value, scale.label) for one in found.values() for scale in one.scales
             if not isinstance(scale.retest.agreement.value, Undefined)]
    if not known:
        return f"{'; '.join(said)}. No intraclass correlation could be found."
    low, high = min(known), max(known)
    return (f"{'; '.join(said)}. Agreement runs from {number(low[0], bounded=True)} ({low[1]}) to "
            f"{number(high[0], bounded=True)} ({high[1]}).")


def _row(form: str, scale: FoundRetest) -> tuple[Cell, ...]:
    found = scale.retest
    cells: list[Cell] = []
    for one in (found.agreement, found.consistency, found.difference):
        cells += [one.value, None if isinstance(one.value, Undefined) else (one.lower, one.upper)]
    return form, scale.label, found.n, scale.incomplete, *cells, found.sem_agreement, found.sdc_agreement
