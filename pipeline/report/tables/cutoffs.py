"""Simulated cut-offs of fit beside the fixed ones."""

from __future__ import annotations

from pipeline.evidence.found.cutoffs import CutOffsReport, FoundLevel, ModelCutOffs
from pipeline.report.numbers import counted
from pipeline.report.tables.spec import Cell, Column, Table

TOLD = {"cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR"}


def cut_offs_tables(found: CutOffsReport | None) -> tuple[Table, ...]:
    """How each model's fit stands, and every level's cut-offs; none where none were simulated."""
    return () if found is None or not found.models else (standing_table(found), levels_table(found))


def standing_table(found: CutOffsReport) -> Table:
    """A row for each model and index: its value, the fixed cut-off, those simulated."""
    most = max((len(model.levels) for model in found.models), default=0)
    rows = []
    for model in found.models:
        for index in model.indices:
            cuts = [cut.value for level in model.levels for cut in level.cut_offs if cut.index == index.index]
            rows.append((model.title, TOLD[index.index], index.value, index.fixed, *cuts,
                         *[None] * (most - len(cuts)), _below(index.below, len(model.levels))))
    return Table(
        "cutoffs", "Fit beside cut-offs simulated for the model",
        (Column("model", "Model"), Column("index", "Index"), Column("value", "Value", "number", 3, True),
         Column("fixed", "Fixed cut-off", "number", 2, True),
         *(Column(f"level_{level}", f"Level {level}", "number", 3, True) for level in range(1, most + 1)),
         Column("below", "Misfit")),
        tuple(rows), summary(found),
        f"Simulated cut-offs (McNeish & Wolf 2023): {found.replications:,} normal samples of the study's size from a "
        "population where the model holds, and as many where it misses something; level 1 is the slightest. A cut-off "
        "fails 95 % of the samples of the misspecified population and passes 95 % of those of the true one, or 90 % "
        "where 95 % cannot be had. CFI should lie above it, RMSEA and SRMR below. CFI and RMSEA are robust where the "
        "estimator has robust ones. Fixed: Hu & Bentler (1999).")


def levels_table(found: CutOffsReport) -> Table:
    """What each level's population has that the model has not."""
    rows: list[tuple[Cell, ...]] = []
    for model in found.models:
        if model.why_not:
            rows.append((model.title, None, model.why_not, None, None, None, None, None))
        for level in model.levels:
            by = {cut.index: cut for cut in level.cut_offs}
            rows.append((model.title, level.level, missing_words(level), level.converged, by["cfi"].value,
                         by["rmsea"].value, by["srmr"].value, rates_words(level)))
    return Table(
        "cutoffs-levels", "What each level misses, and its cut-offs",
        (Column("model", "Model"), Column("level", "Level", "integer"), Column("added", "The model misses"),
         Column("converged", "Samples converged", "integer"), Column("cfi", "CFI", "number", 3, True),
         Column("rmsea", "RMSEA", "number", 3, True), Column("srmr", "SRMR", "number", 3, True),
         Column("rates", "Sorted rightly")),
        tuple(rows), _levels_sentence(found),
        "Cross-loadings: the weakest indicator of each factor but one also loads on the best measured factor, as much "
        "as on its own or as there is room for. Residual correlations: .3 between neighbours in size of loading.")


def summary(found: CutOffsReport) -> str:
    """Every model's verdict."""
    return " ".join(f"{model.title}: {_lower(model.verdict)}" for model in found.models)


def missing_words(level: FoundLevel) -> str:
    """Everything that the model would miss."""
    joined = " on " if level.kind == "cross-loading" else " with "
    said = ", ".join(f"{first}{joined}{second} ({size:.2f})" for first, second, size in level.added)
    return said.replace("(0.", "(.")


def rates_words(level: FoundLevel) -> str:
    """The share of samples that each index's cut-off sorts rightly."""
    parts = [f"{TOLD[cut.index]} {cut.rate:.0%}" for cut in level.cut_offs if isinstance(cut.rate, float)]
    return ", ".join(parts) or "none"


def _levels_sentence(found: CutOffsReport) -> str:
    more = [f"{_graver(model)} of {model.title.lower()}" for model in found.models if model.more_levels]
    asked = f"{found.replications:,} samples of each population were simulated"
    return f"{asked}; not simulated: {', '.join(more)}." if more else f"{asked}."


def _graver(model: ModelCutOffs) -> str:
    return counted(model.more_levels, "graver level")


def _below(below: object, levels: int) -> str:
    if not isinstance(below, int):
        return "no cut-off"
    return "less than level 1" if below == 1 else (
        f"level {below - 1} or more" if below > levels else f"between levels {below - 1} and {below}")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
