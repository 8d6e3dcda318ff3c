"""How a model was estimated, in words: method, standard errors, which rows."""

from __future__ import annotations

from pipeline.report.numbers import counted
from pipeline.results import ModelRun, StudyResults
from pipeline.sem.fit import Fit

STANDARD_ERRORS = {
    "standard": "normal-theory standard errors",
    "robust.huber.white": "robust (sandwich) standard errors",
    "robust.sem": "robust standard errors by Satorra and Bentler",
    "robust.cluster": "cluster-robust (sandwich) standard errors",
}
"""By lavaan's names."""

AT_RANDOM = ("Rows with gaps are used by full information, which is right if answers are missing at random given the "
             "variables of the model; the data cannot show whether they are.")

NO_INVARIANCE = ("The plan asks for no test of invariance (invariance.by is empty in study.yaml), so that it is not "
                 "known whether scores may be compared between groups.")

TESTS = {
    "standard": "likelihood-ratio χ²",
    "yuan.bentler.mplus": "χ² scaled by Yuan and Bentler",
    "satorra.bentler": "χ² scaled by Satorra and Bentler",
}


def standard_errors(fit: Fit) -> str:
    """Which standard errors a fit has."""
    return STANDARD_ERRORS.get(fit.se, f"standard errors {fit.se}")


def robust(fit: Fit) -> bool:
    """Whether standard errors hold without normal data."""
    return fit.se != "standard"


def sampling(fit: Fit) -> str:
    """The kind of sampling covariance, as an adjective."""
    return "normal-theory" if not robust(fit) else "cluster-robust" if fit.n_clusters else "robust"


def interval_by(fit: Fit) -> str:
    """What an interval that is no bootstrap interval rests on: a word for a table's cell."""
    return "normal theory" if not robust(fit) else "cluster-robust SE" if fit.n_clusters else "robust SE"


def estimation(run: ModelRun) -> str:
    """Method, standard errors and test of a model in one sentence."""
    fit = run.fit
    how = "full-information maximum likelihood" if fit.missing == "fiml" else "maximum likelihood on complete rows"
    clusters = f" ({run.level}s clustered by firm, {fit.n_clusters:,} firms)" if fit.n_clusters else ""
    return (f"Estimator {fit.estimator}: {how}, {standard_errors(fit)}{clusters} from {fit.information} information, "
            f"{TESTS.get(fit.test, fit.test)}.")


def rows_used(run: ModelRun) -> str:
    """How many rows a model rests on, how many of them have gaps, and how many were left out."""
    fit = run.fit
    used = counted(fit.nobs, run.level)
    if fit.missing == "listwise":
        return f"{used}, complete on every variable of the model; {fit.n_incomplete:,} left out as incomplete."
    gaps = f"{used}, {fit.n_with_gaps:,} of them with gaps and used with what they answered"
    return f"{gaps}; {fit.n_incomplete:,} left out." if fit.n_incomplete else f"{gaps}."


def invariance(results: StudyResults) -> str:
    """How invariance was tested, in words."""
    found, own = results.invariance, results.plan.invariance
    if found is None:
        return NO_INVARIANCE
    how = {"mlr": "maximum likelihood with robust tests (MLR)",
           "wlsmv": "diagonally weighted least squares of ordered answers (WLSMV)"}[own.estimator]
    whole = "complete respondents only"
    used = {"mlr": "gaps by full information", "wlsmv": "gaps pair by pair"}[own.estimator]
    gaps, again = (whole, whole) if own.missing == "listwise" else (used, "gaps pair by pair")
    clustered = any(one.clusters for one in found.ladders)
    firms = "; respondents of one firm are taken as a cluster" if clustered else ""
    small = f"a group needs {found.smallest_group} respondents"
    second = (" Where loadings or intercepts fail, the answers are taken as ordered too (WLSMV, "
              f"{again}, respondents as independent)." if own.second_opinion and own.estimator == "mlr" else "")
    return (f"For each construct, the items of its dimensions as correlated factors, on the screened respondents of "
            f"one form, by {how}, {gaps}{firms}; {small}.{second}")
