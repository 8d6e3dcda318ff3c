"""Screening of a study with answers to several versions: each response is judged by the questionnaire it was asked.

An attention item may expect another code in another version, a scale may have other items, and how unlike everybody
else somebody answers is seen beside those who were asked the same. The cut-offs and the rule are the plan's for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.data.responses import Responses
from pipeline.data.screening import RespondentScreening, ScreeningSummary, screen
from pipeline.study import ScreeningPlan


def screen_by_version(
    responses: Responses, versions: Mapping[str, Instrument], plan: ScreeningPlan
) -> tuple[tuple[RespondentScreening, ...], ScreeningSummary]:
    """Judge every response, in the order of its rows; counts are over all versions.

    Raises
    ------
    InputError
        ``SCREEN-EMPTY`` if nobody is left of all responses, or of those to one version.
    """
    stamps = responses.meta["instrument_version"]
    fielded = [version for version in versions if bool(stamps.eq(version).any())]
    if len(fielded) == 1:
        return screen(responses, versions[fielded[0]], plan)
    judged: dict[str, RespondentScreening] = {}
    summaries: dict[str, ScreeningSummary] = {}
    findings: list[Finding] = []
    for version in fielded:
        rows = stamps.eq(version).to_numpy()
        part = replace(responses, values=responses.values[rows], reasons=responses.reasons[rows],
                       texts=responses.texts[rows], meta=responses.meta[rows])
        try:
            found, summaries[version] = screen(_asked_alone(part, versions[version]), versions[version], plan)
        except InputError as error:
            findings += [replace(f, place=f"{f.place}, version {version}", fix=f"{f.fix} Or take the version out of "
                                 "further_versions.") for f in error.findings]
            continue
        judged |= {one.response_id: one for one in found}
    if findings:
        raise InputError(findings)
    in_order = tuple(judged[str(name)] for name in responses.meta["response_id"])
    return in_order, _together(list(summaries.items()))


def _asked_alone(responses: Responses, instrument: Instrument) -> Responses:
    """Without the columns of questions that only other versions ask."""
    known = {question.id for _, question in instrument.form(responses.form).questions()}
    columns = [name for name in responses.values.columns if name.split(".")[0] in known]
    return replace(responses, values=responses.values[columns], reasons=responses.reasons[columns],
                   texts=responses.texts[[name for name in responses.texts.columns if name in known]])


def _together(summaries: list[tuple[str, ScreeningSummary]]) -> ScreeningSummary:
    flags = list(dict.fromkeys(name for _, one in summaries for name in one.flagged))
    cutoffs = list(dict.fromkeys(name for _, one in summaries for name in one.cutoffs))
    first = summaries[0][1]
    return ScreeningSummary(
        first.form, sum(one.respondents for _, one in summaries),
        {name: sum(one.flagged.get(name, 0) for _, one in summaries) for name in flags},
        sum(one.excluded for _, one in summaries), sum(one.kept for _, one in summaries),
        {name: _cutoff({version: one.cutoffs[name] for version, one in summaries if name in one.cutoffs})
         for name in cutoffs},
        first.rule,
    )


def _cutoff(words: dict[str, str]) -> str:
    """One cut-off where all versions have the same."""
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "; ".join(f"version {version}: {cutoff}" for version, cutoff in words.items())
