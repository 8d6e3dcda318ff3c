"""The second opinion: agreement is said where there is some, and differences are named, largest first."""

from __future__ import annotations

import pytest

from pipeline.sem.crosscheck import CrossCheck, crosscheck
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.fit import Compared
from pipeline.undefined import Undefined
from tests.pipeline.sem.zoo import NAMES, synthetic

MODEL = "F =~ x1 + x2 + x3\nG =~ x4 + x5 + x6\nG ~ F"


def test_semopy_finds_the_same_estimates():
    found = crosscheck(estimate_model(MODEL, synthetic(), NAMES))
    assert isinstance(found, CrossCheck)
    assert found.agrees
    assert found.differing == ()
    assert found.chisq_theirs == pytest.approx(found.chisq_ours, abs=1e-4)


def test_what_semopy_cannot_do_is_not_compared():
    groups = ["a", "b"] * (len(synthetic()) // 2)
    found = crosscheck(estimate_model(MODEL, synthetic(), NAMES, Options(), groups=groups))
    assert isinstance(found, Undefined)
    assert "groups" in found.because


def test_differences_come_largest_first_and_those_without_a_standard_error_before_them():
    rows = (Compared("same", 1.0, 1.0, 0.001), Compared("near", 1.0, 1.1, -0.5), Compared("far", 1.0, 3.0, 4.0),
            Compared("no error", 1.0, 1.0, Undefined("there is no standard error")))
    found = CrossCheck("semopy", rows, 1.0, 2.0, agrees=False)
    assert [row.parameter for row in found.differing] == ["no error", "far", "near"]
    assert "no error" in found.sentence
