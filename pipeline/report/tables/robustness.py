"""Tables of the robustness map: every specification, the curve in counts, and the facets."""

from __future__ import annotations

from pipeline.report.numbers import counted, interval, level_name, number, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.robustness.found import NotEstimated, SpecificationCurve, SpecificationRow
from pipeline.robustness.specifications import Facet, Specification
from pipeline.undefined import Undefined

FACETS: dict[Facet, str] = {
    "estimator": "Estimator", "missing": "Missing values", "exclusion": "Exclusion", "covariates": "Covariates",
    "decay": "Recency weight δ", "function": "Function",
}

LEVELS: dict[tuple[Facet, str], str] = {
    ("estimator", "ml"): "ML", ("estimator", "mlr"): "Robust ML", ("estimator", "wlsmv"): "WLSMV",
    ("missing", "listwise"): "Complete rows only", ("missing", "fiml"): "Full information",
    ("missing", "pairwise"): "Pair by pair",
    ("exclusion", "plan"): "The plan's rule", ("exclusion", "strict"): "Any flag excludes",
    ("exclusion", "none"): "Nobody excluded",
    ("function", "presence"): "Presence (0/1)", ("function", "index"): "Maturity index",
}
"""Words for levels; sets of covariates and recency weights speak for themselves."""

_LARGE = 0.01
"""Share of the variance among estimates from which a facet is named in the sentence."""


def level_words(facet: Facet, level: str) -> str:
    return LEVELS.get((facet, level), level)


def specifications_table(curve: SpecificationCurve) -> Table:
    """Every specification, those with the largest standardised effect last, then those without an estimate."""
    estimated = sorted((row for row in curve.rows if row.estimate), key=_size)
    rows = [_estimated(curve, row) for row in estimated]
    rows += [_without(row.specification, f"not estimated, {row.found.because}", converged=row.converged)
             for row in curve.rows if isinstance(row.found, NotEstimated)]
    level, normal = level_name(curve.level), level_name(curve.normal_level)
    return Table(
        "robustness", "Robustness map: the serial effect under every specification",
        (
            *(Column(facet, words) for facet, words in FACETS.items()), Column("n", "n", "integer"),
            Column("with_gaps", "With gaps", "integer"),
            Column("std_all", "Std. effect", "number", 3, True),
            Column("std_ci", f"{level} bootstrap interval", "interval", 3, True),
            Column("std_ci_normal", f"{normal} interval by SE, standardised", "interval", 3, True),
            Column("est", "Effect", "number", 3), Column("se", "SE", "number", 3),
            Column("ci_normal", f"{normal} interval by SE, unstandardised", "interval", 3),
            Column("bootstrap_se", "SE (bootstrap)", "number", 3),
            Column("ci", f"{level} bootstrap interval, unstandardised", "interval", 3),
            Column("converged", "Converged"), Column("converged_draws", "Draws converged", "integer"),
            Column("admissible_draws", "Draws admissible", "integer"), Column("sign", "Sign"),
            Column("excludes_zero", "Excludes 0"), Column("inside_headline", "Inside the headline's interval"),
            Column("seed", "Seed"), Column("remark", "Remark"),
        ),
        tuple(rows), curve_sentence(curve), curve_note(curve),
    )


def _size(row: SpecificationRow) -> float:
    return row.estimate.std_all if row.estimate else 0.0


def _estimated(curve: SpecificationCurve, row: SpecificationRow) -> tuple[Cell, ...]:
    e = row.estimate
    assert e is not None
    remarks = [] if e.admissible else ["improper solution"]
    if row.specification == curve.headline.specification:
        remarks.append("the headline's")
    by_se = e.std_interval_by_se(curve.normal_level)
    seed = None if e.seed is None else str(e.seed)
    return (
        *_decisions(row.specification), e.n, e.with_gaps, e.std_all, (e.std_lower, e.std_upper),
        (by_se, by_se) if isinstance(by_se, Undefined) else by_se, e.est, e.se,
        (e.lower, e.upper), e.bootstrap_se, (e.bootstrap_lower, e.bootstrap_upper), _yes(row.converged),
        e.converged_draws, e.admissible_draws, {1: "+", 0: "0", -1: "\N{MINUS SIGN}"}[e.sign], _yes(e.excludes_zero),
        _yes(curve.inside_headline(row)), seed, "; ".join(remarks),
    )


def _without(specification: Specification, remark: str, *, converged: bool | None) -> tuple[Cell, ...]:
    """A row that has no number: only its decisions, whether a search converged, and why there is none."""
    return (*_decisions(specification), *(None,) * 10, _yes(converged), *(None,) * 6, remark)


def _decisions(specification: Specification) -> tuple[Cell, ...]:
    return tuple(level_words(facet, specification.level(facet)) for facet in FACETS)


def _yes(answer: bool | None) -> str | None:
    return None if answer is None else "yes" if answer else "no"


def counts_table(curve: SpecificationCurve) -> Table:
    """The curve in counts."""
    s = curve.summary
    resampled = s.estimated - s.without_interval
    rows: list[tuple[Cell, ...]] = [
        ("Specifications asked for", s.asked, None), ("Estimated", s.estimated, _of(s.estimated, s.asked)),
        *((f"Not estimated: {code}", n, _of(n, s.asked)) for code, n in s.not_estimated.items()),
        ("Sign as the headline's", s.same_sign, _of(s.same_sign, s.estimated)),
        ("With a bootstrap interval", resampled, _of(resampled, s.estimated)),
        ("Bootstrap interval excludes 0", s.excludes_zero, _of(s.excludes_zero, resampled)),
        ("Without a bootstrap interval", s.without_interval, _of(s.without_interval, s.estimated)),
        ("Without one, interval by SE excludes 0", s.clear_by_se, _of(s.clear_by_se, s.without_interval)),
        ("Estimate inside the headline's interval", s.inside_headline, s.share_inside),
        ("Distinct bootstraps", s.bootstraps, None),
    ]
    return Table(
        "robustness-counts", "Robustness map in counts",
        (Column("what", ""), Column("count", "Specifications", "integer"), Column("share", "Share", "percent")),
        tuple(rows), curve_sentence(curve),
        "Shares below the second row are of the estimated specifications, the headline's own among them; of intervals "
        "that exclude 0, of the specifications that have such an interval.",
    )


def _of(count: int | Undefined, total: int) -> Cell:
    if isinstance(count, Undefined):
        return count
    return count / total if total else None


def facets_table(curve: SpecificationCurve) -> Table:
    """Each decision's estimates: their median, how many exclude 0, and how much of the spread the facet explains."""
    weight = {found.facet: found.eta_squared for found in curve.summary.weights}
    rows = []
    for level in curve.summary.levels:
        rows.append((FACETS[level.facet], level_words(level.facet, level.level), level.asked, level.estimated,
                     level.median, level.excludes_zero, level.normal_excludes_zero, weight[level.facet]))
    return Table(
        "robustness-facets", "Robustness map by decision",
        (
            Column("facet", "Facet"), Column("level", "Decision"), Column("asked", "Specifications", "integer"),
            Column("estimated", "Estimated", "integer"), Column("median", "Median std. effect", "number", 3, True),
            Column("excludes_zero", "Bootstrap interval excludes 0", "percent"),
            Column("normal_excludes_zero", "Interval by SE excludes 0", "percent"),
            Column("eta_squared", "η² of the facet", "number", 3, True),
        ),
        tuple(rows), weights_sentence(curve),
        "η²: share of the sum of squares among the standardised estimates that lies between a facet's levels, one "
        "facet at a time. ML and robust ML have the same estimates and differ in the interval by SE."
        + _wlsmv_note(curve),
    )


def curve_sentence(curve: SpecificationCurve) -> str:
    """The curve in plain words, and no more than it says."""
    s = curve.summary
    if not s.estimated or isinstance(s.median, Undefined):
        return f"None of {counted(s.asked, 'specification')} could be estimated."
    low, high = (number(v, 3, bounded=True) for v in (s.lowest, s.highest))
    median = number(s.median, 3, bounded=True)
    text = (f"{_share(s.estimated, s.asked).capitalize()} specifications could be estimated; the median standardised "
            f"serial effect is {median} (from {low} to {high}); {_clear(curve)}")
    if isinstance(s.same_sign, Undefined) or isinstance(s.inside_headline, Undefined):
        return f"{text}; the headline specification itself could not be compared."
    return (f"{text}; {_share(s.same_sign, s.estimated)} have the headline's sign, and "
            f"{_share(s.inside_headline, s.estimated)} ({percent(s.share_inside, 0)}) lie inside its "
            f"{level_name(curve.level)} interval.")


def _clear(curve: SpecificationCurve) -> str:
    """How many intervals exclude zero: bootstrap ones, and the others' by their standard errors."""
    s = curve.summary
    resampled = s.estimated - s.without_interval
    found = []
    if resampled:
        found.append(f"{_share(s.excludes_zero, resampled)} bootstrap intervals exclude zero")
    if s.without_interval:
        found.append(f"{_share(s.clear_by_se, s.without_interval)} estimates without one exclude it by their standard "
                     "errors" if resampled else
                     f"{_share(s.clear_by_se, s.without_interval)} intervals by standard errors exclude zero")
    return ", and ".join(found)


def _share(count: int, total: int) -> str:
    return f"all {total:,}" if count == total else f"{count:,} of {total:,}"


def weights_sentence(curve: SpecificationCurve) -> str:
    """Which decisions the estimates differ by, most first."""
    known = [(w.eta_squared, w.facet) for w in curve.summary.weights if not isinstance(w.eta_squared, Undefined)]
    moving = sorted(((eta, facet) for eta, facet in known if eta >= _LARGE), reverse=True)
    if not moving:
        return "No decision of the map moves the estimate to speak of."
    named = [f"{FACETS[facet][0].lower()}{FACETS[facet][1:]} ({percent(eta)})" for eta, facet in moving]
    return ("Most of the variance among the estimates goes with: " if moving[0][0] > 0.5 else
            "The variance among the estimates goes with: ") + ", ".join(named) + "."


def _ordinal_levels(curve: SpecificationCurve) -> list[Specification]:
    return [row.specification for row in curve.rows if row.specification.estimator == "wlsmv"]


def _wlsmv_note(curve: SpecificationCurve) -> str:
    """What sets WLSMV apart, in words; nothing if the map does not have it."""
    own = _ordinal_levels(curve)
    if not own:
        return ""
    gaps = "complete rows only" if own[0].missing == "listwise" else "gaps pair by pair only"
    text = (f"WLSMV takes single answers as ordered categories, has {gaps} and is not resampled: missing values are "
            "judged among the other estimators, the estimator among rows that treat missing values alike")
    if any(one.function == "presence" for one in own):
        text += ("; with presence its effect passes through the propensity behind 0 and 1, and is as a rule larger "
                 "than the effect through 0 and 1 themselves")
    return f" {text}."


def curve_note(curve: SpecificationCurve) -> str:
    """How the numbers were made, and what must not be concluded from their agreement."""
    s, e = curve.summary, curve.headline.estimate
    headline = "" if e is None else (
        f" The headline's specification has {number(e.std_all, 3, bounded=True)} "
        f"{interval(e.std_lower, e.std_upper, 3, bounded=True)} by the draws of the map, which are not those of the "
        "model's own bootstrap.")
    return (f"Standardised: product of the standardised paths, so that both codings of the function compare; signs, "
            f"intervals that exclude 0 and the headline's interval are judged on it.{headline} Percentile intervals of "
            f"{counted(curve.draws, 'draw')} a bootstrap; {counted(s.bootstraps, 'distinct bootstrap')}, as ML and "
            f"robust ML have the same estimates and share their draws.{_wlsmv_note(curve)} Specifications "
            "analyse the same answers: they are no independent tests, and their agreement is no p value. "
            f"Seed {curve.seed}.")
