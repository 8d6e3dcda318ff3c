"""The machine and the versions that a run was measured with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PROCESSORS = Path("/proc/cpuinfo")


def machine(*others: str) -> dict[str, str]:
    """What a reader needs to place the numbers; no names of hosts or folders.

    Parameters
    ----------
    others
        Programs with their versions, ``R 4.2.2``.
    """
    found = {
        "processor": processor(), "cores": str(os.cpu_count()), "system": platform.system(),
        "Python": platform.python_version(), "numpy": version("numpy"), "scipy": version("scipy"),
    }
    for name, number in (other.rsplit(" ", 1) for other in others):
        found[name] = number
    return found


def processor() -> str:
    """The processor's name, where the system tells."""
    if _PROCESSORS.is_file():
        for line in _PROCESSORS.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
