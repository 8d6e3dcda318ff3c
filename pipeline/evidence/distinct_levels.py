"""The two levels at which scales can be distinct: dimensions, and constructs of several dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.evidence.found.distinctness import LevelName
from pipeline.evidence.scales import ScaleSet
from pipeline.measurement.structures import construct_name, correlated, factor_name, second_order


@dataclass(frozen=True)
class Level:
    """What one level examines: its model, and what its factors are called there.

    Attributes
    ----------
    blocks
        Id → all its items.
    factors
        Id → name of its factor in the model; ``indicators`` id → what loads on it there.
    """

    name: LevelName
    words: str
    syntax: str
    labels: Mapping[str, str]
    blocks: Mapping[str, tuple[str, ...]]
    factors: Mapping[str, str]
    indicators: Mapping[str, tuple[str, ...]]

    @property
    def shown(self) -> Mapping[str, tuple[str, ...]]:
        """Id → its indicators as a reader knows them: items, or ids of dimensions."""
        return {id: tuple(name if name in self.blocks[id] else name.removeprefix(factor_name("")) for name in own)
                for id, own in self.indicators.items()}

    def in_words(self, text: str) -> str:
        """A sentence about the model with ids in the place of its names of factors."""
        for id, own in self.indicators.items():
            text = re.sub(rf"\b{re.escape(self.factors[id])}\b", id, text)
            for name, plain in zip(own, self.shown[id], strict=True):
                text = re.sub(rf"\b{re.escape(name)}\b", plain, text)
        return text


def dimensions_of(scales: ScaleSet) -> Level:
    dimensions = scales.dimensions
    return Level(
        "dimensions", "one factor for each dimension, all correlated", correlated(dimensions),
        {scale.id: scale.label for scale in scales.scales}, dimensions, {id: factor_name(id) for id in dimensions},
        dimensions)


def constructs_of(scales: ScaleSet, labels: Mapping[str, str]) -> Level:
    """Constructs over the factors of their dimensions; one with a single dimension is that dimension's factor."""
    dimensions, constructs = scales.dimensions, scales.constructs
    own = {scale.id: scale.label for scale in scales.scales}
    return Level(
        "constructs", "correlated constructs over the factors of their dimensions",
        second_order(dimensions, constructs),
        {id: labels.get(id, own.get(id, id)) for id in constructs},
        {id: tuple(item for one in within for item in dimensions[one]) for id, within in constructs.items()},
        {id: construct_name(id) if len(within) > 1 else factor_name(within[0]) for id, within in constructs.items()},
        {id: tuple(map(factor_name, within)) if len(within) > 1 else dimensions[within[0]]
         for id, within in constructs.items()})
