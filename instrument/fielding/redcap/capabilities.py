"""What REDCap carries of a questionnaire."""

from __future__ import annotations

from instrument.fielding.capabilities import YES, Capability, Feature

NAME = "REDCap"

CAPABILITIES: dict[Feature, Capability] = {
    "languages": Capability(
        "by hand", "A data dictionary has one language: there is one file a language. Make a project of each, or load "
        "one and enter the others in Multi-Language Management."),
    "matrix": YES,
    "required": Capability(
        "by hand", "REDCap reminds once and then lets a respondent go on, unless the project's survey settings say "
        "otherwise."),
    "routing": YES,
    "matrix row routing": YES,
    "screen out": Capability(
        "by hand", "All that follows such an answer is hidden. To end the survey at once, set a stop action for it."),
    "item order": Capability("no", "REDCap cannot shuffle questions: everybody gets the order of the questionnaire."),
    "bounds": YES,
    "missing codes": Capability(
        "yes", "A number, year or date has a field <id>_miss beside it, which takes its place when answered."),
    "several answers": YES,
    "help": YES,
    "notes": YES,
    "version stamp": YES,
    "language stamp": YES,
    "identifiers": Capability(
        "by hand", "Hidden fields that the survey's link fills: add ?firm_id=…&informant_id=… to each invitation's "
        "address."),
    "keys": Capability("yes", "In the field annotation, which respondents do not see."),
    "definitions": Capability("no", "A dimension's id stands in the field annotation; what it means, in the codebook."),
}
