"""``alliometrics instrument translate`` and ``translated``: a language's work file out to a translator, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from instrument import store
from instrument.errors import Finding, InputError
from instrument.translating import (
    Completeness,
    Format,
    check_work,
    completeness,
    read_work_file,
    to_yaml,
    units,
    version_of,
    work_file,
)
from pipeline.commands.output import make_folder, write_bytes, write_text


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A work file taken back: the YAML written from it, how complete it is, what is wrong with it."""

    yaml: Path
    language: str
    version: str
    completeness: Completeness
    findings: tuple[Finding, ...]


def send_out(language: str, out: Path, *, version: str | None, form: str) -> tuple[Path, str]:
    """Write a work file into the folder ``out``; its path, and how much of it is translated.

    Raises
    ------
    InputError
        ``TRANSLATION-…``, ``OUT-WRITE``.
    """
    if form not in get_args(Format):
        raise InputError(Finding("TRANSLATION-FORMAT", f"--format {form}", "There is no such form of a work file.",
                                 f"Choose from: {', '.join(get_args(Format))}."))
    found = store.load(version)
    file = work_file(found, language, cast(Format, form))
    asked = units(found, language)
    done = sum(bool(unit.target.strip()) for unit in asked)
    make_folder(out)
    write_bytes(file.content, out / file.name)
    return out / file.name, f"{len(asked)} texts of version {found.version}, {done} translated"


def take_back(file: Path, out: Path, *, version: str | None) -> TakenBack:
    """Read a work file, check it, and write ``<language>.yaml`` into the folder ``out``.

    Raises
    ------
    InputError
        ``TRANSLATION-…`` if it cannot be read; ``OUT-SAME`` in place of a released language's file.
    """
    found = store.load(version or version_of(file))
    work = read_work_file(file, found)
    target = out / f"{work.language}.yaml"
    if target.exists() and store.VERSIONS in target.resolve().parents:
        raise InputError(Finding("OUT-SAME", str(target), "A released language is never overwritten.",
                                 "Name another folder with --out, and compare the two files."))
    make_folder(out)
    write_text(to_yaml(work, found), target)
    return TakenBack(target, work.language, found.version, completeness(work, found), check_work(work, found))


def report(found: TakenBack) -> list[str]:
    """Completeness in sentences."""
    c = found.completeness
    by_status = ", ".join(f"{status} {n}" for status, n in c.by_status.items())
    return [
        f"Language {found.language}, version {found.version}: {c.translated} of {c.strings} texts translated"
        f"{f' ({by_status})' if by_status else ''}.",
        f"Source changed since the file was made: {c.stale}. Rows left out: {c.left_out}.",
        f"Wrote {found.yaml}.",
    ]
