"""The results folder: results.json, manifest, instrument, its versions, tables, figures, report."""

from __future__ import annotations

import os
from pathlib import Path

from instrument.errors import Finding, InputError
from pipeline.instruments import instrument_of
from pipeline.report.figures import all_figures, write_figures
from pipeline.report.html import write_report
from pipeline.report.tables import all_tables, write_tables
from pipeline.results import INSTRUMENT_FILE, StudyResults, write_results
from pipeline.version_history import version_history, write_history


def require_writable(folder: Path) -> None:
    """See that ``folder`` can be made and written, before hours of work are spent on what goes into it.

    Raises
    ------
    InputError
        ``OUT-WRITE`` if not.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InputError(_cannot_write(folder, f"{there} is a file, not a folder"))
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(_cannot_write(folder, f"you may not write into {there}"))


def publish(results: StudyResults, folder: Path, study: Path = Path()) -> Path:
    """Write everything a reader needs into ``folder``; returns the report's path.

    Parameters
    ----------
    study
        The study's folder, where the plan names an instrument of its own.

    Raises
    ------
    InputError
        ``OUT-WRITE`` if the folder cannot be written; as :func:`~pipeline.instruments.instrument_of`.
    """
    instrument = instrument_of(study, results.plan)
    try:
        write_results(results, folder)
        questionnaire = instrument.model_dump_json(indent=1) + "\n"
        (folder / INSTRUMENT_FILE).write_text(questionnaire, encoding="utf-8", newline="\n")
        write_history(version_history(results.plan), folder)
        write_tables(all_tables(results), folder / "tables")
        figures = all_figures(results)
        write_figures(results, folder / "figures", figures)
        return write_report(results, folder, instrument, figures)
    except OSError as error:
        raise InputError(_cannot_write(folder, error.strerror or str(error))) from error


def _cannot_write(folder: Path, why: str) -> Finding:
    return Finding("OUT-WRITE", str(folder), f"The results must be written here, and cannot be: {why}.",
                   "Choose another folder with --out.")
