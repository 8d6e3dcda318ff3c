"""Tables of the second estimator: every model by WLSMV, and its paths and effects beside robust maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.ordinal.found import BothEstimates, OrdinalRun
from pipeline.report.numbers import counted
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.sem.reported import reported
from pipeline.undefined import Undefined

_KINDS = {"path": "Path", "effect": "Defined effect", "loading": "Loading"}
_NOTHING = (None,) * 6


def ordinal_tables(runs: Sequence[OrdinalRun], level: float) -> tuple[Table, ...]:
    """Both tables; none where the models were not estimated a second time.

    Parameters
    ----------
    level
        Confidence of the study's intervals: estimators agree or not at 1 − level.
    """
    return (models_table(runs, level), estimates_table(runs, level)) if runs else ()


def models_table(runs: Sequence[OrdinalRun], level: float) -> Table:
    """One row a model: what was ordered, how it fits, and whether both estimators say the same."""
    return Table(
        "ordinal", "Single answers as ordered categories: every model by WLSMV",
        (
            Column("model", "Model"), Column("title", "What it is about"), Column("level", "One row is"),
            Column("n", "n", "integer"), Column("robust_n", "n, robust ML", "integer"),
            Column("ordered", "Ordered variables", "integer"), Column("first", "First informants", "integer"),
            Column("admissible", "Admissible"), Column("chisq", "Scaled χ²", "number"), Column("df", "df", "integer"),
            Column("pvalue", "p", "pvalue"), Column("cfi", "Scaled CFI", "number", 3, True),
            Column("rmsea", "Scaled RMSEA", "number", 3, True), Column("srmr", "SRMR", "number", 3, True),
            Column("asked", "Paths and effects", "integer"), Column("agree", "Same verdict", "integer"),
            Column("notes", "Notes on the WLSMV fit"),
        ),
        tuple(_model(run, level) for run in runs), models_sentence(runs, level),
        "Ordered: seven-point answers, and 0/1 variables that the model explains. First informants: units on which "
        "several reported, whose first informant's single answers stand for the average. WLSMV leaves out rows without "
        "a covariate and takes rows to be independent. χ² is scaled and shifted; CFI and RMSEA are made from it, as "
        f"robust ones do not exist beside covariates. Same verdict: both estimators' p below {1 - level:.2g} with one "
        "sign, or neither below. Paths of covariates count too.",
    )


def _model(run: OrdinalRun, level: float) -> tuple[Cell, ...]:
    there = not run.why_not
    fit: tuple[Cell, ...] = _NOTHING
    if run.indices is not None:
        i = reported(replace(run.indices, robust=None))
        fit = (i.chisq, i.df, i.pvalue, i.cfi, i.rmsea, i.srmr)
    agree, asked = run.agreement(level)
    return (
        run.model, run.title, run.level, run.n if there else Undefined(run.why_not), run.robust_n, len(run.ordered),
        run.first_informants if there else None, ("yes" if run.admissible else "no") if there else None, *fit,
        asked if there else None, agree if there else None,
        " ".join(run.notes),
    )


def models_sentence(runs: Sequence[OrdinalRun], level: float) -> str:
    """In how far both estimators say the same, over all models."""
    done = [run for run in runs if not run.why_not]
    if not done:
        return "No model has an estimate by WLSMV."
    agree, asked = (sum(numbers) for numbers in zip(*(run.agreement(level) for run in done), strict=True))
    turned = sum(_turned(row, level) for run in done for row in run.rows)
    text = (f"{counted(len(done), 'model')} of {len(runs)} have single answers and an estimate by WLSMV; of "
            f"{counted(asked, 'path or effect', 'paths and effects')} in them, {agree} get the same verdict from both "
            f"estimators at {1 - level:.2g}")
    return f"{text}, and {turned or 'none'} {'differ' if turned > 1 else 'differs'} from 0 with opposite signs."


def _turned(row: BothEstimates, level: float) -> bool:
    return row.kind != "loading" and row.clear(level) == (True, True) and row.same_sign is False


def estimates_table(runs: Sequence[OrdinalRun], level: float) -> Table:
    """Labelled paths and defined effects, standardised, by both estimators."""
    rows = [(run, row) for run in runs for row in run.rows
            if row.kind == "effect" or (row.kind == "path" and row.label)]
    return Table(
        "ordinal-estimates", "Paths and effects by robust ML and by WLSMV, standardised",
        (
            Column("model", "Model"), Column("kind", "Kind"), Column("name", "Parameter"), Column("label", "Label"),
            Column("robust", "Robust ML", "number", 3, True), Column("robust_se", "SE", "number", 3),
            Column("robust_pvalue", "p", "pvalue"), Column("ordinal", "WLSMV", "number", 3, True),
            Column("ordinal_se", "SE (WLSMV)", "number", 3), Column("ordinal_pvalue", "p (WLSMV)", "pvalue"),
            Column("agree", "Alike"),
        ),
        tuple((run.model, _KINDS[row.kind], row.name, "" if row.kind == "effect" else row.label, row.robust,
               row.robust_se, row.robust_pvalue, row.ordinal, row.ordinal_se, row.ordinal_pvalue,
               {True: "yes", False: "no", None: None}[row.agree(level)]) for run, row in rows),
        estimates_sentence([(run.model, row) for run, row in rows], level),
        f"Alike: both p below {1 - level:.2g} with one sign, or neither below. Standard errors of the standardised "
        "values by the delta method; p of the unstandardised ones. A path to or from a 0/1 variable is by WLSMV about "
        "the propensity behind it, so that sizes compare only between latent variables.",
    )


def estimates_sentence(rows: Sequence[tuple[str, BothEstimates]], level: float) -> str:
    """Which labelled paths and effects only one estimator tells from 0."""
    told = [(model, row) for model, row in rows if row.agree(level) is not None]
    if not told:
        return "There is no labelled path or effect for the two estimators to differ about."
    apart = [f"{row.name} ({model})" for model, row in told if row.agree(level) is False]
    named = f": not {', '.join(apart[:6])}{' and others' if len(apart) > 6 else ''}" if apart else ""
    return (f"Both estimators say the same of {len(told) - len(apart)} of "
            f"{counted(len(told), 'labelled path or effect', 'labelled paths and effects')}{named}.")
