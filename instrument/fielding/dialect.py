"""How a platform names its columns and writes its answers: what one reader must know to read them all.

A platform whose export is one table with one header row states a :class:`Dialect`;
:mod:`instrument.fielding.importing` does the rest. Qualtrics, with three header rows and ids of its own, has a
reader of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from instrument.model import Block, Fact, Form, Instrument, Item, Note

MetaCells = dict[str, list[str]]
"""Name of a metadata column (of ``RawAnswers.meta``, or a platform's own that helps to work one out) → its cells."""

TICKED = frozenset({"1", "1.0", "true", "yes", "y", "checked", "x"})
NOT_TICKED = frozenset({"", "0", "0.0", "false", "no", "n", "unchecked"})
"""What a column of its own for one of several answers may hold, in small letters."""


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """Where one question's answers stand in an export.

    Attributes
    ----------
    names
        Column names under which the whole answer may stand; the first is the platform's usual one.
    parts
        For several answers exported in a column each: answer code → that column's possible names.
    beside
        Possible names of a companion column that holds the missing code of a question answered by typing.
    recodes
        What the platform writes → the instrument's answer code, where they differ.
    separator
        Between several answers in one cell.
    """

    block: Block
    question: Item | Fact
    names: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    recodes: Mapping[str, str] = field(default_factory=dict)
    separator: str = ","


def unchanged(cells: MetaCells) -> MetaCells:
    return cells


def as_it_stands(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's table of answers.

    Attributes
    ----------
    platform, program
        Its id, and its name for people.
    again
        How to get a good file from it, as a sentence.
    columns
        The columns of a form's answers, notes left out, in order.
    meta
        Column of ``RawAnswers.meta`` → names under which it may stand. Besides, any name that begins with ``_`` may be
        listed for ``complete`` to use. Form identifiers stand under their own names and need no entry.
    personal
        Columns that are dropped at the door; compared without case, spaces and punctuation.
    unused
        The platform's own columns that nobody needs; a name may end in ``*``.
    needed
        Metadata without which a file cannot be used, besides identifiers and the version.
    plain
        What is left of a column's name when the platform's additions (groups, mark-up) are taken away.
    complete
        Makes metadata whole: turns the platform's words into ``finished`` and ``status``, works out what it does not
        export. Works on text, row by row.
    restore
        Gives a text back that the platform changed for fear of formulas.
    absent_is_empty
        Whether a question without a column is one nobody answered (files that hold given answers only), rather than a
        fault of the file.
    """

    platform: str
    program: str
    again: str
    columns: Callable[[Instrument, Form], tuple[AnswerColumns, ...]]
    meta: Mapping[str, tuple[str, ...]]
    personal: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    needed: tuple[str, ...] = ("response_id", "language")
    plain: Callable[[str], str] = str.strip
    complete: Callable[[MetaCells], MetaCells] = unchanged
    restore: Callable[[str], str] = as_it_stands
    absent_is_empty: bool = False


def named_by_id(instrument: Instrument, form: Form) -> tuple[AnswerColumns, ...]:
    """Columns that bear the questions' ids; several answers in one cell, or a column ``id_code`` each."""
    return tuple(
        AnswerColumns(block, q, (q.id,), parts_by_code(instrument, q, "{id}_{code}", "{id}.{code}"))
        for block, q in form.questions() if not isinstance(q, Note)
    )


def of_all_versions(columns: Iterable[AnswerColumns]) -> dict[str, AnswerColumns]:
    """Columns of several versions, one entry a question: an answer that only one version offers has its column too."""
    out: dict[str, AnswerColumns] = {}
    for new in columns:
        known = out.setdefault(new.question.id, new)
        if known is not new:
            parts = {code: _both(known.parts.get(code, ()), new.parts.get(code, ()))
                     for code in dict.fromkeys((*known.parts, *new.parts))}
            out[new.question.id] = replace(
                known, names=_both(known.names, new.names), parts=parts, beside=_both(known.beside, new.beside),
                recodes={**new.recodes, **known.recodes})
    return out


def _both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def parts_by_code(instrument: Instrument, question: Item | Fact, *patterns: str) -> dict[str, tuple[str, ...]]:
    """Answer code → column names of the form ``patterns`` for a question with several answers; else nothing."""
    if not isinstance(question, Fact) or question.kind != "choices":
        return {}
    return {
        str(option.code): tuple(pattern.format(id=question.id, code=option.code) for pattern in patterns)
        for option in instrument.options(question)
    }
