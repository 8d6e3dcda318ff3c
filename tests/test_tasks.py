"""tasks.py: the one door, with nothing but the standard library."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_only_the_standard_library_is_imported() -> None:
    tree = ast.parse((ROOT / "tasks.py").read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    named = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    assert named <= set(sys.stdlib_module_names)


def test_an_unknown_task_is_named_with_the_known_ones() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tasks.py"), "tset"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "tset" in done.stderr
    assert "test" in done.stderr


def test_without_a_task_the_tasks_are_listed() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tasks.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    for task in ("setup", "run", "test", "view", "check"):
        assert f"tasks.py {task}" in done.stdout
