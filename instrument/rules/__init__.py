"""Judge an instrument: every broken rule at once, each with its place and its fix.

The types of :mod:`instrument.model` say what can be written down; the rules say what makes sense.
A rule is a small pure function that yields its breaches and raises nothing, whatever else is
broken, so one run shows all there is to mend. The rules live here by subject::

    naming.py       ids that are legal on every platform, and unique
    structure.py    what every form, construct and dimension must have
    answers.py      scales, answer codes, bounds
    routing.py      conditions that can be judged when their question is asked
    wording.py      texts that can be answered without a second reading
    translation.py  languages that say all that the base language says

To add a rule, write a function with the decorator :func:`~instrument.rules.registry.rule` in one of
these modules, a case in ``tests/instrument/test_rules.py``, and a row in ``docs/instrument.md``;
tests fail until all three are there.
"""

from __future__ import annotations

from collections.abc import Sequence

from instrument.errors import Finding
from instrument.model import Instrument
from instrument.rules import answers, naming, routing, structure, translation, wording
from instrument.rules.registry import Rule
from instrument.rules.wording import PACE, Pace, estimated_minutes

__all__ = ["PACE", "RULES", "Pace", "Rule", "check", "estimated_minutes"]

RULES: tuple[Rule, ...] = tuple(
    found
    for module in (naming, structure, answers, routing, wording, translation)
    for found in vars(module).values()
    if isinstance(found, Rule)
)
"""All rules, by subject and in the order they are written."""


def check(instrument: Instrument, *, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """Every breach of every rule; a finding of severity ``error`` bars a release, a ``warning`` does not."""
    return tuple(finding for rule in rules for finding in rule.findings(instrument))
