"""Sentences on probed interactions say what was found, only within the moderator's range, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.probes import PROBED_SURFACE
from pipeline.probes.found import ModeratorRange, SurfaceFound
from pipeline.probes.sentences import counted_probes, slopes_sentence, surface_sentence
from pipeline.sem.johnson_neyman import Region
from pipeline.sem.simple_slopes import TurningPoint
from pipeline.undefined import Undefined
from tests.pipeline.probes.made_up import CURVED, PLAIN, probe_of, quantity, report, slopes

OPENING = ("The slope of success on skill does not change detectably with luck: by 0.10 [−0.10, 0.30], p = .200, a "
           "unit; that it stays the same is not shown either. ")
ZERO = "Its interval excludes zero "

REGIONS = {
    "none": ((), 0.0, ZERO + "nowhere in the range of luck."),
    "all": ((Region(None, None, "positive"),), 1.0,
            "It is positive throughout the range of luck, its interval excluding zero."),
    "inside": ((Region(2.0, 3.5, "negative"),), 0.25,
               ZERO + "where luck lies from 2.00 to 3.50 (negative): 25\N{NO-BREAK SPACE}% of the range, where "
                "80\N{NO-BREAK SPACE}% of the cases are."),
    "outside": ((Region(None, 2.0, "negative"), Region(5.5, None, "positive")), 0.417,
                ZERO + "where luck lies below 2.00 (negative) and above 5.50 (positive): 42\N{NO-BREAK SPACE}% of the "
                "range, where 80\N{NO-BREAK SPACE}% of the cases are."),
    "one-sided": ((Region(4.0, None, "positive"),), 0.5,
                  ZERO + "where luck lies above 4.00 (positive): 50\N{NO-BREAK SPACE}% of the range, where "
                "80\N{NO-BREAK SPACE}% of the cases are."),
    "several": ((Region(None, 1.5, "positive"), Region(3.0, 4.0, "negative"), Region(6.0, None, "positive")), 0.417,
                ZERO + "where luck lies below 1.50 (positive), from 3.00 to 4.00 (negative) and above 6.00 (positive): "
                "42\N{NO-BREAK SPACE}% of the range, where "
                "80\N{NO-BREAK SPACE}% of the cases are."),
}


@pytest.mark.parametrize("kind", REGIONS)
def test_every_kind_of_region_has_its_sentence(kind):
    regions, covered, words = REGIONS[kind]
    assert slopes_sentence(PLAIN, slopes(kind, regions, covered=covered)) == OPENING + words


def test_a_region_beyond_the_range_is_not_one_in_it():
    beyond = slopes("one-sided", (Region(9.0, None, "positive"),), covered=0.0)
    assert slopes_sentence(PLAIN, beyond).endswith("nowhere in the range of luck, only beyond it.")


def test_an_end_beyond_the_range_is_not_named():
    wide = slopes("inside", (Region(-3.0, 5.0, "positive"),), covered=4 / 6)
    assert "where luck lies below 5.00 (positive): 67" in slopes_sentence(PLAIN, wide)
    whole = slopes("inside", (Region(-3.0, 50.0, "negative"),), covered=1.0)
    assert "It is negative throughout the range of luck" in slopes_sentence(PLAIN, whole)


@pytest.mark.parametrize(("est", "verb"), [(0.4, "rises"), (-0.4, "falls")])
def test_a_change_has_its_direction(est, verb):
    said = slopes_sentence(PLAIN, slopes("none", (), covered=0.0, change=quantity(est, pvalue=0.049)))
    assert said.startswith(f"The slope of success on skill {verb} with luck: by ")
    assert "not shown either" not in said


def test_a_latent_moderator_counts_from_its_mean():
    found = replace(slopes("one-sided", (Region(0.5, None, "positive"),), cases=Undefined("it is latent")),
                    moderator=ModeratorRange("implied", 0.0, 1.0, -3.0, 3.0, False))
    assert "luck lies above 0.50 (positive), counted from its mean: 50" in slopes_sentence(PLAIN, found)
    assert "cases" not in slopes_sentence(PLAIN, found)


@pytest.mark.parametrize(("curvature", "maximum", "words"), [(-0.2, True, "largest"), (0.2, False, "smallest")])
def test_a_bend_is_said_where_it_was_detected(curvature, maximum, words):
    bend = quantity(curvature, pvalue=0.001)
    turn = TurningPoint(quantity(4.5), quantity(0.3), bend, maximum, True)
    found = replace(slopes("none", (), covered=0.0), terms=(quantity(0.1), bend), turn=turn)
    said = slopes_sentence(CURVED, found)
    assert said.startswith("The slope of success on skill bends with luck: at the mean by 0.10")
    assert f"It is {words} where luck is 4.50 [4.30, 4.70], within its range." in said


@pytest.mark.parametrize(("pvalue", "words"), [(0.3, "does not change detectably with luck"),
                                               (0.01, "rises, without a detectable bend, with luck")])
def test_a_bend_that_was_not_detected_is_not_said(pvalue, words):
    turn = TurningPoint(quantity(4.5), quantity(0.3), quantity(-0.1), True, True)
    found = replace(slopes("none", (), covered=0.0), terms=(quantity(0.1, pvalue=pvalue), quantity(-0.1)), turn=turn)
    said = slopes_sentence(CURVED, found)
    assert said.startswith(f"The slope of success on skill {words}: ")
    assert "largest" not in said


def test_two_values_are_named():
    found = replace(slopes("none", ()), moderator=ModeratorRange("observed", 0.4, 0.5, 0.0, 1.0, True))
    found = replace(found, slopes=found.slopes[1:], johnson_neyman=Undefined("two values"))
    assert slopes_sentence(replace(PLAIN, values=("bad", "good")), found) == (
        "The slope of success on skill, by luck, is 0.00 [−0.10, 0.10] (bad) and 0.10 [0.00, 0.20] (good); the "
        "difference, 0.10 [−0.10, 0.30], p = .200, is not detectable.")


def test_another_moderator_and_a_doubtful_solution_are_told():
    said = slopes_sentence(replace(PLAIN, at_mean_of="weather"),
                           slopes("none", (), covered=0.0, remarks=("A variance is negative.",)))
    assert "All at the mean of weather, by which the slope may change too." in said
    assert said.endswith("To be read with care: A variance is negative.")


def test_probes_are_counted():
    changing = probe_of(slopes("none", (), change=quantity(0.4, pvalue=0.01)))
    still, lost = probe_of(slopes("none", ())), probe_of(Undefined("there are no answers about firms"))
    assert counted_probes((changing, still, lost), 0.95) == (
        "2 interactions probed; in 1 the slope changes detectably with the moderator; 1 could not be probed.")
    assert counted_probes((still,), 0.95) == (
        "1 interaction probed; in none the slope changes detectably with the moderator.")


def test_a_surface_is_told_along_both_lines():
    surface = report().surface
    assert surface is not None
    assert surface.sentence.startswith("Where trust and vigilance agree, predicted innovation rises at the middle of "
                                       "the scale (a1 = ")
    assert "Along the line of disagreement it curves downward, as it would if balance counts (a4 = " in surface.sentence
    assert "it is not detectably higher on one side than on the other (a3 = " in surface.sentence


@pytest.mark.parametrize(("est", "words"), [(0.5, "more trust than vigilance goes with more of it"),
                                            (-0.5, "more vigilance than trust goes with more of it")])
def test_a_tilt_of_the_surface_has_its_side(est, words):
    surface = report().surface
    assert surface is not None
    assert isinstance(surface.found, SurfaceFound)
    tests = tuple(replace(quantity(est, pvalue=0.01), name="a3") if t.name == "a3" else t for t in surface.found.tests)
    assert words in surface_sentence(PROBED_SURFACE, replace(surface.found, tests=tests))


def test_the_place_of_the_stationary_point_is_in_scale_points():
    surface = report().surface
    assert surface is not None
    assert isinstance(surface.found, SurfaceFound)
    said = surface_sentence(PROBED_SURFACE, replace(surface.found, shape="dome", stationary_inside=True,
                                                    stationary=(quantity(1.0), quantity(-0.5))))
    assert "form a dome that is flat at (5.00, 3.50) in scale points, inside the area of the data" in said
