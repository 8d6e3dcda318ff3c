"""A results folder made without running anything, once a session."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from instrument import store
from pipeline.report.figures import all_figures, write_figures
from pipeline.report.html import write_report
from pipeline.report.tables import all_tables, write_tables
from pipeline.results import write_results
from tests.example_results import example_results


@pytest.fixture(scope="session")
def results_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two results folders, ``first`` and ``second``."""
    root = tmp_path_factory.mktemp("results")
    folder, results, instrument = root / "first", example_results(), store.load("1.0.0")
    write_results(results, folder)
    (folder / "instrument.json").write_text(instrument.model_dump_json(), encoding="utf-8")
    write_tables(all_tables(results), folder / "tables")
    figures = all_figures(results)
    write_figures(results, folder / "figures", figures)
    write_report(results, folder, instrument, figures)
    shutil.copytree(folder, root / "second")
    return root
