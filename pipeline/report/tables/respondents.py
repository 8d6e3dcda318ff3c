"""Tables on respondents: flow, reading, personal data, failures, missing answers, screening, exclusions."""

from __future__ import annotations

from collections import Counter

from pipeline.report import names
from pipeline.report.numbers import counted, listed, percent
from pipeline.report.tables.spec import Column, Table
from pipeline.results import StudyResults


def flow_table(results: StudyResults) -> Table:
    """From the export to the rows a model uses: what is left after each step, and why the rest went."""
    return Table(
        "flow", "Flow of respondents from export to analysis",
        (
            Column("form", "Form"), Column("step", "Step"), Column("unit", "Counted"),
            Column("n", "Remain", "integer"), Column("left_out", "Left out", "integer"), Column("why", "Why"),
        ),
        tuple((names.form(s.form), s.step, s.unit, s.n, s.left_out, s.why) for s in results.flow),
        flow_sentence(results),
    )


def flow_sentence(results: StudyResults) -> str:
    """First and last count of each form in words."""
    parts = []
    for form in dict.fromkeys(step.form for step in results.flow):
        steps = [step for step in results.flow if step.form == form]
        first, last = steps[0], steps[-1]
        parts.append(
            f"{names.form(form)}: {first.n:,} {first.unit} came in the export and {last.n:,} {last.unit} "
            f"remain after “{last.step}”"
        )
    return "; ".join(parts) + "." if parts else "No flow was recorded."


def reading_table(results: StudyResults) -> Table:
    """What came through the door of each form."""
    rows = sum(r.rows for r in results.reading)
    set_aside = sum(r.rows_set_aside for r in results.reading)
    cells_aside = sum(r.cells_set_aside for r in results.reading)
    return Table(
        "reading", "Reading the export files",
        (
            Column("form", "Form"), Column("platform", "Platform"), Column("file", "File"),
            Column("rows", "Rows", "integer"), Column("rows_set_aside", "Rows set aside", "integer"),
            Column("cells", "Cells", "integer"), Column("cells_set_aside", "Cells set aside", "integer"),
            Column("answered", "Answered", "integer"), Column("versions", "Instrument version (rows)"),
            Column("languages", "Language (rows)"), Column("unknown_columns", "Columns not of the instrument"),
            Column("label_check", "Codes checked against labels"),
        ),
        tuple(
            (
                names.form(r.form), r.platform, r.file, r.rows, r.rows_set_aside, r.cells, r.cells_set_aside,
                r.answered, _counts(r.versions), _counts(r.languages), ", ".join(r.unknown_columns) or "none",
                r.label_check,
            )
            for r in results.reading
        ),
        f"{counted(rows, 'row')} were read from {counted(len(results.reading), 'file')}; "
        f"{counted(set_aside, 'row')} and {counted(cells_aside, 'single cell')} were set aside as invalid.",
    )


def personal_data_table(results: StudyResults) -> Table:
    """Columns with personal data, dropped before anything else was looked at."""
    rows = tuple(
        (names.form(r.form), column, count) for r in results.reading for column, count in r.dropped_personal.items()
    )
    values = sum(count for _, _, count in rows)
    return Table(
        "personal-data", "Personal data dropped at the door",
        (Column("form", "Form"), Column("column", "Column"), Column("values", "Values dropped", "integer")),
        rows,
        f"{counted(values, 'value')} in {counted(len(rows), 'column')} of personal data were dropped while reading "
        "and are in no later file." if rows else "The export held no column known to carry personal data.",
    )


def failures_table(results: StudyResults) -> Table:
    """Every cell or row that broke a rule."""
    cells = sum(f.set_aside == "cell" for f in results.failures)
    rows = len(results.failures) - cells
    return Table(
        "failures", "Cells and rows that broke a rule",
        (
            Column("form", "Form"), Column("file", "File"), Column("row", "Row", "integer"),
            Column("column", "Column"), Column("code", "Code"), Column("rule", "Rule"), Column("value", "Value"),
            Column("fix", "Fix"), Column("set_aside", "Set aside"),
        ),
        tuple(
            (names.form(f.form), f.file, f.row, f.column or None, f.code, f.rule, f.value, f.fix, f.set_aside)
            for f in results.failures
        ),
        f"{counted(cells, 'cell')} and {counted(rows, 'whole row')} broke a rule and were set aside; all else went on."
        if results.failures else "No cell and no row broke a rule.",
        "Rows are those of the export file.",
    )


def findings_table(results: StudyResults) -> Table:
    """Answers that were used as given but contradict each other."""
    return Table(
        "findings", "Answers that contradict each other",
        (
            Column("code", "Code"), Column("place", "Place"), Column("rule", "What was found"),
            Column("fix", "What to do"),
        ),
        tuple((f.code, f.place, f.rule, f.fix) for f in results.findings),
        f"{counted(len(results.findings), 'contradiction')} among answers, used as given."
        if results.findings else "No answers contradict each other.",
    )


def missing_table(results: StudyResults) -> Table:
    """Why answers are missing, by form: amount and pattern by reason."""
    rows = []
    for form, (cells, missing) in _answers_by_form(results).items():
        for reason, count in missing.items():
            rows.append((names.form(form), names.reason(reason), count, count / cells if cells else None))
    return Table(
        "missing", "Missing answers by reason",
        (
            Column("form", "Form"), Column("reason", "Reason"), Column("cells", "Cells", "integer"),
            Column("share", "Share of cells", "percent"),
        ),
        tuple(rows), _missing_sentence(results),
        "A question that routing did not show is not asked; it counts among the cells but is no refusal to answer.",
    )


def _answers_by_form(results: StudyResults) -> dict[str, tuple[int, Counter[str]]]:
    """Cells, and those missing by reason, of all files of a form together."""
    out: dict[str, tuple[int, Counter[str]]] = {}
    for reading in results.reading:
        cells, missing = out.get(reading.form, (0, Counter()))
        out[reading.form] = (cells + reading.cells, missing + Counter(reading.missing))
    return out


def _missing_sentence(results: StudyResults) -> str:
    parts = []
    for form, (cells, reasons) in _answers_by_form(results).items():
        asked = cells - reasons.get("not asked", 0)
        missing = sum(count for reason, count in reasons.items() if reason != "not asked")
        if asked:
            parts.append(f"{names.form(form)}: {percent(missing / asked)} of the {asked:,} answers asked for")
    return f"Missing, for any reason: {'; '.join(parts)}." if parts else "No answers were read."


def screening_table(results: StudyResults) -> Table:
    """How many respondents each flag marks, by the plan's cut-offs."""
    rows = tuple(
        (
            names.form(s.form), names.flag(flag), s.cutoffs.get(flag, "as the platform reports"), count,
            count / s.respondents if s.respondents else None,
        )
        for s in results.screening for flag, count in s.flagged.items()
    )
    parts = [
        f"{s.excluded:,} of {s.respondents:,} respondents to {names.form(s.form)}"
        for s in results.screening
    ]
    return Table(
        "screening", "Respondents marked by each flag",
        (
            Column("form", "Form"), Column("flag", "Flag"), Column("cutoff", "Cut-off"),
            Column("respondents", "Marked", "integer"), Column("share", "Share", "percent"),
        ),
        rows, f"The plan's rule leaves out {listed(parts)}." if parts else "No respondents were screened.",
        "Without consent, not eligible, not finished or withdrawn: left out first, as no response. Then the plan's "
        f"rule for careless answers leaves out whoever meets {names.screening_rule(results.plan.screening)}.",
    )


def exclusions_table(results: StudyResults) -> Table:
    """Everyone whom the rule leaves out, with the indices that led there."""
    gone = [r for r in results.respondents if r.excluded]
    return Table(
        "exclusions", "Respondents left out by the screening rule",
        (
            Column("form", "Form"), Column("response", "Response"), Column("reason", "Reason"),
            Column("flags", "Flags"), Column("seconds_per_item", "Seconds per item", "number", 1),
            Column("longstring", "Longest run", "integer"), Column("irv", "Spread (irv)", "number"),
            Column("even_odd", "Even-odd", "number", bounded=True),
            Column("mahalanobis", "Mahalanobis D²", "number", 1),
            Column("synonyms", "Synonyms", "number", bounded=True),
            Column("antonyms", "Antonyms", "number", bounded=True),
        ),
        tuple(
            (
                names.form(r.form), r.response_id, r.reason, ", ".join(names.flag(f) for f in r.flags),
                r.seconds_per_item, r.longstring, r.irv, r.even_odd, r.mahalanobis,
                r.synonyms, r.antonyms,
            )
            for r in gone
        ),
        f"{counted(len(gone), 'respondent')} of {len(results.respondents):,} meet the rule and are left out of the "
        "screened analysis; those who answered, if carelessly, stay in the results with all respondents.",
        "The reason names the part of the rule that was met; every flag and index is in the CSV file of this table.",
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.items()) or "none"
