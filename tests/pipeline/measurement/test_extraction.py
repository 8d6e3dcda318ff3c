"""Exploratory factor analysis against psych, its laws, the faults that are mended, and refusals."""

from __future__ import annotations

from typing import get_args

import factor_analyzer.factor_analyzer as package
import numpy as np
import pandas as pd
import pytest
from factor_analyzer import FactorAnalyzer
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.measurement import rotation as rotation_module
from pipeline.measurement.extraction import (
    FactorSolution,
    Method,
    degrees_of_freedom,
    extract,
    factorability,
    likelihood_ratio,
    root_mean_squared_residual,
)
from pipeline.measurement.rotation import Rotation, arrange, rotate
from pipeline.undefined import Undefined
from tests.pipeline.measurement.reference import REFERENCE, cases

NINE = [f"x{number}" for number in range(1, 10)]
SEARCHED = 2e-5
"""psych and factor_analyzer both stop their search at a relative change of about 1e-9 in the objective."""
PACKAGED = ("oblimin", "promax", "varimax", "none")
"""Rotations of factor_analyzer; test_rotations.py has those of this package."""
SOLUTIONS = [f"{method} {rotation}" for method in get_args(Method) for rotation in PACKAGED]


def implied(solution: FactorSolution) -> np.ndarray:
    loadings, phi = np.array(solution.loadings), np.array(solution.phi)
    return loadings @ phi @ loadings.T


@pytest.mark.parametrize(("data", "name"), cases("factor_analyses"))
def test_factorability_is_psychs(data: str, name: str, frames: dict[str, pd.DataFrame]) -> None:
    expected = REFERENCE[data]["factor_analyses"][name]
    found = factorability(frames[data][expected["items"]].to_numpy(float), expected["items"])
    assert (found.n, found.bartlett_df) == (expected["n"], expected["bartlett_df"])
    assert found.kmo == pytest.approx(expected["kmo"], abs=1e-12)
    assert found.kmo_items == pytest.approx(expected["kmo_items"], abs=1e-12)
    assert found.bartlett == pytest.approx(expected["bartlett"], abs=1e-9)
    assert found.bartlett_pvalue == pytest.approx(expected["bartlett_pvalue"], rel=1e-9)


@pytest.mark.parametrize("solution", SOLUTIONS)
@pytest.mark.parametrize(("data", "name"), cases("factor_analyses"))
def test_solution_is_psychs_in_its_order_and_with_its_signs(
    data: str, name: str, solution: str, frames: dict[str, pd.DataFrame]
) -> None:
    # Nothing is aligned before comparing: both put factors in falling order of diag(Φ ΛᵀΛ), each with a
    # positive sum of loadings.
    analysis = REFERENCE[data]["factor_analyses"][name]
    expected = analysis["solutions"][solution]
    method, rotation = solution.split()
    found = extract(
        frames[data][analysis["items"]].to_numpy(float), analysis["items"], factors=len(expected["loadings"][0]),
        method=method, rotation=rotation,  # type: ignore[arg-type]
    )
    assert (found.n, found.n_incomplete, found.df) == (analysis["n"], analysis["n_incomplete"], expected["df"])
    for column in ("loadings", "phi", "communality", "uniqueness", "variance_explained"):
        difference = np.array(getattr(found, column)) - np.array(expected[column]).reshape(
            np.shape(getattr(found, column))
        )
        assert np.abs(difference).max() < SEARCHED, column
    assert found.chisq == pytest.approx(expected["chisq"], abs=1e-3 if method == "minres" else 1e-6)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=1e-3)
    assert found.rmsr == pytest.approx(expected["rmsr"], abs=1e-6)
    assert found.converged
    assert not found.warnings


@pytest.mark.parametrize("method", get_args(Method))
def test_rotation_changes_neither_fit_nor_communality(nine: np.ndarray, method: Method) -> None:
    plain, *others = (
        extract(nine, NINE, factors=3, method=method, rotation=rotation)
        for rotation in ("none", "oblimin", "promax", "varimax")
    )
    for other in others:
        assert implied(other) == pytest.approx(implied(plain), abs=1e-8)
        assert other.chisq == pytest.approx(plain.chisq)
        assert other.loadings != plain.loadings
        assert sum(other.variance_explained) * 9 == pytest.approx(sum(other.communality))


def test_rows_of_items_follow_the_columns_given(nine: np.ndarray) -> None:
    order = [4, 0, 8, 2, 6, 1, 7, 3, 5]
    straight = extract(nine, NINE, factors=3)
    shuffled = extract(nine[:, order], [NINE[i] for i in order], factors=3)
    assert shuffled.items == tuple(NINE[i] for i in order)
    assert np.array(shuffled.loadings) == pytest.approx(np.array(straight.loadings)[order], abs=1e-4)
    assert np.array(shuffled.phi) == pytest.approx(np.array(straight.phi), abs=1e-4)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_arranging_keeps_what_is_implied(seed: int) -> None:
    generator = np.random.default_rng(seed)
    loadings = generator.standard_normal((7, 3))
    phi = np.corrcoef(generator.standard_normal((3, 20)))
    arranged, correlations = arrange(loadings, phi)
    assert arranged @ correlations @ arranged.T == pytest.approx(loadings @ phi @ loadings.T)
    assert (arranged.sum(axis=0) >= 0).all()
    explained = np.diag(correlations @ arranged.T @ arranged)
    assert (np.diff(explained) <= 1e-12).all()


def simple_structure() -> np.ndarray:
    """Loadings of nine items, each on one of three factors of two, three and four items."""
    loadings = np.zeros((9, 3))
    loadings[:2, 0], loadings[2:5, 1], loadings[5:, 2] = 0.6, 0.7, 0.8
    return loadings


PHI = np.array([[1, 0.5, 0.1], [0.5, 1, 0.3], [0.1, 0.3, 1]])


def made_of(R: np.ndarray, n: int = 300) -> np.ndarray:
    """Rows (n, p) whose correlations are exactly ``R``."""
    raw = np.random.default_rng(9).standard_normal((n, len(R)))
    white = np.linalg.solve(np.linalg.cholesky(np.cov(raw, rowvar=False)), (raw - raw.mean(axis=0)).T).T
    return white @ np.linalg.cholesky(R).T


def population() -> np.ndarray:
    R = simple_structure() @ PHI @ simple_structure().T
    np.fill_diagonal(R, 1)
    return R


@pytest.mark.parametrize("method", get_args(Method))
def test_oblimin_recovers_a_simple_structure_and_its_factor_correlations(method: Method) -> None:
    solution = extract(made_of(population()), NINE, factors=3, method=method, rotation="oblimin")
    loadings, phi = arrange(simple_structure(), PHI)
    assert np.array(solution.loadings) == pytest.approx(loadings, abs=5e-3)
    assert np.array(solution.phi) == pytest.approx(phi, abs=5e-3)
    assert solution.rmsr < 1e-4


@pytest.mark.filterwarnings("ignore:'force_all_finite':FutureWarning")
def test_the_mended_faults_are_still_there_to_mend(nine: np.ndarray) -> None:
    """When this fails, factor_analyzer has mended itself and rotation.py may become simpler."""
    theirs = FactorAnalyzer(n_factors=3, rotation="oblimin", method="ml").fit(nine)
    ours = extract(nine, NINE, factors=3, method="ml", rotation="oblimin")
    R = np.corrcoef(nine, rowvar=False)
    misfit = root_mean_squared_residual(R, theirs.loadings_ @ theirs.phi_ @ theirs.loadings_.T)
    assert (round(misfit, 3), round(ours.rmsr, 3)) == (0.045, 0.019)
    assert np.abs(theirs.get_communalities() - np.array(ours.communality)).max() > 0.1


def test_incomplete_rows_are_left_out_and_counted(nine: np.ndarray) -> None:
    with_gaps = np.vstack([nine, np.where(np.eye(9)[:2] == 1, np.nan, 3.0)])
    found = extract(with_gaps, NINE, factors=2)
    assert (found.n, found.n_incomplete) == (301, 2)
    assert found.loadings == extract(nine, NINE, factors=2).loadings


def test_a_search_cut_short_has_not_converged(nine: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    minimize = package.minimize

    def short(*arguments: object, options: object, **keywords: object) -> object:
        return minimize(*arguments, options={"maxiter": 1}, **keywords)

    monkeypatch.setattr(package, "minimize", short)
    found = extract(nine, NINE, factors=3)
    assert not found.converged
    assert any("Failed to converge" in warning for warning in found.warnings)


@pytest.mark.parametrize("method", get_args(Method))
def test_a_search_that_only_claims_to_have_arrived_is_found_out(
    nine: np.ndarray, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimize = package.minimize

    def boastful(*arguments: object, options: object, **keywords: object) -> object:
        result = minimize(*arguments, options={"maxiter": 1}, **keywords)
        result.success = True
        return result

    monkeypatch.setattr(package, "minimize", boastful)
    found = extract(nine, NINE, factors=3, method=method)
    assert not found.converged
    assert any("stopped before its optimum" in warning for warning in found.warnings)


@pytest.mark.parametrize("rotation", ["oblimin", "promax", "varimax"])
def test_a_rotation_cut_short_has_not_converged(
    nine: np.ndarray, rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    unrotated = np.array(extract(nine, NINE, factors=3, rotation="none").loadings)
    assert rotate(unrotated, rotation).converged
    rotator = rotation_module.Rotator
    monkeypatch.setattr(rotation_module, "Rotator", lambda method, max_iter: rotator(method=method, max_iter=1))
    assert not rotate(unrotated, rotation).converged


def test_a_heywood_case_is_named() -> None:
    # One factor behind these correlations would have to explain .8·.8/.5 = 128 % of the first item.
    rows = made_of(np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]]))
    found = extract(rows, NINE[:3], factors=1)
    (warning,) = found.warnings
    assert warning.startswith("x1:")
    assert "Heywood" in warning
    assert found.converged


def test_degrees_of_freedom_and_what_they_leave_undefined(nine: np.ndarray) -> None:
    assert degrees_of_freedom(9, 3) == 12
    saturated = extract(nine[:, :3], NINE[:3], factors=1)
    assert saturated.df == 0
    assert isinstance(saturated.pvalue, Undefined)
    assert saturated.chisq == pytest.approx(0, abs=1e-4)


def test_bartletts_correction_needs_rows() -> None:
    chisq, pvalue = likelihood_ratio(np.eye(6), np.eye(6) * 0.5, n=5, m=2, df=4)
    assert isinstance(chisq, Undefined)
    assert isinstance(pvalue, Undefined)
    assert "too few" in chisq.because


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"factors": 6}, "EFA-FACTORS"),
        ({"factors": 0}, "EFA-FACTORS"),
        ({"method": "paf"}, "EFA-METHOD"),
        ({"rotation": "quartimax"}, "EFA-ROTATION"),
        ({"correlation": "kendall"}, "EFA-CORRELATION"),
    ],
)
def test_impossible_requests_are_refused_with_the_possible_ones(nine: np.ndarray, change: dict, code: str) -> None:
    with pytest.raises(InputError) as refused:
        extract(nine, NINE, **({"factors": 3} | change))
    (finding,) = refused.value.findings
    assert finding.code == code
    expected = {"EFA-FACTORS": "at most 5", "EFA-METHOD": "ml, minres", "EFA-CORRELATION": "pearson, polychoric",
                "EFA-ROTATION": "oblimin, promax, varimax, geomin"}
    assert expected[code] in finding.rule


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda rows: rows[:9], "EFA-ROWS"),
        (lambda rows: np.where(np.arange(9) == 4, 1.0, rows), "EFA-CONSTANT"),
        (lambda rows: np.column_stack([rows[:, :8], rows[:, 0] + rows[:, 1]]), "EFA-SINGULAR"),
    ],
)
def test_data_that_cannot_be_factored_are_refused(nine: np.ndarray, spoil, code: str) -> None:  # type: ignore[no-untyped-def]
    spoiled = spoil(nine)
    with pytest.raises(InputError, match=code):
        extract(spoiled, NINE, factors=2)
    with pytest.raises(InputError, match=code):
        factorability(spoiled, NINE)
