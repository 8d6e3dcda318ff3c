"""One way to write a number, everywhere: the style of the APA manual, 7th edition.

- A quantity that cannot exceed 1 in absolute value (p, correlations, reliabilities, standardised
  loadings, fit indices on a 0–1 scale) has no leading zero: ``.43``. Every other quantity has: ``0.43``.
- p is exact to three decimals; only below .001 it is written ``< .001``, and above .9995 ``> .999``.
- An interval is ``[.12, .45]``; a minus is the minus sign (−), not a hyphen.
- What has no value says why: ``undefined because …``. There are no stars.
"""

from __future__ import annotations

import math

from pipeline.undefined import Number, Undefined

MINUS = "\N{MINUS SIGN}"
NOT_APPLICABLE = "\N{EN DASH}"
"""Stands where a value does not exist by design, such as the standard error of a fixed parameter."""


def number(value: Number, digits: int = 2, *, bounded: bool = False) -> str:
    """``value`` with ``digits`` decimals; ``bounded`` drops the leading zero.

    Raises
    ------
    ValueError
        For NaN or infinity: a missing value must be :class:`Undefined` long before it is written.
    """
    if isinstance(value, Undefined):
        return str(value)
    if not math.isfinite(value):
        raise ValueError(f"{value!r} cannot be written; it should be Undefined with its reason")
    text = f"{abs(value):,.{digits}f}"
    if bounded and text.startswith("0."):
        text = text[1:]
    shows_zero = not any(character in "123456789" for character in text)
    return text if value >= 0 or shows_zero else MINUS + text


def pvalue(value: Number) -> str:
    """``.034``, ``< .001`` or ``> .999``."""
    if isinstance(value, Undefined):
        return str(value)
    if value < 0.001:
        return "< .001"
    return "> .999" if value > 0.9995 else number(value, 3, bounded=True)


def p_equals(value: Number) -> str:
    """``p = .034``, ``p < .001``: for use within a sentence."""
    text = pvalue(value)
    if isinstance(value, Undefined):
        return f"p is {text}"
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def percent(share: Number, digits: int = 1) -> str:
    """A share of 1 as per cent: ``12.5 %``, with a space that does not break."""
    return str(share) if isinstance(share, Undefined) else f"{number(100 * share, digits)}\N{NO-BREAK SPACE}%"


def interval(lower: Number, upper: Number, digits: int = 2, *, bounded: bool = False) -> str:
    """``[0.12, 0.45]``; where a bound has no value, why not."""
    for bound in (lower, upper):
        if isinstance(bound, Undefined):
            return str(bound)
    return f"[{number(lower, digits, bounded=bounded)}, {number(upper, digits, bounded=bounded)}]"


def level_name(level: float) -> str:
    """``95 %`` for .95, ``99.5 %`` for .995."""
    return f"{100 * level:g}\N{NO-BREAK SPACE}%"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """``1 firm``, ``431 firms``, ``no firms``."""
    word = singular if count == 1 else plural or f"{singular}s"
    return f"{'no' if count == 0 else f'{count:,}'} {word}"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"
