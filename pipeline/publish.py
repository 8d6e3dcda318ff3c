"""The results folder: results.json, manifest, instrument, tables, figures, report."""

from __future__ import annotations

from pathlib import Path

from instrument import store
from instrument.errors import Finding, InputError
from pipeline.report.figures import write_figures
from pipeline.report.html import write_report
from pipeline.report.tables import all_tables, write_tables
from pipeline.results import StudyResults, write_results

INSTRUMENT_FILE = "instrument.json"


def publish(results: StudyResults, folder: Path) -> Path:
    """Write everything a reader needs into ``folder``; returns the report's path.

    Raises
    ------
    InputError
        ``OUT-WRITE`` if the folder cannot be written.
    """
    instrument = store.load(results.plan.instrument)
    try:
        write_results(results, folder)
        questionnaire = instrument.model_dump_json(indent=1) + "\n"
        (folder / INSTRUMENT_FILE).write_text(questionnaire, encoding="utf-8", newline="\n")
        write_tables(all_tables(results), folder / "tables")
        write_figures(results, folder / "figures")
        return write_report(results, folder, instrument)
    except OSError as error:
        raise InputError(Finding(
            "OUT-WRITE", str(folder), f"The results could not be written here: {error.strerror or error}.",
            "Choose another folder with --out.",
        )) from error
