"""The table of what could not be asked of a study's answers, and why."""

from __future__ import annotations

from pipeline.report.numbers import counted
from pipeline.report.tables.spec import Column, Table
from pipeline.results import StudyResults


def absent_table(results: StudyResults) -> Table:
    """Models and parts of the analysis that the fielded forms cannot be asked for."""
    rows = tuple((one.id, one.title, one.because) for one in results.absent)
    return Table(
        "absent", "What these answers cannot be asked",
        (Column("part", "Part"), Column("title", "What it is about"), Column("because", "Because")), rows,
        f"{counted(len(rows), 'model or part', 'models and parts')} of the analysis could not be asked of these "
        "answers; nothing else was left out for that reason." if rows
        else "Every model and every part of the analysis could be asked of these answers.",
    )
