"""What ``script.R`` starts from, taken from the sample study: rows, models, and what to compute.

    python tests/reference/sample/make_inputs.py

Run it again whenever ``data/sample``, the scoring or the models change, and ``script.R`` after it. The sample
study is synthetic.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from instrument import store
from pipeline.data.items import asked_items, by_dimension
from pipeline.estimation import observed_variables
from pipeline.models import MEDIATION, MODELS, ModelSpec
from pipeline.prepare import PreparedForm, prepare
from pipeline.results import SCREENED, StudyResults
from pipeline.run import run_study
from pipeline.sem.estimate import Options
from pipeline.sem.resampling import BLOCK, Resampling
from pipeline.study import load_plan

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[2] / "data" / "sample"
FORM_OF_LEVEL = {"firm": "F", "alliance": "A"}
FRAMES = {"F": "firms.csv", "A": "alliances.csv"}
RESAMPLES = BLOCK
"""Draws of the bootstrap that lavaan estimates too, for a quarter minute each: the first that share a generator."""


def prepared_forms() -> dict[str, PreparedForm]:
    """Both forms of the sample study, read, screened, scored."""
    plan = load_plan(SAMPLE)
    instrument = store.load(plan.instrument)
    return {form: prepare(SAMPLE, plan, instrument, form) for form in plan.forms}


def inputs(forms: dict[str, PreparedForm], results: StudyResults) -> dict[str, str]:
    """Text of every input file by its name.

    Only the number of factors and the bootstrap's seed and number of rows come from ``results``.
    """
    instrument = store.load(results.plan.instrument)
    factors = {analysis.name: analysis for analysis in results.factor_analyses}
    method = f"{results.plan.factors.method} {results.plan.factors.rotation}"
    files, asked = {}, {}
    for name, form in forms.items():
        rows = form.rows[SCREENED]
        response_id = rows.responses.meta["response_id"]
        scales = by_dimension(asked_items(rows.responses, instrument))
        files[f"kept_{name}.csv"] = _csv(response_id.to_frame())
        keyed = rows.scores.items.astype("Int64").set_index(pd.Index(response_id))
        files[f"items_{name}.csv"] = _csv(keyed, index=True)
        asked[name] = {
            "data": f"items_{name}.csv",
            "scales": {dimension: scales[dimension] for dimension in instrument.dimensions if dimension in scales},
            "factor_analyses": {
                analysis: {"items": found.solution.items, "factors": found.solution.factors, "solution": method}
                for analysis, found in factors.items() if set(found.solution.items) <= set(rows.scores.items.columns)
            },
        }
    files["inputs.json"] = json.dumps(asked, indent=1) + "\n"
    for name, file in FRAMES.items():
        frame = forms[name].rows[SCREENED].units.frame
        specs = [spec for spec in MODELS if FORM_OF_LEVEL[spec.level] == name]
        used = dict.fromkeys(column for spec in specs for column in observed_variables(spec))
        # The firm stands in front of its alliances, so that they can be clustered by it.
        files[file] = _csv(frame[list(used)], index=True)
    files |= {f"models/{spec.id}.lav": spec.syntax for spec in MODELS}
    files["models.json"] = json.dumps({spec.id: _asked_of_lavaan(spec) for spec in MODELS}, indent=1) + "\n"
    files["resamples.csv"] = _resamples(results)
    return files


def _asked_of_lavaan(spec: ModelSpec) -> dict[str, object]:
    """The model's data file and options, as ``tests/reference/lavaan/script.R`` takes them."""
    given = spec.options
    options: dict[str, object] = {"estimator": given.estimator, "missing": given.missing}
    if not given.fixed_x:
        options["fixed_x"] = False
    if spec.level == "alliance":
        options["cluster"] = "firm_id"
    # Whoever gives a model more options writes them down here too.
    assert given == Options(given.estimator, given.missing, fixed_x=given.fixed_x)
    return {"data": FRAMES[FORM_OF_LEVEL[spec.level]], "options": options}


def _resamples(results: StudyResults) -> str:
    """Rows of the first draws of M1's bootstrap, a line a draw, counted from 1; M1 leaves no firm out."""
    run = results.model(MEDIATION.id)
    assert run.bootstrap is not None
    assert run.fit.n_incomplete == 0
    times = Resampling((run.fit.nobs,), None, run.bootstrap.seed).counts(0, RESAMPLES)[0]
    rows = np.arange(run.fit.nobs) + 1
    return "".join(",".join(map(str, np.repeat(rows, drawn).tolist())) + "\n" for drawn in times)


def _csv(frame: pd.DataFrame, index: bool = False) -> str:
    return frame.to_csv(index=index, lineterminator="\n")


def main() -> None:
    (HERE / "models").mkdir(exist_ok=True)
    for name, text in inputs(prepared_forms(), run_study(SAMPLE, draws=1, robustness=False)).items():
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
