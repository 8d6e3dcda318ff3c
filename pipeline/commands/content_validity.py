"""``alliometrics content-validity``: what experts think of the items, before anything is fielded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from instrument import store
from instrument.content_validity import ContentValidity, ItemContent, ScaleContent, content_validity
from instrument.errors import Finding
from instrument.expert_ratings import COLUMNS, RatingFile, read_ratings
from instrument.judge_agreement import Agreement, NoValue, Value, kappa_word
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.report.numbers import counted, listed
from pipeline.undefined import Number, Undefined

TECHNIQUES = {"sorted": "sorting", "essential": "essential", "relevance": "relevance"}
"""Column of the file → name of the technique."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What a file of ratings says, what was set aside in it, and columns that were not used."""

    found: ContentValidity
    unused: tuple[str, ...]
    findings: tuple[Finding, ...]


def rate(ratings: Path, *, version: str | None = None) -> Rated:
    """Read a file of experts' ratings about items of an instrument (the latest if None), and work out every index.

    Raises
    ------
    InputError
        ``INSTRUMENT-VERSION``; ``DATA-…`` for the file as a whole; ``CONTENT-COLUMN``, ``CONTENT-JUDGES``.
    """
    instrument = store.load(version)
    file = read_csv(ratings)
    header = tuple(low if (low := name.casefold()) in COLUMNS and low not in file.header else name
                   for name in file.header)
    read = read_ratings(RatingFile(file.name, header, file.rows, file.cells), instrument)
    return Rated(content_validity(read.ratings, read.intended, read.techniques), read.unused, read.findings)


# -- document ----------------------------------------------------------------------------------------------


def document(rated: Rated) -> dict[str, Any]:
    """Everything under the names of the literature; what has no value is null, with its reason in ``undefined``."""
    found, number = rated.found, Defined()
    return {
        "judges": list(found.judges), "techniques": [TECHNIQUES[name] for name in found.techniques],
        "items": {item.item: _item_entry(item, number) for item in found.items},
        "scales": {scale.id: _scale_entry(scale, number) for scale in found.scales},
        "whole": _scale_entry(found.whole, number),
        "undefined": number.undefined,
        "findings": [{"code": f.code, "place": f.place, "rule": f.rule, "fix": f.fix} for f in rated.findings],
    }


def _item_entry(item: ItemContent, number: Defined) -> dict[str, Any]:
    def say(name: str, value: Value | None) -> float | None:
        return number(f"items.{item.item}.{name}", _number(value))

    def share(found: Agreement, name: str) -> dict[str, Any]:
        return {"n": found.n, "count": found.count, name: say(name, found.share),
                f"{name}_ci": [say(f"{name}_ci", found.lower), say(f"{name}_ci", found.upper)],
                "pvalue": say("pvalue", found.pvalue), "critical_count": found.critical_count,
                f"{name}_critical": say(f"{name}_critical", found.critical), f"{name}_meets": found.meets}

    entry: dict[str, Any] = {"intended": item.intended}
    if item.sorting is not None:
        entry["sorting"] = {
            **share(item.sorting, "p_sa"), "c_sv": say("c_sv", item.c_sv),
            "c_sv_critical": say("c_sv_critical", item.c_sv_critical), "c_sv_meets": item.c_sv_meets,
            "rivals": list(item.rivals), "rival_count": item.rival_count}
    if item.essential is not None:
        entry["essential"] = {**share(item.essential, "essential"), "cvr": say("cvr", item.cvr),
                              "cvr_critical": say("cvr_critical", item.cvr_critical), "cvr_meets": item.essential.meets}
    if item.relevance is not None:
        entry["relevance"] = {**share(item.relevance, "i_cvi"), "i_cvi_criterion": item.i_cvi_criterion,
                              "i_cvi_meets_criterion": item.i_cvi_meets, "kappa": say("kappa", item.kappa)}
    return entry


def _scale_entry(scale: ScaleContent, number: Defined) -> dict[str, Any]:
    values = {"p_sa": scale.p_sa, "c_sv": scale.c_sv, "cvr": scale.cvr, "s_cvi_ave": scale.i_cvi,
              "s_cvi_ua": scale.universal, "kappa": scale.kappa}
    return {
        "items": list(scale.items),
        "items_counted": {TECHNIQUES[name]: n for name, n in scale.counted.items()},
        "judges": {TECHNIQUES[name]: list(ends) for name, ends in scale.judges.items()},
        **{name: number(f"{scale.id}.{name}", _number(value)) for name, value in values.items() if value is not None},
    }


def _number(value: Value | None) -> Number | None:
    return Undefined(value.because) if isinstance(value, NoValue) else value


# -- tables ------------------------------------------------------------------------------------------------


def tables(rated: Rated) -> list[RenderableType]:
    """A table a technique, one of scales, and how to read them."""
    found = rated.found
    shown: list[RenderableType] = [_introduction(found)]
    if "sorted" in found.techniques:
        shown += [_substantive(found.items), _rivals(found.items),
                  "p_sa: share of the judges who sort the item to its dimension. c_sv: that share less the share of "
                  "the dimension it was most often sorted to instead. With more than two dimensions p_sa decides "
                  "(Howard & Melloy 2016): c_sv may meet its critical value only because the other judges scatter."]
    if "essential" in found.techniques:
        shown += [_essential(found.items),
                  "CVR: 0 if half of the judges find the item essential, 1 if all do (Lawshe 1975; critical values by "
                  "Ayre & Scally 2014)."]
    if "relevance" in found.techniques:
        shown += [_relevance(found.items),
                  "I-CVI: share of the judges who rate the item 3 or 4; from six judges .78 is asked for, with fewer "
                  "judges 1 (Lynn 1986); critical is what is beyond chance. kappa: I-CVI less agreement by chance; "
                  "above .74 excellent, from .60 good, from .40 fair (Polit, Beck & Owen 2007)."]
    shown.append(_scales([*found.scales, found.whole] if len(found.scales) > 1 else found.scales))
    shown += _reading(found)
    shown += [f"{item.item}: {why}." for item in found.items if (why := _without_value(item))]
    if rated.unused:
        shown.append(f"Columns not used: {', '.join(rated.unused)}.")
    return shown


def _introduction(found: ContentValidity) -> str:
    return (f"{counted(len(found.items), 'item')} for {counted(len(found.scales), 'dimension')}, rated by "
            f"{counted(len(found.judges), 'judge')}. Meets: so many agree by chance in fewer than 5 of 100 cases, if "
            "every judge tossed a coin. Intervals are exact (95 %).")


def _substantive(items: Sequence[ItemContent]) -> RenderableType:
    rows = [(i.item, i.intended, _count(i.sorting), decimals(_number(i.sorting.share), 2), _ends(i.sorting),
             decimals(_number(i.sorting.critical), 2), _word(i.sorting.meets), p_value(_number(i.sorting.pvalue)))
            for i in items if i.sorting is not None]
    return table("Sorting: how many judges sort the item to its dimension?", (
        "item", "meant for", "as meant", "p_sa", "95 %", "critical", "", "p"), rows, left=2)


def _rivals(items: Sequence[ItemContent]) -> RenderableType:
    rows = [(i.item, i.intended, _count(i.sorting), _rival(i), decimals(_number(i.c_sv), 2),
             decimals(_number(i.c_sv_critical), 2), _word(i.c_sv_meets)) for i in items if i.sorting is not None]
    return table("Sorting: where else do they sort it?", (
        "item", "meant for", "as meant", "most often else", "c_sv", "critical", ""), rows, left=2)


def _essential(items: Sequence[ItemContent]) -> RenderableType:
    rows = [(i.item, i.intended, _count(i.essential), decimals(_number(i.essential.share), 2), _ends(i.essential),
             decimals(_number(i.cvr), 2), decimals(_number(i.cvr_critical), 2), _word(i.essential.meets),
             p_value(_number(i.essential.pvalue))) for i in items if i.essential is not None]
    return table("Essential: can the scale do without the item?", (
        "item", "meant for", "essential", "share", "95 %", "CVR", "critical", "", "p"), rows, left=2)


def _relevance(items: Sequence[ItemContent]) -> RenderableType:
    rows = [(i.item, _count(i.relevance), decimals(_number(i.relevance.share), 2), _ends(i.relevance),
             decimals(i.i_cvi_criterion, 2), _word(i.i_cvi_meets), decimals(_number(i.relevance.critical), 2),
             _word(i.relevance.meets), decimals(_number(i.kappa), 2),
             kappa_word(i.kappa) if isinstance(i.kappa, float) else "–", p_value(_number(i.relevance.pvalue)))
            for i in items if i.relevance is not None]
    return table("Relevance: does the item belong to what is measured?", (
        "item", "3 or 4", "I-CVI", "95 %", "Lynn", "", "critical", "", "kappa", "", "p"), rows)


def _scales(scales: Sequence[ScaleContent]) -> RenderableType:
    columns = {"S-CVI/Ave": "i_cvi", "S-CVI/UA": "universal", "kappa": "kappa", "p_sa": "p_sa", "c_sv": "c_sv",
               "CVR": "cvr"}
    used = {head: name for head, name in columns.items() if any(getattr(s, name) is not None for s in scales)}
    return table("Scales: means of their items", ("scale", "items", *used), [
        (s.id, str(len(s.items)), *(decimals(_number(getattr(s, name)), 2) for name in used.values())) for s in scales])


def _reading(found: ContentValidity) -> list[str]:
    """What the means of scales rest on."""
    said = []
    if "relevance" in found.techniques:
        fewest, most = found.whole.judges["relevance"]
        said.append("S-CVI/Ave: .90 or more is asked for. S-CVI/UA: share of the items that every judge who rated them "
                    f"rates 3 or 4; {_judges(fewest, most)} rated each.")
        if fewest < most:
            said[-1] += " An item with fewer judges finds them all of one mind more easily."
    uneven = [f"{TECHNIQUES[name]} {_judges(*ends)}" for name, ends in found.whole.judges.items() if ends[0] < ends[1]]
    if uneven:
        said.append(f"Not every judge rated every item; an item: {'; '.join(uneven)}. Each index rests on the judges "
                    "who gave that rating.")
    left_out = [f"{len(found.items) - n} by {TECHNIQUES[name]}" for name, n in found.whole.counted.items()
                if n < len(found.items)]
    if left_out:
        said.append(f"Items without a value are left out of the means: {listed(left_out)}.")
    small = min((ends[1] for ends in found.whole.judges.values()), default=0)
    if small < 5:
        said.append("Fewer than five judges: even if all agree, that may be chance (1 in 16 with four).")
    return said


def _judges(fewest: int, most: int) -> str:
    return counted(most, "judge") if fewest == most else f"{fewest} to {most} judges"


def _without_value(item: ItemContent) -> str:
    """Why an item lacks an index, or a critical value."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, found in (("sorting", item.sorting), ("essential", item.essential), ("relevance", item.relevance)):
        if found is None:
            continue
        if isinstance(found.share, NoValue):
            reasons.setdefault(("value", found.share.because), []).append(name)
        elif isinstance(found.critical, NoValue):
            reasons.setdefault(("critical value", found.critical.because), []).append(name)
    return "; ".join(f"no {what} for {listed(names)}, because {why}" for (what, why), names in reasons.items())


def _count(found: Agreement) -> str:
    return f"{found.count}/{found.n}"


def _ends(found: Agreement) -> str:
    return f"{decimals(_number(found.lower), 2)} to {decimals(_number(found.upper), 2)}" \
        if isinstance(found.share, float) else "–"


def _rival(item: ItemContent) -> str:
    return f"{', '.join(item.rivals)} ({item.rival_count})" if item.rivals else "–"


def _word(meets: bool | None) -> str:
    return "–" if meets is None else "meets" if meets else "falls short"
