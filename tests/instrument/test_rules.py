"""Each rule is broken alone, in one way, and exactly that is reported; broken all at once, all are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from instrument import store
from instrument.model import Instrument
from instrument.rules import PACE, RULES, Pace, check, estimated_minutes
from instrument.rules.naming import RESERVED
from instrument.rules.wording import words

Raw = dict[str, Any]
Build = Callable[..., Instrument]


@dataclass(frozen=True)
class Case:
    """One way to break one rule, and the place where it should be reported."""

    code: str
    place: str
    breach: Callable[[Raw, Raw], object]


CASES: list[Case] = []


def case(code: str, place: str) -> Callable[[Callable[[Raw, Raw], object]], Callable[[Raw, Raw], object]]:
    def register(breach: Callable[[Raw, Raw], object]) -> Callable[[Raw, Raw], object]:
        CASES.append(Case(code, place, breach))
        return breach

    return register


def block(raw: Raw, form: str, name: str) -> Raw:
    return next(b for f in raw["forms"] if f["id"] == form for b in f["blocks"] if b["id"] == name)


def question(raw: Raw, form: str, name: str) -> Raw:
    return next(q for f in raw["forms"] if f["id"] == form for b in f["blocks"]
                for q in b["questions"] if q["id"] == name)


def both(raw: Raw, name: str) -> list[Raw]:
    """A shared question in both forms: it has to stay the same in both."""
    return [question(raw, form, name) for form in "FA"]


def reword(raw: Raw, es: Raw, name: str, text: str) -> None:
    for form in raw["forms"]:
        for part in form["blocks"]:
            for asked in part["questions"]:
                if asked["id"] == name:
                    asked["text"] = text


# -- naming ---------------------------------------------------------------------------------------


@case("VERSION-SEMANTIC", "1.2/instrument.yaml: version")
def _(raw: Raw, es: Raw) -> None:
    raw["version"] = "1.2"


@case("ID-PATTERN", "form F, block optRit")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "F", "optrit")["id"] = "optRit"
    for name in [key for key in es["strings"] if key.startswith("block.optrit")]:
        es["strings"][name.replace("optrit", "optRit")] = es["strings"].pop(name)


@case("ID-PATTERN", "construct r_i")
def _(raw: Raw, es: Raw) -> None:
    raw["constructs"][1]["id"] = "r_i"


def rename(raw: Raw, es: Raw, form: str, old: str, new: str) -> None:
    question(raw, form, old)["id"] = new
    for key in list(es["strings"]):
        if key.split(".")[1] == old:
            es["strings"][key.replace(old, new)] = es["strings"].pop(key)


@case("ID-RESERVED", "form A, block deal, question token")
def _(raw: Raw, es: Raw) -> None:
    rename(raw, es, "A", "shrc", "token")


@case("ID-RESERVED", "form A, block deal, question language")
def _(raw: Raw, es: Raw) -> None:
    rename(raw, es, "A", "shrc", "language")


@case("ID-LENGTH", "form A, block deal, question monthsuntilrecovered1")
def _(raw: Raw, es: Raw) -> None:
    rename(raw, es, "A", "shrc", "monthsuntilrecovered1")


@case("ITEM-ID", "form A, block deal, question trust1")
def _(raw: Raw, es: Raw) -> None:
    rename(raw, es, "A", "ratr1", "trust1")


@case("QUESTION-DUPLICATE", "form A, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "A", "deal")["questions"].append(copy.deepcopy(question(raw, "A", "ratr1")))


@case("QUESTION-SHARED", "form A, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "dilig")["required"] = True


@case("BLOCK-DUPLICATE", "form A, block end")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "A", "end")["title"] = "Other words"


@case("BLOCK-DUPLICATE", "form F, block marker")
def _(raw: Raw, es: Raw) -> None:
    first = block(raw, "F", "marker")
    second = {**copy.deepcopy(first), "questions": [{"type": "note", "id": "hint", "text": "Go on."}]}
    raw["forms"][0]["blocks"].append(second)
    es["strings"]["question.hint"] = "Siga."


@case("CONSTRUCT-DUPLICATE", "construct lr")
def _(raw: Raw, es: Raw) -> None:
    raw["constructs"][1]["id"] = "lr"


@case("DIMENSION-DUPLICATE", "dimension lrar")
def _(raw: Raw, es: Raw) -> None:
    raw["constructs"][0]["dimensions"] *= 2


@case("SCALE-DUPLICATE", "scale agree7")
def _(raw: Raw, es: Raw) -> None:
    raw["scales"] *= 2


@case("FORM-DUPLICATE", "form A")
def _(raw: Raw, es: Raw) -> None:
    hollow = copy.deepcopy(raw["forms"][1])
    hollow["blocks"][1:2] = []
    raw["forms"].insert(2, hollow)


# -- structure ------------------------------------------------------------------------------------


@case("CONSTRUCT-EMPTY", "construct xx")
def _(raw: Raw, es: Raw) -> None:
    raw["constructs"].append({**raw["constructs"][0], "id": "xx", "dimensions": []})


@case("CONSTRUCT-SOURCE", "construct ra")
def _(raw: Raw, es: Raw) -> None:
    raw["constructs"][2]["source"] = []


@case("DIMENSION-EMPTY", "construct ra, dimension raxx")
def _(raw: Raw, es: Raw) -> None:
    raw["constructs"][2]["dimensions"].append({"id": "raxx", "name": "X", "definition": "X."})


@case("DIMENSION-ITEMS", "construct ra, dimension ratr, form A")
def _(raw: Raw, es: Raw) -> None:
    del block(raw, "A", "deal")["questions"][2], es["strings"]["question.ratr3"]


@case("ITEM-DIMENSION", "form A, block deal, question raxx1")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "A", "deal")["questions"].append(
        {"type": "item", "id": "raxx1", "dimension": "raxx", "text": "The partner is near."})
    es["strings"]["question.raxx1"] = "El socio está cerca."


@case("CONSTRUCT-FORM", "form A, block deal, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "F", "team")["questions"].append(question(raw, "A", "ratr1"))
    block(raw, "F", "team")["questions"].append(question(raw, "A", "ratr2"))
    block(raw, "F", "team")["questions"].append(question(raw, "A", "ratr3"))
    raw["constructs"][2]["form"] = "F"


@case("CONSTRUCT-FORM", "form A, dimension mk")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "F", "marker")["questions"].append(
        {"type": "item", "id": "mk4", "dimension": "mk", "text": "I own blue pens."})
    es["strings"]["question.mk4"] = "Tengo bolígrafos azules."


@case("FORM-IDENTIFIERS", "form A, identifiers")
def _(raw: Raw, es: Raw) -> None:
    raw["forms"][1]["identifiers"].remove("firm_id")


@case("FORM-CONSENT", "form A")
def _(raw: Raw, es: Raw) -> None:
    del block(raw, "A", "start")["questions"][1], block(raw, "A", "deal")["show_if"]


@case("CONSENT-FIRST", "form A, question tenr")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "A", "start")["questions"].reverse()


@case("CONSENT-REFUSAL", "form F, block start, question cons")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "cons"):
        asked["screen_out"] = []


@case("FORM-SCREENING", "form F")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "tenr"):
        asked["role"] = "context"


@case("FORM-ATTENTION", "form F")
def _(raw: Raw, es: Raw) -> None:
    del block(raw, "F", "learn")["questions"][3]


@case("FORM-ATTENTION", "form F")
def _(raw: Raw, es: Raw) -> None:  # moved to where it may never be asked
    block(raw, "F", "optrit")["questions"].append(block(raw, "F", "learn")["questions"].pop())


@case("FORM-DILIGENCE", "form A")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "A", "end")["questions"].append({**copy.deepcopy(question(raw, "A", "dilig")), "id": "dilig2"})
    for key in ("question.dilig", "option.dilig.1", "option.dilig.2"):
        es["strings"][key.replace("dilig", "dilig2")] = es["strings"][key]


@case("BLOCK-EMPTY", "form F, block void")
def _(raw: Raw, es: Raw) -> None:
    raw["forms"][0]["blocks"].append({"id": "void", "title": "Void", "questions": []})
    es["strings"]["block.void.title"] = "Vacío"


@case("BLOCK-MATRIX", "form F, block team")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "F", "team")["layout"] = "matrix"


@case("OPTIONAL-LENGTH", "form F, block optrit")
def _(raw: Raw, es: Raw) -> None:
    for number in range(4, 14):
        block(raw, "F", "optrit")["questions"].append(
            {"type": "item", "id": f"rt{number}", "dimension": "rt", "text": f"Custom {number} matters."})
        es["strings"][f"question.rt{number}"] = f"La costumbre {number} importa."


# -- answers --------------------------------------------------------------------------------------


@case("SCALE-UNKNOWN", "form A, block deal, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "ratr1")["scale"] = "agree9"


@case("SCALE-ANCHORS", "scale agree7")
def _(raw: Raw, es: Raw) -> None:
    del raw["scales"][0]["points"][3]["label"], es["strings"]["scale.agree7.4"]


@case("SCALE-CODES", "scale agree7")
def _(raw: Raw, es: Raw) -> None:
    raw["scales"][0]["points"][4]["code"] = 50


@case("SCALE-UNUSED", "scale often")
def _(raw: Raw, es: Raw) -> None:
    raw["scales"].append({"id": "often", "points": [{"code": 1, "label": "Seldom"}, {"code": 2, "label": "Often"}]})
    es["strings"] |= {"scale.often.1": "Rara vez", "scale.often.2": "A menudo"}


def recode(raw: Raw, es: Raw, name: str, place: int, code: object) -> None:
    """Give an option of a shared question another code, and carry its translation along."""
    for asked in both(raw, name):
        old = asked["options"][place]["code"]
        asked["options"][place]["code"] = code
    es["strings"][f"option.{name}.{code}"] = es["strings"].pop(f"option.{name}.{old}")


@case("CODE-FORM", "form A, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    recode(raw, es, "dilig", 0, -1)


@case("CODE-DUPLICATE", "form A, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    recode(raw, es, "dilig", 1, 1)


@case("CODE-SUBSTANTIVE", "form A, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    recode(raw, es, "dilig", 1, "high")


@case("CODE-MISSING", "form A, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    recode(raw, es, "dilig", 1, "dk")


@case("CODE-MISSING", "form F, block team, question tools")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "F", "tools")["missing"][0]["code"] = "nil"
    es["strings"]["option.tools.nil"] = es["strings"].pop("option.tools.rf")


@case("OPTION-LABEL", "form A, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "dilig"):
        del asked["options"][0]["label"]
    del es["strings"]["option.dilig.1"]


@case("FACT-OPTIONS", "form F, block team, question tools")
def _(raw: Raw, es: Raw) -> None:
    tools = question(raw, "F", "tools")
    tools["options"] = []
    del es["strings"]["option.tools.1"], es["strings"]["option.tools.2"]


@case("FACT-OPTIONS", "form A, block deal, question shrc")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "shrc")["scale"] = "agree7"


@case("FACT-BOUNDS", "form A, block deal, question shrc")
def _(raw: Raw, es: Raw) -> None:
    del question(raw, "A", "shrc")["maximum"]


@case("FACT-BOUNDS", "form A, block deal, question shrc")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "shrc")["minimum"] = 121


@case("FACT-BOUNDS", "form A, block deal, question shrc")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "shrc")["maximum"] = 12.5


@case("FACT-BOUNDS", "form A, block deal, question shrc")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "shrc")["minimum"] = -1


@case("FACT-UNIT", "form F, block start, question tenr")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "tenr"):
        del asked["unit"]
    del es["strings"]["question.tenr.unit"]


@case("ATTENTION-EXPECTED", "form F, block learn, question at1")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "at1"):
        asked["expected"] = 8


@case("ATTENTION-EXPECTED", "form A, block deal, question shrc")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "shrc")["expected"] = 3


@case("SCREEN-CODE", "form F, block start, question cons")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "cons"):
        asked["screen_out"] = ["0"]


@case("SCREEN-CODE", "form F, block start, question cons")
def _(raw: Raw, es: Raw) -> None:
    for asked in both(raw, "cons"):
        asked["screen_out"] = [0, 1]


# -- routing --------------------------------------------------------------------------------------


def route(raw: Raw, about: str, *codes: object, name: str = "dafyr", form: str = "F") -> None:
    question(raw, form, name)["show_if"] = [{"question": about, "any_of": list(codes)}]


@case("ROUTE-UNKNOWN", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "shrc", 1)


@case("ROUTE-UNKNOWN", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "hello", 1)


@case("ROUTE-OWN", "form F, block team, question tools")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "tools", 1, name="tools")


@case("ROUTE-OWN", "form F, block team")
def _(raw: Raw, es: Raw) -> None:
    block(raw, "F", "team")["show_if"] = [{"question": "dafex", "any_of": [1]}]


@case("ROUTE-LATER", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "tools", 1)


@case("ROUTE-LATER", "form F, block start, question hello")
def _(raw: Raw, es: Raw) -> None:
    for form in "FA":
        route(raw, "cons", 1, name="hello", form=form)


@case("ROUTE-LATER", "form F, block learn, question lrar2")
def _(raw: Raw, es: Raw) -> None:  # before it on paper, but the block is shuffled
    route(raw, "lrar1", 7, name="lrar2")


@case("ROUTE-OPTIONAL", "form F, block end, question dilig")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "rt1", 7, name="dilig")


@case("ROUTE-CODE", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "dafex", 2)


@case("ROUTE-CODE", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "dafex", "1")


@case("ROUTE-CODE", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "tenr", 5)


@case("ROUTE-CODE", "form F, block team, question dafyr")
def _(raw: Raw, es: Raw) -> None:
    route(raw, "dafex")


# -- wording --------------------------------------------------------------------------------------


@case("TEXT-EMPTY", "block.end.title")
def _(raw: Raw, es: Raw) -> None:
    for form in "FA":
        block(raw, form, "end")["title"] = " "


@case("TEXT-SPACE", "question.ratr1")
def _(raw: Raw, es: Raw) -> None:
    question(raw, "A", "ratr1")["text"] += "\n"


@case("ITEM-TWICE", "form A, block deal, question ratr2")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "ratr2", "The  partner KEEPS its promises.")


@case("READING-LENGTH", "form A, block deal, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "ratr1", "word " * 25 + "– word.")


@case("READING-LONG", "form A, block deal, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "ratr1", "word " * 20 + "– word.")


@case("WORD-NEGATION", "form F, block learn, question lrar3")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "lrar3", "Our managers don’t share lessons.")


@case("WORD-NEGATION", "form A, block deal, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "ratr1", "Never does the partner lie.")


@case("WORD-DOUBLE", "form A, block deal, question ratr1")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "ratr1", "The partner is honest and fast.")


@case("WORD-JARGON", "question.ratr1")
def _(raw: Raw, es: Raw) -> None:
    reword(raw, es, "ratr1", "Ambidexterity marks the partner.")


@case("FORM-MINUTES", "form A")
def _(raw: Raw, es: Raw) -> None:
    for number in range(130):
        block(raw, "A", "deal")["questions"].append({
            "type": "fact", "id": f"more{number}", "kind": "count", "role": "context", "text": "How many?",
            "minimum": 0, "maximum": 9})
        es["strings"][f"question.more{number}"] = "¿Cuántos?"


# -- translation ----------------------------------------------------------------------------------


@case("TRANSLATION-LANGUAGE", "en.yaml: language")
def _(raw: Raw, es: Raw) -> None:
    es["language"] = "en"


@case("TRANSLATION-LANGUAGE", "Spanish.yaml: language")
def _(raw: Raw, es: Raw) -> None:
    es["language"] = "Spanish"


@case("TRANSLATION-MISSING", "1.2.0/es.yaml: option.cons.0")
def _(raw: Raw, es: Raw) -> None:
    del es["strings"]["option.cons.0"]


@case("TRANSLATION-UNKNOWN", "1.2.0/es.yaml: question.ratr9")
def _(raw: Raw, es: Raw) -> None:
    es["strings"]["question.ratr9"] = "El socio …"


@case("TRANSLATION-EMPTY", "1.2.0/es.yaml: question.ratr1")
def _(raw: Raw, es: Raw) -> None:
    es["strings"]["question.ratr1"] = "  "


@case("TRANSLATION-SAME", "1.2.0/es.yaml: question.ratr1")
def _(raw: Raw, es: Raw) -> None:
    es["strings"]["question.ratr1"] = question(raw, "A", "ratr1")["text"]


@case("TRANSLATION-PLACEHOLDER", "1.2.0/es.yaml: block.start.intro")
def _(raw: Raw, es: Raw) -> None:
    es["strings"]["block.start.intro"] = "Gracias, {nombre}."


@case("TRANSLATION-STATUS", "1.2.0/es.yaml: question.ratr1")
def _(raw: Raw, es: Raw) -> None:
    es["status"] = "reviewed"
    es["strings"]["question.ratr1"] = {"text": "El socio cumple.", "status": "draft"}


def wreck(raw: Raw, es: Raw) -> None:
    """Break every rule in one instrument."""
    form_f, form_a = raw["forms"]
    raw["version"] = "one"
    raw["scales"] += [*copy.deepcopy(raw["scales"]), {"id": "often", "points": [{"code": 1}, {"code": 3}]}]
    like = raw["constructs"][2]
    raw["constructs"] += [
        copy.deepcopy(raw["constructs"][0]),
        {**like, "id": "ab", "dimensions": []},
        {**like, "id": "cd", "form": "F", "source": [], "dimensions": [
            {"id": name, "name": name, "definition": name} for name in ("cdnone", "cdtwo")]},
    ]
    colours = block(raw, "F", "marker")
    colours["questions"][0]["text"] = "I like red."
    form_f |= {"identifiers": [], "blocks": [colours, copy.deepcopy(colours)]}
    raw["forms"].append(copy.deepcopy(form_f))
    block(raw, "A", "start")["questions"].reverse()
    question(raw, "A", "cons")["screen_out"] = []

    def item(name: str, text: str = "Fine.", **more: object) -> Raw:
        return {"type": "item", "id": name, "dimension": name.rstrip("0123456789"), "text": text, **more}

    def fact(name: str, kind: str, **more: object) -> Raw:
        return {"type": "fact", "id": name, "kind": kind, "role": "context", "text": "Which?", **more}

    later = [{"question": "zz9", "any_of": [1]}]
    form_a["blocks"] += [
        {"id": "Mess", "title": "", "layout": "matrix", "questions": [
            item("cdtwo1", "No idea or " + "word " * 18 + "word."),
            item("cdtwo2", "Codified " + "word " * 25),
            item("zz1", scale="nowhere"), item("zz2") | {"dimension": "ratr"},
            item("averyveryverylongname1", show_if=[{"question": "nowhere", "any_of": [1]}]),
            item("zz4", show_if=later), item("zz5", show_if=[{"question": "zz5", "any_of": [1]}]),
            item("zz6", show_if=[{"question": "cons", "any_of": [5]}]),
            item("zz7", show_if=[{"question": "opt1", "any_of": [5]}]),
            item("zz9"),
            fact("token", "number", minimum=5, maximum=1),
            fact("odd1", "choice", options=[{"code": "many!"}, {"code": "dk"}, {"code": "dk"}], screen_out=[4]),
            fact("odd2", "text", scale="agree7", expected=4),
        ]},
        {"id": "void", "title": "Void", "questions": []},
        {"id": "opt", "title": "Extra", "optional": True, "questions": [item(f"opt{n}") for n in range(1, 14)]},
        {"id": "long", "title": "Long", "questions": [
            fact(f"more{n}", "count", minimum=0, maximum=9) for n in range(130)]},
    ]
    strings = es["strings"]
    del strings["option.cons.0"]
    es |= {"language": "Spanish", "status": "reviewed"}
    strings |= {
        "nowhere": "Nada", "question.ratr1": "", "question.ratr2": question(raw, "A", "ratr2")["text"],
        "block.start.intro": "Gracias.", "question.ratr3": {"text": "El socio es justo.", "status": "draft"},
    }


# -- the tests ------------------------------------------------------------------------------------


def test_the_small_instrument_breaks_no_rule(small: Instrument) -> None:
    assert check(small) == ()


@pytest.mark.parametrize("broken", CASES, ids=lambda c: f"{c.code}-{c.place.rpartition(' ')[2]}")
def test_a_rule_broken_alone_is_reported_alone(broken: Case, raw: Raw, spanish: Raw, build: Build) -> None:
    broken.breach(raw, spanish)
    findings = check(build(raw, spanish))
    assert {finding.code for finding in findings} == {broken.code}
    assert any(finding.place.endswith(broken.place) for finding in findings), [str(f) for f in findings]
    assert all(finding.rule and finding.fix for finding in findings)


def test_every_rule_has_a_case_and_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert {c.code for c in CASES} == set(codes)


def test_all_rules_broken_at_once_are_all_reported(raw: Raw, spanish: Raw, build: Build) -> None:
    wreck(raw, spanish)
    assert {finding.code for finding in check(build(raw, spanish))} == {rule.code for rule in RULES}


def test_warnings_do_not_bar_a_release_but_errors_do() -> None:
    warnings = {rule.code for rule in RULES if rule.severity == "warning"}
    assert {"WORD-NEGATION", "WORD-DOUBLE", "READING-LONG", "FORM-MINUTES", "TRANSLATION-SAME"} <= warnings
    assert not {"READING-LENGTH", "QUESTION-DUPLICATE", "TRANSLATION-MISSING"} & warnings


def test_rules_about_english_leave_other_base_languages_alone(raw: Raw, build: Build) -> None:
    reword(raw, {}, "ratr1", "No y no and not or never synergy" * 6)
    raw["language"] = "fr"
    assert check(build(raw)) == ()


def test_reserved_words_are_found_whatever_their_case(raw: Raw, build: Build) -> None:
    question(raw, "A", "shrc")["id"] = "ToKeN"
    assert {finding.code for finding in check(build(raw))} == {"ID-PATTERN", "ID-RESERVED"}
    assert {"lang", "sgq", "with", "duration_seconds"} <= set(RESERVED)


def test_a_question_shared_by_both_forms_may_be_routed_differently(raw: Raw, build: Build) -> None:
    question(raw, "A", "dilig")["show_if"] = [{"question": "cons", "any_of": [1]}]
    assert check(build(raw)) == ()


def test_a_formative_dimension_may_have_fewer_items(raw: Raw, build: Build) -> None:
    del block(raw, "A", "deal")["questions"][2]
    raw["constructs"][2]["dimensions"][0]["measurement"] = "formative"
    assert check(build(raw)) == ()


def test_single_words_may_be_equal_in_two_languages(raw: Raw, spanish: Raw, build: Build) -> None:
    spanish["strings"]["option.cons.0"] = "No"
    assert check(build(raw, spanish)) == ()


def test_words_are_counted_as_a_reader_counts_them() -> None:
    assert words("Well-run alliances – 2 of them – end in time.") == 8


def test_minutes_are_words_read_and_answers_given(small: Instrument) -> None:
    still = Pace(words_per_minute=float("inf"), seconds_item=6, seconds_choice=12, seconds_entry=30)
    # Form F without its optional block: 3 + 3 items; cons, dafex, tools, at1, dilig chosen; tenr, dafyr typed.
    assert estimated_minutes(small, "F", pace=still) == pytest.approx((6 * 6 + 5 * 12 + 2 * 30) / 60)
    assert estimated_minutes(small, "F", optional=("optrit",), pace=still) == pytest.approx(
        (9 * 6 + 5 * 12 + 2 * 30) / 60)
    slow = Pace(words_per_minute=PACE.words_per_minute / 2)
    answering = estimated_minutes(small, "F", pace=Pace(words_per_minute=float("inf")))
    reading = estimated_minutes(small, "F") - answering
    assert estimated_minutes(small, "F", pace=slow) - answering == pytest.approx(2 * reading)


def test_the_released_instrument_breaks_no_rule() -> None:
    findings = check(store.load("1.0.0"))
    assert not [str(finding) for finding in findings if finding.severity == "error"]


def test_every_rule_is_documented() -> None:
    page = (store.VERSIONS.parent.parent / "docs" / "instrument.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| `{rule.code}` | {rule.severity} | {rule.holds} |" in page
