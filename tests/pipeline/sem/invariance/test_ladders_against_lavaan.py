"""Every step's fit and difference as lavaan has them, from texts of our own."""

from __future__ import annotations

import pytest

from pipeline.sem.invariance import RULE
from pipeline.undefined import Undefined
from tests.pipeline.sem.invariance.ladder_cases import CASES, REFERENCE, climbed

# lavaan's derivatives of the scaling factors are numerical: its scaled values differ in the fifth digit.
EXACT, SCALED = 5e-6, 2e-4


@pytest.mark.parametrize("case", CASES)
def test_groups_come_in_lavaans_order_and_size(case):
    assert [(g.label, g.n) for g in climbed(case).groups] == list(
        zip(REFERENCE[case]["groups"], REFERENCE[case]["n"], strict=True))


@pytest.mark.parametrize("case", CASES)
def test_every_step_fits_as_in_lavaan(case):
    found, reference = climbed(case), REFERENCE[case]["steps"]
    assert [step.name for step in found.steps] == list(reference)
    for step in found.steps:
        theirs, ours = reference[step.name], step.indices
        assert ours.df == theirs["df"]
        assert ours.chisq == pytest.approx(theirs["chisq"], abs=EXACT)
        assert ours.pvalue == pytest.approx(theirs["pvalue"], abs=EXACT)
        assert ours.srmr == pytest.approx(theirs["srmr"], abs=EXACT)
        if "chisq.scaled" in theirs:
            assert ours.chisq_scaled == pytest.approx(theirs["chisq.scaled"], abs=SCALED)
            assert ours.pvalue_scaled == pytest.approx(theirs["pvalue.scaled"], abs=EXACT)
        else:
            assert ours.chisq_scaled is None
        suffix = "" if ours.version == "standard" else f".{ours.version}"
        for name, column in (("cfi", "cfi"), ("rmsea", "rmsea"), ("rmsea_lower", "rmsea.ci.lower"),
                             ("rmsea_upper", "rmsea.ci.upper")):
            assert getattr(ours, name) == pytest.approx(theirs[column + suffix], abs=EXACT), (step.name, name)


@pytest.mark.parametrize("case", CASES)
def test_differences_are_lavTestLRTs_and_changes_of_the_indices(case):
    found, reference = climbed(case), REFERENCE[case]["steps"]
    assert found.steps[0].difference is None
    for before, step in zip(found.steps, found.steps[1:], strict=False):
        theirs, ours = reference[step.name].get("difference"), step.difference
        assert ours.against == before.name
        if theirs is None:
            assert ours.df == 0
            assert isinstance(ours.statistic, Undefined)
            assert isinstance(step.holds, Undefined)
            assert not step.testable
            continue
        assert ours.df == theirs["df"]
        assert ours.statistic == pytest.approx(theirs["statistic"], abs=SCALED)
        assert ours.pvalue == pytest.approx(theirs["pvalue"], abs=1e-5)
        assert step.holds == (theirs["pvalue"] >= 0.05)
        suffix = "" if step.indices.version == "standard" else f".{step.indices.version}"
        for name in ("cfi", "rmsea", "srmr"):
            column = name if name == "srmr" else name + suffix
            change = reference[step.name][column] - reference[before.name][column]
            assert getattr(ours, name) == pytest.approx(change, abs=EXACT)


def test_the_version_of_the_indices_follows_the_estimator():
    assert {case: climbed(case).steps[0].indices.version for case in CASES} == {
        "holzinger_ml": "standard", "holzinger_mlr": "robust", "holzinger_partial": "robust",
        "three_groups_mlr": "robust", "three_groups_fiml": "robust", "three_groups_partial": "robust",
        "five_wlsmv": "scaled", "five_partial": "scaled", "seven_wlsmv": "scaled", "few_wlsmv": "scaled",
        "mixed_wlsmv": "scaled"}


def test_the_last_step_that_holds_is_named_with_what_may_be_compared():
    assert {case: climbed(case).reached for case in CASES} == {
        "holzinger_ml": "metric", "holzinger_mlr": "metric", "holzinger_partial": "strict",
        "three_groups_mlr": "metric", "three_groups_fiml": "metric", "three_groups_partial": "strict",
        "five_wlsmv": "loadings", "five_partial": "intercepts", "seven_wlsmv": "thresholds", "few_wlsmv": "loadings",
        "mixed_wlsmv": "intercepts"}
    assert "means may not" in climbed("holzinger_ml").verdict
    assert "released item" in climbed("holzinger_partial").verdict
    assert "observed scores may not" in climbed("mixed_wlsmv").verdict
    assert "relations" in climbed("five_wlsmv").verdict
    assert "neither relations" in climbed("seven_wlsmv").verdict
    assert climbed("holzinger_ml").rule == RULE


def test_a_step_that_data_cannot_contradict_says_so_and_does_not_stop_the_ladder():
    thresholds = climbed("few_wlsmv").step("thresholds")
    assert "equivalent" in thresholds.verdict
    assert climbed("few_wlsmv").step("loadings").holds is True


def test_verdicts_say_when_test_and_indices_disagree():
    strict = climbed("holzinger_ml").step("strict")
    assert strict.difference.test_holds is False
    assert strict.difference.indices_hold is True
    assert strict.holds is False
    assert "Does not hold exactly" in strict.verdict
    assert climbed("holzinger_ml").step("scalar").verdict.startswith("Does not hold: ")
