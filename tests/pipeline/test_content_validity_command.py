"""``alliometrics content-validity``: the sample file (synthetic) and bad ones, as documents and as tables."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from instrument.errors import InputError
from pipeline.commands.content_validity import Rated, document, rate, tables

SAMPLE = Path(__file__).resolve().parent.parent.parent / "data" / "content_validity" / "experts.csv"


@pytest.fixture(scope="module")
def sample() -> Rated:
    return rate(SAMPLE, version="1.0.0")


def shown(rated: Rated) -> str:
    console = Console(width=120, file=io.StringIO(), record=True, highlight=False)
    for part in tables(rated):
        console.print(part, markup=False)
    return console.export_text()


def test_every_count_of_the_sample_is_that_of_its_rows(sample: Rated) -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    entries = document(sample)["items"]
    assert list(entries) == list(dict.fromkeys(row["item"] for row in rows))
    for item, entry in entries.items():
        own = [row for row in rows if row["item"] == item]
        sorts = Counter(row["sorted"] for row in own if row["sorted"])
        assert (entry["sorting"]["n"], entry["sorting"]["count"]) == (sorts.total(), sorts[item[:-1]])
        assert entry["sorting"]["p_sa"] == sorts[item[:-1]] / sorts.total()
        rival = max((n for place, n in sorts.items() if place != item[:-1]), default=0)
        assert entry["sorting"]["c_sv"] == pytest.approx((sorts[item[:-1]] - rival) / sorts.total())
        needed = [row["essential"] for row in own if row["essential"]]
        n_e = needed.count("essential")
        assert entry["essential"]["cvr"] == pytest.approx((n_e - len(needed) / 2) / (len(needed) / 2))
        rated = [int(row["relevance"]) for row in own if row["relevance"]]
        assert entry["relevance"]["i_cvi"] == sum(rating >= 3 for rating in rated) / len(rated)


def test_the_weak_item_falls_short_by_every_technique(sample: Rated) -> None:
    entry = document(sample)["items"]["rfkm4"]
    assert entry["sorting"]["rivals"] == ["srcr"]
    assert [entry["sorting"]["p_sa_meets"], entry["essential"]["cvr_meets"],
            entry["relevance"]["i_cvi_meets_criterion"]] == [False] * 3
    assert sample.findings == ()


def test_the_document_is_plain_json_with_the_literatures_names(sample: Rated) -> None:
    said = json.loads(json.dumps(document(sample), allow_nan=False))
    assert said == document(sample)
    assert said["techniques"] == ["sorting", "essential", "relevance"]
    assert len(said["judges"]) == 12
    assert said["whole"]["s_cvi_ave"] == pytest.approx(
        sum(entry["relevance"]["i_cvi"] for entry in said["items"].values()) / 20)
    assert said["whole"]["judges"] == {"sorting": [11, 12], "essential": [11, 12], "relevance": [11, 12]}
    assert said["undefined"] == {}


def test_tables_name_every_item_in_full_and_say_what_means_rest_on(sample: Rated) -> None:
    text = shown(sample)
    assert text.count("rfkm4") == 4
    assert "…" not in text
    assert "srcr (3)" in text
    assert "11 to 12 judges rated each" in " ".join(text.split())


def test_items_without_judges_are_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text("Judge,Item,Relevance,comment\nA,rfmod1,4,hm\nB,rfmod1,3,\nA,rfmod2,4,\nB,rfmod2,,\nB,rfmod3,,\n",
                    encoding="utf-8")
    rated = rate(file, version="1.0.0")
    said = document(rated)
    assert said["items"]["rfmod2"]["relevance"]["i_cvi"] is None
    assert said["undefined"]["items.rfmod2.i_cvi"] == "only one judge rated it"
    assert said["undefined"]["items.rfmod3.kappa"] == "no judge rated it"
    assert said["undefined"]["items.rfmod1.i_cvi_critical"] == "even all 2 judges may agree by chance"
    text = " ".join(shown(rated).split())
    assert "rfmod2: no value for relevance, because only one judge rated it." in text
    assert "Fewer than five judges" in text
    assert "Columns not used: comment." in text
    assert "nan" not in text


@pytest.mark.parametrize(("content", "code"), [
    ("", "DATA-EMPTY"), ("judge,item,relevance\n", "DATA-EMPTY"), ("judge;item;relevance\nA;x;1\n", "DATA-DELIMITER"),
    ("a,b\n1,2\n", "CONTENT-COLUMN"), ("judge,item,relevance\nA,rfmod1,4\n", "CONTENT-JUDGES")])
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str, code: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        rate(file, version="1.0.0")
    assert caught.value.findings[0].code == code


def test_bad_cells_are_findings_beside_the_results(tmp_path: Path) -> None:
    file = tmp_path / "cells.csv"
    file.write_text("judge,item,relevance\nA,rfmod1,4\nB,rfmod1,7\nC,rfmod1,2\n", encoding="utf-8")
    rated = rate(file, version="1.0.0")
    assert [(f.code, f.place) for f in rated.findings] == [("CONTENT-RATING", "cells.csv, row 3, column relevance")]
    assert document(rated)["items"]["rfmod1"]["relevance"]["i_cvi"] == 0.5
    assert document(rated)["findings"][0]["code"] == "CONTENT-RATING"
