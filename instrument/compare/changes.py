"""The types of a comparison: one change, what it does to data, and what follows for scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["same", "comparable if invariant", "not comparable"]
"""What a change does to the answers of respondents who met it, beside those of respondents who did not."""

EFFECTS: tuple[Effect, ...] = ("same", "comparable if invariant", "not comparable")
"""From harmless to worst."""

Kind = Literal[
    "wording", "anchor", "code", "order", "key", "routing", "translation", "bounds", "type", "dimension", "scale",
    "role", "added", "removed", "text", "layout", "definition", "metadata",
]

KINDS: dict[Kind, str] = {
    "wording": "The words of an item or fact",
    "anchor": "The label of a scale point or option",
    "code": "Answer codes",
    "order": "The order of questions, blocks or options",
    "key": "The direction in which an item is scored",
    "routing": "Who is asked, and who must answer",
    "translation": "The words of one language",
    "bounds": "The smallest and largest number allowed",
    "type": "What kind of answer is asked for",
    "dimension": "What an item measures",
    "scale": "The response scale of a question",
    "role": "What a fact is used for",
    "added": "What only the new version has",
    "removed": "What only the old version has",
    "text": "Words that are no question: titles, introductions, notes, help, units",
    "layout": "How a block is shown",
    "definition": "What is said of constructs, for researchers",
    "metadata": "What is said of the instrument as a whole",
}
"""Every kind of change in the order in which a report has them, and what it means."""

Status = Literal["same", "common items", "if invariant", "not comparable"]
"""May the scores of a dimension be pooled over two versions? As they are; on the items both versions share; only if
tests find the changed items invariant; or not."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text of one language before and after; None where there was or is none."""

    language: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change was made, as ``changes.yaml`` of ``version`` says."""

    version: str
    rationale: str
    source: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions.

    Attributes
    ----------
    kind
        See :data:`KINDS`.
    key
        What changed: the key of a string (``question.ratr1``, ``scale.agree7.4``; see
        :meth:`~instrument.model.Instrument.strings`), or of the thing (``scale.agree7``, ``block.adeal``, ``form.F``,
        ``construct.ra``, ``dimension.ratr``, ``language.es``, ``instrument``).
    field
        Which of its properties; ``""`` where the key says it all.
    old, new
        The property before and after, for people; ``""`` where there was or is none.
    effect, why
        What it does to data, and why: a sentence that names its source where the literature has one.
    questions
        Items and facts whose answers it may touch, in order of appearance.
    languages
        Languages whose respondents it touches: those whose words changed; all where no words did.
    forms
        Forms in which it stands; empty where it belongs to none.
    words
        The texts before and after, by language.
    reasons
        Why it was made; empty where no version says.
    """

    kind: Kind
    key: str
    field: str
    old: str
    new: str
    effect: Effect
    why: str
    questions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    words: tuple[Words, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What makes it this change and no other, whatever the form it was found in."""
        return self.kind, self.key, self.field, self.old, self.new


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all changes together do to the answers of one item or fact.

    ``languages`` are those whose respondents alone are touched; empty where it is everybody, or nobody.
    """

    effect: Effect
    why: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DimensionVerdict:
    """May the scores of a dimension be pooled over the two versions?

    Attributes
    ----------
    common_items
        The items that a pooled score may use, changed ones included; all of them in both versions.
    left_out
        The other items of either version, each with the reason.
    to_test
        The common items whose invariance is to be tested before scores are pooled.
    why
        The verdict as a sentence.
    """

    dimension: str
    status: Status
    common_items: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    to_test: tuple[str, ...]
    why: str

    @property
    def anchors(self) -> tuple[str, ...]:
        """The common items that did not change, against which changed ones can be tested."""
        return tuple(item for item in self.common_items if item not in self.to_test)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything in which two versions differ, and what follows.

    Attributes
    ----------
    old, new
        The two versions.
    changes
        By kind, in the order of :data:`KINDS`, and within a kind in order of appearance.
    items, facts
        Every item (fact) of either version → what the changes do to its answers.
    dimensions
        Every dimension of either version → whether its scores may be pooled.
    """

    old: str
    new: str
    changes: tuple[Change, ...]
    items: dict[str, Verdict]
    facts: dict[str, Verdict]
    dimensions: dict[str, DimensionVerdict]

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)


def worst(effects: tuple[Effect, ...]) -> Effect:
    """The worst of several effects; ``same`` of none."""
    return max(effects, key=EFFECTS.index, default="same")
