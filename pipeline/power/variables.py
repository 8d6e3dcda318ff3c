"""One drawing rule for each kind of variable a population may have."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from instrument.errors import Finding, InputError
from pipeline.power import kinds
from pipeline.power.kinds import Level

if TYPE_CHECKING:
    from pipeline.power.world import World


def draw(world: World, name: str, variable: kinds.Variable, level: Level) -> NDArray[Any]:
    """(units,) values of a variable, from its causes' values and its own stream of random numbers."""
    return _draw(variable, world, f"variable.{name}", level)


@singledispatch
def _draw(variable: kinds.Variable, world: World, stream: str, level: Level) -> NDArray[Any]:
    raise TypeError(f"no rule draws a {type(variable).__name__}")


@_draw.register(kinds.Normal)
def _normal(variable: kinds.Normal, world: World, stream: str, level: Level) -> NDArray[Any]:
    e = world.disturbance(stream, level, variable.shared)
    return variable.intercept + world.linear(variable.causes, level) + variable.sd * e


@_draw.register(kinds.Presence)
def _presence(variable: kinds.Presence, world: World, stream: str, level: Level) -> NDArray[Any]:
    e = _standard_normal(world, stream, level)
    return (world.linear(variable.causes, level) + e > variable.above).astype(np.float64)


@_draw.register(kinds.Category)
def _category(variable: kinds.Category, world: World, stream: str, level: Level) -> NDArray[Any]:
    u = world.streams.of(stream).random(world.sampling.size(level))
    if variable.shares is not None:
        return _by_share(u, variable.shares)
    assert variable.given is not None
    assert variable.shares_given is not None
    given = world.value(variable.given, level)
    out: NDArray[Any] | None = None
    for code in np.unique(given):
        shares = variable.shares_given.get(_code(code), variable.otherwise)
        if shares is None:
            raise InputError(Finding(
                "POPULATION-SHARES", f"population.yaml, key {stream.replace('variable.', 'variables.', 1)}",
                f"Every code of {variable.given} must have its shares; {code} has none, and there is no `otherwise`.",
                "Add the code to shares_given, or state otherwise.",
            ))
        here = given == code
        picked = _by_share(u[here], shares)
        out = np.empty(len(u), dtype=picked.dtype) if out is None else out
        out[here] = picked
    return np.empty(0) if out is None else out


@_draw.register(kinds.Ordered)
def _ordered(variable: kinds.Ordered, world: World, stream: str, level: Level) -> NDArray[Any]:
    codes = np.array(list(variable.shares), dtype=np.float64)
    cuts = ndtri(np.clip(np.cumsum(list(variable.shares.values()))[:-1], 0.0, 1.0))
    response = world.linear(variable.causes, level) + _standard_normal(world, stream, level)
    return codes[np.searchsorted(cuts, response)]


@_draw.register(kinds.Choices)
def _choices(variable: kinds.Choices, world: World, stream: str, level: Level) -> NDArray[Any]:
    """Each cell holds the codes picked, joined by commas, ascending."""
    shares = np.array(list(variable.shares.values()))
    u = world.streams.of(stream).random((world.sampling.size(level), len(shares)))
    picked = u < shares
    if variable.at_least_one:
        nearest = (u / shares).argmin(axis=1)
        picked[np.arange(len(u)), nearest] = True
    codes = [str(code) for code in variable.shares]
    return np.array([",".join(c for c, on in zip(codes, row, strict=True) if on) for row in picked], dtype=object)


@_draw.register(kinds.Count)
def _count(variable: kinds.Count, world: World, stream: str, level: Level) -> NDArray[Any]:
    rng, n = world.streams.of(stream), world.sampling.size(level)
    # A Poisson whose mean is gamma distributed is negative binomial.
    mean = np.exp(variable.intercept + world.linear(variable.causes, level))
    counts = rng.poisson(mean * rng.gamma(variable.shape, 1 / variable.shape, n))
    return np.clip(counts, variable.least, variable.most).astype(np.float64)


@_draw.register(kinds.Amount)
def _amount(variable: kinds.Amount, world: World, stream: str, level: Level) -> NDArray[Any]:
    e = _standard_normal(world, stream, level)
    amount = np.exp(variable.intercept + world.linear(variable.causes, level) + variable.sd * e)
    return np.clip(np.round(amount, variable.digits), variable.least, variable.most)


@_draw.register(kinds.Year)
def _year(variable: kinds.Year, world: World, stream: str, level: Level) -> NDArray[Any]:
    year = world.population.year - np.round(world.value(variable.since, level))
    return year if variable.not_before is None else np.maximum(year, world.value(variable.not_before, level))


@_draw.register(kinds.Part)
def _part(variable: kinds.Part, world: World, stream: str, level: Level) -> NDArray[Any]:
    signs = dict.fromkeys(variable.of, 1.0) | dict.fromkeys(variable.less, -1.0)
    whole = world.linear(signs, level)
    share = ndtr(ndtri(variable.share) + world.linear(variable.causes, level))
    return world.streams.of(stream).binomial(whole.astype(np.int64), share).astype(np.float64)


@_draw.register(kinds.Percent)
def _percent(variable: kinds.Percent, world: World, stream: str, level: Level) -> NDArray[Any]:
    part, whole = world.value(variable.part, level), world.value(variable.whole, level)
    return np.where(whole > 0, np.round(100 * part / np.maximum(whole, 1)), np.nan)


@_draw.register(kinds.Log)
def _log(variable: kinds.Log, world: World, stream: str, level: Level) -> NDArray[Any]:
    logarithm: NDArray[np.float64] = np.log(world.value(variable.of, level))
    return logarithm


@_draw.register(kinds.Decades)
def _decades(variable: kinds.Decades, world: World, stream: str, level: Level) -> NDArray[Any]:
    return (world.population.year - world.value(variable.since, level)) / 10


@_draw.register(kinds.Indicator)
def _indicator(variable: kinds.Indicator, world: World, stream: str, level: Level) -> NDArray[Any]:
    return np.isin(world.value(variable.of, level), variable.codes).astype(np.float64)


@_draw.register(kinds.Experience)
def _experience(variable: kinds.Experience, world: World, stream: str, level: Level) -> NDArray[Any]:
    total = np.zeros(world.sampling.size(level))
    for band, age in zip(variable.bands, variable.ages, strict=True):
        total += variable.decay**age * world.linear(dict.fromkeys(band, 1.0), level)
    return np.log1p(total)


@_draw.register(kinds.Product)
def _product(variable: kinds.Product, world: World, stream: str, level: Level) -> NDArray[Any]:
    product = np.ones(world.sampling.size(level))
    for name, mean in zip(variable.of, variable.means, strict=True):
        product *= world.value(name, level) - mean
    return product


@_draw.register(kinds.Score)
def _score(variable: kinds.Score, world: World, stream: str, level: Level) -> NDArray[Any]:
    wanted: Level = "firm" if level == "firm" else "informant"
    form = next(form.id for form in world.instrument.forms
                if world.row_level(form.id) == wanted and world.instrument.items(variable.dimension, form.id))
    return world.score(variable.dimension, form)


def _standard_normal(world: World, stream: str, level: Level) -> NDArray[np.float64]:
    return world.streams.of(stream).standard_normal(world.sampling.size(level))


def _by_share(u: NDArray[np.float64], shares: dict[int | str, float]) -> NDArray[Any]:
    """Codes at the places of uniform numbers ``u`` in the cumulated shares."""
    codes = list(shares)
    place = np.searchsorted(np.cumsum(list(shares.values()))[:-1], u, side="right")
    if all(isinstance(code, int) for code in codes):
        return np.array(codes, dtype=np.float64)[place]
    return np.array([str(code) for code in codes], dtype=object)[place]


def _code(value: Any) -> int | str:
    return value if isinstance(value, str) else int(value)
