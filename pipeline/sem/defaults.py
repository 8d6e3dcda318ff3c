"""What lavaan's ``sem()`` and ``cfa()`` add to a model: roles of variables, automatic rows, values fixed by default.

Rows the author wrote come first and in their order. Then follow thresholds of ordered variables, variances,
covariances among exogenous latent variables, residual covariances among outcomes that explain nothing, moments of
exogenous observed variables, scales of ordered variables, and the intercepts (Rosseel, 2012, *Journal of Statistical
Software* 48(2), section 3; order as in lavaan 0.6).

An ordered variable is a cut latent response (Muthén, 1984, *Psychometrika* 49, 115-132). In the delta
parameterisation its scale, the inverse of the response's standard deviation, is a parameter and its residual variance
is what the model's explained variance leaves: that row is neither free nor has it a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from instrument.errors import Finding, InputError
from pipeline.sem.syntax import Operator, Term


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays which part, each in lavaan's order.

    Attributes
    ----------
    observed, latent
        All variables (lavaan's ``ov`` and ``lv``).
    exogenous
        Observed variables that only explain and of which no variance, covariance or intercept is written (``ov.x``).
    endogenous
        Indicators and left sides of ``~``, observed ones first.
    exogenous_latent
        Latent variables that nothing explains or measures (``lv.x``).
    outcomes
        Left sides of ``~`` that neither explain nor measure anything, latent ones first (``lv.y``, ``ov.y``).
    randomised
        Variables that would be exogenous, had their author not written a moment of theirs.
    """

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    endogenous: tuple[str, ...]
    exogenous_latent: tuple[str, ...]
    outcomes: tuple[str, ...]
    randomised: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """A row of the table while it is made; ``value`` is lavaan's ``ustart`` of a fixed row."""

    lhs: str
    op: Operator
    rhs: str
    term: Term | None = None
    group: int = 1
    free: bool = True
    value: float | None = None
    start: float | None = None
    label: str = ""
    exogenous: bool = False

    def fix(self, value: float | None) -> None:
        """Fix to ``value``."""
        self.free, self.value = False, value

    def release(self) -> None:
        """Let the parameter be estimated."""
        self.free, self.value = True, None

    @property
    def relation(self) -> tuple[str, str, str]:
        """What identifies the row within its group."""
        return self.lhs, self.op, self.rhs

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}".strip()


def roles(terms: Sequence[Term]) -> Roles:
    """Read off the relations who is latent, indicator, exogenous, outcome."""
    latent = _unique(t.lhs for t in terms if t.op == "=~")
    indicators = _unique(t.rhs for t in terms if t.op == "=~")
    explained = _unique(t.lhs for t in terms if t.op == "~")
    explaining = _unique(t.rhs for t in terms if t.op == "~")
    covariances = [t for t in terms if t.op == "~~"]
    # lavaan collects left sides, then right sides, then intercepts: the order decides where orphans stand.
    ends = [*(t.lhs for t in covariances), *(t.rhs for t in covariances)]
    moments = _unique([*ends, *(t.lhs for t in terms if t.op == "~1")])
    # A threshold alone makes a variable part of the model; it does not make an exogenous one random.
    orphans = _unique([*ends, *(t.lhs for t in terms if t.op in ("~1", "|"))])
    observed_indicators = [v for v in indicators if v not in latent]
    observed_explained = [v for v in explained if v not in latent and v not in observed_indicators]
    only_explaining = [v for v in explaining if v not in {*latent, *observed_indicators, *observed_explained}]
    observed = _unique([*observed_indicators, *observed_explained, *only_explaining,
                        *(v for v in orphans if v not in latent)])
    outcomes = {v for v in explained if v not in indicators and v not in explaining}
    return Roles(
        observed=observed,
        latent=latent,
        exogenous=tuple(v for v in only_explaining if v not in moments),
        endogenous=tuple(v for v in (*observed, *latent) if v in indicators or v in explained),
        exogenous_latent=tuple(v for v in latent if v not in indicators and v not in explained),
        outcomes=tuple(v for v in (*latent, *observed) if v in outcomes),
        randomised=tuple(v for v in only_explaining if v in moments),
    )


def order_ends(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Let covariances name their ends in the order of the variables, as lavaan lists them."""
    role = roles(terms)
    order = {name: index for index, name in enumerate((*role.latent, *role.observed))}
    return tuple(
        replace(term, lhs=term.rhs, rhs=term.lhs, place=term.lhs_place, lhs_place=term.place)
        if term.op == "~~" and order[term.lhs] > order[term.rhs] else term
        for term in terms
    )


def drafts(terms: Sequence[Term], role: Roles, ordered: Mapping[str, int], *, meanstructure: bool, fixed_x: bool,
           std_lv: bool) -> list[Draft]:
    """The rows of one group, before modifiers.

    Parameters
    ----------
    ordered
        Number of categories of each ordered variable, in the order of the variables.
    meanstructure
        Whether intercepts are part of the model.
    fixed_x
        Whether moments of exogenous observed variables are taken from the sample.
    std_lv
        Whether latent variances are fixed to 1 in place of first loadings.
    """
    rows = [Draft(term.lhs, term.op, term.rhs, term) for term in terms]
    written = {row.relation for row in rows}
    rows += [row for row in _automatic(role, ordered, meanstructure) if row.relation not in written]
    single = _single_indicators(terms)
    seen: set[str] = set()
    for row in rows:
        variance = row.op == "~~" and row.lhs == row.rhs
        if std_lv and variance and row.lhs in role.latent:
            row.fix(1.0)
        if row.op == "=~" and row.lhs not in seen:
            seen.add(row.lhs)
            if not std_lv:
                row.fix(1.0)
        if row.term is None:
            _fix_automatic(row, role, variance and row.lhs in single, fixed_x)
            if row.op == "~*~" or (row.op == "~1" and row.lhs in ordered):
                row.fix(float(row.op == "~*~"))
    return rows


def _fix_automatic(row: Draft, role: Roles, error_free: bool, fixed_x: bool) -> None:
    """Values that hold only for rows the author did not write."""
    if error_free or (row.op == "~1" and row.lhs in role.latent):
        row.fix(0.0)
    if fixed_x and row.lhs in role.exogenous and (row.op == "~1" or row.rhs in role.exogenous):
        row.fix(None)
        row.exogenous = True


def _automatic(role: Roles, ordered: Mapping[str, int], meanstructure: bool) -> Iterator[Draft]:
    for name, categories in ordered.items():
        for number in range(1, categories):
            yield Draft(name, "|", f"t{number}")
    for name in role.observed:
        if name not in role.exogenous:
            yield Draft(name, "~~", name)
    for name in role.latent:
        yield Draft(name, "~~", name)
    for lhs, rhs in [*combinations(role.exogenous_latent, 2), *combinations(role.outcomes, 2)]:
        yield Draft(lhs, "~~", rhs)
    for index, lhs in enumerate(role.exogenous):
        for rhs in role.exogenous[index:]:
            yield Draft(lhs, "~~", rhs)
    for name in ordered:
        yield Draft(name, "~*~", name)
    if meanstructure:
        for name in (*role.observed, *role.latent):
            yield Draft(name, "~1", "")


def _single_indicators(terms: Sequence[Term]) -> set[str]:
    """Indicators that alone carry a latent variable and no other: without a reliability they pass as error-free."""
    loadings = [term for term in terms if term.op == "=~"]
    of_latent, of_indicator = Counter(t.lhs for t in loadings), Counter(t.rhs for t in loadings)
    return {t.rhs for t in loadings if of_latent[t.lhs] == 1 and of_indicator[t.rhs] == 1}


def apply_modifiers(rows: Sequence[Draft]) -> list[str]:
    """Apply what stands before ``*``; return notes of what may surprise.

    Raises
    ------
    InputError
        ``MODEL-REPEATED`` for a parameter that is fixed and has a starting value.
    """
    notes: list[str] = []
    findings: list[Finding] = []
    for row in rows:
        if row.term is None or not row.term.modifiers:
            continue
        modifiers, at = row.term.modifiers, row.group - 1
        if modifiers.labels:
            row.label = modifiers.labels[at % len(modifiers.labels)]
        fixed = None
        if modifiers.values:
            fixed = modifiers.values[at % len(modifiers.values)]
            row.free, row.value = fixed is None, fixed
        start = modifiers.starts[at % len(modifiers.starts)] if modifiers.starts else None
        if start is not None and fixed is not None:
            findings.append(Finding("MODEL-REPEATED", row.term.place, f"`{row}` is fixed to {fixed:g} and has a "
                                    "starting value besides.", "Keep one of the two."))
        elif start is not None and row.free:
            row.start = start
        elif start is not None:
            row.value = start
            notes.append(f"{row}: fixed to its start() {start:g}, as lavaan does with a parameter that is fixed by "
                         "default; NA* frees it.")
    if findings:
        raise InputError(findings)
    return notes


def determine(rows: Sequence[Draft], ordered: Mapping[str, int]) -> list[str]:
    """Leave residual variances of ordered variables to the model, also where their author wrote one; say so."""
    notes: dict[str, None] = {}
    for row in rows:
        if row.op != "~~" or row.lhs != row.rhs or row.lhs not in ordered:
            continue
        if row.value is not None and row.term is not None:
            notes.setdefault(f"{row}: {row.value:g} is without effect, as in lavaan: {row.lhs} is ordered, and its "
                             "scale (~*~) and explained variance determine the residual variance.")
        elif row.term is not None:
            notes.setdefault(f"{row}: not a free parameter, because {row.lhs} is ordered, and its scale (~*~) and "
                             "explained variance determine the residual variance; lavaan counts it as free and then "
                             "finds the model not identified.")
        row.fix(None)
    return list(notes)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
