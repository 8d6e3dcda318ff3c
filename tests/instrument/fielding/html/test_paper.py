"""The sheet to print: the same questions, boxes with codes, routing in words."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from instrument import store
from instrument.fielding import paper
from instrument.fielding.capabilities import FEATURES
from instrument.fielding.exports import wanted
from instrument.model import Instrument, Note
from tests.instrument.fielding.html.foreign import foreign_instrument
from tests.instrument.fielding.small import small_instrument

RELEASED = store.load("1.0.0")


def sheet(instrument: Instrument, form: str = "F", language: str = "en", **options: Any) -> Any:
    files = paper.export(instrument, wanted(instrument, forms=(form,), language=language, **options))
    return lxml_html.document_fromstring(files[0].content.decode("utf-8"))


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def part(page: Any, question: str) -> str:
    return words(page.xpath(f"//*[@data-question='{question}']")[0])


def test_one_file_a_form_and_language_always_the_same() -> None:
    instrument = small_instrument()
    files = paper.export(instrument, wanted(instrument))
    assert [file.name for file in files] == [
        "small-F-1.0.0-en-paper.html", "small-F-1.0.0-es-paper.html", "small-A-1.0.0-en-paper.html",
        "small-A-1.0.0-es-paper.html"]
    assert paper.export(instrument, wanted(instrument)) == files


@pytest.mark.parametrize("instrument", [RELEASED, small_instrument(), foreign_instrument()], ids=lambda one: one.name)
def test_every_question_and_answer_stands_on_the_sheet(instrument: Instrument) -> None:
    for form in instrument.forms:
        for language in instrument.languages:
            page = sheet(instrument, form.id, language)
            whole = words(page)
            for block, question in form.questions(optional=()):
                keys = [f"question.{question.id}", f"block.{block.id}.title"]
                assert all(" ".join(instrument.text(key, language).split()) in whole for key in keys)
                if not isinstance(question, Note):
                    options = instrument.options(question)
                    boxes = page.xpath(f"//*[@data-question='{question.id}']//*[@class='code']/text()")
                    assert boxes == [str(option.code) for option in options]
                    assert all(instrument.label(question, option.code, language) in whole for option in options)


def test_nothing_is_loaded_and_nothing_runs() -> None:
    for file in paper.export(RELEASED, wanted(RELEASED)):
        text = file.content.decode("utf-8")
        assert "http://" not in text
        assert "https://" not in text
        page = lxml_html.document_fromstring(text)
        assert not page.xpath("//script | //link | //img | //input | //button | //@src | //@href | //@style")


def test_questions_are_numbered_without_gaps() -> None:
    numbers = [int(number) for number in sheet(RELEASED).xpath("//*[@class='running']/text()")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_routing_is_told_in_words() -> None:
    page = sheet(small_instrument())
    assert "Answer only if your answer to question 4 is “Yes”." in part(page, "dafyr")
    assert "4 Is there an alliance function?" in part(page, "dafex")
    assert "If your answer is “No”, please stop here" in part(page, "cons")
    assert "Answer this part only if your answer to question 6 is “Trains” or “I don't know”." in words(
        page.get_element_by_id("b-rout"))
    assert "(from 1900 to 2030)" in part(page, "dafyr")
    assert "(0 or more)" not in part(page, "tenr")
    spanish = sheet(small_instrument(), language="es")
    assert "Responda solo si su respuesta a la pregunta 4 es “Sí”." in part(spanish, "dafyr")


def test_each_page_says_what_it_is_and_the_first_has_lines_for_codes() -> None:
    page = sheet(small_instrument(), "A", "es")
    assert words(page.xpath("//thead")[0]) == "Pequeño: La alianza small A, Versión 1.0.0, Español (es)"
    assert words(page.find_class("codes")[0]).endswith(
        "Código de la empresa: Código de la alianza: Su propio código:")


def test_paper_says_what_it_cannot_do() -> None:
    assert paper.CAPABILITIES.keys() == FEATURES.keys()
    lost = {loss.feature for loss in paper.losses(small_instrument(), wanted(small_instrument()))}
    assert {"item order", "routing", "screen out", "bounds", "version stamp", "identifiers"} <= lost
    foreign = foreign_instrument()
    assert ("pt",) in [loss.where for loss in paper.losses(foreign, wanted(foreign)) if loss.feature == "languages"]


@pytest.mark.browser
def test_a_browser_prints_it(tmp_path: Path) -> None:
    from tests.clients import need
    chromium = need("chromium")
    file = paper.export(RELEASED, wanted(RELEASED, forms=("F",), language="en"))[0]
    (tmp_path / "sheet.html").write_bytes(file.content)
    subprocess.run(
        [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
         f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'sheet.pdf'}",
         (tmp_path / "sheet.html").as_uri()], check=True, capture_output=True, timeout=60)
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        return
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "sheet.pdf"), "-"], check=True, capture_output=True,
                          text=True, encoding="utf-8").stdout
    leaves = text.split("\f")[:-1]
    assert all("alliometrics F, Version 1.0.0, English (en)" in leaf for leaf in leaves)
    assert all(f"{k} / {len(leaves)}" in leaf for k, leaf in enumerate(leaves, start=1))
    assert 8 <= len(leaves) <= 20
