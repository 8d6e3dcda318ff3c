"""A model of the theory on a table of firms or alliances: the columns it needs, its estimate, its place in errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from instrument.errors import Finding, InputError
from pipeline.models import ModelSpec
from pipeline.models.spec import Surface
from pipeline.sem.estimate import Estimated, estimate_model
from pipeline.sem.products import product_columns
from pipeline.sem.response_surface import polynomial_columns
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table


def observed_variables(spec: ModelSpec) -> list[str]:
    """Variables that the model's text names and the data have, product indicators and surface terms among them."""
    return list(parameter_table(parse_model(spec.syntax, spec.id)).observed)


def needed_variables(spec: ModelSpec) -> tuple[str, ...]:
    """Variables that the rows must hold: those the model's text names, and those its products and surface are of."""
    made = {name for product in spec.products for name in product.names} | set(Surface.names if spec.surface else ())
    parts = [name for product in spec.products for part in product.parts for name in part]
    surface = [spec.surface.first, spec.surface.second] if spec.surface else []
    named = [name for name in observed_variables(spec) if name not in made]
    return tuple(dict.fromkeys((*(name for name, _ in spec.only), *surface, *parts, *named)))


def with_definitions(spec: ModelSpec, definitions: dict[str, str]) -> ModelSpec:
    """The model with further defined quantities, which change no estimate: name → arithmetic with its labels."""
    lines = "".join(f"{name} := {expression}\n" for name, expression in definitions.items())
    return replace(spec, syntax=f"{spec.syntax}\n{lines}") if lines else spec


def model_frame(spec: ModelSpec, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that take part and the columns the model names, products and surface terms made from them.

    Raises
    ------
    InputError
        ``PRODUCT-…`` and ``SURFACE-…``, such as a moderator without variance; ``MODEL-DATA`` for a variable that the
        rows lack.
    """
    _require(spec, frame, [name for name, _ in spec.only])
    rows = frame
    for name, value in spec.only:
        rows = rows[rows[name] == value]
    if spec.surface is not None:
        _require(spec, frame, [spec.surface.first, spec.surface.second])
        rows = _with_surface(spec.surface, rows)
    if spec.products:
        columns, names = product_columns(rows.to_numpy(dtype=float), list(map(str, rows.columns)), spec.products)
        rows = pd.concat([rows, pd.DataFrame(columns, index=rows.index, columns=list(names))], axis=1)
    used = observed_variables(spec)
    _require(spec, rows, used)
    return rows[used]


def _require(spec: ModelSpec, rows: pd.DataFrame, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in rows.columns]
    if absent:
        raise InputError(Finding(
            "MODEL-DATA", f"model {spec.id}", f"The answers give no {', '.join(absent)}.",
            "Field the form and the blocks that ask for it, or leave the model out."))


def _with_surface(surface: Surface, rows: pd.DataFrame) -> pd.DataFrame:
    terms = polynomial_columns(rows[surface.first], rows[surface.second], midpoint=surface.midpoint)
    return rows.assign(**dict(zip(Surface.names, terms.T, strict=True)))


def estimate(spec: ModelSpec, frame: pd.DataFrame) -> Estimated:
    """The model on the rows of ``frame``; alliances clustered by their firm.

    Raises
    ------
    InputError
        ``SEM-…`` and ``PRODUCT-…``, each placed in this model, with the variables that are missing most where cases are
        too few.
    """
    try:
        used = model_frame(spec, frame)
    except InputError as error:
        raise InputError(_placed(finding, spec) for finding in error.findings) from error
    firms = [str(firm) for firm in used.index.get_level_values("firm_id")] if spec.level == "alliance" else None
    try:
        return estimate_model(spec.syntax, used.to_numpy(dtype=float), list(used.columns), spec.options, name=spec.id,
                              clusters=firms)
    except InputError as error:
        absent = used.isna().sum().sort_values(ascending=False, kind="stable")
        most = ", ".join(f"{name} ({n})" for name, n in absent[absent > 0].head(3).items())
        said = f" Missing most, of {len(used)} rows: {most}." if most else ""
        raise InputError(
            replace(_placed(f, spec), rule=f.rule + (said if f.code == "SEM-CASES" else ""))
            for f in error.findings
        ) from error


def _placed(finding: Finding, spec: ModelSpec) -> Finding:
    place = f"model {spec.id}"
    return finding if finding.place.startswith(place) else replace(finding, place=f"{place}, {finding.place}")
