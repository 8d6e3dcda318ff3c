"""Answers to several versions of an instrument as one study: pooled where the versions allow it, never in silence.

The version of the plan is the reference: its scales are analysed. :func:`instrument.compare.compare` judges each
further version against it. A score that would be another score in another version is not pooled:

- an item that is not in every version, or not comparable, takes no part in the score of its dimension, for anybody;
- an item that is comparable only if invariant takes part, and the dimension is flagged as not yet tested;
- a dimension without comparable items is scored for the versions that share it with the reference, for no others;
- a fact that is not comparable is used from the versions that ask it as the reference does.

Each version's answers are turned by its own key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from instrument import store
from instrument.compare import compare, compare_versions
from instrument.compare.changes import Change, Comparison, DimensionVerdict, Status
from instrument.model import Block, Fact, Form, Instrument, Item, Note
from pipeline.data.responses import Responses
from pipeline.pooled import PooledDimension, PooledFact, VersionDifference

STATUSES: tuple[Status, ...] = ("same", "common items", "if invariant", "not comparable")
"""From harmless to worst."""


@dataclass(frozen=True, slots=True)
class DimensionRule:
    """How one dimension of a form is scored. ``without`` are the versions whose rows get no score of it."""

    dimension: str
    status: Status
    items: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    to_test: tuple[str, ...]
    without: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class FactRule:
    """A fact that differs between versions. ``without`` are the versions whose answers to it are not used."""

    fact: str
    verdicts: dict[str, str]
    without: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Pooled:
    """How one form's answers are pooled.

    Attributes
    ----------
    versions
        The versions that were fielded, and the reference, which stands first.
    form
        The form by which the pooled answers are scored: the reference's, without the items that take no part.
    dimensions, facts
        What holds for every dimension of the form, and for the facts that differ.
    comparisons
        Further version → its comparison with the reference.
    """

    versions: dict[str, Instrument]
    form: Form
    dimensions: tuple[DimensionRule, ...]
    facts: tuple[FactRule, ...]
    comparisons: dict[str, Comparison]

    @property
    def reference(self) -> Instrument:
        return next(iter(self.versions.values()))

    @property
    def instrument(self) -> Instrument:
        """The reference with this form as it is scored."""
        if self.form is self.reference.form(self.form.id):
            return self.reference
        return with_forms(self.reference, [self.form])


def with_forms(instrument: Instrument, forms: Sequence[Form]) -> Instrument:
    """The instrument with other forms in place of those of the same id."""
    by_id = {form.id: form for form in forms}
    fields = {name: getattr(instrument, name) for name in type(instrument).model_fields}
    # Not model_copy, which would take along what the instrument has worked out from its own forms.
    return Instrument(**fields | {"forms": tuple(by_id.get(form.id, form) for form in instrument.forms)})


def compared(version: Instrument, reference: Instrument) -> Comparison:
    """The two compared, the earlier one as the old: changes read in the direction in which they were made."""
    pair = (version, reference)
    if all(store.SEMANTIC.fullmatch(one.version) for one in pair):
        pair = (version, reference) if _number(version) < _number(reference) else (reference, version)
    old, new = pair
    if all(one.version in store.versions() and store.load(one.version) is one for one in pair):
        return compare_versions(old.version, new.version)  # which knows the reasons too
    return compare(old, new)


def _number(instrument: Instrument) -> tuple[int, ...]:
    return tuple(map(int, instrument.version.split(".")))


def pool(
    versions: Mapping[str, Instrument], form_id: str, fielded: Sequence[str] | None = None,
    optional_blocks: tuple[str, ...] = (), comparisons: Mapping[str, Comparison] | None = None,
) -> Pooled:
    """Decide what of a form's answers to several versions is analysed together.

    Parameters
    ----------
    versions
        The versions taken in, by version; the first is the reference.
    fielded
        Those of them that answers are there of (all if None): a version nobody answered leaves nothing out.
    optional_blocks
        Ids of the optional blocks that the study asked.
    comparisons
        Further version → its comparison with the reference, where they are known already.
    """
    reference, *further = versions
    there = set(versions if fielded is None else fielded)
    known = {
        name: comparisons[name] if comparisons is not None else compared(versions[name], versions[reference])
        for name in further if name in there
    }
    form = versions[reference].form(form_id)
    asked = [q for name in (reference, *known)
             for _, q in versions[name].form(form_id).questions(optional=optional_blocks)]
    rules = tuple(
        _dimension(
            dimension, [q.id for _, q in form.questions() if isinstance(q, Item) and q.dimension == dimension],
            {name: c.dimensions[dimension] for name, c in known.items() if dimension in c.dimensions},
            {q.id for q in asked})
        for dimension in dict.fromkeys(q.dimension for q in asked if isinstance(q, Item))
    )
    facts = dict.fromkeys(q.id for q in asked if isinstance(q, Fact))
    scored = {item for rule in rules if there - set(rule.without) for item in rule.items}
    judged = {rule.dimension for rule in rules}
    dropped = {q.id for _, q in form.questions() if isinstance(q, Item) and q.dimension in judged} - scored
    return Pooled(
        {reference: versions[reference], **{name: versions[name] for name in known}},
        _without(form, dropped) if dropped else form, rules,
        tuple(rule for fact in facts if (rule := _fact(fact, known)) is not None), known,
    )


def _dimension(
    dimension: str, items: Sequence[str], verdicts: Mapping[str, DimensionVerdict], asked: set[str]
) -> DimensionRule:
    """``items`` are the reference's in this form, ``asked`` the ids of all questions of the form in any version."""
    without = [name for name, verdict in verdicts.items() if not set(items) & set(verdict.common_items)]
    sharing = {name: verdict for name, verdict in verdicts.items() if name not in without}
    common = tuple(item for item in items if all(item in verdict.common_items for verdict in sharing.values()))
    if not common:  # each version shares items with the reference, but all of them together share none
        without, sharing, common = list(verdicts), {}, tuple(items)
    left_out: dict[str, str] = {}
    for name, verdict in sharing.items():
        left_out |= {item: f"{name}: {why}" for item, why in verdict.left_out
                     if item in asked and item not in left_out}
    statuses: list[Status] = ["not comparable" if name in without else verdicts[name].status for name in verdicts]
    worst: Status = max(statuses, key=STATUSES.index, default="same")
    return DimensionRule(
        dimension, worst, common, tuple(left_out.items()),
        tuple(item for item in common if any(item in verdict.to_test for verdict in sharing.values())),
        tuple(without),
        " ".join(f"{name}: {verdict.why}" for name, verdict in verdicts.items() if verdict.status != "same"),
    )


def _fact(fact: str, compared: Mapping[str, Comparison]) -> FactRule | None:
    verdicts = {name: comparison.facts[fact] for name, comparison in compared.items() if fact in comparison.facts}
    changed = {name: verdict for name, verdict in verdicts.items() if verdict.effect != "same"}
    if not changed:
        return None
    return FactRule(
        fact, {name: verdict.effect for name, verdict in changed.items()},
        tuple(name for name, verdict in changed.items() if verdict.effect == "not comparable"),
        " ".join(f"{name}: {verdict.why}" for name, verdict in changed.items()),
    )


def _without(form: Form, dropped: set[str]) -> Form:
    def kept(block: Block) -> Block:
        return block.model_copy(update={"questions": tuple(q for q in block.questions if q.id not in dropped)})

    return form.model_copy(update={"blocks": tuple(kept(block) for block in form.blocks)})


# -- the answers ---------------------------------------------------------------------------------------


def pooled_answers(pooled: Pooled, responses: Responses) -> Responses:
    """The answers as the reference's scoring may use them.

    Items that take no part lose their columns, so that nothing can score them by mistake; answers that are not
    comparable are missing under the reason ``other version``; answers to items that a version keys the other way than
    the reference are turned round, so that the reference's key gives what the version's own key says.
    """
    if len(pooled.versions) == 1:
        return responses
    stamps = responses.meta["instrument_version"].to_numpy(dtype=object)
    values, reasons, texts = responses.values.copy(), responses.reasons.copy(), responses.texts.copy()
    for version, instrument in list(pooled.versions.items())[1:]:
        rows = stamps == version
        for item, low_and_high in _turned(pooled, instrument).items():
            values.loc[rows, item] = low_and_high - values.loc[rows, item]
        hidden = {item for rule in pooled.dimensions if version in rule.without for item in rule.items}
        hidden |= {rule.fact for rule in pooled.facts if version in rule.without}
        for table, empty in ((values, np.nan), (reasons, "other version"), (texts, "")):
            columns = [name for name in table.columns if name.split(".")[0] in hidden]
            table.loc[rows, columns] = empty
    scored = {question.id for _, question in pooled.form.questions()}
    asked = {question.id for _, question in pooled.reference.form(pooled.form.id).questions()}
    gone = [name for name in values.columns if name in asked - scored]
    return replace(responses, values=values.drop(columns=gone), reasons=reasons.drop(columns=gone), texts=texts)


def _turned(pooled: Pooled, version: Instrument) -> dict[str, int]:
    """Items scored that this version keys the other way than the reference: lowest + highest code of their scale."""
    theirs = {q.id: q for _, q in version.form(pooled.form.id).questions() if isinstance(q, Item)}
    out = {}
    for _, question in pooled.form.questions():
        if isinstance(question, Item) and question.id in theirs and theirs[question.id].reversed != question.reversed:
            codes = [option.code for option in version.offered(theirs[question.id])[0] if isinstance(option.code, int)]
            out[question.id] = min(codes) + max(codes)
    return out


# -- what is told ---------------------------------------------------------------------------------------


def dimensions_told(pooled: Pooled, analysed: Mapping[str, int]) -> tuple[PooledDimension, ...]:
    """Every dimension of a form; ``analysed`` are its responses by version."""
    return tuple(
        PooledDimension(
            pooled.form.id, rule.dimension, _name(pooled, rule.dimension), rule.status, rule.items,
            rule.left_out, rule.to_test, "not tested" if rule.to_test else None,
            {version: n for version, n in analysed.items() if version not in rule.without},
            {version: n for version, n in analysed.items() if version in rule.without}, rule.why,
        )
        for rule in pooled.dimensions
    )


def _name(pooled: Pooled, dimension: str) -> str:
    return next(version.dimensions[dimension].name for version in pooled.versions.values()
                if dimension in version.dimensions)


def facts_told(pooled: Pooled, analysed: Mapping[str, int]) -> tuple[PooledFact, ...]:
    """Every fact that differs between the versions of a form."""
    return tuple(
        PooledFact(
            pooled.form.id, rule.fact,
            "not comparable" if rule.without else "comparable if invariant",
            {version: n for version, n in analysed.items() if version in rule.without}, rule.why,
        )
        for rule in pooled.facts
    )


def version_differences(
    pooled: Sequence[Pooled], languages: Sequence[str], optional_blocks: tuple[str, ...] = ()
) -> tuple[VersionDifference, ...]:
    """Each further version against the reference: the changes that touch a study's questions in its languages."""
    asked = {
        one.form.id: {q.id for instrument in one.versions.values()
                      for _, q in instrument.form(one.form.id).questions(optional=optional_blocks)
                      if not isinstance(q, Note)}
        for one in pooled
    }
    comparisons = {version: comparison for one in pooled for version, comparison in one.comparisons.items()}

    def touches(change: Change) -> bool:
        forms = [ids for form, ids in asked.items() if not change.forms or form in change.forms]
        spoken = not change.languages or bool(set(change.languages) & set(languages))
        return spoken and any(set(change.questions) & ids for ids in forms)

    out = []
    for version, comparison in comparisons.items():
        changes = tuple(change for change in comparison.changes if touches(change))
        out.append(VersionDifference(version, pooled[0].reference.version, changes,
                                     len(comparison.changes) - len(changes)))
    return tuple(out)
