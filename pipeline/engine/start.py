"""Starting values, from sample moments and the table alone."""

from __future__ import annotations

import numpy as np

from pipeline.engine.linalg import Array
from pipeline.engine.table import ParameterTable, Row


def starting_values(table: ParameterTable, covs: list[Array], means: list[Array]) -> Array:
    """θ (q,) to begin with; ``start()`` in the model text has the last word.

    Loadings come from the covariances with the marker (instrumental variables, Hägglund 1982, without iteration),
    latent variances from what the marker shares with the others, residual variances are half of what is observed,
    intercepts are means, paths and covariances 0: with these, Σ is positive definite.

    Parameters
    ----------
    covs, means
        (p, p) and (p,) of every group.
    """
    theta = np.zeros(table.n_free)
    y = {name: index for index, name in enumerate(table.observed)}
    for row in table.rows:
        if not row.free:
            continue
        if row.start is not None:
            theta[row.free - 1] = row.start
        else:
            theta[row.free - 1] = _value(table, row, y, covs[row.group - 1], means[row.group - 1])
    return theta


def _value(table: ParameterTable, row: Row, y: dict[str, int], S: Array, mean: Array) -> float:
    if row.op == "~1":
        return float(mean[y[row.lhs]]) if row.lhs in y else 0.0
    if row.op == "~":
        return 0.0
    if row.op == "~~":
        if row.lhs != row.rhs:
            return 0.0
        if row.lhs in y:
            loads = any(r.op == "=~" and r.rhs == row.lhs for r in table.rows)
            return float(S[y[row.lhs], y[row.lhs]]) * (0.5 if loads else 1.0)
        return _latent_variance(table, row.lhs, row.group, y, S)
    loadings = _relative_loadings(table, row.lhs, row.group, y, S)
    fixed_variance = any(r.op == "~~" and r.lhs == r.rhs == row.lhs and r.group == row.group and not r.free
                         for r in table.rows)
    scale = np.sqrt(_latent_variance(table, row.lhs, row.group, y, S)) if fixed_variance else 1.0
    return float(loadings.get(row.rhs, 1.0) * scale)


def _indicators(table: ParameterTable, latent: str, group: int, y: dict[str, int]) -> list[Row]:
    return [r for r in table.rows if r.op == "=~" and r.lhs == latent and r.group == group and r.rhs in y]


def _relative_loadings(
    table: ParameterTable, latent: str, group: int, y: dict[str, int], S: Array,
) -> dict[str, float]:
    """Loadings on the scale of the marker: the first indicator fixed to a number other than 0, else the first."""
    rows = _indicators(table, latent, group, y)
    if not rows:
        return {}
    marker = next((r for r in rows if not r.free and r.value), rows[0])
    unit = marker.value if marker.value else 1.0
    m = y[marker.rhs]
    found = {marker.rhs: unit}
    for row in rows:
        j = y[row.rhs]
        others = [y[r.rhs] for r in rows if r.rhs not in (row.rhs, marker.rhs)]
        if row.rhs == marker.rhs:
            continue
        with_marker = S[m, others]
        ratio = float(S[j, others] @ with_marker / (with_marker @ with_marker)) if others else 1.0
        # Unrelated indicators give wild ratios; beyond a factor of five of the standard deviations' ratio they mislead.
        bound = 5 * float(np.sqrt(S[j, j] / S[m, m]))
        found[row.rhs] = unit * float(np.clip(ratio, -bound, bound))
    return found


def _latent_variance(table: ParameterTable, latent: str, group: int, y: dict[str, int], S: Array) -> float:
    loadings = _relative_loadings(table, latent, group, y, S)
    if not loadings:
        return 0.1
    (marker, unit), *rest = loadings.items()
    own = float(S[y[marker], y[marker]]) / unit**2
    shared = [float(S[y[marker], y[name]]) / (unit * value) for name, value in rest if abs(value) > 1e-3]
    guess = float(np.median(shared)) if shared else 0.5 * own
    return min(max(guess, 0.1 * own), 0.9 * own)
