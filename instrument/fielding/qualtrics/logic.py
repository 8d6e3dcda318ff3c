"""Conditions as Qualtrics' logic: sets that must all hold, each with expressions of which one must.

Within a set expressions are joined by Or alone, and sets by And alone, so that no rule of precedence counts.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from instrument.fielding.qualtrics.choices import choices, label
from instrument.fielding.qualtrics.layout import Placed, placed
from instrument.fielding.qualtrics.wording import in_short
from instrument.model import Code, Condition, Form, Instrument

Json = dict[str, Any]

Answer = tuple[str, Code]
"""A question and one of its answer codes."""

Operator = Literal[
    "Selected", "EqualTo", "Empty", "MatchesRegex", "GreaterThanOrEqual", "LessThanOrEqual",
]
IN_WORDS: dict[Operator, str] = {
    "Selected": "Is Selected", "EqualTo": "Is Equal to", "Empty": "Is Empty", "MatchesRegex": "Matches Regex",
    "GreaterThanOrEqual": "Is Greater Than or Equal to", "LessThanOrEqual": "Is Less Than or Equal to",
}


class Logic:
    """Conditions on the answers of one form, described in the language in which its editor shows it."""

    def __init__(self, instrument: Instrument, form: Form, language: str) -> None:
        self._instrument, self._language = instrument, language
        self._places = {q.id: (shown, row) for shown in placed(form) for row, q in enumerate(shown.questions, start=1)}

    def shown_if(self, conditions: Iterable[Condition]) -> Json:
        """Logic that holds where all conditions do."""
        return holds([[self._given((condition.question, code)) for code in condition.any_of]
                      for condition in conditions])

    def any_given(self, answers: Iterable[Answer]) -> Json:
        """Logic that holds where one of the answers was given."""
        return holds([[self._given(answer) for answer in answers]])

    def _given(self, answer: Answer) -> Json:
        question, code = answer
        shown, row = self._places[question]
        about = self._instrument.text(f"question.{question}", self._language)
        if shown.kind == "typed":
            return typed(shown, "EqualTo", str(code), about)
        choice = next(c for c in choices(self._instrument, shown) if c.code == code)
        within = f"{row}/{choice.number}" if shown.kind == "matrix" else choice.number
        return _expression(shown, f"q://{shown.id}/SelectableChoice/{within}", "Selected", "", (
            ("QuestionDesc", about), ("LeftOpDesc", label(self._instrument, shown, choice, self._language))))


def holds(sets: Sequence[Sequence[Json]]) -> Json:
    """Logic that holds where one expression of every set does."""
    out: Json = {}
    for k, expressions in enumerate(sets):
        joined = {str(j): one | ({"Conjuction": "Or"} if j else {})  # Qualtrics' own spelling
                  for j, one in enumerate(expressions)}
        out[str(k)] = joined | {"Type": "AndIf" if k else "If"}
    return out | {"Type": "BooleanExpression"}


def typed(shown: Placed, operator: Operator, operand: str = "", about: str = "") -> Json:
    """An expression on what was typed."""
    return _expression(shown, f"q://{shown.id}/ChoiceTextEntryValue", operator, operand, (("QuestionDesc", about),))


def _expression(
    shown: Placed, locator: str, operator: Operator, operand: str, about: Sequence[tuple[str, str]]
) -> Json:
    words = (("ConjDesc", "If"), *about, ("OpDesc", IN_WORDS[operator]), ("RightOpDesc", operand))
    return {
        "LogicType": "Question", "QuestionID": shown.id, "QuestionIsInLoop": "no", "ChoiceLocator": locator,
        "Operator": operator, "QuestionIDFromLocator": shown.id, "LeftOperand": locator,
        **({"RightOperand": operand} if operand else {}), "Type": "Expression",
        "Description": " ".join(f'<span class="{part}">{html.escape(in_short(text, 60), quote=False)}</span>'
                                for part, text in words if text),
    }
