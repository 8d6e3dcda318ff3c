"""WLSMV as the second estimator of every model: which variables are ordered, on which rows, what both say.

Single answers (seven-point items, the 0/1 of a dedicated function) are ordered; means over items or over informants,
their products, counts and logarithms are not. Where several informants reported on an alliance, the first one's single
answers stand for it here, since an average of two answers is no answer. Rows are taken to be independent, also where a
firm has several alliances: weighted least squares have no cluster-robust standard errors here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from instrument.errors import InputError
from pipeline.data.facts import INDICATORS
from pipeline.estimation import model_frame
from pipeline.models.spec import Level, ModelSpec
from pipeline.ordinal.answers import first_answers, with_first_answers
from pipeline.ordinal.found import BothEstimates, Kind, OrdinalRun
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED
from pipeline.sem.describe import describe
from pipeline.sem.estimate import estimate_model
from pipeline.sem.fit import Fit, Parameter
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

_KINDS: dict[str, Kind] = {"=~": "loading", "~": "path", ":=": "effect"}
_NONE = Undefined("it is not estimated")


def ordinal_runs(
    asked: Sequence[tuple[ModelSpec, Fit]], forms: Sequence[PreparedForm], frames: Mapping[str, pd.DataFrame], *,
    level: float, workers: int = 1, advance: Callable[[int], None] | None = None,
) -> tuple[OrdinalRun, ...]:
    """Every model that was estimated by robust maximum likelihood, once more.

    Parameters
    ----------
    asked
        Models with their robust fits.
    frames
        Rows by model, as the robust fits used them.
    advance
        Called with the number of models just finished.
    """
    items = {item for form in forms for item in form.rows[SCREENED].scores.items.columns}
    answers = single_answers(forms)

    def run(one: tuple[ModelSpec, Fit]) -> OrdinalRun:
        spec, fit = one
        frame, several = with_first_answers(frames[spec.id], answers.get(spec.level), items)
        return ordinal_run(spec, frame, fit, items, first_informants=several, level=level)

    return tuple(each(run, list(asked), workers, advance))


def single_answers(forms: Sequence[PreparedForm]) -> dict[Level, pd.DataFrame]:
    """The first informant's items of every unit about which several informants reported, by level."""
    found: dict[Level, pd.DataFrame] = {}
    for form in forms:
        rows = form.rows[SCREENED]
        answers = first_answers(rows.units, rows.scores, rows.responses)
        if answers is not None and rows.units.unit != "respondent":
            found.setdefault(rows.units.unit, answers)
    return found


def ordinal_run(
    spec: ModelSpec, frame: pd.DataFrame, robust: Fit, items: set[str], *, first_informants: int, level: float,
) -> OrdinalRun:
    """One model; what keeps it from being estimated becomes a reason, never an exception."""
    used = model_frame(spec, frame)
    ordered = tuple(name for name in used.columns if name in items or (name in INDICATORS and name not in
                                                                       _only_explaining(robust)))
    empty = OrdinalRun(spec.id, spec.title, spec.level, ordered, 0, robust.nobs, first_informants, False, False, None,
                       (), (), "", "")
    if not robust.converged:
        return _told(replace(empty, why_not="robust maximum likelihood, to stand beside, did not converge"), level)
    if not ordered:
        return _told(replace(empty, why_not="none of its variables is a single answer: means of several items are "
                             "continuous for both estimators"), level)
    options = replace(spec.options, estimator="wlsmv", missing="pairwise", fixed_x=True, ordered=ordered)
    try:
        fit = describe(estimate_model(spec.syntax, used.to_numpy(dtype=float), list(used.columns), options,
                                      name=spec.id), level=level)
    except InputError as error:
        because = "; ".join(f"{found.place}: {found.rule}".rstrip(".") for found in error.findings[:2])
        return _told(replace(empty, why_not=because), level)
    return _told(replace(
        empty, n=fit.nobs, converged=fit.converged, admissible=fit.admissible, indices=fit.indices,
        rows=_beside(robust, fit) if fit.converged else (), notes=fit.warnings,
        why_not="" if fit.converged else "estimation did not converge"), level)


def _only_explaining(fit: Fit) -> set[str]:
    """Observed variables that nothing in the model explains or is measured by."""
    explained = {p.lhs for p in fit.parameters if p.op == "~"} | {p.rhs for p in fit.parameters if p.op == "=~"}
    return set(fit.variables) - explained


def _beside(robust: Fit, ordinal: Fit) -> tuple[BothEstimates, ...]:
    theirs = {(p.lhs, p.op, p.rhs): p for p in ordinal.parameters}
    found = []
    for p in robust.parameters:
        other = theirs.get((p.lhs, p.op, p.rhs))
        if p.op not in _KINDS or other is None:
            continue
        name = p.lhs if p.op == ":=" else f"{p.lhs} {p.op} {p.rhs}"
        found.append(BothEstimates(_KINDS[p.op], name, p.label, *_numbers(p), *_numbers(other)))
    return tuple(found)


def _numbers(p: Parameter) -> tuple[Number, Number, Number]:
    values = (p.std_all, p.std_all_se, p.pvalue)
    return tuple(_NONE if value is None else value for value in values)  # type: ignore[return-value]


def _told(run: OrdinalRun, level: float) -> OrdinalRun:
    """The run with its sentence: do both estimators say the same of the model's paths and effects?"""
    if run.why_not:
        return replace(run, sentence=f"{run.model} has no estimate by WLSMV: {run.why_not.rstrip('.')}.")
    asked = [row for row in run.rows if row.kind != "loading" and None not in row.clear(level)]
    if not asked:
        return replace(run, sentence=f"{run.model} has no path or effect for the two estimators to differ about.")
    both = [row for row in asked if all(row.clear(level))]
    turned = [row.name for row in both if row.same_sign is False]
    one = [row.name for row in asked if any(row.clear(level)) and not all(row.clear(level))]
    text = (f"{run.model}: of {len(asked)} paths and effects, {len(both)} differ from 0 at {1 - level:.2g} by both "
            f"estimators")
    alike = ", all with the same sign" if both else ""
    text += f", of which {', '.join(turned)} with opposite signs" if turned else alike
    text += f"; {len(one)} by one of them only ({', '.join(one[:4])}{', …' if len(one) > 4 else ''})" if one else ""
    return replace(run, sentence=text + ".")
