"""Tests between nested models: Wald and likelihood ratio; score tests are in :mod:`pipeline.sem.score_tests`.

The Wald test needs the larger model only, the score test the smaller one only, the likelihood-ratio test both. All are
χ² with as many degrees of freedom as constraints (Buse 1982 sets the three side by side).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2

from instrument.errors import Finding, InputError
from pipeline.sem.definitions import evaluation_order, unknown_labels
from pipeline.sem.expressions import parse_expression
from pipeline.sem.fit import Fit
from pipeline.sem.linalg import Array, Field
from pipeline.sem.problem import Problem
from pipeline.sem.syntax import Constraint, Definition
from pipeline.sem.table import ParameterTable
from pipeline.sem.tokens import REFUSED, SUPPORTED, Token, expected, not_supported, statements
from pipeline.undefined import Number, Undefined

_STEP = 1e-30


@dataclass(frozen=True, slots=True)
class ChiSquareTest:
    """A statistic, its degrees of freedom, and P(χ²(df) > statistic)."""

    statistic: float
    df: int
    pvalue: float


def chi_square_test(statistic: float, df: int) -> ChiSquareTest:
    """The test of a statistic."""
    return ChiSquareTest(statistic, df, float(chi2.sf(statistic, df)))


# ---- Wald ----------------------------------------------------------------------------------------------------------


def wald_statistic(h: Array, J: Array, vcov: Array) -> ChiSquareTest | Undefined:
    """hᵀ (J V Jᵀ)⁻¹ h (Wald 1943).

    Parameters
    ----------
    h
        (m,) constraints' values at the estimates, 0 where one holds.
    J
        (m, q) their derivatives.
    vcov
        (q, q) covariance matrix of the estimates; a robust one makes the test robust.
    """
    if not (np.isfinite(h).all() and np.isfinite(J).all()):
        return Undefined("a constraint has no value, or no derivative, at the estimates")
    covariance = J @ vcov @ J.T
    sd = np.sqrt(np.maximum(np.diag(covariance), 0))
    if (sd == 0).any() or np.linalg.matrix_rank(covariance / np.outer(sd, sd), tol=1e-10) < len(h):
        return Undefined("the constraints are not independent of one another, or speak of what is fixed already")
    return chi_square_test(float(h @ np.linalg.solve(covariance, h)), len(h))


def wald_test(problem: Problem, theta: Array, vcov: Array, constraints: str) -> ChiSquareTest | Undefined:
    """Whether constraints that the model leaves open hold, all together (lavaan's ``lavTestWald``).

    Parameters
    ----------
    theta, vcov
        (q,) estimates and their (q, q) covariance matrix, over all free rows.
    constraints
        In the model's language, such as ``a1 == 0; b == c``; may define names with ``:=`` for its own use.

    Raises
    ------
    InputError
        ``MODEL-SYNTAX``, ``MODEL-LABEL``, ``MODEL-CIRCULAR``, ``MODEL-REPEATED``.
    """
    equations, definitions = read_constraints(constraints, problem.table)
    h = _distances(problem.table, equations, definitions, theta[None])[0].real
    return wald_statistic(h, jacobian(problem.table, equations, definitions, theta), vcov)


def read_constraints(
    text: str, table: ParameterTable, source: str = "constraints",
) -> tuple[tuple[Constraint, ...], tuple[Definition, ...]]:
    """Constraints and definitions of a text in which both may use all names of the table."""
    written = [_read(statement, source) for statement in statements(text)]
    constraints = tuple(entry for entry in written if isinstance(entry, Constraint))
    if not constraints:
        raise InputError(Finding("MODEL-SYNTAX", source, "A test needs at least one constraint; none was found.",
                                 "Write e.g. `a == 0` or `a == b`."))
    known = set(table.label_values(np.zeros(table.n_free)))
    definitions = [entry for entry in written if isinstance(entry, Definition)]
    findings = list(unknown_labels(written, known))
    findings += [Finding("MODEL-REPEATED", entry.place, f"{entry.name!r} already names something.",
                         "Give it a name of its own.") for i, entry in enumerate(definitions)
                 if entry.name in known or entry.name in {other.name for other in definitions[:i]}]
    order, circle = evaluation_order(definitions)
    findings += [circle] if circle else []
    if findings:
        raise InputError(findings)
    return constraints, order


def _read(statement: list[Token], source: str) -> Constraint | Definition:
    for token in statement:
        if token.text in REFUSED:
            raise not_supported(token, source, REFUSED[token.text])
    at = [i for i, token in enumerate(statement) if token.text in SUPPORTED]
    if len(at) != 1 or statement[at[0]].text not in ("==", ":="):
        raise expected(statement[at[-1] if at else -1], source, "one == or := a statement")
    relation, left, right = statement[at[0]], statement[:at[0]], statement[at[0] + 1:]
    if not left or not right:
        raise expected(relation, source, f"something on both sides of {relation.text}")
    value = parse_expression(right, source)
    if relation.text == ":=":
        if len(left) > 1 or left[0].kind != "name":
            raise expected(left[0], source, "one name before :=")
        return Definition(left[0].text, value.text, value, left[0].place(source))
    equal = parse_expression(left, source)
    return Constraint(equal, value, f"{equal.text} == {value.text}", left[0].place(source))


def _distances(
    table: ParameterTable, constraints: tuple[Constraint, ...], definitions: tuple[Definition, ...], theta: Field,
) -> Field:
    """left − right of every constraint, (b, m)."""
    values: dict[str, Any] = table.label_values(theta)
    for definition in definitions:
        values[definition.name] = definition.expression.evaluate(values)
    with np.errstate(invalid="ignore"):
        h = [np.broadcast_to(c.left.evaluate(values) - c.right.evaluate(values), len(theta)) for c in constraints]
    return np.stack(h, axis=1)


def jacobian(
    table: ParameterTable, constraints: tuple[Constraint, ...], definitions: tuple[Definition, ...], theta: Array,
) -> Array:
    """∂(left − right)/∂θ of every constraint, (m, q), by a complex step."""
    stepped = theta + 1j * _STEP * np.eye(len(theta))
    derivatives: Array = _distances(table, constraints, definitions, stepped).imag.T / _STEP
    return derivatives


# ---- likelihood ratio ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelTest:
    """A model's own χ² test, as a comparison needs it.

    Attributes
    ----------
    chisq, df
        The standard statistic, not the scaled one, and its degrees of freedom.
    n, n_groups
        Cases and groups.
    scaling_factor
        c of the scaled test (Satorra & Bentler 1994; Yuan & Bentler 2000), or None for maximum likelihood. A model
        with df = 0 has none and needs none.
    """

    chisq: float
    df: int
    n: int
    n_groups: int = 1
    scaling_factor: Number | None = None


def model_test(fit: Fit) -> ModelTest:
    """The test of an estimated model that converged.

    Raises
    ------
    ValueError
        For a fit without indices.
    """
    if fit.indices is None:
        raise ValueError(f"{fit.name} has no test, because it has no fit indices")
    scaled = fit.indices.scaled
    return ModelTest(fit.indices.chisq, fit.indices.df, fit.nobs, len(fit.groups),
                     None if scaled is None else scaled.scaling_factor)


@dataclass(frozen=True, slots=True)
class DifferenceTest:
    """Whether constraints make the fit worse.

    Attributes
    ----------
    statistic, pvalue
        Difference of χ², divided by ``scaling_factor`` if the tests are scaled.
    df
        Difference of the degrees of freedom.
    scaling_factor
        c_d, or None for maximum likelihood.
    rmsea
        Of the difference; for maximum likelihood only, as in lavaan.
    """

    statistic: Number
    df: int
    pvalue: Number
    scaling_factor: Number | None
    rmsea: Number


def likelihood_ratio_test(restricted: ModelTest, unrestricted: ModelTest) -> DifferenceTest:
    """(T₀ − T₁) / c_d with c_d = (df₀ c₀ − df₁ c₁) / (df₀ − df₁) (Satorra & Bentler 2001); c_d = 1 without scaling.

    lavaan's ``lavTestLRT``; RMSEA of the difference √(max((T₀ − T₁)/df_d − 1, 0) G / N) (Browne & Du Toit 1992).

    Parameters
    ----------
    restricted, unrestricted
        Model 0 must be model 1 with constraints added; whether it is cannot be seen from the tests, but what rules it
        out can.

    Raises
    ------
    InputError
        ``COMPARE-NESTED``, ``COMPARE-CASES``, ``COMPARE-ESTIMATOR``.
    """
    _check_comparable(restricted, unrestricted)
    df = restricted.df - unrestricted.df
    difference = restricted.chisq - unrestricted.chisq
    scale = None if restricted.scaling_factor is None else _difference_scale(restricted, unrestricted)
    if difference < -1e-8 * (1 + abs(unrestricted.chisq)):
        worse = Undefined("the model with more degrees of freedom fits better: the models are not nested, or one "
                          "search did not reach its minimum")
        return DifferenceTest(worse, df, worse, scale, worse)
    if isinstance(scale, Undefined):
        return DifferenceTest(scale, df, scale, scale, scale)
    test = chi_square_test(difference / (1.0 if scale is None else scale), df)
    rmsea: Number = Undefined("it is not known for scaled statistics")
    if scale is None:
        rmsea = float(np.sqrt(max(difference / df - 1, 0.0) * restricted.n_groups / restricted.n))
    return DifferenceTest(test.statistic, df, test.pvalue, scale, rmsea)


def _difference_scale(restricted: ModelTest, unrestricted: ModelTest) -> Number:
    weighted = []
    for model in (restricted, unrestricted):
        c = model.scaling_factor
        if model.df and not isinstance(c, float):
            return c if isinstance(c, Undefined) else Undefined("a model has no scaling factor")
        weighted.append(model.df * c if isinstance(c, float) and model.df else 0.0)
    scale = (weighted[0] - weighted[1]) / (restricted.df - unrestricted.df)
    if scale > 0:
        return scale
    return Undefined(f"the scaling factor of the difference, {scale:.4g}, is not positive; this happens in small "
                     "samples or where the larger model fits badly (Satorra & Bentler 2010)")


def _check_comparable(restricted: ModelTest, unrestricted: ModelTest) -> None:
    place = "model comparison"
    if restricted.df <= unrestricted.df:
        raise InputError(Finding(
            "COMPARE-NESTED", place, f"The restricted model needs more degrees of freedom than the other; found "
            f"{restricted.df} and {unrestricted.df}.",
            "Give the models in the order restricted, unrestricted; models with equal df are not nested."))
    if (restricted.n, restricted.n_groups) != (unrestricted.n, unrestricted.n_groups):
        raise InputError(Finding(
            "COMPARE-CASES", place, f"Both models must be fitted to the same cases; found N = {restricted.n} in "
            f"{restricted.n_groups} and {unrestricted.n} in {unrestricted.n_groups} groups.",
            "Fit both to the same rows and groups."))
    if (restricted.scaling_factor is None) != (unrestricted.scaling_factor is None):
        raise InputError(Finding(
            "COMPARE-ESTIMATOR", place, "Either both tests are scaled or none is.",
            "Fit both with the same estimator."))
