"""Commands on the instrument: list, show, check, codebook, export, compare, translate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from instrument.errors import Finding, InputError
from instrument.fielding.platforms import EXPORTS
from pipeline.command_line.shared import (
    BAD_INPUT,
    FAILED,
    Json,
    Language,
    Version,
    print_findings,
    show_or_write,
)


def list_versions() -> None:
    """Every released version with its languages and fingerprint."""
    from instrument import store

    for version in store.versions():
        found = store.load(version)
        typer.echo(f"{version}  {found.released or 'not released'}  {', '.join(found.languages)}  "
                   f"{store.fingerprint(found)[:16]}  {found.title}")


def show(version: Version = None, language: Language = None) -> None:
    """The questionnaire as respondents see it, as Markdown."""
    from instrument import codebook, store

    found = store.load(version)
    for translation in found.translations:
        if translation.language == language and translation.status == "draft":
            typer.echo(f"{translation.name}: a draft translation; have it reviewed before you field it.", err=True)
    typer.echo(codebook.markdown(found, _known_language(found.languages, language)))


def check(
    version: Version = None,
    folder: Annotated[Path | None, typer.Option(help="Check a draft in this folder in place of a release.")] = None,
) -> None:
    """Report every broken rule at once, each with place and fix."""
    from instrument import rules, store
    from instrument.compare import check_version

    found = store.load_folder(folder) if folder else store.load(version)
    findings = rules.check(found)
    if folder is None:
        findings = (*findings, *store.verify_released(found.version), *check_version(found.version))
    print_findings(findings)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    typer.echo(f"Instrument {found.version}: {errors} broken rules, {warnings} warnings.")
    if errors:
        raise typer.Exit(BAD_INPUT)


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


def export(
    platform: Annotated[str, typer.Argument(help=f"One of {', '.join(EXPORTS)}.")],
    version: Version = None,
    language: Annotated[str | None, typer.Option(help="Only this language; all if not given.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("."),
    block: Annotated[list[str] | None, typer.Option(help="An optional block to switch on; may be repeated.")] = None,
    form: Annotated[list[str] | None, typer.Option(help="Only this form; may be repeated.")] = None,
    study: Annotated[Path | None, typer.Option(help="Take version, blocks and forms from a study's plan.")] = None,
    post_to: Annotated[str | None, typer.Option(help="html: send answers to this address.")] = None,
) -> None:
    """Write the questionnaire in a platform's form, and say what the platform cannot carry."""
    from pipeline.commands import exporting as command
    from pipeline.commands.output import console

    found = command.export(platform, out, version=version, study=study, language=language, blocks=block or (),
                           forms=form or (), post_to=post_to)
    for line in command.report(found):
        typer.echo(line)
    if found.losses:
        console().print(command.loss_table(found))


def capabilities() -> None:
    """What each platform can carry of a questionnaire."""
    from rich.table import Table

    from pipeline.commands import exporting as command
    from pipeline.commands.output import console

    table = Table("", *EXPORTS)
    for row in command.capability_rows():
        table.add_row(*row)
    console().print(table)


def compare(
    old: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    new: Annotated[str, typer.Argument(metavar="B", help="Another version.")],
    json: Json = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.md", help="Write Markdown here.")] = None,
) -> None:
    """What changed between two versions, what that does to data, and which scores may be pooled."""
    from instrument.compare import compare_versions, document, markdown
    from pipeline.commands.output import require_place, write_json, write_text

    require_place(json)
    found = compare_versions(old, new)
    if json is not None:
        write_json(document(found), json)
        typer.echo(f"Wrote {json}.")
    elif out is not None:
        write_text(markdown(found), out)
        typer.echo(f"Wrote {out}.")
    else:
        typer.echo(markdown(found))


def translate(
    language: Annotated[str, typer.Argument(help="Code of the language, such as fr; one that is new may be begun.")],
    version: Version = None,
    form: Annotated[str, typer.Option("--format", metavar="xlsx|xliff", help="A workbook, or XLIFF 1.2.")] = "xlsx",
    out: Annotated[Path, typer.Option(help="Folder for the file.")] = Path("."),
) -> None:
    """Write the work file of a language for its translator."""
    from pipeline.commands import translating as command

    path, said = command.send_out(language, out, version=version, form=form)
    typer.echo(f"Wrote {path}: {said}.")


def translated(
    file: Annotated[Path, typer.Argument(help="A work file that came back.")],
    version: Version = None,
    out: Annotated[Path, typer.Option(help="Folder for LANGUAGE.yaml.")] = Path("."),
) -> None:
    """Take a work file back: check it, and write the language's file."""
    from pipeline.commands import translating as command

    found = command.take_back(file, out, version=version)
    for line in command.report(found):
        typer.echo(line)
    print_findings(found.findings)
    if any(finding.severity == "error" for finding in found.findings):
        raise typer.Exit(FAILED)


def _known_language(languages: tuple[str, ...], language: str | None) -> str | None:
    if language is not None and language not in languages:
        raise InputError(Finding(
            "INSTRUMENT-LANGUAGE", f"--language {language}", "This version is not available in that language.",
            f"Choose one of: {', '.join(languages)}.",
        ))
    return language


def content_validity(
    ratings: Annotated[Path, typer.Argument(
        metavar="RATINGS.csv", help="One row a judge and an item: judge, item, any of relevance, essential, sorted.")],
    json: Json = None,
    version: Version = None,
) -> None:
    """What experts think of the items before anything is fielded: p_sa, c_sv, CVR, I-CVI, S-CVI, kappa."""
    from pipeline.commands import content_validity as command
    from pipeline.commands.output import require_place

    require_place(json)
    rated = command.rate(ratings, version=version)
    show_or_write(json, lambda: command.document(rated), lambda: command.tables(rated))
    print_findings(rated.findings)
    if rated.findings:
        raise typer.Exit(BAD_INPUT)
