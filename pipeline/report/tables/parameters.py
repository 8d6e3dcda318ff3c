"""Tables on parameters: loadings, paths, variances, intercepts of a model apart, and the whole parameter table."""

from __future__ import annotations

from pipeline.report import methods, names
from pipeline.report.numbers import counted, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import ModelRun
from pipeline.sem.fit import Fit, Parameter

_ESTIMATES = (
    Column("est", "Estimate", "number", 3), Column("se", "SE", "number", 3), Column("z", "z", "number"),
    Column("pvalue", "p", "pvalue"), Column("ci", "Interval", "interval", 3),
    Column("std_all", "Std.", "number", 3, True), Column("std_all_se", "SE of std.", "number", 3),
)
"""One parameter's numbers, in every table of this module."""


def _estimates(p: Parameter) -> tuple[Cell, ...]:
    ci = None if p.ci_lower is None or p.ci_upper is None else (p.ci_lower, p.ci_upper)
    return p.est, p.se, p.z, p.pvalue, ci, p.std_all, p.std_all_se


def _id(kind: str, run: ModelRun) -> str:
    return f"{kind}-{names.slug(run.id)}-{names.slug(run.rows)}"


def _note(run: ModelRun) -> str:
    errors = methods.standard_errors(run.fit)
    doubt = "" if run.fit.converged else " The model did not converge; these numbers are not to be used."
    return (f"{errors[0].upper()}{errors[1:]}, with intervals and p values from them. Std.: on standardised variables, "
            f"with standard errors by the delta method. A dash: fixed, not estimated.{doubt}")


def loadings_of_table(run: ModelRun, words: dict[str, str]) -> Table:
    """The measurement model: dimensions on second-order factors first, then indicators on their factors."""
    loadings = [p for p in run.fit.parameters if p.op == "=~"]
    factors = {p.lhs for p in loadings}
    ordered = sorted(loadings, key=lambda p: p.rhs not in factors)
    rows = tuple(
        (_named(p.lhs, words), "second" if p.rhs in factors else "first", _named(p.rhs, words),
         *_estimates(p)) for p in ordered
    )
    return Table(
        _id("measurement", run), f"Loadings: {run.id}, {run.rows}",
        (Column("factor", "Factor"), Column("order", "Order"), Column("indicator", "Indicator"), *_ESTIMATES),
        rows, _loadings_sentence(run, ordered, factors),
        f"Each factor takes the unit of its first indicator, whose loading is fixed to 1. {_note(run)}",
    )


def _named(variable: str, words: dict[str, str]) -> str:
    return f"{words[variable]} ({variable})" if variable in words else variable


def _loadings_sentence(run: ModelRun, loadings: list[Parameter], factors: set[str]) -> str:
    parts = []
    for second in (False, True):
        values = [p.std_all for p in loadings if (p.rhs in factors) == second and isinstance(p.std_all, float)]
        if values:
            what = "of dimensions on second-order factors" if second else "of indicators"
            parts.append(f"{what} from {number(min(values), bounded=True)} to {number(max(values), bounded=True)}")
    return f"Standardised loadings in {run.id} ({run.rows}): {'; '.join(parts) or 'none'}."


def paths_table(run: ModelRun, words: dict[str, str]) -> Table:
    """The regressions of one model, in words."""
    paths = [p for p in run.fit.parameters if p.op == "~"]
    rows = tuple((words.get(p.lhs, p.lhs), words.get(p.rhs, p.rhs), p.label, *_estimates(p)) for p in paths)
    return Table(
        _id("paths", run), f"Regression paths: {run.id}, {run.rows}",
        (Column("outcome", "Outcome"), Column("predictor", "Predictor"), Column("label", "Label"), *_ESTIMATES),
        rows, _paths_sentence(paths, words), _note(run),
    )


def _paths_sentence(paths: list[Parameter], words: dict[str, str]) -> str:
    core = [p for p in paths if p.label and p.rhs not in names.COVARIATES]
    clear = [p for p in core if interval_excludes_zero(p)]
    if not core:
        return f"{counted(len(paths), 'regression path')} are listed."
    shown = "; ".join(f"{_short(p.rhs, words)} → {_short(p.lhs, words)} {number(p.est, 3)}" for p in clear)
    many = "all" if len(clear) == len(core) else str(len(clear)) if clear else "none"
    return (f"Of {counted(len(core), 'path')} among the theory's variables, {many} have an interval that excludes "
            f"zero{': ' + shown if shown else ''}.")


def _short(variable: str, words: dict[str, str]) -> str:
    return names.SHORT.get(variable, words.get(variable, variable))


def interval_excludes_zero(parameter: Parameter) -> bool:
    """Whether the interval of a parameter, by its standard error, lies on one side of zero."""
    low, high = parameter.ci_lower, parameter.ci_upper
    return isinstance(low, float) and isinstance(high, float) and (low > 0 or high < 0)


VARIANCE_KINDS = ("Covariance", "Residual covariance", "Variance", "Disturbance variance", "Residual variance")
"""A disturbance is what regressions or a second-order factor leave of a latent variable, or of an observed outcome."""


def variances_table(run: ModelRun) -> Table:
    """Variances and covariances, residual ones by that name."""
    kinds = [(_kind(p, run.fit), p) for p in run.fit.parameters if p.op == "~~"]
    rows = tuple((kind, p.lhs, "" if p.lhs == p.rhs else p.rhs, *_estimates(p))
                 for kind, p in sorted(kinds, key=lambda pair: VARIANCE_KINDS.index(pair[0])))
    counts = {kind: sum(found == kind for found, _ in kinds) for kind in VARIANCE_KINDS}
    said = ", ".join(counted(count, kind.lower()) for kind, count in counts.items() if count)
    return Table(
        _id("variances", run), f"Variances and covariances: {run.id}, {run.rows}",
        (Column("kind", "Kind"), Column("first", "Variable"), Column("second", "With"), *_ESTIMATES),
        rows, f"{run.id} ({run.rows}) has {said or 'no variances'}.", _note(run),
    )


def _kind(p: Parameter, fit: Fit) -> str:
    factors = {q.lhs for q in fit.parameters if q.op == "=~"}
    indicators = {q.rhs for q in fit.parameters if q.op == "=~"} - factors
    outcomes = ({q.lhs for q in fit.parameters if q.op == "~"}
                | {q.rhs for q in fit.parameters if q.op == "=~"})
    if p.lhs != p.rhs:
        return "Residual covariance" if {p.lhs, p.rhs} & outcomes else "Covariance"
    if p.lhs not in outcomes:
        return "Variance"
    return "Residual variance" if p.lhs in indicators else "Disturbance variance"


def intercepts_table(run: ModelRun) -> Table:
    """Intercepts of outcomes and indicators, means of the rest; what is fixed to 0 is only counted."""
    found = [p for p in run.fit.parameters if p.op == "~1"]
    shown = [p for p in found if p.free or p.est]
    outcomes = {p.lhs for p in run.fit.parameters if p.op == "~"} | {
        p.rhs for p in run.fit.parameters if p.op == "=~"}
    rows = tuple(("Intercept" if p.lhs in outcomes else "Mean", p.lhs, *_estimates(p)) for p in shown)
    zeros = len(found) - len(shown)
    return Table(
        _id("intercepts", run), f"Intercepts and means: {run.id}, {run.rows}",
        (Column("kind", "Kind"), Column("variable", "Variable"), *_ESTIMATES), rows,
        f"{run.id} ({run.rows}) has {counted(len(rows), 'intercept or mean', 'intercepts and means')}.",
        f"{_zeros(zeros)}{_note(run)}",
    )


def _zeros(zeros: int) -> str:
    return f"Those of {counted(zeros, 'latent variable')} are fixed to 0 and not listed. " if zeros else ""


def parameters_table(run: ModelRun) -> Table:
    """The parameter table of one model as the program holds it, with lavaan's columns."""
    rows = tuple(
        (p.lhs, p.op, p.rhs, p.label, "free" if p.free else "fixed" if p.op != ":=" else "defined", *_estimates(p),
         p.std_lv, p.std_lv_se)
        for p in run.fit.parameters
    )
    free = sum(row[4] == "free" for row in rows)
    return Table(
        _id("parameters", run), f"Parameters: {run.id}, {run.rows}",
        (
            Column("lhs", "Left"), Column("op", "Op."), Column("rhs", "Right"), Column("label", "Label"),
            Column("state", "State"), *_ESTIMATES, Column("std_lv", "Std. (latent)", "number", 3),
            Column("std_lv_se", "SE (std. latent)", "number", 3),
        ),
        rows, f"{run.id} ({run.rows}) has {counted(free, 'free parameter')} in {counted(len(rows), 'row')}.",
        f"{_note(run)} Operators as in lavaan: =~ loading, ~ regression, ~~ variance or covariance, ~1 intercept or "
        "mean, := defined.",
    )
