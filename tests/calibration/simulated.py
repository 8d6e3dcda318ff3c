"""Populations whose truth is known, samples of them by the thousand, and what was found in each sample.

Samples come from children of one SeedSequence, one for each, whatever the number of processes. A sample in which an
item lacks a category in a group, or whose estimation does not converge, is counted and left out of the rates.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import pairwise
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from instrument.errors import InputError
from pipeline.moments.three_stage import ordinal_moments
from pipeline.sem import estimate, ordered, partial_invariance
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.goodness import test_statistic as statistic_of
from pipeline.sem.invariance_rows import GroupedRows, grouped_rows
from pipeline.sem.invariance_syntax import MeasurementModel, Released, Step, step_syntax
from pipeline.sem.ordered_goodness import weighted_test
from pipeline.sem.robust import group_moments
from pipeline.sem.syntax import parse_model
from pipeline.undefined import Undefined
from pipeline.workers import each

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Array]
SEED = 20266
WORKERS = int(os.environ.get("CALIBRATION_WORKERS", "2"))
LEVEL = 0.05
LACKING, FAILED, UNTESTED = "lacked a category", "did not converge", "had no scaled test"


# ---- one model -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """A population in which ``syntax`` is true.

    Attributes
    ----------
    number
        Its child of the seed.
    draw
        (n, columns) a sample.
    categories
        How many every ordered variable has, in the options' order.
    truth
        Parameters, each "lhs op rhs" or a product of several joined by " * ", and their values.
    """

    name: str
    number: int
    syntax: str
    names: tuple[str, ...]
    options: Options
    draw: Draw
    categories: tuple[int, ...] = ()
    truth: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sample: why it cannot be used, or the p values, scaled and not, and whether intervals cover the truth."""

    why_not: str = ""
    pvalue: float = 1.0
    unscaled: float = 1.0
    covers: Mapping[str, bool] = field(default_factory=dict)


def generator(number: int, replication: int) -> np.random.Generator:
    """Of one sample of one world."""
    return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(number, replication)))


def sampled(world: World, replications: int) -> list[Sampled]:
    """The world's model fitted to samples of it."""
    return each(partial(_sampled, world), range(replications), WORKERS)


def _sampled(world: World, replication: int) -> Sampled:
    X = world.draw(generator(world.number, replication))
    columns = [X[:, world.names.index(name)] for name in world.options.ordered]
    if any(len(np.unique(column)) < k for column, k in zip(columns, world.categories, strict=True)):
        return Sampled(LACKING)
    with remembering():
        estimated = estimate_model(world.syntax, X, world.names, world.options)
    if not estimated.converged:
        return Sampled(FAILED)
    scaled, plain = own_test(estimated)
    if isinstance(scaled, Undefined):
        return Sampled(UNTESTED)
    return Sampled("", scaled, plain, {name: _covers(estimated, name, value) for name, value in world.truth.items()})


def own_test(estimated: Estimated) -> tuple[float | Undefined, float]:
    """p values of a model's scaled test, and of its statistic taken as χ² without scaling."""
    problem, theta = estimated.problem, estimated.theta
    if estimated.options.least_squares:
        found = weighted_test(problem, theta, estimated.npar, "wlsmv")
        scaled = found.scaled
        return (scaled if isinstance(scaled, Undefined) else float(chi2.sf(scaled, found.df)),
                float(chi2.sf(found.chisq, found.df)))
    test = statistic_of(problem, theta, estimated.npar, "mlr", estimated.information, group_moments(problem))
    assert test.factor is not None
    return float(chi2.sf(test.chisq / test.factor, test.df)), float(chi2.sf(test.chisq, test.df))


def _covers(estimated: Estimated, name: str, truth: float) -> bool:
    """Whether estimate ± 1.96 SE holds the truth; a product has the delta method's SE."""
    rows = {f"{row.lhs} {row.op} {row.rhs}": row.free - 1 for row in estimated.problem.table.free_rows()}
    at = [rows[one] for one in name.split(" * ")]
    values = estimated.theta[at]
    value = float(np.prod(values))
    slopes = value / values
    error = float(np.sqrt(slopes @ estimated.vcov[np.ix_(at, at)] @ slopes))
    return abs(value - truth) <= float(norm.ppf(0.975)) * error


# ---- a ladder ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Groups:
    """Two groups, measured alike but for the item that the world says.

    Attributes
    ----------
    differs
        Item whose parameter of ``kind`` differs, "" if none does.
    """

    name: str
    number: int
    model: MeasurementModel
    options: Options
    steps: tuple[Step, ...]
    sizes: tuple[int, int]
    draw: Draw
    differs: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for label, n in zip("ab", self.sizes, strict=True) for _ in range(n))


@dataclass(frozen=True, slots=True)
class Climbed:
    """One sample's ladder.

    Attributes
    ----------
    own, differences
        p values of each step's scaled test, and of its difference from the step before, with nothing released.
    failed
        Steps with a significant difference, with what earlier steps released.
    flagged
        Step, item and kind of all that the searches freed.
    ended
        How a search that named nothing, or could not go on, ended.
    """

    why_not: str = ""
    own: Mapping[str, float] = field(default_factory=dict)
    differences: Mapping[str, float] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    flagged: tuple[tuple[str, str, str], ...] = ()
    ended: str = ""


def climbed(world: Groups, replications: int) -> list[Climbed]:
    """The ladder of every sample, with a search for what differs at each step that fails."""
    return each(partial(_climbed, world), range(replications), WORKERS)


def _climbed(world: Groups, replication: int) -> Climbed:
    X = world.draw(generator(world.number, replication))
    try:
        rows = grouped_rows(world.model, X, world.model.items, world.labels, ordered=world.options.ordered)
    except InputError:
        return Climbed(LACKING)
    with remembering():
        return _climb(world, rows)


def _climb(world: Groups, rows: GroupedRows) -> Climbed:
    fits = [_step(world, rows, step, ()) for step in world.steps]
    if not all(fit.converged for fit in fits):
        return Climbed(FAILED)
    tested = {step.name: own_test(fit)[0] for step, fit in zip(world.steps, fits, strict=True)}
    compared = {step.name: difference_test(fit, before).pvalue
                for step, (before, fit) in zip(world.steps[1:], pairwise(fits), strict=True)}
    own = {name: p for name, p in tested.items() if not isinstance(p, Undefined)}
    differences = {name: p for name, p in compared.items() if not isinstance(p, Undefined)}
    if len(own) < len(tested) or len(differences) < len(compared):
        return Climbed(UNTESTED)
    failed: list[str] = []
    flagged: list[tuple[str, str, str]] = []
    released: tuple[Released, ...] = ()
    for before, step in pairwise(world.steps):
        test = differences[step.name]
        if released:
            again = difference_test(*(_step(world, rows, one, released) for one in (step, before))).pvalue
            if isinstance(again, Undefined):
                return Climbed(FAILED)
            test = again
        if test >= LEVEL:
            continue
        failed.append(step.name)
        found = partial_invariance.search_partial(world.model, rows, rows.names, world.options, step,
                                                  released=released, before=before, level=LEVEL)
        flagged += [(step.name, one.item, one.kind) for one in found.freed]
        if not found.freed or found.outcome is not True:
            return Climbed("", own, differences, tuple(failed), tuple(flagged), found.verdict)
        released = tuple(sorted({*found.released, *_following(found.released, rows)}))
    return Climbed("", own, differences, tuple(failed), tuple(flagged))


def _step(world: Groups, rows: GroupedRows, step: Step, released: Sequence[Released]) -> Estimated:
    text = step_syntax(world.model, step, 2, levels=rows.levels, released=released)
    return partial_invariance.estimate_model(  # type: ignore[attr-defined]
        text, rows.X, rows.names, world.options, name=step.name, groups=rows.labels, clusters=None)


def _following(released: Sequence[Released], rows: GroupedRows) -> set[Released]:
    """The intercept of a numeric item whose loading is free, as the study's ladders do it."""
    return {Released(one.item, "intercepts") for one in released if one.kind == "loadings"
            and one.item not in rows.levels}


# ---- counts --------------------------------------------------------------------------------------------------------


def left_out(found: Sequence[Sampled] | Sequence[Climbed]) -> str:
    """How many samples are not in the rates, and why."""
    counts = Counter(one.why_not for one in found if one.why_not)
    return ", ".join(f"{count} {why}" for why, count in sorted(counts.items())) or "none left out"


def rate(pvalues: Sequence[float]) -> float:
    """Share below the level."""
    return float(np.mean(np.array(pvalues) < LEVEL))


# ---- speed ---------------------------------------------------------------------------------------------------------


@contextmanager
def remembering() -> Iterator[None]:
    """Within it, rows' moments and models already fitted are not computed again.

    A ladder and a search fit the same rows a dozen times; each function here gives the same for the same arguments.
    """
    fits: dict[tuple[str, str], Estimated] = {}
    moments: dict[bytes, object] = {}

    def fitted(syntax: str, X: Array, names: Sequence[str], options: Options, *, name: str,
               groups: Sequence[object], clusters: None) -> Estimated:
        if (name, syntax) not in fits:
            fits[name, syntax] = estimate_model(syntax, X, names, options, name=name, groups=groups)
        return fits[name, syntax]

    def known(Y: Array, levels: tuple[int, ...], x: Array | None = None, **named: object) -> object:
        key = Y.tobytes() + (b"" if x is None else x.tobytes())
        if key not in moments:
            moments[key] = ordinal_moments(Y, levels, x, **named)  # type: ignore[arg-type]
        return moments[key]

    with patch.object(partial_invariance, "estimate_model", fitted), patch.object(ordered, "ordinal_moments", known), \
            patch.object(estimate, "parse_model", _parsed):
        yield


_parsed = lru_cache(maxsize=256)(parse_model)

# ---- populations ---------------------------------------------------------------------------------------------------


def cut(latent: Array, thresholds: Sequence[Sequence[float]]) -> Array:
    """Codes from 1 of latent responses (n, k), each column by its own thresholds."""
    columns = [1 + np.searchsorted(tau, column) for tau, column in zip(thresholds, latent.T, strict=True)]
    return np.column_stack(columns).astype(np.float64)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Mean 0, variance 1, skew 1, excess kurtosis 1.5 (gamma of shape 4)."""
    drawn: Array = (rng.gamma(4.0, size=shape) - 4.0) / 2.0
    return drawn
