"""The codebook as CSV, one file a language: a row a question, as ``alliometrics instrument codebook`` shows it."""

from __future__ import annotations

from instrument.codebook import csv_bytes, rows
from instrument.fielding.capabilities import YES, Capability, Feature, Loss, capability_losses
from instrument.fielding.exports import OutputFile, Wanted
from instrument.model import Instrument

NAME = "the codebook (CSV)"

_SAID = "A column of the codebook says so; nobody is asked anything by a codebook."
_NOT = "A codebook does not say so; the questionnaire's blocks are named."

CAPABILITIES: dict[Feature, Capability] = {
    "languages": Capability("by hand", "A table has one language: there is one file a language."),
    "matrix": Capability("no", _NOT),
    "required": Capability("yes", _SAID),
    "routing": Capability("yes", "In words, with the labels respondents see."),
    "matrix row routing": Capability("yes", "In words, with the labels respondents see."),
    "screen out": Capability("yes", _SAID),
    "item order": Capability("no", _NOT),
    "bounds": Capability("yes", _SAID),
    "missing codes": Capability("yes", _SAID),
    "several answers": Capability("yes", "As the type `choices`."),
    "help": YES,
    "notes": YES,
    "version stamp": Capability("no", "The file's name says which version it is of."),
    "language stamp": YES,
    "identifiers": Capability("no", "Identifiers are no questions; the DDI file and the SPSS files have them."),
    "keys": YES,
    "definitions": Capability(
        "no", "Ids of construct and dimension stand in the table; what they mean, in the DDI file."),
}


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """``codebook-1.0.0-en.csv`` for each language: all questions of the forms wanted, optional blocks marked."""
    return tuple(
        OutputFile(
            f"codebook-{instrument.version}-{language}.csv",
            csv_bytes(row for row in rows(instrument, language) if row.form in wanted.forms))
        for language in wanted.languages
    )


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What a codebook does not say of a questionnaire."""
    return capability_losses(CAPABILITIES, instrument, wanted)
