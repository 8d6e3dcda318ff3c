"""What every form, construct and dimension must have for the answers to be usable."""

from __future__ import annotations

from collections.abc import Iterator

from instrument.model import EVERY_FORM, Fact, Form, Instrument, Item, Note
from instrument.rules.registry import Breach, facts, items, rule

FEWEST_ITEMS = 3
"""With fewer, a reflective dimension is not identified on its own and its reliability is hard to judge."""

OPTIONAL_ITEMS = 12
"""A block that a study may add must not tire its respondents."""


# -- constructs and dimensions --------------------------------------------------------------------


@rule("CONSTRUCT-EMPTY")
def construct_has_dimensions(instrument: Instrument) -> Iterator[Breach]:
    """A construct has at least one dimension."""
    for construct in instrument.constructs:
        if not construct.dimensions:
            yield (f"construct {construct.id}", "the construct has no dimension",
                   "a construct without parts has one dimension of the same id")


@rule("CONSTRUCT-SOURCE", house=True)
def construct_is_defined(instrument: Instrument) -> Iterator[Breach]:
    """A construct states its definition and its source."""
    for construct in instrument.constructs:
        if not construct.definition.strip() or not any(source.strip() for source in construct.source):
            yield (f"construct {construct.id}", "the construct lacks a definition or a source",
                   "say what it means and whose idea it is (primary source)")


@rule("DIMENSION-EMPTY")
def dimension_has_items(instrument: Instrument) -> Iterator[Breach]:
    """A dimension has items."""
    for construct in instrument.constructs:
        for dimension in construct.dimensions:
            if not instrument.items(dimension.id):
                yield (f"construct {construct.id}, dimension {dimension.id}", "no item measures the dimension",
                       "add its items, or remove the dimension")


@rule("DIMENSION-ITEMS", house=True)
def reflective_dimension_has_three_items(instrument: Instrument) -> Iterator[Breach]:
    """A reflective dimension has at least three items in each form that asks it."""
    for construct in instrument.constructs:
        for dimension in construct.dimensions:
            for form in instrument.forms:
                count = len({item.id for item in instrument.items(dimension.id, form.id)})
                if dimension.measurement == "reflective" and 0 < count < FEWEST_ITEMS:
                    yield (f"construct {construct.id}, dimension {dimension.id}, form {form.id}",
                           f"{count} item{'s' * (count > 1)}, where a reflective dimension needs {FEWEST_ITEMS}",
                           "add items, or declare the dimension formative if its items form it")


@rule("ITEM-DIMENSION")
def item_measures_a_known_dimension(instrument: Instrument) -> Iterator[Breach]:
    """An item's dimension belongs to a construct."""
    for where, item in items(instrument):
        if item.dimension not in instrument.dimensions:
            yield (str(where), f"there is no dimension {item.dimension!r}",
                   "correct it, or declare the dimension under its construct")


@rule("CONSTRUCT-FORM")
def item_is_in_its_constructs_form(instrument: Instrument) -> Iterator[Breach]:
    """Items stand in the form that their construct declares; those of `both` stand in both."""
    for where, item in items(instrument):
        construct = instrument.construct_of.get(item.dimension)
        if construct is not None and construct.form not in ("", *EVERY_FORM, where.form.id):
            yield (str(where), f"construct {construct.id} is declared for form {construct.form}",
                   f"move the item to form {construct.form}, or correct the construct's form")
    for construct in instrument.constructs:
        for dimension in construct.dimensions if construct.form in EVERY_FORM else ():
            for form in instrument.forms:
                absent = {i.id for i in instrument.items(dimension.id)} - {
                    i.id for i in instrument.items(dimension.id, form.id)
                }
                if absent:
                    yield (f"form {form.id}, dimension {dimension.id}",
                           f"construct {construct.id} is declared for {construct.form} forms, and this one does not "
                           f"ask {', '.join(sorted(absent))}", "ask them here too, or correct the construct's form")


# -- forms ----------------------------------------------------------------------------------------


@rule("FORM-IDENTIFIERS", house=True)
def form_carries_the_firm(instrument: Instrument) -> Iterator[Breach]:
    """Every form's link carries firm_id and informant_id, by which the forms are joined."""
    for form in instrument.forms:
        absent = [name for name in ("firm_id", "informant_id") if name not in form.identifiers]
        if absent:
            yield f"form {form.id}, identifiers", f"{' and '.join(absent)} not carried", "add to `identifiers`"


def _with_role(form: Form, role: str) -> list[Fact]:
    """Facts of a role that are always asked: one in an optional block may never be."""
    return [q for _, q in form.questions(optional=()) if isinstance(q, Fact) and q.role == role]


def _exactly_one(instrument: Instrument, role: str, why: str) -> Iterator[Breach]:
    for form in instrument.forms:
        found = _with_role(form, role)
        if len(found) != 1:
            names = f" ({', '.join(fact.id for fact in found)})" if found else ""
            yield (f"form {form.id}", f"{len(found)} facts of role {role}{names} outside optional blocks, "
                   f"where one is needed: {why}", f"let exactly one fact have `role: {role}`")


@rule("FORM-CONSENT", house=True)
def form_asks_consent(instrument: Instrument) -> Iterator[Breach]:
    """Every form has exactly one consent question."""
    yield from _exactly_one(instrument, "consent", "nobody is asked anything without consent")


@rule("CONSENT-FIRST")
def consent_comes_first(instrument: Instrument) -> Iterator[Breach]:
    """Consent is the first question of a form; only notes come before it."""
    for form in instrument.forms:
        first = next((q for _, q in form.questions() if not isinstance(q, Note)), None)
        consents = _with_role(form, "consent")
        if first is not None and consents and first.id != consents[0].id:
            yield (f"form {form.id}, question {first.id}", "this question is asked before consent is given",
                   f"move {consents[0].id} to the front")


@rule("CONSENT-REFUSAL")
def consent_can_be_refused(instrument: Instrument) -> Iterator[Breach]:
    """Refusing consent ends the interview."""
    for where, fact in facts(instrument):
        if fact.role == "consent" and not fact.screen_out:
            yield str(where), "no answer ends the interview", "list the code of refusal under `screen_out`"


@rule("FORM-SCREENING", house=True)
def form_screens(instrument: Instrument) -> Iterator[Breach]:
    """Every form has at least one screening question."""
    for form in instrument.forms:
        if not _with_role(form, "screening"):
            yield (f"form {form.id}", "no fact of role screening outside optional blocks: nothing shows that "
                   "the respondent can answer", "let at least one fact have `role: screening`")


@rule("FORM-ATTENTION", house=True)
def form_has_one_attention_item(instrument: Instrument) -> Iterator[Breach]:
    """Every form has exactly one attention item."""
    yield from _exactly_one(instrument, "attention", "careless answers are screened by it")


@rule("FORM-DILIGENCE", house=True)
def form_has_one_diligence_item(instrument: Instrument) -> Iterator[Breach]:
    """Every form has exactly one diligence item."""
    yield from _exactly_one(instrument, "diligence", "respondents say at the end how they answered")


# -- blocks ---------------------------------------------------------------------------------------


@rule("BLOCK-EMPTY")
def block_has_questions(instrument: Instrument) -> Iterator[Breach]:
    """A block has questions."""
    for form in instrument.forms:
        for block in form.blocks:
            if not block.questions:
                yield f"form {form.id}, block {block.id}", "the block has no questions", "add some, or remove it"


@rule("BLOCK-MATRIX")
def matrix_shares_a_scale(instrument: Instrument) -> Iterator[Breach]:
    """All rows of a matrix are answered on one scale; a note before them is shown above."""
    for form in instrument.forms:
        for block in form.blocks:
            rows = [q for q in block.questions if not isinstance(q, Note)]
            scales = {q.scale or "no scale" for q in rows}
            if block.layout == "matrix" and (len(scales) > 1 or "no scale" in scales):
                yield (f"form {form.id}, block {block.id}",
                       f"a matrix whose rows are answered on {' and '.join(sorted(scales))}",
                       "move the odd rows to a block with `layout: list`")


@rule("OPTIONAL-LENGTH", house=True)
def optional_block_is_short(instrument: Instrument) -> Iterator[Breach]:
    """An optional block has at most 12 items."""
    for form in instrument.forms:
        for block in form.blocks:
            count = sum(isinstance(question, Item) for question in block.questions)
            if block.optional and count > OPTIONAL_ITEMS:
                yield (f"form {form.id}, block {block.id}", f"{count} items, where {OPTIONAL_ITEMS} are the most",
                       "shorten it, or split it into two optional blocks")
