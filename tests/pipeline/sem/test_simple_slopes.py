"""Simple slopes beside semTools' ``probe2WayMC``; Johnson–Neyman regions beside a search over the moderator."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from instrument.errors import InputError
from pipeline.sem.coefficients import regression
from pipeline.sem.estimate import estimate_model
from pipeline.sem.johnson_neyman import JohnsonNeyman, johnson_neyman
from pipeline.sem.products import Product, product_columns
from pipeline.sem.simple_slopes import (
    Moderator,
    SimpleSlopes,
    TurningPoint,
    latent_moderator,
    observed_moderator,
    probe,
    slopes_at,
    turning_point,
)
from pipeline.undefined import Undefined
from tests.pipeline.sem.test_products import fitted, stored

PROBES = [(case, number) for case, count in (("complete_ml", 2), ("gaps_fiml_mlr", 1)) for number in range(count)]


def compare(ours, theirs):
    assert len(ours) == len(theirs) == 5
    for slope, row in zip(ours, theirs, strict=True):
        for field in ("value", "est", "se", "z", "pvalue"):
            np.testing.assert_allclose(getattr(slope, field), row[field], rtol=2e-4, atol=1e-6, err_msg=field)


@pytest.mark.parametrize(("case", "number"), PROBES)
def test_the_kernel_gives_semtools_slopes(case, number):
    said = stored(case)["probes"][number]
    compare(slopes_at(np.array(said["coefficients"]), np.array(said["vcov"]), [r["value"] for r in said["slopes"]]),
            said["slopes"])


@pytest.mark.parametrize(("case", "number"), PROBES)
def test_slopes_of_our_own_estimate_are_semtools(case, number):
    said, estimated = stored(case)["probes"][number], fitted(case)
    found = regression(estimated, said["outcome"], [said["focal"], said["product"]])
    moderator = latent_moderator(estimated, said["moderator"])
    assert isinstance(moderator, Moderator)
    np.testing.assert_allclose(moderator.sd, said["sd"], rtol=1e-5)
    assert moderator.mean == 0
    assert not isinstance(found, Undefined)
    compare(slopes_at(found.b, found.V, np.array([-2, -1, 0, 1, 2]) * moderator.sd), said["slopes"])


def test_probing_reports_one_sd_either_side_with_intervals_and_a_curve():
    estimated, said = fitted("complete_ml"), stored("complete_ml")["probes"][0]["slopes"]
    moderator = latent_moderator(estimated, "Z")
    assert isinstance(moderator, Moderator)
    found = probe(estimated, "Y", "X", ["XZ"], moderator, points=7)
    assert isinstance(found, SimpleSlopes)
    assert [slope.label for slope in found.slopes] == ["mean - SD", "mean", "mean + SD"]
    for slope, row in zip(found.slopes, said[1:4], strict=True):
        np.testing.assert_allclose([slope.est, slope.se], [row["est"], row["se"]], rtol=1e-4)
        np.testing.assert_allclose([slope.lower, slope.upper], row["est"] + row["se"] * norm.ppf([0.025, 0.975]),
                                   rtol=1e-3)
    assert [point.value for point in found.curve] == pytest.approx(np.arange(-3, 4) * moderator.sd)
    assert found.turning_point is None
    assert isinstance(found.johnson_neyman, JohnsonNeyman)
    assert found.johnson_neyman.kind == "outside"
    assert [region.sign for region in found.johnson_neyman.regions] == ["negative", "positive"]


def searched(b, V, low, high, level=0.95):
    """Sign of the slope where it differs from 0, else 0, over a fine grid."""
    grid = np.linspace(low, high, 200_001)
    g = np.vander(grid, len(b), increasing=True)
    slope, se = g @ b, np.sqrt(np.einsum("ki,ij,kj->k", g, V, g))
    return grid, np.where(np.abs(slope / se) > norm.ppf((1 + level) / 2), np.sign(slope), 0.0)


V2 = np.array([[0.01, 0.002], [0.002, 0.008]])
V3 = np.array([[0.010, 0.001, -0.003], [0.001, 0.008, 0.0005], [-0.003, 0.0005, 0.003]])
CASES = {
    "outside": ([0.3, 0.4], V2), "inside": ([0.4, 0.05], V2), "none": ([0.05, 0.05], V2),
    "all": ([0.5, 0.2], V2 * 0.001 + np.array([[0, 0], [0, 0.012]])),
}


@pytest.mark.parametrize("level", [0.90, 0.95])
@pytest.mark.parametrize(("b", "V"), [*CASES.values(), ([0.5, 0.1, -0.3], V3), ([0.1, 0.5, -0.4], V3 / 4),
                                      ([-0.1, 0.02, 0.05], V3)])
def test_regions_are_those_a_search_finds(b, V, level):
    b = np.array(b)
    found = johnson_neyman(b, V, -6.0, 6.0, level=level)
    assert isinstance(found, JohnsonNeyman)
    grid, signs = searched(b, V, -6, 6, level)
    ours = np.zeros_like(grid)
    for region in found.regions:
        low = -np.inf if region.lower is None else region.lower
        high = np.inf if region.upper is None else region.upper
        ours[(grid > low) & (grid < high)] = 1 if region.sign == "positive" else -1
    assert (ours != signs).sum() <= 2 * len(found.bounds)
    np.testing.assert_allclose(found.covered, (signs != 0).mean(), atol=1e-4)


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind != "all"])
def test_kinds_of_regions_are_named(kind):
    b, V = CASES[kind]
    found = johnson_neyman(np.array(b), V, -2.0, 2.0)
    assert isinstance(found, JohnsonNeyman)
    assert found.kind == kind
    assert len(found.bounds) == (0 if kind == "none" else 2)
    for bound in found.bounds:
        [slope] = slopes_at(np.array(b), V, [bound])
        assert min(abs(slope.lower), abs(slope.upper)) < 1e-12


def test_a_slope_that_differs_from_0_everywhere_and_on_one_side_only():
    everywhere = johnson_neyman(np.array([0.5, 0.0]), np.diag([0.01, 0.0]), -2.0, 2.0)
    assert isinstance(everywhere, JohnsonNeyman)
    assert (everywhere.kind, everywhere.bounds, everywhere.covered) == ("all", (), 1.0)
    quantile = norm.ppf(0.975)
    halfway = johnson_neyman(np.array([1.0, quantile]), np.diag([1.0, 1.0]), -2.0, 2.0)
    assert isinstance(halfway, JohnsonNeyman)
    assert halfway.kind == "one-sided"
    np.testing.assert_allclose(halfway.bounds, [(quantile ** 2 - 1) / (2 * quantile)])
    assert halfway.regions[0].upper is None


def test_an_interval_that_only_touches_0_has_no_bound_there():
    """Here s(m)² − z²·var s(m) = m²(m² + 2z), which is 0 at 0 without changing sign."""
    found = johnson_neyman(np.array([norm.ppf((1 + 0.95) / 2), 0.0, 1.0]), np.diag([1.0, 0.0, 0.0]), -2.0, 2.0)
    assert isinstance(found, JohnsonNeyman)
    assert (found.kind, found.bounds, len(found.regions)) == ("all", (), 1)


def test_fixed_coefficients_have_no_regions():
    assert isinstance(johnson_neyman(np.array([1.0, 1.0]), np.zeros((2, 2)), -2.0, 2.0), Undefined)


def test_regions_do_not_depend_on_the_moderators_units_or_origin():
    b, V = np.array(CASES["outside"][0]), V2
    plain = johnson_neyman(b, V, -2.0, 2.0)
    units = np.array([1.0, 1e-4])
    moved = johnson_neyman(b * units, V * np.outer(units, units), 3e4, 7e4, centre=5e4)
    assert isinstance(plain, JohnsonNeyman)
    assert isinstance(moved, JohnsonNeyman)
    np.testing.assert_allclose((np.array(moved.bounds) - 5e4) / 1e4, plain.bounds, rtol=1e-9)
    np.testing.assert_allclose(moved.covered, plain.covered)


def test_the_turning_point_of_an_inverted_u_and_its_errors():
    b, moderator = np.array([0.5, 0.2, -0.25]), Moderator("m", "observed", 3.0, 3.0, 1.0, 1.0, 7.0)
    found = turning_point(b, V3, moderator)
    assert isinstance(found, TurningPoint)
    assert found.at.est == pytest.approx(3.0 + 0.4)
    assert found.slope.est == pytest.approx(0.5 + 0.2 * 0.4 - 0.25 * 0.16)
    assert found.is_maximum
    assert found.in_range
    assert (found.curvature.est, found.curvature.se) == (-0.25, pytest.approx(V3[2, 2] ** 0.5))

    def numeric(of):
        step = 1e-6
        J = np.array([(of(b + step * e) - of(b - step * e)) / (2 * step) for e in np.eye(3)])
        return float(np.sqrt(J @ V3 @ J))

    assert found.at.se == pytest.approx(numeric(lambda c: -c[1] / (2 * c[2])), rel=1e-6)
    assert found.slope.se == pytest.approx(numeric(lambda c: c[0] - c[1] ** 2 / (4 * c[2])), rel=1e-6)
    assert isinstance(turning_point(np.array([0.5, 0.2, 0.0]), V3, moderator), Undefined)
    bowl = turning_point(np.array([0.5, 0.2, 0.01]), V3, moderator)
    assert isinstance(bowl, TurningPoint)
    assert not bowl.is_maximum
    assert not bowl.in_range


def test_a_quadratic_moderation_of_an_estimated_model_turns_where_its_coefficients_say():
    estimated = fitted("clustered_mlr")
    rows = {row["rhs"]: row for row in stored("clustered_mlr")["parameters"] if row["op"] == "~"}
    moderator = latent_moderator(estimated, "Z")
    assert isinstance(moderator, Moderator)
    found = probe(estimated, "Y", "X", ["XZ", "XZZ"], moderator)
    assert isinstance(found, SimpleSlopes)
    assert isinstance(found.turning_point, TurningPoint)
    np.testing.assert_allclose(found.turning_point.at.est, -rows["XZ"]["est"] / (2 * rows["XZZ"]["est"]), rtol=1e-4)
    assert found.turning_point.is_maximum
    np.testing.assert_allclose(
        [slope.est for slope in found.slopes],
        [rows["X"]["est"] + rows["XZ"]["est"] * m + rows["XZZ"]["est"] * m ** 2
         for m in (-moderator.sd, 0, moderator.sd)], rtol=1e-4)


def two_valued_data():
    rng = np.random.default_rng(5)
    x, d = rng.normal(size=300), (rng.random(300) < 0.3).astype(float)
    y = 0.2 * x + 0.3 * d + 0.5 * x * d + rng.normal(size=300)
    return np.column_stack([x, d, y])


@pytest.mark.parametrize("centring", ["double", "none"])
def test_slopes_at_a_0_1_moderator_are_those_within_its_two_groups(centring):
    """With every term free, slopes at 0 and 1 are least-squares slopes of the two groups, however products are made."""
    data = two_valued_data()
    column, [product] = product_columns(data, "xdy", [Product((("x",), ("d",)))], centring=centring)
    estimated = estimate_model("y ~ x + d + x.d", np.hstack([data, column]), ["x", "d", "y", product])
    moderator = observed_moderator("d", data[:, 1], centred=centring == "double")
    found = probe(estimated, "y", "x", [product], moderator)
    assert isinstance(found, SimpleSlopes)
    assert [slope.label for slope in found.slopes] == ["0", "1"]
    for slope, value in zip(found.slopes, (0, 1), strict=True):
        group = data[data[:, 1] == value]
        assert slope.est == pytest.approx(np.polyfit(group[:, 0], group[:, 2], 1)[0], rel=1e-5)
    assert isinstance(found.johnson_neyman, Undefined)


def test_an_endogenous_latent_moderator_has_its_total_variance():
    [residual] = [row for row in stored("complete_ml")["parameters"] if row["lhs"] == row["rhs"] == "Y"]
    moderator = latent_moderator(fitted("complete_ml"), "Y")
    assert isinstance(moderator, Moderator)
    np.testing.assert_allclose(moderator.sd ** 2, residual["est"] / residual["std.all"], rtol=1e-4)


def test_an_observed_moderator_is_described_from_its_present_values():
    found = observed_moderator("m", [1.0, 2.0, np.nan, 6.0])
    assert (found.mean, found.centre, found.low, found.high) == (3.0, 3.0, 1.0, 6.0)
    assert found.sd == pytest.approx(7 ** 0.5)  # divided by N - 1
    assert observed_moderator("m", [1.0, 2.0, 6.0], centred=False).centre == 0
    with pytest.raises(InputError, match="no variance") as caught:
        observed_moderator("m", [4.0, 4.0, np.nan])
    assert caught.value.findings[0].code == "PRODUCT-CONSTANT"


@pytest.mark.parametrize(("ask", "code"), [
    (lambda e, m: probe(e, "Y", "X", ["nothing"], m), "SEM-PATH"),
    (lambda e, m: probe(e, "Y", "X", [], m), "SLOPE-PRODUCTS"),
    (lambda e, m: latent_moderator(e, "x1"), "SLOPE-MODERATOR"),
])
def test_what_the_model_lacks_is_a_finding(ask, code):
    with pytest.raises(InputError) as caught:
        ask(fitted("complete_ml"), Moderator("m", "observed", 0.0, 0.0, 1.0, -2.0, 2.0))
    assert [finding.code for finding in caught.value.findings] == [code]


def test_a_fixed_path_has_no_variance_and_an_unidentified_one_no_slope():
    data = two_valued_data()
    column, [product] = product_columns(data, "xdy", [Product((("x",), ("d",)))])
    full = np.hstack([data, column])
    fixed = estimate_model("y ~ 0.2*x + d + x.d", full, ["x", "d", "y", product])
    found = regression(fixed, "y", ["x", product])
    assert not isinstance(found, Undefined)
    assert found.b[0] == 0.2
    assert (found.V[0] == 0).all()
    assert found.V[1, 1] > 0
    lost = estimate_model("f =~ NA*x + d\nf ~~ f\ny ~ f", full, ["x", "d", "y", product])
    assert isinstance(regression(lost, "y", ["f"]), Undefined)
