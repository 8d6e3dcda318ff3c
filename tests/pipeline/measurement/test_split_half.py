"""Split halves against R, their mean against alpha, and scales that cannot be halved."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from pipeline.measurement.reliability import alpha_from_covariance
from pipeline.measurement.split_half import DRAWS, SplitCoefficients, halves, split_half
from pipeline.undefined import Undefined
from tests.pipeline.measurement.items_reference import CLOSED_FORM, REFERENCE, WHOLE

COVARIANCE = np.cov(WHOLE, rowvar=False)
MATRICES = {"items": COVARIANCE, "five": COVARIANCE[:5, :5], "items_correlation": np.corrcoef(WHOLE, rowvar=False)}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("form", ["guttman", "spearman_brown"])
def test_all_splits_are_as_in_r(name: str, form: str) -> None:
    whole, expected = split_half(MATRICES[name]), REFERENCE["halves"][name]
    found: SplitCoefficients = getattr(whole, form)
    assert whole.exact
    assert whole.splits == expected["splits"] == 10
    for field in ("maximum", "mean", "minimum", "odd_even"):
        assert getattr(found, field) == pytest.approx(expected[form][field], abs=CLOSED_FORM), field


@pytest.mark.parametrize("name", ["items_correlation", "thurstone", "harman_eight", "parallel"])
def test_psych_agrees_on_even_numbers_of_items(name: str) -> None:
    expected = REFERENCE["bounds"][name]
    C = np.array(expected["matrix"])
    if len(C) % 2:
        # psych tries half of the splits of an odd number of items, so its extremes lie within ours.
        found = split_half(C).guttman
        assert found.maximum >= expected["psych"]["maxrb"] - CLOSED_FORM
        assert found.minimum <= expected["psych"]["minrb"] + CLOSED_FORM
        return
    found = split_half(C).guttman
    assert (found.maximum, found.minimum, found.mean) == pytest.approx(
        (expected["psych"]["maxrb"], expected["psych"]["minrb"], expected["psych"]["meanr"]), abs=CLOSED_FORM)


def test_the_mean_of_all_equal_halves_is_alpha() -> None:
    assert split_half(COVARIANCE).guttman.mean == pytest.approx(alpha_from_covariance(COVARIANCE), abs=1e-13)


def test_the_halves_named_give_the_extremes() -> None:
    found = split_half(COVARIANCE).guttman
    for half, value in ((found.highest_half, found.maximum), (found.lowest_half, found.minimum)):
        inside = np.isin(np.arange(6), half)
        assert 4 * COVARIANCE[np.ix_(inside, ~inside)].sum() / COVARIANCE.sum() == pytest.approx(value)
    scores = WHOLE[:, ::2].sum(axis=1), WHOLE[:, 1::2].sum(axis=1)
    r = np.corrcoef(*scores)[0, 1]
    assert split_half(COVARIANCE).spearman_brown.odd_even == pytest.approx(2 * r / (1 + r))
    rulon = 1 - np.var(scores[0] - scores[1]) / np.var(scores[0] + scores[1])
    assert found.odd_even == pytest.approx(rulon)


@pytest.mark.parametrize("k", [2, 3, 7, 8, 12])
def test_every_split_is_there_once(k: int) -> None:
    found = halves(k)
    both = {tuple(sorted((tuple(row), tuple(~row)))) for row in found}
    assert len(both) == len(found) == comb(k, k // 2) // (1 if k % 2 else 2)
    assert (found.sum(axis=1) == k // 2).all()


def test_long_scales_are_split_at_random_by_a_seed() -> None:
    generator = np.random.default_rng(4)
    C = np.cov(generator.standard_normal((90, 15)) + generator.standard_normal((90, 1)), rowvar=False)
    one, again, other = split_half(C, 1), split_half(C, 1), split_half(C, 2)
    assert (one.splits, one.exact) == (DRAWS, False)
    assert one == again != other
    assert one.guttman.odd_even == other.guttman.odd_even
    assert one.guttman.mean == pytest.approx(other.guttman.mean, abs=2e-3)
    assert (halves(15, 1).sum(axis=1) == 7).all()


def test_what_cannot_be_split_says_why() -> None:
    alone = split_half(np.eye(1))
    assert alone.guttman.maximum == alone.spearman_brown.mean == Undefined("a scale of one item has no halves")
    assert split_half(np.zeros((3, 3))).guttman.mean == Undefined("the items do not vary")
    assert split_half(np.full((3, 3), np.nan)).guttman.mean == Undefined("too few rows are complete for covariances")
    constant = split_half(np.diag([1.0, 0.0]) + 0.0)
    assert isinstance(constant.spearman_brown.maximum, Undefined)
    assert constant.guttman.maximum == 0.0
    opposite = split_half(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    assert isinstance(opposite.guttman.maximum, Undefined)
    assert isinstance(opposite.spearman_brown.odd_even, Undefined)


def test_a_mean_over_a_part_of_the_splits_is_not_given() -> None:
    """Items 1 and 2 cancel out: the half that has both does not vary."""
    C = np.array([[1, -1, 0.2, 0.1], [-1, 1, -0.2, -0.1], [0.2, -0.2, 1, 0.5], [0.1, -0.1, 0.5, 1]])
    found = split_half(C).spearman_brown
    assert isinstance(found.mean, Undefined)
    assert isinstance(found.maximum, float)
