"""Tables on global fit: the indices that are reported, all indices, likelihoods."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.report import names
from pipeline.report.numbers import counted, number, p_equals
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import SCREENED, ModelRun, StudyResults
from pipeline.sem.fit import FitIndices
from pipeline.sem.reported import reported
from pipeline.undefined import Undefined

WHICH = (Column("model", "Model"), Column("rows", "Rows"))
"""The columns that say of which run a row speaks."""

SMALL_PRINT = "No cut-off decides: what a value means depends on loadings, n and the number of indicators."


def fit_table(results: StudyResults) -> Table:
    """Global fit by indices of several classes, with and without exclusions side by side."""
    columns, rows, note = _global_fit(side_by_side(results))
    return Table("fit", "Fit of every model, with and without exclusions", (*WHICH, *columns),
                 tuple((run.id, run.rows, *cells) for run, cells in rows), _fit_summary(results), note + SMALL_PRINT)


def theory_fit_table(results: StudyResults) -> Table:
    """Global fit of the theory's models: the headline's rivals, and those that decided claims."""
    columns, rows, note = _global_fit(results.theory)
    good = sum(run.fit.converged and run.fit.admissible for run in results.theory)
    failed = [run.id for run in results.theory if not run.fit.converged]
    improper = [run.id for run in results.theory if run.fit.converged and not run.fit.admissible]
    summary = (f"Besides the models above, {counted(len(rows), 'model')} of the theory were estimated; "
               f"{'all' if good == len(rows) else good or 'none'} converged to an admissible solution."
               if rows else "No model was estimated besides those above.")
    summary += f" Not converged: {', '.join(failed)}." if failed else ""
    summary += f" Not admissible: {', '.join(improper)}." if improper else ""
    saturated = " A model without degrees of freedom fits whatever the data are."
    return Table("fit-theory", "Fit of the theory's models",
                 (WHICH[0], Column("title", "What it is about"), Column("level", "One row is"), *columns),
                 tuple((run.id, run.title, run.level, *cells) for run, cells in rows), summary,
                 note + SMALL_PRINT + saturated)


def _global_fit(
    runs: Iterable[ModelRun],
) -> tuple[tuple[Column, ...], list[tuple[ModelRun, tuple[Cell, ...]]], str]:
    """Columns, a row a run, and how to read them."""
    rows: list[tuple[ModelRun, tuple[Cell, ...]]] = []
    versions = set()
    for run in runs:
        state = (run.fit.nobs, "yes" if run.fit.converged else "no", "yes" if run.fit.admissible else "no")
        if run.fit.indices is None:
            rows.append((run, (*state, *((None,) * 10))))
            continue
        i = reported(run.fit.indices)
        versions.add(i.version)
        rows.append((run, (*state, i.version, i.chisq, i.df, i.pvalue, i.scaling_factor, i.cfi, i.tli, i.rmsea,
                           i.rmsea_ci, i.srmr)))
    scaled, robust = ("Scaled ", "Robust ") if versions == {"robust"} else ("", "")
    note = ("χ²: likelihood ratio with n, not n − 1, divided by the scaling factor where one stands beside it. CFI and "
            "TLI: incremental; RMSEA: parsimony; SRMR: absolute. ")
    if "robust" in versions:
        note += ("Robust CFI, TLI and RMSEA correct for non-normal data, clusters and missing values; the plain ones "
                 "are in the table of all indices. ")
    columns = (
        Column("n", "n", "integer"), Column("converged", "Converged"), Column("admissible", "Admissible"),
        Column("version", "Version"), Column("chisq", f"{scaled}χ²", "number"), Column("df", "df", "integer"),
        Column("pvalue", "p", "pvalue"), Column("scaling_factor", "Scaling factor", "number", 3),
        Column("cfi", f"{robust}CFI", "number", 3, True), Column("tli", f"{robust}TLI", "number", 3, True),
        Column("rmsea", f"{robust}RMSEA", "number", 3, True),
        Column("rmsea_ci", "90 % interval", "interval", 3, True), Column("srmr", "SRMR", "number", 3, True),
    )
    return columns, rows, note


def fit_sentence(run: ModelRun) -> str:
    """The fit of one model in numbers, without a verdict."""
    if not run.fit.converged:
        return f"{run.id} ({run.rows}) did not converge; its numbers are not to be used."
    if run.fit.indices is None:
        return f"{run.id} ({run.rows}) has no fit indices."
    i = reported(run.fit.indices)
    low, high = i.rmsea_ci
    span = "" if isinstance(low, Undefined) or isinstance(high, Undefined) else (
        f" (90\N{NO-BREAK SPACE}% interval {number(low, 3, bounded=True)} to {number(high, 3, bounded=True)})")
    kind = "" if i.version == "plain" else f"{i.version} "
    factor = "" if i.scaling_factor is None else f", scaling factor {number(i.scaling_factor, 3)}"
    return (f"{run.id} ({run.rows}): {'scaled ' if factor else ''}χ²({i.df}, n = {run.fit.nobs:,}) = "
            f"{number(i.chisq)}, {p_equals(i.pvalue)}{factor}; {kind}CFI {number(i.cfi, 3, bounded=True)}, "
            f"{kind}TLI {number(i.tli, 3, bounded=True)}, {kind}RMSEA {number(i.rmsea, 3, bounded=True)}{span}, "
            f"SRMR {number(i.srmr, 3, bounded=True)}.")


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


def indices_table(results: StudyResults) -> Table:
    """Every index of every run: plain, of the scaled χ², and robust, one row each."""
    rows = [row for run in side_by_side(results) if run.fit.indices is not None
            for row in _versions(run, run.fit.indices)]
    runs = len({row[:2] for row in rows})
    return Table(
        "indices", "All fit indices",
        (
            *WHICH, Column("version", "Version"), Column("chisq", "χ²", "number"), Column("df", "df", "integer"),
            Column("pvalue", "p", "pvalue"), Column("scaling_factor", "Scaling factor", "number", 3),
            Column("cfi", "CFI", "number", 3, True), Column("tli", "TLI", "number", 3, True),
            Column("nfi", "NFI", "number", 3, True), Column("rfi", "RFI", "number", 3, True),
            Column("ifi", "IFI", "number", 3, True), Column("rmsea", "RMSEA", "number", 3, True),
            Column("rmsea_ci", "90 % interval", "interval", 3, True),
            Column("rmsea_pvalue", "p (RMSEA ≤ .05)", "pvalue"), Column("srmr", "SRMR", "number", 3, True),
            Column("gfi", "GFI", "number", 3, True), Column("baseline_chisq", "Baseline χ²", "number"),
            Column("baseline_df", "Baseline df", "integer"),
        ),
        tuple(rows),
        f"All indices of {counted(runs, 'model run')}, by the plain χ², by the scaled χ² and in their robust versions.",
        "Plain: of the likelihood-ratio χ². Scaled: of χ² divided by its scaling factor (lavaan's .scaled). Robust: "
        "estimates of the population's own misfit (lavaan's .robust). A dash: the index has no such version. "
        "Formulas and sources: docs/fit-indices.md.",
    )


def _versions(run: ModelRun, i: FitIndices) -> Iterable[tuple[Cell, ...]]:
    yield (run.id, run.rows, "plain", i.chisq, i.df, i.pvalue, None, i.cfi, i.tli, i.nfi, i.rfi, i.ifi, i.rmsea,
           (i.rmsea_ci_lower, i.rmsea_ci_upper), i.rmsea_pvalue, i.srmr, i.gfi, i.baseline_chisq, i.baseline_df)
    if (s := i.scaled) is not None:
        yield (run.id, run.rows, "scaled", s.chisq, i.df, s.pvalue, s.scaling_factor, s.cfi, s.tli, s.nfi, None, s.ifi,
               s.rmsea, (s.rmsea_ci_lower, s.rmsea_ci_upper), s.rmsea_pvalue, None, None, s.baseline_chisq,
               i.baseline_df)
    if (r := i.robust) is not None:
        yield (run.id, run.rows, "robust", None, i.df, None, None, r.cfi, r.tli, None, None, None, r.rmsea,
               (r.rmsea_ci_lower, r.rmsea_ci_upper), r.rmsea_pvalue, None, None, None, None)


def information_table(results: StudyResults) -> Table:
    """Likelihoods and information criteria, comparable only between models of the same variables and rows."""
    rows = [(run.id, run.rows, i.logl, i.unrestricted_logl, i.npar, i.aic, i.bic, i.sabic)
            for run in side_by_side(results) if (i := run.fit.indices) is not None]
    return Table(
        "information", "Likelihoods and information criteria",
        (
            *WHICH, Column("logl", "Log-likelihood", "number", 1),
            Column("unrestricted_logl", "Unrestricted", "number", 1), Column("npar", "Free", "integer"),
            Column("aic", "AIC", "number", 1), Column("bic", "BIC", "number", 1), Column("sabic", "SABIC", "number", 1),
        ),
        tuple(rows),
        f"Likelihoods of {counted(len(rows), 'model run')}; AIC and BIC compare models only where variables and rows "
        "are the same.",
        "SABIC: BIC at a sample size of (n + 2)/24.",
    )


def side_by_side(results: StudyResults) -> list[ModelRun]:
    """Runs of the same model next to each other, screened first, models in the order of the study."""
    order = list(dict.fromkeys(run.id for run in results.models))
    return sorted(results.models, key=lambda run: (order.index(run.id), run.rows != SCREENED))
