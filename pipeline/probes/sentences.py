"""What probing found, in plain words and no further than one point in time allows: slopes, not effects."""

from __future__ import annotations

from pipeline.probes.found import InteractionProbe, Probed, ProbedSurface, Slopes, SurfaceFound
from pipeline.report.numbers import counted, interval, listed, number, p_equals, percent
from pipeline.sem.coefficients import WaldTest
from pipeline.sem.johnson_neyman import Region
from pipeline.undefined import Undefined

DIGITS = 2


def slope_of(probed: Probed) -> str:
    """``The slope of capability on learning``."""
    return f"The slope of {probed.outcome_words} on {probed.focal_words}"


def detected(test: WaldTest, level: float) -> bool:
    """Whether the test is significant at 1 − ``level``."""
    return not isinstance(test.pvalue, Undefined) and test.pvalue < 1 - level


def slopes_sentence(probed: Probed, found: Slopes | Undefined) -> str:
    """How a slope changes with the moderator, and where it differs from zero; or why that is not known."""
    if isinstance(found, Undefined):
        return f"{slope_of(probed)} was not probed by {probed.moderator_words}, because {found.because}."
    if found.moderator.two_valued:
        said = [_two_values(probed, found)]
    else:
        said = [_change(probed, found), _regions(probed, found)]
    if probed.at_mean_of:
        said.append(f"All at the mean of {probed.at_mean_of}, by which the slope may change too.")
    return " ".join((*said, *_doubts(found.remarks)))


def _numbers(test: WaldTest) -> str:
    return f"{number(test.est, DIGITS)} {interval(test.lower, test.upper, DIGITS)}, {p_equals(test.pvalue)}"


def _change(probed: Probed, found: Slopes) -> str:
    linear, unit = found.terms[0], "a unit"
    if found.turn is not None:
        return _curved_change(probed, found)
    if not detected(linear, found.level):
        return (f"{slope_of(probed)} does not change detectably with {probed.moderator_words}: by {_numbers(linear)}, "
                f"{unit}; that it stays the same is not shown either.")
    return (f"{slope_of(probed)} {'rises' if linear.est > 0 else 'falls'} with {probed.moderator_words}: by "
            f"{_numbers(linear)}, {unit}.")


def _curved_change(probed: Probed, found: Slopes) -> str:
    linear, square = found.terms
    both = f"at the mean by {_numbers(linear)}, a unit; bend {_numbers(square)}"
    if isinstance(found.turn, Undefined) or found.turn is None or not detected(square, found.level):
        opening = ("does not change detectably with" if not detected(linear, found.level)
                   else f"{'rises' if linear.est > 0 else 'falls'}, without a detectable bend, with")
        return f"{slope_of(probed)} {opening} {probed.moderator_words}: {both}."
    turn = found.turn
    where = "within" if turn.in_range else "outside"
    return (f"{slope_of(probed)} bends with {probed.moderator_words}: {both}. It is "
            f"{'largest' if turn.is_maximum else 'smallest'} where {probed.moderator_words} is "
            f"{number(turn.at.est, DIGITS)} {interval(turn.at.lower, turn.at.upper, DIGITS)}, {where} its range.")


def _regions(probed: Probed, found: Slopes) -> str:
    regions = found.johnson_neyman
    if isinstance(regions, Undefined):
        return f"Where it differs from zero is not known, because {regions.because}."
    low, high = found.moderator.low, found.moderator.high
    shown = [region for region in regions.regions if _first(region, low) < _last(region, high)]
    if not shown:
        beyond = ", only beyond it" if regions.regions else ""
        return f"Its interval excludes zero nowhere in the range of {probed.moderator_words}{beyond}."
    if len(shown) == 1 and _first(shown[0], low) == low and _last(shown[0], high) == high:
        return f"It is {shown[0].sign} throughout the range of {probed.moderator_words}, its interval excluding zero."
    parts = [f"{_where(region, low, high)} ({region.sign})" for region in shown]
    cases = "" if isinstance(found.cases, Undefined) else f", where {percent(found.cases, 0)} of the cases are"
    from_mean = ", counted from its mean" if found.moderator.basis == "implied" else ""
    return (f"Its interval excludes zero where {probed.moderator_words} lies {listed(parts)}{from_mean}: "
            f"{percent(regions.covered, 0)} of the range{cases}.")


def _first(region: Region, low: float) -> float:
    return low if region.lower is None else max(region.lower, low)


def _last(region: Region, high: float) -> float:
    return high if region.upper is None else min(region.upper, high)


def _where(region: Region, low: float, high: float) -> str:
    """A region as far as the range goes; an end beyond the range is none."""
    first, last = _first(region, low), _last(region, high)
    if first == low:
        return f"below {number(last, DIGITS)}"
    if last == high:
        return f"above {number(first, DIGITS)}"
    return f"from {number(first, DIGITS)} to {number(last, DIGITS)}"


def _two_values(probed: Probed, found: Slopes) -> str:
    names = probed.values or (found.slopes[0].label, found.slopes[1].label)
    slopes = [f"{number(slope.est, DIGITS)} {interval(slope.lower, slope.upper, DIGITS)} ({name})"
              for name, slope in zip(names, found.slopes, strict=True)]
    width = found.moderator.high - found.moderator.low
    step = "the difference" if width == 1 else "the change a unit"
    can = "is" if detected(found.terms[0], found.level) else "is not"
    return (f"{slope_of(probed)}, by {probed.moderator_words}, is {' and '.join(slopes)}; {step}, "
            f"{_numbers(found.terms[0])}, {can} detectable.")


def _doubts(remarks: tuple[str, ...]) -> tuple[str, ...]:
    return (f"To be read with care: {' '.join(remarks)}",) if remarks else ()


def surface_sentence(probed: ProbedSurface, found: SurfaceFound | Undefined) -> str:
    """How the outcome goes along agreement and disagreement of the two predictors."""
    if isinstance(found, Undefined):
        return (f"The surface of {probed.outcome_words} over {probed.first_words} and {probed.second_words} was not "
                f"probed, because {found.because}.")
    test = {t.name: t for t in found.tests}
    agreement = (f"Where {probed.first_words} and {probed.second_words} agree, predicted {probed.outcome_words} "
                 f"{_way(test['a1'], found.level, 'rises', 'falls', 'neither rises nor falls detectably')} at the "
                 f"middle of the scale (a1 = {_numbers(test['a1'])}) and "
                 f"{_way(test['a2'], found.level, 'curves upward', 'curves downward', 'does not bend detectably')} "
                 f"(a2 = {_numbers(test['a2'])}).")
    fourth = _way(test["a4"], found.level, "curves upward", "curves downward, as it would if balance counts",
                  "does not bend detectably")
    disagreement = (f"Along the line of disagreement it {fourth} (a4 = {_numbers(test['a4'])}), and "
                    f"{_tilt(probed, test['a3'], found.level)} (a3 = {_numbers(test['a3'])}).")
    return " ".join((agreement, disagreement, _shape(found), *_doubts(found.remarks)))


def _way(test: WaldTest, level: float, up: str, down: str, neither: str) -> str:
    if not detected(test, level):
        return neither
    return up if test.est > 0 else down


def _tilt(probed: ProbedSurface, test: WaldTest, level: float) -> str:
    return _way(test, level, f"more {probed.first_words} than {probed.second_words} goes with more of it",
                f"more {probed.second_words} than {probed.first_words} goes with more of it",
                "it is not detectably higher on one side than on the other")


def _shape(found: SurfaceFound) -> str:
    if isinstance(found.stationary, Undefined):
        return f"The estimates form a {found.shape} and have no stationary point."
    x, y = (number(test.est + found.midpoint, DIGITS) for test in found.stationary)
    where = "inside" if found.stationary_inside else "outside"
    return (f"The estimates form a {found.shape} that is flat at ({x}, {y}) in scale points, {where} the area of the "
            "data; a shape is not tested.")


def counted_probes(probes: tuple[InteractionProbe, ...], level: float) -> str:
    """How many interactions were probed, and in how many a change with the moderator was detected."""
    known = [probe.found for probe in probes if not isinstance(probe.found, Undefined)]
    changes = sum(any(detected(term, level) for term in found.terms) for found in known)
    missing = len(probes) - len(known)
    return (f"{counted(len(known), 'interaction').capitalize()} probed; in {changes or 'none'} the slope changes "
            "detectably with the moderator"
            + (f"; {missing} could not be probed." if missing else "."))
