"""What ``alliometrics fit`` found, as the contract's document and as tables for the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from pipeline.commands.fit import Fitted
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.sem.fit import Fit, Parameter
from pipeline.sem.modification import ModificationIndex
from pipeline.undefined import Undefined

INDICES = {
    "npar": "npar", "chisq": "chisq", "df": "df", "pvalue": "pvalue", "baseline.chisq": "baseline_chisq",
    "baseline.df": "baseline_df", "cfi": "cfi", "tli": "tli", "nfi": "nfi", "rfi": "rfi", "ifi": "ifi",
    "rmsea": "rmsea", "rmsea.ci.lower": "rmsea_ci_lower", "rmsea.ci.upper": "rmsea_ci_upper",
    "rmsea.pvalue": "rmsea_pvalue", "srmr": "srmr", "gfi": "gfi", "logl": "logl",
    "unrestricted.logl": "unrestricted_logl", "aic": "aic", "bic": "bic", "bic2": "sabic",
}
"""lavaan's name → field of :class:`~pipeline.sem.fit.FitIndices`."""

SCALED = {
    "chisq.scaled": "chisq", "pvalue.scaled": "pvalue", "chisq.scaling.factor": "scaling_factor",
    "baseline.chisq.scaled": "baseline_chisq", "baseline.chisq.scaling.factor": "baseline_scaling_factor",
    "cfi.scaled": "cfi", "tli.scaled": "tli", "nfi.scaled": "nfi", "ifi.scaled": "ifi", "rmsea.scaled": "rmsea",
    "rmsea.ci.lower.scaled": "rmsea_ci_lower", "rmsea.ci.upper.scaled": "rmsea_ci_upper",
    "rmsea.pvalue.scaled": "rmsea_pvalue",
}
SHIFT = "chisq.shift.parameter"
"""Of the scaled and shifted test alone; lavaan prints it, and has it in ``lavInspect(fit, "test")``."""

ROBUST = {
    "cfi.robust": "cfi", "tli.robust": "tli", "rmsea.robust": "rmsea", "rmsea.ci.lower.robust": "rmsea_ci_lower",
    "rmsea.ci.upper.robust": "rmsea_ci_upper", "rmsea.pvalue.robust": "rmsea_pvalue",
}
"""The same for :class:`~pipeline.sem.fit.ScaledIndices` and :class:`~pipeline.sem.fit.RobustIndices`."""

NOT_ROBUST = Undefined("robust indices of ordered variables are known only where the model has degrees of freedom, all "
                       "its variables are ordered, and none only explains")

COLUMNS = {"est": "est", "se": "se", "z": "z", "pvalue": "pvalue", "ci.lower": "ci_lower", "ci.upper": "ci_upper",
           "std.lv": "std_lv", "std.lv.se": "std_lv_se", "std.all": "std_all", "std.all.se": "std_all_se"}
"""lavaan's column → field of :class:`~pipeline.sem.fit.Parameter`."""

EFFECT_COLUMNS = {
    "est": "est", "se": "se", "z": "z", "pvalue": "pvalue", "boot.se": "bootstrap_se", "boot.ci.lower": "lower",
    "boot.ci.upper": "upper", "boot.ci.lower.admissible": "lower_admissible",
    "boot.ci.upper.admissible": "upper_admissible", "mc.ci.lower": "monte_carlo_lower",
    "mc.ci.upper": "monte_carlo_upper", "std.all": "std_all", "boot.std.ci.lower": "std_lower",
    "boot.std.ci.upper": "std_upper",
}
RESAMPLED = {"boot.se": "bootstrap_se", "boot.ci.lower": "lower", "boot.ci.upper": "upper",
             "boot.std.ci.lower": "std_lower", "boot.std.ci.upper": "std_upper"}
"""Columns of :class:`~pipeline.sem.effects.ResampledEffect` and, of every free parameter, ResampledParameter."""


CHANGES = {"mi": "mi", "pvalue": "pvalue", "epc": "epc", "sepc.lv": "sepc_lv", "sepc.all": "sepc_all"}
"""Columns of :class:`~pipeline.sem.modification.ModificationIndex`."""

NOTABLE = 3.841
"""Modification index from which a parameter is listed on the console: the 5 % point of chi-squared with 1 df."""
LISTED = 15

THRESHOLDS = 6
"""Of one variable in one row of the console's table."""


def document(found: Fitted) -> dict[str, Any]:
    """The contract's document; what is undefined is null, with its reason in ``undefined``.

    ``se`` and what follows from it are null, without a reason, for fixed parameters.
    """
    fit, number = found.fit, Defined()
    measures = measures_of(fit, number)
    rows: list[dict[str, Any]] = [
        {"lhs": p.lhs, "op": p.op, "rhs": p.rhs, "group": p.group, "label": p.label, "free": p.free}
        | {name: number(f"{_named(p, fit)}: {name}", getattr(p, field)) for name, field in COLUMNS.items()}
        for p in fit.parameters
    ]
    boot = found.bootstrap
    effects = [] if boot is None else [
        {"name": e.name, "expression": e.expression}
        | {name: number(f"{e.name}: {name}", getattr(e, field)) for name, field in EFFECT_COLUMNS.items()}
        for e in boot.effects
    ]
    if boot is not None:
        resampled = {(p.lhs, p.op, p.rhs, p.group): p for p in boot.parameters}
        for row, p in zip(rows, fit.parameters, strict=True):
            own = resampled.get((p.lhs, p.op, p.rhs, p.group))
            if own is not None:
                row |= {name: number(f"{_named(p, fit)}: {name}", getattr(own, field))
                        for name, field in RESAMPLED.items()}
    return {
        "converged": fit.converged, "admissible": fit.admissible, "estimator": fit.estimator, "engine": fit.engine,
        "missing": fit.missing, "information": fit.information, "se": fit.se, "test": fit.test,
        "nobs": fit.nobs, "n_incomplete": fit.n_incomplete, "n_with_gaps": fit.n_with_gaps,
        "groups": [{"label": g.label, "nobs": g.nobs,
                    "r2": {name: number(f"r2 {name} {g.label}".rstrip(), value) for name, value in g.r2.items()}}
                   for g in fit.groups],
        "level": found.level, "fit": measures, "parameters": rows,
        "bootstrap": {"requested": found.requested, "converged": boot.converged if boot else 0,
                      "admissible": boot.admissible if boot else 0, "seed": found.seed},
        "effects": effects, **_modification(found, number),
        "undefined": number.undefined, "warnings": list(found.warnings),
    }


def measures_of(fit: Fit, number: Defined, field: str = "fit") -> dict[str, Any]:
    """Fit indices under lavaan's names, reasons under ``field`` and the name; all null under ``field`` if none are."""
    if fit.indices is None:
        number.undefined[field] = "estimation did not converge" if not fit.converged else "the model has df below 0"
        return dict.fromkeys(INDICES)
    measures: dict[str, Any] = {}
    for fields, part in ((INDICES, fit.indices), (SCALED, fit.indices.scaled), (ROBUST, fit.indices.robust)):
        if part is not None:
            measures |= {name: number(f"{field}.{name}", getattr(part, own)) for name, own in fields.items()}
    if fit.estimator == "WLSMV" and fit.indices.robust is None:
        measures |= {name: number(f"{field}.{name}", NOT_ROBUST) for name in ROBUST}
    if fit.indices.scaled is not None:
        measures["df.scaled"] = fit.indices.df
        if fit.indices.scaled.shift_parameter is not None:
            measures[SHIFT] = number(f"{field}.{SHIFT}", fit.indices.scaled.shift_parameter)
    return measures


def _modification(found: Fitted, number: Defined) -> dict[str, Any]:
    """Every modification index, if they were asked for; null with its reason where there are none."""
    if found.modification is None:
        return {}
    if isinstance(found.modification, Undefined):
        return {"modification": number("modification", found.modification)}
    return {"modification": [
        {"lhs": m.lhs, "op": m.op, "rhs": m.rhs, "group": m.group}
        | {name: number(f"modification {_named(m, found.fit)}: {name}", getattr(m, field))
           for name, field in CHANGES.items()} for m in found.modification]}


def tables(found: Fitted) -> list[RenderableType]:
    """Fit and parameters as lavaan's users know them, then bootstrap intervals, reasons and warnings."""
    fit, given = found.fit, document(found)
    shown: list[RenderableType] = [
        f"{fit.name}: {fit.estimator}, {_rows_used(fit)}; "
        f"{'converged' if fit.converged else 'NOT CONVERGED'}"
        f"{'' if fit.admissible or not fit.converged else ', but the solution is improper'}",
    ]
    if fit.indices is not None:
        shown.append(table("Fit", ("measure", "value"), [(name, _measure(name, value)) for name, value in
                                                         given["fit"].items()]))
    interval = f"{100 * found.level:g} % interval"
    ordered = {p.lhs for p in fit.parameters if p.op == "|"}
    listed = [p for p in fit.parameters if not _of_ordered(p, ordered)]
    shown.append(table("Parameters", ("parameter", "label", "est", "se", "z", "p", interval, "std.all"), [
        (_named(p, fit), p.label if p.op != ":=" else "", decimals(p.est), decimals(p.se), decimals(p.z),
         p_value(p.pvalue), "–" if p.se is None else f"{decimals(p.ci_lower)} to {decimals(p.ci_upper)}",
         decimals(p.std_all)) for p in listed], left=2))
    shown += _threshold_tables(fit)
    if len(listed) < len(fit.parameters) - sum(p.op == "|" for p in fit.parameters):
        shown.append("Ordered variables have intercept 0 and scale 1 where none is listed.")
    if found.bootstrap is not None:
        boot = found.bootstrap
        shown.append(table(
            f"Effects, percentile bootstrap ({boot.converged} of {boot.requested} draws converged, {boot.admissible} "
            f"admissible; seed {boot.seed})",
            ("effect", "est", "boot se", interval, "Monte Carlo", "std.all", interval),
            [(e.name, decimals(e.est), decimals(e.bootstrap_se), f"{decimals(e.lower)} to {decimals(e.upper)}",
              f"{decimals(e.monte_carlo_lower)} to {decimals(e.monte_carlo_upper)}",
              decimals(e.std_all), f"{decimals(e.std_lower)} to {decimals(e.std_upper)}") for e in boot.effects]))
    if isinstance(found.modification, tuple):
        shown.append(_changes_table(found.modification, fit))
    return [*shown, *_reasons(given["undefined"]),
            *(f"Warning: {warning}" for warning in found.warnings)]


def _of_ordered(row: Parameter, ordered: set[str]) -> bool:
    """Whether a row has its place in the table of thresholds, or is what every ordered variable has by default."""
    usual = (row.op == "~1" and row.est == 0) or (row.op == "~*~" and row.est == 1)
    return row.op == "|" or (row.lhs in ordered and usual and row.free == 0 and row.se is None and not row.label)


def _threshold_tables(fit: Fit) -> Iterator[RenderableType]:
    """Thresholds with their standard errors, a row a variable and group, :data:`THRESHOLDS` columns at a time."""
    rows: dict[tuple[str, int], dict[int, str]] = {}
    for p in fit.parameters:
        if p.op == "|":
            said = "fixed" if p.se is None else decimals(p.se)
            rows.setdefault((p.lhs, p.group), {})[int(p.rhs[1:])] = f"{decimals(p.est)} ({said})"
    most = max((number for own in rows.values() for number in own), default=0)
    for first in range(1, most + 1, THRESHOLDS):
        numbers = range(first, min(first + THRESHOLDS, most + 1))
        yield table("Thresholds (standard error)", ("variable", *(f"t{number}" for number in numbers)), [
            (f"{name} [{fit.groups[group - 1].label}]" if len(fit.groups) > 1 else name,
             *(own.get(number, "") for number in numbers))
            for (name, group), own in rows.items() if set(own) & set(numbers)])


def _rows_used(fit: Fit) -> str:
    """How many rows, of which groups, and what was left out."""
    used = {"fiml": "full information", "pairwise": "used pairwise"}.get(fit.missing)
    gaps = f", {fit.n_with_gaps} of them with missing values ({used})" if used else ""
    left = (f"{fit.n_incomplete} incomplete left out" if fit.missing == "listwise" else
            f"{fit.n_incomplete} without any value, or without an exogenous variable, left out")
    groups = f"; {', '.join(f'{g.label}: {g.nobs}' for g in fit.groups)}" if len(fit.groups) > 1 else ""
    clusters = f" in {fit.n_clusters} clusters" if fit.n_clusters else ""
    return f"n = {fit.nobs} rows{clusters}{gaps} ({left}){groups}"


def _named(row: Parameter | ModificationIndex, fit: Fit) -> str:
    written = f"{row.lhs} {row.op} {row.rhs}".strip()
    return f"{written} [{fit.groups[row.group - 1].label}]" if len(fit.groups) > 1 and row.group else written


def _reasons(undefined: dict[str, str]) -> Iterator[str]:
    """One sentence a reason; the first fields it concerns, and how many more."""
    fields: dict[str, list[str]] = {}
    for field, why in undefined.items():
        fields.setdefault(why, []).append(field)
    for why, named in fields.items():
        more = f" and {len(named) - 3} more values" if len(named) > 3 else ""
        yield f"Undefined because {why}: {', '.join(named[:3])}{more}."


def _changes_table(indices: tuple[ModificationIndex, ...], fit: Fit) -> RenderableType:
    largest = sorted((m for m in indices if m.mi >= NOTABLE), key=lambda m: -m.mi)
    return table(
        f"Modification indices of {NOTABLE} or more: {len(largest)} of {len(indices)}"
        f"{f', the {LISTED} largest' if len(largest) > LISTED else ''}",
        ("parameter", "mi", "p", "expected change", "std.all"),
        [(_named(m, fit), decimals(m.mi), p_value(m.pvalue), decimals(m.epc), decimals(m.sepc_all))
         for m in largest[:LISTED]])


def _measure(name: str, value: float | None) -> str:
    if name in ("npar", "df", "baseline.df", "df.scaled"):
        return str(value)
    return p_value(value) if "pvalue" in name else decimals(value)
