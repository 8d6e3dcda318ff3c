"""Commands on the instrument: list, show, check, codebook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from instrument.errors import Finding, InputError
from pipeline.command_line.shared import BAD_INPUT, Language, Version, print_findings


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
