"""``alliometrics fit``: a model in lavaan's syntax on a plain data file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import MODEL_FILE, CsvData, read_csv, read_text
from pipeline.sem.describe import describe
from pipeline.sem.effects import BootstrapResult, bootstrap_effects
from pipeline.sem.equality import GroupEqual
from pipeline.sem.estimate import Options, estimate_model, table_of
from pipeline.sem.fit import Fit
from pipeline.sem.modification import ModificationIndex, modification_indices
from pipeline.undefined import Undefined

Estimator = Literal["ml", "mlr", "mlm", "dlws", "wlsmv"]
Missing = Literal["listwise", "fiml"]
ORDINAL = ("dlws", "wlsmv")

@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, its bootstrap if one was asked for and the fit converged, and what was asked for."""

    fit: Fit
    bootstrap: BootstrapResult | None
    requested: int
    seed: int
    level: float
    warnings: tuple[str, ...]
    modification: tuple[ModificationIndex, ...] | Undefined | None = None


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
    modification: bool = False

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
        boot = bootstrap_effects(estimated, fit, draws=draws, seed=seed, level=asked.level, workers=workers,
                                 progress=progress)
        lost = draws - boot.converged
        if lost:
            warnings.append(f"{lost} of {draws} bootstrap draws did not converge; intervals use the others.")
    elif draws:
        warnings.append("There is no bootstrap, because the model did not converge.")
    changes = None
    if asked.modification:
        changes = (modification_indices(estimated.problem, estimated.theta) if fit.converged
                   else Undefined("estimation did not converge"))
    return Fitted(fit, boot, draws, seed, asked.level, tuple(warnings), changes)


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


def _later(place: str) -> Finding:
    return Finding("FIT-LATER", place, "Ordered variables are not available in this version.",
                   "Leave the option out (seven-point items: use --estimator mlr), or use lavaan for this analysis.")
