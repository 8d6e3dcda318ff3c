"""The headline says what the intervals and the joint test allow, and no more."""

from __future__ import annotations

import dataclasses
import re

import pytest

from pipeline.report.words import SECOND_EFFECT, headline
from pipeline.results import HEADLINE_EFFECT, Headline, ModelRun
from pipeline.sem.fit import Diagnosis
from pipeline.undefined import Number, Undefined
from tests.example_results import FIRMS, GAPS, example_results

OVERCLAIMS = re.compile(
    r"\b(prov(e[sdn]?|ing)|caus(e[sd]?|al|ing)|establish(es|ed)?|demonstrates?|impact)\b", re.IGNORECASE)
NOTHING = Undefined("12 draws are too few")


def run_with(
    lower: Number = 0.02, upper: Number = 0.07, *, holds: bool | None = True, pvalue: Number = 0.003,
    effect: str = HEADLINE_EFFECT, **fit: object,
) -> ModelRun:
    """The example's M1 with one effect's interval and joint test replaced."""
    run = example_results().model("M1")
    assert run.bootstrap is not None
    effects = tuple(
        dataclasses.replace(e, lower=lower, upper=upper, est=0.043) if e.name == effect else e
        for e in run.bootstrap.effects)
    joint = tuple(
        dataclasses.replace(j, holds=holds, largest_pvalue=pvalue) if j.effect == effect else j for j in run.joint)
    return dataclasses.replace(
        run, bootstrap=dataclasses.replace(run.bootstrap, effects=effects), joint=joint,
        fit=dataclasses.replace(run.fit, **fit))  # type: ignore[arg-type]


def sentence(run: ModelRun, *, synthetic: bool = False) -> str:
    return headline(run, synthetic=synthetic).sentence


def test_both_tests_hold_the_estimates_are_consistent_with_the_chain() -> None:
    text = sentence(run_with())
    assert text.startswith(f"In the answers of {FIRMS} firms, the estimates are consistent with a chain from alliance")
    assert "0.043, 95\N{NO-BREAK SPACE}% bootstrap interval [0.020, 0.070]" in text
    assert "weakest path: p = .003" in text


def test_too_few_converged_draws_make_mixed_evidence() -> None:
    run = run_with()
    assert run.bootstrap is not None
    few = dataclasses.replace(run, bootstrap=dataclasses.replace(run.bootstrap, requested=1000, converged=899))
    enough = dataclasses.replace(run, bootstrap=dataclasses.replace(run.bootstrap, requested=1000, converged=900))
    assert "is mixed: only 899 of 1,000 bootstrap draws converged" in sentence(few)
    assert "are consistent with a chain" in sentence(enough)


def test_an_interval_that_rests_on_inadmissible_draws_makes_mixed_evidence() -> None:
    run = run_with()
    assert run.bootstrap is not None
    effects = tuple(
        dataclasses.replace(e, lower_admissible=-0.01, upper_admissible=0.07) for e in run.bootstrap.effects)
    resting = dataclasses.replace(run, bootstrap=dataclasses.replace(run.bootstrap, effects=effects))
    assert "is mixed: its interval no longer excludes zero once inadmissible draws" in sentence(resting)


def test_a_chain_of_the_other_sign_is_said_to_be_so() -> None:
    assert "of the opposite sign to the theory's" in sentence(run_with(-0.07, -0.02))


@pytest.mark.parametrize(("lower", "holds", "clause"), [
    (0.02, False, "its interval excludes zero, while its paths taken together do not support it"),
    (-0.01, True, "its interval includes zero, while its paths taken together each differ from zero"),
    (0.02, None, "its interval excludes zero, while the joint test of its paths is undecided"),
])
def test_tests_that_disagree_make_mixed_evidence(lower: float, holds: bool | None, clause: str) -> None:
    text = sentence(run_with(lower, holds=holds, pvalue=0.2))
    assert "is mixed" in text
    assert clause in text
    assert "consistent" not in text


@pytest.mark.parametrize("holds", [False, None])
def test_an_interval_that_includes_zero_shows_neither_effect_nor_absence(holds: bool | None) -> None:
    text = sentence(run_with(-0.01, 0.05, holds=holds, pvalue=0.4))
    assert "the data do not show the serial indirect effect" in text
    assert "values from −0.010 to 0.050 are compatible with the data" in text
    assert "its absence is not shown either" in text


def test_without_convergence_there_is_no_finding_and_no_estimate() -> None:
    found = headline(run_with(converged=False, indices=None), synthetic=False)
    assert "did not converge" in found.sentence
    assert "no finding is stated" in found.sentence
    assert "0.043" not in found.sentence + " ".join(found.details)


def test_an_inadmissible_solution_states_why_and_no_finding() -> None:
    text = sentence(run_with(admissible=False, diagnoses=(
        Diagnosis("note", "A remark."), Diagnosis("negative-variance", "the variance of LRN is negative.", ("LRN",)))))
    assert "not admissible (the variance of LRN is negative)" in text
    assert "no finding is stated" in text


def test_an_undefined_interval_says_why() -> None:
    assert "undefined because 12 draws are too few" in sentence(run_with(NOTHING, NOTHING))


def test_without_a_bootstrap_no_finding_is_stated() -> None:
    run = dataclasses.replace(run_with(), bootstrap=None)
    assert "no finding is stated" in sentence(run)
    assert "0.043" not in sentence(run)


def test_the_longer_chain_is_told_beside_and_on_its_own_evidence() -> None:
    found = headline(run_with(-0.01, 0.05, holds=False, effect=SECOND_EFFECT), synthetic=False)
    assert "are consistent with a chain" in found.sentence
    assert found.details[0].startswith("The data do not show the serial indirect effect of experience on success")


def test_the_result_with_all_respondents_stands_beside() -> None:
    results = example_results()
    everyone = results.model("M1", "all respondents")
    assert any(f"n = {everyone.fit.nobs}" in detail for detail in results.headline.details)


def test_the_rows_with_gaps_are_counted() -> None:
    assert f"M1 rests on {FIRMS} firms, {GAPS} of them with gaps and used with what they answered." in (
        example_results().headline.details)


def test_synthetic_data_are_called_synthetic_in_sentence_and_limits() -> None:
    assert "synthetic" in sentence(run_with(), synthetic=True)
    assert "synthetic" in sentence(run_with(converged=False), synthetic=True)
    assert "synthetic" in headline(run_with(), synthetic=True).limits[0]
    assert not any("synthetic" in text for text in _texts(headline(run_with(), synthetic=False)))


@pytest.mark.parametrize("run", [
    run_with(), run_with(-0.07, -0.02), run_with(holds=False), run_with(-0.01, holds=True),
    run_with(-0.01, holds=False), run_with(converged=False), run_with(admissible=False), run_with(NOTHING, NOTHING),
])
def test_no_sentence_claims_more_than_consistency(run: ModelRun) -> None:
    for synthetic in (True, False):
        for text in _texts(headline(run, synthetic=synthetic)):
            assert not OVERCLAIMS.search(text), text
            assert text.endswith("."), text
            assert "nan" not in text.lower().split()


def test_the_limits_name_design_informant_rows_and_estimator() -> None:
    text = " ".join(headline(run_with(), synthetic=False).limits)
    for words in ("at one time", "consistent with mediation", "one informant", "missing at random",
                  "dimension scores", "robust (sandwich)", "clustered by firm", "linear probability model"):
        assert words in text


def _texts(found: Headline) -> tuple[str, ...]:
    return (found.sentence, *found.details, *found.limits)
