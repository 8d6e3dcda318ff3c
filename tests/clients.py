"""Programs we did not write, asked to judge our exports.

``python3 tasks.py clients`` installs them into ``.clients``: a Python environment of its own (their pins are not
ours) and a folder of Node packages. A test whose client is not there is skipped; on continuous integration, where
``CI`` is set, it fails, because a client nobody asked has agreed to nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = ROOT / ".clients"
SCRIPTS = Path(__file__).resolve().parent / "client_scripts"
_BIN = "Scripts" if sys.platform == "win32" else "bin"
PATIENCE = 120
"""Seconds that a client may take."""


def absent(what: str) -> None:
    """Skip the test, or fail it on continuous integration."""
    reason = f"{what} is not there; `python3 tasks.py clients` installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(program: str) -> str:
    """Path of a program of this machine, such as ``java`` or ``chromium``."""
    found = shutil.which(program)
    if found is None:
        absent(program)
    return str(found)


def client_python() -> Path:
    """The interpreter in whose environment pyxform, linkml-redcap and reproschema are installed."""
    python = CLIENTS / "python" / _BIN / "python"
    if not python.exists():
        absent("the environment of foreign Python clients")
    return python


def run(*command: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a client to its end; nothing is judged here."""
    return subprocess.run(
        [str(part) for part in command], input=text, capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE, check=False,
    )


def python_client(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script of ``tests/client_scripts`` by the foreign environment's interpreter."""
    return run(client_python(), SCRIPTS / script, *arguments)


def node_script(script: str, *arguments: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script of ``tests/client_scripts`` by Node; ``CLIENT_MODULES`` says where its packages are."""
    node = need("node")
    modules = CLIENTS / "node" / "node_modules"
    if not modules.is_dir():
        absent("the folder of Node packages")
    environment = {**os.environ, "CLIENT_MODULES": str(modules)}
    return subprocess.run(
        [node, str(SCRIPTS / script), *map(str, arguments)], input=text, capture_output=True, text=True,
        encoding="utf-8", timeout=PATIENCE, check=False, env=environment,
    )
