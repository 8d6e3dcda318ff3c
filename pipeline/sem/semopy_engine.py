"""semopy as the engine: its model, its objective and gradient, its L-BFGS-B; nothing else of its output.

Three habits of semopy 2.3.11 are worked around here, where they matter:

* Its optimiser can stop before the minimum. What it returns is polished by Fisher scoring, and convergence
  is read from the gradient, not from the optimiser's word.
* It keeps variances at or above 0, so an improper solution would show as a quiet 0. Polishing is unbounded,
  as in lavaan, so that a negative variance can be seen and named.
* It takes a discrepancy below 0 for failure; at a saturated model rounding goes there. A constant is added.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import semopy
from numpy.typing import NDArray
from semopy.solver import Solver

from instrument.errors import Finding, InputError
from pipeline.sem.estimate import CompiledModel, Solution
from pipeline.sem.inference import SINGULAR, smallest_scaled_eigenvalue
from pipeline.sem.ram import Ram, implied, information, ram
from pipeline.sem.sample import Sample
from pipeline.sem.table import ParameterTable

Array = NDArray[np.float64]

SETTLED = 1e-6
"""Full-sample estimates lie within this many standard errors of the minimum."""
SETTLED_DRAW = 1e-3
"""The same for a bootstrap draw, whose own sampling error is a thousand times larger."""
POLISHING_STEPS = 100
_SHIFT = 1.0


@dataclass(frozen=True, slots=True)
class SemopyEngine:
    """Maximum likelihood on complete cases by semopy; see :class:`pipeline.sem.estimate.Engine`."""

    estimator: str = field(default="ML", init=False)

    @property
    def name(self) -> str:
        return f"semopy {version('semopy')} (L-BFGS-B, polished by Fisher scoring)"

    def compile(self, table: ParameterTable) -> CompiledModel:
        return _SemopyModel(table)


class _SemopyModel:
    """One model with semopy's matrices allocated once; parameters in the order of the table."""

    def __init__(self, table: ParameterTable) -> None:
        self.table = table
        self.ram: Ram = ram(table)
        _check_supported(table)
        with _quiet():
            self._model = semopy.Model(_effects(table), mimic_lavaan=True, cov_diag=True)
        _start_unmarked_loadings(self._model, table)
        names = [name for name, parameter in self._model.parameters.items() if parameter.active]
        # to_semopy[k] is the place of semopy's k-th parameter in the table's vector.
        self._to_semopy = np.array([int(name[1:]) - 1 for name in names], dtype=np.intp)
        observed = self._model.vars["observed"]
        self._order = np.array([table.observed.index(name) for name in observed], dtype=np.intp)
        inner = self._model.vars["inner"]
        self._x_inner = np.array([inner.index(name) for name in table.exogenous], dtype=np.intp)

    def estimate(self, sample: Sample) -> Solution:
        """Fit to a sample from semopy's own starting values; a second try goes from there in rounded parameters."""
        frame = pd.DataFrame(sample.X, columns=list(sample.names))
        self._scale_latent_starts(sample)
        with _quiet():
            self._model.load(frame, clean_slate=True)
            start = self._from_semopy(self._model.param_vals)
            result = self._model.fit(obj="MLW", solver="L-BFGS-B")
        self._load(sample.cov)
        first = self._polish(self._from_semopy(result.x), sample.cov, sample.n, SETTLED, int(result.n_it))
        first = self._not_run_off(first, start, sample.cov)
        if first.converged:
            return first
        second = self._refit(sample.cov, sample.n, start, self._rounding(start, sample.cov), SETTLED)
        second = self._not_run_off(second, start, sample.cov)
        return second if second.converged else first

    def _not_run_off(self, solution: Solution, start: Array, cov: Array) -> Solution:
        """Where the discrepancy has no minimum, the gradient goes while estimates grow without end.

        There the information is singular although it was not at the start; a model that is not identified is
        singular at both.
        """
        def singular(theta: Array) -> bool:
            return smallest_scaled_eigenvalue(information(self.ram, implied(self.ram, theta, cov))) < SINGULAR

        if solution.converged and singular(solution.theta) and not singular(start):
            return replace(solution, converged=False, message="the estimates grow without reaching a minimum")
        return solution

    def _scale_latent_starts(self, sample: Sample) -> None:
        """Start latent variances at a twentieth of their marker's variance: semopy's 0.05, whatever the units."""
        markers = {row.lhs: row.rhs for row in reversed(self.table.rows) if row.op == "=~" and not row.free}
        for row in self.table.rows:
            marker = markers.get(row.lhs)
            if row.op == "~~" and row.lhs == row.rhs and row.free and marker in sample.names:
                at = sample.names.index(marker)
                self._model.parameters[f"p{row.free}"].start = 0.05 * float(sample.cov[at, at])

    def _from_semopy(self, x: Array) -> Array:
        theta = np.empty(self.ram.n_free)
        theta[self._to_semopy] = x
        return theta

    def refit(self, covs: Array, n: int, start: Array, start_cov: Array) -> tuple[Solution, ...]:
        """Fit to many covariance matrices from one solution."""
        rounding = self._rounding(start, start_cov)
        return tuple(self._refit(cov, n, start, rounding, SETTLED_DRAW) for cov in covs)

    def _rounding(self, theta: Array, cov: Array) -> Array:
        """(q, q) T such that in z = T⁻¹(θ − θ₀) the discrepancy near θ₀ is round: TᵀHT = I, H the expected Hessian.

        In z, L-BFGS-B needs a dozen evaluations where it needs a hundred in θ, and units do not matter.
        """
        hessian = 2 * information(self.ram, implied(self.ram, theta, cov))
        scale = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
        eigenvalues, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
        result: Array = vectors / np.sqrt(np.maximum(eigenvalues, 1e-10)) / scale[:, None]
        return result

    def _refit(self, cov: Array, n: int, start: Array, rounding: Array, settled: float) -> Solution:
        self._load(cov)

        # Where Σ is not positive definite semopy answers ∞, on which a line search cannot interpolate.
        def discrepancy(z: Array) -> float:
            return min(self._discrepancy(start + rounding @ z), 1e10)

        def gradient(z: Array) -> Array:
            here = self._gradient(start + rounding @ z)
            result: Array = rounding.T @ np.where(np.isfinite(here), here, 0.0)
            return result

        per_se = np.sqrt(n / 2)
        with _quiet():
            options = {"gtol": settled / per_se / np.sqrt(len(start)), "ftol": 1e-14, "maxiter": 500}
            result = Solver("L-BFGS-B", discrepancy, gradient, np.zeros(len(start)), options=options).solve()
        theta = start + rounding @ result.x
        distance = float(np.linalg.norm(gradient(result.x)) * per_se)
        if distance < settled:
            return Solution(theta, True, int(result.n_it), distance, "converged")
        return self._polish(theta, cov, n, settled, int(result.n_it))

    def _polish(self, theta: Array, cov: Array, n: int, settled: float, iterations: int) -> Solution:
        """Fisher scoring with step halving on semopy's objective and gradient, until the gradient has gone."""
        value, distance = self._discrepancy(theta), np.inf
        for _ in range(POLISHING_STEPS):
            gradient = self._gradient(theta)
            if not np.isfinite(value) or not np.isfinite(gradient).all():
                return Solution(theta, False, iterations, np.inf, "the implied covariance is not positive definite")
            hessian = 2 * information(self.ram, implied(self.ram, theta, cov))
            direction = -_solve(hessian, gradient)
            distance = float(np.sqrt(max(float(-gradient @ direction), 0.0) * n / 2))
            if distance < settled:
                return Solution(theta, True, iterations, distance, "converged")
            theta, value, moved = self._halve(theta, value, direction, float(-gradient @ direction))
            iterations += 1
            if not moved:
                break
        return Solution(theta, False, iterations, distance,
                        f"the gradient has not gone: the minimum is still {distance:.2g} standard errors away")

    def _halve(self, theta: Array, value: float, direction: Array, decrease: float) -> tuple[Array, float, bool]:
        length = 1.0
        while length > 1e-6:
            candidate = theta + length * direction
            found = self._discrepancy(candidate)
            # Near the minimum the decrease is lost in rounding; a step that changes nothing visible is good.
            if np.isfinite(found) and found <= value - 1e-4 * length * decrease + 1e-13 * (1 + abs(value)):
                return candidate, found, True
            length /= 2
        return theta, value, False

    def _load(self, cov: Array) -> None:
        """Give semopy a sample covariance without going through a data frame."""
        self._model.load_cov(cov[np.ix_(self._order, self._order)])
        if not hasattr(self._model, "param_vals"):
            self._model.load_starting_values()  # also what puts fixed values in place
            self._model.prepare_params()
        self._model.cov_logdet -= _SHIFT
        x = self.ram.fixed_x
        self._model.mx_psi[np.ix_(self._x_inner, self._x_inner)] = cov[np.ix_(x, x)]

    def _discrepancy(self, theta: Array) -> float:
        with np.errstate(all="ignore"):
            return float(self._model.obj_mlw(theta[self._to_semopy]))

    def _gradient(self, theta: Array) -> Array:
        gradient = np.empty(len(theta))
        with np.errstate(all="ignore"):
            gradient[self._to_semopy] = self._model.grad_mlw(theta[self._to_semopy])
        return gradient


def _solve(hessian: Array, gradient: Array) -> Array:
    """Least-norm solution, so that a model that is not identified still reaches one of its minima."""
    scale = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
    result: Array = np.linalg.lstsq(hessian / np.outer(scale, scale), gradient / scale, rcond=1e-10)[0] / scale
    return result


def _effects(table: ParameterTable) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table in the form semopy's parser would hand on, every parameter named or fixed.

    ``p<k>`` is the k-th free parameter; equal names are equal parameters. ``START`` keeps a fixed exogenous
    moment at its sample value. Giving everything leaves nothing to semopy's own defaults.
    """
    effects: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for row in table.rows:
        content = f"p{row.free}" if row.free else "START" if row.value is None else repr(row.value)
        effects[row.op][row.lhs][row.rhs] = content
    exogenous = [name for name in table.observed if name not in table.endogenous]
    for index, lhs in enumerate(exogenous):
        for rhs in exogenous[index + 1:]:
            if rhs not in effects["~~"][lhs] and lhs not in effects["~~"][rhs]:
                effects["~~"][lhs][rhs] = "0.0"
    return effects, defaultdict(list)


def _start_unmarked_loadings(model: Any, table: ParameterTable) -> None:
    """semopy 2.3.11 looks for a marker to start from, for ever if a latent variable has no fixed loading."""
    marked = {row.lhs for row in table.rows if row.op == "=~" and not row.free}
    for row in table.rows:
        if row.op == "=~" and row.free and row.lhs not in marked:
            model.parameters[f"p{row.free}"].start = 1.0


def _check_supported(table: ParameterTable) -> None:
    """semopy keeps pure indicators apart from all other variables and cannot relate the two groups' residuals."""
    loaded = {row.rhs for row in table.rows if row.op == "=~"}
    sending = {row.rhs if row.op == "~" else row.lhs for row in table.rows if row.op != "~~"}
    connected = {name for row in table.rows if row.op != "~~" for name in (row.lhs, row.rhs)}
    findings = []
    for row in table.rows:
        if row.op != "~~":
            continue
        pure = [name in loaded and name not in sending for name in (row.lhs, row.rhs)]
        if pure[0] != pure[1] or {row.lhs, row.rhs} - connected:
            findings.append(Finding(
                "MODEL-UNSUPPORTED", f"model, {row.lhs} ~~ {row.rhs}",
                "This engine lets residuals of indicators covary only with one another, and needs a path or loading "
                "at each variable.",
                "Leave the covariance out, or model the relation as a path.",
            ))
    if findings:
        raise InputError(findings)


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
