"""Indices of content validity against published tables and fractions worked by hand; reading says all that is wrong."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from scipy.stats import binom

from instrument import store
from instrument.content_validity import Rating, content_validity, item_content
from instrument.errors import InputError
from instrument.expert_ratings import RatingFile, ReadRatings, read_ratings
from instrument.judge_agreement import (
    NoValue,
    agreement,
    chance,
    critical_count,
    exact_interval,
    kappa_word,
    modified_kappa,
)

ALL = ("sorted", "essential", "relevance")


# -- chance ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("judges", "critical"), [
    (5, "1"), (8, "3/4"), (10, "4/5"), (12, "2/3"), (15, "3/5"), (20, "1/2"), (40, "3/10")])
def test_critical_values_are_those_of_the_published_table(judges: int, critical: str) -> None:
    m = critical_count(judges)
    assert m is not None
    assert Fraction(2 * m - judges, judges) == Fraction(critical)


@pytest.mark.parametrize("judges", range(5, 41))
def test_a_critical_count_is_the_smallest_beyond_chance(judges: int) -> None:
    m = critical_count(judges)
    assert m is not None
    tail = [Fraction(sum(comb(judges, k) for k in range(least, judges + 1)), 2**judges) for least in (m - 1, m)]
    assert tail[0] >= Fraction(1, 20) > tail[1]


@pytest.mark.parametrize("judges", range(5))
def test_up_to_four_judges_may_all_agree_by_chance(judges: int) -> None:
    assert critical_count(judges) is None
    assert critical_count(4, level=0.07) == 4


def test_chance_is_the_upper_tail_with_its_own_value() -> None:
    assert chance(9, 12) == 299 / 4096
    assert chance(0, 12) == 1
    assert chance(7, 20) == pytest.approx(binom.sf(6, 20, 0.5), rel=1e-14)


@pytest.mark.parametrize(("count", "judges", "kappa"), [
    (9, 12, Fraction(9, 12)), (10, 12, Fraction(10, 12)), (3, 3, Fraction(1)), (2, 3, Fraction(2, 3)),
    (2, 5, Fraction(2, 5))])
def test_kappa_takes_off_agreement_by_chance(count: int, judges: int, kappa: Fraction) -> None:
    by_chance = Fraction(comb(judges, count), 2**judges)
    assert modified_kappa(count, judges) == pytest.approx(float((kappa - by_chance) / (1 - by_chance)), rel=1e-14)


def test_kappa_by_hand() -> None:
    # 4 of 5: I-CVI .8, p_c 5/32, (.8 − .15625)/(1 − .15625); Polit, Beck & Owen (2007) print .76
    assert modified_kappa(4, 5) == pytest.approx(0.64375 / 0.84375, rel=1e-14)
    assert modified_kappa(2, 4) == pytest.approx(1 / 5, rel=1e-14)
    assert [kappa_word(k) for k in (0.741, 0.74, 0.60, 0.59, 0.40, 0.39)] == [
        "excellent", "good", "good", "fair", "fair", "poor"]


def test_exact_limits_leave_half_of_the_rest_in_each_tail() -> None:
    lower, upper = exact_interval(9, 12)
    assert binom.sf(8, 12, lower) == pytest.approx(0.025, rel=1e-9)
    assert binom.cdf(9, 12, upper) == pytest.approx(0.025, rel=1e-9)
    assert exact_interval(12, 12) == pytest.approx((0.025 ** (1 / 12), 1), rel=1e-12)
    assert exact_interval(0, 12) == pytest.approx((0, 1 - 0.025 ** (1 / 12)), rel=1e-12)


def test_one_judge_or_none_is_no_agreement() -> None:
    assert agreement(1, 1).share == NoValue("only one judge rated it")
    assert agreement(0, 0).share == NoValue("no judge rated it")
    assert agreement(2, 2).share == 1
    assert agreement(2, 2).critical == NoValue("even all 2 judges may agree by chance")
    assert agreement(2, 2).meets is None


# -- items and scales --------------------------------------------------------------------------------------


def ratings(item: str, sorts: str = "", essential: str = "", relevance: str = "") -> list[Rating]:
    """One letter a judge: sorted to dimension a, b, c; essential y or n; relevance 1–4; a dot for nothing."""
    n = max(len(sorts), len(essential), len(relevance))
    return [Rating(
        f"J{k}", item,
        int(relevance[k]) if relevance[k:k + 1].strip(".") else None,
        {"y": True, "n": False}.get(essential[k:k + 1]), sorts[k:k + 1].strip(".") or None) for k in range(n)]


def test_an_item_is_counted_by_each_technique_with_its_own_judges() -> None:
    found = item_content("x", "a", ratings("x", "aaaaaaabbc.", "yyyyyyyyyn.", "4343434321."), ALL)
    assert found.sorting is not None
    assert found.essential is not None
    assert found.relevance is not None
    assert (found.sorting.n, found.sorting.count, found.sorting.share) == (10, 7, 0.7)
    assert (found.rivals, found.rival_count, found.c_sv) == (("b",), 2, 0.5)
    assert (found.sorting.critical, found.c_sv_critical) == (0.9, 0.8)
    assert (found.sorting.meets, found.c_sv_meets) == (False, False)
    assert (found.essential.count, found.cvr, found.cvr_critical, found.essential.meets) == (9, 0.8, 0.8, True)
    assert (found.relevance.count, found.relevance.share, found.i_cvi_criterion, found.i_cvi_meets) == (
        8, 0.8, 0.78, True)
    assert found.relevance.meets is False
    assert found.kappa == pytest.approx((0.8 - 45 / 1024) / (1 - 45 / 1024), rel=1e-14)


def test_judges_who_scatter_let_c_sv_meet_what_p_sa_does_not() -> None:
    found = item_content("x", "a", ratings("x", "aaaaaaaaabcd"), ("sorted",))
    assert found.sorting is not None
    assert (found.sorting.meets, found.c_sv_meets) == (False, True)
    assert found.rivals == ("b", "c", "d")


def test_an_item_sorted_away_from_its_dimension_has_a_negative_c_sv() -> None:
    found = item_content("x", "a", ratings("x", "abbbb"), ("sorted",))
    assert found.c_sv == pytest.approx(-0.6)
    assert found.essential is None
    assert found.cvr is None


def test_fewer_than_six_judges_must_all_find_an_item_relevant() -> None:
    five, six = (item_content("x", "a", ratings("x", relevance=r), ("relevance",)) for r in ("44442", "444442"))
    assert (five.i_cvi_criterion, five.i_cvi_meets) == (1.0, False)
    assert (six.i_cvi_criterion, six.i_cvi_meets) == (0.78, True)


def test_means_of_scales_leave_out_items_without_a_value_and_count_them() -> None:
    found = content_validity(
        [*ratings("x", relevance="4444"), *ratings("y", relevance="4442"), *ratings("z", relevance="4..."),
         *ratings("u", relevance="333.")],
        {"x": "a", "y": "a", "z": "a", "u": "b"}, ("relevance",))
    first, second = found.scales
    assert (first.items, first.counted, first.judges) == (("x", "y", "z"), {"relevance": 2}, {"relevance": (1, 4)})
    assert (first.i_cvi, first.universal) == (0.875, 0.5)
    assert (second.i_cvi, second.universal) == (1, 1)
    assert found.whole.i_cvi == pytest.approx((1 + 0.75 + 1) / 3)
    assert found.whole.universal == pytest.approx(2 / 3)
    assert found.whole.kappa == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert found.whole.p_sa is None


def test_a_scale_none_of_whose_items_has_two_judges_says_so() -> None:
    found = content_validity([*ratings("x", relevance="4"), *ratings("y", relevance=".3")], {"x": "a", "y": "a"},
                             ("relevance",))
    why = NoValue("no item was rated by two judges")
    assert (found.whole.i_cvi, found.whole.universal, found.whole.kappa) == (why, why, why)


# -- reading -----------------------------------------------------------------------------------------------


def read(*lines: str, header: str = "judge,item,relevance,essential,sorted") -> ReadRatings:
    cells = tuple(tuple(line.split(",")) for line in lines)
    file = RatingFile("r.csv", tuple(header.split(",")), tuple(range(2, 2 + len(cells))), cells)
    return read_ratings(file, store.load("1.0.0"))


def told(found: ReadRatings) -> list[tuple[str, str]]:
    return [(finding.code, finding.place.removeprefix("r.csv, ")) for finding in found.findings]


def test_the_instrument_says_what_its_items_are_meant_for_and_in_which_order() -> None:
    found = read("A,srrs1,4,essential,srrs", "B,rfmod2,2,not necessary,none",
                 "B,srrs1,3,Useful but not essential,rfmod", "A,rfmod2,NA,,")
    assert found.intended == {"rfmod2": "rfmod", "srrs1": "srrs"}
    assert found.ratings == (
        Rating("A", "srrs1", 4, True, "srrs"), Rating("B", "rfmod2", 2, False, "none"),
        Rating("B", "srrs1", 3, False, "rfmod"))
    assert found.findings == ()
    assert found.techniques == ALL


def test_all_that_is_wrong_is_told_with_its_row_and_column_and_the_rest_goes_on() -> None:
    found = read(
        "A,rfmod1,5,essential,rfmod", "A,rfmod2,4,perhaps,rfmodd", "A,zz1,4,yes,rfmod", ",rfmod1,4,1,rfmod",
        "B,rfmod1,4.0,0,rfmod", "B,rfmod1,4.0,0,rfmod", "C,rfmod1,4,1,rfmod", "C,rfmod1,3,1,rfmod", "C,,3,1,rfmod")
    assert told(found) == [
        ("CONTENT-RATING", "row 2, column relevance"), ("CONTENT-RATING", "row 3, column essential"),
        ("CONTENT-DIMENSION", "row 3, column sorted"), ("CONTENT-ITEM", "row 4, column item"),
        ("CONTENT-NAME", "row 5, column judge"), ("CONTENT-TWICE", "row 7, column item"),
        ("CONTENT-TWICE", "row 9, column item"), ("CONTENT-NAME", "row 10, column item")]
    assert found.ratings == (
        Rating("A", "rfmod1", None, True, "rfmod"), Rating("A", "rfmod2", 4, None, None),
        Rating("B", "rfmod1", 4, False, "rfmod"))


def test_items_of_ones_own_come_with_what_they_are_meant_for() -> None:
    found = read("A,q2,trust,trust", "B,q2,trust,power", "A,rfmod1,rf,rf", "B,q1,power,none", "B,rfmod1,rf,sr",
                 header="judge,item,intended,sorted")
    assert found.intended == {"rfmod1": "rf", "q2": "trust", "q1": "power"}
    assert told(found) == [("CONTENT-DIMENSION", "row 6, column sorted")]


def test_an_item_is_meant_for_one_dimension() -> None:
    found = read("A,q2,trust,trust", "B,q2,power,none", "C,q2,,trust", header="judge,item,intended,sorted")
    assert told(found) == [("CONTENT-INTENDED", "row 3, column intended")]
    assert found.intended == {"q2": "trust"}


def test_missing_columns_are_told_together() -> None:
    with pytest.raises(InputError) as caught:
        read("1,2", header="rater,score")
    assert [finding.code for finding in caught.value.findings] == ["CONTENT-COLUMN"] * 3


@pytest.mark.parametrize("lines", [("A,rfmod1,4,,",), ("A,rfmod1,4,,", "B,rfmod1,NA,,"), ("A,rfmod1,9,,",)])
def test_one_judge_is_refused_with_all_else_that_is_wrong(lines: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read(*lines)
    codes = [finding.code for finding in caught.value.findings]
    assert codes == ["CONTENT-JUDGES"] + ["CONTENT-RATING"] * ("9" in lines[0])
