"""From respondents to firms and alliances: one row a unit, informants averaged, everything counted.

What a row is about is what the form's link carries (:func:`unit_of`). Where it names neither firm nor alliance, every
respondent speaks for nobody else, and is a unit.

Averages are over the informants who have the score. Properties that a unit has or has not (a function, an
industry) are never averaged: informants who disagree leave them missing, and a finding says so. The plan may ask the
same of scales (:mod:`pipeline.data.disagreement`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from instrument.errors import Finding
from instrument.model import Form
from pipeline.data.disagreement import AgreementRule, disagreeing_units, without_disputed
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

SHOWN = 10
"""Units that one finding names; the others are counted."""


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
    set_missing
        Scale → units whose score is missing because the plan's rule finds that their informants disagree; scales
        without any have no entry.
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
    set_missing: dict[str, int] = field(default_factory=dict)


def to_units(scores: Scores, responses: Responses, form: Form, rule: AgreementRule | None = None) -> Aggregated:
    """One row a unit of the form.

    Parameters
    ----------
    responses
        Those that were scored.
    rule
        What becomes of scales about which informants disagree; None averages them all the same.
    """
    return _aggregate(scores, responses, unit_of(form), rule)


def to_firms(scores: Scores, responses: Responses, rule: AgreementRule | None = None) -> Aggregated:
    """One row a firm, as :func:`to_units`."""
    return _aggregate(scores, responses, "firm", rule)


def to_alliances(scores: Scores, responses: Responses, rule: AgreementRule | None = None) -> Aggregated:
    """One row an alliance (a ``firm_id`` with an ``alliance_id``), as :func:`to_units`."""
    return _aggregate(scores, responses, "alliance", rule)


def with_firms(alliances: Aggregated, firms: Aggregated) -> pd.DataFrame:
    """Alliances with what is known of their firm beside them, one row an alliance.

    A firm that did not answer leaves its columns missing. Columns that both forms have (the marker items) are the
    alliance's.
    """
    new = [name for name in firms.frame.columns if name not in alliances.frame.columns]
    return alliances.frame.join(firms.frame[new], on="firm_id")


def _aggregate(scores: Scores, responses: Responses, unit: Unit, rule: AgreementRule | None) -> Aggregated:
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
    set_missing: dict[str, int] = {}
    if rule is not None:
        split = {name: units for name, units in
                 disagreeing_units(scores.items, np.asarray(grouped.ngroup(), dtype=np.intp), rule).items()
                 if len(units)}
        frame = without_disputed(frame, split, rule)
        findings += [_no_agreement(name, unit, [frame.index[k] for k in units], rule, scores)
                     for name, units in split.items()]
        set_missing = {name: len(units) for name, units in split.items()}
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
        findings=tuple(findings), set_missing=set_missing,
    )


def _disagreement(name: str, unit: Unit, key: object, scores: Scores) -> Finding:
    return Finding(
        "AGGREGATE-DISAGREE", f"{unit} {_named(key)}",
        f"Informants disagree about {name} ({scores.labels.get(name, name)}); it is missing for this {unit}.",
        "Ask the informants which holds, and correct the export.", "warning")


def _no_agreement(name: str, unit: Unit, keys: Sequence[object], rule: AgreementRule, scores: Scores) -> Finding:
    listed = "; ".join(_named(key) for key in keys[:SHOWN]) + (" …" if len(keys) > SHOWN else "")
    return Finding(
        "AGGREGATE-AGREEMENT", f"{unit} {listed}",
        f"Informants of {len(keys)} {unit}{'s' if len(keys) > 1 else ''} do not agree on {name} "
        f"({scores.labels.get(name, name)}): rwg(j) is below {rule.plan.least_agreement:g} or out of range against the "
        f"{rule.plan.nulls[0]} null distribution. Its score is missing there.",
        "It is the plan's rule; agreement.disagreeing: average of study.yaml would average them.", "warning")


def _named(key: object) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)
