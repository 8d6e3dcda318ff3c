"""Differences in how the questionnaire is put together: order, blocks, forms, constructs, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from instrument.compare import effects
from instrument.compare.changes import Change
from instrument.compare.effects import Judgement
from instrument.compare.sides import Sides
from instrument.compare.structure import part_field, parts_changed, routing, shown
from instrument.model import Block, Form, Instrument


def order_change(
    key: str, field: str, old: Sequence[str], new: Sequence[str], judgement: Judgement,
    questions: Callable[[tuple[str, ...]], tuple[str, ...]],
) -> Iterator[Change]:
    """A change if what both sequences hold stands in another order.

    Touched is whatever lies between the first and the last place that differ: what moved, and what it moved past.
    """
    before, after = [name for name in old if name in new], [name for name in new if name in old]
    if before != after:
        differ = [place for place, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
        span = tuple(before[differ[0]:differ[-1] + 1])
        yield Change("order", key, field, ", ".join(before), ", ".join(after), judgement[0], judgement[1],
                     questions(span))


def _nothing(_: tuple[str, ...]) -> tuple[str, ...]:
    return ()


# -- forms and blocks -----------------------------------------------------------------------------


def form_changes(sides: Sides) -> Iterator[Change]:
    """What forms and blocks say and hold, and the order of both."""
    yield from parts_changed("form", _ids(sides.old.forms), _ids(sides.new.forms))
    for form, other in sides.forms():
        for change in _form(sides, form, other):
            yield replace(change, forms=(form.id,))


def _form(sides: Sides, form: Form, other: Form) -> Iterator[Change]:
    key, everything = f"form.{form.id}", sides.everything(form.id)
    yield from part_field("routing", key, "respondent", form, other, effects.INFORMANT, everything)
    for field in ("identifiers", "consent_version"):
        yield from part_field("metadata", key, field, form, other, effects.METADATA)
    yield from parts_changed("block", _ids(form.blocks), _ids(other.blocks))
    blocks = {block.id: block for block in form.blocks}
    yield from order_change(
        key, "blocks", _ids(form.blocks), _ids(other.blocks), effects.ORDER,
        lambda span: sides.shared(question.id for name in span for question in blocks[name].questions))
    yield from _moved(form, other, sides)
    for found in other.blocks:
        if found.id in blocks:
            yield from _block(sides, blocks[found.id], found)


def _moved(form: Form, other: Form, sides: Sides) -> Iterator[Change]:
    """Questions that stand in another block now."""
    before, after = ({q.id: block.id for block, q in side.questions()} for side in (form, other))
    for name, block in before.items():
        if name in after and after[name] != block:
            effect, why = effects.ORDER
            yield Change("order", f"question.{name}", "block", block, after[name], effect, why, sides.shared((name,)))


def _block(sides: Sides, one: Block, two: Block) -> Iterator[Change]:
    key, questions = f"block.{one.id}", sides.in_block(one.id)
    if one.show_if != two.show_if:
        yield routing(key, one.show_if, two.show_if, questions)
    yield from part_field("layout", key, "layout", one, two, effects.LAYOUT, questions)
    yield from part_field("layout", key, "shuffle", one, two, effects.SHUFFLE, questions)
    yield from part_field("layout", key, "optional", one, two, effects.OPTIONAL, questions)
    random = one.shuffle and two.shuffle
    yield from order_change(key, "questions", _ids(one.questions), _ids(two.questions),
                            effects.SHUFFLED if random else effects.ORDER, sides.shared)


def _ids(parts: Sequence[object]) -> tuple[str, ...]:
    return tuple(getattr(part, "id") for part in parts)  # noqa: B009 (forms, blocks and the rest share no base type)


# -- constructs -----------------------------------------------------------------------------------


def construct_changes(sides: Sides) -> Iterator[Change]:
    """What is said of constructs and dimensions, and which belongs to which."""
    old, new = ({c.id: c for c in side.constructs} for side in (sides.old, sides.new))
    yield from parts_changed("construct", tuple(old), tuple(new))
    for name in (name for name in old if name in new):
        one, two, key = old[name], new[name], f"construct.{name}"
        for field in ("name", "definition", "form", "source"):
            yield from part_field("definition", key, field, one, two, effects.DEFINITION)
        touched = sides.shared(item for d in one.dimensions for item in sides.of_dimension(d.id))
        yield from part_field("definition", key, "measurement", one, two, effects.MEASUREMENT, touched)
        yield from order_change(key, "dimensions", _ids(one.dimensions), _ids(two.dimensions),
                                effects.UNSEEN_ORDER, _nothing)
    yield from _dimensions(sides)


def _dimensions(sides: Sides) -> Iterator[Change]:
    old, new = sides.old.dimensions, sides.new.dimensions
    yield from parts_changed("dimension", tuple(old), tuple(new))
    for name in (name for name in old if name in new):
        one, two, key = old[name], new[name], f"dimension.{name}"
        for field in ("name", "definition", "source"):
            yield from part_field("definition", key, field, one, two, effects.DEFINITION)
        yield from part_field("definition", key, "measurement", one, two, effects.MEASUREMENT, sides.of_dimension(name))
        belongs, now = sides.old.construct_of[name].id, sides.new.construct_of[name].id
        if belongs != now:
            effect, why = effects.OTHER_CONSTRUCT
            yield Change("dimension", key, "construct", belongs, now, effect, why)


# -- the whole ------------------------------------------------------------------------------------

VERSION_FIELDS = ("version", "released")
"""What differs between any two versions by nature, and is therefore no change."""


def whole_changes(sides: Sides) -> Iterator[Change]:
    """What is said of the instrument and of its languages, and the order of parts that nobody sees."""
    for field in ("name", "summary", "licence", "language_name"):
        yield from part_field("metadata", "instrument", field, sides.old, sides.new, effects.METADATA)
    yield from part_field("metadata", "instrument", "language", sides.old, sides.new, effects.BASE_LANGUAGE)
    for field in ("scales", "constructs", "forms"):
        yield from order_change("instrument", field, _ids(getattr(sides.old, field)), _ids(getattr(sides.new, field)),
                                effects.UNSEEN_ORDER, _nothing)
    yield from _translations(sides.old, sides.new)


def _translations(old: Instrument, new: Instrument) -> Iterator[Change]:
    for one in old.translations:
        for two in (found for found in new.translations if found.language == one.language):
            for field in ("name", "status", "translator"):
                yield from part_field("metadata", f"language.{one.language}", field, one, two, effects.METADATA)
            statuses = [(key, _status(one.strings[key]), _status(two.strings[key]))
                        for key in one.strings if key in two.strings]
            for key, before, after in statuses:
                if before != after:
                    effect, why = effects.METADATA
                    yield Change("metadata", key, f"status in {one.language}", before, after, effect, why)


def _status(string: object) -> str:
    return shown(getattr(string, "status", None))
