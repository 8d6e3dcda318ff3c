"""Every figure of a study, each with a one-sentence summary and the id of the table that holds its numbers."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.report.figures.claims import evidence_figures, verdict_figure
from pipeline.report.figures.consistency import consistency_figures
from pipeline.report.figures.distinctness import distinctness_figures
from pipeline.report.figures.effects import bootstrap_figure, decay_figure, forest_figure
from pipeline.report.figures.flow import flow_figure
from pipeline.report.figures.invariance import invariance_figures
from pipeline.report.figures.items import answers_figures
from pipeline.report.figures.measurement import loadings_figure, measurement_figure, scree_figure
from pipeline.report.figures.paths import path_figure
from pipeline.report.figures.probes import probe_figures
from pipeline.report.figures.robustness import specification_figure
from pipeline.report.figures.sensitivity import confounding_figure, reliability_figure
from pipeline.report.figures.spec import Figure
from pipeline.report.figures.structure import structure_figures
from pipeline.results import StudyResults

__all__ = [
    "Figure", "all_figures", "bootstrap_figure", "confounding_figure", "decay_figure", "evidence_figures",
    "flow_figure", "forest_figure", "invariance_figures", "loadings_figure", "measurement_figure", "path_figure",
    "probe_figures", "reliability_figure", "scree_figure", "specification_figure", "verdict_figure", "write_figures",
]

INDEX = "index.json"


def all_figures(results: StudyResults) -> tuple[Figure, ...]:
    """Every figure the results allow, in the order of the report."""
    found: list[Figure | None] = [flow_figure(results)] if results.flow else []
    for analysis in results.factor_analyses:
        found += [scree_figure(analysis), loadings_figure(analysis)]
    evidence = results.evidence
    found += [*answers_figures(evidence.items, evidence.constructs), *consistency_figures(evidence.consistency),
              *structure_figures(evidence.structure), *distinctness_figures(evidence.distinctness)]
    found += invariance_figures(results.invariance)
    found += [path_figure(results), measurement_figure(results), forest_figure(results), bootstrap_figure(results),
              decay_figure(results), verdict_figure(results), *evidence_figures(results)]
    if results.sensitivity is not None:
        found += [confounding_figure(results.sensitivity), reliability_figure(results.sensitivity)]
    if results.robustness is not None:
        found.append(specification_figure(results.robustness))
    found += probe_figures(results.probes)
    return tuple(figure for figure in found if figure is not None)


def write_figures(results: StudyResults, folder: Path, figures: tuple[Figure, ...] | None = None) -> Path:
    """Write ``<id>.svg``, ``<id>.png`` and ``index.json`` (id, title, summary, table of each) into ``folder``.

    ``figures`` are those of the results, if they were made already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = all_figures(results) if figures is None else figures
    for figure in figures:
        (folder / f"{figure.id}.svg").write_bytes(figure.svg())
        (folder / f"{figure.id}.png").write_bytes(figure.png())
    index = [{"id": f.id, "title": f.title, "summary": f.summary, "table": f.table} for f in figures]
    text = json.dumps(index, indent=1, ensure_ascii=False)
    (folder / INDEX).write_text(text + "\n", encoding="utf-8", newline="\n")
    return folder
