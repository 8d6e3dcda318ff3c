"""What a DDI codebook says of a questionnaire: it documents the data, nobody is asked anything by it."""

from __future__ import annotations

from instrument.fielding.capabilities import YES, Capability, Feature

NAME = "DDI Codebook"

_NOTED = "Documented in words, beside the variable."

CAPABILITIES: dict[Feature, Capability] = {
    "languages": YES,
    "matrix": Capability("yes", "As a group of variables of the type grid."),
    "required": Capability("yes", _NOTED),
    "routing": Capability("yes", "Documented in words, as the universe of each variable."),
    "matrix row routing": Capability("yes", "Documented in words, as the universe of each variable."),
    "screen out": Capability("yes", _NOTED),
    "item order": Capability("yes", "Documented in words, beside the group of variables."),
    "bounds": Capability("yes", "As the range of valid values."),
    "missing codes": YES,
    "several answers": Capability("yes", "A variable an answer, in a group of the type multipleResp."),
    "help": YES,
    "notes": YES,
    "version stamp": YES,
    "language stamp": Capability("yes", "As a variable."),
    "identifiers": Capability("yes", "As variables."),
    "keys": Capability("yes", "Documented in words, beside the item."),
    "definitions": YES,
}
