"""XLSForm for KoboToolbox and ODK, both directions: the questionnaire as a form, and the answers both export.

Names of fields that both directions must agree on stand once, in :mod:`.names` and :mod:`.fields`. How a form is
fielded and what is lost is written down in ``docs/xlsform.md``.
"""

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.exports import Wanted
from instrument.fielding.xlsform.capabilities import CAPABILITIES
from instrument.fielding.xlsform.questionnaire import NAME, export
from instrument.fielding.xlsform.reading import form_of, read
from instrument.fielding.xlsform.writing import SUFFIX, write
from instrument.model import Instrument

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "losses", "read", "write"]


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What this export of a questionnaire cannot carry."""
    return capability_losses(CAPABILITIES, instrument, wanted, own_words=(
        "Messages of the form itself are signs in this language; add words to xlsform/wording.py."))
