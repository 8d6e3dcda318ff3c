"""Rival confirmatory structures of a study's sets of scales, fitted and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.evidence.found.bifactor import FoundBifactor, FoundBifactorItem, FoundSpecific
from pipeline.evidence.found.structure import (
    FoundHigherLoading,
    FoundStructure,
    FoundStructureSet,
    StructuredItems,
    StructureId,
    StructureReport,
)
from pipeline.evidence.scales import ScaleSet, construct_names
from pipeline.evidence.structure_pairs import FittedStructure, compared
from pipeline.evidence.structure_remarks import factor_words, remarks
from pipeline.evidence.structure_words import WEAK, bifactor_words, equivalence, fit_words, set_sentences, title
from pipeline.measurement import structures
from pipeline.measurement.bifactor import BifactorIndices, bifactor_indices
from pipeline.measurement.structures import GENERAL, construct_name, factor_name
from pipeline.report.numbers import listed
from pipeline.sem.comparisons import model_test
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model, reference_models
from pipeline.sem.fit import Fit
from pipeline.sem.goodness import ReferenceModels
from pipeline.sem.linalg import Array
from pipeline.sem.reported import reported
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

OPTIONS = Options(estimator="mlr", missing="fiml")
"""Robust maximum likelihood with everybody's answers: few scales are normal, and not everybody answers everything."""


@dataclass(frozen=True, eq=False)
class Asked(StructuredItems):
    """A set of scales, or one construct of it, whose structures are compared.

    Attributes
    ----------
    X
        (n, items) keyed answers in the order of ``dimensions``, NaN where missing.
    clusters
        (n,) firm of every respondent; None where no firm has several.
    """

    X: Array
    clusters: tuple[str, ...] | None

    @property
    def items(self) -> tuple[str, ...]:
        return structures.items_of(self.dimensions)

    @cached_property
    def reference(self) -> ReferenceModels:
        """What all its structures have in common, once in a process."""
        return reference_models(self.X, self.items, OPTIONS, clusters=self.clusters)


@dataclass(frozen=True)
class Tried:
    """One structure of one set, and what the set needs of it."""

    found: FoundStructure
    fit: Fit | None = None
    tested: FittedStructure | None = None
    higher: tuple[FoundHigherLoading, ...] = ()
    bifactor: FoundBifactor | None = None


def structure_of(
    sets: Sequence[ScaleSet], instrument: Instrument, plan: StudyPlan, *, workers: int = 1,
) -> StructureReport:
    """Rival structures of every set and of each of its constructs with two or more dimensions.

    Parameters
    ----------
    workers
        Processes; no number depends on them.
    """
    names = dict(construct_names(instrument))
    asked = [one for each_set in sets for one in _asked(each_set, names)]
    return structures_of(asked, level=plan.level, workers=workers)


def structures_of(asked: Sequence[Asked], *, level: float, workers: int = 1) -> StructureReport:
    """The same of arrays."""
    work = [(one, id) for one in asked for id in structures_for(one)]
    tried = each(lambda pair: attempt(*pair, level=level), work, workers)
    return StructureReport("robust maximum likelihood", "full information", level, tuple(
        _together(one, [done for (of, _), done in zip(work, tried, strict=True) if of is one], level)
        for one in asked))


def _asked(of: ScaleSet, names: dict[str, str]) -> list[Asked]:
    """The set, then its constructs of two or more dimensions; a set that is one construct stands for it."""
    labels = {scale.id: scale.label for scale in of.scales} | {one: names[one] for one in of.constructs}
    clusters = None if of.firms is None or len(set(of.firms)) == len(of.firms) else of.firms
    whole = Asked(of.name, of.label, of.form, next(iter(of.constructs)) if len(of.constructs) == 1 else None,
                  of.dimensions, of.constructs, labels, of.X, clusters)
    parts = []
    for construct, within in of.constructs.items():
        if len(within) > 1 and len(of.constructs) > 1:
            X = replace(of, scales=tuple(scale for scale in of.scales if scale.id in within)).X
            parts.append(Asked(f"{of.name}-{construct}", names[construct], of.form, construct,
                               {one: of.dimensions[one] for one in within}, {construct: within}, labels, X, clusters))
    return [whole, *parts]


# -- which structures, and their text ------------------------------------------------------------------------------


def structures_for(asked: Asked) -> tuple[StructureId, ...]:
    """Those that differ from one another for these dimensions and constructs, or are worth saying why they cannot be.

    A higher factor needs three factors to explain, and so does a bifactor structure: with two specific factors the
    general one is what they share, which their covariance alone does not tell.
    """
    several = len(asked.constructs) > 1
    layered = several and len(asked.constructs) < len(asked.dimensions)
    wanted: list[tuple[StructureId, bool]] = [
        ("one factor", True),
        ("correlated constructs", layered),
        ("correlated dimensions", len(asked.dimensions) > 1),
        ("second order", layered),
        ("general second order", len(asked.dimensions) > 2),
        ("third order", layered and len(asked.constructs) > 2),
        ("bifactor", sum(len(items) > 1 for items in asked.dimensions.values()) > 2),
    ]
    return tuple(id for id, useful in wanted if useful)


def syntax_of(id: StructureId, asked: Asked) -> str:
    """The structure as lavaan syntax."""
    dimensions, constructs = asked.dimensions, asked.constructs
    match id:
        case "one factor":
            return structures.one_factor(asked.items)
        case "correlated constructs":
            return structures.correlated_constructs(dimensions, constructs)
        case "correlated dimensions":
            return structures.correlated(dimensions)
        case "second order":
            return structures.second_order(dimensions, constructs)
        case "general second order":
            return structures.general_second_order(dimensions)
        case "third order":
            return structures.third_order(dimensions, constructs)
        case "bifactor":
            return structures.bifactor(dimensions)


# -- one structure -------------------------------------------------------------------------------------------------


def attempt(asked: Asked, id: StructureId, *, level: float) -> Tried:
    """Fit one structure; what cannot be fitted says why."""
    text = syntax_of(id, asked)
    found = FoundStructure(id, title(id, asked.construct), text)
    try:
        estimated = estimate_model(text, asked.X, asked.items, OPTIONS, name=id, clusters=asked.clusters,
                                   reference=asked.reference)
        fit = describe(estimated, level=level)
    except InputError as error:
        why = " ".join(f"{finding.place.removeprefix('data, ')}: {finding.rule}" if "column" in finding.place
                       else finding.rule for finding in error.findings)
        return Tried(_without(found, why))
    heywood = tuple(factor_words(name, asked.dimensions, asked.labels) for d in fit.diagnoses
                    if d.code == "negative-variance" for name in d.about)
    identified = not any(d.code in ("not-identified", "negative-df") for d in fit.diagnoses)
    found = _with_fit(replace(found, converged=fit.converged, admissible=fit.admissible and identified, n=fit.nobs,
                              heywood=heywood, remarks=remarks(fit, asked.dimensions, asked.labels)), fit)
    found = replace(found, verdict=fit_words(found))
    return Tried(found, fit, FittedStructure(found, model_test(fit), estimated) if fit.indices else None,
                 _higher(asked, fit, id, level) if found.usable else (),
                 _bifactor(asked, estimated, found, level) if id == "bifactor" else None)


def _without(found: FoundStructure, why: str) -> FoundStructure:
    none = Undefined(f"the structure was not fitted: {why}".rstrip("."))
    return replace(found, why_not=why, verdict=f"Not fitted: {why}", chisq=none, pvalue=none, cfi=none, tli=none,
                   rmsea=none, rmsea_lower=none, rmsea_upper=none, srmr=none, aic=none, bic=none)


def _with_fit(found: FoundStructure, fit: Fit) -> FoundStructure:
    if fit.indices is None:
        why = found.remarks[0].rstrip(".") if found.remarks else "the model has no fit"
        none = Undefined(why[:1].lower() + why[1:])
        return replace(found, chisq=none, pvalue=none, cfi=none, tli=none, rmsea=none, rmsea_lower=none,
                       rmsea_upper=none, srmr=none, aic=none, bic=none)
    own = reported(fit.indices)
    lower, upper = own.rmsea_ci
    return replace(
        found, chisq=own.chisq, df=own.df, pvalue=own.pvalue, scaled=own.version != "plain",
        version="standard" if own.version == "plain" else own.version, cfi=own.cfi, tli=own.tli, rmsea=own.rmsea,
        rmsea_lower=lower, rmsea_upper=upper, srmr=own.srmr, aic=fit.indices.aic, bic=fit.indices.bic)


def _higher(asked: Asked, fit: Fit, id: StructureId, level: float) -> tuple[FoundHigherLoading, ...]:
    """Standardised loadings of dimensions on constructs: second order in a set, general second order in a construct."""
    if id != ("general second order" if len(asked.constructs) == 1 else "second order"):
        return ()
    above = {GENERAL if len(asked.constructs) == 1 else construct_name(one): one for one in asked.constructs}
    rows = {(row.lhs, row.rhs): row for row in fit.parameters if row.op == "=~"}
    found = []
    for factor, construct in above.items():
        for dimension in asked.constructs[construct]:
            row = rows.get((factor, factor_name(dimension)))
            if row is None or row.std_all is None:
                continue  # a construct with one dimension is that dimension
            found.append(FoundHigherLoading(construct, dimension, asked.labels[dimension], row.std_all,
                                            *_around(row.std_all, row.std_all_se, level)))
    return tuple(found)


def _around(value: Number, se: Number | None, level: float) -> tuple[Number, Number]:
    if isinstance(value, float) and isinstance(se, float):
        reach = NormalDist().inv_cdf((1 + level) / 2) * se
        return value - reach, value + reach
    none = next((part for part in (value, se) if isinstance(part, Undefined)), Undefined("it has no standard error"))
    return none, none


def _lowest(asked: Asked, tried: Sequence[Tried]) -> tuple[str, Number, tuple[str, ...]]:
    """The item with the lowest loading on its dimension, that loading, and all that are weak."""
    fit = next((one.fit for one in tried if one.found.id == "correlated dimensions" and one.found.usable), None)
    if fit is None:
        fit = next((one.fit for one in tried if one.found.id == "one factor" and one.found.usable
                    and len(asked.dimensions) == 1), None)
    loadings = {} if fit is None else {
        row.rhs: row.std_all for row in fit.parameters
        if row.op == "=~" and row.rhs in asked.items and isinstance(row.std_all, float)}
    if not loadings:
        return "", Undefined("the structure of correlated dimensions has no proper solution"), ()
    lowest = min(loadings, key=lambda item: loadings[item])
    return lowest, loadings[lowest], tuple(item for item, value in loadings.items() if value < WEAK)


# -- bifactor ------------------------------------------------------------------------------------------------------


def _bifactor(asked: Asked, estimated: Estimated, fitted: FoundStructure, level: float) -> FoundBifactor:
    found = bifactor_indices(estimated, asked.dimensions, level=level)
    if isinstance(found, Undefined):
        why = f"the bifactor structure is improper, with negative variances of {listed(fitted.heywood)}" \
            if fitted.heywood else found.because
        return FoundBifactor(*(Undefined(why),) * 11, level, why_not=why)
    whole = FoundBifactor(
        found.omega_total, found.omega_h.est, found.omega_h.se, found.omega_h.lower, found.omega_h.upper,
        found.ecv.est, found.ecv.se, found.ecv.lower, found.ecv.upper, found.puc, found.h, level,
        tuple(FoundSpecific(one, asked.labels[one], len(asked.dimensions[one]), own.omega, own.omega_hs, own.ecv, own.h)
              for one, own in found.factors.items()),
        _items(asked, found))
    return replace(whole, verdict=bifactor_words(whole, asked.label))


def _items(asked: Asked, found: BifactorIndices) -> tuple[FoundBifactorItem, ...]:
    owner = [dimension for dimension, items in asked.dimensions.items() for _ in items]
    return tuple(map(FoundBifactorItem, found.items, owner, found.general, found.general_se, found.specific,
                     found.specific_se, found.iecv))


# -- a set ---------------------------------------------------------------------------------------------------------


def _together(asked: Asked, tried: Sequence[Tried], level: float) -> FoundStructureSet:
    fit = next((one.fit for one in tried if one.fit is not None), None)
    found = FoundStructureSet(
        asked.id, asked.label, asked.form, asked.construct, asked.dimensions, asked.constructs, asked.labels,
        0 if fit is None else fit.nobs, 0 if fit is None else fit.n_with_gaps,
        len(asked.X) if fit is None else fit.n_incomplete, 0 if fit is None else fit.n_clusters,
        tuple(one.found for one in tried),
        compared({one.found.id: one.tested for one in tried if one.tested is not None}),
        *_lowest(asked, tried), next((one.higher for one in tried if one.higher), ()),
        next((one.bifactor for one in tried if one.bifactor is not None), None))
    found = replace(found, equivalence=equivalence(found))
    return replace(found, sentences=set_sentences(found))
