"""What a survey on Qualtrics holds otherwise than this questionnaire says, besides what Qualtrics never carries."""

from __future__ import annotations

from collections.abc import Iterator

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.exports import Wanted
from instrument.fielding.qualtrics.capabilities import CAPABILITIES
from instrument.fielding.qualtrics.layout import Placed, placed
from instrument.fielding.qualtrics.wording import DATE
from instrument.fielding.words import is_typed
from instrument.model import Fact, Form, Instrument, Item, Note

TEXT_FORMAT = (
    "The TXT files hold words, answers and codes; routing, answers that end the interview, required answers, bounds, "
    "exclusive answers and random order are in the QSF file alone."
)


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What this export of a questionnaire cannot carry."""
    forms = [form for form in instrument.forms if form.id in wanted.forms]
    hinted = any(_is_hinted(q) for form in forms for shown in asked(form, wanted) for q in shown.questions)
    return (
        *capability_losses(
            CAPABILITIES, instrument, wanted, spoken=tuple(DATE), own_words=(
                "How a date or a missing code is typed is said in English; add the words to qualtrics/wording.py."
                if hinted else "")),
        *(loss for form in forms for loss in form_losses(instrument, form, wanted)),
        Loss("routing", "by hand", TEXT_FORMAT, ()),
    )


def asked(form: Form, wanted: Wanted) -> tuple[Placed, ...]:
    """The form's Qualtrics questions, without those of blocks that are switched off."""
    blocks = {block.id for block in wanted.blocks(form)}
    return tuple(shown for shown in placed(form) if shown.block.id in blocks)


def form_losses(instrument: Instrument, form: Form, wanted: Wanted) -> Iterator[Loss]:
    """The losses of one form; they also stand in the survey's description."""
    titles = tuple(block.id for block in wanted.blocks(form) if block.intro is not None or block.layout == "list")
    if titles:
        words = "Titles of these blocks name them in the editor; respondents do not see them."
        yield Loss("notes", "no", words, titles)
    for shown in asked(form, wanted):
        if shown.kind == "matrix":
            rows = [question for question in shown.questions if not isinstance(question, Note)]
            yield from _matrix_losses(instrument, shown, rows)


def _matrix_losses(instrument: Instrument, shown: Placed, rows: list[Item | Fact]) -> Iterator[Loss]:
    required = tuple(row.id for row in rows if row.required)
    if required and len(required) < len(rows):
        yield Loss("required", "no", f"Qualtrics can require a matrix only as a whole: in {shown.id} no row is forced, "
                   "though these should be.", required)
    if len({tuple(option.code for option in instrument.options(row)) for row in rows}) > 1:
        yield Loss("matrix", "no", f"Not all rows of {shown.id} have the same answers in the questionnaire; here each "
                   "row offers all of them.", tuple(row.id for row in rows))
    conditions = [row.show_if for row in rows]
    if all(conditions) and any(one != conditions[0] for one in conditions):
        yield Loss("matrix row routing", "no", f"Each row of {shown.id} has conditions of its own: where none holds, "
                   "the matrix is shown without rows.", tuple(row.id for row in rows))


def _is_hinted(question: Item | Fact | Note) -> bool:
    """Whether the question says how to type its answer, in words that are not the instrument's."""
    return isinstance(question, Fact) and (question.kind == "date" or (is_typed(question) and bool(question.missing)))
