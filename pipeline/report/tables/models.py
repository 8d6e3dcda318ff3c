"""Tables on models: identification, diagnoses, local fit, explained variance, the second opinion."""

from __future__ import annotations

import math

from pipeline.report import names
from pipeline.report.numbers import counted, listed, number
from pipeline.report.tables.fit import WHICH, side_by_side
from pipeline.report.tables.spec import Column, Table
from pipeline.results import SCREENED, CrossCheck, ModelRun, StudyResults
from pipeline.sem.fit import Compared, Fit
from pipeline.undefined import Undefined

SHOWN_RESIDUALS = 10


def identification_table(results: StudyResults) -> Table:
    """What each model knows and what it estimates: moments, free parameters, degrees of freedom."""
    rows = []
    for run in results.models:
        fit = run.fit
        free = None if fit.indices is None else fit.indices.npar
        df = None if fit.indices is None else fit.indices.df
        rows.append((run.id, run.rows, run.level, fit.nobs, fit.n_with_gaps, fit.n_incomplete, fit.n_clusters or None,
                     len(fit.variables), len(fit.exogenous), _moments(fit), free, df))
    dfs = [row[-1] for row in rows if row[-1] is not None]
    return Table(
        "identification", "Identification of the models",
        (
            *WHICH, Column("level", "One row is"), Column("n", "n", "integer"),
            Column("n_with_gaps", "Of them with gaps", "integer"),
            Column("n_incomplete", "Left out as incomplete", "integer"), Column("n_clusters", "Firms as clusters",
                                                                                "integer"),
            Column("variables", "Variables", "integer"), Column("exogenous", "Fixed exogenous", "integer"),
            Column("moments", "Moments to explain", "integer"), Column("npar", "Free", "integer"),
            Column("df", "df", "integer"),
        ),
        tuple(rows),
        f"Every model that was fitted is over-identified, with {min(dfs)} to {max(dfs)} degrees of freedom."
        if dfs and min(dfs) > 0 else "A model without degrees of freedom cannot be tested by its fit.",
        "Variables: observed ones. Free: free parameters. Moments to explain: p(p + 1)/2 variances and covariances of "
        "the observed variables and, where means are modelled, p means, less those of fixed exogenous variables, which "
        "are taken as given. Each latent variable takes the unit of its first indicator. Where firms have several "
        "alliances, χ² and standard errors allow for their likeness (clusters).",
    )


def _moments(fit: Fit) -> int:
    """Distinct moments of every group that the model is to explain."""
    p, q = len(fit.variables), len(fit.exogenous)
    return sum(p * (p + 1) // 2 - q * (q + 1) // 2 + (p - q if group.sample_mean else 0) for group in fit.groups)


def diagnoses_table(results: StudyResults) -> Table:
    """What a reader must know of each fit before using its numbers, of the models that decided claims as well."""
    runs = (*side_by_side(results), *results.theory)
    rows = tuple((run.id, run.rows, names.diagnosis(d.code), d.text, ", ".join(d.about))
                 for run in runs for d in run.fit.diagnoses)
    doubts = sum(d.code != "note" for run in runs for d in run.fit.diagnoses)
    remarks = len(rows) - doubts
    told = f"{counted(doubts, 'diagnosis', 'diagnoses')} on the models; read them before using the numbers." if doubts \
        else "No model was given a diagnosis."
    return Table(
        "diagnoses", "Diagnoses",
        (*WHICH, Column("diagnosis", "Diagnosis"), Column("text", "What was found"), Column("about", "About")),
        rows, told + (f" {counted(remarks, 'note')} beside." if remarks else ""), "Explained in docs/diagnoses.md.",
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
        f"The {SHOWN_RESIDUALS} largest in size. Residual: sample less model-implied correlation."
        + (" Sample correlations by expectation maximisation, because values are missing." if run.fit.n_with_gaps
           else ""),
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


def explained_table(results: StudyResults) -> Table:
    """Explained variance of every outcome of the regressions."""
    words = names.labels(results)
    rows = []
    for run in side_by_side(results):
        outcomes = dict.fromkeys(p.lhs for p in run.fit.parameters if p.op == "~")
        rows += [(run.id, run.rows, words.get(name, name), run.fit.r2[name]) for name in outcomes if name in run.fit.r2]
    shown = [f"{outcome} {number(value, bounded=True)}" for _, rows_used, outcome, value in rows
             if rows_used == SCREENED]
    return Table(
        "explained", "Explained variance",
        (*WHICH, Column("outcome", "Outcome"), Column("r2", "R²", "number", bounded=True)),
        tuple(rows), f"Explained variance on the screened rows: {'; '.join(shown)}." if shown
        else "No model explains an outcome.",
    )


def crosscheck_table(found: CrossCheck) -> Table:
    """One model by this program and by another: the parameters that differ, else those nearest to differing."""
    shown = found.differing or _nearest(found)
    rows = tuple((p.parameter, p.ours, p.theirs, p.difference, "differs" if p in found.differing else "same")
                 for p in shown)
    limits = f"{found.tolerance:g} standard errors"
    which = "the parameters that differ" if found.differing else f"the {len(rows)} of the largest difference"
    return Table(
        f"crosscheck-{names.slug(found.model)}-{names.slug(found.rows)}",
        f"Second opinion: {found.model}, {found.rows}",
        (
            Column("parameter", "Parameter"), Column("ours", "alliometrics", "number", 4),
            Column("theirs", found.program, "number", 4), Column("difference", "Difference in SE", "number", 4),
            Column("verdict", f"Within {limits}"),
        ),
        rows, found.sentence,
        f"Both by normal-theory maximum likelihood on the {found.n:,} rows that are complete in the model's variables, "
        f"so the estimates are not those of the other tables, which use rows with gaps too. Shown: {which}, of "
        f"{len(found.parameters)}. χ²: {_chisq(found)}." if found.parameters else "",
    )


SHOWN_COMPARED = 5


def _nearest(found: CrossCheck) -> tuple[Compared, ...]:
    known = [p for p in found.parameters if not isinstance(p.difference, Undefined)]
    return tuple(sorted(known, key=lambda p: -abs(float(p.difference))))[:SHOWN_COMPARED]  # type: ignore[arg-type]


def _chisq(found: CrossCheck) -> str:
    return f"{number(found.chisq_ours, 3)} at our estimates, {number(found.chisq_theirs, 3)} at the other program's"


def crosschecks_sentence(results: StudyResults) -> str:
    """What the second opinion found, over all models."""
    compared = [found for found in results.crosschecks if found.parameters]
    if not compared:
        return "No second opinion could be had."
    apart = [f"{found.model} ({found.rows})" for found in compared if found.differing]
    if apart:
        return f"Another program differs in at least one estimate of {listed(apart)}."
    total = sum(len(found.parameters) for found in compared)
    return (f"{compared[0].program}, which shares no code with this program, finds the same {total} estimates of "
            f"{listed([found.model for found in compared])} on complete rows.")
