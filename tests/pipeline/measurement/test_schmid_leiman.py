"""Schmid–Leiman transformation and its omegas against psych and against a structure that is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.measurement.schmid_leiman import (
    HierarchicalOmega,
    SchmidLeiman,
    hierarchical_omega,
    hierarchical_omega_of_answers,
    hierarchical_or_reason,
    omega_hierarchical,
    omega_total,
    schmid_leiman,
)
from pipeline.undefined import Undefined
from tests.pipeline.measurement.factors import FACTORS, answers, correlations

CASES = [pytest.param(data, expected, id=f"{data}, {expected['factors']} factors")
         for data, reference in FACTORS.items() for expected in reference["omegas"]]


def known(solution: SchmidLeiman | HierarchicalOmega | Undefined) -> Any:
    assert not isinstance(solution, Undefined)
    return solution


@pytest.mark.parametrize(("data", "expected"), CASES)
class TestAgainstPsych:
    def test_transformation_has_psychs_loadings_and_signs(self, data: str, expected: dict[str, Any]) -> None:
        ours, m = known(schmid_leiman(np.array(expected["oblique"]), np.array(expected["phi"]))), expected["factors"]
        table = np.array(expected["sl"])
        assert ours.second_order == pytest.approx(np.array(expected["second_order"]), abs=2e-6)
        assert ours.general == pytest.approx(table[:, 0], abs=2e-6)
        assert ours.group == pytest.approx(table[:, 1:1 + m], abs=2e-6)
        assert np.column_stack([ours.h2, ours.u2, ours.p2]) == pytest.approx(table[:, 1 + m:], abs=1e-5)
        assert ours.ecv == pytest.approx(expected["ecv"], abs=1e-6)

    def test_omegas_of_the_correlations_are_psychs(self, data: str, expected: dict[str, Any]) -> None:
        ours = known(hierarchical_omega(correlations(data), factors=expected["factors"]))
        assert ours.hierarchical == pytest.approx(expected["hierarchical"], abs=1e-5)
        assert ours.total == pytest.approx(expected["total"], abs=1e-6)
        assert ours.asymptotic == pytest.approx(expected["limit"], abs=1e-5)
        assert ours.ecv == pytest.approx(expected["ecv"], abs=1e-5)
        assert ours.converged
        # psych's factors stand in the order of the varimax solution, ours in that of the oblique one.
        theirs = sorted(expected["groups"][1:])
        rows = sorted([group.total, group.general, group.group] for group in ours.groups)
        assert np.array(rows) == pytest.approx(np.array(theirs), abs=3e-5)


def structure() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Oblique loadings, second-order loadings and correlations (9, 9) of three groups behind one general factor."""
    pattern = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))
    second = np.array([0.9, 0.7, 0.5])
    phi = np.outer(second, second)
    np.fill_diagonal(phi, 1)
    R = pattern @ phi @ pattern.T
    np.fill_diagonal(R, 1)
    return pattern, second, phi, R


def test_a_known_structure_is_recovered() -> None:
    pattern, second, phi, R = structure()
    ours = known(schmid_leiman(pattern, phi))
    assert ours.second_order == pytest.approx(second)
    assert ours.general == pytest.approx(pattern @ second)
    assert ours.group == pytest.approx(pattern * np.sqrt(1 - second**2))
    assert ours.h2 == pytest.approx((ours.group**2).sum(axis=1) + ours.general**2)
    general, group = (pattern @ second).sum() ** 2, ((pattern * np.sqrt(1 - second**2)).sum(axis=0) ** 2).sum()
    assert omega_hierarchical(R, ours.general) == pytest.approx(general / R.sum())
    assert omega_total(R, ours.u2) == pytest.approx((general + group) / R.sum())
    found = known(hierarchical_omega(R))
    assert found.hierarchical == pytest.approx(general / R.sum(), abs=1e-4)
    assert found.asymptotic == pytest.approx(found.hierarchical / found.total)
    assert sorted(group.items for group in found.groups) == [(0, 1, 2), (3, 4, 5), (6, 7, 8)]


def test_two_factors_share_their_correlation_as_asked() -> None:
    pattern = np.kron(np.eye(2), np.ones((2, 1)) * 0.7)
    phi = np.array([[1, -0.36], [-0.36, 1]])
    found = {option: known(schmid_leiman(pattern, phi, option=option)).second_order.tolist()
             for option in ("equal", "first", "second")}  # type: ignore[arg-type]
    assert found == {"equal": pytest.approx([0.6, -0.6]), "first": [1.0, -0.36], "second": [-0.36, 1.0]}


def test_a_general_factor_that_would_take_more_than_all_of_a_factor_is_undefined() -> None:
    # .8·.8/.5: the first factor would have to load 1.13.
    phi = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    found = schmid_leiman(np.kron(np.eye(3), np.full((3, 1), 0.7)), phi)
    assert isinstance(found, Undefined)
    assert "factor 1 would load 1.13" in found.because
    turned = phi * np.outer([-1, 1, 1], [-1, 1, 1])  # the same with the first factor the other way round
    found = schmid_leiman(np.kron(np.eye(3), np.full((3, 1), 0.7)), turned)
    assert isinstance(found, Undefined)
    assert "factor 1 would load -1.13" in found.because
    R = 0.49 * np.kron(phi, np.ones((3, 3)))
    np.fill_diagonal(R, 1)
    assert isinstance(hierarchical_omega(R), Undefined)


def test_items_against_the_general_factor_are_named_and_not_turned_round() -> None:
    # a4 of these answers is worded the other way round and left so.
    found = known(hierarchical_omega(correlations("likert")))
    assert found.negative == (3,)
    reason = hierarchical_or_reason(found)
    assert isinstance(reason, Undefined)
    assert "item 4" in reason.because
    named = hierarchical_or_reason(found, FACTORS["likert"]["items"])
    assert isinstance(named, Undefined)
    assert named.because.endswith(": a4")
    keyed = answers("likert")
    keyed[:, 3] = 8 - keyed[:, 3]
    turned = known(hierarchical_omega_of_answers(keyed, FACTORS["likert"]["items"]))
    assert turned.negative == ()
    assert hierarchical_or_reason(turned) == turned.hierarchical > found.hierarchical


@pytest.mark.parametrize(("size", "factors", "why"), [
    (9, 1, "two of them or more"), (4, 2, "fewer correlations"), (5, 3, "fewer correlations"),
])
def test_too_few_items_or_factors_are_undefined(size: int, factors: int, why: str) -> None:
    found = hierarchical_omega(structure()[3][:size, :size], factors=factors)
    assert isinstance(found, Undefined)
    assert why in found.because
    assert hierarchical_or_reason(found) == found


def test_a_sum_without_variance_has_no_omega() -> None:
    R = np.where(np.eye(6) == 1, 1, -0.2)
    found = hierarchical_omega(R, factors=2)
    assert isinstance(found, Undefined)
    assert "no variance" in found.because


def test_answers_that_cannot_be_factored_are_refused() -> None:
    rows = answers("holzinger39")
    rows[:, 2] = 1.0
    with pytest.raises(InputError, match="EFA-CONSTANT"):
        hierarchical_omega_of_answers(rows, FACTORS["holzinger39"]["items"])
