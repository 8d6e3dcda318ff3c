"""The model's matrices and the moments they imply, for a stack of parameter vectors at once.

A model is written in the all-y form: y = ν + Λη + ε, η = α + Βη + ζ, cov ε = Θ, cov ζ = Ψ. Observed variables that
take part in regressions (or share a covariance with one that does) stand among the η with a loading of 1 and no ε, so
that any path diagram fits (Bollen 1989, ch. 9; the form lavaan calls LISREL). It keeps the only inverse of the
structural part at the order of η, where the reticular (RAM) form would invert at the order of all variables.

Every derivative of the implied moments is a product of columns of ``basis`` = [I | L | H], L = Λ(I − Β)⁻¹ and
H = ΛC, C = cov η: for a cell with column numbers u and v, ∂Σ = c (X_u X_vᵀ + X_v X_uᵀ) and ∂μ = m X_u. A cell of Λ
takes (I, H), of Θ (I, I), of Β (L, H), of Ψ (L, L); c is ½ on a diagonal. With that one rule gradients, expected
information and casewise scores are gathers and products (see :mod:`pipeline.sem.objective`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.linalg import Array, Field
from pipeline.sem.table import ParameterTable, Row

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Implied:
    """Moments a stack of b parameter vectors implies for one group.

    Attributes
    ----------
    Sigma, mu
        (b, p, p) and (b, p) moments of the observed variables.
    C, eta
        (b, k, k) and (b, k) moments of η.
    L, H
        (b, p, k): Λ(I − Β)⁻¹ and ΛC.
    B
        (b, k, k): (I − Β)⁻¹.
    Theta, Psi
        (b, p, p) and (b, k, k) residual covariances.
    """

    Sigma: Field
    mu: Field
    C: Field
    eta: Field
    L: Field
    H: Field
    B: Field
    Theta: Field
    Psi: Field

    def basis(self) -> Field:
        """[I | L | H], (b, p, p + 2k)."""
        b, p, _ = self.L.shape
        return np.concatenate([np.broadcast_to(np.eye(p), (b, p, p)), self.L, self.H], axis=-1)


@dataclass(frozen=True, slots=True)
class CellValues:
    """Matrix cells in one row: ``fixed`` (t,) values, and at ``places`` the parameters ``source``."""

    fixed: Array
    places: Index
    source: Index

    def at(self, theta: Field) -> Field:
        """(b, t) cells at θ (b, q)."""
        flat: Field = np.empty((len(theta), len(self.fixed)), dtype=theta.dtype)
        flat[:] = self.fixed
        flat[:, self.places] = theta[:, self.source]
        return flat

    def keep(self, wanted: Index) -> CellValues:
        """Only the cells ``wanted``, in their order."""
        position = np.full(len(self.fixed), -1, dtype=np.intp)
        position[wanted] = np.arange(len(wanted))
        there = position[self.places] >= 0
        return CellValues(self.fixed[wanted], position[self.places[there]], self.source[there])


@dataclass(frozen=True, slots=True)
class GroupMatrices:
    """One group's model: where each parameter stands, and how moments follow.

    Attributes
    ----------
    observed, etas
        Names of y (p,) and η (k,); ``promoted`` are positions in y of the observed variables among η.
    free
        (q_g,) numbers, from 0, of the parameters of this group, in the order of all per-cell arrays below.
    u, v, c
        (q_g,) columns of the basis and factor of ∂Σ.
    mean_of
        (q_g,) position in η whose mean multiplies ∂μ for cells of Λ and Β; k stands for the constant 1 (cells of ν and
        α) and k + 1 for 0 (cells of Θ and Ψ).
    blocks
        Cells and their places in the flattened (I,I), (I,[L|H]) and (L,[L|H]) blocks of a p + 2k square.
    cells
        All matrices' cells in the order Λ, Θ, Ψ, Β, ν, α.
    x, x_places, x_cov, x_mean_places, x_mean
        Fixed exogenous variables among y, and where their sample moments go.
    structural
        Whether any η depends on another.
    uncorrelated
        Whether Θ is diagonal with no variance fixed to 0 or less and no fixed exogenous variables: the case of
        :mod:`pipeline.sem.uniquenesses`, for which ``narrow`` has the same with Θ's diagonal only, at ``residual``.
    """

    observed: tuple[str, ...]
    etas: tuple[str, ...]
    free: Index
    u: Index
    v: Index
    c: Array
    mean_of: Index
    blocks: tuple[tuple[Index, Index], ...]
    cells: CellValues
    x: Index
    x_places: Index
    x_cov: Index
    x_mean_places: Index
    x_mean: Index
    structural: bool
    uncorrelated: bool
    narrow: CellValues
    residual: slice

    @property
    def p(self) -> int:
        return len(self.observed)

    @property
    def k(self) -> int:
        return len(self.etas)

    def implied(self, theta: Field, cov: Array, mean: Array) -> Implied:
        """Implied moments.

        Parameters
        ----------
        theta
            (b, q) all free parameters of all groups.
        cov, mean
            (b or 1, p, p) and (b or 1, p) sample moments; only those of fixed exogenous variables are used.
        """
        b, p, k = len(theta), self.p, self.k
        flat = self.cells.at(theta)
        flat[:, self.x_places] = cov.reshape(len(cov), -1)[:, self.x_cov]
        flat[:, self.x_mean_places] = mean[:, self.x_mean]
        ends = np.cumsum([p * k, p * p, k * k, k * k, p, k])
        Lambda = flat[:, : ends[0]].reshape(b, p, k)
        Theta = flat[:, ends[0]: ends[1]].reshape(b, p, p)
        Psi = flat[:, ends[1]: ends[2]].reshape(b, k, k)
        Beta = flat[:, ends[2]: ends[3]].reshape(b, k, k)
        nu, alpha = flat[:, ends[3]: ends[4]], flat[:, ends[4]:]
        B: Field
        L: Field
        C: Field
        eta: Field
        if self.structural:
            B = np.linalg.inv(np.eye(k) - Beta)
            L = Lambda @ B
            weighted = Psi @ np.swapaxes(B, -1, -2)
            C = B @ weighted
            eta = (B @ alpha[..., None])[..., 0]
        else:
            B = np.broadcast_to(np.eye(k), (b, k, k))
            L, weighted, C, eta = Lambda, Psi, Psi, alpha
        H = L @ weighted
        Sigma = H @ np.swapaxes(Lambda, -1, -2) + Theta
        mu = nu + (Lambda @ eta[..., None])[..., 0]
        return Implied(Sigma, mu, C, eta, L, H, B, Theta, Psi)

    def mean_factor(self, implied: Implied) -> Field:
        """(b, q_g): m of every cell."""
        b = len(implied.eta)
        constants = np.concatenate([implied.eta, np.ones((b, 1)), np.zeros((b, 1))], axis=1)
        return constants[:, self.mean_of]


def group_matrices(table: ParameterTable) -> tuple[GroupMatrices, ...]:
    """The matrices of every group of a table, in the groups' order."""
    etas = (*table.latent, *promoted(table))
    return tuple(_compile(table.observed, table.exogenous, rows, etas) for rows in _by_group(table))


def conditional_matrices(table: ParameterTable) -> tuple[GroupMatrices, ...]:
    """The same given the fixed exogenous variables: they stand among η only, with neither mean nor variance.

    Σ and μ are then those of the other variables where the exogenous ones are 0, and L holds the slopes on them.
    """
    etas = (*table.latent, *promoted(table))
    observed = tuple(name for name in table.observed if name not in table.exogenous)
    return tuple(_compile(observed, (), [row for row in rows if not row.exogenous], etas) for rows in _by_group(table))


def _by_group(table: ParameterTable) -> list[list[Row]]:
    """Rows that have a place in the matrices, a list for every group: thresholds and scales have none."""
    return [[row for row in table.rows if row.group == group and row.op not in ("|", "~*~")]
            for group in range(1, table.n_groups + 1)]


def promoted(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables that must stand among η, in the order of the observed variables."""
    latent = set(table.latent)
    core = latent | {name for r in table.rows if r.op == "~" for name in (r.lhs, r.rhs)}
    core |= {r.lhs for r in table.rows if r.op == "=~"} | set(table.exogenous)
    pairs = [(r.lhs, r.rhs) for r in table.rows if r.op == "~~" and r.lhs != r.rhs]
    # A covariance needs both ends in the same matrix; promotion spreads along covariances.
    while spread := {end for pair in pairs if core & set(pair) for end in pair} - core:
        core |= spread
    return tuple(name for name in table.observed if name in core and name not in latent)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Positions of one row: flat places it fills, basis columns, factor, and what multiplies ∂μ."""

    places: tuple[int, ...]
    u: int
    v: int
    c: float
    mean_of: int


def _compile(
    observed: tuple[str, ...], exogenous: tuple[str, ...], rows: Sequence[Row], etas: tuple[str, ...],
) -> GroupMatrices:
    p, k = len(observed), len(etas)
    sizes = [p * k, p * p, k * k, k * k, p, k]
    fixed = np.zeros(sum(sizes))
    y, eta = {n: i for i, n in enumerate(observed)}, {n: i for i, n in enumerate(etas)}
    for name in etas:
        if name in y:
            fixed[y[name] * k + eta[name]] = 1.0
    cells = {index: _cell(row, y, eta) for index, row in enumerate(rows)}
    free = [index for index, row in enumerate(rows) if row.free]
    for index, row in enumerate(rows):
        if not row.free and row.value is not None:
            fixed[list(cells[index].places)] = row.value
    sampled = [(cells[i], r) for i, r in enumerate(rows) if r.exogenous]
    covs = [(place, y[r.lhs] * p + y[r.rhs]) for cell, r in sampled if r.op == "~~" for place in cell.places]
    means = [(cell.places[0], y[r.lhs]) for cell, r in sampled if r.op == "~1"]
    u, v = _index(cells[i].u for i in free), _index(cells[i].v for i in free)
    filled = [(place, rows[i].free - 1) for i in free for place in cells[i].places]
    values = CellValues(fixed, _index(place for place, _ in filled), _index(number for _, number in filled))
    theta = np.arange(p * p).reshape(p, p) + p * k
    off, at = theta[~np.eye(p, dtype=np.bool_)], np.diag(theta)
    uncorrelated = not (np.isin(off, values.places).any() or fixed[off].any() or covs
                        or ((fixed[at] <= 0) & ~np.isin(at, values.places)).any())
    return GroupMatrices(
        observed=observed, etas=etas, free=_index(rows[i].free - 1 for i in free), u=u, v=v,
        c=np.array([cells[i].c for i in free]), mean_of=_index(cells[i].mean_of for i in free),
        blocks=_blocks(u, v, p, k), cells=values,
        x=_index(y[name] for name in exogenous),
        x_places=_index(place for place, _ in covs), x_cov=_index(cell for _, cell in covs),
        x_mean_places=_index(place for place, _ in means), x_mean=_index(cell for _, cell in means),
        structural=any(r.op == "~" or (r.lhs in eta and r.rhs in eta) for r in rows if r.op in ("~", "=~")),
        uncorrelated=uncorrelated, narrow=values.keep(np.delete(np.arange(len(fixed)), off)),
        residual=slice(p * k, p * k + p),
    )


def _blocks(u: Index, v: Index, p: int, k: int) -> tuple[tuple[Index, Index], ...]:
    """Cells of Θ; of Λ; of Β and Ψ: each with its places in the flattened block (see :func:`objective.chain`).

    Means (c = 0) have u in either range and v = 0; whatever is gathered for them is multiplied by 0.
    """
    own = np.flatnonzero((u < p) & (v < p))
    loading = np.flatnonzero((u < p) & (v >= p))
    latent = np.flatnonzero(u >= p)
    return ((own, u[own] * p + v[own]), (loading, u[loading] * 2 * k + v[loading] - p),
            (latent, (u[latent] - p) * 2 * k + np.maximum(v[latent] - p, 0)))


def _cell(row: Row, y: dict[str, int], eta: dict[str, int]) -> _Cell:
    """Place and derivative of one row. Flat order: Λ, Θ, Ψ, Β, ν, α; basis columns: I (p), L (k), H (k)."""
    p, k = len(y), len(eta)
    theta, psi, beta = p * k, p * k + p * p, p * k + p * p + k * k
    nu = beta + k * k
    if row.op == "~1":
        if row.lhs in eta:
            return _Cell((nu + p + eta[row.lhs],), p + eta[row.lhs], 0, 0.0, k)
        return _Cell((nu + y[row.lhs],), y[row.lhs], 0, 0.0, k)
    if row.op == "~~":
        factor = 0.5 if row.lhs == row.rhs else 1.0
        if row.lhs in eta:
            i, j = eta[row.lhs], eta[row.rhs]
            return _Cell((psi + i * k + j, psi + j * k + i), p + i, p + j, factor, k + 1)
        i, j = y[row.lhs], y[row.rhs]
        return _Cell((theta + i * p + j, theta + j * p + i), i, j, factor, k + 1)
    to, source = (row.rhs, row.lhs) if row.op == "=~" else (row.lhs, row.rhs)
    j = eta[source]
    if to in eta:
        i = eta[to]
        return _Cell((beta + i * k + j,), p + i, p + k + j, 1.0, j)
    return _Cell((y[to] * k + j,), y[to], p + k + j, 1.0, j)


def _index(values: Iterable[int]) -> Index:
    return np.array(list(values), dtype=np.intp)
