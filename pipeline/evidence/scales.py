"""The scales of a study as arrays: one scale's answers, and sets of scales that are examined together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.measurement_plan import MeasurementPlan
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED
from pipeline.scales import reflective_scales

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scale:
    """One reflective dimension as one form asked it.

    Attributes
    ----------
    construct
        The id of the construct it is part of, often its own.
    X
        (n, k) answers of the respondents kept, in the order of ``items``, reversed items turned, NaN where missing.
    answers
        (n, k) the same as they were given.
    lowest, highest
        Ends of the response scale.
    firms
        (n,) firm of every respondent; None where nobody names one.
    """

    id: str
    label: str
    construct: str
    form: str
    items: tuple[str, ...]
    reversed_items: tuple[str, ...]
    X: Array
    lowest: int
    highest: int
    firms: tuple[str, ...] | None

    @property
    def answers(self) -> Array:
        turned = np.isin(self.items, self.reversed_items)
        return np.where(turned, self.lowest + self.highest - self.X, self.X)


@dataclass(frozen=True, eq=False)
class ScaleSet:
    """Scales of one form that are examined together.

    Attributes
    ----------
    constructs
        Construct → its dimensions in this set.
    """

    name: str
    label: str
    form: str
    scales: tuple[Scale, ...]

    @property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """Dimension → items."""
        return {scale.id: scale.items for scale in self.scales}

    @property
    def constructs(self) -> dict[str, tuple[str, ...]]:
        return {construct: tuple(s.id for s in self.scales if s.construct == construct)
                for construct in dict.fromkeys(scale.construct for scale in self.scales)}

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for scale in self.scales for item in scale.items)

    @property
    def X(self) -> Array:
        """(n, items) keyed answers, NaN where missing."""
        return np.hstack([scale.X for scale in self.scales])

    @property
    def firms(self) -> tuple[str, ...] | None:
        return self.scales[0].firms


def scales_of(forms: Sequence[PreparedForm], instrument: Instrument) -> tuple[Scale, ...]:
    """Every reflective dimension that a form asked, form after form, in the instrument's order."""
    return tuple(
        _scale(form, instrument, dimension, items)
        for form in forms for dimension, items in reflective_scales(form, instrument, 1).items())


def sets_of(scales: Sequence[Scale], plan: MeasurementPlan) -> tuple[ScaleSet, ...]:
    """The sets that the plan names; where it names none, one of all scales of each form but the marker.

    Raises
    ------
    InputError
        ``STUDY-SETS`` for a dimension that no form asked, or that another form asked than the others of its set.
    """
    findings, sets = [], []
    for name, dimensions in plan.sets.items():
        forms = {scale.form for scale in scales if scale.id in dimensions}
        whole = [form for form in sorted(forms) if set(dimensions) <= {s.id for s in scales if s.form == form}]
        if not whole:
            findings.append(Finding(
                "STUDY-SETS", f"study.yaml, measurement.sets.{name}",
                f"No fielded form asks all of: {', '.join(dimensions)}.", "Name dimensions of one form, by their ids."))
            continue
        there = {scale.id: scale for scale in scales if scale.form == whole[0]}
        sets.append(ScaleSet(name, _words(name), whole[0], tuple(there[d] for d in dimensions)))
    if findings:
        raise InputError(findings)
    if plan.sets:
        return tuple(sets)
    return tuple(
        ScaleSet(f"form_{form}", f"All scales of form {form}", form, together)
        for form in dict.fromkeys(scale.form for scale in scales)
        if len(together := tuple(s for s in scales if s.form == form and s.id != plan.marker)) > 1)


def construct_names(instrument: Instrument) -> Mapping[str, str]:
    """Names of constructs by id."""
    return {construct.id: construct.name for construct in instrument.constructs}


def _words(name: str) -> str:
    said = name.replace("_", " ")
    return said[:1].upper() + said[1:]


def _scale(form: PreparedForm, instrument: Instrument, dimension: str, items: tuple[str, ...]) -> Scale:
    rows = form.rows[SCREENED]
    asked = [item for item in instrument.items(dimension, form.form) if item.id in items]
    codes = [option.code for option in instrument.offered(asked[0])[0] if isinstance(option.code, int)]
    meta = rows.responses.meta
    return Scale(
        dimension, instrument.dimensions[dimension].name, instrument.construct_of[dimension].id, form.form, items,
        tuple(item.id for item in asked if item.reversed), rows.scores.items[list(items)].to_numpy(dtype=float),
        min(codes), max(codes), tuple(map(str, meta["firm_id"])) if "firm_id" in meta else None)
