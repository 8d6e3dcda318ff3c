"""``alliometrics fit``: a model in lavaan's syntax on a plain data file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import MODEL_FILE, read_csv, read_text
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.sem.bootstrap import BootstrapResult, bootstrap_effects
from pipeline.sem.estimate import fit_complete_cases
from pipeline.sem.fit import Fit
from pipeline.sem.sample import complete_rows
from pipeline.sem.semopy_engine import SemopyEngine
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table

Estimator = Literal["ml", "mlr", "dlws", "wlsmv"]
Missing = Literal["listwise", "fiml"]

INDICES = {
    "npar": "npar", "chisq": "chisq", "df": "df", "pvalue": "pvalue", "baseline.chisq": "baseline_chisq",
    "baseline.df": "baseline_df", "cfi": "cfi", "tli": "tli", "rmsea": "rmsea", "rmsea.ci.lower": "rmsea_ci_lower",
    "rmsea.ci.upper": "rmsea_ci_upper", "rmsea.pvalue": "rmsea_pvalue", "srmr": "srmr", "gfi": "gfi", "logl": "logl",
    "unrestricted.logl": "unrestricted_logl", "aic": "aic", "bic": "bic", "bic2": "sabic",
}
"""lavaan's name → field of :class:`~pipeline.sem.fit.FitIndices`."""

COLUMNS = {"est": "est", "se": "se", "z": "z", "pvalue": "pvalue", "ci.lower": "ci_lower", "ci.upper": "ci_upper",
           "std.all": "std_all"}
"""lavaan's column → field of :class:`~pipeline.sem.fit.Parameter`."""

EFFECT_COLUMNS = {
    "est": "est", "se": "se", "z": "z", "pvalue": "pvalue", "boot.se": "bootstrap_se", "boot.ci.lower": "lower",
    "boot.ci.upper": "upper", "boot.ci.lower.admissible": "lower_admissible",
    "boot.ci.upper.admissible": "upper_admissible", "std.all": "std_all", "boot.std.ci.lower": "std_lower",
    "boot.std.ci.upper": "std_upper",
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, its bootstrap if one was asked for and the fit converged, and what was asked for."""

    fit: Fit
    bootstrap: BootstrapResult | None
    requested: int
    seed: int
    level: float
    warnings: tuple[str, ...]


def check_options(
    *, estimator: str, missing: str, level: float, ordered: str | None, group: str | None, equal: str | None,
    cluster: str | None,
) -> None:
    """Options that exist but are not available yet, and values that do not exist, all at once.

    Raises
    ------
    InputError
        ``FIT-LATER`` or ``OPTION-VALUE``.
    """
    findings = []
    for name, value, known, ready in (
        ("--estimator", estimator, get_args(Estimator), "ml"), ("--missing", missing, get_args(Missing), "listwise"),
    ):
        if value not in known:
            findings.append(Finding("OPTION-VALUE", f"{name} {value}", f"The value must be one of {', '.join(known)}.",
                                    f"Choose {ready}; the others are not available in this version."))
        elif value != ready:
            findings.append(_later(f"{name} {value}", f"Use {name} {ready}, or lavaan for this analysis."))
    for name, given in (("--ordered", ordered), ("--group", group), ("--equal", equal), ("--cluster", cluster)):
        if given is not None:
            findings.append(_later(f"{name} {given}", "Leave the option out, or use lavaan for this analysis."))
    if not (math.isfinite(level) and 0.5 < level < 1):
        findings.append(Finding("OPTION-VALUE", f"--level {level:g}", "A confidence level lies between 0.5 and 1.",
                                "Write for example --level 0.95."))
    if findings:
        raise InputError(findings)


def fit_file(
    model: Path, data: Path, *, draws: int = 0, seed: int = 1, level: float = 0.95, workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Fitted:
    """Estimate the model on the rows that are complete in its variables; ``draws`` bootstrap its effects.

    Raises
    ------
    InputError
        ``MODEL-…``, ``DATA-…``, ``SEM-…``, ``BOOTSTRAP-EFFECTS``.
    """
    syntax = read_text(model, MODEL_FILE)
    file = read_csv(data)
    parsed = parse_model(syntax, model.name)
    used = parameter_table(parsed, [name for name in file.header if name]).observed
    if draws and not parsed.definitions:
        raise InputError(Finding(
            "BOOTSTRAP-EFFECTS", model.name, "The bootstrap is of effects defined with :=; there are none.",
            "Define one, e.g. `indirect := a*b`, or leave --bootstrap out."))
    X = file.numbers(used)
    engine = SemopyEngine()
    fit = fit_complete_cases(engine, syntax, X, used, name=model.name, level=level)
    warnings, bootstrap = list(fit.warnings), None
    if draws and fit.converged:
        complete, _ = complete_rows(X, used, used)
        bootstrap = bootstrap_effects(engine, syntax, complete, used, draws=draws, seed=seed, level=level,
                                      workers=workers, progress=progress, fit=fit)
        lost = draws - bootstrap.converged
        if lost:
            warnings.append(f"{lost} of {draws} bootstrap draws did not converge; intervals use the others.")
    elif draws:
        warnings.append("There is no bootstrap, because the model did not converge.")
    return Fitted(fit, bootstrap, draws, seed, level, tuple(warnings))


def document(found: Fitted) -> dict[str, Any]:
    """The contract's document; what is undefined is null, with its reason in ``undefined``.

    ``se`` and what follows from it are null, without a reason, for fixed parameters.
    """
    fit, number = found.fit, Defined()
    if fit.indices is None:
        measures = dict.fromkeys(INDICES)
        number.undefined["fit"] = "estimation did not converge" if not fit.converged else "the model has df below 0"
    else:
        measures = {name: number(f"fit.{name}", getattr(fit.indices, field)) for name, field in INDICES.items()}
    rows = [
        {"lhs": p.lhs, "op": p.op, "rhs": p.rhs, "group": 0 if p.op == ":=" else 1, "label": p.label, "free": p.free}
        | {name: number(f"{p.lhs} {p.op} {p.rhs}: {name}", getattr(p, field)) for name, field in COLUMNS.items()}
        for p in fit.parameters
    ]
    boot = found.bootstrap
    effects = [] if boot is None else [
        {"name": e.name, "expression": e.expression}
        | {name: number(f"{e.name}: {name}", getattr(e, field)) for name, field in EFFECT_COLUMNS.items()}
        for e in boot.effects
    ]
    return {
        "converged": fit.converged, "admissible": fit.admissible, "estimator": fit.estimator, "engine": fit.engine,
        "nobs": fit.nobs, "n_incomplete": fit.n_incomplete, "level": found.level, "fit": measures, "parameters": rows,
        "bootstrap": {"requested": found.requested, "converged": boot.converged if boot else 0,
                      "admissible": boot.admissible if boot else 0, "seed": found.seed},
        "effects": effects, "undefined": number.undefined, "warnings": list(found.warnings),
    }


def tables(found: Fitted) -> list[RenderableType]:
    """Fit and parameters as lavaan's users know them, then bootstrap intervals, reasons and warnings."""
    fit, given = found.fit, document(found)
    shown: list[RenderableType] = [
        f"{fit.name}: {fit.estimator}, n = {fit.nobs} complete rows ({fit.n_incomplete} incomplete left out); "
        f"{'converged' if fit.converged else 'NOT CONVERGED'}"
        f"{'' if fit.admissible or not fit.converged else ', but the solution is improper'}",
    ]
    if fit.indices is not None:
        shown.append(table("Fit", ("measure", "value"), [(name, _measure(name, value)) for name, value in
                                                         given["fit"].items()]))
    interval = f"{100 * found.level:g} % interval"
    shown.append(table("Parameters", ("parameter", "label", "est", "se", "z", "p", interval, "std.all"), [
        (f"{p.lhs} {p.op} {p.rhs}", p.label if p.op != ":=" else "", decimals(p.est), decimals(p.se), decimals(p.z),
         p_value(p.pvalue), "–" if p.se is None else f"{decimals(p.ci_lower)} to {decimals(p.ci_upper)}",
         decimals(p.std_all)) for p in fit.parameters], left=2))
    if found.bootstrap is not None:
        boot = found.bootstrap
        shown.append(table(
            f"Effects, percentile bootstrap ({boot.converged} of {boot.requested} draws converged, {boot.admissible} "
            f"admissible; seed {boot.seed})", ("effect", "est", "boot se", interval, "std.all", interval),
            [(e.name, decimals(e.est), decimals(e.bootstrap_se), f"{decimals(e.lower)} to {decimals(e.upper)}",
              decimals(e.std_all), f"{decimals(e.std_lower)} to {decimals(e.std_upper)}") for e in boot.effects]))
    return [*shown, *(f"{field} is undefined because {why}." for field, why in given["undefined"].items()),
            *(f"Warning: {warning}" for warning in found.warnings)]


def _measure(name: str, value: float | None) -> str:
    if name in ("npar", "df", "baseline.df"):
        return str(value)
    return p_value(value) if name.endswith("pvalue") else decimals(value)


def _later(place: str, fix: str) -> Finding:
    return Finding("FIT-LATER", place, "This is not available in this version, which estimates by maximum likelihood "
                   "on complete rows of one group.", fix)
