"""Every construct of a study by every grouping of its plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from instrument.model import Construct, Instrument
from pipeline.invariance.climbing import climb
from pipeline.invariance.found import FoundGrouping, FoundLadder, InvarianceReport
from pipeline.invariance.grouping import Membership, membership
from pipeline.invariance.multiplicity import adjusted, differences_tested
from pipeline.invariance.rows import asked_of
from pipeline.invariance.truth import Differences, beside_truth
from pipeline.invariance.versions import changed_dimensions
from pipeline.invariance.words import summary, verdict
from pipeline.prepare import PreparedForm
from pipeline.scales import reflective_scales
from pipeline.sem.invariance import RULE
from pipeline.study import InvariancePlan, StudyPlan
from pipeline.workers import each

FEWEST_ITEMS = 3
"""Of a factor alone, which is identified by three indicators; of a factor among others two are enough."""


def why_not(forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan) -> str:
    """Why nothing can be tested, as the end of a sentence; empty where something can, or where nothing is asked."""
    if not plan.invariance.by:
        return ""
    if not any(models(form, instrument, plan.invariance) for form in forms):
        return "no construct of the plan has enough items for a measurement model"
    told = [one.told(plan.invariance.smallest_group) for one in _memberships(forms, forms, instrument, plan)]
    return "" if any(not one.why_not for one in told) else "; ".join(dict.fromkeys(
        f"form {one.form}: {one.why_not}" if len(forms) > 1 else one.why_not for one in told))


def invariance_of(
    forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan, *, seed: int, workers: int = 1,
    true: Differences | None = None, advance: Callable[[int], None] | None = None,
) -> InvarianceReport:
    """All ladders of a study, their second opinions, and what follows.

    Parameters
    ----------
    seed
        Of the permutations.
    true
        What truly differs by language, where answers are synthetic.
    """
    own = plan.invariance
    pairs = [
        (groups, asked_of(form, construct.id, construct.name, factors, groups))
        for form in forms for groups in _memberships([form], forms, instrument, plan)
        for construct, factors in models(form, instrument, own)
    ]
    pairs += changed_dimensions(forms, instrument, plan)
    told = {(groups.id, groups.form): groups.told(own.smallest_group)
            for groups in (*_memberships(forms, forms, instrument, plan), *(groups for groups, _ in pairs))}
    asked = [one for _, one in pairs if not told[one.grouping, one.form].why_not]
    ladders = each(lambda one: climb(one, own, level=plan.level, seed=seed), asked, workers, advance)
    again = [one for one, found in zip(asked, ladders, strict=True) if wants_second(found, own)]
    ordinal = own.model_copy(update={"estimator": "wlsmv", "permutations": 0})
    second = each(lambda one: climb(one, ordinal, level=plan.level, seed=seed), again, workers)
    found = report(own, tuple(told.values()), ladders, second, plan.level)
    return found if true is None else beside_truth(found, true, plan.languages)


def report(
    own: InvariancePlan, groupings: Sequence[FoundGrouping], ladders: Sequence[FoundLadder],
    second: Sequence[FoundLadder], level: float,
) -> InvarianceReport:
    """Ladders with p values adjusted for their number, verdicts in words and a summary."""
    titles = {(one.id, one.form): one for one in groupings}
    done = [replace(one, verdict=verdict(one, titles[one.grouping, one.form].title)) for one in adjusted(ladders)]
    opinions = [replace(one, verdict=verdict(one, titles[one.grouping, one.form].title)) for one in second]
    tests, failed = differences_tested(done)
    found = InvarianceReport(
        RULE, level, own.smallest_group, own.permutations, tuple(groupings), tuple(done), tuple(opinions), tests,
        failed, 0.05 * tests, ())
    return replace(found, sentences=summary(found))


def wants_second(found: FoundLadder, own: InvariancePlan) -> bool:
    """Whether the answers are to be taken as ordered as well: where items differ if they are not."""
    return own.second_opinion and own.estimator == "mlr" and any(
        step.fails and "residuals" not in step.equal for step in found.steps)


def models(
    form: PreparedForm, instrument: Instrument, own: InvariancePlan,
) -> list[tuple[Construct, dict[str, tuple[str, ...]]]]:
    """Every construct of the plan that this form asked enough items of, with the items of its dimensions."""
    several, alone = (reflective_scales(form, instrument, fewest) for fewest in (FEWEST_ITEMS - 1, FEWEST_ITEMS))
    out = []
    for construct in instrument.constructs:
        if own.constructs != "all" and construct.id not in own.constructs:
            continue
        ids = [dimension.id for dimension in construct.dimensions]
        scales = several if sum(name in several for name in ids) > 1 else alone
        if factors := {name: scales[name] for name in ids if name in scales}:
            out.append((construct, factors))
    return out


def _memberships(
    some: Sequence[PreparedForm], forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> list[Membership]:
    """Every grouping of the plan in some of the forms."""
    return [membership(name, form, forms, instrument, plan) for form in some for name in plan.invariance.by]
