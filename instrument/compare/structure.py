"""Differences in scales, answer codes and single questions: everything about them but their words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from instrument.compare import effects
from instrument.compare.changes import Change, Kind
from instrument.compare.effects import Judgement, plain
from instrument.compare.sides import Answered, Sides, codes_of
from instrument.model import Condition, Fact, Item, Note, Option

Options = tuple[Option, ...]


# -- codes ----------------------------------------------------------------------------------------


def swapped(old: Options, new: Options) -> set[int | str]:
    """Codes that both have and whose labels changed places among each other."""
    before = {option.code: plain(option.label) for option in old if option.label}
    after = {option.code: plain(option.label) for option in new if option.label}
    moved = {code for code in before if code in after and before[code] != after[code]}
    taken = {before[code] for code in moved}
    return {code for code in moved if after[code] in taken and before[code] in {after[c] for c in moved}}


def _renumbered(old: Options, new: Options) -> bool:
    """Whether an answer stands under another code now."""
    before, after = ({plain(o.label): o.code for o in options if o.label} for options in (old, new))
    return any(after.get(label, code) != code for label, code in before.items())


def option_changes(
    key: str, field: str, old: Options, new: Options, many: Judgement, questions: tuple[str, ...],
) -> Iterator[Change]:
    """Codes added, removed, renumbered, swapped, or put in another order; ``many`` judges another set of codes."""
    before, after = codes_of(old), codes_of(new)
    if set(before) != set(after):
        judgement = effects.RENUMBERED if _renumbered(old, new) else many
        yield _change("code", key, field, _listed(old), _listed(new), judgement, questions)
    elif swapped(old, new):
        yield _change("code", key, field, _listed(old), _listed(new), effects.SWAPPED, questions)
    kept_before, kept_after = [c for c in before if c in after], [c for c in after if c in before]
    if kept_before != kept_after:
        yield _change("order", key, field, shown(kept_before), shown(kept_after), effects.OPTION_ORDER, questions)


def scale_changes(sides: Sides) -> Iterator[Change]:
    """Scales added and removed, and the codes of those in both versions."""
    old, new = ({scale.id: scale for scale in side.scales} for side in (sides.old, sides.new))
    yield from parts_changed("scale", tuple(old), tuple(new))
    for name, one in old.items():
        if name in new:
            other, questions = new[name], sides.on_scale(name)
            yield from option_changes(f"scale.{name}", "points", one.points, other.points, effects.POINTS, questions)
            yield from option_changes(
                f"scale.{name}", "missing", one.missing, other.missing, effects.OPT_OUTS, questions)


# -- questions ------------------------------------------------------------------------------------


def question_changes(sides: Sides) -> Iterator[Change]:
    """Questions added to or removed from a form, and every property of those in both versions."""
    old, new = ({form.id: form for form in side.forms} for side in (sides.old, sides.new))
    for form in dict.fromkeys((*old, *new)):
        before, after = ({q.id: q for _, q in side[form].questions()} if form in side else {} for side in (old, new))
        for name in dict.fromkeys((*before, *after)):
            one, two = before.get(name), after.get(name)
            if one is None or two is None:
                yield _came_or_went(sides, form, one, two)
            else:
                for change in _pair(sides, one, two):
                    yield _in_form(change, form)


def _came_or_went(sides: Sides, form: str, one: Item | Fact | Note | None, two: Item | Fact | Note | None) -> Change:
    question = two if one is None else one
    assert question is not None
    kind: Kind = "added" if one is None else "removed"
    where = sides.new.version if one is None else sides.old.version
    judgement: Judgement = ("not comparable", f"Asked in {where} only: there is nothing to compare it with.")
    if isinstance(question, Note):
        before_consent, after = sides.following(question.id)
        judgement = effects.CONSENT if before_consent else effects.NOTE if after else effects.CLOSING
        return _in_form(_change(kind, f"question.{question.id}", "", "" if one is None else question.text,
                                question.text if one is None else "", judgement,
                                () if before_consent else after), form)
    if question.id in sides.before and question.id in sides.after:  # asked in one form before, in both now
        judgement = ("same", f"Asked in form {form} in {where} only; answers in the other form are what they were.")
    return _in_form(_change(kind, f"question.{question.id}", "", "" if one is None else question.text,
                            question.text if one is None else "", judgement, (question.id,)), form)


def _pair(sides: Sides, one: Item | Fact | Note, two: Item | Fact | Note) -> Iterator[Change]:
    key, touched = f"question.{one.id}", (one.id,)
    if one.type != two.type:
        yield _change("type", key, "type", one.type, two.type, effects.TYPE, touched)
        return
    if one.show_if != two.show_if:
        yield routing(key, one.show_if, two.show_if, sides.shared(touched))
    if isinstance(one, Note) or isinstance(two, Note):
        return
    if one.required != two.required:
        yield _change("routing", key, "required", shown(one.required), shown(two.required),
                      effects.REQUIRED, touched)
    if one.scale != two.scale:
        yield _change("scale", key, "scale", one.scale or "", two.scale or "", _other_scale(sides, one, two), touched)
    if isinstance(one, Item) and isinstance(two, Item):
        yield from _item(key, one, two)
    elif isinstance(one, Fact) and isinstance(two, Fact):
        yield from _fact(key, one, two, sides)


def _item(key: str, one: Item, two: Item) -> Iterator[Change]:
    touched = (one.id,)
    if one.dimension != two.dimension:
        yield _change("dimension", key, "dimension", one.dimension, two.dimension, effects.DIMENSION, touched)
    if one.reversed != two.reversed:
        judgement = effects.KEY if effects.typographic(one.text, two.text) else effects.KEY_AND_WORDS
        yield _change("key", key, "reversed", shown(one.reversed), shown(two.reversed), judgement, touched)
    if one.author != two.author:
        yield _change("metadata", key, "author", one.author, two.author, effects.METADATA, ())


def _fact(key: str, one: Fact, two: Fact, sides: Sides) -> Iterator[Change]:
    touched = (one.id,)
    if one.kind != two.kind:
        yield _change("type", key, "kind", one.kind, two.kind, effects.TYPE, touched)
    if one.role != two.role:
        yield _change("role", key, "role", one.role, two.role, effects.ROLE, touched)
    if one.expected != two.expected:
        yield _change("role", key, "expected", shown(one.expected), shown(two.expected), effects.EXPECTED, touched)
    for bound in ("minimum", "maximum"):
        old, new = getattr(one, bound), getattr(two, bound)
        if old != new:
            yield _change("bounds", key, bound, shown(old), shown(new), effects.BOUNDS, touched)
    if one.screen_out != two.screen_out:
        judgement = effects.SAME_ROUTE if set(one.screen_out) == set(two.screen_out) else effects.SCREEN_OUT
        yield _change("routing", key, "screen_out", shown(one.screen_out), shown(two.screen_out), judgement,
                      sides.following(one.id)[1])
    if one.scale == two.scale:  # else the change of scale says it
        yield from option_changes(key, "options", one.options, two.options, effects.OPTIONS, touched)
    yield from option_changes(key, "missing", one.missing, two.missing, effects.OPT_OUTS, touched)


def _other_scale(sides: Sides, one: Answered, two: Answered) -> Judgement:
    before, after = sides.old.offered(one)[0], sides.new.offered(two)[0]
    if codes_of(before) != codes_of(after):
        return effects.OTHER_SCALE
    alike = all((a.label is None and b.label is None) or effects.typographic(a.label, b.label)
                for a, b in zip(before, after, strict=True))
    return effects.SAME_SCALE if alike else effects.OTHER_LABELS


# -- parts of a change ----------------------------------------------------------------------------


def routing(key: str, old: tuple[Condition, ...], new: tuple[Condition, ...], questions: tuple[str, ...]) -> Change:
    """A changed condition; the order of conditions and of codes in them does not matter."""
    alike = {(c.question, frozenset(c.any_of)) for c in old} == {(c.question, frozenset(c.any_of)) for c in new}
    return _change("routing", key, "show_if", _conditions(old), _conditions(new),
                   effects.SAME_ROUTE if alike else effects.ROUTE, questions)


def parts_changed(group: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    """Parts that hold no answers came or went: scales, forms, blocks, constructs, dimensions."""
    for name in old:
        if name not in new:
            yield _change("removed", f"{group}.{name}", "", name, "", effects.REMOVED_PART, ())
    for name in new:
        if name not in old:
            yield _change("added", f"{group}.{name}", "", "", name, effects.ADDED_PART, ())


def part_field(
    kind: Kind, key: str, field: str, one: object, two: object, judgement: Judgement,
    questions: tuple[str, ...] = (), form: str | None = None,
) -> Iterator[Change]:
    """A change if ``field``, a property of two parts, differs."""
    old, new = getattr(one, field), getattr(two, field)
    if old != new:
        change = _change(kind, key, field, shown(old), shown(new), judgement, questions)
        yield change if form is None else _in_form(change, form)


def _change(
    kind: Kind, key: str, field: str, old: str, new: str, judgement: Judgement, questions: tuple[str, ...],
) -> Change:
    return Change(kind, key, field, old, new, judgement[0], judgement[1], questions)


def _in_form(change: Change, form: str) -> Change:
    return replace(change, forms=(form,))


def _conditions(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(f"{c.question} is {' or '.join(map(str, c.any_of))}" for c in conditions)


def _listed(options: Options) -> str:
    return ", ".join(f"{o.code} = {o.label}" if o.label else str(o.code) for o in options)


def shown(value: object) -> str:
    """A property's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
