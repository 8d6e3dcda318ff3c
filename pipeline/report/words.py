"""Findings in plain words, within what cross-sectional data can carry.

Estimates from one survey at one time can be *consistent with* mediation; they do not establish it
(Maxwell, Cole & Mitchell 2011). A finding rests on two tests together: the percentile bootstrap interval
of the serial effect, and the joint significance of its paths (MacKinnon et al. 2002). Where they disagree
the sentence says so; where the interval includes zero it says what else the data are compatible with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.measurement.reliability import ScaleReliability
from pipeline.report import methods, names
from pipeline.report.numbers import counted, interval, level_name, number, p_equals
from pipeline.report.tables.effects import excludes_zero
from pipeline.report.tables.fit import fit_sentence
from pipeline.results import HEADLINE_EFFECT, Absent, Headline, ModelRun
from pipeline.sem.effects import BootstrapResult, JointSignificance, ResampledEffect
from pipeline.undefined import Number, Undefined

SECOND_EFFECT = "serial_success"

_CHAIN = {
    HEADLINE_EFFECT: (
        "a chain from alliance experience, by way of a dedicated alliance function and deliberate learning processes, "
        "to alliance management capability"
    ),
    SECOND_EFFECT: (
        "the longer chain from alliance experience, by way of function, learning and capability, to alliance success"
    ),
}
_NAME = {
    HEADLINE_EFFECT: "the serial indirect effect of experience on capability",
    SECOND_EFFECT: "the serial indirect effect of experience on success",
}

LIMITS = (
    "All variables were observed at one time. The estimates are at most consistent with mediation; the data cannot "
    "tell it from other orders of the same variables, which can fit equally well.",
    "At the firm level the same informants, mostly one informant a firm, answered for predictors, mediators and "
    "outcomes alike, so shared method variance may inflate the paths; how much of it the marker items show "
    "stands under common method variance.",
    methods.AT_RANDOM,
    "Standard errors and p values of single paths, and the fit indices, are robust (sandwich) ones, clustered by firm "
    "where a row is an alliance: they do not need normal data, but they are approximations for large samples. The "
    "intervals of indirect effects rest on the bootstrap.",
    "Learning and capability are measured by items as second-order factors; the pillars of the alliance by dimension "
    "scores (means of items), in which the items' own errors are not modelled.",
    "Items with seven answers are treated as continuous. So is the dedicated function, a yes-or-no variable; its "
    "equation is a linear probability model.",
)
SYNTHETIC_LIMIT = (
    "The data are synthetic. Nothing here is a finding about real firms; the study only exercises the method."
)
MEASURED_LIMITS = (
    "A model that fits is one of many that would. That items go together as the instrument says does not show that "
    "they measure what they are named after.",
    methods.AT_RANDOM,
    "Standard errors, p values and fit indices are robust (sandwich) ones, clustered by firm where a row is an "
    "alliance: they do not need normal data, but they are approximations for large samples.",
    "Answers on a scale of a few points are treated as continuous.",
)
"""Limits of a study whose main model is one of measurement."""
FEW_SCALES = 6
"""So many scales are listed one by one."""
SYNTHETIC_ANSWERS = "The data are synthetic. Nobody gave these answers; the study only exercises the method."


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One effect with the two tests a finding about it rests on."""

    effect: ResampledEffect
    joint: JointSignificance | None
    level: float

    @property
    def numbers(self) -> str:
        """``0.043, 95 % interval [0.021, 0.070]``."""
        e = self.effect
        return f"{number(e.est, 3)}, {level_name(self.level)} bootstrap interval {interval(e.lower, e.upper, 3)}"

    @property
    def clear(self) -> bool:
        return excludes_zero(self.effect.lower, self.effect.upper)

    @property
    def negative(self) -> bool:
        return not isinstance(self.effect.upper, Undefined) and self.effect.upper < 0

    @property
    def joint_words(self) -> str:
        """How the joint test came out, to follow "and"."""
        if self.joint is None:
            return "no joint test of its paths was run"
        if self.joint.holds is None:
            return "the joint test of its paths is undecided"
        weakest = p_equals(self.joint.largest_pvalue)
        if self.joint.holds:
            return f"every path on the way differs from zero (weakest path: {weakest})"
        return f"not every path on the way differs from zero (weakest path: {weakest})"


def headline(run: ModelRun, *, synthetic: bool, all_respondents: ModelRun | None = None) -> Headline:
    """The finding of the serial mediation in plain words.

    Parameters
    ----------
    run
        The serial mediation on the screened rows.
    synthetic
        Whether the data were simulated; the sentence then opens with it.
    all_respondents
        The same model without exclusions, for a detail beside.
    """
    limits = ((SYNTHETIC_LIMIT,) if synthetic else ()) + LIMITS
    unusable = _unusable(run)
    if unusable is not None:
        return Headline(_opened(unusable, synthetic), (fit_sentence(run), *run.fit.warnings), limits)
    found = _evidence(run, HEADLINE_EFFECT)
    if found is None:
        return Headline(
            _opened("no interval was computed for the serial indirect effect, so no finding is stated.", synthetic),
            (fit_sentence(run),), limits,
        )
    opening = f"In {'these synthetic data on' if synthetic else 'the answers of'} {run.fit.nobs:,} {run.level}s, "
    return Headline(opening + finding(run, HEADLINE_EFFECT), _details(run, found, all_respondents), limits)


def measured(
    runs: Sequence[ModelRun], scales: Sequence[ScaleReliability], absent: Sequence[Absent], *, synthetic: bool,
) -> Headline:
    """What a study found that can ask only how well its scales measure.

    Parameters
    ----------
    runs
        The measurement models, the main one first and its screened rows first of all; none if there is none.
    scales
        Of the screened rows.
    absent
        What could not be asked.
    """
    limits = ((SYNTHETIC_ANSWERS,) if synthetic else ()) + MEASURED_LIMITS
    details = [_reliabilities(scales)] if scales else []
    if not runs:
        why = next((str(one) for one in absent if one.id.startswith("measurement")), "")
        return Headline(_opened("no model could be asked of the answers.", synthetic), (*details, why), limits)
    run = runs[0]
    details += [fit_sentence(run), f"{run.id} rests on {methods.rows_used(run)}"]
    details += [fit_sentence(other) for other in runs[1:]]
    clause = _measured_clause(run)
    opening = f"In {'these synthetic data on' if synthetic else 'the answers of'} {run.fit.nobs:,} {run.level}s, "
    return Headline(opening + clause, tuple(details), limits)


def _measured_clause(run: ModelRun) -> str:
    if not run.fit.converged:
        return "the measurement model did not converge; its numbers are not to be used."
    if not run.fit.admissible:
        return "the measurement model converged to a solution that is not admissible; no finding is stated."
    factors = list(dict.fromkeys(row.lhs for row in run.fit.parameters if row.op == "=~"))
    loadings = [row.std_all for row in run.fit.parameters
                if row.op == "=~" and row.std_all is not None and not isinstance(row.std_all, Undefined)]
    between = [row.std_all for row in run.fit.parameters if row.op == "~~" and row.lhs != row.rhs
               and {row.lhs, row.rhs} <= set(factors) and row.std_all is not None
               and not isinstance(row.std_all, Undefined)]
    span = f"standardised loadings run from {_bounded(min(loadings))} to {_bounded(max(loadings))}"
    if not between:
        return f"one factor stands behind {counted(len(loadings), 'indicator')}: {span}."
    together = f"is {_bounded(between[0])}" if len(between) == 1 else (
        f"runs from {_bounded(min(between))} to {_bounded(max(between))}")
    return (f"{counted(len(factors), 'factor')} stand behind {counted(len(loadings), 'indicator')}: {span}, and the "
            f"correlation of the factors {together}.")


def _reliabilities(scales: Sequence[ScaleReliability]) -> str:
    """Each scale's coefficients; of many scales the least and the most reliable."""
    known = sorted((s for s in scales if not isinstance(s.omega, Undefined)), key=lambda s: _number(s.omega))
    shown = scales if len(scales) <= FEW_SCALES or not known else (known[0], known[-1])
    said = [f"{scale.label} ω {_bounded(scale.omega)}, α {_bounded(scale.alpha)}" for scale in shown]
    among = "" if shown is scales else f" of {len(scales)} scales, the least and the most reliable"
    return f"Reliability{among}: {'; '.join(said)}."


def _number(value: Number) -> float:
    assert not isinstance(value, Undefined)
    return value


def _bounded(value: Number) -> str:
    return str(value) if isinstance(value, Undefined) else number(value, bounded=True)


def finding(run: ModelRun, effect: str) -> str:
    """What the data say about one serial effect: a clause that begins small and ends with a full stop."""
    evidence = _evidence(run, effect)
    if evidence is None:
        return f"nothing can be said about {_NAME.get(effect, effect)}: it has no interval."
    name, chain = _NAME.get(effect, names.effect(effect)), _CHAIN.get(effect, names.effect(effect))
    if isinstance(evidence.effect.lower, Undefined) or isinstance(evidence.effect.upper, Undefined):
        return f"nothing can be said about {name}: its interval is {evidence.effect.lower}."
    holds = evidence.joint.holds if evidence.joint else None
    tests = f"{name} is {evidence.numbers}, and {evidence.joint_words}."
    doubt = _doubt(run, evidence)
    if evidence.clear and holds and doubt:
        return f"the evidence on {name} is mixed: {doubt}; it is {evidence.numbers}, and {evidence.joint_words}."
    if evidence.clear and holds and evidence.negative:
        return f"the estimates are consistent with {chain}, but of the opposite sign to the theory's: {tests}"
    if evidence.clear and holds:
        return f"the estimates are consistent with {chain}: {tests}"
    if evidence.clear or holds:
        one, other = ("excludes", "do not support it") if evidence.clear else ("includes", "each differ from zero")
        paths = f"the joint test of its paths is undecided; {evidence.numbers}" if holds is None else (
            f"its paths taken together {other}; {evidence.numbers}; {evidence.joint_words}")
        return f"the evidence on {name} is mixed: its interval {one} zero, while {paths}."
    low, high = (number(bound, 3) for bound in (evidence.effect.lower, evidence.effect.upper))
    return (f"the data do not show {name}: it is {evidence.numbers}, and {evidence.joint_words}; values from "
            f"{low} to {high} are compatible with the data at this level, so its absence is not shown either.")


def _details(run: ModelRun, found: _Evidence, all_respondents: ModelRun | None) -> tuple[str, ...]:
    e = found.effect
    details = []
    if _evidence(run, SECOND_EFFECT) is not None:
        details.append(_sentence(finding(run, SECOND_EFFECT)))
    details.append(
        f"On standardised variables the serial effect on capability is {number(e.std_all, 3, bounded=True)}, interval "
        f"{interval(e.std_lower, e.std_upper, 3, bounded=True)}.")
    details.append(_draws(run))
    if all_respondents is not None and (other := _evidence(all_respondents, HEADLINE_EFFECT)) is not None:
        details.append(f"With the careless respondents kept, the serial effect on capability is {other.numbers} "
                       f"(n = {all_respondents.fit.nobs:,}).")
    details.append(fit_sentence(run))
    details.append(f"{run.id} rests on {methods.rows_used(run)}")
    return tuple(details)


def _draws(run: ModelRun) -> str:
    b = run.bootstrap
    assert b is not None
    return (f"Of {b.requested:,} bootstrap draws requested {b.converged:,} converged, {b.admissible:,} of them to an "
            "admissible solution.")


_IMPROPER = ("negative-variance", "residual-covariance", "latent-covariance", "not-a-minimum")
"""Diagnoses that make a solution inadmissible."""

ENOUGH_DRAWS = 0.9
"""Share of draws that must converge before their interval carries a finding by itself."""


def _doubt(run: ModelRun, evidence: _Evidence) -> str | None:
    """Why a bootstrap interval that excludes zero is not enough, None if it is."""
    b, e = run.bootstrap, evidence.effect
    assert b is not None
    if b.converged < ENOUGH_DRAWS * b.requested:
        return f"only {b.converged:,} of {b.requested:,} bootstrap draws converged"
    if not excludes_zero(e.lower_admissible, e.upper_admissible):
        return "its interval no longer excludes zero once inadmissible draws are left out"
    return None


def _unusable(run: ModelRun) -> str | None:
    """Why no finding may be drawn from a run, None if it may."""
    if not run.fit.converged:
        return "the serial mediation model did not converge; its numbers are not to be used, and no finding is stated."
    if not run.fit.admissible:
        why = "; ".join(d.text.rstrip(".") for d in run.fit.diagnoses if d.code in _IMPROPER)
        return ("the serial mediation model converged to a solution that is not admissible"
                f"{f' ({why})' if why else ''}; its numbers are shown, but no finding is stated.")
    return None


def _evidence(run: ModelRun, name: str) -> _Evidence | None:
    effect = _effect(run.bootstrap, name)
    if effect is None or run.bootstrap is None:
        return None
    joint = next((j for j in run.joint if j.effect == name), None)
    return _Evidence(effect, joint, run.bootstrap.level)


def _effect(bootstrap: BootstrapResult | None, name: str) -> ResampledEffect | None:
    return None if bootstrap is None else next((e for e in bootstrap.effects if e.name == name), None)


def _opened(clause: str, synthetic: bool) -> str:
    return f"In these synthetic data, {clause}" if synthetic else _sentence(clause)


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:]
