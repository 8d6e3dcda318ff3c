"""DDI-Codebook 2.5, the standard of data archives: one XML file for all forms and languages."""

from __future__ import annotations

from instrument.fielding.capabilities import Loss, capability_losses
from instrument.fielding.ddi import groups, study, variables
from instrument.fielding.ddi.capabilities import CAPABILITIES, NAME
from instrument.fielding.ddi.subject import subject
from instrument.fielding.ddi.xml import add, root, written
from instrument.fielding.exports import OutputFile, Wanted
from instrument.model import Instrument

__all__ = ["CAPABILITIES", "NAME", "VERSION", "export", "losses"]

VERSION = "2.5"


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """``ddi-1.0.0.xml``: the study, a file of data a form, groups of variables, variables."""
    about = subject(instrument, wanted)
    top = root(VERSION, instrument.language)
    study.document(top, about)
    study.study(top, about)
    study.files(top, about)
    described = add(top, "dataDscr")
    groups.groups(described, about)
    variables.variables(described, about)
    variables.words_shown(described, about)
    return (OutputFile(f"ddi-{instrument.version}.xml", written(top)),)


def losses(instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]:
    """What a codebook cannot carry; its remarks are in English, marked as such, whatever the languages."""
    return capability_losses(CAPABILITIES, instrument, wanted, own_words=(
        "The labels of metadata and of answers not chosen are in English; add them to spss/wording.py."))
