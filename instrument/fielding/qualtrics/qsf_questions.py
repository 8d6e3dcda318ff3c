"""A question as the payload of a QSF file's element SQ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instrument.fielding.qualtrics.choices import Choice, choices, label
from instrument.fielding.qualtrics.layout import Placed
from instrument.fielding.qualtrics.logic import Logic, holds, typed
from instrument.fielding.qualtrics.wording import heading, in_html, in_short, question_lines
from instrument.model import Fact, Instrument, Item, Note

Payload = dict[str, Any]

NUMBER = r"-?\d+(\.\d+)?"
WHOLE = r"\d+"
DAY = r"\d{4}-\d{2}-\d{2}"


def payload(instrument: Instrument, shown: Placed, languages: Sequence[str], logic: Logic) -> Payload:
    """One question in all languages; the first is the one the survey is edited in."""
    offered = choices(instrument, shown)
    words = [_words(instrument, shown, offered, language) for language in languages]
    own = _own(shown, offered)
    return {
        **words[0],
        "DefaultChoices": False,
        "DataExportTag": tag(shown),
        "QuestionID": shown.id,
        **own,
        "DataVisibility": {"Private": False, "Hidden": False},
        "QuestionDescription": in_short(_plain(instrument, shown, languages[0])),
        **_conditions(shown, words[0], logic),
        "Validation": {"Settings": _validation(shown)},
        "GradingData": [],
        # An empty list, not an object, where there is nothing: so writes PHP, and so do Qualtrics' own files.
        "Language": dict(zip((code.upper() for code in languages[1:]), words[1:], strict=True)) or [],
        "NextChoiceId": len(words[0].get("Choices", ())) + 1,
        "NextAnswerId": len(words[0].get("Answers", ())) + 1,
    }


def tag(shown: Placed) -> str:
    """The name of the question's column; a matrix's columns are named by its rows, words have none."""
    if shown.kind == "matrix":
        return f"{shown.block.id}_{shown.id}"
    return shown.questions[0].id if shown.questions else f"{shown.block.id}_intro"


# -- words ----------------------------------------------------------------------------------------------


def _plain(instrument: Instrument, shown: Placed, language: str) -> str:
    if shown.kind == "matrix" or not shown.questions:
        return heading(instrument, shown.block, language)
    return "\n".join(question_lines(instrument, shown.questions[0], language))


def _words(instrument: Instrument, shown: Placed, offered: Sequence[Choice], language: str) -> Payload:
    """The question's text, its choices and, in a matrix, its answers in one language."""
    out: Payload = {"QuestionText": in_html(_plain(instrument, shown, language))}
    answers = {c.number: {"Display": in_html(label(instrument, shown, c, language))} for c in offered}
    if shown.kind == "matrix":
        out["Choices"] = {
            str(row): {"Display": in_html("\n".join(question_lines(instrument, question, language)))}
            for row, question in enumerate(shown.questions, start=1)}
        out["Answers"] = answers
    elif shown.kind == "choice":
        out["Choices"] = answers
    return out


# -- types ----------------------------------------------------------------------------------------------


def _own(shown: Placed, offered: Sequence[Choice]) -> Payload:
    """What follows from the kind of question."""
    plain = {"QuestionDescriptionOption": "UseText"}
    numbers = [choice.number for choice in offered]
    recodes = {choice.number: choice.recode for choice in offered}
    if shown.kind == "matrix":
        rows = [str(row) for row in range(1, len(shown.questions) + 1)]
        return {
            "QuestionType": "Matrix", "Selector": "Likert", "SubSelector": "SingleAnswer",
            "Configuration": plain | {"TextPosition": "inline", "ChoiceColumnWidth": 25, "RepeatHeaders": "none",
                                      "WhiteSpace": "OFF", "MobileFirst": True},
            "ChoiceOrder": rows, "AnswerOrder": numbers, "RecodeValues": recodes,
            "ChoiceDataExportTags": {row: q.id for row, q in zip(rows, shown.questions, strict=True)},
            **({"Randomization": {"Advanced": None, "Type": "All", "TotalRandSubset": ""}}
               if shown.block.shuffle else {}),
        }
    if shown.kind == "choice":
        return {"QuestionType": "MC", "Selector": "MAVR" if _several(shown) else "SAVR", "SubSelector": "TX",
                "Configuration": plain, "ChoiceOrder": numbers, "RecodeValues": recodes}
    if shown.kind == "typed":
        question = shown.questions[0]
        long = isinstance(question, Fact) and question.kind == "text"
        return {"QuestionType": "TE", "Selector": "ML" if long else "SL", "Configuration": plain}
    return {"QuestionType": "DB", "Selector": "TB", "Configuration": plain}


def _several(shown: Placed) -> bool:
    question = shown.questions[0]
    return isinstance(question, Fact) and question.kind == "choices"


# -- conditions and validation --------------------------------------------------------------------------


def _conditions(shown: Placed, words: Mapping[str, Any], logic: Logic) -> Payload:
    """Display logic, and what belongs to single choices: rows shown only then, answers that exclude the others.

    Rows that all have the same conditions are one question's: else an empty matrix would be left.
    """
    conditions = [question.show_if for question in shown.questions]
    if conditions and conditions[0] and all(one == conditions[0] for one in conditions):
        return {"DisplayLogic": logic.shown_if(conditions[0]) | {"inPage": False}} | _exclusive(shown, words)
    if shown.kind == "matrix" and any(conditions):
        return {"Choices": {
            row: choice | ({"DisplayLogic": logic.shown_if(needed) | {"inPage": False}} if needed else {})
            for (row, choice), needed in zip(words["Choices"].items(), conditions, strict=True)}}
    return _exclusive(shown, words)


def _exclusive(shown: Placed, words: Mapping[str, Any]) -> Payload:
    if shown.kind != "choice" or not _several(shown):
        return {}
    question = shown.questions[0]
    assert isinstance(question, Fact)
    first = len(words["Choices"]) - len(question.missing)
    return {"Choices": {
        number: choice | ({"ExclusiveAnswer": True} if k >= first else {})
        for k, (number, choice) in enumerate(words["Choices"].items())}}


def _validation(shown: Placed) -> Payload:
    asked = [question for question in shown.questions if not isinstance(question, Note)]
    if not asked:
        return {"Type": "None"}
    # Qualtrics requires a matrix as a whole.
    required = "ON" if all(question.required for question in asked) else "OFF"
    return {"ForceResponse": required, "ForceResponseType": "ON", **_content(shown, asked[0])}


def _content(shown: Placed, question: Item | Fact) -> Payload:
    if not isinstance(question, Fact) or question.kind in ("choice", "choices", "text"):
        return {"Type": "None"}
    if question.kind == "date" or question.missing:
        return {"Type": "CustomValidation", "CustomValidation": {
            "Logic": holds(_sets(shown, question)),
            # A message is kept in an account's library; the file cannot name one of another account.
            "Message": {"messageID": None, "subMessageID": "VE_ERROR", "libraryID": None, "description": None},
        }}
    return {
        "Type": "ContentType", "ContentType": "ValidNumber",
        "ValidDateType": "DateWithFormat", "ValidPhoneType": "ValidUSPhone", "ValidZipType": "ValidUSZip",
        "ValidNumber": {"Min": _bound(_least(question)), "Max": _bound(question.maximum),
                        "NumDecimals": "" if question.kind == "number" else "0"},
    }


def _sets(shown: Placed, question: Fact) -> list[list[Payload]]:
    """What may be typed where a number may give way to a missing code, and for dates.

    Qualtrics' own check of dates knows no year-month-day with hyphens. Nothing typed passes: an answer that is
    required is forced by itself.
    """
    number = {"date": DAY, "number": NUMBER}.get(question.kind, WHOLE)
    besides = [typed(shown, "Empty"), *(typed(shown, "EqualTo", str(option.code)) for option in question.missing)]
    sets = [[typed(shown, "MatchesRegex", f"^{number}$"), *besides]]
    if (least := _bound(_least(question))) and question.kind != "date":
        sets.append([typed(shown, "GreaterThanOrEqual", least), *besides])
    if (most := _bound(question.maximum)) and question.kind != "date":
        sets.append([typed(shown, "LessThanOrEqual", most), *besides])
    return sets


def _least(question: Fact) -> float | None:
    return 0 if question.kind == "count" and question.minimum is None else question.minimum


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
