"""The verdict on two scales: distinct, distinct with a remark, or not shown to be distinct, and one sentence why."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.found.distinctness import CorrelationTest, Interval, Overlap, Ratio, Verdict
from pipeline.report.numbers import number
from pipeline.undefined import Number, Undefined

CORRELATION_CUTOFF = 0.90
"""Of the interval's limit: from here two factors are not shown to be distinct (Rönkkö & Cho 2022)."""

RATIO_CUTOFF = 0.90
"""HTMT and HTMT2 should be shown to be below it; .85 is the stricter choice (Henseler, Ringle & Sarstedt 2015)."""


def verdict_on(
    correlation: Number, interval: Interval, overlap: Overlap | Undefined, htmt: Ratio, htmt2: Ratio,
    fornell_larcker: bool | Undefined, at_cutoff: CorrelationTest | Undefined, against: Sequence[str] = (),
) -> tuple[Verdict, str]:
    """What all that was found on a pair comes to.

    The interval of the factor correlation decides (Rönkkö & Cho 2022): beyond .90 the two are not shown to be distinct.
    Below it, whatever else speaks against them is a remark: an interval beyond .80, a ratio not shown to be below .90,
    Fornell and Larcker's criterion.

    Parameters
    ----------
    against
        Indicators that load negatively on their own factor.
    """
    if isinstance(overlap, Undefined):
        return "not shown to be distinct", f"Their correlation has no interval, because {overlap.because}."
    said = f"The interval of their correlation, {_limits(interval)},"
    if overlap in ("moderate", "severe"):
        reach = "1" if overlap == "severe" else ".90"
        return "not shown to be distinct", f"{said} reaches {reach}{_tested(correlation, at_cutoff)}."
    remarks = [*_on_ratios(htmt, htmt2), *_on_variance(fornell_larcker), *_on_signs(against)]
    if overlap == "marginal":
        return "distinct, with a remark", "; ".join([f"{said} stays below .90 but reaches .80", *remarks]) + "."
    if remarks:
        return "distinct, with a remark", "; ".join([f"{said} stays below .80, but {remarks[0]}", *remarks[1:]]) + "."
    return "distinct", (f"{said} stays below .80, {_name_bound(htmt2)}, and each shares more variance with its own "
                        "indicators than with the other.")


def _tested(correlation: Number, at_cutoff: CorrelationTest | Undefined) -> str:
    """What the nested model says of an interval that reaches .90."""
    if not isinstance(correlation, Undefined) and abs(correlation) >= CORRELATION_CUTOFF:
        return f", and the estimate itself is {_short(correlation)}"
    if isinstance(at_cutoff, Undefined) or isinstance(at_cutoff.pvalue, Undefined):
        return ""
    p = "p < .001" if at_cutoff.pvalue < 0.001 else f"p = {_short(at_cutoff.pvalue, 3)}"
    if at_cutoff.pvalue < 0.05:
        return f", although a model with the correlation at .90 fits worse ({p})"
    return f", and a model with the correlation at .90 fits no worse ({p})"


def _on_ratios(htmt: Ratio, htmt2: Ratio) -> list[str]:
    if isinstance(htmt.value, Undefined) and htmt.value == htmt2.value:
        return [f"HTMT and HTMT2 are undefined because {htmt.value.because}"]
    remarks = []
    for name, ratio in (("HTMT", htmt), ("HTMT2", htmt2)):
        limit = ratio.upper if not isinstance(ratio.upper, Undefined) else ratio.value
        if isinstance(ratio.value, Undefined):
            remarks.append(f"{name} is undefined because {ratio.value.because}")
        elif not isinstance(limit, Undefined) and limit >= RATIO_CUTOFF:
            remarks.append(f"{name} may be as high as {_short(limit)}")
    return remarks


def _on_signs(against: Sequence[str]) -> list[str]:
    if len(against) == 1:
        return [f"{against[0]} loads negatively on its own scale"]
    return [f"{', '.join(against)} load negatively on their own scales"] if against else []


def _on_variance(fornell_larcker: bool | Undefined) -> list[str]:
    if isinstance(fornell_larcker, Undefined):
        return [f"Fornell and Larcker's criterion is undefined because {fornell_larcker.because}"]
    return [] if fornell_larcker else [
        "one of them shares more variance with the other than with its own indicators"]


def _name_bound(ratio: Ratio) -> str:
    if isinstance(ratio.upper, Undefined):
        return f"HTMT2 is {_short(ratio.value)}"
    return f"HTMT2 is at most {_short(ratio.upper)}"


def _limits(interval: Interval) -> str:
    return f"[{_short(interval[0])}, {_short(interval[1])}]"


def _short(value: Number, digits: int = 2) -> str:
    """A quantity that hardly passes 1, as it is written everywhere."""
    return number(value, digits, bounded=True)
