"""A file, a folder or an archive → the interviews in it as JSON, and what could not be read, each with its place."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instrument.errors import Finding, InputError
from instrument.fielding.html.layout import FORMAT

ENDINGS = (".json", ".jsonl", ".ndjson")
"""Files of a folder or archive that must hold interviews; a ``.txt`` counts if it begins like one."""

SEND_AGAIN = "Ask for the file again, or take it from the server again; do not mend it in a text editor."


@dataclass(frozen=True, slots=True)
class Document:
    """An interview, or what stands in its place: ``broken`` says why it cannot be read."""

    place: str
    content: dict[str, Any]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Everything found under a path. ``ignored`` are files that nobody would take for interviews."""

    name: str
    sha256: str
    documents: tuple[Document, ...]
    ignored: tuple[str, ...]


def open_source(path: Path) -> Source:
    """Read a JSON file (one interview, a list, or one a line), a folder of such files, or a zip archive of them.

    Raises
    ------
    InputError
        ``READ-MISSING`` if nothing is there, ``READ-EMPTY`` if it is empty, ``READ-JSON`` if it holds no interview.
    """
    if not path.exists():
        raise InputError(Finding(
            "READ-MISSING", str(path), "Interviews are a file, a folder or a zip archive; this is not there.",
            "Check the name; in study.yaml paths start at the study's folder.",
        ))
    name = path.name or str(path)
    files, ignored = _files(path, name)
    sha = hashlib.sha256()
    documents: list[Document] = []
    for inner, content in files:
        sha.update(content if inner == name else inner.encode("utf-8") + b"\0" + content)
        documents += _documents(inner, content)
    if not files or not any(content.strip() for _, content in files):
        raise InputError(Finding(
            "READ-EMPTY", name, "There must be at least one interview; there is no content"
            + (f" ({len(ignored)} files are none: {', '.join(ignored[:3])}{' …' if len(ignored) > 3 else ''})."
               if ignored else "."),
            "Name the file that respondents or the server handed over, or the folder of all of them.",
        ))
    if all(document.broken for document in documents):
        raise InputError(Finding(
            "READ-JSON", documents[0].place,
            f"Interviews are JSON as the page hands it over; here is none. {documents[0].broken}", SEND_AGAIN,
        ))
    return Source(name, sha.hexdigest(), tuple(documents), ignored)


def _files(path: Path, name: str) -> tuple[list[tuple[str, bytes]], tuple[str, ...]]:
    """Name and content of each file, sorted by name; and the names of those left out."""
    if path.is_dir():
        found = {
            file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    elif zipfile.is_zipfile(path):
        found = _unpacked(path, name)
    else:
        return [(name, path.read_bytes())], ()
    visible = {inner: content for inner, content in sorted(found.items()) if not _is_hidden(inner)}
    wanted = [(inner, content) for inner, content in visible.items() if _may_be_interview(inner, content)]
    return wanted, tuple(inner for inner in visible if inner not in dict(wanted))


def _unpacked(path: Path, name: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        # RuntimeError: the archive is encrypted.
        raise InputError(Finding(
            "READ-JSON", name, f"The archive must open without a password and be whole; it is not: {error}.",
            "Unpack it, and name the folder.",
        )) from error


def _is_hidden(inner: str) -> bool:
    """What operating systems leave behind in folders and archives."""
    return any(part.startswith(".") or part == "__MACOSX" for part in inner.split("/"))


def _may_be_interview(inner: str, content: bytes) -> bool:
    ending = Path(inner).suffix.lower()
    return ending in ENDINGS or (ending == ".txt" and content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["))


# -- one file -------------------------------------------------------------------------------------------


def _documents(place: str, content: bytes) -> Iterator[Document]:
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        yield Document(place, {}, f"The text must be in UTF-8; byte {error.start + 1} is not.")
        return
    values = list(_values(text))
    for line, value, broken in values:
        where = place if len(values) == 1 and not broken else f"{place}, line {line}"
        broken = broken or _no_interview(value)
        yield Document(where, {} if broken else value, broken)


def _values(text: str) -> Iterator[tuple[int, Any, str]]:
    """(line, value, why there is none) of every value: one alone, one after the other, or in a list.

    After a broken one reading goes on at the next line that begins with a value, so that a bad line in a server's
    file, or a list cut off at its end, loses no good interview.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
    at = _past(r"\s*", text, 0)
    in_list = text[at:at + 1] == "["
    at = _past(r"\s*", text, at + in_list)
    while at < len(text):
        if in_list and text[at] == "]":
            in_list, at = False, at + 1
        else:
            try:
                value, end = decoder.raw_decode(text, at)
                yield _line(text, at), value, ""
                at = end
            except (ValueError, RecursionError) as error:
                why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                yield _line(text, at), None, f"It is cut off or no JSON: {why}."
                following = re.compile(r"\n[\s,]*(?=\{)").search(text, at)
                at = len(text) if following is None else following.end()
                in_list = in_list and following is not None
        at = _past(r"[\s,]*", text, at)
    if in_list:
        yield _line(text, len(text)), None, "The list is cut off behind its last interview: more may have stood there."


def _past(pattern: str, text: str, at: int) -> int:
    found = re.compile(pattern).match(text, at)
    return at if found is None else found.end()


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("a key stands twice in it")
    return out


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _no_interview(value: Any) -> str:
    """Why a JSON value is no interview; ``""`` if it is one."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return f'An interview is an object with "format": "{FORMAT}"; this is another thing.'
    for key in ("answers", "identifiers"):
        if not isinstance(value.get(key), dict):
            return f'An interview holds its {key} as an object under "{key}"; this one does not.'
    if not isinstance(value.get("form"), str):
        return 'An interview names its form under "form"; this one does not.'
    return ""
