"""What a reader must know before using a structure's numbers: diagnoses by the names of items and dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.measurement.structures import GENERAL, construct_name, factor_name
from pipeline.report.numbers import listed, number
from pipeline.sem.fit import Diagnosis, Fit, Parameter


def remarks(fit: Fit, dimensions: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> tuple[str, ...]:
    """The diagnoses as a reader needs them: a negative variance by its item or dimension, with its interval."""
    rows = {row.lhs: row for row in fit.parameters if row.op == "~~" and row.lhs == row.rhs}
    negative = any(one.code == "negative-variance" for one in fit.diagnoses)
    said = []
    for one in fit.diagnoses:
        if one.code == "negative-variance":
            said += [_heywood(rows[name], dimensions, labels) for name in one.about]
        elif one.code != "latent-covariance" or not negative:  # the one follows from the other
            said.append(_said(one, dimensions, labels))
    return tuple(said)


def _heywood(row: Parameter, dimensions: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    of = next((f"item {row.lhs}, of {labels[one]}," for one, items in dimensions.items() if row.lhs in items),
              factor_words(row.lhs, dimensions, labels))
    said = f"Heywood case: the residual variance of {of} is negative ({_small(row.est)})"
    if isinstance(row.ci_lower, float) and isinstance(row.ci_upper, float):
        reach = f"[{_small(row.ci_lower)}, {_small(row.ci_upper)}]"
        said += (f"; its interval {reach} includes 0: chance may have made it negative (Kolenikov & Bollen 2012)"
                 if row.ci_upper >= 0 else f"; its interval {reach} lies below 0, which speaks against the structure")
    return f"{said}."


def factor_words(factor: str, dimensions: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    """A factor by what it stands for."""
    if factor == GENERAL:
        return "the general factor"
    named = {factor_name(one): f"the factor of {labels[one]}" for one in dimensions} | {
        construct_name(one): f"the factor of {said}" for one, said in labels.items()}
    return named.get(factor, factor)


def _said(one: Diagnosis, dimensions: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    if one.code == "residual-covariance" and one.about:
        pairs = [" and ".join(factor_words(name, dimensions, labels) for name in pair.split(" ~~ "))
                 for pair in one.about]
        return f"The correlation between {'; '.join(pairs)} is beyond 1."
    if one.code != "latent-covariance":
        return one.text
    factors = listed([factor_words(name, dimensions, labels) for name in one.about])
    return f"The covariance matrix of the factors is one that no variables can have ({factors})."


def _small(value: float) -> str:
    """With two digits that tell something, so that no negative variance reads as 0."""
    return number(value, 2 if abs(value) >= 0.01 else 4)
