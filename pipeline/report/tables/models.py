"""Tables on models: identification, fit, local fit, parameters, explained variance."""

from __future__ import annotations

import math

from pipeline.report import names
from pipeline.report.numbers import counted, number, p_equals
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import SCREENED, ModelRun, StudyResults
from pipeline.sem.fit import Fit, Parameter
from pipeline.undefined import Undefined

_WHICH = (Column("model", "Model"), Column("rows", "Rows"))
SHOWN_RESIDUALS = 10


def identification_table(results: StudyResults) -> Table:
    """What each model knows and what it estimates: moments, free parameters, degrees of freedom."""
    rows = []
    for run in results.models:
        p, q = len(run.fit.variables), len(run.fit.exogenous)
        moments = p * (p + 1) // 2 - q * (q + 1) // 2
        free = None if run.fit.indices is None else run.fit.indices.npar
        df = None if run.fit.indices is None else run.fit.indices.df
        rows.append((run.id, run.rows, run.level, run.fit.nobs, run.fit.n_incomplete, p, q, moments, free, df))
    dfs = [row[-1] for row in rows if row[-1] is not None]
    return Table(
        "identification", "Identification of the models",
        (
            *_WHICH, Column("level", "One row is"), Column("n", "n", "integer"),
            Column("n_incomplete", "Left out as incomplete", "integer"),
            Column("variables", "Variables", "integer"), Column("exogenous", "Exogenous", "integer"),
            Column("moments", "Moments to explain", "integer"), Column("npar", "Free", "integer"),
            Column("df", "df", "integer"),
        ),
        tuple(rows),
        f"Every model that was fitted is over-identified, with {min(dfs)} to {max(dfs)} degrees of freedom."
        if dfs and min(dfs) > 0 else "A model without degrees of freedom cannot be tested by its fit.",
        "Variables: observed ones. Free: free parameters. Moments to explain: p(p + 1)/2 variances and covariances of "
        "the observed variables, less those among the exogenous ones, which are taken as given. Each latent "
        "variable takes the unit of its first indicator. Rows are treated as independent: where firms have several "
        "alliances, χ² and standard errors at the alliance level may be too optimistic.",
    )


def fit_table(results: StudyResults) -> Table:
    """Global fit by indices of several classes, with and without exclusions side by side."""
    rows: list[tuple[Cell, ...]] = []
    for run in _side_by_side(results):
        state = (run.id, run.rows, run.fit.nobs, "yes" if run.fit.converged else "no",
                 "yes" if run.fit.admissible else "no")
        i = run.fit.indices
        rows.append((*state, *((None,) * 8 if i is None else (
            i.chisq, i.df, i.pvalue, i.cfi, i.tli, i.rmsea, (i.rmsea_ci_lower, i.rmsea_ci_upper), i.srmr))))
    return Table(
        "fit", "Fit of every model, with and without exclusions",
        (
            *_WHICH, Column("n", "n", "integer"), Column("converged", "Converged"), Column("admissible", "Admissible"),
            Column("chisq", "χ²", "number"), Column("df", "df", "integer"), Column("pvalue", "p", "pvalue"),
            Column("cfi", "CFI", "number", 3, True), Column("tli", "TLI", "number", 3, True),
            Column("rmsea", "RMSEA", "number", 3, True), Column("rmsea_ci", "90 % interval", "interval", 3, True),
            Column("srmr", "SRMR", "number", 3, True),
        ),
        tuple(rows), _fit_summary(results),
        "χ²: likelihood ratio with n, not n − 1. CFI and TLI: incremental; RMSEA: parsimony; SRMR: absolute. "
        "No cut-off decides: what a value means depends on loadings, n and the number of indicators.",
    )


def fit_sentence(run: ModelRun) -> str:
    """The fit of one model in numbers, without a verdict."""
    if not run.fit.converged:
        return f"{run.id} ({run.rows}) did not converge; its numbers are not to be used."
    i = run.fit.indices
    if i is None:
        return f"{run.id} ({run.rows}) has no fit indices."
    low, high = i.rmsea_ci_lower, i.rmsea_ci_upper
    span = "" if isinstance(low, Undefined) or isinstance(high, Undefined) else (
        f" (90\N{NO-BREAK SPACE}% interval {number(low, 3, bounded=True)} to {number(high, 3, bounded=True)})")
    return (f"{run.id} ({run.rows}): χ²({i.df}, n = {run.fit.nobs:,}) = {number(i.chisq)}, {p_equals(i.pvalue)}, "
            f"CFI {number(i.cfi, 3, bounded=True)}, TLI {number(i.tli, 3, bounded=True)}, "
            f"RMSEA {number(i.rmsea, 3, bounded=True)}{span}, SRMR {number(i.srmr, 3, bounded=True)}.")


def _fit_summary(results: StudyResults) -> str:
    failed = [f"{run.id} ({run.rows})" for run in results.models if not run.fit.converged]
    improper = [f"{run.id} ({run.rows})" for run in results.models if run.fit.converged and not run.fit.admissible]
    run = names.mediation(results)
    opening = fit_sentence(run) if run else f"{counted(len(results.models), 'model run')} are listed."
    if failed:
        opening += f" Not converged: {', '.join(failed)}."
    if improper:
        opening += f" Not admissible: {', '.join(improper)}."
    return opening if failed or improper else opening + " Every model converged to an admissible solution."


def information_table(results: StudyResults) -> Table:
    """Likelihoods and information criteria, comparable only between models of the same variables and rows."""
    rows = [
        (run.id, run.rows, i.logl, i.unrestricted_logl, i.npar, i.aic, i.bic, i.sabic, i.gfi,
         i.baseline_chisq, i.baseline_df, i.rmsea_pvalue)
        for run in _side_by_side(results) if (i := run.fit.indices) is not None
    ]
    return Table(
        "information", "Likelihoods and information criteria",
        (
            *_WHICH, Column("logl", "Log-likelihood", "number", 1),
            Column("unrestricted_logl", "Unrestricted", "number", 1), Column("npar", "Free", "integer"),
            Column("aic", "AIC", "number", 1), Column("bic", "BIC", "number", 1), Column("sabic", "SABIC", "number", 1),
            Column("gfi", "GFI", "number", 3, True), Column("baseline_chisq", "Baseline χ²", "number"),
            Column("baseline_df", "df", "integer"), Column("rmsea_pvalue", "p (RMSEA ≤ .05)", "pvalue"),
        ),
        tuple(rows),
        f"Likelihoods of {counted(len(rows), 'model run')}; AIC and BIC compare models only where variables and rows "
        "are the same.",
    )


def residuals_table(run: ModelRun) -> Table:
    """Local fit: where the model misses the sample correlations most."""
    found = [] if not run.fit.converged else sorted(_residuals(run.fit), key=lambda row: -abs(row[4]))
    rows = tuple(found[:SHOWN_RESIDUALS])
    return Table(
        f"residuals-{names.slug(run.id)}-{names.slug(run.rows)}",
        f"Largest residual correlations: {run.id}, {run.rows}",
        (
            Column("first", "First"), Column("second", "Second"),
            Column("sample", "Sample r", "number", 3, True), Column("implied", "Implied r", "number", 3, True),
            Column("residual", "Residual", "number", 3, True),
        ),
        rows,
        f"Of {counted(len(found), 'correlation')} the model misses that of {rows[0][0]} and {rows[0][1]} most, by "
        f"{number(rows[0][4], 3, bounded=True)}; {_exceeding(found)} .100 in size."
        if rows else "Without a converged solution there are no residuals.",
        f"The {SHOWN_RESIDUALS} largest in size. Residual: sample less model-implied correlation.",
    )


def _exceeding(found: list[tuple[str, str, float, float, float]]) -> str:
    large = sum(abs(row[4]) > 0.1 for row in found)
    return "no residual exceeds" if not large else f"{counted(large, 'residual')} exceed{'s' if large == 1 else ''}"


def _residuals(fit: Fit) -> list[tuple[str, str, float, float, float]]:
    rows = []
    for i, first in enumerate(fit.variables):
        for j, second in enumerate(fit.variables[:i]):
            if first in fit.exogenous and second in fit.exogenous:
                continue
            sample, implied = (
                matrix[i][j] / math.sqrt(matrix[i][i] * matrix[j][j]) for matrix in (fit.sample_cov, fit.implied_cov))
            rows.append((second, first, sample, implied, sample - implied))
    return rows


def parameters_table(run: ModelRun) -> Table:
    """The parameter table of one model, with lavaan's columns."""
    rows = tuple(
        (p.lhs, p.op, p.rhs, p.label, "free" if p.free else "fixed" if p.op != ":=" else "defined", p.est, p.se, p.z,
         p.pvalue, None if p.ci_lower is None or p.ci_upper is None else (p.ci_lower, p.ci_upper), p.std_all)
        for p in run.fit.parameters
    )
    free = sum(row[4] == "free" for row in rows)
    loadings = [p.std_all for p in run.fit.parameters if p.op == "=~" and isinstance(p.std_all, float)]
    span = "" if not loadings else (f"; standardised loadings run from {number(min(loadings), bounded=True)} to "
                                    f"{number(max(loadings), bounded=True)}")
    doubt = "" if run.fit.converged else " The model did not converge; these numbers are not to be used."
    return Table(
        f"parameters-{names.slug(run.id)}-{names.slug(run.rows)}", f"Parameters: {run.id}, {run.rows}",
        (
            Column("lhs", "Left"), Column("op", "Op."), Column("rhs", "Right"), Column("label", "Label"),
            Column("state", "State"), Column("est", "Estimate", "number", 3), Column("se", "SE", "number", 3),
            Column("z", "z", "number"), Column("pvalue", "p", "pvalue"),
            Column("ci", "Interval", "interval", 3), Column("std_all", "Standardised", "number", 3, True),
        ),
        rows, f"{run.id} ({run.rows}) has {counted(free, 'free parameter')}{span}.{doubt}",
        f"Estimator {run.fit.estimator} ({run.fit.engine}); normal-theory standard errors and intervals. Operators as "
        "in lavaan: =~ loading, ~ regression, ~~ variance or covariance, := defined.",
    )


def paths_table(run: ModelRun, words: dict[str, str]) -> Table:
    """The regressions of one model, in words."""
    paths = [p for p in run.fit.parameters if p.op == "~"]
    rows = tuple(
        (words.get(p.lhs, p.lhs), words.get(p.rhs, p.rhs), p.label, p.est, p.se,
         None if p.ci_lower is None or p.ci_upper is None else (p.ci_lower, p.ci_upper), p.pvalue, p.std_all)
        for p in paths
    )
    return Table(
        f"paths-{names.slug(run.id)}-{names.slug(run.rows)}", f"Regression paths: {run.id}, {run.rows}",
        (
            Column("outcome", "Outcome"), Column("predictor", "Predictor"), Column("label", "Label"),
            Column("est", "Estimate", "number", 3), Column("se", "SE", "number", 3),
            Column("ci", "Interval", "interval", 3), Column("pvalue", "p", "pvalue"),
            Column("std_all", "Standardised", "number", 2, True),
        ),
        rows, _paths_sentence(paths, words), "Normal-theory standard errors, intervals and p values.",
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
    """Whether the normal-theory interval of a parameter lies on one side of zero."""
    low, high = parameter.ci_lower, parameter.ci_upper
    return isinstance(low, float) and isinstance(high, float) and (low > 0 or high < 0)


def explained_table(results: StudyResults) -> Table:
    """Explained variance of every outcome of the regressions."""
    words = names.labels(results)
    rows = []
    for run in _side_by_side(results):
        outcomes = dict.fromkeys(p.lhs for p in run.fit.parameters if p.op == "~")
        rows += [(run.id, run.rows, words.get(name, name), run.fit.r2[name]) for name in outcomes if name in run.fit.r2]
    shown = [f"{outcome} {number(value, bounded=True)}" for _, rows_used, outcome, value in rows
             if rows_used == SCREENED]
    return Table(
        "explained", "Explained variance",
        (*_WHICH, Column("outcome", "Outcome"), Column("r2", "R²", "number", bounded=True)),
        tuple(rows), f"Explained variance on the screened rows: {'; '.join(shown)}." if shown
        else "No model explains an outcome.",
    )


def _side_by_side(results: StudyResults) -> list[ModelRun]:
    """Runs of the same model next to each other, screened first, models in the order of the study."""
    order = list(dict.fromkeys(run.id for run in results.models))
    return sorted(results.models, key=lambda run: (order.index(run.id), run.rows != SCREENED))
