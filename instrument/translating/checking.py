"""What a work file lacks, and where a translation lost something that the source has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from instrument.errors import Finding
from instrument.model import Instrument
from instrument.model import TranslationStatus as Status
from instrument.rules.translation import SAME_FROM
from instrument.rules.wording import words
from instrument.translating.marks import marks, numbers, one_line, paragraphs, same_text
from instrument.translating.work import STATUSES, WorkFile, WorkString


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far a translation is.

    Attributes
    ----------
    strings
        Texts the instrument has.
    translated
        Of these, the texts with a translation.
    by_status
        Of these, the texts by status, in the order draft, reviewed, back-translated.
    stale
        Translated texts whose source has changed since the file was made.
    left_out
        Rows of the file that the instrument has no text for, and second rows of a key.
    """

    strings: int
    translated: int
    by_status: dict[Status, int]
    stale: int
    left_out: int


def completeness(work: WorkFile, instrument: Instrument) -> Completeness:
    """Count each text of the instrument once, by its first row in the file."""
    base = instrument.strings()
    first = first_rows(work)
    done = [string for key, string in first.items() if key in base and string.text.strip()]
    counts = Counter(string.status for string in done)
    return Completeness(
        strings=len(base), translated=len(done), by_status={status: counts[status] for status in STATUSES},
        stale=sum(is_stale(string, base[string.key]) for string in done),
        left_out=len(work.strings) - sum(key in base for key in first),
    )


def first_rows(work: WorkFile) -> dict[str, WorkString]:
    """The first row of each key."""
    out: dict[str, WorkString] = {}
    for string in work.strings:
        out.setdefault(string.key, string)
    return out


def is_stale(string: WorkString, source: str) -> bool:
    """Whether the translation was made from other words than the instrument has now."""
    return not same_text(string.source, source)


def check_work(work: WorkFile, instrument: Instrument) -> tuple[Finding, ...]:
    """Every finding on a work file: what came up while reading, what is missing, what does not match its source.

    Codes: ``TRANSLATION-MISSING``, ``TRANSLATION-UNKNOWN``, ``TRANSLATION-DOUBLED``, ``TRANSLATION-STALE``,
    ``TRANSLATION-PLACEHOLDER``, ``TRANSLATION-NUMBER``, ``TRANSLATION-PARAGRAPHS``; warnings ``TRANSLATION-SAME``,
    ``TRANSLATION-SPACE``; and those of the readers.
    """
    base = instrument.strings()
    out = [*work.issues, *_keys(work, base)]
    for key, string in first_rows(work).items():
        if key in base and string.text.strip():
            out += _source(string, base[key])
            out += _kept(string, base[key])
            out += _look(string, base[key])
    return tuple(out)


def _at(string: WorkString) -> str:
    return f"{string.place}: {string.key}"


def _keys(work: WorkFile, base: dict[str, str]) -> Iterator[Finding]:
    first = first_rows(work)
    for key, source in base.items():
        if key not in first or not first[key].text.strip():
            place = _at(first[key]) if key in first else f"{work.file}: {key}"
            lack = "not translated" if key in first else "the file has no row for this text"
            yield Finding("TRANSLATION-MISSING", place, f"{lack}: {one_line(source)}", "translate it")
    for string in work.strings:
        if string.key not in base:
            yield Finding("TRANSLATION-UNKNOWN", _at(string), "the instrument has no text of this key; the row is left "
                          f"out: {one_line(string.text)}", "restore the key from the work file as it was sent out")
        elif first[string.key] is not string:
            yield Finding("TRANSLATION-DOUBLED", _at(string), f"the key stands already at {first[string.key].place}",
                          "keep one of the two rows")


def _source(string: WorkString, source: str) -> Iterator[Finding]:
    if is_stale(string, source):
        yield Finding(
            "TRANSLATION-STALE", _at(string), f"translated from {one_line(string.source)!r}, while the instrument now "
            f"says {one_line(source)!r}", "translate the new words; the old translation is taken for a draft")


def _kept(string: WorkString, source: str) -> Iterator[Finding]:
    lost, added = marks(source) - marks(string.text), marks(string.text) - marks(source)
    if lost or added:
        said = [f"{what} {' '.join(sorted(found.elements()))}" for what, found in (
            ("lacks", lost), ("adds", added)) if found]
        yield Finding("TRANSLATION-PLACEHOLDER", _at(string), f"the translation {' and '.join(said)}",
                      "keep placeholders, tags and web addresses as they are in the source")
    fewer = numbers(source) - numbers(string.text)
    if fewer:
        yield Finding("TRANSLATION-NUMBER", _at(string), f"the translation lacks {', '.join(sorted(fewer.elements()))}",
                      "write the numbers of the source in digits")
    theirs, ours = paragraphs(source), paragraphs(string.text)
    if theirs != ours:
        yield Finding(
            "TRANSLATION-PARAGRAPHS", _at(string), f"lines in each paragraph: {_shape(ours)}, where the source has "
            f"{_shape(theirs)}", "break lines and part paragraphs as the source does")


def _shape(lines: tuple[int, ...]) -> str:
    return " + ".join(map(str, lines))


def _look(string: WorkString, source: str) -> Iterator[Finding]:
    if words(source) >= SAME_FROM and same_text(string.text, source):
        yield Finding("TRANSLATION-SAME", _at(string), f"identical to the source: {one_line(source)}", "translate it",
                      "warning")
    if string.text != string.text.strip() and source == source.strip():
        yield Finding("TRANSLATION-SPACE", _at(string), "the translation begins or ends with a space or a line break",
                      "remove it", "warning")
