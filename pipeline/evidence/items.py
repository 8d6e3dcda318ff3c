"""The items of a study's scales → what was found of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.evidence.found.items import (
    FoundConstructNormality,
    FoundInterItem,
    FoundItem,
    FoundNormality,
    FoundScaleItems,
    ItemsReport,
)
from pipeline.evidence.scales import Array, Scale
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
        tuple(
            FoundConstructNormality(construct, form, _normality(
                tuple(item for scale in parts for item in scale.items), np.hstack([scale.X for scale in parts])))
            for (construct, form), parts in together.items() if len(parts) > 1))


def _scale(scale: Scale) -> FoundScaleItems:
    among = inter_item(scale.X, scale.items)
    floor, ceiling = score_ends(scale.X, scale.lowest, scale.highest)
    return FoundScaleItems(
        scale.id, scale.label, scale.construct, scale.form, len(scale.X), len(complete_rows(scale.X)[0]), scale.lowest,
        scale.highest, _items(scale),
        FoundInterItem(among.n, among.mean, among.lowest, among.highest, among.lowest_pair, among.highest_pair,
                       among.constant),
        floor, ceiling, _normality(scale.items, scale.X))


def _items(scale: Scale) -> tuple[FoundItem, ...]:
    rest = item_rest(scale.X, scale.items)
    found = []
    for place, name in enumerate(scale.items):
        one = item_distribution(scale.X[:, place], scale.lowest, scale.highest)
        found.append(FoundItem(
            name, name in scale.reversed_items, one.n, one.missing, one.shares, one.mean, one.sd, one.skewness,
            one.kurtosis, one.floor, one.ceiling, rest[name]))
    return tuple(found)


def _normality(items: tuple[str, ...], X: Array) -> FoundNormality:
    m = multivariate_normality(X)
    return FoundNormality(
        items, m.n, m.left_out, m.skewness, m.skewness_statistic, m.skewness_df, m.skewness_pvalue, m.small_statistic,
        m.small_pvalue, m.kurtosis, m.kurtosis_expected, m.kurtosis_z, m.kurtosis_pvalue, m.henze_zirkler,
        m.henze_zirkler_pvalue)
