"""Ids that are legal on every platform, so that one id serves everywhere and no mapping is needed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from instrument.fielding.answers import META_COLUMNS
from instrument.model import Fact, Instrument, Item, Note
from instrument.rules.registry import Asked, Breach, asked, items, rule
from instrument.store import SEMANTIC

ID_PATTERN = r"^[a-z][a-z0-9]*$"

ID_LENGTH = 20
"""LimeSurvey keeps question codes in 20 characters; REDCap advises 26, SPSS allows 64 bytes."""

RESERVED = {
    **dict.fromkeys(
        ("lang", "sid", "savedid", "token", "qid", "gid", "sgq", "self", "that", "this", "time"), "LimeSurvey"),
    **dict.fromkeys(
        ("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"), "SPSS or REDCap's logic"),
    **dict.fromkeys(META_COLUMNS, "the columns every import adds"),
}
"""Names that mean something else to a platform or a package, and to which."""


def _named(instrument: Instrument) -> Iterator[tuple[str, str, str]]:
    """Kind, id and place of everything that is named."""
    for scale in instrument.scales:
        yield "scale", scale.id, f"scale {scale.id}"
    for construct in instrument.constructs:
        yield "construct", construct.id, f"construct {construct.id}"
        for dimension in construct.dimensions:
            yield "dimension", dimension.id, f"construct {construct.id}, dimension {dimension.id}"
    for form in instrument.forms:
        for block in form.blocks:
            yield "block", block.id, f"form {form.id}, block {block.id}"
    for where in asked(instrument):
        yield "question", where.question.id, str(where)


@rule("VERSION-SEMANTIC")
def version_is_semantic(instrument: Instrument) -> Iterator[Breach]:
    """The version is three whole numbers: major.minor.patch."""
    if not SEMANTIC.fullmatch(instrument.version):
        yield "version", f"{instrument.version!r} is not three whole numbers with dots between", 'write e.g. "1.0.0"'


@rule("ID-PATTERN")
def id_is_legal(instrument: Instrument) -> Iterator[Breach]:
    """Ids are lower-case letters and digits, a letter first."""
    for kind, name, place in _named(instrument):
        if not re.fullmatch(ID_PATTERN, name):
            yield (place, f"the {kind} id {name!r} is not made of lower-case letters and digits, a letter first",
                   "rename it; underscores are illegal in LimeSurvey, capitals in REDCap")


@rule("ID-RESERVED")
def id_is_free(instrument: Instrument) -> Iterator[Breach]:
    """Ids of questions, blocks and dimensions are not words that a platform keeps for itself."""
    for kind, name, place in _named(instrument):
        if kind in ("question", "block", "dimension") and name.lower() in RESERVED:
            yield place, f"the {kind} id {name!r} is reserved by {RESERVED[name.lower()]}", "rename it"


@rule("ID-LENGTH")
def id_is_short(instrument: Instrument) -> Iterator[Breach]:
    """Question ids have at most 20 characters."""
    for where in asked(instrument):
        if len(where.question.id) > ID_LENGTH:
            yield (str(where), f"the id has {len(where.question.id)} characters; LimeSurvey allows {ID_LENGTH}",
                   "shorten it")


@rule("ITEM-ID", house=True)
def item_is_named_for_its_dimension(instrument: Instrument) -> Iterator[Breach]:
    """An item's id is its dimension and a number."""
    for where, item in items(instrument):
        if not re.fullmatch(re.escape(item.dimension) + r"[1-9][0-9]*", item.id):
            yield (str(where), f"the id is not the dimension {item.dimension!r} followed by a number",
                   f"name it {item.dimension}1, {item.dimension}2, …, or correct its dimension")


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


@rule("QUESTION-DUPLICATE")
def question_is_asked_once(instrument: Instrument) -> Iterator[Breach]:
    """No id is used twice in a form."""
    for form in instrument.forms:
        for name in _twice(question.id for _, question in form.questions()):
            blocks = [block.id for block, question in form.questions() if question.id == name]
            yield (f"form {form.id}, question {name}", f"the id is used {len(blocks)} times: in {', '.join(blocks)}",
                   "give each question an id of its own")


@rule("QUESTION-SHARED")
def shared_question_is_the_same(instrument: Instrument) -> Iterator[Breach]:
    """An id used in both forms is the same question in both, though each form may route to it differently."""
    first: dict[str, tuple[Asked, Item | Fact | Note]] = {}
    for where in asked(instrument):
        here = where.question.model_copy(update={"show_if": ()})
        there = first.setdefault(here.id, (where, here))
        if there[0].form.id != where.form.id and there[1] != here:
            differ = [key for key in type(here).model_fields if getattr(here, key) != getattr(there[1], key, None)]
            yield (str(where), f"the same id in form {there[0].form.id} is another question: "
                   f"{', '.join(differ)} {'differs' if len(differ) == 1 else 'differ'}",
                   "make the two identical, or give one another id: equal ids are read as equal answers")


@rule("BLOCK-DUPLICATE")
def block_is_unique(instrument: Instrument) -> Iterator[Breach]:
    """No block id is used twice in a form, nor in both forms with different words (they share a translation)."""
    words: dict[str, tuple[str, str, str | None]] = {}
    for form in instrument.forms:
        for name in _twice(block.id for block in form.blocks):
            yield f"form {form.id}, block {name}", "the block id is used twice in the form", "rename one of them"
        for block in form.blocks:
            there = words.setdefault(block.id, (form.id, block.title, block.intro))
            if there[0] != form.id and there[1:] != (block.title, block.intro):
                yield (f"form {form.id}, block {block.id}",
                       f"form {there[0]} has a block of this id with another title or intro",
                       "rename one of them: translations are found by block id")


@rule("CONSTRUCT-DUPLICATE")
def construct_is_unique(instrument: Instrument) -> Iterator[Breach]:
    """No construct id is used twice."""
    for name in _twice(construct.id for construct in instrument.constructs):
        yield f"construct {name}", "the construct id is used twice", "rename one of them"


@rule("DIMENSION-DUPLICATE")
def dimension_is_unique(instrument: Instrument) -> Iterator[Breach]:
    """No dimension id is used twice, in one construct or in two."""
    for name in _twice(dimension.id for construct in instrument.constructs for dimension in construct.dimensions):
        owners = [c.id for c in instrument.constructs for d in c.dimensions if d.id == name]
        yield (f"dimension {name}", f"the dimension id is used {len(owners)} times: by {', '.join(owners)}",
               "rename all but one of them")


@rule("SCALE-DUPLICATE")
def scale_is_unique(instrument: Instrument) -> Iterator[Breach]:
    """No scale id is used twice."""
    for name in _twice(scale.id for scale in instrument.scales):
        yield f"scale {name}", "the scale id is used twice", "rename one of them"


@rule("FORM-DUPLICATE")
def form_is_unique(instrument: Instrument) -> Iterator[Breach]:
    """No form stands there twice."""
    for name in _twice(form.id for form in instrument.forms):
        yield f"form {name}", "the form stands here twice", "merge the two"
