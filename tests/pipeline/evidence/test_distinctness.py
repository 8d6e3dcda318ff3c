"""Convergent and discriminant validity of sets of scales: the report, its verdicts, tables and figures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import TypeAdapter

from pipeline.evidence.distinct_verdicts import verdict_on
from pipeline.evidence.distinctness import distinct_set, distinctness_of
from pipeline.evidence.found.distinctness import CorrelationTest, DistinctnessReport, Ratio
from pipeline.evidence.scales import Scale, ScaleSet
from pipeline.report.figures.distinctness import distinctness_figures
from pipeline.report.tables.distinctness import distinctness_tables
from pipeline.report.tables.spec import display_rows
from pipeline.undefined import Undefined
from tests.pipeline.measurement.distinct_reference import REFERENCE, answers, frame, scales

DRAWS = 60


def scale_set(X, sizes, constructs=(), firms=None):
    """A set whose dimensions d0, d1, … have items d0_1, …; ``constructs`` names each one's construct."""
    found, at = [], 0
    for number, size in enumerate(sizes):
        id = f"d{number}"
        construct = constructs[number] if constructs else id
        items = tuple(f"{id}_{i}" for i in range(1, size + 1))
        found.append(Scale(id, f"Dimension {number}", construct, "A", items, (), X[:, at:at + size], 1, 7, firms))
        at += size
    return ScaleSet("some", "Some scales", "A", tuple(found))


def simulated(n, sizes, phi, seed=1, loading=.75):
    generator = np.random.default_rng(seed)
    own = np.repeat(np.arange(len(sizes)), sizes)
    factors = generator.multivariate_normal(np.zeros(len(sizes)), phi, size=n)
    error = generator.standard_normal((n, len(own))) * np.sqrt(1 - loading**2)
    return factors[:, own] * loading + error


def report_of(scales, **options):
    return DistinctnessReport((distinct_set(scales, {}, **{"draws": DRAWS, "seed": 1} | options),),
                              options.get("draws", DRAWS), 1, .95)


@pytest.fixture(scope="module")
def overlap():
    """The synthetic set of tests/reference/distinctness, as a study would have it."""
    X, own = answers("overlap"), scales("overlap")
    ends = np.cumsum([0, *(len(items) for items in own.values())])
    firms = tuple(frame("overlap")["firm"])
    return report_of(ScaleSet("overlap", "Overlap", "A", tuple(
        Scale(name, name.upper(), name, "A", items, (), X[:, ends[k]:ends[k + 1]], 1, 7, firms)
        for k, (name, items) in enumerate(own.items()))))


@pytest.fixture(scope="module")
def layered():
    """Two constructs of two and three dimensions, and one of a single dimension."""
    tops = np.array([[1, .3, .4], [.3, 1, .2], [.4, .2, 1]])
    of = np.array([0, 0, 1, 1, 1, 2])
    phi = .64 * tops[np.ix_(of, of)]
    np.fill_diagonal(phi, 1)
    X = simulated(400, [3] * 6, phi)
    return report_of(scale_set(X, [3] * 6, ["one", "one", "two", "two", "two", "d5"]))


def test_a_report_is_json_and_back(overlap, layered):
    adapter = TypeAdapter(DistinctnessReport)
    for found in (overlap, layered):
        assert adapter.validate_json(adapter.dump_json(found)) == found


def test_numbers_are_those_of_the_reference(overlap):
    level, reference = overlap.sets[0].levels[0], REFERENCE["overlap"]
    assert (level.n, level.complete, level.clusters) == (300, 240, len(set(frame("overlap")["firm"])))
    for row in reference["at_90"]:
        pair = level.pair(row["lhs"], row["rhs"])
        assert pair.correlation == pytest.approx(row["est"], abs=2e-5)
        assert pair.correlation_interval == pytest.approx((row["lower"], row["upper"]), abs=2e-4)
    names = list(scales("overlap"))
    for kind in ("htmt", "htmt2"):
        for pair in level.pairs:
            theirs = reference["pairwise"][kind][names.index(pair.first)][names.index(pair.second)]
            assert getattr(pair, kind).value == pytest.approx(theirs, abs=1e-12)
            assert getattr(pair, kind).draws == DRAWS
    a = level.factor("a")
    assert a.reliability == pytest.approx(reference["defined"]["cr_a"], abs=1e-5)
    assert a.root == pytest.approx(reference["defined"]["ave_a"] ** .5, abs=1e-5)
    assert (a.largest_shared, a.shared_with) == (pytest.approx(.9097 ** 2, abs=1e-3), "b")


def test_overlapping_scales_are_not_shown_to_be_distinct(overlap):
    level = overlap.sets[0].levels[0]
    close = level.pair("b", "a")
    assert close.verdict == "not shown to be distinct"
    assert close.overlap == "moderate"
    assert close.fornell_larcker is False
    assert close.reason == (
        "The interval of their correlation, [.85, .97], reaches .90, and the estimate itself is .91.")
    assert close.at_one.statistic == pytest.approx(9.6923, abs=.01)
    assert (close.merged.df, close.merged.held_at) == (3, None)
    assert level.with_verdict("not shown to be distinct") == (close,)


def test_tests_that_are_not_needed_say_so(overlap):
    apart = overlap.sets[0].levels[0].pair("a", "c")
    assert apart.verdict == "distinct"
    assert apart.correlation < 0
    assert apart.at_one == apart.merged == Undefined(
        "it is not needed: the interval of the correlation ends at 0.64, below .80")


def test_all_pairs_can_be_tested_at_both_levels():
    phi = np.array([[1, .6, .3], [.6, 1, .3], [.3, .3, 1]])
    found = report_of(scale_set(simulated(200, [3] * 3, phi), [3] * 3, ["one", "one", "d2"]), draws=0, all_pairs=True)
    dimensions, constructs = found.sets[0].levels
    for pair in (*dimensions.pairs, *constructs.pairs):
        assert pair.overlap == "none"
        # Far from the data a scaled difference may have no positive scaling factor, in lavaan too; that is said.
        assert isinstance(pair.at_one.statistic, Undefined) or pair.at_one.statistic > 10
        assert (pair.at_cutoff.held_at, pair.at_one.held_at) == (.9, 1)
    assert [pair.merged.df for pair in dimensions.pairs] == [2, 2, 2]
    assert [pair.merged.df for pair in constructs.pairs] == [1]
    # With no third factor, one factor in the place of two is a correlation of 1.
    assert constructs.pairs[0].merged.statistic == pytest.approx(constructs.pairs[0].at_one.statistic, rel=1e-6)


def test_constructs_are_factors_over_their_dimensions(layered):
    level = layered.sets[0].level("constructs")
    assert [one.id for one in level.factors] == ["one", "two", "d5"]
    assert level.factor("two").indicators == ("d2", "d3", "d4")
    assert level.factor("d5").indicators == ("d5_1", "d5_2", "d5_3")
    for loading in level.factor("two").loadings.values():
        assert loading == pytest.approx(.8, abs=.12)  # dimensions of a construct correlate .64
    assert level.pair("one", "two").correlation == pytest.approx(.3, abs=.12)
    assert level.pair("one", "d5").correlation == pytest.approx(.4 * .8, abs=.12)


def test_without_constructs_of_several_dimensions_there_is_one_level(overlap):
    assert [level.name for level in overlap.sets[0].levels] == ["dimensions"]


def test_an_item_of_two_scales_is_among_the_cross_loadings(overlap):
    level = overlap.sets[0].levels[0]
    first = level.cross_loadings[0]
    assert (first.item, first.own, first.other) == ("a4", "a", "c")
    assert first.loading == pytest.approx(REFERENCE["overlap"]["loadings"]["a4"], abs=1e-5)
    theirs = next(row for row in REFERENCE["overlap"]["changes"] if (row["lhs"], row["rhs"]) == ("c", "a4"))
    assert (first.change, first.index) == pytest.approx((theirs["sepc.all"], theirs["mi"]), rel=2e-3)
    assert 0 < first.pvalue < first.adjusted < .001
    assert level.cross_loadings_tested == 39
    assert len(level.cross_loadings) == 10


@pytest.mark.parametrize(("change", "words"), [
    (lambda X: np.where(np.arange(6) == 1, 4, X), "A variable must vary"),
    (lambda X: np.where(np.arange(6) == 1, np.nan, X), "Every variable needs values"),
    (lambda X: X[:5], "needs more than 6 cases"),
    (lambda X: np.full_like(X, np.nan), "there are 0"),
    (lambda X: X[:, [0, 1, 2, 3, 3, 5]], "linear combination"),
])
def test_data_that_allow_no_model_are_said_in_words(change, words):
    X = change(simulated(80, [3, 3], np.array([[1, .4], [.4, 1]])))
    found = report_of(scale_set(X, [3, 3]), draws=20)
    level, = found.sets[0].levels
    assert words in level.why_not
    pair, = level.pairs
    assert pair.verdict == "not shown to be distinct"
    assert isinstance(pair.correlation, Undefined)
    assert TypeAdapter(DistinctnessReport).validate_json(TypeAdapter(DistinctnessReport).dump_json(found)) == found
    for one in distinctness_tables(found):
        assert "nan" not in str(display_rows(one)).lower()
    assert distinctness_figures(found) == ()


def test_a_scale_of_one_item_has_a_remark():
    X = simulated(200, [3, 1], np.array([[1, .4], [.4, 1]]))
    pair, = report_of(scale_set(X, [3, 1]), draws=20).sets[0].levels[0].pairs
    assert pair.verdict == "distinct, with a remark"
    assert "HTMT and HTMT2 are undefined because d1 has one item" in pair.reason


def test_an_item_that_was_not_turned_round_has_a_remark():
    X = simulated(300, [3, 3], np.array([[1, .4], [.4, 1]])) * [1, 1, -1, 1, 1, 1]
    level = report_of(scale_set(X, [3, 3]), draws=20).sets[0].levels[0]
    assert level.pairs[0].verdict == "distinct, with a remark"
    assert "d0_3 loads negatively on its own scale" in level.pairs[0].reason
    assert level.pairs[0].negative == 5  # with both of its own and with all three others
    assert level.warnings == ("d0_3 loads negatively on d0: check that it was turned round.",)


def test_one_scale_alone_has_reliability_and_no_pair():
    found = report_of(scale_set(simulated(200, [4], np.eye(1)), [4]), draws=20)
    level, = found.sets[0].levels
    assert level.pairs == ()
    assert level.factors[0].reliability > .7
    assert level.factors[0].largest_shared is None
    assert [one.id for one in distinctness_tables(found)] == ["distinctness", "convergent"]


LOW = Ratio(.4, (.3, .5), .48, 100)


@pytest.mark.parametrize(("interval", "overlap", "htmt2", "criterion", "verdict"), [
    ((.3, .6), "none", LOW, True, "distinct"),
    ((.3, .6), "none", LOW, False, "distinct, with a remark"),
    ((.3, .6), "none", Ratio(.85, (.8, .93), .92, 100), True, "distinct, with a remark"),
    ((.5, .85), "marginal", LOW, True, "distinct, with a remark"),
    ((.5, .95), "moderate", LOW, True, "not shown to be distinct"),
    ((.5, 1.05), "severe", LOW, True, "not shown to be distinct"),
])
def test_verdicts(interval, overlap, htmt2, criterion, verdict):
    assert verdict_on(.5, interval, overlap, LOW, htmt2, criterion, Undefined("not needed"))[0] == verdict


def test_a_verdict_says_what_the_nested_model_says():
    for pvalue, words in ((.03, "fits worse (p = .030)"), (.30, "fits no worse (p = .300)"), (1e-5, "(p < .001)")):
        test = CorrelationTest(.9, 4.7, 1, pvalue)
        assert words in verdict_on(.8, (.6, .91), "moderate", LOW, LOW, True, test)[1]


def test_the_matrix_has_correlations_below_and_ratios_above(overlap):
    level = overlap.sets[0].levels[0]
    matrix = next(one for one in distinctness_tables(overlap) if one.id == "distinctness-matrix-overlap-dimensions")
    cells = [row[1:] for row in matrix.rows]
    assert cells[1][0] == level.pair("a", "b").correlation
    assert cells[0][1] == level.pair("a", "b").htmt2.value
    assert cells[2][2] == level.factor("c").root
    assert matrix.summary == "Fornell and Larcker's criterion fails for A and B."


def test_tables_tell_the_closest_pair_first_and_in_words(overlap, layered):
    tables = {one.id: one for one in distinctness_tables(overlap)}
    assert tables["distinctness"].summary == (
        "Overlap: 5 of 6 pairs of dimensions are distinct, not shown to be A and B.")
    assert tables["distinctness-dimensions"].column("second")[:2] == ("B", "C")
    assert tables["distinctness-tests"].column("chisq_1")[1:] == (None,) * 5  # not needed, so an en dash
    assert "a4 on c (.32)" in tables["cross-loadings"].summary
    assert "B, .48" in tables["convergent"].summary
    assert {"distinctness-constructs", "distinctness-matrix-some-constructs"} <= {
        one.id for one in distinctness_tables(layered)}


def test_figures_are_drawn_and_without_a_report_there_is_nothing(layered):
    figures = distinctness_figures(layered)
    assert [figure.id for figure in figures] == ["distinctness", "distinctness-some"]
    tables = {one.id for one in distinctness_tables(layered)}
    for figure in figures:
        assert figure.table in tables
        assert figure.svg().startswith(b"<?xml")
    assert distinctness_tables(None) == distinctness_figures(None) == ()
    assert distinctness_tables(replace(layered, sets=())) == ()


def test_a_studys_sets_have_its_draws_level_and_names_whatever_the_workers():
    phi = np.array([[1, .5, .3], [.5, 1, .3], [.3, .3, 1]])
    sets = [scale_set(simulated(150, [3] * 3, phi, seed), [3] * 3, ["one", "one", "d2"]) for seed in (1, 2)]
    plan = SimpleNamespace(measurement=SimpleNamespace(draws=30), level=.9)
    instrument = SimpleNamespace(constructs=[SimpleNamespace(id="one", name="The first construct")])
    alone, together = (distinctness_of(sets, instrument, plan, seed=5, workers=workers) for workers in (1, 2))
    assert alone == together
    assert (alone.draws, alone.seed, alone.level) == (30, 5, .9)
    assert alone.sets[0].level("constructs").factor("one").label == "The first construct"
    assert alone.sets[0].level("constructs").factor("d2").label == "Dimension 2"
    pair, = distinct_set(sets[0], {}, draws=30, seed=5).level("constructs").pairs
    narrow = alone.sets[0].level("constructs").pairs[0].correlation_interval
    wide = pair.correlation_interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_resamples_depend_on_the_seed_and_nothing_else():
    scales = scale_set(simulated(120, [3, 3], np.array([[1, .4], [.4, 1]])), [3, 3])
    first, again, other = (report_of(scales, seed=seed, draws=40).sets for seed in (1, 1, 2))
    assert first == again
    assert first[0].levels[0].pairs[0].htmt.upper != other[0].levels[0].pairs[0].htmt.upper
    assert first[0].levels[0].pairs[0].htmt.value == other[0].levels[0].pairs[0].htmt.value
