"""What a model is: its text, the rows it is estimated on, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pipeline.sem.estimate import Options
from pipeline.sem.products import Product

Level = Literal["firm", "alliance", "respondent"]

ROBUST = Options(estimator="mlr", missing="fiml")
RANDOM_X = Options(estimator="mlr", missing="fiml", fixed_x=False)
"""Covariates are random, so that a firm that left one empty still tells what it answered."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A quadratic surface over two variables, both counted from the middle of their scale (Edwards & Parry 1993).

    The syntax names its five terms ``T V T2 TV V2``: the first variable, the second, their squares and product.
    """

    first: str
    second: str
    midpoint: float

    names: ClassVar[tuple[str, ...]] = ("T", "V", "T2", "TV", "V2")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model: what it is called, on which rows it is estimated, its syntax and its product effects.

    Attributes
    ----------
    level
        A row of the data: a firm, or an alliance with what is known of its firm beside it; a respondent where an
        instrument of another's asks about persons. Alliances are clustered by their firm.
    effects
        Defined product effects whose paths are tested jointly.
    options
        How it is estimated: robust maximum likelihood with full information unless something else is said.
    products
        Product indicators that the syntax names, made from the rows before the model is estimated.
    surface
        Terms of a response surface that the syntax names, made likewise.
    only
        Rows that take part: those where each of these variables has its value; all rows if there are none.
    """

    id: str
    title: str
    level: Level
    syntax: str
    effects: tuple[str, ...] = ()
    options: Options = ROBUST
    products: tuple[Product, ...] = ()
    surface: Surface | None = None
    only: tuple[tuple[str, float], ...] = ()


def covarying(*names: str) -> str:
    """Lines that let all these variables go together freely.

    Observed exogenous variables do so by themselves, as in lavaan, but not with latent ones, and not once one of their
    covariances is written down.
    """
    return "".join(f"{first} ~~ {' + '.join(names[place + 1:])}\n" for place, first in enumerate(names[:-1]))
