"""Newton's method for the likelihoods of many correlations at once, each kept within a bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Which = NDArray[np.int64]

STEPS = 60


def maximise(derivatives: Callable[[Array, Which], tuple[Array, Array]], start: Array, bound: float,
             tolerance: float = 1e-7) -> tuple[Array, NDArray[np.bool_]]:
    """Where each likelihood is highest within ±``bound``.

    Steps are Newton's; one that leaves the bracket known to hold the root of the score is halved towards the
    bracket's far end instead. The bracket shrinks with every score seen.

    Parameters
    ----------
    derivatives
        Given arguments (k,) and which of the problems they belong to (k,), the first and second derivatives (k,).
    start
        (T,) where to begin, within the bound.
    bound
        Largest absolute value allowed, below 1. A likelihood that still rises there ends there.
    tolerance
        The last step's size over 1 − ρ², near ±1 where likelihoods bend sharply a smaller step. Steps converge
        quadratically: the error left is of the order of its square.

    Returns
    -------
    arguments (T,) and whether each converged (T,).
    """
    where = np.clip(start, -bound, bound)
    low, high = np.full(where.shape, -bound), np.full(where.shape, bound)
    converged = np.zeros(where.shape, dtype=np.bool_)
    which: Which = np.arange(len(where))
    for _ in range(STEPS):
        if not which.size:
            break
        now = where[which]
        slope, bend = derivatives(now, which)
        low[which] = np.where(slope >= 0, now, low[which])
        high[which] = np.where(slope <= 0, now, high[which])
        target = now - slope / np.where(bend < 0, bend, -np.inf)
        # A zero step where the likelihood is not concave is no step: halve the bracket towards the rising side.
        inside = (bend < 0) & (target >= low[which]) & (target <= high[which])
        far = np.where(slope > 0, high[which], low[which])
        target = np.where(inside, target, np.where(np.abs(far - now) < 1e-3, far, (now + far) / 2))
        target = np.where(slope == 0, now, target)
        where[which] = target
        done = (np.abs(target - now) < tolerance * (1 - target * target)) & np.isfinite(slope)
        converged[which[done]] = True
        which = which[~done & np.isfinite(slope)]
    return where, converged
