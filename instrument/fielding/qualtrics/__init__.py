"""Qualtrics, both directions: answers written in its CSV export form, and that form read.

Everything both directions must agree on (columns, ImportIds, recodes) stands once, in :mod:`.layout`.
Qualtrics itself cannot be asked; what is known of its export is written down in ``docs/reading.md``.
"""

from instrument.fielding.qualtrics.layout import AnswerColumn, answer_columns, import_ids
from instrument.fielding.qualtrics.reading import form_of, read
from instrument.fielding.qualtrics.writing import write

SUFFIX = ".csv"

__all__ = ["SUFFIX", "AnswerColumn", "answer_columns", "form_of", "import_ids", "read", "write"]
