"""Instruments nobody wrote, and respondents who answer them: what every platform must carry, not only ours.

An instrument is drawn with every kind of question, scale, route and odd text that the rules allow; respondents
follow its routing. ``hypothesis`` shrinks either to the smallest that breaks something.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from instrument.fielding.answers import META_COLUMNS
from instrument.model import (
    MISSING_CODES,
    Block,
    Condition,
    Construct,
    Dimension,
    Fact,
    Form,
    Instrument,
    Item,
    Note,
    Option,
    ResponseScale,
    Translation,
)
from instrument.rules import check

# Every character that is text; control characters are no words, and lone surrogates no characters.
_CHARACTERS = st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="\u00ad")
ODD = ("=cmd()", "+1", "-x", "@sum(a)", "a,b;c", 'say "so"', "it's | 1, one", "${x} {y} <b>&amp;</b>", "1,2,3", "'=x",
       "två\nrader", "日本語", "\u202bשלום\u202c", "100 %", "\\n", "#REF!", "NA", "#", "null", "a\tb")
WORDS = st.one_of(st.sampled_from(ODD), st.text(_CHARACTERS, min_size=1, max_size=24)).map(str.strip).filter(bool)


@st.composite
def options(draw: st.DrawFn, least: int = 2, most: int = 5) -> tuple[Option, ...]:
    """Answer codes out of the ordinary (0, gaps, two digits), each with words of its own."""
    codes = draw(st.lists(st.integers(0, 99), min_size=least, max_size=most, unique=True))
    words = draw(st.lists(WORDS, min_size=len(codes), max_size=len(codes), unique_by=_alike))
    return tuple(Option(code=c, label=w) for c, w in zip(codes, words, strict=True))


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())


@st.composite
def missing(draw: st.DrawFn) -> tuple[Option, ...]:
    codes = draw(st.lists(st.sampled_from(MISSING_CODES), max_size=3, unique=True))
    return tuple(Option(code=code, label=f"({code}) no answer") for code in codes)


@st.composite
def scales(draw: st.DrawFn, name: str) -> ResponseScale:
    first, points = draw(st.integers(0, 1)), draw(st.integers(2, 9))
    labelled = {first, first + points - 1}
    return ResponseScale(
        id=name, missing=draw(missing()),
        points=tuple(Option(code=k, label=f"point {k} of {name}" if k in labelled else None)
                     for k in range(first, first + points)),
    )


@st.composite
def facts(draw: st.DrawFn, name: str) -> Fact:
    kind = draw(st.sampled_from(("choice", "choices", "count", "number", "year", "date", "text")))
    more: dict[str, Any] = {"required": draw(st.booleans())}
    if kind in ("choice", "choices"):
        more |= {"options": draw(options()), "missing": draw(missing())}
    elif kind in ("count", "number", "year"):
        least = draw(st.integers(1900, 1950)) if kind == "year" else draw(st.integers(0, 3))
        more |= {"minimum": least, "maximum": least + draw(st.integers(10, 90)), "missing": draw(missing())}
        more |= {"unit": draw(st.none() | WORDS)} if kind == "number" else {}
    elif kind == "date":
        more |= {"missing": draw(missing())}
    return Fact(id=name, kind=kind, role="context", text=draw(WORDS), help=draw(st.none() | WORDS), **more)


@st.composite
def blocks(draw: st.DrawFn, prefix: str, scale_ids: list[str], routing: list[Fact]) -> Block:
    """A list of facts, notes and items, or a matrix of items; ``routing`` are earlier facts it may depend on."""
    matrix = draw(st.booleans())
    shuffle = matrix and draw(st.booleans())
    scale_ids = [draw(st.sampled_from(scale_ids))] if matrix else scale_ids
    questions: list[Item | Fact | Note] = []
    for k in range(1, draw(st.integers(1, 4)) + 1):
        route = draw(conditions(routing)) if not shuffle else ()
        if matrix or draw(st.integers(0, 3)) == 0:
            questions.append(Item(
                id=f"{prefix}i{k}", dimension=f"{prefix}i", text=draw(WORDS), scale=draw(st.sampled_from(scale_ids)),
                reversed=draw(st.booleans()), required=draw(st.booleans()), show_if=route))
        elif draw(st.integers(0, 4)) == 0:
            questions.append(Note(id=f"{prefix}n{k}", text=draw(WORDS), show_if=route))
        else:
            fact = draw(facts(f"{prefix}f{k}"))
            questions.append(fact.model_copy(update={"show_if": route}))
            routing = [*routing, fact] if fact.kind in ("choice", "choices") else routing
    return Block(
        id=f"{prefix}b", title=draw(WORDS), intro=draw(st.none() | WORDS), layout="matrix" if matrix else "list",
        shuffle=shuffle, optional=draw(st.integers(0, 5)) == 0, questions=tuple(questions))


@st.composite
def conditions(draw: st.DrawFn, routing: list[Fact]) -> tuple[Condition, ...]:
    if not routing or draw(st.integers(0, 2)):
        return ()
    about = draw(st.sampled_from(routing))
    codes = draw(st.lists(st.sampled_from([o.code for o in about.options]), min_size=1, max_size=2, unique=True))
    return (Condition(question=about.id, any_of=tuple(codes)),)


@st.composite
def forms(draw: st.DrawFn, form_id: str, scale_ids: list[str]) -> Form:
    prefix = form_id.lower()
    gate = draw(facts(f"{prefix}gate").filter(lambda fact: fact.kind == "choice"))
    gate = gate.model_copy(update={"screen_out": draw(st.sampled_from([(), (gate.options[-1].code,)]))})
    parts = [Block(id=f"{prefix}start", title=draw(WORDS), questions=(gate,))]
    routing = [gate.model_copy(update={"options": gate.options[:-1] or gate.options})]
    for k in range(draw(st.integers(1, 3))):
        block = draw(blocks(f"{prefix}{'xyz'[k]}", scale_ids, routing))
        show_if = draw(conditions(routing))
        parts.append(block.model_copy(update={"show_if": show_if}))
        if not block.optional:
            routing += [q for q in block.questions if isinstance(q, Fact) and q.kind in ("choice", "choices")
                        and not block.shuffle]
    return Form(
        id=form_id, title=draw(WORDS), respondent="somebody",
        identifiers=draw(st.sampled_from((("firm_id", "informant_id"), ("firm_id", "alliance_id", "informant_id")))),
        consent_version="1", blocks=tuple(parts))


@st.composite
def instruments(draw: st.DrawFn, version: str = "1.0.0") -> Instrument:
    """An instrument that breaks no rule, in one or two languages."""
    drawn = tuple(draw(scales(name)) for name in ("short", "long"))
    built = tuple(draw(forms(name, ["short", "long"])) for name in draw(st.sampled_from((("F",), ("F", "A")))))
    dimensions = dict.fromkeys(
        q.dimension for form in built for _, q in form.questions() if isinstance(q, Item))
    base = Instrument(
        name="drawn", version=version, title=draw(WORDS), summary="Drawn.", licence="CC0", language="en",
        language_name="English", alliance_definition=draw(WORDS), scales=drawn, forms=built,
        constructs=tuple(
            Construct(id=f"c{d}", name=d, definition=d, measurement="reflective", form=d[0].upper(), source=("test",),
                      dimensions=(Dimension(id=d, name=d, definition=d),)) for d in dimensions),
    )
    if draw(st.booleans()):
        strings = {key: f"{text} (es)" for key, text in base.strings().items()}
        base = base.model_copy(update={"translations": (
            Translation(language="es", name="Español", status="draft", translator="test", strings=strings),)})
    return base


def broken_rules(instrument: Instrument) -> list[str]:
    """What makes an instrument unusable; a drawn one need not be a good one, so warnings do not count."""
    return [str(finding) for finding in check(instrument) if finding.severity == "error"]


# -- respondents ----------------------------------------------------------------------------------------


def respondents(
    instrument: Instrument, form_id: str, n: int, seed: int, optional: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``cells`` and ``meta`` of n respondents who follow the routing and leave some questions open."""
    rng = Random(seed)
    form = instrument.form(form_id)
    rows = [_interview(instrument, form, optional, rng) for _ in range(n)]
    asked = [q.id for _, q in form.questions(optional=optional) if not isinstance(q, Note)]
    cells = pd.DataFrame({q: [row.get(q, "") for row in rows] for q in asked}, dtype="str")
    return cells, _meta(instrument, form, n, rng)


def _interview(instrument: Instrument, form: Form, optional: tuple[str, ...], rng: Random) -> dict[str, str]:
    given: dict[str, str] = {}
    for block, question in form.questions(optional=optional):
        if isinstance(question, Note) or not _holds(block.show_if, given) or not _holds(question.show_if, given):
            continue
        given[question.id] = answer = _answer(instrument, question, rng)
        if isinstance(question, Fact) and answer in map(str, question.screen_out):
            break
    return given


def _holds(conditions: tuple[Condition, ...], given: dict[str, str]) -> bool:
    return all(set(given.get(c.question, "").split(",")) & set(map(str, c.any_of)) for c in conditions)


def _answer(instrument: Instrument, question: Item | Fact, rng: Random) -> str:
    points, absent = instrument.offered(question)
    if not question.required and rng.random() < 0.1:
        return ""
    if absent and rng.random() < 0.2:
        return str(rng.choice(absent).code)
    if isinstance(question, Item) or question.kind == "choice":
        return str(rng.choice(points).code)
    if question.kind == "choices":
        picked = rng.sample(points, rng.randint(1, len(points)))
        return ",".join(str(option.code) for option in points if option in picked)
    return _typed(question, rng)


def _typed(question: Fact, rng: Random) -> str:
    if question.kind == "date":
        return (datetime(2020, 1, 1) + timedelta(days=rng.randrange(2000))).date().isoformat()
    if question.kind == "text":
        return rng.choice([text for text in ODD if text not in ("NA", "null")]) or "x"
    assert question.minimum is not None
    assert question.maximum is not None
    whole = rng.randint(int(question.minimum), int(question.maximum) - 1)
    return f"{whole}.5" if question.kind == "number" and rng.random() < 0.5 else str(whole)


def _meta(instrument: Instrument, form: Form, n: int, rng: Random) -> pd.DataFrame:
    start = datetime(2026, 3, 2, 9)
    out: dict[str, list[str]] = {name: [] for name in (*META_COLUMNS, *form.identifiers)}
    for k in range(n):
        began, seconds = start + timedelta(minutes=17 * k), rng.randint(30, 4000)
        row = {
            "response_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "instrument_version": instrument.version,
            "language": rng.choice(instrument.languages), "started": str(began),
            "ended": str(began + timedelta(seconds=seconds)), "duration_seconds": str(seconds), "finished": "1",
            "status": "response", **{name: f"{name[0]}{k}" for name in form.identifiers},
        }
        for name, value in row.items():
            out[name].append(value)
    return pd.DataFrame(out, dtype="str")
