"""What rival structures say, in sentences: of each, of pairs, and of a whole set."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evidence.found.bifactor import LEAST, PREFERRED, FoundBifactor
from pipeline.evidence.found.structure import FoundComparison, FoundStructure, FoundStructureSet, StructureId
from pipeline.report.numbers import counted, interval, listed, number, p_equals
from pipeline.undefined import Number, Undefined

CLOSE = {"cfi": 0.95, "rmsea": 0.06, "srmr": 0.08}
"""Cut-offs of Hu & Bentler (1999)."""
ACCEPTABLE = {"cfi": 0.90, "rmsea": 0.08, "srmr": 0.10}
"""Weaker ones (Browne & Cudeck 1993 for RMSEA; Bentler 1990 for CFI; Kline 2016 for SRMR)."""

WEAK = 0.40
"""Standardised loading below which an item is said to stand weakly for its dimension (Stevens 2002)."""

_UNIDENTIFIED = "Not identified"
"""How the engine's sentence begins."""

TITLES: Mapping[StructureId, str] = {
    "one factor": "One factor", "correlated constructs": "One factor a construct, correlated",
    "correlated dimensions": "One factor a dimension, correlated",
    "second order": "Second order: dimensions under correlated constructs",
    "general second order": "Second order: all dimensions under one factor",
    "third order": "Third order: constructs under one factor",
    "bifactor": "Bifactor: one general factor, one a dimension",
}
THE: Mapping[StructureId, str] = {
    "one factor": "one factor", "correlated constructs": "one factor a construct",
    "correlated dimensions": "the structure of correlated dimensions",
    "second order": "the structure of dimensions under correlated constructs",
    "general second order": "the structure of all dimensions under one factor",
    "third order": "the structure of constructs under one factor", "bifactor": "the bifactor structure",
}
"""Within a sentence."""


def title(id: StructureId, construct: str | None) -> str:
    """Of a structure; where there is one construct, what is above its dimensions is the construct."""
    return "Second order: dimensions under the construct" if construct and id == "general second order" else TITLES[id]


# -- one structure -------------------------------------------------------------------------------------------------


def fit_words(found: FoundStructure) -> str:
    """How well a structure fits by the usual fixed cut-offs, and what forbids to use it."""
    if not found.converged:
        return "Did not converge: none of its numbers is to be used."
    if _not_identified(found):
        return "Not identified: the answers cannot tell its parameters apart."
    if found.df == 0 and not isinstance(found.chisq, Undefined):
        said = "Fits whatever the answers are: it has no degrees of freedom."
    elif isinstance(found.cfi, Undefined) or isinstance(found.rmsea, Undefined) or isinstance(found.srmr, Undefined):
        said = "Its fit is not known."
    else:
        said = {"close": "Fits closely.", "acceptable": "Fits acceptably.", "poor": "Does not fit."}[_grade(found)]
    if found.admissible:
        return said
    return f"{said} Improper{f' ({_which(found)})' if found.heywood else ''}: not to be used as it is."


def _not_identified(found: FoundStructure) -> bool:
    return any(said.startswith(_UNIDENTIFIED) for said in found.remarks)


def _which(found: FoundStructure) -> str:
    return f"negative variance of {listed(found.heywood)}"


def _grade(found: FoundStructure) -> str:
    """Close, acceptable or poor: all three of CFI, RMSEA and SRMR within the cut-offs."""
    for name, cut in (("close", CLOSE), ("acceptable", ACCEPTABLE)):
        if _at_least(found.cfi, cut["cfi"]) and _at_most(found.rmsea, cut["rmsea"]) \
                and _at_most(found.srmr, cut["srmr"]):
            return name
    return "poor"


def _at_least(value: Number, limit: float) -> bool:
    return isinstance(value, float) and round(value, 3) >= limit


def _at_most(value: Number, limit: float) -> bool:
    return isinstance(value, float) and round(value, 3) <= limit


def numbers_of(found: FoundStructure) -> str:
    """``χ²(24) = 85.31, p < .001; CFI .931, RMSEA .092 [.071, .114], SRMR .065``."""
    return (f"χ²({found.df}) = {_n(found.chisq)}, {p_equals(found.pvalue)}; CFI {_n(found.cfi, 3, True)}, RMSEA "
            f"{_n(found.rmsea, 3, True)} {interval(found.rmsea_lower, found.rmsea_upper, 3, bounded=True)}, SRMR "
            f"{_n(found.srmr, 3, True)}")


# -- pairs ---------------------------------------------------------------------------------------------------------


def comparison_words(found: FoundComparison, restricted: FoundStructure, other: FoundStructure, *, same: bool) -> str:
    """What a pair says.

    Parameters
    ----------
    same
        Whether the plain χ² of both agree to rounding, as those of equivalent structures must.
    """
    first, second = _capital(THE[found.restricted]), THE[found.unrestricted]
    if found.relation == "equivalent":
        if same:
            return (f"{first} and {second} are the same told otherwise: χ²({restricted.df}) = {_n(restricted.chisq)} "
                    "of both. No data can choose between them.")
        return (f"{first} and {second} ought to fit alike and do not (χ² {_n(restricted.chisq)} and "
                f"{_n(other.chisq)}): one needs values that no variance has, or its search did not arrive.")
    if found.relation == "not nested":
        if isinstance(found.bic, Undefined):
            return f"{first} and {second} are not nested and cannot be compared."
        return f"{first} and {second} are not nested; {_by_bic(found, found.bic)}."
    if isinstance(found.pvalue, Undefined):
        by_bic = "" if isinstance(found.bic, Undefined) else f" {_capital(_by_bic(found, found.bic))}."
        return f"{first} beside {second}: not tested, because {found.pvalue.because}.{by_bic}"
    test = f"Δχ²({found.df}) = {_n(found.statistic)}, {p_equals(found.pvalue)}"
    by_bic = "" if isinstance(found.bic, Undefined) else \
        f"; BIC {'prefers it all the same' if found.bic < 0 else 'agrees'}" if found.pvalue < 0.05 else \
        f"; BIC {'agrees' if found.bic < 0 else 'prefers the latter all the same'}"
    if found.pvalue < 0.05:
        return f"{first} fits worse than {second} ({test}{by_bic})."
    return f"{first} fits no worse than {second} ({test}{by_bic})."


def _by_bic(found: FoundComparison, difference: float) -> str:
    better = THE[found.restricted] if difference < 0 else THE[found.unrestricted]
    return f"{better} has the smaller BIC, by {number(abs(difference), 1)}"


def equivalence(found: FoundStructureSet) -> str:
    """That three factors under one are three correlated ones, shown by the set's own χ²."""
    pair = next((one for one in found.comparisons if one.relation == "equivalent" and (
        one.restricted, one.unrestricted) in (("third order", "second order"),
                                              ("general second order", "correlated dimensions"))), None)
    if pair is None:
        return ""
    one, other = found.structure(pair.restricted), found.structure(pair.unrestricted)
    if one is None or other is None:
        return ""
    three = found.constructs if pair.restricted == "third order" else found.dimensions
    names = listed([found.labels[name] for name in three])
    return (f"Three factors under a factor of higher order are statistically equivalent to three correlated factors: "
            f"here {names}, χ²({one.df}) = {_n(one.chisq)} with a higher factor and χ²({other.df}) = {_n(other.chisq)} "
            "without. Good fit of the one is no evidence for it beside the other; only theory, or relations with "
            "further variables, can tell them apart.")


# -- bifactor ------------------------------------------------------------------------------------------------------


def bifactor_words(found: FoundBifactor, label: str) -> str:
    """Whether a sum over all items stands for one thing."""
    if isinstance(found.omega_h, Undefined):
        return f"Not known, because {found.omega_h.because}."
    share = (f"{number(found.omega_h, bounded=True)} "
             f"{interval(found.omega_h_lower, found.omega_h_upper, bounded=True)}")
    ecv = number(found.ecv, bounded=True)
    said = f"of the variance of a sum over all items of {label}, a share of {share} is due to the general factor"
    if found.omega_h >= PREFERRED:
        meaning = "the sum mainly reflects what all items have in common"
    elif found.omega_h >= LEAST:
        meaning = "the sum reflects what all items have in common more than anything else, yet its dimensions show"
    else:
        meaning = "the sum is a mixture; the dimensions' own scores say more"
    return (f"{_capital(said)}: {meaning}. Of what items share with one another, {ecv} is the general factor's "
            "(explained common variance).")


# -- a set ---------------------------------------------------------------------------------------------------------


def set_sentences(found: FoundStructureSet) -> tuple[str, ...]:
    """The set in a few sentences: what fits, what does not, what explaining the dimensions costs, what a sum means."""
    fitted = [one for one in found.structures if not one.why_not]
    if not fitted:
        why = list(dict.fromkeys(one.why_not for one in found.structures))
        return (f"No structure of {found.label} could be fitted: {' '.join(why)}",)
    said = [_dimensions(found), _plain(found), _explained(found), _improper(found)]
    if found.bifactor is not None and not found.bifactor.why_not:
        said.append(found.bifactor.verdict)
    said.append(found.equivalence)
    return tuple(sentence for sentence in said if sentence)


def _dimensions(found: FoundStructureSet) -> str:
    """Whether the items hold together as they were meant to."""
    one = found.structure("correlated dimensions") or found.structures[0]
    items = f"The {sum(map(len, found.dimensions.values()))} items of {_whose(found)}"
    as_meant = "as one dimension" if len(found.dimensions) == 1 else \
        f"as {counted(len(found.dimensions), 'correlated dimension')}"
    if not one.usable:
        return f"{items} {as_meant}: {_unusable(one)}"
    if isinstance(one.cfi, Undefined) or one.df == 0:
        return f"{items} {as_meant}: {one.verdict[:1].lower()}{one.verdict[1:]}"
    said = {"close": "the structure fits closely", "acceptable": "the structure fits acceptably",
            "poor": "the structure does not fit"}[_grade(one)]
    tail = f": {said} ({numbers_of(one)})."
    if found.weak:
        return f"{items} {as_meant}{tail} Yet {listed(found.weak)} {'stands' if len(found.weak) == 1 else 'stand'} " \
               f"weakly for what {'it is' if len(found.weak) == 1 else 'they are'} meant to measure (loadings from " \
               f"{_n(found.lowest, 2, True)})."
    together = "do not hold together" if _grade(one) == "poor" else "hold together"
    lowest = "" if isinstance(found.lowest, Undefined) else \
        f" The lowest loading is {_n(found.lowest, 2, True)} ({found.lowest_item})."
    return f"{items} {together} {as_meant}{tail}{lowest}"


def _unusable(one: FoundStructure) -> str:
    """Why a structure's numbers are not to be used, by the first thing that was noticed."""
    if one.why_not:
        return f"not fitted. {one.why_not}"
    if not one.converged:
        return "estimation did not converge, so that nothing is known."
    if _not_identified(one):
        return "not identified: the answers cannot tell its parameters apart."
    return f"the solution is improper and not to be used as it is. {one.remarks[0] if one.remarks else ''}".rstrip()


def _whose(found: FoundStructureSet) -> str:
    return found.label if found.construct else f"the set {found.label}"


def _plain(found: FoundStructureSet) -> str:
    """Whether fewer factors would do."""
    parts: dict[bool, list[str]] = {True: [], False: []}
    meant = found.structure("correlated dimensions")
    if meant is None or not meant.usable:
        return ""
    for one in found.comparisons:
        fit = found.structure(one.restricted)
        if one.unrestricted == "correlated dimensions" and one.restricted in ("one factor", "correlated constructs") \
                and isinstance(one.pvalue, float) and fit is not None and fit.usable:
            parts[one.pvalue < 0.05].append(
                f"{THE[one.restricted]} (CFI {_n(fit.cfi, 3, True)}, Δχ²({one.df}) = {_n(one.statistic)}, "
                f"{p_equals(one.pvalue)})")
    said = [f"{how}: {listed(which)}." for how, which in
            (("Fewer factors fit worse", parts[True]), ("Fewer factors do as well", parts[False])) if which]
    return " ".join(said)


def _explained(found: FoundStructureSet) -> str:
    """What explaining the dimensions by higher factors costs, and how strongly dimensions load."""
    id: StructureId = "general second order" if found.construct else "second order"
    pair = next((one for one in found.comparisons if one.restricted == id
                 and one.unrestricted == "correlated dimensions"), None)
    sizes = [one.loading for one in found.higher if isinstance(one.loading, float)]
    said = pair.verdict if pair is not None and pair.relation == "nested" else ""
    if sizes:
        above = "the construct" if found.construct else "their constructs"
        said += (f"{' ' if said else ''}The dimensions load {number(min(sizes), bounded=True)} to "
                 f"{number(max(sizes), bounded=True)} on {above}.")
    return said


def _improper(found: FoundStructureSet) -> str:
    """The other structures that are not to be used."""
    return " ".join(f"{_capital(THE[one.id])}: {_unusable(one)}" for one in found.structures
                    if not one.usable and one.id != "correlated dimensions")


def _n(value: Number, digits: int = 2, bounded: bool = False) -> str:
    return "undefined" if isinstance(value, Undefined) else number(value, digits, bounded=bounded)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
