"""How many judges agree, held against chance: that every one of them tosses a coin. Whole numbers, and exact."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

LEVEL = 0.05
"""A count of judges is beyond chance if so many or more agree by chance in fewer than this share of cases."""

FEWEST_JUDGES = 2
"""What one judge thinks is no agreement."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """Stands where a number would stand; ``because`` completes "no value because …"."""

    because: str


Value = float | NoValue


def chance(count: int, n: int) -> float:
    """P(X ≥ count) for X binomial with n trials of ½: exact, from whole numbers."""
    return sum(comb(n, k) for k in range(count, n + 1)) / (1 << n)


def critical_count(n: int, level: float = LEVEL) -> int | None:
    """The smallest m with P(X ≥ m | n, ½) < ``level``; None where even all n judges may agree by chance (n < 5 at .05).

    Ayre & Scally (2014) and Howard & Melloy (2016) count judges in this way; Wilson, Pan & Schumsky (2012) approximate
    the same by the normal distribution.
    """
    cases, critical = 0, None
    for m in range(n, -1, -1):
        cases += comb(n, m)
        if cases / (1 << n) >= level:
            break
        critical = m
    return critical


def modified_kappa(count: int, n: int) -> float:
    """κ* = (I-CVI − p_c)/(1 − p_c), p_c = C(n, count)·½ⁿ (Polit, Beck & Owen 2007): I-CVI less agreement by chance."""
    by_chance = comb(n, count) / (1 << n)
    return (count / n - by_chance) / (1 - by_chance)


def exact_interval(count: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper–Pearson limits of a proportion: those p at which so extreme a count has probability (1 − level)/2."""
    from scipy.stats import beta

    tail = (1 - level) / 2
    lower = 0.0 if count == 0 else float(beta.ppf(tail, count, n - count + 1))
    upper = 1.0 if count == n else float(beta.ppf(1 - tail, count + 1, n - count))
    return lower, upper


def kappa_word(kappa: float) -> str:
    """``excellent``, ``good``, ``fair`` or ``poor`` (Cicchetti & Sparrow 1981, as Polit, Beck & Owen 2007 use them)."""
    return "excellent" if kappa > 0.74 else "good" if kappa >= 0.60 else "fair" if kappa >= 0.40 else "poor"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of an item's judges agree (sort it as meant, find it essential, find it relevant), against chance.

    Attributes
    ----------
    n
        Judges who said something, of whom ``count`` agree.
    share, lower, upper
        ``count`` / ``n`` and its exact interval (95 %).
    pvalue
        P(so many or more | n, ½).
    critical_count, critical
        The fewest who must agree to be beyond chance at .05, and as a share of n.
    """

    n: int
    count: int
    share: Value
    lower: Value
    upper: Value
    pvalue: Value
    critical_count: int | None
    critical: Value

    @property
    def meets(self) -> bool | None:
        """Whether more agree than by chance; None where that cannot be told."""
        return None if self.critical_count is None else self.count >= self.critical_count


def agreement(count: int, n: int) -> Agreement:
    """``count`` of ``n`` judges, as :class:`Agreement`."""
    if n < FEWEST_JUDGES:
        none = NoValue("no judge rated it" if n == 0 else "only one judge rated it")
        return Agreement(n, count, none, none, none, none, None, none)
    lower, upper = exact_interval(count, n)
    m = critical_count(n)
    critical = NoValue(f"even all {n} judges may agree by chance") if m is None else m / n
    return Agreement(n, count, count / n, lower, upper, chance(count, n), m, critical)
