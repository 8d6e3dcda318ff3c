"""Causal modesty with numbers: what it would take to overturn each indirect effect.

Three questions are asked of a model's product effects: how strong an unmeasured cause of mediator and outcome would
have to be (:mod:`~pipeline.sensitivity.confounding`), what errors in a single-indicator variable do
(:mod:`~pipeline.sensitivity.measurement_error`), and what the same data say if the chain ran in another order
(:mod:`~pipeline.sensitivity.order`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from pipeline.estimation import estimate
from pipeline.models.spec import ModelSpec
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import one_thread
from pipeline.sem.monte_carlo import DRAWS, normal_draws
from pipeline.sensitivity.chain import Chain, chain_of
from pipeline.sensitivity.confounding import confounding_curve
from pipeline.sensitivity.findings import (
    ConfoundedPoint,
    ConfoundingCurve,
    OrderedChain,
    Orders,
    ReliabilityCurve,
    ReliabilityPoint,
    SensitivityReport,
)
from pipeline.sensitivity.measurement_error import reliability_curves
from pipeline.sensitivity.order import orders
from pipeline.sensitivity.sentences import LIMITS, confounding_sentences, order_sentences, reliability_sentences
from pipeline.study import StudyPlan
from pipeline.undefined import Undefined

__all__ = [
    "ConfoundedPoint", "ConfoundingCurve", "OrderedChain", "Orders", "ReliabilityCurve", "ReliabilityPoint",
    "SensitivityReport", "sensitivity",
]

LONGEST_REORDERED = 4
"""Variables of the longest chain that is reordered by default: five have 24 orders, and nobody reads 24."""


def sensitivity(
    spec: ModelSpec, frame: pd.DataFrame, plan: StudyPlan, *, estimated: Estimated | None = None,
    measured: str | None = None, ordered: str | None = None, seed: int | None = None, draws: int = DRAWS,
) -> SensitivityReport:
    """How far the indirect effects of a model stand against confounders, errors of measurement and other orders.

    Parameters
    ----------
    spec
        The model; each of its ``effects`` is a product of labelled paths.
    frame
        One row a unit, as the model is estimated on.
    estimated
        The model's estimates on these rows, if there are any yet.
    measured
        The single-indicator variable whose reliability is varied; by default the first of the first effect's chain.
    ordered
        The effect whose chain is reordered; by default the longest of at most :data:`LONGEST_REORDERED` variables.
    seed
        Of the Monte Carlo draws; by default the plan's. The same draws serve every correlation.

    Raises
    ------
    InputError
        ``SENSITIVITY-NO-EFFECT``, ``SENSITIVITY-EFFECT``, ``SENSITIVITY-VARIABLE``, ``SENSITIVITY-NOT-CONVERGED``;
        ``SEM-…`` from estimation.
    """
    if not spec.effects:
        raise InputError(Finding("SENSITIVITY-NO-EFFECT", f"model {spec.id}",
                                 "Sensitivity is of a model's product effects; this model names none.",
                                 "Define an effect such as `ab := a*b` and list it among the model's effects."))
    base = estimate(spec, frame) if estimated is None else estimated
    if not base.converged:
        raise InputError(Finding("SENSITIVITY-NOT-CONVERGED", f"model {spec.id}",
                                 "Only estimates of a model that converged can be examined; this one did not.",
                                 "See the model's diagnoses."))
    chains = _chains(spec, base)
    reordered = _reordered(spec, chains, ordered)
    seed = plan.seed if seed is None else seed
    # A latent predictor cannot covary with variables whose moments are fixed.
    random = replace(spec, options=replace(spec.options, fixed_x=False))

    def again(text: str) -> Estimated:
        return estimate(replace(random, syntax=text), frame)

    with one_thread():
        drawn = np.asfortranarray(np.concatenate(list(normal_draws(base.theta, base.vcov, draws, seed))))
        curves = tuple(
            confounding_curve(chain, mediator, outcome, base, drawn, plan.sensitivity.residual_correlations, plan.level)
            for chain in chains.values() for mediator, outcome in chain.pairs)
        reliability = reliability_curves(
            base, spec.effects, measured or next(iter(chains.values())).variables[0], plan.sensitivity.reliabilities,
            again, level=plan.level, draws=draws, seed=seed)
        found = (Undefined(f"no chain has at most {LONGEST_REORDERED} variables") if reordered is None
                 else orders(reordered, base, again, level=plan.level, draws=draws, seed=seed))
    sentences = (*confounding_sentences(curves, plan.level), *reliability_sentences(reliability),
                 *order_sentences(found))
    return SensitivityReport(spec.id, base.problem.n, plan.level, draws, seed, curves, reliability, found, sentences,
                             LIMITS)


def _chains(spec: ModelSpec, base: Estimated) -> dict[str, Chain]:
    """Every effect's chain; what is wrong with each is told at once."""
    found: dict[str, Chain] = {}
    findings: list[Finding] = []
    for effect in spec.effects:
        try:
            found[effect] = chain_of(base.problem.table, effect, spec.id)
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return found


def _reordered(spec: ModelSpec, chains: dict[str, Chain], ordered: str | None) -> Chain | None:
    if ordered is None:
        short = [chain for chain in chains.values() if len(chain.variables) <= LONGEST_REORDERED]
        return max(short, key=lambda chain: len(chain.variables)) if short else None
    if ordered not in chains:
        raise InputError(Finding("SENSITIVITY-EFFECT", f"model {spec.id}, {ordered}",
                                 f"The chain to be reordered is one of the model's effects; {ordered!r} is not.",
                                 f"Choose from: {', '.join(chains)}."))
    return chains[ordered]

