"""From answers as stored to categories 0..K−1: which codes a variable has, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError
from pipeline.moments.diagnoses import Diagnosis

Array = NDArray[np.float64]

#: More categories than this are refused, and more than MANY diagnosed: a table of them is mostly empty, thresholds
#: cost more than they tell, and from some five to seven categories on a continuous treatment does well (Rhemtulla,
#: Brosseau-Liard & Savalei 2012).
TOO_MANY = 20
MANY = 12


@dataclass(frozen=True, slots=True)
class Coded:
    """Data ready for their moments.

    Attributes
    ----------
    values
        (n, p): 0..K−1 in ordered columns, as given in numeric ones, NaN where missing.
    levels
        (p,) categories of each variable; 0 for a numeric one.
    codes
        (p,) the codes of each ordered variable, ascending, as they stood in the data; empty for a numeric one.
    diagnoses
        Variables with many categories.
    """

    values: Array
    levels: tuple[int, ...]
    codes: tuple[tuple[int, ...], ...]
    diagnoses: tuple[Diagnosis, ...]


def coded(X: ArrayLike, names: Sequence[str], ordered: Collection[str] | None = None) -> Coded:
    """Number the categories of ordered variables from 0, in the order of their codes.

    Take all groups together: categories are those that occur anywhere in ``X``.

    Parameters
    ----------
    X
        (n, p), NaN where missing; any integers in ordered columns.
    names
        (p,) of the columns.
    ordered
        Which of them are ordered; by default all.

    Raises
    ------
    InputError
        With all findings at once: ``ORDERED-CODES`` (not integers), ``ORDERED-CONSTANT`` (fewer than two categories
        occur), ``ORDERED-CATEGORIES`` (more than 20).
    """
    values = np.array(X, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(names):
        raise ValueError(f"expected (rows, {len(names)}), got shape {values.shape}")
    levels, codes = [0] * len(names), [()] * len(names)  # type: list[int], list[tuple[int, ...]]
    findings: list[Finding] = []
    diagnoses: list[Diagnosis] = []
    for column, name in enumerate(names):
        if ordered is not None and name not in ordered:
            continue
        own = values[:, column]
        answered = ~np.isnan(own)
        found, code = np.unique(own[answered], return_inverse=True)
        wrong = _wrong(found, name)
        if wrong is not None:
            findings.append(wrong)
            continue
        values[answered, column] = code
        levels[column], codes[column] = len(found), tuple(int(c) for c in found)
        if len(found) > MANY:
            diagnoses.append(Diagnosis("many-categories", f"{name} has {len(found)} categories: most cells of its "
                                       "tables are nearly empty, and treating it as continuous may serve better.",
                                       (name,)))
    if findings:
        raise InputError(findings)
    return Coded(values, tuple(levels), tuple(codes), tuple(diagnoses))


def _wrong(found: Array, name: str) -> Finding | None:
    """The first thing wrong with the codes that occur."""
    whole = np.isfinite(found) & (found == np.round(found))
    if not whole.all():
        examples = ", ".join(f"{code:g}" for code in found[~whole][:3])
        return Finding("ORDERED-CODES", name, f"Categories of an ordered variable are integers; found {examples}.",
                       "Treat it as continuous, or give its categories whole numbers in their order.")
    if len(found) < 2:
        what = f"every answer is {found[0]:g}" if len(found) else "there is no answer"
        return Finding("ORDERED-CONSTANT", name, f"An ordered variable needs at least two categories; {what}.",
                       "Leave the variable out.")
    if len(found) > TOO_MANY:
        return Finding("ORDERED-CATEGORIES", name, f"An ordered variable has at most {TOO_MANY} categories; found "
                       f"{len(found)}.", "Treat it as continuous: leave it out of the ordered variables.")
    return None
