"""Simulated answers → files as platforms export them, and the plan that names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from instrument.fielding.answers import Export
from instrument.fielding.platforms import ANSWERS, answers
from instrument.model import Instrument
from pipeline.power.interviews import SimulatedForm
from pipeline.study import FormSource, StudyPlan

Sources = dict[str, tuple[FormSource, ...]]

WITH_WORDS = ("qualtrics", "limesurvey", "xlsform", "kobo", "redcap", "excel", "csv")
"""Platforms from which the same answers can be had in words, to verify codes by."""

_PHONE = {"RecipientEmail": "_submitted_by"}
_TABLE = {"RecipientEmail": "email"}
PERSONAL: Mapping[str, Mapping[str, str]] = {
    "limesurvey": {"IPAddress": "ipaddr", "RecipientFirstName": "firstname", "RecipientLastName": "lastname",
                   "RecipientEmail": "email"},
    "xlsform": _PHONE, "kobo": _PHONE, "odk": {"RecipientEmail": "SubmitterName"},
    "redcap": {"RecipientEmail": "redcap_survey_identifier"},
    "surveyjs": {"IPAddress": "ip", "RecipientEmail": "email"},
    "html": {"IPAddress": "ip"},
    "spss": _TABLE, "excel": _TABLE, "csv": _TABLE,
}
"""Qualtrics' names of personal columns → what other platforms call them. The rest they do not record."""


@dataclass(frozen=True, slots=True)
class Written:
    """One file of answers, as it was written."""

    path: Path
    form: str
    platform: str
    export: Export
    rows: int
    versions: Mapping[str, int]
    languages: Mapping[str, int]


def require_platform(platform: str | None) -> None:
    """Raises ``InputError`` (``REHEARSE-PLATFORM``) for a platform in whose form no answers can be written."""
    if platform is not None and platform not in ANSWERS:
        raise InputError(Finding(
            "REHEARSE-PLATFORM", f"--platform {platform}", "There is no export form of that platform.",
            f"Choose one of: {', '.join(ANSWERS)}.",
        ))


def sources_for(plan: StudyPlan, platform: str | None, instrument: Instrument) -> Sources:
    """The files to write: the plan's own, or one a form where another platform is wanted.

    Raises
    ------
    InputError
        ``REHEARSE-LABELS`` if the plan wants words from a platform that exports none.
    """
    if platform is None or all(source.platform == platform for source in plan.sources):
        wordless = [source for source in plan.sources if source.labels and source.platform in ("html", "odk", "spss")]
        if wordless:
            raise InputError(
                Finding("REHEARSE-LABELS", f"study.yaml, forms, {source.file}",
                        f"There is no second export with choice text from {source.platform}, as `labels` wants it.",
                        "Leave `labels` out there.")
                for source in wordless
            )
        return dict(plan.forms)
    stems, suffix, words = _stems(instrument, list(plan.forms)), answers(platform).SUFFIX, platform in WITH_WORDS
    return {
        form: (FormSource.model_validate({
            "platform": platform, "file": f"{stem}{suffix}", "labels": f"{stem}_labels{suffix}" if words else None}),)
        for form, stem in stems.items()
    }


def fielded(sources: Sources, versions: Sequence[Instrument]) -> dict[str, tuple[str, ...]]:
    """Form → versions in which it was asked: all that have it, unless each of its files states one."""
    out = {}
    for form, files in sources.items():
        stated = {source.version for source in files}
        out[form] = tuple(version.version for version in versions if form in {f.id for f in version.forms}
                          and (None in stated or version.version in stated))
    return out


def _stems(instrument: Instrument, forms: Sequence[str]) -> dict[str, str]:
    """What a form's rows are about, where no other form is about the same; else the form's id."""
    about = {form: next((name for name in ("alliance", "firm") if f"{name}_id" in instrument.form(form).identifiers),
                        "") for form in forms}
    shared = Counter(about.values())
    return {form: what if what and shared[what] == 1 else f"form_{form.lower()}" for form, what in about.items()}


# -- answers ---------------------------------------------------------------------------------------------


def write_forms(
    forms: Sequence[SimulatedForm], versions: Sequence[Instrument], sources: Sources, folder: Path,
) -> tuple[Sources, tuple[Written, ...]]:
    """Write each form's files below ``folder``.

    Where a platform cannot hold two versions in one file, a survey of its own and a file stand for each.

    Parameters
    ----------
    versions
        Oldest first.

    Returns
    -------
    tuple
        The files as a plan names them, and what is in each.
    """
    final: Sources = {}
    written: list[Written] = []
    for form in forms:
        known = [version for version in versions if form.form in {f.id for f in version.forms}]
        named: list[FormSource] = []
        for rows, source in _shares(form, sources[form.form]):
            more, files = _write_source(form, rows, source, known, folder)
            named += more
            written += files
        final[form.form] = tuple(named)
    return final, tuple(written)


def _shares(form: SimulatedForm, sources: Sequence[FormSource]) -> list[tuple[np.ndarray, FormSource]]:
    """Rows for each file: of the version that it states, else of all versions that no file states; in equal parts."""
    stamps = form.meta["instrument_version"].to_numpy(dtype=object)
    stated = {source.version for source in sources if source.version is not None}
    groups: dict[str | None, list[FormSource]] = {}
    for source in sources:
        groups.setdefault(source.version, []).append(source)
    out = []
    for version, group in groups.items():
        rows = np.flatnonzero(stamps == version if version is not None else ~np.isin(stamps, list(stated)))
        out += list(zip(np.array_split(rows, len(group)), group, strict=True))
    return sorted(out, key=lambda part: sources.index(part[1]))


def _write_source(
    form: SimulatedForm, rows: np.ndarray, source: FormSource, versions: Sequence[Instrument], folder: Path,
) -> tuple[list[FormSource], list[Written]]:
    stamps = form.meta["instrument_version"].iloc[rows]
    present = [version for version in versions if stamps.eq(version.version).any()] or list(versions[-1:])
    try:
        return [source], _write_file(form, rows, source, present, folder)
    except ValueError:
        if len(present) == 1:
            raise
    named, written = [], []
    for version in present:
        own = source.model_copy(update={
            "file": _of_version(source.file, version.version),
            "labels": source.labels and _of_version(source.labels, version.version)})
        named.append(own)
        written += _write_file(form, rows[stamps.eq(version.version).to_numpy()], own, [version], folder)
    return named, written


def _of_version(file: str, version: str) -> str:
    path = PurePosixPath(file)
    return str(path.with_name(f"{path.stem}_{version}{path.suffix}"))


def _write_file(
    form: SimulatedForm, rows: np.ndarray, source: FormSource, versions: Sequence[Instrument], folder: Path,
) -> list[Written]:
    asked = {question.id for version in versions for _, question in version.form(form.form).questions()}
    cells = form.cells[[question for question in form.cells if question in asked]].iloc[rows]
    meta, personal = form.meta.iloc[rows], _personal(form.personal, source.platform)
    exports: tuple[tuple[str | None, Export], ...] = ((source.file, "codes"), (source.labels, "labels"))
    written = []
    for name, export in exports:
        if name is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            answers(source.platform).write(
                path, versions[0] if len(versions) == 1 else versions, form.form, cells, meta,
                None if personal is None else personal.iloc[rows], export=export)
        except ValueError:
            path.unlink(missing_ok=True)
            raise
        written.append(Written(path, form.form, source.platform, export, len(rows),
                               _tally(meta["instrument_version"]), _tally(meta["language"])))
    return written


def _personal(personal: pd.DataFrame, platform: str) -> pd.DataFrame | None:
    if platform == "qualtrics":
        return personal
    names = PERSONAL.get(platform, {})
    return personal[list(names)].rename(columns=dict(names)) if names else None


def _tally(column: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in column.value_counts().sort_index().items()}
