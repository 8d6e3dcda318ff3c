"""LimeSurvey, both directions: a questionnaire as survey structure (tab-separated), and exported responses.

Codes that both directions must agree on stand once, in :mod:`.codes`. The steps by hand are in ``docs/limesurvey.md``.
"""

from instrument.fielding.limesurvey.questionnaire import CAPABILITIES, NAME, export
from instrument.fielding.limesurvey.reading import form_of, read
from instrument.fielding.limesurvey.writing import SUFFIX, write

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "read", "write"]
