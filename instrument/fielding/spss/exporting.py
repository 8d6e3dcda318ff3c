"""For each form and language: syntax that labels a table of answers, and a data file without rows, labelled."""

from __future__ import annotations

from collections.abc import Sequence

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.spss.capabilities import CAPABILITIES
from instrument.fielding.spss.savfile import empty_sav_bytes
from instrument.fielding.spss.syntax import syntax
from instrument.fielding.spss.variables import VARIABLE_LABEL, Variable, answer_variables, meta_variables, shortened
from instrument.model import Fact, Form, Instrument, Item, Note


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """``spss-F-en.sps`` and ``spss-F-en.sav`` for each form and language."""
    return tuple(
        file for form in instrument.forms if form.id in wanted.forms for language in wanted.languages
        for file in _files(instrument, form, wanted, language)
    )


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What labels cannot carry, and the variables whose labels are cut in some language."""
    said = capability_losses(CAPABILITIES, instrument, wanted, own_words=(
        "The labels of metadata and of answers not chosen are in English; add them to spss/wording.py."))
    cut = [v for form in instrument.forms if form.id in wanted.forms for language in wanted.languages
           for v in _variables(instrument, form, wanted, language) if v.cut]
    if not cut:
        return said
    words = f"{sum(v.cut for v in cut)} labels are longer than SPSS keeps them, and end with an ellipsis."
    return (*said, Loss("help", "no", words, tuple(dict.fromkeys(v.name for v in cut))))


def _questions(form: Form, wanted: Wanted) -> list[Item | Fact]:
    return [q for block in wanted.blocks(form) for q in block.questions if not isinstance(q, Note)]


def _variables(instrument: Instrument, form: Form, wanted: Wanted, language: str) -> list[Variable]:
    asked = {question.id for question in _questions(form, wanted)}
    return [*meta_variables(form, language), *answer_variables((instrument,), form.id, language, asked)]


def _files(instrument: Instrument, form: Form, wanted: Wanted, language: str) -> tuple[OutputFile, OutputFile]:
    variables = _variables(instrument, form, wanted, language)
    several = {
        q.id: shortened(instrument.text(f"question.{q.id}", language), VARIABLE_LABEL)
        for q in _questions(form, wanted) if isinstance(q, Fact) and q.kind == "choices"
    }
    title = f"{instrument.text(f'form.{form.id}.title', language)} ({form.id})"
    notes = notes_of((instrument,), form.id, language, variables)
    head = [title, *notes, "The table must have a column for each question of these blocks and for the metadata"]
    name = f"spss-{form.id}-{language}"
    script = syntax(variables, several, head=head, table=f"answers-{form.id}.xlsx")
    return (
        # With the byte order mark SPSS knows the encoding before it has read a line.
        OutputFile(f"{name}.sps", ("\ufeff" + script).encode("utf-8")),
        OutputFile(f"{name}.sav", empty_sav_bytes(variables, title=title, notes=notes, day=instrument.released)),
    )


def notes_of(
    layouts: Sequence[Instrument], form_id: str, language: str | None, variables: Sequence[Variable],
) -> list[str]:
    """What a labelled file says of itself: instrument, language, reversed items, and how many labels were cut."""
    versions = ", ".join(layout.version for layout in layouts)
    spoken = language or ", ".join(dict.fromkeys(layout.language for layout in layouts))
    turned = " ".join(v.name for v in variables if v.reversed)
    cut = sum(v.cut for v in variables)
    return [
        f"Instrument {layouts[-1].name} {versions}, form {form_id}, language {spoken}",
        f"Reversed items, left as answered: {turned or 'none'}",
        f"Labels too long for SPSS, cut where an ellipsis stands: {cut}",
    ]
