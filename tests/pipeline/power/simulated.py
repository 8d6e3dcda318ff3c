"""Helpers for the tests of simulated respondents."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from instrument.model import Instrument, Item

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"


def least_squares(y: np.ndarray, *regressors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and their standard errors, intercept left out."""
    X = np.column_stack([np.ones(len(y)), *regressors])
    slopes, rss, _, _ = np.linalg.lstsq(X, y, rcond=None)
    errors = np.sqrt(np.diag(np.linalg.inv(X.T @ X)) * rss[0] / (len(y) - X.shape[1]))
    return slopes[1:], errors[1:]


def item(instrument: Instrument, item_id: str) -> Item:
    return next(i for d in instrument.dimensions for i in instrument.items(d) if i.id == item_id)
