"""``--ordered`` of a command: which columns hold ordered categories, and whether their cells can be such."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import SHOWN_PER_COLUMN, CsvData
from pipeline.moments.categories import coded

ALL = "all"
LEAST_SQUARES = ("dwls", "wlsmv")
SPELLINGS = {"dlws": "dwls"}
"""The contract of the commands writes ``dlws``; both are understood."""

Found = TypeVar("Found")


def method(estimator: str | None, ordered: str | None) -> str:
    """The estimator meant: what was asked for, else ``wlsmv`` for ordered variables and ``ml`` for others."""
    if estimator is None:
        return "ml" if ordered is None else "wlsmv"
    return SPELLINGS.get(estimator, estimator)


def listed(ordered: str | None) -> tuple[str, ...]:
    """Names joined by commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in (ordered or "").split(",")))


def option_findings(estimator: str | None, ordered: str | None, missing: str) -> Iterator[Finding]:
    """What of ``--estimator``, ``--ordered`` and ``--missing`` does not go together: ``FIT-TOGETHER``, and
    ``OPTION-ITEMS`` for names that are none."""
    chosen = method(estimator, ordered)
    if ordered is not None and "" in listed(ordered):
        yield Finding("OPTION-ITEMS", f"--ordered {ordered}", "Ordered variables are column names joined by commas, or "
                      "`all`.", "Write e.g. --ordered x1,x2,x3 or --ordered all.")
    if ordered is not None and chosen in ("ml", "mlr", "mlm"):
        yield Finding("FIT-TOGETHER", f"--estimator {estimator} --ordered {ordered}",
                      "Ordered variables have no normal likelihood.",
                      "Use --estimator wlsmv, or leave --ordered out to take the codes as numbers.")
    if ordered is None and chosen in LEAST_SQUARES:
        yield Finding("FIT-TOGETHER", f"--estimator {estimator}", "The estimator is for ordered variables; none are "
                      "named.", "Add --ordered all, or name them: --ordered x1,x2,x3.")
    if missing == "fiml" and chosen in LEAST_SQUARES:
        yield Finding("FIT-TOGETHER", "--missing fiml --ordered" if ordered is not None else
                      f"--missing fiml --estimator {estimator}",
                      "Full information is a likelihood; least squares of ordered variables have none.",
                      "Use --missing pairwise, which takes every pair of answers that is there.")
    if missing == "pairwise" and chosen in ("ml", "mlr", "mlm"):
        yield Finding("FIT-TOGETHER", f"--missing pairwise --estimator {chosen}",
                      "Pairwise use of answers is for ordered variables.",
                      "Use --missing fiml, which uses whatever was answered, or --ordered.")


def level_counts(X: NDArray[np.float64], names: Sequence[str]) -> dict[str, int]:
    """Distinct codes of every column of ``X`` (n, k), at least 2: too few are told where the codes are checked."""
    return {name: max(2, len(np.unique(column[~np.isnan(column)])))
            for name, column in zip(names, X.T, strict=True)}


def check_codes(file: CsvData, kept: Sequence[int], X: NDArray[np.float64], names: Sequence[str],
                ordered: Sequence[str]) -> None:
    """See that ordered columns hold categories; the first cells that are no whole numbers are named by row.

    Parameters
    ----------
    kept
        (n,) position in the file of every row of ``X`` (n, columns).

    Raises
    ------
    InputError
        ``ORDERED-CODES``, ``ORDERED-CONSTANT``, ``ORDERED-CATEGORIES``.
    """
    findings: list[Finding] = []
    for name in ordered:
        column = X[:, list(names).index(name)]
        bad = np.flatnonzero(~np.isnan(column) & (column != np.round(column)))
        for place, at in enumerate(bad[:SHOWN_PER_COLUMN], start=1):
            more = len(bad) - SHOWN_PER_COLUMN if place == SHOWN_PER_COLUMN else 0
            others = f", and {more} more in this column" if more > 0 else ""
            findings.append(Finding(
                "ORDERED-CODES", f"{file.name}, row {file.rows[kept[at]]}, column {name}",
                f"Categories of an ordered variable are whole numbers; found {column[at]:g}{others}.",
                "Correct the cell, or leave the column out of --ordered if it holds measurements or means."))
    if findings:
        raise InputError(findings)
    places = [list(names).index(name) for name in ordered]
    in_file(file, lambda: coded(X[:, places], ordered))


def in_file(file: CsvData, work: Callable[[], Found]) -> Found:
    """Do ``work``; where it refuses the data, say in which file they are."""
    try:
        return work()
    except InputError as error:
        raise InputError([_placed(finding, file) for finding in error.findings]) from error


def _placed(finding: Finding, file: CsvData) -> Finding:
    if not finding.code.startswith(("ORDERED-", "INVARIANCE-", "MOMENTS-")) or finding.place.startswith(file.name):
        return finding
    rest = finding.place.removeprefix("data").removeprefix(",").strip()
    where = f"column {rest}" if rest in file.header else rest
    return Finding(finding.code, f"{file.name}, {where}" if where else file.name, finding.rule, finding.fix,
                   finding.severity)
