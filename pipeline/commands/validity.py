"""``alliometrics validity``: do scales in a plain data file agree within and differ between one another?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.commands.reliability import parse_scales
from pipeline.evidence.distinctness import distinct_set
from pipeline.evidence.found.distinctness import (
    CorrelationTest,
    CrossLoading,
    DistinctFactor,
    DistinctLevel,
    DistinctPair,
    Ratio,
)
from pipeline.evidence.scales import Scale, ScaleSet
from pipeline.sem.tokens import RESERVED
from pipeline.undefined import Undefined

_NAME = re.compile(r"(?:[^\W\d]|\.(?!\d))[\w.]*")
"""What lavaan's syntax, in which the model is written, can name."""


def validity(
    data: Path, options: Sequence[str], *, draws: int = 1000, seed: int = 1, level: float = 0.95,
    all_pairs: bool = False, signed: bool = False, cluster: str | None = None,
) -> DistinctLevel:
    """Convergent and discriminant validity of the scales, from all rows with an answer.

    Parameters
    ----------
    signed
        Whether HTMT and HTMT2 take correlations with their signs.

    Raises
    ------
    InputError
        ``OPTION-SCALE``, ``OPTION-VALUE``, ``DATA-…``; ``VALIDITY-SHARED`` for an item of two scales, ``VALIDITY-NAME``
        for a name that no model can have.
    """
    scales = parse_scales(options)
    _check(scales, level)
    file = read_csv(data)
    X = file.numbers([item for items in scales.values() for item in items])
    clusters = None if cluster is None else _clusters(file.texts(cluster), cluster, file.rows)
    found, start = [], 0
    for name, items in scales.items():
        own = X[:, start:start + len(items)]
        start += len(items)
        # Ends of the response scale are those of the answers: nothing here is turned round, so nothing depends on them.
        ends = (int(np.floor(np.nanmin(own))), int(np.ceil(np.nanmax(own)))) if np.isfinite(own).any() else (0, 0)
        found.append(Scale(name, name, name, "", items, (), own, *ends, clusters))
    together = ScaleSet("scales", data.name, "", tuple(found))
    return distinct_set(together, {}, draws=draws, seed=seed, level=level, all_pairs=all_pairs,
                        absolute=not signed).levels[0]


def _check(scales: Mapping[str, Sequence[str]], level: float) -> None:
    findings = []
    if not 0.5 < level < 1:
        findings.append(Finding("OPTION-VALUE", f"--level {level:g}", "A confidence level lies between 0.5 and 1.",
                                "Write for example --level 0.95."))
    owner: dict[str, str] = {}
    for name, items in scales.items():
        for item in items:
            if item in owner:
                findings.append(Finding(
                    "VALIDITY-SHARED", f"--scale {name}, item {item}",
                    f"An item belongs to one scale, once; {item} is named for {owner[item]} already.",
                    "Name it for one scale only."))
            owner[item] = name
    for kind, names in (("scale", scales), ("item", owner)):
        findings += [Finding(
            "VALIDITY-NAME", f"--scale, {kind} {name}",
            "Names in a model are letters, digits, dots and underscores, beginning with a letter; this one is not, or "
            "is a reserved word of R.", "Rename the column or the scale.")
            for name in names if not _NAME.fullmatch(name) or name in RESERVED]
    if findings:
        raise InputError(findings)


def _clusters(cells: Sequence[str | None], column: str, rows: Sequence[int]) -> tuple[str, ...]:
    without = [row for row, cell in zip(rows, cells, strict=True) if cell is None]
    if without:
        raise InputError(Finding("VALIDITY-CLUSTER", f"row {without[0]}, column {column}",
                                 f"Every row belongs to a cluster; {len(without)} rows have none.",
                                 "Fill the cells, or leave the rows out."))
    return tuple(cell for cell in cells if cell is not None)


# -- document ------------------------------------------------------------------------------------------------


def document(found: DistinctLevel, draws: int, seed: int, level: float = 0.95) -> dict[str, Any]:
    """Everything as JSON; what is undefined is null, with its reason in the entry's ``undefined``."""
    number = Defined()
    return {
        "bootstrap": draws, "seed": seed, "level": level,
        "n": found.n, "complete": found.complete, "clusters": found.clusters, "converged": found.converged,
        "admissible": found.admissible, "why_no_model": found.why_not or None,
        "cfi.robust": number("cfi.robust", found.cfi), "rmsea.robust": number("rmsea.robust", found.rmsea),
        "srmr": number("srmr", found.srmr),
        "undefined": number.undefined,
        "scales": {one.id: _factor_entry(one) for one in found.factors},
        "pairs": [_pair_entry(one) for one in found.pairs],
        "cross_loadings": [_crossing_entry(one) for one in found.cross_loadings],
        "cross_loadings_tested": found.cross_loadings_tested, "warnings": list(found.warnings),
    }


def _factor_entry(one: DistinctFactor) -> dict[str, Any]:
    number = Defined()
    return {
        "items": list(one.indicators), "loadings": number.by_key("loadings", one.loadings),
        "cr": number("cr", one.reliability), "cr_ci": number.interval("cr_ci", one.reliability_interval),
        "ave": number("ave", one.variance_extracted),
        "ave_ci": number.interval("ave_ci", one.variance_extracted_interval), "root_ave": number("root_ave", one.root),
        "msv": number("msv", one.largest_shared), "msv_with": one.shared_with or None, "undefined": number.undefined,
    }


def _pair_entry(one: DistinctPair) -> dict[str, Any]:
    number = Defined()

    def ratio(name: str, value: Ratio) -> dict[str, Any]:
        return {name: number(name, value.value), f"{name}_ci": number.interval(f"{name}_ci", value.interval),
                f"{name}_upper": number(f"{name}_upper", value.upper), f"{name}_draws": value.draws}

    def test(name: str, value: CorrelationTest | Undefined) -> dict[str, Any] | None:
        if isinstance(value, Undefined):
            number(name, value)
            return None
        return {"held_at": value.held_at, "chisq": number(f"{name}.chisq", value.statistic), "df": value.df,
                "pvalue": number(f"{name}.pvalue", value.pvalue)}

    def said(name: str, value: str | bool | Undefined) -> str | bool | None:
        if isinstance(value, Undefined):
            number(name, value)
            return None
        return value

    return {
        "scales": [one.first, one.second], "phi": number("phi", one.correlation),
        "phi_ci": number.interval("phi_ci", one.correlation_interval), "overlap": said("overlap", one.overlap),
        **ratio("htmt", one.htmt), **ratio("htmt2", one.htmt2), "negative_correlations": one.negative,
        "fornell_larcker": said("fornell_larcker", one.fornell_larcker), "chisq_90": test("chisq_90", one.at_cutoff),
        "chisq_1": test("chisq_1", one.at_one), "chisq_merged": test("chisq_merged", one.merged),
        "verdict": one.verdict, "reason": one.reason, "undefined": number.undefined,
    }


def _crossing_entry(one: CrossLoading) -> dict[str, Any]:
    number = Defined()
    return {"item": one.item, "own": one.own, "other": one.other, "loading": number("loading", one.loading),
            "expected": number("expected", one.change), "mi": one.index, "pvalue": one.pvalue,
            "pvalue_adjusted": number("pvalue_adjusted", one.adjusted), "undefined": number.undefined}


# -- tables --------------------------------------------------------------------------------------------------


def tables(found: DistinctLevel) -> list[RenderableType]:
    """Scales, pairs, tests where there are any, cross-loadings, and every reason and warning beneath."""
    shown: list[RenderableType] = [table(
        "Do the items of each scale agree?",
        ("scale", "items", "composite reliability", "interval", "AVE", "interval", "√AVE", "largest shared", "with"),
        [(one.label, str(len(one.indicators)), decimals(one.reliability), _limits(one.reliability_interval),
          decimals(one.variance_extracted), _limits(one.variance_extracted_interval), decimals(one.root),
          decimals(one.largest_shared), one.shared_with or "–") for one in found.factors])]
    if found.pairs:
        shown += _pair_tables(found)
    if found.cross_loadings:
        shown.append(table(
            f"Largest of {found.cross_loadings_tested} loadings that items could have on other scales",
            ("item", "own", "loading", "other", "expected", "index", "p", "p, adjusted"),
            [(one.item, one.own, decimals(one.loading), one.other, decimals(one.change), decimals(one.index, 2),
              p_value(one.pvalue), p_value(one.adjusted)) for one in found.cross_loadings]))
    fit = f"CFI {decimals(found.cfi)}, RMSEA {decimals(found.rmsea)}, SRMR {decimals(found.srmr)}"
    clusters = f", {found.clusters} clusters" if found.clusters else ""
    shown.append(f"One factor a scale, all correlated: n {found.n}, {found.complete} complete{clusters}; {fit}."
                 if not found.why_not else f"There is no confirmatory model. {found.why_not}")
    shown += [f"{one.label}: reliability is undefined because {one.reliability.because}."
              for one in found.factors if isinstance(one.reliability, Undefined) and not found.why_not]
    return [*shown, *found.warnings]


def _pair_tables(found: DistinctLevel) -> list[RenderableType]:
    shown: list[RenderableType] = [table(
        "Are the scales distinct?",
        ("scales", "verdict", "φ", "interval", "HTMT", "at most", "HTMT2", "at most", "Fornell-Larcker"),
        [(f"{one.first}, {one.second}", one.verdict, decimals(one.correlation), _limits(one.correlation_interval),
          decimals(one.htmt.value), decimals(one.htmt.upper), decimals(one.htmt2.value), decimals(one.htmt2.upper),
          "–" if isinstance(one.fornell_larcker, Undefined) else "holds" if one.fornell_larcker else "fails")
         for one in found.pairs], left=2)]
    tested = [(one, name, test) for one in found.pairs for name, test in (
        ("φ held at .90", one.at_cutoff), ("φ held at 1", one.at_one), ("one factor", one.merged))
        if isinstance(test, CorrelationTest)]
    if tested:
        shown.append(table(
            "Does a model with more overlap fit worse?", ("scales", "model", "χ²", "df", "p"),
            [(f"{one.first}, {one.second}", name, decimals(test.statistic), str(test.df), p_value(test.pvalue))
             for one, name, test in tested], left=2))
    return [*shown, *(f"{one.first}, {one.second}: {one.verdict}. {one.reason}" for one in found.pairs)]


def _limits(interval: tuple[Any, Any]) -> str:
    return " to ".join(map(decimals, interval))
