"""Which questionnaire a study asked: a released version of ours, or any other, from a folder beside the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from instrument import store
from instrument.errors import Finding, InputError
from instrument.model import Instrument
from instrument.rules import check
from pipeline.study import PLAN_FILE, StudyPlan

BASE_FILE = "instrument.yaml"

CARRIED = "instrument"
"""Folder of a simulated study that holds the questionnaire, where it is none of ours."""


def is_released(stated: str) -> bool:
    """Whether ``instrument:`` of a plan names a version of ours; it is a folder otherwise."""
    return store.SEMANTIC.fullmatch(stated) is not None


def instrument_of(study: Path, plan: StudyPlan) -> Instrument:
    """The instrument that a plan names.

    Parameters
    ----------
    study
        The study's folder, from which the path of an instrument of its own starts.

    Raises
    ------
    InputError
        ``INSTRUMENT-VERSION``, ``INSTRUMENT-FOLDER``; of a folder everything that cannot be read there, or the rules of
        :mod:`instrument.rules` that it breaks as errors. A released version was checked when it was released.
    """
    if is_released(plan.instrument):
        return store.load(plan.instrument)
    folder = study / plan.instrument
    if not (folder / BASE_FILE).is_file():
        raise InputError(Finding(
            "INSTRUMENT-FOLDER", f"{study / PLAN_FILE}, key instrument",
            f"A study names a released version ({', '.join(store.versions())}) or a folder with {BASE_FILE}, seen from "
            f"its own folder; {plan.instrument!r} is neither.",
            "Correct the version or the path.",
        ))
    found = store.load_folder(folder)
    broken = [*(finding for finding in check(found) if finding.severity == "error"), *_identifiers(found)]
    if broken:
        raise InputError(broken)
    return found


def _identifiers(instrument: Instrument) -> Iterator[Finding]:
    for form in instrument.forms:
        if "alliance_id" in form.identifiers and "firm_id" not in form.identifiers:
            yield Finding(
                "INSTRUMENT-IDENTIFIERS", f"{instrument.version}/{BASE_FILE}: form {form.id}, identifiers",
                "An alliance is one of a firm's: where a link carries alliance_id it carries firm_id too.",
                "Add firm_id, or call the identifier something else.")


def carry_along(study: Path, plan: StudyPlan, out: Path) -> tuple[Path, ...]:
    """Copy an instrument of the study's own into another folder, below :data:`CARRIED`, with every language it has.

    Returns
    -------
    The files written; none where the plan names a released version, which is everywhere.
    """
    if is_released(plan.instrument):
        return ()
    found = instrument_of(study, plan)
    folder = out / CARRIED
    folder.mkdir(parents=True, exist_ok=True)
    names = (BASE_FILE, *(f"{translation.language}.yaml" for translation in found.translations))
    for name in names:
        (folder / name).write_bytes((study / plan.instrument / name).read_bytes())
    return tuple(folder / name for name in names)


def with_carried(plan_text: str) -> str:
    """The text of a plan that names the instrument that was carried along."""
    return re.sub(r"(?m)^(instrument:\s*)\S+", rf"\g<1>{CARRIED}", plan_text, count=1)
