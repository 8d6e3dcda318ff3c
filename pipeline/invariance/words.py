"""Verdicts in words: which scores may be compared between which groups, and the whole in a page."""

from __future__ import annotations

from pipeline.invariance.found import Comparable, FoundLadder, FoundStep, InvarianceReport
from pipeline.report.numbers import counted, interval, listed, number, p_equals
from pipeline.sem.latent_means import LatentMean
from pipeline.undefined import Undefined

PARAMETERS = {"thresholds": "thresholds", "loadings": "loadings", "intercepts": "intercepts",
              "residuals": "residual variances"}
OF_ONE = {"thresholds": "thresholds", "loadings": "loading", "intercepts": "intercept",
          "residuals": "residual variance"}

ALPHA = 0.05


def verdict(found: FoundLadder, title: str) -> str:
    """What of one construct may be compared across the groups of one grouping.

    Parameters
    ----------
    title
        Of the grouping, such as "language of the respondent".
    """
    if found.why_not:
        return f"{found.name} was not compared by {title}, because {_end(found.why_not)}."
    said = [_may(found, title), _why(found), _means(found), _left_out(found)]
    return " ".join(part for part in said if part)


def _may(found: FoundLadder, title: str) -> str:
    labels = [group.label for group in found.groups]
    who = f"by {title} ({('; ' if any(',' in label for label in labels) else ', ').join(labels)})"
    words: dict[Comparable, str] = {
        "variances": f"Scores of {found.name} may be compared {who} as they are: means, variances and relations.",
        "means": f"Means of the scores of {found.name} may be compared {who}, and so may latent means and relations.",
        "latent means": f"Scores of {found.name} may be compared {who} if {_without(found)}.",
        "relations": f"Of {found.name}, relations with other variables may be compared {who}; means may not.",
        "structure": f"Of {found.name}, neither means nor relations may be compared {who}: only that the same items "
                     "belong together has been shown.",
        "nothing": f"No scores of {found.name} may be compared {who}: the model does not describe all groups.",
        "not tested": f"Whether scores of {found.name} may be compared {who} is not known.",
    }
    return words[found.comparable]


def _without(found: FoundLadder) -> str:
    items = list(found.freed_items)
    kinds = {one.kind: [other.item for other in found.freed if other.kind == one.kind] for one in found.freed}
    theirs = listed([f"the {(OF_ONE if len(own) == 1 else PARAMETERS)[kind]} of {listed(own)}"
                     for kind, own in kinds.items()])
    are = "is" if len(found.freed) == 1 and found.freed[0].kind != "thresholds" else "are"
    left = f"{listed(items)} {'is' if len(items) == 1 else 'are'} left out"
    return f"{left}, or in latent means if {theirs} {are} free"


def _why(found: FoundLadder) -> str:
    """The step that is rejected, whether that survives adjustment, and what the search for items says."""
    step = found.rejected
    if step is None:
        return ""
    if step.difference is None:
        return f"Its fit: {fit(step)}."
    new = [PARAMETERS[kind] for kind in step.equal[-1:]]
    if isinstance(step.holds, Undefined):
        said = f"Equal {new[0]} could not be tested, because {_end(step.holds.because)}"
    else:
        said = f"Equal {new[0]} are rejected ({difference(step)}"
        said += ", less than the cut-offs for a change of fit)" if step.difference.indices_hold is True else ")"
    if not isinstance(step.adjusted, Undefined) and step.adjusted is not None and step.adjusted >= ALPHA:
        said += (f"; adjusted for all differences tested in this study {p_equals(step.adjusted)}, so that it may be "
                 "chance")
    said += "."
    if "residuals" in step.equal:
        return f"{said} Variances of scores, and their reliabilities, may differ between groups."
    if not found.freed:
        return f"{said} No single item accounts for it." if step.holds is False else said
    rest = next((one for one in found.partial if one.fails and "residuals" not in one.equal), None)
    return said if rest is None else f"{said} With {listed(found.freed_items)} free the step {rest.name} still fails."


def _means(found: FoundLadder) -> str:
    """Latent means that differ, or that none is shown to."""
    if found.comparable not in ("variances", "means", "latent means"):
        return ""
    if found.no_means:
        return f"Latent means: {_end(found.no_means)}."
    differ = [mean for mean in found.means if not isinstance(mean.pvalue, Undefined) and mean.pvalue < ALPHA]
    by = "Latent means, by the model with freed items," if found.freed else "Latent means"
    if not differ:
        return f"{by} are not shown to differ."
    return f"{by} differ: {'; '.join(mean_words(mean) for mean in differ)}."


def mean_words(mean: LatentMean) -> str:
    """``lrco, es − en = 0.21 [0.03, 0.39] SD, p = .021``."""
    return (f"{mean.factor}, {mean.group} − {mean.reference} = {number(mean.difference)} "
            f"{interval(mean.lower, mean.upper)} SD, {p_equals(mean.pvalue)}")


def _left_out(found: FoundLadder) -> str:
    if not found.left_out:
        return ""
    groups = listed([f"{group.label} ({group.n})" for group in found.left_out])
    return f"Too small to be compared: {groups}."


def fit(step: FoundStep) -> str:
    """χ², CFI, RMSEA and SRMR of one step."""
    own = step.indices
    chisq, p = (own.chisq, own.pvalue) if own.chisq_scaled is None or own.pvalue_scaled is None else (
        own.chisq_scaled, own.pvalue_scaled)
    return (f"χ²({own.df}) = {number(chisq)}, {p_equals(p)}, CFI {number(own.cfi, 3, bounded=True)}, "
            f"RMSEA {number(own.rmsea, 3, bounded=True)}, SRMR {number(own.srmr, 3, bounded=True)}")


def difference(step: FoundStep) -> str:
    """The test of one step against the one before, and the change of CFI."""
    own = step.difference
    if own is None:
        return "nothing before it"
    scaled = "scaled " if own.scaled else ""
    return (f"{scaled}Δχ²({own.df}) = {number(own.statistic)}, {p_equals(own.pvalue)}, change of CFI "
            f"{number(own.cfi, 3, bounded=True)}")


# -- the whole -----------------------------------------------------------------------------------------------


def summary(found: InvarianceReport) -> tuple[str, ...]:
    """What a reader must know, a sentence each."""
    return (*_asked(found), *_standing(found), *_freed(found), *_chance(found), *_second(found), *_unknown(found))


def _asked(found: InvarianceReport) -> list[str]:
    done = [one for one in found.ladders if not one.why_not]
    if not done:
        return ["No construct could be compared between groups."]
    by = listed(list(dict.fromkeys(found.grouping(one).title for one in done)))
    names = dict.fromkeys(one.construct for one in done)
    clustered = any(one.clusters for one in done)
    alike = (" Where a firm has several respondents, tests and standard errors are cluster-robust." if clustered
             else "")
    return [f"Whether {counted(len(names), 'construct')} measure{'s' * (len(names) == 1)} alike was tested by {by}: "
            f"{counted(len(done), 'ladder')} of models, each holding more equal across groups than the one "
            f"before.{alike}"]


def _standing(found: InvarianceReport) -> list[str]:
    done = [one for one in found.ladders if not one.why_not]
    words = (
        (("variances", "means"), "means of scores may be compared between groups as they are"),
        (("latent means",), "scores may be compared if the items that differ are left out or freed"),
        (("relations",), "relations alone may be compared, means may not"),
        (("structure", "nothing"), "no scores may be compared"),
    )
    counts = [(words, [one for one in done if one.comparable in kinds]) for kinds, words in words]
    out = []
    for said, own in counts:
        if own and len(own) == len(done):
            out.append(f"In {'all of them' if len(done) > 1 else 'it'} {said}.")
        elif own:
            exceptions = [_case(found, one) for one in own if one.comparable not in ("variances", "means")]
            which = f": {'; '.join(exceptions)}" if exceptions else ""
            out.append(f"In {len(own)} of {len(done)} {said}{which}.")
    return out


def _case(found: InvarianceReport, one: FoundLadder) -> str:
    """One of the exceptions, with the test that makes it one and what is left of it after adjustment."""
    step = one.rejected
    if step is None or step.difference is None or isinstance(step.difference.pvalue, Undefined):
        return label(found, one)
    adjusted = "" if step.adjusted is None else f", adjusted {p_equals(step.adjusted)}"
    return f"{label(found, one)} ({step.name} fails, {p_equals(step.difference.pvalue)}{adjusted})"


def label(found: InvarianceReport, one: FoundLadder) -> str:
    """``Alliance learning processes by language of the respondent``; with the form where two forms ask the same."""
    twice = len({other.form for other in found.ladders if other.construct == one.construct}) > 1
    return f"{one.name}{f' (form {one.form})' if twice else ''} by {found.grouping(one).title}"


def _freed(found: InvarianceReport) -> list[str]:
    out = []
    for one in found.ladders:
        for freed in one.freed:
            sizes = [size.dmacs for size in one.sizes if size.item == freed.item
                     and not isinstance(size.dmacs, Undefined)]
            size = f"; effect size dMACS {number(max(sizes))}" if sizes else ""
            values = ", ".join(f"{' '.join(number(value) for value in own)} in {group}"
                               for group, own in freed.values.items())
            many = freed.kind == "thresholds"
            out.append(f"The {OF_ONE[freed.kind]} of {freed.item} ({label(found, one)}) differ{'' if many else 's'}: "
                       f"{values} ({p_equals(freed.adjusted)}, adjusted for "
                       f"{counted(freed.tested, 'item')}{size}).")
    return out


def _chance(found: InvarianceReport) -> list[str]:
    if not found.tests:
        return []
    stand = sum(1 for one in found.ladders for step in one.steps
                if step.adjusted is not None and not isinstance(step.adjusted, Undefined) and step.adjusted < ALPHA)
    fail, do = "fails" if found.failed == 1 else "fail", "does" if stand == 1 else "do"
    return [f"{counted(found.tests, 'difference')} of steps were tested at .05, of which about "
            f"{number(found.expected, 1)} would fail by chance if all groups were alike; {found.failed} {fail}, and "
            f"{stand} still {do} when adjusted for their number (Holm)."]


def _second(found: InvarianceReport) -> list[str]:
    out = []
    for one in found.second:
        first = next(other for other in found.ladders if other.id == one.id)
        if one.why_not:
            out.append(f"Taken as ordered answers, {label(found, first)} could not be tested, because "
                       f"{_end(one.why_not)}.")
            continue
        same = set(one.freed_items) == set(first.freed_items)
        freed = listed(one.freed_items) if one.freed else "no item"
        reached = f"the step {one.reached} holds" if isinstance(one.reached, str) else "no step holds"
        merged = f", after {counted(len(one.merged), 'rare category was', 'rare categories were')} merged" \
            if one.merged else ""
        out.append(f"Taken as ordered answers (WLSMV{merged}), {label(found, first)}: {reached} with all items equal, "
                   f"and {freed} {'is' if len(one.freed_items) < 2 else 'are'} freed, "
                   f"{'as' if same else 'unlike'} when they are taken as numbers.")
    return out


def _unknown(found: InvarianceReport) -> list[str]:
    out = [f"By {one.title}, form {one.form} was not compared: {one.why_not}."
           for one in found.groupings if one.why_not]
    missing = [one for one in found.groupings if one.without_group and not one.why_not]
    out += [f"By {one.title}, {counted(one.without_group, 'respondent')} of form {one.form} "
            f"{'belongs' if one.without_group == 1 else 'belong'} to no known group and "
            f"{'is' if one.without_group == 1 else 'are'} left out." for one in missing]
    return out + [one.verdict for one in found.ladders if one.why_not]


def _end(text: str) -> str:
    return text.rstrip(". ")
