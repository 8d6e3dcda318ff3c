"""``alliometrics cutoffs``: cut-offs of fit indices simulated for a measurement model and a plain data file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import RenderableType

from pipeline.commands.csv_data import MODEL_FILE, read_csv, read_text
from pipeline.commands.output import Defined, decimals, table
from pipeline.evidence.cutoffs import model_cut_offs
from pipeline.evidence.found.cutoffs import ModelCutOffs
from pipeline.report.tables.cutoffs import TOLD, missing_words
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table


def simulated_cut_offs(
    model: Path, data: Path, *, replications: int, seed: int, levels: int, workers: int = 1,
) -> ModelCutOffs:
    """Estimate the model by maximum likelihood on complete rows, and simulate it.

    Raises
    ------
    InputError
        ``MODEL-…``, ``DATA-…``, ``SEM-…``. A model that cannot be simulated says why in its result.
    """
    syntax = read_text(model, MODEL_FILE)
    names = list(parameter_table(parse_model(syntax, model.name)).observed)
    X = read_csv(data).numbers(names)
    complete = X[~np.isnan(X).any(axis=1)]
    estimated = estimate_model(syntax, complete, names, Options(), name=model.name)
    return model_cut_offs(estimated, model.name, replications=replications, seed=seed, workers=workers, levels=levels)


def document(found: ModelCutOffs, replications: int, seed: int) -> dict[str, Any]:
    """``fit``, ``fixed`` and ``levels`` with their cut-offs; one that does not exist is null, with its reason."""
    number = Defined()
    return {
        "model": found.model, "n": found.n, "replications": replications, "seed": seed,
        "fit": {one.index: number(one.index, one.value) for one in found.indices},
        "fixed": {one.index: one.fixed for one in found.indices},
        "below": {one.index: one.below if isinstance(one.below, int) else None for one in found.indices},
        "true_converged": found.true_converged,
        "levels": [{
            "level": level.level, "kind": level.kind, "added": [list(one) for one in level.added],
            "converged": level.converged,
            "cutoffs": {cut.index: number(f"level {level.level} {cut.index}", cut.value) for cut in level.cut_offs},
            "rates": {cut.index: number(f"level {level.level} {cut.index} rate", cut.rate) for cut in level.cut_offs},
        } for level in found.levels],
        "more_levels": found.more_levels, "why_not": found.why_not, "verdict": found.verdict,
        "undefined": number.undefined,
    }


def tables(found: ModelCutOffs) -> list[RenderableType]:
    """The model's indices beside every level's cut-offs."""
    if found.why_not:
        return [found.verdict]
    rows = []
    for one in found.indices:
        cuts = [cut.value for level in found.levels for cut in level.cut_offs if cut.index == one.index]
        rows.append((TOLD[one.index], decimals(one.value), decimals(one.fixed, 2), *map(decimals, cuts)))
    levels = [f"level {level.level}" for level in found.levels]
    return [
        table(f"Cut-offs for {found.model}, n = {found.n}", ("index", "value", "fixed", *levels), rows),
        *(f"Level {level.level} misses {missing_words(level)}; {level.converged} samples converged."
          for level in found.levels),
        found.verdict,
    ]
