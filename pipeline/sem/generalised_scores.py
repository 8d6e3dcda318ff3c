"""Generalised score tests: would it help to give up a set of equality constraints (Boos 1992; Satorra 1989)?

At a minimum under constraints the score is not 0 in the directions that the constraints close. What part of it the
parameters that are free anyway could not take up is compared with how far chance would put it, and no other model is
fitted. Rao's (1948) test takes the information for the variance of the score, which it is for normal data and maximum
likelihood; with the observed variance of the score the test holds for other data and other estimators too. What to
release is the matter of :mod:`pipeline.sem.releases`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from pipeline.sem.linalg import Array, Bools
from pipeline.undefined import Number, Undefined

_FLAT = 1e-8
"""Share of a direction's information that is its own, below which it counts as none."""

_INDEFINITE = Undefined("the information is not positive definite in the directions given up; this point may be no "
                        "minimum")
_SILENT = Undefined("the larger model fits no better, whatever the data: other parameters make up for what is given up")


@dataclass(frozen=True, slots=True)
class ScoreStatistic:
    """A generalised score test.

    Attributes
    ----------
    statistic, df, pvalue
        χ² and the rank of what it tests.
    constraints, identified
        How many constraints were given up, and how many of them the larger model identifies without. ``df`` is less
        than that where the variance of the score is singular, as with fewer clusters than constraints.
    change
        (q,) one step from the estimates towards the larger model's.
    undefined
        (q,) True for parameters whose change has no value, because the larger model does not identify them.
    """

    statistic: Number
    df: int
    pvalue: Number
    constraints: int
    identified: int
    change: Array
    undefined: Bools


def generalised_score(
    score: Array, information: Array, variance: Array, kept: Array, larger: Array, n: int,
    expected: Array | None = None,
) -> ScoreStatistic:
    """N eᵀ (DᵀMD)⁻ e with e = Dᵀs the score in the directions D that only the larger model has.

    Parameters
    ----------
    score
        (q,) s, minus half the gradient of F: the average score of one case.
    information, variance
        (q, q) I, information of one case, and M, the variance of its score. M = I gives Rao's test.
    kept, larger
        (q, r) and (q, r') tangents of the model and of the larger one, whose span holds the first's.
    n
        Cases.
    expected
        (q, q) expected information, which tells what is identified; needed where I is the observed one, in which what
        is not identified is flat at the larger model's minimum only.

    Notes
    -----
    D is what is left of the added directions after their projection, in the metric I, on those of the model. With J =
    K(KᵀIK)⁻Kᵀ, K the larger tangent, and A any derivatives of the constraints given up, the statistic is
    N (AJs)ᵀ [A J M J Aᵀ]⁻ AJs (Boos 1992): both compare the same part of the score with its variance, and the
    one here stands too where the larger model is not identified. The change Js is D(DᵀID)⁻e.
    """
    # In units in which every parameter by itself has information 1, so that no unit of measurement matters below.
    diagonal = np.abs(np.diag(information))
    unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    pairs = np.outer(unit, unit)
    kept, larger = kept / unit[:, None], larger / unit[:, None]
    added = _beyond(kept, larger)
    identified, flat = _identified(added, kept, pairs * (information if expected is None else expected))
    counts = (added.shape[1], identified.shape[1])
    unidentified: Bools = np.asarray((np.abs(flat) > 1e-6).any(axis=1))
    D = _less(identified, kept, pairs * information)
    e, curvature = D.T @ (unit * score), D.T @ (pairs * information) @ D
    if (np.linalg.eigvalsh(curvature) <= 0).any():
        nowhere = np.ones(len(score), dtype=np.bool_)
        return ScoreStatistic(_INDEFINITE, 0, _INDEFINITE, *counts, np.zeros(len(score)), nowhere)
    change: Array = unit * (D @ np.linalg.solve(curvature, e))
    statistic, df = _quadratic(e, D.T @ (pairs * variance) @ D, n)
    if not df:
        return ScoreStatistic(_SILENT, 0, _SILENT, *counts, change, unidentified)
    return ScoreStatistic(statistic, df, float(chi2.sf(statistic, df)), *counts, change, unidentified)


def _beyond(kept: Array, larger: Array) -> Array:
    """(q, m) orthonormal directions of ``larger`` that are orthogonal to ``kept``."""
    basis = np.linalg.qr(kept)[0]
    rest = larger / np.linalg.norm(larger, axis=0)
    rest = rest - basis @ (basis.T @ rest)
    left, sizes, _ = np.linalg.svd(rest, full_matrices=False)
    result: Array = left[:, sizes > 1e-8]
    return result


def _less(directions: Array, kept: Array, information: Array) -> Array:
    """(q, m) directions after their projection on ``kept`` in the metric of the information."""
    inner = np.linalg.pinv(kept.T @ information @ kept, hermitian=True)
    result: Array = directions - kept @ (inner @ (kept.T @ (information @ directions)))
    return result


def _identified(added: Array, kept: Array, information: Array) -> tuple[Array, Array]:
    """Combinations of the added directions that change the moments as no kept one does; and those that do not."""
    own = _less(added, kept, information)
    eigenvalues, vectors = np.linalg.eigh(own.T @ information @ own)
    there = eigenvalues > _FLAT
    return own @ vectors[:, there], own @ vectors[:, ~there]


def _quadratic(e: Array, variance: Array, n: int) -> tuple[float, int]:
    """N eᵀV⁻e and the rank of V."""
    diagonal = np.diag(variance)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    eigenvalues, vectors = np.linalg.eigh(variance / np.outer(scale, scale))
    there = eigenvalues > _FLAT
    z = vectors[:, there].T @ (e / scale)
    return float(n * np.sum(z**2 / eigenvalues[there])), int(there.sum())
