"""``alliometrics fit``: a model in lavaan's syntax on a plain data file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from instrument.errors import Finding, InputError
from pipeline.commands import ordered as ordinal
from pipeline.commands.csv_data import MODEL_FILE, CsvData, read_csv, read_text
from pipeline.sem.describe import describe
from pipeline.sem.effects import BootstrapResult, bootstrap_effects
from pipeline.sem.equality import GroupEqual
from pipeline.sem.estimate import Options, estimate_model, table_of
from pipeline.sem.fit import Fit
from pipeline.sem.modification import ModificationIndex, modification_indices
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Undefined

Estimator = Literal["ml", "mlr", "mlm", "dwls", "wlsmv"]
Missing = Literal["listwise", "fiml", "pairwise"]


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
    """The options as they were given, checked by :func:`check_options`; ``method`` is the estimator they mean."""

    estimator: str | None = None
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
    def method(self) -> str:
        return ordinal.method(self.estimator, self.ordered)

    def options(self, ordered: tuple[str, ...] = ()) -> Options:
        return Options(estimator=self.method, missing=self.missing,  # type: ignore[arg-type]
                       equal=self.equalities, ordered=ordered)  # type: ignore[arg-type]


def check_options(asked: Asked) -> None:
    """Values that do not exist, options that do not go together, and those not available yet, all at once.

    Raises
    ------
    InputError
        ``FIT-LATER``, ``FIT-TOGETHER``, ``OPTION-ITEMS`` or ``OPTION-VALUE``.
    """
    findings = [*_unknown_values(asked), *ordinal.option_findings(asked.estimator, asked.ordered, asked.missing),
                *_clashes(asked), *_not_of_ordered(asked)]
    if findings:
        raise InputError(findings)


def _unknown_values(asked: Asked) -> Iterator[Finding]:
    for name, value, known in (("--estimator", asked.method, get_args(Estimator)),
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
    if "thresholds" in asked.equalities and asked.ordered is None:
        yield Finding("FIT-TOGETHER", f"--equal {asked.equal}", "Only ordered variables have thresholds; none is "
                      "named.", "Add --ordered all, or name them; or hold the intercepts equal.")
    if asked.estimator == "mlm" and asked.missing == "fiml":
        yield Finding("FIT-TOGETHER", "--estimator mlm --missing fiml", "The Satorra-Bentler test needs complete data.",
                      "Use --estimator mlr with --missing fiml.")
    if asked.estimator == "mlm" and asked.cluster is not None:
        yield Finding("FIT-TOGETHER", "--estimator mlm --cluster", "Clustered data have standard errors of their own.",
                      "Use --estimator mlr with --cluster.")


def _not_of_ordered(asked: Asked) -> Iterator[Finding]:
    """What ordered variables do not have in this version."""
    if asked.method in ordinal.LEAST_SQUARES and asked.cluster is not None:
        yield Finding("FIT-LATER", f"--cluster {asked.cluster} --estimator {asked.method}",
                      "Standard errors for clusters are not available for ordered variables.",
                      "Take the codes as numbers: --estimator mlr with --cluster, without --ordered.")


def fit_file(
    model: Path, data: Path, asked: Asked, *, draws: int = 0, seed: int = 1, workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Fitted:
    """Estimate the model; ``draws`` bootstrap its parameters and effects.

    Raises
    ------
    InputError
        ``MODEL-…``, ``DATA-…``, ``ORDERED-…``, ``SEM-…``.
    """
    syntax = read_text(model, MODEL_FILE)
    file = read_csv(data)
    kept, groups, clusters, warnings = _design(file, asked)
    table = _table(syntax, model.name, file, asked, kept, groups, clusters)
    used, options = table.observed, asked.options(tuple(table.categories))
    X = file.numbers(used)[kept]
    ordinal.check_codes(file, kept, X, used, list(table.categories))
    estimated = ordinal.in_file(file, lambda: estimate_model(
        syntax, X, used, options, name=model.name, groups=groups, clusters=clusters))
    fit = describe(estimated, level=asked.level)
    # Of a variable that was named and only explains, the estimate does not know: it was given none but the others.
    told = [] if asked.ordered in (None, ordinal.ALL) else [note for note in table.notes if note not in fit.warnings]
    warnings += [*told, *fit.warnings]
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


def _table(
    syntax: str, name: str, file: CsvData, asked: Asked, kept: list[int], groups: list[str] | None,
    clusters: list[str] | None,
) -> ParameterTable:
    """The model's table, with the thresholds of what is called ordered.

    ``--ordered all`` calls every variable ordered that the text mentions; those that are exogenous stay numeric, as the
    table decides.
    """
    columns = [column for column in file.header if column]
    levels: dict[str, int] = {}
    if asked.ordered is not None:
        terms = parse_model(syntax, name).terms
        mentioned = dict.fromkeys(
            part for term in terms for part in (term.lhs, *((term.rhs,) if term.op != "|" else ())) if part in columns)
        named = tuple(mentioned) if asked.ordered == ordinal.ALL else ordinal.listed(asked.ordered)
        latent = {term.lhs for term in terms if term.op == "=~"}
        file.numbers([one for one in named if one not in columns and one not in latent])  # refuses them, if any
        there = [one for one in named if one in mentioned]
        levels = dict.fromkeys(named, 2) | ordinal.level_counts(file.numbers(there)[kept], there)
    return table_of(syntax, columns, asked.options(), name=name, groups=groups, clustered=clusters is not None,
                    levels=levels)
