"""Polynomial regression of an outcome on two predictors, read as a surface (Edwards & Parry 1993).

The outcome is b₀ + b₁x + b₂y + b₃x² + b₄xy + b₅y², x and y measured on one scale from its midpoint. Along the line of
congruence x = y its slope at the midpoint is a₁ and its curvature a₂; along the line of incongruence x = −y they are
a₃ and a₄.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import ConvexHull, QhullError

from instrument.errors import Finding, InputError
from pipeline.sem.coefficients import WaldTest, delta_test, regression
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import Array, Bools, Field
from pipeline.sem.objective import STEP
from pipeline.undefined import Undefined

Shape = Literal["dome", "bowl", "saddle", "ridge or trough", "plane"]

_TESTS = {
    "a1": (1, 1, 0, 0, 0), "a2": (0, 0, 1, 1, 1), "a3": (1, -1, 0, 0, 0), "a4": (0, 0, 1, -1, 1),
    "a5": (0, 0, 1, 0, -1),
}
"""Weights of b₁ to b₅ (Edwards & Parry 1993; a₅: Humberg, Nestler & Back 2019)."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A principal axis y = intercept + slope·x."""

    intercept: WaldTest | Undefined
    slope: WaldTest | Undefined


@dataclass(frozen=True, slots=True)
class GridPoint:
    """The surface at (x, y): predicted difference from the outcome at (0, 0), other predictors equal.

    ``inside`` says whether the convex hull of the data's (x, y) holds the point; outside it the surface is
    extrapolated.
    """

    x: float
    y: float
    predicted: WaldTest
    inside: bool


@dataclass(frozen=True, slots=True)
class ResponseSurface:
    """A tested surface.

    Attributes
    ----------
    coefficients
        b1 to b5.
    tests
        a1 to a5.
    shape
        ``dome`` (one maximum), ``bowl`` (one minimum), ``saddle``, ``ridge or trough`` (curved one way only), or
        ``plane``. Of the estimates: a shape is not tested.
    stationary
        x and y where the surface is flat.
    first_axis, second_axis
        The surface curves upward most (or downward least) along the first, downward most along the second.
    grid
        Row by row, x fastest.
    """

    outcome: str
    level: float
    coefficients: tuple[WaldTest, ...]
    tests: tuple[WaldTest, ...]
    shape: Shape
    stationary: tuple[WaldTest, WaldTest] | Undefined
    first_axis: Axis | Undefined
    second_axis: Axis | Undefined
    grid: tuple[GridPoint, ...]


def polynomial_columns(x: ArrayLike, y: ArrayLike, *, midpoint: float) -> Array:
    """Columns (n, 5) x, y, x², xy, y², measured from the midpoint of their common scale; NaN where a factor is.

    The midpoint, not the mean: lines of congruence mean equal scores, which means that differ would shift.

    Raises
    ------
    InputError
        ``SURFACE-CONSTANT`` for a predictor without variance.
    """
    columns = [np.asarray(column, dtype=float) - midpoint for column in (x, y)]
    findings = []
    for name, column in zip(("first", "second"), columns, strict=True):
        present = column[np.isfinite(column)]
        if len(np.unique(present)) < 2:
            findings.append(Finding(
                "SURFACE-CONSTANT", f"response surface, {name} predictor",
                f"The {name} predictor has no variance among its {len(present)} present values.",
                "A surface needs two predictors that vary: look for a filter or a wrong column."))
    if findings:
        raise InputError(findings)
    first, second = columns
    return np.column_stack([first, second, first ** 2, first * second, second ** 2])


def response_surface(
    estimated: Estimated, outcome: str, terms: Sequence[str], data: ArrayLike, *, limits: tuple[float, float],
    points: int = 21, level: float = 0.95, group: int = 1,
) -> ResponseSurface | Undefined:
    """Read the surface from an estimated model.

    Parameters
    ----------
    terms
        The predictors that are x, y, x², xy and y², in this order.
    data
        (n, 2) x and y as the model has them; pairs with a gap are left out of the hull.
    limits, points
        The grid runs from limit to limit, e.g. −3 to 3 for a scale from 1 to 7, with so many points a side.

    Raises
    ------
    InputError
        ``SURFACE-TERMS`` unless there are five; ``SURFACE-RANGE`` if the data have no two-dimensional range;
        ``SEM-PATH`` for a term that is no predictor of ``outcome``.
    """
    if len(terms) != 5:
        raise InputError(Finding(
            "SURFACE-TERMS", f"response surface of {outcome}", f"A surface has five terms; {len(terms)} were given.",
            "Give x, y, x², xy and y², in this order."))
    found = regression(estimated, outcome, terms, group=group)
    if isinstance(found, Undefined):
        return found
    b, V = found.b, found.V
    ticks = np.linspace(*limits, points)
    return ResponseSurface(
        outcome, level, tuple(delta_test(f"b{i + 1}", float(b[i]), np.eye(5)[i], V, level) for i in range(5)),
        surface_tests(b, V, level=level), surface_shape(b), stationary_point(b, V, level=level),
        *principal_axes(b, V, level=level),
        grid=surface_grid(b, V, np.asarray(data, dtype=float), ticks, ticks, level=level))


def surface_tests(b: Array, V: Array, *, level: float = 0.95) -> tuple[WaldTest, ...]:
    """a₁ = b₁ + b₂, a₂ = b₃ + b₄ + b₅, a₃ = b₁ − b₂, a₄ = b₃ − b₄ + b₅, a₅ = b₃ − b₅, from (5,) b and (5, 5) V.

    Weighted sums: their standard errors √(wᵀVw) are exact, not approximate.
    """
    found = []
    for name, weights in _TESTS.items():
        w = np.array(weights, dtype=float)
        found.append(delta_test(name, float(w @ b), w, V, level))
    return tuple(found)


def surface_shape(b: Array) -> Shape:
    """Shape by the curvatures along the principal axes, b₃ + b₅ ± √((b₃ − b₅)² + b₄²)."""
    half, root = b[2] + b[4], np.hypot(b[2] - b[4], b[3])
    tolerance = 1e-12 * float(np.abs(b[2:]).max())
    signs = [0 if abs(value) <= tolerance else int(np.sign(value)) for value in (half + root, half - root)]
    if signs == [0, 0]:
        return "plane"
    if 0 in signs:
        return "ridge or trough"
    return "saddle" if signs[0] != signs[1] else "bowl" if signs[0] > 0 else "dome"


def stationary_point(b: Array, V: Array, *, level: float = 0.95) -> tuple[WaldTest, WaldTest] | Undefined:
    """x₀ = (b₂b₄ − 2b₁b₅)/D and y₀ = (b₁b₄ − 2b₂b₃)/D, D = 4b₃b₅ − b₄² (Edwards & Parry 1993)."""
    if surface_shape(b) in ("plane", "ridge or trough"):
        return Undefined("the surface is not curved in every direction (4·b3·b5 = b4²)")
    at, gradients = _with_gradient(_stationary, b)
    x, y = (delta_test(name, float(at[i]), gradients[i], V, level) for i, name in enumerate(("x0", "y0")))
    return x, y


def principal_axes(b: Array, V: Array, *, level: float = 0.95) -> tuple[Axis | Undefined, Axis | Undefined]:
    """Slopes (b₅ − b₃ ± √((b₃ − b₅)² + b₄²))/b₄; intercepts y₀ − slope·x₀ (Edwards & Parry 1993).

    Without an interaction (b₄ = 0) the axes run along x and y: the slope of one is 0, and the other has neither slope
    nor intercept. A surface that curves alike in every direction has no principal axes.
    """
    if np.hypot(b[2] - b[4], b[3]) <= 1e-12 * float(np.abs(b[2:]).max()):
        nothing = Undefined("the surface curves alike in every direction")
        return nothing, nothing
    pointed = not isinstance(stationary_point(b, V, level=level), Undefined)
    vertical = Undefined("the axis is parallel to that of the second predictor (b4 = 0)")
    found: list[Axis] = []
    for number in (0, 1):
        if b[3] == 0 and (b[4] > b[2]) == (number == 0):
            found.append(Axis(vertical, vertical))
            continue
        slope, to_slope = _with_gradient(partial(_axis_slope, number=number), b)
        intercept: WaldTest | Undefined = Undefined("the surface has no stationary point")
        if pointed:
            cut, to_cut = _with_gradient(partial(_axis_intercept, number=number), b)
            intercept = delta_test(f"p{number + 1}0", float(cut[0]), to_cut[0], V, level)
        found.append(Axis(intercept, delta_test(f"p{number + 1}1", float(slope[0]), to_slope[0], V, level)))
    return found[0], found[1]


def _stationary(b: Field) -> Field:
    determinant = 4 * b[2] * b[4] - b[3] ** 2
    found: Field = np.array([b[1] * b[3] - 2 * b[0] * b[4], b[0] * b[3] - 2 * b[1] * b[2]]) / determinant
    return found


def _axis_slope(b: Field, *, number: int) -> Field:
    """(1,) slope of the first (0) or second (1) axis; their product is −1, so like numbers need not be subtracted."""
    difference = b[4] - b[2]
    root = np.sqrt(difference ** 2 + b[3] ** 2)
    if difference.real >= 0:
        found = (difference + root) / b[3] if number == 0 else -b[3] / (difference + root)
    else:
        found = b[3] / (root - difference) if number == 0 else (difference - root) / b[3]
    return np.array([found])


def _axis_intercept(b: Field, *, number: int) -> Field:
    x, y = _stationary(b)
    return np.asarray(y - _axis_slope(b, number=number) * x)


def _with_gradient(function: Callable[[Field], Field], b: Array) -> tuple[Array, Array]:
    """Values (k,) and derivatives (k, 5), exact to rounding by a complex step (Squire & Trapp 1998)."""
    moved = np.array([function(b + 1j * STEP * unit).imag / STEP for unit in np.eye(len(b))])
    return np.asarray(function(b.astype(float))), moved.T


def surface_grid(
    b: Array, V: Array, data: Array, x: Array, y: Array, *, level: float = 0.95,
) -> tuple[GridPoint, ...]:
    """The surface over every pair of ``x`` (j,) and ``y`` (k,), x fastest; ``data`` as in :func:`response_surface`."""
    columns, rows = np.meshgrid(x, y)
    pairs = np.column_stack([columns.ravel(), rows.ravel()])
    inside = within_range(data, pairs)
    found = []
    for (first, second), holds in zip(pairs, inside, strict=True):
        g = np.array([first, second, first ** 2, first * second, second ** 2])
        predicted = delta_test("predicted", float(g @ b), g, V, level)
        found.append(GridPoint(float(first), float(second), predicted, bool(holds)))
    return tuple(found)


def within_range(data: Array, points: Array) -> Bools:
    """(k,) whether the convex hull of ``data`` (n, 2) holds each of ``points`` (k, 2); its edge counts as inside.

    Raises
    ------
    InputError
        ``SURFACE-RANGE`` where the present pairs lie on one line or are fewer than three.
    """
    present = data[np.isfinite(data).all(axis=1)]
    try:
        hull = ConvexHull(present)
    except (QhullError, ValueError) as error:
        raise InputError(Finding(
            "SURFACE-RANGE", "response surface", f"The {len(present)} complete pairs of predictors span no area.",
            "A surface needs two predictors that vary apart from one another.")) from error
    normals, offsets = hull.equations[:, :2], hull.equations[:, 2]
    tolerance = 1e-9 * float(np.ptp(present, axis=0).max())
    return np.asarray((points @ normals.T + offsets <= tolerance).all(axis=1))
