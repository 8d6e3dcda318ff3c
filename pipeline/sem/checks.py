"""Checks of a model against the data's variables and groups, and what lavaan would warn of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from instrument.errors import Finding
from pipeline.sem.defaults import Roles
from pipeline.sem.syntax import Term


def check_variables(terms: Sequence[Term], role: Roles, names: Iterable[str] | None) -> list[Finding]:
    """``MODEL-VARIABLE`` for variables the data lack, and for latent ones that the data have."""
    if names is None:
        return []
    known = set(names)
    place: dict[str, str] = {}
    for term in reversed(terms):
        place.update({term.lhs: term.lhs_place} if term.op == "|" else
                     {term.rhs: term.place, term.lhs: term.lhs_place})
    return [
        Finding("MODEL-VARIABLE", place[v], f"{v!r} is neither a variable of the data nor defined with =~.",
                f"The data have: {', '.join(sorted(known))}.")
        for v in role.observed if v not in known
    ] + [
        Finding("MODEL-VARIABLE", place[v], f"{v!r} is latent by =~, but the data have a variable of that name.",
                "Give the latent variable another name.")
        for v in role.latent if v in known
    ]


def check_ordered(terms: Sequence[Term], role: Roles, ordered: Mapping[str, int]) -> list[Finding]:
    """``MODEL-ORDERED`` for ordered names the model lacks, too few categories, and what is written of them."""
    found = [
        Finding("MODEL-ORDERED", "ordered variables", f"{name!r} is latent; only observed variables are ordered."
                if name in role.latent else f"{name!r} is no variable of the model.",
                f"Leave it out, or name one of {', '.join(role.observed)}.")
        for name in ordered if name not in role.observed
    ] + [
        Finding("MODEL-ORDERED", "ordered variables",
                f"{name!r} has {count} {'category' if count == 1 else 'categories'}; at least two are needed.",
                "Leave it out of the model, or check how it was coded.")
        for name, count in ordered.items() if count < 2
    ]
    for term in terms:
        if term.op in ("|", "~*~"):
            found += _check_ordered_term(term, role, ordered)
        elif term.op == "~~" and term.lhs == term.rhs and term.lhs in ordered:
            found += _check_residual_variance(term)
    return found


def _check_ordered_term(term: Term, role: Roles, ordered: Mapping[str, int]) -> Iterator[Finding]:
    """A threshold or scale belongs to an ordered variable that is explained, and has a number that exists."""
    what = "threshold" if term.op == "|" else "scale"
    if term.lhs in role.exogenous:
        yield Finding("MODEL-ORDERED", term.place, f"`{term}` is a {what} of {term.lhs!r}, which only explains and is "
                      "taken as numeric.", f"Leave it out, or write `{term.lhs} ~~ {term.lhs}` to model the variable.")
    elif term.lhs not in ordered:
        yield Finding("MODEL-ORDERED", term.place, f"`{term}` is a {what}, but {term.lhs!r} is not ordered.",
                      "Name it among the ordered variables, or leave this out.")
    elif term.op == "|" and int(term.rhs[1:]) >= ordered[term.lhs]:
        last = ordered[term.lhs] - 1
        yield Finding("MODEL-ORDERED", term.place, f"`{term}`: {term.lhs!r} has {last + 1} categories, hence "
                      f"{last} {'threshold' if last == 1 else 'thresholds'}.",
                      f"Write no threshold beyond t{last}." if last else "Leave it out.")


def _check_residual_variance(term: Term) -> Iterator[Finding]:
    """A determined residual variance can be neither free nor named."""
    modifiers = term.modifiers
    if modifiers.labels or modifiers.starts or None in modifiers.values:
        yield Finding("MODEL-ORDERED", term.place, f"`{term}` is freed or labelled, but the residual variance of an "
                      "ordered variable is determined by its scale and explained variance.",
                      f"Leave it out; a scale is written `{term.lhs} ~*~ {term.lhs}`.")


def check_group_modifiers(terms: Sequence[Term], n_groups: int) -> list[Finding]:
    """``MODEL-GROUPS`` for modifiers that speak neither for all groups at once nor for each of them."""
    there = "there is one group" if n_groups == 1 else f"there are {n_groups} groups"
    return [
        Finding("MODEL-GROUPS", term.place, f"`{term}` has a modifier with {len(entries)} entries; {there}.",
                "Give one entry, or one for each group.")
        for term in terms
        for entries in (term.modifiers.labels, term.modifiers.values, term.modifiers.starts)
        if len(entries) not in (0, 1, n_groups)
    ]


def general_notes(terms: Sequence[Term], role: Roles, n_groups: int, group_equal: Sequence[str],
                   fixed_x: bool, numeric: Sequence[str] = ()) -> list[str]:
    """Sentences about choices the author may not have meant; ``numeric`` are ordered variables that only explain."""
    notes: list[str] = []
    if fixed_x and role.randomised:
        notes.append(f"{', '.join(role.randomised)}: the model names a variance, covariance or intercept of an "
                     "exogenous variable, so its moments are estimated and not fixed to the sample's.")
    if numeric:
        notes.append(f"{', '.join(numeric)}: ordered, but only explaining, hence taken as numeric by the codes, as "
                     "lavaan does.")
    single = dict.fromkeys(term.modifiers.labels[0] for term in terms if len(term.modifiers.labels) == 1)
    if n_groups > 1 and single and not group_equal:
        notes.append(f"A single label ({', '.join(single)}) makes the parameter equal in all groups; write c(…) with a "
                     "label for each group if that is not meant.")
    return notes
