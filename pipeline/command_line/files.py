"""Commands on plain data files: reliability, efa, fit, invariance, read."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from instrument.fielding.platforms import ANSWERS
from pipeline.command_line.shared import (
    BAD_INPUT,
    FAILED,
    Data,
    Json,
    Missing,
    Ordered,
    Version,
    Workers,
    print_findings,
    show_or_write,
)


def reliability(
    data: Data,
    scale: Annotated[list[str], typer.Option(metavar="NAME=a,b,c", help="A scale and its items; may be repeated.")],
    ordered: Annotated[bool, typer.Option("--ordered", help="Ordinal alpha and categorical omega besides.")] = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples for intervals of every coefficient.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 1,
    json: Json = None,
) -> None:
    """Alpha, omega, AVE and item statistics of scales."""
    from pipeline.commands import reliability as command

    found = command.scale_reliabilities(data, scale, ordered=ordered, bootstrap=bootstrap, seed=seed)
    show_or_write(json, lambda: command.document(found), lambda: command.tables(found))


def efa(
    data: Data,
    factors: Annotated[str | None, typer.Option(
        metavar="K|parallel|parallel-fa|map|kaiser|hull", help="How many, or the rule that decides; not needed with "
        "--target.")] = None,
    items: Annotated[str | None, typer.Option(metavar="a,b,…", help="Columns; all if not given.")] = None,
    method: Annotated[str, typer.Option(metavar="ml|minres")] = "ml",
    rotation: Annotated[str, typer.Option(metavar="oblimin|promax|varimax|geomin|target|none")] = "oblimin",
    target: Annotated[list[str] | None, typer.Option(
        metavar="a,b,…", help="Items of one factor, for --rotation target; once for each factor.")] = None,
    correlation: Annotated[str, typer.Option(
        metavar="pearson|polychoric", help="polychoric: of ordered answers.")] = "pearson",
    seed: Annotated[int, typer.Option(min=0, help="Seed of parallel analysis and of geomin's starts.")] = 1,
    json: Json = None,
) -> None:
    """Exploratory factor analysis: number of factors by five rules, loadings, factor correlations, a general factor."""
    from pipeline.commands import efa as command

    found = command.explore(data, items=items, factors=factors, method=method, rotation=rotation, seed=seed,
                            correlation=correlation, targets=target or [])
    show_or_write(json, lambda: command.document(found), lambda: command.tables(found))
    if not found.solution.converged:
        raise typer.Exit(FAILED)


def fit(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="A model in lavaan's syntax.")],
    data: Data,
    estimator: Annotated[str | None, typer.Option(
        metavar="ml|mlr|mlm|dwls|wlsmv", help="mlr, mlm: robust errors and tests; dwls, wlsmv: of ordered variables. "
        "ml if not given, with --ordered wlsmv.")] = None,
    ordered: Ordered = None,
    missing: Missing = "listwise",
    group: Annotated[str | None, typer.Option(metavar="COL", help="Column of the groups.")] = None,
    equal: Annotated[str | None, typer.Option(metavar="loadings,…", help="Held equal across groups: loadings, "
                                              "intercepts, thresholds, residuals, means, regressions, …")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COL", help="Column of the clusters.")] = None,
    modification: Annotated[bool, typer.Option("--modification", help="Add modification indices.")] = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Draws for intervals of parameters and := effects.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 1,
    level: Annotated[float, typer.Option(help="Confidence level of every interval.")] = 0.95,
    workers: Workers = 1,
    json: Json = None,
) -> None:
    """Estimate a structural equation model, by maximum likelihood or, with ordered variables, least squares."""
    from pipeline.commands import fit as command
    from pipeline.commands import fit_output as output
    from pipeline.commands.output import require_place
    from pipeline.progress import Silent, console_progress

    asked = command.Asked(estimator, missing, level, ordered, group, equal, cluster, modification)
    command.check_options(asked)
    require_place(json)
    with console_progress() if bootstrap else nullcontext(Silent()) as progress:
        progress.step("Bootstrap", bootstrap)
        found = command.fit_file(model, data, asked, draws=bootstrap, seed=seed, workers=workers,
                                 progress=progress.advance)
    show_or_write(json, lambda: output.document(found), lambda: output.tables(found))
    if not found.fit.converged:
        typer.echo("Not converged; these numbers are not to be used.", err=True)
        raise typer.Exit(FAILED)


def invariance(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="A measurement model: =~, and ~~ of items.")],
    data: Data,
    group: Annotated[str, typer.Option(metavar="COL", help="Column of the groups.")],
    estimator: Annotated[str | None, typer.Option(
        metavar="ml|mlr|wlsmv", help="ml if not given, with --ordered wlsmv.")] = None,
    ordered: Annotated[str | None, typer.Option(
        metavar="all|a,b,…", help="Items answered in ordered categories; all: every item.")] = None,
    missing: Missing = "listwise",
    partial: Annotated[bool, typer.Option(
        "--partial/--no-partial", help="Whether to look for what differs where a step does not hold.")] = True,
    permutations: Annotated[int, typer.Option(min=0, help="Permutations of rows, to test each step by.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the permutations.")] = 1,
    workers: Workers = 1,
    merge_rare: Annotated[bool, typer.Option(
        "--merge-rare", help="Merge categories that nobody in some group answered with their neighbour.")] = False,
    leave_out_small: Annotated[bool, typer.Option(
        "--leave-out-small", help="Leave groups with too few rows out, where two others remain.")] = False,
    minimum: Annotated[int, typer.Option(min=2, help="Rows a group needs at least.")] = 100,
    syntax: Annotated[Path | None, typer.Option(
        metavar="DIR", help="Write every step in lavaan's language here, with a script for R.")] = None,
    json: Json = None,
) -> None:
    """Test whether a measurement model is the same in all groups, step by step."""
    from pipeline.commands import invariance as command
    from pipeline.commands import invariance_output as output
    from pipeline.commands.invariance_in_r import write_steps
    from pipeline.commands.output import require_place
    from pipeline.progress import Silent, console_progress

    asked = command.Asked(group, estimator, ordered, missing, partial, permutations, seed, workers, merge_rare,
                          leave_out_small, minimum)
    command.check_options(asked)
    require_place(json)
    with console_progress() if permutations else nullcontext(Silent()) as progress:
        found = command.invariance(
            model, data, asked, begin=lambda step: progress.step(f"Permutations, {step}", permutations),
            progress=progress.advance)
    if syntax is not None:
        write_steps(found, data, syntax)
        typer.echo(f"Wrote the steps to {syntax}.")
    show_or_write(json, lambda: output.document(found), lambda: output.tables(found))
    if not found.converged:
        typer.echo("The first step did not converge; nothing can be compared.", err=True)
        raise typer.Exit(FAILED)


def read_export(
    platform: Annotated[str, typer.Argument(help=f"Who wrote the export: {', '.join(ANSWERS)}.")],
    file: Annotated[Path, typer.Argument(help="The export.")],
    out: Annotated[Path, typer.Option(metavar="responses.csv", help="The table of answers to write.")],
    version: Version = None,
    labels: Annotated[Path | None, typer.Option(help="The same export with choice text, to verify codes by.")] = None,
) -> None:
    """Read and validate an export; write its answers and, beside them, what was set aside."""
    from pipeline.commands import reading as command
    from pipeline.failures import failure_findings

    found = command.read_export(platform, file, out, version=version, labels=labels)
    for line in command.report(found):
        typer.echo(line)
    if found.failures:
        print_findings(failure_findings(found.failures))
        raise typer.Exit(BAD_INPUT)
