"""A block of the questionnaire as HTML: what a respondent sees, and on request what a researcher needs to know.

Words of the questionnaire are in the language asked for; routing and keys are our own words, in English.
A text that is not translated says so; no other language steps in for it.
"""

from __future__ import annotations

from html import escape
from itertools import groupby

from instrument.model import Block, Condition, Fact, Form, Instrument, Item, Note, Option

BLANKS = {"count": "a whole number", "number": "a number", "year": "a year", "date": "a date", "text": "text"}
ROLES = {
    "attention": "attention check", "screening": "decides who takes part", "consent": "consent",
    "knowledge": "how much the informant knows", "diligence": "care in answering", "experience": "alliance experience",
    "function": "dedicated alliance function", "outcome": "outcomes of alliances", "shock": "shocks",
    "context": "context",
}
MANY_OPTIONS = 8
"""From so many answers on, they stand in columns."""


def language_name(instrument: Instrument, code: str) -> str:
    """``Español (es)``; the bare code of a language that this version is not in."""
    known = {instrument.language: instrument.language_name} | {t.language: t.name for t in instrument.translations}
    return f"{known[code]} ({code})" if code in known else code


def words(instrument: Instrument, key: str, language: str) -> str:
    """The text of ``key``, or in brackets that there is none in this language."""
    try:
        return instrument.text(key, language)
    except KeyError:
        return f"[not translated: {key}]"


def label(instrument: Instrument, question: Item | Fact, code: int | str, language: str) -> str:
    """The words for an answer code; the bare code for a point without words."""
    try:
        return instrument.label(question, code, language)
    except KeyError:
        return f"[not translated: {code}]"


def block_html(instrument: Instrument, form: Form, block: Block, language: str, *, keys: bool = False) -> str:
    """One block: its routing, its opening words, its questions or its matrix of statements."""
    out = [routing_html(instrument, form, block.show_if, language, "This part is shown")]
    if keys and block.shuffle:
        out.append(_key(f"block {block.id}: statements in random order"))
    if block.intro is not None:
        out.append(f'<p class="am-text">{escape(words(instrument, f"block.{block.id}.intro", language))}</p>')
    if block.layout == "matrix":
        rows = [q for q in block.questions if not isinstance(q, Note)]
        out += [routing_html(instrument, form, q.show_if, language) + _note(instrument, q, language)
                for q in block.questions if isinstance(q, Note)]
        out.append(_matrix(instrument, form, rows, language, keys))
    else:
        for conditions, together in groupby(block.questions, key=lambda q: q.show_if):
            questions = "".join(_question(instrument, q, language, keys) for q in together)
            route = routing_html(instrument, form, conditions, language)
            out.append(f'<div class="am-routed">{route}{questions}</div>' if conditions else questions)
    return f'<div lang="{escape(language, quote=True)}">{"".join(out)}</div>'


def routing_html(
    instrument: Instrument, form: Form, conditions: tuple[Condition, ...], language: str, opening: str = "Shown",
) -> str:
    """``Shown only if “Does your firm …?” is answered “Yes”``; empty where it is always shown."""
    if not conditions:
        return ""
    asked = {q.id: q for _, q in form.questions() if not isinstance(q, Note)}
    parts = []
    for condition in conditions:
        about = asked.get(condition.question)
        text = words(instrument, f"question.{condition.question}", language) if about else condition.question
        answers = " or ".join(
            f"“{label(instrument, about, code, language) if about else code}”" for code in condition.any_of)
        parts.append(f"“{text}” is answered {answers}")
    return f'<p class="am-route">↳ <span lang="en">{opening} only if</span> {escape(" and ".join(parts))}</p>'


def key_words(instrument: Instrument, question: Item | Fact | Note) -> str:
    """What a researcher needs to know of a question: its id, what it measures, its key or role."""
    if isinstance(question, Note):
        return question.id
    if isinstance(question, Item):
        construct, dimension = (found[question.dimension] for found in (instrument.construct_of, instrument.dimensions))
        measured = construct.name if construct.name == dimension.name else f"{construct.name}: {dimension.name}"
        return f"{question.id} · {measured}{' · reversed' if question.reversed else ''}"
    told = [question.id, question.kind, ROLES.get(question.role, question.role)]
    if question.expected is not None:
        told.append(f"expected answer {question.expected}")
    if question.screen_out:
        told.append(f"answer {' or '.join(map(str, question.screen_out))} ends the interview")
    if question.required:
        told.append("must be answered")
    return " · ".join(told)


def _key(text: str) -> str:
    return f'<span class="am-key" lang="en">{escape(text)}</span>'


def _note(instrument: Instrument, note: Note, language: str) -> str:
    text = escape(words(instrument, f"question.{note.id}", language).strip())
    return f'<p class="am-text am-boxed">{text}</p>'


def _question(instrument: Instrument, question: Item | Fact | Note, language: str, keys: bool) -> str:
    if isinstance(question, Note):
        return _note(instrument, question, language)
    out = [f'<p class="ask">{escape(words(instrument, f"question.{question.id}", language))}</p>']
    if keys:
        out.append(_key(key_words(instrument, question)))
    if isinstance(question, Fact) and question.help is not None:
        out.append(f'<p class="help">{escape(words(instrument, f"question.{question.id}.help", language))}</p>')
    points, missing = instrument.offered(question)
    if question.scale is not None and points:
        out.append(_scale(instrument, question, points, missing, language, keys))
    else:
        out.append(_answers(instrument, question, points, missing, language, keys))
    return f'<div class="am-q">{"".join(out)}</div>'


def _answers(
    instrument: Instrument, question: Item | Fact, points: tuple[Option, ...], missing: tuple[Option, ...],
    language: str, keys: bool,
) -> str:
    several = isinstance(question, Fact) and question.kind == "choices"
    lines = [f"<li>{_blank(instrument, question, language)}</li>"] if isinstance(question, Fact) and not points else []
    for option, style in [*((o, "") for o in points), *((o, ' class="missing"') for o in missing)]:
        code = f' <span class="am-key" style="display:inline">{escape(str(option.code))}</span>' if keys else ""
        mark = "☐" if several else "○"
        lines.append(f"<li{style}>{mark} {escape(label(instrument, question, option.code, language))}{code}</li>")
    return f'<ul{" class=many" if len(points) >= MANY_OPTIONS else ""}>{"".join(lines)}</ul>'


def _blank(instrument: Instrument, fact: Fact, language: str) -> str:
    unit = words(instrument, f"question.{fact.id}.unit", language) if fact.unit is not None else ""
    bounds = "" if fact.minimum is None or fact.maximum is None else f", {fact.minimum:.10g} to {fact.maximum:.10g}"
    return (f'<span class="am-blank"></span>{escape(unit)} '
            f'<span class="unit" lang="en">({BLANKS.get(fact.kind, fact.kind)}{bounds})</span>')


def _scale(
    instrument: Instrument, question: Item | Fact, points: tuple[Option, ...], missing: tuple[Option, ...],
    language: str, keys: bool,
) -> str:
    cells = [f"<span>○<br>{_head(instrument, question, option, language)}</span>" for option in points]
    cells += [f'<span class="missing">○<br>{_head(instrument, question, option, language, keys)}</span>'
              for option in missing]
    return f'<div class="scale">{"".join(cells)}</div>'


def _head(instrument: Instrument, question: Item | Fact, option: Option, language: str, keys: bool = False) -> str:
    """A scale point: its number, with its anchor if it has one; a missing code: its words."""
    text = "" if option.label is None else escape(label(instrument, question, option.code, language))
    if isinstance(option.code, int):
        return f"{option.code}<br>{text}" if text else str(option.code)
    return f"{text}{_key(option.code) if keys else ''}"


def _matrix(instrument: Instrument, form: Form, rows: list[Item | Fact], language: str, keys: bool) -> str:
    """Statements as rows, the scale's points as columns; all rows share the first one's scale."""
    if not rows:
        return ""
    points, missing = instrument.offered(rows[0])
    head = "".join(f'<th scope="col">{_head(instrument, rows[0], o, language)}</th>' for o in points)
    head += "".join(f'<th scope="col" class="missing">{_head(instrument, rows[0], o, language, keys)}</th>'
                    for o in missing)
    marks = "<td>○</td>" * len(points) + '<td class="missing">○</td>' * len(missing)
    body = []
    for row in rows:
        text = routing_html(instrument, form, row.show_if, language)
        text += escape(words(instrument, f"question.{row.id}", language))
        text += _key(key_words(instrument, row)) if keys else ""
        body.append(f'<tr><th scope="row">{text}</th>{marks}</tr>')
    return (f'<div style="overflow-x:auto"><table class="am-matrix"><thead><tr><td></td>{head}</tr></thead>'
            f'<tbody>{"".join(body)}</tbody></table></div>')
