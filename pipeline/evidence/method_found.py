"""Results of the kernels on method variance as what a study found: numbers, reasons and words."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from pipeline.evidence import method_words as words
from pipeline.evidence.found.method import (
    FactorCorrelation,
    FactorReliability,
    HarmanFindings,
    ItemMethod,
    LatentMethod,
    MarkerFindings,
    MethodComparison,
    MethodModel,
)
from pipeline.evidence.scales import Scale
from pipeline.measurement import method_bias as bias
from pipeline.measurement import method_checks as checks
from pipeline.sem.fit import Fit
from pipeline.sem.normal import wald
from pipeline.undefined import Number, Undefined

_NO_FIT = Undefined("the model is for its correlations, and its fit was not computed")


def marker_findings(
    found: bias.MarkerTechnique, factors: dict[str, tuple[str, ...]], labels: dict[str, str], marker: Scale,
    level: float,
) -> MarkerFindings:
    """The marker technique; ``labels`` are of the factors."""
    models = tuple(_model(fit, words.MODELS[name]) for name, fit in found.fits.items())
    comparisons = tuple(_comparison(one, words.ASKS[one.restricted, one.free]) for one in found.comparisons)
    correlation, with_factor = _marker_correlation(found.fits["CFA"], factors, marker.id)
    if isinstance(found.shown, Undefined):
        none = found.shown
        nothing = MarkerFindings(
            marker.label, marker.items, models, comparisons, found.retained, none, none, none, none, none, (),
            found.biased, correlation, with_factor, (), (), (), ())
        return replace(nothing, sentences=words.of_marker(nothing, labels))
    shown, base = found.fits[found.shown], found.fits["Baseline"]
    loadings = _loadings(shown, factors, marker.id, level)
    shares = [one.share for one in loadings]
    numbers = [share for share in shares if isinstance(share, float)]
    change, pair = checks.largest_change(base, shown, factors)
    whole = MarkerFindings(
        marker.label, marker.items, models, comparisons, found.retained, found.shown, mean := checks.mean_of(shares),
        min(numbers) if isinstance(mean, float) else mean, max(numbers) if isinstance(mean, float) else mean,
        change, pair, found.biased, correlation, with_factor, loadings,
        tuple(FactorReliability(factor, labels[factor], own.total, own.substantive, own.method, own.share)
              for factor, items in factors.items()
              for own in [bias.decomposed(base, shown, factor, items, marker.id)]),
        _correlations(found, shown, factors), ())
    return replace(whole, sentences=words.of_marker(whole, labels))


def _marker_correlation(cfa: Fit, factors: dict[str, tuple[str, ...]], marker: str) -> tuple[Number, str]:
    if not cfa.converged:
        return Undefined("the confirmatory factor analysis did not converge"), ""
    rows = bias.rows_of(cfa)
    values = {factor: abs(rows[factor, "~~", marker].est) for factor in factors}
    largest = max(values, key=lambda factor: values[factor])
    return values[largest], largest


def _loadings(
    fit: Fit, factors: dict[str, tuple[str, ...]], marker: str, level: float,
) -> tuple[ItemMethod, ...]:
    rows, out = bias.rows_of(fit), []
    shares = bias.shares(fit, [item for items in factors.values() for item in items], marker)
    for factor, items in factors.items():
        for item in items:
            own, row = rows[factor, "=~", item], rows[marker, "=~", item]
            value, se = _number(row.std_all), _number(row.std_all_se)
            lower, upper = wald(value, se, level)[2:] if isinstance(value, float) else (value, value)
            out.append(ItemMethod(item, factor, _number(own.std_all), value, lower, upper, _number(row.pvalue),
                                  shares[item]))
    return tuple(out)


def _correlations(
    found: bias.MarkerTechnique, shown: Fit, factors: dict[str, tuple[str, ...]],
) -> tuple[FactorCorrelation, ...]:
    base, own = bias.rows_of(found.fits["Baseline"]), bias.rows_of(shown)
    sensitive = [found.fits[bias.sensitivity_name(level)] for level in bias.INTERVALS]
    out = []
    for first, second in combinations(factors, 2):
        key = (first, "~~", second)
        at = [bias.rows_of(fit)[key].est if fit.converged else Undefined(f"{fit.name} did not converge")
              for fit in sensitive]
        out.append(FactorCorrelation(first, second, base[key].est, _number(base[key].pvalue), own[key].est,
                                     _number(own[key].pvalue), at[0], at[1], own[key].est - base[key].est))
    return tuple(out)


def _number(value: Number | None) -> Number:
    return Undefined("it is fixed") if value is None else value


# -- checks without a marker ---------------------------------------------------------------------------------------


def harman_findings(found: checks.Harman) -> HarmanFindings:
    """Shares and the model with one factor."""
    return HarmanFindings(found.component, found.factor, _model(found.fit, words.MODELS["One factor"]))


def latent_findings(found: checks.Unmeasured) -> LatentMethod:
    """An unmeasured factor."""
    kind = f"{found.kind} loadings"
    return LatentMethod(
        kind, _model(found.fit, words.LATENT[found.kind]), found.identified,
        _comparison(found.comparison, words.ASKS_LATENT), found.share, found.share_lower, found.share_upper,
        found.largest_change)


# -- models and tests -----------------------------------------------------------------------------------------------


def _model(fit: Fit, says: str) -> MethodModel:
    problems = tuple(one.text for one in fit.diagnoses if one.code != "note")
    if fit.indices is None:
        none = _NO_FIT if fit.converged else Undefined("the estimation did not converge")
        return MethodModel(fit.name, says, fit.syntax, fit.converged, fit.admissible, none, _df(fit), none, none, none,
                           none, none, none, problems)
    own, scaled, robust = fit.indices, fit.indices.scaled, fit.indices.robust
    best = robust or own
    return MethodModel(
        fit.name, says, fit.syntax, fit.converged, fit.admissible, own.chisq if scaled is None else scaled.chisq,
        own.df, own.pvalue if scaled is None else scaled.pvalue, best.cfi, best.rmsea, best.rmsea_ci_lower,
        best.rmsea_ci_upper, own.srmr, problems)


def _df(fit: Fit) -> int:
    """Moments less parameters, for a model whose indices were not computed."""
    p = len(fit.variables)
    means = p if any(row.op == "~1" for row in fit.parameters) else 0
    return p * (p + 1) // 2 + means - len({row.free for row in fit.parameters if row.free})


def _comparison(found: bias.Compared, asks: str) -> MethodComparison:
    test = found.test
    return MethodComparison(found.restricted, found.free, test.statistic, test.df, test.pvalue, asks,
                            words.answer(found.restricted, found.free, test.pvalue))
