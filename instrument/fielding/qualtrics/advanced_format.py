"""The questionnaire as Advanced Format TXT, the documented way into Qualtrics: words, answers and codes, no logic."""

from __future__ import annotations

from collections.abc import Iterator

from instrument.fielding.exports import Wanted
from instrument.fielding.qualtrics.choices import choices, label
from instrument.fielding.qualtrics.layout import VERSION_FIELD, Placed, placed
from instrument.fielding.qualtrics.qsf_questions import tag
from instrument.fielding.qualtrics.wording import heading, in_html, in_short, question_lines
from instrument.model import Block, Fact, Form, Instrument


def text(instrument: Instrument, form: Form, wanted: Wanted, language: str) -> bytes:
    """One form in one language, a blank line between questions.

    Questions get their numbers, on which reading relies, in the order of the file: as long as no optional block is
    left out in the middle they are those of the QSF file.
    """
    return "".join(f"{line}\n" for line in _lines(instrument, form, wanted, language)).encode()


def _lines(instrument: Instrument, form: Form, wanted: Wanted, language: str) -> Iterator[str]:
    yield "[[AdvancedFormat]]"
    yield ""
    yield f"[[ED:{VERSION_FIELD}:{instrument.version}]]"
    yield from (f"[[ED:{name}]]" for name in form.identifiers)
    for block in wanted.blocks(form):
        yield ""
        yield f"[[Block:{_name(instrument, block, language)}]]"
        page: set[str] = set()
        for shown in placed(form):
            if shown.block.id == block.id:
                if page & {c.question for question in shown.questions for c in question.show_if}:
                    yield "[[PageBreak]]"
                    page = set()
                yield ""
                yield from _question(instrument, shown, language)
                page |= {question.id for question in shown.questions}


def _name(instrument: Instrument, block: Block, language: str) -> str:
    """A block's name stands within the brackets of its instruction, so it has none."""
    title = in_short(instrument.text(f"block.{block.id}.title", language))
    return title.replace("[", "(").replace("]", ")")


def _question(instrument: Instrument, shown: Placed, language: str) -> Iterator[str]:
    yield f"[[Question:{_type(shown)}]]"
    yield f"[[ID:{tag(shown)}]]"
    own = shown.kind != "matrix" and bool(shown.questions)
    yield in_html("\n".join(question_lines(instrument, shown.questions[0], language)) if own
                  else heading(instrument, shown.block, language))
    if shown.kind == "matrix":
        yield "[[AdvancedChoices]]"
        for row, question in enumerate(shown.questions, start=1):
            yield f"[[Choice:{row}]]"
            yield in_html("\n".join(question_lines(instrument, question, language)))
    if offered := choices(instrument, shown):
        kind = "Answer" if shown.kind == "matrix" else "Choice"
        yield f"[[Advanced{kind}s]]"
        for choice in offered:
            yield f"[[{kind}:{choice.recode}]]"
            yield in_html(label(instrument, shown, choice, language))


def _type(shown: Placed) -> str:
    if shown.kind == "matrix":
        return "Matrix"
    if shown.kind == "words":
        return "Text"
    question = shown.questions[0]
    kind = question.kind if isinstance(question, Fact) else "choice"
    if shown.kind == "typed":
        return "TE:Essay" if kind == "text" else "TE:SingleLine"
    return f"MC:{'MultipleAnswer' if kind == 'choices' else 'SingleAnswer'}:Vertical"
