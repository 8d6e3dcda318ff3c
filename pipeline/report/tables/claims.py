"""Tables on the theory: the claims with their verdicts, what decided them, and rival models side by side."""

from __future__ import annotations

from pipeline.claims.ledger import DOCUMENTS
from pipeline.claims.report import ClaimResult, PredictionResult
from pipeline.comparison import ComparedModel, Comparison
from pipeline.report.numbers import interval, level_name, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import StudyResults
from pipeline.undefined import Undefined

ORDER = ("supported", "against", "inconclusive", "not testable", "pending")
"""Verdicts in the order in which they are shown."""


def claims_table(results: StudyResults) -> Table:
    """One row a claim: what it says, the verdict, and why."""
    report = results.claims
    return Table(
        "claims", "The theory's claims and what these data say of them",
        (
            Column("claim", "Claim"), Column("document", "Document"), Column("statement", "What it says"),
            Column("verdict", "Verdict"), Column("because", "Because"), Column("model", "Decided by"),
            Column("std", "Std. estimate"), Column("n", "n"), Column("power", "Power"), Column("rival", "Rival"),
            Column("refuted_by", "Would be refuted by"), Column("source", "Source"), Column("needs", "Asked in"),
            *((Column("truth", "True of the simulated firms"),) if any(c.truth for c in report.claims) else ()),
        ),
        tuple(_claim_row(claim, with_truth=any(c.truth for c in report.claims)) for claim in report.claims),
        report.sentence,
        f"Supported: the {level_name(report.level)} interval lies on the predicted side of 0. Against: it lies on the "
        "other side, or every effect it leaves is smaller than "
        f"{number(report.smallest_effect, bounded=True)} (standardised; products of paths: "
        f"{number(report.smallest_indirect, bounded=True)}). Power: the chance that such a study supports the claim, "
        "were the effect just that large; of the weakest of several predictions. All of it is consistent with a claim "
        "or not: one point in time proves no cause.",
    )


def _claim_row(claim: ClaimResult, *, with_truth: bool) -> tuple[Cell, ...]:
    estimates = [p for p in claim.predictions if not isinstance(p.est, Undefined)]
    row: tuple[Cell, ...] = (
        claim.id, claim.document, claim.statement, claim.verdict, claim.because,
        ", ".join(dict.fromkeys(p.model for p in claim.predictions)) or None,
        "; ".join(_std(p) for p in estimates) or None,
        ", ".join(dict.fromkeys(f"{p.n:,.0f}" for p in estimates if not isinstance(p.n, Undefined))) or None,
        _weakest(estimates), claim.rival, claim.refuted_by, "; ".join(claim.source), " ".join(claim.needs) or None,
    )
    return (*row, claim.truth or None) if with_truth else row


def _std(prediction: PredictionResult) -> str:
    if isinstance(prediction.std, Undefined):
        return "undefined"
    return number(prediction.std, bounded=True)


def _weakest(predictions: list[PredictionResult]) -> str | None:
    powers = [p.power for p in predictions if not isinstance(p.power, Undefined)]
    return number(min(powers), bounded=True) if powers else None


def predictions_table(results: StudyResults) -> Table:
    """One row a prediction, with everything that was estimated."""
    rows: list[tuple[Cell, ...]] = [
        (claim.id, p.what, p.expected if p.between is None else f"between {p.between[0]:g} and {p.between[1]:g}",
         p.verdict, p.model, p.parameter, p.n, p.est, p.se, p.pvalue, (p.lower, p.upper), p.interval_by, p.std,
         (p.std_lower, p.std_upper), p.bound, p.power, p.detectable)
        for claim in results.claims.claims for p in claim.predictions
    ]
    level = level_name(results.claims.level)
    return Table(
        "predictions", "What decided each claim",
        (
            Column("claim", "Claim"), Column("what", "Quantity"), Column("expected", "Expected"),
            Column("verdict", "Verdict"), Column("model", "Model"), Column("parameter", "Parameter"),
            Column("n", "n", "integer"), Column("est", "Estimate", "number", 3), Column("se", "SE", "number", 3),
            Column("pvalue", "p", "pvalue"), Column("ci", f"{level} interval", "interval", 3),
            Column("interval_by", "Interval by"), Column("std", "Std.", "number", 3, True),
            Column("equivalence", "Std. interval of the equivalence test", "interval", 3, True),
            Column("bound", "Smallest effect", "number", 2, True), Column("power", "Power", "number", 2, True),
            Column("detectable", "Found with power .80", "number", 2, True),
        ),
        tuple(rows),
        f"{len(rows)} predictions decide {sum(bool(c.predictions) for c in results.claims.claims)} claims.",
        "Where any of several predictions may decide, their intervals are wider, so that the claim as a whole errs no "
        "more often. The two one-sided tests use the interval of twice the error rate.",
    )


def rivals_table(comparison: Comparison) -> Table:
    """Models of the same variables on the same rows, with what each sets to 0 and what that costs."""
    return Table(
        f"comparison-{comparison.id}", comparison.title,
        (
            Column("model", "Model"), Column("title", "What it says"), Column("restriction", "Restriction"),
            Column("chisq", "χ²", "number"), Column("df", "df", "integer"), Column("aic", "AIC", "number", 1),
            Column("bic", "BIC", "number", 1), Column("difference", "Scaled Δχ²", "number"),
            Column("difference_df", "Δdf", "integer"), Column("pvalue", "p", "pvalue"), Column("remark", "Remark"),
        ),
        tuple(_rival_row(model) for model in comparison.models),
        " ".join(comparison.sentences) or f"{len(comparison.models)} models on n = {comparison.n:,} rows.",
        f"n = {comparison.n:,}. All models hold the same variables, so that AIC, BIC and differences may be compared. "
        "Scaled differences: Satorra & Bentler (2001), each restriction against the first model.",
    )


def _rival_row(model: ComparedModel) -> tuple[Cell, ...]:
    test = model.difference
    remark = "" if model.converged else "not converged"
    if model.equivalent_to:
        remark = f"equivalent to {model.equivalent_to}"
    return (
        model.id, model.title, model.restriction, model.chisq, model.df if model.converged else None, model.aic,
        model.bic, None if test is None else test.statistic, None if test is None else test.df,
        None if test is None else test.pvalue, remark if model.admissible else f"{remark} not admissible".strip(),
    )


def moderation_sentence(results: StudyResults) -> str:
    """The test of both products and the path beside it."""
    found = results.rivals
    return (f"The path from experience to capability in the model that holds both: {number(found.effect, 3)} "
            f"{interval(found.lower, found.upper, 3)}; the data favour {found.favoured}.")


def document_name(document: str) -> str:
    """A document's name in full."""
    return DOCUMENTS[document]
