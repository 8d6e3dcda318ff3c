"""Partial invariance: which items' parameters to free so that a step of the ladder holds for the others.

Every item that the step holds equal is tested for release, its parameters of the step's kind in all groups together,
and p values are adjusted over the items (Holm 1979), so that the chance of freeing anything where all is equal stays at
the level whatever the number of items. The item that speaks most clearly is freed, the model fitted again, and the
others tested against it, for a parameter wrongly held equal distorts the tests of the rest (Yoon & Millsap 2007). At
least two items of every factor must keep their equality: one alone cannot be told from a difference of the factor
(Byrne, Shavelson & Muthén 1989; Steenkamp & Baumgartner 1998).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.comparisons import DifferenceTest
from pipeline.sem.describe import describe
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Fit
from pipeline.sem.invariance import index_version, step_indices
from pipeline.sem.invariance_rows import MINIMUM, GroupedRows, grouped_rows
from pipeline.sem.invariance_syntax import (
    Kind,
    MeasurementModel,
    Released,
    Step,
    measurement_model,
    released_kinds,
    step_syntax,
)
from pipeline.sem.partial_results import Freed, FreedParameter, ItemTest, Partial
from pipeline.sem.partial_words import justification, no_anchor, verdict
from pipeline.sem.releases import Relation, ReleaseSet, held_equal, release_tests
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Number, Undefined

__all__ = ["ANCHORS", "Freed", "FreedParameter", "ItemTest", "Partial", "holm", "partial", "search_partial"]

ANCHORS = 2
"""Items of a factor that must keep their equality."""


def partial(
    model: str | Mapping[str, Sequence[str]] | MeasurementModel, X: ArrayLike, names: Sequence[str],
    groups: Sequence[object], step: Step, *, options: Options | None = None, released: Collection[Released] = (),
    before: Step | None = None, kinds: Sequence[Kind] | None = None, level: float = 0.05, minimum: int = MINIMUM,
    leave_out_small: bool = False, clusters: Sequence[object] | None = None,
) -> Partial:
    """Free items one by one at a step that does not hold, until none is significant.

    Parameters
    ----------
    model, X, names, groups, options, minimum, leave_out_small, clusters
        As :func:`pipeline.sem.invariance.ladder` takes them.
    step
        Of the ladder; tested are the parameters of ``kinds``, by default the last kind that the step names, which is
        what it adds to the step before.
    released
        What earlier steps have freed.
    before
        The step before. If it is given, items are tested only as long as the step, with what is freed so far, fits
        significantly worse than it: fewer items are freed that are equal, at the price of those whose difference is too
        small for the step to notice.
    level
        Of Holm's adjusted p values, and of the difference from ``before``.

    Raises
    ------
    InputError
        ``INVARIANCE-…``, and what estimation raises for data that it cannot use.
    """
    read = measurement_model(model)
    options = replace(options or Options(), meanstructure=True, equal=(), std_lv=False)
    rows = grouped_rows(read, X, names, groups, ordered=options.ordered, listwise=options.missing == "listwise",
                        minimum=minimum, leave_out=leave_out_small, clusters=clusters)
    return search_partial(read, rows, names, options, step, released=released, before=before, kinds=kinds,
                          level=level)


def search_partial(
    model: MeasurementModel, rows: GroupedRows, names: Sequence[str], options: Options, step: Step, *,
    released: Collection[Released] = (), before: Step | None = None, kinds: Sequence[Kind] | None = None,
    level: float = 0.05,
) -> Partial:
    """The search of :func:`partial` on rows that a ladder has prepared."""
    if not step.equal:
        raise InputError(Finding("INVARIANCE-STEP", f"step {step.name}", "Only a step that holds something equal can "
                                 "be freed of it.", "Choose a later step."))
    search = _Search(model, rows, tuple(names), options, step, before, tuple(kinds or step.equal[-1:]), level)
    return search.run(tuple(sorted(released)))


@dataclass(frozen=True)
class _Search:
    """One search: the rows and the rule, which do not change while what is free does."""

    model: MeasurementModel
    rows: GroupedRows
    names: tuple[str, ...]
    options: Options
    step: Step
    before: Step | None
    kinds: tuple[Kind, ...]
    level: float

    def run(self, released: tuple[Released, ...]) -> Partial:
        rounds: list[tuple[ItemTest, ...]] = []
        freed: list[Freed] = []
        estimated = self.fit(self.step, released)
        while True:
            difference = self.difference(estimated, released)
            outcome = self.settled(estimated, difference, freed)
            if outcome is not None:
                break
            tests = self.tests(estimated, released)
            rounds.append(tests)
            chosen = _clearest(tests)
            outcome = self.stops(chosen, estimated.problem.table, released, difference)
            if chosen is None or outcome is not None:
                break
            released = tuple(sorted({*released, Released(chosen.item, chosen.kind)}))
            after = self.fit(self.step, released, like=estimated)
            freed.append(self.freed(chosen, tests, estimated, after))
            estimated = after
        anchors = self.anchors(estimated.problem.table, released)
        said = Undefined("no item could be tested") if outcome is None else outcome
        return Partial(self.step, self.kinds, self.level, tuple(rounds), tuple(freed), released, anchors, difference,
                       said, verdict(self.step, self.before, self.kinds, freed, anchors, difference, said),
                       estimated.syntax, estimated)

    def settled(
        self, estimated: Estimated, difference: DifferenceTest | None, freed: Sequence[Freed],
    ) -> bool | Undefined | None:
        """The outcome, if no item needs testing; None if the search goes on."""
        if not estimated.converged:
            return Undefined("the model did not converge" + (f" with {freed[-1].item} freed" if freed else ""))
        return True if difference is not None and self.fits(difference) else None

    def stops(
        self, chosen: ItemTest | None, table: ParameterTable, released: tuple[Released, ...],
        difference: DifferenceTest | None,
    ) -> bool | Undefined | None:
        """The outcome, if this item is not to be freed; None if it is, or if there is none."""
        if chosen is None:
            return None
        if not isinstance(chosen.adjusted, Undefined) and chosen.adjusted >= self.level:
            return difference is None or isinstance(difference.pvalue, Undefined)
        without = {factor: items for factor, items in self.anchors(
            table, {*released, Released(chosen.item, chosen.kind)})}
        lost = [factor for factor in self.model.factors_of(chosen.item) if len(without[factor]) < ANCHORS]
        return no_anchor(chosen, lost, ANCHORS) if lost else None

    def difference(self, estimated: Estimated, released: tuple[Released, ...]) -> DifferenceTest | None:
        """From the step before, with the same freed; None without one, or if both are the same model."""
        if self.before is None:
            return None
        larger = self.fit(self.before, released, like=estimated)
        return difference_test(estimated, larger) if larger.npar > estimated.npar else None

    def fits(self, difference: DifferenceTest) -> bool:
        """Whether the step is not significantly worse than the step before."""
        return not isinstance(difference.pvalue, Undefined) and difference.pvalue >= self.level

    def fit(self, step: Step, released: tuple[Released, ...], *, like: Estimated | None = None) -> Estimated:
        text = step_syntax(self.model, step, len(self.rows.groups), levels=self.rows.levels, released=released)
        return estimate_model(text, self.rows.X, self.names, self.options, name=step.name, groups=self.rows.labels,
                              clusters=self.rows.clusters, reference=None if like is None else like.reference)

    def free(self, item: str, kind: Kind, released: Collection[Released]) -> bool:
        return kind in released_kinds(item, released, self.rows.levels)

    def set_of(self, table: ParameterTable, item: str, kind: Kind) -> ReleaseSet:
        """What of an item becomes free with this kind and is equal now."""
        kinds = released_kinds(item, [Released(item, kind)], self.rows.levels)
        relations = dict.fromkeys((row.lhs, str(row.op), row.rhs) for row in table.rows
                                  if _kind_of((row.lhs, str(row.op), row.rhs), item) in kinds)
        return ReleaseSet(f"{kind} of {item}", tuple(r for r in relations if held_equal(table, r)))

    def candidates(
        self, table: ParameterTable, released: Collection[Released],
    ) -> list[tuple[str, Kind, ReleaseSet]]:
        """Items with parameters of a kind held equal, in the model's order."""
        found = [(item, kind, self.set_of(table, item, kind)) for kind in self.kinds for item in self.model.items
                 if not self.free(item, kind, released)]
        return [entry for entry in found if any(_kind_of(r, entry[0]) == entry[1] for r in entry[2].parameters)]

    def tests(self, estimated: Estimated, released: tuple[Released, ...]) -> tuple[ItemTest, ...]:
        entries = self.candidates(estimated.problem.table, released)
        found = release_tests(estimated, [entry for _, _, entry in entries])
        adjusted = holm([test.pvalue for test in found])
        return tuple(ItemTest(item, kind, test.statistic, test.df, test.pvalue, p, test.changes, test.note)
                     for (item, kind, _), test, p in zip(entries, found, adjusted, strict=True))

    def anchors(
        self, table: ParameterTable, released: Collection[Released],
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Items of every factor that keep all the step's kinds equal, in the model's order."""
        open_ = {item for kind in self.kinds for item in self.model.items if self.free(item, kind, released)}
        held = {item for item, _, _ in self.candidates(table, released)} - open_
        if "thresholds" in self.kinds:
            held |= set(self.model.items) - set(self.rows.levels)  # numeric items have none that could differ
        return tuple((factor, tuple(item for item in items if item in held)) for factor, items in self.model.factors)

    def freed(
        self, chosen: ItemTest, tests: Sequence[ItemTest], before: Estimated, after: Estimated,
    ) -> Freed:
        values = _values(after)
        parameters = tuple(
            FreedParameter(c.lhs, c.op, c.rhs, c.group, c.estimate, c.change, c.standardised,
                           values[c.lhs, c.op, c.rhs, c.group]) for c in chosen.changes)
        difference = difference_test(before, after)
        cfi = _cfi_change(describe(before), describe(after))
        tested = sum(not isinstance(test.pvalue, Undefined) for test in tests)
        if isinstance(chosen.statistic, Undefined) or isinstance(chosen.pvalue, Undefined) or isinstance(
                chosen.adjusted, Undefined):
            raise TypeError("an item without a test cannot be chosen")
        why = justification(chosen.item, chosen.statistic, chosen.df, chosen.pvalue, chosen.adjusted, tested,
                            parameters, difference, cfi, chosen.note)
        return Freed(chosen.item, chosen.kind, chosen.statistic, chosen.df, chosen.pvalue, chosen.adjusted, tested,
                     parameters, difference, cfi, why, chosen.note)


def _kind_of(relation: Relation, item: str) -> Kind | None:
    """Which kind of an item's parameters a relation is."""
    lhs, op, rhs = relation
    if op == "=~":
        return "loadings" if rhs == item else None
    if lhs != item:
        return None
    if op == "|":
        return "thresholds"
    if op == "~1":
        return "intercepts"
    return "residuals" if op == "~~" and rhs == item else None


def holm(pvalues: Sequence[Number]) -> tuple[Number, ...]:
    """Holm's (1979) step-down adjustment, p₍ⱼ₎ times the number of p values not smaller, made rising, at most 1.

    Undefined ones stay, and do not count.
    """
    defined = [(p, i) for i, p in enumerate(pvalues) if not isinstance(p, Undefined)]
    adjusted = list(pvalues)
    largest = 0.0
    for rank, (p, i) in enumerate(sorted(defined)):
        largest = max(largest, min(1.0, (len(defined) - rank) * p))
        adjusted[i] = largest
    return tuple(adjusted)


def _clearest(tests: Sequence[ItemTest]) -> ItemTest | None:
    """The smallest p; of those too small to be told apart the largest statistic, then the model's order."""
    def order(test: ItemTest) -> tuple[float, float]:
        return (float(test.pvalue), -float(test.statistic))  # type: ignore[arg-type]

    defined = [test for test in tests if not isinstance(test.pvalue, Undefined)]
    return min(defined, key=order) if defined else None


def _values(estimated: Estimated) -> dict[tuple[str, str, str, str], float]:
    table, theta = estimated.problem.table, estimated.theta
    known = [(row, float(theta[row.free - 1]) if row.free else row.value) for row in table.rows]
    return {(row.lhs, str(row.op), row.rhs, table.groups[row.group - 1]): value
            for row, value in known if value is not None}


def _cfi_change(before: Fit, after: Fit) -> Number:
    """Of the version that both have."""
    version = index_version([before, after])
    first, then = (step_indices(fit, version).cfi for fit in (before, after))
    for value in (first, then):
        if isinstance(value, Undefined):
            return value
    return float(then) - float(first)  # type: ignore[arg-type]
