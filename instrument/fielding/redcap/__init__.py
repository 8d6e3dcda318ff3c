"""REDCap, both directions: the data dictionary of a questionnaire, and records exported as CSV."""

from instrument.fielding.redcap.capabilities import CAPABILITIES, NAME
from instrument.fielding.redcap.dictionary import export
from instrument.fielding.redcap.records import SUFFIX, form_of, read, write

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "read", "write"]
