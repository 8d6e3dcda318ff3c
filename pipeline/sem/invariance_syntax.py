"""A step of measurement invariance as model text that this engine and lavaan both read.

Latent variables have variance 1 and mean 0 in the first group, so that no item is a marker whose invariance would have
to be assumed. In later groups a latent variance is freed as soon as a loading held equal identifies it, a latent mean
as soon as an intercept does (Meredith 1993).

Ordered items follow Wu & Estabrook (2016) in the delta parameterisation: the latent response of an item has intercept
0 and total scale 1 wherever nothing else identifies them. Equal thresholds identify both in later groups if there are
three categories or more. A binary item has one threshold, from which its threshold, loading and intercept cannot be
told apart; the three are therefore set equal together, with the intercepts, and its scale is freed then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from instrument.errors import Finding, InputError
from pipeline.sem.syntax import Term, parse_model

__all__ = ["CONTINUOUS", "ORDINAL", "Kind", "MeasurementModel", "Released", "Step", "measurement_model",
           "released_kinds", "step_syntax"]

Kind = Literal["thresholds", "loadings", "intercepts", "residuals"]
"""Sets of parameters that a step holds equal. ``residuals`` are variances; residual covariances stay free."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder: its name and what it holds equal across groups."""

    name: str
    equal: tuple[Kind, ...]


CONTINUOUS = (
    Step("configural", ()),
    Step("metric", ("loadings",)),
    Step("scalar", ("loadings", "intercepts")),
    Step("strict", ("loadings", "intercepts", "residuals")),
)
"""Of numeric items (Meredith 1993)."""

ORDINAL = (
    Step("configural", ()),
    Step("thresholds", ("thresholds",)),
    Step("loadings", ("thresholds", "loadings")),
    Step("intercepts", ("thresholds", "loadings", "intercepts")),
)
"""Of ordered items, alone or beside numeric ones (Wu & Estabrook 2016)."""


@dataclass(frozen=True, slots=True, order=True)
class Released:
    """Parameters of one item that are free in every group; ``kind`` is one of :data:`Kind`."""

    item: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class MeasurementModel:
    """Factors with their items, and pairs of items whose residuals covary; all in their author's order."""

    factors: tuple[tuple[str, tuple[str, ...]], ...]
    covariances: tuple[tuple[str, str], ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """Every item once, as first named."""
        return tuple(dict.fromkeys(item for _, items in self.factors for item in items))

    def factors_of(self, item: str) -> tuple[str, ...]:
        """The factors on which an item loads."""
        return tuple(factor for factor, items in self.factors if item in items)

    @property
    def parameters(self) -> int:
        """Free parameters of one group when nothing is equal and all items are numeric."""
        k = len(self.factors)
        return sum(len(items) for _, items in self.factors) + 2 * len(self.items) + k * (k - 1) // 2 + len(
            self.covariances)


def measurement_model(model: str | Mapping[str, Sequence[str]] | MeasurementModel) -> MeasurementModel:
    """A measurement model from lavaan's language, or from factors and their items.

    Raises
    ------
    InputError
        ``INVARIANCE-MODEL`` for anything but ``=~`` and ``~~`` between items, for modifiers, and for factors with
        fewer than two items; what :func:`pipeline.sem.syntax.parse_model` raises for text that it cannot read.
    """
    if isinstance(model, MeasurementModel):
        read = model
        findings: list[Finding] = []
    elif isinstance(model, str):
        read, findings = _from_text(model)
    else:
        read, findings = MeasurementModel(tuple((factor, tuple(items)) for factor, items in model.items())), []
    findings += _unusable(read)
    if findings:
        raise InputError(findings)
    return read


def _from_text(text: str) -> tuple[MeasurementModel, list[Finding]]:
    parsed = parse_model(text)
    loadings = [term for term in parsed.terms if term.op == "=~"]
    factors: dict[str, list[str]] = {}
    for term in loadings:
        factors.setdefault(term.lhs, []).append(term.rhs)
    items = {term.rhs for term in loadings}
    others = [term for term in parsed.terms if term.op != "=~"]
    findings = [_not_measurement(term.place, f"`{term}`") for term in others
                if term.op != "~~" or term.lhs == term.rhs or not {term.lhs, term.rhs} <= items - set(factors)]
    findings += [_not_measurement(entry.place, f"`{entry.text}`") for entry in parsed.spoken]
    findings += [_modified(term) for term in parsed.terms if term.modifiers]
    pairs = tuple((term.lhs, term.rhs) for term in others)
    return MeasurementModel(tuple((factor, tuple(own)) for factor, own in factors.items()), pairs), findings


def _not_measurement(place: str, what: str) -> Finding:
    return Finding("INVARIANCE-MODEL", place, "A measurement model has =~ and residual covariances (~~) of two items "
                   f"only; found {what}.", "Leave it out: the steps of invariance add all else themselves.")


def _modified(term: Term) -> Finding:
    return Finding("INVARIANCE-MODEL", term.place, f"`{term}` has a label or a value, which the steps of invariance "
                   "give themselves.", "Write the item without a modifier.")


def _unusable(model: MeasurementModel) -> Iterator[Finding]:
    factors = {factor for factor, _ in model.factors}
    if not factors:
        yield Finding("INVARIANCE-MODEL", "model", "A measurement model has a factor; none was found.",
                      "Write e.g. `F =~ x1 + x2 + x3`.")
    for factor, items in model.factors:
        if len(set(items)) < 2:
            yield Finding("INVARIANCE-MODEL", f"model, factor {factor}", "A factor needs two items or more; found "
                          f"{', '.join(items) or 'none'}.", "Add items, or leave the factor out.")
        if len(set(items)) < len(items):
            yield Finding("INVARIANCE-MODEL", f"model, factor {factor}", "An item is named twice.", "Name it once.")
        for item in sorted(set(items) & factors):
            yield Finding("INVARIANCE-MODEL", f"model, factor {factor}", f"{item} is a factor and an item: factors of "
                          "factors are not part of the steps.", "Test the first-order factors.")


def released_kinds(
    item: str, released: Collection[Released], levels: Mapping[str, int],
) -> frozenset[Kind]:
    """What of an item is free in every group, with what cannot be held equal once that is free.

    An ordered item whose thresholds differ has no common scale on which loadings and intercepts could be equal; a
    binary item keeps its threshold, loading and intercept together.
    """
    kinds: set[Kind] = {entry.kind for entry in released if entry.item == item}
    if item in levels:
        binary = levels[item] == 2
        if "thresholds" in kinds or (binary and kinds & {"loadings", "intercepts"}):
            kinds |= {"thresholds", "loadings", "intercepts"}
    return frozenset(kinds)


@dataclass(frozen=True)
class _Writer:
    """One step's text, for ``g`` groups."""

    model: MeasurementModel
    equal: frozenset[Kind]
    g: int
    levels: Mapping[str, int]
    released: frozenset[Released]

    def holds(self, item: str, kind: Kind) -> bool:
        """Whether this step sets these parameters of an item equal."""
        if kind not in self.equal or kind in released_kinds(item, self.released, self.levels):
            return False
        if self.levels.get(item) == 2 and kind in ("thresholds", "loadings"):
            # A binary item's threshold may be called equal at once, as its intercept then takes what differs; its
            # loading must wait for its scale.
            return kind == "thresholds" or "intercepts" in self.equal
        return True

    def free(self) -> str:
        return f"c({', '.join(['NA'] * self.g)})"

    def same(self, label: str) -> str:
        return f"c({', '.join([label] * self.g)})"

    def later(self, first: str, later: str) -> str:
        """``first`` in the first group, ``later`` in the others."""
        return f"c({', '.join([first] + [later] * (self.g - 1))})"

    def loadings(self) -> Iterator[str]:
        for factor, items in self.model.factors:
            for item in items:
                equal = f" + {self.same(f'lambda.{factor}.{item}')}*{item}" if self.holds(item, "loadings") else ""
                yield f"{factor} =~ {self.free()}*{item}{equal}"

    def thresholds(self, item: str) -> Iterator[str]:
        for t in range(1, self.levels[item]):
            equal = f"{self.same(f'tau.{item}.{t}')}*" if self.holds(item, "thresholds") else ""
            yield f"{item} | {equal}t{t}"

    def intercept(self, item: str) -> str:
        if item not in self.levels:
            equal = f" + {self.same(f'nu.{item}')}*1" if self.holds(item, "intercepts") else ""
            return f"{item} ~ {self.free()}*1{equal}"
        open_ = self.holds(item, "thresholds") and not self.holds(item, "intercepts")
        return f"{item} ~ {self.later('0', 'NA' if open_ else '0')}*1"

    def scale(self, item: str) -> str:
        binary = self.levels[item] == 2
        known = self.holds(item, "thresholds") and (not binary or self.holds(item, "intercepts"))
        return f"{item} ~*~ {self.later('1', 'NA' if known else '1')}*{item}"

    def residual(self, item: str) -> str:
        equal = f" + {self.same(f'theta.{item}')}*{item}" if self.holds(item, "residuals") else ""
        return f"{item} ~~ {self.free()}*{item}{equal}"

    def latent(self) -> Iterator[str]:
        for factor, items in self.model.factors:
            variance = any(self.holds(item, "loadings") for item in items)
            mean = any(self.holds(item, "intercepts") for item in items)
            yield f"{factor} ~~ {self.later('1', 'NA' if variance else '1')}*{factor}"
            yield f"{factor} ~ {self.later('0', 'NA' if mean else '0')}*1"
        names = [factor for factor, _ in self.model.factors]
        for i, factor in enumerate(names):
            for other in names[i + 1:]:
                yield f"{factor} ~~ {self.free()}*{other}"


def step_syntax(
    model: MeasurementModel, step: Step, n_groups: int, *, levels: Mapping[str, int] | None = None,
    released: Collection[Released] = (),
) -> str:
    """One step for ``n_groups`` groups, every parameter written out.

    Parameters
    ----------
    levels
        Number of categories of every ordered item; items that are not in it are numeric.
    released
        Parameters left free in every group.

    Returns
    -------
    str
        Text for :func:`pipeline.sem.estimate.estimate_model`, or lavaan's ``lavaan()``, ``cfa()`` and ``sem()``, with
        the groups given there.

    Raises
    ------
    InputError
        ``INVARIANCE-STEP`` for fewer than two groups, for equal residuals of ordered items, and for released
        parameters that the model does not have.
    """
    levels = dict(levels or {})
    findings = list(_refusals(model, step, n_groups, levels, released))
    if findings:
        raise InputError(findings)
    w = _Writer(model, frozenset(step.equal), n_groups, levels, frozenset(released))
    ordered = [item for item in model.items if item in levels]
    numeric = [item for item in model.items if item not in levels]
    parts = [
        ("loadings", list(w.loadings())),
        ("thresholds", [line for item in ordered for line in w.thresholds(item)]),
        ("intercepts", [w.intercept(item) for item in model.items]),
        ("scales of the latent responses", [w.scale(item) for item in ordered]),
        ("residual variances", [w.residual(item) for item in numeric]),
        ("residual covariances", [f"{a} ~~ {w.free()}*{b}" for a, b in model.covariances]),
        ("latent variances, means and covariances", list(w.latent())),
    ]
    return "\n".join(f"# {title}\n" + "\n".join(lines) for title, lines in parts if lines) + "\n"


def _refusals(
    model: MeasurementModel, step: Step, n_groups: int, levels: Mapping[str, int], released: Collection[Released],
) -> Iterator[Finding]:
    place = f"step {step.name}"
    if n_groups < 2:
        yield Finding("INVARIANCE-STEP", place, f"Invariance is across two groups or more; found {n_groups}.",
                      "Name a grouping variable with at least two values.")
    if "residuals" in step.equal and set(model.items) & set(levels):
        yield Finding("INVARIANCE-STEP", place, "Residual variances of ordered items are not parameters in the delta "
                      "parameterisation, which fixes total scales, so that a step cannot set them equal.",
                      "Stop at the intercepts, from which latent means may be compared.")
    for item in sorted(item for item in model.items if levels.get(item, 2) < 2):
        yield Finding("INVARIANCE-STEP", place, f"The ordered item {item} needs two categories or more.",
                      "Leave the item out.")
    for entry in sorted(released):
        ordered = entry.item in levels
        if entry.item not in model.items or (entry.kind == "thresholds") > ordered:
            yield Finding("INVARIANCE-STEP", place, f"{entry.kind} of {entry.item} are not in the model.",
                          "Release parameters of the model's items; thresholds of ordered items.")
