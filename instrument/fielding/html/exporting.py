"""A form → one self-contained page, and the words in which an export says what it cannot carry."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding.exports import OutputFile, Wanted
from instrument.fielding.html.layout import FORMAT
from instrument.fielding.html.view import Answer, Page, keys_shown, pages, script_pages
from instrument.fielding.html.words import all_words, unwritten, words_for
from instrument.model import Form, Instrument

HERE = Path(__file__).parent
SCRIPTS = ("data", "words", "state", "routing", "fields", "checks", "handover", "steps", "start")
"""Parts of the page's script in ``js/``, in the order in which they are joined."""


MAY_BE_ABSENT = ("informant_id",)
"""Identifiers without which an interview can still be used; the page lets them empty."""

RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def export(instrument: Instrument, wanted: Wanted) -> tuple[OutputFile, ...]:
    """One page a form, all wanted languages in it. The same wish gives the same bytes.

    Raises
    ------
    InputError
        ``EXPORT-URL`` if ``wanted.post_to`` is no address to which a page can send answers.
    """
    origin = None if wanted.post_to is None else post_origin(wanted.post_to)
    return tuple(
        OutputFile(file_name(instrument, form_id, ".html"), _page(instrument, instrument.form(form_id), wanted, origin))
        for form_id in wanted.forms
    )


def file_name(instrument: Instrument, form_id: str, ending: str) -> str:
    """A name that every file system takes, whatever the instrument is called."""
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", instrument.name).strip("-.") or "questionnaire"
    return f"{plain}-{form_id}-{instrument.version}{ending}"


def post_origin(address: str) -> str:
    """Scheme, host and port of an address to which answers are sent: all that the page may speak to.

    Raises
    ------
    InputError
        ``EXPORT-URL``
    """
    def refuse(why: str) -> InputError:
        return InputError(Finding(
            "EXPORT-URL", f"address {address!r}", f"Answers are sent to an http or https address; {why}.",
            "Give the whole address, such as https://survey.example.org/answers, or none: respondents then hand over "
            "a file.",
        ))

    try:
        parts: SplitResult = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise refuse(str(error)) from error
    if parts.scheme not in ("http", "https"):
        raise refuse(f"this one begins with {parts.scheme + ':' if parts.scheme else 'neither'}")
    if parts.username is not None or parts.password is not None:
        raise refuse("this one holds a user name or password, which every respondent could read")
    host = parts.hostname or ""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+", host):
        raise refuse("this one names no host in plain letters" if host else "this one names no host")
    if re.search(r"[\s<>\"'\\^`{|}]", address) or not address.isascii():
        raise refuse("this one holds characters that must be written as %20 and the like")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{'' if port is None else f':{port}'}"


# -- words in the page ----------------------------------------------------------------------------------


class Words:
    """Words that the page's script can exchange when the language changes: text in an element that names its key."""

    def __init__(self, mark: str, look_up: Callable[[str], str]) -> None:
        self._mark, self._look_up = mark, look_up

    def __call__(self, key: str) -> Markup:
        return Markup('<span data-{}="{}">{}</span>').format(self._mark, key, self._look_up(key))

    def option(self, answer: Answer | str) -> Markup:
        """The rest of an ``<option`` tag and its words; the script exchanges these as well."""
        key = answer if isinstance(answer, str) else answer.key
        if key is None:
            assert isinstance(answer, Answer)
            return Markup(">{}").format(answer.code)
        return Markup(' data-{}="{}">{}').format(self._mark, key, self._look_up(key))

    def group(self, key: str) -> Markup:
        """Attributes of an ``<optgroup``, whose words are an attribute."""
        return Markup('label="{}" data-{}-label="{}"').format(self._look_up(key), self._mark, key)


@cache
def templates() -> Environment:
    """Templates of the page and of the paper form; every text is escaped."""
    folders = [HERE / "templates", HERE.parent / "paper" / "templates"]
    return Environment(
        loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )


def _page(instrument: Instrument, form: Form, wanted: Wanted, origin: str | None) -> bytes:
    form_pages, first = pages(instrument, form, wanted), wanted.languages[0]
    style, script = _part("page.css"), _script()
    own = words_for(first)
    w = Words("w", own.__getitem__)
    html = templates().get_template("page.html.j2").render(
        instrument=instrument, form=form, pages=form_pages, language=first, direction=direction(first), paper=False,
        languages=[(code, language_name(instrument, code)) for code in wanted.languages],
        title=instrument.text(f"form.{form.id}.title", first), t=Words("t", lambda key: instrument.text(key, first)),
        w=w, code_words=lambda name: _code_words(w, own, name), style=Markup(style), script=Markup(script),
        data=Markup(_in_script(_data(instrument, form, wanted, form_pages))), policy=_policy(style, script, origin),
    )
    return html.encode("utf-8")


def _code_words(w: Words, own: Any, name: str) -> Markup:
    if f"code_{name}" in own:
        return w(f"code_{name}")
    shown = own["code_other"].format(name=name)
    return Markup('<span data-w="code_other" data-name="{}">{}</span>').format(name, shown)


def language_name(instrument: Instrument, language: str) -> str:
    """A language's own name."""
    names = {instrument.language: instrument.language_name} | {t.language: t.name for t in instrument.translations}
    return names[language]


def direction(language: str) -> str:
    """Which way a language is written: ``ltr`` or ``rtl``."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def _data(instrument: Instrument, form: Form, wanted: Wanted, form_pages: tuple[Page, ...]) -> dict[str, Any]:
    """What the page's script knows."""
    keys = keys_shown(form_pages, form)
    screen = [key for key in all_words()["en"] if not key.startswith("paper_")]
    return {
        "format": FORMAT, "instrument": instrument.name, "version": instrument.version,
        "fingerprint": store.fingerprint(instrument), "form": form.id, "identifiers": list(form.identifiers),
        "mayBeAbsent": list(MAY_BE_ABSENT), "postTo": wanted.post_to,
        "optionalBlocks": [block.id for block in wanted.blocks(form) if block.optional],
        "pages": script_pages(form_pages),
        "languages": {
            code: {
                "direction": direction(code), "fallBack": code in unwritten((code,)),
                "strings": {key: instrument.text(key, code) for key in keys},
                "words": {key: words_for(code)[key] for key in screen},
            } for code in wanted.languages
        },
    }


def _in_script(content: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in, whatever the questions say."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


@cache
def _part(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_part(f"js/{name}.js") for name in SCRIPTS)
    return f'(function () {{\n"use strict";\n\n{parts}}})();\n'


def _policy(style: str, script: str, origin: str | None) -> str:
    """Only this script and this style count, and the page may speak to nobody but the researcher's address."""
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")

    return (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; style-src 'sha256-{digest(style)}'; "
        f"connect-src {origin or chr(39) + 'none' + chr(39)}; base-uri 'none'; form-action 'none'"
    )


