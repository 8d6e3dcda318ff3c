"""Defined effects (``:=``): their value, delta-method standard error, and joint significance of their paths."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class Path:
    """One labelled path of a product effect."""

    label: str
    lhs: str
    rhs: str
    est: float
    pvalue: Number


@dataclass(frozen=True, slots=True)
class JointSignificance:
    """Joint significance of an indirect effect (MacKinnon et al. 2002): it holds if every path differs from 0.

    ``largest_pvalue`` is the p value of the weakest path, the p value of the joint test.
    """

    effect: str
    paths: tuple[Path, ...]
    level: float
    largest_pvalue: Number
    holds: bool | None
