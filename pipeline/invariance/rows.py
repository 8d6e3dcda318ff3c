"""The respondents of a form as rows of a ladder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.invariance.climbing import Asked
from pipeline.invariance.grouping import Membership
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED


def asked_of(
    form: PreparedForm, construct: str, name: str, factors: Mapping[str, tuple[str, ...]], groups: Membership,
) -> Asked:
    """Screened respondents, the reference's first, with the firm of each where a firm has several."""
    rows = form.rows[SCREENED]
    place = {label: k for k, label in enumerate(groups.order)}
    known = groups.of.map(place).fillna(len(place)).to_numpy()
    order = np.argsort(known, kind="stable")  # groups are numbered as they come
    items = [item for own in factors.values() for item in own]
    meta = rows.responses.meta
    firms = tuple(map(str, meta["firm_id"].iloc[order])) if "firm_id" in meta else ()
    of = tuple(str(group) if group in place else None for group in groups.of.iloc[order])
    return Asked(construct, name, form.form, groups.id, factors,
                 rows.scores.items[items].iloc[order].to_numpy(dtype=float), of,
                 firms if len(set(firms)) < len(firms) else None)
