"""Geomin and target rotation against psych and GPArotation, and the laws of the search; polychoric solutions."""

from __future__ import annotations

import numpy as np
import pytest
from factor_analyzer.rotator import Rotator

from instrument.errors import InputError
from pipeline.measurement import gradient_projection, rotation
from pipeline.measurement.extraction import extract, solution_of
from pipeline.measurement.gradient_projection import geomin, project, starting_points, towards
from pipeline.measurement.rotation import rotate, target_of
from pipeline.undefined import Undefined
from tests.pipeline.measurement.factors import FACTORS, answers

SEARCHED = 1e-4
"""GPArotation stops its geomin search at a projected gradient of 1e-5."""
SOLUTIONS = [
    (data, f"{method} {rotation}") for method in ("ml", "minres")
    for data, rotations in (("holzinger39", ["geomin"]), ("likert", ["geomin"]),
                            ("answers", ["oblimin", "promax", "varimax", "geomin"]))
    for rotation in rotations
]
"""The others of holzinger39 and likert are compared in test_extraction.py."""
STARTS = {"geomin": (30, 30, 0), "oblimin": (2, 2, 0)}


def groups_of(data: str) -> list[list[str]]:
    items, factors = FACTORS[data]["items"], FACTORS[data]["factors"]
    each = len(items) // factors
    return [items[k * each:(k + 1) * each] for k in range(factors)]


@pytest.mark.parametrize(("data", "solution"), SOLUTIONS)
def test_solution_is_psychs_in_its_order_and_with_its_signs(data: str, solution: str) -> None:
    reference = FACTORS[data]
    expected = reference["solutions"][solution]
    method, by = solution.split()
    ours = extract(answers(data), reference["items"], factors=reference["factors"], method=method,
                   rotation=by)  # type: ignore[arg-type]
    for column in ("loadings", "phi", "communality", "variance_explained"):
        difference = np.array(getattr(ours, column)) - np.array(expected[column])
        assert np.abs(difference).max() < SEARCHED, column
    assert ours.rmsr == pytest.approx(expected["rmsr"], abs=1e-6)
    assert ours.chisq == pytest.approx(expected["chisq"], abs=1e-3)
    assert ours.df == expected["df"]
    assert ours.converged
    assert (ours.starts, ours.starts_at_best, ours.local_solutions) == STARTS.get(by, (1, 1, 0))


@pytest.mark.parametrize("data", FACTORS)
def test_target_rotation_is_gparotations(data: str) -> None:
    reference = FACTORS[data]
    target = target_of(groups_of(data), reference["items"])
    ours = extract(answers(data), reference["items"], factors=reference["factors"], method="ml", rotation="target",
                   target=target)
    assert np.array(ours.loadings) == pytest.approx(np.array(reference["target"]["loadings"]), abs=1e-5)
    assert np.array(ours.phi) == pytest.approx(np.array(reference["target"]["phi"]), abs=1e-5)
    assert ours.converged


def test_oblimin_does_not_stay_on_a_saddle_of_symmetric_factors() -> None:
    # psych's fa stays there (factor correlations .86, 0, 0); its omega, from varimax, does not.
    phi = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    R = 0.49 * np.kron(phi, np.ones((3, 3)))
    np.fill_diagonal(R, 1)
    ours = solution_of(R, factors=3, method="minres", rotation="oblimin")
    assert sorted(ours.phi[np.triu_indices(3, 1)]) == pytest.approx([0.5, 0.8, 0.8], abs=1e-3)
    assert (ours.starts, ours.starts_at_best, ours.local_solutions) == (2, 1, 1)
    assert not ours.messages


@pytest.mark.parametrize("solution", ["minres oblimin", "ml geomin"])
def test_solution_of_polychorics_is_psychs_and_has_no_likelihood_ratio(solution: str) -> None:
    reference = FACTORS["likert"]
    expected = reference["polychoric"]["solutions"][solution]
    method, by = solution.split()
    ours = extract(answers("likert"), reference["items"], factors=3, method=method, rotation=by,
                   correlation="polychoric")  # type: ignore[arg-type]
    for column in ("loadings", "phi", "communality"):
        assert np.abs(np.array(getattr(ours, column)) - np.array(expected[column])).max() < SEARCHED, column
    assert ours.correlation == "polychoric"
    assert isinstance(ours.chisq, Undefined)
    assert ours.pvalue == ours.chisq
    assert ours.df == expected["df"]
    pearson = extract(answers("likert"), reference["items"], factors=3)
    assert abs(ours.loadings[0][0]) != pytest.approx(abs(pearson.loadings[0][0]), abs=1e-3)


def test_geomin_without_more_starts_is_factor_analyzers() -> None:
    unrotated = np.array(extract(answers("likert"), FACTORS["likert"]["items"], factors=3, rotation="none").loadings)
    rotator = Rotator(method="geomin_obl", max_iter=2000, normalize=False, tol=1e-7)
    theirs = rotator.fit_transform(unrotated)
    ours = project(unrotated, geomin(), starting_points(3, 1, seed=1))
    assert ours.loadings == pytest.approx(theirs, abs=1e-5)
    assert ours.phi == pytest.approx(rotator.phi_, abs=1e-5)


def shapeless() -> np.ndarray:
    """Unrotated loadings (14, 4) without simple structure: geomin has many minima."""
    return np.random.default_rng(1).uniform(-0.1, 0.8, (14, 4))


def test_more_starts_never_end_worse_and_other_minima_are_counted() -> None:
    few, many = (project(shapeless(), geomin(), starting_points(4, starts, seed=5)) for starts in (1, 8))
    assert many.value < few.value - 1e-3
    assert many.converged
    assert many.starts_at_best + many.local_solutions <= many.starts == 8
    assert many.local_solutions > 1
    assert (few.starts, few.starts_at_best, few.local_solutions) == (1, 1, 0)


def test_starts_come_from_their_seed_and_more_of_them_keep_the_earlier() -> None:
    few, many = starting_points(3, 4, seed=2), starting_points(3, 6, seed=2)
    assert np.array_equal(few, many[:4])
    assert np.array_equal(few[0], np.eye(3))
    assert many.transpose(0, 2, 1) @ many == pytest.approx(np.broadcast_to(np.eye(3), (6, 3, 3)))
    assert not np.allclose(many[1:], starting_points(3, 6, seed=3)[1:])


@pytest.mark.parametrize("criterion", [geomin(), towards(np.where(np.eye(14, 4) == 1, np.nan, 0.0))])
def test_derivatives_are_those_of_finite_differences(criterion: gradient_projection.Criterion) -> None:
    at = shapeless()[np.newaxis]
    _, slopes = criterion(at)
    moved, width = np.zeros_like(at), 1e-6
    for i, f in ((0, 0), (3, 2), (13, 3)):
        moved[:] = 0
        moved[0, i, f] = width
        numeric = (criterion(at + moved)[0] - criterion(at - moved)[0]) / (2 * width)
        assert slopes[0, i, f] == pytest.approx(numeric[0], abs=1e-7)


def test_rotation_leaves_what_is_implied_and_phi_is_a_correlation_matrix() -> None:
    A = shapeless()[:, :2]
    ours = rotate(A, "geomin")
    assert ours.loadings @ ours.phi @ ours.loadings.T == pytest.approx(A @ A.T)
    assert np.diag(ours.phi) == pytest.approx(np.ones(2))


def test_target_meets_a_structure_that_can_be_met_keeping_its_columns() -> None:
    loadings = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))[:, [2, 0, 1]]  # third, first, second triple
    phi = np.array([[1, 0.5, 0.1], [0.5, 1, 0.3], [0.1, 0.3, 1]])
    A = loadings @ np.linalg.cholesky(phi)
    target = np.where(loadings == 0, 0.0, np.nan)
    ours = rotate(A, "target", target=target)
    assert ours.converged
    assert ours.loadings == pytest.approx(loadings, abs=1e-5)
    assert ours.phi == pytest.approx(phi, abs=1e-5)


def test_target_turns_a_factor_whose_own_items_load_negatively(monkeypatch: pytest.MonkeyPatch) -> None:
    A = np.array(extract(answers("likert"), FACTORS["likert"]["items"], factors=3, rotation="none").loadings)
    target = target_of(groups_of("likert"), FACTORS["likert"]["items"])
    straight = rotate(A, "target", target=target)
    near = rotation._start_near(A, target)
    monkeypatch.setattr(rotation, "_start_near", lambda *_: near * np.array([1, -1, 1]))
    turned = rotate(A, "target", target=target)
    assert turned.loadings == pytest.approx(straight.loadings, abs=1e-5)
    assert turned.phi == pytest.approx(straight.phi, abs=1e-5)


def test_a_search_cut_short_has_not_converged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient_projection, "STEPS", 1)
    assert not rotate(shapeless(), "geomin").converged
    found = extract(answers("likert"), FACTORS["likert"]["items"], factors=3, rotation="geomin")
    assert not found.converged
    assert "the geomin rotation did not converge" in found.warnings


@pytest.mark.parametrize("target", [None, np.zeros((14, 3)), np.where(np.eye(14, 4) == 1, 0.0, np.nan)])
def test_a_target_that_decides_nothing_is_refused(target: np.ndarray | None) -> None:
    with pytest.raises(InputError, match="EFA-TARGET"):
        rotate(shapeless(), "target", target=target)


def test_a_target_of_items_not_analysed_is_refused() -> None:
    with pytest.raises(InputError, match="items c"):
        target_of([["a"], ["c"]], ["a", "b"])


@pytest.mark.parametrize("by", ["geomin", "target"])
def test_one_factor_is_left_as_it_is(by: str) -> None:
    one = np.array([[-0.5], [-0.6], [-0.7]])
    ours = rotate(one, by, target=np.full((3, 1), np.nan))  # type: ignore[arg-type]
    assert ours.loadings == pytest.approx(-one)
    assert ours.converged
