"""What XLSForm carries of a questionnaire."""

from __future__ import annotations

from instrument.fielding.capabilities import YES, Capability, Feature

CAPABILITIES: dict[Feature, Capability] = {
    "languages": YES,
    "matrix": YES,
    "required": YES,
    "routing": YES,
    "matrix row routing": YES,
    "screen out": YES,
    "item order": Capability(
        "no", "XLSForm can shuffle answers, not questions: items are shown in the questionnaire's order to everybody."),
    "bounds": YES,
    "missing codes": Capability(
        "yes", "A question answered by typing has a second one beside it, shown while the first is empty, that asks "
        "why; reading puts both into one cell."),
    "several answers": YES,
    "help": YES,
    "notes": YES,
    "version stamp": YES,
    "language stamp": Capability(
        "yes", "Read from the words shown for the one answer of the first question, because XLSForm has no function "
        "for the language. A respondent who changes the language on the way has that of the last page."),
    "identifiers": Capability(
        "by hand", "They are text fields on the first page. A web form's link fills them in: "
        "?d[/data/interview/firm_id]=… for each (in KoboToolbox the form's own id stands in place of `data`). On a "
        "phone the interviewer types them."),
    "keys": Capability("no", "Which items are reversed stays in the instrument; scoring reads it there."),
    "definitions": Capability("no", "Constructs and their definitions stay in the instrument."),
}
