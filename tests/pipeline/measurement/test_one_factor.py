"""The one-factor kernel against its own calculus, lavaan, and semopy as a second opinion."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import semopy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import approx_fprime

from pipeline.measurement import one_factor
from pipeline.measurement.one_factor import average_variance_extracted, fit_one_factor, omega_total
from tests.pipeline.measurement.reference import REFERENCE, cases

PARAMETERS = np.array([0.7, 0.5, -0.4, 0.8, 0.6, 0.7, 0.9, 0.3])


@pytest.fixture
def R(nine: np.ndarray) -> np.ndarray:
    return np.corrcoef(nine[:, :4], rowvar=False)


def test_the_score_is_the_gradient_of_the_discrepancy(R: np.ndarray) -> None:
    score, _ = one_factor._score_and_information(PARAMETERS, R)
    numeric = approx_fprime(PARAMETERS, lambda at: one_factor._discrepancy(at, R, 0.0), 1e-7)
    assert score == pytest.approx(-numeric / 2, abs=1e-5)


def test_the_information_is_half_the_trace_of_the_derivatives() -> None:
    implied = one_factor._implied(PARAMETERS)
    _, information = one_factor._score_and_information(PARAMETERS, implied)
    V = np.linalg.inv(implied)
    step = 1e-6 * np.eye(8)
    derivatives = [
        (one_factor._implied(PARAMETERS + h) - one_factor._implied(PARAMETERS - h)) / 2e-6 for h in step
    ]
    expected = [[np.trace(V @ a @ V @ b) / 2 for b in derivatives] for a in derivatives]
    assert information == pytest.approx(np.array(expected), abs=1e-7)


@given(
    arrays(float, 5, elements=st.floats(0.3, 0.95)), arrays(float, 5, elements=st.floats(0.2, 30.0)),
)
@settings(max_examples=40, deadline=None)
def test_a_population_with_one_factor_is_recovered(standardised: np.ndarray, variances: np.ndarray) -> None:
    loadings = standardised * np.sqrt(variances)
    uniquenesses = (1 - standardised**2) * variances
    fit = fit_one_factor(np.outer(loadings, loadings) + np.diag(uniquenesses), n=100)
    assert fit.converged
    assert fit.loadings == pytest.approx(loadings, rel=1e-5)
    assert fit.uniquenesses == pytest.approx(uniquenesses, rel=1e-5)
    assert fit.discrepancy == pytest.approx(0, abs=1e-12)
    assert omega_total(fit)[0] == pytest.approx(loadings.sum() ** 2 / (loadings.sum() ** 2 + uniquenesses.sum()))
    assert average_variance_extracted(fit) == pytest.approx((loadings**2).sum() / variances.sum())


@pytest.mark.parametrize(("data", "name"), cases("scales"))
def test_estimates_and_chisq_are_lavaans(data: str, name: str, frames: dict[str, pd.DataFrame]) -> None:
    expected = REFERENCE[data]["scales"][name]
    if len(expected["items"]) < 3:
        assert "omega" not in expected
        return
    rows = frames[data][expected["items"]].dropna()
    fit = fit_one_factor(rows.cov(ddof=0).to_numpy(), len(rows))
    assert fit.loadings == pytest.approx(expected["raw_loadings"], abs=1e-5)
    assert fit.uniquenesses == pytest.approx(expected["uniquenesses"], abs=1e-5)
    assert len(rows) * fit.discrepancy == pytest.approx(expected["chisq"], abs=1e-6)
    assert omega_total(fit)[1] == pytest.approx(expected["omega_se"], abs=1e-6)


def test_semopy_agrees_where_no_variance_is_at_its_bound(nine: np.ndarray) -> None:
    frame = pd.DataFrame(nine, columns=[f"x{number}" for number in range(1, 10)])
    model = semopy.Model("f =~ " + " + ".join(frame))
    model.fit(frame, solver="L-BFGS-B")
    estimates = model.inspect(std_est=True)
    found = estimates[estimates["op"] == "~"].set_index("lval")["Est. Std"].reindex(frame.columns)
    fit = fit_one_factor(np.cov(nine, rowvar=False, ddof=0), len(nine))
    assert fit.standardised_loadings == pytest.approx(found.astype(float).to_numpy(), abs=1e-3)


def test_a_search_that_ran_out_of_steps_says_so(R: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fit_one_factor(R, 301).converged
    monkeypatch.setattr(one_factor, "_MOST_ITERATIONS", 2)
    stopped = fit_one_factor(R, 301)
    assert not stopped.converged
    assert np.isnan(stopped.covariance).all()
