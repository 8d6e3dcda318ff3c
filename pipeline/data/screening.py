"""Careless answering: indices per respondent, flags by the plan's cut-offs, and the plan's rule.

Two questions are kept apart. Is this a response to the study at all (consent, screening questions,
finished, not withdrawn)? And was it given with care? Only the second is for the plan's rule to decide;
indices are computed among those who pass the first. ``docs/screening.md`` says what each flag means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.model import Fact, Instrument
from pipeline.data.care import Flag, Indices, judge_care, numeric_facts
from pipeline.data.responses import Responses
from pipeline.study import ScreeningPlan
from pipeline.undefined import Number, Undefined

NO_RESPONSE = ("no consent", "screened out", "unfinished", "withdrawn")
"""Why a row is no response to the study, in the order in which it is judged. Excluded whatever the plan's rule."""

WITHDRAWN = 1
"""Code of the diligence question by which respondents ask that their answers be left out."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RespondentScreening:
    """One respondent's indices, flags and fate. ``response_id`` is the platform's pseudonym."""

    form: str
    response_id: str
    firm_id: str
    seconds_per_item: Number
    attention_passed: bool | None
    longstring: int
    irv: Number
    even_odd: Number
    mahalanobis: Number
    synonyms: Number
    antonyms: Number
    knowledge: Number
    flags: tuple[str, ...]
    excluded: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ScreeningSummary:
    """One form's screening in counts; ``cutoffs`` and ``rule`` in words."""

    form: str
    respondents: int
    flagged: dict[str, int]
    excluded: int
    kept: int
    cutoffs: dict[str, str]
    rule: str


def screen(
    responses: Responses, instrument: Instrument, plan: ScreeningPlan
) -> tuple[tuple[RespondentScreening, ...], ScreeningSummary]:
    """Judge every response of one form, in the order of its rows.

    Raises
    ------
    InputError
        ``SCREEN-EMPTY`` if nobody is left.
    """
    n = len(responses.values)
    status, status_words = _no_response(responses, instrument)
    judged = np.flatnonzero(status == "")
    respondents = _not_judged(responses, status, status_words)
    cutoffs = {name: "excluded before answers are judged" for name in NO_RESPONSE}
    flagged = {name: int((status == name).sum()) for name in NO_RESPONSE}
    if judged.size:
        among = _rows(responses, judged)
        indices, flags = judge_care(among, instrument, plan)
        fate = _apply_rule(flags, plan)
        for position, row in enumerate(judged):
            respondents[row] = _judged(respondents[row], indices, flags, position, fate[position])
        cutoffs |= {name: flag.cutoff for name, flag in flags.items()}
        flagged |= {name: int(flag.raised.sum()) for name, flag in flags.items()}
    excluded = sum(respondent.excluded for respondent in respondents)
    if excluded == n:
        counts = ", ".join(f"{name} {count}" for name, count in flagged.items() if count) or "no response at all"
        raise InputError(Finding(
            "SCREEN-EMPTY", f"form {responses.form}", f"Analysis needs respondents; all {n} are excluded ({counts}).",
            "Look at the reasons above; if they are cut-offs of study.yaml, screening, reconsider the plan openly.",
        ))
    summary = ScreeningSummary(responses.form, n, flagged, excluded, n - excluded, cutoffs, _rule(plan))
    return tuple(respondents), summary


def kept(responses: Responses, respondents: Iterable[RespondentScreening]) -> Responses:
    """The responses that screening did not exclude; ``respondents`` may hold both forms."""
    fate = {r.response_id: r.excluded for r in respondents if r.form == responses.form}
    excluded = responses.meta["response_id"].astype(str).map(fate)
    if excluded.isna().any():
        raise ValueError(f"{int(excluded.isna().sum())} responses of form {responses.form} were never screened")
    return _rows(responses, np.flatnonzero(~excluded.to_numpy(dtype=bool)))


# -- is it a response at all? ------------------------------------------------------------------------


def _no_response(responses: Responses, instrument: Instrument) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """(n,) one of :data:`NO_RESPONSE` or ``""``, and the same in words; the first that applies counts."""
    n = len(responses.values)
    status, words = np.full(n, "", dtype=object), np.full(n, "", dtype=object)

    def judge(name: str, who: Mask, why: str) -> None:
        new = who & (status == "")
        status[new], words[new] = name, why

    facts = list(numeric_facts(responses, instrument))
    for fact in facts:
        if fact.role == "consent":
            judge("no consent", _answered(responses, fact, fact.screen_out), "consent was not given")
            judge("no consent", responses.values[fact.id].isna().to_numpy(), "the consent question has no answer")
    for fact in facts:
        if fact.role != "consent":
            judge("screened out", _answered(responses, fact, fact.screen_out), f"the answer to {fact.id} screens out")
    judge("unfinished", ~responses.meta["finished"].to_numpy(dtype=bool), "the questionnaire was not finished")
    for fact in facts:
        if fact.role == "diligence":
            judge("withdrawn", _answered(responses, fact, (WITHDRAWN,)), "the respondent asks to leave the answers out")
    return status, words


def _answered(responses: Responses, fact: Fact, codes: tuple[int | str, ...]) -> Mask:
    """(n,) True where the answer is one of ``codes``: a number, or a missing code such as ``dk``."""
    numbers = [code for code in codes if isinstance(code, int)]
    reasons = [code for code in codes if isinstance(code, str)]
    answered: Mask = (responses.values[fact.id].isin(numbers) | responses.reasons[fact.id].isin(reasons)).to_numpy()
    return answered


def _not_judged(
    responses: Responses, status: NDArray[np.object_], words: NDArray[np.object_]
) -> list[RespondentScreening]:
    """Every respondent as if excluded for ``status``; those with status ``""`` are judged afterwards."""
    out = []
    # A respondent who speaks for no firm names none.
    firms = responses.meta["firm_id"] if "firm_id" in responses.meta else [""] * len(status)
    for response_id, firm_id, name, why in zip(responses.meta["response_id"], firms, status, words, strict=True):
        none = Undefined(f"the answers are not judged ({name})")
        out.append(RespondentScreening(
            form=responses.form, response_id=str(response_id), firm_id=str(firm_id), seconds_per_item=none,
            attention_passed=None, longstring=0, irv=none, even_odd=none, mahalanobis=none, synonyms=none,
            antonyms=none, knowledge=none, flags=(name,), excluded=True, reason=f"{name}: {why}",
        ))
    return out


# -- the plan's rule ---------------------------------------------------------------------------------


def _apply_rule(flags: dict[str, Flag], plan: ScreeningPlan) -> list[tuple[str, ...]]:
    """For each respondent the flags that exclude; none if kept. ``unfinished`` has been dealt with before."""
    alone = [name for name in plan.any_of if name in flags]
    counted = [name for name in plan.of if name in flags]
    n = len(next(iter(flags.values())).raised)
    fate: list[tuple[str, ...]] = []
    for row in range(n):
        decisive = [name for name in alone if flags[name].raised[row]]
        together = [name for name in counted if flags[name].raised[row]]
        if len(together) >= plan.at_least:
            decisive += [name for name in together if name not in decisive]
        fate.append(tuple(decisive))
    return fate


def _judged(
    base: RespondentScreening, indices: Indices, flags: dict[str, Flag], row: int, decisive: tuple[str, ...]
) -> RespondentScreening:
    return replace(
        base, seconds_per_item=indices.seconds.number(row), attention_passed=indices.attention[row],
        longstring=int(indices.longstring[row]), irv=indices.irv.number(row), even_odd=indices.even_odd.number(row),
        mahalanobis=indices.mahalanobis.number(row), synonyms=indices.synonyms.number(row),
        antonyms=indices.antonyms.number(row), knowledge=indices.knowledge.number(row),
        flags=tuple(name for name, flag in flags.items() if flag.raised[row]), excluded=bool(decisive),
        reason="; ".join(f"{name}: {flags[name].words[row]}" for name in decisive),
    )


def _rule(plan: ScreeningPlan) -> str:
    parts = []
    if plan.any_of:
        parts.append(f"any of {', '.join(plan.any_of)}")
    if plan.of:
        parts.append(f"at least {plan.at_least} of {', '.join(plan.of)}")
    careless = f"Careless, and excluded: {'; or '.join(parts)}." if parts else "Flags exclude nobody."
    return f"No response to the study, and excluded first: {', '.join(NO_RESPONSE)}. {careless}"


def _rows(responses: Responses, rows: NDArray[np.intp]) -> Responses:
    return replace(
        responses, values=responses.values.iloc[rows], reasons=responses.reasons.iloc[rows],
        texts=responses.texts.iloc[rows], meta=responses.meta.iloc[rows],
    )
