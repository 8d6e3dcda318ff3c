"""Figures on effects: forest plot, bootstrap distribution of the serial effect, sensitivity to the recency weight."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pipeline.report import names
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, Figure, key_below, plot, wrapped
from pipeline.report.numbers import interval, level_name, number
from pipeline.report.tables.effects import decay_points, decay_sentence, effects_sentence
from pipeline.results import EVERYONE, HEADLINE_EFFECT, SCREENED, ModelRun, StudyResults
from pipeline.sem.effects import BootstrapResult, ResampledEffect
from pipeline.undefined import Undefined


def forest_figure(results: StudyResults) -> Figure | None:
    """Every defined effect with its interval, with and without exclusions; None without a bootstrap."""
    screened, everyone = (names.mediation(results, rows) for rows in (SCREENED, EVERYONE))
    if screened is None or screened.bootstrap is None:
        return None
    level = level_name(screened.bootstrap.level)
    return Figure(
        "effects", "Indirect and total effects with bootstrap intervals", effects_sentence(screened),
        "effects-comparison",
        lambda: _forest(screened, everyone),
        f"Unstandardised estimates with {level} percentile bootstrap intervals. Numbers on the right: screened rows.",
    )


def _forest(screened: ModelRun, everyone: ModelRun | None) -> Drawing:
    assert screened.bootstrap is not None
    effects = screened.bootstrap.effects
    others = {e.name: e for e in everyone.bootstrap.effects} if everyone and everyone.bootstrap else {}
    drawing, axes = plot(0.46 * len(effects) + 0.9)
    axes.axvline(0, color=QUIET, linewidth=1)
    for i, effect in enumerate(effects):
        other = others.get(effect.name)
        lift = 0.14 if other is not None else 0.0
        _interval(axes, effect, i - lift, BLUE, filled=True)
        if other is not None:
            _interval(axes, other, i + lift, ORANGE, filled=False)
        axes.text(1.02, i, f"{number(effect.est, 3)} {interval(effect.lower, effect.upper, 3)}", va="center", size=8,
                  transform=axes.get_yaxis_transform())
        if i:
            axes.axhline(i - 0.5, color="#ececec", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(effects)), [wrapped(names.effect(e.name), 34) for e in effects])
    axes.set_ylim(len(effects) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Effect")
    shown = [_mark(BLUE, BLUE, f"Screened (n = {screened.fit.nobs:,})")]
    if others and everyone is not None:
        shown.append(_mark(ORANGE, "white", f"All respondents (n = {everyone.fit.nobs:,})"))
    drawing.legend(handles=shown, loc="outside lower center", ncols=2)
    return drawing


def _interval(axes: Axes, effect: ResampledEffect, at: float, colour: str, *, filled: bool) -> None:
    if not isinstance(effect.lower, Undefined) and not isinstance(effect.upper, Undefined):
        axes.plot([effect.lower, effect.upper], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt",
                  linestyle=(0, ()) if filled else (0, (4, 1.2)))
    axes.scatter([effect.est], [at], s=28, facecolor=colour if filled else "white", edgecolor=colour,
                     linewidth=1.3, zorder=3)


def _mark(edge: str, face: str, label: str) -> Line2D:
    return Line2D([], [], color=edge, marker="o", markerfacecolor=face, linewidth=1.6, label=label,
                  linestyle="-" if edge == face else "--")


def bootstrap_figure(results: StudyResults) -> Figure | None:
    """Distribution of the serial effect over the bootstrap draws; None without a bootstrap."""
    run = names.mediation(results)
    if run is None or run.bootstrap is None:
        return None
    found = next((e for e in run.bootstrap.effects if e.name == HEADLINE_EFFECT), None)
    draws = run.bootstrap.draws.get(HEADLINE_EFFECT, ())
    if found is None or not draws:
        return None
    truth = next((t.true for t in results.known_truth if t.name == HEADLINE_EFFECT), None)
    bootstrap = run.bootstrap
    positive = sum(draw > 0 for draw in draws)
    summary = (f"Over {len(draws):,} converged draws the serial effect on capability is above zero in {positive:,}; "
               f"the estimate is {number(found.est, 3)}, its {level_name(bootstrap.level)} interval "
               f"{interval(found.lower, found.upper, 3)}")
    summary += "." if truth is None else f", and the true value that made these synthetic data is {number(truth, 3)}."
    return Figure(
        "bootstrap", "Bootstrap distribution of the serial effect on capability", summary,
        f"effects-{names.slug(run.id)}-{names.slug(run.rows)}", lambda: _distribution(found, bootstrap, truth),
    )


def _distribution(effect: ResampledEffect, bootstrap: BootstrapResult, truth: float | None) -> Drawing:
    draws = np.array(bootstrap.draws[effect.name])
    drawing, axes = plot(3.3)
    bins = min(40, max(8, round(np.sqrt(len(draws)) * 1.4)))
    axes.hist(draws, bins=bins, color="#d5dbe1", edgecolor="white", linewidth=0.6)
    handles: list[Line2D | Patch] = [Patch(facecolor="#d5dbe1", label=f"{len(draws):,} draws")]
    axes.axvline(effect.est, color=BLUE, linewidth=2)
    handles.append(Line2D([], [], color=BLUE, linewidth=2, label=f"Estimate {number(effect.est, 3)}"))
    if not isinstance(effect.lower, Undefined) and not isinstance(effect.upper, Undefined):
        for bound in (effect.lower, effect.upper):
            axes.axvline(bound, color=BLUE, linewidth=1.3, linestyle="--")
        handles.append(Line2D([], [], color=BLUE, linewidth=1.3, linestyle="--", label=(
            f"{level_name(bootstrap.level)} interval {interval(effect.lower, effect.upper, 3)}")))
    if truth is not None:
        axes.plot([truth], [0], marker="^", markersize=11, color=ORANGE, clip_on=False, zorder=4)
        handles.append(Line2D([], [], color=ORANGE, marker="^", markersize=8, linestyle="none",
                              label=f"True value {number(truth, 3)}"))
    axes.axvline(0, color=QUIET, linewidth=1, linestyle=":")
    handles.append(Line2D([], [], color=QUIET, linewidth=1, linestyle=":", label="Zero"))
    axes.set_xlabel("Serial indirect effect: experience → function → learning → capability")
    axes.set_ylabel("Draws")
    key_below(axes, handles, columns=3, lift=-0.17)
    return drawing


def decay_figure(results: StudyResults) -> Figure | None:
    """The standardised serial effect under each recency weight; None where none was varied."""
    if len(decay_points(results)) < 2:
        return None
    return Figure(
        "decay", "The serial effect under other recency weights", decay_sentence(results), "decay",
        lambda: _decay(results), "The filled point is the weight of the plan. Kinds of experience are in the table.",
    )


def _decay(results: StudyResults) -> Drawing:
    points = sorted(decay_points(results))
    decays, values = [decay for decay, _ in points], [effect for _, effect in points]
    planned = results.plan.scoring.decay
    drawing, axes = plot(2.5)
    axes.plot(decays, values, color=BLUE, linewidth=1.2)
    for decay, effect in points:
        axes.scatter([decay], [effect], s=36, facecolor=BLUE if decay == planned else "white",
                     edgecolor=BLUE, linewidth=1.3, zorder=3)
        axes.annotate(number(effect, 3, bounded=True), (decay, effect), xytext=(0, 7), size=8,
                      textcoords="offset points", ha="center")
    axes.axhline(0, color=RULE, linewidth=0.9)
    axes.set_ylim(min(0.0, *values) * 1.3, max(0.0, *values) * 1.3 or 1.0)
    axes.set_xticks(decays, [f"{decay:g}" for decay in decays])
    axes.set_xlabel("Recency weight δ (1: every alliance counts the same, however old)")
    axes.set_ylabel("Standardised effect")
    return drawing
