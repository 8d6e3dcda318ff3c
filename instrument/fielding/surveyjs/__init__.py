"""SurveyJS, both directions: a questionnaire as survey JSON, and the results that its pages store.

Names that both directions must agree on stand once, in :mod:`.places`. How a page loads the JSON and sends results is
written down in ``docs/surveyjs.md``.
"""

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.exports import Wanted
from instrument.fielding.surveyjs.questionnaire import CAPABILITIES, NAME, export
from instrument.fielding.surveyjs.reading import form_of, read
from instrument.fielding.surveyjs.writing import SUFFIX, write
from instrument.model import Instrument

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "losses", "read", "write"]


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What this export of a questionnaire cannot carry."""
    return capability_losses(CAPABILITIES, instrument, wanted, own_words=(
        "Messages for answers out of bounds are in English; add them to surveyjs/words.py."))
