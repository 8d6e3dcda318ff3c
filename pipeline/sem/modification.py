"""Modification indices: by how much χ² would fall if a fixed or absent parameter were free (Sörbom 1989).

For a candidate with score s (∂ log L / N) and information I₁₁ of one case, and the model's own parameters with
information I₂₂, of which the constraints leave the directions K free,

    V   = I₁₁ − I₁₂ K (Kᵀ I₂₂ K)⁻¹ Kᵀ I₂₁
    MI  = N s² / V,      expected change = s / V,

with the expected information throughout. Every candidate is one more free row of the parameter table, so that one
gradient and one information matrix serve all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from pipeline.sem.changes import standardised_changes
from pipeline.sem.expected import expected_information
from pipeline.sem.inference import bread
from pipeline.sem.least_squares import WeightedObjective, information, pieces
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import Implied
from pipeline.sem.problem import Problem, widened
from pipeline.sem.syntax import Operator
from pipeline.sem.table import ParameterTable, Row
from pipeline.undefined import Number, Undefined

SMALLEST = float(np.finfo(np.float64).eps ** (1 / 3))
"""Of V: a candidate below it would not be identified beside the model's own parameters. lavaan's limit."""


@dataclass(frozen=True, slots=True)
class ModificationIndex:
    """What freeing one parameter would do.

    Attributes
    ----------
    lhs, op, rhs, group
        The parameter; ``group`` counts from 1.
    mi
        Expected fall of χ².
    epc
        Expected change: about the value the parameter would take, less the one it is fixed to.
    sepc_lv, sepc_all
        The change with latent, with all variables standardised; of a variance, its fixed value is standardised
        and takes the sign of the change (lavaan's convention).
    pvalue
        P(χ²(1) > mi); of one index, not of the largest of many.
    """

    lhs: str
    op: Operator
    rhs: str
    group: int
    mi: float
    epc: float
    sepc_lv: Number
    sepc_all: Number
    pvalue: float


@dataclass(frozen=True, slots=True)
class Changes:
    """Kernel result for m candidates, each (m,).

    Attributes
    ----------
    mi, epc
        Index and expected change; of no use where not ``identified``.
    identified
        Whether V is large enough.
    """

    mi: Array
    epc: Array
    identified: np.typing.NDArray[np.bool_]


def expected_changes(score: Array, columns: Array, diagonal: Array, inverse: Array, n: float) -> Changes:
    """Sörbom's index of every candidate.

    Parameters
    ----------
    score
        (m,) candidates' scores of one case.
    columns, diagonal
        (m, q) expected information of one case between candidates and the model's own parameters, and (m,) of the
        candidates with themselves.
    inverse
        (q, q) inverse information of the model's own parameters within its constraints.
    n
        N, all groups together.
    """
    variance = diagonal - np.einsum("mq,mq->m", columns @ inverse, columns)
    identified = variance >= SMALLEST
    safe = np.where(identified, variance, 1.0)
    return Changes(n * score**2 / safe, score / safe, identified)


def modification_indices(problem: Problem, theta: Array) -> tuple[ModificationIndex, ...] | Undefined:
    """Index of every parameter that the model could have in addition (lavaan's ``modindices``).

    Parameters
    ----------
    theta
        (q,) the minimum.

    Returns
    -------
    Candidates that would be identified: the table's fixed rows, then absent loadings, covariances, regressions and
    intercepts, group by group, in lavaan's order; or Undefined where the model itself is not identified.
    """
    table = problem.table
    candidates = tuple(row for row in (*fixed_rows(table), *absent_rows(table)) if _is_of_the_model(row, table))
    if not candidates:
        return ()
    wide = extended_table(table, candidates)
    moments = problem.objective.described(theta[None])
    values = np.array([_value(problem, row, moments) for row in candidates])
    full = np.concatenate([theta, values])
    score, columns, diagonal = _with_candidates(problem, wide, full)
    inner = bread(columns[:table.n_free], problem.restriction.tangent(theta))
    if inner.unidentified.any():
        return Undefined("the model is not identified: its information matrix is singular")
    changes = expected_changes(
        score, columns[table.n_free:], diagonal[table.n_free:], inner.inverse, float(problem.n))
    standardised = standardised_changes(
        problem.objective.groups, moments, table, (*table.free_rows(), *candidates), full,
        np.concatenate([np.zeros(table.n_free), changes.epc]))[table.n_free:]
    pvalues = chi2.sf(changes.mi, 1)
    return tuple(ModificationIndex(row.lhs, row.op, row.rhs, row.group, float(changes.mi[i]), float(changes.epc[i]),
                                   *standardised[i], float(pvalues[i]))
                 for i, row in enumerate(candidates) if changes.identified[i])


def _with_candidates(problem: Problem, wide: ParameterTable, full: Array) -> tuple[Array, Array, Array]:
    """Candidates' scores (m,), information (Q, q) of all parameters with the model's own, and (Q,) with themselves."""
    q, posed = problem.table.n_free, widened(problem, wide)
    score = posed.score(full)[q:]
    if isinstance(posed.objective, WeightedObjective):
        whole = information(pieces(posed, full), len(full))
        return score, whole[:, :q], np.diag(whole)
    return score, *expected_information(posed.objective, full, q)


# ---- candidates ----------------------------------------------------------------------------------------------------


def _is_of_the_model(row: Row, table: ParameterTable) -> bool:
    """Not so: a residual variance that others determine, and, where moments are given x, what would explain x."""
    if row.determined or not table.ordered:
        return not row.determined
    given = table.exogenous
    return row.lhs not in given and not (row.op == "~~" and row.rhs in given)


def fixed_rows(table: ParameterTable) -> tuple[Row, ...]:
    """Rows of a table that are not free, sample moments of exogenous variables included."""
    return tuple(row for row in table.rows if not row.free)


def absent_rows(table: ParameterTable) -> tuple[Row, ...]:
    """Parameters that no row of the table has, fixed to 0, in lavaan's order (``lav_partable_full``)."""
    present = {_key(row) for row in table.rows}
    absent = []
    for group in range(1, table.n_groups + 1):
        for lhs, op, rhs in _relations(table):
            if (lhs, op, rhs, group) not in present:
                present.add((lhs, op, rhs, group))
                absent.append(Row(lhs, op, rhs, group, 0, 0, "", "", 0.0, None, False))
    return tuple(absent)


def extended_table(table: ParameterTable, candidates: tuple[Row, ...]) -> ParameterTable:
    """The table with ``candidates`` free, numbered after its own parameters; without constraints."""
    numbers = {_key(row): at for at, row in enumerate(candidates, start=table.n_free + 1)}

    def freed(row: Row) -> Row:
        return replace(row, free=numbers.pop(_key(row)), value=None)

    rows = [freed(row) if _key(row) in numbers else row for row in table.rows]
    rows += [freed(row) for row in candidates if _key(row) in numbers]
    return replace(table, rows=tuple(rows), equalities=(), constraints=(), definitions=(), written=(),
                   n_free=table.n_free + len(candidates))


def _key(row: Row) -> tuple[str, str, str, int]:
    return row.lhs, row.op, row.rhs, row.group


def _relations(table: ParameterTable) -> Iterator[tuple[str, Operator, str]]:
    """Every relation that one group could have; repetitions are left to the caller."""
    left = dict.fromkeys(row.lhs for row in table.rows if row.op == "~")
    in_paths = list(left | dict.fromkeys(row.rhs for row in table.rows if row.op == "~"))
    indicators = {row.rhs for row in table.rows if row.op == "=~"} & set(table.observed)
    latent, exogenous = table.latent, _exogenous(table)
    modelled = [name for name in table.observed if name not in exogenous]
    for factor in latent:
        yield from ((factor, "=~", name) for name in modelled if name not in in_paths)
    # Covariances of observed variables that are no indicators are left to the regressions among them.
    for lhs, rhs in _unordered(modelled):
        if lhs in indicators and rhs in indicators:
            yield lhs, "~~", rhs
    yield from ((lhs, "~~", rhs) for lhs, rhs in _unordered(exogenous))
    yield from ((lhs, "~~", rhs) for lhs, rhs in _unordered(latent))
    for lhs in in_paths:
        for rhs in in_paths:
            if lhs != rhs and not (lhs in indicators and rhs in latent):
                yield lhs, "~", rhs
    if table.meanstructure:
        yield from ((name, "~1", "") for name in (*table.observed, *latent))


def _unordered(names: list[str] | tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((lhs, rhs) for i, lhs in enumerate(names) for rhs in names[i:])


def _exogenous(table: ParameterTable) -> list[str]:
    """Observed variables that only explain, unless their author wrote of their moments; fixed or not."""
    explain = {row.rhs for row in table.rows if row.op == "~"}
    other = {row.lhs for row in table.rows if row.op == "~"} | {row.rhs for row in table.rows if row.op == "=~"}
    other |= {name for row in table.rows if row.user and row.op in ("~~", "~1") for name in (row.lhs, row.rhs)}
    return [name for name in table.observed if name in explain - other]


def _value(problem: Problem, row: Row, moments: list[Implied]) -> float:
    """Where a candidate is fixed now."""
    if row.value is not None:
        return row.value
    here, at = moments[row.group - 1], problem.table.observed.index
    # The model holds these at their sample values, so that implied and sample moments are one.
    return float(here.mu[0, at(row.lhs)] if row.op == "~1" else here.Sigma[0, at(row.lhs), at(row.rhs)])
