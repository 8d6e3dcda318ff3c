"""Scales, answer codes and bounds: what can be answered, and what the answer is called in the data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from instrument.model import MISSING_CODES, Instrument, Option
from instrument.rules.registry import Breach, asked, facts, items, listed, offered, rule, scale_named, substantive

CODE_PATTERN = r"^[A-Za-z0-9]{1,5}$"
"""LimeSurvey's answer codes: at most five letters and digits. Other platforms allow more."""

CHOSEN = ("choice", "choices")
BOUNDED = ("count", "number", "year")


def _option_sets(instrument: Instrument) -> Iterator[tuple[str, tuple[Option, ...], tuple[Option, ...]]]:
    """Place, substantive options and missing options wherever they are declared."""
    for scale in instrument.scales:
        yield f"scale {scale.id}", scale.points, scale.missing
    for where, fact in facts(instrument):
        yield str(where), fact.options, fact.missing


# -- scales ---------------------------------------------------------------------------------------


@rule("SCALE-UNKNOWN")
def scale_exists(instrument: Instrument) -> Iterator[Breach]:
    """A question's scale is declared under `scales`."""
    known = [scale.id for scale in instrument.scales]
    for where in asked(instrument):
        scale = getattr(where.question, "scale", None)
        if scale is not None and scale not in known:
            yield str(where), f"there is no scale {scale!r}; there are: {listed(known) or 'none'}", "name one of these"


@rule("SCALE-ANCHORS", house=True)
def scale_is_anchored(instrument: Instrument) -> Iterator[Breach]:
    """A scale has words at both ends and, with an odd number of points, in the middle."""
    for scale in instrument.scales:
        last = len(scale.points) - 1
        places = sorted({0, last} | ({last // 2} if last % 2 == 0 else set())) if last >= 0 else []
        bare = [str(scale.points[place].code) for place in places if not (scale.points[place].label or "").strip()]
        if bare or last < 1:
            found = f"no label at {', '.join(bare)}" if bare else "fewer than two points"
            yield f"scale {scale.id}", found, "label the first, the middle and the last point"


@rule("SCALE-CODES")
def scale_counts_by_one(instrument: Instrument) -> Iterator[Breach]:
    """The points of a scale are consecutive whole numbers, upwards."""
    for scale in instrument.scales:
        codes = [point.code for point in scale.points if isinstance(point.code, int)]
        if any(after != before + 1 for before, after in pairwise(codes)):
            yield (f"scale {scale.id}", f"the codes are {listed(codes)}",
                   "count upwards by one: a score is computed from the codes")


@rule("SCALE-UNUSED", "warning")
def scale_is_used(instrument: Instrument) -> Iterator[Breach]:
    """Every scale is used."""
    used = {item.scale for _, item in items(instrument)} | {fact.scale for _, fact in facts(instrument)}
    for scale in instrument.scales:
        if scale.id not in used and scale_named(instrument, scale.id) is scale:
            yield f"scale {scale.id}", "no question uses the scale", "remove it"


# -- codes ----------------------------------------------------------------------------------------


@rule("CODE-FORM")
def code_is_legal(instrument: Instrument) -> Iterator[Breach]:
    """An answer code is at most five letters and digits."""
    for place, options, missing in _option_sets(instrument):
        for option in options + missing:
            if not re.fullmatch(CODE_PATTERN, str(option.code)):
                yield place, f"the answer code {option.code!r} is not one to five letters and digits", "recode it"


@rule("CODE-DUPLICATE")
def code_is_unique(instrument: Instrument) -> Iterator[Breach]:
    """No answer code is offered twice by one scale or question."""
    sets = [(f"scale {scale.id}", scale.points + scale.missing) for scale in instrument.scales]
    sets += [(str(where), offered(instrument, fact)) for where, fact in facts(instrument)
             if fact.options or fact.missing]
    for place, options in sets:
        for code, count in Counter(str(option.code).lower() for option in options).items():
            if count > 1:
                yield place, f"the answer code {code} is offered {count} times", "give each answer a code of its own"


@rule("CODE-SUBSTANTIVE")
def substantive_code_is_a_number(instrument: Instrument) -> Iterator[Breach]:
    """Scale points and options have whole numbers as codes, so that every choice is numeric."""
    for place, options, _ in _option_sets(instrument):
        for option in options:
            if isinstance(option.code, str) and option.code.lower() not in MISSING_CODES:
                yield place, f"the answer code {option.code!r} is text", "give it a whole number (without quotes)"


@rule("CODE-MISSING")
def missing_code_is_apart(instrument: Instrument) -> Iterator[Breach]:
    """na, dk and rf stand under `missing`, never among the points, and nothing else stands there."""
    for place, options, missing in _option_sets(instrument):
        for option in options:
            if str(option.code).lower() in MISSING_CODES:
                yield place, f"the missing code {option.code} stands among the answers", "move it under `missing`"
        for option in missing:
            if option.code not in MISSING_CODES:
                yield (place, f"{option.code!r} under `missing` is none of {', '.join(MISSING_CODES)}",
                       "use one of these, or move it among the answers")


@rule("OPTION-LABEL")
def option_has_words(instrument: Instrument) -> Iterator[Breach]:
    """Every option of a question and every missing code has a label; only points of a scale may show a number."""
    for scale in instrument.scales:
        for option in scale.missing:
            if not (option.label or "").strip():
                yield f"scale {scale.id}", f"the missing code {option.code} has no label", "add one"
    for where, fact in facts(instrument):
        for option in fact.options + fact.missing:
            if not (option.label or "").strip():
                yield str(where), f"the option {option.code} has no label", "add one"


# -- facts ----------------------------------------------------------------------------------------


@rule("FACT-OPTIONS")
def choice_has_options(instrument: Instrument) -> Iterator[Breach]:
    """A fact of kind choice or choices has options or a scale, not both; no other kind has either."""
    for where, fact in facts(instrument):
        if fact.kind not in CHOSEN:
            if fact.options or fact.scale is not None:
                yield str(where), f"a {fact.kind} is not chosen from a list", "remove its options or scale"
        elif bool(fact.options) == (fact.scale is not None):
            found = "both options and a scale" if fact.options else "neither options nor a scale"
            yield str(where), f"{found}, where one of the two is needed", "keep or add one of them"
        elif fact.scale is None and len(fact.options) < 2:
            yield str(where), "a choice of one answer only", "add the other answers"


@rule("FACT-BOUNDS")
def quantity_has_bounds(instrument: Instrument) -> Iterator[Breach]:
    """A count, number or year has a minimum and a maximum, in this order; no other kind has either."""
    for where, fact in facts(instrument):
        low, high = fact.minimum, fact.maximum
        if fact.kind not in BOUNDED:
            if low is not None or high is not None:
                yield str(where), f"a {fact.kind} has no bounds", "remove minimum and maximum"
        elif low is None or high is None:
            yield (str(where), f"a {fact.kind} without {'minimum' if low is None else 'maximum'}",
                   "say what the least and the greatest believable answers are")
        elif low > high:
            yield str(where), f"the minimum {low:g} is above the maximum {high:g}", "exchange the two"
        elif fact.kind != "number" and not (low.is_integer() and high.is_integer()):
            yield str(where), f"a {fact.kind} is a whole number; its bounds are {low:g} and {high:g}", "round them"
        elif fact.kind == "count" and low < 0:
            yield str(where), f"a count cannot be {low:g}", "let the minimum be 0 or more"


@rule("FACT-UNIT", "warning")
def quantity_says_its_unit(instrument: Instrument) -> Iterator[Breach]:
    """A number says its unit."""
    for where, fact in facts(instrument):
        if fact.kind == "number" and not (fact.unit or "").strip():
            yield str(where), "a number without a unit", "add `unit:` (for example years, %, employees)"


@rule("ATTENTION-EXPECTED")
def attention_expects_a_code(instrument: Instrument) -> Iterator[Breach]:
    """An attention item is a choice that expects one of its codes; nothing else expects an answer."""
    for where, fact in facts(instrument):
        codes = [option.code for option in substantive(instrument, fact)]
        if fact.role != "attention":
            if fact.expected is not None:
                yield str(where), f"a fact of role {fact.role} expects an answer", "remove `expected`"
        elif fact.kind != "choice" or fact.expected not in codes:
            yield (str(where), f"expects {fact.expected}; a {fact.kind} that offers {listed(codes) or 'nothing'}",
                   "let it be a choice, and let `expected` be the code its text asks for")


@rule("SCREEN-CODE")
def screening_code_is_offered(instrument: Instrument) -> Iterator[Breach]:
    """The codes that end the interview are offered by their question, and not all of them end it."""
    for where, fact in facts(instrument):
        codes = [option.code for option in offered(instrument, fact)]
        for code in fact.screen_out:
            if code not in codes:
                yield (str(where), f"the interview ends at {code!r}; offered are {listed(codes) or 'no codes'}",
                       "correct the code, and mind quotes: 1 is a number, \"1\" is text")
        if fact.screen_out and codes and set(codes) <= set(fact.screen_out):
            yield str(where), "every answer ends the interview", "keep only those that should"
