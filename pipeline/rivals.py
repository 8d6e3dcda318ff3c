"""Rival models side by side, compared only where a comparison means something.

Information criteria and χ² differences compare models of the same variables on the same rows. Mediation and moderation
are therefore compared within one model of all indicators, products included, by what each sets to 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from pipeline.comparison import ComparedModel, Comparison, RivalsReport
from pipeline.estimation import estimate
from pipeline.models import (
    COMPOSITE,
    DIRECT,
    ENCOMPASSING,
    HIGHER_ORDER,
    MODERATION,
    PILLARS,
    SECOND_ORDER,
    ModelSpec,
)
from pipeline.models.spec import Level
from pipeline.report.numbers import interval, number, p_equals
from pipeline.sem.comparisons import ChiSquareTest, likelihood_ratio_test, model_test, wald_test
from pipeline.sem.describe import describe
from pipeline.sem.effects import JointSignificance, joint_significance
from pipeline.sem.estimate import Estimated
from pipeline.sem.fit import Fit
from pipeline.sem.monte_carlo import MonteCarlo, monte_carlo
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

Found = tuple[Estimated, Fit]

SAME = 1e-3
"""χ² of two models that differ by less are the same: searches stop within 1e-6 standard errors of their minimum."""


_MEDIATION_ONLY = replace(ENCOMPASSING, id="mediation only", title="Mediation: no product matters",
                          syntax=ENCOMPASSING.syntax + "m1 == 0\nm2 == 0\n")
_MODERATION_ONLY = replace(ENCOMPASSING, id="moderation only",
                           title="Moderation: experience brings about neither function nor learning",
                           syntax=ENCOMPASSING.syntax + "a1 == 0\na2 == 0\nd == 0\n")
_NEITHER = replace(ENCOMPASSING, id="neither", title="Neither mediation nor moderation",
                   syntax=ENCOMPASSING.syntax + "a1 == 0\na2 == 0\nd == 0\nm1 == 0\nm2 == 0\n")
CHAIN: tuple[tuple[ModelSpec, str], ...] = (
    (ENCOMPASSING, ""), (_MEDIATION_ONLY, "m1 = m2 = 0"), (_MODERATION_ONLY, "a1 = a2 = d = 0"),
    (_NEITHER, "a1 = a2 = d = m1 = m2 = 0"), (MODERATION, ""),
)
ADVANTAGE: tuple[tuple[ModelSpec, str], ...] = (
    (DIRECT, ""), (COMPOSITE, "paths to firm and ecosystem are proportional"),
    (HIGHER_ORDER, "what the pillars share carries all"),
)
BEHIND: tuple[tuple[ModelSpec, str], ...] = ((PILLARS, ""), (SECOND_ORDER, ""))


def compare_rivals(
    frames: Mapping[Level, pd.DataFrame], *, level: float, seed: int, workers: int = 1,
    found: Mapping[str, Found] | None = None,
) -> RivalsReport:
    """Mediation against moderation on the firms, and the forms of Proposition 4 on the alliances where there are any.

    Parameters
    ----------
    found
        Models estimated and described already on these frames, by their id; the others are estimated here.

    Raises
    ------
    InputError
        ``SEM-…``, ``PRODUCT-…``.
    """
    fits = _estimates(frames, level, workers, dict(found or {}))
    chain_fits = [fits[spec.id] for spec, _ in CHAIN]
    both, fit = chain_fits[0]
    simulated = monte_carlo(both.problem.table, both.theta, both.vcov, seed=seed, level=level)
    effect = _serial(simulated)
    moderation: ChiSquareTest | Undefined = Undefined("the model with both did not converge")
    joint = None
    if fit.converged:
        moderation = wald_test(both.problem, both.theta, both.vcov, "m1 == 0\nm2 == 0")
        joint = joint_significance(fit, "serial_capability", level)
    favoured, sentences = _favoured(moderation, joint, effect, level)
    how_far = _how_far(chain_fits[1][1], chain_fits[2][1])
    chain = _comparison("chain", "Mediation or moderation", CHAIN, chain_fits, (*sentences, *how_far))
    advantage = _advantage(fits) if "alliance" in frames else ()
    return RivalsReport(chain, moderation, *effect, joint, favoured, advantage)


def _estimates(
    frames: Mapping[Level, pd.DataFrame], level: float, workers: int, known: dict[str, Found],
) -> dict[str, Found]:
    """Every model whose form was fielded, those that are ``known`` among them."""
    specs = [spec for group in (CHAIN, ADVANTAGE, BEHIND) for spec, _ in group
             if spec.level in frames and spec.id not in known]

    def fitted(spec: ModelSpec) -> Found:
        found = estimate(spec, frames[spec.level])
        return found, describe(found, level=level)

    return known | dict(zip((spec.id for spec in specs), each(fitted, specs, workers), strict=True))


def _serial(simulated: MonteCarlo | Undefined) -> tuple[Number, Number, Number]:
    if isinstance(simulated, Undefined):
        return simulated, simulated, simulated
    effect = next(e for e in simulated.effects if e.name == "serial_capability")
    return effect.est, effect.lower, effect.upper


def _comparison(
    name: str, title: str, specs: tuple[tuple[ModelSpec, str], ...], found: list[Found],
    sentences: tuple[str, ...],
) -> Comparison:
    largest = found[0][1]
    models = [_compared(spec, restriction, fit, largest, specs[0][0].id)
              for (spec, restriction), (_, fit) in zip(specs, found, strict=True)]
    alike = [f"{m.id} fits exactly as {m.equivalent_to} does (χ² = {number(m.chisq)}, df = {m.df}): fit cannot tell "
             "the two apart." for m in models if m.equivalent_to]
    failed = [f"{m.id} did not converge and is left out of the comparison." for m in models if not m.converged]
    return Comparison(name, title, largest.nobs, tuple(models), (*sentences, *alike, *failed))


def _compared(spec: ModelSpec, restriction: str, fit: Fit, largest: Fit, largest_id: str) -> ComparedModel:
    if not fit.converged or fit.indices is None:
        nothing = Undefined("the search did not converge")
        return ComparedModel(spec.id, spec.title, restriction, False, fit.admissible, nothing, 0, nothing, nothing,
                             None)
    difference, equivalent = None, ""
    if fit is not largest and largest.indices is not None:
        if fit.indices.df == largest.indices.df and abs(fit.indices.chisq - largest.indices.chisq) < SAME:
            equivalent = largest_id
        elif restriction:
            difference = likelihood_ratio_test(model_test(fit), model_test(largest))
    return ComparedModel(spec.id, spec.title, restriction, True, fit.admissible, fit.indices.chisq, fit.indices.df,
                         fit.indices.aic, fit.indices.bic, difference, equivalent)


def _favoured(
    moderation: ChiSquareTest | Undefined, joint: JointSignificance | None, effect: tuple[Number, Number, Number],
    level: float,
) -> tuple[str, tuple[str, ...]]:
    """What the data favour, in a word and in sentences."""
    if isinstance(moderation, Undefined) or joint is None or joint.holds is None:
        return "undecided", ("The model that holds both could not be tested; the data favour neither.",)
    moderates, mediates = moderation.pvalue < 1 - level, joint.holds
    est, lower, upper = effect
    tested = (
        f"In the model that holds both, the products of experience with function and with learning together "
        f"{'matter' if moderates else 'are not shown to matter'} (Wald χ²({moderation.df}) = "
        f"{number(moderation.statistic)}, {p_equals(moderation.pvalue)}), and the path from experience over function "
        f"and learning to capability is {number(est, 3)} {interval(lower, upper, 3)}, its weakest part with "
        f"{p_equals(joint.largest_pvalue)}.")
    said = {
        (True, False): ("moderation", "The data favour moderation over mediation."),
        (False, True): ("mediation", "The data favour mediation; moderation is not needed beside it, though a small "
                        "one cannot be ruled out."),
        (True, True): ("both", "Both are found: the chain holds, and experience strengthens or weakens its parts."),
        (False, False): ("neither", "The data show neither; at this sample size that does not rule either out."),
    }[moderates, mediates]
    limit = ("This is about one point in time: data that favour one of the two are consistent with it and do not "
             "prove it (Maxwell, Cole & Mitchell 2011).")
    return said[0], (said[1], tested, limit)


def _how_far(mediation: Fit, moderation: Fit) -> tuple[str, ...]:
    """By how much one rival alone fits better than the other alone."""
    if mediation.indices is None or moderation.indices is None:
        return ()
    ours, theirs = mediation.indices.aic, moderation.indices.aic
    if isinstance(ours, Undefined) or isinstance(theirs, Undefined):
        return ()  # both are by maximum likelihood, which has one
    better = theirs - ours
    first, second = ("mediation", "moderation") if better > 0 else ("moderation", "mediation")
    return (f"Of the two alone, {first} has the lower AIC, by {number(abs(better), 1)}, than {second}; they are models "
            "of the same variables and rows.",)


def _advantage(fits: Mapping[str, Found]) -> tuple[Comparison, ...]:
    """The forms of Proposition 4, and why the fit of a factor behind the pillars proves nothing."""
    return tuple(
        _comparison(name, title, specs, [fits[spec.id] for spec, _ in specs], sentences)
        for name, title, specs, sentences in (
            ("advantage", "Forms of Proposition 4", ADVANTAGE, ()),
            ("pillars", "An advantage behind the pillars, or pillars that go together", BEHIND,
             ("A factor behind three pillars has as many parameters as their three correlations. Its fit is theirs and "
              "says nothing for it; Proposition 4 is tested by what the pillars do.",)),
        ))
