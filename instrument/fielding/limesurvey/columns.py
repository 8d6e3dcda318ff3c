"""What each column of a LimeSurvey export may hold, and under which heads it may stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from instrument.fielding.limesurvey.codes import Place, codes
from instrument.fielding.words import is_typed, same_words
from instrument.model import Block, Fact, Form, Instrument, Item, Note
from instrument.store import SEMANTIC

Content = Literal["code", "tick", "number", "date", "text", "reason", "field"]

_CODE = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)(?:\[([^\]]*)\]|_([A-Za-z0-9]+))?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export.

    Attributes
    ----------
    head
        As LimeSurvey writes it above codes: ``dafex``, ``learn[lrar1]``, ``dafmn[2]``, ``xjv1why``.
    content
        ``tick`` one of several answers, ``reason`` the missing code of a typed answer, ``field`` an identifier or a
        stamp.
    answer
        The instrument's code that a tick stands for; the instrument's name of a field.
    words
        Under which texts the column stands where heads are the questions' words; as compared.
    """

    head: str
    content: Content
    place: Place | None = None
    question: Item | Fact | None = None
    answer: str = ""
    words: frozenset[str] = frozenset()


def columns_of(instrument: Instrument, form: Form) -> Iterator[Column]:
    """Every column of a form's export that holds answers, identifiers or stamps."""
    own = codes(instrument, form)
    for name, code in {**own.stamps, **own.identifiers}.items():
        yield Column(code, "field", answer=name, words=frozenset({same_words(name)}))
    for block, question in form.questions():
        if not isinstance(question, Note):
            yield from _of_question(instrument, block, question, own.questions[question.id])


def _of_question(instrument: Instrument, block: Block, question: Item | Fact, place: Place) -> Iterator[Column]:
    own = _in_all(instrument, [f"question.{question.id}"])
    if place.row is not None:
        both = _in_all(instrument, [f"block.{block.id}.title", f"question.{question.id}"])
        yield Column(f"{place.code}[{place.row}]", "code", place, question, words=both)
    elif isinstance(question, Fact) and question.kind == "choices":
        for code, lime in place.answers.items():
            shown = _ticks(instrument, question, code)
            yield Column(f"{place.code}[{lime}]", "tick", place, question, code, words=shown)
    elif not is_typed(question):
        yield Column(place.code, "code", place, question, words=own)
    else:
        assert isinstance(question, Fact)
        content: Content = "number" if question.kind in ("count", "number", "year") else (
            "date" if question.kind == "date" else "text")
        # A reason bears the words of its question: without codes above, the two columns cannot be told apart.
        yield Column(place.code, content, place, question, words=frozenset() if place.beside else own)
        if place.beside is not None:
            yield Column(place.beside, "reason", place, question)


def _in_all(instrument: Instrument, keys: Sequence[str]) -> frozenset[str]:
    """The heads ``words`` or ``words [words of the row]`` in every language."""
    said = set()
    for language in instrument.languages:
        try:
            first, *rest = (instrument.text(key, language) for key in keys)
        except KeyError:  # not translated; the checks of the instrument say so
            continue
        said.add(same_words(f"{first} [{rest[0]}]" if rest else first))
    return frozenset(said)


def _ticks(instrument: Instrument, question: Fact, code: str) -> frozenset[str]:
    said = set()
    option = next(o for o in instrument.options(question) if str(o.code) == code)
    for language in instrument.languages:
        try:
            words = instrument.text(f"question.{question.id}", language)
            said.add(same_words(f"{words} [{instrument.label(question, option.code, language)}]"))
        except KeyError:
            continue
    return frozenset(said)


class Heads:
    """Finds the column that a head stands for: by its code, with brackets or underscore, or by the words."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._by_head = {column.head: column.head for column in columns}
        self._folded = {column.head.casefold(): column.head for column in columns}
        said: dict[str, set[str]] = {}
        for column in columns:
            for words in column.words:
                said.setdefault(words, set()).add(column.head)
        self._by_words = {words: next(iter(heads)) for words, heads in said.items() if len(heads) == 1}

    def find(self, head: str) -> str | None:
        """The column's usual head; None for a column that is none of the questionnaire's."""
        text = head.strip()
        code = self._code(text)
        if code is not None:
            return code
        if (found := self._by_words.get(same_words(text))) is not None:
            return found
        # An equation has no words but its value.
        return self._by_head.get("instrumentversion") if SEMANTIC.fullmatch(text.strip("{}' ")) else None

    def _code(self, text: str) -> str | None:
        match = _CODE.match(text)
        if match is None:
            return None
        rest = text[match.end():]
        if rest and not rest.startswith((".", ":", " ")):
            return None  # `consTime` is a time, not the answer
        stem, bracketed, underscored = match.groups()
        row = bracketed if bracketed is not None else underscored
        for head in (stem if row is None else f"{stem}[{row}]", f"{stem}_{row}"):
            if not rest and (found := self._by_head.get(head) or self._folded.get(head.casefold())):
                return found
            # Behind a code stands a full stop and the question's words.
            if rest[:1] in (".", ":") and head in self._by_head:
                return head
        return None
