"""The flow of respondents, from the export to the rows a model uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED, FlowStep, ModelRun


def flow_of(forms: Sequence[PreparedForm], runs: Sequence[ModelRun]) -> Iterator[FlowStep]:
    """Each form's steps, and what the models with the most variables leave of its rows."""
    for form in forms:
        yield from form.flow
        units = form.rows[SCREENED].units
        fits = [run for run in runs if run.rows == SCREENED and run.level == units.unit
                and set(run.fit.variables) <= set(units.frame.columns)]
        if fits:
            largest = max(fits, key=lambda run: len(run.fit.variables))
            yield FlowStep(form.form, f"Used in {largest.id}, {largest.fit.n_with_gaps} of them with gaps",
                           f"{largest.level}s", largest.fit.nobs,
                           largest.fit.n_incomplete, _missing_most(form, largest))


def _missing_most(form: PreparedForm, run: ModelRun, named: int = 3) -> str:
    """Which variables whose absence leaves a row out are missing most, and in how many rows."""
    rows = form.rows[SCREENED]
    needed = run.fit.exogenous if run.fit.missing == "fiml" else run.fit.variables
    counts = rows.units.frame[list(needed)].isna().sum().sort_values(ascending=False, kind="stable")
    top = counts[counts > 0].head(named)
    most = [f"{rows.scores.labels.get(str(name), str(name))} ({n})" for name, n in top.items()]
    return f"a variable is missing, most often {', '.join(most)}" if most else ""
