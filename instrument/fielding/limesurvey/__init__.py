"""LimeSurvey, both directions: a questionnaire as survey structure (tab-separated), and exported responses.

Codes that both directions must agree on stand once, in :mod:`.codes`. The steps by hand are in ``docs/limesurvey.md``.
"""

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.exports import Wanted
from instrument.fielding.limesurvey.questionnaire import CAPABILITIES, NAME, export
from instrument.fielding.limesurvey.reading import form_of, read
from instrument.fielding.limesurvey.writing import SUFFIX, write
from instrument.model import Instrument

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "losses", "read", "write"]


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What this export of a questionnaire cannot carry."""
    return capability_losses(CAPABILITIES, instrument, wanted, own_words=(
        "Messages for missing answers are in English; add them to limesurvey/questions.py."))
