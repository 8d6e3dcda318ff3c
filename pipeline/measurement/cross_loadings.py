"""Items that would also load on a factor that is not theirs: modification indices and expected changes.

The expected change is about the loading that the item would have on the other factor were it free (Saris, Satorra &
Sörbom 1987). Indices take answers to be normal whatever the standard errors are (:mod:`pipeline.sem.modification`), and
the largest of many is large by chance, so that p is adjusted for all of them (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import one_thread
from pipeline.sem.modification import modification_indices
from pipeline.sem.partial_invariance import holm
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class ForeignLoading:
    """One item and one factor that is not its own.

    Attributes
    ----------
    change
        Expected, standardised.
    index, pvalue
        Expected fall of χ²(1), and how probable one as large is.
    adjusted
        p for all items and factors asked about.
    """

    item: str
    factor: str
    change: Number
    index: float
    pvalue: float
    adjusted: Number


def foreign_loadings(
    estimated: Estimated, foreign: Mapping[str, Sequence[str]],
) -> tuple[ForeignLoading, ...] | Undefined:
    """Of every item on every factor that is not its own, largest index first.

    Parameters
    ----------
    foreign
        Item → factors that are not its own. Pairs whose change could not be told are left out.
    """
    if not estimated.converged:
        return Undefined("the estimation of the confirmatory model did not converge")
    with one_thread():
        found = modification_indices(estimated.problem, estimated.theta)
    if isinstance(found, Undefined):
        return found
    asked = [one for one in found if one.op == "=~" and one.lhs in foreign.get(one.rhs, ())]
    adjusted = holm([one.pvalue for one in asked])
    rows = [ForeignLoading(one.rhs, one.lhs, one.sepc_all, one.mi, one.pvalue, p)
            for one, p in zip(asked, adjusted, strict=True)]
    return tuple(sorted(rows, key=lambda row: -row.index))
