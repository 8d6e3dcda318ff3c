"""The work file for translators: every text out with what a translator must know, and the translation back in.

`units` says what there is to translate, `work_file` writes it as XLIFF or as a workbook, `read_work_file` reads what
came back, `check_work` and `completeness` judge it, `to_yaml` writes the language's file of the house. The way of a
translation from first draft to the field stands in ``docs/translating.md``.
"""

from instrument.translating.checking import Completeness, check_work, completeness
from instrument.translating.files import Format, read_work_file, version_of, work_file
from instrument.translating.housefile import to_yaml
from instrument.translating.units import Unit, units
from instrument.translating.work import WorkFile, WorkString

__all__ = [
    "Completeness", "Format", "Unit", "WorkFile", "WorkString", "check_work", "completeness", "read_work_file",
    "to_yaml", "units", "version_of", "work_file",
]
