"""A respondent in a real headless Chromium: what one does with a mouse, and with a keyboard alone."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from instrument.fielding import html
from instrument.fielding.exports import Wanted, wanted
from instrument.model import Instrument

PATIENCE = 20
LINK = "?firm_id=F0001&informant_id=F0001-P0"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--window-size=1100,2400",
)


def page_of(instrument: Instrument, form: str = "F", **options: Any) -> Wanted:
    """The wish for the page of one form."""
    return wanted(instrument, forms=(form,), **options)


@contextmanager
def opened_browser(profile: Path, downloads: Path) -> Iterator[Any]:
    """Chromium that saves into ``downloads`` without asking. Skips where there is none; fails where CI is set."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        missing = "This needs chromium and chromedriver on the path (Debian: chromium, chromium-driver)."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_page_load_timeout(PATIENCE)
    try:
        yield browser
    finally:
        browser.quit()


class Respondent:
    """Somebody who fills in a page. ``downloads`` is where the browser saves."""

    def __init__(self, browser: Any, folder: Path, downloads: Path) -> None:
        self.browser, self.folder, self.downloads = browser, folder, downloads

    # -- the page ---------------------------------------------------------------------------------------

    def opens(self, instrument: Instrument, wish: Wanted, link: str = "") -> None:
        """Open the page of the one form wanted, for the first time in this browser."""
        file = html.export(instrument, wish)[0]
        path = self.folder / file.name
        path.write_bytes(file.content)
        self.browser.get("about:blank")
        kept = {"origin": "file://", "storageTypes": "local_storage"}
        self.browser.execute_cdp_cmd("Storage.clearDataForOrigin", kept)
        self.browser.get(path.as_uri() + link)

    def script(self, text: str, *arguments: Any) -> Any:
        return self.browser.execute_script(text, *arguments)

    def find(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.script("return document.querySelector(arguments[0]).textContent", selector)).strip()

    def shown(self, selector: str) -> bool:
        return bool(self.script(
            "return Boolean(document.querySelector(arguments[0])?.getClientRects().length)", selector))

    def asked(self) -> set[str]:
        """Ids of the questions and notes shown."""
        return set(self.script(
            "return [...document.querySelectorAll('[data-question]')].filter((one) => one.getClientRects().length)"
            ".map((one) => one.dataset.question)"))

    @property
    def page(self) -> str:
        """Id of the block shown."""
        return str(self.script("return document.querySelector('[data-block]:not([hidden])').dataset.block"))

    @property
    def focus(self) -> str:
        return str(self.script("return document.activeElement.id"))

    def complaints(self) -> list[str]:
        """What the browser's console holds against the page."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"this did not come true on page {self.page}"
            time.sleep(0.02)

    # -- the mouse --------------------------------------------------------------------------------------

    def clicks(self, selector: str) -> None:
        self.find(selector).click()

    def ticks(self, question: str, *codes: object) -> None:
        for code in codes:
            self.clicks(f"#a-{question}-{code}")

    def types(self, question: str, text: str) -> None:
        field = self.find(f"#a-{question}")
        field.clear()
        field.send_keys(text)

    def answers(self, *answers: tuple[str, str]) -> None:
        """Click on boxes and type into fields, one after the other: (id of the box or field, text to type or "").

        One message to the browser for the lot; the window is so high that nothing must be scrolled.
        """
        from selenium.webdriver.common.action_chains import ActionChains

        elements = self.script(
            "return arguments[0].map((id) => document.getElementById(id))", [id_ for id_, _ in answers])
        chain = ActionChains(self.browser, duration=0)
        for element, (_, text) in zip(elements, answers, strict=True):
            chain.move_to_element(element).click()
            if text:
                chain.send_keys(text)
        chain.perform()

    def goes_on(self) -> None:
        """Next, and wait for the next page. Two clicks in one place count as a double click, so it may take a while."""
        self._leaves("next")

    def goes_back(self) -> None:
        self._leaves("back")

    def _leaves(self, button: str) -> None:
        before, end = self.page, time.monotonic() + PATIENCE
        self.clicks(f"#{button}")
        while self.page == before:
            assert time.monotonic() < end, f"the page {before} is not left: {self.text('#alert')}"
            time.sleep(0.15)
            if self.page == before:
                self.clicks(f"#{button}")

    # -- the keyboard -----------------------------------------------------------------------------------

    def presses(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        chain = ActionChains(self.browser, duration=0)
        for key in keys:
            chain.send_keys(getattr(Keys, key) if key.isupper() and len(key) > 1 else key)
        chain.perform()

    def tabs_to(self, id_: str, *, most: int = 40) -> None:
        for _ in range(most):
            self.presses("TAB")
            if self.focus == id_:
                return
        raise AssertionError(f"no way by Tab to {id_}; the last stop was {self.focus!r}")

    # -- the end ----------------------------------------------------------------------------------------

    def saved(self) -> Path:
        """The file that the browser has just saved."""
        self.until(lambda: list(self.downloads.glob("*.json")))
        found = list(self.downloads.glob("*.json"))
        assert len(found) == 1
        return found[0]

    def hands_over(self) -> dict[str, Any]:
        self.clicks("#download")
        found: dict[str, Any] = json.loads(self.saved().read_text(encoding="utf-8"))
        return found
