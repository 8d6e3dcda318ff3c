"""Checks of a model against the data's variables and groups, and what lavaan would warn of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
        place.update({term.rhs: term.place, term.lhs: term.lhs_place})
    return [
        Finding("MODEL-VARIABLE", place[v], f"{v!r} is neither a variable of the data nor defined with =~.",
                f"The data have: {', '.join(sorted(known))}.")
        for v in role.observed if v not in known
    ] + [
        Finding("MODEL-VARIABLE", place[v], f"{v!r} is latent by =~, but the data have a variable of that name.",
                "Give the latent variable another name.")
        for v in role.latent if v in known
    ]


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
                   fixed_x: bool) -> list[str]:
    """Sentences about choices the author may not have meant."""
    notes: list[str] = []
    if fixed_x and role.randomised:
        notes.append(f"{', '.join(role.randomised)}: the model names a variance, covariance or intercept of an "
                     "exogenous variable, so its moments are estimated and not fixed to the sample's.")
    single = dict.fromkeys(term.modifiers.labels[0] for term in terms if len(term.modifiers.labels) == 1)
    if n_groups > 1 and single and not group_equal:
        notes.append(f"A single label ({', '.join(single)}) makes the parameter equal in all groups; write c(…) with a "
                     "label for each group if that is not meant.")
    return notes
