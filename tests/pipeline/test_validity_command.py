"""``alliometrics validity`` on plain data."""

from __future__ import annotations

import json

import pytest

from instrument.errors import InputError
from pipeline.commands import validity as command
from tests.pipeline.measurement.distinct_reference import FOLDER, REFERENCE

DATA = FOLDER / "overlap.csv"
SCALES = ("a=a1,a2,a3,a4", "b=b1,b2,b3", "c=c1,c2,c3")


def codes(call):
    with pytest.raises(InputError) as raised:
        call()
    return [finding.code for finding in raised.value.findings]


def test_the_document_is_json_with_reasons_for_what_is_undefined():
    found = command.validity(DATA, SCALES, draws=40, cluster="firm")
    document = json.loads(json.dumps(command.document(found, 40, 1), allow_nan=False))
    assert (document["bootstrap"], document["seed"], document["level"]) == (40, 1, .95)
    assert list(document["scales"]) == ["a", "b", "c"]
    assert document["scales"]["b"]["items"] == ["b1", "b2", "b3"]
    assert document["clusters"] > 0
    assert document["converged"]
    pair = document["pairs"][0]
    assert pair["scales"] == ["a", "b"]
    assert pair["verdict"] == "not shown to be distinct"
    assert pair["htmt"] == pytest.approx(REFERENCE["overlap"]["pairwise"]["htmt"][0][1], abs=1e-12)
    assert pair["chisq_90"]["chisq"] is None
    assert "chisq_90.chisq" in pair["undefined"]
    assert document["pairs"][1]["chisq_1"] is None
    assert document["pairs"][1]["undefined"]["chisq_1"].startswith("it is not needed")


def test_without_model_is_a_table_and_a_sentence():
    found = command.validity(DATA, ["a=a1,a2,a3,a4", "d=d1,d2"], draws=0)
    shown = command.tables(found)
    assert any("n 300, 2" in str(line) for line in shown)
    assert command.document(found, 0, 1)["pairs"][0]["htmt_ci"] == [None, None]


def test_signs_can_be_kept():
    unsigned, signed = (command.validity(DATA, SCALES[1:], draws=0, signed=signed).pairs[0] for signed in (False, True))
    assert signed.htmt.value == pytest.approx(-unsigned.htmt.value)  # all correlations between b and c are negative
    assert "negative" in signed.htmt2.value.because


def test_bad_scales_and_names_are_findings(tmp_path):
    assert codes(lambda: command.validity(DATA, ["a=a1,a2", "b=a2,b1"])) == ["VALIDITY-SHARED"]
    assert codes(lambda: command.validity(DATA, ["a=a1,a1"])) == ["VALIDITY-SHARED"]
    assert codes(lambda: command.validity(DATA, ["my scale=a1,a2", "b=b1,if"])) == ["VALIDITY-NAME", "VALIDITY-NAME"]
    assert codes(lambda: command.validity(DATA, ["a=a1,a9"])) == ["DATA-COLUMN"]
    assert codes(lambda: command.validity(DATA, SCALES, level=2)) == ["OPTION-VALUE"]
    gap = tmp_path / "gap.csv"
    gap.write_text("x,y,g\n1,2,u\n2,1,\n", encoding="utf-8")
    assert codes(lambda: command.validity(gap, ["s=x,y"], cluster="g")) == ["VALIDITY-CLUSTER"]
