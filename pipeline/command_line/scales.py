"""Commands that examine scales in plain data files: retest, validity, careless, cutoffs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_line.shared import FAILED, Data, Json, Workers, show_or_write


def retest(
    first: Annotated[Path, typer.Argument(metavar="FIRST.csv", help="Answers at the first occasion.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND.csv", help="Answers of the same informants later.")],
    id: Annotated[str, typer.Option("--id", metavar="COL", help="Column that names the informant in both files.")],
    scale: Annotated[list[str], typer.Option(metavar="NAME=a,b,c", help="A scale and its items; may be repeated.")],
    level: Annotated[float, typer.Option(help="Confidence level of every interval.")] = 0.95,
    json: Json = None,
) -> None:
    """Test–retest reliability of scales: intraclass correlations, errors of measurement, shift."""
    from pipeline.commands import retest as command
    from pipeline.commands.output import require_place

    require_place(json)
    found = command.compare_files(first, second, id, scale, level)
    show_or_write(json, lambda: command.document(found), lambda: command.tables(found))


def cutoffs(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="A confirmatory factor analysis.")],
    data: Data,
    replications: Annotated[int, typer.Option(min=50, help="Samples of each population.")] = 500,
    levels: Annotated[int, typer.Option(min=1, help="Levels of misspecification at most.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samples.")] = 1,
    workers: Workers = 2,
    json: Json = None,
) -> None:
    """Simulate cut-offs of CFI, RMSEA and SRMR for this model and this number of cases (McNeish & Wolf 2023)."""
    from pipeline.commands import cutoffs as command
    from pipeline.commands.output import require_place

    require_place(json)
    found = command.simulated_cut_offs(model, data, replications=replications, seed=seed, levels=levels,
                                       workers=workers)
    show_or_write(json, lambda: command.document(found, replications, seed), lambda: command.tables(found))
    if found.why_not:
        raise typer.Exit(FAILED)


def validity(
    data: Data,
    scale: Annotated[list[str], typer.Option(metavar="NAME=a,b,c", help="A scale and its items; may be repeated.")],
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples for intervals of HTMT and HTMT2.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 1,
    cluster: Annotated[str | None, typer.Option(metavar="COL", help="Column of the clusters, such as firms.")] = None,
    level: Annotated[float, typer.Option(help="Confidence level of every interval.")] = 0.95,
    all_pairs: Annotated[bool, typer.Option("--all-pairs", help="Test nested models of distinct pairs, too.")] = False,
    signed: Annotated[bool, typer.Option("--signed", help="HTMT and HTMT2 of correlations with their signs.")] = False,
    json: Json = None,
) -> None:
    """Do scales agree within and differ between one another: reliability, variance extracted, HTMT, tests."""
    from pipeline.commands import validity as command
    from pipeline.commands.output import require_place

    require_place(json)
    found = command.validity(data, scale, draws=bootstrap, seed=seed, level=level, all_pairs=all_pairs, signed=signed,
                             cluster=cluster)
    show_or_write(json, lambda: command.document(found, bootstrap, seed, level), lambda: command.tables(found))
    if not found.converged:
        raise typer.Exit(FAILED)


def careless(
    data: Data,
    items: Annotated[str | None, typer.Option(
        metavar="a,b,…", help="Columns as answered, in the order asked; of the scales, or all, if not given.")] = None,
    scale: Annotated[list[str] | None, typer.Option(
        metavar="NAME=a,b,c", help="A scale for even-odd consistency, reversed items turned; may be repeated.")] = None,
    json: Json = None,
) -> None:
    """Indices of careless answering for every row; nothing is deleted."""
    from pipeline.commands import careless as command
    from pipeline.commands.output import require_place

    require_place(json)
    found = command.indices_of(data, items=items, scales=scale or ())
    show_or_write(json, lambda: command.document(found), lambda: command.tables(found))
