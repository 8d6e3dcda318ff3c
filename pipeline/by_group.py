"""Contingencies as groups: equal loadings are tested first, and paths are compared only where they hold.

A path between latent variables means the same in two groups only if both groups' indicators answer to the latent
variables alike (metric invariance: Meredith 1993; Vandenberg & Lance 2000).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from instrument.errors import InputError
from pipeline.comparison import GroupComparison, GroupPath
from pipeline.estimation import model_frame
from pipeline.models.by_group import BY_GROUP, ByGroup
from pipeline.models.spec import Level
from pipeline.report.names import VARIABLES
from pipeline.report.numbers import number, p_equals
from pipeline.sem.comparisons import ChiSquareTest, DifferenceTest, likelihood_ratio_test, model_test, wald_test
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, estimate_model
from pipeline.sem.fit import Fit
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

CFI_WORSE = 0.01
"""Cheung & Rensvold (2002): a CFI that falls by more is a sign that loadings differ."""


def compare_groups(
    frames: Mapping[Level, pd.DataFrame], *, level: float, workers: int = 1, wanted: tuple[ByGroup, ...] = BY_GROUP,
) -> tuple[GroupComparison, ...]:
    """Every comparison whose form was fielded; what cannot be compared says why."""
    asked = [one for one in wanted if one.spec.level in frames]
    return tuple(each(lambda one: _compare(one, frames[one.spec.level], level), asked, workers))


def membership(asked: ByGroup, frame: pd.DataFrame) -> pd.Series:
    """0 or 1 a row, missing where the grouping variable is; the median itself belongs to the lower half."""
    values = frame[asked.grouping]
    return (values > values.median()).astype(float).where(values.notna()) if asked.at_median else values


def _compare(asked: ByGroup, frame: pd.DataFrame, level: float) -> GroupComparison:
    member = membership(asked, frame)
    # Groups are numbered as they come: the first group's rows first.
    rows = frame.loc[member.dropna().sort_values(kind="stable").index]
    groups = member.loc[rows.index].map({0.0: asked.words[0], 1.0: asked.words[1]})
    sizes = int((member == 0).sum()), int((member == 1).sum())
    nothing = Undefined("the model could not be estimated in both groups")
    empty = GroupComparison(asked.id, asked.title, asked.spec.id, asked.words, sizes, int(member.isna().sum()), nothing,
                            nothing, None, (), "", "")
    try:
        free, equal = (_estimated(asked, rows, groups, loadings_equal=e) for e in (False, True))
    except InputError as error:
        return _told(replace(empty, why_not=" ".join(f.rule for f in error.findings)), level)
    fits = [describe(found, level=level) for found in (free, equal)]
    few = free.npar > 2 * min(sizes)
    if few or not all(fit.converged and fit.admissible for fit in fits):
        why = (f"the smaller group has {min(sizes)} rows for {free.npar // 2} parameters" if few
               else "a solution did not converge or is not admissible")
        return _told(replace(empty, why_not=why), level)
    loadings, change = likelihood_ratio_test(model_test(fits[1]), model_test(fits[0])), _cfi_change(fits[1], fits[0])
    comparable = _comparable(loadings, change, level)
    paths = tuple(_path(equal, fits[1], *path) for path in asked.paths) if comparable else ()
    return _told(replace(empty, loadings=loadings, cfi_change=change, comparable=comparable, paths=paths), level)


def _estimated(asked: ByGroup, rows: pd.DataFrame, groups: pd.Series, *, loadings_equal: bool) -> Estimated:
    used = model_frame(asked.spec, rows)
    options = replace(asked.spec.options, equal=("loadings",) if loadings_equal else ())
    firms = [str(firm) for firm in used.index.get_level_values("firm_id")] if asked.spec.level == "alliance" else None
    return estimate_model(asked.spec.syntax, used.to_numpy(dtype=float), list(used.columns), options,
                          name=asked.spec.id, groups=list(groups), clusters=firms)


def _cfi_change(equal: Fit, free: Fit) -> Number:
    values = []
    for fit in (equal, free):
        robust = fit.indices.robust if fit.indices is not None else None
        value: Number = Undefined("there is no robust CFI") if robust is None else robust.cfi
        if isinstance(value, Undefined):
            return value
        values.append(value)
    return values[0] - values[1]


def _comparable(loadings: DifferenceTest, change: Number, level: float) -> bool | None:
    """Equal loadings hold unless the test rejects them and CFI falls by more than :data:`CFI_WORSE`."""
    if isinstance(loadings.pvalue, Undefined) or isinstance(change, Undefined):
        return None
    return loadings.pvalue >= 1 - level or change >= -CFI_WORSE


def _path(found: Estimated, fit: Fit, outcome: str, predictor: str) -> GroupPath:
    first, second = (
        next(row for row in fit.parameters
             if (row.lhs, row.op, row.rhs, row.group) == (outcome, "~", predictor, group)) for group in (1, 2))
    names = [row.plabel for row in found.problem.table.rows if (row.lhs, row.op, row.rhs) == (outcome, "~", predictor)]
    test: ChiSquareTest | Undefined = wald_test(found.problem, found.theta, found.vcov, f"{names[0]} == {names[1]}")
    se, lower, upper = (
        (_given(getattr(first, name)), _given(getattr(second, name))) for name in ("se", "ci_lower", "ci_upper"))
    return GroupPath(outcome, predictor, (first.est, second.est), se, lower, upper, test)


def _given(value: Number | None) -> Number:
    return Undefined("the path is fixed") if value is None else value


def _told(found: GroupComparison, level: float) -> GroupComparison:
    return replace(found, sentence=_sentence(found, level))


def _sentence(found: GroupComparison, level: float) -> str:
    sizes = f"{found.groups[0]} (n = {found.sizes[0]:,}), {found.groups[1]} (n = {found.sizes[1]:,})"
    if found.why_not or found.comparable is None or isinstance(found.loadings, Undefined):
        return f"{found.title}: not compared, because {found.why_not or 'equal loadings could not be tested'}; {sizes}."
    statistic, pvalue = found.loadings.statistic, found.loadings.pvalue
    test = (f"scaled Δχ²({found.loadings.df}) = {number(statistic)}, {p_equals(pvalue)}, change of CFI "
            f"{number(found.cfi_change, 3, bounded=True)}")
    if not found.comparable:
        return f"{found.title}: loadings differ ({test}), so that paths cannot be compared; {sizes}."
    differ = [path for path in found.paths
              if not isinstance(path.difference, Undefined) and path.difference.pvalue < 1 - level]
    said = "; ".join(
        f"{_word(path.outcome)} on {_word(path.predictor)} {number(path.est[0])} and {number(path.est[1])}, "
        f"{p_equals(path.difference.pvalue)}" for path in differ if not isinstance(path.difference, Undefined))
    return (f"{found.title}: loadings may be taken as equal ({test}); "
            f"{f'paths differ: {said}' if differ else 'no path is shown to differ'}; {sizes}.")


def _word(name: str) -> str:
    return VARIABLES.get(name, name).lower()
