"""What each technique says of those who did not answer, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.evidence.found.nonresponse import (
    Association,
    Difference,
    NonresponseReport,
    Population,
    Response,
    Technique,
    TechniqueName,
)
from pipeline.measurement_plan import NonresponsePlan
from pipeline.report.numbers import counted, interval, listed, number, p_equals, percent
from pipeline.undefined import Number, Undefined

TITLES: Mapping[TechniqueName, str] = {
    "rate": "Response rate", "late": "Late respondents", "waves": "Trend over waves",
    "population": "Known population", "interest": "Interest in the subject", "followup": "Follow-up",
}

ALPHA = 0.05

NOTABLE = 0.20
"""A small difference in standard deviations (Cohen 1988), for what it would do to a mean."""

CLEAR = 2.0
"""Standardised residual from which an option is named."""


def techniques(report: NonresponseReport, plan: NonresponsePlan) -> tuple[Technique, ...]:
    """All techniques, those that could not be used with their reason."""
    made: Mapping[TechniqueName, Callable[[NonresponseReport, NonresponsePlan], Technique]] = {
        "rate": _rate, "late": _late, "waves": _trend, "population": _population, "interest": _interest,
        "followup": _followup}
    return tuple(made[name](report, plan) for name in TITLES)


def remarks(
    report: NonresponseReport, untimed: Mapping[str, int], partly: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """What qualifies all of it.

    Parameters
    ----------
    untimed
        Form → respondents whose answer has no time.
    partly
        Form → dimensions that its follow-up asked in part.
    """
    out = ["A difference that is not significant is not shown to be absent: its interval says how large it may be. "
           "Those who never answered are seen by none of these techniques."]
    out += [f"Form {one.form}: {one.analysed:,} respondents speak for {counted(one.firms, 'firm')}. Answers of one "
            "firm are alike; the tests take them as independent, so that p may be too small and intervals too narrow."
            for one in report.responses if 0 < one.firms < one.analysed]
    out += [f"Form {form}: {counted(n, 'answer')} without a time {'is' if n == 1 else 'are'} in no wave."
            for form, n in untimed.items() if n]
    out += [f"Form {form}: the follow-up asked only some items of {listed(list(names))}; they have no score."
            for form, names in partly.items() if names]
    return tuple(out)


# -- techniques --------------------------------------------------------------------------------------------


def _rate(report: NonresponseReport, plan: NonresponsePlan) -> Technique:
    known = [one for one in report.responses if not isinstance(one.rate, Undefined)]
    said = [_rate_sentence(one) for one in report.responses]
    return Technique("rate", TITLES["rate"], bool(known), 0, 0, 0, " ".join(said))


def _rate_sentence(one: Response) -> str:
    if isinstance(one.rate, Undefined):
        return (f"Form {one.form}: {one.answered:,} answered; their share of those invited is not known, because "
                f"{one.rate.because}.")
    assert one.invited is not None
    return (f"Form {one.form}: {one.answered:,} of {one.invited:,} invited answered, {percent(one.rate)} "
            f"[{percent(one.lower)}, {percent(one.upper)}]. If the others differ from them by {number(NOTABLE)} SD on "
            f"a score, its mean is off by {number((1 - one.rate) * NOTABLE)} SD.")


def _late(report: NonresponseReport, plan: NonresponsePlan) -> Technique:
    found = report.differences_by("late")
    if not found:
        return _unused("late", "no answer has a time.")
    since = []
    for response in report.responses:
        own = [wave for wave in report.waves if wave.form == response.form]
        late = [wave for wave in own if wave.late and wave.n]
        if late and sum(wave.n for wave in late) < sum(wave.n for wave in own):
            since.append(f"form {response.form} from {late[0].first}, n = {sum(wave.n for wave in late):,}")
    if not since:
        return _unused("late", "all answers came in " + (
            "on the same side of the first reminder." if plan.reminders else "at the same time."))
    who = "Those who answered after the first reminder" if plan.reminders else "The last third to answer"
    return _compared("late", found, f"{who} ({'; '.join(since)})")


def _followup(report: NonresponseReport, plan: NonresponsePlan) -> Technique:
    found = report.differences_by("followup")
    if not plan.followup:
        return _unused("followup", "the plan names no file with answers of people who had not answered at first.")
    if not found:
        return _unused("followup", "no score of the follow-up is one of the form's.")
    sizes = {one.form: max(d.test.n_second for d in found if d.form == one.form) for one in found}
    who = "; ".join(f"form {form}, n = {n:,}" for form, n in sizes.items())
    return _compared("followup", found, f"Those who answered only when followed up ({who})")


def _compared(name: TechniqueName, found: Sequence[Difference], who: str) -> Technique:
    tests, significant, remaining = _counts(found)
    if not tests:
        reason = next(one.test.pvalue for one in found)
        return _unused(name, f"{reason.because if isinstance(reason, Undefined) else ''}.")
    largest = max(found, key=lambda one: _size(one.test.d))
    test = largest.test
    reach = max(_size(end) for one in found for end in (one.test.d_lower, one.test.d_upper))
    said = (f"{who} differ from the others in {significant} of {counted(tests, 'score')} at .05 (about "
            f"{number(ALPHA * tests, 1)} would by chance); adjusted for their number (Holm), in {remaining}. The "
            f"largest difference: {largest.label} (form {largest.form}), d = {number(test.d)} "
            f"{interval(test.d_lower, test.d_upper)}, {p_equals(test.pvalue)}. No interval reaches beyond "
            f"{number(reach)} SD.")
    return Technique(name, TITLES[name], True, tests, significant, remaining, said)


def _trend(report: NonresponseReport, plan: NonresponsePlan) -> Technique:
    found = report.associations_by("waves")
    if not found:
        return _unused("waves", "a trend needs three waves, and the answers came in fewer" + (
            "; two are compared as early and late." if len(plan.reminders) == 1 else "."))
    return _associated("waves", found, "Over the waves", ("rises or falls with the number of the wave",
                       "rise or fall with the number of the wave"))


def _interest(report: NonresponseReport, plan: NonresponsePlan) -> Technique:
    found = report.associations_by("interest")
    if plan.interest is None:
        return _unused("interest", "the plan names no question or dimension that tells interest in the subject.")
    if not found:
        return _unused("interest", "no form that asked it has another score.")
    technique = _associated("interest", found, f"By interest ({report.interest.rstrip('.?')})",
                            ("is related to it", "are related to it"))
    tail = " If the less interested answer less often, the means of such scores are off in the direction of r."
    return technique if not technique.used else Technique(
        "interest", technique.title, True, technique.tests, technique.significant, technique.remaining,
        technique.finding + tail)


def _associated(name: TechniqueName, found: Sequence[Association], lead: str, verbs: tuple[str, str]) -> Technique:
    tests, significant, remaining = _counts(found)
    if not tests:
        reason = next(one.test.pvalue for one in found)
        return _unused(name, f"{reason.because if isinstance(reason, Undefined) else ''}.")
    largest = max(found, key=lambda one: _size(one.test.r))
    test = largest.test
    verb = verbs[0] if significant == 1 else verbs[1]
    said = (f"{lead}, {significant} of {counted(tests, 'score')} {verb} at .05 (about {number(ALPHA * tests, 1)} would "
            f"by chance); adjusted for their number (Holm), {remaining}. The closest relation: {largest.label} (form "
            f"{largest.form}), r = {number(test.r, bounded=True)} "
            f"{interval(test.lower, test.upper, bounded=True)}, {p_equals(test.pvalue)}.")
    return Technique(name, TITLES[name], True, tests, significant, remaining, said)


def _population(report: NonresponseReport, plan: NonresponsePlan) -> Technique:
    if not plan.population:
        return _unused("population", "the plan names no known shares of a population (nonresponse.population).")
    tests, significant, remaining = _counts(report.populations)
    said = " ".join(population_sentence(one) for one in report.populations)
    return Technique("population", TITLES["population"], tests > 0, tests, significant, remaining, said)


def population_sentence(one: Population) -> str:
    """Whether the answers to a question depart from the known shares, by how much, and where."""
    test = one.test
    if isinstance(test.chisq, Undefined):
        return f"{one.question} (form {one.form}) could not be compared, because {test.chisq.because}."
    differ = not isinstance(test.pvalue, Undefined) and test.pvalue < ALPHA
    verb = "depart" if differ else "do not significantly depart"
    said = (f"Answers to “{one.label}” ({one.question}, form {one.form}, n = {test.n:,}) {verb} from the known "
            f"shares (χ²({test.df}) = {number(test.chisq)}, {p_equals(test.pvalue)}, w = {number(test.w)} "
            f"{interval(test.w_lower, test.w_upper)}).")
    clear = sorted(((share, residual) for share, _, residual in one.options if abs(residual) >= CLEAR),
                   key=lambda pair: -abs(pair[1]))
    if differ and clear:
        where = "; ".join(f"{share.label} {percent(share.share)} for {percent(share.known)}" for share, _ in clear[:4])
        said = f"{said[:-1]}: {where}."
    if not isinstance(one.smallest_expected, Undefined) and one.smallest_expected < 5:
        said += f" As few as {number(one.smallest_expected, 1)} answers are expected of an option, so that p is rough."
    return said


def _unused(name: TechniqueName, why: str) -> Technique:
    return Technique(name, TITLES[name], False, 0, 0, 0, f"Not used: {why}")


def _size(value: Number) -> float:
    return -1.0 if isinstance(value, Undefined) else abs(value)


def _counts(found: Sequence[Difference | Association | Population]) -> tuple[int, int, int]:
    """Tests, those significant, and those that still are when adjusted."""
    def below(values: Sequence[Number]) -> int:
        return sum(1 for p in values if not isinstance(p, Undefined) and p < ALPHA)

    return (sum(not isinstance(one.test.pvalue, Undefined) for one in found),
            below([one.test.pvalue for one in found]), below([one.adjusted for one in found]))
