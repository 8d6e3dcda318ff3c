"""Do a construct's items hold together, and are they distinct from the others'? The answer in words, by construct.

Nothing is computed here: the numbers are those of the reports, the cut-offs are conventions that are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.evidence.found import Evidence
from pipeline.evidence.found.bifactor import LEAST, PREFERRED
from pipeline.evidence.found.consistency import FoundConsistency
from pipeline.evidence.found.distinctness import DistinctLevel, DistinctPair
from pipeline.evidence.found.structure import FoundStructureSet
from pipeline.report import numbers
from pipeline.undefined import Number, Undefined

Grade = Literal["yes", "with a remark", "no", "not known"]

RELIABLE, EXTRACTED, LOADING = 0.70, 0.50, 0.50
"""Omega and average variance extracted of a scale (Nunnally 1978; Fornell & Larcker 1981), loading of an item (Hair,
Black, Babin & Anderson 2010)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's answer.

    Attributes
    ----------
    sentences
        The answer first, then what it rests on.
    """

    grade: Grade
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConstructVerdict:
    """One construct as one form asked it.

    Attributes
    ----------
    scales
        Ids of its dimensions there.
    together, distinct
        Whether its items hold together; whether it is distinct from the other constructs of its set.
    """

    construct: str
    label: str
    form: str
    scales: tuple[str, ...]
    together: Answer
    distinct: Answer


def construct_verdicts(evidence: Evidence) -> tuple[ConstructVerdict, ...]:
    """Every construct with a reliability, in the order of the questionnaire."""
    if evidence.consistency is None:
        return ()
    names = evidence.constructs
    found: dict[tuple[str, str], list[FoundConsistency]] = {}
    for scale in evidence.consistency.scales:
        found.setdefault((scale.construct, scale.form), []).append(scale)
    return tuple(
        ConstructVerdict(
            construct, names.get(construct, construct), form, tuple(scale.id for scale in scales),
            together(evidence, construct, form, scales), distinct(evidence, construct, form, names))
        for (construct, form), scales in found.items())


def together(evidence: Evidence, construct: str, form: str, scales: list[FoundConsistency]) -> Answer:
    """Whether a construct's items hold together: every scale's omega and loadings, and what its scales share."""
    weak, lines = [], []
    omegas = [(scale, value(scale, "omega", "alpha")) for scale in scales]
    known = [(scale, number) for scale, number in omegas if not isinstance(number, Undefined)]
    if not known:
        return Answer("not known", (f"Not known: {_because(omegas[0][1])}.",))
    low = [f"{scale.label} ({_short(number)})" for scale, number in known if _below(number, RELIABLE)]
    spread = _range([number for _, number in known])
    lines.append(f"ω of {_scales(scales)} is {spread}; {_at_least('.70', low)}")
    weak += low
    extracted = [(scale, value(scale, "ave")) for scale in scales]
    little = [f"{scale.label} ({_short(number)})" for scale, number in extracted
              if not isinstance(number, Undefined) and _below(number, EXTRACTED)]
    lines.append(f"Variance extracted: {_at_least('.50', little)}")
    unknown = [scale.label for scale, number in omegas if isinstance(number, Undefined)]
    if unknown:
        lines.append(f"No reliability could be found for {numbers.listed(unknown)}.")
    items, weakest = _loadings(evidence, construct, form)
    if items:
        lines.append(f"{numbers.listed(items)} {'loads' if len(items) == 1 else 'load'} below .50 on "
                     f"{'its' if len(items) == 1 else 'their'} own factor.")
    elif weakest:
        lines.append(f"Every item loads at least .50 on its own factor; the weakest is {weakest}.")
    one = _one_thing(evidence, construct, form)
    if one:
        lines.append(one)
    warned = [warning for scale in scales for warning in scale.warnings]
    lines += [_sentence(warning) for warning in warned]
    if len(weak) == len(scales):
        return Answer("no", ("No: the items do not hold together well enough.", *lines))
    remark = bool(weak or little or items or warned or unknown)
    said = "Yes, with a remark." if remark else "Yes: the items hold together."
    return Answer("with a remark" if remark else "yes", (said, *lines))


def distinct(evidence: Evidence, construct: str, form: str, names: Mapping[str, str]) -> Answer:
    """Whether a construct differs from every other of its set, by the pairs' own verdicts."""
    pairs = list(pairs_of(evidence, construct, form))
    if not pairs:
        return Answer("not known", ("Not asked: no set of the plan holds it against another construct.",))
    lines, not_shown, remarks = [], [], []
    for pair in pairs:
        other = pair.second if pair.first == construct else pair.first
        name = names.get(other, other)
        lines.append(f"{name}: {pair.verdict}. {pair.reason}")
        if pair.verdict == "not shown to be distinct":
            not_shown.append(name.lower())
        elif pair.verdict == "distinct, with a remark":
            remarks.append(name.lower())
    others = [p.second if p.first == construct else p.first for p in pairs]
    everyone = numbers.listed([names.get(other, "").lower() for other in others])
    if not_shown:
        return Answer("no", (f"Not shown to be distinct from {numbers.listed(not_shown)}.", *lines))
    if remarks:
        said = f"Distinct from {everyone}, with a remark on {numbers.listed(remarks)}."
        return Answer("with a remark", (said, *lines))
    return Answer("yes", (f"Yes: distinct from {everyone}.", *lines))


def value(scale: FoundConsistency, *ids: str) -> Number:
    """The first of these coefficients that has a value, or why none has."""
    reason: Number = Undefined("it was not asked for")
    for one in scale.coefficients:
        if one.id in ids:
            if not isinstance(one.value, Undefined):
                return one.value
            reason = one.value
    return reason


def pairs_of(evidence: Evidence, construct: str, form: str) -> Iterator[DistinctPair]:
    """A construct beside each of the others of its sets."""
    for level in _levels(evidence, form, "constructs"):
        for pair in level.pairs:
            if construct in (pair.first, pair.second):
                yield pair


def _levels(evidence: Evidence, form: str, name: Literal["dimensions", "constructs"]) -> Iterator[DistinctLevel]:
    for one in evidence.distinctness.sets if evidence.distinctness else ():
        level = one.level(name) if one.form == form else None
        if level is not None:
            yield level


def _loadings(evidence: Evidence, construct: str, form: str) -> tuple[list[str], str]:
    """Items that load less than they should in the set's model, and the weakest of all in words."""
    dimensions = {scale.id for scale in (evidence.consistency.scales if evidence.consistency else ())
                  if (scale.construct, scale.form) == (construct, form)}
    known = {item: loading for level in _levels(evidence, form, "dimensions") for factor in level.factors
             if factor.id in dimensions for item, loading in factor.loadings.items()
             if not isinstance(loading, Undefined)}
    if not known:
        return [], ""
    weakest = min(known, key=known.__getitem__)
    weak = [item for item, loading in known.items() if _below(loading, LOADING)]
    return weak, f"{weakest} ({_short(known[weakest])})"


def _one_thing(evidence: Evidence, construct: str, form: str) -> str:
    """What the dimensions of a construct have in common."""
    own = [one for one in (evidence.structure.sets if evidence.structure else ())
           if one.construct == construct and one.form == form]
    return _in_common(own[0]) if own else ""


def _in_common(found: FoundStructureSet) -> str:
    bifactor = found.bifactor
    if bifactor is None or isinstance(bifactor.omega_h, Undefined):
        return ""
    count = len(found.dimensions)
    explains = f"a general factor explains {_short(bifactor.omega_h)} of its variance (ω hierarchical)"
    if not _below(bifactor.omega_h, PREFERRED):
        return f"A sum over its {count} dimensions may be read as one score: {explains}."
    if not _below(bifactor.omega_h, LEAST):
        return (f"A sum over its {count} dimensions may be read as one score with care: {explains}, and the dimensions "
                "keep something of their own.")
    return f"A sum over its {count} dimensions is no one score: {explains}; read the dimensions one by one."


# -- words ------------------------------------------------------------------------------------------------------


def _at_least(cutoff: str, below: list[str]) -> str:
    if not below:
        return f"all reach {cutoff}."
    return f"{numbers.listed(below)} {'stays' if len(below) == 1 else 'stay'} below {cutoff}."


def _below(number: float, cutoff: float) -> bool:
    """Whether a number misses a cut-off as it is printed: conventions have two digits."""
    return round(number, 2) < cutoff


def _range(values: list[float]) -> str:
    low, high = _short(min(values)), _short(max(values))
    return low if low == high else f"{low} to {high}"


def _scales(scales: list[FoundConsistency]) -> str:
    return "its scale" if len(scales) == 1 else f"its {len(scales)} scales"


def _short(value: float) -> str:
    return numbers.number(value, bounded=True)


def _sentence(words: str) -> str:
    said = words[:1].upper() + words[1:]
    return said if said.endswith(".") else f"{said}."


def _because(number: Number) -> str:
    return number.because if isinstance(number, Undefined) else "no scale of it has a reliability"
