"""Every platform by its id: who writes questionnaires for it, who reads and writes its answers.

Modules are imported when they are asked for, so that one platform's library costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from instrument.errors import Finding, InputError
from instrument.fielding.capabilities import Capability, Feature, Loss
from instrument.fielding.exports import OutputFile, Wanted
from instrument.model import Instrument

if TYPE_CHECKING:  # the command line lists platforms before it knows whether it needs any table
    import pandas as pd

    from instrument.fielding.answers import Export, RawAnswers

_EXPORTERS = {
    "xlsform": "xlsform", "surveyjs": "surveyjs", "limesurvey": "limesurvey", "redcap": "redcap",
    "qualtrics": "qualtrics.questionnaire", "html": "html", "paper": "paper", "spss": "spss", "ddi": "ddi",
    "csv": "codebook",
}
EXPORTS = tuple(_EXPORTERS)
"""What an instrument can be exported to."""

_ANSWERS = {
    "qualtrics": "qualtrics", "limesurvey": "limesurvey", "xlsform": "xlsform", "kobo": "xlsform.kobo",
    "odk": "xlsform.odk", "redcap": "redcap", "surveyjs": "surveyjs", "html": "html", "paper": "plain.csv",
    "spss": "spss", "excel": "plain.excel", "csv": "plain.csv",
}
ANSWERS = tuple(_ANSWERS)
"""Platforms and programs whose answers can be read; ``xlsform`` tells Kobo's from ODK's by itself."""


class Exporter(Protocol):
    """A module that writes a questionnaire, or a codebook, in a platform's form."""

    NAME: str
    CAPABILITIES: Mapping[Feature, Capability]

    def export(self, instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]: ...

    def losses(self, instrument: Instrument, wanted: Wanted) -> tuple[Loss, ...]: ...


class AnswersForm(Protocol):
    """A module that reads answers as a platform exports them, and writes simulated ones in that form.

    ``SUFFIX`` is the usual end of a file's name. ``write`` takes the versions whose answers stand in the file; each
    row is written by its own.
    """

    SUFFIX: str

    def read(
        self, path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
        instruments: Mapping[str, Instrument] | None = None,
    ) -> RawAnswers: ...

    def form_of(
        self, path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None,
    ) -> str: ...

    def write(
        self, path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame,
        meta: pd.DataFrame, personal: pd.DataFrame | None = None, *, export: Export = "codes",
        language: str | None = None,
    ) -> None: ...


def exporter(platform: str) -> Exporter:
    """Raises ``InputError`` (``OPTION-PLATFORM``) for a platform that nobody writes for."""
    return cast(Exporter, _module(platform, _EXPORTERS))


def answers(platform: str) -> AnswersForm:
    """Raises ``InputError`` (``OPTION-PLATFORM``) for a platform whose answers nobody reads."""
    return cast(AnswersForm, _module(platform, _ANSWERS))


def _module(platform: str, modules: Mapping[str, str]) -> object:
    if platform not in modules:
        raise InputError(Finding("OPTION-PLATFORM", platform, f"The platform must be one of {', '.join(modules)}.",
                                 "Choose one of them."))
    return import_module(f"instrument.fielding.{modules[platform]}")
