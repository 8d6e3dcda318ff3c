"""Simple slopes of an interaction, linear or quadratic in the moderator.

With y = … + b₁x + b₂xm + b₃xm², the slope of y on x at m is s(m) = b₁ + b₂m + b₃m², with variance gᵀVg, g = (1, m, m²)
(Aiken & West 1991, ch. 2; Bauer & Curran 2005). m is measured from where the product was centred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.coefficients import WaldTest, delta_test, regression
from pipeline.sem.estimate import Estimated
from pipeline.sem.johnson_neyman import JohnsonNeyman, johnson_neyman
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import Implied
from pipeline.sem.normal import wald
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class Moderator:
    """Where a moderator lies.

    Attributes
    ----------
    name
        The variable.
    basis
        ``observed``: moments of its present values (SD with N − 1). ``implied``: a latent variable's model-implied SD;
        values are deviations from its mean.
    centre
        What was subtracted before the product was formed: its mean, or 0 if products are of raw values.
    mean, sd
        Of its values.
    low, high
        Ends of its range; of a latent variable the mean ∓ 3 SD.
    two_valued
        Whether it takes two values only, ``low`` and ``high``.
    """

    name: str
    basis: Literal["observed", "implied"]
    centre: float
    mean: float
    sd: float
    low: float
    high: float
    two_valued: bool = False

    @property
    def points(self) -> tuple[tuple[str, float], ...]:
        """Where slopes are reported by default: mean − SD, mean, mean + SD, or the two values."""
        if self.two_valued:
            return (f"{self.low:g}", self.low), (f"{self.high:g}", self.high)
        return ("mean - SD", self.mean - self.sd), ("mean", self.mean), ("mean + SD", self.mean + self.sd)


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope on the focal predictor where the moderator is ``value``, in the moderator's own units."""

    label: str
    value: float
    est: float
    se: Number
    z: Number
    pvalue: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """Where a quadratic moderation turns.

    Attributes
    ----------
    at
        −b₂ / (2b₃), in the moderator's own units, with delta-method standard error; its test is of no use.
    slope
        The slope there, b₁ − b₂² / (4b₃), with delta-method standard error.
    curvature
        b₃.
    is_maximum
        Whether the slope is largest there (an inverted U).
    in_range
        Whether the moderator's range holds it.
    """

    at: WaldTest
    slope: WaldTest
    curvature: WaldTest
    is_maximum: bool
    in_range: bool


@dataclass(frozen=True, slots=True)
class SimpleSlopes:
    """A probed interaction. ``curve`` runs over the moderator's range; ``turning_point`` is None if it is linear."""

    outcome: str
    focal: str
    moderator: Moderator
    level: float
    slopes: tuple[Slope, ...]
    johnson_neyman: JohnsonNeyman | Undefined
    turning_point: TurningPoint | Undefined | None
    curve: tuple[Slope, ...]


def probe(
    estimated: Estimated, outcome: str, focal: str, products: Sequence[str], moderator: Moderator, *,
    level: float = 0.95, points: int = 61, group: int = 1,
) -> SimpleSlopes | Undefined:
    """Probe an interaction of an estimated model.

    Parameters
    ----------
    products
        The predictor that is focal × moderator and, for a quadratic moderation, the one that is focal × moderator².
        The model must hold the lower-order terms too.
    points
        Points of the curve.

    Raises
    ------
    InputError
        ``SEM-PATH`` if ``outcome`` is not regressed on one of them; ``SLOPE-PRODUCTS`` unless there are one or two
        products.
    """
    if len(products) not in (1, 2):
        raise InputError(Finding(
            "SLOPE-PRODUCTS", f"{outcome} on {focal}", f"A slope takes one or two products; there are {len(products)}.",
            "Give focal × moderator and, for a quadratic moderation, focal × moderator²."))
    found = regression(estimated, outcome, (focal, *products), group=group)
    if isinstance(found, Undefined):
        return found
    grid = np.linspace(moderator.low, moderator.high, points)
    return SimpleSlopes(
        outcome, focal, moderator, level,
        slopes=tuple(slopes_at(found.b, found.V, [value], [label], centre=moderator.centre, level=level)[0]
                     for label, value in moderator.points),
        johnson_neyman=(Undefined("the moderator takes two values only") if moderator.two_valued
                        else johnson_neyman(found.b, found.V, moderator.low, moderator.high,
                                             centre=moderator.centre, level=level)),
        turning_point=turning_point(found.b, found.V, moderator, level=level) if len(products) == 2 else None,
        curve=slopes_at(found.b, found.V, grid, centre=moderator.centre, level=level))


def observed_moderator(name: str, values: ArrayLike, *, centred: bool = True) -> Moderator:
    """Describe an observed moderator from its values (n,), NaN where missing.

    Parameters
    ----------
    values
        The values that products were made of: all rows, so that the mean is the one subtracted.
    centred
        Whether products were made of deviations from the mean, as :func:`~pipeline.sem.products.product_columns` does
        by default.

    Raises
    ------
    InputError
        ``PRODUCT-CONSTANT`` for a moderator without variance.
    """
    column = np.asarray(values, dtype=float)
    present = column[np.isfinite(column)]
    distinct = np.unique(present)
    if len(distinct) < 2:
        raise InputError(Finding(
            "PRODUCT-CONSTANT", f"moderator {name}",
            f"The moderator {name} has no variance among its {len(present)} present values.",
            "Leave the interaction out, or look why nobody differs: a filter, a screened group, a wrong column."))
    mean = float(present.mean())
    return Moderator(name, "observed", mean if centred else 0.0, mean, float(present.std(ddof=1)),
                     float(distinct[0]), float(distinct[-1]), two_valued=len(distinct) == 2)


def latent_moderator(estimated: Estimated, name: str, *, group: int = 1) -> Moderator | Undefined:
    """Describe a latent moderator by its model-implied standard deviation.

    Its values are deviations from its mean, which is where double-mean-centred products have their zero.

    Raises
    ------
    InputError
        ``SLOPE-MODERATOR`` if the model has no such latent variable.
    """
    problem = estimated.problem
    if name not in problem.table.latent:
        raise InputError(Finding("SLOPE-MODERATOR", f"{estimated.name}, {name}",
                                 f"The model has no latent variable {name!r}.",
                                 f"Latent variables: {', '.join(problem.table.latent) or 'none'}."))
    implied: Implied = problem.objective.implied(estimated.theta[None])[group - 1]
    place = problem.objective.groups[group - 1].etas.index(name)
    variance = float(implied.C[0, place, place])
    if not variance > 0:
        return Undefined(f"the implied variance of {name} is not positive")
    sd = variance ** 0.5
    return Moderator(name, "implied", 0.0, 0.0, sd, -3 * sd, 3 * sd)


def slopes_at(
    b: Array, V: Array, values: ArrayLike, labels: Sequence[str] = (), *, centre: float = 0.0, level: float = 0.95,
) -> tuple[Slope, ...]:
    """Slopes at values of the moderator.

    Parameters
    ----------
    b
        (2,) or (3,): focal predictor, product, product with the squared moderator.
    V
        Their sampling covariance.
    values
        (k,) in the moderator's own units; ``centre`` is subtracted.
    labels
        k labels; by default the values.
    """
    at = np.atleast_1d(np.asarray(values, dtype=float))
    g = np.vander(at - centre, len(b), increasing=True)
    est = g @ b
    errors = np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", g, V, g), 0.0))
    named = tuple(labels) or tuple(f"{value:g}" for value in at)
    return tuple(Slope(label, float(value), float(slope), float(se), *wald(float(slope), float(se), level))
                 for label, value, slope, se in zip(named, at, est, errors, strict=True))


def turning_point(b: Array, V: Array, moderator: Moderator, *, level: float = 0.95) -> TurningPoint | Undefined:
    """Where s(m) = b₁ + b₂m + b₃m² turns, with delta-method standard errors.

    Parameters
    ----------
    b, V
        (3,) coefficients and their (3, 3) covariance.
    """
    if b[2] == 0:
        return Undefined("the moderation is linear")
    at, slope = -b[1] / (2 * b[2]), b[0] - b[1] ** 2 / (4 * b[2])
    to_at = np.array([0.0, -1 / (2 * b[2]), b[1] / (2 * b[2] ** 2)])
    place = delta_test("turning point", float(at + moderator.centre), to_at, V, level)
    return TurningPoint(
        place, delta_test("slope at the turning point", float(slope), np.array([1.0, at, at ** 2]), V, level),
        delta_test("curvature", float(b[2]), np.array([0.0, 0.0, 1.0]), V, level), bool(b[2] < 0),
        moderator.low <= place.est <= moderator.high)
