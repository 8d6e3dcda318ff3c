"""Answers as ODK Central exports them."""

from __future__ import annotations

from functools import partial

from instrument.fielding.xlsform import reading, writing

SUFFIX = ".csv"

read = partial(reading.read, platform="odk")
form_of = partial(reading.form_of, platform="odk")
write = partial(writing.write, style="odk")
