"""Claims decided on rehearsed studies whose truth is known, and what keeps a claim from being decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from instrument.errors import InputError
from pipeline.claims.decide import decide, wanted_claims
from pipeline.claims.ledger import ledger
from pipeline.claims.report import ClaimResult, PredictionResult
from pipeline.estimation import estimate
from pipeline.models import MEDIATION
from pipeline.results import StudyResults
from pipeline.sem.describe import describe
from pipeline.sem.fit import Fit
from pipeline.undefined import Undefined
from tests.pipeline.claims.conftest import DATA, Rows


def decided(rows: Rows, *claims: str, **more: object) -> dict[str, ClaimResult]:
    report, _ = decide(rows.frames, rows.instrument, rows.deciding(*claims, **more), seed=3)
    return {claim.id: claim for claim in report.claims}


def one(result: ClaimResult, place: int = 0) -> PredictionResult:
    return result.predictions[place]


# -- what a verdict rests on --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chain(sample: Rows) -> dict[str, ClaimResult]:
    return decided(sample, "H305", "H306", "H307")


def test_a_path_is_judged_by_its_robust_interval(chain: dict[str, ClaimResult], sample: Rows) -> None:
    fit = describe(estimate(MEDIATION, sample.frames["firm"]), level=sample.plan.level)
    path = next(row for row in fit.parameters if row.label == "b")
    found = one(chain["H306"])
    assert found.parameter == "b"
    assert (found.interval_by, found.bound, found.n) == ("robust SE", 0.10, fit.nobs)
    for ours, theirs in ((found.est, path.est), (found.se, path.se), (found.pvalue, path.pvalue),
                         (found.lower, path.ci_lower), (found.upper, path.ci_upper), (found.std, path.std_all)):
        assert ours == pytest.approx(theirs, rel=1e-9)


def test_a_product_is_judged_by_its_monte_carlo_interval(chain: dict[str, ClaimResult], sample: Rows) -> None:
    estimated = estimate(MEDIATION, sample.frames["firm"])
    found = one(chain["H307"])
    values = estimated.problem.table.label_values(estimated.theta)
    assert found.interval_by == "Monte Carlo"
    assert isinstance(found.est, float)
    assert isinstance(found.upper, float)
    assert isinstance(found.lower, float)
    assert found.parameter == "a1*(c2 + a2*b)"
    assert found.est == pytest.approx(float(values["a1"] * (values["c2"] + values["a2"] * values["b"])), rel=1e-9)
    # Skewed to the right, as the interval of a product of positive paths is; one by a normal would not be.
    assert found.upper - found.est > found.est - found.lower > 0


def test_predictors_of_different_units_are_compared_standardised(chain: dict[str, ClaimResult]) -> None:
    found = one(chain["H305"])
    assert found.scale == "standardised"
    assert isinstance(found.std, float)
    assert isinstance(found.lower, float)
    assert isinstance(found.upper, float)
    assert (found.lower + found.upper) / 2 == pytest.approx(found.std, rel=1e-9)


def test_sums_have_the_bound_of_effects_and_products_that_of_indirect_ones(chain: dict[str, ClaimResult]) -> None:
    bounds = {p.parameter: p.bound for claim in chain.values() for p in claim.predictions}
    assert bounds["b"] == bounds["h3 + b*g"] == bounds["c2 + a2*b - (c1 + d*b)"] == 0.10
    assert bounds["a1*(c2 + a2*b)"] == 0.02


def test_where_any_prediction_may_decide_each_is_judged_more_strictly(sample: Rows) -> None:
    found = decided(sample, "H309")["H309"]
    assert found.decided_by == "any"
    assert [p.level for p in found.predictions] == pytest.approx([0.975, 0.975])
    for p in found.predictions:
        assert isinstance(p.lower, float)
        assert isinstance(p.upper, float)
        assert isinstance(p.se, float)
        assert p.upper - p.lower == pytest.approx(2 * 2.241402728 * p.se, rel=1e-6)


def test_the_smallest_effect_is_the_plans(sample: Rows) -> None:
    wide = decided(sample, "H313", smallest_effect=0.5)["H313"]
    assert one(wide).bound == 0.5
    assert wide.verdict == "against"


# -- truth --------------------------------------------------------------------------------------------


def truth(study: str) -> dict[str, str]:
    content = yaml.safe_load((DATA / study / "claims.yaml").read_text(encoding="utf-8"))
    return {claim: entry["verdict"] for claim, entry in content.items()}


def test_no_verdict_on_the_sample_contradicts_its_truth(sample_results: StudyResults) -> None:
    verdicts = {claim.id: claim.verdict for claim in sample_results.claims.claims}
    true = truth("sample")
    assert len(true) == 60
    wrong = {claim: verdict for claim, verdict in true.items() if verdicts[claim] not in (verdict, "inconclusive")}
    assert wrong == {}
    assert sum(verdicts[claim] == "supported" for claim in true) >= 15


def test_every_claim_tested_on_the_sample_has_a_stated_truth(sample_results: StudyResults) -> None:
    tested = {claim.id for claim in sample_results.claims.claims
              if claim.predictions and claim.verdict != "not testable"}
    assert tested == set(truth("sample"))


def test_what_is_true_stands_beside_each_verdict_of_the_sample(sample_results: StudyResults) -> None:
    said = {claim.id: claim.truth for claim in sample_results.claims.claims}
    assert said["H009"].startswith("supported: RF is caused by RA")
    assert said["H201"] == ""


def test_where_the_rival_is_true_its_claim_is_supported_and_the_chain_is_not(rival: Rows) -> None:
    verdicts = {name: claim.verdict for name, claim in decided(rival, "H307", "H308", "H309").items()}
    assert verdicts["H309"] == "supported" == truth("rival")["H309"]
    assert verdicts["H307"] != "supported"
    assert verdicts["H308"] != "supported"


# -- what keeps a claim from being decided ------------------------------------------------------------


def test_a_claim_whose_block_is_switched_off_says_which(sample: Rows) -> None:
    found = decided(sample, "H317")["H317"]
    assert found.verdict == "not testable"
    assert "block optfit, which is switched off" in found.because
    assert found.predictions == ()


def test_a_claim_about_alliances_needs_their_form(sample: Rows) -> None:
    alone = sample.deciding("H009").model_copy(update={"forms": {"F": sample.plan.forms["F"]}})
    report, _ = decide({"firm": sample.frames["firm"]}, sample.instrument, alone, seed=1)
    assert report.claims[0].verdict == "not testable"
    assert "form A, which was not fielded" in report.claims[0].because


def test_a_moderator_without_variance_closes_its_claim_with_the_reason(sample: Rows) -> None:
    firm = sample.frames["firm"].assign(lnsize=5.0)
    report, _ = decide({"firm": firm}, sample.instrument, sample.deciding("H313"), seed=1)
    assert report.claims[0].verdict == "not testable"
    assert "lnsize" in report.claims[0].because
    assert isinstance(report.claims[0].predictions[0].est, Undefined)


def test_no_verdict_rests_on_an_improper_solution(sample: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    def improper(*arguments: object, **more: object) -> Fit:
        return replace(describe(*arguments, **more), admissible=False)  # type: ignore[arg-type]

    assert decided(sample, "H306")["H306"].verdict == "supported"
    monkeypatch.setattr("pipeline.claims.decide.describe", improper)
    found = decided(sample, "H306")["H306"]
    assert found.verdict == "inconclusive"
    assert "not admissible" in found.because
    assert isinstance(one(found).est, float)


def test_a_claim_that_does_not_exist_is_named(sample: Rows) -> None:
    with pytest.raises(InputError, match="'H999'") as raised:
        wanted_claims(sample.deciding("H009", "H999").claims, sample.instrument)
    assert [finding.code for finding in raised.value.findings] == ["STUDY-CLAIM"]


def test_a_construct_that_does_not_exist_is_named(sample: Rows) -> None:
    with pytest.raises(InputError, match="'zz'") as raised:
        wanted_claims(sample.plan.claims.model_copy(update={"constructs": ("ra", "zz")}), sample.instrument)
    assert [finding.code for finding in raised.value.findings] == ["STUDY-CONSTRUCT"]


def test_claims_can_be_chosen_by_construct(sample: Rows) -> None:
    chosen = wanted_claims(sample.plan.claims.model_copy(update={"constructs": ("tu",)}), sample.instrument)
    assert chosen
    assert all("tu" in claim.constructs for claim in chosen)
    assert len(chosen) < len(ledger())


def test_the_order_of_claims_and_their_company_change_no_number(sample: Rows) -> None:
    alone, together = decided(sample, "H306"), decided(sample, "H307", "H306")
    for first, second in zip(alone["H306"].predictions, together["H306"].predictions, strict=True):
        assert isinstance(first.lower, float)
        assert isinstance(second.lower, float)
        np.testing.assert_allclose([first.est, first.lower], [second.est, second.lower], rtol=1e-12)  # type: ignore[arg-type]
