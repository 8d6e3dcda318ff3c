"""What labels for SPSS carry of a questionnaire: they describe the data, nobody is asked anything by them."""

from __future__ import annotations

from instrument.fielding.capabilities import YES, Capability, Feature

NAME = "SPSS"

CAPABILITIES: dict[Feature, Capability] = {
    "languages": Capability("by hand", "A data file has labels in one language: there is one of each file a language."),
    "matrix": Capability("no", "Each item is a variable; which items stood in one table is not said."),
    "required": Capability("no", "Labels do not say which questions had to be answered."),
    "routing": Capability(
        "no", "Labels do not say who was asked: a question passed over is system-missing, like one left open."),
    "matrix row routing": Capability("no", "As for routing."),
    "screen out": Capability("no", "What follows such an answer is system-missing."),
    "item order": Capability("no", "Variables stand in the order of the questionnaire."),
    "bounds": Capability("no", "SPSS checks no bounds; `alliometrics read spss` does."),
    "missing codes": Capability(
        "yes", "na, dk, rf are -97, -98, -99 in numbers, or the next free decade, with their words, and declared "
        "missing."),
    "several answers": Capability(
        "yes", "A variable of 0 and 1 an answer, and a multiple response set in the syntax; a reason why there is no "
        "answer stands in each."),
    "help": Capability("no", "A variable's label holds the question only."),
    "notes": Capability("no", "Words without a question have no variable."),
    "version stamp": YES,
    "language stamp": YES,
    "identifiers": YES,
    "keys": Capability(
        "yes", "As an attribute in the syntax and a note in the data file. The data stay as they were answered."),
    "definitions": Capability("no", "What is measured stands in the codebook (`csv`) and the DDI file."),
}
