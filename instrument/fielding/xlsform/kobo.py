"""Answers as KoboToolbox exports them."""

from __future__ import annotations

from functools import partial

from instrument.fielding.xlsform import reading, writing

SUFFIX = ".csv"

read = partial(reading.read, platform="kobo")
form_of = partial(reading.form_of, platform="kobo")
write = partial(writing.write, style="kobo")
