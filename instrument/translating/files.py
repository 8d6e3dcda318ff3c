"""A work file on its way out and on its way back, in either format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from instrument.errors import Finding, InputError
from instrument.fielding.exports import OutputFile
from instrument.model import Instrument
from instrument.translating import workbook, xliff
from instrument.translating.units import check_language, units
from instrument.translating.work import Heading, WorkFile, damaged, uncarried

Format = Literal["xliff", "xlsx"]
ENDINGS: dict[Format, str] = {"xliff": "xlf", "xlsx": "xlsx"}


def work_file(instrument: Instrument, language: str, format: Format) -> OutputFile:
    """Every text with what a translator must know, and the translation so far.

    Raises
    ------
    InputError
        ``TRANSLATION-LANGUAGE``, ``TRANSLATION-FORMAT``, ``TRANSLATION-CHARACTER`` (a text with characters that no
        work file can hold), ``TRANSLATION-CELL`` (a text that no spreadsheet can hold).
    """
    if format not in get_args(Format):
        raise InputError(Finding("TRANSLATION-FORMAT", f"format {format!r}", "work files have no such format",
                                 f"choose one of: {', '.join(get_args(Format))}"))
    wanted = units(instrument, language)
    present = next((t for t in instrument.translations if t.language == language), None)
    heading = Heading(instrument.name, instrument.version, instrument.language, language,
                      present.name if present else "", present.translator if present else "")
    bad = uncarried((unit.key, what, text) for unit in wanted for what, text in (
        ("source", unit.source), ("translation", unit.target), ("context", " ".join(unit.context))))
    bad += uncarried((language, what, text) for what, text in (("name", heading.name),
                                                              ("translator", heading.translator)))
    if bad:
        raise InputError(bad)
    content = (xliff if format == "xliff" else workbook).write(heading, wanted)
    return OutputFile(f"{instrument.name}-{instrument.version}-{language}.{ENDINGS[format]}", content)


def read_work_file(path: Path | str, instrument: Instrument) -> WorkFile:
    """Read a work file that came back; its content, not its name, says which format it has.

    Raises
    ------
    InputError
        ``TRANSLATION-FILE`` (absent, damaged, another kind of file), ``TRANSLATION-COLUMN``,
        ``TRANSLATION-VERSION`` (made from another version or instrument), ``TRANSLATION-LANGUAGE``.
    """
    work = _read(Path(path))
    _belongs(work, instrument)
    return work


def version_of(path: Path | str) -> str:
    """The version of the instrument that a work file says it was made from.

    Raises
    ------
    InputError
        ``TRANSLATION-FILE``, ``TRANSLATION-COLUMN``.
    """
    return _read(Path(path)).version


def _read(place: Path) -> WorkFile:
    try:
        content = place.read_bytes()
    except OSError as error:
        raise InputError(damaged(place.name, f"the file cannot be read: {error.strerror}",
                                 "check that the file exists and that you may read it")) from None
    if content.startswith(b"PK"):
        return workbook.read(place.name, content)
    if content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \r\n\t").startswith(b"<"):
        return xliff.read(place.name, content)
    raise InputError(damaged(place.name, "this is neither a workbook (.xlsx) nor XLIFF",
                             "save as one of the two, as the file was sent out"))


def _belongs(work: WorkFile, instrument: Instrument) -> None:
    made_from, wanted = (work.instrument, work.version), (instrument.name, instrument.version)
    if made_from != wanted:
        raise InputError(Finding(
            "TRANSLATION-VERSION", work.file, f"the file was made from {' '.join(made_from)}, not from "
            f"{' '.join(wanted)}", "name the version that the file was made from, or write a work file of this one"))
    if work.source_language != instrument.language:
        raise InputError(Finding(
            "TRANSLATION-LANGUAGE", work.file, f"the file is translated from {work.source_language!r}, and the "
            f"instrument is written in {instrument.language!r}", "write a new work file and translate in that"))
    check_language(instrument, work.language)
