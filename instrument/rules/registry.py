"""What a rule is, and the few ways in which all of them look at an instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from instrument.errors import Finding, Severity
from instrument.model import Block, Fact, Form, Instrument, Item, Note, Option, ResponseScale

Breach = tuple[str, str, str]
"""Place (below version and file), what was found against the rule, and the fix."""


HOUSE = "alliometrics"
"""The name of our own instrument."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code, what should hold, and the function that yields its breaches.

    A rule of the ``house`` is about how we build a questionnaire. Whoever fields another one, say a scale of five
    published sentences, did not promise to keep it: there its breaches are warnings.
    """

    code: str
    holds: str
    severity: Severity
    breaches: Callable[[Instrument], Iterator[Breach]]
    house: bool = False

    def severity_in(self, instrument: Instrument) -> Severity:
        """How grave a breach is in this instrument."""
        return "warning" if self.house and instrument.name != HOUSE else self.severity

    def findings(self, instrument: Instrument) -> Iterator[Finding]:
        """The rule's breaches in ``instrument`` as findings."""
        severity = self.severity_in(instrument)
        for place, found, fix in self.breaches(instrument):
            file = place if ".yaml: " in place else f"instrument.yaml: {place}"
            yield Finding(self.code, f"{instrument.version}/{file}", found, fix, severity)


def rule(
    code: str, severity: Severity = "error", *, house: bool = False,
) -> Callable[[Callable[[Instrument], Iterator[Breach]]], Rule]:
    """Make a rule of a function; the first line of its docstring says what should hold."""

    def register(breaches: Callable[[Instrument], Iterator[Breach]]) -> Rule:
        return Rule(code, (breaches.__doc__ or "").partition("\n")[0], severity, breaches, house)

    return register


@dataclass(frozen=True, slots=True)
class Asked:
    """A question where it stands."""

    form: Form
    block: Block
    question: Item | Fact | Note

    def __str__(self) -> str:
        return f"form {self.form.id}, block {self.block.id}, question {self.question.id}"


def asked(instrument: Instrument) -> Iterator[Asked]:
    """Every question of every form in order, notes and optional blocks included."""
    for form in instrument.forms:
        for block, question in form.questions():
            yield Asked(form, block, question)


def items(instrument: Instrument) -> Iterator[tuple[Asked, Item]]:
    """Every item where it stands."""
    for where in asked(instrument):
        if isinstance(where.question, Item):
            yield where, where.question


def facts(instrument: Instrument) -> Iterator[tuple[Asked, Fact]]:
    """Every fact where it stands."""
    for where in asked(instrument):
        if isinstance(where.question, Fact):
            yield where, where.question


def scale_named(instrument: Instrument, scale_id: str | None) -> ResponseScale | None:
    """The scale, or None if there is none of that id (a rule of its own says so)."""
    return next((scale for scale in instrument.scales if scale.id == scale_id), None)


def substantive(instrument: Instrument, question: Item | Fact) -> tuple[Option, ...]:
    """Scale points and options of a question: its answers that are not missing codes."""
    scale = scale_named(instrument, question.scale)
    return (scale.points if scale else ()) + (question.options if isinstance(question, Fact) else ())


def offered(instrument: Instrument, question: Item | Fact) -> tuple[Option, ...]:
    """Every answer code a question offers, missing codes last. Total, unlike ``Instrument.options``."""
    scale = scale_named(instrument, question.scale)
    extra = question.missing if isinstance(question, Fact) else ()
    return substantive(instrument, question) + (scale.missing if scale else ()) + extra


def listed(values: object) -> str:
    """``a, b, c`` for people."""
    return ", ".join(str(value) for value in values) if isinstance(values, tuple | list | set) else str(values)
