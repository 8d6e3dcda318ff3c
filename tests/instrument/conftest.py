"""A small instrument that breaks no rule, as the contents of its YAML files, for tests to break."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from instrument.model import Instrument

Raw = dict[str, Any]

AGREE = ("Strongly disagree", None, None, "Neither agree nor disagree", None, None, "Strongly agree")
MISSING = [{"code": "na", "label": "Not applicable"}, {"code": "dk", "label": "Don't know"}]


def _item(dimension: str, number: int, text: str, **more: Any) -> Raw:
    return {"type": "item", "id": f"{dimension}{number}", "dimension": dimension, "text": text, **more}


def _fact(name: str, kind: str, role: str, text: str, **more: Any) -> Raw:
    return {"type": "fact", "id": name, "kind": kind, "role": role, "text": text, **more}


def _yes_no() -> list[Raw]:
    return [{"code": 1, "label": "Yes"}, {"code": 0, "label": "No"}]


def _marker() -> Raw:
    words = ("I like the colour blue.", "Blue clothes suit me.", "Blue rooms calm me.")
    return {"id": "marker", "title": "Colours", "layout": "matrix", "shuffle": True,
            "questions": [_item("mk", n, text) for n, text in enumerate(words, 1)]}


def _start() -> Raw:
    return {"id": "start", "title": "Welcome", "intro": "Thank you, {first_name}.", "questions": [
        {"type": "note", "id": "hello", "text": "This study is about alliances."},
        _fact("cons", "choice", "consent", "Do you agree to take part?", options=_yes_no(), screen_out=[0],
              required=True),
        _fact("tenr", "number", "screening", "How long have you worked here?", minimum=0, maximum=60, unit="years"),
    ]}


def _end() -> Raw:
    return {"id": "end", "title": "Last question", "questions": [
        _fact("dilig", "choice", "diligence", "How carefully did you answer?",
              options=[{"code": 1, "label": "Hardly"}, {"code": 2, "label": "Carefully"}]),
    ]}


def _attention() -> Raw:
    return _fact("at1", "choice", "attention", "Please choose 2 here.", scale="agree7", expected=2)


def small_instrument() -> Raw:
    """Contents of ``instrument.yaml``: every part of the types is used, and no rule is broken."""
    form_f = {
        "id": "F", "title": "Your firm", "respondent": "Head of alliances",
        "identifiers": ["firm_id", "informant_id"], "consent_version": "1",
        "blocks": [
            _start(),
            {"id": "team", "title": "Your team", "questions": [
                _fact("dafex", "choice", "function", "Is there an alliance team?", options=_yes_no()),
                _fact("dafyr", "year", "function", "Since which year?", minimum=1950, maximum=2030,
                      show_if=[{"question": "dafex", "any_of": [1]}]),
                _fact("tools", "choices", "function", "For what does it have tools?", help="Choose all that apply.",
                      options=[{"code": 1, "label": "Choosing"}, {"code": 2, "label": "Ending"}],
                      missing=[{"code": "rf", "label": "Prefer to keep this private"}],
                      show_if=[{"question": "dafex", "any_of": [1]}]),
            ]},
            {"id": "learn", "title": "Learning", "intro": "How far do you agree?", "layout": "matrix",
             "shuffle": True, "questions": [
                 _item("lrar", 1, "Our managers write down their lessons."),
                 _item("lrar", 2, "Our managers review each alliance."),
                 _item("lrar", 3, "Our managers keep their lessons to themselves.", reversed=True),
                 _attention(),
             ]},
            _marker(),
            {"id": "optrit", "title": "Rituals", "optional": True, "questions": [
                _item("rt", 1, "We celebrate our alliances."),
                _item("rt", 2, "We welcome each partner."),
                _item("rt", 3, "We mark the end of an alliance."),
            ]},
            _end(),
        ],
    }
    form_a = {
        "id": "A", "title": "Your alliance", "respondent": "Alliance manager",
        "identifiers": ["firm_id", "alliance_id", "informant_id"], "consent_version": "1",
        "blocks": [
            _start(),
            {"id": "deal", "title": "The partner", "show_if": [{"question": "cons", "any_of": [1]}], "questions": [
                _item("ratr", 1, "The partner keeps its promises."),
                _item("ratr", 2, "The partner tells us the truth."),
                _item("ratr", 3, "The partner treats us fairly."),
                _fact("shrc", "count", "shock", "How many months did it take?", minimum=0, maximum=120),
            ]},
            {**_marker(), "questions": [*_marker()["questions"], _attention()]},
            _end(),
        ],
    }

    def construct(name: str, form: str, *dimensions: str) -> Raw:
        return {"id": name, "name": name.upper(), "definition": f"What {name} means.", "measurement": "reflective",
                "form": form, "source": ["Doe (2001)"],
                "dimensions": [{"id": d, "name": d.upper(), "definition": f"What {d} means."} for d in dimensions]}

    return copy.deepcopy({  # a copy has no part twice, so that a test that breaks one breaks only that one
        "name": "small", "version": "1.2.0", "title": "A small study", "summary": "For tests.", "licence": "CC0-1.0",
        "language": "en", "language_name": "English", "alliance_definition": "Firms that work together.",
        "scales": [{"id": "agree7", "missing": MISSING, "points": [
            {"code": code, **({"label": label} if label else {})} for code, label in enumerate(AGREE, 1)]}],
        "constructs": [construct("lr", "F", "lrar"), construct("ri", "F", "rt"), construct("ra", "A", "ratr"),
                       construct("mk", "both", "mk")],
        "forms": [form_f, form_a],
    })


def small_translation(instrument: Raw) -> Raw:
    """Contents of ``es.yaml``: every text, marked as if it were Spanish."""
    strings = Instrument.model_validate(instrument).strings()
    return {"language": "es", "name": "Español", "status": "draft", "translator": "Nobody",
            "strings": {key: f"ES {text}" for key, text in strings.items()}}


@pytest.fixture
def raw() -> Raw:
    """The small instrument's base file, to be changed at will."""
    return small_instrument()


@pytest.fixture
def spanish(raw: Raw) -> Raw:
    """Its whole translation."""
    return small_translation(raw)


@pytest.fixture
def build() -> Callable[..., Instrument]:
    """Instrument from the contents of a base file and of translations."""

    def make(base: Raw, *translations: Raw) -> Instrument:
        return Instrument.model_validate({**base, "translations": list(translations)})

    return make


@pytest.fixture
def small(raw: Raw, spanish: Raw, build: Callable[..., Instrument]) -> Instrument:
    """The small instrument with its translation."""
    return build(raw, spanish)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write files of a version under ``tmp_path/<version>``; values are text, or contents to dump as YAML."""

    def write(version: str, **files: Raw | str) -> Path:
        folder = tmp_path / version
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return folder

    return write
