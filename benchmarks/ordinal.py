"""Ordinal methods beside lavaan: polychoric correlations with their asymptotic covariance, and a bootstrap by WLSMV."""

from __future__ import annotations

from functools import partial

from benchmarks.contenders import Lavaan, Timed, clocked
from benchmarks.model import Array
from benchmarks.ordinal_model import NAMES, SYNTAX, OrdinalData
from benchmarks.results import Comparison, Series
from benchmarks.turns import OURS, Timer, in_turn, per_draw
from pipeline.moments.three_stage import OrdinalMoments, ordinal_moments
from pipeline.sem.bootstrap import bootstrap
from pipeline.sem.estimate import Options, estimate_model


class OursOrdinal:
    """This engine on synthetic seven-point answers."""

    def __init__(self, data: OrdinalData) -> None:
        self.data = data
        self.estimated = estimate_model(SYNTAX, data.answers, NAMES, Options(estimator="wlsmv", ordered=NAMES))

    def polychorics(self) -> Timed:
        """Thresholds, correlations and Γ of 25 items; shows the first correlation."""
        items: Array = self.data.items
        names = [f"i{k + 1}" for k in range(items.shape[1])]
        seconds, found = clocked(partial(_moments, items, names))
        return Timed(seconds, float(found.covariance[1, 0]))

    def draws(self, count: int, seed: int, *, workers: int = 1) -> Timed:
        """Draws with intervals of every row, unstandardised and standardised."""
        seconds, found = clocked(lambda: bootstrap(self.estimated.problem, self.estimated.theta, draws=count, seed=seed,
                                                   workers=workers))
        return Timed(seconds, found.converged)


def _moments(items: Array, names: list[str]) -> OrdinalMoments:
    return ordinal_moments(items - 1, [7] * items.shape[1], names=names)


def polychorics(ours: OursOrdinal, lavaan: Lavaan | str, name: str, rounds: int) -> Comparison:
    """25 seven-point items of 2,500 rows.

    Raises
    ------
    RuntimeError
        If the first correlations differ: then they did not do the same job.
    """
    timers: dict[str, Timer] = {OURS: lambda seed: ours.polychorics()}
    if isinstance(lavaan, Lavaan):
        timers[name] = lambda seed: lavaan.polychorics()
    found = in_turn(timers, rounds)
    shown = [timed[0].shown for timed in found.values()]
    if max(shown) - min(shown) > 1e-3:
        raise RuntimeError(f"the correlations differ: {shown}")
    series = [Series(side, tuple(1000 * t.seconds for t in timed)) for side, timed in found.items()]
    return Comparison("polychorics", "Polychorics of 25 items × 2,500 rows with their asymptotic covariance", "ms",
                      tuple(series), aim=1)


def ordinal_bootstraps(
    ours: OursOrdinal, lavaan: Lavaan | str, name: str, rounds: int, draws: int, theirs: int,
) -> Comparison:
    """Draws of a model of 16 seven-point indicators by WLSMV, moments and weights anew in every draw."""
    timers: dict[str, tuple[Timer, int]] = {
        OURS: (lambda seed: ours.draws(draws, seed), draws)}
    if isinstance(lavaan, Lavaan):
        timers[name] = (
            lambda seed: lavaan.ordinal(theirs, seed), theirs)
    ours.draws(50, 0)
    return Comparison("draws-ordinal", f"{draws:,} draws, WLSMV, 16 ordered indicators", "ms a draw",
                      per_draw(timers, rounds), aim=30)
