"""A small instrument with the fixed ids that screening and scoring rest on, and constructed answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from instrument.model import (
    Block,
    Construct,
    Dimension,
    Fact,
    FactKind,
    Form,
    Instrument,
    Item,
    Option,
    ResponseScale,
    Role,
)
from pipeline.data.responses import Responses

YES_NO = (Option(code=1, label="Yes"), Option(code=0, label="No"))
REVERSED = ("lrar4", "lrin4", "ralo4")
SCALES = {"F": {"lrar": 4, "lrco": 4, "lrin": 4, "sufl": 4, "mk": 4}, "A": {"ratr": 3, "ralo": 4, "pfcp": 3}}
EXPERIENCE = [f"{kind}{band}" for kind in ("xjv", "xeq", "xco", "xrp") for band in (1, 2, 3, 4)]


def codes(*values: int) -> tuple[Option, ...]:
    return tuple(Option(code=value) for value in values)


def fact(name: str, kind: FactKind, role: Role, *options: Option, screen_out: tuple[int, ...] = ()) -> Fact:
    return Fact(id=name, kind=kind, role=role, text=f"About {name}?", options=options, screen_out=screen_out)


def scale_block(dimension: str, items: int, optional: bool = False) -> Block:
    return Block(id=f"b{dimension}", title=dimension, optional=optional, questions=tuple(
        Item(id=f"{dimension}{k}", dimension=dimension, text=f"Statement {dimension}{k}.",
             reversed=f"{dimension}{k}" in REVERSED)
        for k in range(1, items + 1)))


@cache
def instrument() -> Instrument:
    consent = fact("cons", "choice", "consent", *YES_NO, screen_out=(0,))
    about = (fact("tenr", "number", "screening"), fact("know", "choice", "knowledge", *codes(1, 2, 3, 4, 5, 6, 7)))
    attention = Block(id="att", title="", questions=(
        Fact(id="at1", kind="choice", role="attention", text="Choose 2.", scale="agree7", expected=2),))
    diligence = Block(id="end", title="", questions=(fact("dilig", "choice", "diligence", *codes(1, 2, 3, 4, 5)),))
    firm = Block(id="firm", title="", questions=(
        fact("indus", "choice", "context", *codes(*range(1, 11))), fact("fyear", "year", "context"),
        fact("fsize", "number", "context"), *(fact(name, "count", "experience") for name in EXPERIENCE),
        fact("dafex", "choice", "function", *YES_NO), fact("fmpr", "count", "function"),
        fact("fmtl", "choices", "function", *codes(1, 2, 3, 4)), fact("fmtr", "choice", "function", *codes(0, 1, 2, 3)),
        fact("fmcm", "count", "function"), fact("fmap", "choice", "function", *YES_NO),
        fact("ocmet", "count", "outcome"), fact("ocexp", "count", "outcome"), fact("ocfail", "count", "outcome")))
    scal = fact("scal", "choice", "screening", *YES_NO, screen_out=(0,))
    f_scales = [scale_block(name, items) for name, items in SCALES["F"].items()]
    a_scales = [scale_block(name, items, optional=name == "pfcp") for name, items in SCALES["A"].items()]
    common = {"title": "", "respondent": "", "consent_version": "1"}
    return Instrument(
        name="small", version="1.0.0", title="", summary="", licence="", language="en", language_name="English",
        alliance_definition="", scales=(ResponseScale(id="agree7", points=codes(*range(1, 8)),
                                                      missing=(Option(code="na"), Option(code="dk"))),),
        constructs=tuple(
            Construct(id=f"c{name}", name=name, definition="", measurement="reflective", form="both", source=(),
                      dimensions=(Dimension(id=name, name=f"Dimension {name}", definition=""),))
            for scales in SCALES.values() for name in scales),
        forms=(
            Form(id="F", identifiers=("firm_id", "informant_id"), **common, blocks=(
                Block(id="in", title="", questions=(consent, scal, *about)), firm, *f_scales[:2], attention,
                *f_scales[2:], diligence)),
            Form(id="A", identifiers=("firm_id", "alliance_id", "informant_id"), **common, blocks=(
                Block(id="ina", title="", questions=(consent, *about)), *a_scales, diligence)),
        ),
    )


def answers(form: str = "F", n: int = 1, seed: int = 1) -> pd.DataFrame:
    """Careful answers: half-scales agree, nothing is missing, no flag is raised. Rows count from 4, as in an export."""
    rng = np.random.default_rng(seed)
    frame: dict[str, np.ndarray] = {}
    for place, (name, items) in enumerate(SCALES[form].items()):
        level = 2 + (place + rng.integers(0, 4, n)) % 5
        for k in range(1, items + 1):
            answer = np.clip(level + rng.integers(0, 2, n), 1, 7)
            frame[f"{name}{k}"] = 8 - answer if f"{name}{k}" in REVERSED else answer
    frame |= {"cons": np.ones(n), "tenr": np.full(n, 5), "know": np.full(n, 6), "dilig": np.full(n, 5)}
    if form == "F":
        frame |= {"scal": np.ones(n), "at1": np.full(n, 2), "indus": np.ones(n), "fyear": np.full(n, 2004),
                  "fsize": np.full(n, 100), "dafex": np.ones(n), "fmpr": np.full(n, 5), "fmtr": np.full(n, 3),
                  "fmcm": np.full(n, 2), "fmap": np.ones(n), "ocmet": np.full(n, 2), "ocexp": np.ones(n),
                  "ocfail": np.ones(n)}
        frame |= {f"fmtl.{code}": np.ones(n) for code in (1, 2, 3, 4)}
        frame |= {name: np.ones(n) for name in EXPERIENCE}
    return pd.DataFrame(frame, index=pd.RangeIndex(4, 4 + n, name="row"), dtype=float)


def responses(
    values: pd.DataFrame, form: str = "F", missing: Mapping[tuple[int, str], str] | None = None, **meta: object
) -> Responses:
    """Typed responses; ``missing`` gives (row, column) → reason, other NaN are ``unanswered``; ``meta`` overrides."""
    values = values.copy()
    for (row, column), _ in (missing or {}).items():
        values.loc[row, column] = np.nan
    reasons = pd.DataFrame(np.where(values.isna(), "unanswered", ""), values.index, values.columns, dtype=object)
    for (row, column), reason in (missing or {}).items():
        reasons.loc[row, column] = reason
    columns: dict[str, object] = {
        "response_id": [f"R_{row}" for row in values.index], "firm_id": [f"f{row}" for row in values.index],
        "informant_id": [f"i{row}" for row in values.index], "instrument_version": "1.0.0", "language": "en",
        "started": pd.Timestamp("2024-03-01 10:00"), "ended": pd.Timestamp("2024-03-01 10:20"),
        "duration_seconds": 1200.0, "finished": True,
    }
    if form == "A":
        columns["alliance_id"] = [f"a{row}" for row in values.index]
    return Responses(form, values, reasons, pd.DataFrame(index=values.index),
                     pd.DataFrame(columns | meta, index=values.index))
