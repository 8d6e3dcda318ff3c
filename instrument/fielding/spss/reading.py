"""A ``.sav`` file → answers: numbers that stand for missing codes become these again, labels verify the codes.

A value label in the questionnaire's own words says what a value means, whatever number a project gave it
(``97 "Not applicable"`` is na). A label with the words of another answer means that codes were moved.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from instrument.errors import Finding, InputError
from instrument.fielding.answers import LabelCheck, RawAnswers
from instrument.fielding.dialect import AnswerColumns, as_it_stands, of_all_versions
from instrument.fielding.importing import form_of_table, layouts_of, read_table
from instrument.fielding.plain.table import dialect
from instrument.fielding.spss.numbers import missing_numbers_of
from instrument.fielding.spss.savtable import AGAIN, SavTable, open_sav
from instrument.fielding.spss.variables import VALUE_LABEL, shortened
from instrument.fielding.words import same_words
from instrument.model import MISSING_CODES, Fact, Instrument, Item, Note, Option

SUFFIX = ".sav"
PERSONAL = (
    "IPAddress", "RecipientEmail", "RecipientFirstName", "RecipientLastName", "ExternalReference", "LocationLatitude",
    "LocationLongitude",
)
"""Names under which survey platforms put personal data into the ``.sav`` files that they export."""
_PLAIN = dialect("spss", "SPSS", AGAIN)
DIALECT = replace(_PLAIN, personal=(*_PLAIN.personal, *PERSONAL), restore=as_it_stands)

MOVED = ("Restore the codes in SPSS (RECODE) to those of the instrument, or correct the value labels. If the wording "
         "was changed in the field, a new instrument version is needed.")
UNKNOWN = ("Give the value the words of one of the question's missing reasons as its value label, or recode it to "
           "system-missing.")


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers (see :func:`~instrument.fielding.importing.read_table`).

    Raises
    ------
    InputError
        Besides: ``READ-SAV``, ``READ-RECODE`` where value labels say that codes were moved, ``READ-USER-MISSING``
        where a value is declared missing for a reason the questionnaire does not have.
    """
    table, other = open_sav(path), None if labels is None else open_sav(labels)
    layouts = layouts_of(table, DIALECT, version, instruments)
    decoded = _decoded(table, layouts, form_id)
    raw = read_table(decoded.table, DIALECT, form_id, labels=other, version=version, instruments=instruments)
    if other is None and decoded.verified:
        said = f"{decoded.verified} cells have a value label in the file, and each was compared with the questionnaire."
        return replace(raw, label_check=LabelCheck("verified", decoded.verified, said))
    return raw


def form_of(path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None) -> str:
    """Which form a file holds answers to."""
    return form_of_table(open_sav(path), DIALECT, version=version, instruments=instruments)


# -- values → codes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Question:
    """What the values of a question may mean.

    ``meant_by`` are the codes that some words stand for, ``worded`` the codes that have words, ``numbers`` what stands
    for the missing codes that are offered.
    """

    where: AnswerColumns
    codes: frozenset[str]
    worded: frozenset[str]
    meant_by: Mapping[str, frozenset[str]]
    numbers: Mapping[str, str]
    is_date: bool


@dataclass(slots=True)
class _Decoded:
    table: SavTable
    verified: int = 0
    findings: list[Finding] = field(default_factory=list)


def _decoded(table: SavTable, layouts: Sequence[Instrument], form_id: str) -> _Decoded:
    """The table in the instrument's own codes; several answers have a column for each reason why there is none."""
    out = _Decoded(table)
    at = {name: j for j, name in reversed(list(enumerate(table.header)))}
    columns = list(table.columns)
    added: dict[str, tuple[str, ...]] = {}
    for question in _questions(layouts, form_id):
        for j in [at[name] for name in question.where.names if name in at]:
            columns[j] = _codes(out, question, j, ticks=None)
        ticks = {at[name]: code for code, names in question.where.parts.items() for name in names if name in at}
        if ticks:
            read = {j: _codes(out, question, j, ticks=code) for j, code in ticks.items()}
            reasons = set().union(*read.values()) & set(MISSING_CODES)
            for j, cells in read.items():
                columns[j] = tuple(["0" if cell in reasons else cell for cell in cells]) if reasons else cells
            for code in sorted(reasons):
                name = f"{question.where.question.id}_{code}"
                marks = tuple("1" if code in row else "0" for row in zip(*read.values(), strict=True))
                if name in at:  # the file has a column for the reason as well
                    columns[at[name]] = tuple(
                        "1" if mark == "1" else own for mark, own in zip(marks, columns[at[name]], strict=True))
                else:
                    added[name] = marks
    if out.findings:
        raise InputError(out.findings)
    out.table = replace(table, header=(*table.header, *added), columns=(*columns, *added.values()))
    return out


def _questions(layouts: Sequence[Instrument], form_id: str) -> list[_Question]:
    asked: dict[str, list[tuple[Instrument, Item | Fact]]] = defaultdict(list)
    for layout in layouts:
        for _, question in layout.form(form_id).questions():
            if not isinstance(question, Note):
                asked[question.id].append((layout, question))
    every = of_all_versions(where for layout in layouts for where in DIALECT.columns(layout, layout.form(form_id)))
    reasons = _reasons(asked.values())
    return [_question(every[name], tuple(versions), reasons) for name, versions in asked.items()]


def _reasons(asked: Iterable[Sequence[tuple[Instrument, Item | Fact]]]) -> dict[str, set[str]]:
    """Words → missing codes, of all questions: a reason that one does not offer is still no answer to it."""
    out: dict[str, set[str]] = defaultdict(set)
    for layout, question in (one for versions in asked for one in versions):
        for option in layout.offered(question)[1]:
            for words in _words(layout, question, option):
                out[words].add(str(option.code))
    return out


def _words(layout: Instrument, question: Item | Fact, option: Option) -> Iterator[str]:
    """The words of an answer in all languages, whole and as a data file has them, to be compared."""
    for language in layout.languages:
        try:
            words = layout.label(question, option.code, language)
        except KeyError:  # not translated; the checks of the instrument say so
            continue
        yield same_words(words)
        yield same_words(shortened(words, VALUE_LABEL))


def _question(
    where: AnswerColumns, versions: tuple[tuple[Instrument, Item | Fact], ...], reasons: Mapping[str, set[str]],
) -> _Question:
    codes: set[str] = set()
    worded: set[str] = set()
    meant_by: dict[str, set[str]] = defaultdict(set)
    for layout, question in versions:
        for option in layout.options(question):
            code = str(option.code)
            codes.add(code)
            if option.label is not None:
                worded.add(code)
            for words in _words(layout, question, option):
                meant_by[words].add(code)
    for words in reasons.keys() - meant_by.keys():
        meant_by[words] = reasons[words]
    question = versions[-1][1]
    return _Question(
        where, frozenset(codes), frozenset(worded), {words: frozenset(meant) for words, meant in meant_by.items()},
        {str(n): code for code, n in missing_numbers_of(versions).items() if code in codes},
        is_date=isinstance(question, Fact) and question.kind == "date")


def _codes(out: _Decoded, question: _Question, j: int, *, ticks: str | None) -> tuple[str, ...]:
    """A column in the instrument's codes; ``ticks`` is the answer that a column of 0 and 1 stands for."""
    column, labels = out.table.columns[j], out.table.labels.get(j, {})
    declared = out.table.missing.get(j, frozenset())
    said: dict[str, str] = {"": ""}
    # Columns hold few distinct values: each is judged once.
    for cell, n in Counter(column).items():
        if cell:
            said[cell] = _code(out, question, j, cell, labels.get(cell), declared=cell in declared, ticks=ticks)
            out.verified += n if cell in labels and question.codes else 0
    return tuple([said[cell] for cell in column])


def _code(
    out: _Decoded, question: _Question, j: int, cell: str, label: str | None, *, declared: bool, ticks: str | None,
) -> str:
    """What a value means; a label in the questionnaire's words counts more than the number."""
    words = None if label is None else same_words(label)
    meant = question.meant_by.get(words, frozenset()) if words is not None else frozenset()
    reasons = meant & set(MISSING_CODES)
    own = ticks if ticks is not None and cell == "1" else cell
    by_number = question.numbers.get(cell)
    if own in question.codes and (ticks is None or cell == "1"):
        if label is not None and own not in meant and (meant or (own in question.worded and ticks is None)):
            out.findings.append(_moved(out.table, question, j, cell, label))
        return cell
    if reasons:
        return by_number if by_number in reasons else sorted(reasons)[0]
    if by_number is not None and label is None:
        return by_number
    if meant and ticks is None:
        out.findings.append(_moved(out.table, question, j, cell, str(label)))
    elif declared or by_number is not None:
        out.findings.append(Finding(
            "READ-USER-MISSING", out.table.place(j),
            f"What a file declares missing must be missing for one of the questionnaire's reasons; the value {cell} "
            f"{'has no label' if label is None else f'is called {label!r}'}.", UNKNOWN))
    return cell.removesuffix(" 00:00:00") if question.is_date else cell


def _moved(table: SavTable, question: _Question, j: int, cell: str, label: str) -> Finding:
    return Finding(
        "READ-RECODE", table.place(j),
        f"Codes of {question.where.question.id} must carry the questionnaire's words for them; the file calls {cell} "
        f"{label!r}.", MOVED)
