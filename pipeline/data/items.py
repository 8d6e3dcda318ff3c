"""The items a form's respondents were asked, in order, by dimension, and keyed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from instrument.model import Instrument, Item
from pipeline.data.responses import Responses


def asked_items(responses: Responses, instrument: Instrument) -> tuple[Item, ...]:
    """Items of the form put to at least one respondent, in the order of the questionnaire.

    Raises
    ------
    InputError
        ``SCORE-ITEMS`` where a dimension was asked in part: a mean over fewer items is another score.
    """
    items = [q for _, q in instrument.form(responses.form).questions() if isinstance(q, Item)]
    asked = [item for item in items
             if item.id in responses.reasons and bool((responses.reasons[item.id] != "not asked").any())]
    part = {item.dimension for item in asked} & {item.dimension for item in items if item not in asked}
    if part:
        raise InputError([
            Finding("SCORE-ITEMS", f"form {responses.form}, dimension {dimension}",
                    f"All items of a dimension are asked or none; not asked: "
                    f"{', '.join(i.id for i in items if i.dimension == dimension and i not in asked)}.",
                    "Check that the export holds every column of the instrument version it was fielded with.")
            for dimension in sorted(part)
        ])
    return tuple(asked)


def by_dimension(items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """Dimension → ids of its items, both in order of appearance."""
    out: dict[str, tuple[str, ...]] = {}
    for item in items:
        out[item.dimension] = (*out.get(item.dimension, ()), item.id)
    return out


def keyed_items(responses: Responses, instrument: Instrument) -> pd.DataFrame:
    """Answers to the items asked, reversed items turned round: lowest + highest scale point − answer (8 − x)."""
    columns = {}
    for item in asked_items(responses, instrument):
        answer = responses.values[item.id]
        points = [point.code for point in instrument.scale(item.scale).points if isinstance(point.code, int)]
        columns[item.id] = min(points) + max(points) - answer if item.reversed else answer
    return pd.DataFrame(columns, index=responses.values.index, dtype=np.float64)
