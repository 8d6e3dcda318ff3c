"""The answers a Qualtrics question offers: their numbers there, the instrument's codes, and what is exported.

Choices are numbered 1, 2, … in order; the instrument's codes are their recode values, which numeric exports hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from instrument.errors import Finding, InputError
from instrument.fielding.qualtrics.layout import MISSING_RECODES, Placed
from instrument.model import MISSING_CODES, Code, Instrument, Note


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer; ``number`` is Qualtrics' own, ``recode`` what its numeric export holds."""

    number: str
    code: Code
    recode: str

    @property
    def is_missing(self) -> bool:
        return self.code in MISSING_CODES


def choices(instrument: Instrument, shown: Placed) -> tuple[Choice, ...]:
    """Answers of a choice, or of a matrix: those of any of its rows. None for words and typed answers.

    Raises
    ------
    InputError
        ``EXPORT-RECODE`` where a missing code would be exported as the number of another answer.
    """
    if shown.kind in ("words", "typed"):
        return ()
    codes = list(dict.fromkeys(
        option.code for question in shown.questions if not isinstance(question, Note)
        for option in instrument.options(question)))
    recodes = [MISSING_RECODES.get(str(code), str(code)) for code in codes]
    for code, recode in zip(codes, recodes, strict=True):
        if recodes.count(recode) > 1 and code in MISSING_CODES:
            raise InputError(Finding(
                "EXPORT-RECODE", f"instrument {instrument.version}, question {shown.questions[0].id}, code {recode}",
                f"Qualtrics keeps numbers only, and {recode} stands for {code} there.",
                f"Give the answer {recode} another code.",
            ))
    return tuple(Choice(str(k), code, recode)
                 for k, (code, recode) in enumerate(zip(codes, recodes, strict=True), start=1))


def label(instrument: Instrument, shown: Placed, choice: Choice, language: str | None) -> str:
    """The words of an answer, from the first row that offers it."""
    question = next(
        q for q in shown.questions if not isinstance(q, Note)
        and any(option.code == choice.code for option in instrument.options(q)))
    assert not isinstance(question, Note)
    return instrument.label(question, choice.code, language)
