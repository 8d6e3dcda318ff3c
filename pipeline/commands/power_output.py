"""What ``alliometrics power`` says: sentences, tables, a document for JSON, a table for CSV, a page, and figures."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.table import Table

from pipeline.commands.output import Defined, decimals, table
from pipeline.power.findings import HITS, CellFigures, Hit, Planned
from pipeline.power.planning import Curve, Needed, Rate
from pipeline.power.study_power import StudyPower
from pipeline.report.figures.power import PowerLine, power_figure, width_figure
from pipeline.report.figures.spec import Figure
from pipeline.report.numbers import counted, listed, number
from pipeline.undefined import Undefined

OWN = "own"
"""What the population has itself, in place of a share."""

HIT_NAMES: dict[Hit, str] = {
    "monte_carlo": "Monte Carlo interval", "joint": "joint significance", "delta": "delta method",
}


# -- sentences ----------------------------------------------------------------------------------------


def sentences(found: StudyPower) -> tuple[str, ...]:
    """What N is needed, how sure that is, and what to be careful about."""
    said = []
    for plan in (p for p in found.planned if p.hit == "monte_carlo"):
        label = _label(found, plan.multiple, plan.missing, plan.careless)
        said.append(f"{label + ': to' if label else 'To'} find {found.plan.effect} by its Monte Carlo interval: "
                    f"{listed(tuple(_need(need) for need in plan.needed))}.")
        if isinstance(plan.curve, Curve) and not isinstance(plan.curve.misfit_pvalue, Undefined) \
                and plan.curve.misfit_pvalue < 0.05:
            said.append("The hits do not follow the curve from which these sizes are read "
                        f"(p = {plan.curve.misfit_pvalue:.3f}); look at the single sizes.")
    lost = sum(cell.replications - cell.converged for cell in found.cells)
    improper = sum(cell.converged - cell.admissible for cell in found.cells)
    said.append(f"Of {counted(found.replications, 'replication')}, {lost:,} did not converge and count as not found; "
                f"{improper:,} converged to an improper solution and are kept.")
    errors = [cell.hits["monte_carlo"].error for cell in found.cells]
    said.append(f"Simulation error: a standard error of at most {max(errors):.3f} for each power; more replications "
                "make it smaller. That the population is as assumed no simulation can tell.")
    return tuple(said)


def took_over(found: StudyPower) -> str:
    """How much an earlier run had done."""
    if not found.taken_over:
        return f"{counted(found.replications, 'replication')} computed."
    rest = found.replications - found.taken_over
    return (f"{counted(found.taken_over, 'replication')} of {found.replications:,} taken over from an earlier run, "
            f"{rest:,} computed.")


def _need(need: Needed) -> str:
    power = number(need.power, 2, bounded=True)
    if isinstance(need.n, Undefined):
        return f"the size for power {power} is {need.n}"
    if isinstance(need.lower, Undefined) or isinstance(need.upper, Undefined):
        return f"power {power} takes {need.n:,} firms (its interval is {need.lower})"
    return f"power {power} takes {need.n:,} firms (95 % interval {need.lower:,} to {need.upper:,})"


def _label(found: StudyPower, multiple: float, missing: float | None, careless: float | None) -> str:
    """What tells a column of the grid from the others; "" for the only one."""
    parts = []
    if len(found.plan.effects) > 1 or multiple != 1:
        parts.append(f"effect × {multiple:g}")
    for name, value, grid in (("missing", missing, found.plan.missing), ("careless", careless, found.plan.careless)):
        if len(grid) > 1 or value is not None:
            parts.append(f"{name} {_shown(value)}")
    return ", ".join(parts)


def _shown(share: float | None) -> str:
    return OWN if share is None else f"{share:g}"


# -- tables -------------------------------------------------------------------------------------------


def tables(found: StudyPower) -> list[Table]:
    """Power and precision of the cells, sizes needed, and the power of tests of fit, for the console."""
    return [table(f"Power to find {found.plan.effect} = {' * '.join(found.labels)} in {found.plan.model}",
                  _POWER_COLUMNS, [_power_row(cell) for cell in found.cells], left=0),
            table(f"Estimates of {found.plan.effect}", _ESTIMATE_COLUMNS, [_estimate_row(cell) for cell in found.cells],
                  left=0),
            table("Firms needed", _NEED_COLUMNS, [_need_row(found, plan) for plan in found.planned], left=2),
            table(f"Power of tests of fit by RMSEA, df = {found.df}", ("test", "RMSEA 0", "RMSEA A",
                  *(f"n = {n:,}" for n in sorted(set(found.plan.sizes))), "n for .80"), _fit_rows(found))]


_KEY_COLUMNS = ("n", "effect ×", "missing", "careless")
_POWER_COLUMNS = (*_KEY_COLUMNS, "converged", "proper", "Monte Carlo", "exact 95 %", "joint", "delta")
_ESTIMATE_COLUMNS = (*_KEY_COLUMNS, "firms used", "true", "mean", "bias", "± error", "coverage", "width")
_NEED_COLUMNS = ("cells", "found by", "n for .80", "95 %", "n for .90", "95 %")


def _key(figures: CellFigures) -> tuple[str, ...]:
    cell = figures.cell
    return f"{cell.n:,}", f"{cell.multiple:g}", _shown(cell.missing), _shown(cell.careless)


def _power_row(figures: CellFigures) -> tuple[str, ...]:
    main = figures.hits["monte_carlo"]
    return (*_key(figures), f"{figures.converged:,}", f"{figures.admissible:,}", _bounded(main.share),
            f"{_bounded(main.lower)}-{_bounded(main.upper)}", _bounded(figures.hits["joint"].share),
            _bounded(figures.hits["delta"].share))


def _estimate_row(figures: CellFigures) -> tuple[str, ...]:
    coverage = "–" if isinstance(figures.coverage, Undefined) else _bounded(figures.coverage.share)
    return (*_key(figures), decimals(figures.used, 1), decimals(figures.true, 4), decimals(figures.estimate, 4),
            decimals(figures.bias, 4), decimals(figures.bias_error, 4), coverage, decimals(figures.width, 4))


def _need_row(found: StudyPower, plan: Planned) -> tuple[str, ...]:
    row = [_label(found, plan.multiple, plan.missing, plan.careless) or "all", HIT_NAMES[plan.hit]]
    for need in plan.needed:
        row += ["–" if isinstance(need.n, Undefined) else f"{need.n:,}",
                "–" if isinstance(need.lower, Undefined) or isinstance(need.upper, Undefined)
                else f"{need.lower:,}-{need.upper:,}"]
    return tuple(row)


def _fit_rows(found: StudyPower) -> list[tuple[str, ...]]:
    return [(fit.test, f"{fit.null:.2f}", f"{fit.alternative:.2f}", *(_bounded(power) for power in fit.power),
             "–" if isinstance(fit.needed, Undefined) else f"{fit.needed:,}") for fit in found.fit]


def _bounded(share: float) -> str:
    return number(share, 3, bounded=True)


# -- files --------------------------------------------------------------------------------------------


def document(found: StudyPower) -> dict[str, Any]:
    """Everything that was found, for JSON. Nothing in it depends on when, where or how often it was computed."""
    return {
        "schema": "alliometrics-power-1", "title": found.title, "model": found.plan.model, "effect": found.plan.effect,
        "paths": list(found.labels), "variables": found.variables, "df": found.df, "level": found.level,
        "seed": found.seed, "replications": found.plan.replications,
        "monte_carlo_draws": found.plan.monte_carlo_draws,
        "cells": [_cell_document(cell) for cell in found.cells],
        "needed": [_need_document(plan) for plan in found.planned],
        "fit": [asdict(fit) | {"needed": None if isinstance(fit.needed, Undefined) else fit.needed}
                for fit in found.fit],
        "sentences": list(sentences(found)),
    }


def _cell_document(figures: CellFigures) -> dict[str, Any]:
    give = Defined()
    made: dict[str, Any] = {
        "n": figures.cell.n, "effect_multiple": figures.cell.multiple, "missing": figures.cell.missing,
        "careless": figures.cell.careless, "replications": figures.replications, "converged": figures.converged,
        "admissible": figures.admissible, "power": {hit: asdict(figures.hits[hit]) for hit in HITS},
    }
    for name in ("estimate", "sd", "true", "bias", "bias_error", "width", "used"):
        made[name] = give(name, getattr(figures, name))
    made["coverage"] = (asdict(figures.coverage) if isinstance(figures.coverage, Rate)
                        else give("coverage", figures.coverage))
    return made | {"undefined": give.undefined}


def _need_document(plan: Planned) -> dict[str, Any]:
    give = Defined()
    made: dict[str, Any] = {"effect_multiple": plan.multiple, "missing": plan.missing, "careless": plan.careless,
                            "found_by": plan.hit, "curve": None}
    if isinstance(plan.curve, Curve):
        made["curve"] = {"intercept": plan.curve.intercept, "slope": plan.curve.slope, "cov": list(plan.curve.cov),
                         "misfit_pvalue": give("misfit_pvalue", plan.curve.misfit_pvalue)}
    else:
        give("curve", plan.curve)
    made["sizes"] = []
    for need in plan.needed:
        name = f"n for {need.power:g}"
        made["sizes"].append({"power": need.power, "n": give(name, need.n), "lower": give(f"{name}, lower", need.lower),
                              "upper": give(f"{name}, upper", need.upper)})
    return made | {"undefined": give.undefined}


def comma_separated(found: StudyPower) -> str:
    """One row a cell; what has no value is left empty, and power.json says why."""
    rows = []
    for figures in found.cells:
        made = _cell_document(figures)
        row = {key: made[key] for key in ("n", "effect_multiple", "missing", "careless", "replications", "converged",
                                          "admissible")}
        for hit in HITS:
            share = figures.hits[hit]
            row |= {f"power_{hit}": share.share, f"power_{hit}_error": share.error, f"power_{hit}_lower": share.lower,
                    f"power_{hit}_upper": share.upper}
        row |= {key: made[key] for key in ("estimate", "sd", "true", "bias", "bias_error", "width", "used")}
        row["coverage"] = None if made["coverage"] is None else made["coverage"]["share"]
        rows.append(row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def markdown(found: StudyPower) -> str:
    """A page with the question, the answer, the cells and the figures."""
    lines = [f"# Power: {found.title}", "",
             f"Simulated studies, drawn from the study's population.yaml; they are about no real firm. Model "
             f"{found.plan.model}, effect {found.plan.effect} = {' × '.join(found.labels)}, "
             f"{counted(found.plan.replications, 'replication')} a cell, seed {found.seed}, level {found.level:g}.", "",
             *(f"- {sentence}" for sentence in sentences(found)), "",
             _markdown_table(_POWER_COLUMNS, [_power_row(cell) for cell in found.cells]), "",
             _markdown_table(_ESTIMATE_COLUMNS, [_estimate_row(cell) for cell in found.cells]), "",
             _markdown_table(_NEED_COLUMNS, [_need_row(found, plan) for plan in found.planned])]
    if found.fit:
        heads = ("Test of fit", "RMSEA under H0", "RMSEA in truth",
                 *(f"n = {n:,}" for n in sorted(set(found.plan.sizes))), "n for .80")
        lines += ["", f"Tests of fit by RMSEA, df = {found.df} (MacCallum, Browne & Sugawara 1996):", "",
                  _markdown_table(heads, _fit_rows(found))]
    for figure in figures(found):
        lines += ["", f"![{figure.title}]({figure.id}.svg)", "", figure.summary]
    return "\n".join(lines) + "\n"


def _markdown_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figures(found: StudyPower) -> tuple[Figure, ...]:
    """Power and width of intervals by number of firms."""
    lines = []
    for plan in (p for p in found.planned if p.hit == "monte_carlo"):
        here = [c for c in found.cells
                if (c.cell.multiple, c.cell.missing, c.cell.careless) == (plan.multiple, plan.missing, plan.careless)]
        rates = [c.hits["monte_carlo"] for c in here]
        sizes = tuple(c.cell.n for c in here)
        lines.append(PowerLine(
            _label(found, plan.multiple, plan.missing, plan.careless), sizes, tuple(r.share for r in rates),
            tuple(r.lower for r in rates), tuple(r.upper for r in rates),
            tuple(None if isinstance(c.width, Undefined) else c.width for c in here), _along(plan.curve, sizes)))
    narrowed = (f"Mean width of the Monte Carlo interval ({found.level:g}) of {found.plan.effect} by number of firms; "
                "it falls about with the square root of their number.")
    return (power_figure(found.plan.effect, lines, sentences(found)[0]),
            width_figure(found.plan.effect, lines, narrowed))


def _along(curve: Curve | Undefined, sizes: tuple[int, ...]) -> tuple[tuple[float, float, float, float], ...]:
    if isinstance(curve, Undefined):
        return ()
    n = np.linspace(min(sizes), max(sizes), 60)
    lower, upper = curve.band(n, 0.95)
    return tuple(zip(n.tolist(), curve.power(n).tolist(), lower.tolist(), upper.tolist(), strict=True))
