"""What a study found about common method variance: remedies in the questionnaire, and how much the answers show."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class Remedy:
    """A procedural remedy against method variance (Podsakoff et al. 2003), and whether it is there.

    Attributes
    ----------
    present
        Undefined where the questionnaire cannot tell.
    evidence
        What was seen, in a sentence with its numbers.
    """

    id: str
    title: str
    present: bool | Undefined
    evidence: str


@dataclass(frozen=True, slots=True)
class MethodModel:
    """One fitted model.

    Attributes
    ----------
    name, says
        ``Method-C`` and the like, and what it assumes, in words.
    syntax
        The model in lavaan's syntax, as it was fitted.
    converged, admissible
        Numbers of a model that did not converge are undefined; of one with an improper solution they are given, and are
        not to be used.
    chisq, pvalue
        Robust, as the estimator gives them; ``df`` likewise.
    problems
        What is wrong with the solution, in sentences; empty where nothing is.
    """

    name: str
    says: str
    syntax: str
    converged: bool
    admissible: bool
    chisq: Number
    df: int
    pvalue: Number
    cfi: Number
    rmsea: Number
    rmsea_lower: Number
    rmsea_upper: Number
    srmr: Number
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """The test between two nested models, and what it answers.

    Attributes
    ----------
    restricted, free
        Names of the models.
    statistic, df, pvalue
        Difference of χ², scaled where the estimator is robust (Satorra & Bentler 2001).
    asks
        The question.
    verdict
        The answer, in words.
    """

    restricted: str
    free: str
    statistic: Number
    df: int
    pvalue: Number
    asks: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ItemMethod:
    """One item's loadings in the model whose numbers are shown, completely standardised.

    Attributes
    ----------
    substantive, method
        Loading on its own factor and on the method's; ``method_lower`` … ``method_pvalue`` are of the latter.
    share
        The latter squared: the share of the item's variance that is the method's.
    """

    item: str
    factor: str
    substantive: Number
    method: Number
    method_lower: Number
    method_upper: Number
    method_pvalue: Number
    share: Number


@dataclass(frozen=True, slots=True)
class FactorReliability:
    """A factor's reliability (as a sum of its standardised items), taken apart.

    Attributes
    ----------
    total
        Without the method, in the Baseline model.
    substantive, method
        With it, in the model whose numbers are shown.
    share
        The method's part of their sum.
    """

    factor: str
    label: str
    total: Number
    substantive: Number
    method: Number
    share: Number


@dataclass(frozen=True, slots=True)
class FactorCorrelation:
    """A correlation between two factors without and with the method allowed for.

    Attributes
    ----------
    baseline, allowed
        Without (Baseline), and with the method's loadings as estimated; each with its p value.
    at_95, at_99
        With the method's loadings at the outer limits of their intervals: more method variance than is likely.
    change
        ``allowed`` less ``baseline``.
    """

    first: str
    second: str
    baseline: Number
    baseline_pvalue: Number
    allowed: Number
    allowed_pvalue: Number
    at_95: Number
    at_99: Number
    change: Number


@dataclass(frozen=True, slots=True)
class MarkerFindings:
    """The confirmatory factor analysis marker technique (Williams, Hartman & Cavazotte 2010) in one set of scales.

    Attributes
    ----------
    marker, items
        Name of the marker and its items.
    models
        CFA, Baseline, Method-C, Method-U, Method-R and the two of the sensitivity analysis, as far as they were fitted.
    comparisons
        In the order in which they decide.
    retained
        ``Baseline`` where no method variance was found, else ``Method-C`` or ``Method-U``; undefined where nothing
        could be decided.
    shown
        The model with a method whose numbers are given below: the one retained, or Method-C where none was found.
    share, least_share, most_share
        Mean, least and most share of the items' variance that is the method's.
    largest_change
        Of a factor's correlation, in absolute size, when the method is allowed for; ``largest_pair`` names the factors.
    biased
        Whether the factor correlations differ from those without the method (Method-R against the model retained).
    marker_correlation
        Largest correlation of the marker with a factor in the CFA, in absolute size; ``marker_with`` is that factor.
    """

    marker: str
    items: tuple[str, ...]
    models: tuple[MethodModel, ...]
    comparisons: tuple[MethodComparison, ...]
    retained: str | Undefined
    shown: str | Undefined
    share: Number
    least_share: Number
    most_share: Number
    largest_change: Number
    largest_pair: tuple[str, ...]
    biased: bool | Undefined
    marker_correlation: Number
    marker_with: str
    loadings: tuple[ItemMethod, ...]
    reliabilities: tuple[FactorReliability, ...]
    correlations: tuple[FactorCorrelation, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LatentMethod:
    """A method factor that nothing measures but the items themselves (Podsakoff et al. 2003).

    Attributes
    ----------
    kind
        ``equal loadings`` or ``free loadings``.
    identified
        Whether the answers can tell its parameters from those of the factors.
    comparison
        With the factors alone.
    share
        Mean share of the items' variance; undefined where the solution is not to be used.
    share_lower, share_upper
        Its interval, with equal loadings; a wide one says that the answers can hardly tell method from factors.
    largest_change
        Of a factor's correlation, in absolute size.
    """

    kind: str
    model: MethodModel
    identified: bool
    comparison: MethodComparison
    share: Number
    share_lower: Number
    share_upper: Number
    largest_change: Number


@dataclass(frozen=True, slots=True)
class HarmanFindings:
    """Harman's single factor: reported, not evidence.

    Attributes
    ----------
    component
        Share of the variance in the first unrotated principal component.
    factor
        Share of the variance that one common factor explains.
    model
        The confirmatory model with one factor.
    """

    component: Number
    factor: Number
    model: MethodModel


@dataclass(frozen=True, slots=True)
class AdjustedCorrelation:
    """A correlation of two scale scores, and the same with the marker's smallest correlation taken out.

    Attributes
    ----------
    n
        Respondents with both scores and the marker's.
    """

    first: str
    second: str
    n: int
    r: Number
    pvalue: Number
    adjusted: Number
    adjusted_pvalue: Number


@dataclass(frozen=True, slots=True)
class CorrelationalMarker:
    """Correlations of scale scores with the marker's influence taken out (Lindell & Whitney 2001).

    Attributes
    ----------
    smallest
        Smallest positive correlation of the marker with a scale; ``smallest_with`` is that scale. Undefined where none
        is positive; then nothing is adjusted.
    significant, lost
        Correlations significant at .05, and how many of these no longer are once adjusted.
    largest_change
        In absolute size.
    """

    smallest: Number
    smallest_with: str
    n: int
    pairs: tuple[AdjustedCorrelation, ...]
    significant: int
    lost: int
    largest_change: Number


@dataclass(frozen=True, slots=True)
class SetMethod:
    """Common method variance in one set of scales.

    Attributes
    ----------
    name, label, form
        Of the set.
    factors
        Dimension → its items; ``labels`` dimension → its name.
    n, n_with_gaps, n_clusters
        Respondents used, those among them with gaps, and firms where some have several respondents (else 0).
    left_out
        Scales of the set with one item, which cannot be told from its error.
    marker, correlational
        Undefined where the form asked no marker.
    why_not
        Why there is nothing; empty where there is something.
    """

    name: str
    label: str
    form: str
    factors: dict[str, tuple[str, ...]]
    labels: dict[str, str]
    n: int
    n_with_gaps: int
    n_clusters: int
    estimator: str
    missing: str
    marker: MarkerFindings | Undefined
    correlational: CorrelationalMarker | Undefined
    left_out: tuple[str, ...] = ()
    latent: tuple[LatentMethod, ...] = ()
    harman: HarmanFindings | None = None
    sentence: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class MethodReport:
    """All of a study.

    Attributes
    ----------
    level
        Of the intervals of loadings.
    remedies
        Against method variance, as the questionnaire has them.
    sets
        One for each set of scales of the plan.
    sentences
        The whole in a few sentences.
    """

    level: float
    remedies: tuple[Remedy, ...]
    sets: tuple[SetMethod, ...]
    sentences: tuple[str, ...]
