"""Implied moments against a reticular-action model (McArdle & McDonald 1984) put together here, path by path."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.sem.linalg import Array
from pipeline.sem.matrices import group_matrices, promoted
from pipeline.sem.table import ParameterTable
from tests.pipeline.sem.zoo import FACTORS, ZOO, elsewhere, posed, solved, table_of


def reticular(table: ParameterTable, group: int, theta: Array, cov: Array, mean: Array) -> tuple[Array, Array]:
    """(p, p) and (p,): F(I − A)⁻¹S(I − A)⁻ᵀF' and F(I − A)⁻¹m with every variable, observed or latent, in A, S, m.

    ``cov`` and ``mean`` are the sample's, with zeros for the latent variables.
    """
    every = [*table.observed, *table.latent]
    at = {name: i for i, name in enumerate(every)}
    A, S, m = np.zeros((len(every), len(every))), np.zeros((len(every), len(every))), np.zeros(len(every))
    for row in table.rows:
        if row.group != group:
            continue
        i, j = at[row.lhs], at.get(row.rhs, 0)
        sampled = mean[i] if row.op == "~1" else cov[i, j] if row.op == "~~" else 0.0
        value = theta[row.free - 1] if row.free else sampled if row.value is None else row.value
        if row.op == "=~":
            A[j, i] = value
        elif row.op == "~":
            A[i, j] = value
        elif row.op == "~~":
            S[i, j] = S[j, i] = value
        else:
            m[i] = value
    total = np.linalg.inv(np.eye(len(every)) - A)[: len(table.observed)]
    return total @ S @ total.T, total @ m


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("name", ZOO)
def test_implied_moments_are_those_of_the_reticular_form(name, missing):
    problem = posed(name, missing)
    objective, table = problem.objective, problem.table
    theta = elsewhere(problem, solved(name, missing))
    for g, (moments, data) in enumerate(zip(objective.implied(theta[None]), objective.data, strict=True), start=1):
        more = (0, len(table.latent))
        Sigma, mu = reticular(table, g, theta, np.pad(data.cov[0], more), np.pad(data.mean[0], more))
        np.testing.assert_allclose(moments.Sigma[0], Sigma, rtol=1e-12, atol=1e-12)
        if table.meanstructure:
            np.testing.assert_allclose(moments.mu[0], mu, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["latent paths", "feedback", "growth"])
def test_moments_of_eta_and_the_products_built_on_them_agree(name):
    """Σ = ΛCΛᵀ + Θ, and L and H are what their definitions say."""
    problem = posed(name)
    moments = problem.objective.implied(elsewhere(problem, solved(name))[None])[0]
    # Λ is not kept; L = Λ(I − Β)⁻¹ gives it back.
    Lambda = moments.L[0] @ np.linalg.inv(moments.B[0])
    np.testing.assert_allclose(moments.H[0], Lambda @ moments.C[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moments.C[0], moments.B[0] @ moments.Psi[0] @ moments.B[0].T, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moments.Sigma[0], Lambda @ moments.C[0] @ Lambda.T + moments.Theta[0], rtol=1e-10)


@pytest.mark.parametrize(("model", "among_eta"), [
    (FACTORS, ()),
    ("w1 ~ z1\nw2 ~ w1", ("w1", "w2", "z1")),
    (FACTORS + "v ~ F3", ("v",)),
    # A covariance pulls its other end along, and that one its own.
    (FACTORS + "v ~ F3\nv ~~ x1\nx1 ~~ x4", ("x1", "x4", "v")),
    ("F =~ x1 + x2 + x3\nx2 ~ z1", ("x2", "z1")),
])
def test_observed_variables_in_paths_stand_among_the_latent(model, among_eta):
    assert promoted(table_of(model)) == among_eta


def test_a_feedback_loop_is_the_sum_of_its_rounds():
    """w1 = a·w2 + b·z1 + e1, w2 = c·w1 + e2: the effect of z1 on w1 is b (1 + ac + (ac)² + …)."""
    table = table_of("w1 ~ w2 + z1\nw2 ~ w1\nw1 ~~ w2", fixed_x=False)
    value = {"w1 ~ w2": 0.5, "w1 ~ z1": 0.8, "w2 ~ w1": -0.6, "w1 ~~ w1": 1.0, "w2 ~~ w2": 1.0, "z1 ~~ z1": 2.0,
             "w1 ~~ w2": 0.0}
    theta = np.array([value[str(row)] for row in table.free_rows()])
    Sigma = group_matrices(table)[0].implied(theta[None], np.zeros((1, 3, 3)), np.zeros((1, 3))).Sigma[0]
    rounds = 0.8 * sum((0.5 * -0.6) ** k for k in range(60))
    at = [table.observed.index(name) for name in ("w1", "z1")]
    assert Sigma[at[0], at[1]] == pytest.approx(2.0 * rounds, rel=1e-12)


def test_each_member_of_a_stack_has_its_own_fixed_moments():
    problem = posed("observed paths with means")
    group, theta = problem.objective.groups[0], solved("observed paths with means").theta
    data = problem.objective.data[0]
    covs = np.concatenate([data.cov, 2 * data.cov])
    means = np.concatenate([data.mean, data.mean + 1])
    stack = group.implied(np.repeat(theta, 2, axis=0), covs, means)
    x = np.ix_(group.x, group.x)
    np.testing.assert_allclose(stack.Sigma[1][x], 2 * data.cov[0][x], rtol=1e-14)
    np.testing.assert_allclose(stack.mu[:, group.x], means[:, group.x], rtol=1e-14)
