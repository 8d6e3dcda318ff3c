"""A form of an instrument → the rows of XLSForm's survey, choices and settings sheets.

A block is a group shown on one page (``field-list``). In a matrix block, each run of questions on one scale stands
under a row that shows the scale's words once. A question answered by typing that offers missing codes has a second
question beside it, shown while the first is empty, that asks why: so one of the two can be required, and never both
be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from instrument.fielding.exports import Wanted
from instrument.fielding.words import is_typed
from instrument.fielding.xlsform import logic, names
from instrument.fielding.xlsform.wording import Phrase, phrase, safe, with_unit
from instrument.model import Block, Fact, Form, Instrument, Item, Note, Option, Question

Row = dict[str, str]
_TYPES = {"count": "integer", "number": "decimal", "year": "integer", "date": "date", "text": "text"}


@dataclass(slots=True)
class Survey:
    """Rows of one form as they grow."""

    instrument: Instrument
    form: Form
    wanted: Wanted
    rows: list[Row] = field(default_factory=list)
    lists: dict[str, list[Row]] = field(default_factory=dict)
    going: logic.Going = field(init=False)

    def __post_init__(self) -> None:
        self.going = logic.Going(logic.asked(self.form))

    # -- words ----------------------------------------------------------------------------------------

    def words(self, column: str, text: Callable[[str], str | None]) -> Row:
        """One cell a language; ``text`` gives the words in a language."""
        out = {f"{column}::{names.language_label(self.instrument, code)}": text(code) for code in self.wanted.languages}
        return {name: safe(words) for name, words in out.items() if words}

    def text(self, column: str, key: str) -> Row:
        return self.words(column, lambda language: self.instrument.text(key, language))

    def own(self, column: str, which: Phrase, **parts: str) -> Row:
        return self.words(column, lambda language: phrase(which, language, **parts))

    def say(self, language: str, key: str, there: str | None) -> str | None:
        return None if there is None else self.instrument.text(key, language)

    # -- lists of answers -----------------------------------------------------------------------------

    def answers(self, name: str, question: Item | Fact, options: Sequence[Option]) -> str:
        """Enter a list of answers, once; the bare number stands for an answer without words."""
        if name not in self.lists:
            self.lists[name] = [
                {"list_name": name, "name": str(option.code),
                 **self.words("label", lambda code, o=option: self.instrument.label(question, o.code, code))}  # type: ignore[misc]
                for option in options
            ]
        return name


def survey_of(instrument: Instrument, form: Form, wanted: Wanted) -> Survey:
    """Every row of a form's sheets."""
    survey = Survey(instrument, form, wanted)
    blocks = wanted.blocks(form)
    _opening(survey)
    for block in blocks:
        _block(survey, block)
    if survey.going.over:
        survey.rows.append({"type": "note", "name": "interview_over", "relevant": survey.going.over,
                            **survey.own("label", "over")})
    survey.rows += [{"type": "calculate", "name": name, "calculation": formula} for name, formula in _stamps(survey)]
    return survey


def settings_of(instrument: Instrument, form: Form, wanted: Wanted) -> Row:
    first = wanted.languages[0]
    return {
        "form_title": safe(instrument.text(f"form.{form.id}.title", first)),
        "form_id": names.form_id(instrument, form),
        "version": instrument.version,
        "default_language": names.language_label(instrument, first),
        "style": "pages",
    }


# -- what we add ----------------------------------------------------------------------------------------


def _opening(survey: Survey) -> None:
    """Times, and a first page with the language and the identifiers that the link carries."""
    survey.rows += [{"type": "start", "name": names.STARTED}, {"type": "end", "name": names.ENDED}]
    several = len(survey.wanted.languages) > 1
    if not several and not survey.form.identifiers:
        return
    survey.rows.append({"type": "begin_group", "name": names.INTERVIEW, "appearance": "field-list",
                        **survey.text("label", f"form.{survey.form.id}.title")})
    if several:
        survey.lists[names.LANGUAGE_SHOWN] = [
            {"list_name": names.LANGUAGE_SHOWN, "name": "shown", **survey.words("label", str)}]
        survey.rows.append({"type": f"select_one {names.LANGUAGE_SHOWN}", "name": names.LANGUAGE_SHOWN,
                            "default": "shown", "read_only": "yes", **survey.own("label", "language")})
    survey.rows += [
        {"type": "text", "name": identifier, **survey.words("label", lambda _, i=identifier: i),  # type: ignore[misc]
         **survey.own("hint", "identifier")}
        for identifier in survey.form.identifiers
    ]
    survey.rows.append({"type": "end_group"})


def _stamps(survey: Survey) -> Iterator[tuple[str, str]]:
    """Calculated fields, outside of groups: in a group that is not shown they would be emptied."""
    yield names.VERSION, f"'{survey.instrument.version}'"
    if len(survey.wanted.languages) == 1:
        yield names.LANGUAGE, f"'{survey.wanted.languages[0]}'"
    else:
        # XLSForm has no function for the language. The only answer to `language_shown` is worded by its code in every
        # language, so its words are the language. Looking at answers makes a client work it out again as they come.
        shown = f"${{{names.LANGUAGE_SHOWN}}}"
        seen = ", ".join(f"${{{name}}}" for name in _milestones(survey))
        stamp = f"jr:choice-name({shown}, '{shown}')"
        yield names.LANGUAGE, f"if(string-length(concat({seen}, '')) >= 0, {stamp}, '')" if seen else stamp
    yield from survey.going.fields


def _milestones(survey: Survey) -> list[str]:
    """The last question of each block."""
    last = ([q for q in block.questions if not isinstance(q, Note)] for block in survey.wanted.blocks(survey.form))
    return [names.field(questions[-1].id) for questions in last if questions]


# -- blocks ---------------------------------------------------------------------------------------------


def _block(survey: Survey, block: Block) -> None:
    asked, on = survey.going.questions, survey.going.on
    survey.rows.append({
        "type": "begin_group", "name": names.group(block), "appearance": "field-list",
        "relevant": logic.all_of(on, logic.conditions(asked, block.show_if)),
        **survey.text("label", f"block.{block.id}.title"),
    })
    if block.intro is not None:
        survey.rows.append({"type": "note", "name": f"intro_{block.id}",
                            **survey.text("label", f"block.{block.id}.intro")})
    for number, (shared, run) in enumerate(groupby(block.questions, key=lambda q: _shared_list(block, q))):
        questions = list(run)
        if shared is not None:
            survey.rows.append(_header(survey, f"head{number}_{block.id}", questions))
        for question in questions:
            # Within its own block a question hangs only on what the block does not hang on already.
            still = survey.going.on if survey.going.on != on else None
            shown = logic.all_of(still, logic.conditions(asked, question.show_if))
            survey.rows += _question(survey, question, shown, in_matrix=shared is not None)
            survey.going.after(question)
    survey.rows.append({"type": "end_group"})


def _shared_list(block: Block, question: Question) -> str | None:
    """The list of answers that a matrix shows over a question; None for a question that stands by itself."""
    if block.layout != "matrix" or isinstance(question, Note) or is_typed(question):
        return None
    several = isinstance(question, Fact) and question.kind == "choices"
    return None if several else names.choice_list(question)


def _header(survey: Survey, name: str, questions: Sequence[Question]) -> Row:
    """The row that shows a scale's words; it is hidden with its rows where they all are."""
    first = questions[0]
    assert not isinstance(first, Note)
    points, missing = survey.instrument.offered(first)
    answers = survey.answers(names.choice_list(first), first, (*points, *missing))
    together = all(q.show_if == first.show_if for q in questions)
    shown = logic.conditions(survey.going.questions, first.show_if) if together else ""
    return {"type": f"select_one {answers}", "name": name, "appearance": "label", "relevant": shown,
            **survey.words("label", lambda _: "…")}


# -- questions ------------------------------------------------------------------------------------------


def _question(survey: Survey, question: Question, shown: str, *, in_matrix: bool) -> list[Row]:
    row: Row = {"name": names.field(question.id), "relevant": shown, **survey.text("label", f"question.{question.id}")}
    if isinstance(question, Note):
        return [{"type": "note", **row}]
    row |= _hint(survey, question)
    if is_typed(question):
        assert isinstance(question, Fact)
        return _typed(survey, question, row)
    points, missing = survey.instrument.offered(question)
    answers = survey.answers(names.choice_list(question), question, (*points, *missing))
    row |= _required(survey, question.required)
    if isinstance(question, Fact) and question.kind == "choices":
        row |= {"type": f"select_multiple {answers}", "constraint": logic.alone(missing)}
        if missing:
            row |= survey.words("constraint_message", lambda language: phrase("alone", language, alone="; ".join(
                survey.instrument.label(question, option.code, language) for option in missing)))
        return [row]
    return [row | {"type": f"select_one {answers}", "appearance": "list-nolabel" if in_matrix else ""}]


def _hint(survey: Survey, question: Item | Fact) -> Row:
    if isinstance(question, Item):
        return {}
    key = f"question.{question.id}"
    return survey.words("hint", lambda language: with_unit(
        survey.say(language, f"{key}.help", question.help), survey.say(language, f"{key}.unit", question.unit)))


def _required(survey: Survey, required: bool) -> Row:
    return {"required": "yes", **survey.own("required_message", "required")} if required else {}


def _typed(survey: Survey, fact: Fact, row: Row) -> list[Row]:
    row |= {"type": _TYPES[fact.kind]}
    if fact.kind in ("count", "number", "year"):
        low, high = logic.bounds(fact)
        row["constraint"] = logic.within(low, high)
        if low is not None and high is not None:
            row |= survey.own("constraint_message", "between", low=low, high=high)
        elif low is not None:
            row |= survey.own("constraint_message", "at least", low=low)
        elif high is not None:
            row |= survey.own("constraint_message", "at most", high=high)
    if not fact.missing:
        return [row | _required(survey, fact.required)]
    name = names.reason_field(fact.id)
    reason = {
        "type": f"select_one {survey.answers(name, fact, fact.missing)}", "name": name,
        "relevant": logic.all_of(row["relevant"], f"${{{row['name']}}} = ''"),
        **survey.own("label", "no answer"), **_required(survey, fact.required),
    }
    return [row, reason]
