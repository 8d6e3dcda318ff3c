"""Qualtrics, both directions: a questionnaire as survey files, answers in its CSV export form, and that form read.

Everything the directions must agree on (question numbers, ImportIds, recodes) stands once, in :mod:`.layout`; survey
files are made by :mod:`.questionnaire`. Qualtrics itself cannot be asked; what is known of its files is written down
in ``docs/qualtrics.md`` (surveys) and ``docs/reading.md`` (exports of answers).
"""

from instrument.fielding.qualtrics.layout import AnswerColumn, answer_columns, import_ids
from instrument.fielding.qualtrics.reading import form_of, read
from instrument.fielding.qualtrics.writing import write

SUFFIX = ".csv"

__all__ = ["SUFFIX", "AnswerColumn", "answer_columns", "form_of", "import_ids", "read", "write"]
