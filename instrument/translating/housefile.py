"""A translation as ``<language>.yaml``, in the layout that people keep it in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from instrument.model import TranslationStatus as Status
from instrument.translating.checking import first_rows, is_stale
from instrument.translating.marks import one_line
from instrument.translating.work import STATUSES, WorkFile, WorkString

WIDTH = 110
LONGEST_LINE = 118
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def to_yaml(work: WorkFile, instrument: Instrument, *, name: str | None = None, translator: str | None = None) -> str:
    """The contents of ``<language>.yaml``: keys in the questionnaire's order, a comment where a text is not translated.

    The file claims the status of its least checked text; a text that is checked better says so itself. A text whose
    source has changed since is a draft again, whatever the work file says.

    Parameters
    ----------
    name
        The language's name in its own words; without it, that of the work file, else the language tag.
    translator
        Without it, that of the work file.

    Raises
    ------
    InputError
        ``TRANSLATION-DOUBLED``: a key stands twice with different translations, and nobody can say which is meant.
    """
    _refuse_doubled(work)
    base = instrument.strings()
    first = first_rows(work)
    done = {key: first[key] for key in base if key in first and first[key].text.strip()}
    statuses = {key: _status(string, base[key]) for key, string in done.items()}
    whole: Status = min(statuses.values(), key=STATUSES.index, default="draft")
    shared = _shared(base, done, statuses, whole)
    called = name or work.name or work.language
    lines = [*_head(work, instrument, called, whole, translator or work.translator or "not named"), "strings:"]
    sections = _sections(instrument)
    for key, source in base.items():
        lines += sections.get(key, ())
        if key not in done:
            lines.append(f"  # {key} is not translated: {one_line(source)}")
        else:
            entry = list(_entry(key, done[key].text, statuses[key] if statuses[key] != whole else None))
            if key in shared.values():
                entry[0] = entry[0].replace(": ", f": &{_anchor(key)} ", 1)
            lines += [f"  {key}: *{_anchor(shared[key])}"] if key in shared else entry
    if not done:
        lines[lines.index("strings:")] = "strings: {}"
    return "\n".join(lines) + "\n"


def _refuse_doubled(work: WorkFile) -> None:
    first = first_rows(work)
    twice = [string for string in work.strings if string.text != first[string.key].text]
    if twice:
        raise InputError(Finding(
            "TRANSLATION-DOUBLED", f"{string.place}: {string.key}",
            f"the key stands already at {first[string.key].place}, with another translation", "keep one of the two")
            for string in twice)


def _status(string: WorkString, source: str) -> Status:
    return "draft" if string.status is None or is_stale(string, source) else string.status


# -- layout -------------------------------------------------------------------------------------------


def _head(work: WorkFile, instrument: Instrument, called: str, whole: Status, translator: str) -> list[str]:
    means = {"draft": "translated once, neither reviewed by a second person nor translated back",
             "reviewed": "reviewed by a second person, not translated back",
             "back-translated": "reviewed, translated back, and the result compared with the source"}[whole]
    return [
        "# yaml-language-server: $schema=../../schema/translation.json", "#",
        f"# {one_line(called)}. Every string that respondents see, by key, in the order in which it appears in "
        "instrument.yaml.", f"# `status: {whole}` means: {means}.", "",
        *_scalar("", "language", work.language), *_scalar("", "name", called), f"status: {whole}",
        *_scalar("", "translator", translator), "",
    ]


def _sections(instrument: Instrument) -> dict[str, list[str]]:
    """Comment lines and empty lines that stand before a key."""
    out: dict[str, list[str]] = {}
    for scale in instrument.scales:
        labelled = [option for option in scale.points + scale.missing if option.label is not None]
        if labelled:
            out[f"scale.{scale.id}.{labelled[0].code}"] = [""]
    for form in instrument.forms:
        rule = "  # " + "=" * 108
        out[f"form.{form.id}.title"] = ["", rule, f"  # Form {form.id}: {one_line(form.title, 90)}", rule, ""]
        for block in form.blocks:
            out.setdefault(f"block.{block.id}.title", [""])
    return out


def _shared(
    base: dict[str, str], done: dict[str, WorkString], statuses: dict[str, Status], whole: Status,
) -> dict[str, str]:
    """Questions that repeat a long text of the whole instrument, and its key: it is written once, with an anchor."""
    long = [key for key in done if key.startswith("instrument.") and len(done[key].text) > WIDTH
            and statuses[key] == whole]
    return {key: first for first in long for key in done if key.startswith("question.") and statuses[key] == whole
            and base[key] == base[first] and done[key].text == done[first].text}


def _anchor(key: str) -> str:
    return key.split(".")[-1]


def _entry(key: str, text: str, status: Status | None) -> Iterator[str]:
    if status is None:
        yield from _scalar("  ", key, text)
        return
    yield f"  {key}:"
    yield from _scalar("    ", "text", text)
    yield f"    status: {status}"


def _scalar(indent: str, key: str, text: str) -> Iterator[str]:
    """``key: text`` in the plainest form of YAML that is read back as exactly this text."""
    plain = [f"{indent}{key}: {text}"]
    simple = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for lines in (plain, [f"{indent}{key}: {simple}"]):
        if len(lines[0]) <= LONGEST_LINE and "\n" not in text and _reads(lines, key, text):
            yield from lines
            return
    folded = [f"{indent}{key}: >-", *(f"{indent}  {line}" if line else "" for line in _folded(text))]
    if _reads(folded, key, text):
        yield from folded
        return
    quoted = yaml.dump(text, default_style='"', allow_unicode=True, width=10**9).rstrip("\n")
    yield f"{indent}{key}: {quoted}"


def _folded(text: str) -> Iterator[str]:
    """Lines of at most WIDTH; a line break of the text is an empty line more. No-break spaces hold."""
    for number, paragraph in enumerate(text.split("\n")):
        if number:
            yield ""
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > WIDTH:
                yield line
                line = word
            else:
                line = f"{line} {word}" if line else word
        if line:
            yield line


def _reads(lines: list[str], key: str, text: str) -> bool:
    try:
        return bool(yaml.load("\n".join(lines) + "\n", Loader=_Loader) == {key: text})
    except (yaml.YAMLError, ValueError):
        return False
