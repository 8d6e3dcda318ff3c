"""REDCap, both directions: the data dictionary of a questionnaire, and records exported as CSV."""

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.exports import Wanted
from instrument.fielding.redcap.capabilities import CAPABILITIES, NAME
from instrument.fielding.redcap.dictionary import export
from instrument.fielding.redcap.records import SUFFIX, form_of, read, write
from instrument.model import Instrument

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "losses", "read", "write"]


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What this export of a questionnaire cannot carry."""
    return capability_losses(CAPABILITIES, instrument, wanted, own_words=(
        "The closing sentence and the question for a reason are in English; add them to redcap/wording.py."))
