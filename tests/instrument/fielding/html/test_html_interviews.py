"""Interviews in a real headless Chromium, from the first page to the file that is read."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.fielding import html
from instrument.model import Fact, Instrument, Item, Note
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.html.browser import LINK, Respondent, page_of
from tests.instrument.fielding.html.foreign import foreign_instrument
from tests.instrument.fielding.small import small_instrument

pytestmark = pytest.mark.browser

RELEASED = store.load("1.0.0")
SMALL = small_instrument()
FOREIGN = foreign_instrument()


# -- whole interviews -----------------------------------------------------------------------------------


def some_answer(
    instrument: Instrument, question: Item | Fact, draw: random.Random
) -> tuple[str, list[tuple[str, str]]]:
    """A cell, and what a respondent clicks and types for it: (id of a box or field, text)."""
    codes = [option.code for option in instrument.options(question)]
    kind = question.kind if isinstance(question, Fact) else "choice"
    if kind == "choice":
        code = {"cons": 1, "scal": 1}.get(question.id, draw.choice(codes))
        return str(code), [(f"a-{question.id}-{code}", "")]
    if kind == "choices":
        some = sorted(draw.sample([code for code in codes if isinstance(code, int)], 2))
        return ",".join(map(str, some)), [(f"a-{question.id}-{code}", "") for code in some]
    assert isinstance(question, Fact)
    low, high = int(question.minimum or 0), int(question.maximum or 100)
    number = str(draw.randint(low, min(high, low + 40)))
    if kind == "number" and high > low + 50:
        return f"{number}.5", [(f"a-{question.id}", f"{number},5")]  # a comma, as in Spanish
    return number, [(f"a-{question.id}", number)]


@pytest.mark.parametrize(("language", "team"), [("en", "1"), ("es", "0")])
def test_a_whole_form_by_mouse(respondent: Respondent, language: str, team: str) -> None:
    draw = random.Random(team)
    form = RELEASED.form("F")
    respondent.opens(RELEASED, page_of(RELEASED), LINK)
    if language != "en":
        respondent.clicks(f"[data-language={language}]")
    entered: dict[str, str] = {}
    for block in (block for block in form.blocks if not block.optional):
        assert respondent.page == block.id
        assert respondent.text(f"#t-{block.id}") == RELEASED.text(f"block.{block.id}.title", language)
        todo: list[tuple[str, str]] = []
        for question in (q for q in block.questions if not isinstance(q, Note)):
            cell, clicks = some_answer(RELEASED, question, draw)
            if question.id == "dafex":
                cell, clicks = team, [(f"a-dafex-{team}", "")]
            elif question.id == "ctry":  # a list that opens
                respondent.find(f"#a-ctry option[value='{cell}']").click()
                clicks = []
            elif question.show_if and team == "0":
                cell, clicks = "", []
            entered[question.id] = cell
            todo += clicks
        respondent.answers(*todo)
        assert respondent.asked() == {q.id for q in block.questions if not q.show_if or team == "1"}
        respondent.goes_on()
    handed = respondent.hands_over()
    raw = html.read(respondent.saved(), "F")
    assert raw.cells.loc[1].to_dict() == entered
    meta = raw.meta.loc[1]
    assert (meta["instrument_version"], meta["language"], meta["finished"]) == ("1.0.0", language, "1")
    assert (meta["firm_id"], meta["informant_id"]) == ("F0001", "F0001-P0")
    assert raw.label_check.status == "verified"
    assert not raw.unknown_columns
    assert respondent.saved().name == f"answers-F-{handed['response_id']}.json"
    shuffled = {block.id: sorted(q.id for q in block.questions) for block in form.blocks
                if block.shuffle and not block.optional}
    assert {block: sorted(order) for block, order in handed["order"].items()} == shuffled


@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))
@given(instrument=instruments(), seed=st.integers(0, 2**16))
def test_any_instrument_asks_what_its_routing_says(
    browser: tuple[Any, Path], tmp_path_factory: pytest.TempPathFactory, instrument: Instrument, seed: int
) -> None:
    """The page's routing against that of the drawn respondents, who follow the instrument's."""
    respondent = Respondent(browser[0], tmp_path_factory.getbasetemp(), browser[1])
    for form in instrument.forms:
        optional = tuple(block.id for block in form.blocks if block.optional)
        cells, meta = respondents(instrument, form.id, 1, seed, optional)
        told = {question: cell for question, cell in cells.loc[0].items() if cell}
        link = "&".join(f"{name}={meta.loc[0, name]}" for name in form.identifiers)
        respondent.opens(instrument, page_of(instrument, form.id, optional_blocks=optional), f"?{link}")
        for _ in range(len(form.blocks)):
            if respondent.page != "end-":
                respondent.script(FILL_IN, told)
                respondent.script("document.getElementById('next').click()")
        if respondent.page != "end-":  # a required question that the respondent left open
            assert respondent.shown(".error")
            respondent.script("for (const id of ['stop', 'yes']) document.getElementById(id).click()")
        respondent.script("document.getElementById('copy').click()")
        (respondent.folder / "one.json").write_text(
            respondent.find("#text").get_property("value"), encoding="utf-8", newline="")
        raw = html.read(respondent.folder / "one.json", form.id, instruments=instrument)
        reached = {question: cell for question, cell in raw.cells.loc[1].items() if cell}
        assert reached == {question: told[question] for question in reached}
        if raw.meta.loc[1, "finished"] == "1":
            assert reached == told


FILL_IN = """
    const block = document.querySelector("[data-block]:not([hidden])");
    for (const frame of block.querySelectorAll("[data-question]")) {
      const cell = arguments[0][frame.dataset.question];
      if (cell === undefined || !frame.getClientRects().length) continue;
      const boxes = [...frame.querySelectorAll("input[type=radio], input[type=checkbox]")];
      const field = frame.querySelector("input[type=text], input[type=date], textarea");
      const codes = cell.split(",");
      const ticked = boxes.filter((box) => (field ? box.value === cell : codes.includes(box.value)));
      for (const box of ticked) box.click();
      if (field && !ticked.length) {
        field.value = cell;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }"""
"""Answers a page as a script can: faster than a mouse, and the page cannot tell."""


def test_an_interview_by_keyboard_alone(respondent: Respondent) -> None:
    respondent.opens(FOREIGN, page_of(FOREIGN))
    respondent.presses("TAB")
    assert respondent.focus == "skip"
    respondent.presses("ENTER")
    assert respondent.focus == "t-hello"
    respondent.tabs_to("a-agree-1")
    respondent.presses("SPACE")
    respondent.tabs_to("next")
    respondent.presses("ENTER")
    assert respondent.focus == "t-week"
    rows = respondent.script("return [...document.querySelectorAll('#b-week .row')].map((row) => row.dataset.question)")
    answers = {"well1": ("0", 0), "well2": ("2", 2), "well3": ("na", 3)}
    for row in rows:
        respondent.tabs_to(f"a-{row}-0")
        respondent.presses("SPACE", *["ARROW_RIGHT"] * answers[row][1])
        assert respondent.focus == f"a-{row}-{answers[row][0]}"
    respondent.tabs_to("next")
    respondent.presses("SPACE")
    assert respondent.focus == "t-life"
    respondent.tabs_to("a-hours")
    respondent.presses(*"7,5", "ENTER")
    assert respondent.page == "life"  # Enter in a field hands nothing in
    respondent.tabs_to("a-sport-2")
    respondent.presses("SPACE")
    respondent.tabs_to("a-pool")
    respondent.presses(*"In the sea")
    respondent.tabs_to("a-since")
    respondent.presses(*"02292024")
    respondent.tabs_to("next")
    respondent.presses("ENTER")
    assert respondent.focus == "t-end-"
    respondent.tabs_to("download")
    respondent.presses("ENTER")
    raw = html.read(respondent.saved(), "F", instruments=FOREIGN)
    assert raw.cells.loc[1].to_dict() == {
        "agree": "1", "well1": "0", "well2": "2", "well3": "na", "hours": "7.5", "sport": "2", "pool": "In the sea",
        "since": "2024-02-29"}
    assert json.loads(respondent.saved().read_text(encoding="utf-8"))["order"] == {"week": rows}
    respondent.tabs_to("done")
    respondent.presses("ENTER")
    assert respondent.script("return localStorage.length") == 0
    assert not respondent.shown("#back")


# -- going on later -------------------------------------------------------------------------------------


def test_a_half_finished_interview_goes_on_after_a_reload(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    assert respondent.script("return localStorage.length") == 0
    respondent.ticks("cons", 1)
    respondent.types("tenr", "3")
    respondent.ticks("xjv1", "dk")
    respondent.goes_on()
    respondent.ticks("dafex", 1)
    respondent.ticks("dafmn", 2, 9)
    respondent.goes_on()
    order = respondent.script("return [...document.querySelectorAll('.row')].map((row) => row.dataset.question)")
    respondent.ticks("lrar1", 6)
    respondent.clicks("[data-language=es]")
    respondent.browser.refresh()
    assert respondent.page == "learn"
    assert respondent.shown("#resumed")
    assert respondent.script("return document.documentElement.lang") == "es"
    assert order == respondent.script(
        "return [...document.querySelectorAll('.row')].map((row) => row.dataset.question)")
    assert respondent.find("#a-lrar1-6").is_selected()
    respondent.browser.back()  # the browser's own way back stays in the questionnaire
    respondent.until(lambda: respondent.page == "func")
    assert [respondent.find(f"#a-dafmn-{code}").is_selected() for code in (1, 2, 3, 9, "dk")] == [
        False, True, False, True, False]
    respondent.goes_back()
    assert respondent.find("#a-xjv1-dk").is_selected()
    assert respondent.find("#a-tenr").get_property("value") == "3"
    for _ in range(3):
        respondent.goes_on()
    first = respondent.hands_over()
    assert first["answers"] == {"cons": 1, "tenr": "3", "xjv1": "dk", "dafex": 1, "dafmn": [2, 9], "lrar1": 6}
    assert first["order"] == {"learn": order}
    respondent.browser.refresh()
    assert respondent.page == "end-"
    respondent.clicks("#done")
    assert respondent.script("return localStorage.length") == 0
    respondent.browser.refresh()
    assert respondent.page == "start"
    assert not respondent.find("#a-cons-1").is_selected()


@pytest.mark.parametrize("rubbish", ["{", "null", "[]", '{"id": "x"}'])
def test_a_damaged_copy_in_the_browser_is_left_alone(respondent: Respondent, rubbish: str) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    respondent.script("localStorage.setItem(Object.keys(localStorage)[0], arguments[0])", rubbish)
    respondent.browser.refresh()
    assert respondent.page == "start"
    assert not respondent.shown("#resumed")
    assert not respondent.find("#a-cons-1").is_selected()


def test_another_invitation_on_the_same_device_starts_afresh(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    here = respondent.browser.current_url
    respondent.browser.get("about:blank")
    respondent.browser.get(here.replace("F0001-P0", "F0001-P1"))
    assert not respondent.find("#a-cons-1").is_selected()
    respondent.browser.get("about:blank")
    respondent.browser.get(here.replace("?", "#"))
    assert respondent.find("#a-cons-1").is_selected()


def test_starting_again_asks_first_and_then_forgets(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    respondent.goes_on()
    respondent.clicks("#start_again")
    assert respondent.focus == "sure-words"
    respondent.clicks("#no")
    assert respondent.page == "func"
    respondent.clicks("#start_again")
    respondent.clicks("#yes")
    assert respondent.page == "start"
    assert not respondent.find("#a-cons-1").is_selected()
    assert respondent.script("return localStorage.length") == 0


# -- routing, exclusion, the end ------------------------------------------------------------------------


def test_answers_that_are_no_longer_asked_are_not_handed_over(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    respondent.goes_on()
    assert not respondent.shown("[data-question=dafyr]")
    respondent.ticks("dafex", 1)
    respondent.types("dafyr", "2001")
    respondent.ticks("dafmn", 3)
    respondent.goes_on()
    assert respondent.text("#progress") == "Page 3 of 4"  # the block after learning is asked now
    respondent.goes_back()
    respondent.ticks("dafex", 0)
    assert not respondent.shown("[data-question=dafyr]")
    assert respondent.text("#progress") == "Page 2 of 3"
    respondent.goes_on()
    assert respondent.text("#next") == "Hand in my answers"
    respondent.goes_on()
    assert respondent.hands_over()["answers"] == {"cons": 1, "dafex": 0}


def test_a_missing_code_excludes_every_other_answer(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    respondent.types("xjv1", "4")
    respondent.ticks("xjv1", "dk")
    assert respondent.find("#a-xjv1").get_property("value") == ""
    respondent.types("xjv1", "5")
    assert not respondent.find("#a-xjv1-dk").is_selected()
    respondent.goes_on()
    respondent.ticks("dafex", 1)
    respondent.ticks("dafmn", 1, 2, "dk")
    assert [respondent.find(f"#a-dafmn-{code}").is_selected() for code in (1, 2, "dk")] == [False, False, True]
    respondent.ticks("dafmn", 2)
    assert [respondent.find(f"#a-dafmn-{code}").is_selected() for code in (1, 2, "dk")] == [False, True, False]
    respondent.clicks("[data-clear=dafex]")
    assert not respondent.shown("[data-question=dafmn]")
    assert respondent.focus == "a-dafex-1"


def test_an_answer_that_screens_out_ends_the_interview_and_can_be_taken_back(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    respondent.types("tenr", "3")
    respondent.ticks("cons", 0)
    assert not respondent.shown("#a-tenr")
    respondent.goes_on()
    assert respondent.text("#t-end-") == "The questionnaire ends here for you"
    respondent.goes_back()
    respondent.ticks("cons", 1)
    assert respondent.find("#a-tenr").get_property("value") == "3"
    respondent.ticks("cons", 0)
    respondent.goes_on()
    handed = respondent.hands_over()
    assert (handed["answers"], handed["finished"]) == ({"cons": 0}, True)


def test_stopping_hands_over_an_unfinished_interview(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), LINK)
    respondent.ticks("cons", 1)
    respondent.goes_on()
    respondent.clicks("#stop")
    respondent.clicks("#yes")
    handed = respondent.hands_over()
    assert (handed["answers"], handed["finished"]) == ({"cons": 1}, False)
    assert html.read(respondent.saved(), "F", instruments=SMALL).meta["finished"].tolist() == ["0"]


def test_missing_codes_of_the_invitation_are_asked_for(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL, "A"), "?firm_id=F9&preview")
    assert respondent.page == "codes-"
    assert respondent.shown("#preview")
    assert not respondent.shown("#i-firm_id")
    respondent.clicks("#next")
    assert respondent.focus == "i-alliance_id"
    assert respondent.text("#ie-alliance_id") == "Please enter the code from your invitation."
    respondent.find("#i-alliance_id").send_keys(" A7 ")
    assert not respondent.shown("#ie-alliance_id")
    respondent.goes_on()
    respondent.goes_on()
    respondent.goes_on()
    handed = respondent.hands_over()
    assert handed["identifiers"] == {"firm_id": "F9", "alliance_id": "A7", "informant_id": ""}
    assert html.read(respondent.saved(), "A", instruments=SMALL).meta["status"].tolist() == ["preview"]
