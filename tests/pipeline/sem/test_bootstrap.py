"""Bootstrap: reproducible draws, right minima, honest counts, intervals of everything from the same draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.bootstrap import bootstrap, values_at
from pipeline.sem.chunks import in_chunks, spans
from pipeline.sem.intervals import percentile_interval
from pipeline.sem.minimise import scoring
from pipeline.sem.newton import newton
from pipeline.sem.problem import pose, solve
from pipeline.sem.refit import admissible, refit
from pipeline.sem.resampling import BLOCK, resampling
from pipeline.sem.sample import take_sample
from pipeline.sem.start import starting_values
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.sem.weighted import weighted_moments
from pipeline.undefined import Undefined

MEDIATION = """
X =~ x1 + x2 + x3
M =~ m1 + m2 + m3
M ~ a*X
y ~ b*M + c*X + z
indirect := a*b
total := indirect + c
"""
NAMES = ("x1", "x2", "x3", "m1", "m2", "m3", "y", "z")


def data(n: int = 150, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    m = 0.5 * x + 0.8 * rng.normal(size=n)
    z = rng.normal(size=n)
    y = 0.5 * m + 0.2 * x + 0.3 * z + 0.7 * rng.normal(size=n)
    return np.column_stack([f + 0.6 * rng.normal(size=n) for f in (x, x, x, m, m, m)] + [y, z])


def posed(model=MEDIATION, X=None, names=NAMES, missing="listwise", groups=None, clusters=None, **options):
    X = data() if X is None else X
    labels = () if groups is None else tuple(dict.fromkeys(groups))
    table = parameter_table(parse_model(model), names, groups=labels, meanstructure=missing == "fiml", **options)
    problem = pose(table, take_sample(X, names, table, missing=missing, groups=groups, clusters=clusters))
    found = solve(problem)
    assert found.converged[0]
    return problem, found.theta[0]


@pytest.fixture(scope="module")
def mediation():
    return posed()


@pytest.fixture(scope="module")
def long_run(mediation):
    return bootstrap(*mediation, draws=600, seed=9)


def with_gaps() -> np.ndarray:
    X = data()
    # The covariate, fixed exogenous, stays complete.
    X[:, :7][np.random.default_rng(4).random((len(X), 7)) < 0.05] = np.nan
    return X


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_no_digit_depends_on_the_number_of_workers(missing):
    problem, theta = posed(X=with_gaps() if missing == "fiml" else None, missing=missing)
    one, two, three = (bootstrap(problem, theta, draws=300, seed=9, workers=w) for w in (1, 2, 3))
    for other in (two, three):
        assert np.array_equal(one.draws.theta, other.draws.theta)
        assert np.array_equal(one.draws.values.std_rows, other.draws.values.std_rows)
        assert one.effects == other.effects
        assert one.parameters == other.parameters


def test_threads_give_the_digits_of_processes(mediation, monkeypatch):
    forked = bootstrap(*mediation, draws=300, seed=9, workers=2)
    monkeypatch.setattr("sys.platform", "elsewhere")
    threaded = bootstrap(*mediation, draws=300, seed=9, workers=2)
    assert np.array_equal(forked.draws.theta, threaded.draws.theta)


@pytest.mark.parametrize("draws", [7, 100, 130, 333])
def test_the_first_draws_of_a_longer_run_are_those_of_a_shorter_one(mediation, long_run, draws):
    short = bootstrap(*mediation, draws=draws, seed=9)
    assert short.requested == draws
    assert np.array_equal(short.draws.theta, long_run.draws.theta[long_run.draws.number < draws])


def test_another_seed_gives_other_draws(mediation, long_run):
    other = bootstrap(*mediation, draws=100, seed=10)
    assert not np.isclose(other.draws.theta[:, 0], long_run.draws.theta[:100, 0]).any()


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_draws_refitted_from_scratch_have_the_same_minimum(missing):
    problem, theta = posed(X=with_gaps() if missing == "fiml" else None, missing=missing)
    found = bootstrap(problem, theta, draws=20, seed=2, tolerance=1e-8)
    assert found.converged == 20
    counts = [c[:20] for c in resampling(problem.sample, 2).counts(0, 20)]
    objective, _ = refit(problem, theta).objective(counts)
    start = starting_values(problem.table, [m.cov for m in problem.saturated], [m.mean for m in problem.saturated])
    cold = scoring(objective, problem.restriction, np.repeat(start[None], 20, axis=0), tolerance=1e-9)
    assert cold.converged.all()
    assert found.draws.theta == pytest.approx(cold.theta, abs=1e-6)
    usual = bootstrap(problem, theta, draws=20, seed=2)
    # The usual tolerance, 1e-4 standard errors, is invisible in an interval.
    assert usual.draws.theta == pytest.approx(cold.theta, abs=1e-3 * float(found.draws.theta.std(axis=0).min()))


def test_a_draw_is_the_model_fitted_to_the_rows_drawn(mediation, long_run):
    problem, _ = mediation
    counts = resampling(problem.sample, 9).counts(0, BLOCK)[0][3]
    rows = np.repeat(problem.sample.groups[0].X, counts, axis=0)
    table = problem.table
    again = solve(pose(table, take_sample(rows, table.observed, table)))
    assert long_run.draws.theta[3] == pytest.approx(again.theta[0], abs=1e-4)


def test_full_information_without_gaps_is_maximum_likelihood(mediation):
    model = MEDIATION + "x1 ~ 1\n"
    complete, theta = posed(model)
    full, theta_full = posed(model, missing="fiml")
    assert theta == pytest.approx(theta_full, abs=1e-5)
    ml, fiml = (bootstrap(p, t, draws=60, seed=1, tolerance=1e-7) for p, t in ((complete, theta), (full, theta_full)))
    assert fiml.draws.theta == pytest.approx(ml.draws.theta, abs=1e-6)
    assert fiml.draws.values.std_rows == pytest.approx(ml.draws.values.std_rows, abs=1e-6)


def test_effects_come_from_the_parameters_of_the_same_draw(mediation, long_run):
    problem, theta = mediation
    place = {row.label: row.free - 1 for row in problem.table.rows if row.label}
    a, b, c = (long_run.draws.theta[:, place[label]] for label in "abc")
    assert long_run.draws.values.effects == pytest.approx(np.column_stack([a * b, a * b + c]), rel=1e-12)
    indirect, total = long_run.effects
    assert (indirect.name, total.name) == ("indirect", "total")
    assert indirect.raw.est == pytest.approx(theta[place["a"]] * theta[place["b"]], rel=1e-12)
    limits = percentile_interval(a * b, 0.95)
    assert (indirect.raw.lower, indirect.raw.upper) == (limits.lower, limits.upper)
    assert indirect.raw.se == pytest.approx(np.std(a * b, ddof=1), rel=1e-12)


def test_standardised_effects_use_each_draws_own_standard_deviations(mediation, long_run):
    problem, _ = mediation
    number = {str(row): index for index, row in enumerate(problem.table.rows)}
    draw = 5
    counts = resampling(problem.sample, 9).counts(draw, draw + BLOCK)[0]
    objective, _ = refit(problem, long_run.draws.theta[draw]).objective([counts])
    implied = objective.implied(long_run.draws.theta[draw: draw + BLOCK])[0]
    etas = objective.groups[0].etas
    sd_x, sd_m = (np.sqrt(implied.C[0, etas.index(name), etas.index(name)]) for name in "XM")
    a = long_run.draws.values.rows[draw, number["M ~ X"]]
    std_a = long_run.draws.values.std_rows[draw, number["M ~ X"]]
    assert std_a == pytest.approx(a * sd_x / sd_m, rel=1e-10)
    # An effect on a fixed covariate's scale must follow the covariate's moments in the draw.
    z = problem.sample.groups[0].X[:, problem.table.observed.index("z")]
    own = np.repeat(z, counts[0])
    std_z = long_run.draws.values.std_rows[draw, number["z ~~ z"]]
    assert (std_z, long_run.draws.values.rows[draw, number["z ~~ z"]]) == pytest.approx((1.0, own.var()), rel=1e-10)


def test_every_row_has_a_standardised_interval_and_every_free_row_one_of_its_own(mediation, long_run):
    problem, _ = mediation
    assert [p.row for p in long_run.parameters] == list(problem.table.rows)
    for parameter in long_run.parameters:
        assert (parameter.raw is None) == (parameter.row.free == 0)
    marker = next(p for p in long_run.parameters if str(p.row) == "X =~ x1")
    assert marker.std_all.lower < marker.std_all.est < marker.std_all.upper


def test_counts_are_honest_and_inadmissible_draws_can_be_left_out():
    rng = np.random.default_rng(8)
    f = rng.normal(size=60)
    X = np.column_stack([f + rng.normal(scale=s, size=60) for s in (0.1, 1.0, 1.2)])
    problem, theta = posed("F =~ l*x1 + x2 + x3\nx1 ~~ e*x1\nratio := e", X, ("x1", "x2", "x3"), std_lv=True)
    found = bootstrap(problem, theta, draws=400, seed=1)
    assert found.requested == 400 >= found.converged == len(found.draws.number) > found.admissible
    variances = [index for index, row in enumerate(problem.table.rows) if row.op == "~~"]
    negative = (found.draws.values.rows[:, variances] < 0).any(axis=1)
    assert np.array_equal(negative, ~found.draws.admissible)
    raw = found.effects[0].raw
    proper = percentile_interval(found.draws.values.effects[found.draws.admissible, 0], 0.95)
    assert (raw.lower_admissible, raw.upper_admissible) == (proper.lower, proper.upper)
    assert raw.lower < 0 <= raw.lower_admissible


def test_admissible_finds_correlations_beyond_one_and_not_only_negative_variances():
    problem, theta = posed("F =~ x1 + x2 + x3\nG =~ m1 + m2 + m3\nx1 ~~ m1")
    number = {str(row): row.free - 1 for row in problem.table.rows}
    bad = np.repeat(theta[None], 5, axis=0)
    bad[1, number["x1 ~~ m1"]] = 1.01 * np.sqrt(theta[number["x1 ~~ x1"]] * theta[number["m1 ~~ m1"]])
    bad[2, number["F ~~ G"]] = -1.01 * np.sqrt(theta[number["F ~~ F"]] * theta[number["G ~~ G"]])
    bad[3, number["x2 ~~ x2"]] = -0.01
    bad[4, number["x2 ~~ x2"]] = 0.0
    objective = problem.objective
    assert admissible(objective.groups, objective.implied(bad)).tolist() == [True, False, False, False, True]


def test_a_resample_without_a_rare_category_is_not_converged_and_does_no_harm():
    X = data(60)
    X[:, 7] = 0.0
    X[:2, 7] = 1.0
    problem, theta = posed(X=X)
    found = bootstrap(problem, theta, draws=200, seed=1)
    drawn = resampling(problem.sample, 1).counts(0, 200)[0][:, :2].sum(axis=1) > 0
    assert found.requested == 200
    assert set(found.draws.number) <= set(np.flatnonzero(drawn)) != set(range(200))
    assert found.converged > 0.9 * drawn.sum()
    assert np.isfinite(found.draws.theta).all()


def test_resamples_with_an_exact_linear_combination_cannot_be_used():
    X = data(60)
    X[2:, 7] = X[2:, 0] + X[2:, 3]
    problem, theta = posed(X=X)
    counts = resampling(problem.sample, 1).counts(0, 200)
    _, usable = refit(problem, theta).objective(counts)
    assert np.array_equal(usable, counts[0][:, :2].sum(axis=1) > 0)


def test_newton_finds_the_minimum_with_few_steps_and_equal_labels():
    problem, theta = posed("F =~ x1 + u*x2 + u*x3\nG =~ m1 + m2 + m3\nG ~ F", data(), NAMES)
    far = problem.restriction.theta(problem.restriction.x(theta[None])) * 1.3
    found = newton(problem.objective, problem.restriction, far, tolerance=1e-8)
    assert found.converged[0]
    assert found.iterations[0] < 12
    assert found.theta[0] == pytest.approx(theta, abs=1e-5)
    assert found.value[0] == pytest.approx(problem.objective.evaluate(theta[None]).value[0], abs=1e-10)


def test_a_point_without_curvature_of_a_minimum_has_not_converged():
    # At a covariance of 0 between factor and indicators the gradient vanishes, but F only falls from there.
    problem, theta = posed("F =~ x1 + x2 + x3", data(), NAMES, std_lv=True)
    saddle = theta.copy()
    number = {str(row): row.free - 1 for row in problem.table.rows}
    for name, variance in zip(("x1", "x2", "x3"), np.diag(problem.saturated[0].cov), strict=True):
        saddle[number[f"F =~ {name}"]] = 0.0
        saddle[number[f"{name} ~~ {name}"]] = variance
    found = newton(problem.objective, problem.restriction, saddle[None], tolerance=1e-4)
    assert not found.converged[0]
    assert np.isinf(found.distance[0])


def test_a_draw_that_slides_off_to_infinity_is_not_converged():
    # Two indicators share almost nothing with the third: in many resamples a loading grows without end.
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 3))
    X[:, 1] += 0.25 * X[:, 0]
    X[:, 2] += 0.2 * X[:, 0] + 0.1 * X[:, 1]
    problem, theta = posed("F =~ x1 + x2 + x3", X, ("x1", "x2", "x3"), std_lv=True)
    found = bootstrap(problem, theta, draws=100, seed=1)
    assert found.admissible < found.converged < 100
    objective, _ = refit(problem, theta).objective(resampling(problem.sample, 1).counts(0, 100))
    for place, number in enumerate(found.draws.number):
        one = objective.take(np.array([number]))
        at = found.draws.theta[place]
        # The model is saturated: a minimum either reaches F = 0 or lies on the edge of what is proper.
        assert np.linalg.eigvalsh(one.hessian(at))[0] > 0
        assert np.abs(one.evaluate(at[None]).gradient).max() < 1e-3


def test_weights_sum_to_the_size_of_each_group():
    groups = ["one"] * 90 + ["two"] * 60
    problem, theta = posed("F =~ x1 + x2 + x3", data()[:, :3], ("x1", "x2", "x3"), groups=groups)
    counts = resampling(problem.sample, 5).counts(0, 100)
    assert [c.shape for c in counts] == [(100, 90), (100, 60)]
    assert (counts[0].sum(axis=1) == 90).all()
    assert (counts[1].sum(axis=1) == 60).all()
    # Every row is as likely as any other.
    assert counts[1].mean() == 1.0
    assert abs(counts[1].var() - (1 - 1 / 60)) < 0.05
    assert bootstrap(problem, theta, draws=50, seed=5).converged == 50


def test_cluster_draws_keep_clusters_whole():
    numbers = np.repeat(np.arange(30), 5)
    numbers[:3] = 29
    problem, theta = posed(clusters=list(numbers))
    counts = resampling(problem.sample, 5, clusters=True).counts(0, 50)[0]
    for cluster in range(30):
        own = counts[:, numbers == cluster]
        assert (own == own[:, :1]).all()
    first = np.array([np.flatnonzero(numbers == c)[0] for c in range(30)])
    assert (counts[:, first].sum(axis=1) == 30).all()
    assert len(set(counts.sum(axis=1).tolist())) > 1
    found = bootstrap(problem, theta, draws=50, seed=5, clusters=True)
    assert found.clusters
    assert found.converged == 50


def test_clusters_that_are_not_there_and_no_draws_are_findings(mediation):
    with pytest.raises(InputError) as caught:
        bootstrap(*mediation, draws=50, seed=1, clusters=True)
    assert caught.value.findings[0].code == "BOOTSTRAP-CLUSTERS"
    with pytest.raises(InputError) as caught:
        bootstrap(*mediation, draws=0, seed=1)
    assert caught.value.findings[0].code == "BOOTSTRAP-DRAWS"


def test_the_standard_error_of_a_covariance_is_that_of_theory():
    X = data(300)[:, [0, 3]]
    problem, theta = posed("x1 ~~ c*m1\ncovariance := c", X, ("x1", "m1"))
    found = bootstrap(problem, theta, draws=2000, seed=1)
    d = X - X.mean(axis=0)
    exact = np.sqrt(np.var(d[:, 0] * d[:, 1]) / len(X))
    assert found.effects[0].raw.est == pytest.approx(np.mean(d[:, 0] * d[:, 1]), rel=1e-6)
    assert found.effects[0].raw.se == pytest.approx(exact, rel=0.06)


def test_moments_of_counted_rows_are_those_of_repeated_rows():
    X = data(50) + 1e4
    counts = np.random.default_rng(1).integers(0, 4, size=(6, 50)).astype(np.uint16)
    n, mean, cov = weighted_moments(X, counts)
    for member, weights in enumerate(counts):
        rows = np.repeat(X, weights, axis=0)
        assert n[member] == len(rows)
        assert mean[member] == pytest.approx(rows.mean(axis=0), rel=1e-13)
        assert cov[member] == pytest.approx(np.cov(rows.T, bias=True), abs=1e-9)


def test_labels_held_equal_stay_equal_and_curved_constraints_hold_in_every_draw():
    problem, theta = posed("F =~ x1 + u*x2 + u*x3\nG =~ m1 + v*m2 + w*m3\nF ~~ G\nv == w^2 + 0*u", data(), NAMES)
    number = {row.label: row.free - 1 for row in problem.table.rows if row.label}
    assert problem.restriction.curved
    found = bootstrap(problem, theta, draws=20, seed=1)
    draws = found.draws.theta
    twins = [row.free - 1 for row in problem.table.rows if row.label == "u"]
    assert found.converged >= 19
    assert draws[:, twins[0]] == pytest.approx(draws[:, twins[1]], rel=1e-12)
    assert draws[:, number["v"]] == pytest.approx(draws[:, number["w"]] ** 2, abs=1e-4)
    assert np.ptp(draws[:, number["v"]]) > 0.05


def test_bias_corrected_limits_come_only_when_asked_for_and_with_a_warning(mediation, long_run):
    assert long_run.effects[0].bca is None
    found = bootstrap(*mediation, draws=600, seed=9, bca=True)
    effect = found.effects[0]
    assert effect.raw == long_run.effects[0].raw
    assert "Yzerbyt" in effect.bca.warning
    assert effect.bca.lower != effect.raw.lower
    assert abs(effect.bca.acceleration) < 0.1
    assert abs(effect.bca.bias) < 0.3


def test_acceleration_is_that_of_a_jackknife_of_whole_refits(mediation):
    problem, theta = mediation
    found = bootstrap(problem, theta, draws=200, seed=9, bca=True).effects[0].bca
    n = problem.n
    counts = (1 - np.eye(n)).astype(np.uint16)
    plan = refit(problem, theta, tolerance=1e-7)
    objective, usable = plan.objective([counts])
    exact = values_at(problem.table, objective, plan.minima(objective, usable).theta).effects[:, 0]
    d = exact.mean() - exact
    assert found.acceleration == pytest.approx((d**3).sum() / (6 * (d**2).sum() ** 1.5), abs=2e-3)


def test_progress_counts_exactly_the_draws_asked_for(mediation):
    for workers in (1, 2):
        told: list[int] = []
        bootstrap(*mediation, draws=333, seed=9, workers=workers, progress=told.append)
        assert sum(told) == 333
        assert len(told) > 1


def test_chunks_do_not_depend_on_the_number_of_draws():
    for size in (5, 10, 35, 250):
        every = list(spans(2000, size))
        for draws in (1, 99, 250, 251, 1234):
            assert list(spans(draws, size)) == every[: len(list(spans(draws, size)))]
        assert every[0][0] == 0
        assert every[-1][1] >= 2000
        assert all(a[1] == b[0] and a[1] > a[0] and a[1] % BLOCK == 0 for a, b in itertools.pairwise(every))


def test_an_error_in_a_worker_reaches_the_caller():
    def fail(first, last):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        list(in_chunks(fail, 500, 50, 2))


def test_too_few_draws_have_no_limits_but_a_reason(mediation):
    found = bootstrap(*mediation, draws=10, seed=1)
    assert isinstance(found.effects[0].raw.lower, Undefined)
    assert "10 draws are too few" in found.effects[0].raw.lower.because
    assert not isinstance(found.effects[0].raw.se, Undefined)
