"""Which parameters are one: shared labels, ``equal()``, and equality across groups (lavaan's ``group.equal``).

Every row has a name: its author's label or else ``lhs op rhs`` without blanks, with ``.g2``, ``.g3``, … in later
groups. Rows of one name are one parameter. Equality across groups gives the rows of later groups the name of the
first group's row, except where their author wrote a label; an author's label always goes before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from instrument.errors import Finding, InputError
from pipeline.sem.defaults import Draft, Roles

GroupEqual = Literal["loadings", "intercepts", "means", "residuals", "residual.covariances", "lv.variances",
                     "lv.covariances", "regressions", "thresholds"]
"""Sets of parameters that can be held equal across groups."""


def checked_group_equal(names: Sequence[GroupEqual], *, ordered: bool) -> tuple[GroupEqual, ...]:
    """What is to be equal; with ordered variables, thresholds and intercepts bring each other in, as in lavaan.

    Raises
    ------
    InputError
        ``MODEL-GROUP-EQUAL`` for names that are no :data:`GroupEqual`, and for thresholds without ``ordered``.
    """
    unknown = [name for name in names if name not in get_args(GroupEqual)]
    if unknown:
        raise InputError(Finding(
            "MODEL-GROUP-EQUAL", "group equality",
            f"{', '.join(map(repr, unknown))}: no set of parameters has this name.",
            f"Choose among {', '.join(get_args(GroupEqual))}."))
    if "thresholds" in names and not ordered:
        raise InputError(Finding(
            "MODEL-GROUP-EQUAL", "group equality", "'thresholds': the model has no ordered variable.",
            "Name the ordered variables, or hold the intercepts equal."))
    together: tuple[GroupEqual, ...] = ("intercepts", "thresholds")
    implied = together if ordered and not set(together).isdisjoint(names) else ()
    return tuple(dict.fromkeys((*names, *implied)))


def release_later_group(rows: Sequence[Draft], role: Roles, group_equal: Sequence[str], std_lv: bool) -> None:
    """Free in a later group what equality elsewhere identifies.

    Equal intercepts (and thresholds) identify latent means and, when latent variances set the scale, equal loadings
    identify the variances, of every group but the first (Meredith, 1993). Equal thresholds identify the scales of
    ordered variables (Millsap & Yun-Tein, 2004); as lavaan does, also those of two categories, where it takes equal
    loadings besides. Only rows that defaults added are freed.
    """
    means = "intercepts" in group_equal and "means" not in group_equal
    variances = std_lv and "loadings" in group_equal and "lv.variances" not in group_equal
    scales = "thresholds" in group_equal
    for row in rows:
        identified = (means and row.op == "~1") or (variances and row.op == "~~" and row.lhs == row.rhs)
        if row.term is None and ((identified and row.lhs in role.latent) or (scales and row.op == "~*~")):
            row.release()


def unify(rows: Sequence[Draft], role: Roles, group_equal: Sequence[str]) -> tuple[list[list[int]], list[str]]:
    """Find the rows that are one parameter, and fix all of them if one is fixed.

    Parameters
    ----------
    rows
        Rows of all groups, modifiers applied; changed in place where equality fixes them.

    Returns
    -------
    sets
        Indices of free rows that are one parameter, each set in row order, the sets in lavaan's order.
    notes
        What became fixed without its author saying so.

    Raises
    ------
    InputError
        ``MODEL-LABEL-FIXED`` where one parameter would have two values; ``MODEL-LABEL`` for ``equal()`` to a sample
        moment or to a row that is not there.
    """
    names = _names(rows, role, group_equal)
    members: dict[str, list[int]] = {}
    shared: dict[str, None] = {}
    for index, name in enumerate(names):
        if name in members:
            shared.setdefault(name)
        members.setdefault(name, []).append(index)
    sets: list[list[int]] = []
    notes: list[str] = []
    findings = list(_dangling(rows, names))
    for name in shared:
        fixed = [rows[index] for index in members[name] if not rows[index].free]
        if not fixed:
            sets.append(members[name])
        elif (finding := _contradiction(name, fixed, len(fixed) < len(members[name]))) is not None:
            findings.append(finding)
        else:
            notes += _fix_all([rows[index] for index in members[name]], fixed[0], name)
    if findings:
        raise InputError(findings)
    return sets, notes


def _fix_all(rows: Sequence[Draft], fixed: Draft, name: str) -> list[str]:
    released = [row for row in rows if row.free]
    for row in released:
        row.fix(fixed.value)
        row.start = None
    if not released:
        return []
    several = any(row.group > 1 for row in rows)
    which = ", ".join(_call(row, several) for row in released)
    return [f"{which}: fixed to {fixed.value:g}, because {_call(fixed, several)} is fixed and {name!r} makes them "
            "equal."]


def _call(row: Draft, several: bool) -> str:
    """A row's name for the reader, with its group if there are several."""
    return f"{row} (group {row.group})" if several else str(row)


def _contradiction(name: str, fixed: Sequence[Draft], some_free: bool) -> Finding | None:
    """Two values for one parameter; lavaan only warns, and takes the first."""
    place = next((row.term.place for row in reversed(fixed) if row.term is not None), "model")
    if any(row.exogenous for row in fixed):
        return Finding("MODEL-LABEL", place, f"{name!r} is a sample moment of an exogenous variable, not a parameter.",
                       "Write the moment in the model to estimate it, or drop the equality.")
    determined = [row for row in fixed if row.value is None]
    if determined and (some_free or len(determined) < len(fixed)):
        return Finding("MODEL-LABEL", place, f"{name!r} equates {determined[0]} with a parameter, but this residual "
                       "variance of an ordered variable is determined by the model.", "Drop the equality.")
    first = fixed[0]
    other = next((row for row in fixed if row.value != first.value), None)
    if other is None:
        return None
    if other.term is not None:
        place = other.term.place
    several = any(row.group > 1 for row in fixed)
    return Finding("MODEL-LABEL-FIXED", place,
                   f"{name!r} names one parameter, but {_call(first, several)} is fixed to {first.value:g} and "
                   f"{_call(other, several)} to {other.value:g}.",
                   "Give the two different labels, or the same value (a first loading is 1 unless NA* frees it).")


def _dangling(rows: Sequence[Draft], names: Sequence[str]) -> Iterator[Finding]:
    """``equal()`` to a name that no row has; lavaan would take it for a label and equate nothing."""
    automatic = {name for row, name in zip(rows, names, strict=True) if not row.label}
    for row in rows:
        if row.term is not None and "~" in row.label and row.label not in automatic:
            yield Finding("MODEL-LABEL", row.term.place,
                          f"`{row}` shall equal {row.label!r}, but no unlabelled row has this name.",
                          "Name a row as in equal(\"f=~x2\"), or give both parameters the same label.")


def _names(rows: Sequence[Draft], role: Roles, group_equal: Sequence[str]) -> list[str]:
    names = [f"{row.lhs}{row.op}{row.rhs}" + (f".g{row.group}" if row.group > 1 else "") for row in rows]
    belongs = _memberships(role)
    equal = {row.relation: names[index] for index, row in enumerate(rows)
             if row.group == 1 and any(belongs[kind](row) for kind in group_equal)}
    return [row.label or equal.get(row.relation, name) for row, name in zip(rows, names, strict=True)]


def _memberships(role: Roles) -> Mapping[str, Callable[[Draft], bool]]:
    """Which rows each set of :data:`GroupEqual` holds."""
    latent, modelled = set(role.latent), set(role.observed) - set(role.exogenous)
    return {
        "loadings": lambda row: row.op == "=~",
        "regressions": lambda row: row.op == "~",
        "intercepts": lambda row: row.op == "~1" and row.lhs in modelled,
        "means": lambda row: row.op == "~1" and row.lhs in latent,
        "residuals": lambda row: row.op == "~~" and row.lhs == row.rhs and row.lhs in modelled,
        "residual.covariances": lambda row: row.op == "~~" and row.lhs != row.rhs and row.lhs in modelled,
        "lv.variances": lambda row: row.op == "~~" and row.lhs == row.rhs and row.lhs in latent,
        "lv.covariances": lambda row: row.op == "~~" and row.lhs != row.rhs and row.lhs in latent,
        "thresholds": lambda row: row.op == "|",
    }
