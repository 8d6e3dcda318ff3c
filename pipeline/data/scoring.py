"""Scores from answers: keyed items, dimension means, recency-weighted experience, function index.

No score is filled in: a score whose parts are not all there is missing, and :attr:`Scores.missing`
counts it with the reason. ``docs/scoring.md`` holds every formula and convention in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.data.facts import add_alliance_facts, add_context, add_outcomes
from pipeline.data.items import asked_items, by_dimension, keyed_items
from pipeline.data.responses import Responses
from pipeline.data.sheet import Sheet
from pipeline.moments.sample import complete_rows, kurtosis, sample_moments, skewness
from pipeline.study import ScoringPlan
from pipeline.undefined import Number, Undefined

BAND_AGES = (1.0, 4.0, 8.0, 13.0)
"""Years since an alliance of each band (0–2, 3–5, 6–10, more than 10) was formed: the middle of the band;
the open band starts at 11 and takes the half-width of the band before it, 2."""

EXPERIENCE: dict[str, tuple[tuple[str, ...], str]] = {
    "exp_rw": (("xjv", "xeq", "xco"), "all alliances"),
    "exp_rw_jv": (("xjv",), "joint ventures"),
    "exp_rw_eq": (("xeq",), "other equity alliances"),
    "exp_rw_co": (("xco",), "contractual alliances"),
    "exp_rw_rp": (("xrp",), "alliances with a repeat partner"),
}
"""Experience variable → the counts it adds up, and words for them. Alliances with a repeat partner are among the
other three kinds."""

RECENT_BANDS, OLD_BANDS = (1, 2), (3, 4)
"""Bands up to five years ago, and before."""

HALF_CREDIT = {"fmpr": 5.0, "fmcm": 2.0}
"""Counts of the function index: n/(n + k) rises from 0 towards 1 and is one half at n = k, given here."""


@dataclass(frozen=True, slots=True)
class VariableSummary:
    """Distribution of one variable. Skewness is G1, kurtosis excess G2 (Joanes & Gill 1998), as SPSS prints."""

    variable: str
    label: str
    level: str
    n: int
    missing: int
    mean: Number
    sd: Number
    minimum: Number
    maximum: Number
    skewness: Number
    kurtosis: Number


@dataclass(frozen=True, slots=True)
class Moments:
    """What another analyst needs to re-estimate a model: n, means, SDs (n−1), covariances (n−1)."""

    variables: tuple[str, ...]
    n: int
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    correlation: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """One form's variables, one row a response, on the index of the responses.

    Attributes
    ----------
    items
        Keyed items: high means much of the dimension. Items that nobody was asked have no column.
    scores
        Dimension means under the dimension's id and, for form F, ``exp_rw`` and its kin, ``daf``,
        ``daf_index``, ``lnsize``, ``firmage``, ``ind_tech``, ``ind_serv``, ``success_share``.
    experience
        Experience of every kind under every other decay δ of the plan; columns are (name, δ).
    labels
        Words for every column of ``items`` and ``scores``.
    missing
        Column of ``scores`` → why missing → number of responses. Complete columns have an empty entry.
    findings
        Answers that contradict each other (warnings).
    """

    form: str
    items: pd.DataFrame
    scores: pd.DataFrame
    experience: pd.DataFrame
    labels: dict[str, str]
    missing: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


# -- experience ---------------------------------------------------------------------------------------


def experience(counts: ArrayLike, decay: float, ages: ArrayLike = BAND_AGES) -> NDArray[np.float64]:
    """Recency-weighted experience log(1 + Σ_band n_band·δ^age); δ = 1 is the plain logged count.

    Parameters
    ----------
    counts
        (n, bands) alliances formed in each age band, ≥ 0. NaN in any band makes the row's result NaN: a
        band left open cannot be read as no alliance.
    decay
        δ in (0, 1].
    ages
        (bands,) years.

    Raises
    ------
    InputError
        ``SCORE-COUNT`` for a negative count, ``SCORE-DECAY``.
    """
    n_band = np.asarray(counts, dtype=np.float64)
    if not 0 < decay <= 1:
        raise InputError(Finding("SCORE-DECAY", "study.yaml, scoring", f"δ lies above 0 and at most 1; found {decay}.",
                                 "1 counts every alliance fully, .9 one of a year ago as nine tenths."))
    if (n_band < 0).any():
        raise InputError(Finding("SCORE-COUNT", "experience counts", "A count is 0 or more; some are negative.",
                                 "Correct the answers, or give the questions a minimum of 0."))
    weighted: NDArray[np.float64] = np.log1p(n_band @ decay ** np.asarray(ages, dtype=np.float64))
    return weighted


# -- all scores of a form -----------------------------------------------------------------------------


def score(responses: Responses, instrument: Instrument, plan: ScoringPlan, survey_year: int | None = None) -> Scores:
    """Work out every variable of one form.

    Parameters
    ----------
    responses
        Answers of the respondents kept (or all, for comparison).
    survey_year
        Year that ``firmage`` counts back from; by default the year in which each response ended. Never
        today's clock: the same data give the same scores next year.

    Raises
    ------
    InputError
        ``SCORE-ITEMS``, ``SCORE-COLUMN``, ``SCORE-COUNT``, ``SCORE-DECAY``.
    """
    sheet = Sheet(responses, instrument)
    items = keyed_items(responses, instrument)
    for dimension, ids in by_dimension(asked_items(responses, instrument)).items():
        # skipna=False: a mean over the items that happen to be there would be another score for each person.
        sheet.add(dimension, instrument.dimensions[dimension].name, items[list(ids)].mean(axis=1, skipna=False),
                  "an item has no answer")
    add_constructs(sheet)
    others = _add_experience(sheet, plan)
    _add_function(sheet)
    add_context(sheet, survey_year)
    add_outcomes(sheet)
    add_alliance_facts(sheet, survey_year)
    texts = {q.id: q.text for q in asked_items(responses, instrument)}
    return Scores(
        form=responses.form, items=items, scores=pd.DataFrame(sheet.columns, index=responses.values.index),
        experience=others, labels=texts | sheet.labels, missing=sheet.missing,
        findings=tuple(sheet.findings),
    )


def add_constructs(sheet: Sheet) -> None:
    """Means of the dimensions of every construct that has several: all of them, or no score."""
    for construct in sheet.instrument.constructs:
        dimensions = [dimension.id for dimension in construct.dimensions]
        if len(dimensions) > 1 and set(dimensions) <= set(sheet.columns):
            scores = pd.DataFrame({dimension: sheet.columns[dimension] for dimension in dimensions})
            sheet.add(construct.id, construct.name, scores.mean(axis=1, skipna=False), "a dimension has no score")


def _add_experience(sheet: Sheet, plan: ScoringPlan) -> pd.DataFrame:
    """``exp_rw`` and its kin into the sheet; returns all of them under the plan's other δ."""
    bands = range(1, len(BAND_AGES) + 1)
    counts: dict[str, pd.DataFrame] = {}
    for kind in ("xjv", "xeq", "xco", "xrp"):
        ids = [f"{kind}{band}" for band in bands]
        if sheet.has(*ids):
            counts[kind] = sheet.answers(*ids).set_axis(list(bands), axis=1)
    index = sheet.responses.values.index
    others: dict[tuple[str, float], NDArray[np.float64]] = {}
    for name, (kinds, label) in EXPERIENCE.items():
        if not all(kind in counts for kind in kinds):
            continue
        total = sum((counts[kind] for kind in kinds[1:]), counts[kinds[0]])
        value = pd.Series(experience(total, plan.decay), index=index)
        sheet.add(name, f"Recency-weighted experience, {label}", value, "a count of an age band has no answer")
        others |= {(name, decay): experience(total, decay)
                   for decay in plan.decay_alternatives if decay != plan.decay}
        if name == "exp_rw":
            _add_recency(sheet, total)
            if "xrp" in counts:
                _check_repeats(sheet, counts["xrp"], total)
    return pd.DataFrame(others, index=index)


def _add_recency(sheet: Sheet, total: pd.DataFrame) -> None:
    """Experience of the last five years and what is older, apart: which of the two tells more of a firm?"""
    for name, label, ages in (("exp_recent", "of the last five years", RECENT_BANDS), ("exp_old", "older", OLD_BANDS)):
        value = np.log1p(total[list(ages)].sum(axis=1, skipna=False))
        sheet.add(name, f"Experience (log of 1 + alliances), {label}", value, "a count of an age band has no answer")


def _check_repeats(sheet: Sheet, repeats: pd.DataFrame, total: pd.DataFrame) -> None:
    more = (repeats > total).any(axis=1)
    if more.any():
        rows = ", ".join(map(str, more.index[more][:10])) + (" …" if more.sum() > 10 else "")
        sheet.findings.append(Finding(
            "SCORE-REPEAT", f"form {sheet.responses.form}, export rows {rows}",
            f"A repeat partner's alliances are among all of their age band; {more.sum()} responses count more.",
            "exp_rw_rp uses the answers as given; ask these informants, or leave exp_rw_rp aside.", "warning"))


def _add_function(sheet: Sheet) -> None:
    """``daf`` (the function exists) and ``daf_index``, the mean of six fixed components between 0 and 1."""
    if not sheet.has("dafex"):
        return
    exists = sheet.answers("dafex")["dafex"]
    sheet.add("daf", "Dedicated alliance function exists", exists, "whether a function exists has no answer")
    if not sheet.has("fmpr", "fmtl", "fmtr", "fmcm", "fmap"):
        return
    widest = max(option.code for option in sheet.facts["fmtr"].options if isinstance(option.code, int))
    plain = sheet.answers("fmpr", "fmtr", "fmcm", "fmap")
    components = pd.DataFrame({
        "function": exists,
        "procedures": plain["fmpr"] / (plain["fmpr"] + HALF_CREDIT["fmpr"]),
        "tools": _share_of_stages(sheet),
        "training": plain["fmtr"] / widest,
        "committees": plain["fmcm"] / (plain["fmcm"] + HALF_CREDIT["fmcm"]),
        "apprenticeship": plain["fmap"],
    })
    sheet.add("daf_index", "Maturity of the alliance function (0–1)", components.mean(axis=1, skipna=False),
              "a component has no answer")


def _share_of_stages(sheet: Sheet) -> pd.Series:
    """Life-cycle stages with a standard tool, of all stages offered.

    ``fmtl`` tells respondents to leave its boxes empty if they have no such tools, so no box ticked is an
    answer: 0. Whoever skipped the whole page has no answer to the other components, and so no index either.
    """
    boxes = [f"fmtl.{option.code}" for option in sheet.facts["fmtl"].options]
    ticked = sheet.answers(*boxes).mean(axis=1, skipna=False)
    left_empty = (sheet.responses.reasons[boxes] == "unanswered").all(axis=1)
    return ticked.mask(left_empty, 0.0)


# -- descriptions -------------------------------------------------------------------------------------


def describe(frame: pd.DataFrame, labels: Mapping[str, str], level: str) -> tuple[VariableSummary, ...]:
    """Distribution of every column on its own complete rows; a column without a label keeps its name."""
    out = []
    for name in map(str, frame.columns):
        values = frame[name].dropna().to_numpy(dtype=np.float64)
        nothing = Undefined("no value is there")
        mean: Number = float(values.mean()) if len(values) else nothing
        sd: Number = float(values.std(ddof=1)) if len(values) > 1 else Undefined("it needs two values")
        out.append(VariableSummary(
            name, labels.get(name, name), level, len(values), len(frame) - len(values), mean, sd,
            float(values.min()) if len(values) else nothing, float(values.max()) if len(values) else nothing,
            skewness(values), kurtosis(values),
        ))
    return tuple(out)


def moments(frame: pd.DataFrame) -> Moments:
    """Moments of the complete rows of ``frame``.

    Raises
    ------
    InputError
        ``MOMENTS-ROWS`` with fewer than two complete rows, ``MOMENTS-CONSTANT``.
    """
    X = frame.to_numpy(dtype=np.float64)
    names = tuple(map(str, frame.columns))
    found = sample_moments(X[complete_rows(X)], names)
    return Moments(
        names, found.n, tuple(found.mean.tolist()), tuple(found.sd.tolist()),
        tuple(tuple(row) for row in found.covariance.tolist()), tuple(tuple(row) for row in found.correlation.tolist()),
    )
