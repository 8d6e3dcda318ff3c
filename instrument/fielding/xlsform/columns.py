"""Columns of Kobo's and ODK Central's exports under the names of our fields.

Both put a field's groups before its name (``block_fteam/dafmn``, ``block_fteam-dafmn``), and a group may be renamed,
or a field move to another between two versions of a form: so a field is known by what stands last. Kobo can also put
questions' words in place of names; then words, and where several questions share them their order, tell.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from instrument.fielding.tables import Table
from instrument.fielding.words import simplified
from instrument.fielding.xlsform import names
from instrument.fielding.xlsform.fields import answer_columns, fields_of, has_reason, helper_fields
from instrument.fielding.xlsform.wording import comparable, spellings
from instrument.model import Form, Instrument, Note
from instrument.spreadsheet import restored

OURS = "helper of the form"
"""What columns are called whose field holds no answer."""

MOVED = "moved to another group"
"""What a column is called whose cells were joined to those of the same field elsewhere."""

PLACE = "geopoint"
_PART_OF_PLACE = re.compile(r"_?(?P<base>.+)[-_](latitude|longitude|altitude|precision|accuracy)$", re.IGNORECASE)
_KEPT_WHOLE = {"formhub/uuid": "formhub/uuid", "_status": "submission status"}
"""Kobo's own columns whose last part would be taken for something else."""


@dataclass(slots=True)
class Known:
    """Names and words of the forms that a file may hold answers to."""

    fields: set[str] = field(default_factory=set)
    helpers: set[str] = field(default_factory=set)
    by_words: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    helper_words: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    reason_words: set[str] = field(default_factory=set)
    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    choices: dict[str, dict[str, tuple[str, str]]] = field(default_factory=lambda: defaultdict(dict))

    def add_names(self, instrument: Instrument, form: Form) -> None:
        self.fields |= {names.VERSION, names.LANGUAGE, names.STARTED, names.ENDED, *form.identifiers}
        self.helpers |= helper_fields(instrument, form)
        for where in answer_columns(instrument, form):
            parts = {name for part in where.parts.values() for name in part}
            self.fields |= {*where.names, *where.beside, *parts}
            self.reasons |= {where.names[0]: where.beside[0]} if where.beside else {}

    def add_words(self, instrument: Instrument, form: Form, language: str) -> None:
        try:
            shown = fields_of(instrument, form, language)
        except KeyError:  # a translation that is not complete was never fielded
            return
        reasons = set(self.reasons.values())
        for one in shown:
            if not one.label or one.name in form.identifiers:
                continue
            for words in spellings(restored(one.label)):
                if one.name in reasons:
                    self.reason_words.add(words)
                elif one.name in self.helpers:
                    self.helper_words.add(words)
                else:
                    self.by_words[words][one.name] = None
        for _, question in form.questions():
            if isinstance(question, Note):
                continue
            name = names.reason_field(question.id) if has_reason(question) else names.field(question.id)
            for option in instrument.options(question):
                label = instrument.label(question, option.code, language)
                self.codes[name].add(str(option.code))
                likely, *others = spellings(label)
                self.choices[name][likely] = str(option.code), label
                for words in others:
                    self.choices[name].setdefault(words, (str(option.code), label))


def known_fields(layouts: Sequence[Instrument], form_id: str | None = None) -> Known:
    """What a file may hold under some versions: names of every form, for it may be the wrong one, and one form's words.

    Without a form the words are those of all.
    """
    known = Known()
    for instrument in layouts:
        for form in instrument.forms:
            known.add_names(instrument, form)
            if form_id in (None, form.id):
                for language in instrument.languages:
                    known.add_words(instrument, form, language)
    return known


def last_part(header: str) -> str:
    """A column's name without its groups."""
    return _KEPT_WHOLE.get(header) or re.split(r"[/-]", header)[-1]


def _endings(header: str, separators: str) -> Iterator[str]:
    """A header, then what is left of it without its first group, its first two, …"""
    yield header
    for mark in re.finditer(f"[{separators}]", header):
        yield header[mark.end():]


def fields_in(table: Table, known: Known, platform_names: Sequence[str]) -> list[str]:
    """For each column its field's name; a platform's own name without groups; or the header as it stands."""
    own = {simplified(name) for name in platform_names}
    places = {m["base"] for name in table.header if (m := _PART_OF_PLACE.match(last_part(name)))}
    said = dict(_all_words(table.header, known))
    shared = Counter(said.values())
    waiting = {words: list(known.by_words[words]) for words, n in shared.items() if n == len(known.by_words[words])}
    out: list[str] = []
    for k, header in enumerate(table.header):
        found = _by_name(header, known)
        if found is None and said.get(k) in waiting:
            found = waiting[said[k]].pop(0)
        if found is None and out:
            found = _after(table.header[k - 1], header, out[-1], known)
        last = last_part(header)
        if found is None and (last in places or _PART_OF_PLACE.match(last)):
            found = PLACE
        if found is None and any(comparable(ending) in known.helper_words for ending in _endings(header, "/")):
            found = OURS
        if found is None and simplified(last) in own:
            found = last
        out.append(found or header)
    return out


def _all_words(headers: Sequence[str], known: Known) -> Iterator[tuple[int, str]]:
    """Columns headed by words, and the words, without those that only go on from the header before."""
    whole = None
    for k, header in enumerate(headers):
        if whole is None or not restored(header).startswith(f"{restored(whole)}/"):
            words = _words(header, known)
            whole = header if words else None
            if words:
                yield k, words


def _by_name(header: str, known: Known) -> str | None:
    for ending in _endings(header, "/-"):
        if ending in known.fields:
            return ending
        if ending in known.helpers:
            return OURS
    return None


def _words(header: str, known: Known) -> str:
    """The questions' words that a header ends in; ``""`` if there are none."""
    if _by_name(header, known):
        return ""
    endings = (comparable(ending) for ending in _endings(header, "/"))
    return next((words for words in endings if words in known.by_words), "")


def _after(before: str, header: str, found_before: str, known: Known) -> str | None:
    """A column that speaks for something only because of the one before it."""
    before, header = restored(before), restored(header)
    question = found_before.split("/")[0]
    if "/" in found_before:
        before = before.rsplit("/", 1)[0]
    if question in known.choices and header.startswith(f"{before}/"):
        answer = known.choices[question].get(comparable(header.removeprefix(f"{before}/")))
        return f"{question}/{answer[0]}" if answer is not None else None
    if found_before in known.reasons and comparable(header.rsplit("/", 1)[-1]) in known.reason_words:
        return known.reasons[found_before]
    return None


# -- one column a field -----------------------------------------------------------------------------------


def joined(table: Table, found: Sequence[str], known: Known) -> tuple[Table, list[str], tuple[str, ...]]:
    """Columns of one field in different groups become one, where no response has answers in two of them.

    Returns the table, the columns' names, and a sentence for people for each field.
    """
    places: Mapping[str, list[int]] = defaultdict(list)
    for j, name in enumerate(found):
        if name in known.fields:
            places[name].append(j)
    columns, renamed, notes = list(table.columns), list(found), []
    for name, where in places.items():
        if len(where) < 2 or len({table.header[j] for j in where}) < len(where):
            continue  # the same name in the same group twice is a copy, and reading says so
        rows = list(zip(*(table.columns[j] for j in where), strict=True))
        if any(sum(1 for cell in cells if cell) > 1 for cells in rows):
            continue
        columns[where[0]] = tuple("".join(cells) for cells in rows)
        for j in where[1:]:
            renamed[j] = MOVED
        notes.append(f"{name} stands in {len(where)} groups, as after a change of the form: its columns were joined.")
    return replace(table, columns=tuple(columns)), renamed, tuple(notes)
