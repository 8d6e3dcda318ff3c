"""The instrument as frozen types: what is asked, of whom, in which words, measuring what.

``instrument.yaml`` of a version holds everything in the base language; one further file a language
(``es.yaml``) holds translations by string key. Both are read into :class:`Instrument` by
:mod:`instrument.store`. Types check shapes only; whether the whole makes sense (ids, references,
enough items …) is judged by :mod:`instrument.rules`, which reports every broken rule at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

MISSING_CODES = ("na", "dk", "rf")
"""Answers that are no scale point: not applicable, don't know, refused. Missing, with a reason."""

Role = Literal[
    "consent", "screening", "knowledge", "attention", "diligence", "experience", "function",
    "outcome", "shock", "context",
]
FactKind = Literal["choice", "choices", "count", "number", "year", "date", "text"]
TranslationStatus = Literal["draft", "reviewed", "back-translated"]
Measurement = Literal["reflective", "formative"]

# Strict, because YAML 1.1 reads an unquoted yes, no, on or off as a truth value, and a lenient
# reader would turn that into the answer code 1 or 0 without a word.
Code = StrictInt | StrictStr
Flag = StrictBool
Bound = Annotated[float, Field(strict=True, allow_inf_nan=False)]

FORM_ID = "[A-Z][A-Za-z0-9]{0,7}"
"""A form is named by a capital and up to seven letters and digits; ours are F and A."""

EVERY_FORM = ("both", "all")
"""What a construct names whose items stand in every form; ``both`` reads better where there are two."""


class Frozen(BaseModel):
    """Immutable, and strict about unknown keys so that a typing slip in YAML is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(Frozen):
    """One answer code and the words for it; ``label`` None shows the bare number."""

    code: Code
    label: str | None = None


class ResponseScale(Frozen):
    """An ordered set of scale points and the missing codes offered beside them."""

    id: str
    points: tuple[Option, ...]
    missing: tuple[Option, ...] = ()


class Dimension(Frozen):
    """What a set of items measures. ``measurement`` says whether items reflect or form it."""

    id: str
    name: str
    definition: str = ""
    measurement: Measurement = "reflective"
    source: tuple[str, ...] = ()


class Construct(Frozen):
    """A construct of the theory with its dimensions; one dimension of the same id if it has no parts.

    Where ``dimensions`` are not stated the construct is its own and only dimension. ``form`` is the form that asks for
    it, or one of :data:`EVERY_FORM`; left empty, nothing is promised and its items may stand anywhere.
    """

    id: str
    name: str
    definition: str = ""
    measurement: Measurement = "reflective"
    form: Annotated[str, Field(pattern=f"^({FORM_ID}|{'|'.join(EVERY_FORM)})?$")] = ""
    source: tuple[str, ...] = ()
    dimensions: tuple[Dimension, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _its_own_dimension(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or "dimensions" in raw:
            return raw
        return raw | {"dimensions": [{key: raw[key] for key in Dimension.model_fields if key in raw}]}


class Condition(Frozen):
    """True where the answer to ``question`` is one of ``any_of``. Several conditions must all hold."""

    question: str
    any_of: tuple[Code, ...]


class Item(Frozen):
    """A statement answered on a response scale that measures one dimension."""

    type: Literal["item"] = "item"
    id: str
    dimension: str
    text: str
    scale: str = "agree7"
    reversed: Flag = False
    required: Flag = False
    author: str = "alliometrics"
    show_if: tuple[Condition, ...] = ()


class Fact(Frozen):
    """An observed fact: a choice, a count, a year, a date, a text. Not an indicator of a construct.

    ``options`` (or ``scale``) hold the answer codes of ``choice`` and ``choices``; ``minimum`` and
    ``maximum`` bound ``count``, ``number`` and ``year``. ``missing`` are the codes offered beside.
    ``expected`` is the code an attention item asks for; ``screen_out`` codes end the interview.
    """

    type: Literal["fact"] = "fact"
    id: str
    kind: FactKind
    role: Role
    text: str
    help: str | None = None
    options: tuple[Option, ...] = ()
    missing: tuple[Option, ...] = ()
    scale: str | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    unit: str | None = None
    expected: StrictInt | None = None
    screen_out: tuple[Code, ...] = ()
    required: Flag = False
    show_if: tuple[Condition, ...] = ()


class Note(Frozen):
    """Words shown without a question: a definition, consent, thanks."""

    type: Literal["note"] = "note"
    id: str
    text: str
    show_if: tuple[Condition, ...] = ()


Question = Annotated[Item | Fact | Note, Field(discriminator="type")]


class Block(Frozen):
    """Questions shown together. ``matrix`` shows items of one scale as rows; ``shuffle`` randomises them.

    An ``optional`` block is asked only where a study switches it on.
    """

    id: str
    title: str
    intro: str | None = None
    layout: Literal["list", "matrix"] = "list"
    shuffle: Flag = False
    optional: Flag = False
    show_if: tuple[Condition, ...] = ()
    questions: tuple[Question, ...]


class Form(Frozen):
    """One questionnaire: who answers it, which identifiers its link carries, its blocks in order.

    Without a title of its own it bears the instrument's. The identifiers say what a row of its answers is about: an
    alliance where ``alliance_id`` is among them, a firm where ``firm_id`` is, else the respondent.
    """

    id: Annotated[str, Field(pattern=f"^{FORM_ID}$")]
    title: str = ""
    respondent: str = ""
    identifiers: tuple[str, ...] = ()
    consent_version: str = ""
    blocks: tuple[Block, ...]

    def questions(self, *, optional: tuple[str, ...] | None = None) -> Iterator[tuple[Block, Item | Fact | Note]]:
        """Yield (block, question) in order; ``optional`` names the optional blocks to include (None: all)."""
        for block in self.blocks:
            if not block.optional or optional is None or block.id in optional:
                for question in block.questions:
                    yield block, question


class TranslatedString(Frozen):
    """A translation with a status of its own."""

    text: str
    status: TranslationStatus


class Translation(Frozen):
    """All strings of one further language by key (see :meth:`Instrument.strings`)."""

    language: str
    name: str
    status: TranslationStatus
    translator: str
    strings: dict[str, str | TranslatedString]

    def text(self, key: str) -> str | None:
        found = self.strings.get(key)
        return found.text if isinstance(found, TranslatedString) else found


class Instrument(Frozen):
    """A version of the questionnaire, whole.

    What a short instrument leaves out is empty, and says nothing: nobody's licence is guessed. Only two gaps are
    filled: a form's title is the instrument's, and the language's name is its code.
    """

    name: str
    version: str
    title: str
    summary: str = ""
    licence: str = ""
    language: str = Field(description="base language, BCP 47")
    language_name: str = ""
    released: date | None = None
    alliance_definition: str = Field("", description="what respondents are told a strategic alliance is")
    scales: tuple[ResponseScale, ...]
    constructs: tuple[Construct, ...]
    forms: tuple[Form, ...]
    translations: tuple[Translation, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_gaps(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        filled = {"language_name": raw["language"], **raw} if "language" in raw else dict(raw)
        if "title" in raw and isinstance(raw.get("forms"), list | tuple):
            filled["forms"] = [{"title": raw["title"], **form} if isinstance(form, dict) else form
                               for form in raw["forms"]]
        return filled

    # -- look-ups ---------------------------------------------------------------------------------

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return (self.language, *(t.language for t in self.translations))

    @cached_property
    def dimensions(self) -> dict[str, Dimension]:
        return {d.id: d for c in self.constructs for d in c.dimensions}

    @cached_property
    def construct_of(self) -> dict[str, Construct]:
        """Dimension id → its construct."""
        return {d.id: c for c in self.constructs for d in c.dimensions}

    def scale(self, scale_id: str) -> ResponseScale:
        return next(s for s in self.scales if s.id == scale_id)

    def form(self, form_id: str) -> Form:
        return next(f for f in self.forms if f.id == form_id)

    def items(self, dimension: str, form_id: str | None = None) -> tuple[Item, ...]:
        """Items of a dimension in order of appearance (in one form, if named)."""
        return tuple(
            q for f in self.forms if form_id in (None, f.id)
            for _, q in f.questions() if isinstance(q, Item) and q.dimension == dimension
        )

    def options(self, question: Item | Fact) -> tuple[Option, ...]:
        """Every answer code a question offers: scale points or options, then missing codes."""
        if question.scale is not None:
            scale = self.scale(question.scale)
            extra = question.missing if isinstance(question, Fact) else ()
            return scale.points + scale.missing + extra
        assert isinstance(question, Fact)
        return question.options + question.missing

    def offered(self, question: Item | Fact) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
        """The answers that count, and those offered beside that say why there is none."""
        points, missing = (question.options, question.missing) if isinstance(question, Fact) else ((), ())
        if question.scale is not None:
            scale = self.scale(question.scale)
            points, missing = scale.points + points, scale.missing + missing
        return points, missing

    # -- words ------------------------------------------------------------------------------------

    def strings(self) -> dict[str, str]:
        """Every translatable string in the base language, by key, in order of appearance.

        Keys: ``instrument.title``, ``instrument.alliance_definition``, ``scale.<id>.<code>``,
        ``form.<id>.title``, ``block.<id>.title``, ``block.<id>.intro``, ``question.<id>``,
        ``question.<id>.help``, ``question.<id>.unit``, ``option.<question>.<code>``.
        Construct names and definitions are for researchers and stay in the base language.
        """
        out: dict[str, str] = {"instrument.title": self.title}
        if self.alliance_definition:
            out["instrument.alliance_definition"] = self.alliance_definition
        for scale in self.scales:
            for option in scale.points + scale.missing:
                if option.label is not None:
                    out[f"scale.{scale.id}.{option.code}"] = option.label
        for form in self.forms:
            out[f"form.{form.id}.title"] = form.title
            for block in form.blocks:
                out[f"block.{block.id}.title"] = block.title
                if block.intro is not None:
                    out[f"block.{block.id}.intro"] = block.intro
                for question in block.questions:
                    out.update(_question_strings(question))
        return out

    @cached_property
    def _base_strings(self) -> dict[str, str]:
        return self.strings()

    def text(self, key: str, language: str | None = None) -> str:
        """The words for ``key`` in ``language`` (base language if None).

        Raises
        ------
        KeyError
            If the key is unknown, or not translated: no silent fall-back to another language.
        """
        if language is None or language == self.language:
            return self._base_strings[key]
        translation = next((t for t in self.translations if t.language == language), None)
        found = None if translation is None else translation.text(key)
        if found is None:
            raise KeyError(f"no {language!r} text for {key!r}")
        return found

    def label(self, question: Item | Fact, code: int | str, language: str | None = None) -> str:
        """The words for an answer code of a question; the bare code where the point has no label."""
        keys = [f"option.{question.id}.{code}"]
        if question.scale is not None:
            keys.append(f"scale.{question.scale}.{code}")
        for key in keys:
            if key in self._base_strings:
                return self.text(key, language)
        return str(code)


def _question_strings(question: Item | Fact | Note) -> dict[str, str]:
    out = {f"question.{question.id}": question.text}
    if isinstance(question, Fact):
        for name in ("help", "unit"):
            value = getattr(question, name)
            if value is not None:
                out[f"question.{question.id}.{name}"] = value
        for option in question.options + question.missing:
            if option.label is not None:
                out[f"option.{question.id}.{option.code}"] = option.label
    return out
