"""Products of indicators, the indicators of a latent product.

A latent interaction is a factor whose indicators are products of the indicators of its factors (Kenny & Judd 1984).
Indicators are centred, matched in pairs, multiplied, and the products centred again (Marsh, Wen & Hau 2004; Lin, Wen,
Marsh & Lin 2010): no means need be constrained, and first-order paths are slopes at the means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from instrument.errors import Finding, InputError
from pipeline.sem.linalg import Array

Centring = Literal["double", "single", "none"]


@dataclass(frozen=True, slots=True)
class Product:
    """Indicators multiplied in order, one of each factor: the first of all, the second of all, and so on.

    Attributes
    ----------
    factors
        Two or more lists of as many variables each. A factor may come twice, for its square.
    """

    factors: tuple[tuple[str, ...], ...]

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """The variables of each product, in order.

        Raises
        ------
        InputError
            ``PRODUCT-LENGTH`` for fewer than two factors, for an empty one, and for unequal lengths.
        """
        lengths = [len(factor) for factor in self.factors]
        if len(lengths) < 2 or not lengths[0] or len(set(lengths)) > 1:
            written = " × ".join(f"({', '.join(factor)})" for factor in self.factors) or "nothing"
            raise InputError(Finding(
                "PRODUCT-LENGTH", f"product {written}",
                "A product takes two or more factors with as many indicators each; these have "
                + (", ".join(map(str, lengths)) or "none") + ".",
                "Give one indicator of every factor for each product; leave out the rest or average them."))
        return tuple(zip(*self.factors, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the products, as in semTools: ``x1.z1``."""
        return tuple(".".join(part) for part in self.parts)

    @property
    def measured_with_error(self) -> frozenset[str]:
        """Variables that are one of several indicators of their factor.

        A factor that stands for one observed variable, alone or repeated beside the indicators of another factor, has
        no measurement error in the model.
        """
        return frozenset(name for factor in self.factors if len(set(factor)) > 1 for name in factor)


def product_columns(
    X: ArrayLike, names: Sequence[str], products: Sequence[Product], *, centring: Centring = "double",
) -> tuple[Array, tuple[str, ...]]:
    """Columns of product indicators, as ``semTools::indProd(match = TRUE)`` makes them.

    Parameters
    ----------
    X
        (n, columns) data, NaN where missing.
    names
        One name a column.
    centring
        ``double``: each variable minus the mean of its present values, multiplied, and each product minus the mean of
        its present values (``doubleMC = TRUE``). ``single``: without the last step. ``none``: raw products.

    Returns
    -------
    columns
        (n, k), NaN where any factor is.
    names
        k names, ``x1.z1``; products in the order given.

    Raises
    ------
    InputError
        ``PRODUCT-LENGTH``; ``PRODUCT-VARIABLE`` for a variable the data lack; ``PRODUCT-CONSTANT`` for a variable or a
        product without variance; ``PRODUCT-NAME`` for a product that has the name of a column or of another product,
        or is another product in other order.
    """
    data = np.asarray(X, dtype=float)
    parts = [part for product in products for part in product.parts]
    made = tuple(".".join(part) for part in parts)
    findings = [*_unknown(parts, names), *_clashes(parts, names)]
    if findings:
        raise InputError(findings)
    place = {name: index for index, name in enumerate(names)}
    used = tuple(dict.fromkeys(name for part in parts for name in part))
    columns = {name: data[:, place[name]] for name in used}
    _check_variance(columns, "variable")
    if centring != "none":
        columns = {name: _centred(column) for name, column in columns.items()}
    multiplied = {name: np.prod([columns[variable] for variable in part], axis=0)
                  for name, part in zip(made, parts, strict=True)}
    _check_variance(multiplied, "product")
    if centring == "double":
        multiplied = {name: _centred(column) for name, column in multiplied.items()}
    if not multiplied:
        return np.empty((len(data), 0)), ()
    return np.column_stack(list(multiplied.values())), made


def _centred(column: Array) -> Array:
    centred: Array = column - np.nanmean(column)
    return centred


def _unknown(parts: Sequence[tuple[str, ...]], names: Sequence[str]) -> Iterator[Finding]:
    known = set(names)
    for name in dict.fromkeys(name for part in parts for name in part if name not in known):
        yield Finding("PRODUCT-VARIABLE", f"product indicators, {name}", f"The data have no variable {name!r}.",
                      "Correct the name, or add the variable to the data.")


def _clashes(parts: Sequence[tuple[str, ...]], names: Sequence[str]) -> Iterator[Finding]:
    taken = {name: "a column of the data" for name in names}
    formed: dict[tuple[str, ...], str] = {}
    for part in parts:
        name, same = ".".join(part), tuple(sorted(part))
        said = taken.get(name) or (f"the same as {formed[same]}" if same in formed else None)
        if said:
            yield Finding("PRODUCT-NAME", f"product indicators, {name}", f"{name} is already {said}.",
                          "List each product once, and rename the column that stands in its way.")
        taken.setdefault(name, "another product")
        formed.setdefault(same, name)


def _check_variance(columns: dict[str, Array], what: str) -> None:
    """A product with a constant is no interaction; one that never varies cannot indicate one."""
    findings = []
    for name, column in columns.items():
        present = column[np.isfinite(column)]
        spread = float(np.ptp(present)) if present.size else 0.0
        if spread <= 1e-12 * max(1.0, float(np.abs(present).max(initial=0.0))):
            findings.append(Finding(
                "PRODUCT-CONSTANT", f"product indicators, {name}",
                f"The {what} {name} has no variance among its {present.size} present values: it cannot moderate.",
                "Leave the interaction out, or look why nobody differs: a filter, a screened group, a wrong column."))
    if findings:
        raise InputError(findings)


def residual_covariances(products: Sequence[Product]) -> str:
    """Model lines that free the residual covariances which product indicators have by construction.

    Two products of one indicator share its error (Marsh, Wen & Hau 2004). A product of three shares error with its own
    indicators too: for x·z·z, cov(e, e·z²) = var(e)·E(z²) with z centred, where the corresponding moment of a product
    of two is 0 under normality. Variables taken as measured without error share none
    (see :attr:`Product.measured_with_error`).

    Parameters
    ----------
    products
        All products of one model. Names repeated in them are freed once.

    Returns
    -------
    Lines such as ``x1.z1 ~~ x1.w1``, each ended by a line break; "" if there are none.
    """
    members = {".".join(part): (frozenset(part) & product.measured_with_error, len(part))
               for product in products for part in product.parts}
    lines = [f"{name} ~~ {other}\n" for name, other in combinations(members, 2)
             if members[name][0] & members[other][0]]
    for product in products:
        for name, part in zip(product.names, product.parts, strict=True):
            if len(part) >= 3:
                lines += [f"{variable} ~~ {name}\n" for variable in dict.fromkeys(part)
                          if variable in members[name][0]]
    return "".join(dict.fromkeys(lines))
