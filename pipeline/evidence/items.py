"""The items of a study's scales → what was found of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.evidence.found.items import Ends, FoundConstructNormality, FoundItem, FoundScaleItems, ItemsReport
from pipeline.evidence.scales import Scale
from pipeline.measurement.complete import complete_rows
from pipeline.measurement.items import inter_item, item_distribution, item_rest, score_ends
from pipeline.measurement.normality import multivariate_normality


def items_of(scales: Sequence[Scale]) -> ItemsReport:
    """Answers, inter-item correlations and normality of every scale, and normality of constructs of several scales."""
    together: dict[tuple[str, str], list[Scale]] = {}
    for scale in scales:
        together.setdefault((scale.construct, scale.form), []).append(scale)
    return ItemsReport(
        tuple(_scale(scale) for scale in scales),
        tuple(_construct(construct, form, parts) for (construct, form), parts in together.items() if len(parts) > 1))


def _construct(construct: str, form: str, scales: Sequence[Scale]) -> FoundConstructNormality:
    return FoundConstructNormality(construct, form, tuple(item for scale in scales for item in scale.items),
                                   multivariate_normality(np.hstack([scale.X for scale in scales])))


def _scale(scale: Scale) -> FoundScaleItems:
    return FoundScaleItems(
        scale.id, scale.label, scale.construct, scale.form, len(scale.X), len(complete_rows(scale.X)[0]), scale.lowest,
        scale.highest, _items(scale), inter_item(scale.X, scale.items),
        Ends(*score_ends(scale.X, scale.lowest, scale.highest)), multivariate_normality(scale.X))


def _items(scale: Scale) -> tuple[FoundItem, ...]:
    rest = item_rest(scale.X, scale.items)
    return tuple(
        FoundItem(name, name in scale.reversed_items,
                  item_distribution(scale.X[:, place], scale.lowest, scale.highest), rest[name])
        for place, name in enumerate(scale.items))
