"""Where results folders are, and reading one: the only file access of the viewer.

A results folder holds what one run found; this module finds such folders, reads one whole, and says
what is wrong with one that cannot be read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import streamlit as st

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.report.tables import Table, all_tables
from pipeline.results import INSTRUMENT_FILE, RESULTS_FILE, StudyResults, read_instrument, read_results
from pipeline.version_history import VERSIONS_FILE, VersionHistory, read_history

FIGURES_FILE = "figures/index.json"
REPORT_FILE = "report.html"
MANIFEST_FILE = "manifest.json"
_RERUN = "Run the study again, or copy its results folder again, whole."


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """A figure of the report: its files' stem, title, one-sentence summary, and the table with its numbers."""

    id: str
    title: str
    summary: str
    table: str


@dataclass(frozen=True, slots=True)
class Source:
    """One results folder, read.

    ``tables`` are the report's tables by id, in its order. ``history`` are the released versions of the instrument,
    compared; None in a folder made before runs left that behind.
    """

    folder: Path
    results: StudyResults
    instrument: Instrument
    figures: MappingProxyType[str, FigureEntry]
    tables: MappingProxyType[str, Table]
    history: VersionHistory | None = None

    @property
    def name(self) -> str:
        """The folder's own name: what it is called in the picker, in links and in downloads."""
        return self.folder.resolve().name

    def figure_file(self, figure: FigureEntry, form: str) -> Path | None:
        """The figure as ``svg`` or ``png``; None if the folder lacks it."""
        path = self.folder / "figures" / f"{figure.id}.{form}"
        return path if path.is_file() else None

    def bytes_of(self, name: str) -> bytes | None:
        """A file of the folder as it stands there; None if the folder lacks it."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None


def find_folders(root: Path) -> dict[str, Path]:
    """Results folders by name: ``root`` itself if it is one, else its subfolders that are, by name."""
    if (root / RESULTS_FILE).is_file():
        return {root.resolve().name: root}
    return {path.parent.name: path.parent for path in sorted(root.glob(f"*/{RESULTS_FILE}"))}


def load(folder: Path) -> Source:
    """Read a results folder; read again only when one of its files has changed.

    Raises
    ------
    InputError
        If the folder holds no results of this version, or lacks the instrument or the figures
        (``RESULTS-MISSING``, ``RESULTS-FORMAT``).
    """
    changed = tuple(
        path.stat().st_mtime_ns if path.is_file() else 0
        for path in (folder / name for name in (RESULTS_FILE, INSTRUMENT_FILE, FIGURES_FILE, VERSIONS_FILE))
    )
    source: Source = _load(folder, changed)
    return source


@st.cache_resource(max_entries=8, show_spinner="Reading results …")  # type: ignore[untyped-decorator]
def _load(folder: Path, changed: tuple[int, ...]) -> Source:
    results = read_results(folder)
    instrument = read_instrument(folder)
    try:
        entries = [FigureEntry(**entry) for entry in json.loads(_text(folder / FIGURES_FILE))]
    except (ValueError, TypeError) as error:
        raise _format(folder / FIGURES_FILE, error) from error
    return Source(
        folder, results, instrument, MappingProxyType({entry.id: entry for entry in entries}),
        MappingProxyType({table.id: table for table in all_tables(results)}), read_history(folder),
    )


def _text(path: Path) -> str:
    if not path.is_file():
        raise InputError(Finding("RESULTS-MISSING", str(path),
                                 f"A results folder holds {path.name}; this one does not.", _RERUN))
    return path.read_text(encoding="utf-8")


def _format(path: Path, error: Exception) -> InputError:
    return InputError(Finding("RESULTS-FORMAT", str(path),
                              f"This file was not written by this version: {str(error)[:300]}", _RERUN))
