"""What the sensitivity analyses found, in plain words and within what data of one time can carry."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.numbers import interval, level_name, number
from pipeline.sensitivity.findings import ConfoundingCurve, Orders, ReliabilityCurve
from pipeline.undefined import Undefined

WORDS = {"exp_rw": "experience", "daf": "function", "LRN": "learning", "AMC": "capability", "SUC": "success",
         "serial_learning": "experience → function → learning",
         "serial_capability": "experience → function → learning → capability",
         "serial_success": "experience → function → learning → capability → success",
         "function_only": "experience → function → capability",
         "learning_only": "experience → learning → capability"}

LIMITS = (
    "Correlations of disturbances stand for unmeasured causes that two variables of the chain share, one pair at a "
    "time; several at once, and unmeasured causes of experience itself, are not examined.",
    "The data cannot say how large such a correlation is. What would be needed is a comparison with causes that are "
    "known, not a test.",
    "Reliabilities are assumed, not estimated: experience has one indicator.",
    "A product that stays away from zero under all of this is still at most consistent with mediation: all variables "
    "were observed at one time.",
)


def word(name: str) -> str:
    """A variable or effect as a reader knows it."""
    return WORDS.get(name, name)


def confounding_sentences(curves: tuple[ConfoundingCurve, ...], level: float) -> Iterator[str]:
    """One sentence a curve."""
    for curve in curves:
        both = f"{word(curve.mediator)} and {word(curve.outcome)}"
        opening = f"{_capital(word(curve.effect))}: an unmeasured cause of both {both}"
        if isinstance(curve.nulling, Undefined):
            yield f"{opening} cannot be examined, because {curve.nulling.because}."
            continue
        value = number(curve.nulling, 2, bounded=True)
        said = (f"{opening} would have to give their disturbances a correlation of {value} to bring the effect "
                f"({number(curve.est, 3)}) to zero")
        if not isinstance(curve.equal_share, Undefined):
            said += (f" (for example by explaining {number(100 * curve.equal_share, 0)}\N{NO-BREAK SPACE}% of what is "
                     "left unexplained in each)")
        yield f"{said}; {_first(curve, level)}."


def _first(curve: ConfoundingCurve, level: float) -> str:
    name = f"its {level_name(level)} interval"
    if isinstance(curve.first_zero, Undefined):
        return f"where {name} first holds zero is {curve.first_zero}"
    if curve.first_zero == 0:
        return f"{name} holds zero without any such cause"
    return f"{name} holds zero from {number(curve.first_zero, 2, bounded=True)} on"


def reliability_sentences(curves: tuple[ReliabilityCurve, ...]) -> Iterator[str]:
    """One sentence a curve that has more than one reliability."""
    for curve in curves:
        usable = [p for p in curve.points if not isinstance(p.est, Undefined)]
        if len(usable) < 2:
            continue
        best, worst = usable[0], usable[-1]
        yield (f"{_capital(word(curve.effect))}: were {word(curve.variable)} measured with a reliability of "
               f"{number(worst.reliability, 2, bounded=worst.reliability < 1)} instead of "
               f"{number(best.reliability, 2, bounded=best.reliability < 1)}, the effect would be "
               f"{number(worst.est, 3)}, interval {interval(worst.lower, worst.upper, 3)}, instead of "
               f"{number(best.est, 3)}.")


def order_sentences(found: Orders | Undefined) -> Iterator[str]:
    """What other orders of the chain give, and that fit cannot choose among them."""
    if isinstance(found, Undefined):
        yield f"Other orders of the chain were not examined, because {found.because}."
        return
    others = [c for c in found.chains if not c.specified]
    clear = [c for c in others if not isinstance(c.lower, Undefined) and not isinstance(c.upper, Undefined)
             and (c.lower > 0 or c.upper < 0)]
    given = next(c for c in found.chains if c.specified)
    if found.equivalent and not isinstance(given.chisq, Undefined):
        yield (f"All {len(found.chains)} orders of the chain fit exactly alike (χ² = {number(given.chisq, 2)}, "
               f"df = {given.df}): they are statistically equivalent, so fit does not support any order over another. "
               "Only time, design or theory can.")
    elif found.equivalent is None:
        yield "Not every order of the chain could be estimated, so their fit is not compared."
    else:
        yield "The orders of the chain differ in fit; a better fit of one is still no evidence of its direction."
    if not clear:
        yield "In none of the other orders does the interval of the serial product leave zero out."
        return
    if len(clear) == len(others):
        yield (f"The interval of the serial product leaves zero out in each of the {len(others)} other orders as well: "
               "the data are consistent with these too.")
        return
    listing = "; ".join(" → ".join(map(word, c.variables)) for c in clear)
    yield (f"The interval of the serial product leaves zero out in {len(clear)} of the {len(others)} other orders as "
           f"well ({listing}): the data are consistent with these too.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
