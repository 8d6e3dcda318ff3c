"""Choice text ↔ answer codes: read codes back from their words, and check codes against the words shown.

Recodes drift: Qualtrics, for one, keeps the numbers of answers that were moved, deleted or added, so a survey edited
in the field can export 1, 3, 4 for what the questionnaire calls 1, 2, 3. The file looks whole; only
the same responses exported with choice text can tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from instrument.errors import Finding, InputError
from instrument.fielding.answers import Export, ReadingIssue
from instrument.fielding.words import is_typed, same_words
from instrument.model import Fact, Instrument, Item, Note

Cells = Mapping[str, Sequence[str]]
"""Question id → its cells, one a response."""


@dataclass(frozen=True, slots=True)
class Choices:
    """One question's answer codes and the words for them, in every language and version at hand.

    ``recodes`` are the codes that the platform writes in place of the instrument's.
    """

    question: str
    several: bool
    codes: frozenset[str]
    meant_by: Mapping[str, frozenset[str]]
    recodes: Mapping[str, str]

    def by_code(self, cell: str) -> str:
        """A cell of a numeric export with its missing recodes replaced; everything else as it stands."""
        if self.several and "," in cell:
            return ",".join(self.by_code(part) for part in cell.split(","))
        code = cell.strip()
        return self.recodes[code] if code in self.recodes and code not in self.codes else cell

    def by_words(self, cell: str) -> str | None:
        """Codes for the words in a cell; None if they are not the question's, or could mean several codes."""
        readings = self.readings(cell)
        return next(iter(readings)) if len(readings) == 1 else None

    def is_foreign(self, code: str) -> bool:
        """Whether a cell holds something else than codes that are offered."""
        return bool(code.strip()) and not set(_plain(code).split(",")) <= self.codes

    def readings(self, cell: str) -> frozenset[str]:
        """Every way to read a cell's words as codes. Answers are joined by commas, and have commas of their own."""
        words = same_words(cell)
        if not self.several:
            return self.meant_by.get(words, frozenset())
        parts = words.split(",")
        ways: list[frozenset[tuple[str, ...]]] = [frozenset({()})]
        for end in range(1, len(parts) + 1):
            ways.append(frozenset(
                (*before, code) for start in range(end) for before in ways[start]
                for code in self.meant_by.get(same_words(",".join(parts[start:end])), ()) if code not in before
            ))
        return frozenset(",".join(codes) for codes in ways[-1])


def choices_of(
    layouts: Sequence[Instrument], form_id: str, present: Iterable[str], recodes: Mapping[str, str],
) -> list[Choices]:
    """What can be answered to each question of a form that is not answered by typing."""
    wanted = set(present)
    asked: dict[str, list[tuple[Instrument, Item | Fact]]] = defaultdict(list)
    for instrument in layouts:
        for _, question in instrument.form(form_id).questions():
            if not isinstance(question, Note) and not is_typed(question) and question.id in wanted:
                asked[question.id].append((instrument, question))
    return [_choices(question, versions, recodes) for question, versions in asked.items()]


def _choices(
    question: str, versions: Sequence[tuple[Instrument, Item | Fact]], recodes: Mapping[str, str],
) -> Choices:
    meant_by: dict[str, set[str]] = defaultdict(set)
    codes: set[str] = set()
    several = False
    for instrument, asked in versions:
        several = isinstance(asked, Fact) and asked.kind == "choices"
        for option in instrument.options(asked):
            codes.add(str(option.code))
            for language in instrument.languages:
                try:
                    words = instrument.label(asked, option.code, language)
                except KeyError:  # not translated; the checks of the instrument say so
                    continue
                meant_by[same_words(words)].add(str(option.code))
    words_for = {words: frozenset(meant) for words, meant in meant_by.items()}
    return Choices(question, several, frozenset(codes), words_for, recodes)


# -- which of the two answer forms a file is in ----------------------------------------------------


ENOUGH = 5000


def answer_form(choices: Iterable[Choices], cells: Cells) -> Export:
    """``labels`` where more cells hold words of the questionnaire than hold codes that have words.

    A cell that is one answer's code and another's words, such as 1 where code 2 is called "1", speaks for neither. A
    file is in one form throughout, so the first :data:`ENOUGH` responses tell.
    """
    words, codes = _evidence(choices, cells)
    return "labels" if words > codes else "codes"


def _evidence(choices: Iterable[Choices], cells: Cells) -> tuple[int, int]:
    """Cells that hold words, and cells that hold codes that have words."""
    words = codes = 0
    for choice in choices:
        for cell, n in Counter(cells[choice.question][:ENOUGH]).items():
            if cell and choice.is_foreign(choice.by_code(cell)) and choice.readings(cell):
                words += n
            elif _is_worded_code(choice, cell):
                codes += n
    return words, codes


def _is_worded_code(choice: Choices, cell: str) -> bool:
    code = choice.by_code(cell).strip()
    return all(part in choice.codes and part not in choice.meant_by for part in code.split(","))


def to_codes(
    choices: Iterable[Choices], cells: Cells, rows: Sequence[int], form: Export
) -> tuple[dict[str, list[str]], list[ReadingIssue], int]:
    """Cells as the instrument names the codes, what could not be read so, and the number of cells read from words."""
    out = {question: list(column) for question, column in cells.items()}
    issues: list[ReadingIssue] = []
    read = 0
    for choice in choices:
        read_cell: Callable[[str], str | None] = choice.by_code if form == "codes" else choice.by_words
        column = out[choice.question]
        codes = {cell: (read_cell(cell) if cell.strip() else "") for cell in set(column)}
        unread = {cell for cell, code in codes.items() if code is None}
        if unread:
            issues += [_unreadable(choice, rows[k], cell) for k, cell in enumerate(column) if cell in unread]
        known = {cell: cell if code is None else code for cell, code in codes.items()}
        if any(cell != code for cell, code in known.items()):
            out[choice.question] = list(map(known.__getitem__, column))
        if form == "labels":
            read += sum(1 for cell in column if cell not in unread and codes[cell])
    return out, issues, read


def _unreadable(choice: Choices, row: int, cell: str) -> ReadingIssue:
    meant = choice.readings(cell)
    found = f"it could mean {' or '.join(sorted(meant))}" if meant else "these are other words"
    return ReadingIssue(
        row, choice.question, "ANSWER-LABEL",
        f"In an export with choice text a cell holds the words of an answer; {found}.", cell,
        "Export the responses with codes (numeric values) in place of words.",
    )


# -- codes against the words shown -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the codes of two exports of the same responses went together."""

    cells: int
    responses: int
    issues: tuple[ReadingIssue, ...]


def verify(
    choices: Sequence[Choices], cells: Cells, responses: Sequence[str], rows: Sequence[int],
    label_cells: Cells, label_responses: Sequence[str], *, file: str, label_file: str,
    place: Callable[[str], str],
) -> Comparison:
    """Compare each coded cell with its choice text, response by response.

    A disagreement here and there sets the cell aside. A code that mostly carries other words than the
    questionnaire's means that the survey's recodes moved: then no cell of the column can be trusted.

    Parameters
    ----------
    cells
        Codes as the instrument names them. ``label_cells`` hold words.
    place
        Question id → where its column stands in the coded file.

    Raises
    ------
    InputError
        ``READ-RECODE`` for each column whose codes moved; ``READ-LABELS`` if the files do not belong together.
    """
    at = {response: k for k, response in enumerate(label_responses) if response}
    pairs = [(k, at[response]) for k, response in enumerate(responses) if response in at]
    words, coded = _evidence(choices, label_cells)
    # A file in which nothing speaks for either, as where nobody chose anything, has nothing to verify.
    if coded and coded >= words:
        raise InputError(Finding(
            "READ-LABELS", label_file, "The file named as `labels` must hold choice text; it holds numeric values.",
            "Export the same responses with choice text; if the two files are swapped, swap them in study.yaml.",
        ))
    if not pairs:
        raise InputError(Finding(
            "READ-LABELS", label_file, f"It must hold the same responses as {file}; no response id is in both.",
            "Export both files from the same survey on the same day.",
        ))
    compared = 0
    issues: list[ReadingIssue] = []
    findings: list[Finding] = []
    for choice in choices:
        if choice.question not in label_cells:
            continue
        column, labels = cells[choice.question], label_cells[choice.question]
        compared += sum(1 for k, other in pairs if column[k] or labels[other])
        seen = Counter((column[k], labels[other]) for k, other in pairs)
        wrong = {pair for pair in seen if not _agree(choice, *pair)}
        moved = _moved(choice, seen, wrong)
        if moved:
            findings.append(_recode(choice, moved, place(choice.question)))
        elif wrong:
            issues += [
                _disagreement(choice, rows[k], column[k], labels[other], label_file)
                for k, other in pairs
                # A code that is not offered is a finding of its own, made when answers are validated.
                if (column[k], labels[other]) in wrong and not choice.is_foreign(column[k])
            ]
    if findings:
        raise InputError(findings)
    return Comparison(compared, len(pairs), tuple(issues))


def _agree(choice: Choices, code: str, words: str) -> bool:
    if not code.strip() or not words.strip():
        return not code.strip() and not words.strip()
    if choice.several:
        return any(set(reading.split(",")) == set(code.split(",")) for reading in choice.readings(words))
    return _plain(code) in choice.readings(words)


def _plain(code: str) -> str:
    """``3.0``, as spreadsheets save it, is the code 3."""
    return code.strip().removesuffix(".0")


def _moved(
    choice: Choices, seen: Mapping[tuple[str, str], int], wrong: Iterable[tuple[str, str]]
) -> dict[str, Counter[str]]:
    """Codes that carry the same foreign words in most of two or more responses → all words they carry."""
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    for (code, words), n in seen.items():
        if words.strip() and all(part.isalnum() for part in _plain(code).split(",")):
            shown[_plain(code)][words] += n
    against = {(_plain(code), words) for code, words in wrong}
    if choice.several:
        # Combinations of answers are too many to judge one by one: most of the column must agree.
        n = sum(counts.total() for counts in shown.values())
        foreign = sum(shown[code][words] for code, words in against if code in shown)
        moved = {code for code, _ in against} if foreign >= 2 and 2 * foreign > n else set()
        return {code: shown[code] for code in moved if code in shown}
    out = {}
    for code, counts in shown.items():
        words, n = counts.most_common(1)[0]
        if (code, words) in against and n >= 2 and 2 * n > counts.total():
            out[code] = counts
    return out


def _recode(choice: Choices, moved: Mapping[str, Counter[str]], place: str) -> Finding:
    seen = "; ".join(
        f"{code} → {', '.join(f'{words!r} ({n})' for words, n in shown.most_common(3))}"
        for code, shown in sorted(moved.items())
    )
    return Finding(
        "READ-RECODE", place,
        f"Codes of {choice.question} must carry the questionnaire's words for them; observed instead: {seen}.",
        "Restore the question's answer codes on the platform (in Qualtrics: Recode Values) to those of the instrument "
        "and export both files again. If the wording was changed in the field, a new instrument version is needed.",
    )


def _disagreement(choice: Choices, row: int, code: str, words: str, label_file: str) -> ReadingIssue:
    return ReadingIssue(
        row, choice.question, "ANSWER-LABEL",
        f"The code must carry the words shown; {label_file} says {words!r} here.", code,
        "Look the response up on the platform, mend the file that is wrong, and read again.",
    )


