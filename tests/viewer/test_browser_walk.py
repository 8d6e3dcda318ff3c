"""A walk through the viewer in a real headless Chromium: what AppTest cannot see.

Without Chromium and its driver the walk is skipped; in continuous integration (``CI=true``) that is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
"""Seconds to wait for anything; a busy machine with two cores needs some of them."""

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--window-size=1300,1600",
)
WALK = (
    ("Claims", "/claims", "Claims"), ("Instrument", "/instrument", "Instrument"),
    ("Data quality", "/data-quality", "Data quality"),
    ("Reliability and factors", "/reliability", "Reliability and factors"), ("Model", "/model", "Model"),
    ("Robustness", "/robustness", "Robustness"), ("Provenance", "/provenance", "Provenance"),
    ("Overview", "/", "Alliance experience and capability"),
)


@pytest.fixture(scope="module")
def address(results_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the viewer runs, on a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless=true",
        f"--server.port={port}", "--server.address=127.0.0.1", "--server.fileWatcherType=none", "--", str(results_root),
    ]
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out) as server:
        try:
            _wait_until_well(server, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium with a profile of its own."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        missing = "The walk needs chromium and chromedriver on the path (Debian: chromium, chromium-driver)."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=Service(driver))
    opened.set_page_load_timeout(PATIENCE)
    yield opened
    opened.quit()


def test_every_page_opens_by_its_link_in_the_navigation(address: str, browser: Any) -> None:
    browser.get(address)
    _heading(browser, "Alliance experience and capability")
    for link, path, heading in WALK:
        _click(browser, f"//*[@data-testid='stSidebarNav']//a[contains(., '{link}')]")
        _heading(browser, heading)
        _settled(browser)
        assert urlsplit(browser.current_url).path == path
        assert not _all(browser, "//*[@data-testid='stException']")
        assert not _all(browser, "//*[@data-testid='stAlertContentError']")


def test_pictures_are_drawn_and_have_words_for_those_who_cannot_see_them(address: str, browser: Any) -> None:
    browser.get(f"{address}/model")
    _heading(browser, "Model")
    _settled(browser)
    _until(browser, lambda: len(_pictures(browser)) == 4)
    _until(browser, lambda: all(p.get_property("naturalWidth") for p in _pictures(browser)))
    assert all(picture.get_attribute("alt") for picture in _pictures(browser))


def test_a_link_carries_page_and_selection(address: str, browser: Any) -> None:
    browser.get(f"{address}/instrument?results=second&language=es&form=A")
    _heading(browser, "Instrument")
    _until(browser, lambda: _chosen(browser, "Language") == "Español (es)")
    assert _chosen(browser, "Form") == "Form A (alliance)"
    assert _chosen(browser, "Results folder") == "second"
    assert _query(browser) >= {("results", "second"), ("language", "es"), ("form", "A")}


def test_selections_outlast_a_visit_to_another_page(address: str, browser: Any) -> None:
    browser.get(f"{address}/reliability?results=second&scale=amco")
    _heading(browser, "Reliability and factors")
    _until(browser, lambda: _chosen(browser, "Scale") == "Coordination and conflict (amco)")
    _click(browser, "//*[@data-testid='stSidebarNav']//a[contains(., 'Data quality')]")
    _heading(browser, "Data quality")
    _settled(browser)
    assert _chosen(browser, "Results folder") == "second"
    assert "scale" not in dict(_query(browser))
    _click(browser, "//*[@data-testid='stSidebarNav']//a[contains(., 'Reliability')]")
    _heading(browser, "Reliability and factors")
    _until(browser, lambda: _query(browser) >= {("results", "second"), ("scale", "amco")})


def test_a_choice_made_by_hand_goes_into_the_link(address: str, browser: Any) -> None:
    browser.get(f"{address}/model")
    _heading(browser, "Model")
    _settled(browser)
    _click(browser, "//button[contains(., 'All respondents')]")
    _until(browser, lambda: ("rows", "all respondents") in _query(browser))
    link = browser.current_url
    browser.get("about:blank")
    browser.get(link)
    _until(browser, lambda: bool(_all(browser, "//h3[contains(., 'Loadings: M1, all respondents')]")))


def test_from_a_claim_to_its_model_and_on_to_another_claim(address: str, browser: Any) -> None:
    browser.get(f"{address}/claims?results=second&claim=H309&verdict=inconclusive&find=function")
    _until(browser, lambda: bool(_all(browser, "//h3[contains(., 'H309')]")))
    _settled(browser)
    _click(browser, "//a[contains(., 'M1c with all its estimates')]")
    _heading(browser, "Model")
    _until(browser, lambda: _query(browser) >= {("results", "second"), ("model", "M1c"), ("rows", "screened")})
    _until(browser, lambda: bool(_all(browser, "//h3[contains(., 'Regression paths: M1c, screened')]")))
    _settled(browser)
    _click(browser, "//summary[contains(., 'that this model decides')]")
    _click(browser, "//a[contains(., 'H309')]")
    _heading(browser, "Claims")
    _until(browser, lambda: bool(_all(browser, "//h3[contains(., 'H309')]")))
    _until(browser, lambda: _query(browser) >= {("claim", "H309"), ("verdict", "any")})
    assert "find" not in dict(_query(browser))


def test_a_link_within_the_visit_outdoes_what_was_chosen_before(address: str, browser: Any) -> None:
    browser.get(f"{address}/model?results=second&model=pillars")
    _heading(browser, "Model")
    _settled(browser)
    _click(browser, "//*[@data-testid='stSidebarNav']//a[contains(., 'Claims')]")
    _heading(browser, "Claims")
    _settled(browser)
    _click(browser, "//a[contains(., 'with all its estimates')]")
    _heading(browser, "Model")
    _settled(browser)
    _until(browser, lambda: ("model", "pillars") not in _query(browser) and "model" in dict(_query(browser)))


# -- small tools ----------------------------------------------------------------------------------


def _wait_until_well(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Ask the server how it is until it answers; what it printed if it never does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"The viewer did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


def _until(browser: Any, holds: Any) -> None:
    """Wait until ``holds()``; elements may be replaced while one looks at them."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, PATIENCE, ignored_exceptions=[StaleElementReferenceException]).until(lambda _: holds())


def _all(browser: Any, path: str) -> list[Any]:
    found: list[Any] = browser.find_elements("xpath", path)
    return found


def _click(browser: Any, path: str) -> None:
    from selenium.common.exceptions import ElementClickInterceptedException, ElementNotInteractableException

    def clicked() -> bool:
        try:
            found = _all(browser, path)
            if found:
                found[0].click()
            return bool(found)
        except (ElementClickInterceptedException, ElementNotInteractableException):  # still on its way
            return False

    _until(browser, clicked)


def _heading(browser: Any, words: str) -> None:
    _until(browser, lambda: any(words in h.text for h in _all(browser, "//h1")))


def _settled(browser: Any) -> None:
    """Wait until the page's script has run to its end."""
    _until(browser, lambda: bool(_all(browser, "//*[@data-testid='stApp' and @data-test-script-state='notRunning']")))


def _pictures(browser: Any) -> list[Any]:
    return _all(browser, "//*[@data-testid='stImage']//img | //*[@data-testid='stImageContainer']//img")


def _chosen(browser: Any, label: str) -> str:
    found = _all(browser, f"//*[@data-testid='stSelectbox'][.//label[contains(., '{label}')]]//input")
    return str(found[0].get_attribute("value")) if found else ""


def _query(browser: Any) -> set[tuple[str, str]]:
    return {(key, value) for key, values in parse_qs(urlsplit(browser.current_url).query).items() for value in values}
