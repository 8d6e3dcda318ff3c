"""What Qualtrics carries of a questionnaire, and which of the two files does."""

from __future__ import annotations

from instrument.fielding.capabilities import Capability, Feature

NAME = "Qualtrics (not validated by Qualtrics)"
"""No program but Qualtrics itself could judge the files, and it cannot be asked: every export says so."""

_QSF = "In the QSF file. The TXT format has no place for it."
_BOTH = "In both files."

CAPABILITIES: dict[Feature, Capability] = {
    "languages": Capability(
        "yes", "In the QSF file. The TXT format has one language: there is one file a language."),
    "matrix": Capability("yes", _BOTH),
    "required": Capability("yes", f"{_QSF} A matrix is required as a whole or not at all."),
    "routing": Capability("yes", _QSF),
    "matrix row routing": Capability("yes", _QSF),
    "screen out": Capability("yes", f"{_QSF} The block is cut there, and a branch ends the survey."),
    "item order": Capability("yes", f"{_QSF} The order that a respondent saw is not in the export of answers."),
    "bounds": Capability(
        "yes", f"{_QSF} Where a missing code may be typed in place of a number, as custom validation."),
    "missing codes": Capability(
        "yes", f"{_BOTH} Qualtrics keeps numbers: na, dk and rf are 9997, 9998 and 9999 there, and read back. In place "
        "of a number or date their letters are typed; the question says so."),
    "several answers": Capability("yes", f"{_BOTH} That a missing code excludes the others is in the QSF file alone."),
    "help": Capability("yes", f"{_BOTH} As further lines of the question."),
    "notes": Capability("yes", f"{_BOTH} Titles of blocks name them in the editor alone."),
    "version stamp": Capability("yes", f"{_BOTH} Embedded data."),
    "language stamp": Capability("yes", "Qualtrics' own UserLanguage."),
    "identifiers": Capability(
        "by hand", "Embedded data that the link fills: add ?firm_id=…&informant_id=… to each invitation's address, or "
        "give the contact list fields of these names."),
    "keys": Capability("no", "Which items are reversed stands in the codebook; reading needs no key on Qualtrics."),
    "definitions": Capability("no", "They stand in the codebook."),
}
