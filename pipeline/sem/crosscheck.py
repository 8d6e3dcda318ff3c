"""A second opinion: semopy's estimates beside ours, and where they differ.

semopy shares no code with this engine. Its point estimates by maximum likelihood on complete data agree with lavaan's
once it has converged, so it can confirm ours, or say where to look. Nothing else of its output is used: its
log-likelihood, information criteria, GFI and missing-data estimates are not what their names say.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import semopy

from pipeline.sem.estimate import Estimated, standard_errors
from pipeline.sem.fit import Compared, differing
from pipeline.sem.inference import name_of
from pipeline.sem.linalg import Array
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Number, Undefined

AGREES = 0.01
"""Standard errors by which estimates may differ and still be called the same."""

_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Estimates of two programs on the same data.

    Attributes
    ----------
    chisq_ours, chisq_theirs
        N · F at each program's estimates, both by our discrepancy.
    agrees
        Whether every difference is within :data:`AGREES` standard errors.
    """

    program: str
    parameters: tuple[Compared, ...]
    chisq_ours: float
    chisq_theirs: float
    agrees: bool

    @property
    def differing(self) -> tuple[Compared, ...]:
        """The parameters on which the programs disagree, largest difference first."""
        return differing(self.parameters, AGREES)

    @property
    def sentence(self) -> str:
        """What the comparison found, in words."""
        if self.agrees:
            return f"{self.program} finds the same {len(self.parameters)} estimates."
        worst = self.differing[0]
        by = (str(worst.difference) if isinstance(worst.difference, Undefined)
              else f"by {worst.difference:+.2g} standard errors")
        better = "ours fits better" if self.chisq_ours <= self.chisq_theirs else "its estimates fit better"
        return (f"{self.program} differs in {len(self.differing)} of {len(self.parameters)} estimates, most in "
                f"{worst.parameter} ({by}); {better} "
                f"(chi-square {self.chisq_ours:.4f}, at its estimates {self.chisq_theirs:.4f}).")


def crosscheck(estimated: Estimated) -> CrossCheck | Undefined:
    """Estimate the same model on the same rows by semopy; undefined, with the reason, where it cannot."""
    reason = _unsupported(estimated)
    if reason:
        return Undefined(reason)
    table, problem = estimated.problem.table, estimated.problem
    frame = pd.DataFrame(problem.sample.groups[0].X, columns=list(table.observed))
    try:
        theta = _semopy(table, frame)
    except Exception as error:  # whatever a third program raises on a model, it is no fault of the model
        return Undefined(f"semopy stopped with {type(error).__name__}: {error}")
    errors = standard_errors(estimated.vcov)
    rows = []
    for row in table.free_rows():
        ours, theirs = float(estimated.theta[row.free - 1]), float(theta[row.free - 1])
        se = float(errors[row.free - 1])
        difference: Number = (theirs - ours) / se if se > 0 else Undefined("there is no standard error")
        rows.append(Compared(name_of(row, table.groups), ours, theirs, difference))
    values = problem.objective.evaluate(np.stack([estimated.theta, theta])).value * problem.n
    agrees = not differing(rows, AGREES)
    return CrossCheck(f"semopy {version('semopy')}", tuple(rows), float(values[0]), float(values[1]), agrees)


def _unsupported(estimated: Estimated) -> str:
    """Why semopy cannot be asked, or nothing."""
    table = estimated.problem.table
    if not estimated.converged:
        return "the model did not converge"
    if table.groups:
        return "semopy fits several groups apart, without equality across them"
    if estimated.problem.sample.has_gaps:
        return "semopy's estimates with missing values are not full-information maximum likelihood"
    if table.constraints:
        return "semopy has no constraints like those of this model"
    if any(row.op == "~1" and row.lhs in table.latent and row.free for row in table.rows) or _restricts_means(table):
        return "semopy's covariance model has no means"
    loaded = {row.rhs for row in table.rows if row.op == "=~"}
    sending = {row.rhs if row.op == "~" else row.lhs for row in table.rows if row.op in ("~", "=~")}
    connected = {name for row in table.rows if row.op in ("~", "=~") for name in (row.lhs, row.rhs)}
    for row in table.rows:
        if row.op == "~~":
            pure = [name in loaded and name not in sending for name in (row.lhs, row.rhs)]
            if pure[0] != pure[1] or {row.lhs, row.rhs} - connected:
                return f"semopy cannot hold {row.lhs} ~~ {row.rhs}"
    return ""


def _restricts_means(table: ParameterTable) -> bool:
    return any(row.op == "~1" and not row.free and row.lhs in table.observed and not row.exogenous
               for row in table.rows)


def _semopy(table: ParameterTable, frame: pd.DataFrame) -> Array:
    """semopy's estimates in the table's order; means, which are saturated, are those of the sample."""
    heads = {number: members[0] for members in table.equalities for number in members}
    with _quiet():
        model = semopy.Model(_effects(table, heads), mimic_lavaan=True, cov_diag=True)
        marked = {row.lhs for row in table.rows if row.op == "=~" and not row.free}
        for row in table.rows:
            # semopy 2.3.11 looks for a marker to start from, for ever if a latent variable has no fixed loading.
            if row.op == "=~" and row.free and row.lhs not in marked:
                model.parameters[f"p{heads.get(row.free, row.free)}"].start = 1.0
        model.load(frame, clean_slate=True)
        result = _minimise(model)
    names = [name for name, parameter in model.parameters.items() if parameter.active]
    found = dict(zip(names, result.x, strict=True))
    theta = np.empty(table.n_free)
    for row in table.free_rows():
        theta[row.free - 1] = (frame[row.lhs].mean() if row.op == "~1"
                               else found[f"p{heads.get(row.free, row.free)}"])
    return theta


def _minimise(model: Any) -> Any:
    """Its two solvers in turn until the discrepancy falls no further: each alone can stop early."""
    best = model.fit(obj="MLW", solver="L-BFGS-B")
    for _ in range(_RESTARTS):
        for solver in ("SLSQP", "L-BFGS-B"):
            found = model.fit(obj="MLW", solver=solver)
            fallen = best.fun - found.fun
            best = found
        if fallen < 1e-10:
            break
    return best


def _effects(table: ParameterTable, heads: dict[int, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table in the form semopy's parser would hand on, every parameter named or fixed.

    ``p<k>`` is the k-th free parameter; equal names are equal parameters. ``START`` keeps a fixed exogenous
    moment at its sample value. Giving everything leaves nothing to semopy's own defaults.
    """
    effects: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for row in table.rows:
        if row.op != "~1":
            content = (f"p{heads.get(row.free, row.free)}" if row.free else "START" if row.value is None
                       else repr(row.value))
            effects[row.op][row.lhs][row.rhs] = content
    exogenous = [name for name in table.observed if name not in table.endogenous]
    for index, lhs in enumerate(exogenous):
        for rhs in exogenous[index + 1:]:
            if rhs not in effects["~~"][lhs] and lhs not in effects["~~"][rhs]:
                effects["~~"][lhs][rhs] = "0.0"
    return effects, defaultdict(list)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep semopy's remarks to the root logger off the screen: convergence is judged and reported here."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.setLevel(before)
