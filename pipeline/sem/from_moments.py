"""Estimation from a covariance matrix and the number of cases, as published tables give them.

Maximum likelihood with complete data asks nothing of the data but their moments. So rows are made that have exactly
these moments, and everything else goes its usual way. Methods that look at single cases (robust errors and tests,
bootstrap, clusters) would see made-up cases, and are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.linalg import Array, cholesky

Divisor = Literal["n - 1", "n"]


def estimate_from_moments(
    syntax: str, covs: Sequence[ArrayLike], n: Sequence[int], names: Sequence[str], options: Options | None = None, *,
    means: Sequence[ArrayLike] | None = None, groups: Sequence[str] = (), divided_by: Divisor = "n - 1",
    name: str = "model",
) -> Estimated:
    """Find a model's estimates from the moments of one or several groups.

    Parameters
    ----------
    covs, n
        A (p, p) covariance matrix and a number of cases for each group.
    names
        (p,) of the variables.
    means
        (p,) a group; without them, means are not to be modelled (0 is taken for them).
    groups
        Labels, if there are several.
    divided_by
        What sums of squares were divided by: n − 1, as programs print covariances, or n.

    Raises
    ------
    InputError
        ``SEM-MOMENTS`` for matrices that no data have, or options that need the cases; ``MODEL-…``, ``SEM-…``.
    """
    options = options or Options()
    _check(covs, n, names, options)
    rows, member = [], []
    labels = tuple(groups) or ("",)
    for index, (label, cov, cases) in enumerate(zip(labels, covs, n, strict=True)):
        matrix = np.asarray(cov, dtype=np.float64)
        scale = (cases - 1) / cases if divided_by == "n - 1" else 1.0
        mean = np.zeros(len(names)) if means is None else np.asarray(means[index], dtype=np.float64)
        rows.append(rows_with_moments(scale * matrix, mean, cases))
        member += [label] * cases
    return estimate_model(syntax, np.vstack(rows), names, options, name=name, groups=member if groups else None)


def rows_with_moments(cov: Array, mean: Array, n: int) -> Array:
    """n rows (n, p), n > p, whose means and covariances (divided by n) are exactly those given."""
    p = len(cov)
    # Cosines of whole frequencies are orthogonal to one another and to a constant (the discrete cosine transform).
    angles = np.pi * (np.arange(n) + 0.5)[:, None] * np.arange(1, p + 1) / n
    result: Array = np.sqrt(2) * np.cos(angles) @ np.linalg.cholesky(cov).T + mean
    return result


def _check(covs: Sequence[ArrayLike], n: Sequence[int], names: Sequence[str], options: Options) -> None:
    findings = []
    if options.estimator != "ml" or options.missing != "listwise":
        findings.append(Finding("SEM-MOMENTS", "options", "Moments alone allow plain maximum likelihood only.",
                                "Choose the estimator ml and missing listwise, or give the data."))
    for number, (cov, cases) in enumerate(zip(covs, n, strict=True), start=1):
        matrix = np.asarray(cov, dtype=np.float64)
        place = f"covariance matrix {number}"
        if matrix.shape != (len(names), len(names)) or not np.allclose(matrix, matrix.T):
            findings.append(Finding("SEM-MOMENTS", place, f"It must be symmetric, {len(names)} by {len(names)}; it has "
                                    f"the shape {matrix.shape}.", "Give one row and column a variable."))
        elif not cholesky(matrix[None])[1][0]:
            findings.append(Finding("SEM-MOMENTS", place, "It must be positive definite; it is not.",
                                    "Check for typing errors, rounding, or correlations of different rows."))
        if cases <= len(names):
            findings.append(Finding("SEM-CASES", place, f"A covariance matrix of {len(names)} variables needs more "
                                    f"than {len(names)} cases; there are {cases}.", "Use a smaller model."))
    if findings:
        raise InputError(findings)
