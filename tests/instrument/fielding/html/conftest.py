"""One browser for all interviews, and a respondent in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.instrument.fielding.html.browser import Respondent, opened_browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    downloads = tmp_path_factory.mktemp("downloads")
    with opened_browser(tmp_path_factory.mktemp("profile"), downloads) as opened:
        yield opened, downloads


@pytest.fixture
def respondent(browser: tuple[Any, Path], tmp_path: Path) -> Iterator[Respondent]:
    opened, downloads = browser
    for old in downloads.glob("*"):
        old.unlink()
    somebody = Respondent(opened, tmp_path, downloads)
    somebody.complaints()  # of the test before
    yield somebody
    assert somebody.complaints() == []
