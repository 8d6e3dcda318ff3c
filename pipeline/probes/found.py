"""What probing finds, as frozen values that JSON can hold: simple slopes, their regions, and a response surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.sem.coefficients import WaldTest
from pipeline.sem.johnson_neyman import JohnsonNeyman
from pipeline.sem.response_surface import Axis
from pipeline.sem.simple_slopes import Slope, TurningPoint
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class Probed:
    """An interaction of a model that is probed.

    Attributes
    ----------
    figure
        Id of the figure whose panel it is.
    products
        The predictor that is focal × moderator; for a quadratic moderation also focal × moderator².
    title
        A few words for a panel.
    outcome_words, focal_words, moderator_words
        Nouns in small letters, for axes and sentences.
    values
        What a two-valued moderator's values 0 and 1 stand for.
    unit
        Of an observed moderator's values.
    at_mean_of
        In words, what else moderates the focal slope in this model; slopes are those at its mean.
    """

    id: str
    figure: str
    model: str
    outcome: str
    focal: str
    moderator: str
    products: tuple[str, ...]
    title: str
    outcome_words: str
    focal_words: str
    moderator_words: str
    values: tuple[str, str] | None = None
    unit: str = "scale points"
    at_mean_of: str = ""


@dataclass(frozen=True, slots=True)
class ModeratorRange:
    """Where a moderator lies: of an ``observed`` one its values, of a latent one the ``implied`` mean ∓ 3 SD.

    A latent moderator counts from its mean.
    """

    basis: Literal["observed", "implied"]
    mean: float
    sd: float
    low: float
    high: float
    two_valued: bool


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of the plotted slope and its band."""

    value: float
    est: float
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class Slopes:
    """A probed interaction's numbers.

    Attributes
    ----------
    n
        Rows the model was estimated on.
    terms
        The products' coefficients: how the slope changes with the moderator, and with its square.
    johnson_neyman
        Its ``covered`` is the share of ``moderator``'s range where the slope's interval leaves out 0.
    cases
        Share of the rows with a value of the moderator that lie in those regions; a latent one has no values.
    turn
        None where the moderation is linear.
    curve
        Over the moderator's range.
    remarks
        What the estimation's diagnosis found wrong with the model's solution.
    """

    n: int
    level: float
    moderator: ModeratorRange
    terms: tuple[WaldTest, ...]
    slopes: tuple[Slope, ...]
    johnson_neyman: JohnsonNeyman | Undefined
    cases: Number
    turn: TurningPoint | Undefined | None
    curve: tuple[CurvePoint, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InteractionProbe:
    """An interaction with what was found, or why nothing was, and in plain words."""

    probed: Probed
    found: Slopes | Undefined
    sentence: str


@dataclass(frozen=True, slots=True)
class ProbedSurface:
    """A response surface that is probed: ``first`` and ``second`` are in words, ``low`` to ``high`` is their scale."""

    model: str
    outcome: str
    title: str
    outcome_words: str
    first_words: str
    second_words: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SurfacePoint:
    """Predicted difference from the outcome at the midpoint, with its interval; extrapolated unless ``inside``."""

    x: float
    y: float
    est: float
    lower: Number
    upper: Number
    inside: bool


@dataclass(frozen=True, slots=True)
class SurfaceFound:
    """A surface's numbers; x and y are counted from ``midpoint``, here and in everything it holds.

    Attributes
    ----------
    n, pairs
        Rows the model was estimated on; rows that have both x and y.
    coefficients, tests
        b1 to b5; a1 to a5.
    stationary
        x and y where the surface is flat.
    grid
        x fastest, both rising.
    hull
        Corners of the area that the data's pairs span, in order.
    """

    n: int
    pairs: int
    level: float
    midpoint: float
    coefficients: tuple[WaldTest, ...]
    tests: tuple[WaldTest, ...]
    shape: str
    stationary: tuple[WaldTest, WaldTest] | Undefined
    stationary_inside: bool | None
    first_axis: Axis | Undefined
    second_axis: Axis | Undefined
    grid: tuple[SurfacePoint, ...]
    hull: tuple[tuple[float, float], ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SurfaceProbe:
    """A surface with what was found, or why nothing was, and in plain words."""

    probed: ProbedSurface
    found: SurfaceFound | Undefined
    sentence: str


@dataclass(frozen=True, slots=True)
class ProbesReport:
    """Every probed interaction and the probed surface, at one level of confidence."""

    level: float
    slopes: tuple[InteractionProbe, ...]
    surface: SurfaceProbe | None
