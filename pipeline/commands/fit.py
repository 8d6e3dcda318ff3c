"""``alliometrics fit``: a model in lavaan's syntax on a plain data file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import MODEL_FILE, CsvData, read_csv, read_text
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.sem.describe import describe
from pipeline.sem.effects import BootstrapResult, bootstrap_effects
from pipeline.sem.equality import GroupEqual
from pipeline.sem.estimate import Estimated, Options, estimate_model, table_of
from pipeline.sem.fit import Fit, Parameter

Estimator = Literal["ml", "mlr", "mlm", "dlws", "wlsmv"]
Missing = Literal["listwise", "fiml"]
ORDINAL = ("dlws", "wlsmv")

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
ROBUST = {
    "cfi.robust": "cfi", "tli.robust": "tli", "rmsea.robust": "rmsea", "rmsea.ci.lower.robust": "rmsea_ci_lower",
    "rmsea.ci.upper.robust": "rmsea_ci_upper", "rmsea.pvalue.robust": "rmsea_pvalue",
}
"""The same for :class:`~pipeline.sem.fit.ScaledIndices` and :class:`~pipeline.sem.fit.RobustIndices`."""

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


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, its bootstrap if one was asked for and the fit converged, and what was asked for."""

    fit: Fit
    bootstrap: BootstrapResult | None
    requested: int
    seed: int
    level: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options as they were given, checked by :func:`check_options`."""

    estimator: str = "ml"
    missing: str = "listwise"
    level: float = 0.95
    ordered: str | None = None
    group: str | None = None
    equal: str | None = None
    cluster: str | None = None

    @property
    def equalities(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in (self.equal or "").split(",") if part.strip())

    @property
    def options(self) -> Options:
        return Options(estimator=self.estimator, missing=self.missing,  # type: ignore[arg-type]
                       equal=self.equalities)  # type: ignore[arg-type]


def check_options(asked: Asked) -> None:
    """Values that do not exist, options that do not go together, and those not available yet, all at once.

    Raises
    ------
    InputError
        ``FIT-LATER``, ``FIT-TOGETHER`` or ``OPTION-VALUE``.
    """
    findings = [*_unknown_values(asked), *_clashes(asked)]
    if asked.estimator in ORDINAL:
        findings.append(_later(f"--estimator {asked.estimator}"))
    if asked.ordered is not None:
        findings.append(_later(f"--ordered {asked.ordered}"))
    if findings:
        raise InputError(findings)


def _unknown_values(asked: Asked) -> Iterator[Finding]:
    for name, value, known in (("--estimator", asked.estimator, get_args(Estimator)),
                               ("--missing", asked.missing, get_args(Missing)),
                               *(("--equal", part, get_args(GroupEqual)) for part in asked.equalities)):
        if value not in known:
            yield Finding("OPTION-VALUE", f"{name} {value}", f"The value must be one of {', '.join(known)}.",
                          f"Choose for example {known[0]}.")
    if not (math.isfinite(asked.level) and 0.5 < asked.level < 1):
        yield Finding("OPTION-VALUE", f"--level {asked.level:g}", "A confidence level lies between 0.5 and 1.",
                      "Write for example --level 0.95.")


def _clashes(asked: Asked) -> Iterator[Finding]:
    if asked.equal is not None and asked.group is None:
        yield Finding("FIT-TOGETHER", f"--equal {asked.equal}",
                      "Parameters are held equal across groups; none are given.",
                      "Name the column of groups with --group, or leave --equal out.")
    if asked.estimator == "mlm" and asked.missing == "fiml":
        yield Finding("FIT-TOGETHER", "--estimator mlm --missing fiml", "The Satorra-Bentler test needs complete data.",
                      "Use --estimator mlr with --missing fiml.")
    if asked.estimator == "mlm" and asked.cluster is not None:
        yield Finding("FIT-TOGETHER", "--estimator mlm --cluster", "Clustered data have standard errors of their own.",
                      "Use --estimator mlr with --cluster.")


def fit_file(
    model: Path, data: Path, asked: Asked, *, draws: int = 0, seed: int = 1, workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Fitted:
    """Estimate the model; ``draws`` bootstrap its parameters and effects.

    Raises
    ------
    InputError
        ``MODEL-…``, ``DATA-…``, ``SEM-…``.
    """
    syntax = read_text(model, MODEL_FILE)
    file = read_csv(data)
    kept, groups, clusters, warnings = _design(file, asked)
    options, columns = asked.options, [name for name in file.header if name]
    used = table_of(syntax, columns, options, name=model.name, groups=groups, clustered=clusters is not None).observed
    X = file.numbers(used)[kept]
    estimated = estimate_model(syntax, X, used, options, name=model.name, groups=groups, clusters=clusters)
    fit = describe(estimated, level=asked.level)
    warnings += fit.warnings
    boot: BootstrapResult | None = None
    if draws and fit.converged:
        boot = _resample(estimated, fit, draws=draws, seed=seed, level=asked.level, workers=workers, progress=progress)
        lost = draws - boot.converged
        if lost:
            warnings.append(f"{lost} of {draws} bootstrap draws did not converge; intervals use the others.")
    elif draws:
        warnings.append("There is no bootstrap, because the model did not converge.")
    return Fitted(fit, boot, draws, seed, asked.level, tuple(warnings))


def _resample(
    estimated: Estimated, fit: Fit, *, draws: int, seed: int, level: float, workers: int,
    progress: Callable[[int], None] | None,
) -> BootstrapResult:
    return bootstrap_effects(estimated, fit, draws=draws, seed=seed, level=level, workers=workers, progress=progress)


def _design(file: CsvData, asked: Asked) -> tuple[list[int], list[str] | None, list[str] | None, list[str]]:
    """Positions of the rows that have a group and a cluster, their groups and clusters, and what was left out."""
    kept, warnings = list(range(len(file.rows))), []
    columns: dict[str, list[str]] = {}
    for option, name in (("group", asked.group), ("cluster", asked.cluster)):
        if name is None:
            continue
        values = file.texts(name)
        there = [row for row in kept if values[row] is not None]
        if len(there) < len(kept):
            warnings.append(f"{len(kept) - len(there)} rows have no {option} ({name}) and were left out.")
        kept, columns[option] = there, values  # type: ignore[assignment]
    groups, clusters = (
        [columns[option][row] for row in kept] if option in columns else None for option in ("group", "cluster"))
    if groups is not None and len(set(groups)) < 2:
        raise InputError(Finding(
            "FIT-GROUPS", f"{file.name}, column {asked.group}", f"Groups are compared; the column holds "
            f"{'one value only' if groups else 'no value'}.", "Name another column, or leave --group out."))
    if clusters is not None and len(set(clusters)) < 2:
        raise InputError(Finding(
            "FIT-CLUSTERS", f"{file.name}, column {asked.cluster}", "Cluster-robust standard errors need several "
            f"clusters; the column holds {'one value only' if clusters else 'no value'}.",
            "Name another column, or leave --cluster out."))
    return kept, groups, clusters, warnings


def document(found: Fitted) -> dict[str, Any]:
    """The contract's document; what is undefined is null, with its reason in ``undefined``.

    ``se`` and what follows from it are null, without a reason, for fixed parameters.
    """
    fit, number = found.fit, Defined()
    if fit.indices is None:
        measures: dict[str, Any] = dict.fromkeys(INDICES)
        number.undefined["fit"] = "estimation did not converge" if not fit.converged else "the model has df below 0"
    else:
        measures = {}
        for fields, part in ((INDICES, fit.indices), (SCALED, fit.indices.scaled), (ROBUST, fit.indices.robust)):
            if part is not None:
                measures |= {name: number(f"fit.{name}", getattr(part, field)) for name, field in fields.items()}
        if fit.indices.scaled is not None:
            measures["df.scaled"] = fit.indices.df
    rows: list[dict[str, Any]] = [
        {"lhs": p.lhs, "op": p.op, "rhs": p.rhs, "group": p.group, "label": p.label, "free": p.free}
        | {name: number(f"{p.lhs} {p.op} {p.rhs}: {name}", getattr(p, field)) for name, field in COLUMNS.items()}
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
        for row in rows:
            own = resampled.get((row["lhs"], row["op"], row["rhs"], row["group"]))
            if own is not None:
                row |= {name: number(f"{row['lhs']} {row['op']} {row['rhs']}: {name}", getattr(own, field))
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
        "effects": effects, "undefined": number.undefined, "warnings": list(found.warnings),
    }


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
    shown.append(table("Parameters", ("parameter", "label", "est", "se", "z", "p", interval, "std.all"), [
        (_named(p, fit), p.label if p.op != ":=" else "", decimals(p.est), decimals(p.se), decimals(p.z),
         p_value(p.pvalue), "–" if p.se is None else f"{decimals(p.ci_lower)} to {decimals(p.ci_upper)}",
         decimals(p.std_all)) for p in fit.parameters], left=2))
    if found.bootstrap is not None:
        boot = found.bootstrap
        shown.append(table(
            f"Effects, percentile bootstrap ({boot.converged} of {boot.requested} draws converged, {boot.admissible} "
            f"admissible; seed {boot.seed})", 
            ("effect", "est", "boot se", interval, "Monte Carlo", "std.all", interval),
            [(e.name, decimals(e.est), decimals(e.bootstrap_se), f"{decimals(e.lower)} to {decimals(e.upper)}",
              f"{decimals(e.monte_carlo_lower)} to {decimals(e.monte_carlo_upper)}",
              decimals(e.std_all), f"{decimals(e.std_lower)} to {decimals(e.std_upper)}") for e in boot.effects]))
    return [*shown, *(f"{field} is undefined because {why}." for field, why in given["undefined"].items()),
            *(f"Warning: {warning}" for warning in found.warnings)]


def _rows_used(fit: Fit) -> str:
    """How many rows, of which groups, and what was left out."""
    gaps = f", {fit.n_with_gaps} of them with missing values (full information)" if fit.missing == "fiml" else ""
    left = (f"{fit.n_incomplete} incomplete left out" if fit.missing == "listwise" else
            f"{fit.n_incomplete} without any value, or without an exogenous variable, left out")
    groups = f"; {', '.join(f'{g.label}: {g.nobs}' for g in fit.groups)}" if len(fit.groups) > 1 else ""
    clusters = f" in {fit.n_clusters} clusters" if fit.n_clusters else ""
    return f"n = {fit.nobs} rows{clusters}{gaps} ({left}){groups}"


def _named(row: Parameter, fit: Fit) -> str:
    written = f"{row.lhs} {row.op} {row.rhs}".strip()
    return f"{written} [{fit.groups[row.group - 1].label}]" if len(fit.groups) > 1 and row.group else written


def _measure(name: str, value: float | None) -> str:
    if name in ("npar", "df", "baseline.df", "df.scaled"):
        return str(value)
    return p_value(value) if "pvalue" in name else decimals(value)


def _later(place: str) -> Finding:
    return Finding("FIT-LATER", place, "Ordered variables are not available in this version.",
                   "Leave the option out (seven-point items: use --estimator mlr), or use lavaan for this analysis.")
