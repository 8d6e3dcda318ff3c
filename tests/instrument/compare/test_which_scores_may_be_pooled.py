"""What changes mean for items, facts and scores, told in words, JSON and Markdown."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from instrument import store
from instrument.compare import KINDS, Comparison, compare, compare_versions, document, effects, markdown
from instrument.model import Instrument

Raw = dict[str, Any]


def question(raw: Raw, name: str) -> Raw:
    return next(q for f in raw["forms"] for b in f["blocks"] for q in b["questions"] if q["id"] == name)


@pytest.fixture
def after(raw: Raw, spanish: Raw) -> Callable[[Callable[[Raw], object]], Comparison]:
    """The small instrument compared with what an edit makes of it."""
    def run(edit: Callable[[Raw], object]) -> Comparison:
        base = {**raw, "translations": [spanish]}
        other = copy.deepcopy(base)
        edit(other)
        return compare(Instrument.model_validate(base), Instrument.model_validate({**other, "version": "1.3.0"}))

    return run


After = Callable[[Callable[[Raw], object]], Comparison]


def test_an_anchor_touches_every_question_on_its_scale_and_no_other(after: After) -> None:
    found = after(lambda raw: raw["scales"][0]["points"][3].update(label="Undecided"))
    change, = found.changes
    assert change.questions == ("lrar1", "lrar2", "lrar3", "at1", "mk1", "mk2", "mk3", "rt1", "rt2", "rt3",
                                "ratr1", "ratr2", "ratr3")
    assert {name for name, verdict in found.items.items() if verdict.effect == "same"} == set()
    assert {name for name, verdict in found.facts.items() if verdict.effect != "same"} == {"at1"}
    ratr = found.dimensions["ratr"]
    assert (ratr.status, ratr.to_test, ratr.anchors) == ("if invariant", ("ratr1", "ratr2", "ratr3"), ())
    assert "Every common item changed" in ratr.why


def test_a_reworded_item_is_to_be_tested_against_those_that_stayed(after: After) -> None:
    found = after(lambda raw: question(raw, "ratr2").update(text="The partner is candid."))
    ratr = found.dimensions["ratr"]
    assert (ratr.status, ratr.common_items, ratr.to_test, ratr.anchors, ratr.left_out) == (
        "if invariant", ("ratr1", "ratr2", "ratr3"), ("ratr2",), ("ratr1", "ratr3"), ())
    assert "tested against ratr1 and ratr3" in ratr.why
    assert {name for name, verdict in found.dimensions.items() if verdict.status != "same"} == {"ratr"}


def test_a_new_item_leaves_the_common_ones_to_be_scored(after: After) -> None:
    deal = 1
    found = after(lambda raw: raw["forms"][1]["blocks"][deal]["questions"].append(
        {**question(raw, "ratr1"), "id": "ratr4", "text": "New."}))
    ratr = found.dimensions["ratr"]
    assert (ratr.status, ratr.common_items, ratr.to_test) == ("common items", ("ratr1", "ratr2", "ratr3"), ())
    assert ratr.left_out == (("ratr4", "It is asked in 1.3.0 and not in 1.2.0."),)
    assert found.items["ratr4"].effect == "not comparable"
    assert found.items["ratr1"].effect == "same"


def test_a_flipped_key_leaves_the_item_out_and_a_reworded_pole_puts_it_to_the_test(after: After) -> None:
    flipped = after(lambda raw: question(raw, "lrar3").update(reversed=False)).dimensions["lrar"]
    assert (flipped.status, flipped.common_items) == ("common items", ("lrar1", "lrar2"))
    assert flipped.left_out[0][0] == "lrar3"
    turned = after(lambda raw: question(raw, "lrar3").update(reversed=False, text="Our managers share their lessons."))
    assert {change.kind: change.effect for change in turned.changes} == {
        "wording": "comparable if invariant", "key": "comparable if invariant"}
    assert turned.dimensions["lrar"].to_test == ("lrar3",)


def test_an_item_that_moved_counts_in_neither_dimension(after: After) -> None:
    found = after(lambda raw: question(raw, "ratr1").update(dimension="lrar"))
    assert found.dimensions["ratr"].common_items == ("ratr2", "ratr3")
    assert found.dimensions["lrar"].common_items == ("lrar1", "lrar2", "lrar3")
    assert found.dimensions["lrar"].left_out == (("ratr1", "It belongs to this dimension in 1.3.0 only."),)


def test_another_number_of_points_makes_every_score_incomparable(after: After) -> None:
    found = after(lambda raw: raw["scales"][0]["points"].pop())
    assert {verdict.status for verdict in found.dimensions.values()} == {"not comparable"}
    assert found.dimensions["mk"].common_items == ()
    assert [item for item, _ in found.dimensions["mk"].left_out] == ["mk1", "mk2", "mk3"]


def test_a_dimension_of_one_version_only_cannot_be_pooled(after: After) -> None:
    def edit(raw: Raw) -> None:
        raw["constructs"].pop(1)
        raw["forms"][0]["blocks"] = [b for b in raw["forms"][0]["blocks"] if b["id"] != "optrit"]

    found = after(edit).dimensions["rt"]
    assert (found.status, found.common_items) == ("not comparable", ())


def test_a_translation_touches_its_own_respondents_only(after: After) -> None:
    found = after(lambda raw: raw["translations"][0]["strings"].update({"question.ratr1": "El socio cumple."}))
    assert found.items["ratr1"].languages == ("es",)
    assert "(respondents in es)" in found.dimensions["ratr"].why


def test_a_base_text_and_its_translation_are_one_change_that_touches_everybody(after: After) -> None:
    def edit(raw: Raw) -> None:
        question(raw, "ratr1")["text"] = "The partner honours its word."
        raw["translations"][0]["strings"]["question.ratr1"] = "El socio cumple."

    found = after(edit)
    change, = found.changes
    assert (change.kind, change.languages) == ("wording", ("en", "es"))
    assert [(w.language, w.new) for w in change.words] == [
        ("en", "The partner honours its word."), ("es", "El socio cumple.")]
    assert found.items["ratr1"].languages == ()


def test_a_full_stop_in_the_base_text_does_not_hide_another_translation(after: After) -> None:
    def edit(raw: Raw) -> None:
        question(raw, "ratr1")["text"] = "The partner keeps its promises"
        raw["translations"][0]["strings"]["question.ratr1"] = "El socio cumple."

    assert [(c.kind, c.effect, c.languages) for c in after(edit).changes] == [
        ("wording", "same", ("en",)), ("translation", "comparable if invariant", ("es",))]


def test_a_changed_filter_changes_who_is_asked_what_depends_on_it(after: After) -> None:
    found = after(lambda raw: question(raw, "dafex").update(text="Is there somebody for alliances?"))
    assert found.facts["dafyr"].effect == "comparable if invariant"
    assert "dafex, which decides who is asked it" in found.facts["dafyr"].why
    assert found.facts["tenr"].effect == "same"


def test_a_changed_filter_works_through_other_filters(raw: Raw) -> None:
    question(raw, "shrc")["show_if"] = [{"question": "ratr1", "any_of": [1]}]  # block deal itself depends on cons
    other = copy.deepcopy(raw)
    for form in other["forms"]:
        form["blocks"][0]["questions"][1]["text"] = "May we begin?"
    found = compare(Instrument.model_validate(raw), Instrument.model_validate(other))
    assert found.items["ratr1"].effect == "comparable if invariant"
    assert "cons" in found.facts["shrc"].why
    question(raw, "dafyr")["show_if"] = [{"question": "tools", "any_of": [1]}]
    other = copy.deepcopy(raw)
    question(other, "dafex")["text"] = "Is there somebody for alliances?"
    found = compare(Instrument.model_validate(raw), Instrument.model_validate(other))
    assert "dafex" in found.facts["dafyr"].why  # through tools, which is as it was


def test_answers_listed_in_place_of_a_scale_are_one_change(after: After) -> None:
    def edit(raw: Raw) -> None:
        for form in raw["forms"]:
            for block in form["blocks"]:
                for found in block["questions"]:
                    if found["id"] == "at1":
                        found.update(scale=None, options=[{"code": 2, "label": "Two"}, {"code": 3, "label": "Three"}])

    change, = after(edit).changes
    assert (change.kind, change.old, change.new, change.effect) == ("scale", "agree7", "", "not comparable")


@pytest.mark.parametrize(("old", "new", "effect"), [
    ("Say “yes” – or don’t.", 'Say "yes" - or don\'t.', "same"),
    ("Nous disons « oui »", 'Nous disons "oui".', "same"),
    ("Eat the partners.", "Eat, the partners.", "comparable if invariant"),
    ("We wait …", "We wait", "comparable if invariant"),
    ("Is it so?", "Is it so", "comparable if invariant"),
    ("co-operate", "cooperate", "comparable if invariant"),
    ("Ends so...", "Ends so", "comparable if invariant"),
    ("we agree", "We agree", "same"),
])
def test_typography_is_what_no_reader_reads_differently(raw: Raw, old: str, new: str, effect: str) -> None:
    first, second = copy.deepcopy(raw), copy.deepcopy(raw)
    question(first, "ratr1")["text"], question(second, "ratr1")["text"] = old, new
    change, = compare(Instrument.model_validate(first), Instrument.model_validate(second)).changes
    assert change.effect == effect


def test_screening_touches_all_that_comes_after_it(after: After) -> None:
    found = after(lambda raw: question(raw, "tenr").update(screen_out=[0]))
    change, = found.changes
    assert "cons" not in change.questions
    assert {"tenr", "dafex", "lrar1", "dilig"} <= set(change.questions)


def test_an_option_that_moved_up_to_a_new_code_is_renumbered_and_not_merely_added(after: After) -> None:
    def edit(raw: Raw) -> None:
        question(raw, "tools")["options"] = [
            {"code": 1, "label": "Choosing"}, {"code": 2, "label": "Running"}, {"code": 3, "label": "Ending"}]

    code = next(change for change in after(edit).changes if change.kind == "code")
    assert code.effect == "not comparable"
    assert "recoded by their labels" in code.why


def test_order_touches_what_moved_and_what_it_moved_past(after: After) -> None:
    def edit(raw: Raw) -> None:
        deal = raw["forms"][1]["blocks"][1]["questions"]
        deal[1], deal[2] = deal[2], deal[1]

    found = after(edit)
    assert found.changes[0].questions == ("ratr2", "ratr3")
    assert found.items["ratr1"].effect == "same"


# -- the released versions ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def released() -> Comparison:
    return compare_versions("1.0.0", "1.1.0")


def but_added_languages(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Kind, key and effect; a language may be added to either version at any time."""
    return [(c.kind, c.key, c.effect) for c in comparison.changes if not c.key.startswith("language.")]


def test_version_1_1_0_changes_four_things(released: Comparison) -> None:
    assert but_added_languages(released) == [
        ("wording", "question.srcr4", "comparable if invariant"),
        ("anchor", "scale.know7.4", "comparable if invariant"),
        ("translation", "question.rfag1", "comparable if invariant"),
        ("added", "question.efst4", "not comparable"),
    ]
    assert all(len(c.reasons) == 1 for c in released.changes if not c.key.startswith("language."))
    touched = {name: v for name, v in released.dimensions.items() if v.status != "same"}
    assert {name: v.status for name, v in touched.items()} == {
        "srcr": "if invariant", "rfag": "if invariant", "efst": "common items"}
    assert touched["srcr"].to_test == ("srcr4",)
    assert touched["efst"].common_items == ("efst1", "efst2", "efst3")
    assert {name for name, v in released.facts.items() if v.effect != "same"} == {"know"}


def test_every_other_column_of_a_qualtrics_export_keeps_its_number() -> None:
    from instrument.fielding.qualtrics import import_ids

    old, new = store.load("1.0.0"), store.load("1.1.0")
    for form in ("F", "A"):
        before, after = import_ids(old.form(form)), import_ids(new.form(form))
        assert before.items() <= after.items()
        assert set(after.values()) - set(before.values()) == ({"efst4"} if form == "A" else set())


def test_the_reasons_stand_beside_the_changes_when_looking_back_too() -> None:
    back = compare_versions("1.1.0", "1.0.0")
    removed, = back.of_kind("removed")
    assert removed.key == "question.efst4"
    assert "just identified" in removed.reasons[0].rationale


def test_markdown_begins_with_the_scores_and_says_everything(released: Comparison) -> None:
    page = markdown(released)
    assert page.index("## Which scores may be pooled") < page.index("## Wording")
    for change in released.changes:
        assert change.key in page
        assert all(" ".join(reason.rationale.split()) in page for reason in change.reasons)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)
    assert "do not differ" in markdown(compare_versions("1.0.0", "1.0.0"))


def test_a_bar_or_line_break_in_a_text_does_not_break_the_table(after: After) -> None:
    page = markdown(after(lambda raw: question(raw, "ratr1").update(text="Yes | no\n\nor both.")))
    row = next(line for line in page.splitlines() if line.startswith("| question.ratr1 "))
    assert "Yes \\| no or both." in row
    assert row.replace("\\|", "").count("|") == 7


def test_the_document_is_json_and_complete(released: Comparison) -> None:
    told = json.loads(json.dumps(document(released), allow_nan=False))
    assert told == document(released)
    assert [change["key"] for change in told["changes"]] == [change.key for change in released.changes]
    assert sum(told["counts"].values()) == len(released.changes)
    assert set(told["dimensions"]) == set(released.dimensions)
    assert told["items"].keys() == released.items.keys()
    assert told["changes"][0]["reasons"][0]["version"] == "1.1.0"


def test_every_source_a_judgement_names_is_on_the_page() -> None:
    page = (store.VERSIONS.parent.parent / "docs" / "versions.md").read_text(encoding="utf-8")
    listed = page.partition("## Sources")[2]
    reasons = " ".join(judgement[1] for name, judgement in vars(effects).items() if name.isupper() and name != "MARKS")
    cited = re.findall(r"([A-Z]\w+)[^().;]*? (\d{4})", " ".join(re.findall(r"\(([^()]*\d{4}[^()]*)\)", reasons)))
    assert len(set(cited)) >= 10
    for author, year in cited:
        assert re.search(rf"{author}[^()]*\({year}\)", listed), (author, year)
    for kind in KINDS:
        assert re.search(rf"^\| {kind}|^\| added, {kind}", page, re.MULTILINE)
