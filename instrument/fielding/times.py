"""Times as text, as exports have them."""

from __future__ import annotations

from datetime import datetime


def seconds_between(started: str, ended: str) -> str:
    """Whole seconds from one ISO time to another as text; ``""`` where either is none."""
    try:
        passed = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    except (ValueError, TypeError):  # no time, or one with a zone and one without
        return ""
    return str(int(passed.total_seconds()))
