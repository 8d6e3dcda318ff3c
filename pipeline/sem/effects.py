"""Defined effects (``:=``): their value, delta-method standard error, and joint significance of their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.sem.expressions import evaluate, product_factors
from pipeline.sem.fit import Fit
from pipeline.sem.syntax import Definition, parse_model
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """One labelled path of a product effect."""

    label: str
    lhs: str
    rhs: str
    est: float
    pvalue: Number


@dataclass(frozen=True, slots=True)
class JointSignificance:
    """Joint significance of an indirect effect (MacKinnon et al. 2002): it holds if every path differs from 0.

    ``largest_pvalue`` is the p value of the weakest path, the p value of the joint test.
    """

    effect: str
    paths: tuple[Path, ...]
    level: float
    largest_pvalue: Number
    holds: bool | None


@dataclass(frozen=True, slots=True)
class DefinedEffect:
    """One ``:=`` row. ``depends_on`` are the free parameters (from 0) it moves with; ``std_all`` may be NaN."""

    name: str
    expression: str
    est: float
    se: Number
    std_all: float
    depends_on: tuple[int, ...]


def check_definitions(table: ParameterTable) -> tuple[Definition, ...]:
    """Definitions in an order in which each needs only those before it.

    Raises
    ------
    InputError
        ``MODEL-LABEL`` for a name that is neither a label nor defined, ``MODEL-CIRCULAR`` for definitions that
        need one another.
    """
    defined = {definition.name: definition for definition in table.definitions}
    labels = {row.label for row in table.rows if row.label}
    findings = [
        Finding("MODEL-LABEL", d.place, f"`{d.name} := {d.text}` uses {label!r}, which labels no parameter.",
                f"Label a parameter `{label}*…`; labels are: {', '.join(sorted(labels)) or 'none'}.")
        for d in table.definitions for label in d.expression.labels if label not in labels and label not in defined
    ]
    if findings:
        raise InputError(findings)
    ordered: dict[str, Definition] = {}
    waiting = dict(defined)
    while waiting:
        ready = [d for d in waiting.values() if not any(label in waiting for label in d.expression.labels)]
        if not ready:
            raise InputError(Finding("MODEL-CIRCULAR", next(iter(waiting.values())).place,
                                     f"These definitions need one another: {', '.join(waiting)}.",
                                     "Define each from labels of parameters in the end."))
        for definition in ready:
            ordered[definition.name] = waiting.pop(definition.name)
    return tuple(ordered.values())


def label_values(table: ParameterTable, values: Array) -> dict[str, Any]:
    """Value of every label, from values (rows,) or (rows, draws); a label used twice takes its first row's."""
    found: dict[str, Any] = {}
    for row, value in zip(table.rows, values, strict=True):
        if row.label:
            found.setdefault(row.label, value)
    return found


def evaluate_effects(table: ParameterTable, labels: Mapping[str, Any]) -> dict[str, Any]:
    """Every defined effect, in the order written, where labels take the given values (any common shape)."""
    known = dict(labels)
    for definition in check_definitions(table):
        known[definition.name] = evaluate(definition.expression, known)
    return {definition.name: known[definition.name] for definition in table.definitions}


def defined_effects(table: ParameterTable, theta: Array, vcov: Array, std: Array) -> tuple[DefinedEffect, ...]:
    """Effects with delta-method standard errors √(∇gᵀ V ∇g) (Sobel 1982; Bollen 1987).

    The gradient is exact to rounding: the imaginary part of g(θ + ih)/h at h = 1e-20 (Squire & Trapp 1998).

    Parameters
    ----------
    theta, vcov
        (q,) free parameters and their (q, q) sampling covariance.
    std
        (rows,) standardised values; an effect's ``std_all`` is its expression on these, as in lavaan.
    """
    if not table.definitions:
        return ()
    h = 1e-20
    q = len(theta)
    shifted = theta[:, None] + 1j * h * np.eye(q)
    est = evaluate_effects(table, label_values(table, _labelled(table, theta)))
    derivative = evaluate_effects(table, label_values(table, _labelled(table, shifted)))
    standard = evaluate_effects(table, label_values(table, std))
    effects = []
    for definition in table.definitions:
        name = definition.name
        value = float(np.real(est[name]))
        gradient = np.broadcast_to(np.imag(derivative[name]) / h, (q,))
        if not np.isfinite(value):
            raise InputError(Finding(
                "MODEL-EFFECT", definition.place,
                f"`{name} := {definition.text}` has no finite value at the estimates.",
                "Check for a division by 0 or the logarithm of a negative number."))
        variance = float(gradient @ vcov @ gradient)
        se: Number = float(np.sqrt(variance)) if np.isfinite(variance) and variance >= 0 else Undefined(
            "its derivative is not finite at the estimates")
        depends_on = tuple(int(index) for index in np.flatnonzero(gradient))
        effects.append(DefinedEffect(name, definition.text, value, se, float(np.real(standard[name])), depends_on))
    return tuple(effects)


def _labelled(table: ParameterTable, theta: NDArray[Any]) -> Any:
    """Row values from theta (q,) or (q, k); rows fixed exogenous carry no label, so their value is not needed."""
    def fixed(value: float | None) -> NDArray[Any]:
        return np.full(theta.shape[1:], np.nan if value is None else value, dtype=theta.dtype)

    return [theta[row.free - 1] if row.free else fixed(row.value) for row in table.rows]


def product_effects(fit: Fit) -> tuple[str, ...]:
    """Names of the defined effects that are plain products of labels: those joint significance can test."""
    return tuple(row.lhs for row in fit.parameters if row.op == ":=" and _factors(fit, row.lhs) is not None)


def joint_significance(fit: Fit, effect: str, level: float = 0.95) -> JointSignificance:
    """Whether every path of a product effect differs from 0 at 1 − ``level``.

    Raises
    ------
    InputError
        ``EFFECT-PRODUCT`` if ``effect`` is not defined as a product of labelled paths.
    """
    factors = _factors(fit, effect)
    if factors is None:
        possible = ", ".join(product_effects(fit)) or "none"
        raise InputError(Finding(
            "EFFECT-PRODUCT", f"{fit.name}, {effect}",
            f"Joint significance is defined for a product of labelled paths; {effect!r} is none.",
            f"Effects that are: {possible}."))
    first = {row.label: row for row in reversed(fit.parameters) if row.op != ":="}
    paths = []
    for label in factors:
        row = first[label]
        pvalue = Undefined(f"{label} is fixed") if row.pvalue is None else row.pvalue
        paths.append(Path(label, row.lhs, row.rhs, row.est, pvalue))
    pvalues = [path.pvalue for path in paths]
    missing = next((p for p in pvalues if isinstance(p, Undefined)), None)
    if missing is not None:
        return JointSignificance(effect, tuple(paths), level, missing, None)
    largest = max(p for p in pvalues if not isinstance(p, Undefined))
    return JointSignificance(effect, tuple(paths), level, largest, largest < 1 - level)


def _factors(fit: Fit, effect: str) -> tuple[str, ...] | None:
    """Labels whose product the effect is, definitions inside it written out."""
    definitions = {d.name: d for d in parse_model(fit.syntax, fit.name).definitions}

    def expand(name: str) -> tuple[str, ...] | None:
        if name not in definitions:
            return (name,)
        factors = product_factors(definitions[name].expression)
        parts = None if factors is None else [expand(factor) for factor in factors]
        if parts is None or any(part is None for part in parts):
            return None
        return tuple(label for part in parts if part is not None for label in part)

    return expand(effect) if effect in definitions else None
