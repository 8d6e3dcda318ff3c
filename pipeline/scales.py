"""Which scales a form asked."""

from __future__ import annotations

from instrument.model import Instrument
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED


def reflective_scales(form: PreparedForm, instrument: Instrument, fewest: int) -> dict[str, tuple[str, ...]]:
    """Reflective dimensions of which a form asked at least so many items, with these items."""
    asked = form.rows[SCREENED].scores.items.columns
    found = {
        dimension.id: tuple(item.id for item in instrument.items(dimension.id, form.form) if item.id in asked)
        for dimension in instrument.dimensions.values() if dimension.measurement == "reflective"
    }
    return {dimension: items for dimension, items in found.items() if len(items) >= fewest}
