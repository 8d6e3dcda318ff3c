"""The chain in other orders: the same product of paths, and why fit says nothing about which order is right.

A chain in which every variable is explained by all before it reproduces the covariances of its variables whatever they
are. Any other order does so too, with as many parameters: the orders are equivalent models, with the same χ² and the
same degrees of freedom (Lee & Hershberger 1990; MacCallum, Wegener, Uchino & Fabrigar 1993). Each is estimated anew,
so that the equality is seen and not only claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from pipeline.sem.estimate import Estimated
from pipeline.sem.goodness import chisq_of, degrees_of_freedom
from pipeline.sem.table import ParameterTable
from pipeline.sensitivity.chain import Chain
from pipeline.sensitivity.findings import OrderedChain, Orders
from pipeline.sensitivity.measurement_error import exogenous_observed, simulated
from pipeline.sensitivity.rewriting import in_order, unused
from pipeline.undefined import Number, Undefined

SAME_CHISQ = 0.01
"""χ² that differ by less are the same: far below what any test could tell apart."""


def orders_of(variables: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The order given, every other one with the same first variable, and the full reversal."""
    first, *rest = variables
    return (*((first, *order) for order in permutations(rest)), variables[::-1])


def orders(
    chain: Chain, estimated: Estimated, estimate: Callable[[str], Estimated], *, level: float, draws: int, seed: int,
) -> Orders | Undefined:
    """The chain's product in every order of :func:`orders_of`.

    Parameters
    ----------
    estimate
        Estimates a changed text on the same rows.
    """
    table = estimated.problem.table
    covariates = _covariates(table, chain)
    if isinstance(covariates, Undefined):
        return covariates
    text = estimated.syntax
    name = unused(text, "serial_product")
    found = []
    for variables in orders_of(chain.variables):
        one = estimate(in_order(text, variables, covariates, name))
        values = simulated(one, (name,), level=level, draws=draws, seed=seed)[name]
        chisq: Number = (chisq_of(one.problem, one.theta) if one.converged
                         else Undefined("estimation did not converge"))
        found.append(OrderedChain(variables, variables == chain.variables, *values, chisq,
                                  degrees_of_freedom(one.problem, one.npar), one.converged))
    return Orders(chain.effect, tuple(found), _equivalent(tuple(found)))


def _covariates(table: ParameterTable, chain: Chain) -> tuple[str, ...] | Undefined:
    """What explains the chain from outside it; it must not be explained by the chain in turn."""
    inside = set(chain.variables)
    outside = dict.fromkeys(
        row.rhs for row in table.rows if row.op == "~" and row.lhs in inside and row.rhs not in inside)
    exogenous = exogenous_observed(table)
    for name in outside:
        if name not in exogenous:
            return Undefined(f"{name}, which explains part of the chain, is not an exogenous observed variable")
    if table.constraints or table.n_groups > 1:
        return Undefined("the model has constraints or several groups")
    # Else the product's last variable would share a residual covariance with that outcome in some orders only.
    for name in dict.fromkeys(row.lhs for row in table.rows if row.op == "~" and row.lhs not in inside):
        if not inside <= {row.rhs for row in table.rows if row.op == "~" and row.lhs == name}:
            return Undefined(f"{name} is explained by some variables of the chain and not by all")
    return tuple(outside)


def _equivalent(found: tuple[OrderedChain, ...]) -> bool | None:
    values = [chain.chisq for chain in found if not isinstance(chain.chisq, Undefined)]
    if len(values) < len(found):
        return None
    return max(values) - min(values) < SAME_CHISQ and len({chain.df for chain in found}) == 1
