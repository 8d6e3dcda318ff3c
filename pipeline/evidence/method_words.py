"""What was found about common method variance, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.evidence.found.method import MarkerFindings, Remedy, SetMethod
from pipeline.report.numbers import counted, listed, number, p_equals, percent
from pipeline.undefined import Number, Undefined

MODELS: Mapping[str, str] = {
    "CFA": "All factors and the marker correlated.",
    "Baseline": "The marker uncorrelated with the factors, its loadings and residual variances fixed as the CFA found "
                "them.",
    "Method-C": "All items load on the marker as well, with one loading for all.",
    "Method-U": "All items load on the marker as well, each with its own loading.",
    "Method-R": "The model with a method, with the factors' correlations fixed as in the Baseline.",
    "Method-S(.95)": "Method loadings fixed at the outer limits of their 95 % intervals.",
    "Method-S(.99)": "Method loadings fixed at the outer limits of their 99 % intervals.",
    "One factor": "One factor for all items.",
}
"""What each model assumes."""

LATENT: Mapping[str, str] = {
    "equal": "All items load on an unmeasured factor as well, with one loading for all.",
    "free": "All items load on an unmeasured factor as well, each with its own loading.",
}

ASKS: Mapping[tuple[str, str], str] = {
    ("Baseline", "Method-C"): "Do the items share variance with the marker?",
    ("Method-C", "Method-U"): "Do some items share more of it than others?",
    ("Baseline", "Method-U"): "Do items share variance with the marker that cancels out over all?",
    ("Method-R", "Method-C"): "Are the factors' correlations other than without the method?",
    ("Method-R", "Method-U"): "Are the factors' correlations other than without the method?",
}
ASKS_LATENT = "Do the items share variance beyond their factors?"

ALPHA = 0.05
TOO_NEAR = 0.5
"""Correlation of the marker with a factor from which it is warned of: a quarter of the variance is shared. Our own."""


def answer(restricted: str, free: str, pvalue: Number) -> str:
    """Of a comparison, in words."""
    if isinstance(pvalue, Undefined):
        return f"It cannot be told, because {pvalue.because}."
    if restricted == "Factors alone":
        return "Yes, by this model." if pvalue < ALPHA else "No more than chance would have them."
    if restricted == "Method-R":
        return "Yes: correlations fixed as they are without the method fit worse." if pvalue < ALPHA else \
            "No: correlations fixed as they are without the method fit as well."
    return f"Yes: {free} fits better." if pvalue < ALPHA else f"No: {free} fits no better."


# -- the marker technique ---------------------------------------------------------------------------------------


def of_marker(found: MarkerFindings, labels: Mapping[str, str]) -> tuple[str, ...]:
    """What the marker technique says of one set."""
    if isinstance(found.retained, Undefined):
        return (f"The marker technique says nothing here, because {found.retained.because}.",)
    said = [_whether(found), _size(found, labels), _sensitivity(found, labels), _too_near(found, labels),
            _improper(found)]
    return tuple(sentence for sentence in said if sentence)


def _whether(found: MarkerFindings) -> str:
    tests = [f"{one.free} against {one.restricted}, {p_equals(one.pvalue)}" for one in found.comparisons
             if one.restricted != "Method-R"]
    if found.retained == "Baseline":
        return f"The items share no variance with the marker that could be told from chance ({'; '.join(tests)})."
    kind = "the same for all items" if found.retained == "Method-C" else "more for some items than for others"
    return f"The items share variance with the marker, {kind} ({'; '.join(tests)})."


def _size(found: MarkerFindings, labels: Mapping[str, str]) -> str:
    if isinstance(found.share, Undefined):
        return f"How much cannot be told, because {found.share.because}."
    if not isinstance(found.least_share, float) or not isinstance(found.most_share, float):
        return ""
    span = f"{percent(found.least_share)} to {percent(found.most_share)} of single items"
    size = f"{percent(found.share)} of the items' variance ({span})"
    opening = f"Method variance: {size}" if found.retained != "Baseline" else \
        f"Method variance, estimated all the same: {size}"
    if isinstance(found.largest_change, Undefined):
        return f"{opening}."
    pair = " with ".join(labels[one] for one in found.largest_pair)
    return (f"{opening}; no factor correlation changes by {_more_than(found.largest_change)} "
            f"when it is allowed for (most: {pair}){_biased(found)}.")


def _more_than(change: float) -> str:
    """``more than .03``; never more than .00."""
    shown = number(change, bounded=True)
    return "as much as .005" if change < 0.005 else f"more than {shown}"


def _biased(found: MarkerFindings) -> str:
    test = next((one for one in found.comparisons if one.restricted == "Method-R"), None)
    if test is None or isinstance(test.pvalue, Undefined):
        return ""
    differ = "differ" if found.biased is True else "do not differ"
    return f", and together the correlations {differ} from those without it ({p_equals(test.pvalue)})"


def _sensitivity(found: MarkerFindings, labels: Mapping[str, str]) -> str:
    """The largest change at the outer limits of the 99 % intervals."""
    changes = [(abs(one.at_99 - one.baseline), one) for one in found.correlations
               if isinstance(one.at_99, float) and isinstance(one.baseline, float)]
    if not changes:
        return ""
    largest, pair = max(changes, key=lambda change: change[0])
    return ("With more method variance than is likely (loadings at the outer limits of their 99 % intervals) "
            f"the largest change is {number(largest, bounded=True)} ({labels[pair.first]} with {labels[pair.second]}).")


def _too_near(found: MarkerFindings, labels: Mapping[str, str]) -> str:
    """A warning about a marker that may measure something of the substance."""
    if isinstance(found.marker_correlation, Undefined) or found.marker_correlation < TOO_NEAR:
        return ""
    return (f"The marker correlates {number(found.marker_correlation, bounded=True)} with {labels[found.marker_with]} "
            "in absolute size: the method is strong there, or the marker measures something of the substance, which is "
            "then taken for method; the answers cannot tell which.")


def _improper(found: MarkerFindings) -> str:
    """Models whose solution is not to be used, and what that means."""
    wrong = [one.name for one in found.models if not (one.converged and one.admissible)]
    if not wrong:
        return ""
    several = len(wrong) > 1
    said = f"{listed(wrong)} {'have' if several else 'has'} no proper solution"
    unretained = "Method-U" in wrong and found.retained != "Method-U"
    return (f"{said}{', so that Method-U was not considered' if unretained else ''}; "
            f"{'their' if several else 'its'} numbers are not to be used.")


# -- sets and studies ---------------------------------------------------------------------------------------------


def of_set(found: SetMethod) -> str:
    """One set: how much, told from chance or not, and what it does to the correlations."""
    own = found.marker
    if isinstance(own, Undefined):
        return f"{found.label}: the marker technique says nothing here, because {own.because}."
    if isinstance(own.retained, Undefined) or isinstance(own.share, Undefined):
        return f"{found.label}: {_small(own.sentences[0])}"
    said = f"{found.label}: {percent(own.share)} of the items' variance is the method's, {_told(own)}"
    if not isinstance(own.largest_change, Undefined):
        said += f"; no factor correlation changes by {_more_than(own.largest_change)} when it is allowed for"
    warnings = [one for one in (_too_near(own, found.labels), _improper(own)) if one]
    return " ".join((f"{said}.", *warnings))


def _told(own: MarkerFindings) -> str:
    """Whether it is more than chance, by the test that decided."""
    if own.retained == "Baseline":
        return f"no more than chance would have it ({p_equals(own.comparisons[0].pvalue)})"
    kind = "alike in all items" if own.retained == "Method-C" else "unequal among items"
    decided = next(one.pvalue for one in own.comparisons
                   if one.restricted == "Baseline" and isinstance(one.pvalue, float) and one.pvalue < ALPHA)
    return f"{kind}, and more than chance ({p_equals(decided)})"


def summary(remedies: Sequence[Remedy], sets: Sequence[SetMethod]) -> tuple[str, ...]:
    """The whole: remedies, every set, and what these checks cannot see."""
    return (of_remedies(remedies), *(one.sentence for one in sets), *_limits(sets))


def of_remedies(remedies: Sequence[Remedy]) -> str:
    """How many remedies there are, and which are not."""
    there = [one for one in remedies if one.present is True]
    absent = [_small(one.title) for one in remedies if one.present is False]
    unknown = [_small(one.title) for one in remedies if isinstance(one.present, Undefined)]
    said = (f"{len(there)} of {counted(len(remedies), 'remedy', 'remedies')} against method variance were built in "
            "before anybody answered")
    parts = [f"not among them: {', '.join(absent)}"] if absent else []
    parts += [f"not to be seen from the questionnaire: {', '.join(unknown)}"] if unknown else []
    return f"{'; '.join([said, *parts])}."


def _limits(sets: Sequence[SetMethod]) -> tuple[str, ...]:
    if not any(isinstance(one.marker, MarkerFindings) for one in sets):
        return ()
    return ("A marker sees what it shares with the items, such as a habit of agreeing; what colours answers about the "
            "subject only, such as wishing to look well, it does not see.",)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
