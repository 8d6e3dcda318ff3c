"""``alliometrics reliability``: internal consistency of scales in a plain data file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, table
from pipeline.measurement.ordinal_reliability import MEANING, OrdinalReliability, ordinal_reliability, unfit_codes
from pipeline.measurement.reliability import ScaleReliability, reliability


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


def scale_reliabilities(data: Path, options: Sequence[str], *, ordered: bool = False) -> tuple[ScaleReliability, ...]:
    """Reliability of every scale on its own complete rows, in the order of the options.

    With ``ordered``, ordinal alpha and categorical omega besides; every item's codes must then be whole numbers.

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

    def one(name: str, items: tuple[str, ...]) -> ScaleReliability:
        answers = X[:, [named.index(item) for item in items]]
        found = reliability(answers, items, name=name, label=name)
        return replace(found, ordinal=ordinal_reliability(answers, items)) if ordered else found

    return tuple(one(name, items) for name, items in scales.items())


def document(scales: Sequence[ScaleReliability]) -> dict[str, Any]:
    """The contract's document: one entry a scale; what is undefined is null, with its reason in ``undefined``."""
    return {scale.name: _entry(scale) for scale in scales}


def tables(scales: Sequence[ScaleReliability]) -> list[RenderableType]:
    """One table of scales and one of items each, with reasons and warnings beneath."""
    shown: list[RenderableType] = [table(
        "Reliability", ("scale", "items", "n", "incomplete", "alpha", "95 % interval", "omega", "95 % interval", "AVE"),
        [(s.name, str(len(s.items)), str(s.n), str(s.n_incomplete), decimals(s.alpha),
          " to ".join(map(decimals, s.alpha_ci)), decimals(s.omega), " to ".join(map(decimals, s.omega_ci)),
          decimals(s.ave)) for s in scales],
    )]
    ordinal = [(s.name, s.ordinal) for s in scales if s.ordinal is not None]
    if ordinal:
        shown += [table(
            "Reliability of the answers as ordered categories",
            ("scale", "items", "n", "ordinal alpha", "95 % interval", "categorical omega", "95 % interval"),
            [(name, str(len(o.items)), str(o.n), decimals(o.alpha), " to ".join(map(decimals, o.alpha_ci)),
              decimals(o.omega), " to ".join(map(decimals, o.omega_ci))) for name, o in ordinal],
        ), MEANING]
    for scale in scales:
        entry = _entry(scale)
        shown.append(table(
            scale.name, ("item", "item-rest correlation", "alpha if dropped", "loading"),
            [(item, decimals(scale.item_rest[item]), decimals(scale.alpha_drop[item]), decimals(scale.loadings[item]))
             for item in scale.items],
        ))
        shown += [f"{scale.name}: {field} is undefined because {why}." for field, why in entry["undefined"].items()]
        shown += [f"{scale.name}: {warning}." for warning in entry["warnings"]]
    return shown


def _entry(scale: ScaleReliability) -> dict[str, Any]:
    number = Defined()
    return {
        "alpha": number("alpha", scale.alpha), "alpha_ci": number.interval("alpha_ci", scale.alpha_ci),
        "alpha_drop": number.by_key("alpha_drop", scale.alpha_drop),
        "item_rest": number.by_key("item_rest", scale.item_rest),
        "omega": number("omega", scale.omega), "omega_ci": number.interval("omega_ci", scale.omega_ci),
        "ave": number("ave", scale.ave), "loadings": number.by_key("loadings", scale.loadings),
        **({} if scale.ordinal is None else _ordinal_entry(scale.ordinal, number)),
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
