"""Where results folders are, and reading one: the only file access of the viewer besides figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from instrument.model import Instrument
from pipeline.results import RESULTS_FILE, StudyResults, read_results

INSTRUMENT_FILE = "instrument.json"
FIGURES_FILE = "figures/index.json"


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """A figure of the report: its files' stem, title, one-sentence summary, and the table with its numbers."""

    id: str
    title: str
    summary: str
    table: str


@dataclass(frozen=True, slots=True)
class Source:
    """One results folder, read."""

    folder: Path
    results: StudyResults
    instrument: Instrument
    figures: dict[str, FigureEntry]


def find_folders(root: Path) -> dict[str, Path]:
    """Results folders by name: ``root`` itself if it is one, else its subfolders that are, by name."""
    if (root / RESULTS_FILE).is_file():
        return {root.resolve().name: root}
    return {path.parent.name: path.parent for path in sorted(root.glob(f"*/{RESULTS_FILE}"))}


def load(folder: Path) -> Source:
    """Read a results folder; read again only when its file has changed.

    Raises
    ------
    InputError
        If the folder holds no results of this version.
    """
    path = folder / RESULTS_FILE
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _load(folder, changed)


@st.cache_resource(max_entries=8, show_spinner="Reading results …")
def _load(folder: Path, changed: int) -> Source:
    results = read_results(folder)
    instrument = Instrument.model_validate_json((folder / INSTRUMENT_FILE).read_bytes())
    entries = json.loads((folder / FIGURES_FILE).read_text(encoding="utf-8"))
    figures = {entry["id"]: FigureEntry(**entry) for entry in entries}
    return Source(folder, results, instrument, figures)
