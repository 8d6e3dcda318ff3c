"""The kinds of variables a population may have; :mod:`pipeline.power.variables` draws them.

A variable that bears the id of an observed fact is the true answer to that question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Level = Literal["firm", "alliance", "informant", "respondent"]
"""What a variable varies over. ``informant`` is one person reporting on one alliance (form A);
``respondent`` is whoever fills in either form, drawn for each form anew, and no cause of anything."""

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Shares = dict[int | str, Share]


T = TypeVar("T", bound=Mapping[Any, float])


def sum_to_one(shares: T) -> T:
    """Validator of shares that exhaust the possibilities."""
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"shares must sum to 1; these sum to {sum(shares.values()):g}")
    return shares


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shared(Frozen):
    """Shares of a disturbance's variance common to a firm's alliances, and to an alliance's informants."""

    firm: Share = 0.0
    alliance: Share = 0.0

    @model_validator(mode="after")
    def _at_most_all(self) -> Shared:
        if self.firm + self.alliance > 1:
            raise ValueError("firm and alliance together share at most 1")
        return self


class Variable(Frozen):
    """What all kinds have in common."""

    level: Level = "firm"

    def parents(self) -> tuple[str, ...]:
        """Names of the variables this one is made from."""
        return tuple(getattr(self, "causes", {}))


class Normal(Variable):
    """``intercept + Σ coefficient · cause + sd · e``: a latent variable, e standard normal."""

    kind: Literal["normal"]
    intercept: float = 0.0
    causes: dict[str, float] = Field(default_factory=dict)
    sd: Positive = 1.0
    shared: Shared | None = Field(None, description="the population's own if left out")


class Presence(Variable):
    """1 where ``Σ coefficient · cause + e`` exceeds ``above``, else 0."""

    kind: Literal["presence"]
    causes: dict[str, float] = Field(default_factory=dict)
    above: float = 0.0


class Category(Variable):
    """One of the codes, with these shares; with ``given``, shares depend on another variable's code."""

    kind: Literal["category"]
    shares: Shares | None = None
    given: str | None = None
    shares_given: dict[int | str, Shares] | None = None
    otherwise: Shares | None = Field(None, description="for codes of ``given`` that shares_given does not name")

    def parents(self) -> tuple[str, ...]:
        return (self.given,) if self.given else ()

    @model_validator(mode="after")
    def _whole(self) -> Category:
        if (self.given is None) == (self.shares is None) or (self.given is None) != (self.shares_given is None):
            raise ValueError("state shares, or given with shares_given")
        for shares in (self.shares, self.otherwise, *(self.shares_given or {}).values()):
            if shares is not None:
                sum_to_one(shares)
        return self


class Ordered(Variable):
    """Ordered codes: ``Σ coefficient · cause + e`` cut where e alone would give these shares."""

    kind: Literal["ordered"]
    shares: dict[int, Share]
    causes: dict[str, float] = Field(default_factory=dict)

    _whole = field_validator("shares")(sum_to_one)


class Choices(Variable):
    """Several codes may be picked, each with its own share."""

    kind: Literal["choices"]
    shares: dict[int, Annotated[float, Field(gt=0, le=1)]]
    at_least_one: bool = True


class Count(Variable):
    """Negative binomial, log-mean ``intercept + Σ coefficient · cause``; variance = mean + mean² / ``shape``."""

    kind: Literal["count"]
    intercept: float
    causes: dict[str, float] = Field(default_factory=dict)
    shape: Positive
    least: int = 0
    most: int = 2000


class Amount(Variable):
    """Log-normal: ``exp(intercept + Σ coefficient · cause + sd · e)``, bounded, rounded to ``digits``."""

    kind: Literal["amount"]
    intercept: float
    causes: dict[str, float] = Field(default_factory=dict)
    sd: Positive
    least: float = 0.0
    most: float
    digits: int = 0


class Year(Variable):
    """``since`` years (rounded) before the survey's year, but not before the year in ``not_before``."""

    kind: Literal["year"]
    since: str
    not_before: str | None = None

    def parents(self) -> tuple[str, ...]:
        return (self.since,) if self.not_before is None else (self.since, self.not_before)


class Part(Variable):
    """Binomial part of a sum of counts, less what is already taken; ``share`` on the probit scale of causes."""

    kind: Literal["part"]
    of: tuple[str, ...]
    less: tuple[str, ...] = ()
    share: Share
    causes: dict[str, float] = Field(default_factory=dict)

    def parents(self) -> tuple[str, ...]:
        return (*self.of, *self.less, *self.causes)


class Percent(Variable):
    """``100 · part / whole``, rounded; no answer where the whole is 0."""

    kind: Literal["percent"]
    part: str
    whole: str

    def parents(self) -> tuple[str, ...]:
        return (self.part, self.whole)


class Log(Variable):
    """Natural logarithm of another variable."""

    kind: Literal["log"]
    of: str

    def parents(self) -> tuple[str, ...]:
        return (self.of,)


class Decades(Variable):
    """Tens of years from a year to the survey's year."""

    kind: Literal["decades"]
    since: str

    def parents(self) -> tuple[str, ...]:
        return (self.since,)


class Indicator(Variable):
    """1 where another variable has one of these codes, else 0."""

    kind: Literal["indicator"]
    of: str
    codes: tuple[int, ...]

    def parents(self) -> tuple[str, ...]:
        return (self.of,)


class Experience(Variable):
    """``log(1 + Σ_band n_band · δ^age)``, n_band the sum of a band's counts."""

    kind: Literal["experience"]
    bands: tuple[tuple[str, ...], ...]
    ages: tuple[float, ...]
    decay: Positive

    def parents(self) -> tuple[str, ...]:
        return tuple(name for band in self.bands for name in band)

    @model_validator(mode="after")
    def _one_age_a_band(self) -> Experience:
        if len(self.bands) != len(self.ages):
            raise ValueError(f"{len(self.bands)} bands need as many ages; found {len(self.ages)}")
        return self


class Product(Variable):
    """``Π (factor − mean)``: what makes one cause's effect depend on another, or on itself.

    ``means`` are constants of the population, 0 for a factor that is to be multiplied as it stands. A sample's own mean
    would let each firm depend on who else was drawn. The coefficient of another cause is its effect where the other
    factors are at their ``means``. It varies over what the finest of its factors varies over.
    """

    kind: Literal["product"]
    of: Annotated[tuple[str, ...], Field(min_length=2)]
    means: tuple[float, ...]

    def parents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.of))

    @model_validator(mode="after")
    def _one_mean_a_factor(self) -> Product:
        if len(self.of) != len(self.means):
            raise ValueError(f"{len(self.of)} factors need as many means; found {len(self.means)}")
        return self


class Score(Variable):
    """Mean of a dimension's items, keyed, as a careful respondent answers all of them."""

    kind: Literal["score"]
    dimension: str


AnyVariable = Annotated[
    Normal | Presence | Category | Ordered | Choices | Count | Amount | Year | Part | Percent | Log | Decades
    | Indicator | Experience | Product | Score,
    Field(discriminator="kind"),
]
