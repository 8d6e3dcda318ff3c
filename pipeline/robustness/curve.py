"""The robustness map: the serial effect under every specification of the plan, with one bootstrap an analysis.

Analyses, not draws, are shared among workers. A bootstrap takes its stacks of draws in the same order wherever it
runs, and its seed from what it analyses, so that no digit depends on workers or on the analyses beside it. For the
same reason every search begins at the values its own data suggest, and not where a neighbour's ended. Weighted least
squares of ordered answers are estimated once and not resampled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.prepare import PreparedForm
from pipeline.results import HEADLINE_EFFECT, SCREENED
from pipeline.robustness.estimation import Outcome, Resampling, analyse
from pipeline.robustness.firms import Firms, firms_by_decision
from pipeline.robustness.found import SpecificationCurve, SpecificationRow
from pipeline.robustness.specifications import (
    Analysis,
    Estimator,
    Specification,
    analyses,
    check_covariates,
    headline_specification,
    specifications,
)
from pipeline.robustness.summary import summarise
from pipeline.study import StudyPlan
from pipeline.workers import each

Outcomes = Mapping[Analysis, Mapping[Estimator, Outcome]]


def specification_curve(
    forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan, *, draws: int, seed: int,
    workers: int = 1, advance: Callable[[int], None] | None = None,
) -> SpecificationCurve:
    """Estimate and resample the serial effect under every specification of ``plan.robustness``.

    Parameters
    ----------
    forms
        The firm form must be among them.
    draws, seed
        Of each bootstrap, and of all of them.
    workers
        Processes; no digit depends on them.
    advance
        Called with the number of analyses just finished, of :func:`analyses_of` in all.

    Raises
    ------
    InputError
        ``ROBUSTNESS-COVARIATE``, ``BOOTSTRAP-DRAWS``. What goes wrong in one specification is a row with its reason.
    """
    if draws < 1:
        raise InputError(Finding("BOOTSTRAP-DRAWS", "robustness, draws", f"A bootstrap needs draws; {draws} were asked "
                                 "for.", "Ask for some hundreds, or leave the map out."))
    form = next(form for form in forms if form.form == "F")
    check_covariates(plan.robustness, set(map(str, next(iter(form.rows.values())).units.frame.columns)))
    headline, asked = headline_specification(plan), specifications(plan.robustness)
    needed = analyses(plan)
    firms = firms_by_decision(form, instrument, plan.scoring, needed, plan.agreement)
    how = Resampling(draws, seed, plan.bootstrap.level, plan.level)
    items = frozenset(map(str, form.rows[SCREENED].scores.items.columns))
    outcomes = _outcomes(_estimators((headline, *asked)), firms, items, how, workers, advance)
    rows, main = tuple(_row(s, outcomes) for s in asked), _row(headline, outcomes)
    return SpecificationCurve(
        effect=HEADLINE_EFFECT, headline=main, rows=rows, draws=draws, seed=seed, level=how.level,
        normal_level=how.normal_level, summary=summarise(rows, main, sum(not one.ordered for one in needed)),
    )


def analyses_of(plan: StudyPlan) -> int:
    """How many analyses the map takes: fewer than specifications, as the two likelihood estimators share theirs."""
    return len(analyses(plan))


def _estimators(asked: Iterable[Specification]) -> dict[Analysis, tuple[Estimator, ...]]:
    """The estimators by which each distinct analysis is to be described."""
    found: dict[Analysis, tuple[Estimator, ...]] = {}
    for specification in asked:
        known = found.get(specification.analysis, ())
        if specification.estimator not in known:
            found[specification.analysis] = (*known, specification.estimator)
    return found


def _outcomes(
    estimators: Mapping[Analysis, tuple[Estimator, ...]], firms: Firms, items: frozenset[str], how: Resampling,
    workers: int, advance: Callable[[int], None] | None,
) -> Outcomes:
    # Full information takes several times as long: if it came last, one worker would wait for the other at the end.
    todo = sorted(estimators, key=lambda analysis: analysis.missing != "fiml")

    def outcome(analysis: Analysis) -> Mapping[Estimator, Outcome]:
        rows = firms[analysis.exclusion, analysis.decay, analysis.ordered]
        return analyse(analysis, rows, estimators[analysis], how, items=items)

    found = each(outcome, todo, workers, advance)
    return dict(zip(todo, found, strict=True))


def _row(specification: Specification, outcomes: Outcomes) -> SpecificationRow:
    outcome = outcomes[specification.analysis][specification.estimator]
    return SpecificationRow(specification, outcome.converged, outcome.found)
