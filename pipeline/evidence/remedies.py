"""Procedural remedies against common method variance, read from the questionnaire and from who answered it.

What can be done before anybody answers is worth more than any test afterwards (Podsakoff, MacKenzie, Lee & Podsakoff
2003; Podsakoff, MacKenzie & Podsakoff 2012).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from instrument.model import Block, Fact, Instrument, Item
from pipeline.evidence.found.method import Remedy
from pipeline.prepare import PreparedForm
from pipeline.report.numbers import counted, listed, percent
from pipeline.results import SCREENED
from pipeline.undefined import Undefined

_VERIFIABLE = ("count", "number", "year", "date")
"""Facts that somebody could look up, other than opinions."""


def remedies_of(
    forms: Sequence[PreparedForm], instrument: Instrument, marker: str, optional_blocks: tuple[str, ...],
) -> tuple[Remedy, ...]:
    """Every remedy, present or not, with what was seen.

    Parameters
    ----------
    marker
        The marker's dimension.
    optional_blocks
        Those that were switched on.
    """
    fielded = [instrument.form(one.form) for one in forms]
    blocks = {form.id: [b for b in form.blocks if not b.optional or b.id in optional_blocks] for form in fielded}
    return (
        _informants(forms), _constructs_apart(blocks, instrument, marker), _separate_blocks(blocks, instrument),
        _marker(blocks, marker), _formats(blocks), _facts(blocks), _reversed_items(blocks), _attention(blocks),
        _shuffled(blocks),
        Remedy("time", "Predictors and outcomes asked at different times", False,
               "Each form is answered at one sitting."),
        Remedy("anonymity", "Promise of anonymity",
               Undefined("it is a matter of the invitation's words, which are not judged here"),
               "Say in the paper what respondents were promised."),
    )


# -- who answered --------------------------------------------------------------------------------------------


def _informants(forms: Sequence[PreparedForm]) -> Remedy:
    title = "Different informants for different forms"
    metas = [one.rows[SCREENED].responses.meta for one in forms]
    ids = [one.form for one in forms]
    if len(forms) < 2:
        return Remedy("informants", title, False, "One form was fielded; whoever answers it answers all of it.")
    if any("firm_id" not in meta or "informant_id" not in meta for meta in metas):
        return Remedy("informants", title, Undefined("the answers do not name firms and informants"),
                      f"Forms {listed(ids)} were fielded.")
    people = [meta.groupby("firm_id")["informant_id"].agg(set).to_dict() for meta in metas]
    together = set(people[0]).intersection(*people[1:])
    if not together:
        return Remedy("informants", title, Undefined("no firm answered all forms"),
                      f"Forms {listed(ids)} were fielded.")
    apart = sum(_disjoint([one[firm] for one in people]) for firm in together)
    return Remedy(
        "informants", title, apart == len(together),
        f"Of {counted(len(together), 'firm')} that answered forms {listed(ids)}, {apart:,} "
        f"({percent(apart / len(together), 0)}) had different informants for them.")


def _disjoint(people: Sequence[set[str]]) -> bool:
    return sum(map(len, people)) == len(set().union(*people))


# -- what was asked where ------------------------------------------------------------------------------------


def _constructs_apart(blocks: dict[str, list[Block]], instrument: Instrument, marker: str) -> Remedy:
    asked = {form: {instrument.construct_of[item.dimension].id for block in own for item in _items(block)
                    if item.dimension != marker} for form, own in blocks.items()}
    repeated = sorted({one for form, own in asked.items() for one in own
                       if any(one in others for other, others in asked.items() if other != form)})
    said = listed([f"form {form} asks {counted(len(own), 'construct')}" for form, own in asked.items()])
    if len(asked) > 1:
        said += f"; {listed(repeated)} in more than one" if repeated else ", none in more than one"
    return Remedy("forms", "Constructs spread over forms", len(asked) > 1 and not repeated, _sentence(said))


def _separate_blocks(blocks: dict[str, list[Block]], instrument: Instrument) -> Remedy:
    title = "Each construct in blocks of its own"
    with_items = [block for own in blocks.values() for block in own if _items(block)]
    mixed = [block.id for block in with_items
             if len({instrument.construct_of[item.dimension].id for item in _items(block)}) > 1]
    named = f" ({listed(mixed)})" if mixed else ""
    return Remedy("blocks", title, bool(with_items) and not mixed, _sentence(
        f"{counted(len(with_items), 'block')} of items; {counted(len(mixed), 'block')} with items of more than one "
        f"construct{named}"))


def _marker(blocks: dict[str, list[Block]], marker: str) -> Remedy:
    counts = {form: sum(item.dimension == marker for block in own for item in _items(block))
              for form, own in blocks.items()}
    said = listed([f"{counted(count, 'item')} in form {form}" for form, count in counts.items()])
    return Remedy("marker", "A marker that is in theory unrelated", bool(counts) and min(counts.values()) > 1,
                  _sentence(said))


# -- how it was asked ----------------------------------------------------------------------------------------


def _formats(blocks: dict[str, list[Block]]) -> Remedy:
    formats: dict[str, int] = {}
    for question in _questions(blocks):
        if isinstance(question, Item):
            kind = f"answers on the scale {question.scale}"
        else:
            kind = {"choice": "choices", "choices": "choices of several", "count": "counts", "number": "numbers",
                    "year": "years", "date": "dates", "text": "text"}[question.kind]
        formats[kind] = formats.get(kind, 0) + 1
    said = listed([f"{kind} ({count})" for kind, count in formats.items()])
    return Remedy("formats", "Several formats of answers", len(formats) > 1,
                  _sentence(said) if formats else "No question was asked.")


def _facts(blocks: dict[str, list[Block]]) -> Remedy:
    facts = [q for q in _questions(blocks) if isinstance(q, Fact) and q.kind in _VERIFIABLE]
    number = counted(len(facts), "count, number, year or date", "counts, numbers, years or dates")
    return Remedy("facts", "Facts beside judgements", bool(facts),
                  _sentence(f"{number} of a kind that could be looked up"))


def _reversed_items(blocks: dict[str, list[Block]]) -> Remedy:
    items = [q for q in _questions(blocks) if isinstance(q, Item)]
    turned = [item for item in items if item.reversed]
    return Remedy("reversed", "Reversed items", bool(turned), f"{len(turned)} of {counted(len(items), 'item')}.")


def _attention(blocks: dict[str, list[Block]]) -> Remedy:
    checks = {form: sum(isinstance(q, Fact) and q.role == "attention" for b in own for q in b.questions)
              for form, own in blocks.items()}
    said = listed([f"{count} in form {form}" for form, count in checks.items()])
    return Remedy("attention", "Attention checks", bool(checks) and min(checks.values()) > 0, _sentence(said))


def _shuffled(blocks: dict[str, list[Block]]) -> Remedy:
    several = [block for own in blocks.values() for block in own if len(_items(block)) > 1]
    mixed = sum(block.shuffle for block in several)
    return Remedy("shuffled", "Items in random order", bool(several) and mixed == len(several),
                  f"{mixed} of {counted(len(several), 'block')} of items show them in random order.")


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:]}."


def _items(block: Block) -> list[Item]:
    return [question for question in block.questions if isinstance(question, Item)]


def _questions(blocks: dict[str, list[Block]]) -> Iterable[Item | Fact]:
    for own in blocks.values():
        for block in own:
            yield from (question for question in block.questions if isinstance(question, Item | Fact))
