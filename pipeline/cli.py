"""The command line: parse, call, print. Heavy imports happen inside the command that needs them.

Exit status: 0 done; 1 a result that failed (not converged, a check that fell short); 2 bad input,
with every finding on standard error and no traceback.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instrument.errors import Finding, InputError

if TYPE_CHECKING:
    from pipeline.results import StudyResults

DONE, FAILED, BAD_INPUT = 0, 1, 2

app = typer.Typer(
    name="alliometrics", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="From a versioned questionnaire on strategic alliances to results a reviewer can trust.",
)
instrument_app = typer.Typer(no_args_is_help=True, help="The questionnaire: list, show, check, codebook.")
app.add_typer(instrument_app, name="instrument")

Version = Annotated[str | None, typer.Option("--version", help="Instrument version; the latest if not given.")]
Language = Annotated[str | None, typer.Option("--language", help="Language code, such as en or es.")]
Data = Annotated[Path, typer.Argument(
    metavar="DATA.csv", help="UTF-8, commas, names in the first row; empty cells and NA are missing.",
)]
Json = Annotated[Path | None, typer.Option("--json", help="Write the results here as JSON, in place of tables.")]
Later = Annotated[str | None, typer.Option(help="Not available in this version.")]


# -- studies ------------------------------------------------------------------------------------------


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="A folder with study.yaml.")],
    out: Annotated[Path | None, typer.Option(help="Results folder; results/<study> if not given.")] = None,
    draws: Annotated[int | None, typer.Option(
        min=1, help="Bootstrap draws, in place of the plan's; 95 % limits need 39.",
    )] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, in place of the plan's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the numbers do not depend on it.")] = 2,
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
        report = publish(results, folder)
    _print_outcome(results, report)
    if results.failures:
        raise typer.Exit(BAD_INPUT)
    if not all(model.fit.converged for model in results.models):
        raise typer.Exit(FAILED)


def _print_outcome(results: StudyResults, report: Path) -> None:
    from pipeline.run import failure_findings

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


@app.command()
def rehearse(
    study: Annotated[Path, typer.Argument(help="A folder with study.yaml and population.yaml.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Number of firms.")],
    out: Annotated[Path, typer.Option(help="Folder for the simulated export.")],
    platform: Annotated[str, typer.Option(help="Platform whose export form is written.")] = "qualtrics",
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Simulate answers in a platform's export form, with the truth that made them beside them."""
    from pipeline.power.rehearsal import rehearse as simulate

    simulate(study, n=n, platform=platform, seed=seed, out=out)
    typer.echo(f"Synthetic answers of {n} firms are in {out}; truth.json beside them says what made them.")


@app.command()
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
    workers: Annotated[int, typer.Option(min=1, help="Processes; the numbers do not depend on it.")] = 2,
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


@app.command()
def claims(
    study: Annotated[Path | None, typer.Argument(
        help="A folder with study.yaml, or a results folder; without one the ledger is listed.")] = None,
    claim: Annotated[list[str] | None, typer.Option(
        metavar="H307", help="Only this claim, from claim to item; may be repeated.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the numbers do not depend on it.")] = 2,
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


@app.command()
def verify(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
    study: Annotated[Path | None, typer.Option(help="Its study; looked for by its plan if not given.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the numbers do not depend on it.")] = 2,
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


@app.command()
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
    page = Path(__file__).resolve().parent.parent / "app.py"
    status = subprocess.call([
        sys.executable, "-m", "streamlit", "run", str(page), "--server.port", str(port),
        "--server.address", "localhost", "--browser.gatherUsageStats", "false", "--", str(results.resolve()),
    ], cwd=page.parent)  # the theme stands beside the page
    raise typer.Exit(status)


# -- plain data files ---------------------------------------------------------------------------------


@app.command()
def reliability(
    data: Data,
    scale: Annotated[list[str], typer.Option(metavar="NAME=a,b,c", help="A scale and its items; may be repeated.")],
    ordered: Annotated[bool, typer.Option("--ordered", help="Ordinal alpha; not available in this version.")] = False,
    json: Json = None,
) -> None:
    """Alpha, omega, AVE and item statistics of scales."""
    from pipeline.commands import reliability as command

    found = command.scale_reliabilities(data, scale, ordered=ordered)
    _show(json, lambda: command.document(found), lambda: command.tables(found))


@app.command()
def efa(
    data: Data,
    factors: Annotated[str, typer.Option(metavar="K|parallel|map", help="How many, or the rule that decides.")],
    items: Annotated[str | None, typer.Option(metavar="a,b,…", help="Columns; all if not given.")] = None,
    method: Annotated[str, typer.Option(metavar="ml|minres")] = "ml",
    rotation: Annotated[str, typer.Option(metavar="oblimin|promax|varimax|none")] = "oblimin",
    seed: Annotated[int, typer.Option(min=0, help="Seed of parallel analysis.")] = 1,
    json: Json = None,
) -> None:
    """Exploratory factor analysis: number of factors, loadings, factor correlations."""
    from pipeline.commands import efa as command

    found = command.explore(data, items=items, factors=factors, method=method, rotation=rotation, seed=seed)
    _show(json, lambda: command.document(found), lambda: command.tables(found))
    if not found.solution.converged:
        raise typer.Exit(FAILED)


@app.command()
def fit(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="A model in lavaan's syntax.")],
    data: Data,
    estimator: Annotated[str, typer.Option(metavar="ml|mlr|mlm", help="mlr, mlm: robust errors and tests.")] = "ml",
    missing: Annotated[str, typer.Option(metavar="listwise|fiml", help="Incomplete rows: out, or in.")] = "listwise",
    group: Annotated[str | None, typer.Option(metavar="COL", help="Column of the groups.")] = None,
    equal: Annotated[str | None, typer.Option(metavar="loadings,…", help="Held equal across groups: loadings, "
                                              "intercepts, residuals, means, regressions, lv.variances, …")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COL", help="Column of the clusters.")] = None,
    modification: Annotated[bool, typer.Option("--modification", help="Add modification indices.")] = False,
    ordered: Later = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Draws for intervals of parameters and := effects.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 1,
    level: Annotated[float, typer.Option(help="Confidence level of every interval.")] = 0.95,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the numbers do not depend on it.")] = 1,
    json: Json = None,
) -> None:
    """Estimate a structural equation model by maximum likelihood."""
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
    _show(json, lambda: output.document(found), lambda: output.tables(found))
    if not found.fit.converged:
        typer.echo("Not converged; these numbers are not to be used.", err=True)
        raise typer.Exit(FAILED)


@app.command("read")
def read_export(
    platform: Annotated[str, typer.Argument(help="The platform that wrote the export: qualtrics.")],
    file: Annotated[Path, typer.Argument(help="The export.")],
    out: Annotated[Path, typer.Option(metavar="responses.csv", help="The table of answers to write.")],
    version: Version = None,
    labels: Annotated[Path | None, typer.Option(help="The same export with choice text, to verify codes by.")] = None,
) -> None:
    """Read and validate an export; write its answers and, beside them, what was set aside."""
    from pipeline.commands import reading as command
    from pipeline.run import failure_findings

    found = command.read_export(platform, file, out, version=version, labels=labels)
    for line in command.report(found):
        typer.echo(line)
    if found.failures:
        print_findings(failure_findings(found.failures))
        raise typer.Exit(BAD_INPUT)


def _show(json: Path | None, document: Callable[[], dict[str, Any]], tables: Callable[[], list[Any]]) -> None:
    """The document into its file, or tables on the console."""
    from pipeline.commands.output import console, write_json

    if json is not None:
        write_json(document(), json)
        typer.echo(f"Wrote {json}.")
        return
    for part in tables():
        console().print(part, markup=False)


# -- the instrument -----------------------------------------------------------------------------------


@instrument_app.command("list")
def list_versions() -> None:
    """Every released version with its languages and fingerprint."""
    from instrument import store

    for version in store.versions():
        found = store.load(version)
        typer.echo(f"{version}  {found.released or 'not released'}  {', '.join(found.languages)}  "
                   f"{store.fingerprint(found)[:16]}  {found.title}")


@instrument_app.command()
def show(version: Version = None, language: Language = None) -> None:
    """The questionnaire as respondents see it, as Markdown."""
    from instrument import codebook, store

    found = store.load(version)
    for translation in found.translations:
        if translation.language == language and translation.status == "draft":
            typer.echo(f"{translation.name}: a draft translation; have it reviewed before you field it.", err=True)
    typer.echo(codebook.markdown(found, _known_language(found.languages, language)))


@instrument_app.command()
def check(
    version: Version = None,
    folder: Annotated[Path | None, typer.Option(help="Check a draft in this folder in place of a release.")] = None,
) -> None:
    """Report every broken rule at once, each with place and fix."""
    from instrument import rules, store

    found = store.load_folder(folder) if folder else store.load(version)
    findings = rules.check(found)
    if folder is None:
        findings = (*findings, *store.verify_released(found.version))
    print_findings(findings)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    typer.echo(f"Instrument {found.version}: {errors} broken rules, {warnings} warnings.")
    if errors:
        raise typer.Exit(BAD_INPUT)


@instrument_app.command()
def codebook(
    version: Version = None, language: Language = None,
    out: Annotated[Path, typer.Option(help="Folder for codebook.csv.")] = Path("."),
) -> None:
    """Write the codebook: one row a question, with codes, keys, routing."""
    from instrument import codebook as book
    from instrument import store

    found = store.load(version)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "codebook.csv"
    book.write_csv(found, path, _known_language(found.languages, language))
    typer.echo(f"Wrote {path}.")


def _known_language(languages: tuple[str, ...], language: str | None) -> str | None:
    if language is not None and language not in languages:
        raise InputError(Finding(
            "INSTRUMENT-LANGUAGE", f"--language {language}", "This version is not available in that language.",
            f"Choose one of: {', '.join(languages)}.",
        ))
    return language


# -- printing -----------------------------------------------------------------------------------------

SHOWN = 50
"""Findings printed before the rest is only counted; the failure table always holds all."""


def print_findings(findings: tuple[Finding, ...]) -> None:
    """Findings on standard error, the first :data:`SHOWN` in full."""
    for finding in findings[:SHOWN]:
        typer.echo(str(finding), err=True)
    if len(findings) > SHOWN:
        typer.echo(f"… and {len(findings) - SHOWN} more.", err=True)


def main() -> None:
    """Entry point: bad input ends with its findings and status 2."""
    try:
        app()
    except InputError as error:
        print_findings(error.findings)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
