"""Words in, claims out: which claims hold the words that a reader types, and the way to one claim."""

from __future__ import annotations

import re
from collections.abc import Sequence

from instrument.model import Fact, Item
from pipeline.claims.report import ClaimResult
from viewer.source import Source

STEM = 6
"""Letters by which words are compared, so that endings do not count."""

EMPTY = frozenset({
    "a", "an", "the", "of", "and", "or", "to", "in", "on", "by", "is", "are", "do", "does", "that", "what", "which",
    "how", "if", "it", "its", "for", "with", "claim", "claims", "data", "say", "these",
})
"""Words of a question that say nothing of a claim."""


ANY = "any"
FILTERS = ("verdict", "document", "construct", "rests-on")
"""Keys of the page's filters in the address, and the value of a filter that keeps everything."""


def way_to(claim: ClaimResult) -> dict[str, str]:
    """What a link to a claim chooses: the claim, and nothing that hides it."""
    return {"claim": claim.id, "find": "", **dict.fromkeys(FILTERS, ANY)}


def find(source: Source, claims: Sequence[ClaimResult], words: str) -> tuple[list[ClaimResult], bool]:
    """The claims that hold these words, and whether they hold all; where none does, those that hold most.

    Among them, claims whose own statement holds more of the words stand first.
    """
    stems = [word[:STEM] for word in re.findall(r"\w+", words.casefold()) if word not in EMPTY]
    if not stems:
        return list(claims), True
    held = {claim.id: sum(stem in text_of(source, claim) for stem in stems) for claim in claims}
    most = max(held.values(), default=0)
    if not most:
        return [], False
    best = [claim for claim in claims if held[claim.id] == most]
    best.sort(key=lambda claim: -sum(stem in f"{claim.id} {claim.statement}".casefold() for stem in stems))
    return best, most == len(stems)


def text_of(source: Source, claim: ClaimResult) -> str:
    """All that may be searched of a claim, in small letters: its own words, its models', its questions'."""
    models = {run.id: run.title for run in (*source.results.models, *source.results.theory)}
    questions = source.instrument
    names = {c.id: c.name for c in questions.constructs}
    dimensions = {d: f"{questions.construct_of[d].name} {questions.dimensions[d].name} "
                     + " ".join(item.text for item in questions.items(d))
                  for d in claim.needs if d in questions.dimensions}
    facts = {q.id: q.text for form in questions.forms for _, q in form.questions() if isinstance(q, Fact | Item)}
    told = [claim.id, claim.document, claim.statement, claim.because, claim.rival, claim.refuted_by, *claim.source]
    told += [f"{p.model} {models.get(p.model, '')} {p.what}" for p in claim.predictions]
    told += [names.get(c, c) for c in claim.constructs]
    told += [f"{need} {dimensions.get(need) or facts.get(need, '')}" for need in claim.needs]
    return " ".join(told).casefold()
