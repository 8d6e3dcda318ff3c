"""Elements of a DDI codebook: the namespace, languages, and texts that XML can hold."""

from __future__ import annotations

import re

from lxml import etree

NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "http://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(version: str, language: str) -> etree._Element:
    """The element that holds all others."""
    made = etree.Element(_named("codeBook"), nsmap={None: NAMESPACE, "xsi": XSI})  # type: ignore[dict-item]
    made.set("ID", "codebook")
    made.set("version", version)
    made.set(LANG, language)
    made.set(f"{{{XSI}}}schemaLocation", f"{NAMESPACE} {SCHEMA}")
    return made


def add(
    parent: etree._Element, tag: str, text: str | None = None, *, language: str | None = None, **attributes: str,
) -> etree._Element:
    """Append an element; a character that XML cannot hold becomes U+FFFD, which shows that one is missing."""
    made = etree.SubElement(parent, _named(tag))
    for name, value in attributes.items():
        made.set(name, _NO_XML.sub("\ufffd", value))
    if language is not None:
        made.set(LANG, language)
    if text is not None:
        made.text = _NO_XML.sub("\ufffd", text)
    return made


def written(top: etree._Element) -> bytes:
    """The document as UTF-8, indented, the same bytes each time."""
    etree.indent(top)
    document: bytes = etree.tostring(top, xml_declaration=True, encoding="UTF-8")
    return document + b"\n"


def _named(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"
