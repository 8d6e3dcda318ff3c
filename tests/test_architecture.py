"""Imports go downward only, and arrays stay arrays: the house rules, kept by machine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FORBIDDEN = {
    "instrument": ("pipeline", "viewer", "streamlit", "semopy", "factor_analyzer", "pingouin"),
    "pipeline/sem": ("instrument.model", "instrument.store", "pipeline.data", "pipeline.results", "pipeline.report",
                     "pipeline.run", "pipeline.study", "pathlib", "streamlit", "matplotlib", "pipeline.measurement",
                     "pipeline.analyses", "pipeline.commands", "pipeline.models"),
    "pipeline/moments": ("instrument.model", "instrument.store", "pipeline.data", "pipeline.results", "pipeline.sem",
                         "pipeline.measurement", "pipeline.study", "pathlib", "streamlit", "matplotlib"),
    "pipeline/measurement": ("instrument.model", "instrument.store", "pipeline.data", "pipeline.results",
                             "pipeline.report", "pipeline.run", "pipeline.study", "pathlib", "streamlit", "matplotlib"),
    "pipeline/data": ("pipeline.sem", "pipeline.measurement", "pipeline.results", "pipeline.report", "pipeline.run",
                      "streamlit", "matplotlib"),
    "pipeline/report": ("semopy", "factor_analyzer", "pingouin", "streamlit", "pipeline.run", "pipeline.power"),
    "viewer": ("semopy", "factor_analyzer", "pingouin", "scipy", "pipeline.run", "pipeline.power"),
    "pipeline": ("viewer", "streamlit"),
}


def imported_modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize(("folder", "forbidden"), FORBIDDEN.items())
def test_imports_go_downward_only(folder: str, forbidden: tuple[str, ...]) -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for module in sorted(imported_modules(path))
        if any(module == name or module.startswith(f"{name}.") for name in forbidden)
    ]
    assert not broken


def test_estimation_is_of_arrays_and_semopy_is_only_a_second_opinion() -> None:
    frames = {path.name for path in (ROOT / "pipeline" / "sem").glob("*.py")
              if imported_modules(path) & {"pandas", "semopy"}}
    assert frames == {"crosscheck.py"}
    users = {path.name for path in (ROOT / "pipeline").rglob("*.py") if "semopy" in imported_modules(path)}
    assert users == {"crosscheck.py"}


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    paths = (ROOT / "pipeline" / "cli.py", *(ROOT / "pipeline" / "command_line").glob("*.py"))
    light = set().union(*(imported_at_top(path) for path in paths))
    assert not light & {"pandas", "numpy", "scipy", "semopy", "matplotlib", "pingouin", "factor_analyzer", "streamlit"}


def imported_at_top(path: Path) -> set[str]:
    """First names of modules imported when the file is loaded (not inside functions)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_constraints_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines
    assert all("==" in line and "/" not in line for line in lines)
