"""The viewer's entry: which pages there are. What they show lives in ``viewer/``.

    streamlit run app.py [-- FOLDER]      a results folder, or a folder of them; "results" if not given
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from viewer import (
    claims,
    data_quality,
    instrument,
    invariance,
    model,
    overview,
    provenance,
    reliability,
    robustness,
    scales,
    sidebar,
)

PAGES = (
    (overview.show, "Overview", "overview", ":material/flag:"),
    (claims.show, "Claims", "claims", ":material/gavel:"),
    (instrument.show, "Instrument", "instrument", ":material/list_alt:"),
    (data_quality.show, "Data quality", "data-quality", ":material/fact_check:"),
    (scales.show, "Scales", "scales", ":material/rule:"),
    (reliability.show, "Reliability and factors", "reliability", ":material/straighten:"),
    (invariance.show, "Invariance", "invariance", ":material/balance:"),
    (model.show, "Model", "model", ":material/account_tree:"),
    (robustness.show, "Robustness", "robustness", ":material/shield:"),
    (provenance.show, "Provenance", "provenance", ":material/history:"),
)


def main() -> None:
    st.set_page_config(page_title="alliometrics", page_icon=":material/handshake:", layout="wide")
    sidebar.style()
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "results")
    chosen: list[sidebar.Choice] = []  # filled below: navigation stands above the folder picker
    page = st.navigation([
        st.Page(lambda show=show: sidebar.page(show, chosen[0]), title=title, url_path=path, icon=icon,
                default=path == "overview")
        for show, title, path, icon in PAGES
    ])
    chosen.append(sidebar.choose(root))
    page.run()


main()
