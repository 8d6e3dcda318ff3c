"""Tables from the questionnaire itself: every item's wording and key, every fact asked."""

from __future__ import annotations

from instrument.model import Fact, Instrument, Item
from pipeline.report import names
from pipeline.report.numbers import counted
from pipeline.report.tables.spec import Column, Table


def items_wording_table(instrument: Instrument, optional_blocks: tuple[str, ...] = ()) -> Table:
    """Items as asked, with the construct they measure and their key; only blocks that were switched on."""
    rows = []
    for form in instrument.forms:
        for _, question in form.questions(optional=optional_blocks):
            if isinstance(question, Item):
                construct = instrument.construct_of[question.dimension]
                dimension = instrument.dimensions[question.dimension]
                measured = construct.name if construct.name == dimension.name else f"{construct.name}: {dimension.name}"
                rows.append((names.form(form.id), question.id, measured, question.text,
                             "reversed" if question.reversed else ""))
    reversed_items = sum(row[4] == "reversed" for row in rows)
    return Table(
        "wording-items", "Wording and keys of the items",
        (Column("form", "Form"), Column("item", "Item"), Column("measures", "Measures"), Column("text", "Wording"),
         Column("key", "Key")),
        tuple(rows),
        f"{counted(len(rows), 'item')} were asked, {reversed_items} of them reversed (keyed as lowest plus highest "
        "point less the answer).",
        f"Instrument {instrument.version}, in {instrument.language_name}.",
    )


def facts_wording_table(instrument: Instrument, optional_blocks: tuple[str, ...] = ()) -> Table:
    """Facts as asked, with their kind and answer options."""
    rows = []
    for form in instrument.forms:
        for _, question in form.questions(optional=optional_blocks):
            if isinstance(question, Fact):
                options = "; ".join(
                    f"{option.code} = {option.label}" if option.label else str(option.code)
                    for option in instrument.options(question)
                )
                rows.append((names.form(form.id), question.id, question.kind, question.text, options))
    return Table(
        "wording-facts", "Wording of the facts",
        (Column("form", "Form"), Column("fact", "Fact"), Column("kind", "Answer"), Column("text", "Wording"),
         Column("options", "Codes")),
        tuple(rows), f"{counted(len(rows), 'fact')} were asked beside the items.",
    )
