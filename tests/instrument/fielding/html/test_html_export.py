"""The page as a file: complete in every language, closed against the outside, the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import html as lxml_html

from instrument import store
from instrument.errors import InputError
from instrument.fielding import html
from instrument.fielding.capabilities import FEATURES
from instrument.fielding.exports import OutputFile, Wanted, wanted
from instrument.fielding.html.words import all_words
from instrument.model import Instrument, Note
from tests.instrument.fielding.generated import instruments
from tests.instrument.fielding.html.foreign import foreign_instrument, with_words
from tests.instrument.fielding.small import small_instrument

RELEASED = store.load("1.0.0")
INSTRUMENTS = (RELEASED, small_instrument(), foreign_instrument())
RESEARCHERS_ONLY = "instrument.alliance_definition"
"""The definition is shown where a form's note repeats it, under that note's key."""


def everything(instrument: Instrument) -> Wanted:
    optional = tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)
    return wanted(instrument, optional_blocks=optional)


def tree(file: OutputFile) -> Any:
    return lxml_html.document_fromstring(file.content.decode("utf-8"))


def whole(instrument: Instrument) -> Instrument:
    """A changed copy without what the original has worked out before."""
    return Instrument.model_validate(instrument.model_dump())


def data(file: OutputFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tree(file).get_element_by_id("questionnaire").text)
    return found


def test_one_page_a_form_is_named_for_instrument_form_and_version() -> None:
    assert [file.name for file in html.export(small_instrument(), wanted(small_instrument()))] == [
        "small-F-1.0.0.html", "small-A-1.0.0.html"]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_every_word_of_the_instrument_is_in_the_pages_in_each_language(instrument: Instrument) -> None:
    files = html.export(instrument, everything(instrument))
    known = [data(file)["languages"] for file in files]
    used = {question.scale for form in instrument.forms for _, question in form.questions()
            if getattr(question, "scale", None)}
    expected = [key for key in instrument.strings()
                if key != RESEARCHERS_ONLY and (not key.startswith("scale.") or key.split(".")[1] in used)]
    for language in instrument.languages:
        there = {key: text for page in known for key, text in page[language]["strings"].items()}
        assert there == {key: instrument.text(key, language) for key in expected}


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_shows_its_first_language_before_any_script_runs(language: str) -> None:
    instrument = small_instrument()
    page = tree(html.export(instrument, Wanted((language, "en"), ("F",), ("optrit",)))[0])
    assert page.get("lang") == language
    shown = {one.get("data-t"): one.text for one in page.xpath("//*[@data-t]")}
    assert shown == {key: instrument.text(key, language) for key in shown}
    assert {"question.lrar1", "option.dafmn.2", "scale.agree7.7", "block.optrit.title"} <= shown.keys()
    buttons = {one.get("data-w"): one.text for one in page.xpath("//*[@data-w]")}
    assert buttons["next"] == {"en": "Next", "es": "Siguiente"}[language]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_the_same_wish_gives_the_same_bytes(instrument: Instrument) -> None:
    assert html.export(instrument, everything(instrument)) == html.export(instrument, everything(instrument))


@pytest.mark.parametrize("post_to", [None, "https://survey.example.org:8443/a?x=1"])
def test_nothing_is_loaded_and_only_the_researchers_address_is_spoken_to(post_to: str | None) -> None:
    for file in html.export(RELEASED, wanted(RELEASED, post_to=post_to)):
        page, text = tree(file), file.content.decode("utf-8")
        attributes = [(element.tag, name, value) for element in page.iter() if isinstance(element.tag, str)
                      for name, value in element.attrib.items()]
        assert [a for a in attributes if a[1] in ("src", "href", "action", "style", "srcset", "data", "poster")] == [
            ("a", "href", "#questions")]
        assert not [a for a in attributes if a[1].startswith("on")]
        assert not page.xpath("//link | //img | //iframe | //object | //embed | //base")
        assert not re.search(r"url\(|@import", text)
        addresses = set(re.findall(r"(?:https?|wss?|ftp):[^\s\"';]*|(?<=[\"'(\s])//[\w.]+", text))
        assert addresses == (set() if post_to is None else {post_to, "https://survey.example.org:8443"})


def test_the_policy_lets_this_script_and_style_run_and_no_other() -> None:
    page = tree(html.export(RELEASED, wanted(RELEASED))[0])
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for element, rule in (("style", "style-src"), ("script[not(@type)]", "script-src")):
        texts = page.xpath(f"//{element}")
        digests = [base64.b64encode(hashlib.sha256(one.text.encode("utf-8")).digest()).decode() for one in texts]
        assert [f"'sha256-{digest}'" for digest in digests] == [rules[rule]]


@pytest.mark.parametrize("address", [
    "survey.example.org/a", "ftp://example.org/a", "javascript:alert(1)", "https://", "https:///a", "//example.org",
    "https://user:secret@example.org/", "https://exa mple.org/", "https://example.org:99999/",
    "https://example.org/a b", "https://example.org;script-src */", "https://exämple.org/", "", "https://example.org/\"'><script>",
])
def test_an_address_to_which_no_page_can_post_is_refused(address: str) -> None:
    with pytest.raises(InputError) as refused:
        html.export(RELEASED, wanted(RELEASED, post_to=address))
    assert [finding.code for finding in refused.value.findings] == ["EXPORT-URL"]


def test_the_page_may_speak_to_the_origin_of_the_address() -> None:
    for address, origin in (("http://127.0.0.1:8000/x", "http://127.0.0.1:8000"), ("http://[::1]:80/", "http://[::1]:80")):
        text = html.export(RELEASED, wanted(RELEASED, post_to=address))[0].content.decode("utf-8")
        assert f"connect-src {origin};" in text


def test_the_page_does_not_give_away_keys_or_expected_answers() -> None:
    page = data(html.export(RELEASED, wanted(RELEASED))[0])
    attention = next(q for block in page["pages"] for q in block["questions"] if q["id"] == "at1")
    item = next(q for block in page["pages"] for q in block["questions"] if q["id"] == "lrar4")
    assert attention | {"id": ""} == item | {"id": ""}
    assert item.keys() == {
        "id", "widget", "required", "showIf", "codes", "missing", "minimum", "maximum", "screenOut"}


def test_an_optional_block_is_there_only_where_it_is_switched_on() -> None:
    instrument = small_instrument()
    without, with_it = (html.export(instrument, wanted(instrument, optional_blocks=blocks))[0]
                        for blocks in ((), ("optrit",)))
    assert "rtrt1" not in without.content.decode()
    assert data(with_it)["optionalBlocks"] == ["optrit"]


def test_texts_cannot_leave_their_place_in_the_file() -> None:
    nasty = '</script><script>bad()</script><img src=x onerror="bad()">\u2028\'"&amp;'
    changed = with_words(nasty)
    file = html.export(changed, wanted(changed, language="en"))[0]
    page = tree(file)
    assert len(page.xpath("//script")) == 2
    assert not page.xpath("//img")
    assert data(file)["languages"]["en"]["strings"]["question.agree"] == nasty
    assert page.xpath("//*[@data-t='question.agree']")[0].text == nasty


@settings(max_examples=15, deadline=None)
@given(instruments())
def test_any_instrument_becomes_pages_that_hold_its_words_and_run_nothing_else(instrument: Instrument) -> None:
    files = html.export(instrument, everything(instrument))
    assert html.export(instrument, everything(instrument)) == files
    for file in files:
        page, known = tree(file), data(file)["languages"]
        assert len(page.xpath("//script")) == 2
        assert len(page.xpath("//style")) == 1
        assert not page.xpath("//img | //link | //@onerror | //b")
        for language in instrument.languages:
            assert all(text == instrument.text(key, language) for key, text in known[language]["strings"].items())
        boxes = {(one.get("name"), one.get("value")) for one in page.xpath("//input[@type='radio']")}
        form = instrument.form(file.name.split("-")[1])
        asked = [q for _, q in form.questions() if not isinstance(q, Note) and getattr(q, "kind", "choice") == "choice"]
        assert boxes == {(q.id, str(option.code)) for q in asked for option in instrument.options(q)}


# -- words of our own -----------------------------------------------------------------------------------


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_each_language_has_all_buttons_and_messages_with_the_same_places_to_fill() -> None:
    words = all_words()
    assert set(words) >= {"en", "es", "fr"}
    for language, said in words.items():
        assert {key: places(text) for key, text in said.items()} == {
            key: places(text) for key, text in words["en"].items()}, language
        assert all(isinstance(text, str) and text.strip() for text in said.values())


def test_the_script_and_templates_use_the_words_there_are_and_all_of_them() -> None:
    from instrument.fielding.html import exporting
    folder = exporting.HERE
    sources = [*folder.glob("js/*.js"), *folder.glob("templates/*"), *folder.parent.glob("paper/**/*.j2"),
               *folder.parent.glob("paper/*.py"), folder / "exporting.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    composed = {"code_firm_id", "code_alliance_id", "code_informant_id", "end_complete", "end_screened", "end_stopped",
                "sure_stop", "sure_start_again", "yes_stop", "yes_start_again"}
    quoted = set(re.findall(r"[\"']([a-z_]+)[\"']", text))
    assert {key for key in all_words()["en"] if key not in quoted} - composed == set()


def test_a_language_without_buttons_is_said_to_be_lost() -> None:
    instrument = foreign_instrument()
    assert [loss.where for loss in html.losses(instrument, wanted(instrument)) if loss.feature == "languages"] == [
        ("pt",)]
    assert not [loss for loss in html.losses(RELEASED, wanted(RELEASED)) if loss.feature == "languages"]
    page = data(html.export(instrument, wanted(instrument))[0])
    assert page["languages"]["pt"]["fallBack"]
    assert page["languages"]["pt"]["words"]["next"] == "Next"


def test_a_regional_language_has_the_buttons_of_its_language() -> None:
    instrument = small_instrument()
    spanish = instrument.translations[0].model_copy(update={"language": "es-MX"})
    regional = whole(instrument.model_copy(update={"translations": (spanish,)}))
    assert data(html.export(regional, wanted(regional))[0])["languages"]["es-MX"]["words"]["next"] == "Siguiente"


def test_every_feature_has_its_answer() -> None:
    assert html.CAPABILITIES.keys() == FEATURES.keys()
    assert all(capability.words for capability in html.CAPABILITIES.values() if capability.carried != "yes")
