"""The parameter table: a model text with lavaan's defaults filled in, row for row as lavaan lists it.

The table is the model: estimators read nothing else. Free rows are numbered 1, 2, 3, … without regard to equality;
``equalities`` and ``constraints`` say which of them hang together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.checks import check_group_modifiers, check_ordered, check_variables, general_notes
from pipeline.sem.defaults import Draft, apply_modifiers, determine, drafts, order_ends, roles
from pipeline.sem.definitions import evaluation_order, unknown_labels
from pipeline.sem.equality import GroupEqual, checked_group_equal, release_later_group, unify
from pipeline.sem.syntax import Constraint, Definition, ModelSyntax, Operator

__all__ = ["Constraint", "Definition", "GroupEqual", "ParameterTable", "Row", "parameter_table"]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter.

    Attributes
    ----------
    lhs, op, rhs
        The relation; ``rhs`` is "" for an intercept (``~1``), "t1", "t2", … for a threshold (``|``).
    group
        Counts from 1.
    user
        1 if the author wrote the row, 0 if defaults added it.
    free
        0 if fixed; else the place among free rows, from 1.
    label
        The author's label or "".
    plabel
        ``.p1.``, ``.p2.``, …: a name every row has.
    value
        Value of a fixed row; None if free, if a sample moment stands here, or if the row is ``determined``.
    start
        The author's starting value of a free row.
    exogenous
        A moment of fixed exogenous variables: takes its sample value (lavaan's ``exo``; for slopes given fixed
        exogenous variables see :meth:`ParameterTable.printed_exo`).
    """

    lhs: str
    op: Operator
    rhs: str
    group: int
    user: int
    free: int
    label: str
    plabel: str
    value: float | None
    start: float | None
    exogenous: bool

    @property
    def determined(self) -> bool:
        """The residual variance of an ordered variable: what its scale and explained variance leave."""
        return not self.free and self.value is None and not self.exogenous

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}".strip()


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """A model, ready for estimation.

    Attributes
    ----------
    rows
        In lavaan's order, all of group 1 first.
    equalities
        Sets of ``free`` numbers that are one parameter, each sorted.
    constraints
        The author's ``==``, in order. Their expressions may use labels, ``.p1.`` names and defined effects.
    definitions
        The author's ``:=``, each after those it uses.
    written
        Definitions and constraints together, in their author's order.
    observed, latent
        Variables in lavaan's order (``lavNames`` types ``ov`` and ``lv``): the order of all matrices.
    exogenous
        Observed variables whose moments are fixed to the sample's; empty without ``fixed_x``.
    endogenous
        Observed, then latent variables with a residual: indicators and left sides of ``~``.
    groups
        Labels; empty for a single group.
    n_free
        Number of free rows, before equalities and constraints.
    notes
        What lavaan would warn of; sentences for the reader.
    ordered
        Ordered variables and their numbers of categories, in the order of ``observed``. Ordered variables that only
        explain are numeric and not among them.
    conditional_x
        Whether the model is one of the distribution given ``exogenous``.
    """

    rows: tuple[Row, ...]
    equalities: tuple[tuple[int, ...], ...]
    constraints: tuple[Constraint, ...]
    definitions: tuple[Definition, ...]
    written: tuple[Definition | Constraint, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    endogenous: tuple[str, ...]
    groups: tuple[str, ...]
    meanstructure: bool
    n_free: int
    notes: tuple[str, ...]
    ordered: tuple[tuple[str, int], ...] = ()
    conditional_x: bool = False

    @property
    def categories(self) -> dict[str, int]:
        """Number of categories of each ordered variable."""
        return dict(self.ordered)

    @property
    def numeric(self) -> tuple[str, ...]:
        """Observed variables that are not ordered, exogenous ones included."""
        ordered = self.categories
        return tuple(name for name in self.observed if name not in ordered)

    @property
    def n_groups(self) -> int:
        """Number of groups, at least 1."""
        return max(1, len(self.groups))

    def free_rows(self) -> tuple[Row, ...]:
        """The rows with a free parameter, in the order of the parameter vector."""
        return tuple(row for row in self.rows if row.free)

    def label_values(self, parameters: ArrayLike) -> dict[str, Any]:
        """What every name stands for: labels, ``.p1.`` names, and defined effects.

        Parameters
        ----------
        parameters
            Values of the free rows, shape (..., n_free), real or complex.

        Returns
        -------
        Name → array of shape (...). Rows that take a sample moment have no entry. Of rows that share a label, the
        first gives the value.
        """
        vector = np.asarray(parameters)
        values: dict[str, Any] = {}
        for row in self.rows:
            if row.free or row.value is not None:
                value = vector[..., row.free - 1] if row.free else np.full(vector.shape[:-1], row.value)[()]
                values[row.plabel] = value
                if row.label:
                    values.setdefault(row.label, value)
        for definition in self.definitions:
            values[definition.name] = definition.expression.evaluate(values)
        return values

    def printed_labels(self) -> tuple[str, ...]:
        """lavaan's ``label`` column: rows without a label that equal another show the name of the first of them."""
        by_free = {row.free: row for row in self.rows if row.free}
        first = {number: by_free[numbers[0]].plabel for numbers in self.equalities for number in numbers}
        return tuple(row.label or first.get(row.free, "") for row in self.rows)

    def printed_exo(self) -> tuple[int, ...]:
        """lavaan's ``exo`` column: moments of exogenous variables and, given these, also slopes on them."""
        return tuple(int(row.exogenous or (self.conditional_x and row.op == "~" and row.rhs in self.exogenous))
                     for row in self.rows)

    def equality_pairs(self) -> tuple[tuple[str, str], ...]:
        """Equalities as lavaan lists them: the first row of each set with each of the others, by ``.p1.`` names."""
        plabel = {row.free: row.plabel for row in self.rows if row.free}
        return tuple((plabel[numbers[0]], plabel[number]) for numbers in self.equalities for number in numbers[1:])

    def text(self) -> str:
        """The table as lavaan prints it."""
        lines = [("lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "plabel")]
        for row, label, exo in zip(self.rows, self.printed_labels(), self.printed_exo(), strict=True):
            known = row.start if row.free else row.value
            lines.append((row.lhs, row.op, row.rhs, str(row.user), str(row.group), str(row.free),
                          "NA" if known is None else f"{known:.6g}", str(exo), label, row.plabel))
        for entry in self.written:
            name, op, right = ((entry.name, ":=", entry.text) if isinstance(entry, Definition)
                               else (entry.left.text, "==", entry.right.text))
            lines.append((name, op, right, "1", "0", "0", "NA", "0", name if op == ":=" else "", ""))
        lines += [(first, "==", other, "2", "0", "0", "NA", "0", "", "") for first, other in self.equality_pairs()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                         for line in lines)


def parameter_table(
    model: ModelSyntax, names: Iterable[str] | None = None, *, groups: Sequence[str] = (),
    group_equal: Sequence[GroupEqual] = (), meanstructure: bool = False, fixed_x: bool = True, std_lv: bool = False,
    ordered: Mapping[str, int] = MappingProxyType({}), conditional_x: bool = False,
) -> ParameterTable:
    """Fill in lavaan's defaults.

    Parameters
    ----------
    model
        As read by :func:`pipeline.sem.syntax.parse_model`.
    names
        Variables the data have; None skips the comparison.
    groups
        Labels of the groups, in order; fewer than two mean a single group.
    group_equal
        Parameters held equal across groups; without effect in a single group. With ordered variables, intercepts and
        thresholds are held equal together.
    meanstructure
        Whether to model means. Always so with an intercept in the model, several groups, or ordered variables.
    fixed_x
        Whether moments of exogenous observed variables are taken from the sample.
    std_lv
        Whether latent variances are fixed to 1 in place of first loadings.
    ordered
        Ordered variable → number of categories; they get thresholds and scales (delta parameterisation).
    conditional_x
        Whether to model the distribution given fixed exogenous variables; without effect if there are none.

    Raises
    ------
    InputError
        ``MODEL-VARIABLE``, ``MODEL-ORDERED``, ``MODEL-GROUPS``, ``MODEL-GROUP-EQUAL``, ``MODEL-REPEATED``,
        ``MODEL-LABEL``, ``MODEL-LABEL-FIXED``, ``MODEL-CIRCULAR``.
    """
    groups = tuple(groups) if len(groups) > 1 else ()
    n_groups = max(1, len(groups))
    terms = order_ends(model.terms)
    role = roles(terms)
    categories = {name: ordered[name] for name in role.observed if name in ordered and name not in role.exogenous}
    group_equal = checked_group_equal(group_equal, ordered=bool(categories)) if groups else ()
    meanstructure = bool(meanstructure or n_groups > 1 or categories or any(term.op == "~1" for term in terms))
    _raise(check_variables(terms, role, names) + check_ordered(terms, role, ordered)
           + check_group_modifiers(terms, n_groups))
    rows: list[Draft] = []
    for group in range(1, n_groups + 1):
        of_group = drafts(terms, role, categories, meanstructure=meanstructure, fixed_x=fixed_x,
                          std_lv=std_lv)
        if group > 1:
            release_later_group(of_group, role, group_equal, std_lv)
        for row in of_group:
            row.group = group
        rows += of_group
    only_explaining = [name for name in role.exogenous if name in ordered]
    notes = [*general_notes(terms, role, n_groups, group_equal, fixed_x, only_explaining), *apply_modifiers(rows),
             *determine(rows, categories)]
    sets, more = unify(rows, role, group_equal)
    numbered = _number(rows)
    known = {name for row in numbered if not (row.exogenous or row.determined) for name in (row.label, row.plabel)
             if name}
    definitions, circle = evaluation_order(model.definitions)
    _raise([*unknown_labels(model.spoken, known), *([circle] if circle else [])])
    return ParameterTable(
        rows=numbered,
        equalities=tuple(tuple(numbered[index].free for index in indices) for indices in sets),
        constraints=model.constraints, definitions=definitions, written=model.spoken,
        observed=role.observed, latent=role.latent, exogenous=role.exogenous if fixed_x else (),
        endogenous=role.endogenous, groups=groups, meanstructure=meanstructure,
        n_free=sum(row.free > 0 for row in numbered), notes=(*notes, *more),
        ordered=tuple(categories.items()), conditional_x=conditional_x and fixed_x and bool(role.exogenous),
    )


def _raise(findings: list[Finding]) -> None:
    if findings:
        raise InputError(findings)


def _number(rows: Sequence[Draft]) -> tuple[Row, ...]:
    numbered: list[Row] = []
    count = 0
    for index, row in enumerate(rows, start=1):
        count += row.free
        numbered.append(Row(row.lhs, row.op, row.rhs, row.group, int(row.term is not None), count if row.free else 0,
                            row.label, f".p{index}.", row.value, row.start, row.exogenous))
    return tuple(numbered)
