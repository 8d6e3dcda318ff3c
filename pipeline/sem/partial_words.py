"""What a search for partial invariance found, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.sem.comparisons import DifferenceTest
from pipeline.sem.invariance_syntax import Kind, Step
from pipeline.undefined import Number, Undefined

if TYPE_CHECKING:
    from pipeline.sem.partial_results import Freed, FreedParameter, ItemTest

__all__ = ["justification", "no_anchor", "verdict"]

_OF_ONE: dict[Kind, str] = {"thresholds": "thresholds", "loadings": "loading", "intercepts": "intercept",
                            "residuals": "residual variance"}
_OF_ALL: dict[Kind, str] = {"thresholds": "thresholds", "loadings": "loadings", "intercepts": "intercepts",
                            "residuals": "residual variances"}


def justification(
    item: str, statistic: float, df: int, pvalue: float, adjusted: float, tested: int,
    parameters: Sequence[FreedParameter], difference: DifferenceTest, cfi: Number, note: str,
) -> str:
    """Why an item was freed, and what that did."""
    kinds = _shown(parameters)
    what = listed([_OF_ONE[kind] for kind in kinds])
    they, are = ("it", "is") if len(kinds) == 1 and kinds[0] != "thresholds" else ("they", "are")
    values = listed([f"{_by_kind(parameters, group, kinds)} in {group}"
                     for group in dict.fromkeys(p.group for p in parameters)])
    items = "1 item" if tested == 1 else f"{tested} items"
    return (f"The {what} of {item} {are} freed, because the data contradict that {they} {are} equal in all groups: "
            f"score test χ²({df}) = {statistic:.2f}, {_p(pvalue)}, {_p(adjusted)} adjusted for {items} (Holm). Freed, "
            f"{they} {are} {values}; {_gain(difference, cfi)}." + (f" {note}." if note else ""))


def _shown(parameters: Sequence[FreedParameter]) -> list[Kind]:
    """Kinds that have a value of their own once freed: a binary item's intercept is then 0 in every group."""
    return [kind for kind in _OF_ONE if any(_kind(p) == kind and (p.freed != 0 or p.equal != 0) for p in parameters)]


def _kind(parameter: FreedParameter) -> Kind:
    kinds: dict[str, Kind] = {"=~": "loadings", "|": "thresholds", "~1": "intercepts"}
    return kinds.get(parameter.op, "residuals")


def _by_kind(parameters: Sequence[FreedParameter], group: str, kinds: Sequence[Kind]) -> str:
    """The values in one group, named where there are several kinds."""
    values = [(kind, ", ".join(f"{p.freed:.2f}" for p in parameters if p.group == group and _kind(p) == kind))
              for kind in kinds]
    return ", ".join(f"{_OF_ONE[kind]} {value}" if len(kinds) > 1 else value for kind, value in values)


def _gain(difference: DifferenceTest, cfi: Number) -> str:
    parts = []
    if isinstance(difference.statistic, Undefined) or isinstance(difference.pvalue, Undefined):
        parts.append("the difference of the models has no test")
    else:
        parts.append(f"the model then fits better by {_chisq(difference)}")
    if not isinstance(cfi, Undefined):
        parts.append(f"ΔCFI = {cfi:+.3f}")
    return ", ".join(parts)


def no_anchor(chosen: ItemTest, factors: Sequence[str], anchors: int) -> Undefined:
    """Why the search stops although an item is significant."""
    return Undefined(f"the {_OF_ONE[chosen.kind]} of {chosen.item} would have to be freed next, which leaves "
                     f"{listed(factors)} fewer than {anchors} items with equal {_OF_ALL[chosen.kind]}: nothing would "
                     "anchor the comparison of groups")


def verdict(
    step: Step, before: Step | None, kinds: Sequence[Kind], freed: Sequence[Freed],
    anchors: Sequence[tuple[str, tuple[str, ...]]], difference: DifferenceTest | None, outcome: bool | Undefined,
) -> str:
    """The result of the whole search."""
    what = listed([_OF_ALL[kind] for kind in kinds])
    names = listed([f"{entry.item} ({_OF_ONE[entry.kind]})" for entry in freed])
    if isinstance(outcome, Undefined):
        until = f" Freed until then: {names}." if freed else ""
        return f"No partial invariance of {what}, because {outcome.because}.{until}"
    worse = ""
    if difference is not None and before is not None and not isinstance(difference.pvalue, Undefined):
        worse = f"{before.name}: {_chisq(difference)}"
    kept = "; ".join(f"{factor}: {', '.join(items)}" for factor, items in anchors if items)
    if not outcome:
        with_ = f"With {names} freed the" if freed else "The"
        return (f"No partial invariance of {what}: no {'other ' if freed else ''}item differs significantly by itself. "
                f"{with_} step {step.name} still fits worse than {worse}; many small differences, or another "
                "structure, may be why.")
    if freed:
        holds = f", and the step then fits no worse than {worse}" if worse else ""
        return f"Partial invariance of {what}, with {names} freed{holds}. Equal across groups remain {kept}."
    if worse:
        return f"Nothing is freed: the step fits no worse than {worse}."
    return (f"Nothing is freed: no item's {what} differ significantly across groups when all items are tested. If the "
            "step as a whole does not hold, its misfit is not that of single items.")


def _chisq(difference: DifferenceTest) -> str:
    if isinstance(difference.statistic, Undefined) or isinstance(difference.pvalue, Undefined):
        return "Δχ² undefined"
    return f"Δχ²({difference.df}) = {difference.statistic:.2f}, {_p(difference.pvalue)}"


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".", 1)
