"""From respondents to firms and alliances: one row a unit, informants averaged, everything counted.

What a row is about is what the form's link carries (:func:`unit_of`). Where it names neither firm nor alliance, every
respondent speaks for nobody else, and is a unit.

Averages are over the informants who have the score. Properties that a unit has or has not (a function, an
industry) are never averaged: informants who disagree leave them missing, and a finding says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from instrument.errors import Finding
from instrument.model import Form
from pipeline.data.facts import INDICATORS
from pipeline.data.responses import Responses
from pipeline.data.scoring import Scores

Unit = Literal["firm", "alliance", "respondent"]

KEYS: dict[Unit, tuple[str, ...]] = {
    "firm": ("firm_id",), "alliance": ("firm_id", "alliance_id"), "respondent": ("response_id",),
}
"""Unit → the columns that name it."""

UNIT_OF_IDENTIFIER: dict[str, Unit] = {"alliance_id": "alliance", "firm_id": "firm"}
"""What a form's answers are about if its link carries this identifier; the first that it carries decides."""


def unit_of(form: Form) -> Unit:
    """What a row of a form's answers is about, by the identifiers that its link carries."""
    return next((unit for name, unit in UNIT_OF_IDENTIFIER.items() if name in form.identifiers), "respondent")


@dataclass(frozen=True, slots=True)
class Aggregated:
    """One row a firm, alliance or respondent.

    Attributes
    ----------
    frame
        Index :data:`KEYS` of the unit in order of first appearance. Columns: every score, every
        keyed item, and ``n_informants``, the responses behind the row.
    experience
        Experience of every kind under other decays, on the same index; columns are (name, δ). None where it is not
        asked.
    responses, units
        Rows that came in, and rows of ``frame``.
    units_with_several_informants
        Of ``units``.
    firms, firms_with_several_alliances
        Distinct firms (0 where answers name none); at alliance level, those with more than one alliance.
    disagreements
        Indicator → units in which informants disagree about it.
    missing
        Column of ``frame`` → units without a value, where there are any.
    findings
        Warnings: disagreements.
    """

    unit: Unit
    frame: pd.DataFrame
    experience: pd.DataFrame
    responses: int
    units: int
    units_with_several_informants: int
    firms: int
    firms_with_several_alliances: int
    disagreements: dict[str, int]
    missing: dict[str, int]
    findings: tuple[Finding, ...]


def to_units(scores: Scores, responses: Responses, form: Form) -> Aggregated:
    """One row a unit of the form. ``responses`` are those that were scored."""
    return _aggregate(scores, responses, unit_of(form))


def to_firms(scores: Scores, responses: Responses) -> Aggregated:
    """One row a firm. ``responses`` are those that were scored."""
    return _aggregate(scores, responses, "firm")


def to_alliances(scores: Scores, responses: Responses) -> Aggregated:
    """One row an alliance (a ``firm_id`` with an ``alliance_id``). ``responses`` are those that were scored."""
    return _aggregate(scores, responses, "alliance")


def with_firms(alliances: Aggregated, firms: Aggregated) -> pd.DataFrame:
    """Alliances with what is known of their firm beside them, one row an alliance.

    A firm that did not answer leaves its columns missing. Columns that both forms have (the marker items) are the
    alliance's.
    """
    new = [name for name in firms.frame.columns if name not in alliances.frame.columns]
    return alliances.frame.join(firms.frame[new], on="firm_id")


def _aggregate(scores: Scores, responses: Responses, unit: Unit) -> Aggregated:
    if not scores.scores.index.equals(responses.meta.index):
        raise ValueError("scores and responses hold different rows; score the same responses")
    # Every response names its unit: rows with an empty identifier were set aside when the export was read.
    groups = [responses.meta[key] for key in KEYS[unit]]
    values = pd.concat([scores.scores, scores.items], axis=1)
    grouped = values.groupby(groups, sort=False)
    frame, highest, lowest = grouped.mean(), grouped.max(), grouped.min()
    findings: list[Finding] = []
    disagreements = {}
    for name in (indicator for indicator in INDICATORS if indicator in values):
        disputed = highest[name] > lowest[name]
        frame[name] = frame[name].mask(disputed)
        disagreements[name] = int(disputed.sum())
        findings += [_disagreement(name, unit, key, scores) for key in disputed.index[disputed]]
    frame = frame.assign(n_informants=grouped.size().astype(int))

    named = frame.index.to_frame(index=False)
    units_of_firm = named.groupby("firm_id").size() if "firm_id" in named else pd.Series(dtype=int)
    missing = frame.isna().sum()
    return Aggregated(
        unit=unit, frame=frame, experience=scores.experience.groupby(groups, sort=False).mean(),
        responses=len(values), units=len(frame),
        units_with_several_informants=int((frame["n_informants"] > 1).sum()), firms=len(units_of_firm),
        firms_with_several_alliances=int((units_of_firm > 1).sum()), disagreements=disagreements,
        missing={str(name): int(n) for name, n in missing[missing > 0].items()},
        findings=tuple(findings),
    )


def _disagreement(name: str, unit: Unit, key: object, scores: Scores) -> Finding:
    place = f"{unit} {' / '.join(map(str, key)) if isinstance(key, tuple) else key}"
    return Finding(
        "AGGREGATE-DISAGREE", place,
        f"Informants disagree about {name} ({scores.labels.get(name, name)}); it is missing for this {unit}.",
        "Ask the informants which holds, and correct the export.", "warning")
