"""Tables on sensitivity: unmeasured confounders, errors of measurement, other orders of the chain."""

from __future__ import annotations

from pipeline.report import names
from pipeline.report.numbers import level_name, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.sensitivity import ConfoundingCurve, OrderedChain, SensitivityReport
from pipeline.undefined import Undefined


def sensitivity_tables(report: SensitivityReport) -> tuple[Table, ...]:
    """All of them, in the order of the report; no table of orders where none were compared."""
    found = [confounding_table(report), confounding_curves_table(report), reliability_table(report)]
    orders = orders_table(report)
    return (*found, orders) if orders is not None else tuple(found)


def short(variable: str) -> str:
    """One word for a variable of the chain."""
    return names.SHORT.get(variable, variable)


def pair(curve: ConfoundingCurve) -> str:
    """``learning – capability``."""
    return f"{short(curve.mediator)} \N{EN DASH} {short(curve.outcome)}"


def confounding_table(report: SensitivityReport) -> Table:
    """What correlation of two disturbances would bring each effect to 0, and its interval to hold 0."""
    rows: list[tuple[Cell, ...]] = [
        (names.effect(c.effect), pair(c), c.path, c.est, c.nulling, c.first_zero, c.equal_share,
         c.robustness_value) for c in report.confounding]
    needed = sorted(abs(c.nulling) for c in report.confounding if not isinstance(c.nulling, Undefined))
    return Table(
        "sensitivity-confounding", "Unmeasured common causes of a mediator and its outcome",
        (
            Column("effect", "Effect"), Column("pair", "Disturbances of"), Column("path", "Path"),
            Column("est", "Estimate", "number", 3), Column("nulling", "ρ that makes it 0", "number", 2, True),
            Column("first_zero", "ρ from which its interval holds 0", "number", 2, True),
            Column("equal_share", "Equal shares of disturbance variance", "percent"),
            Column("robustness_value", "Robustness value", "percent"),
        ),
        tuple(rows),
        "The correlation of two disturbances that would bring an effect to zero lies, in absolute value, between "
        f"{number(needed[0], 2, bounded=True)} and {number(needed[-1], 2, bounded=True)}." if needed
        else "No pair of disturbances could be examined.",
        "ρ: correlation of the pair's disturbances, everything else as estimated; from a ρ of 0 on, an interval holds "
        f"0 as it stands. Intervals: {_intervals(report)}. Equal shares: what a cause that weighs the same for both "
        "would explain of either disturbance. Robustness value: the same as partial R² (Cinelli & Hazlett 2020). The "
        "data cannot say which ρ is true.",
    )


def confounding_curves_table(report: SensitivityReport) -> Table:
    """Every effect at every correlation of the plan."""
    rows: list[tuple[Cell, ...]] = [
        (names.effect(c.effect), pair(c), p.rho, p.est, p.se, (p.lower, p.upper))
        for c in report.confounding for p in c.points]
    return Table(
        "sensitivity-confounding-curves", "Indirect effects by correlation of disturbances",
        (
            Column("effect", "Effect"), Column("pair", "Disturbances of"),
            Column("rho", "ρ", "number", 2, True), Column("est", "Estimate", "number", 3),
            Column("se", "SE (delta)", "number", 3), Column("ci", _interval_header(report), "interval", 3),
        ),
        tuple(rows),
        "Each effect shrinks, and then changes its sign, as the disturbances of mediator and outcome are taken to "
        "correlate in the direction of the path between them.",
        f"At ρ = 0 stands the model as estimated. Intervals: {_intervals(report)}.",
    )


def reliability_table(report: SensitivityReport) -> Table:
    """Every effect at every reliability of the plan."""
    rows: list[tuple[Cell, ...]] = [
        (names.effect(c.effect), short(c.variable), p.reliability, p.error_variance, p.est, p.se, (p.lower, p.upper),
         p.std_all, _solution(p.converged, p.admissible)) for c in report.reliability for p in c.points]
    variables = ", ".join(dict.fromkeys(short(c.variable) for c in report.reliability))
    return Table(
        "sensitivity-reliability", f"Indirect effects if {variables} is measured with error",
        (
            Column("effect", "Effect"), Column("variable", "Variable"),
            Column("reliability", "Reliability", "number", 2),
            Column("error_variance", "Error variance", "number", 3), Column("est", "Estimate", "number", 3),
            Column("se", "SE (delta)", "number", 3), Column("ci", _interval_header(report), "interval", 3),
            Column("std_all", "Std.", "number", 3, True), Column("solution", "Solution"),
        ),
        tuple(rows),
        f"With a reliability of 1 stand the effects as estimated; below it, as if part of the variance of {variables} "
        "were error.",
        f"The error variance is held at (1 − reliability) times the observed variance. Intervals: "
        f"{_intervals(report)}.",
    )


def orders_table(report: SensitivityReport) -> Table | None:
    """The serial product in every order, with the fit of each; None where orders were not compared."""
    if isinstance(report.orders, Undefined):
        return None
    rows: list[tuple[Cell, ...]] = [
        (order(c), "yes" if c.specified else "no", c.est, c.se, (c.lower, c.upper), c.std_all, c.chisq, c.df)
        for c in report.orders.chains]
    said = {True: "All orders have the same χ² and degrees of freedom: fit supports none of them over another.",
            False: "The orders differ in fit, which is still no evidence of direction.",
            None: "Not every order could be estimated, so that fit is not compared."}
    return Table(
        "sensitivity-orders", "The chain in other orders",
        (
            Column("order", "Order"), Column("specified", "Of the theory"), Column("est", "Product", "number", 3),
            Column("se", "SE (delta)", "number", 3), Column("ci", _interval_header(report), "interval", 3),
            Column("std_all", "Std.", "number", 3, True), Column("chisq", "χ²", "number", 2),
            Column("df", "df", "integer"),
        ),
        tuple(rows), said[report.orders.equivalent],
        "The product of the paths from each variable to the next, every variable explained by all before it and the "
        f"covariates. Units differ between orders; the standardised products can be compared. Intervals: "
        f"{_intervals(report)}.",
    )


def order(chain: OrderedChain) -> str:
    """``experience → function → …``."""
    return " → ".join(map(short, chain.variables))


def _interval_header(report: SensitivityReport) -> str:
    return f"{level_name(report.level)} interval"


def _intervals(report: SensitivityReport) -> str:
    return (f"{level_name(report.level)} Monte Carlo intervals of {report.draws:,} draws from the estimates' sampling "
            f"covariance, seed {report.seed}, n = {report.n:,}")


def _solution(converged: bool, admissible: bool) -> str:
    return "proper" if converged and admissible else "not admissible" if converged else "not converged"
