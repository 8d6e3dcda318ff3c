"""Several informants of a firm or an alliance: their agreement, scale by scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.data.aggregation import KEYS
from pipeline.evidence.found.informants import FormInformants, InformantsReport, NullAgreement, ScaleAgreement
from pipeline.evidence.scales import Scale
from pipeline.measurement.agreement import average_deviation, one_way
from pipeline.moments.agreement import (
    Agreement,
    Null,
    mean_item_variance,
    null_variance,
    rwg_j,
    several_informants,
)
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined

NOBODY = Undefined("no unit has two informants who answered every item")


def informants_of(forms: Sequence[PreparedForm], scales: Sequence[Scale], plan: StudyPlan) -> InformantsReport:
    """Agreement of the respondents kept, in every scale of every form in which a unit has several of them.

    Parameters
    ----------
    scales
        As :func:`pipeline.evidence.scales.scales_of` gives them.
    """
    described, found = [], []
    for form in forms:
        units = form.rows[SCREENED].units
        several = units.units_with_several_informants
        described.append(FormInformants(
            form.form, units.unit, units.responses, units.units, several, int(units.frame["n_informants"].max())))
        if several:
            code = unit_numbers(form)
            found += [scale_agreement(scale, code, plan, units.set_missing.get(scale.id, 0))
                      for scale in scales if scale.form == form.form]
    asked = plan.agreement
    return InformantsReport(tuple(described), tuple(found), asked.nulls, asked.least_agreement, asked.disagreeing,
                            plan.level)


def unit_numbers(form: PreparedForm) -> NDArray[np.intp]:
    """(respondents kept,) number of each one's unit, in order of first appearance."""
    rows = form.rows[SCREENED]
    keys = [rows.responses.meta[key] for key in KEYS[rows.units.unit]]
    return np.asarray(rows.responses.meta.groupby(keys, sort=False).ngroup(), dtype=np.intp)


def scale_agreement(scale: Scale, unit: NDArray[np.intp], plan: StudyPlan, set_missing: int) -> ScaleAgreement:
    """One scale.

    Parameters
    ----------
    unit
        (n,) number of the unit of each row of ``scale.X``.
    set_missing
        Units whose score the plan's rule has made missing.
    """
    there = several_informants(scale.X, unit)
    X = scale.X[there.rows]
    points = scale.highest - scale.lowest + 1
    variance = mean_item_variance(X, there.unit)
    deviation = average_deviation(X, there.unit)
    of_scores = one_way(X.mean(axis=1), there.unit, level=plan.level)
    return ScaleAgreement(
        form=scale.form, scale=scale.id, label=scale.label, items=len(scale.items), points=points,
        units=len(there.units), informants=len(there.rows), left_out=there.left_out,
        nulls=tuple(_against(null, variance, points, len(scale.items), plan.agreement.least_agreement)
                    for null in plan.agreement.nulls),
        deviation=_median(deviation), deviation_cutoff=points / 6, deviation_share=_share(deviation <= points / 6),
        average_size=of_scores.average_size, icc1=of_scores.icc1, icc1_interval=of_scores.icc1_interval,
        icc2=of_scores.icc2, icc2_interval=of_scores.icc2_interval, f=of_scores.f, df_between=of_scores.df_between,
        df_within=of_scores.df_within, pvalue=of_scores.pvalue, set_missing=set_missing,
    )


def _against(
    null: Null, variance: NDArray[np.float64], points: int, items: int, least: float,
) -> NullAgreement:
    expected = null_variance(null, points)
    agreement = rwg_j(variance, expected.value, items)
    inside = agreement.value[~agreement.out_of_range]
    enough = agreement.value >= least
    none = NOBODY if not len(variance) else Undefined("every unit is out of range")
    return NullAgreement(
        null=null, variance=expected.value, source=expected.source, units=len(variance),
        out_of_range=int(agreement.out_of_range.sum()), median=_ranked_median(agreement),
        mean=float(inside.mean()) if len(inside) else none,
        mean_as_zero=float(inside.sum() / len(variance)) if len(variance) else NOBODY,
        lowest=float(inside.min()) if len(inside) else none, highest=float(inside.max()) if len(inside) else none,
        enough=int(enough.sum()), share=_share(enough),
    )


def _ranked_median(agreement: Agreement) -> Number:
    """Median with units out of range below every other; it has no value where it falls among them."""
    if not len(agreement.value):
        return NOBODY
    middle = float(np.median(np.where(agreement.out_of_range, -np.inf, agreement.value)))
    if np.isfinite(middle):
        return middle
    return Undefined(f"{int(agreement.out_of_range.sum())} of {len(agreement.value)} units are out of range")


def _median(values: NDArray[np.float64]) -> Number:
    return float(np.median(values)) if len(values) else NOBODY


def _share(enough: NDArray[np.bool_]) -> Number:
    return float(enough.mean()) if len(enough) else NOBODY
