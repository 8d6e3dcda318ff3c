"""A rehearsal: a study's answers simulated from a stated truth, in the form in which a platform exports them.

What the pipeline finds can then be held against what is true, and a study can be tried from the first export
to the report before anybody is asked anything. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from instrument import store
from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.instruments import instrument_of
from pipeline.intake import versions_taken_in
from pipeline.power.carelessness import CAREFUL
from pipeline.power.interviews import SimulatedForm, of_all_versions, seen_from, simulate, simulate_versions
from pipeline.power.population import Population, load_population
from pipeline.power.rehearsal_files import Sources, Written, fielded, require_platform, sources_for, write_forms
from pipeline.power.rehearsed_plan import write_plan
from pipeline.power.truth import (
    TrueClaim,
    TrueValue,
    differences_in_words,
    true_claims,
    true_differences,
    true_values,
)
from pipeline.prepare import check_forms
from pipeline.study import StudyPlan, load_plan

__all__ = ["TRUTH_FILE", "Rehearsal", "SimulatedForm", "rehearse", "simulate"]

TRUTH_FILE = "truth.json"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was written, and the true values behind it.

    Attributes
    ----------
    answers
        The files with answers, and what is in each.
    files
        All files.
    notes
        What a rehearsal of this plan does not try, one sentence each.
    """

    answers: tuple[Written, ...]
    files: tuple[Path, ...]
    truth: dict[str, TrueValue]
    notes: tuple[str, ...]


def rehearse(study: Path, *, n: int, platform: str | None = None, seed: int, out: Path) -> Rehearsal:
    """Simulate ``n`` firms from a study's ``population.yaml`` and write each form's export and ``truth.json``.

    Where ``out`` is another folder than the study's, the plan goes along, marked synthetic, so that
    ``alliometrics run OUT`` works at once.

    Parameters
    ----------
    platform
        In whose export form answers are written; the files have names of their own and the plan names them, unless it
        is the plan's platform already. None takes platforms and files from the plan.

    Raises
    ------
    InputError
        ``REHEARSE-PLATFORM``, ``REHEARSE-LABELS``, ``REHEARSE-PLACE``, ``REHEARSE-OVERWRITE``, ``REHEARSE-PLAN``, and
        what :func:`~pipeline.study.load_plan`, :func:`~pipeline.prepare.check_forms`,
        :func:`~pipeline.power.population.load_population` and the checks of the population find.
    """
    require_platform(platform)
    study, out = Path(study), Path(out)
    plan, population = load_plan(study), load_population(study)
    instrument = instrument_of(study, plan)
    check_forms(plan, instrument, study)
    versions = _oldest_first(versions_taken_in(study, plan, instrument).values())
    sources = sources_for(plan, platform, instrument)
    asked = fielded(sources, versions)
    forms = simulate_versions(population, versions, plan.optional_blocks, n=n, seed=seed, fielded=asked)
    _check_languages(forms, plan)
    with TemporaryDirectory() as staging:
        final, written = write_forms(forms, versions, sources, Path(staging))
        _check_place(study, plan, final, out)
        # Drawing the truth takes a while: what can go wrong has gone wrong before it.
        measured = seen_from(instrument, of_all_versions(versions))
        truth, claims = true_values(population, measured), true_claims(study)
        differences = true_differences(population, versions, plan.optional_blocks)
        written = tuple(replace(one, path=_moved(one.path, Path(staging), out)) for one in written)
    files = [*(one.path for one in written),
             _write_truth(out, population, forms, truth, claims, differences, n=n, seed=seed,
                          version=instrument.version)]
    if out.resolve() != study.resolve():
        files += write_plan(study, plan, final, out)
    return Rehearsal(written, tuple(files), truth, tuple(_untried(forms, plan, asked)))


def _oldest_first(versions: Iterable[Instrument]) -> tuple[Instrument, ...]:
    def age(version: Instrument) -> tuple[bool, tuple[int, ...], str]:
        numbered = store.SEMANTIC.fullmatch(version.version)
        return not numbered, tuple(map(int, numbered.groups())) if numbered else (), version.version
    return tuple(sorted(versions, key=age))


def _moved(path: Path, staging: Path, out: Path) -> Path:
    target = out / path.relative_to(staging)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(path.read_bytes())
    return target


# -- checks -----------------------------------------------------------------------------------------------


def _check_place(study: Path, plan: StudyPlan, sources: Sources, out: Path) -> None:
    """A study's own plan is never changed; and answers without truth.json beside them may be somebody's."""
    if out.resolve() == study.resolve() and sources != plan.forms:
        raise InputError(Finding(
            "REHEARSE-PLACE", f"--out {out}",
            "A rehearsal with other files than the plan names has a plan of its own, and this folder has one already.",
            "Name another folder with --out, or change `forms` in study.yaml.",
        ))
    names = [name for form in sources.values() for source in form for name in (source.file, source.labels) if name]
    present = [name for name in names if (out / name).exists()]
    if present and not (out / TRUTH_FILE).is_file():
        raise InputError(Finding(
            "REHEARSE-OVERWRITE", str(out / present[0]),
            f"A rehearsal overwrites only its own files; {', '.join(present)} stand here without a {TRUTH_FILE}.",
            "Name another folder with --out.",
        ))


def _check_languages(forms: Sequence[SimulatedForm], plan: StudyPlan) -> None:
    spoken = {language for form in forms for language in form.speaks}
    if unknown := sorted(spoken - set(plan.languages)):
        raise InputError(Finding(
            "POPULATION-LANGUAGE", "population.yaml, key variables.language",
            f"Respondents speak the plan's languages, {', '.join(plan.languages)}; the population has {unknown}.",
            "Bring the two in line.",
        ))


def _untried(
    forms: Sequence[SimulatedForm], plan: StudyPlan, fielded_in: Mapping[str, Sequence[str]]
) -> list[str]:
    """Languages and versions of the plan in which nobody answered, and languages that a version does not have."""
    notes = []
    for form in forms:
        asked = set(form.meta["language"])
        if absent := [language for language in plan.languages if language not in asked]:
            notes.append(f"Form {form.form}: nobody answered in {', '.join(absent)}; `language` in population.yaml "
                         "says who speaks what.")
        there = set(form.meta["instrument_version"])
        if gone := [version for version in fielded_in[form.form] if version not in there]:
            notes.append(f"Form {form.form}: nobody was asked {', '.join(gone)}.")
        for (version, language), count in _in_base_language(form).items():
            notes.append(f"Form {form.form}: {count} who speak {language} were asked {version} in its base language, "
                         f"because it has no {language}.")
    return notes


def _in_base_language(form: SimulatedForm) -> Counter[tuple[str, str]]:
    """(version, language) → how many would have chosen a language that their version does not have."""
    elsewhere = form.meta["language"].to_numpy(dtype=object) != form.speaks
    versions = form.meta["instrument_version"].to_numpy(dtype=object)
    return Counter(zip(versions[elsewhere].tolist(), form.speaks[elsewhere].tolist(), strict=True))


# -- the truth --------------------------------------------------------------------------------------------


def _write_truth(
    out: Path, population: Population, forms: Sequence[SimulatedForm], truth: dict[str, TrueValue],
    claims: dict[str, TrueClaim], differences: dict[str, dict[str, float]], *, n: int, seed: int, version: str,
) -> Path:
    content: dict[str, Any] = {
        "synthetic": True,
        "note": "These answers were simulated; they are about no real firm. docs/rehearsal.md explains the figures.",
        "seed": seed, "firms": n, "instrument": version,
        "true_values": {
            name: {key: round(number, 6) for key, number in asdict(value).items()} for name, value in truth.items()
        },
        "claims": {name: claim.model_dump() for name, claim in claims.items()},
        "differs_by_language": differences, "differences": differences_in_words(differences),
        "respondents": {form.form: _who(form) for form in forms},
        "population": population.model_dump(mode="json"),
    }
    path = out / TRUTH_FILE
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def _who(form: SimulatedForm) -> dict[str, Any]:
    """Counts, and the response ids of those whose answers are not what they seem."""
    ids, versions = form.meta["response_id"], form.meta["instrument_version"]
    several: dict[str, Any] = {} if versions.nunique() < 2 else {
        "versions": {version: int(count) for version, count in versions.value_counts(sort=False).items()},
        "asked in the base language": [
            {"version": version, "speaks": language, "respondents": count}
            for (version, language), count in _in_base_language(form).items()],
    }
    return {
        "rows": len(ids), **several,
        "careless": {str(kind): ids[form.kinds == kind].tolist() for kind in np.unique(form.kinds) if kind != CAREFUL},
        "incomplete": ids[form.incomplete].tolist(),
    }
