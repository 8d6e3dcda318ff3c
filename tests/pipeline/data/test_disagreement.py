"""What becomes of a scale about which a unit's informants disagree: averaged by default, missing by the plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from constructed import answers, instrument, responses

from pipeline.data.aggregation import Aggregated, to_alliances
from pipeline.data.disagreement import agreement_rule
from pipeline.data.scoring import score
from pipeline.measurement_plan import AgreementPlan
from pipeline.study import ScoringPlan

RATR, RALO = ["ratr1", "ratr2", "ratr3"], ["ralo1", "ralo2", "ralo3", "ralo4"]
MISSING = AgreementPlan(disagreeing="missing")


def alliances(values: pd.DataFrame, alliance_id: list[str], plan: AgreementPlan, **more: object) -> Aggregated:
    given = responses(values, "A", firm_id=["x"] * len(values), alliance_id=alliance_id, **more)  # type: ignore[arg-type]
    return to_alliances(score(given, instrument(), ScoringPlan()), given, agreement_rule(given, instrument(), plan))


@pytest.fixture
def values() -> pd.DataFrame:
    """Alliances 1 and 2 with two informants each, 3 with one; those of 1 disagree about ratr, those of 2 hardly do."""
    values = answers("A", n=5)
    values[RATR] = [[1, 2, 1], [4, 4, 5], [7, 6, 7], [4, 5, 5], [6, 6, 6]]
    values[[*RALO, "pfcp1", "pfcp2", "pfcp3"]] = 4
    return values


IDS = ["1", "2", "1", "2", "3"]


def test_by_default_everybody_is_averaged(values: pd.DataFrame) -> None:
    assert agreement_rule(responses(values, "A"), instrument(), AgreementPlan()) is None
    found = alliances(values, IDS, AgreementPlan())
    assert found.frame["ratr"].tolist() == pytest.approx([4, 4.5, 6])
    assert (found.set_missing, found.findings) == ({}, ())


def test_by_the_plan_a_disputed_score_is_missing_with_its_items_and_counted(values: pd.DataFrame) -> None:
    found = alliances(values, IDS, MISSING)
    ours = found.frame[["ratr", *RATR]]
    assert ours.loc[("x", "1")].isna().all()
    assert ours.loc[("x", "2")].tolist() == pytest.approx([4.5, 4, 4.5, 5])
    assert ours.loc[("x", "3")].tolist() == [6, 6, 6, 6]
    assert found.frame.loc[("x", "1"), "ralo"] == 4
    assert found.set_missing == {"ratr": 1}
    assert found.missing["ratr"] == found.missing["ratr1"] == 1
    (finding,) = found.findings
    assert (finding.code, finding.place, finding.severity) == ("AGGREGATE-AGREEMENT", "alliance x / 1", "warning")
    assert "Informants of 1 alliance do not agree on ratr" in finding.rule


def test_everything_else_stays_as_it_was(values: pd.DataFrame) -> None:
    averaged, ruled = alliances(values, IDS, AgreementPlan()), alliances(values, IDS, MISSING)
    rest = [name for name in averaged.frame.columns if name not in ("ratr", *RATR)]
    pd.testing.assert_frame_equal(averaged.frame[rest], ruled.frame[rest])
    assert averaged.units_with_several_informants == ruled.units_with_several_informants == 2


def test_the_least_agreement_and_the_first_null_distribution_decide(values: pd.DataFrame) -> None:
    # informants of 2: variances 0, .5, 0, mean 1/6; v = 1/24 of the uniform, rwg(3) = 69/70, and 1/12.84 of heavy skew
    assert alliances(values, IDS, MISSING.model_copy(update={"least_agreement": 69 / 70 - 1e-9})).set_missing == {
        "ratr": 1}
    assert alliances(values, IDS, MISSING.model_copy(update={"least_agreement": 69 / 70 + 1e-9})).set_missing == {
        "ratr": 2}
    heavy = AgreementPlan(disagreeing="missing", nulls=("heavy skew", "uniform"), least_agreement=0.97)
    assert alliances(values, IDS, heavy).set_missing == {"ratr": 2}


def test_an_informant_with_a_gap_cannot_disagree(values: pd.DataFrame) -> None:
    found = alliances(values, IDS, MISSING, missing={(4, "ratr2"): "dk"})
    assert found.set_missing == {}
    # the score is the other's, the items are averages over who answered
    assert found.frame.loc[("x", "1"), "ratr"] == pytest.approx(20 / 3)


def test_a_construct_of_several_dimensions_is_missing_with_any_of_them(values: pd.DataFrame) -> None:
    given = responses(values, "A", firm_id=["x"] * 5, alliance_id=IDS)
    rule = agreement_rule(given, instrument(), MISSING)
    assert rule is not None
    scores = score(given, instrument(), ScoringPlan())
    scores.scores["whole"] = scores.scores[["ratr", "ralo"]].mean(axis=1)
    rule = type(rule)(rule.plan, rule.scales, {"whole": ("ratr", "ralo")})
    frame = to_alliances(scores, given, rule).frame
    assert np.isnan(frame["whole"]).tolist() == [True, False, False]
