"""A rehearsal: a study's answers simulated from a stated truth, in the form in which a platform exports them.

What the pipeline finds can then be held against what is true, and a study can be tried from the first export
to the report before anybody is asked anything. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding import qualtrics
from instrument.fielding.qualtrics.layout import Export
from instrument.model import Form, Instrument
from pipeline.power.answers import Cells, asked_questions, candid_answers, check_population, route
from pipeline.power.carelessness import CAREFUL, Kinds, answer_carelessly, assign_kinds
from pipeline.power.fieldwork import interview_meta, personal_columns
from pipeline.power.missingness import incomplete_respondents, leave_unanswered
from pipeline.power.population import NEEDED_TO_ANSWER, Population, load_population
from pipeline.power.streams import Streams
from pipeline.power.truth import TrueClaim, TrueValue, true_claims, true_values
from pipeline.power.world import World, sample_respondents
from pipeline.study import PLAN_FILE, StudyPlan, load_plan

Platform = Literal["qualtrics"]

TRUTH_FILE = "truth.json"


@dataclass(frozen=True, slots=True)
class SimulatedForm:
    """One form's simulated answers, before they are written.

    Attributes
    ----------
    cells, meta, personal
        As the platform's ``write`` takes them; rows in the order in which interviews started.
    kinds
        (rows,) ``careful``, ``straight``, ``random`` or ``speeder``.
    incomplete
        (rows,) who leaves questions unanswered.
    """

    form: str
    cells: pd.DataFrame
    meta: pd.DataFrame
    personal: pd.DataFrame
    kinds: Kinds
    incomplete: np.ndarray


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was written, and the true values behind it."""

    files: tuple[Path, ...]
    truth: dict[str, TrueValue]


def rehearse(study: Path, *, n: int, platform: str = "qualtrics", seed: int, out: Path) -> Rehearsal:
    """Simulate ``n`` firms from a study's ``population.yaml`` and write each form's export and ``truth.json``.

    Where ``out`` is another folder than the study's, the plan goes along, marked synthetic, so that
    ``alliometrics run OUT`` works at once.

    Raises
    ------
    InputError
        ``REHEARSE-PLATFORM``, ``REHEARSE-OVERWRITE`` and what :func:`~pipeline.study.load_plan` and
        :func:`~pipeline.power.population.load_population` and the checks of the population find.
    """
    if platform not in get_args(Platform):
        raise InputError(Finding(
            "REHEARSE-PLATFORM", f"--platform {platform}", "There is no export form of that platform.",
            f"Choose one of: {', '.join(get_args(Platform))}.",
        ))
    study, out = Path(study), Path(out)
    plan, population = load_plan(study), load_population(study)
    _check_sections(population)
    instrument = store.load(plan.instrument)
    check_population(population, instrument, plan.optional_blocks)
    _refuse_to_overwrite(plan, out)
    forms = simulate(population, instrument, plan.optional_blocks, n=n, seed=seed)
    _check_languages(forms, plan)
    truth, claims = true_values(population, instrument), true_claims(study)
    out.mkdir(parents=True, exist_ok=True)
    files = [path for form in forms if form.form in plan.forms for path in _write_form(form, instrument, plan, out)]
    files.append(_write_truth(out, population, forms, truth, claims, n=n, seed=seed, version=instrument.version))
    if out.resolve() != study.resolve():
        files.append(_write_plan(study, out))
    return Rehearsal(tuple(files), truth)


def simulate(
    population: Population, instrument: Instrument, optional_blocks: tuple[str, ...] = (), *, n: int, seed: int
) -> tuple[SimulatedForm, ...]:
    """Simulate both forms' answers of ``n`` firms; nothing is written.

    Raises
    ------
    InputError
        ``POPULATION-INCOMPLETE`` where the population serves to plan alone: a section without which nobody can answer
        is not stated.
    """
    _check_sections(population)
    streams = Streams(seed)
    world = World(population, instrument, sample_respondents(population, n, streams), streams)
    return tuple(_simulate_form(world, form, optional_blocks) for form in instrument.forms)


def _check_sections(population: Population) -> None:
    if missing := population.not_stated():
        raise InputError(
            Finding("POPULATION-INCOMPLETE", f"population.yaml, key {section}",
                    f"Simulated respondents need all of {', '.join(NEEDED_TO_ANSWER)}; {section} is not stated.",
                    "Add the section, or take it from another population with `base`; to plan, none is needed.")
            for section in missing
        )


def _simulate_form(world: World, form: Form, optional_blocks: tuple[str, ...]) -> SimulatedForm:
    population, instrument, streams = world.population, world.instrument, world.streams
    cells = candid_answers(world, form, optional_blocks)
    rows = world.sampling.size("firm" if form.id == "F" else "informant")
    kinds = assign_kinds(population, form.id, rows, streams)
    answer_carelessly(cells, kinds, population, instrument, form, optional_blocks, streams)
    incomplete = np.zeros(rows, dtype=bool)
    if population.missingness is not None:
        predictor = np.asarray(world.answer(population.missingness.depends_on, form.id), dtype=np.float64)
        incomplete = incomplete_respondents(population.missingness, predictor, form.id, streams)
        leave_unanswered(cells, incomplete, population.missingness, instrument, form, optional_blocks, streams)
    last, finished = _broken_off(world, form, rows, len(asked_questions(form, optional_blocks)))
    shown = route(cells, form, optional_blocks, last)
    meta = interview_meta(world, form, kinds, shown, finished, streams)
    order = np.lexsort((meta["response_id"], meta["started"]))
    personal = personal_columns(rows, form, streams)
    return SimulatedForm(
        form.id, _sorted(pd.DataFrame(_columns(cells), dtype="str"), order), _sorted(meta, order),
        _sorted(personal, order), kinds[order], incomplete[order],
    )


def _columns(cells: Cells) -> dict[str, list[str]]:
    return {question: [str(cell) for cell in column] for question, column in cells.items()}


def _sorted(table: pd.DataFrame, order: np.ndarray) -> pd.DataFrame:
    return table.iloc[order].reset_index(drop=True)


def _broken_off(world: World, form: Form, rows: int, questions: int) -> tuple[np.ndarray, np.ndarray]:
    """After how many questions each respondent leaves, and who finishes. Nobody leaves in the first tenth."""
    rng = world.streams.of(f"participation.broken_off@{form.id}")
    leaves = rng.random(rows) < world.population.participation.broken_off
    at = rng.integers(questions // 10, max(questions * 9 // 10, questions // 10 + 1), size=rows)
    return np.where(leaves, at, questions), ~leaves


# -- writing ------------------------------------------------------------------------------------------


def _refuse_to_overwrite(plan: StudyPlan, out: Path) -> None:
    """Files with answers and no truth.json beside them may be somebody's data."""
    names = [name for source in plan.forms.values() for name in (source.file, source.labels) if name]
    present = [name for name in names if (out / name).exists()]
    if present and not (out / TRUTH_FILE).is_file():
        raise InputError(Finding(
            "REHEARSE-OVERWRITE", str(out / present[0]),
            f"A rehearsal overwrites only its own files; {', '.join(present)} stand here without a {TRUTH_FILE}.",
            "Name another folder with --out.",
        ))


def _check_languages(forms: tuple[SimulatedForm, ...], plan: StudyPlan) -> None:
    spoken = {language for form in forms for language in form.meta["language"]}
    if unknown := sorted(spoken - set(plan.languages)):
        raise InputError(Finding(
            "POPULATION-LANGUAGE", "population.yaml, key variables.language",
            f"Respondents speak the plan's languages, {', '.join(plan.languages)}; the population has {unknown}.",
            "Bring the two in line.",
        ))


def _write_form(form: SimulatedForm, instrument: Instrument, plan: StudyPlan, out: Path) -> list[Path]:
    source = next(source for name, source in plan.forms.items() if name == form.form)
    written = []
    exports: tuple[tuple[str | None, Export], ...] = ((source.file, "codes"), (source.labels, "labels"))
    for name, export in exports:
        if name is not None:
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            qualtrics.write(path, instrument, form.form, form.cells, form.meta, form.personal, export=export)
            written.append(path)
    return written


def _write_truth(
    out: Path, population: Population, forms: tuple[SimulatedForm, ...], truth: dict[str, TrueValue],
    claims: dict[str, TrueClaim], *, n: int, seed: int, version: str,
) -> Path:
    content: dict[str, Any] = {
        "synthetic": True,
        "note": "These answers were simulated; they are about no real firm. docs/rehearsal.md explains the figures.",
        "seed": seed, "firms": n, "instrument": version,
        "true_values": {
            name: {key: round(number, 6) for key, number in asdict(value).items()} for name, value in truth.items()
        },
        "claims": {name: claim.model_dump() for name, claim in claims.items()},
        "respondents": {form.form: _who(form) for form in forms},
        "population": population.model_dump(mode="json"),
    }
    path = out / TRUTH_FILE
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def _who(form: SimulatedForm) -> dict[str, Any]:
    """Counts, and the response ids of those whose answers are not what they seem."""
    ids = form.meta["response_id"]
    return {
        "rows": len(ids),
        "careless": {str(kind): ids[form.kinds == kind].tolist() for kind in np.unique(form.kinds) if kind != CAREFUL},
        "incomplete": ids[form.incomplete].tolist(),
    }


def _write_plan(study: Path, out: Path) -> Path:
    text = (study / PLAN_FILE).read_text(encoding="utf-8")
    path = out / PLAN_FILE
    path.write_text(re.sub(r"(?m)^(synthetic:\s*)\S+", r"\1true", text), encoding="utf-8", newline="\n")
    return path
