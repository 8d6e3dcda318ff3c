"""The frozen result of estimating one model: parameter table, moments, fit indices, diagnosis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number, Undefined

Matrix = tuple[tuple[float, ...], ...]
Estimator = Literal["ml", "mlr", "mlm", "dwls", "wlsmv"]

DiagnosisCode = Literal[
    "not-converged", "not-a-minimum", "not-identified", "negative-df", "negative-variance", "residual-covariance",
    "latent-covariance", "disordered-thresholds", "at-bound", "few-cases", "saturated-moments", "ordered-moments",
    "note",
]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Something a reader must know before using the numbers; ``about`` names the parameters or variables meant."""

    code: DiagnosisCode
    text: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the parameter table, with lavaan's columns.

    ``free`` counts free parameters from 1, equal ones with the same number; 0 marks a fixed value. ``se``, ``z``,
    ``pvalue`` and the interval are None for fixed values. ``op`` is one of ``=~ ~ ~~ ~1 :=``. Standard errors of
    standardised values are by the delta method.
    """

    lhs: str
    op: str
    rhs: str
    label: str
    free: int
    est: float
    se: Number | None
    z: Number | None
    pvalue: Number | None
    ci_lower: Number | None
    ci_upper: Number | None
    std_all: Number | None
    std_all_se: Number | None = None
    std_lv: Number | None = None
    std_lv_se: Number | None = None
    group: int = 1


@dataclass(frozen=True, slots=True)
class ScaledIndices:
    """Fit by a χ² divided by its scaling factor (lavaan's ``.scaled``).

    ``shift_parameter`` is added after the division where the test is scaled and shifted, and None elsewhere.
    """

    chisq: Number
    pvalue: Number
    scaling_factor: Number
    baseline_chisq: Number
    baseline_scaling_factor: Number
    cfi: Number
    tli: Number
    nfi: Number
    ifi: Number
    rmsea: Number
    rmsea_ci_lower: Number
    rmsea_ci_upper: Number
    rmsea_pvalue: Number
    shift_parameter: Number | None = None


@dataclass(frozen=True, slots=True)
class RobustIndices:
    """Estimates of the population's fit under non-normality, clusters or missing values (lavaan's ``.robust``)."""

    cfi: Number
    tli: Number
    rmsea: Number
    rmsea_ci_lower: Number
    rmsea_ci_upper: Number
    rmsea_pvalue: Number


@dataclass(frozen=True, slots=True)
class FitIndices:
    """Global fit; formulas, N convention and sources stand in :mod:`pipeline.sem.indices`."""

    npar: int
    chisq: float
    df: int
    pvalue: Number
    baseline_chisq: float
    baseline_df: int
    cfi: Number
    tli: Number
    nfi: Number
    rfi: Number
    ifi: Number
    rmsea: Number
    rmsea_ci_lower: Number
    rmsea_ci_upper: Number
    rmsea_pvalue: Number
    srmr: float
    gfi: float
    logl: Number
    unrestricted_logl: Number
    aic: Number
    bic: Number
    sabic: Number
    scaled: ScaledIndices | None = None
    robust: RobustIndices | None = None


@dataclass(frozen=True, slots=True)
class GroupFit:
    """One group's moments and explained variances.

    Attributes
    ----------
    sample_cov, implied_cov
        p × p, divided by N (maximum likelihood), not N − 1; by expectation maximisation where values are missing. Of
        ordered variables, of their continuous responses.
    sample_mean, implied_mean
        p; empty where means are not modelled.
    r2
        Explained variance by endogenous variable.
    """

    label: str
    nobs: int
    sample_cov: Matrix
    implied_cov: Matrix
    sample_mean: tuple[float, ...]
    implied_mean: tuple[float, ...]
    r2: dict[str, Number]


@dataclass(frozen=True, slots=True)
class Fit:
    """One estimated model.

    Attributes
    ----------
    estimator, missing, information
        As estimated; ``se`` and ``test`` are lavaan's names of the standard errors and of the scaled test, if any.
    n_incomplete
        Rows left out, by listwise deletion or because a fixed exogenous variable was missing or all were.
    n_with_gaps
        Rows with missing values that were used.
    variables
        Observed variables in the order of the matrices; ``exogenous`` those that are fixed.x.
    admissible
        False for a negative variance or a latent covariance matrix that is not positive definite.
    """

    name: str
    syntax: str
    engine: str
    estimator: str
    missing: Literal["listwise", "fiml", "pairwise"]
    information: Literal["expected", "observed"]
    se: str
    test: str
    nobs: int
    n_incomplete: int
    n_with_gaps: int
    n_clusters: int
    converged: bool
    admissible: bool
    iterations: int
    message: str
    variables: tuple[str, ...]
    exogenous: tuple[str, ...]
    groups: tuple[GroupFit, ...]
    parameters: tuple[Parameter, ...]
    indices: FitIndices | None
    diagnoses: tuple[Diagnosis, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The diagnoses as sentences."""
        return tuple(diagnosis.text for diagnosis in self.diagnoses)

    @property
    def sample_cov(self) -> Matrix:
        """Of the first group."""
        return self.groups[0].sample_cov

    @property
    def implied_cov(self) -> Matrix:
        """Of the first group."""
        return self.groups[0].implied_cov

    @property
    def r2(self) -> dict[str, Number]:
        """Of the first group."""
        return self.groups[0].r2


@dataclass(frozen=True, slots=True)
class Compared:
    """One free parameter by two programs; ``difference`` is theirs − ours in standard errors."""

    parameter: str
    ours: float
    theirs: float
    difference: Number


def differing(parameters: Sequence[Compared], tolerance: float) -> tuple[Compared, ...]:
    """Parameters that are not the same by both, largest difference first; those without a standard error first."""
    sizes = {row.parameter: math.inf if isinstance(row.difference, Undefined) else abs(row.difference)
             for row in parameters}
    apart = [row for row in parameters if sizes[row.parameter] > tolerance]
    return tuple(sorted(apart, key=lambda row: -sizes[row.parameter]))
