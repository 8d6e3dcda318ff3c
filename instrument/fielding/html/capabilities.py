"""What the page can carry of a questionnaire."""

from __future__ import annotations

from instrument.fielding.capabilities import YES, Capability, Feature, Loss, capability_losses
from instrument.fielding.exports import Wanted
from instrument.fielding.html.words import all_words
from instrument.model import Instrument

CAPABILITIES: dict[Feature, Capability] = {
    "languages": Capability("yes", (
        f"All in one page, with a switch that keeps the answers. Buttons and messages are written in "
        f"{', '.join(all_words())}; in any other language they are in English, and the export says so.")),
    "matrix": Capability("yes", "A table with row and column headers; on a phone, one card a row."),
    "required": YES,
    "routing": Capability("yes", "Shown and hidden while the respondent answers; hidden answers are not handed over."),
    "matrix row routing": YES,
    "screen out": Capability("yes", "Ends the interview after a word of thanks; it can be taken back until then."),
    "item order": Capability("yes", "Drawn once for each respondent, kept on resuming, and stored with the answers."),
    "bounds": YES,
    "missing codes": YES,
    "several answers": YES,
    "help": YES,
    "notes": YES,
    "version stamp": Capability("yes", "With the instrument's fingerprint."),
    "language stamp": Capability("yes", "The language in which the interview ended."),
    "identifiers": Capability("yes", "Behind ? or # in the link; asked for at the start where the link has none."),
    "keys": Capability("no", (
        "Which items are reversed is not in the page, lest respondents find it; reading the answers takes it from the "
        "instrument.")),
    "definitions": Capability("no", "Respondents do not see what is measured; the codebook states it."),
}


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What the page cannot carry of this instrument, buttons in languages that nobody has written them in included."""
    return capability_losses(
        CAPABILITIES, instrument, wanted, spoken=tuple(all_words()),
        own_words="Buttons and messages are in English; add theirs to instrument/fielding/html/ui.yaml.")
