"""What is wrong, where, which rule it breaks, and how to mend it.

A :class:`Finding` is one fact about bad input. Checks collect findings and go on; a step that
cannot go on raises :class:`InputError` with everything it found. The command line prints findings
and exits with status 2; nobody sees a traceback for bad input.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Attributes
    ----------
    code
        Stable identifier in capitals and dashes, e.g. ``DATA-CODE``; documented in ``docs/errors.md``.
    place
        Where: file, and row, column, key or line as far as known.
    rule
        What should have held, and what was found instead.
    fix
        What the reader can do about it.
    severity
        ``error`` stops the work; ``warning`` is shown and the work goes on.
    """

    code: str
    place: str
    rule: str
    fix: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"[{self.code}] {self.place}\n    {self.rule}\n    Fix: {self.fix}"


class InputError(Exception):
    """Input that cannot be used, with every finding that says why."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (
            (findings,) if isinstance(findings, Finding) else tuple(findings)
        )
        if not self.findings:
            raise ValueError("an InputError needs at least one finding")
        super().__init__("\n".join(str(finding) for finding in self.findings))
