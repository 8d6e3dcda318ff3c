"""The plan's rule for units whose informants disagree: which of them have no score of a scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from instrument.model import Instrument
from pipeline.data.items import asked_items, by_dimension
from pipeline.data.responses import Responses
from pipeline.measurement_plan import AgreementPlan
from pipeline.moments.agreement import mean_item_variance, null_variance, rwg_j, several_informants


@dataclass(frozen=True, slots=True)
class RuledScale:
    """A reflective scale that the rule looks at: its items, and the points of their response scale."""

    items: tuple[str, ...]
    points: int


@dataclass(frozen=True, slots=True)
class AgreementRule:
    """The rule, with the scales of one form that it looks at; ``wholes`` are constructs made of several of them."""

    plan: AgreementPlan
    scales: Mapping[str, RuledScale]
    wholes: Mapping[str, tuple[str, ...]]


def agreement_rule(responses: Responses, instrument: Instrument, plan: AgreementPlan) -> AgreementRule | None:
    """The rule for a form; None where the plan averages whatever the informants say.

    Items of a formative scale are different things, on which a unit's informants need not have one level: the rule
    looks at reflective ones.
    """
    if plan.disagreeing == "average":
        return None
    items = asked_items(responses, instrument)
    scale_of = {item.dimension: item.scale for item in items}
    scales = {}
    for dimension, ids in by_dimension(items).items():
        if instrument.dimensions[dimension].measurement == "reflective":
            codes = [p.code for p in instrument.scale(scale_of[dimension]).points if isinstance(p.code, int)]
            scales[dimension] = RuledScale(tuple(ids), max(codes) - min(codes) + 1)
    wholes = {construct.id: tuple(dimension.id for dimension in construct.dimensions)
              for construct in instrument.constructs if len(construct.dimensions) > 1}
    return AgreementRule(plan, scales, wholes)


def without_disputed(
    frame: pd.DataFrame, disputed: Mapping[str, NDArray[np.intp]], rule: AgreementRule,
) -> pd.DataFrame:
    """The frame of units without the scores that are disputed, nor the averages of the answers behind them.

    Parameters
    ----------
    frame
        Row i is unit number i.
    disputed
        As :func:`disagreeing_units` gives it.
    """
    frame = frame.copy()
    place = {name: k for k, name in enumerate(map(str, frame.columns))}
    for dimension, units in disputed.items():
        behind = (name for name, parts in rule.wholes.items() if dimension in parts)
        gone = [place[name] for name in (dimension, *rule.scales[dimension].items, *behind) if name in place]
        frame.iloc[units, gone] = np.nan
    return frame


def disagreeing_units(
    items: pd.DataFrame, unit: NDArray[np.intp], rule: AgreementRule,
) -> dict[str, NDArray[np.intp]]:
    """Scale → numbers of the units whose rwg(j) is out of range or below the plan's least.

    A unit with fewer than two informants who answered every item of a scale cannot disagree about it.

    Parameters
    ----------
    items
        (responses, items) keyed or raw: turning an item round changes no variance.
    unit
        (responses,) number of each response's unit.
    """
    found = {}
    for dimension, scale in rule.scales.items():
        X = items[list(scale.items)].to_numpy(dtype=np.float64)
        there = several_informants(X, unit)
        null = null_variance(rule.plan.nulls[0], scale.points)
        agreement = rwg_j(mean_item_variance(X[there.rows], there.unit), null.value, len(scale.items))
        # NaN, out of range, is not at least anything.
        found[dimension] = there.units[~(agreement.value >= rule.plan.least_agreement)]
    return found
