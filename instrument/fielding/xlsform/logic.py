"""Routing, bounds and exclusions of an instrument as XPath expressions with ``${…}`` references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from instrument.fielding.words import is_typed
from instrument.fielding.xlsform import names
from instrument.model import Condition, Fact, Form, Item, Note, Option

Asked = Mapping[str, Item | Fact]
"""Question id → question, of one form."""


def asked(form: Form) -> Asked:
    return {q.id: q for _, q in form.questions() if not isinstance(q, Note)}


def all_of(*conditions: str | None) -> str:
    """Expressions that must all hold; those that are empty ask for nothing."""
    given = [condition for condition in conditions if condition]
    return given[0] if len(given) == 1 else " and ".join(f"({condition})" for condition in given)


def condition(questions: Asked, wanted: Condition) -> str:
    """True where the answer to a question is one of the codes."""
    question = questions[wanted.question]
    terms = [_holds(question, str(code)) for code in wanted.any_of]
    return " or ".join(terms) or "false()"


def conditions(questions: Asked, wanted: Iterable[Condition]) -> str:
    return all_of(*(condition(questions, one) for one in wanted))


def _holds(question: Item | Fact, code: str) -> str:
    if is_typed(question):  # only its missing codes are codes, and they stand beside it
        return f"${{{names.reason_field(question.id)}}} = '{code}'"
    reference = f"${{{names.field(question.id)}}}"
    if isinstance(question, Fact) and question.kind == "choices":
        return f"selected({reference}, '{code}')"
    return f"{reference} = '{code}'"


def number(value: float) -> str:
    """``5000000.0`` as a respondent would write it."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def bounds(fact: Fact) -> tuple[str | None, str | None]:
    """Least and greatest number that is accepted. Nobody counts below nothing."""
    low = 0.0 if fact.minimum is None and fact.kind == "count" else fact.minimum
    return (None if low is None else number(low)), (None if fact.maximum is None else number(fact.maximum))


def within(low: str | None, high: str | None) -> str:
    return all_of(None if low is None else f". >= {low}", None if high is None else f". <= {high}")


def alone(missing: Iterable[Option]) -> str:
    """A missing code is chosen alone or not at all."""
    chosen = " or ".join(f"selected(., '{option.code}')" for option in missing)
    return f"count-selected(.) <= 1 or not({chosen})" if chosen else ""


@dataclass(slots=True)
class Going:
    """Whether the interview goes on, as far as one has come.

    Each question with codes that end the interview adds a field that is 1 while it goes on. Every field builds on the
    one before, because what stands after the second such question must not hang on an answer that comes later.
    """

    questions: Asked
    fields: list[tuple[str, str]] = field(default_factory=list)
    """Name and calculation of each field."""

    @property
    def on(self) -> str | None:
        """The condition under which what follows is shown; None while nothing can have ended the interview."""
        return f"${{{self.fields[-1][0]}}} = 1" if self.fields else None

    @property
    def over(self) -> str | None:
        return f"${{{self.fields[-1][0]}}} = 0" if self.fields else None

    def after(self, question: Item | Fact | Note) -> None:
        """Pass a question."""
        if not isinstance(question, Fact) or not question.screen_out:
            return
        ended = condition(self.questions, Condition(question=question.id, any_of=question.screen_out))
        going_on = all_of(self.on, f"not({ended})")
        self.fields.append((f"go_on_{question.id}", f"if({going_on}, 1, 0)"))
