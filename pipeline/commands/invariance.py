"""``alliometrics invariance``: whether a measurement model is the same in all groups of a plain data file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.commands import ordered as ordinal
from pipeline.commands.csv_data import MODEL_FILE, CsvData, read_csv, read_text
from pipeline.commands.fit import Missing
from pipeline.sem.estimate import Options
from pipeline.sem.invariance import MINIMUM, Ladder, MeasurementModel, Merge, StepResult, ladder, measurement_model
from pipeline.sem.invariance_rows import merge_categories
from pipeline.sem.latent_means import LatentMeans, latent_means
from pipeline.sem.noninvariance import Dmacs, dmacs
from pipeline.sem.partial_invariance import Partial, search_partial
from pipeline.sem.permutation import Permutation, permutation_test
from pipeline.sem.syntax import parse_model
from pipeline.undefined import Undefined

Estimator = Literal["ml", "mlr", "wlsmv"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options as they were given, checked by :func:`check_options`; ``method`` is the estimator they mean."""

    group: str
    estimator: str | None = None
    ordered: str | None = None
    missing: str = "listwise"
    partial: bool = True
    permutations: int = 0
    seed: int = 1
    workers: int = 1
    merge_rare: bool = False
    leave_out_small: bool = False
    minimum: int = MINIMUM

    @property
    def method(self) -> str:
        return ordinal.method(self.estimator, self.ordered)


@dataclass(frozen=True)
class Found:
    """Everything the command found.

    Attributes
    ----------
    model, data
        Names of the files.
    merges
        Categories merged because a group did not have them.
    ladder
        Every step with all that it holds equal.
    permutations
        By step, where they were asked for.
    searches
        For partial invariance, one a step that did not hold.
    partial
        The ladder with what the searches freed; None if they freed nothing.
    means, dmacs
        Of ``partial`` if there is one, else of ``ladder``.
    """

    model: str
    data: str
    asked: Asked
    merges: tuple[Merge, ...]
    ladder: Ladder
    permutations: tuple[tuple[str, Permutation | Undefined], ...]
    searches: tuple[Partial, ...]
    partial: Ladder | None
    means: LatentMeans | Undefined
    dmacs: tuple[Dmacs, ...] | Undefined
    warnings: tuple[str, ...]

    @property
    def final(self) -> Ladder:
        """The ladder whose verdict counts."""
        return self.partial or self.ladder

    @property
    def converged(self) -> bool:
        """Whether the first step did: without it there is nothing to compare."""
        return self.ladder.steps[0].fit.converged


def check_options(asked: Asked) -> None:
    """Values that do not exist, and options that do not go together, all at once.

    Raises
    ------
    InputError
        ``FIT-TOGETHER``, ``OPTION-ITEMS`` or ``OPTION-VALUE``.
    """
    findings = [*_unknown_values(asked), *ordinal.option_findings(asked.estimator, asked.ordered, asked.missing)]
    if asked.merge_rare and asked.ordered is None:
        findings.append(Finding("FIT-TOGETHER", "--merge-rare", "Only ordered items have categories; none are named.",
                                "Add --ordered all, or name them; or leave --merge-rare out."))
    if findings:
        raise InputError(findings)


def _unknown_values(asked: Asked) -> Iterator[Finding]:
    for name, value, known in (("--estimator", asked.method, get_args(Estimator)),
                               ("--missing", asked.missing, get_args(Missing))):
        if value not in known:
            yield Finding("OPTION-VALUE", f"{name} {value}", f"The value must be one of {', '.join(known)}.",
                          f"Choose for example {known[0]}.")


def invariance(
    model: Path, data: Path, asked: Asked, *, begin: Callable[[str], None] = lambda step: None,
    progress: Callable[[int], None] | None = None,
) -> Found:
    """Climb the ladder; where a step does not hold, look for what to free; then compare latent means and items.

    Parameters
    ----------
    begin
        Told the name of every step whose permutations begin.
    progress
        Told how many permutations are new.

    Raises
    ------
    InputError
        ``MODEL-…``, ``DATA-…``, ``ORDERED-…``, ``INVARIANCE-…``, ``SEM-…``.
    """
    syntax = read_text(model, MODEL_FILE)
    file = read_csv(data)
    parse_model(syntax, model.name)  # so that what cannot be read is told with the file's own name
    read = _in_model(model.name, syntax)
    ordered = _ordered_items(read, file, asked)
    X, groups = file.numbers(read.items), file.texts(asked.group)
    ordinal.check_codes(file, range(len(X)), X, read.items, ordered)
    options = Options(estimator=asked.method, missing=asked.missing, ordered=ordered)  # type: ignore[arg-type]
    merges: tuple[Merge, ...] = ()
    if asked.merge_rare:
        counted = _counted(read, X, groups, asked)
        merged = _in_data(file, lambda: merge_categories(X, read.items, counted, ordered))
        X, merges = np.asarray(merged.X, dtype=np.float64), merged.merges
    first = _in_data(file, lambda: ladder(read, X, read.items, groups, options=options, minimum=asked.minimum,
                                          leave_out_small=asked.leave_out_small))
    searches, freed = _freed(first, asked) if asked.partial else ((), None)
    last = freed or first
    return Found(model.name, data.name, asked, merges, first, _permuted(first, asked, begin, progress), searches, freed,
                 latent_means(last), _items(last), _warnings(first, file, asked, merges))


def _in_model(name: str, syntax: str) -> MeasurementModel:
    try:
        return measurement_model(syntax)
    except InputError as error:
        raise InputError([Finding(f.code, f"{name}{f.place.removeprefix('model')}", f.rule, f.fix)
                          for f in error.findings]) from error


def _ordered_items(model: MeasurementModel, file: CsvData, asked: Asked) -> tuple[str, ...]:
    """``--ordered`` as items of the model.

    Raises
    ------
    InputError
        ``DATA-COLUMN`` for names that the file lacks, ``INVARIANCE-ITEMS`` for those that the model lacks.
    """
    if asked.ordered is None or asked.ordered == ordinal.ALL:
        return model.items if asked.ordered else ()
    named = ordinal.listed(asked.ordered)
    file.numbers([name for name in named if name not in file.header])  # refuses them, if any
    strange = [name for name in named if name not in model.items]
    if strange:
        raise InputError(Finding("INVARIANCE-ITEMS", f"--ordered {asked.ordered}", "Ordered items are the model's; "
                                 f"{', '.join(strange)} {'is' if len(strange) == 1 else 'are'} not in it.",
                                 f"The items are {', '.join(model.items)}."))
    return named


_FIXES = {
    "INVARIANCE-CATEGORIES": "Add --merge-rare, which merges the category with its neighbour in all groups and says "
                             "what it merged; or leave the item out.",
    "INVARIANCE-GROUP": "Merge it in the data with a group that it belongs with, add --leave-out-small, gather more "
                        "rows, or lower --minimum and distrust the result.",
}
"""What to do by means of this command, in place of what a caller of the functions would do."""


def _in_data(file: CsvData, work: Callable[[], ordinal.Found]) -> ordinal.Found:
    """Do ``work``; refusals name the file, and this command's own options."""
    try:
        return ordinal.in_file(file, work)
    except InputError as error:
        raise InputError([
            Finding(f.code, f.place, f.rule, _FIXES[f.code]) if f.code in _FIXES and ", group " in f.place else f
            for f in error.findings]) from error


def _counted(
    model: MeasurementModel, X: NDArray[np.float64], groups: Sequence[str | None], asked: Asked,
) -> list[str | None]:
    """The group of every row whose answers estimation will use, None of others: they do not say what is rare."""
    seen = ~np.isnan(X)
    usable = np.asarray(seen.all(axis=1) if asked.missing == "listwise" else seen.any(axis=1))
    own = [group if use else None for group, use in zip(groups, usable, strict=True)]
    if not asked.leave_out_small:
        return own
    needed = max(asked.minimum, model.parameters + 1)
    sizes = Counter(own)
    return [group if sizes[group] >= needed else None for group in own]


# ---- partial invariance, permutations, effects ---------------------------------------------------------------------


def _freed(first: Ladder, asked: Asked) -> tuple[tuple[Partial, ...], Ladder | None]:
    """Searches at the steps that fail, each with what the ones before freed, and the ladder with all of it."""
    searches: list[Partial] = []
    current = first
    while (failed := _failure(current)) is not None and failed.name not in {one.step.name for one in searches}:
        found = search_partial(current.model, current.rows, current.rows.names, current.options, failed.step,
                               released=current.released)
        searches.append(found)
        if found.outcome is not True or not found.freed:
            break
        current = ladder(current.model, current.rows.X, current.rows.names, current.rows.labels,
                         options=current.options, released=found.released, minimum=asked.minimum)
    return tuple(searches), current if current is not first else None


def _failure(found: Ladder) -> StepResult | None:
    """The first step that does not hold; None above a first step that fails, or a step that was not estimated."""
    if found.steps[0].holds is not True:
        return None
    for result in found.steps[1:]:
        if not result.fit.converged:
            return None
        if result.holds is False:
            return result
    return None


def _permuted(
    found: Ladder, asked: Asked, begin: Callable[[str], None], progress: Callable[[int], None] | None,
) -> tuple[tuple[str, Permutation | Undefined], ...]:
    """Of every step that adds something testable to the one before."""
    if not asked.permutations:
        return ()
    tests: list[tuple[str, Permutation | Undefined]] = []
    for result in found.steps[1:]:
        if result.testable:
            begin(result.name)
            tests.append((result.name, permutation_test(
                found, result.name, permutations=asked.permutations, seed=asked.seed, workers=asked.workers,
                progress=progress)))
    return tuple(tests)


def _items(found: Ladder) -> tuple[Dmacs, ...] | Undefined:
    if not found.steps[0].fit.converged:
        return Undefined("the first step did not converge")
    return dmacs(found)


def _warnings(found: Ladder, file: CsvData, asked: Asked, merges: Sequence[Merge]) -> tuple[str, ...]:
    said = [f"{merge}." for merge in merges]
    if found.without_group:
        said.append(f"{found.without_group} rows have no group ({asked.group}) and were left out.")
    said += [f"The group {size.label} was left out: it has {size.n} usable rows." for size in found.left_out]
    used = sum(size.n for size in (*found.groups, *found.left_out)) + found.without_group
    if len(file.rows) > used:
        said.append(f"{len(file.rows) - used} rows "
                    f"{'are incomplete' if asked.missing == 'listwise' else 'have no answer'} and were left out.")
    steps: dict[str, list[str]] = {}
    for result in found.steps:
        for text in result.fit.warnings:
            steps.setdefault(text, []).append(result.name)
    return (*said, *(text if len(names) == len(found.steps) else f"{', '.join(names)}: {text}"
                     for text, names in steps.items()))
