"""The parameter table: a model text with lavaan's defaults for ``sem()`` filled in, in lavaan's row order.

Rows the author wrote come first and in their order, then variances, covariances among exogenous latent
variables, residual covariances among endogenous leaves, and the sample moments of fixed exogenous variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from instrument.errors import Finding, InputError
from pipeline.sem.syntax import Definition, ModelOperator, ModelSyntax, Term


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter. ``free`` counts from 1, equal for equal labels, 0 if fixed to ``value``.

    ``exogenous`` marks moments of fixed exogenous variables: they take their sample value, so ``value`` is None.
    """

    lhs: str
    op: ModelOperator
    rhs: str
    label: str
    free: int
    value: float | None
    exogenous: bool


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """A model, ready for estimation.

    Attributes
    ----------
    observed
        Observed variables in the order of all matrices: indicators, other endogenous variables, exogenous ones.
    exogenous
        The fixed exogenous among them (lavaan's ``fixed.x``), in order.
    endogenous
        Observed and latent variables with a residual: indicators and left sides of ``~``.
    n_free
        Number of distinct free parameters.
    """

    rows: tuple[Row, ...]
    definitions: tuple[Definition, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    endogenous: tuple[str, ...]
    n_free: int

    def free_rows(self) -> tuple[Row, ...]:
        """The first row of every free parameter, in the order of the parameter vector."""
        first: dict[int, Row] = {}
        for row in self.rows:
            if row.free:
                first.setdefault(row.free, row)
        return tuple(first[index] for index in range(1, self.n_free + 1))


def parameter_table(model: ModelSyntax, names: Iterable[str] | None = None) -> ParameterTable:
    """Fill in lavaan's defaults.

    Parameters
    ----------
    model
        As read by :func:`pipeline.sem.syntax.parse_model`.
    names
        Variables the data have; None skips the comparison.

    Raises
    ------
    InputError
        ``MODEL-VARIABLE`` for variables the data lack or that cannot be both latent and observed.
    """
    variables = _classify(model.terms)
    _check_variables(model.terms, variables, None if names is None else set(names))
    written = _mark_identification(model.terms)
    order = {name: index for index, name in enumerate((*variables.latent, *variables.observed))}
    rows = [_row(term, order) for term in written]
    taken = {_ends(row) for row in rows if row.op == "~~"}
    single = _single_indicators(model.terms)
    for lhs, rhs in _default_covariances(variables):
        if frozenset((lhs, rhs)) not in taken:
            fixed_x = lhs in variables.exogenous and rhs in variables.exogenous
            fixed_zero = lhs == rhs and lhs in single
            free = 0 if fixed_x or fixed_zero else -1
            rows.append(Row(lhs, "~~", rhs, "", free, 0.0 if fixed_zero else None, fixed_x))
    numbered, n_free = _number(rows)
    return ParameterTable(numbered, model.definitions, variables.observed, variables.latent,
                          variables.exogenous, variables.endogenous, n_free)


@dataclass(frozen=True, slots=True)
class _Variables:
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    endogenous: tuple[str, ...]
    exogenous_latent: tuple[str, ...]
    leaves: tuple[str, ...]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _classify(terms: Sequence[Term]) -> _Variables:
    """lavaan's roles: who is latent, indicator, exogenous, and which endogenous variables explain nothing."""
    latent = _unique(t.lhs for t in terms if t.op == "=~")
    indicators = _unique(t.rhs for t in terms if t.op == "=~")
    explained = _unique(t.lhs for t in terms if t.op == "~")
    explaining = _unique(t.rhs for t in terms if t.op == "~")
    in_covariances = _unique(name for t in terms if t.op == "~~" for name in (t.lhs, t.rhs))
    observed_indicators = [v for v in indicators if v not in latent]
    observed_explained = [v for v in explained if v not in latent and v not in observed_indicators]
    exogenous = [v for v in explaining if v not in {*latent, *observed_indicators, *observed_explained}]
    modelled = [*observed_indicators, *observed_explained, *exogenous]
    observed = _unique([*modelled, *(v for v in in_covariances if v not in latent)])
    leaves = [v for v in explained if v not in indicators and v not in explaining]
    return _Variables(
        observed=observed,
        latent=latent,
        # A written (co)variance makes an exogenous variable random, as in lavaan.
        exogenous=tuple(v for v in exogenous if v not in in_covariances),
        endogenous=tuple(v for v in (*observed, *latent) if v in indicators or v in explained),
        exogenous_latent=tuple(v for v in latent if v not in indicators and v not in explained),
        leaves=tuple(v for v in (*latent, *observed) if v in leaves),
    )


def _check_variables(terms: Sequence[Term], variables: _Variables, names: set[str] | None) -> None:
    if names is None:
        return
    place = {}
    for term in reversed(terms):
        place.update({term.rhs: term.place, term.lhs: term.lhs_place})
    findings = [
        Finding("MODEL-VARIABLE", place[v], f"{v!r} is neither a variable of the data nor defined with =~.",
                f"The data have: {', '.join(sorted(names))}.")
        for v in variables.observed if v not in names
    ] + [
        Finding("MODEL-VARIABLE", place[v], f"{v!r} is latent by =~, but the data have a variable of that name.",
                "Give the latent variable another name.")
        for v in variables.latent if v in names
    ]
    if findings:
        raise InputError(findings)


def _mark_identification(terms: Sequence[Term]) -> list[Term]:
    """Fix each latent variable's first loading to 1 unless its author gave it a number or ``NA``."""
    marked: list[Term] = []
    seen: set[str] = set()
    for term in terms:
        first = term.op == "=~" and term.lhs not in seen
        seen.update({term.lhs} if first else ())
        marked.append(replace(term, value=1.0) if first and term.value is None and not term.freed else term)
    return marked


def _single_indicators(terms: Sequence[Term]) -> set[str]:
    """Indicators that alone carry a latent variable: their residual variance is fixed to 0, as in lavaan."""
    loadings = [t for t in terms if t.op == "=~"]
    latents, indicators = [t.lhs for t in loadings], [t.rhs for t in loadings]
    return {t.rhs for t in loadings if latents.count(t.lhs) == 1 and indicators.count(t.rhs) == 1}


def _default_covariances(variables: _Variables) -> Iterable[tuple[str, str]]:
    yield from ((v, v) for v in variables.observed if v not in variables.exogenous)
    yield from ((v, v) for v in variables.latent)
    yield from combinations(variables.exogenous_latent, 2)
    yield from combinations(variables.leaves, 2)
    for index, lhs in enumerate(variables.exogenous):
        yield from ((lhs, rhs) for rhs in variables.exogenous[index:])


def _row(term: Term, order: dict[str, int]) -> Row:
    """A written relation; a covariance names its ends in the order of the variables, as lavaan lists it."""
    lhs, rhs = term.lhs, term.rhs
    if term.op == "~~" and order[lhs] > order[rhs]:
        lhs, rhs = rhs, lhs
    return Row(lhs, term.op, rhs, term.label, 0 if term.value is not None else -1, term.value, False)


def _ends(row: Row) -> frozenset[str]:
    return frozenset((row.lhs, row.rhs))


def _number(rows: Iterable[Row]) -> tuple[tuple[Row, ...], int]:
    by_label: dict[str, int] = {}
    numbered: list[Row] = []
    count = 0
    for row in rows:
        if row.free == 0:
            numbered.append(row)
            continue
        index = by_label.get(row.label, 0) if row.label else 0
        if not index:
            count += 1
            index = count
            by_label[row.label] = index
        numbered.append(replace(row, free=index))
    return tuple(numbered), count
