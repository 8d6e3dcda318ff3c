"""A specification curve in counts, and what each facet has to do with its spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.robustness.found import (
    CurveSummary,
    FacetLevel,
    FacetWeight,
    SpecificationEstimate,
    SpecificationRow,
    lies_inside,
)
from pipeline.robustness.specifications import FACETS, Facet
from pipeline.undefined import Number, Undefined

NOTHING = Undefined("no specification could be estimated")
NO_HEADLINE = Undefined("the headline specification could not be estimated")

SAME = 1e-12
"""Variance among estimates, over their mean square, below which they are the same number."""


def summarise(
    rows: Sequence[SpecificationRow], headline: SpecificationRow, bootstraps: int,
) -> CurveSummary:
    """Count the rows, hold them against the headline, and weigh the facets."""
    found = [row.estimate for row in rows if row.estimate is not None]
    values = [estimate.std_all for estimate in found]
    of_headline = headline.estimate
    same: int | Undefined = NO_HEADLINE
    if of_headline is not None:
        same = sum(estimate.sign == of_headline.sign for estimate in found)
    lying = [lies_inside(row, headline) for row in rows if row.estimate is not None]
    inside: int | Undefined = NO_HEADLINE if None in lying or of_headline is None else sum(map(bool, lying))
    share: Number = inside if isinstance(inside, Undefined) else inside / len(found) if found else NOTHING
    return CurveSummary(
        asked=len(rows), estimated=len(found), not_estimated=_reasons(rows),
        bootstraps=bootstraps, same_sign=same,
        excludes_zero=sum(estimate.excludes_zero is True for estimate in found),
        without_interval=sum(estimate.excludes_zero is None for estimate in found),
        clear_by_se=sum(estimate.excludes_zero is None and estimate.normal_excludes_zero for estimate in found),
        inside_headline=inside, share_inside=share, median=_median(values),
        lowest=min(values) if values else NOTHING, highest=max(values) if values else NOTHING,
        levels=tuple(level for facet in FACETS for level in _levels(rows, facet)),
        weights=tuple(FacetWeight(facet, eta_squared(rows, facet)) for facet in FACETS),
    )


def eta_squared(rows: Sequence[SpecificationRow], facet: Facet) -> Number:
    """Sum of squares between a facet's levels over that in all, of the standardised estimates (Fisher 1925).

    One facet at a time, without the others: where every specification was estimated the facets are crossed in equal
    numbers among the rows that count (:func:`crossed`), and these are main effects of an analysis of variance.
    """
    rows = crossed(rows, facet)
    of_level: dict[str, list[float]] = {}
    for row in rows:
        if row.estimate is not None:
            of_level.setdefault(row.specification.level(facet), []).append(row.estimate.std_all)
    if len({row.specification.level(facet) for row in rows}) < 2:
        return Undefined("the facet has one level")
    values = np.array([value for level in of_level.values() for value in level])
    if not len(values):
        return NOTHING
    total = float(((values - values.mean()) ** 2).sum())
    if total <= SAME * float((values**2).sum()):
        return Undefined("the estimates do not differ")
    between = sum(len(level) * (np.mean(level) - values.mean()) ** 2 for level in of_level.values())
    return float(between / total)


def crossed(rows: Sequence[SpecificationRow], facet: Facet) -> Sequence[SpecificationRow]:
    """The rows among which a facet is crossed with all others.

    WLSMV has one way to treat missing values. Among all rows, what the estimator does would be mixed up with what
    missing values do. So missing values are judged among the other estimators, and the estimator among rows with
    WLSMV's way, if any other estimator has it. The other facets are crossed with both, and keep every row.
    """
    ordinal = [row.specification.missing for row in rows if row.specification.estimator == "wlsmv"]
    if facet == "missing":
        return [row for row in rows if row.specification.estimator != "wlsmv"] or rows
    if facet == "estimator" and ordinal:
        same = [row for row in rows if row.specification.missing in ordinal]
        return same if len(same) > len(ordinal) else rows
    return rows


def _levels(rows: Sequence[SpecificationRow], facet: Facet) -> list[FacetLevel]:
    found = []
    for level in dict.fromkeys(row.specification.level(facet) for row in rows):
        members = [row for row in rows if row.specification.level(facet) == level]
        estimates = [row.estimate for row in members if row.estimate is not None]
        found.append(FacetLevel(
            facet, level, len(members), len(estimates), _median([e.std_all for e in estimates]),
            _share([e.excludes_zero for e in estimates]), _share([e.normal_excludes_zero for e in estimates])))
    return found


def _share(answers: Sequence[bool | None]) -> Number:
    known = [answer for answer in answers if answer is not None]
    return sum(known) / len(known) if known else Undefined("no estimate has such an interval")


def _median(values: Sequence[float]) -> Number:
    return float(np.median(values)) if values else NOTHING


def _reasons(rows: Sequence[SpecificationRow]) -> dict[str, int]:
    codes = Counter(row.found.code for row in rows if not isinstance(row.found, SpecificationEstimate))
    return dict(codes.most_common())
