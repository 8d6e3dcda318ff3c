"""Rival models beside one another, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.sem.comparisons import ChiSquareTest, DifferenceTest
from pipeline.sem.effects import JointSignificance
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """One model of a comparison.

    Attributes
    ----------
    restriction
        What it sets to 0 or equal, in the labels of the largest model; empty for that one.
    difference
        Test of that restriction against the largest model; None for that one and for models equivalent to it.
    equivalent_to
        Id of a model that fits exactly alike, so that no data can tell the two apart.
    """

    id: str
    title: str
    restriction: str
    converged: bool
    admissible: bool
    chisq: Number
    df: int
    aic: Number
    bic: Number
    difference: DifferenceTest | None
    equivalent_to: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models of the same variables on the same rows.

    Attributes
    ----------
    n
        Rows.
    sentences
        What the comparison says, and how far.
    """

    id: str
    title: str
    n: int
    models: tuple[ComparedModel, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RivalsReport:
    """Mediation against moderation, with the tests within the model that holds both.

    Attributes
    ----------
    moderation
        Wald test that both products' coefficients are 0, with robust standard errors.
    effect, lower, upper
        The serial effect in the same model with its Monte Carlo interval; ``joint`` tests its paths.
    favoured
        What the data favour.
    """

    chain: Comparison
    moderation: ChiSquareTest | Undefined
    effect: Number
    lower: Number
    upper: Number
    joint: JointSignificance | None
    favoured: str
    advantage: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class GroupPath:
    """One path in both groups, under equal loadings.

    Attributes
    ----------
    est, se, lower, upper
        In the first group, and in the second.
    difference
        Wald test that the two are equal, with robust standard errors.
    """

    outcome: str
    predictor: str
    est: tuple[float, float]
    se: tuple[Number, Number]
    lower: tuple[Number, Number]
    upper: tuple[Number, Number]
    difference: ChiSquareTest | Undefined


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """A model in two groups: first whether loadings are equal, then whether paths are.

    Attributes
    ----------
    groups, sizes
        What the groups are, and their rows; ``left_out`` belong to neither.
    loadings
        Scaled difference test of equal loadings against free ones.
    cfi_change
        Robust CFI with equal loadings less that with free ones (Cheung & Rensvold 2002: worse by more than .01 is a
        sign that loadings differ).
    comparable
        Whether loadings may be taken as equal; None where that could not be tested.
    paths
        Empty where they may not, or where the model could not be estimated, for the reason in ``why_not``.
    """

    id: str
    title: str
    model: str
    groups: tuple[str, str]
    sizes: tuple[int, int]
    left_out: int
    loadings: DifferenceTest | Undefined
    cfi_change: Number
    comparable: bool | None
    paths: tuple[GroupPath, ...]
    why_not: str
    sentence: str
