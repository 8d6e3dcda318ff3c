"""What commands have in common: exit statuses, options that recur, findings on standard error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from instrument.errors import Finding

DONE, FAILED, BAD_INPUT = 0, 1, 2

Version = Annotated[str | None, typer.Option("--version", help="Instrument version; the latest if not given.")]
Language = Annotated[str | None, typer.Option("--language", help="Language code, such as en or es.")]
Data = Annotated[Path, typer.Argument(
    metavar="DATA.csv", help="UTF-8, commas, names in the first row; empty cells and NA are missing.",
)]
Json = Annotated[Path | None, typer.Option("--json", help="Write the results here as JSON, in place of tables.")]
Ordered = Annotated[str | None, typer.Option(
    metavar="all|a,b,…", help="Columns of ordered categories; all: every endogenous observed variable.")]
Missing = Annotated[str, typer.Option(
    metavar="listwise|fiml|pairwise", help="Incomplete rows: left out; or used, of ordered variables pairwise.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes; the numbers do not depend on it.")]

SHOWN = 50
"""Findings printed before the rest is only counted; the failure table always holds all."""


def print_findings(findings: tuple[Finding, ...]) -> None:
    """Findings on standard error, the first :data:`SHOWN` in full."""
    for finding in findings[:SHOWN]:
        typer.echo(str(finding), err=True)
    if len(findings) > SHOWN:
        typer.echo(f"… and {len(findings) - SHOWN} more.", err=True)


def show_or_write(json: Path | None, document: Callable[[], dict[str, Any]], tables: Callable[[], list[Any]]) -> None:
    """The document into its file, or tables on the console."""
    from pipeline.commands.output import console, write_json

    if json is not None:
        write_json(document(), json)
        typer.echo(f"Wrote {json}.")
        return
    for part in tables():
        console().print(part, markup=False)
