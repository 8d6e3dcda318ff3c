"""Tables on items: their answers, how a scale's items go together, and multivariate normality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.evidence.found.items import FLOOR_CEILING, FoundItem, FoundScaleItems, ItemsReport
from pipeline.measurement.items import InterItem
from pipeline.measurement.normality import MultivariateNormality
from pipeline.report.numbers import counted, listed, number, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

CLOSE_TO_NORMAL = (2.0, 7.0)
"""Absolute skewness and excess kurtosis below which maximum likelihood still does well (Curran, West & Finch 1996)."""

NARROW, BROAD = 0.15, 0.50
"""Mean inter-item correlations that Clark and Watson (1995) ask for."""

SHOWN = 4
"""So many items or scales are named in a sentence, the rest counted."""

_LEVEL = 0.05


def items_evidence_tables(found: ItemsReport | None, names: Mapping[str, str] | None = None) -> tuple[Table, ...]:
    """All tables; none where no scale was examined.

    Parameters
    ----------
    names
        Names of constructs by id; without them the ids stand.
    """
    if found is None or not found.scales:
        return ()
    return answers_table(found), shares_table(found), inter_item_table(found), normality_table(found, names or {})


# -- answers -------------------------------------------------------------------------------------------------


def answers_table(found: ItemsReport) -> Table:
    """One row an item: missing, moments, floor and ceiling."""
    return Table(
        "item-answers", "Answers to every item",
        (
            Column("scale", "Scale"), Column("form", "Form"), Column("item", "Item"), Column("reversed", "Reversed"),
            Column("n", "n", "integer"), Column("missing", "Missing", "integer"), Column("mean", "M", "number"),
            Column("sd", "SD", "number"), Column("skewness", "Skewness", "number"),
            Column("kurtosis", "Excess kurtosis", "number"), Column("floor", "Lowest point", "percent"),
            Column("ceiling", "Highest point", "percent"), Column("flag", "Floor or ceiling"),
            Column("item_rest", "Item–rest r", "number", bounded=True),
        ),
        tuple((scale.label, scale.form, *_item_cells(item)) for scale in found.scales for item in scale.items),
        answers_sentence(found),
        "Reversed items are turned round. Skewness G1 and excess kurtosis G2 (Joanes & Gill 1998); up to "
        f"{CLOSE_TO_NORMAL[0]:g} and {CLOSE_TO_NORMAL[1]:g} in absolute value maximum likelihood still does well "
        "(Curran, West & Finch 1996). Lowest and highest point: share of the answers at either end of the scale; "
        f"flagged above {percent(FLOOR_CEILING, 0)}. Terwee et al. (2007) set that limit for scores; a single item "
        "passes it easily, since answers spread evenly over seven points would already put 14 % at each. Item–rest r: "
        "correlation with the sum of the scale's other items, on rows complete on the scale.")


def _item_cells(item: FoundItem) -> tuple[Cell, ...]:
    given = item.answers
    return (item.item, "yes" if item.reversed else "no", given.n, given.missing, given.mean, given.sd, given.skewness,
            given.kurtosis, given.floor, given.ceiling, _flag(item), item.item_rest)


def answers_sentence(found: ItemsReport) -> str:
    """How many items have a floor or a ceiling, which is the most skewed, which is left out most."""
    items = [item for scale in found.scales for item in scale.items]
    said = [f"{counted(len(items), 'item')} in {counted(len(found.scales), 'scale')}"]
    for end, flagged in (("lowest", [i.item for i in items if i.ends.at_floor]),
                         ("highest", [i.item for i in items if i.ends.at_ceiling])):
        limit = f"more than {percent(FLOOR_CEILING, 0)} of the answers at the {end} point"
        said.append(f"{len(flagged)} {'has' if len(flagged) == 1 else 'have'} {limit} ({_some(flagged)})" if flagged
                    else f"none has {limit}")
    ends = [s.label for s in found.scales if s.ends.at_floor or s.ends.at_ceiling]
    said.append(f"scores have a floor or ceiling in {_some(ends)}" if ends else
                "no scale's score has a floor or ceiling")
    skewed = _extreme([(i.item, i.answers.skewness) for i in items])
    if skewed:
        said.append(f"the most skewed is {skewed[0]} ({number(skewed[1])})")
    most = max(items, key=lambda i: i.answers.missing)
    said.append(f"{most.item} is left out most often ({counted(most.answers.missing, 'time')})"
                if most.answers.missing else "no answer is missing")
    negative = [i.item for i in items if not isinstance(i.item_rest, Undefined) and i.item_rest < 0]
    if negative:
        said.append(f"{_some(negative)} {'goes' if len(negative) == 1 else 'go'} against the other items of "
                    f"{'its' if len(negative) == 1 else 'their'} scale")
    return f"{'; '.join(said)}."


def _flag(item: FoundItem) -> str:
    return listed([word for word, there in (("floor", item.ends.at_floor), ("ceiling", item.ends.at_ceiling)) if there])


def _some(names: Sequence[str]) -> str:
    if len(names) <= SHOWN:
        return listed(list(names))
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _extreme(values: Sequence[tuple[str, Number]]) -> tuple[str, float] | None:
    known = [(name, value) for name, value in values if not isinstance(value, Undefined)]
    return max(known, key=lambda pair: abs(pair[1]), default=None)


def shares_table(found: ItemsReport) -> Table:
    """One row an item: the share of every point of the scale."""
    points = sorted({int(point) for scale in found.scales for item in scale.items
                     for point in item.answers.shares})
    return Table(
        "item-shares", "Every item's answers by point of the scale",
        (
            Column("scale", "Scale"), Column("form", "Form"), Column("item", "Item"), Column("n", "n", "integer"),
            *(Column(f"point_{point}", str(point), "percent") for point in points),
        ),
        tuple(
            (scale.label, scale.form, item.item, item.answers.n, *(_share(item, scale, point) for point in points))
            for scale in found.scales for item in scale.items),
        _unused(found), "Shares of the answers given; reversed items are turned round.")


def _share(item: FoundItem, scale: FoundScaleItems, point: int) -> Cell:
    if not item.answers.n:
        return Undefined("nobody answered") if scale.lowest <= point <= scale.highest else None
    return item.answers.shares.get(str(point))


def _unused(found: ItemsReport) -> str:
    empty = [(item.item, point) for scale in found.scales for item in scale.items
             for point, share in item.answers.shares.items() if share == 0]
    if not empty:
        return "Every point of the scale was chosen by somebody, in every item."
    return (f"{counted(len(empty), 'point')} of an item {'was' if len(empty) == 1 else 'were'} chosen by nobody: "
            f"{_some([f'{point} in {item}' for item, point in empty])}.")


# -- inter-item correlations ---------------------------------------------------------------------------------


def inter_item_table(found: ItemsReport) -> Table:
    """One row a scale: mean and range of its inter-item correlations, floor and ceiling of its score."""
    return Table(
        "inter-item", "How the items of a scale go together",
        (
            Column("scale", "Scale"), Column("form", "Form"), Column("items", "Items", "integer"),
            Column("n", "n", "integer"), Column("mean", "Mean r", "number", bounded=True),
            Column("lowest", "Lowest r", "number", bounded=True), Column("lowest_pair", "Between"),
            Column("highest", "Highest r", "number", bounded=True), Column("highest_pair", "Between "),
            Column("floor", "Lowest score", "percent"), Column("ceiling", "Highest score", "percent"),
        ),
        tuple(
            (scale.label, scale.form, len(scale.items), *_inter_item_cells(scale.inter_item), scale.ends.floor,
             scale.ends.ceiling)
            for scale in found.scales),
        inter_item_sentence(found),
        "Pearson correlations on rows complete on the scale. Clark and Watson (1995) ask for a mean of "
        f"{number(NARROW, bounded=True)} to {number(BROAD, bounded=True)}, Briggs and Cheek (1986) for .20 to .40: "
        "below it the items have little in common; above it they say much the same and cover little, which narrow "
        "scales of a few parallel items do by design. Lowest and highest score: share of respondents who chose the "
        f"same end of the scale in every item; above {percent(FLOOR_CEILING, 0)} it is a floor or ceiling effect "
        "(Terwee et al. 2007).")


def _inter_item_cells(r: InterItem) -> tuple[Cell, ...]:
    return r.n, r.mean, r.lowest, _pair(r.lowest_pair), r.highest, _pair(r.highest_pair)


def inter_item_sentence(found: ItemsReport) -> str:
    """Range of the means, where they lie, the lowest correlation, constant items."""
    known = [(s.label, s.inter_item.mean) for s in found.scales if not isinstance(s.inter_item.mean, Undefined)]
    if not known:
        return "No scale has inter-item correlations."
    low, high = min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])
    below = [name for name, mean in known if mean < NARROW]
    above = [name for name, mean in known if mean > BROAD]
    within = len(known) - len(below) - len(above)
    span = (f"Mean inter-item correlations run from {number(low[1], bounded=True)} ({low[0]}) to "
            f"{number(high[1], bounded=True)} ({high[0]})") if len(known) > 1 else (
        f"The mean inter-item correlation is {number(low[1], bounded=True)}")
    said = [span, f"{within} of {counted(len(known), 'scale')} lie between {number(NARROW, bounded=True)} and "
                  f"{number(BROAD, bounded=True)}, {len(above) or 'none'} above and {len(below) or 'none'} below"]
    lowest = min((s for s in found.scales if not isinstance(s.inter_item.lowest, Undefined)),
                 key=lambda s: s.inter_item.lowest if isinstance(s.inter_item.lowest, float) else 0.0)
    said.append(f"the two items least related within a scale are {listed(lowest.inter_item.lowest_pair or ())} "
                f"({number(lowest.inter_item.lowest, bounded=True)})")
    constant = [item for s in found.scales for item in s.inter_item.constant]
    if constant:
        said.append(f"left out because they do not vary: {_some(constant)}")
    return f"{'; '.join(said)}."


def _pair(pair: tuple[str, str] | None) -> str | None:
    return None if pair is None else f"{pair[0]}\N{EN DASH}{pair[1]}"


# -- normality -----------------------------------------------------------------------------------------------


def normality_table(found: ItemsReport, names: Mapping[str, str]) -> Table:
    """One row a scale, then one a construct of several scales."""
    rows = [
        *((scale.label, "scale", scale.form, len(scale.items), *_normality_cells(scale.normality))
          for scale in found.scales),
        *((names.get(one.construct, one.construct), "construct", one.form, len(one.items),
           *_normality_cells(one.normality)) for one in found.constructs)]
    return Table(
        "normality", "Are the answers multivariate normal?",
        (
            Column("of", "Items of"), Column("kind", "Scale or construct"), Column("form", "Form"),
            Column("items", "Items", "integer"), Column("n", "n", "integer"), Column("left_out", "Left out", "integer"),
            Column("skewness", "Skewness", "number"), Column("skewness_statistic", "χ²", "number"),
            Column("skewness_df", "df", "integer"), Column("skewness_pvalue", "p", "pvalue"),
            Column("small_statistic", "χ², small samples", "number"), Column("small_pvalue", "p", "pvalue"),
            Column("kurtosis", "Kurtosis", "number"), Column("kurtosis_expected", "if normal", "number", 0),
            Column("kurtosis_z", "z", "number"), Column("kurtosis_pvalue", "p", "pvalue"),
            Column("henze_zirkler", "HZ", "number"), Column("henze_zirkler_pvalue", "p", "pvalue"),
        ),
        tuple(rows),
        normality_sentence(found),
        "Skewness and kurtosis: Mardia's (1970) b1,p and b2,p with N in the covariance matrix; psych::mardia takes "
        "N − 1, so its values are a little smaller. χ² of small samples: Mardia (1974). HZ: Henze and Zirkler (1990). "
        "Rows with a missing answer are left out. Answers on a few points are never exactly normal, and large samples "
        "show it; what matters is how far they are from it.")


def normality_sentence(found: ItemsReport) -> str:
    """How many scales depart from normality by each test, and how far the kurtosis is off."""
    tested = [s for s in found.scales if not isinstance(s.normality.kurtosis, Undefined)]
    if not tested:
        return "Multivariate normality could not be tested for any scale."
    counts = [sum(_small(getattr(s.normality, field)) for s in tested) or "none"
              for field in ("skewness_pvalue", "kurtosis_pvalue", "henze_zirkler_pvalue")]
    farthest = max(tested, key=lambda s: abs(_ratio(s.normality) - 1))
    departs = set(counts) != {"none"}
    verdict = ("The answers are not multivariate normal" if departs
               else "No test speaks against multivariate normality")
    advice = ("; use standard errors and tests that do not need it, such as robust maximum likelihood or the bootstrap"
              if departs else "")
    return (f"{verdict}: of {counted(len(tested), 'scale')}, {counts[0]} depart from it by Mardia's skewness, "
            f"{counts[1]} by Mardia's kurtosis and {counts[2]} by Henze and Zirkler's test, at .05; kurtosis is "
            f"farthest off in {farthest.label} ({number(farthest.normality.kurtosis)}, where a normal distribution has "
            f"{farthest.normality.kurtosis_expected:g}){advice}.")


def _small(pvalue: Number) -> bool:
    return not isinstance(pvalue, Undefined) and pvalue < _LEVEL


def _ratio(tests: MultivariateNormality) -> float:
    return 1.0 if isinstance(tests.kurtosis, Undefined) else tests.kurtosis / tests.kurtosis_expected


def _normality_cells(t: MultivariateNormality) -> tuple[Cell, ...]:
    return (t.n, t.left_out, t.skewness, t.skewness_statistic, t.skewness_df, t.skewness_pvalue, t.small_statistic,
            t.small_pvalue, t.kurtosis, t.kurtosis_expected, t.kurtosis_z, t.kurtosis_pvalue, t.henze_zirkler,
            t.henze_zirkler_pvalue)
