"""Tables on rival models: side by side, with what each sets to 0 or equal and what that costs."""

from __future__ import annotations

from pipeline.comparison import ComparedModel, Comparison, GroupComparison, RivalsReport
from pipeline.report.numbers import interval, number, p_equals
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.sem.comparisons import DifferenceTest
from pipeline.undefined import Undefined

ALPHA = 0.05
"""Below this p a restriction is said to cost fit."""


def rival_tables(report: RivalsReport) -> tuple[Table, ...]:
    """The chain's rivals first, then the forms of the ecosystem's advantage."""
    return tuple(rivals_table(comparison) for comparison in (report.chain, *report.advantage))


def rivals_table(comparison: Comparison) -> Table:
    """Models of the same variables on the same rows, with what each sets to 0 and what that costs."""
    largest = comparison.models[0].id if comparison.models else ""
    said = " ".join((*comparison.sentences, *_costs(comparison)))
    return Table(
        f"comparison-{comparison.id}", comparison.title,
        (
            Column("model", "Model"), Column("title", "What it says"), Column("restriction", "Restriction"),
            Column("chisq", "χ²", "number"), Column("df", "df", "integer"), Column("aic", "AIC", "number", 1),
            Column("bic", "BIC", "number", 1), Column("difference", "Scaled Δχ²", "number"),
            Column("difference_df", "Δdf", "integer"), Column("pvalue", "p", "pvalue"), Column("remark", "Remark"),
        ),
        tuple(_rival_row(model) for model in comparison.models),
        said or f"{len(comparison.models)} models are compared.",
        f"n = {comparison.n:,}. All models hold the same variables, so that AIC, BIC and differences may be compared. "
        f"Scaled differences (Satorra & Bentler 2001): each restriction against {largest}, which has none.",
    )


def _costs(comparison: Comparison) -> list[str]:
    """What each restriction costs, where the comparison says nothing of its own."""
    if comparison.sentences:
        return []
    largest = comparison.models[0].id if comparison.models else ""
    tests = [(model, test, test.pvalue) for model in comparison.models
             if (test := model.difference) is not None and not isinstance(test.pvalue, Undefined)]
    return [f"That {model.restriction} ({model.id}) {'makes' if p < ALPHA else 'is not shown to make'} the "
            f"fit worse than that of {largest} (scaled Δχ²({test.df}) = {number(test.statistic)}, {p_equals(p)})."
            for model, test, p in tests]


def _rival_row(model: ComparedModel) -> tuple[Cell, ...]:
    test = model.difference
    remarks = [] if model.converged else ["not converged"]
    if model.converged and not model.admissible:
        remarks.append("not admissible")
    if model.equivalent_to:
        remarks.append(f"equivalent to {model.equivalent_to}")
    return (
        model.id, model.title, model.restriction or None, model.chisq, model.df if model.converged else None,
        model.aic, model.bic, None if test is None else test.statistic, None if test is None else test.df,
        None if test is None else test.pvalue, "; ".join(remarks) or None,
    )


def favoured_sentence(report: RivalsReport) -> str:
    """In one sentence which of mediation and moderation the data favour, and by what."""
    if report.favoured == "undecided":
        return "Mediation and moderation could not be held against each other."
    said = {"mediation": "the data favour mediation", "moderation": "the data favour moderation",
            "both": "the data show mediation and moderation",
            "neither": "the data show neither mediation nor moderation"}[report.favoured]
    path = f"{number(report.effect, 3)} {interval(report.lower, report.upper, 3)}"
    test = report.moderation
    if isinstance(test, Undefined):
        return f"Between mediation and moderation, {said}: in the model that holds both, the serial path is {path}."
    return (f"Held against each other in one model, {said}: the serial path is {path}, and the test of both products "
            f"gives χ²({test.df}) = {number(test.statistic)}, {p_equals(test.pvalue)}.")


def groups_table(groups: tuple[GroupComparison, ...]) -> Table:
    """Paths in two groups side by side, where equal loadings hold."""
    rows: list[tuple[Cell, ...]] = []
    for found in groups:
        tested = isinstance(found.loadings, DifferenceTest)
        head: tuple[Cell, ...] = (
            found.title, f"{found.groups[0]} ({found.sizes[0]:,}), {found.groups[1]} ({found.sizes[1]:,})",
            found.left_out, found.loadings.pvalue if isinstance(found.loadings, DifferenceTest) else found.loadings,
            found.cfi_change, "undecided" if found.comparable is None else "yes" if found.comparable else "no")
        if not found.paths:
            rows.append((*head, found.why_not or ("loadings differ" if tested else "not tested"), *(None,) * 5))
        for path in found.paths:
            wald = path.difference
            rows.append((*head, f"{path.outcome} ~ {path.predictor}", path.est[0], (path.lower[0], path.upper[0]),
                         path.est[1], (path.lower[1], path.upper[1]),
                         wald if isinstance(wald, Undefined) else wald.pvalue))
    return Table(
        "groups", "Paths in two groups, with equal loadings",
        (
            Column("comparison", "Comparison"), Column("groups", "Groups (rows)"),
            Column("left_out", "In neither", "integer"), Column("loadings_pvalue", "Equal loadings, p", "pvalue"),
            Column("cfi_change", "Change of CFI", "number", 3, True), Column("comparable", "Comparable"),
            Column("path", "Path"),
            Column("first", "First group", "number"), Column("first_ci", "Interval", "interval"),
            Column("second", "Second group", "number"), Column("second_ci", "Interval", "interval"),
            Column("pvalue", "Difference, p", "pvalue"),
        ),
        tuple(rows), " ".join(found.sentence for found in groups) or "No groups were compared.",
        "Equal loadings: scaled difference test against free ones; they are taken as equal unless it rejects them and "
        "robust CFI falls by more than .01 (Cheung & Rensvold 2002). Difference: Wald test, robust standard errors.",
    )
