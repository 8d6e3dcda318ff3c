"""One change between two versions of the instrument as HTML: where, before and after side by side, what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from html import escape

from instrument.compare import Change, Comparison, Words
from instrument.model import Item
from pipeline.report import names
from pipeline.report.numbers import listed
from viewer import questionnaire
from viewer.source import Source

EFFECTS = {
    "same": "Answers are the same",
    "comparable if invariant": "Answers are comparable if invariant",
    "not comparable": "Answers are not comparable",
}
NOTHING = '<span class="nothing" lang="en">nothing</span>'
_WORD = re.compile(r"\s+|\w+|[^\w\s]")
LEAST_ALIKE = 0.5
"""Texts that share less of their words were written anew: marks on nearly every word would only be noise."""


def change_html(source: Source, comparison: Comparison, change: Change) -> str:
    """The change as a card."""
    where = escape(place_words(source, comparison, change))
    style = change.effect.replace(" ", "-")
    out = [f'<p class="head"><b>{escape(change.kind.capitalize())}</b> · {where} '
           f'<span class="am-key">{escape(change.key)}{escape(f", {change.field}" if change.field else "")}</span></p>',
           f'<table><thead><tr><td></td><th scope="col">Before, in {escape(comparison.old)}</th>'
           f'<th scope="col">After, in {escape(comparison.new)}</th></tr></thead><tbody>{_sides(source, change)}'
           "</tbody></table>",
           f'<p><span class="effect">{EFFECTS[change.effect]}.</span> {escape(change.why)}</p>',
           f"<p>{escape(touches_words(source, change))}</p>", *_reasons(change)]
    return f'<div class="am-change {style}">{"".join(out)}</div>'


# -- where ----------------------------------------------------------------------------------------


def place_words(source: Source, comparison: Comparison, change: Change) -> str:
    """Where in the questionnaire it stands: ``Form A (alliance), statement srcr4 of Collective risk sharing``."""
    group, _, rest = change.key.partition(".")
    name, _, part = rest.partition(".")
    forms = "".join(f"{names.form(form)}, " for form in change.forms)
    if group == "question":
        told = f"{forms}{question_words(source, comparison, name)}{f', its {part}' if part else ''}"
        return told[0].upper() + told[1:]
    if group in ("scale", "option"):
        of = f"answer scale {name}" if group == "scale" else f"answers to {question_words(source, comparison, name)}"
        told = f"{forms}{of}, {'point' if group == 'scale' else 'answer'} {part}" if part else f"{forms}{of}"
        return told[0].upper() + told[1:]
    if group == "language":
        return f"Language {name}"
    if group == "dimension" and name in source.instrument.dimensions:
        return f"{source.instrument.dimensions[name].name} ({name})"
    return f"{forms}{group} {rest}" if forms else f"{group.capitalize()} {rest}".rstrip()


def question_words(source: Source, comparison: Comparison, name: str) -> str:
    """``statement srcr4 of Collective risk sharing (srcr)``; ``question know`` for a fact."""
    if name not in comparison.items:
        return f"question {name}"
    asked = {q.id: q for form in source.instrument.forms for _, q in form.questions() if isinstance(q, Item)}
    holding = [d for d in comparison.dimensions.values()
               if name in d.common_items or name in (item for item, _ in d.left_out)]
    dimension = asked[name].dimension if name in asked else holding[0].dimension if holding else ""
    return f"statement {name}" + (f" of {dimension_words(source, dimension)}" if dimension else "")


def dimension_words(source: Source, dimension: str) -> str:
    """``Collective risk sharing (srcr)``; the id alone for a dimension the study's version does not know."""
    known = source.instrument.dimensions.get(dimension)
    return dimension if known is None else f"{known.name} ({dimension})"


# -- before and after -----------------------------------------------------------------------------


def _sides(source: Source, change: Change) -> str:
    pairs = change.words or (Words("", change.old or None, change.new or None),)
    rows = []
    for words in pairs:
        before, after = marked(words.old or "", words.new or "")
        head = questionnaire.language_name(source.instrument, words.language) if words.language else ""
        lang = f' lang="{escape(words.language, quote=True)}"' if words.language else ""
        rows.append(f'<tr><th scope="row">{escape(head)}</th><td{lang}>{before or NOTHING}</td>'
                    f"<td{lang}>{after or NOTHING}</td></tr>")
    return "".join(rows)


def marked(old: str, new: str) -> tuple[str, str]:
    """Both texts as HTML, the words that went and came marked; unmarked where most words are new."""
    one, two = _WORD.findall(old), _WORD.findall(new)
    said, says = ([word for word in side if not word.isspace()] for side in (one, two))
    if not old or not new or SequenceMatcher(None, said, says, autojunk=False).ratio() < LEAST_ALIKE:
        return escape(old), escape(new)
    match = SequenceMatcher(None, one, two, autojunk=False)
    before, after = [], []
    for tag, a, b, c, d in match.get_opcodes():
        went, came = escape("".join(one[a:b])), escape("".join(two[c:d]))
        before.append(went if tag == "equal" or not went else f"<del>{went}</del>")
        after.append(came if tag == "equal" or not came else f"<ins>{came}</ins>")
    return "".join(before), "".join(after)


# -- what it touches, and why ---------------------------------------------------------------------


def touches_words(source: Source, change: Change) -> str:
    """Whose answers to which questions may be touched."""
    if not change.questions:
        return "It touches no answers."
    whom = [questionnaire.language_name(source.instrument, code) for code in change.languages]
    return (f"It touches answers to {listed(change.questions)}, "
            f"{f'of respondents in {listed(whom)}' if whom else 'of all respondents'}.")


def _reasons(change: Change) -> Iterator[str]:
    for reason in change.reasons:
        yield f"<p><b>Reason</b> (version {escape(reason.version)}): {escape(reason.rationale)}</p>"
        yield f'<p class="source">Source: {escape(reason.source)}</p>'
    if not change.reasons:
        came = change.key.startswith("language.") and not change.old
        yield f"<p><b>Reason:</b> none is stated{'; a language that is added needs none' if came else ''}.</p>"
