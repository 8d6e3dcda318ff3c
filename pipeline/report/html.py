"""One self-contained HTML report: style and figures inside, no script, fit for screen and paper.

What is said stands in the template and in the tables' summaries; this module gathers it and turns
table values into cells.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instrument.model import Instrument
from instrument.spreadsheet import column_letters
from pipeline.report import methods, names, numbers, theory, words
from pipeline.report.figures import Figure, all_figures
from pipeline.report.figures.spec import WIDTH
from pipeline.report.tables import (
    Table,
    all_tables,
    display,
    facts_wording_table,
    items_wording_table,
    select,
)
from pipeline.report.tables.fit import fit_sentence
from pipeline.report.tables.models import crosschecks_sentence
from pipeline.report.tables.provenance import instrument_called
from pipeline.results import StudyResults
from pipeline.undefined import Undefined

REPORT_FILE = "report.html"
TEMPLATES = Path(__file__).resolve().parent / "templates"

WIDE = 12
"""A table with more columns is set smaller, and on paper across the page."""
DENSE = 12
"""A table that needs more room is set smaller: a column needs one part, an interval three."""

IN_BRIEF: dict[str, tuple[str, ...]] = {
    "reading": ("form", "file", "rows", "rows_set_aside", "cells", "cells_set_aside", "answered", "languages"),
    "fit": ("model", "rows", "n", "chisq", "df", "pvalue", "scaling_factor", "cfi", "tli", "rmsea", "rmsea_ci", "srmr"),
    "identification": ("model", "rows", "n", "n_with_gaps", "n_incomplete", "n_clusters", "variables", "moments",
                       "npar", "df"),
    "indices": ("model", "rows", "version", "chisq", "pvalue", "cfi", "tli", "nfi", "rfi", "ifi", "rmsea", "rmsea_ci",
                "rmsea_pvalue", "gfi"),
    "effects": ("effect", "est", "ci", "ci_admissible", "ci_monte_carlo", "std_all", "std_ci"),
    "measurement": ("factor", "order", "indicator", "est", "se", "ci", "std_all", "std_all_se"),
    "paths": ("outcome", "predictor", "label", "est", "se", "ci", "pvalue", "std_all", "std_all_se"),
    "variances": ("kind", "first", "second", "est", "se", "ci", "std_all", "std_all_se"),
    "intercepts": ("kind", "variable", "est", "se", "ci", "std_all", "std_all_se"),
    "parameters": ("lhs", "op", "rhs", "label", "est", "se", "z", "pvalue", "ci", "std_all", "std_all_se"),
    "invariance": ("construct", "form", "grouping", "comparable", "freed", "rejected", "pvalue", "adjusted",
                   "cfi_change"),
    "invariance-steps": ("construct", "form", "grouping", "estimator", "items", "step", "chisq", "df", "cfi", "rmsea",
                         "srmr", "difference", "difference_df", "difference_pvalue", "cfi_change", "holds"),
    "invariance-items": ("construct", "form", "grouping", "estimator", "item", "freed", "values", "adjusted", "dmacs",
                         "signed", "size"),
    "invariance-means": ("construct", "form", "grouping", "factor", "groups", "freed", "difference", "ci", "pvalue",
                         "pooled"),
    "ordinal": ("model", "n", "robust_n", "ordered", "first", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "asked",
                "agree"),
    "ordinal-estimates": ("model", "name", "robust", "robust_se", "robust_pvalue", "ordinal", "ordinal_se",
                          "ordinal_pvalue", "agree"),
    "fit-theory": ("model", "title", "n", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci", "srmr"),
    "claims": ("document", "claim", "statement", "verdict", "est", "ci", "power", "because"),
    "predictions": ("claim", "what", "expected", "verdict", "model", "est", "ci", "std", "equivalence"),
    "comparison": ("model", "title", "restriction", "chisq", "df", "aic", "difference", "difference_df", "pvalue",
                   "remark"),
    "robustness": ("estimator", "missing", "exclusion", "covariates", "decay", "function", "n", "std_all", "std_ci",
                   "excludes_zero", "inside_headline", "remark"),
    "probes-slopes": ("interaction", "n", "at", "value", "est", "se", "pvalue", "ci"),
    "probes-terms": ("interaction", "term", "est", "se", "pvalue", "ci"),
    "probes-regions": ("interaction", "kind", "sign", "lower", "upper", "covered", "range"),
    "exclusions": ("form", "response", "reason"),
    "normality": ("of", "form", "items", "n", "skewness", "skewness_pvalue", "kurtosis", "kurtosis_expected",
                  "kurtosis_pvalue", "henze_zirkler", "henze_zirkler_pvalue"),
    "item-answers": ("scale", "item", "n", "missing", "mean", "sd", "skewness", "kurtosis", "floor", "ceiling",
                     "item_rest"),
    "structure": ("set", "structure", "chisq", "df", "pvalue", "cfi", "rmsea", "rmsea_ci", "srmr", "bic", "difference",
                  "difference_df", "difference_pvalue"),
    "structure-comparisons": ("set", "restricted", "unrestricted", "relation", "statistic", "df", "pvalue", "bic",
                              "verdict"),
    "distinctness": ("set", "level", "n", "complete", "clusters", "cfi", "rmsea", "srmr", "pairs", "distinct", "remark",
                     "not_shown", "closest", "closest_phi"),
    "distinctness-constructs": ("set", "first", "second", "verdict", "phi", "phi_ci", "htmt2", "htmt2_most",
                                "fornell_larcker"),
    "distinctness-dimensions": ("set", "first", "second", "verdict", "phi", "phi_ci", "htmt2", "htmt2_most",
                                "fornell_larcker"),
    "convergent": ("set", "level", "factor", "indicators", "reliability", "reliability_ci", "extracted", "extracted_ci",
                   "shared"),
    "informants": ("scale", "units", "median", "share", "out_of_range", "deviation", "icc1", "icc1_ci", "icc2",
                   "icc2_ci", "f", "pvalue"),
    "informants-nulls": ("scale", "null", "variance", "units", "out_of_range", "median", "mean", "mean_as_zero",
                         "share"),
    "care-indices": ("form", "index", "careless", "defined", "median", "cutoff", "marked", "share", "alone",
                     "excluded"),
    "care-estimates": ("what", "name", "plan", "plan_ci", "strict", "strict_ci", "none", "none_ci", "largest"),
    "method": ("set", "form", "n", "retained", "share", "change", "pair", "pvalue", "outer"),
    "method-models": ("set", "model", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "proper", "problems"),
    "failures": ("form", "row", "column", "code", "rule", "value", "set_aside"),
}
"""Columns the page has room for, by the first word of a table's id; the CSV files hold them all."""

HEAVY = 200_000
"""Bytes of an SVG above which the page holds the PNG instead; the folder of figures has both."""

_UNTOUCHED = " '=:/;,()!*@$?[]+"
"""What may stand as it is in a data URI between double quotes."""

TRUTH = "truth"
"""A column of the claims where the data are synthetic."""


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell, ready to print; ``remark`` is the letter of a footnote."""

    text: str
    style: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TableView:
    """A table, ready to print: undefined cells are marked and their reasons stand below.

    ``groups`` are the rows at which the first column takes a new value, if values repeat at all.
    """

    id: str
    title: str
    summary: str
    note: str
    headers: tuple[CellView, ...]
    rows: tuple[tuple[CellView, ...], ...]
    remarks: tuple[tuple[str, str], ...]
    wide: bool
    dense: bool
    groups: tuple[int, ...]


class Numbering:
    """Numbers tables and figures in the order in which the page shows them."""

    def __init__(self) -> None:
        self._last = {"Table": 0, "Figure": 0}

    def next(self, kind: str) -> str:
        self._last[kind] += 1
        return f"{kind} {self._last[kind]}"


def write_report(
    results: StudyResults, folder: Path, instrument: Instrument | None = None,
    figures: tuple[Figure, ...] | None = None,
) -> Path:
    """Write ``report.html`` into ``folder`` (made if missing) and return its path.

    Parameters
    ----------
    instrument
        The questionnaire as fielded; with it the appendix holds every item's wording and key.
    figures
        Those of the results, if they were made already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REPORT_FILE
    path.write_text(report_html(results, instrument, figures), encoding="utf-8", newline="\n")
    return path


def report_html(
    results: StudyResults, instrument: Instrument | None = None, figures: tuple[Figure, ...] | None = None,
) -> str:
    """The report as one HTML document."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    tables = list(all_tables(results))
    if instrument is not None:
        optional = results.plan.optional_blocks
        tables += [items_wording_table(instrument, optional), facts_wording_table(instrument, optional)]
    context: dict[str, Any] = {
        "results": results, "plan": results.plan, "manifest": results.manifest, "headline": results.headline,
        "tables": {table.id: table_view(_in_brief(table)) for table in tables},
        "titles": {table.id: table.title for table in tables},
        "figures": {figure.id: figure for figure in (all_figures(results) if figures is None else figures)},
        "numbering": Numbering(), "names": names, "words": words, "numbers": numbers, "fit_sentence": fit_sentence,
        "methods": methods, "second_opinion": crosschecks_sentence(results),
        "style": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        "data_uri": data_uri, "instrument": instrument, "mediation": names.mediation(results),
        "slug": names.slug, "share_of_width": share_of_width, "theory": theory,
        "instrument_called": instrument_called(results.manifest),
    }
    return environment.get_template("report.html.j2").render(context)


def table_view(table: Table) -> TableView:
    """Cells as text with a style each; the reason of an undefined value becomes a footnote."""
    remarks: dict[str, str] = {}
    rows = []
    for row in table.rows:
        cells = []
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            undefined = _undefined(cell)
            if undefined is not None:
                letter = remarks.setdefault(undefined.because, column_letters(len(remarks)).lower())
                cells.append(CellView("undefined", "undefined", letter))
            else:
                cells.append(CellView(display(cell, column), _style(column.kind, place)))
        rows.append(tuple(cells))
    headers = tuple(CellView(c.header, _style(c.kind, place)) for place, c in enumerate(table.columns))
    return TableView(
        table.id, table.title, table.summary, table.note, headers, tuple(rows),
        tuple((letter, because) for because, letter in remarks.items()), len(table.columns) > WIDE,
        sum(3 if column.kind == "interval" else 1 for column in table.columns) > DENSE, _groups(table),
    )


def data_uri(figure: Figure) -> Markup:
    """The figure as a data URI, so that the page needs no other file and ids of two figures never meet.

    SVG as text, which is shorter than base64; of a drawing with thousands of marks PNG, which is smaller by far.
    """
    svg = figure.svg()
    if len(svg) > HEAVY:
        return Markup(f"data:image/png;base64,{base64.b64encode(figure.small_png()).decode('ascii')}")
    text = re.sub(r"""="([^"']*)\"""", r"='\1'", " ".join(svg.decode("utf-8").split()))
    return Markup(f"data:image/svg+xml,{quote(text, safe=_UNTOUCHED)}")


def share_of_width(figure: Figure) -> int:
    """Per cent of the column that a drawing takes, so that letters have the same size in all."""
    found = re.search(rb'width="([.\d]+)pt"', figure.svg())
    points = float(found[1]) if found else 72 * figure.width
    return min(100, round(100 * points / (72 * WIDTH)))


def _groups(table: Table) -> tuple[int, ...]:
    first = [row[0] for row in table.rows]
    starts = tuple(i for i, cell in enumerate(first) if i and cell != first[i - 1])
    return starts if 0 < len(starts) < len(first) / 2 else ()


def _in_brief(table: Table) -> Table:
    kind = table.id if table.id in IN_BRIEF else table.id.split("-")[0]
    keys = IN_BRIEF.get(kind)
    if kind == "parameters":
        table = _without_defined(table)
    known = {column.key for column in table.columns}
    if table.id == "claims" and TRUTH in known and keys is not None:
        keys = (*keys, TRUTH)
    return select(table, keys) if keys is not None and known.issuperset(keys) else table


def _without_defined(table: Table) -> Table:
    """Defined effects have a table of their own on the page."""
    return replace(table, rows=tuple(row for row, op in zip(table.rows, table.column("op"), strict=True) if op != ":="))


def _undefined(cell: object) -> Undefined | None:
    parts = cell if isinstance(cell, tuple) else (cell,)
    return next((part for part in parts if isinstance(part, Undefined)), None)


def _style(kind: str, place: int) -> str:
    if kind == "text" or (kind == "integer" and place == 0):
        return "text"
    return "interval" if kind == "interval" else "number"
