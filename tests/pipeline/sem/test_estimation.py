"""What estimation recovers, what it does not depend on, and what it says when data or model do not allow it."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.estimate import fit_complete_cases, fit_model
from pipeline.sem.ram import implied, information, jacobian, ram
from pipeline.sem.sample import covariance
from pipeline.sem.semopy_engine import SemopyEngine
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.undefined import Undefined

FACTOR = "F =~ lrar + lrco + lrsh + lrin"
CHAIN = """
M =~ m1 + m2 + m3 + m4
Y =~ y1 + y2 + y3 + y4
d ~ a*x
M ~ b*d + x
Y ~ c*M + d
abc := a*b*c
"""


def simulated(n: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """x → d (binary) → M → Y with b = .5 and c = .4, loadings 1, .9, .8, .7."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    d = (0.5 * x + rng.normal(size=n) > 0.2).astype(float)
    M = 0.5 * d + 0.1 * x + 0.9 * rng.normal(size=n)
    Y = 0.4 * M + 0.2 * d + 0.8 * rng.normal(size=n)
    indicators = [load * factor + 0.6 * rng.normal(size=n) for factor in (M, Y) for load in (1, 0.9, 0.8, 0.7)]
    return np.column_stack([*indicators, d, x]), ["m1", "m2", "m3", "m4", "y1", "y2", "y3", "y4", "d", "x"]


def estimates(fit, *labels):
    return [next(p for p in fit.parameters if p.label == label).est for label in labels]


def test_a_large_sample_gives_the_population_back(engine):
    fit = fit_model(engine, CHAIN, *simulated(20_000, 5))
    assert estimates(fit, "b", "c") == pytest.approx([0.5, 0.4], abs=0.03)
    loadings = [p.est for p in fit.parameters if p.op == "=~"]
    assert loadings == pytest.approx([1, 0.9, 0.8, 0.7] * 2, abs=0.03)
    assert fit.indices.rmsea < 0.015


def test_intervals_cover_the_population_about_as_often_as_they_say(engine):
    hits = 0
    for seed in range(60):
        row = next(p for p in fit_model(engine, CHAIN, *simulated(250, 100 + seed)).parameters if p.label == "c")
        hits += row.ci_lower <= 0.4 <= row.ci_upper
    # 95 % of 60 is 57; outside 51…60 lies less than one chance in a hundred.
    assert 51 <= hits <= 60


def test_the_order_of_rows_and_columns_does_not_matter(engine, mediation, fitted):
    X, names = mediation
    rng = np.random.default_rng(2)
    columns = rng.permutation(len(names))
    again = fit_model(engine, fitted("serial_mediation").syntax, X[rng.permutation(len(X))][:, columns],
                      [names[c] for c in columns])
    for one, other in zip(fitted("serial_mediation").parameters, again.parameters, strict=True):
        assert (one.lhs, one.op, one.rhs) == (other.lhs, other.op, other.rhs)
        assert one.est == pytest.approx(other.est, abs=1e-6)


def test_units_of_measurement_do_not_matter(engine, mediation):
    X, names = mediation
    factors = np.ones(len(names))
    factors[:2] = 1e4, 1e-3
    plain, scaled = (fit_model(engine, FACTOR, X * f, names) for f in (np.ones(len(names)), factors))
    assert scaled.converged
    assert scaled.indices.chisq == pytest.approx(plain.indices.chisq, abs=1e-6)
    for one, other in zip(plain.parameters, scaled.parameters, strict=True):
        assert one.std_all == pytest.approx(other.std_all, abs=1e-6)


def test_estimates_are_at_the_minimum(engine, mediation, fitted):
    fit = fitted("serial_mediation")
    table = parameter_table(parse_model(fit.syntax))
    model = ram(table)
    theta = np.array([p.est for p in fit.parameters if p.free])
    S = np.array(fit.sample_cov)

    def discrepancy(at):
        Sigma = implied(model, at, S).Sigma
        return np.linalg.slogdet(Sigma)[1] + np.trace(np.linalg.solve(Sigma, S))

    steps = np.array([p.se for p in fit.parameters if p.free]) * 1e-3
    slopes = [(discrepancy(theta + step) - discrepancy(theta - step)) / 2e-3 for step in np.diag(steps)]
    np.testing.assert_allclose(slopes, 0, atol=1e-7)


def test_derivatives_agree_with_differences(fitted):
    fit = fitted("second_order")
    model = ram(parameter_table(parse_model(fit.syntax)))
    theta, S = np.array([p.est for p in fit.parameters if p.free]), np.array(fit.sample_cov)
    exact = jacobian(model, implied(model, theta, S))
    for k, step in enumerate(1e-6 * np.eye(len(theta))):
        difference = (implied(model, theta + step, S).Sigma - implied(model, theta - step, S).Sigma) / 2e-6
        np.testing.assert_allclose(exact[k], difference, atol=1e-7)
    assert np.linalg.eigvalsh(information(model, implied(model, theta, S)))[0] > 0


def test_complete_cases_are_counted(engine, mediation):
    X, names = mediation
    holes = X.copy()
    holes[:7, names.index("lrar")] = np.nan
    holes[:30, names.index("sufl1")] = np.nan  # not in the model: no reason to lose a row
    fit = fit_complete_cases(engine, FACTOR, holes, names)
    assert (fit.nobs, fit.n_incomplete) == (393, 7)
    assert fit.indices.chisq == pytest.approx(fit_model(engine, FACTOR, X[7:], names).indices.chisq)


def test_the_sample_covariance_divides_by_n(mediation):
    X, _ = mediation
    np.testing.assert_allclose(covariance(X), np.cov(X.T, bias=True), rtol=1e-10, atol=1e-12)
    weights = np.r_[2.0, 0.0, np.ones(len(X) - 2)]
    np.testing.assert_allclose(covariance(X, weights), np.cov(X.T, bias=True, fweights=weights.astype(int)), atol=1e-10)


def bad_data(case: str, X: np.ndarray) -> np.ndarray:
    X = X.copy()
    match case:
        case "SEM-CASES":
            return X[:4]
        case "SEM-MISSING":
            X[3, 0] = np.nan
        case "SEM-CONSTANT":
            X[:, 1] = 4
        case "SEM-COLLINEAR":
            X[:, 1] = X[:, 0] + X[:, 2]
    return X


@pytest.mark.parametrize(("code", "named"), [
    ("SEM-CASES", "there are 4"), ("SEM-MISSING", "column lrar"), ("SEM-CONSTANT", "column lrco"),
    ("SEM-COLLINEAR", "lrar, lrco, lrsh are"),
])
def test_unusable_data_are_refused_by_name(code, named, engine, mediation):
    X, names = mediation
    with pytest.raises(InputError, match=named) as caught:
        fit_model(engine, FACTOR, bad_data(code, X), names)
    assert [f.code for f in caught.value.findings] == [code]


def test_columns_need_distinct_names(engine):
    with pytest.raises(InputError, match="doubled: x"):
        fit_model(engine, "y ~ x", np.eye(3), ["y", "x", "x"])


def test_a_model_that_is_not_identified_names_its_parameters(engine, mediation):
    fit = fit_model(engine, "F =~ lrar + lrco", *mediation)
    assert fit.indices is None
    assert any("1 more free parameters" in warning for warning in fit.warnings)
    assert any(warning.startswith("Not identified") and "F =~ lrco" in warning for warning in fit.warnings)
    assert isinstance(fit.parameters[1].se, Undefined)


def test_a_likelihood_without_a_maximum_is_not_called_converged(engine):
    # Pure noise: estimates run off, and every number that would rest on them is withheld.
    fit = fit_model(engine, "F =~ a + b + c + d", np.random.default_rng(1).normal(size=(30, 4)), list("abcd"))
    assert not fit.converged
    assert not fit.admissible
    assert fit.indices is None
    assert all(isinstance(p.se, Undefined) for p in fit.parameters if p.free)
    assert fit.warnings[0].startswith("Estimation did not converge")


def test_what_the_engine_cannot_do_is_refused(engine, mediation):
    with pytest.raises(InputError, match="MODEL-UNSUPPORTED"):
        fit_model(engine, "F =~ lrar + lrco + lrsh\ndaf ~ F\ndaf ~~ lrar", *mediation)


def test_engines_say_who_they_are(engine, fitted):
    assert engine.name.startswith("semopy 2")
    assert fitted("saturated").estimator == SemopyEngine().estimator == "ML"
