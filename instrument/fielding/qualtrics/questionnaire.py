"""The questionnaire for Qualtrics: a QSF file, which holds all of it, and the documented TXT format, without logic."""

from __future__ import annotations

from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.qualtrics.advanced_format import text
from instrument.fielding.qualtrics.capabilities import CAPABILITIES, NAME
from instrument.fielding.qualtrics.losses import losses
from instrument.fielding.qualtrics.qsf import survey
from instrument.model import Instrument

__all__ = ["CAPABILITIES", "NAME", "export", "losses"]


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """``qualtrics-F-1.1.0.qsf`` a form with all languages, and ``qualtrics-F-1.1.0-en.txt`` a form and language.

    Raises
    ------
    InputError
        ``EXPORT-RECODE`` where an answer code is one that stands for a missing code on Qualtrics.
    """
    forms = [form for form in instrument.forms if form.id in wanted.forms]
    return (
        *(OutputFile(f"qualtrics-{form.id}-{instrument.version}.qsf", survey(instrument, form, wanted))
          for form in forms),
        *(OutputFile(f"qualtrics-{form.id}-{instrument.version}-{language}.txt",
                     text(instrument, form, wanted, language))
          for form in forms for language in wanted.languages),
    )
