"""Agreement of a study's informants: which of them count, what the tables say, and what they say without any."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from pipeline.evidence.found.informants import InformantsReport
from pipeline.evidence.informants import informants_of
from pipeline.evidence.scales import Scale
from pipeline.measurement_plan import AgreementPlan
from pipeline.report.tables.informants import informants_tables, nobody_sentence
from pipeline.report.tables.spec import display_rows
from pipeline.results import SCREENED
from pipeline.undefined import Undefined

NA = np.nan


def form(name: str, unit: str, firm: list[str], alliance: list[str] | None = None, set_missing: dict | None = None):
    meta = pd.DataFrame({"firm_id": firm} | ({"alliance_id": alliance} if alliance else {}),
                        index=pd.RangeIndex(4, 4 + len(firm)))
    n = meta.groupby(list(meta.columns), sort=False).size()
    units = SimpleNamespace(unit=unit, responses=len(firm), units=len(n), frame=pd.DataFrame({"n_informants": n}),
                            units_with_several_informants=int((n > 1).sum()), set_missing=set_missing or {})
    rows = SimpleNamespace(responses=SimpleNamespace(meta=meta), units=units)
    return SimpleNamespace(form=name, rows={SCREENED: rows})


def scale(name: str, form_id: str, X: list[list[float]]) -> Scale:
    values = np.array(X, dtype=float)
    items = tuple(f"{name}{k}" for k in range(1, values.shape[1] + 1))
    return Scale(name, f"Scale {name}", name, form_id, items, (), values, 1, 7, None)


def plan(**agreement: object) -> SimpleNamespace:
    return SimpleNamespace(agreement=AgreementPlan(**agreement), level=0.95)  # type: ignore[arg-type]


# Alliances a (rows 1 and 4), b (2, 3, 6), c (5, 7); d has one informant.
ALLIANCES = form("A", "alliance", list("xxxxyxyx"), ["a", "b", "b", "a", "c", "b", "c", "d"], {"near": 1})
NEAR = scale("near", "A", [[1, 2, 1], [4, 4, 4], [4, 5, 4], [7, 6, 7], [2, 2, 3], [4, 4, NA], [2, 3, 3], [1, 1, 1]])
SINGLE = scale("one", "A", [[1], [4], [4], [7], [2], [5], [2], [1]])
FIRMS = form("F", "firm", list("pqr"))
OTHER = scale("other", "F", [[1, 2], [3, 4], [5, 6]])


@pytest.fixture(scope="module")
def found() -> InformantsReport:
    return informants_of([FIRMS, ALLIANCES], [OTHER, NEAR, SINGLE], plan())  # type: ignore[arg-type,list-item]


def test_every_form_is_counted_and_those_with_several_informants_are_examined(found: InformantsReport) -> None:
    assert [(f.form, f.unit, f.informants, f.units, f.several, f.most) for f in found.forms] == [
        ("F", "firm", 3, 3, 0, 1), ("A", "alliance", 8, 4, 3, 3)]
    assert [one.scale for one in found.scales] == ["near", "one"]


def test_agreement_of_a_scale_by_hand(found: InformantsReport) -> None:
    near = found.scales[0]
    # b's third informant left an item open: two of b count, two of a, two of c
    assert (near.units, near.informants, near.left_out, near.set_missing) == (3, 6, 0, 1)
    uniform = near.ruling
    # a: mean variance (18 + 8 + 18)/3 = 44/3, out of range; b: (0 + .5 + 0)/3, c: (0 + .5 + 0)/3, v = 1/24 → 69/70
    assert (uniform.out_of_range, uniform.units, uniform.enough) == (1, 3, 2)
    assert uniform.median == uniform.mean == uniform.highest == pytest.approx(69 / 70)
    assert uniform.mean_as_zero == pytest.approx(2 / 3 * 69 / 70)
    assert uniform.share == pytest.approx(2 / 3)
    assert near.deviation == pytest.approx(0.5 / 3)
    assert near.deviation_cutoff == pytest.approx(7 / 6)
    assert [null.null for null in near.nulls] == ["uniform", "slight skew", "moderate skew"]
    assert [null.variance for null in near.nulls] == [4, 2.90, 2.14]


def test_one_item_is_rwg_and_icc_is_of_scores(found: InformantsReport) -> None:
    one = found.scales[1]
    assert (one.units, one.informants) == (3, 7)
    # b: 4, 4, 5, variance 1/3 → 1 − 1/12; c: none → 1; a: 18/4 out of range
    assert one.ruling.median == pytest.approx(11 / 12)
    assert (one.df_between, one.df_within) == (2, 4)
    # means 4, 13/3, 2 and the grand mean 25/7; within 18 + 2/3
    within = (18 + 2 / 3) / 4
    between = (2 * (4 - 25 / 7) ** 2 + 3 * (13 / 3 - 25 / 7) ** 2 + 2 * (2 - 25 / 7) ** 2) / 2
    size = (7 - 17 / 7) / 2
    assert one.average_size == pytest.approx(size)
    assert one.icc1 == pytest.approx((between - within) / (between + (size - 1) * within))


def test_a_median_among_units_out_of_range_is_undefined() -> None:
    apart = scale("apart", "A", [[1, 1], [1, 1], [7, 7], [7, 7], [3, 3], [NA, 7], [3, 3], [1, 1]])
    (one,) = informants_of([ALLIANCES], [apart], plan()).scales  # type: ignore[list-item]
    assert one.ruling.out_of_range == 2
    assert one.ruling.median == Undefined("2 of 3 units are out of range")
    assert one.ruling.mean == 1


def test_a_scale_that_no_two_informants_answered_has_reasons_for_numbers() -> None:
    empty = scale("empty", "A", [[NA, 1]] * 8)
    report = informants_of([ALLIANCES], [empty], plan())  # type: ignore[list-item]
    (one,) = report.scales
    assert (one.units, one.informants, one.left_out) == (0, 0, 3)
    nobody = Undefined("no unit has two informants who answered every item")
    assert one.ruling.median == one.ruling.share == one.ruling.mean == one.deviation == nobody
    assert isinstance(one.icc1, Undefined)
    shown = display_rows(informants_tables(report)[0])[0]
    assert any("undefined because no unit has two informants" in cell for cell in shown)


def test_the_report_goes_to_json_and_back(found: InformantsReport) -> None:
    adapter = TypeAdapter(InformantsReport)
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_the_tables_say_in_words_what_was_found(found: InformantsReport) -> None:
    agreement, nulls = informants_tables(found)
    assert (agreement.id, nulls.id) == ("informants", "informants-nulls")
    assert agreement.summary.startswith(
        "3 of 4 alliances have several informants (at most 3); each of 3 firms has one.")
    assert "Of 6 scores that several informants gave, 2 have rwg(j) below .70 or out of range" in agreement.summary
    assert agreement.summary.endswith("the plan averages them all the same.")
    assert agreement.column("out_of_range") == (1, 1)
    assert len(nulls.rows) == 6
    assert nulls.column("null") == ("uniform", "slight skew", "moderate skew") * 2


def test_the_rule_that_makes_scores_missing_is_said() -> None:
    report = informants_of([ALLIANCES], [NEAR], plan(disagreeing="missing"))  # type: ignore[list-item]
    assert report.set_missing == 1
    assert informants_tables(report)[0].summary.endswith("by the plan's rule they are missing in every analysis.")


def test_one_informant_each_is_said_in_words(found: InformantsReport) -> None:
    alone = informants_of([FIRMS], [OTHER], plan())  # type: ignore[list-item]
    assert alone.scales == ()
    assert informants_tables(alone) == informants_tables(None) == ()
    assert "it takes two informants" in nobody_sentence(alone)
    assert "each of 3 firms has one" in nobody_sentence(alone)
    spoken = replace(alone, forms=(replace(alone.forms[0], unit="respondent"),))
    assert "each of 3 respondents speaks for nobody else" in nobody_sentence(spoken)
