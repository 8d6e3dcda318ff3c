"""What R says (tests/reference/measurement/script.R), and one pytest case for each part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "measurement"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


def cases(kind: str) -> list[Any]:
    """(data set, name) of every reference of a ``kind``, ready for ``pytest.mark.parametrize``."""
    return [pytest.param(data, name, id=f"{data}, {name}") for data, part in REFERENCE.items() for name in part[kind]]
