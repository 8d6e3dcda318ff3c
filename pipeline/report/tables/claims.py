"""Tables on the theory: the claims with their verdicts, what decided them, and what is true of simulated data."""

from __future__ import annotations

from collections import Counter

from pipeline.claims.ledger import DOCUMENTS
from pipeline.claims.report import ClaimResult, ClaimsReport, PredictionResult
from pipeline.report.numbers import MINUS, counted, level_name, listed
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import StudyResults
from pipeline.undefined import Undefined

ORDER = ("supported", "against", "inconclusive", "not testable", "pending")
"""Verdicts in the order in which they are shown."""

FROM_DATA = ORDER[:3]
"""Verdicts that rest on an estimate."""


def claims_table(results: StudyResults) -> Table:
    """One row a claim: what it says, the verdict, the numbers of the prediction that decides, and why."""
    report = results.claims
    with_truth = any(claim.truth for claim in report.claims)
    truth = (Column("truth", "True of the simulated firms"),) if with_truth else ()
    return Table(
        "claims", "The theory's claims and what these data say of them",
        (
            Column("document", "Document"), Column("claim", "Claim"), Column("statement", "What it says"),
            Column("verdict", "Verdict"), Column("est", "Estimate", "number"),
            Column("ci", "Interval", "interval"), Column("std", "Std.", "number", 2, True),
            Column("power", "Power", "number", 2, True), Column("because", "Because"), *truth,
            Column("predictions", "Predictions", "integer"), Column("model", "Decided by"), Column("n", "n"),
            Column("rival", "Rival"), Column("refuted_by", "Would be refuted by"), Column("source", "Source"),
            Column("needs", "Asked in"),
        ),
        tuple(_claim_row(claim, with_truth=with_truth) for claim in _by_document(report)),
        report.sentence,
        f"{_documents(report)}. Estimate, {level_name(report.level)} interval, standardised estimate and power are "
        "those of the prediction that decides: of several that must all hold the weakest, and where any may decide "
        "the strongest, whose interval is then wider. Estimates are unstandardised unless effects in different units "
        "are compared. The table of predictions has them all. A dash: nothing was estimated.",
    )


def _by_document(report: ClaimsReport) -> list[ClaimResult]:
    order = list(DOCUMENTS)
    return sorted(report.claims, key=lambda claim: (order.index(claim.document), claim.id))


def _documents(report: ClaimsReport) -> str:
    found = {claim.document for claim in report.claims}
    return "; ".join(f"{short}: {words}" for short, words in DOCUMENTS.items() if short in found)


def _claim_row(claim: ClaimResult, *, with_truth: bool) -> tuple[Cell, ...]:
    p = deciding(claim)
    numbers: tuple[Cell, ...] = (None,) * 4
    if p is not None:
        # The estimate stands on the scale of its interval, on which the sign is decided.
        est = p.std if p.scale == "standardised" else p.est
        numbers = (est, (p.lower, p.upper), p.std, p.power)
    estimated = [q for q in claim.predictions if not isinstance(q.est, Undefined)]
    return (
        claim.document, claim.id, claim.statement, claim.verdict, *numbers, claim.because,
        *((claim.truth or None,) if with_truth else ()),
        len(claim.predictions) or None, ", ".join(dict.fromkeys(q.model for q in claim.predictions)) or None,
        ", ".join(dict.fromkeys(f"{q.n:,.0f}" for q in estimated if not isinstance(q.n, Undefined))) or None,
        claim.rival, claim.refuted_by, "; ".join(claim.source), " ".join(claim.needs) or None,
    )


def deciding(claim: ClaimResult) -> PredictionResult | None:
    """The prediction on which a claim's verdict rests; None where nothing was estimated.

    Of those that have the claim's verdict (else of all), the one whose estimate is the fewest standard errors from 0
    on the predicted side; where any may decide, the one that is most.
    """
    found = [p for p in claim.predictions if not isinstance(p.est, Undefined)]
    alike = [p for p in found if p.verdict == claim.verdict] or found
    if not alike:
        return None
    return max(alike, key=_strength) if claim.decided_by == "any" else min(alike, key=_strength)


def _strength(prediction: PredictionResult) -> float:
    est, se = prediction.est, prediction.se
    if isinstance(est, Undefined) or isinstance(se, Undefined) or se <= 0:
        return 0.0
    return {"positive": 1, "negative": -1}.get(prediction.expected, 0) * est / se


def predictions_table(results: StudyResults) -> Table:
    """One row a prediction, with everything that was estimated."""
    rows: list[tuple[Cell, ...]] = [
        (claim.id, p.what, expected_words(p), p.verdict, p.model, p.parameter, p.n, p.est, p.se, p.pvalue,
         (p.lower, p.upper), f"{level_name(p.level)}, {p.interval_by}" if p.interval_by else None, p.std,
         (p.std_lower, p.std_upper), p.bound, p.power, p.detectable)
        for claim in results.claims.claims for p in claim.predictions
    ]
    claims = sum(bool(claim.predictions) for claim in results.claims.claims)
    return Table(
        "predictions", "What decides each claim",
        (
            Column("claim", "Claim"), Column("what", "Quantity"), Column("expected", "Expected"),
            Column("verdict", "Verdict"), Column("model", "Model"), Column("parameter", "Parameter"),
            Column("n", "n", "integer"), Column("est", "Estimate", "number", 3), Column("se", "SE", "number", 3),
            Column("pvalue", "p", "pvalue"), Column("ci", "Interval", "interval", 3),
            Column("interval_by", "Interval by"), Column("std", "Std.", "number", 3, True),
            Column("equivalence", "Std. interval of the equivalence test", "interval", 3, True),
            Column("bound", "Smallest effect", "number", 2, True), Column("power", "Power", "number", 2, True),
            Column("detectable", "Found with power .80", "number", 2, True),
        ),
        tuple(rows), f"{counted(len(rows), 'prediction')} decide {counted(claims, 'claim')}.",
        f"Intervals: {level_name(results.claims.level)}, wider where any of several predictions may decide, so that "
        "the claim as a whole errs no more often. Models and parameters as in the tables of parameters. Power: the "
        "chance that such a study supports the prediction, were the effect just the smallest that matters.",
    )


def expected_words(prediction: PredictionResult) -> str:
    """What was predicted, as a cell of a table says it."""
    if prediction.between is None:
        return "no effect" if prediction.expected == "none" else prediction.expected
    low, high = (f"{bound:g}".replace("-", MINUS) for bound in prediction.between)
    return f"between {low} and {high}"


# -- simulated data -----------------------------------------------------------------------------------


def truth_of(claim: ClaimResult) -> str:
    """``supported``, ``against`` … of the population that made the data; empty where it is not known."""
    return claim.truth.partition(":")[0].strip()


def claims_truth_table(results: StudyResults) -> Table:
    """What is true of the simulated firms against the verdicts, in counts."""
    known = [claim for claim in results.claims.claims if truth_of(claim)]
    pairs: Counter[tuple[str, str]] = Counter((truth_of(claim), claim.verdict) for claim in known)
    truths = sorted({truth_of(claim) for claim in known}, key=lambda truth: (*ORDER, truth).index(truth))
    return Table(
        "claims-truth", "Verdicts beside what is true of the simulated firms",
        (Column("truth", "True of the simulated firms"),
         *(Column(verdict.replace(" ", "_"), verdict.capitalize(), "integer") for verdict in ORDER),
         Column("claims", "Claims", "integer")),
        tuple((truth, *(pairs[truth, verdict] for verdict in ORDER), sum(pairs[truth, v] for v in ORDER))
              for truth in truths),
        _truth_sentence(known),
        "Each row: claims that are so in the population from which the answers were drawn; each column: the verdict "
        "they got.",
    )


def _truth_sentence(known: list[ClaimResult]) -> str:
    if not known:
        return "What is true of the claims is not known."
    decided = [claim for claim in known if claim.verdict in ("supported", "against")]
    wrong = [claim.id for claim in decided if truth_of(claim) != claim.verdict]
    left = sum(claim.verdict == "inconclusive" for claim in known)
    said = (f"The data are synthetic, so it is known of {counted(len(known), 'claim')} whether they hold in the "
            f"population: {len(decided) - len(wrong)} of {len(decided)} verdicts for or against agree with it")
    return said + (f", those on {listed(wrong)} do not" if wrong else "") + f"; {left} stay inconclusive."




def document_name(document: str) -> str:
    """A document's name in full."""
    return DOCUMENTS[document]
