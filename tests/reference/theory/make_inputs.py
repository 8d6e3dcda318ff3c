"""What ``script.R`` starts from: the sample study's rows, the theory's models, and which products they need.

    python tests/reference/theory/make_inputs.py

Run it again whenever ``data/sample``, the scoring or the models change, and ``script.R`` after it. The rows hold no
products and no terms of a response surface: ``script.R`` makes them itself. The sample study is synthetic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from instrument import store
from pipeline.estimation import observed_variables
from pipeline.models import ALL_MODELS, SECOND_ORDER, ModelSpec
from pipeline.models.spec import Level, Surface
from pipeline.prepare import prepare
from pipeline.results import SCREENED
from pipeline.rivals import ADVANTAGE, BEHIND, CHAIN
from pipeline.run import level_frames
from pipeline.sem.estimate import Options
from pipeline.study import load_plan

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[2] / "data" / "sample"
ROWS: dict[Level, str] = {"firm": "firms.csv", "alliance": "alliances.csv"}

THEORY = (*(ALL_MODELS[name] for name in ("M1b", "M1c", "M2", "M2-curved", "P1", "M3a", "M3b", "M3c", "M3d", "M4")),
          SECOND_ORDER)
COMPARED = {name: tuple(spec for spec, _ in models)
            for name, models in (("chain", CHAIN), ("advantage", ADVANTAGE), ("pillars", BEHIND))}
"""Models of the same variables on the same rows, the largest first."""
SPECS = {spec.id: spec for spec in (*THEORY, *(spec for specs in COMPARED.values() for spec in specs))}


def sample_frames() -> dict[Level, pd.DataFrame]:
    """Firms and alliances of the sample study, read, screened, scored, joined."""
    plan = load_plan(SAMPLE)
    instrument = store.load(plan.instrument)
    return level_frames([prepare(SAMPLE, plan, instrument, form) for form in plan.forms], SCREENED)


def base_variables(spec: ModelSpec) -> list[str]:
    """Variables of the data that the model rests on: those it names, and those its products and terms are made of."""
    made = {name for product in spec.products for name in product.names} | set(Surface.names if spec.surface else ())
    factors = [name for product in spec.products for factor in product.factors for name in factor]
    surface = [spec.surface.first, spec.surface.second] if spec.surface else []
    return list(dict.fromkeys([n for n in observed_variables(spec) if n not in made] + factors + surface))


def file_name(model: str) -> str:
    """The model's id without spaces."""
    return model.replace(" ", "-")


def inputs(frames: Mapping[Level, pd.DataFrame]) -> dict[str, str]:
    """Text of every input file by its name."""
    files = {}
    for level, name in ROWS.items():
        used = dict.fromkeys(v for spec in SPECS.values() if spec.level == level for v in base_variables(spec))
        # The firm stands in front of its alliances, so that they can be clustered by it.
        files[name] = frames[level][list(used)].to_csv(lineterminator="\n")
    files |= {f"models/{file_name(spec.id)}.lav": spec.syntax for spec in SPECS.values()}
    asked = {spec.id: _asked_of_r(spec) for spec in SPECS.values()}
    files["models.json"] = json.dumps(asked, indent=1) + "\n"
    compared = {name: [spec.id for spec in specs] for name, specs in COMPARED.items()}
    files["compared.json"] = json.dumps(compared, indent=1) + "\n"
    return files


def _asked_of_r(spec: ModelSpec) -> dict[str, object]:
    """Rows, products and options of a model; options as ``tests/reference/lavaan/script.R`` takes them."""
    given = spec.options
    options: dict[str, object] = {"estimator": given.estimator, "missing": given.missing, "fixed_x": given.fixed_x}
    if spec.level == "alliance":
        options["cluster"] = "firm_id"
    # Whoever gives a model more options, or leaves rows out, writes it down here too.
    assert given == Options(given.estimator, given.missing, fixed_x=given.fixed_x)
    assert not spec.only
    asked: dict[str, object] = {"file": file_name(spec.id), "data": ROWS[spec.level], "options": options}
    if spec.products:
        asked["products"] = [product.factors for product in spec.products]
    if spec.surface:
        asked["surface"] = {"variables": [spec.surface.first, spec.surface.second], "midpoint": spec.surface.midpoint}
    return asked


def main() -> None:
    (HERE / "models").mkdir(exist_ok=True)
    for name, text in inputs(sample_frames()).items():
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
