"""Routing in REDCap's branching logic: one condition a field, since blocks have none of their own."""

from __future__ import annotations

from instrument.fielding.exports import Wanted
from instrument.fielding.redcap.names import beside
from instrument.fielding.words import is_typed
from instrument.model import MISSING_CODES, Block, Condition, Fact, Form, Item, Note


class Logic:
    """Conditions of one form, question by question.

    Attributes
    ----------
    ends
        Conditions of the questions passed, each true where the answer ended the interview.
    """

    def __init__(self, form: Form, wanted: Wanted) -> None:
        self._asked: dict[str, Item | Fact] = {
            q.id: q for block in wanted.blocks(form) for q in block.questions if not isinstance(q, Note)}
        self._known = {q.id for _, q in form.questions() if not isinstance(q, Note)}
        self.ends: list[Condition] = []

    def shown(self, block: Block, question: Item | Fact | Note) -> str:
        """When a question is shown: its own conditions, its block's, and no answer that ended the interview."""
        conditions = [self._condition(condition) for condition in (*block.show_if, *question.show_if)]
        return " and ".join([*conditions, *(self._unless(end) for end in self.ends)])

    def passed(self, block: Block, question: Item | Fact | Note) -> None:
        """Goes on to the next question; what is behind may have ended the interview."""
        if isinstance(question, Fact) and question.screen_out:
            self.ends.append(Condition(question=question.id, any_of=question.screen_out))

    def ended(self) -> str:
        """When any answer has ended the interview."""
        return " or ".join(map(self._condition, self.ends))

    def _condition(self, condition: Condition) -> str:
        about = self._asked.get(condition.question)
        if about is None:  # of an optional block that is switched off: nobody answered it
            return "('1' = '0')"
        return f"({' or '.join(_is(about, code) for code in condition.any_of)})"

    def _unless(self, condition: Condition) -> str:
        """REDCap's logic has no `not`: each code is ruled out by itself."""
        about = self._asked[condition.question]
        return " and ".join(_is(about, code).replace(" = ", " <> ") for code in condition.any_of)


def _is(question: Item | Fact, code: int | str) -> str:
    if isinstance(question, Fact) and question.kind == "choices":
        return f"[{question.id}({code})] = '1'"
    if is_typed(question) and code in MISSING_CODES:
        return f"[{beside(question)}] = '{code}'"
    return f"[{question.id}] = '{code}'"
