"""``alliometrics reliability``: internal consistency of scales in a plain data file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, table
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

    Raises
    ------
    InputError
        ``OPTION-SCALE``, ``OPTION-LATER``, ``DATA-…``, ``ITEM-DOUBLED``.
    """
    if ordered:
        raise InputError(Finding(
            "OPTION-LATER", "--ordered", "Ordinal alpha from polychoric correlations is not available in this version.",
            "Leave --ordered out; alpha and omega of the answers as numbers are computed.",
        ))
    scales = parse_scales(options)
    file = read_csv(data)
    # All scales' columns at once, so that every bad cell is named before anything is computed.
    named = list(dict.fromkeys(item for items in scales.values() for item in items))
    X = file.numbers(named)
    return tuple(
        reliability(X[:, [named.index(item) for item in items]], items, name=name, label=name)
        for name, items in scales.items()
    )


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
    for scale in scales:
        shown.append(table(
            scale.name, ("item", "item-rest correlation", "alpha if dropped", "loading"),
            [(item, decimals(scale.item_rest[item]), decimals(scale.alpha_drop[item]), decimals(scale.loadings[item]))
             for item in scale.items],
        ))
        reasons = _entry(scale)["undefined"]
        shown += [f"{scale.name}: {field} is undefined because {why}." for field, why in reasons.items()]
        shown += [f"{scale.name}: {warning}." for warning in scale.warnings]
    return shown


def _entry(scale: ScaleReliability) -> dict[str, Any]:
    number = Defined()
    return {
        "alpha": number("alpha", scale.alpha), "alpha_ci": number.interval("alpha_ci", scale.alpha_ci),
        "alpha_drop": number.by_key("alpha_drop", scale.alpha_drop),
        "item_rest": number.by_key("item_rest", scale.item_rest),
        "omega": number("omega", scale.omega), "omega_ci": number.interval("omega_ci", scale.omega_ci),
        "ave": number("ave", scale.ave), "loadings": number.by_key("loadings", scale.loadings),
        "n": scale.n, "n_incomplete": scale.n_incomplete,
        "undefined": number.undefined, "warnings": list(scale.warnings),
    }
