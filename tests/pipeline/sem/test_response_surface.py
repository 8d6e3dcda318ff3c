"""The response surface beside lavaan's defined parameters (``tests/reference/interactions/script.R``)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instrument.errors import InputError
from pipeline.sem.coefficients import WaldTest
from pipeline.sem.response_surface import (
    ResponseSurface,
    polynomial_columns,
    principal_axes,
    response_surface,
    stationary_point,
    surface_shape,
    surface_tests,
    within_range,
)
from pipeline.undefined import Undefined
from tests.pipeline.sem.test_products import FOLDER, fitted, stored

TERMS = ("T", "V", "T2", "TV", "V2")
V = np.diag([4.0, 3.0, 1.0, 2.0, 1.0]) / 1000 + 0.0002


def rows() -> dict[str, dict]:
    return {row["lhs"] if row["op"] == ":=" else row["label"]: row for row in stored("surface_mlr")["parameters"]}


def agree(ours: WaldTest, theirs: dict) -> None:
    for field, column in (("est", "est"), ("se", "se"), ("z", "z"), ("pvalue", "pvalue"), ("lower", "ci.lower"),
                          ("upper", "ci.upper")):
        np.testing.assert_allclose(getattr(ours, field), theirs[column], rtol=1e-4, atol=1e-6,
                                   err_msg=f"{ours.name} {field}")


def surface(points: int = 5) -> ResponseSurface:
    data = pd.read_csv(FOLDER / "data" / "surface.csv")[["T", "V"]].to_numpy(float)
    found = response_surface(fitted("surface_mlr"), "INN", TERMS, data, limits=(-3.0, 3.0), points=points)
    assert isinstance(found, ResponseSurface)
    return found


def test_coefficients_and_surface_tests_are_lavaans():
    found, theirs = surface(), rows()
    assert [test.name for test in found.coefficients] == ["b1", "b2", "b3", "b4", "b5"]
    assert [test.name for test in found.tests] == ["a1", "a2", "a3", "a4", "a5"]
    for test in (*found.coefficients, *found.tests):
        agree(test, theirs[test.name])


def test_stationary_point_and_axes_are_lavaans():
    found, theirs = surface(), rows()
    assert not isinstance(found.stationary, Undefined)
    assert not isinstance(found.first_axis, Undefined)
    assert not isinstance(found.second_axis, Undefined)
    quantities = (*found.stationary, found.first_axis.slope, found.first_axis.intercept, found.second_axis.slope,
                  found.second_axis.intercept)
    assert [q.name for q in quantities if isinstance(q, WaldTest)] == ["x0", "y0", "p11", "p10", "p21", "p20"]
    for quantity in quantities:
        assert isinstance(quantity, WaldTest)
        agree(quantity, theirs[quantity.name])
    assert found.shape == "saddle"


def test_the_kernel_works_on_coefficients_alone():
    said = stored("surface_mlr")
    for test in surface_tests(np.array(said["coefficients"]), np.array(said["vcov"])):
        np.testing.assert_allclose([test.est, test.se], [rows()[test.name]["est"], rows()[test.name]["se"]], rtol=1e-6)


def test_the_predicted_surface_is_the_polynomial_with_its_error():
    found = surface(points=5)
    assert [(point.x, point.y) for point in found.grid[:6]] == [(-3, -3), (-1.5, -3), (0, -3), (1.5, -3), (3, -3),
                                                                (-3, -1.5)]
    b = [test.est for test in found.coefficients]
    congruent = next(point for point in found.grid if (point.x, point.y) == (1.5, 1.5))
    a1, a2 = found.tests[0].est, found.tests[1].est
    assert congruent.predicted.est == pytest.approx(a1 * 1.5 + a2 * 1.5 ** 2)
    incongruent = next(point for point in found.grid if (point.x, point.y) == (1.5, -3))
    assert incongruent.predicted.est == pytest.approx(
        b[0] * 1.5 - b[1] * 3 + b[2] * 2.25 - b[3] * 4.5 + b[4] * 9)
    middle = next(point for point in found.grid if (point.x, point.y) == (0, 0))
    assert middle.predicted.est == 0
    assert isinstance(middle.predicted.pvalue, Undefined)
    along = next(point for point in found.grid if (point.x, point.y) == (3, 0))
    vcov = np.array(stored("surface_mlr")["vcov"])
    assert along.predicted.se == pytest.approx(np.sqrt(9 * vcov[0, 0] + 54 * vcov[0, 2] + 81 * vcov[2, 2]), rel=1e-4)


def test_points_that_no_firm_comes_near_are_outside():
    inside = {(point.x, point.y): point.inside for point in surface().grid}
    assert inside[0, 0]
    assert inside[1.5, 1.5]
    assert not inside[-3, -3]
    assert not inside[-3, 3]


def test_the_hull_holds_its_edge_and_leaves_gaps_out():
    triangle = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [np.nan, 5.0], [0.5, 0.5]])
    points = np.array([[1.0, 1.0], [1.01, 1.0], [0.0, 0.0], [0.5, 0.2], [-0.01, 1.0]])
    assert within_range(triangle, points).tolist() == [True, False, True, True, False]


@pytest.mark.parametrize("data", [np.column_stack([np.arange(9.0), np.arange(9.0)]), np.array([[0.0, 1.0], [1.0, 0.0]]),
                                  np.full((4, 2), np.nan)])
def test_data_on_a_line_span_no_surface(data):
    with pytest.raises(InputError, match="span no area") as caught:
        within_range(data, np.zeros((1, 2)))
    assert caught.value.findings[0].code == "SURFACE-RANGE"


@pytest.mark.parametrize(("b", "shape"), [
    ([0.1, 0.2, -0.3, 0.1, -0.2], "dome"), ([0.1, 0.2, 0.3, 0.1, 0.2], "bowl"), ([0.1, 0.2, 0.3, 0.1, -0.2], "saddle"),
    ([0.1, 0.2, -0.1, 0.2, -0.1], "ridge or trough"), ([0.1, 0.2, 0.0, 0.0, 0.0], "plane"),
])
def test_shapes_are_named_and_only_curved_ones_have_a_stationary_point(b, shape):
    b = np.array(b)
    assert surface_shape(b) == shape
    assert isinstance(stationary_point(b, V), Undefined) == (shape in ("ridge or trough", "plane"))


@pytest.mark.parametrize("b", [[0.1, 0.2, -0.3, 0.1, -0.2], [0.4, -0.2, 0.1, 0.3, 0.4], [0.1, 0.2, 0.3, -0.1, -0.2],
                               [0.1, 0.2, 0.3, 0.1, 0.3]])
def test_axes_are_the_directions_of_most_and_least_curvature_through_a_flat_point(b):
    b = np.array(b)
    stationary, axes = stationary_point(b, V), principal_axes(b, V)
    assert not isinstance(stationary, Undefined)
    x, y = stationary[0].est, stationary[1].est
    hessian = np.array([[2 * b[2], b[3]], [b[3], 2 * b[4]]])
    np.testing.assert_allclose(hessian @ [x, y] + b[:2], 0, atol=1e-12)
    directions = np.linalg.eigh(hessian)[1]
    for axis, direction in zip(axes, (directions[:, 1], directions[:, 0]), strict=True):
        assert not isinstance(axis, Undefined)
        assert isinstance(axis.slope, WaldTest)
        assert isinstance(axis.intercept, WaldTest)
        assert axis.slope.est == pytest.approx(direction[1] / direction[0])
        assert axis.intercept.est + axis.slope.est * x == pytest.approx(y)


def test_errors_of_axes_are_those_of_small_steps():
    b, step = np.array([0.4, -0.2, 0.1, 0.3, 0.4]), 1e-6

    def values(c: np.ndarray) -> np.ndarray:
        point, axes = stationary_point(c, V), principal_axes(c, V)
        assert not isinstance(point, Undefined)
        return np.array([*(q.est for q in point), *(getattr(axis, part).est for axis in axes
                                                    for part in ("intercept", "slope"))])

    J = np.array([(values(b + step * e) - values(b - step * e)) / (2 * step) for e in np.eye(5)]).T
    point, axes = stationary_point(b, V), principal_axes(b, V)
    assert not isinstance(point, Undefined)
    ours = [*(q.se for q in point), *(getattr(axis, part).se for axis in axes for part in ("intercept", "slope"))]
    np.testing.assert_allclose(ours, np.sqrt(np.diag(J @ V @ J.T)), rtol=1e-5)


@pytest.mark.parametrize(("b3", "b5", "vertical"), [(-0.3, -0.1, 0), (-0.1, -0.3, 1)])
def test_without_an_interaction_one_axis_is_vertical_and_undefined(b3, b5, vertical):
    axes = principal_axes(np.array([0.1, 0.2, b3, 0.0, b5]), V)
    standing, lying = axes[vertical], axes[1 - vertical]
    assert not isinstance(standing, Undefined)
    assert not isinstance(lying, Undefined)
    assert isinstance(standing.slope, Undefined)
    assert isinstance(standing.intercept, Undefined)
    assert isinstance(lying.slope, WaldTest)
    assert lying.slope.est == 0
    assert lying.slope.se == pytest.approx(V[3, 3] ** 0.5 / 2 / 0.2)


def test_a_surface_round_in_every_direction_has_no_axes_and_a_ridge_no_intercept():
    assert all(isinstance(axis, Undefined) for axis in principal_axes(np.array([0.1, 0.2, -0.3, 0.0, -0.3]), V))
    first, _ = principal_axes(np.array([0.1, 0.2, -0.1, 0.2, -0.1]), V)
    assert not isinstance(first, Undefined)
    assert isinstance(first.slope, WaldTest)
    assert first.slope.est == pytest.approx(1)
    assert isinstance(first.intercept, Undefined)


def test_columns_are_measured_from_the_scales_midpoint():
    found = polynomial_columns([1.0, 4.0, np.nan], [7.0, 5.0, 2.0], midpoint=4.0)
    np.testing.assert_array_equal(found[:2], [[-3, 3, 9, -9, 9], [0, 1, 0, 0, 1]])
    np.testing.assert_array_equal(np.isnan(found[2]), [True, False, True, True, False])
    with pytest.raises(InputError) as caught:
        polynomial_columns([4.0, 4.0], [1.0, 2.0], midpoint=4.0)
    assert [finding.code for finding in caught.value.findings] == ["SURFACE-CONSTANT"]


def test_a_surface_needs_its_five_terms():
    with pytest.raises(InputError) as caught:
        response_surface(fitted("surface_mlr"), "INN", TERMS[:4], np.zeros((3, 2)), limits=(-3.0, 3.0))
    assert caught.value.findings[0].code == "SURFACE-TERMS"
