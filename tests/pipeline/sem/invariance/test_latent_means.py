"""Latent means: lavaan's numbers, and none without a common origin."""

from __future__ import annotations

import pytest

from pipeline.sem.invariance import Released, ladder
from pipeline.sem.latent_means import latent_means
from pipeline.undefined import Undefined
from tests.pipeline.sem.invariance.ladder_cases import REFERENCE, climbed, data, options


@pytest.mark.parametrize("case", ["holzinger_partial", "three_groups_partial", "five_partial", "mixed_wlsmv"])
def test_differences_and_standardised_differences_are_lavaans(case):
    found, reference = latent_means(climbed(case)), REFERENCE[case]["means"]
    assert found.partial == case.endswith("partial")
    assert len(found.means) == len(reference)
    for ours, theirs in zip(found.means, reference, strict=True):
        assert (ours.factor, ours.reference, ours.group) == (theirs["factor"], theirs["reference"], theirs["group"])
        assert ours.difference == pytest.approx(theirs["difference"], abs=5e-6)
        assert ours.se == pytest.approx(theirs["difference_se"], abs=5e-6)
        for name in ("in_reference_sd", "in_reference_sd_se", "in_pooled_sd", "in_pooled_sd_se"):
            assert getattr(ours, name) == pytest.approx(theirs[name], abs=5e-6), name
        assert ours.z == pytest.approx(ours.difference / ours.se)
        assert ours.upper - ours.difference == pytest.approx(1.959964 * ours.se, rel=1e-6)
        assert ours.difference - ours.lower == pytest.approx(1.959964 * ours.se, rel=1e-6)


def test_no_means_where_intercepts_differ():
    found = latent_means(climbed("holzinger_ml"))
    assert isinstance(found, Undefined)
    assert "scalar does not hold" in found.because


def test_no_means_of_a_factor_all_of_whose_intercepts_are_free():
    X, names, groups = data("holzinger_partial")
    every = {Released(item, "intercepts") for item in ("x1", "x2", "x3", "x7")}
    found = latent_means(ladder(REFERENCE["holzinger_ml"]["model"], X, names, groups, options=options("holzinger_ml"),
                                released=every))
    visual, textual, speed = found.means
    assert isinstance(visual.difference, Undefined)
    assert textual.difference == pytest.approx(0.6146, abs=1e-3)
    assert speed.pvalue > 0.05
