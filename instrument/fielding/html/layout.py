"""One interview as JSON: what the page hands over, and what reading and writing must agree on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from instrument import store
from instrument.fielding.words import simplified
from instrument.model import Fact, Form, Instrument, Item, Note

FORMAT = "alliometrics-answers"

META_KEYS = {
    "response_id": "response_id", "instrument_version": "version", "language": "language", "started": "started",
    "ended": "ended", "duration_seconds": "duration_seconds", "finished": "finished", "status": "status",
}
"""Column of ``RawAnswers.meta`` → key of an interview."""

KNOWN_KEYS = frozenset({
    "format", "form", "instrument", "fingerprint", "identifiers", "optional_blocks", "order", "answers",
    *META_KEYS.values(),
})

PERSONAL = frozenset(map(simplified, (
    "ip", "ip_address", "client_ip", "remote_addr", "remote_address", "x_forwarded_for", "forwarded", "user_agent",
    "name", "first_name", "last_name", "full_name", "given_name", "family_name", "surname", "recipient_name",
    "recipient_first_name", "recipient_last_name", "email", "e_mail", "email_address", "recipient_email", "mail",
    "phone", "phone_number", "telephone", "mobile", "address", "postal_address", "street", "external_reference",
    "external_data_reference", "location", "latitude", "longitude", "location_latitude", "location_longitude",
    "location_accuracy", "gps", "cookie", "username", "user_name", "user",
)))
"""Keys that a server may have added and that can name a person; compared without case and punctuation."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z")
_PLAIN_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)")

Instruments = Instrument | Sequence[Instrument] | Mapping[str, Instrument]


def by_version(instruments: Instruments) -> dict[str, Instrument]:
    """Version → instrument, however they are given."""
    if isinstance(instruments, Instrument):
        return {instruments.version: instruments}
    many: Iterable[Instrument] = instruments.values() if isinstance(instruments, Mapping) else instruments
    return {instrument.version: instrument for instrument in many}


def find_version(version: str, instruments: Instruments | None) -> Instrument | None:
    """The instrument of a version among those given, or among the released ones where none are."""
    if instruments is not None:
        return by_version(instruments).get(version)
    return store.load(version) if version in store.versions() else None


def asked(form: Form) -> dict[str, tuple[str | None, Item | Fact]]:
    """Question id → the optional block it stands in (None: in none) and the question, in order."""
    return {
        question.id: (block.id if block.optional else None, question)
        for block, question in form.questions() if not isinstance(question, Note)
    }


def is_personal(key: str) -> bool:
    return simplified(key) in PERSONAL


def time_to_json(text: str) -> str:
    """``2026-03-31 09:05:00``, UTC, as browsers write it: ``2026-03-31T09:05:00Z``."""
    found = _PLAIN_TIME.fullmatch(text)
    return f"{found[1]}T{found[2]}Z" if found else text


def time_from_json(text: str) -> str:
    found = _TIME.fullmatch(text)
    return f"{found[1]} {found[2]}" if found else text
