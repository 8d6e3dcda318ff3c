"""Tables on those who did not answer: what every technique says, and the comparisons it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.found.nonresponse import (
    Association,
    Difference,
    NonresponseReport,
    Population,
    TechniqueName,
)
from pipeline.report.numbers import counted, level_name, listed
from pipeline.report.tables.spec import Cell, Column, Table

HOLM = "Adjusted: for all tests of this table (Holm 1979)."


def nonresponse_tables(found: NonresponseReport | None) -> tuple[Table, ...]:
    """The table of techniques, and one for each that could be used; none where nothing was looked at."""
    if found is None:
        return ()
    tables = [techniques_table(found), responses_table(found)]
    if found.waves:
        tables.append(waves_table(found))
    for name, make in (("late", late_table), ("waves", trend_table), ("population", population_table),
                       ("interest", interest_table), ("followup", followup_table)):
        if found.technique(name).used:  # type: ignore[arg-type]
            tables.append(make(found))
    return tuple(tables)


def techniques_table(found: NonresponseReport) -> Table:
    """A row a technique, used or not."""
    used = [one for one in found.techniques if one.used]
    summary = (f"{counted(len(used), 'technique')} of {len(found.techniques)} could be used: "
               f"{listed([one.title.lower() for one in used])}." if used else "No technique could be used.")
    tested = sum(one.tests for one in used)
    if tested:
        remaining = sum(one.remaining for one in used)
        summary += (f" Of {counted(tested, 'test')}, {sum(one.significant for one in used)} are significant at .05, "
                    f"and {remaining} when adjusted for the number of tests of the technique.")
    return Table(
        "nonresponse", "What is known of those who did not answer",
        (Column("technique", "Technique"), Column("used", "Used"), Column("tests", "Tests", "integer"),
         Column("significant", "p < .05", "integer"), Column("remaining", "Adjusted", "integer"),
         Column("finding", "Finding")),
        tuple((one.title, "yes" if one.used else "no", one.tests if one.tests else None,
               one.significant if one.tests else None, one.remaining if one.tests else None, one.finding)
              for one in found.techniques),
        summary,
        "No technique shows that there is no bias; together they say where it may be (Rogelberg & Stanton 2007). "
        "Adjusted: those significant at .05 when adjusted for the number of tests of the technique (Holm 1979). "
        + " ".join(found.remarks),
    )


def responses_table(found: NonresponseReport) -> Table:
    """From invitations to analysed answers, a row a form."""
    counts = [f"{one.analysed:,} of the {one.answered:,} who answered form {one.form}" for one in found.responses]
    stated = any(one.invited is not None for one in found.responses)
    return Table(
        "nonresponse-rates", "Who was invited, answered and is analysed",
        (Column("form", "Form"), Column("title", "Asks about"), Column("invited", "Invited", "integer"),
         Column("returned", "Returned", "integer"), Column("answered", "Answered", "integer"),
         Column("analysed", "Analysed", "integer"), Column("firms", "Firms", "integer"),
         Column("rate", "Response rate", "number", 3, True), Column("interval", "Interval", "interval", 3, True)),
        tuple((one.form, one.title, one.invited, one.returned, one.answered, one.analysed, one.firms or None, one.rate,
               (one.lower, one.upper)) for one in found.responses),
        f"{listed(counts)} are analysed{'' if stated else '; how many were invited is not stated'}.",
        "Answered: consented, eligible, not broken off. The rate counts all others invited as nonresponse, also those "
        f"who are not eligible. Interval: exact (Clopper and Pearson 1934), {level_name(found.level)}.",
    )


def waves_table(found: NonresponseReport) -> Table:
    """When answers came in."""
    late = sum(wave.n for wave in found.waves if wave.late)
    return Table(
        "nonresponse-waves", "When answers came in",
        (Column("form", "Form"), Column("wave", "Wave", "integer"), Column("label", "What it is"),
         Column("first", "From"), Column("last", "To"), Column("n", "Respondents", "integer"), Column("late", "Late")),
        tuple((one.form, one.number, one.label, one.first or None, one.last or None, one.n, "yes" if one.late else "no")
              for one in found.waves),
        f"{late:,} of {sum(wave.n for wave in found.waves):,} respondents are late.",
        "An answer on the day of a reminder counts as after it. Without reminders in the plan, waves are thirds by "
        "time; equal times stay together.",
    )


def late_table(found: NonresponseReport) -> Table:
    """Late respondents against the others."""
    return _differences(found, "late", "nonresponse-late", "Late respondents and the others", "Others", "Late")


def followup_table(found: NonresponseReport) -> Table:
    """Those of the follow-up against the respondents."""
    return _differences(found, "followup", "nonresponse-followup", "Those who answered only when followed up",
                        "Respondents", "Followed up")


def _differences(
    found: NonresponseReport, name: TechniqueName, table: str, title: str, first: str, second: str
) -> Table:
    rows: Sequence[Difference] = found.differences_by(name)
    one_group, other = first.lower(), second.lower()
    return Table(
        table, title,
        (Column("label", "Score"), Column("form", "Form"),
         Column("n_first", f"n, {one_group}", "integer"), Column("n_second", f"n, {other}", "integer"),
         Column("mean_first", f"Mean, {one_group}", "number"), Column("mean_second", f"Mean, {other}", "number"),
         Column("sd_first", f"SD, {one_group}", "number"), Column("sd_second", f"SD, {other}", "number"),
         Column("difference", "Difference", "number"), Column("interval", "Interval", "interval"),
         Column("d", "d", "number"),
         Column("d_interval", "Interval of d", "interval"), Column("t", "t", "number"),
         Column("df", "df", "number", 1), Column("pvalue", "p", "pvalue"), Column("adjusted", "p, adjusted", "pvalue")),
        tuple(_difference_cells(one) for one in rows),
        found.technique(name).finding,
        f"Difference: {other} less {one_group}, with Welch's test and interval. d: the difference over the "
        f"root of the mean of the two variances (Bonett 2008). Intervals: {level_name(found.level)}. {HOLM}",
    )


def _difference_cells(one: Difference) -> tuple[Cell, ...]:
    t = one.test
    return (one.label, one.form, t.n_first, t.n_second, t.mean_first, t.mean_second, t.sd_first, t.sd_second,
            t.difference, (t.lower, t.upper), t.d, (t.d_lower, t.d_upper), t.t, t.df, t.pvalue, one.adjusted)


def trend_table(found: NonresponseReport) -> Table:
    """Scores by the number of the wave."""
    return _associations(found, "waves", "nonresponse-trend", "Scores over the waves", "Change a wave",
                         "the number of the wave")


def interest_table(found: NonresponseReport) -> Table:
    """Scores by interest in the subject."""
    return _associations(found, "interest", "nonresponse-interest", "Scores and interest in the subject",
                         "Change a unit of interest", found.interest.rstrip(".?"))


def _associations(found: NonresponseReport, name: TechniqueName, table: str, title: str, slope: str, by: str) -> Table:
    rows: Sequence[Association] = found.associations_by(name)
    return Table(
        table, title,
        (Column("label", "Score"), Column("form", "Form"), Column("n", "n", "integer"),
         Column("r", "r", "number", 2, True), Column("interval", "Interval of r", "interval", 2, True),
         Column("slope", slope, "number", 3), Column("slope_interval", "Its interval", "interval", 3),
         Column("pvalue", "p", "pvalue"), Column("adjusted", "p, adjusted", "pvalue")),
        tuple(_association_cells(one) for one in rows),
        found.technique(name).finding,
        f"r: correlation with {by}, interval by Fisher's z. Change: slope of least squares. Intervals: "
        f"{level_name(found.level)}. {HOLM}",
    )


def _association_cells(one: Association) -> tuple[Cell, ...]:
    t = one.test
    return (one.label, one.form, t.n, t.r, (t.lower, t.upper), t.slope, (t.slope_lower, t.slope_upper), t.pvalue,
            one.adjusted)


def population_table(found: NonresponseReport) -> Table:
    """Shares of the answers against known shares, a row an option."""
    said = [f"{one.question} (form {one.form}): {_left_out(one)}" for one in found.populations if _left_out(one)]
    return Table(
        "nonresponse-population", "Answers and known shares of the population",
        (Column("question", "Question"), Column("form", "Form"), Column("option", "Option"),
         Column("known", "Known share", "percent"), Column("count", "Answers", "integer"),
         Column("expected", "Expected", "number", 1), Column("share", "Share", "percent"),
         Column("interval", "Interval of the share", "interval", 3, True),
         Column("residual", "Standardised residual", "number"), Column("chisq", "χ²", "number"),
         Column("df", "df", "integer"), Column("pvalue", "p", "pvalue"), Column("adjusted", "p, adjusted", "pvalue"),
         Column("w", "w", "number"), Column("w_interval", "Interval of w", "interval")),
        tuple(cells for one in found.populations for cells in _option_cells(one)),
        found.technique("population").finding,
        "χ² and w = √(χ²/n) are of the whole question: 0.1 is small, 0.3 medium, 0.5 large (Cohen 1988); interval by "
        "the noncentral χ² distribution. A residual beyond ±2 is an option with clearly more or fewer answers than its "
        f"known share. Interval of the share: exact. Intervals: {level_name(found.level)}. {HOLM}"
        + (f" {'; '.join(said)}." if said else ""),
    )


def _option_cells(one: Population) -> list[tuple[Cell, ...]]:
    t = one.test
    return [(one.question, one.form, share.label, share.known, share.count, expected, share.share,
             (share.lower, share.upper), residual, t.chisq, t.df, t.pvalue, one.adjusted, t.w, (t.w_lower, t.w_upper))
            for share, expected, residual in one.options]


def _left_out(one: Population) -> str:
    out = [f"{one.missing:,} did not answer"] if one.missing else []
    return ", ".join([*out, *([f"{one.outside:,} chose an option without a known share"] if one.outside else [])])
