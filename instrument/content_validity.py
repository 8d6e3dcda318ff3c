"""Do items say what they are meant to say? Experts' ratings before anything is fielded, as indices.

Three techniques, each a share of an item's judges held against the same chance (:mod:`instrument.judge_agreement`):

- sorting: which of several dimensions an item belongs to (Anderson & Gerbing 1991; Howard & Melloy 2016);
- essential: whether an item is essential (Lawshe 1975; Ayre & Scally 2014);
- relevance: how relevant it is, from 1 to 4 (Lynn 1986; Polit, Beck & Owen 2007).

``docs/content-validity.md`` holds the formulas in one place. :mod:`instrument.expert_ratings` reads the ratings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from instrument.judge_agreement import FEWEST_JUDGES, Agreement, NoValue, Value, agreement, modified_kappa

RELEVANT = (3, 4)
"""Ratings that count an item as relevant."""

LYNN_CRITERION = 0.78
"""Of I-CVI with six judges or more; with fewer all must agree (Lynn 1986)."""

NO_DIMENSION = "none"
"""What a judge sorts an item to who finds that it belongs to none of the dimensions."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What one judge said of one item; None where they said nothing.

    Attributes
    ----------
    relevance
        1 (not relevant) to 4 (highly relevant).
    sorted_to
        Id of a dimension, or :data:`NO_DIMENSION`.
    """

    judge: str
    item: str
    relevance: int | None = None
    essential: bool | None = None
    sorted_to: str | None = None


# -- an item -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemContent:
    """Indices of one item; those of a technique that the file does not use are None.

    Attributes
    ----------
    intended
        The dimension it is meant for.
    sorting
        Judges who sorted it to ``intended``; its share is p_sa.
    rivals, rival_count
        Where else it was most often sorted, several if they tie, and by how many judges each.
    c_sv
        (n_c − n_o)/N, n_o the count of the rival.
    essential
        Judges who find it essential.
    cvr
        (n_e − N/2)/(N/2).
    relevance
        Judges who rate it 3 or 4; its share is I-CVI.
    kappa
        κ*, I-CVI less agreement by chance.
    """

    item: str
    intended: str
    sorting: Agreement | None
    rivals: tuple[str, ...]
    rival_count: int
    c_sv: Value | None
    essential: Agreement | None
    cvr: Value | None
    relevance: Agreement | None
    kappa: Value | None

    @property
    def c_sv_critical(self) -> Value | None:
        """(2m − N)/N (Anderson & Gerbing 1991), m the critical count."""
        return _doubled(self.sorting)

    @property
    def cvr_critical(self) -> Value | None:
        """(2m − N)/N (Ayre & Scally 2014), m the critical count."""
        return _doubled(self.essential)

    @property
    def c_sv_meets(self) -> bool | None:
        critical = self.c_sv_critical
        return self.c_sv >= critical if isinstance(self.c_sv, float) and isinstance(critical, float) else None

    @property
    def i_cvi_criterion(self) -> float | None:
        """.78 with six judges or more, else 1 (Lynn 1986); None without at least two."""
        if self.relevance is None or self.relevance.n < FEWEST_JUDGES:
            return None
        return LYNN_CRITERION if self.relevance.n >= 6 else 1.0

    @property
    def i_cvi_meets(self) -> bool | None:
        """Whether I-CVI meets Lynn's criterion."""
        if self.relevance is None or self.i_cvi_criterion is None or isinstance(self.relevance.share, NoValue):
            return None
        return self.relevance.share >= self.i_cvi_criterion


def _doubled(found: Agreement | None) -> Value | None:
    if found is None or found.critical_count is None:
        return None if found is None else found.critical
    return (2 * found.critical_count - found.n) / found.n


def item_content(item: str, intended: str, ratings: Sequence[Rating], techniques: Sequence[str]) -> ItemContent:
    """All indices of one item.

    Parameters
    ----------
    ratings
        Of this item, one a judge.
    techniques
        Those the file uses, of ``sorted``, ``essential``, ``relevance``.
    """
    places = [r.sorted_to for r in ratings if r.sorted_to is not None]
    needed = [r.essential for r in ratings if r.essential is not None]
    rated = [r.relevance for r in ratings if r.relevance is not None]
    sorting = agreement(places.count(intended), len(places)) if "sorted" in techniques else None
    essential = agreement(sum(needed), len(needed)) if "essential" in techniques else None
    relevance = agreement(sum(r in RELEVANT for r in rated), len(rated)) if "relevance" in techniques else None
    others = Counter(place for place in places if place != intended)
    most = max(others.values(), default=0)
    return ItemContent(
        item, intended, sorting, tuple(sorted(place for place, n in others.items() if n == most)), most,
        None if sorting is None else _of(sorting, lambda s: (s.count - most) / s.n),
        essential, None if essential is None else _of(essential, lambda e: (2 * e.count - e.n) / e.n),
        relevance, None if relevance is None else _of(relevance, lambda r: modified_kappa(r.count, r.n)))


def _of(found: Agreement, formula: Callable[[Agreement], float]) -> Value:
    return found.share if isinstance(found.share, NoValue) else formula(found)


# -- a scale, and all items --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScaleContent:
    """Means of the items of one dimension, or of all (``id`` ``all``).

    Attributes
    ----------
    items
        Its items; ``counted`` those with a value, by technique.
    judges
        Fewest and most judges an item has, by technique.
    p_sa, c_sv, cvr, i_cvi, kappa
        Means; that of I-CVI is S-CVI/Ave.
    universal
        S-CVI/UA: share of the items that all of their judges rate 3 or 4.
    """

    id: str
    items: tuple[str, ...]
    counted: dict[str, int]
    judges: dict[str, tuple[int, int]]
    p_sa: Value | None
    c_sv: Value | None
    cvr: Value | None
    i_cvi: Value | None
    universal: Value | None
    kappa: Value | None


def scale_content(name: str, items: Sequence[ItemContent]) -> ScaleContent:
    """Means over the items that have a value; how many those are is counted."""
    by_technique = {"sorted": [i.sorting for i in items], "essential": [i.essential for i in items],
                    "relevance": [i.relevance for i in items]}
    used = {technique: [a for a in found if a is not None] for technique, found in by_technique.items()}
    relevant = [a for a in used["relevance"] if isinstance(a.share, float)]
    return ScaleContent(
        name, tuple(i.item for i in items),
        {technique: sum(isinstance(a.share, float) for a in found) for technique, found in used.items() if found},
        {technique: (min(a.n for a in found), max(a.n for a in found)) for technique, found in used.items() if found},
        _mean([a.share for a in used["sorted"]]), _mean([i.c_sv for i in items]), _mean([i.cvr for i in items]),
        _mean([a.share for a in used["relevance"]]),
        _mean([float(a.count == a.n) for a in relevant]) if relevant else _mean([a.share for a in used["relevance"]]),
        _mean([i.kappa for i in items]))


def _mean(values: Sequence[Value | None]) -> Value | None:
    """Mean of those that have a value; None where the technique is not used."""
    asked = [value for value in values if value is not None]
    numbers = [value for value in asked if not isinstance(value, NoValue)]
    if numbers:
        return fmean(numbers)
    return NoValue("no item was rated by two judges") if asked else None


@dataclass(frozen=True, slots=True)
class ContentValidity:
    """Everything that a file of experts' ratings says.

    Attributes
    ----------
    judges
        Who rated anything, in the order of the file.
    techniques
        Those the file uses, of ``sorted``, ``essential``, ``relevance``.
    """

    judges: tuple[str, ...]
    techniques: tuple[str, ...]
    items: tuple[ItemContent, ...]
    scales: tuple[ScaleContent, ...]
    whole: ScaleContent


def content_validity(
    ratings: Sequence[Rating], intended: dict[str, str], techniques: Sequence[str]
) -> ContentValidity:
    """Indices of every item, every scale and the whole.

    Parameters
    ----------
    intended
        Item → the dimension it is meant for, in the order in which items are reported.
    """
    items = tuple(item_content(item, dimension, [r for r in ratings if r.item == item], techniques)
                  for item, dimension in intended.items())
    return ContentValidity(
        tuple(dict.fromkeys(r.judge for r in ratings)), tuple(techniques), items,
        tuple(scale_content(dimension, [i for i in items if i.intended == dimension])
              for dimension in dict.fromkeys(intended.values())),
        scale_content("all", items))
