"""The evidence for every construct in one row: do its items hold together, is it distinct?"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evidence.found import Evidence
from pipeline.evidence.verdicts import ConstructVerdict, Grade, construct_verdicts, pairs_of, value
from pipeline.report import numbers
from pipeline.report.numbers import counted
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

TOLD: Mapping[Grade, str] = {"yes": "yes", "with a remark": "yes, with a remark", "no": "no", "not known": "not known"}

NOT_COMPARED = "not asked"


def scale_verdicts_table(evidence: Evidence) -> Table:
    """A row for each construct and form."""
    verdicts = construct_verdicts(evidence)
    return Table(
        "scale-verdicts", "Do the scales measure what they say?",
        (Column("construct", "Construct"), Column("form", "Form"), Column("scales", "Scales", "integer"),
         Column("omega", "ω of scales"), Column("extracted", "Variance extracted"),
         Column("together", "Hold together"), Column("nearest", "Nearest construct"),
         Column("phi", "φ", "number", bounded=True), Column("htmt2", "HTMT2 at most", "number", bounded=True),
         Column("distinct", "Distinct")),
        tuple(_row(evidence, one) for one in verdicts), sentence(verdicts),
        "Items hold together: ω of at least .70, variance extracted and loadings of at least .50, for every scale, as "
        "printed. φ: correlation of the factors. Distinct: by that correlation, its interval and tests, and by "
        "heterotrait–monotrait ratios. The cut-offs are conventions; the tables below have every number with its "
        "interval.")


def sentence(verdicts: tuple[ConstructVerdict, ...]) -> str:
    """How many constructs pass, and which do not."""
    if not verdicts:
        return "No scale was examined."
    asked = [one for one in verdicts if one.together.grade != "not known"]
    whole = [one for one in asked if one.together.grade != "no"]
    apart = [one for one in verdicts if one.distinct.grade not in ("not known", "no")]
    compared = [one for one in verdicts if one.distinct.grade != "not known"]
    said = f"Of {counted(len(asked), 'construct')} the items of {len(whole)} hold together"
    if len(whole) < len(asked):
        said += f" (not: {', '.join(one.label for one in asked if one not in whole)})"
    said += f"; {len(apart)} of {len(compared)} that are compared are distinct from the others"
    if len(apart) < len(compared):
        said += f" (not shown: {', '.join(one.label for one in compared if one not in apart)})"
    return f"{said}."


def _row(evidence: Evidence, one: ConstructVerdict) -> tuple[Cell, ...]:
    apart = NOT_COMPARED if one.distinct.grade == "not known" else TOLD[one.distinct.grade]
    nearest = nearest_pair(evidence, one)
    spreads = (_spread(evidence, one, "omega", "alpha"), _spread(evidence, one, "ave"))
    return (one.label, one.form, len(one.scales), *spreads, TOLD[one.together.grade],
            *(nearest or (None, None, None)), apart)


def nearest_pair(evidence: Evidence, one: ConstructVerdict) -> tuple[str, Number, Number] | None:
    """The construct whose factor correlates most with this one's, that correlation, HTMT2's upper limit."""
    known = [(abs(pair.correlation), pair) for pair in pairs_of(evidence, one.construct, one.form)
             if not isinstance(pair.correlation, Undefined)]
    if not known:
        return None
    pair = max(known, key=lambda entry: entry[0])[1]
    other = pair.second if pair.first == one.construct else pair.first
    return evidence.constructs.get(other, other), pair.correlation, pair.htmt2.upper


def _spread(evidence: Evidence, one: ConstructVerdict, *ids: str) -> Cell:
    """A coefficient of the construct's scales, from the lowest to the highest."""
    scales = evidence.consistency.scales if evidence.consistency else ()
    own = [value(scale, *ids) for scale in scales if (scale.construct, scale.form) == (one.construct, one.form)]
    known = sorted(number for number in own if not isinstance(number, Undefined))
    if not known:
        return own[0]
    said = list(dict.fromkeys(numbers.number(number, bounded=True) for number in (known[0], known[-1])))
    return " to ".join(said)
