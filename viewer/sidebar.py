"""What stands around every page: the picker of results folders, the synthetic-data badge, and the two
pages nobody hopes for (no results, broken results)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from instrument.errors import InputError
from pipeline.report.tables.provenance import instrument_called
from viewer.parts import escape, findings
from viewer.selection import pick
from viewer.source import Source, find_folders, load

STYLE = Path(__file__).with_name("style.css")

Choice = Source | InputError | Path
"""A folder read; why it cannot be read; or, where there are no results at all, the place looked in."""


def style() -> None:
    """The viewer's own few rules of style."""
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")


def choose(root: Path) -> Choice:
    """Let the reader pick one of the results folders at ``root``, and read it."""
    folders = find_folders(root)
    if not folders:
        return root
    with st.sidebar:
        name = pick("Results folder", list(folders), "results",
                    note="One folder a run. The link in the address bar carries this choice.")
        try:
            source = load(folders[name])
        except InputError as error:
            return error
        _about(source)
    return source


def page(show: Callable[[Source], None], choice: Choice) -> None:
    """Show a page on the folder chosen, or say why there is none to show."""
    if isinstance(choice, Source):
        show(choice)
    elif isinstance(choice, InputError):
        st.title("This results folder cannot be read")
        findings(choice)
    else:
        _no_results(choice)


def _about(source: Source) -> None:
    manifest = source.results.manifest
    if manifest.synthetic:
        st.badge("Synthetic data", icon=":material/science:", color="orange",
                 help="Simulated from a known population; no real firm answered.")
    st.markdown(f"**{escape(manifest.title)}**")
    st.caption(f"Instrument {escape(instrument_called(manifest))} · run of {escape(manifest.created[:10])}")


def _no_results(root: Path) -> None:
    st.title("No results yet")
    st.markdown(f"There is no results folder in `{root}`. A results folder is what a run leaves behind: "
                "its file `results.json`, tables, figures and report.")
    st.markdown("To analyse the sample study, run this in the project's folder, then reload the page:")
    st.code("python3 tasks.py run", language=None)
    st.markdown("If your results lie elsewhere, name their folder, or a folder that holds several of them:")
    st.code("streamlit run app.py -- FOLDER", language=None)
