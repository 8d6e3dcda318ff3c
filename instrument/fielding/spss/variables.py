"""The variables of a form's data file: names, labels, codes, missing values, measures.

A question is one variable under its id; a question with several answers is one of 0 and 1 an answer
(``<id>_<code>``). Both the syntax and the data files are written from these.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from instrument.fielding.answers import META_COLUMNS
from instrument.fielding.spss.numbers import missing_numbers_of
from instrument.fielding.spss.wording import word
from instrument.fielding.words import is_typed
from instrument.model import MISSING_CODES, Fact, Form, Instrument, Item, Note, Option

Measure = Literal["nominal", "ordinal", "scale"]
Value = float | str

VARIABLE_LABEL = 255
VALUE_LABEL = 120
"""The most bytes that SPSS keeps of a variable's label and of a value's."""

WIDTHS = {"date": 10, "text": 1000}
META_WIDTHS = {"instrument_version": 16, "language": 16, "started": 32, "ended": 32, "status": 16}
IDENTIFIER_WIDTH = 64


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable; ``width`` is 0 for a number and the bytes of a text.

    ``missing`` maps the missing codes that are offered to the values that stand for them. ``answer`` is the code of a
    variable for one of several answers. ``cut`` counts labels that were too long for SPSS.
    """

    name: str
    label: str
    measure: Measure
    question: str = ""
    answer: str = ""
    width: int = 0
    decimals: int = 0
    labels: dict[Value, str] = field(default_factory=dict)
    missing: dict[str, Value] = field(default_factory=dict)
    reversed: bool = False
    cut: int = 0

    @property
    def format(self) -> str:
        return f"A{self.width}" if self.width else f"F8.{self.decimals}"


def one_line(text: str) -> str:
    """Labels have one line, and no characters that are none."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shortened(text: str, most: int) -> str:
    """A label of at most ``most`` bytes in UTF-8; a cut shows as an ellipsis."""
    line = one_line(text)
    encoded = line.encode("utf-8")
    if len(encoded) <= most:
        return line
    return encoded[:most - len("…".encode())].decode("utf-8", errors="ignore").rstrip() + "…"


def meta_variables(form: Form, language: str) -> list[Variable]:
    """Metadata and identifiers, in the order of every importer."""
    out = []
    for name in (*META_COLUMNS, *form.identifiers):
        label = shortened(word(name, language), VARIABLE_LABEL)
        if name == "duration_seconds":
            out.append(Variable(name, label, "scale"))
        elif name == "finished":
            yes_no: dict[Value, str] = {0.0: word("no", language), 1.0: word("yes", language)}
            out.append(Variable(name, label, "nominal", labels=yes_no))
        else:
            out.append(Variable(name, label, "nominal", width=META_WIDTHS.get(name, IDENTIFIER_WIDTH)))
    return out


def answer_variables(
    layouts: Sequence[Instrument], form_id: str, language: str | None, questions: Collection[str],
) -> list[Variable]:
    """The variables of some questions of a form, with the words of the last version that asks for each.

    A code that only an earlier version offers keeps its words. ``language`` None is each version's base language.
    """
    asked: dict[str, list[tuple[Instrument, Item | Fact]]] = {}
    for layout in layouts:
        for _, question in layout.form(form_id).questions():
            if not isinstance(question, Note) and question.id in questions:
                asked.setdefault(question.id, []).append((layout, question))
    return [variable for versions in asked.values() for variable in _variables(tuple(versions), language)]


def _variables(versions: tuple[tuple[Instrument, Item | Fact], ...], language: str | None) -> list[Variable]:
    instrument, question = versions[-1]
    spoken = _spoken(instrument, language)
    text = instrument.text(f"question.{question.id}", spoken)
    points, missing = _options(versions, language)
    several = isinstance(question, Fact) and question.kind == "choices"
    texts = _is_text(question, points)
    numbers = missing_numbers_of(versions)
    reasons: dict[str, Value] = {code: code if texts and not several else float(numbers[code]) for code in missing}
    why = {reasons[code]: words for code, words in missing.items()}
    if several:
        return [
            _labelled(
                f"{question.id}_{code}", f"{words}: {text}" if words else f"{code}: {text}", "nominal",
                {0.0: word("not chosen", spoken), 1.0: words or code, **why}, reasons, question=question.id,
                answer=code)
            for code, words in points.items()
        ]
    values: dict[Value, str | None] = {code if texts else float(code): words for code, words in points.items()}
    kind = question.kind if isinstance(question, Fact) else ""
    width = max([WIDTHS.get(kind, 1), *(len(code) for code in (*points, *missing))]) if texts else 0
    return [_labelled(
        question.id, text, _measure(question), {**values, **why}, reasons, question=question.id, width=width,
        decimals=2 if kind == "number" else 0, reversed=isinstance(question, Item) and question.reversed)]


def _labelled(
    name: str, label: str, measure: Measure, values: dict[Value, str | None], missing: dict[str, Value], *,
    question: str, answer: str = "", width: int = 0, decimals: int = 0, reversed: bool = False,
) -> Variable:
    labels = {value: shortened(words, VALUE_LABEL) for value, words in values.items() if words is not None}
    short = shortened(label, VARIABLE_LABEL)
    cut = (short != one_line(label)) + sum(labels[value] != one_line(values[value] or "") for value in labels)
    return Variable(name, short, measure, question, answer, width, decimals, labels, missing, reversed, cut)


def _options(
    versions: Sequence[tuple[Instrument, Item | Fact]], language: str | None,
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Code → words, of answers and of missing codes; an answer without words has None."""
    points: dict[str, str | None] = {}
    missing: dict[str, str] = {}
    for instrument, question in versions:
        spoken = _spoken(instrument, language)
        for option in instrument.options(question):
            words = _words(instrument, question, option, spoken)
            if option.code in MISSING_CODES:
                missing[str(option.code)] = words or str(option.code)
            else:
                points[str(option.code)] = words
    return points, missing


def _words(instrument: Instrument, question: Item | Fact, option: Option, language: str) -> str | None:
    return None if option.label is None else instrument.label(question, option.code, language)


def _spoken(instrument: Instrument, language: str | None) -> str:
    """A version that is not there in a language keeps its base language."""
    return language if language in instrument.languages and language is not None else instrument.language


def _is_text(question: Item | Fact, points: Collection[str]) -> bool:
    if is_typed(question):
        return isinstance(question, Fact) and question.kind in WIDTHS
    return not all(code.removeprefix("-").isdecimal() and code.isascii() for code in points)


def _measure(question: Item | Fact) -> Measure:
    if isinstance(question, Item):
        return "ordinal"
    return "scale" if question.kind in ("count", "number", "year") else "nominal"
