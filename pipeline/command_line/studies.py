"""Commands on studies: run, rehearse, lock, power, claims, verify, view."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instrument.errors import Finding, InputError
from pipeline.command_line.shared import BAD_INPUT, FAILED, Json, Workers, print_findings

if TYPE_CHECKING:
    from pipeline.results import StudyResults


def run(
    study: Annotated[Path, typer.Argument(help="A folder with study.yaml.")],
    out: Annotated[Path | None, typer.Option(help="Results folder; results/<study> if not given.")] = None,
    draws: Annotated[int | None, typer.Option(
        min=1, help="Bootstrap draws, in place of the plan's; 95 % limits need 39.",
    )] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, in place of the plan's.")] = None,
    workers: Workers = 2,
    robustness: Annotated[bool, typer.Option(
        "--robustness/--no-robustness", help="Whether to draw the robustness map, most of the time a run takes.",
    )] = True,
) -> None:
    """Analyse a study: read, check, screen, score, estimate, report."""
    from pipeline.progress import console_progress
    from pipeline.publish import publish, require_writable
    from pipeline.run import run_study

    folder = out or Path("results") / study.resolve().name
    require_writable(folder)
    with console_progress() as progress:
        results = run_study(study, draws=draws, seed=seed, workers=workers, robustness=robustness, progress=progress)
        progress.step("Report")
        report = publish(results, folder, study)
    _print_outcome(results, report)
    if results.failures:
        raise typer.Exit(BAD_INPUT)
    if not all(model.fit.converged for model in results.models):
        raise typer.Exit(FAILED)


def _print_outcome(results: StudyResults, report: Path) -> None:
    from pipeline.failures import failure_findings

    if results.manifest.synthetic:
        typer.echo("SYNTHETIC DATA: these answers were simulated; the findings are about no real firm.\n")
    typer.echo(results.headline.sentence)
    for detail in results.headline.details:
        typer.echo(f"  - {detail}")
    typer.echo(f"\n{results.claims.sentence}")
    typer.echo(f"\nReport:  {report}")
    # Who came by tasks.py has no `alliometrics` on the path.
    viewer = "alliometrics view" if shutil.which("alliometrics") else "python3 tasks.py view"
    typer.echo(f"Viewer:  {viewer} {report.parent}")
    not_converged = [f"{m.id} ({m.rows})" for m in results.models if not m.fit.converged]
    if not_converged:
        typer.echo(f"\nNot converged: {', '.join(not_converged)}; their numbers are not to be used.", err=True)
    if results.failures:
        print_findings(failure_findings(results.failures))
        typer.echo(f"{len(results.failures)} broken rules in the data; what they touch was set aside, the rest went "
                   f"on. The whole list: {report.parent / 'tables' / 'failures.csv'}", err=True)


def rehearse(
    study: Annotated[Path, typer.Argument(help="A folder with study.yaml and population.yaml.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Number of firms.")],
    out: Annotated[Path, typer.Option(help="Folder for the simulated export.")],
    platform: Annotated[str | None, typer.Option(
        help="Platform whose export form is written, such as kobo; the plan's own if not given.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Simulate answers in a platform's export form, with the truth that made them beside them."""
    from pipeline.power.rehearsal import rehearse as simulate

    found = simulate(study, n=n, platform=platform, seed=seed, out=out)
    typer.echo(f"SYNTHETIC answers of {n} firms are in {out}:")
    for one in found.answers:
        words = " in words" if one.export == "labels" else ""
        counts = "; ".join(", ".join(f"{what}: {count}" for what, count in by.items())
                           for by in (one.versions, one.languages))
        typer.echo(f"  {one.path.relative_to(out)}: form {one.form}, {one.platform}{words}, {one.rows} responses "
                   f"({counts})")
    for note in found.notes:
        typer.echo(note)
    typer.echo(f"truth.json beside them says what made them. Try the study: alliometrics run {out}")


def lock(
    study: Annotated[Path, typer.Argument(help="A folder with study.yaml.")],
    reason: Annotated[str | None, typer.Option(help="Why the plan changed; needed to amend a lock.")] = None,
    after_data: Annotated[bool, typer.Option(
        "--after-data", help="Lock although data files are there; every report will say so.")] = False,
) -> None:
    """Lock the plan before the data exist, or amend the lock with a reason."""
    from pipeline.commands import lock as command

    for line in command.report(command.lock(study, reason=reason, after_data=after_data)):
        typer.echo(line)


def power(
    study: Annotated[Path, typer.Argument(help="A folder with study.yaml and population.yaml.")],
    n: Annotated[str | None, typer.Option("--n", metavar="175,250,…", help="Numbers of firms.")] = None,
    effects: Annotated[str | None, typer.Option(metavar="0.5,1", help="Multiples of the effect.")] = None,
    missing: Annotated[str | None, typer.Option(metavar="own,.1", help="Shares of missing answers.")] = None,
    careless: Annotated[str | None, typer.Option(metavar="own,.05", help="Shares of careless firms.")] = None,
    replications: Annotated[int | None, typer.Option(help="Simulated studies a cell.")] = None,
    model: Annotated[str | None, typer.Option(metavar="ID|FILE", help="A model of the program, or a file.")] = None,
    effect: Annotated[str | None, typer.Option(metavar="NAME", help="The product effect to be found.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, in place of the plan's.")] = None,
    workers: Workers = 2,
    out: Annotated[Path | None, typer.Option(help="Folder; results/<study>/power if not given.")] = None,
    backend: Annotated[str, typer.Option(metavar="processes|dask", help="Who computes.")] = "processes",
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of a Dask cluster.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the results here as JSON too.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier run left.")] = False,
) -> None:
    """Simulate a study: how many firms it takes to find an effect."""
    from pipeline.commands import power as command
    from pipeline.commands import power_output as output
    from pipeline.commands.output import console, require_place, write_json
    from pipeline.progress import console_progress

    require_place(json)
    asked = command.asked(n=n, effects=effects, missing=missing, careless=careless, replications=replications,
                          model=model, effect=effect)
    where, folder = command.where(backend, workers, scheduler), out or Path("results") / study.resolve().name / "power"
    with console_progress() as progress:
        found = command.run(study, asked, folder, where=where, progress=progress, seed=seed, fresh=fresh)
    for part in output.tables(found):
        console().print(part, markup=False)
    for sentence in (*output.sentences(found), output.took_over(found)):
        typer.echo(sentence)
    typer.echo(f"Files:   {folder}")
    if json is not None:
        write_json(output.document(found), json)


def claims(
    study: Annotated[Path | None, typer.Argument(
        help="A folder with study.yaml, or a results folder; without one the ledger is listed.")] = None,
    claim: Annotated[list[str] | None, typer.Option(
        metavar="H307", help="Only this claim, from claim to item; may be repeated.")] = None,
    workers: Workers = 2,
    json: Json = None,
) -> None:
    """The theory's claims: what would decide each, and what the data say."""
    from pipeline.claims.ledger import ledger
    from pipeline.commands import claims as command
    from pipeline.commands.output import console, require_place, write_json
    from pipeline.progress import console_progress

    require_place(json)
    if study is None:
        console().print(command.ledger_table(ledger()))
        return
    with console_progress() as progress:
        report, instrument = command.claims_of(study, claim or (), workers=workers, progress=progress)
    if json is not None:
        write_json(command.document(report), json)
        typer.echo(f"Wrote {json}.")
        return
    for found in report.claims if claim else ():
        typer.echo("\n".join(command.from_claim_to_item(found, instrument)) + "\n")
    if not claim:
        console().print(command.verdict_table(report))
        typer.echo(f"\n{report.sentence}")


def verify(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
    study: Annotated[Path | None, typer.Option(help="Its study; looked for by its plan if not given.")] = None,
    workers: Workers = 2,
) -> None:
    """Run a study again with the same draws and seed, and name every number that differs."""
    from pipeline.commands import verify as command
    from pipeline.progress import console_progress

    with console_progress() as progress:
        found = command.verify(results, study, workers=workers, progress=progress)
    for line in command.report(found):
        typer.echo(line)
    if not found.same:
        raise typer.Exit(FAILED)


def view(
    results: Annotated[Path, typer.Argument(help="A results folder, or a folder of them.")] = Path("results"),
    port: Annotated[int, typer.Option(help="Port of the local server.")] = 8501,
) -> None:
    """Open the viewer in a browser."""
    import subprocess

    if not results.exists() and results != Path("results"):
        raise InputError(Finding(
            "VIEW-MISSING", str(results), "There is no such folder.",
            "Run a study first, or name the folder it printed.",
        ))
    page = Path(__file__).resolve().parents[2] / "app.py"
    status = subprocess.call([
        sys.executable, "-m", "streamlit", "run", str(page), "--server.port", str(port),
        "--server.address", "localhost", "--browser.gatherUsageStats", "false", "--", str(results.resolve()),
    ], cwd=page.parent)  # the theme stands beside the page
    raise typer.Exit(status)
