"""The work file as XLIFF 1.2, which every translation program in common use reads and writes.

States: a draft is ``translated``, a reviewed text ``signed-off`` and approved. Back-translated is
``final`` with the qualifier ``x-back-translated``, because other programs write a bare ``final`` for
what was merely approved; such a text comes back as reviewed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lxml import etree

from instrument.errors import Finding, InputError
from instrument.model import TranslationStatus as Status
from instrument.translating.marks import one_line, plain_breaks
from instrument.translating.units import Unit
from instrument.translating.work import Heading, WorkFile, WorkString, damaged

NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
BACK_TRANSLATED = "x-back-translated"
UNFINISHED = ("new", "needs-translation")
STATES: dict[Status | None, str] = {
    None: "needs-translation", "draft": "translated", "reviewed": "signed-off", "back-translated": "final"}

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_OWN_CODES = ("g", "x", "bx", "ex")
"""Inline elements that stand for codes kept elsewhere; our sources have none, so a program must have put them in."""


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


# -- out ----------------------------------------------------------------------------------------------


def write(heading: Heading, units: Sequence[Unit]) -> bytes:
    """The work file as bytes, the same for the same instrument."""
    namespaces: Any = {None: NAMESPACE}  # the namespace that needs no prefix
    root = etree.Element(_tag("xliff"), {"version": "1.2"}, nsmap=namespaces)
    file = etree.SubElement(root, _tag("file"), {
        "original": "instrument.yaml", "datatype": "plaintext", "source-language": heading.source_language,
        "target-language": heading.language, "product-name": heading.instrument, "product-version": heading.version,
        _SPACE: "preserve",
    })
    header = etree.SubElement(file, _tag("header"))
    for name, text in (("language-name", heading.name), ("translator", heading.translator)):
        if text:
            _text(header, "note", text, {"from": name})
    body = etree.SubElement(file, _tag("body"))
    for unit in units:
        _write_unit(body, unit)
    etree.indent(root, space=" ")  # touches elements without text of their own only
    document: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return document + b"\n"


def _write_unit(body: Any, unit: Unit) -> None:
    approved: dict[str, str] = {} if unit.status in (None, "draft") else {"approved": "yes"}
    element = etree.SubElement(body, _tag("trans-unit"), {
        "id": unit.key, "resname": unit.key, **approved, _SPACE: "preserve"})
    _text(element, "source", unit.source)
    qualifier = {"state-qualifier": BACK_TRANSLATED} if unit.status == "back-translated" else {}
    _text(element, "target", unit.target, {"state": STATES[unit.status], **qualifier})
    where = f"Form {', '.join(unit.forms)}; block {unit.block or 'none'}; {unit.kind}."
    _text(element, "note", " ".join((where, *unit.context)), {"from": "developer"})


def _text(parent: Any, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    etree.SubElement(parent, _tag(name), attributes or {}).text = text or None


# -- in -----------------------------------------------------------------------------------------------


def read(name: str, content: bytes) -> WorkFile:
    """Read XLIFF 1.2.

    Raises
    ------
    InputError
        ``TRANSLATION-FILE``: no XML, not whole, with a document type of its own, or no XLIFF 1.2.
    """
    root = _parse(name, content)
    files = root.findall(_tag("file"))
    if not files:
        raise InputError(damaged(name, "the XLIFF holds no <file>"))
    heading = _heading(name, files)
    strings: list[WorkString] = []
    issues: list[Finding] = []
    for element in (unit for file in files for unit in file.iter(_tag("trans-unit"))):
        place = f"{name}, line {element.sourceline}"
        strings.append(_read_unit(element, place))
        issues += _lost_codes(element, place)
    return WorkFile(
        file=name, instrument=heading.instrument, version=heading.version, source_language=heading.source_language,
        language=heading.language, name=heading.name, translator=heading.translator, strings=tuple(strings),
        issues=tuple(issues),
    )


def _parse(name: str, content: bytes) -> Any:
    # No entity is expanded, nothing is fetched; a document type is refused, since no program needs one here.
    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False)
    try:
        root: Any = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(damaged(f"{name}, line {error.lineno or 1}",
                                 f"this is not XML, or not the whole of it: {error.msg}")) from None
    if root.getroottree().docinfo.doctype:
        raise InputError(damaged(name, "the file declares a document type, which a work file never does",
                                 "remove <!DOCTYPE …>, or export from the translation program again"))
    if root.tag != _tag("xliff"):
        raise InputError(damaged(
            name, f"this is not XLIFF 1.2: it begins with <{etree.QName(root).localname}"
            f" version={root.get('version', '')!r}>", "export from the translation program as XLIFF 1.2"))
    return root


def _heading(name: str, files: list[Any]) -> Heading:
    found = {_one_heading(name, file) for file in files}
    if len(found) > 1:
        raise InputError(damaged(name, "the file holds the work on several versions or languages",
                                 "hand in one file a version and language"))
    return found.pop()


def _one_heading(name: str, file: Any) -> Heading:
    keys = ("product-name", "product-version", "source-language", "target-language")
    absent = [key for key in keys if not file.get(key)]
    if absent:
        raise InputError(damaged(
            f"{name}, line {file.sourceline}", f"<file> does not say {', '.join(absent)}",
            "copy the line <file …> from the work file as it was sent out"))
    notes = {note.get("from"): plain_breaks("".join(note.itertext())) for note in file.iterfind(
        f"{_tag('header')}/{_tag('note')}")}
    instrument, version, source_language, language = (str(file.get(key)) for key in keys)
    return Heading(instrument, version, source_language, language, notes.get("language-name", ""),
                   notes.get("translator", ""))


def _read_unit(element: Any, place: str) -> WorkString:
    target = element.find(_tag("target"))
    text = _words(target)
    notes: dict[str, list[str]] = {}
    for note in element.findall(_tag("note")):
        notes.setdefault(note.get("from", ""), []).append(_words(note))
    back = notes.pop("back-translation", [])
    notes.pop("developer", None)
    return WorkString(
        key=element.get("resname") or element.get("id", ""), source=_words(element.find(_tag("source"))), text=text,
        status=_status(element, target) if text.strip() else None, place=place, back_translation="\n".join(back),
        comment="\n".join(line for lines in notes.values() for line in lines),
    )


def _words(element: Any) -> str:
    return "" if element is None else plain_breaks("".join(element.itertext()))


def _status(element: Any, target: Any) -> Status:
    state = target.get("state", "")
    if state in ("final", "signed-off"):
        return "back-translated" if target.get("state-qualifier") == BACK_TRANSLATED else "reviewed"
    if not state and element.get("approved") == "yes":
        return "reviewed"
    return "draft"


def _lost_codes(element: Any, place: str) -> Iterable[Finding]:
    target = element.find(_tag("target"))
    if target is None:
        return
    codes = sorted({etree.QName(code).localname for code in target.iter(*map(_tag, _OWN_CODES))})
    if codes:
        yield Finding(
            "TRANSLATION-INLINE", f"{place}: {element.get('id')}",
            f"the translation holds <{'>, <'.join(codes)}>, codes of the translation program, in "
            f"{one_line(_words(target))!r}",
            "write the text without formatting, and placeholders as they stand in the source")
