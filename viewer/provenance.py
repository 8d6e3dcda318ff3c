"""Provenance: which program, plan, data and packages made the numbers, and how to make them again."""

from __future__ import annotations

import streamlit as st
import yaml

from viewer import parts
from viewer.source import MANIFEST_FILE, Source


def show(source: Source) -> None:
    """The page."""
    st.title("Provenance", anchor=False)
    parts.synthetic_banner(source)
    parts.tables(source, "manifest")
    manifest = source.bytes_of(MANIFEST_FILE)
    if manifest is not None:
        parts.download(source, MANIFEST_FILE, lambda: manifest, "Download the manifest (JSON)", "application/json")
    st.header("How to run it again", anchor=False)
    _rerun(source)
    st.header("The plan", anchor=False)
    plan = source.results.plan
    if plan.description:
        parts.say(plan.description)
    parts.say("Every decision that shapes a result, as study.yaml says it.")
    parts.tables(source, "deviations")
    for name, digest in source.results.preregistration.hashes:
        parts.say(f"{name}: {digest}")
    with st.expander("The plan in full", expanded=True):
        st.code(yaml.safe_dump(plan.model_dump(mode="json"), sort_keys=False, allow_unicode=True), language=None)
    parts.download(source, "plan.json", lambda: plan.model_dump_json(indent=1).encode(), "Download the plan (JSON)",
                   "application/json")
    st.header("Packages and times", anchor=False)
    parts.tables(source, "packages", "timings")


def _rerun(source: Source) -> None:
    m = source.results.manifest
    parts.say(f"Take version {m.program_version} of this program, the study folder whose files have the hashes above, "
              "and run:")
    st.code(f"alliometrics run STUDY --draws {m.draws} --seed {m.seed} --workers {m.workers}", language=None)
    parts.say("Results do not depend on the number of workers. Other versions of the packages may move the last "
              "digits.")
