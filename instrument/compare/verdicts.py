"""From single changes to what a study needs to know: which answers and scores may be pooled over two versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from instrument.compare.changes import Change, DimensionVerdict, Status, Verdict, worst
from instrument.compare.sides import Answered, Sides
from instrument.model import Condition, Fact, Instrument, Item

UNCHANGED = "Nothing that changed touches it."


def question_verdicts(sides: Sides, changes: tuple[Change, ...]) -> dict[str, Verdict]:
    """Every item and fact of either version → what the changes do to its answers."""
    own = {name: _of(name, changes, sides.languages) for name in dict.fromkeys((*sides.before, *sides.after))}
    return {name: _after_its_filters(sides, name, own) for name in own}


def _of(name: str, changes: tuple[Change, ...], spoken: tuple[str, ...]) -> Verdict:
    touching = [change for change in changes if name in change.questions]
    effect = worst(tuple(change.effect for change in touching))
    found = [change for change in touching if change.effect == effect]
    languages = dict.fromkeys(language for change in found for language in change.languages)
    everybody = any(not change.languages for change in found) or set(languages) >= set(spoken)
    return Verdict(effect, " ".join(dict.fromkeys(change.why for change in found)) or UNCHANGED,
                   () if everybody or effect == "same" else tuple(languages))


def _after_its_filters(sides: Sides, name: str, own: dict[str, Verdict]) -> Verdict:
    """A question that is as it was may still be put to other people: the question that decides it changed."""
    changed = [f for f in _filters(sides, name) if f in own and own[f].effect != "same"]
    if own[name].effect != "same" or not changed:
        return own[name]
    return Verdict("comparable if invariant", f"The question is the same, but {', '.join(changed)}, which decides who "
                   "is asked it, changed: compare respondents whom both versions would ask.")


def _filters(sides: Sides, name: str) -> tuple[str, ...]:
    """The questions on whose answers it depends, directly or through others, whether ``name`` is asked."""
    decided: dict[str, set[str]] = {}
    for instrument in (sides.old, sides.new):
        for form in instrument.forms:
            for block, question in form.questions():
                conditions: tuple[Condition, ...] = (*block.show_if, *question.show_if)
                decided.setdefault(question.id, set()).update(c.question for c in conditions)
    found: dict[str, None] = {}
    waiting = sorted(decided.get(name, ()))
    while waiting:
        here = waiting.pop(0)
        if here not in found and here != name:
            found[here] = None
            waiting += sorted(decided.get(here, ()))
    return tuple(found)


def split(sides: Sides, verdicts: dict[str, Verdict]) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    """The verdicts on items, and those on facts; what turned from one into the other stands with what it is now."""
    def now(name: str) -> Answered:
        return sides.after[name] if name in sides.after else sides.before[name]

    items = {name: verdict for name, verdict in verdicts.items() if isinstance(now(name), Item)}
    return items, {name: verdict for name, verdict in verdicts.items() if isinstance(now(name), Fact)}


def dimension_verdicts(sides: Sides, verdicts: dict[str, Verdict]) -> dict[str, DimensionVerdict]:
    """Every dimension of either version → whether its scores may be pooled."""
    return {name: _dimension(sides, name, verdicts)
            for name in dict.fromkeys((*sides.old.dimensions, *sides.new.dimensions))}


def _dimension(sides: Sides, name: str, verdicts: dict[str, Verdict]) -> DimensionVerdict:
    old, new = _items(sides.old, name), _items(sides.new, name)
    common, left_out = [], []
    for item in dict.fromkeys((*old, *new)):
        if item in old and item in new and verdicts[item].effect != "not comparable":
            common.append(item)
        else:
            left_out.append((item, _why_not(sides, item, item in old, item in new, verdicts[item])))
    to_test = tuple(item for item in common if verdicts[item].effect == "comparable if invariant")
    status: Status = ("not comparable" if not common else "if invariant" if to_test else
                      "common items" if left_out else "same")
    formative = "formative" in {side.dimensions[name].measurement for side in (sides.old, sides.new)
                                if name in side.dimensions}
    why = " ".join(_sentences(status, common, left_out, to_test, verdicts, formative))
    return DimensionVerdict(name, status, tuple(common), tuple(left_out), to_test, why)


def _items(instrument: Instrument, dimension: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.id for item in instrument.items(dimension)))


def _why_not(sides: Sides, item: str, was: bool, there: bool, verdict: Verdict) -> str:
    if was and there:
        return verdict.why
    inside, outside = (sides.old, sides.new) if was else (sides.new, sides.old)
    if item in sides.before and item in sides.after:
        return f"It belongs to this dimension in {inside.version} only."
    return f"It is asked in {inside.version} and not in {outside.version}."


def _sentences(
    status: Status, common: list[str], left_out: list[tuple[str, str]], to_test: tuple[str, ...],
    verdicts: dict[str, Verdict], formative: bool,
) -> Iterator[str]:
    if status == "not comparable":
        yield "No item is comparable over the two versions." if left_out else "It has no items."
        return
    if status == "same":
        yield "Every item is the same in both versions."
        return
    if left_out:
        yield (f"Score both versions on {_names(common)}: a mean that holds {_names(item for item, _ in left_out)} "
               "in one version and not in the other is not the same score.")
    if to_test:
        yield _testing(common, to_test, verdicts, formative)
    elif len(common) == 1:
        yield "A single item is left, whose reliability cannot be estimated."


def _testing(common: list[str], to_test: tuple[str, ...], verdicts: dict[str, Verdict], formative: bool) -> str:
    languages = {language for item in to_test for language in verdicts[item].languages}
    everybody = any(not verdicts[item].languages for item in to_test)
    whom = "" if everybody else f" (respondents in {_names(sorted(languages))})"
    anchors = [item for item in common if item not in to_test]
    if formative:
        return (f"Compare {_names(to_test)} over versions{whom} one by one: items that form a dimension need not "
                "correlate, so a factor model cannot test them.")
    if len(anchors) >= 2:
        return (f"Pool after {_names(to_test)} proved invariant over versions{whom}, tested against {_names(anchors)}, "
                "which did not change; if not, partial invariance (Byrne, Shavelson & Muthén 1989), or leave out.")
    known = f"Only {anchors[0]} did not change" if anchors else "Every common item changed"
    return (f"Pool after {_names(to_test)} proved invariant over versions{whom}. {known}: with fewer than two items "
            "known to be the same, a shift that all share cannot be told from a difference between respondents.")


def _names(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last

