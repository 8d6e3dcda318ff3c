"""Was the questionnaire answered with care? Indices and flags of one form's respondents, by the plan's cut-offs.

A flag only marks; whether it excludes is for the plan's rule, in :mod:`pipeline.data.screening`. An
index that is undefined raises no flag.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from instrument.model import Fact, Instrument, Note
from pipeline.data.careless import (
    Index,
    even_odd,
    irv,
    longstring,
    mahalanobis,
    mahalanobis_cutoff,
    seconds_per_item,
)
from pipeline.data.items import asked_items, by_dimension, keyed_items
from pipeline.data.responses import Responses
from pipeline.data.semantic_pairs import FEWEST_PAIRS, ItemPairs, antonym_pairs, pair_consistency, synonym_pairs
from pipeline.study import ScreeningPlan

TENURE, LEAST_TENURE = "tenr", 1.0
"""Years in the firm; less is reported as the flag ``tenure`` and excludes nobody."""

NOT_ASKED = "not asked in this form"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Flag:
    """One criterion on every respondent judged.

    Attributes
    ----------
    raised
        (n,) who is flagged.
    words
        (n) what was found, in words; meant for those flagged.
    cutoff
        The cut-off in words.
    """

    raised: Mask
    words: list[str]
    cutoff: str


@dataclass(frozen=True, slots=True)
class Indices:
    """What the flags look at, one entry a respondent judged."""

    seconds: Index
    attention: list[bool | None]
    longstring: NDArray[np.int64]
    irv: Index
    even_odd: Index
    mahalanobis: Index
    synonyms: Index
    antonyms: Index
    knowledge: Index


def judge_care(
    responses: Responses, instrument: Instrument, plan: ScreeningPlan
) -> tuple[Indices, dict[str, Flag]]:
    """Indices and flags of respondents who gave a response; flags by name, in the order of the plan's names.

    Flags about answers look at the scale items asked in this form: marker items included, the attention
    item (a fact, not an item) left out.
    """
    items = asked_items(responses, instrument)
    ids = [item.id for item in items]
    raw, keyed = responses.values[ids].to_numpy(), keyed_items(responses, instrument).to_numpy()
    scales = [[ids.index(item) for item in scale] for scale in by_dimension(items).values()]
    attention, attention_flag = _attention(responses, instrument)
    knowledge, _ = _single(responses, instrument, "knowledge")
    diligence, middle = _single(responses, instrument, "diligence")
    tenure, _ = _single(responses, instrument, "screening", TENURE)
    alike = synonym_pairs(raw, plan.synonym_pairs_above)
    opposite = antonym_pairs(raw, -plan.synonym_pairs_above)
    indices = Indices(
        seconds=seconds_per_item(responses.meta["duration_seconds"], _questions_asked(responses, instrument)),
        attention=attention, longstring=longstring(raw), irv=irv(raw), even_odd=even_odd(keyed, scales),
        mahalanobis=mahalanobis(keyed), synonyms=pair_consistency(raw, alike),
        antonyms=pair_consistency(raw, opposite), knowledge=knowledge,
    )
    asked = (responses.reasons[ids] != "not asked").to_numpy().sum(axis=1)
    return indices, {
        "attention": attention_flag,
        "speed": _below(indices.seconds, plan.seconds_per_item, "{:.2f} seconds per question", " seconds per question"),
        "longstring": _long(indices.longstring, asked, plan.longstring_share),
        "irv": _below(indices.irv, plan.irv_below, "answers vary by SD {:.2f}", " (SD of the answers)"),
        "even_odd": _below(indices.even_odd, plan.even_odd_below, "even-odd consistency {:.2f}"),
        "mahalanobis": _far(indices.mahalanobis, plan.mahalanobis_level, len(ids)),
        "synonyms": _across(indices.synonyms, alike, plan.synonym_pairs_above, "below", plan.synonyms_below),
        "antonyms": _across(indices.antonyms, opposite, -plan.synonym_pairs_above, "above", plan.antonyms_above),
        "knowledge": _below(knowledge, plan.knowledge_below, "knowledgeability {:g}"),
        "diligence": _below(diligence, middle, "own account of the care taken {:g}"),
        "tenure": _below(tenure, LEAST_TENURE, "{:g} years in the firm", " year; reported, excludes nobody"),
    }


def numeric_facts(responses: Responses, instrument: Instrument) -> Iterator[Fact]:
    """Facts of the form that have a numeric column of their own, in order."""
    for _, question in instrument.form(responses.form).questions():
        if isinstance(question, Fact) and question.id in responses.values:
            yield question


def _below(index: Index, cut: float, template: str, remark: str = "") -> Flag:
    """Flag values below ``cut``; one that is undefined is NaN, which is below nothing."""
    words = [f"{template.format(value)}, below {cut:g}" for value in index.value]
    asked = bool((index.because != NOT_ASKED).any())
    return Flag(index.value < cut, words, f"below {cut:g}{remark}" if asked else NOT_ASKED)


def _long(run: NDArray[np.int64], asked: NDArray[np.int64], share: float) -> Flag:
    words = [f"{n} identical answers in a row among {items} items" for n, items in zip(run, asked, strict=True)]
    return Flag((asked > 0) & (run >= share * asked), words, f"a run of at least {share:.0%} of the items asked")


def _far(distance: Index, level: float, items: int) -> Flag:
    if items == 0:
        return Flag(np.zeros(len(distance.value), dtype=bool), [""] * len(distance.value), NOT_ASKED)
    cut = mahalanobis_cutoff(level, items)
    words = [f"D² {value:.1f}, above {cut:.1f}" for value in distance.value]
    return Flag(distance.value > cut, words, f"D² above {cut:.1f}, the {level:g} quantile of χ² with {items} df")


def _across(index: Index, pairs: ItemPairs, chosen: float, side: Literal["below", "above"], cut: float) -> Flag:
    """Flag a correlation across pairs on one ``side`` of a cut-off; ``chosen`` is the r that made them pairs."""
    limit, r = (f"{value:g}".replace("-", "\N{MINUS SIGN}") for value in (cut, chosen))
    words = [f"r {value:.2f} across {len(pairs)} pairs of items, {side} {limit}" for value in index.value]
    made = f"r {'above' if chosen > 0 else 'below'} {r}"
    cutoff = f"{side} {limit} across {len(pairs)} pairs of items ({made})" if len(pairs) >= FEWEST_PAIRS else \
        f"not computed: fewer than {FEWEST_PAIRS} pairs of items ({made})"
    return Flag(index.value < cut if side == "below" else index.value > cut, words, cutoff)


def _attention(responses: Responses, instrument: Instrument) -> tuple[list[bool | None], Flag]:
    """Passed (True), failed (False), or no answer (None); and the flag.

    Who leaves an instructed item without an answer has not followed the instruction: flagged like a wrong
    answer, but told apart. Who was never shown it (None as well) is not flagged.
    """
    n = len(responses.values)
    fact = next((f for f in numeric_facts(responses, instrument) if f.role == "attention"), None)
    if fact is None or fact.expected is None:
        return [None] * n, Flag(np.zeros(n, dtype=bool), [""] * n, NOT_ASKED)
    answer, reason = responses.values[fact.id].to_numpy(), responses.reasons[fact.id].to_numpy(dtype=object)
    answered, right = reason == "", answer == fact.expected
    passed = [bool(correct) if there else None for correct, there in zip(right, answered, strict=True)]
    words = [f"{fact.id} {why or f'answered {value:g}'}, {fact.expected} was asked for"
             for value, why in zip(answer, reason, strict=True)]
    return passed, Flag(~right & (reason != "not asked"), words,
                        f"anything but {fact.expected} on {fact.id}, no answer included")


def _single(responses: Responses, instrument: Instrument, role: str, only: str | None = None) -> tuple[Index, float]:
    """Answers to the form's first fact of a role, and the middle of its answer codes (NaN if it has none)."""
    n = len(responses.values)
    fact = next((f for f in numeric_facts(responses, instrument) if f.role == role and only in (None, f.id)), None)
    if fact is None:
        return Index(np.full(n, np.nan), np.full(n, NOT_ASKED, dtype=object)), np.nan
    reasons = responses.reasons[fact.id].to_numpy(dtype=object)
    because = np.array([f"{fact.id} has no answer ({why})" if why else "" for why in reasons], dtype=object)
    codes = [option.code for option in instrument.options(fact) if isinstance(option.code, int)]
    return Index(responses.values[fact.id].to_numpy(), because), (min(codes) + max(codes)) / 2 if codes else np.nan


def _questions_asked(responses: Responses, instrument: Instrument) -> NDArray[np.int64]:
    """(n,) items and facts put to each respondent. Several boxes are one question; a text counts if answered."""
    columns: dict[str, list[str]] = {}
    for column in responses.reasons.columns:
        columns.setdefault(column.split(".")[0], []).append(column)
    count = np.zeros(len(responses.values), dtype=np.int64)
    for _, question in instrument.form(responses.form).questions():
        if isinstance(question, Note):
            continue
        if question.id in columns:
            count += (responses.reasons[columns[question.id]] != "not asked").to_numpy().any(axis=1)
        elif question.id in responses.texts:
            count += responses.texts[question.id].fillna("").ne("").to_numpy()
    return count
