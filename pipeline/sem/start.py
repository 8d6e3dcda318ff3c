"""Starting values, from sample moments and the table alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.sem.linalg import Array
from pipeline.sem.table import ParameterTable, Row


def starting_values(
    table: ParameterTable, covs: list[Array], means: list[Array], thresholds: Sequence[Mapping[str, Array]] = (),
) -> Array:
    """θ (q,) to begin with; ``start()`` in the model text has the last word.

    Loadings come from the covariances with the marker (instrumental variables, Hägglund 1982, without iteration),
    latent variances from what the marker shares with the others, residual variances are half of what is observed,
    intercepts are means, paths and covariances 0: with these, Σ is positive definite.

    Parameters
    ----------
    covs, means
        (p, p) and (p,) of every group.
    thresholds
        The sample's, of every group and ordered variable.
    """
    theta = np.zeros(table.n_free)
    for group in range(1, table.n_groups + 1):
        cuts = thresholds[group - 1] if thresholds else {}
        guess = _Guess(table, group, covs[group - 1], means[group - 1], cuts)
        for row in table.rows:
            if row.group == group and row.free:
                theta[row.free - 1] = guess.of(row) if row.start is None else row.start
    return theta


class _Guess:
    """Starting values of one group."""

    def __init__(
        self, table: ParameterTable, group: int, S: Array, mean: Array, thresholds: Mapping[str, Array],
    ) -> None:
        self.thresholds = thresholds
        self.y = {name: index for index, name in enumerate(table.observed)}
        self.S, self.mean = S, mean
        rows = [row for row in table.rows if row.group == group]
        self.loading_on = {row.rhs for row in rows if row.op == "=~"}
        self.unit_variance = {row.lhs for row in rows if row.op == "~~" and row.lhs == row.rhs and not row.free}
        self.loadings = {latent: _relative_loadings([r for r in rows if r.op == "=~" and r.lhs == latent], self.y, S)
                         for latent in table.latent}
        self.variances = {latent: _latent_variance(self.loadings[latent], self.y, S) for latent in table.latent}

    def of(self, row: Row) -> float:
        observed = row.lhs in self.y
        if row.op == "~*~":
            return 1.0
        if row.op == "|":
            return float(self.thresholds[row.lhs][int(row.rhs[1:]) - 1])
        if row.op == "~1":
            return float(self.mean[self.y[row.lhs]]) if observed else 0.0
        if row.op == "~~" and row.lhs == row.rhs:
            if not observed:
                return self.variances[row.lhs]
            own = float(self.S[self.y[row.lhs], self.y[row.lhs]])
            return own / 2 if row.lhs in self.loading_on else own
        if row.op == "=~":
            scale = np.sqrt(self.variances[row.lhs]) if row.lhs in self.unit_variance else 1.0
            return float(self.loadings[row.lhs].get(row.rhs, 1.0) * scale)
        return 0.0


def _relative_loadings(rows: Sequence[Row], y: dict[str, int], S: Array) -> dict[str, float]:
    """Loadings on the scale of the marker: the first indicator fixed to a number other than 0, else the first.

    Only indicators that are observed; ``rows`` are one latent variable's loadings.
    """
    rows = [row for row in rows if row.rhs in y]
    if not rows:
        return {}
    marker = next((row for row in rows if not row.free and row.value), rows[0])
    unit = marker.value or 1.0
    m = y[marker.rhs]
    found = {marker.rhs: unit}
    for row in rows:
        if row.rhs == marker.rhs:
            continue
        j = y[row.rhs]
        others = [y[r.rhs] for r in rows if r.rhs not in (row.rhs, marker.rhs)]
        with_marker = S[m, others]
        ratio = float(S[j, others] @ with_marker / (with_marker @ with_marker)) if others else 1.0
        # Unrelated indicators give wild ratios; beyond a factor of five of the standard deviations' ratio they mislead.
        bound = 5 * float(np.sqrt(S[j, j] / S[m, m]))
        found[row.rhs] = unit * float(np.clip(ratio, -bound, bound))
    return found


def _latent_variance(loadings: dict[str, float], y: dict[str, int], S: Array) -> float:
    """What the marker shares with the other indicators, between a tenth and nine tenths of its variance."""
    if not loadings:
        return 0.1
    (marker, unit), *rest = loadings.items()
    own = float(S[y[marker], y[marker]]) / unit**2
    shared = [float(S[y[marker], y[name]]) / (unit * value) for name, value in rest if abs(value) > 1e-3]
    guess = float(np.median(shared)) if shared else 0.5 * own
    return min(max(guess, 0.1 * own), 0.9 * own)
