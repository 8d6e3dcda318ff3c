"""Every defensible way to analyse the serial effect that the plan lists, and what each makes of the model's text.

A specification is one decision a facet (Simonsohn, Simmons & Nelson 2020; Steegen, Tuerlinckx, Gelman & Vanpaemel
2016). Maximum likelihood and robust maximum likelihood have the same estimates and differ in standard errors alone:
what they share is an :class:`Analysis`, estimated and resampled once. Weighted least squares of ordered answers have
estimates of their own, and no likelihood that could use incomplete rows: they are combined with one way to treat
missing values only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.models import COVARIATES, MEDIATION
from pipeline.study import Flag, RobustnessPlan, StudyPlan

Estimator = Literal["ml", "mlr", "wlsmv"]
Missing = Literal["listwise", "fiml", "pairwise"]
Exclusion = Literal["plan", "strict", "none"]
FunctionCoding = Literal["presence", "index"]
Facet = Literal["estimator", "missing", "exclusion", "covariates", "decay", "function"]

FACETS: tuple[Facet, ...] = get_args(Facet)
FLAGS: tuple[str, ...] = tuple(flag for flag in get_args(Flag) if flag not in ("synonyms", "antonyms"))
"""Any of these excludes under the strict rule. Short tenure is reported of a respondent and excludes nobody; a
correlation across a handful of pairs of items is too noisy to exclude by itself."""

FUNCTION: dict[FunctionCoding, str] = {"presence": "daf", "index": "daf_index"}
"""Variable of the dedicated function: there or not, or its maturity between 0 and 1."""

EXPERIENCE = "exp_rw"

_Z = " + " + " + ".join(COVARIATES)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What decides estimates and resamples; whether the likelihood's errors are robust does not.

    ``adjusted_for`` are the covariates, in the order of the model's text; ``decay`` is δ of ``exp_rw``; ``ordered``
    analyses take single answers as ordered categories, by weighted least squares.
    """

    missing: Missing
    exclusion: Exclusion
    adjusted_for: tuple[str, ...]
    decay: float
    function: FunctionCoding
    ordered: bool = False

    @property
    def syntax(self) -> str:
        """The headline model's text with these covariates and this variable of the function."""
        if _Z not in MEDIATION.syntax:
            raise ValueError(f"the text of {MEDIATION.id} no longer holds its covariates as {_Z!r}")
        text = MEDIATION.syntax.replace(_Z, "".join(f" + {name}" for name in self.adjusted_for))
        return re.sub(rf"\b{FUNCTION['presence']}\b", FUNCTION[self.function], text)

    def seed(self, seed: int) -> int:
        """Seed of a likelihood's resamples, a child of ``SeedSequence(seed)`` by what the analysis is.

        It does not depend on the analyses beside it, so that leaving a facet out of the plan changes no number of what
        remains; nor on the order or the name of a set of covariates.
        """
        told = f"{self.missing}|{self.exclusion}|{'+'.join(sorted(self.adjusted_for))}|{self.decay!r}|{self.function}"
        key = np.frombuffer(hashlib.sha256(told.encode("ascii", "backslashreplace")).digest()[:16], dtype="<u4")
        child = np.random.SeedSequence(seed, spawn_key=tuple(int(word) for word in key))
        return int(child.generate_state(1)[0])


@dataclass(frozen=True, slots=True)
class Specification:
    """One decision a facet. ``covariates`` is the name of the set, ``adjusted_for`` what it holds."""

    estimator: Estimator
    missing: Missing
    exclusion: Exclusion
    covariates: str
    adjusted_for: tuple[str, ...]
    decay: float
    function: FunctionCoding

    @property
    def analysis(self) -> Analysis:
        return Analysis(self.missing, self.exclusion, self.adjusted_for, self.decay, self.function,
                        self.estimator == "wlsmv")

    def level(self, facet: Facet) -> str:
        """This specification's level of a facet, as text: ``0.9``, ``fiml``."""
        value = getattr(self, facet)
        return value if isinstance(value, str) else f"{value:g}"


def specifications(plan: RobustnessPlan) -> tuple[Specification, ...]:
    """Every combination of what the plan lists; what it lists twice counts once. See :func:`missing_of` for WLSMV."""
    return tuple(_combinations(plan))


def missing_of(estimator: Estimator, plan: RobustnessPlan) -> tuple[Missing, ...]:
    """The ways to treat missing values that an estimator is combined with.

    The plan's for likelihoods. One for WLSMV: complete rows if the plan has them, so that only the estimator differs
    from specifications by likelihood; else pair by pair, which like full information leaves no firm out for a gap.
    """
    if estimator != "wlsmv":
        return tuple(dict.fromkeys(plan.missing))
    return ("listwise",) if "listwise" in plan.missing else ("pairwise",)


def _combinations(plan: RobustnessPlan) -> Iterator[Specification]:
    # As nested loops and not by itertools.product, which forgets what each facet's levels are.
    return (
        Specification(estimator, gaps, exclusion, name, adjusted_for, float(decay), function)
        for estimator in dict.fromkeys(plan.estimators)
        for gaps in missing_of(estimator, plan)
        for exclusion in dict.fromkeys(plan.exclusions)
        for name, adjusted_for in plan.covariates.items()
        for decay in dict.fromkeys(plan.decays)
        for function in dict.fromkeys(plan.function)
    )


def headline_specification(plan: StudyPlan) -> Specification:
    """The headline model's own decisions, whether or not the map lists them."""
    named = {variables: name for name, variables in reversed(plan.robustness.covariates.items())}
    options = MEDIATION.options
    if options.estimator not in ("ml", "mlr"):
        raise ValueError(f"{MEDIATION.id} is estimated by {options.estimator}, which has no draws for the headline")
    return Specification(options.estimator, options.missing, "plan", named.get(COVARIATES, "the model's own"),
                         COVARIATES, float(plan.scoring.decay), "presence")


def analyses(plan: StudyPlan) -> tuple[Analysis, ...]:
    """The distinct analyses of the map, the headline's own first; those by likelihood take one bootstrap each."""
    asked = (headline_specification(plan), *specifications(plan.robustness))
    return tuple(dict.fromkeys(specification.analysis for specification in asked))


def check_covariates(plan: RobustnessPlan, variables: set[str]) -> None:
    """Covariates are variables of the firm that the model does not have already.

    Parameters
    ----------
    variables
        Columns of the firm-level data.

    Raises
    ------
    InputError
        ``ROBUSTNESS-COVARIATE`` for every set's every name that is no such variable, or stands there twice.
    """
    bare = Analysis("fiml", "plan", (), 1.0, "presence").syntax
    model = set(re.findall(r"[A-Za-z_]\w*", bare))
    findings = []
    for name, listed in plan.covariates.items():
        place = f"study.yaml, robustness.covariates.{name}"
        for variable in dict.fromkeys(listed):
            if variable not in variables:
                why = "no variable of the firm form"
            elif variable in model or variable in FUNCTION.values():
                why = "part of the model itself"
            elif listed.count(variable) > 1:
                why = "named more than once"
            else:
                continue
            findings.append(Finding(
                "ROBUSTNESS-COVARIATE", place, f"A covariate is a variable of the firm that the model does not have "
                f"yet; {variable!r} is {why}.", f"Choose scores of the firm form, such as {', '.join(COVARIATES)}."))
    if findings:
        raise InputError(findings)
