"""What ``alliometrics invariance`` found, as a document and as tables for the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType

from pipeline.commands.fit_output import measures_of
from pipeline.commands.invariance import Found
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.sem.invariance import CHEUNG_RENSVOLD, Ladder, Released, StepDifference, StepResult
from pipeline.sem.latent_means import LatentMeans
from pipeline.sem.partial_invariance import Freed, ItemTest, Partial
from pipeline.sem.permutation import Permutation
from pipeline.undefined import Undefined

COMPARED = {"cfi": "cfi", "rmsea": "rmsea", "rmsea.ci.lower": "rmsea_lower", "rmsea.ci.upper": "rmsea_upper",
            "srmr": "srmr"}
CHANGES = {"chisq": "statistic", "df": "df", "pvalue": "pvalue", "cfi": "cfi", "rmsea": "rmsea", "srmr": "srmr"}
MEAN = {"difference": "difference", "se": "se", "z": "z", "pvalue": "pvalue", "ci.lower": "lower", "ci.upper": "upper",
        "in.reference.sd": "in_reference_sd", "in.reference.sd.se": "in_reference_sd_se",
        "in.pooled.sd": "in_pooled_sd", "in.pooled.sd.se": "in_pooled_sd_se"}
"""Key of the document → field of the result."""

PERMUTED = ("chisq", "cfi", "rmsea", "srmr")


def document(found: Found) -> dict[str, Any]:
    """Everything; what is undefined is null, with its reason in ``undefined``."""
    number, last = Defined(), found.final
    return {
        "model": found.model, "data": found.data, "estimator": found.ladder.options.estimator.upper(),
        "missing": found.asked.missing, "group": found.asked.group,
        "groups": [{"label": size.label, "nobs": size.n} for size in found.ladder.groups],
        "left_out": [{"label": size.label, "nobs": size.n} for size in found.ladder.left_out],
        "without_group": found.ladder.without_group,
        "factors": {factor: list(items) for factor, items in found.ladder.model.factors},
        "ordered": dict(found.ladder.levels),
        "merged": [{"item": m.item, "category": m.category, "into": m.into, "rows": m.rows,
                    "rare_in": list(m.rare_in)} for m in found.merges],
        "converged": found.converged, "rule": found.ladder.rule,
        **_ladder(found.ladder, "", number),
        "searches": [_search(search, number) for search in found.searches],
        "partial": None if found.partial is None else {
            "released": _released(found.partial.released), **_ladder(found.partial, "partial ", number)},
        "permutations": [_permutation(step, test, number) for step, test in found.permutations],
        "latent_means": _means(found.means, number),
        "dmacs": _dmacs(found, number),
        "conclusion": last.verdict,
        "undefined": number.undefined, "warnings": list(found.warnings),
    }


# ---- the document's parts ------------------------------------------------------------------------------------------


def _ladder(found: Ladder, of: str, number: Defined) -> dict[str, Any]:
    if isinstance(found.reached, Undefined):
        number.undefined[f"{of}reached"] = found.reached.because
    return {"reached": None if isinstance(found.reached, Undefined) else found.reached, "verdict": found.verdict,
            "steps": [_step(result, f"{of}{result.name}", number) for result in found.steps]}


def _step(result: StepResult, of: str, number: Defined) -> dict[str, Any]:
    indices = result.indices
    return {
        "name": result.name, "equal": list(result.step.equal), "converged": result.fit.converged,
        "admissible": result.fit.admissible, "holds": _holds(f"{of}: holds", result.holds, number),
        "verdict": result.verdict, "version": indices.version,
        "compared": {key: number(f"{of}: {key}", getattr(indices, field)) for key, field in COMPARED.items()},
        "fit": measures_of(result.fit, number, f"{of}: fit"),
        "difference": None if result.difference is None else _difference(result.difference, of, number),
        "syntax": result.syntax,
    }


def _difference(found: StepDifference, of: str, number: Defined) -> dict[str, Any]:
    return {
        "against": found.against,
        **{key: number(f"{of}: difference {key}", getattr(found, field)) for key, field in CHANGES.items()},
        "scaled": found.scaled, "test_holds": _holds(f"{of}: test_holds", found.test_holds, number),
        "indices_hold": _holds(f"{of}: indices_hold", found.indices_hold, number),
        "cfi_holds": _holds(f"{of}: cfi_holds", found.cfi_holds, number),
        "cutoffs": {"cfi": found.cutoffs.cfi, "rmsea": found.cutoffs.rmsea, "srmr": found.cutoffs.srmr,
                    "source": found.cutoffs.source},
    }


def _holds(field: str, value: bool | Undefined, number: Defined) -> bool | None:
    if isinstance(value, Undefined):
        number.undefined[field] = value.because
        return None
    return value


def _released(entries: Sequence[Released]) -> list[dict[str, str]]:
    return [{"item": entry.item, "kind": entry.kind} for entry in entries]


def _search(found: Partial, number: Defined) -> dict[str, Any]:
    of = f"search {found.step.name}"
    return {
        "step": found.step.name, "kinds": list(found.kinds), "level": found.level,
        "complete": _holds(f"{of}: complete", found.outcome, number), "verdict": found.verdict,
        "freed": [_freed(entry, of, number) for entry in found.freed], "released": _released(found.released),
        "anchors": {factor: list(items) for factor, items in found.anchors},
        "rounds": [[_item_test(test, f"{of} round {place}", number) for test in tests]
                   for place, tests in enumerate(found.rounds, start=1)],
        "syntax": found.syntax,
    }


def _item_test(test: ItemTest, of: str, number: Defined) -> dict[str, Any]:
    name = f"{of} {test.kind} of {test.item}"
    return {"item": test.item, "kind": test.kind, "chisq": number(f"{name}: chisq", test.statistic), "df": test.df,
            "pvalue": number(f"{name}: pvalue", test.pvalue), "adjusted": number(f"{name}: adjusted", test.adjusted),
            "note": test.note}


def _freed(entry: Freed, of: str, number: Defined) -> dict[str, Any]:
    name = f"{of} {entry.kind} of {entry.item}"
    return {
        "item": entry.item, "kind": entry.kind, "chisq": entry.statistic, "df": entry.df, "pvalue": entry.pvalue,
        "adjusted": entry.adjusted, "tested": entry.tested, "justification": entry.justification,
        "difference": {"chisq": number(f"{name}: difference chisq", entry.difference.statistic),
                       "df": entry.difference.df,
                       "pvalue": number(f"{name}: difference pvalue", entry.difference.pvalue)},
        "cfi": number(f"{name}: cfi", entry.cfi),
        "parameters": [{"lhs": p.lhs, "op": p.op, "rhs": p.rhs, "group": p.group, "equal": p.equal,
                        "expected": number(f"{name}: {p.lhs} {p.op} {p.rhs} [{p.group}] expected", p.expected),
                        "standardised": number(f"{name}: {p.lhs} {p.op} {p.rhs} [{p.group}] standardised",
                                               p.standardised), "freed": p.freed} for p in entry.parameters],
    }


def _permutation(step: str, test: Permutation | Undefined, number: Defined) -> dict[str, Any]:
    if isinstance(test, Undefined):
        number.undefined[f"permutations {step}"] = test.because
        return {"step": step, "tests": None}
    tests = {name: getattr(test, name) for name in PERMUTED}
    return {"step": step, "against": test.against, "requested": test.requested, "converged": test.converged,
            "seed": test.seed, "tests": {
                name: {"observed": own.observed, "pvalue": own.pvalue, "hits": own.hits, "critical": own.critical}
                for name, own in tests.items()}}


def _means(found: LatentMeans | Undefined, number: Defined) -> dict[str, Any] | None:
    if isinstance(found, Undefined):
        number.undefined["latent_means"] = found.because
        return None
    return {"step": found.step, "partial": found.partial, "level": found.level, "means": [
        {"factor": m.factor, "reference": m.reference, "group": m.group}
        | {key: number(f"mean {m.factor} {m.group} - {m.reference}: {key}", getattr(m, field))
           for key, field in MEAN.items()} for m in found.means]}


def _dmacs(found: Found, number: Defined) -> list[dict[str, Any]] | None:
    if isinstance(found.dmacs, Undefined):
        number.undefined["dmacs"] = found.dmacs.because
        return None
    return [{"item": d.item, "reference": d.reference, "focal": d.focal, "sd": d.sd, "linking": d.linking}
            | {key: number(f"dmacs {d.item} {d.reference} {d.focal}: {key}", getattr(d, key))
               for key in ("dmacs", "signed", "points")} for d in found.dmacs]


# ---- the console ---------------------------------------------------------------------------------------------------


def tables(found: Found) -> list[RenderableType]:
    """The ladder, what was freed, the ladder with that, permutations, means, items, and what follows in words."""
    first = found.ladder
    sizes = ", ".join(f"{size.label}: {size.n}" for size in first.groups)
    shown: list[RenderableType] = [
        f"{found.model}: invariance across {found.asked.group} ({sizes}); {first.options.estimator.upper()}, "
        f"{found.asked.missing}" + (f"; {len(first.levels)} ordered items" if first.levels else ""),
        *_ladder_tables(first, ""),
        f"Rule: {first.rule}; for the first step, χ² not significant, or CFI of .90 or more with SRMR of .08 or less.",
        *_cutoffs(first)]
    for search in found.searches:
        shown += [f"Step {search.step.name}, search for what differs: {search.verdict}", *_freed_table(search)]
    if found.partial is not None:
        names = [result.name for result in first.steps]
        shown += _ladder_tables(found.partial, " with what was freed", names.index(found.searches[0].step.name))
    if found.permutations:
        shown += _permutation_table(found)
    shown += [*_means_table(found), *_dmacs_table(found), f"Conclusion: {found.final.verdict}"]
    return [*shown, *(f"Warning: {warning}" for warning in found.warnings)]


def _ladder_tables(found: Ladder, what: str, changed: int = 0) -> Iterator[RenderableType]:
    """All steps, and what is said of those that changed."""
    version = found.steps[0].indices.version
    scaled = any(result.indices.chisq_scaled is not None for result in found.steps)
    yield table(
        f"Steps{what} (χ²{' scaled' if scaled else ''}; CFI and RMSEA {version}, 90 % interval)",
        ("step", "equal across groups", "χ²", "df", "p", "CFI", "RMSEA", "interval", "SRMR"),
        [_step_row(result) for result in found.steps], left=2)
    yield table(
        f"Each step beside the one before{what}",
        ("step", "beside", "Δχ²", "Δdf", "p", "ΔCFI", "ΔRMSEA", "ΔSRMR", "test", "cut-offs"),
        [_difference_row(result.name, result.difference) for result in found.steps if result.difference is not None],
        left=2)
    for result in found.steps[changed:]:
        yield f"{result.name}: {result.verdict}"


def _step_row(result: StepResult) -> tuple[str, ...]:
    own = result.indices
    chisq = own.chisq if own.chisq_scaled is None else own.chisq_scaled
    pvalue = own.pvalue if own.pvalue_scaled is None else own.pvalue_scaled
    df = str(own.df) if result.fit.indices is not None else "–"
    return (result.name, ", ".join(result.step.equal) or "the structure only", decimals(chisq, 2), df, p_value(pvalue),
            decimals(own.cfi), decimals(own.rmsea), "–" if isinstance(own.rmsea_lower, Undefined) else
            f"{decimals(own.rmsea_lower)} to {decimals(own.rmsea_upper)}", decimals(own.srmr))


def _difference_row(name: str, own: StepDifference) -> tuple[str, ...]:
    def word(value: bool | Undefined, yes: str, no: str) -> str:
        return "–" if isinstance(value, Undefined) else yes if value else no

    return (name, own.against, decimals(own.statistic, 2), str(own.df), p_value(own.pvalue), _signed(own.cfi),
            _signed(own.rmsea), _signed(own.srmr), word(own.test_holds, "holds", "fails"),
            word(own.indices_hold, "within", "beyond"))


def _signed(value: float | Undefined) -> str:
    return "–" if isinstance(value, Undefined) else f"{value:+.3f}" if round(value, 3) else "0.000"


def _cutoffs(found: Ladder) -> Iterator[str]:
    """Cut-offs with their sources; steps that share them share a line."""
    steps: dict[str, list[str]] = {}
    for result in found.steps:
        if result.difference is not None:
            c = result.difference.cutoffs
            line = (f"ΔCFI of {c.cfi:+.3f} or lower with ΔRMSEA of {c.rmsea:+.3f} or ΔSRMR of {c.srmr:+.3f} or higher; "
                    f"{c.source}")
            steps.setdefault(line, []).append(result.name)
    for line, names in steps.items():
        yield f"Cut-offs, {', '.join(names)}: {line}."
    yield f"ΔCFI of {CHEUNG_RENSVOLD:+.3f} or lower alone: Cheung and Rensvold (2002)."


def _freed_table(search: Partial) -> Iterator[RenderableType]:
    if search.freed:
        yield table(
            "Freed, in this order (score tests; p adjusted by Holm)",
            ("item", "parameters", "χ²", "df", "p", "adjusted p", "ΔCFI"),
            [(entry.item, entry.kind, decimals(entry.statistic, 2), str(entry.df), p_value(entry.pvalue),
              p_value(entry.adjusted), "–" if isinstance(entry.cfi, Undefined) else f"{entry.cfi:+.3f}")
             for entry in search.freed], left=2)
        for entry in search.freed:
            yield entry.justification


def _permutation_table(found: Found) -> Iterator[RenderableType]:
    tests = [(step, test) for step, test in found.permutations if isinstance(test, Permutation)]
    if tests:
        yield table(
            f"Permutation tests ({found.asked.permutations} permutations, seed {found.asked.seed})",
            ("step", "converged", "p of Δχ²", "p of ΔCFI", "p of ΔRMSEA", "p of ΔSRMR"),
            [(step, str(test.converged), *(p_value(getattr(test, name).pvalue) for name in PERMUTED))
             for step, test in tests])
    reasons = dict.fromkeys(test.because for _, test in found.permutations if isinstance(test, Undefined))
    for because in reasons:
        yield f"No permutation test, because {because}."


def _means_table(found: Found) -> Iterator[RenderableType]:
    if isinstance(found.means, Undefined):
        yield f"Latent means are not compared, because {found.means.because}."
        return
    yield table(
        f"Differences of latent means (step {found.means.step}{', partial' if found.means.partial else ''})",
        ("factor", "groups", "difference", "se", "p", f"{100 * found.means.level:g} % interval", "in pooled SD"),
        [(m.factor, f"{m.group} − {m.reference}", decimals(m.difference), decimals(m.se), p_value(m.pvalue),
          f"{decimals(m.lower)} to {decimals(m.upper)}", decimals(m.in_pooled_sd)) for m in found.means.means], left=2)


def _dmacs_table(found: Found) -> Iterator[RenderableType]:
    if isinstance(found.dmacs, Undefined):
        yield f"Items are not compared, because {found.dmacs.because}."
        return
    yield table(
        "Size of the items' differences",
        ("item", "groups", "dMACS", "signed", "points"),
        [(d.item, f"{d.reference}, {d.focal}", decimals(d.dmacs), decimals(d.signed), decimals(d.points))
         for d in found.dmacs], left=2)
    yield ("dMACS is in standard deviations of the item; signed, it is positive where the first group's parameters "
           "give the higher score.")
