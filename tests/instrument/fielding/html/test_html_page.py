"""The page in a real headless Chromium: errors, languages, sending, phones, and texts with mark-up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from instrument import store
from tests.instrument.fielding.html.browser import LINK, Respondent, page_of
from tests.instrument.fielding.html.foreign import foreign_instrument, with_words
from tests.instrument.fielding.small import small_instrument

pytestmark = pytest.mark.browser

RELEASED = store.load("1.0.0")
SMALL = small_instrument()
FOREIGN = foreign_instrument()


# -- errors ---------------------------------------------------------------------------------------------


def test_errors_are_shown_announced_and_found_by_the_keyboard(respondent: Respondent) -> None:
    respondent.opens(FOREIGN, page_of(FOREIGN))
    respondent.clicks("#next")
    assert respondent.page == "hello"
    assert respondent.focus == "a-agree-1"
    assert respondent.find("#alert").get_attribute("role") == "alert"
    assert respondent.text("#alert") == "One answer on this page needs your attention."
    assert respondent.text("#e-agree") == "Please answer this question."
    assert "e-agree" in respondent.find("[data-question=agree]").get_attribute("aria-describedby").split()
    respondent.ticks("agree", 1)
    assert respondent.text("#alert") == ""
    assert not respondent.shown("#e-agree")
    respondent.goes_on()
    respondent.clicks("#next")
    assert respondent.focus == "a-well1-0"
    respondent.ticks("well1", 1)
    respondent.goes_on()
    for typed, message in (
        ("25", "Please enter a number from 0 to 24."), ("-1", "Please enter a number from 0 to 24."),
        ("about 7", "Please enter a number in digits, for example 2.5."), ("1e1", "Please enter a number in digits"),
        ("1.200", "Please leave out the mark between thousands"), ("7 , 5", "Please enter a number in digits"),
    ):
        respondent.types("hours", typed)
        respondent.presses("TAB")
        assert respondent.text("#e-hours").startswith(message)
        assert respondent.find("#a-hours").get_attribute("aria-invalid") == "true"
    respondent.clicks("#next")
    assert respondent.page == "life"
    assert respondent.focus == "a-hours"
    for typed in (",5", "7.", "+7", "24", "0"):
        respondent.types("hours", typed)
        assert not respondent.shown("#e-hours"), typed
    assert respondent.find("#a-hours").get_attribute("aria-invalid") is None
    respondent.goes_on()
    assert respondent.hands_over()["answers"]["hours"] == "0"


def test_whole_numbers_and_years_are_checked_in_the_respondents_language(respondent: Respondent) -> None:
    respondent.opens(SMALL, page_of(SMALL), f"{LINK}&language=es")
    respondent.ticks("cons", 1)
    for typed, message in (("2,5", "Escriba un número entero"), ("6000", "Escriba un número de 0 a 5000."),
                           ("1,200", "No separe los millares")):
        respondent.types("xjv1", typed)
        respondent.presses("TAB")
        assert respondent.text("#e-xjv1").startswith(message)
    respondent.clicks("[data-language=en]")
    assert respondent.text("#e-xjv1").startswith("Please leave out the mark between thousands")
    respondent.types("xjv1", "12")
    respondent.goes_on()
    respondent.ticks("dafex", 1)
    respondent.types("dafyr", "1850")
    respondent.clicks("#next")
    assert respondent.text("#e-dafyr") == "Please enter a number from 1900 to 2030."


# -- languages ------------------------------------------------------------------------------------------


def test_a_switch_of_language_keeps_answers_and_page(respondent: Respondent) -> None:
    respondent.opens(FOREIGN, page_of(FOREIGN))
    respondent.ticks("agree", 1)
    respondent.goes_on()
    respondent.ticks("well2", "na")
    respondent.clicks("[data-language=pt]")
    assert respondent.script("return [document.documentElement.lang, document.title]") == ["pt", "A sua semana"]
    assert respondent.text("#t-week") == "A última semana"
    assert respondent.text("#c-week-na") == "Não se aplica"
    assert respondent.find("#a-well2-na").is_selected()
    # Nobody has written the buttons in Portuguese; a screen reader is told that they are English.
    assert respondent.text("#next") == "Next"
    assert respondent.find("#next span").get_attribute("lang") == "en"
    assert respondent.find("[data-language=pt]").get_attribute("aria-pressed") == "true"
    respondent.clicks("[data-language=en]")
    assert respondent.find("#next span").get_attribute("lang") in (None, "")


# -- sending --------------------------------------------------------------------------------------------


@contextmanager
def server(*statuses: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that answers with these statuses in turn, and what was posted to it."""
    posted: list[dict[str, Any]] = []
    turns = iter(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.answer(204)

        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(next(turns))

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/answers", posted
    finally:
        running.shutdown()
        running.server_close()


def to_the_end(respondent: Respondent) -> None:
    respondent.ticks("cons", 1)
    respondent.goes_on()
    respondent.goes_on()
    assert respondent.text("#next") == "Send my answers"
    respondent.goes_on()


def test_answers_are_sent_and_the_copy_is_deleted(respondent: Respondent) -> None:
    with server(201) as (address, posted):
        respondent.opens(SMALL, page_of(SMALL, post_to=address), LINK)
        to_the_end(respondent)
        respondent.until(lambda: respondent.text("#t-end-") == "Thank you")
    assert [one["answers"] for one in posted] == [{"cons": 1}]
    assert respondent.text("#status") == "Your answers have arrived. You may close this page."
    respondent.clicks("[data-language=es]")
    assert respondent.text("#status") == "Sus respuestas han llegado. Puede cerrar esta página."
    assert respondent.script("return localStorage.length") == 0
    assert not respondent.shown("#back")
    assert not respondent.shown("#send")


def test_answers_that_do_not_arrive_are_not_lost(respondent: Respondent) -> None:
    with server(500, 200) as (address, posted):
        respondent.opens(SMALL, page_of(SMALL, post_to=address), LINK)
        to_the_end(respondent)
        respondent.until(lambda: respondent.text("#status").startswith("Your answers could not be sent."))
        assert respondent.script("return localStorage.length") == 1
        assert respondent.text("#send") == "Try again"
        handed = respondent.hands_over()
        respondent.clicks("#send")
        respondent.until(lambda: respondent.text("#t-end-") == "Thank you")
    assert posted == [handed, handed]
    assert "500" in " ".join(respondent.complaints())  # the browser's own remark


def test_a_server_that_is_not_there_leaves_the_file(respondent: Respondent) -> None:
    with server() as (address, _):
        pass
    respondent.opens(SMALL, page_of(SMALL, post_to=address), LINK)
    to_the_end(respondent)
    respondent.until(lambda: respondent.shown("#download"))
    assert respondent.hands_over()["answers"] == {"cons": 1}
    assert "ERR_CONNECTION_REFUSED" in " ".join(respondent.complaints())


# -- looks and safety -----------------------------------------------------------------------------------


def test_on_a_phone_nothing_is_wider_than_the_screen(respondent: Respondent) -> None:
    respondent.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True})
    try:
        optional = tuple(block.id for block in RELEASED.form("F").blocks if block.optional)
        respondent.opens(RELEASED, page_of(RELEASED, optional_blocks=optional), f"{LINK}&language=es")
        wide = respondent.script("""
            const out = [];
            for (const one of document.querySelectorAll("[data-block], .question, #preview")) one.hidden = false;
            for (const one of document.querySelectorAll("main *, header *, footer *")) {
              const box = one.getBoundingClientRect();
              if (box.right > 360.5 || box.left < -0.5) out.push(one.outerHTML.slice(0, 80));
            }
            return [document.documentElement.scrollWidth, out];""")
        assert wide == [360, []]
        # A matrix is cards: the points of a row stand below its statement, all within the screen.
        card = respondent.script("""
            const row = document.querySelector("#b-flearn .row");
            const points = [...row.querySelectorAll("td.point")].map((one) => one.getBoundingClientRect());
            return [points.length, new Set(points.map((one) => one.top)).size,
              points[0].top >= row.querySelector("th").getBoundingClientRect().bottom, points[0].width];""")
        assert card[:3] == [7, 1, True]
        assert card[3] >= 36
    finally:
        respondent.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_each_answer_of_a_matrix_has_a_name_made_of_row_and_column(respondent: Respondent) -> None:
    respondent.opens(FOREIGN, page_of(FOREIGN))
    respondent.ticks("agree", 1)
    respondent.goes_on()
    assert respondent.find("#a-well1-2").accessible_name == "I slept well. Always"
    assert respondent.find("#a-well2-na").accessible_name == "I was in good spirits. Does not apply"
    assert respondent.script("return document.querySelectorAll('#b-week th[scope=col]').length") == 4


def test_texts_with_mark_up_are_shown_and_do_nothing(respondent: Respondent) -> None:
    nasty = "<script>window.bad = 1</script><img src=x onerror='window.bad = 1'> & {name}"
    changed = with_words(nasty)
    respondent.opens(changed, page_of(changed), "?firm_id=<script>window.bad=1</script>")
    respondent.clicks("[data-language=pt]")
    respondent.clicks("[data-language=en]")
    assert respondent.text("#t-hello") == nasty
    assert respondent.text("#q-agree span") == nasty
    assert respondent.script("return [window.bad, document.images.length]") == [None, 0]
