"""SurveyJS, both directions: a questionnaire as survey JSON, and the results that its pages store.

Names that both directions must agree on stand once, in :mod:`.places`. How a page loads the JSON and sends results is
written down in ``docs/surveyjs.md``.
"""

from instrument.fielding.surveyjs.questionnaire import CAPABILITIES, NAME, export
from instrument.fielding.surveyjs.reading import form_of, read
from instrument.fielding.surveyjs.writing import SUFFIX, write

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "read", "write"]
