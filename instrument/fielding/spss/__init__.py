"""SPSS, both directions: labels for a table of answers (``.sps``, ``.sav``), and answers in a ``.sav`` file."""

from instrument.fielding.spss.capabilities import CAPABILITIES, NAME
from instrument.fielding.spss.exporting import export, losses
from instrument.fielding.spss.reading import SUFFIX, form_of, read
from instrument.fielding.spss.writing import write

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "losses", "read", "write"]
