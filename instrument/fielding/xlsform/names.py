"""Names that a form and its answers share: what is asked has its own id, what we add cannot be taken for it.

Ids in an instrument are lower-case letters and digits, so a name with an underscore is never a question's.
"""

from __future__ import annotations

import re

from instrument.model import Block, Fact, Form, Instrument, Item

VERSION = "instrument_version"
LANGUAGE = "interview_language"
LANGUAGE_SHOWN = "language_shown"
STARTED, ENDED = "start_time", "end_time"
INTERVIEW = "interview"
"""The first group, with language and identifiers."""

_RESERVED = frozenset({"meta", "data", INTERVIEW})
"""Names that ODK, or the first group, keeps for itself."""


def field(question_id: str) -> str:
    """The field that holds the answers to a question."""
    return f"{question_id}_" if question_id in _RESERVED else question_id


def reason_field(question_id: str) -> str:
    """The field that says why a question answered by typing has no answer."""
    return f"{question_id}_miss"


def group(block: Block) -> str:
    return f"block_{block.id}"


def form_id(instrument: Instrument, form: Form) -> str:
    """Id of the form on the server; letters, digits and underscores only."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', instrument.name).strip('_') or 'form'}_{form.id}"


def choice_list(question: Item | Fact) -> str:
    """The list of answers; questions on one scale share it, so that a matrix can show it once."""
    own_codes = isinstance(question, Fact) and (question.options or question.missing)
    return f"answers_{question.id}" if question.scale is None or own_codes else f"scale_{question.scale}"


def language_label(instrument: Instrument, language: str) -> str:
    """``Español (es)``, as XLSForm names a language."""
    name = next((t.name for t in instrument.translations if t.language == language), instrument.language_name)
    return f"{name} ({language})"
