"""Every single change of an instrument is reported once, as what it is; nothing that did not change is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import model
from instrument.compare import EFFECTS, KINDS, Change, compare, document, markdown
from instrument.model import Instrument
from tests.instrument.conftest import small_instrument, small_translation
from tests.instrument.fielding.generated import instruments

Raw = dict[str, Any]
Build = Callable[..., Instrument]
Edit = Callable[[Raw], object]


def question(raw: Raw, name: str) -> Raw:
    return next(q for f in raw["forms"] for b in f["blocks"] for q in b["questions"] if q["id"] == name)


def everywhere(raw: Raw, name: str, **values: Any) -> None:
    """Change a question in every form that asks it."""
    for form in raw["forms"]:
        for block in form["blocks"]:
            for found in block["questions"]:
                if found["id"] == name:
                    found.update(values)


def block(raw: Raw, name: str) -> Raw:
    return next(b for f in raw["forms"] for b in f["blocks"] if b["id"] == name)


def spanish(raw: Raw) -> Raw:
    return raw["translations"][0]


def words(raw: Raw, key: str, text: object) -> None:
    spanish(raw)["strings"][key] = text


class Case(NamedTuple):
    """A mutation, and the one change that should be reported."""

    edit: Edit
    kind: str
    key: str
    field: str
    effect: str


SAME, TEST, NOT = EFFECTS

CASES: dict[str, Case] = {
    # -- what respondents read
    "Item.text": Case(lambda r: question(r, "ratr1").update(text="The partner honours its word."),
                      "wording", "question.ratr1", "", TEST),
    "Item.text, typography": Case(lambda r: question(r, "ratr1").update(text="The  partner keeps its promises"),
                                  "wording", "question.ratr1", "", SAME),
    "Item.text, a capital": Case(lambda r: question(r, "ratr1").update(text="The partner KEEPS its promises."),
                                 "wording", "question.ratr1", "", TEST),
    "Fact.text": Case(lambda r: question(r, "dafyr").update(text="When did it start?"),
                      "wording", "question.dafyr", "", TEST),
    "Fact.text, in both forms": Case(lambda r: everywhere(r, "tenr", text="For how many years are you here?"),
                                     "wording", "question.tenr", "", TEST),
    "Note.text, before consent": Case(lambda r: everywhere(r, "hello", text="We study firms."),
                                      "text", "question.hello", "", SAME),
    "Fact.help": Case(lambda r: question(r, "tools").update(help="Choose one."),
                      "text", "question.tools.help", "", TEST),
    "Fact.help, removed": Case(lambda r: question(r, "tools").pop("help"), "text", "question.tools.help", "", TEST),
    "Fact.unit": Case(lambda r: everywhere(r, "tenr", unit="months"), "text", "question.tenr.unit", "", NOT),
    "Option.label": Case(lambda r: question(r, "tools")["options"][0].update(label="Finding"),
                         "anchor", "option.tools.1", "", TEST),
    "Option.label, of a scale": Case(lambda r: r["scales"][0]["points"][0].update(label="Disagree"),
                                     "anchor", "scale.agree7.1", "", TEST),
    "Option.label, where there was none": Case(lambda r: r["scales"][0]["points"][1].update(label="Disagree"),
                                               "anchor", "scale.agree7.2", "", TEST),
    "Option.label, of a missing code": Case(lambda r: r["scales"][0]["missing"][1].update(label="No idea"),
                                            "anchor", "scale.agree7.dk", "", TEST),
    "Block.title": Case(lambda r: block(r, "learn").update(title="Lessons"), "text", "block.learn.title", "", SAME),
    "Block.intro": Case(lambda r: block(r, "learn").update(intro="Think of last year."),
                        "text", "block.learn.intro", "", TEST),
    "Block.intro, added": Case(lambda r: block(r, "deal").update(intro="Think of last year."),
                               "text", "block.deal.intro", "", TEST),
    "Form.title": Case(lambda r: r["forms"][0].update(title="About your firm"), "text", "form.F.title", "", SAME),
    "Instrument.title": Case(lambda r: r.update(title="A study"), "text", "instrument.title", "", SAME),
    "Instrument.alliance_definition": Case(lambda r: r.update(alliance_definition="Firms that share work."),
                                           "text", "instrument.alliance_definition", "", TEST),
    "Translation.strings": Case(lambda r: words(r, "question.ratr1", "El socio cumple."),
                                "translation", "question.ratr1", "es", TEST),
    "Translation.strings, a title": Case(lambda r: words(r, "block.learn.title", "Lecciones"),
                                         "translation", "block.learn.title", "es", SAME),
    "Translation.strings, typography": Case(lambda r: words(r, "question.ratr1", "ES The partner keeps its promises"),
                                            "translation", "question.ratr1", "es", SAME),
    "TranslatedString.text": Case(lambda r: words(r, "question.ratr2", {"text": "Dice la verdad.", "status": "draft"}),
                                  "translation", "question.ratr2", "es", TEST),
    "TranslatedString.status": Case(lambda r: words(r, "question.ratr3", {
        "text": "ES The partner treats us fairly.", "status": "reviewed"}),
        "metadata", "question.ratr3", "status in es", SAME),
    "Translation.language": Case(lambda r: spanish(r).update(language="ca"), "translation", "language.es", "language",
                                 SAME),
    "Translation, removed": Case(lambda r: r["translations"].pop(), "translation", "language.es", "language", SAME),
    "Translation.name": Case(lambda r: spanish(r).update(name="Castellano"), "metadata", "language.es", "name", SAME),
    "Translation.status": Case(lambda r: spanish(r).update(status="reviewed"),
                               "metadata", "language.es", "status", SAME),
    "Translation.translator": Case(lambda r: spanish(r).update(translator="Ana"),
                                   "metadata", "language.es", "translator", SAME),
    # -- codes
    "ResponseScale.points": Case(lambda r: r["scales"][0]["points"].pop(2), "code", "scale.agree7", "points", NOT),
    "ResponseScale.points, one more": Case(lambda r: r["scales"][0]["points"].append({"code": 8}),
                                           "code", "scale.agree7", "points", NOT),
    "ResponseScale.missing": Case(lambda r: r["scales"][0]["missing"].pop(), "code", "scale.agree7", "missing", TEST),
    "Option.code": Case(lambda r: question(r, "tools")["options"][1].update(code=9),
                        "code", "question.tools", "options", NOT),
    "Fact.options": Case(lambda r: question(r, "tools")["options"].append({"code": 3, "label": "Running"}),
                         "code", "question.tools", "options", TEST),
    "Fact.options, one less": Case(lambda r: question(r, "tools")["options"].pop(), "code", "question.tools", "options",
                                   TEST),
    "Fact.options, labels swapped": Case(lambda r: question(r, "dafex").update(options=[
        {"code": 1, "label": "No"}, {"code": 0, "label": "Yes"}]), "code", "question.dafex", "options", NOT),
    "Fact.missing": Case(lambda r: question(r, "dafex").update(missing=[{"code": "dk", "label": "Don't know"}]),
                         "code", "question.dafex", "missing", TEST),
    # -- order
    "Fact.options, reversed": Case(lambda r: question(r, "tools")["options"].reverse(), "order", "question.tools",
                                   "options", TEST),
    "Block.questions": Case(lambda r: block(r, "deal")["questions"].reverse(),
                            "order", "block.deal", "questions", TEST),
    "Block.questions, shuffled anyway": Case(lambda r: block(r, "learn")["questions"].reverse(), "order", "block.learn",
                                             "questions", SAME),
    "Form.blocks": Case(lambda r: r["forms"][0]["blocks"].insert(1, r["forms"][0]["blocks"].pop(3)),
                        "order", "form.F", "blocks", TEST),
    "Block.questions, moved": Case(
        lambda r: block(r, "team")["questions"].append(block(r, "learn")["questions"].pop(0)),
        "order", "question.lrar1", "block", TEST),
    "Instrument.forms": Case(lambda r: r["forms"].reverse(), "order", "instrument", "forms", SAME),
    "Instrument.constructs": Case(lambda r: r["constructs"].reverse(), "order", "instrument", "constructs", SAME),
    "Instrument.scales": Case(lambda r: r["scales"].reverse(), "order", "instrument", "scales", SAME),
    "Construct.dimensions": Case(lambda r: r["constructs"][0]["dimensions"].reverse(), "order", "construct.lr",
                                 "dimensions", SAME),
    # -- scoring, routing, what is asked for
    "Item.reversed": Case(lambda r: question(r, "lrar3").update(reversed=False), "key", "question.lrar3", "reversed",
                          NOT),
    "Item.required": Case(lambda r: question(r, "ratr1").update(required=True), "routing", "question.ratr1", "required",
                          TEST),
    "Fact.required": Case(lambda r: question(r, "dafex").update(required=True), "routing", "question.dafex", "required",
                          TEST),
    "Item.show_if": Case(lambda r: question(r, "ratr1").update(show_if=[{"question": "cons", "any_of": [1]}]),
                         "routing", "question.ratr1", "show_if", TEST),
    "Fact.show_if": Case(lambda r: question(r, "dafyr").pop("show_if"), "routing", "question.dafyr", "show_if", TEST),
    "Note.show_if": Case(lambda r: everywhere(r, "hello", show_if=[{"question": "cons", "any_of": [1]}]),
                         "routing", "question.hello", "show_if", TEST),
    "Block.show_if": Case(lambda r: block(r, "deal").pop("show_if"), "routing", "block.deal", "show_if", TEST),
    "Condition.question": Case(lambda r: question(r, "dafyr")["show_if"][0].update(question="cons"),
                               "routing", "question.dafyr", "show_if", TEST),
    "Condition.any_of": Case(lambda r: question(r, "dafyr")["show_if"][0].update(any_of=[0]),
                             "routing", "question.dafyr", "show_if", TEST),
    "Fact.screen_out": Case(lambda r: everywhere(r, "tenr", screen_out=[0]), "routing", "question.tenr", "screen_out",
                            TEST),
    "Form.respondent": Case(lambda r: r["forms"][0].update(respondent="Chief executive"), "routing", "form.F",
                            "respondent", TEST),
    "Fact.minimum": Case(lambda r: question(r, "shrc").update(minimum=1), "bounds", "question.shrc", "minimum", TEST),
    "Fact.maximum": Case(lambda r: question(r, "shrc").pop("maximum"), "bounds", "question.shrc", "maximum", TEST),
    "Fact.kind": Case(lambda r: question(r, "tools").update(kind="choice"), "type", "question.tools", "kind", NOT),
    "Fact.role": Case(lambda r: question(r, "shrc").update(role="context"), "role", "question.shrc", "role", TEST),
    "Fact.expected": Case(lambda r: everywhere(r, "at1", expected=3), "role", "question.at1", "expected", TEST),
    "Item.dimension": Case(lambda r: question(r, "ratr1").update(dimension="lrar"), "dimension", "question.ratr1",
                           "dimension", NOT),
    "Item.scale": Case(lambda r: question(r, "ratr1").update(scale="twin7"), "scale", "question.ratr1", "scale", SAME),
    "Item.scale, other labels": Case(lambda r: question(r, "ratr1").update(scale="often7"), "scale", "question.ratr1",
                                     "scale", TEST),
    "Item.scale, other codes": Case(lambda r: question(r, "ratr1").update(scale="agree5"), "scale", "question.ratr1",
                                    "scale", NOT),
    "Fact.scale": Case(lambda r: everywhere(r, "at1", scale="twin7"), "scale", "question.at1", "scale", SAME),
    "Item.author": Case(lambda r: question(r, "ratr1").update(author="Doe"), "metadata", "question.ratr1", "author",
                        SAME),
    # -- how a block is shown
    "Block.layout": Case(lambda r: block(r, "learn").update(layout="list"), "layout", "block.learn", "layout", TEST),
    "Block.shuffle": Case(lambda r: block(r, "learn").update(shuffle=False), "layout", "block.learn", "shuffle", TEST),
    "Block.optional": Case(lambda r: block(r, "optrit").update(optional=False), "layout", "block.optrit", "optional",
                           SAME),
    # -- for researchers
    **{f"Construct.{field}": Case(lambda r, f=field, v=value: r["constructs"][0].update({f: v}),  # type: ignore[misc]
                                  "definition", "construct.lr", field, effect)
       for field, value, effect in (("name", "Learning", SAME), ("definition", "Other.", SAME), ("form", "A", SAME),
                                    ("source", ["Roe (2002)"], SAME), ("measurement", "formative", TEST))},
    **{f"Dimension.{field}": Case(
        lambda r, f=field, v=value: r["constructs"][0]["dimensions"][0].update({f: v}),  # type: ignore[misc]
        "definition", "dimension.lrar", field, effect)
       for field, value, effect in (("name", "Articulation", SAME), ("definition", "Other.", SAME),
                                    ("source", ["Roe (2002)"], SAME), ("measurement", "formative", TEST))},
    "Construct.dimensions, moved": Case(
        lambda r: r["constructs"][2]["dimensions"].append(r["constructs"][0]["dimensions"].pop(0)),
        "dimension", "dimension.lrar", "construct", NOT),
    **{f"Instrument.{field}": Case(lambda r, f=field: r.update({f: "other"}),  # type: ignore[misc]
                                   "metadata", "instrument", field, SAME)
       for field in ("name", "summary", "licence", "language_name")},
    "Form.identifiers": Case(lambda r: r["forms"][0]["identifiers"].append("wave"), "metadata", "form.F", "identifiers",
                             SAME),
    "Form.consent_version": Case(lambda r: r["forms"][0].update(consent_version="2"), "metadata", "form.F",
                                 "consent_version", SAME),
    # -- parts
    "an item added": Case(lambda r: block(r, "deal")["questions"].insert(1, {
        **question(r, "ratr1"), "id": "ratr4", "text": "New."}), "added", "question.ratr4", "", NOT),
    "an item removed": Case(lambda r: block(r, "deal")["questions"].pop(1), "removed", "question.ratr2", "", NOT),
    "a fact removed": Case(lambda r: block(r, "deal")["questions"].pop(3), "removed", "question.shrc", "", NOT),
    "a note added at the end": Case(lambda r: block(r, "end")["questions"].append(
        {"type": "note", "id": "bye", "text": "Thanks."}), "added", "question.bye", "", SAME),
    "a note added above items": Case(lambda r: block(r, "deal")["questions"].insert(
        0, {"type": "note", "id": "mind", "text": "Think of last year."}), "added", "question.mind", "", TEST),
    "a scale added": Case(lambda r: r["scales"].append({**r["scales"][0], "id": "new7"}),
                          "added", "scale.new7", "", SAME),
    "a scale removed": Case(lambda r: r["scales"].pop(), "removed", "scale.agree5", "", SAME),
    "a dimension added": Case(lambda r: r["constructs"][0]["dimensions"].append({
        "id": "lrnew", "name": "N", "definition": "D."}), "added", "dimension.lrnew", "", SAME),
    "a block added": Case(lambda r: r["forms"][1]["blocks"].append({"id": "more", "title": "More", "questions": []}),
                          "added", "block.more", "", SAME),
}

COUNTED_ELSEWHERE = {
    "Instrument.version", "Instrument.released",  # what any two versions differ in
    "Instrument.language", "Instrument.translations", "Item.type", "Fact.type", "Note.type",
    *(f"{kind}.id" for kind in ("Instrument", "ResponseScale", "Dimension", "Construct", "Item", "Fact", "Note",
                                "Block", "Form")),
}
"""Fields whose change is several changes, or none; each has a test below."""


@pytest.fixture
def rich(raw: Raw, spanish: Raw) -> Raw:
    """The small instrument with three more scales, a second dimension and Spanish."""
    points = raw["scales"][0]["points"]
    often = [{"code": p["code"], **({"label": f"{p['label']} often"} if "label" in p else {})} for p in points]
    raw["scales"] += [{"id": "twin7", "points": copy.deepcopy(points)}, {"id": "often7", "points": often},
                      {"id": "agree5", "points": copy.deepcopy(points[:5])}]
    raw["constructs"][0]["dimensions"].append({"id": "lrtwo", "name": "Two", "definition": "Another."})
    for scale in raw["scales"][1:]:
        spanish["strings"] |= {f"scale.{scale['id']}.{p['code']}": f"ES {p['label']}" for p in scale["points"]
                               if "label" in p}
    spanish["strings"]["question.ratr2"] = {"text": "ES The partner tells us the truth.", "status": "draft"}
    return {**raw, "translations": [spanish]}


def changed(rich: Raw, edit: Edit) -> tuple[Instrument, Instrument]:
    other = copy.deepcopy(rich)
    edit(other)
    return Instrument.model_validate(rich), Instrument.model_validate({**other, "version": "1.3.0"})


@pytest.mark.parametrize("name", CASES)
def test_a_single_change_is_reported_once_as_what_it_is(name: str, rich: Raw) -> None:
    case = CASES[name]
    found = compare(*changed(rich, case.edit)).changes
    if name == "Translation.language":  # the other language is one that came
        assert [(c.key, c.new) for c in found if c.key != case.key] == [("language.ca", "ca")]
        found = tuple(change for change in found if change.key == case.key)
    assert [(c.kind, c.key, c.field, c.effect) for c in found] == [case[1:]]
    change, = found
    assert change.old != change.new
    assert change.why.endswith(".")


@pytest.mark.parametrize("name", CASES)
def test_looking_back_turns_added_and_removed_around_and_changes_no_judgement(name: str, rich: Raw) -> None:
    old, new = changed(rich, CASES[name].edit)
    there, back = compare(old, new), compare(new, old)
    turned = {"added": "removed", "removed": "added"}
    assert sorted((turned.get(c.kind, c.kind), c.key, c.field, c.new, c.old, c.effect) for c in back.changes) == sorted(
        (c.kind, c.key, c.field, c.old, c.new, c.effect) for c in there.changes)
    assert [set(c.questions) for c in back.changes] == [set(c.questions) for c in there.changes]
    assert {name: v.effect for name, v in back.items.items()} == {name: v.effect for name, v in there.items.items()}
    assert {n: v.status for n, v in back.dimensions.items()} == {n: v.status for n, v in there.dimensions.items()}


def test_every_field_of_every_type_has_its_case() -> None:
    kinds = (model.Option, model.ResponseScale, model.Dimension, model.Construct, model.Condition, model.Item,
             model.Fact, model.Note, model.Block, model.Form, model.TranslatedString, model.Translation,
             model.Instrument)
    fields = {f"{kind.__name__}.{field}" for kind in kinds for field in kind.model_fields}
    assert fields - COUNTED_ELSEWHERE == {name.partition(",")[0] for name in CASES if "." in name.partition(",")[0]}
    assert {case.kind for case in CASES.values()} == set(KINDS)


def test_a_version_does_not_differ_from_itself_whatever_its_number_and_day(rich: Raw) -> None:
    same, other = changed(rich, lambda raw: raw.update(released="2027-01-01"))
    for found in (compare(same, same), compare(same, other)):
        assert found.changes == ()
        assert {v.effect for v in (*found.items.values(), *found.facts.values())} == {SAME}
        assert {v.status for name, v in found.dimensions.items() if name != "lrtwo"} == {SAME}


@pytest.mark.parametrize(("name", "edit", "reported"), [
    ("question", lambda r: question(r, "ratr1").update(id="ratr9"),
     {("removed", "question.ratr1"), ("added", "question.ratr9")}),
    ("note", lambda r: everywhere(r, "hello", id="hallo"),
     {("removed", "question.hello"), ("added", "question.hallo")}),
    ("fact", lambda r: question(r, "shrc").update(id="shrd"),
     {("removed", "question.shrc"), ("added", "question.shrd")}),
    ("scale", lambda r: r["scales"][1].update(id="new7"), {("removed", "scale.twin7"), ("added", "scale.new7")}),
    ("construct", lambda r: r["constructs"][0].update(id="le"),
     {("removed", "construct.lr"), ("added", "construct.le"), ("dimension", "dimension.lrar"),
      ("dimension", "dimension.lrtwo")}),
    ("dimension", lambda r: r["constructs"][0]["dimensions"][1].update(id="lrnew"),
     {("removed", "dimension.lrtwo"), ("added", "dimension.lrnew")}),
])
def test_another_id_is_another_thing(name: str, edit: Edit, reported: set[tuple[str, str]], rich: Raw) -> None:
    found = compare(*changed(rich, edit))
    assert {(change.kind, change.key) for change in found.changes} == reported


def test_a_block_under_another_id_holds_moved_questions(rich: Raw) -> None:
    found = compare(*changed(rich, lambda raw: block(raw, "deal").update(id="trade")))
    assert [(c.kind, c.key) for c in found.changes] == [
        *(("order", f"question.{name}") for name in ("ratr1", "ratr2", "ratr3", "shrc")),
        ("added", "block.trade"), ("removed", "block.deal")]


def test_a_form_under_another_id_asks_other_questions(rich: Raw) -> None:
    found = compare(*changed(rich, lambda raw: raw["forms"].pop()))
    assert {c.key for c in found.of_kind("removed")} >= {"form.A", "question.ratr1", "question.shrc"}
    assert found.items["ratr1"].effect == NOT
    assert found.items["mk1"].effect == SAME  # form F still asks it
    assert found.dimensions["ratr"].status == NOT


def test_an_item_that_became_a_fact_is_not_comparable(rich: Raw) -> None:
    def edit(raw: Raw) -> None:
        here = block(raw, "deal")["questions"]
        here[0] = {"type": "fact", "id": "ratr1", "kind": "choice", "role": "context", "text": here[0]["text"],
                   "scale": "agree7"}

    found = compare(*changed(rich, edit))
    assert [(c.kind, c.field, c.effect) for c in found.changes] == [("type", "type", NOT)]
    assert "ratr1" not in found.items
    assert found.facts["ratr1"].effect == NOT
    assert found.dimensions["ratr"].common_items == ("ratr2", "ratr3")


def test_another_base_language_changes_no_words(rich: Raw) -> None:
    old = Instrument.model_validate(rich)
    flipped = copy.deepcopy(rich)  # the same texts, their roles exchanged
    _translate(flipped, {key: old.text(key, "es") for key in old.strings()})
    flipped.update(language="es", language_name=old.language_name, translations=[{
        **spanish(rich), "language": "en", "strings": old.strings()}])
    found = compare(old, Instrument.model_validate(flipped))
    assert {(c.kind, c.key, c.field) for c in found.changes} == {("metadata", "instrument", "language")}


def _translate(raw: Raw, strings: dict[str, str]) -> None:
    raw.update(title=strings["instrument.title"], alliance_definition=strings["instrument.alliance_definition"])
    for scale in raw["scales"]:
        _labels(scale["points"] + scale.get("missing", []), f"scale.{scale['id']}", strings)
    for form in raw["forms"]:
        form["title"] = strings[f"form.{form['id']}.title"]
        for found in form["blocks"]:
            for part in ("title", "intro"):
                if part in found:
                    found[part] = strings[f"block.{found['id']}.{part}"]
            for asked in found["questions"]:
                asked["text"] = strings[f"question.{asked['id']}"]
                for part in ("help", "unit"):
                    if part in asked:
                        asked[part] = strings[f"question.{asked['id']}.{part}"]
                _labels(asked.get("options", []) + asked.get("missing", []), f"option.{asked['id']}", strings)


def _labels(options: list[Raw], key: str, strings: dict[str, str]) -> None:
    for option in options:
        if "label" in option:
            option["label"] = strings[f"{key}.{option['code']}"]


SEPARATE = ("Item.text", "Fact.maximum", "Item.reversed", "Option.label, of a scale", "Block.intro", "Fact.role",
            "Form.title", "Dimension.name", "Block.layout", "a fact removed", "a scale added")
"""Mutations none of which touches what another does."""


@given(chosen=st.sets(st.sampled_from(SEPARATE)))
def test_changes_add_up(chosen: set[str]) -> None:
    if {"Fact.maximum", "Fact.role"} & chosen:
        chosen -= {"a fact removed"}  # the fact they change
    raw = small_instrument()
    base = {**raw, "translations": [small_translation(raw)]}
    other = copy.deepcopy(base)
    for name in sorted(chosen):
        CASES[name].edit(other)
    found = compare(Instrument.model_validate(base), Instrument.model_validate(other))
    assert {(c.kind, c.key, c.field, c.effect) for c in found.changes} == {CASES[name][1:] for name in chosen}
    assert len(found.changes) == len(chosen)
    assert all(_told(change, markdown(found)) for change in found.changes)
    assert document(found) == document(compare(Instrument.model_validate(base), Instrument.model_validate(other)))


def _told(change: Change, page: str) -> bool:
    return change.key in page and change.why in page


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=instruments(), new=instruments())
def test_any_two_instruments_compare_alike_in_both_directions(old: Instrument, new: Instrument) -> None:
    assert compare(old, old).changes == ()
    there, back = compare(old, new), compare(new, old)
    turned = {"added": "removed", "removed": "added"}
    assert sorted((turned.get(c.kind, c.kind), c.key, c.field, c.new, c.old, c.effect) for c in back.changes) == sorted(
        (c.kind, c.key, c.field, c.old, c.new, c.effect) for c in there.changes)
    assert {n: v.status for n, v in back.dimensions.items()} == {n: v.status for n, v in there.dimensions.items()}
    assert all(change.key in markdown(there) for change in there.changes)
