"""The answer in words, by construct: what the numbers say, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.evidence.found import Evidence
from pipeline.evidence.found.consistency import ConsistencyReport
from pipeline.evidence.verdicts import construct_verdicts
from pipeline.report.tables.scale_verdicts import scale_verdicts_table
from pipeline.undefined import Undefined
from tests.example_evidence import NAMES, evidence, scale, structure


def test_items_that_hold_together_and_a_distinct_construct_get_two_times_yes() -> None:
    fluidity, resilience, marker = construct_verdicts(evidence())
    assert fluidity.scales == ("rfmod", "rfkm")
    assert (fluidity.together.grade, fluidity.distinct.grade) == ("yes", "yes")
    assert fluidity.together.sentences == (
        "Yes: the items hold together.", "ω of its 2 scales is .80 to .85; all reach .70.",
        "Variance extracted: all reach .50.",
        "Every item loads at least .50 on its own factor; the weakest is rfmod1 (.70).")
    assert fluidity.distinct.sentences == (
        "Yes: distinct from strategic resilience.",
        "Strategic resilience: distinct. Their correlation is at most .60.")
    assert resilience.distinct.sentences[0] == "Yes: distinct from resource fluidity."
    assert marker.distinct.grade == "not known"


def test_one_weak_scale_is_a_remark_that_names_it_and_all_weak_scales_are_a_no() -> None:
    weak = construct_verdicts(evidence(omega=0.61))[0].together
    assert weak.grade == "with a remark"
    assert "rfmod (.61) stays below .70." in weak.sentences[1]
    only = evidence()
    assert only.consistency is not None
    alone = replace(only, consistency=replace(only.consistency, scales=(scale("rfmod", "rf", 0.69),)))
    assert construct_verdicts(alone)[0].together.grade == "no"


def test_small_loadings_and_little_variance_extracted_are_remarks() -> None:
    assert construct_verdicts(evidence(loading=0.49))[0].together.sentences[3] == (
        "rfmod1 loads below .50 on its own factor.")
    assert construct_verdicts(evidence(ave=0.42))[0].together.sentences[2] == (
        "Variance extracted: rfmod (.42) stays below .50.")
    assert construct_verdicts(evidence(ave=0.496))[0].together.grade == "yes"  # as printed: .50
    assert "rfmod (.49) stays below .50." in construct_verdicts(evidence(ave=0.494))[0].together.sentences[2]
    assert construct_verdicts(evidence(loading=0.50, ave=0.50, omega=0.70))[0].together.grade == "yes"


def test_a_reliability_that_is_undefined_says_why_and_is_no_number() -> None:
    none = Undefined("one factor is not identified by two items")
    found = construct_verdicts(evidence(omega=none))[0].together
    assert found.grade == "with a remark"
    assert "No reliability could be found for rfmod." in found.sentences
    marker = Evidence(NAMES, consistency=ConsistencyReport(0, 1, 0.95, (), (scale("mk", "mk", none, none),), ()))
    assert construct_verdicts(marker)[0].together.sentences == (
        "Not known: one factor is not identified by two items.",)


def test_pairs_decide_whether_a_construct_is_distinct() -> None:
    remark = construct_verdicts(evidence(verdict="distinct, with a remark"))[0].distinct
    assert (remark.grade, remark.sentences[0]) == (
        "with a remark", "Distinct from strategic resilience, with a remark on strategic resilience.")
    no = construct_verdicts(evidence(verdict="not shown to be distinct"))[0].distinct
    assert (no.grade, no.sentences[0]) == ("no", "Not shown to be distinct from strategic resilience.")


def test_the_table_counts_and_names_what_falls_short() -> None:
    table = scale_verdicts_table(evidence(verdict="not shown to be distinct"))
    assert table.summary == ("Of 3 constructs the items of 3 hold together; 0 of 2 that are compared are distinct from "
                             "the others (not shown: Resource fluidity, Strategic resilience).")
    assert table.column("omega") == (".80 to .85", ".90", ".80")
    assert table.column("nearest") == ("Strategic resilience", "Resource fluidity", None)
    assert table.column("htmt2") == (0.58, 0.58, None)
    assert table.column("distinct") == ("no", "no", "not asked")


@pytest.mark.parametrize(("general", "said"), [
    (0.75, "may be read as one score: a general factor explains .75"),
    (0.74, "may be read as one score with care: a general factor explains .74"),
    (0.50, "may be read as one score with care"),
    (0.49, "is no one score: a general factor explains .49"),
])
def test_a_sum_over_dimensions_is_judged_by_omega_hierarchical(general: float, said: str) -> None:
    lines = construct_verdicts(replace(evidence(), structure=structure(general)))[0].together.sentences
    assert [line for line in lines if f"A sum over its 2 dimensions {said}" in line]


def test_nothing_is_said_without_a_reliability() -> None:
    assert construct_verdicts(Evidence()) == ()
