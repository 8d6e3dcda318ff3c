"""Pins that wait for somebody else's release: each test fails on the day its pin can go."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_scikit_learn_stays_below_1_8_as_long_as_factor_analyzer_needs_it() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    package = importlib.util.find_spec("factor_analyzer")
    assert package is not None
    assert package.origin is not None
    sources = Path(package.origin).parent.glob("*.py")
    needs_it = any("force_all_finite" in source.read_text(encoding="utf-8") for source in sources)
    assert ("scikit-learn<1.8" in dependencies) == needs_it, (
        "factor_analyzer no longer passes force_all_finite, which scikit-learn 1.8 removed: take scikit-learn<1.8 "
        "out of pyproject.toml and the constraints file, then run the reference tests of tests/pipeline/measurement."
        if not needs_it
        else "factor_analyzer still passes force_all_finite, which scikit-learn 1.8 removed: keep scikit-learn<1.8."
    )
