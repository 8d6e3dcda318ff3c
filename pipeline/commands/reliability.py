"""``alliometrics reliability``: internal consistency of scales in a plain data file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, table
from pipeline.measurement.complete import complete_rows
from pipeline.measurement.ordinal_reliability import MEANING, OrdinalReliability, unfit_codes
from pipeline.measurement.reliability import ScaleReliability
from pipeline.measurement.reliability_intervals import CoefficientInterval, ReliabilityIntervals, reliability_intervals
from pipeline.measurement.resampled import draw_counts
from pipeline.measurement.split_half import SplitHalf, split_half
from pipeline.undefined import Undefined

FURTHER = ("alpha_standardised", "mean_r", "lambda2", "lambda6", "glb")
"""Coefficients beside alpha and omega, by their keys."""

KEYS = {"alpha": "alpha", "omega": "omega", "ave": "ave", **{key: key for key in FURTHER},
        "alpha_ordinal": "alpha_ordinal", "omega_categorical": "omega_ordinal"}
"""Coefficient → its key in the document."""

ORDINAL = ("alpha_ordinal", "omega_categorical")


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """One scale: what its answers say, and intervals from ``draws`` resamples, none if that is 0."""

    sample: ScaleReliability
    coefficients: Mapping[str, CoefficientInterval]
    halves: SplitHalf | Undefined
    draws: int
    seed: int

    @property
    def name(self) -> str:
        return self.sample.name

    @property
    def ordinal(self) -> OrdinalReliability | None:
        """None where ordinal coefficients were not asked for."""
        return self.sample.ordinal


def parse_scales(options: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """``NAME=a,b,c`` options → items by scale.

    Raises
    ------
    InputError
        ``OPTION-SCALE``, every bad option at once.
    """
    findings, scales = [], {}
    for option in options:
        name, sign, listed = option.partition("=")
        items = tuple(item.strip() for item in listed.split(","))
        if not sign or not name.strip() or not all(items):
            findings.append(Finding("OPTION-SCALE", f"--scale {option}", "A scale is written NAME=item,item,…",
                                    "Write for example --scale trust=t1,t2,t3."))
        elif name.strip() in scales:
            findings.append(Finding("OPTION-SCALE", f"--scale {option}", f"The scale {name.strip()!r} is given twice.",
                                    "Give each scale a name of its own."))
        else:
            scales[name.strip()] = items
    if findings:
        raise InputError(findings)
    return scales


def scale_reliabilities(
    data: Path, options: Sequence[str], *, ordered: bool = False, bootstrap: int = 0, seed: int = 1,
) -> tuple[ScaleResult, ...]:
    """Reliability of every scale on its own complete rows, in the order of the options.

    With ``ordered``, ordinal alpha and categorical omega besides; every item's codes must then be whole numbers. With
    ``bootstrap``, percentile intervals of every coefficient from as many resamples of the file's rows, the same for
    all scales.

    Raises
    ------
    InputError
        ``OPTION-SCALE``, ``DATA-…``, ``ITEM-DOUBLED``; with ``ordered`` also ``ORDERED-CODES``, ``ORDERED-CATEGORIES``.
    """
    scales = parse_scales(options)
    file = read_csv(data)
    # All scales' columns at once, so that every bad cell is named before anything is computed.
    named = list(dict.fromkeys(item for items in scales.values() for item in items))
    X = file.numbers(named)
    findings = unfit_codes(X, named) if ordered else []
    if findings:
        raise InputError(findings)
    counts = draw_counts(len(X), bootstrap, seed) if len(X) else np.zeros((0, 0), dtype=np.uint16)

    def one(name: str, items: tuple[str, ...]) -> ScaleResult:
        answers = X[:, [named.index(item) for item in items]]
        found = reliability_intervals(answers, items, counts, name=name, label=name, ordered=ordered)
        shown = {key: one for key, one in found.coefficients.items() if ordered or key not in ORDINAL}
        sample = replace(found.sample, ordinal=found.ordinal) if ordered else found.sample
        return ScaleResult(sample, shown, _halves(answers, found), bootstrap, seed)

    return tuple(one(name, items) for name, items in scales.items())


def _halves(answers: np.ndarray[Any, Any], found: ReliabilityIntervals) -> SplitHalf | Undefined:
    if isinstance(found.sample.alpha, Undefined):
        return found.sample.alpha
    return split_half(np.atleast_2d(np.cov(complete_rows(answers)[0], rowvar=False)))


def document(scales: Sequence[ScaleResult]) -> dict[str, Any]:
    """The contract's document: one entry a scale; what is undefined is null, with its reason in ``undefined``."""
    return {scale.name: _entry(scale) for scale in scales}


def tables(results: Sequence[ScaleResult]) -> list[RenderableType]:
    """Tables of scales and one of items each, with reasons and warnings beneath."""
    scales = [one.sample for one in results]
    shown: list[RenderableType] = [table(
        "Reliability", ("scale", "items", "n", "incomplete", "alpha", "95 % interval", "omega", "95 % interval", "AVE"),
        [(s.name, str(len(s.items)), str(s.n), str(s.n_incomplete), decimals(s.alpha),
          " to ".join(map(decimals, s.alpha_ci)), decimals(s.omega), " to ".join(map(decimals, s.omega_ci)),
          decimals(s.ave)) for s in scales],
    ), _further_table(results)]
    ordinal = [(s.name, s.ordinal) for s in scales if s.ordinal is not None]
    if ordinal:
        shown += [table(
            "Reliability of the answers as ordered categories",
            ("scale", "items", "n", "ordinal alpha", "95 % interval", "categorical omega", "95 % interval"),
            [(name, str(len(o.items)), str(o.n), decimals(o.alpha), " to ".join(map(decimals, o.alpha_ci)),
              decimals(o.omega), " to ".join(map(decimals, o.omega_ci))) for name, o in ordinal],
        ), MEANING]
    for one in results:
        shown += _bootstrap_table(one) if one.draws else []
    for one in results:
        scale, entry = one.sample, _entry(one)
        shown.append(table(
            scale.name, ("item", "item-rest correlation", "alpha if dropped", "loading"),
            [(item, decimals(scale.item_rest[item]), decimals(scale.alpha_drop[item]), decimals(scale.loadings[item]))
             for item in scale.items],
        ))
        shown += [f"{scale.name}: {field} is undefined because {why}." for field, why in entry["undefined"].items()]
        shown += [f"{scale.name}: {warning}." for warning in entry["warnings"]]
    return shown


def _further_table(results: Sequence[ScaleResult]) -> RenderableType:
    return table(
        "Alpha of standardised items, lower bounds (glb: the greatest) and split halves",
        ("scale", "alpha", "mean r", "lambda 2", "lambda 6", "glb", "odd-even", "lowest split", "highest split"),
        [(one.name, *(decimals(one.coefficients[key].resampled.estimate) for key in FURTHER),
          *(map(decimals, (None,) * 3) if isinstance(one.halves, Undefined) else map(decimals, (
              one.halves.guttman.odd_even, one.halves.guttman.minimum, one.halves.guttman.maximum))))
         for one in results])


def _bootstrap_table(one: ScaleResult) -> list[RenderableType]:
    """The intervals, and beneath them what is to be said of some: in a cell it would leave no room for the numbers."""
    rows = [(KEYS[key], decimals(found.resampled.estimate), decimals(found.resampled.lower),
             decimals(found.resampled.upper), str(found.resampled.usable)) for key, found in one.coefficients.items()]
    said: dict[str, list[str]] = {}
    for key, found in one.coefficients.items():
        if found.note:
            said.setdefault(found.note, []).append(KEYS[key])
    return [table(f"{one.name}: percentile intervals of {one.draws} resamples (seed {one.seed})",
                  ("coefficient", "estimate", "2.5 %", "97.5 %", "usable"), rows),
            *(f"{one.name}, {', '.join(which)}: {note}." for note, which in said.items())]


def _bootstrap(one: ScaleResult, number: Defined) -> dict[str, Any]:
    """The document's part on resamples; nothing where none were asked for."""
    if not one.draws:
        return {}
    found = {}
    for key, coefficient in one.coefficients.items():
        name, resampled = KEYS[key], coefficient.resampled
        found[name] = {
            "est": number(name, resampled.estimate), "lower": number(f"bootstrap.{name}", resampled.lower),
            "upper": number(f"bootstrap.{name}", resampled.upper), "usable": resampled.usable, "note": coefficient.note}
    return {"bootstrap": found, "bootstrap_draws": one.draws, "bootstrap_seed": one.seed}


def _split_half(halves: SplitHalf | Undefined, number: Defined) -> dict[str, Any]:
    if isinstance(halves, Undefined):
        return {"split_half": number("split_half", halves)}
    one = halves.guttman
    return {"split_half": {
        "odd_even": number("split_half.odd_even", one.odd_even), "mean": number("split_half.mean", one.mean),
        "lowest": number("split_half.lowest", one.minimum), "highest": number("split_half.highest", one.maximum),
        "splits": halves.splits, "all": halves.exact}}


def _entry(result: ScaleResult) -> dict[str, Any]:
    number, scale = Defined(), result.sample
    return {
        "alpha": number("alpha", scale.alpha), "alpha_ci": number.interval("alpha_ci", scale.alpha_ci),
        "alpha_drop": number.by_key("alpha_drop", scale.alpha_drop),
        "item_rest": number.by_key("item_rest", scale.item_rest),
        "omega": number("omega", scale.omega), "omega_ci": number.interval("omega_ci", scale.omega_ci),
        "ave": number("ave", scale.ave), "loadings": number.by_key("loadings", scale.loadings),
        **{key: number(key, result.coefficients[key].resampled.estimate) for key in FURTHER},
        **_split_half(result.halves, number),
        **({} if scale.ordinal is None else _ordinal_entry(scale.ordinal, number)),
        **_bootstrap(result, number),
        "n": scale.n, "n_incomplete": scale.n_incomplete,
        "undefined": number.undefined,
        "warnings": [*scale.warnings, *(() if scale.ordinal is None else scale.ordinal.warnings)],
    }


def _ordinal_entry(ordinal: OrdinalReliability, number: Defined) -> dict[str, Any]:
    return {
        "alpha_ordinal": number("alpha_ordinal", ordinal.alpha),
        "alpha_ordinal_ci": number.interval("alpha_ordinal_ci", ordinal.alpha_ci),
        "omega_ordinal": number("omega_ordinal", ordinal.omega),
        "omega_ordinal_ci": number.interval("omega_ordinal_ci", ordinal.omega_ci),
        "omega_ordinal_observed": number("omega_ordinal_observed", ordinal.omega_observed),
        "loadings_ordinal": number.by_key("loadings_ordinal", ordinal.loadings),
        "categories": {item: list(given) for item, given in ordinal.categories.items()},
        "sparse_pairs": ordinal.sparse_pairs, "ordinal_means": MEANING,
    }
