"""Verdicts in words, within the claim limit: data are consistent with a claim or not; they prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pipeline.claims.report import ClaimsReport, PredictionResult
from pipeline.claims.verdicts import Evidence, Verdict
from pipeline.report.numbers import interval, number, percent
from pipeline.undefined import Undefined

SIDE = {"positive": "above 0", "negative": "below 0"}


def because_of_prediction(result: PredictionResult, evidence: Evidence) -> PredictionResult:
    """The result with a sentence that gives the reason of its verdict."""
    return replace(result, because=_reason(result, evidence))


def _reason(result: PredictionResult, evidence: Evidence) -> str:
    stretch = interval(evidence.lower, evidence.upper)
    what = result.what[:1].upper() + result.what[1:]
    if result.between is not None:
        low, high = result.between
        where = {"supported": "within", "against": "outside"}.get(result.verdict, "partly within")
        return f"{what}: the interval {stretch} lies {where} {number(low)} to {number(high)}."
    small = number(result.bound, bounded=True)
    lower, upper = evidence.equivalence
    if result.verdict == "inconclusive":
        return f"{what}: the interval {stretch} holds 0 and effects that would matter. {_power(result)}"
    if evidence.negligible:
        assert not isinstance(lower, Undefined)
        left = (f"{what}: every effect that the data leave, {interval(lower, upper, bounded=True)} standardised, is "
                f"smaller than {small}")
        return f"{left}, though its interval {stretch} does not hold 0." if evidence.lower > 0 or evidence.upper < 0 \
            else f"{left}."
    side = "above 0" if evidence.lower > 0 else "below 0"
    wanted = SIDE.get(result.expected, "near 0")
    said = "as predicted" if side == wanted else f"where {'no effect' if wanted == 'near 0' else 'the opposite'} " \
        "was predicted"
    return f"{what}: the interval {stretch} lies {side}, {said}."


def _power(result: PredictionResult) -> str:
    if isinstance(result.power, Undefined):
        return f"What the design could have found is {result.power}."
    small = number(result.bound, bounded=True)
    if result.expected == "none":
        return (f"Were there no effect at all, {percent(result.power, 0)} of such studies would show that it is "
                f"smaller than {small}.")
    return (f"Were the effect {small} (standardised), {percent(result.power, 0)} of such studies would find it; "
            f"80\N{NO-BREAK SPACE}% find {number(result.detectable, bounded=True)}.")


def because_of_claim(
    verdict: Verdict, predictions: Sequence[PredictionResult], decided_by: Literal["all", "any"],
) -> str:
    """Why a claim has its verdict: the reasons of the predictions that decided it."""
    undefined = [p for p in predictions if isinstance(p.est, Undefined)]
    if verdict == "not testable":
        return "; ".join(dict.fromkeys(p.because for p in undefined))
    deciding = [p for p in predictions if p.verdict == verdict] or list(predictions)
    if len(predictions) == 1 or (decided_by == "all" and verdict == "supported"):
        return " ".join(_sentence(p.because) for p in predictions)
    counted = f"{len(deciding)} of {len(predictions)} predictions"
    return f"{counted} decide. " + " ".join(_sentence(p.because) for p in deciding)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def whole(report: ClaimsReport) -> ClaimsReport:
    """The report with a sentence that sums it up."""
    decided = sum(bool(claim.predictions) for claim in report.claims)
    counts = {verdict: report.count(verdict) for verdict in ("supported", "against", "inconclusive")}
    still = f"{counts['inconclusive']} stay{'s' * (counts['inconclusive'] == 1)}"
    pending = report.count("pending")
    sentence = (
        f"Of {len(report.claims)} claims, {_are(counts['supported'])} consistent with these data and "
        f"{_are(counts['against'])} not; {still} open at this power, {report.count('not testable')} cannot be tested "
        f"with this form, and {pending} wait{'s' * (pending == 1)} for methods to come. Were none of the claims true, "
        f"about {number(report.by_chance, 1)} of the {decided} tested would seem supported by chance.")
    return replace(report, sentence=sentence)


def _are(count: int) -> str:
    return f"{count} {'is' if count == 1 else 'are'}"
