"""Simulated interviews: what the people of a world answer to a form, in one version of it or in several.

Of several versions each respondent is asked one: the earlier somebody answers, the older the version. The people are
the same whichever they are asked, so that a question that did not change gets the answer that it would have got anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.model import Block, Form, Instrument, Item, Note, ResponseScale
from pipeline.power.answers import Cells, asked_questions, candid_answers, check_population, route
from pipeline.power.carelessness import Kinds, answer_carelessly, assign_kinds
from pipeline.power.fieldwork import interview_meta, personal_columns
from pipeline.power.missingness import incomplete_respondents, leave_unanswered
from pipeline.power.population import NEEDED_TO_ANSWER, Population
from pipeline.power.streams import Streams
from pipeline.power.world import World, sample_respondents


@dataclass(frozen=True, slots=True)
class SimulatedForm:
    """One form's simulated answers, before they are written.

    Attributes
    ----------
    cells, meta, personal
        As a platform's ``write`` takes them; rows in the order in which interviews started.
    kinds
        (rows,) ``careful``, ``straight``, ``random`` or ``speeder``.
    incomplete
        (rows,) who leaves questions unanswered.
    speaks
        (rows,) the language each would choose. ``meta`` has the one in which they were asked: where their version was
        not translated yet, its base language.
    """

    form: str
    cells: pd.DataFrame
    meta: pd.DataFrame
    personal: pd.DataFrame
    kinds: Kinds
    incomplete: NDArray[np.bool_]
    speaks: NDArray[np.object_]


def simulate(
    population: Population, instrument: Instrument, optional_blocks: tuple[str, ...] = (), *, n: int, seed: int
) -> tuple[SimulatedForm, ...]:
    """Simulate all forms' answers of ``n`` firms to one version; nothing is written."""
    return simulate_versions(population, (instrument,), optional_blocks, n=n, seed=seed)


def simulate_versions(
    population: Population, versions: Sequence[Instrument], optional_blocks: tuple[str, ...] = (), *, n: int, seed: int,
    fielded: Mapping[str, Collection[str]] | None = None,
) -> tuple[SimulatedForm, ...]:
    """Simulate all forms' answers of ``n`` firms, each version answered by an equal part of them; nothing is written.

    Parameters
    ----------
    versions
        Oldest first.
    fielded
        Form → the versions in which it was asked; other forms are left out. None stands for all forms in all versions.

    Raises
    ------
    InputError
        ``POPULATION-INCOMPLETE`` where the population serves to plan alone, or has no value for a question;
        ``POPULATION-CUTS`` where it has too many or too few cutting points for a scale.
    """
    _check(population, versions, optional_blocks)
    streams = Streams(seed)
    sampling = sample_respondents(population, n, streams)
    whole = of_all_versions(versions)
    worlds = [World(_shifted(population, version), seen_from(version, whole), sampling, streams)
              for version in versions]
    out = []
    for form in whole.forms:
        if fielded is not None and form.id not in fielded:
            continue
        asked = [k for k, version in enumerate(versions) if form.id in {f.id for f in version.forms}
                 and (fielded is None or version.version in fielded[form.id])]
        parts = [_simulate_form(worlds[k], versions[k].form(form.id), optional_blocks) for k in asked]
        out.append(_one_after_another(parts, [versions[k] for k in asked]))
    return tuple(out)


# -- before anybody answers ----------------------------------------------------------------------------


def _check(population: Population, versions: Sequence[Instrument], optional_blocks: tuple[str, ...]) -> None:
    if missing := population.not_stated():
        raise InputError(
            Finding("POPULATION-INCOMPLETE", f"population.yaml, key {section}",
                    f"Simulated respondents need all of {', '.join(NEEDED_TO_ANSWER)}; {section} is not stated.",
                    "Add the section, or take it from another population with `base`; to plan, none is needed.")
            for section in missing
        )
    findings: dict[Finding, None] = {}
    for version in versions:
        try:
            check_population(population, version, optional_blocks)
        except InputError as error:
            findings |= dict.fromkeys(error.findings)
        findings |= dict.fromkeys(_misfits(population, version, optional_blocks))
    if findings:
        raise InputError(findings)


def _misfits(population: Population, version: Instrument, optional_blocks: tuple[str, ...]) -> list[Finding]:
    used = {q.scale for form in version.forms for q in asked_questions(form, optional_blocks) if isinstance(q, Item)}
    cuts = population.answering.cuts
    return [
        Finding("POPULATION-CUTS", f"population.yaml, key answering.cuts.{scale.id}",
                f"The {len(scale.points)} points of {scale.id} in {version.version} lie between "
                f"{len(scale.points) - 1} cutting points; the population has {len(cuts[scale.id])}.",
                "Give as many as there are points, less one.")
        for scale in version.scales
        if scale.id in used and scale.id in cuts and len(cuts[scale.id]) != len(scale.points) - 1
    ]


def of_all_versions(versions: Sequence[Instrument]) -> Instrument:
    """The newest version, and behind its own questions those that only older ones ask.

    How well an item measures depends on how many its dimension has, and the truth of a score on all of them. Both must
    not change with the version somebody is asked.
    """
    newest, *older = reversed(versions)
    forms = {form.id: form for form in newest.forms}
    for version in older:
        for form in version.forms:
            known = forms.setdefault(form.id, form)
            there = {question.id for _, question in known.questions()}
            gone = tuple(q for _, q in form.questions() if not isinstance(q, Note) and q.id not in there)
            if gone:
                earlier = Block(id=f"of {version.version}", title="", questions=gone)
                forms[form.id] = known.model_copy(update={"blocks": (*known.blocks, earlier)})
    return newest if not older else _altered(newest, forms=tuple(forms.values()), scales=_scales(newest, older))


def seen_from(version: Instrument, whole: Instrument) -> Instrument:
    """The whole with a version's own name, languages and response scales."""
    if whole is version:
        return version
    return _altered(whole, version=version.version, language=version.language, translations=version.translations,
                    scales=_scales(version, (whole,)))


def _altered(instrument: Instrument, **fields: object) -> Instrument:
    # A copy would bring along what the original has looked up already.
    own = {name: getattr(instrument, name) for name in Instrument.model_fields}
    return Instrument.model_construct(**(own | fields))


def _scales(first: Instrument, others: Sequence[Instrument]) -> tuple[ResponseScale, ...]:
    return tuple({scale.id: scale for one in (*reversed(others), first) for scale in one.scales}.values())


def _shifted(population: Population, version: Instrument) -> Population:
    """The population without shifts of languages that the version does not have: nobody read its words in them."""
    shift = population.answering.language_shift
    kept = {language: items for language, items in shift.items() if language in version.languages}
    if kept == shift:
        return population
    return population.model_copy(update={
        "answering": population.answering.model_copy(update={"language_shift": kept})})


# -- one version -----------------------------------------------------------------------------------------


def _simulate_form(world: World, form: Form, optional_blocks: tuple[str, ...]) -> SimulatedForm:
    population, instrument, streams = world.population, world.instrument, world.streams
    cells = candid_answers(world, form, optional_blocks)
    rows = world.sampling.size(world.row_level(form.id))
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
    personal, meta = personal_columns(rows, form, streams), _sorted(meta, order)
    return SimulatedForm(
        form.id, _sorted(pd.DataFrame(_columns(cells), dtype="str"), order), meta, _sorted(personal, order),
        kinds[order], incomplete[order], meta["language"].to_numpy(dtype=object),
    )


def _columns(cells: Cells) -> dict[str, list[str]]:
    return {question: [str(cell) for cell in column] for question, column in cells.items()}


def _sorted(table: pd.DataFrame, order: NDArray[np.intp]) -> pd.DataFrame:
    return table.iloc[order].reset_index(drop=True)


def _broken_off(
    world: World, form: Form, rows: int, questions: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """After how many questions each respondent leaves, and who finishes. Nobody leaves in the first tenth."""
    rng = world.streams.of(f"participation.broken_off@{form.id}")
    leaves = rng.random(rows) < world.population.participation.broken_off
    at = rng.integers(questions // 10, max(questions * 9 // 10, questions // 10 + 1), size=rows)
    return np.where(leaves, at, questions), ~leaves


# -- several versions --------------------------------------------------------------------------------------


def _one_after_another(parts: Sequence[SimulatedForm], versions: Sequence[Instrument]) -> SimulatedForm:
    """Equal parts of the respondents, who stand in the same order in every version."""
    newest = parts[-1]
    if len(parts) == 1:
        return newest
    rows = np.array_split(np.arange(len(newest.meta)), len(parts))
    cells = pd.concat([part.cells.iloc[r] for part, r in zip(reversed(parts), reversed(rows), strict=True)])
    spoken = {language for version in versions for language in version.languages}
    meta = pd.concat([
        _asked_in(version, part.meta.iloc[r], spoken) for part, version, r in zip(parts, versions, rows, strict=True)])
    return SimulatedForm(
        newest.form, cells.sort_index().fillna("").astype("str"), meta, newest.personal, newest.kinds,
        newest.incomplete, newest.speaks)


def _asked_in(version: Instrument, meta: pd.DataFrame, spoken: set[str]) -> pd.DataFrame:
    # A language that no version has stays, and is complained about.
    absent = meta["language"].isin(spoken - set(version.languages))
    return meta.assign(language=meta["language"].mask(absent, version.language))
