"""What is exported to a platform: the wish, and the files."""

from __future__ import annotations

from dataclasses import dataclass

from instrument.errors import Finding, InputError
from instrument.model import Block, Form, Instrument


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an instrument is to be fielded.

    Attributes
    ----------
    languages
        In the order in which a platform offers them; the first is the one it starts in.
    forms
        Ids of the forms, in the instrument's order.
    optional_blocks
        Ids of the optional blocks that are switched on.
    post_to
        Address to which a page of our own sends answers; None where respondents hand over a file.
    """

    languages: tuple[str, ...]
    forms: tuple[str, ...]
    optional_blocks: tuple[str, ...] = ()
    post_to: str | None = None

    def blocks(self, form: Form) -> tuple[Block, ...]:
        """The blocks of a form that are asked."""
        return tuple(block for block in form.blocks if not block.optional or block.id in self.optional_blocks)


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file of an export: a name without folders, and its bytes."""

    name: str
    content: bytes


def wanted(
    instrument: Instrument, *, language: str | None = None, optional_blocks: tuple[str, ...] = (),
    forms: tuple[str, ...] = (), post_to: str | None = None,
) -> Wanted:
    """All languages (or the one named) and all forms (or those named) of an instrument.

    Raises
    ------
    InputError
        ``EXPORT-LANGUAGE``, ``EXPORT-BLOCK``, ``EXPORT-FORM``, ``TRANSLATION-MISSING``, all at once.
    """
    optional = tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)
    known_forms = tuple(form.id for form in instrument.forms)
    asked = (
        ("EXPORT-LANGUAGE", "language", (language,) if language else (), instrument.languages),
        ("EXPORT-BLOCK", "optional block", optional_blocks, optional),
        ("EXPORT-FORM", "form", forms, known_forms),
    )
    findings = [
        Finding(code, f"instrument {instrument.version}, {what} {name!r}", f"This version has no such {what}.",
                f"Choose from: {', '.join(known) or 'none'}.")
        for code, what, names, known in asked for name in names if name not in known
    ]
    languages = (language,) if language else instrument.languages
    if not findings:
        findings = [finding for code in languages for finding in _untranslated(instrument, code)]
    if findings:
        raise InputError(findings)
    return Wanted(
        languages=languages, forms=tuple(f for f in known_forms if not forms or f in forms),
        optional_blocks=optional_blocks, post_to=post_to,
    )


def _untranslated(instrument: Instrument, language: str) -> list[Finding]:
    """A questionnaire never falls back to another language in silence."""
    translation = next((t for t in instrument.translations if t.language == language), None)
    if translation is None:
        return []
    return [
        Finding("TRANSLATION-MISSING", f"{instrument.version}/{language}.yaml: {key}", "not translated",
                "add the key with its translation, or leave the language out")
        for key in instrument.strings() if not translation.text(key)
    ]
