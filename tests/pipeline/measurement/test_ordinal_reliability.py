"""Ordinal alpha and categorical omega against psych, lavaan and semTools, their meaning, and where they have none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from instrument.errors import InputError
from pipeline.commands.reliability import document, scale_reliabilities, tables
from pipeline.measurement.green_yang import SumScore, green_yang, sum_variance
from pipeline.measurement.ordinal_reliability import (
    OrdinalReliability,
    ordinal_alpha,
    ordinal_or_reason,
    ordinal_reliability,
)
from pipeline.measurement.polychoric_factor import one_factor_of_polychorics
from pipeline.undefined import Undefined

FOLDER = Path(__file__).parents[2] / "reference" / "measurement" / "ordinal"
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
LAVAAN = 1e-6
"""lavaan's searches stop some 1e-8 from their maxima."""
PSYCH = 2e-5
"""psych seeks each correlation to four or five digits."""
Z = float(stats.norm.isf(0.025))


def names(k: int) -> list[str]:
    return [f"i{number}" for number in range(1, k + 1)]


def scale(items: np.ndarray, **options: float) -> OrdinalReliability:
    return ordinal_reliability(np.asarray(items, dtype=float), names(items.shape[1]), **options)


def answers(n: int = 250, k: int = 4, categories: int = 5, seed: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    response = rng.standard_normal((n, 1)) + rng.standard_normal((n, k))
    return 1.0 + np.digitize(response, np.linspace(-1.5, 1.5, categories - 1))


def reason(value: object) -> str:
    assert isinstance(value, Undefined), value
    return value.because


# -- against R ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both() -> dict[str, tuple[OrdinalReliability, dict]]:
    data = pd.read_csv(FOLDER / "items.csv")
    return {name: (ordinal_reliability(data[expected["items"]].to_numpy(float), expected["items"]), expected)
            for name, expected in REFERENCE.items()}


@pytest.mark.parametrize("name", REFERENCE)
class TestAgainstR:
    def test_rows_are_counted_alike(self, name: str, both: dict) -> None:
        found, expected = both[name]
        assert (found.n, found.n_incomplete) == (expected["n"], expected["n_incomplete"])

    def test_ordinal_alpha_is_that_of_lavaan_semtools_and_psych(self, name: str, both: dict) -> None:
        found, expected = both[name]
        assert found.alpha == pytest.approx(expected["alpha"], abs=LAVAAN)
        assert found.alpha == pytest.approx(expected["alpha_psych_uncorrected"], abs=PSYCH)
        if "alpha_semtools" in expected:
            assert found.alpha == pytest.approx(expected["alpha_semtools"], abs=LAVAAN)

    def test_interval_of_alpha_is_that_of_lavaans_defined_parameter(self, name: str, both: dict) -> None:
        found, expected = both[name]
        assert found.alpha_ci == pytest.approx(tuple(expected["alpha_ci"]), abs=LAVAAN)

    def test_categorical_omega_and_loadings_are_semtools(self, name: str, both: dict) -> None:
        found, expected = both[name]
        if len(expected["items"]) < 3:
            assert "not identified" in reason(found.omega)
            assert "not identified" in reason(found.omega_observed)
            return
        for source in ("omega", "omega_by_hand", "comprelsem_model"):
            assert found.omega == pytest.approx(expected[source], abs=LAVAAN), source
        for source in ("omega_observed", "comprelsem_observed"):
            assert found.omega_observed == pytest.approx(expected[source], abs=LAVAAN), source
        assert list(found.loadings) == expected["items"]
        assert found.loadings == pytest.approx(expected["loadings"], abs=LAVAAN)

    def test_interval_of_omega_is_the_delta_method_on_lavaans_robust_covariance(self, name: str, both: dict) -> None:
        found, expected = both[name]
        if len(expected["items"]) < 3:
            assert all("not identified" in reason(limit) for limit in found.omega_ci)
            return
        half = Z * expected["omega_se"]
        assert found.omega_ci == pytest.approx((expected["omega"] - half, expected["omega"] + half), abs=LAVAAN)


def test_the_two_denominators_differ_where_one_factor_does_not_fit(both: dict) -> None:
    found, _ = both["two factors"]
    assert abs(found.omega - found.omega_observed) > 0.001
    found, _ = both["three skewed items"]
    assert found.omega == pytest.approx(found.omega_observed, abs=1e-7)


def test_an_item_keyed_against_the_others_is_named(both: dict) -> None:
    found, _ = both["an item keyed against the others"]
    assert [(warning[:15], warning[-13:]) for warning in found.warnings] == [("s5: its loading", "check its key")]
    assert not both["seven points"][0].warnings


def test_pairs_with_empty_cells_are_counted(both: dict) -> None:
    data = pd.read_csv(FOLDER / "items.csv")[REFERENCE["mixed categories and gaps"]["items"]].dropna()
    empty = [(pd.crosstab(data[a], data[b]) == 0).any(axis=None) for i, a in enumerate(data) for b in list(data)[:i]]
    assert both["mixed categories and gaps"][0].sparse_pairs == sum(empty)


# -- the command --------------------------------------------------------------------------------------


def test_the_command_adds_its_keys_only_when_asked(both: dict) -> None:
    scales = ["seven=s1,s2,s3,s4", "two=s1,s2"]
    plain = document(scale_reliabilities(FOLDER / "items.csv", scales))
    found = document(scale_reliabilities(FOLDER / "items.csv", scales, ordered=True))
    for name, reference in (("seven", "seven points"), ("two", "two items")):
        entry, (expected, _) = found[name], both[reference]
        assert {key: entry[key] for key in plain[name] if key not in ("undefined", "warnings")} == {
            key: value for key, value in plain[name].items() if key not in ("undefined", "warnings")}
        assert (entry["alpha_ordinal"], tuple(entry["alpha_ordinal_ci"])) == (expected.alpha, expected.alpha_ci)
    assert not [key for key in plain["seven"] if "ordinal" in key]
    expected, entry = both["seven points"][0], found["seven"]
    assert (entry["omega_ordinal"], tuple(entry["omega_ordinal_ci"])) == (expected.omega, expected.omega_ci)
    assert (entry["omega_ordinal_observed"], entry["undefined"]) == (expected.omega_observed, {})
    assert entry["loadings_ordinal"] == expected.loadings
    assert found["two"]["omega_ordinal"] is None
    assert "not identified" in found["two"]["undefined"]["omega_ordinal"]


def test_the_command_shows_both_and_says_what_they_are() -> None:
    shown = tables(scale_reliabilities(FOLDER / "items.csv", ["seven=s1,s2,s3,s4"], ordered=True))
    assert any(isinstance(line, str) and "not of the sum of the answers (Chalmers 2018)" in line for line in shown)
    assert not any("Chalmers" in line for line in tables(
        scale_reliabilities(FOLDER / "items.csv", ["seven=s1,s2,s3,s4"])) if isinstance(line, str))


def test_the_command_refuses_what_is_no_category(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b,c\n1,2,2.5\n2,1,3\n1,1,1\n2,2,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="ORDERED-CODES"):
        scale_reliabilities(tmp_path / "data.csv", ["s=a,b,c"], ordered=True)
    assert scale_reliabilities(tmp_path / "data.csv", ["s=a,b,c"])[0].ordinal is None


# -- what the numbers mean ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def skewed() -> tuple[SumScore, np.ndarray]:
    thresholds = [[0.2, 0.9], [-1.0], [-0.5, 0.1, 1.4]]
    item = np.repeat([0, 1, 2], [2, 1, 3])
    return SumScore(np.concatenate(thresholds), item, np.array([1.0, 1.0, 1.0, 2.0, 1.0, 1.0])), np.array(
        [0.8, 0.6, -0.3])


def test_categorical_omega_is_the_correlation_of_two_independent_askings(skewed: tuple[SumScore, np.ndarray]) -> None:
    score, loadings = skewed
    rng = np.random.default_rng(4)
    factor = rng.standard_normal((200_000, 1))

    def asked() -> np.ndarray:
        response = factor * loadings + rng.standard_normal((len(factor), 3)) * np.sqrt(1 - loadings**2)
        return (response[:, score.item] > score.thresholds) @ score.steps

    once, again = asked(), asked()
    # The standard error of a correlation from 200,000 rows is below .0022.
    assert green_yang(score, loadings).value == pytest.approx(np.corrcoef(once, again)[0, 1], abs=0.007)
    implied = np.outer(loadings, loadings)
    np.fill_diagonal(implied, 1)
    assert sum_variance(score, implied) == pytest.approx(np.var(once), rel=0.015)


def test_slopes_of_categorical_omega_are_its_derivatives(skewed: tuple[SumScore, np.ndarray]) -> None:
    score, loadings = skewed
    found, step = green_yang(score, loadings), 1e-5

    def moved(threshold: np.ndarray, loading: np.ndarray) -> float:
        return green_yang(SumScore(score.thresholds + threshold, score.item, score.steps), loadings + loading).value

    for place, slope in enumerate(found.by_threshold):
        by = step * np.eye(len(score.thresholds))[place]
        assert slope == pytest.approx((moved(by, 0 * loadings) - moved(-by, 0 * loadings)) / (2 * step), abs=1e-8)
    for place, slope in enumerate(found.by_loading):
        by = step * np.eye(3)[place]
        nothing = 0 * score.thresholds
        assert slope == pytest.approx((moved(nothing, by) - moved(nothing, -by)) / (2 * step), abs=1e-8)


def test_equal_correlations_give_the_spearman_brown_formula() -> None:
    correlation = np.full((6, 6), 0.3) + 0.7 * np.eye(6)
    assert ordinal_alpha(correlation) == pytest.approx(6 * 0.3 / (1 + 5 * 0.3), abs=1e-14)


def test_codes_and_the_order_of_items_make_no_difference() -> None:
    items = answers()
    found, other = scale(items), scale(items[:, ::-1] + 10)
    assert (other.alpha, other.omega) == pytest.approx((found.alpha, found.omega), abs=1e-9)
    assert list(other.loadings.values())[::-1] == pytest.approx(list(found.loadings.values()), abs=1e-8)
    turned = scale(6 - items)
    assert (*turned.alpha_ci, *turned.omega_ci) == pytest.approx((*found.alpha_ci, *found.omega_ci), abs=1e-8)


def test_a_higher_level_widens_both_intervals_by_the_normal_quantile() -> None:
    narrow, wide = scale(answers(), level=0.9), scale(answers(), level=0.99)
    ratio = stats.norm.isf(0.005) / stats.norm.isf(0.05)
    for field in ("alpha", "omega"):
        (a, b), (c, d) = getattr(narrow, f"{field}_ci"), getattr(wide, f"{field}_ci")
        assert (d - c) / (b - a) == pytest.approx(ratio, rel=1e-12)


def test_a_code_nobody_gave_is_named_and_the_sum_keeps_its_step() -> None:
    items = answers(n=400)
    gap = np.where(items[:, [0]] >= 4, items[:, [0]] + 2, items[:, [0]])
    found, plain = scale(np.hstack([gap, items[:, 1:]])), scale(items)
    assert found.categories["i1"] == (1.0, 2.0, 3.0, 6.0, 7.0)
    assert any("i1" in warning and "between 3 and 6" in warning for warning in found.warnings)
    assert found.alpha == pytest.approx(plain.alpha, abs=1e-12)
    assert found.loadings == pytest.approx(plain.loadings, abs=1e-12)
    assert found.omega < plain.omega - 0.001  # the wide step gives one item's error more weight in the sum


# -- where there is no value, and bad input -----------------------------------------------------------


def test_one_factor_is_found_again_from_its_own_correlations() -> None:
    loadings = np.array([0.9, 0.4, -0.6, 0.7, 0.2])
    first, second = np.triu_indices(5, 1)
    gamma = np.linspace(0.5, 4, len(first))
    found = one_factor_of_polychorics((loadings[first] * loadings[second]), gamma, 5)
    assert found.converged
    assert found.loadings == pytest.approx(loadings, abs=1e-10)
    flipped = one_factor_of_polychorics(loadings[first] * loadings[second], gamma * 1e6, 5)
    assert flipped.loadings == pytest.approx(loadings, abs=1e-8)


def test_a_constant_item_leaves_everything_undefined_and_is_named() -> None:
    items = answers()
    items[:, 2] = 3
    found = scale(items)
    for value in (found.alpha, *found.alpha_ci, found.omega, *found.omega_ci, found.omega_observed):
        assert "i3 got one and the same answer in all 250 complete rows" in reason(value)
    assert found.categories["i3"] == (3.0,)


def test_items_that_determine_each_other_are_named() -> None:
    items = answers()
    items[:, 1], items[:, 3] = items[:, 0], 6 - items[:, 0]
    found = scale(items)
    for value in (found.alpha, found.omega, *found.loadings.values()):
        assert "i1 and i2 got the same answer; i1 and i4 got opposite answers" in reason(value)
    # One answer the less on one of them is enough for a table whose correlation lies at the limit.
    merged = answers()
    merged[:, 1] = np.minimum(merged[:, 0], 3)
    assert any("i1 and i2" in warning and "limit" in warning for warning in scale(merged).warnings)


def test_one_item_and_too_few_rows() -> None:
    assert "two items or more" in reason(scale(answers(k=1)).alpha)
    few = answers()
    few[2:, 0] = np.nan
    found = scale(few)
    assert (found.n, found.n_incomplete) == (2, 248)
    assert "only 2 rows are complete" in reason(found.omega)
    few[:, 0] = np.nan
    assert "only 0 rows are complete" in reason(scale(few).alpha)


def test_a_loading_beyond_one_leaves_omega_undefined_and_the_loadings_standing() -> None:
    rng = np.random.default_rng(3)
    correlation = np.array([[1, 0.8, 0.8], [0.8, 1, 0.45], [0.8, 0.45, 1]])
    items = np.digitize(rng.multivariate_normal(np.zeros(3), correlation, 500), [-1, 0, 1])
    found = scale(items)
    assert "i1 has no positive uniqueness" in reason(found.omega)
    assert found.loadings["i1"] > 1
    assert any("Heywood" in warning for warning in found.warnings)
    assert isinstance(found.alpha, float)


def test_items_that_share_nothing_do_not_identify_a_factor() -> None:
    # Every pair of items is independent, to the last case.
    grid = np.array(np.meshgrid(*[[1, 2, 3]] * 3)).reshape(3, -1).T
    found = scale(np.tile(grid, (4, 1)))
    assert found.alpha == pytest.approx(0, abs=1e-8)
    assert "identify" in reason(found.omega)


def test_codes_that_are_no_categories_are_refused_all_at_once() -> None:
    items = answers()
    items[0, 1] = 2.5
    items[:, 3] = np.arange(250) % 30
    with pytest.raises(InputError) as refused:
        scale(items)
    assert [(found.code, found.place) for found in refused.value.findings] == [
        ("ORDERED-CODES", "i2"), ("ORDERED-CATEGORIES", "i4")]
    assert "2.5" in refused.value.findings[0].rule
    assert "30" in refused.value.findings[1].rule
    items = answers()
    items[:, 0] = np.arange(250) % 14
    assert any("14 categories" in warning for warning in scale(items).warnings)
    with pytest.raises(InputError, match="ITEM-DOUBLED"):
        ordinal_reliability(answers(k=2), ["a", "a"])


def test_a_study_goes_on_past_answers_that_are_no_categories() -> None:
    items = answers()
    items[0, 1] = 2.5
    found = ordinal_or_reason(items, names(4))
    assert "i2: Categories of an ordered variable are integers; found 2.5" in reason(found.alpha)
    assert (found.n, found.n_incomplete) == (250, 0)
    assert ordinal_or_reason(answers(), names(4)) == scale(answers())
