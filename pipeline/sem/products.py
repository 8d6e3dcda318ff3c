"""Products of indicators, the indicators of a latent product.

A stub of the interface; see :class:`Product`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """Indicators multiplied in order, one of each factor: the first of all, the second of all, and so on.

    Attributes
    ----------
    factors
        Two or more lists of as many variables each. A factor may come twice, for its square.
    """

    factors: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the products, as in semTools: ``x1.z1``."""
        return tuple(".".join(parts) for parts in zip(*self.factors, strict=True))
