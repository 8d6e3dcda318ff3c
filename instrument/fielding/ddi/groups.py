"""Groups of variables: constructs and their dimensions, blocks of the questionnaire, questions with several answers."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from instrument.fielding.ddi.subject import Subject, columns, variable_id
from instrument.fielding.ddi.xml import add
from instrument.model import Block, Construct, Dimension, Fact, Form, Item


def groups(parent: etree._Element, about: Subject) -> None:
    """Every group that has a variable."""
    for construct in about.instrument.constructs:
        _construct(parent, about, construct)
    for form in about.forms:
        for block in about.wanted.blocks(form):
            _block(parent, about, form, block)
        for _, question in about.questions(form):
            if isinstance(question, Fact) and question.kind == "choices":
                _several(parent, about, form, question)


def _construct(parent: etree._Element, about: Subject, construct: Construct) -> None:
    asked = {dimension.id: _items(about, dimension) for dimension in construct.dimensions}
    made = [f"G_dimension_{name}" for name, items in asked.items() if items]
    if not made:
        return
    group = add(parent, "varGrp", ID=f"G_construct_{construct.id}", type="subject", varGrp=" ".join(made))
    _named(group, about, construct.name, construct.definition, construct.measurement, construct.source)
    for dimension in construct.dimensions:
        if asked[dimension.id]:
            group = add(parent, "varGrp", ID=f"G_dimension_{dimension.id}", type="subject",
                        var=" ".join(asked[dimension.id]))
            _named(group, about, dimension.name, dimension.definition, dimension.measurement, dimension.source)


def _items(about: Subject, dimension: Dimension) -> list[str]:
    return [variable_id(form, q.id) for form in about.forms for _, q in about.questions(form)
            if isinstance(q, Item) and q.dimension == dimension.id]


def _named(
    group: etree._Element, about: Subject, name: str, definition: str, measurement: str, source: Sequence[str],
) -> None:
    base = about.instrument.language
    add(group, "labl", name, language=base)
    if definition:
        add(group, "defntn", definition, language=base)
    add(group, "notes", measurement, language="en", subject="Measurement")
    for cited in source:
        add(group, "notes", cited, language=base, subject="Source")


def _block(parent: etree._Element, about: Subject, form: Form, block: Block) -> None:
    inside = [variable_id(form, column) for own, question in about.questions(form) if own.id == block.id
              for column in columns(about.instrument, question)]
    if not inside:
        return
    group = add(parent, "varGrp", ID=f"G_block_{form.id}_{block.id}",
                type="grid" if block.layout == "matrix" else "section", var=" ".join(inside))
    for language in about.languages:
        add(group, "labl", about.instrument.text(f"block.{block.id}.title", language), language=language)
    if block.intro is not None:
        for language in about.languages:
            add(group, "txt", about.instrument.text(f"block.{block.id}.intro", language), language=language)
    if block.shuffle:
        add(group, "notes", "Shown in random order", language="en", subject="Order")
    if block.optional:
        add(group, "notes", "Asked only in studies that switch it on", language="en", subject="Optional")


def _several(parent: etree._Element, about: Subject, form: Form, question: Fact) -> None:
    group = add(parent, "varGrp", ID=f"G_answers_{form.id}_{question.id}", type="multipleResp",
                var=" ".join(variable_id(form, column) for column in columns(about.instrument, question)))
    for language in about.languages:
        add(group, "labl", about.row(form, question, language).text, language=language)
