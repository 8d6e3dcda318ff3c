"""Which rival structures are nested in which, why, and the tests between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.evidence.found.structure import FoundComparison, FoundStructure, Relation, ScaledBy, StructureId
from pipeline.evidence.structure_words import comparison_words
from pipeline.measurement.positive_difference import positive_difference, unusual
from pipeline.sem.comparisons import DifferenceTest, ModelTest, likelihood_ratio_test
from pipeline.sem.estimate import Estimated
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True, eq=False)
class FittedStructure:
    """A structure with its test and its estimate."""

    found: FoundStructure
    test: ModelTest
    estimated: Estimated


Fitted = Mapping[StructureId, FittedStructure]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two structures, of which the first is the second with constraints added, and what the constraints say.

    Two models of the factors' covariances with as many parameters, one of them nested in the other, are equivalent:
    ``equal`` says so in words.
    """

    restricted: StructureId
    unrestricted: StructureId
    because: str
    equal: str = ""


PAIRS = (
    Pair("one factor", "correlated dimensions", "it is the same with all dimensions correlating at 1"),
    Pair("correlated constructs", "correlated dimensions",
         "it is the same with the dimensions of one construct correlating at 1"),
    Pair("second order", "correlated dimensions",
         "it explains the correlations among the dimensions by the constructs' factors",
         "the constructs' factors have as many parameters as the dimensions have correlations"),
    Pair("general second order", "correlated dimensions",
         "it explains the correlations among the dimensions by one factor",
         "three loadings on one factor tell no more and no less than three correlations"),
    Pair("third order", "correlated dimensions",
         "it explains the correlations among the dimensions by factors of two layers",
         "its factors have as many parameters as the dimensions have correlations"),
    Pair("third order", "second order", "it explains the correlations among the constructs by one factor",
         "three loadings on one factor tell no more and no less than three correlations"),
    Pair("general second order", "second order", "it is the same with the constructs correlating at 1"),
    Pair("general second order", "bifactor",
         "it is the same with specific loadings in proportion to the general ones within each dimension (Yung, Thissen "
         "& McLeod 1999)"),
)
"""In the order of the table. Correlated dimensions and the bifactor structure are nested only where three dimensions
make the former the same as one second-order factor; see `_beside_bifactor`."""


def compared(fitted: Fitted) -> tuple[FoundComparison, ...]:
    """Every pair of which both were fitted and have a test; correlated dimensions and bifactor last."""
    found = [_compared(pair, fitted) for pair in PAIRS if pair.restricted in fitted and pair.unrestricted in fitted
             and not (pair.unrestricted == "bifactor" and _three_dimensions(fitted))]
    if "bifactor" in fitted and "correlated dimensions" in fitted:
        found.append(_beside_bifactor(fitted))
    return tuple(found)


def _compared(pair: Pair, fitted: Fitted) -> FoundComparison:
    df = fitted[pair.restricted].found.df - fitted[pair.unrestricted].found.df
    if df > 0:
        return _made(pair.restricted, pair.unrestricted, "nested", pair.because, fitted)
    return _made(pair.restricted, pair.unrestricted, "equivalent", pair.equal or pair.because, fitted)


def _beside_bifactor(fitted: Fitted) -> FoundComparison:
    """Nested where three dimensions are one second-order factor told otherwise: a bifactor structure contains that."""
    if _three_dimensions(fitted):
        if fitted["correlated dimensions"].found.df == fitted["bifactor"].found.df:
            return _made("correlated dimensions", "bifactor", "equivalent",
                         "a dimension of two items leaves a bifactor structure nothing that the correlations of three "
                         "dimensions do not tell", fitted)
        return _made("correlated dimensions", "bifactor", "nested",
                     "three correlated dimensions are one second-order factor, which a bifactor structure contains",
                     fitted)
    return _made("correlated dimensions", "bifactor", "not nested",
                 "a bifactor structure has no factor correlations to fix, and correlated dimensions no loadings across "
                 "them", fitted)


def _three_dimensions(fitted: Fitted) -> bool:
    general, correlated = fitted.get("general second order"), fitted.get("correlated dimensions")
    return general is not None and correlated is not None and general.found.df == correlated.found.df


def _made(
    restricted: StructureId, unrestricted: StructureId, relation: Relation, because: str, fitted: Fitted,
) -> FoundComparison:
    one, other = fitted[restricted], fitted[unrestricted]
    none = Undefined("the two are equivalent, so that there is nothing to test" if relation == "equivalent" else
                     "neither is the other with constraints added")
    test, by = _test(one, other) if relation == "nested" else _UNTESTED
    found = FoundComparison(
        restricted, unrestricted, relation, because, none if test is None else test.statistic,
        one.found.df - other.found.df, none if test is None else test.pvalue,
        None if test is None else test.scaling_factor, by, _less(one.found.bic, other.found.bic), "")
    same = abs(one.test.chisq - other.test.chisq) < 1e-3 * (1 + other.test.chisq)
    return replace(found, verdict=comparison_words(found, one.found, other.found, same=same) + _unusable(one, other))


def _unusable(*pair: FittedStructure) -> str:
    count = sum(not one.found.usable for one in pair)
    return ("", " One of the two is improper, so that this is not certain.", " Both are improper.")[count]


_UNTESTED: tuple[None, ScaledBy] = None, ""


def _test(restricted: FittedStructure, unrestricted: FittedStructure) -> tuple[DifferenceTest, ScaledBy]:
    """By the usual scaling factor, where that is credible."""
    tests = restricted.test, unrestricted.test
    usual = likelihood_ratio_test(*tests)
    if not unusual(usual, *tests):
        return usual, "" if usual.scaling_factor is None else "Satorra & Bentler 2001"
    return positive_difference(restricted.estimated, unrestricted.estimated, tests), "Satorra 2000"


def _less(first: Number, second: Number) -> Number:
    if isinstance(first, Undefined):
        return first
    return second if isinstance(second, Undefined) else first - second
