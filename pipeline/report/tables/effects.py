"""Tables on effects: direct and indirect, their intervals, joint significance, decay, the known truth."""

from __future__ import annotations

from pipeline.report import methods, names
from pipeline.report.numbers import counted, interval, level_name, listed, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import EVERYONE, HEADLINE_EFFECT, SCREENED, DecayRow, ModelRun, StudyResults
from pipeline.sem.fit import Parameter
from pipeline.sem.monte_carlo import MonteCarloInterval
from pipeline.undefined import Number, Undefined

HEADLINE_EXPERIENCE = "exp_rw"
"""The headline's measure of experience: all alliances, whatever their kind."""


def effects_table(run: ModelRun) -> Table:
    """Direct, specific and total indirect effects with percentile and Monte Carlo intervals."""
    rows: list[tuple[Cell, ...]] = []
    direct = direct_effect(run)
    if direct is not None:
        rows.append(_direct_row(run, direct))
    for e in run.bootstrap.effects if run.bootstrap else ():
        rows.append((
            names.effect(e.name), e.expression, e.est, e.se, e.pvalue, e.bootstrap_se, (e.lower, e.upper),
            (e.lower_admissible, e.upper_admissible), (e.monte_carlo_lower, e.monte_carlo_upper), e.std_all,
            (e.std_lower, e.std_upper), "bootstrap",
        ))
    if run.bootstrap is None:
        rows += [_simulated_row(run, effect) for effect in run.simulated]
    level = level_name(run.bootstrap.level) if run.bootstrap else ""
    return Table(
        f"effects-{names.slug(run.id)}-{names.slug(run.rows)}",
        f"Direct, indirect and total effects: {run.id}, {run.rows}",
        (
            Column("effect", "Effect"), Column("expression", "Product of paths"),
            Column("est", "Estimate", "number", 3),
            Column("se", "SE (delta)", "number", 3), Column("pvalue", "p (delta)", "pvalue"),
            Column("bootstrap_se", "SE (bootstrap)", "number", 3),
            Column("ci", f"{level} interval".strip(), "interval", 3),
            Column("ci_admissible", "Admissible draws only", "interval", 3),
            Column("ci_monte_carlo", "Monte Carlo interval", "interval", 3),
            Column("std_all", "Std.", "number", 3, True),
            Column("std_ci", "Std. interval", "interval", 3, True), Column("kind", "Interval by"),
        ),
        tuple(rows), effects_sentence(run), bootstrap_note(run),
    )


def _simulated_row(run: ModelRun, effect: MonteCarloInterval) -> tuple[Cell, ...]:
    """An effect of a model that was not resampled."""
    row = next(p for p in run.fit.parameters if p.op == ":=" and p.lhs == effect.name)
    return (names.effect(effect.name), effect.expression, effect.est, row.se, row.pvalue, None, None, None,
            (effect.lower, effect.upper), row.std_all, None, "Monte Carlo")


def _direct_row(run: ModelRun, direct: Parameter) -> tuple[Cell, ...]:
    """The direct path, which has no product: bootstrap limits where there are any, else those of its standard error."""
    drawn = next((p for p in run.bootstrap.parameters if p.label == direct.label), None) if run.bootstrap else None
    name = "Direct, experience → capability"
    if drawn is not None:
        return (name, direct.label, direct.est, direct.se, direct.pvalue, drawn.bootstrap_se,
                (drawn.lower, drawn.upper), None, None, direct.std_all, (drawn.std_lower, drawn.std_upper), "bootstrap")
    ci = None if direct.ci_lower is None or direct.ci_upper is None else (direct.ci_lower, direct.ci_upper)
    return (name, direct.label, direct.est, direct.se, direct.pvalue, None, ci, None, None, direct.std_all, None,
            methods.interval_by(run.fit))


def direct_effect(run: ModelRun) -> Parameter | None:
    """The path from experience to capability that no mediator carries."""
    return next((p for p in run.fit.parameters if p.op == "~" and p.label == names.DIRECT_PATH), None)


def effects_sentence(run: ModelRun) -> str:
    """How many effects have an interval that excludes zero, and which."""
    if run.bootstrap is None and run.simulated:
        clear = [names.effect(e.name) for e in run.simulated if excludes_zero(e.lower, e.upper)]
        return (f"{len(clear)} of {counted(len(run.simulated), 'defined effect')} of {run.id} have a Monte Carlo "
                f"interval that excludes zero{': ' + '; '.join(clear) if clear else ''}.")
    if run.bootstrap is None:
        return f"No bootstrap was run for {run.id} ({run.rows})."
    clear = [names.effect(e.name) for e in run.bootstrap.effects if excludes_zero(e.lower, e.upper)]
    total = len(run.bootstrap.effects)
    if not clear:
        return f"No bootstrap interval of the {counted(total, 'defined effect')} excludes zero."
    if len(clear) == total:
        return f"The bootstrap interval of each of the {counted(total, 'defined effect')} excludes zero."
    return (f"{len(clear)} of {counted(total, 'defined effect')} have a bootstrap interval that excludes zero: "
            f"{'; '.join(clear)}.")


def bootstrap_note(run: ModelRun) -> str:
    """Which interval this is and how many draws stand behind it."""
    b = run.bootstrap
    if b is None:
        return (f"Monte Carlo: from the estimates' {methods.sampling(run.fit)} sampling covariance, without refitting; "
                "the models of the theory are not resampled.") if run.simulated else ""
    of = "whole firms" if b.clusters else "rows"
    return (f"Percentile bootstrap of {of}: {b.requested:,} draws requested, {b.converged:,} converged, "
            f"{b.admissible:,} admissible; seed {b.seed}. Intervals use all converged draws; those with inadmissible "
            f"draws left out stand beside. Monte Carlo: from the estimates' {methods.sampling(run.fit)} sampling "
            "covariance, without refitting. SE and p (delta) rest on the same covariance, the effect taken as normal. "
            "Std.: on standardised variables, with bootstrap limits from the same draws.")


def bootstrap_table(results: StudyResults) -> Table:
    """How many draws were asked for, converged and gave a proper solution."""
    runs = [(run, run.bootstrap) for run in results.models if run.bootstrap is not None]
    first = runs[0][1] if runs else None
    return Table(
        "bootstrap", "Bootstrap draws",
        (
            Column("model", "Model"), Column("rows", "Rows"), Column("requested", "Requested", "integer"),
            Column("converged", "Converged", "integer"), Column("admissible", "Admissible", "integer"),
            Column("level", "Level", "percent"), Column("seed", "Seed"),
        ),
        tuple((run.id, run.rows, b.requested, b.converged, b.admissible, b.level, str(b.seed)) for run, b in runs),
        f"Of {first.requested:,} draws requested {first.converged:,} converged and "
        f"{first.admissible:,} gave a proper solution."
        if first else "No bootstrap was run.",
    )


def joint_table(run: ModelRun) -> Table:
    """Joint significance: an indirect effect holds if each of its paths differs from zero."""
    rows = tuple(
        (names.effect(j.effect), path.label, f"{path.lhs} ~ {path.rhs}", path.est, path.pvalue, j.largest_pvalue,
         "undecided" if j.holds is None else "holds" if j.holds else "does not hold")
        for j in run.joint for path in j.paths
    )
    holding = [names.effect(j.effect) for j in run.joint if j.holds]
    level = run.joint[0].level if run.joint else 0.95
    return Table(
        f"joint-{names.slug(run.id)}-{names.slug(run.rows)}", f"Joint significance of the paths: {run.id}, {run.rows}",
        (
            Column("effect", "Effect"), Column("label", "Path"), Column("regression", "Regression"),
            Column("est", "Estimate", "number", 3), Column("pvalue", "p", "pvalue"),
            Column("largest_pvalue", "Largest p", "pvalue"), Column("holds", "Joint test"),
        ),
        rows,
        _joint_sentence(run, holding),
        "MacKinnon et al. (2002): the p value of the joint test is that of the weakest path; it is judged at "
        f"{number(1 - level, 3, bounded=True)}.",
    )


def _joint_sentence(run: ModelRun, holding: list[str]) -> str:
    if not run.joint:
        return "No joint test was run."
    if len(holding) == len(run.joint):
        return f"Joint significance holds for each of the {counted(len(run.joint), 'product effect')}."
    return (f"Joint significance holds for {len(holding)} of {counted(len(run.joint), 'product effect')}"
            f"{': ' + '; '.join(holding) if holding else ''}.")


def comparison_table(results: StudyResults) -> Table:
    """Every effect with and without the screening rule's exclusions, side by side."""
    runs = [names.mediation(results, rows) for rows in (SCREENED, EVERYONE)]
    found = [{e.name: e for e in run.bootstrap.effects} if run and run.bootstrap else {} for run in runs]
    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys([*found[0], *found[1]]):
        cells: list[Cell] = [names.effect(name)]
        for effects in found:
            e = effects.get(name)
            cells += [None, None] if e is None else [e.est, (e.lower, e.upper)]
        rows.append(tuple(cells))
    sizes = [run.fit.nobs if run else None for run in runs]
    return Table(
        "effects-comparison", "Effects with and without the exclusions",
        (
            Column("effect", "Effect"),
            Column("est_screened", "Screened", "number", 3), Column("ci_screened", "Interval", "interval", 3),
            Column("est_everyone", "All respondents", "number", 3), Column("ci_everyone", "Interval", "interval", 3),
        ),
        tuple(rows), exclusions_sentence(results),
        f"Screened: n = {sizes[0]:,}; all respondents: n = {sizes[1]:,}." if sizes[0] and sizes[1] else "",
    )


def exclusions_sentence(results: StudyResults) -> str:
    """Whether the headline's effect hangs on whom the rule leaves out."""
    shown = []
    for rows, words in ((SCREENED, "after screening"), (EVERYONE, "with all respondents")):
        run = names.mediation(results, rows)
        effect = None if run is None or run.bootstrap is None else next(
            (e for e in run.bootstrap.effects if e.name == HEADLINE_EFFECT), None)
        if run is None or effect is None:
            return "The serial effect was not estimated both with and without the exclusions."
        shown.append((f"{number(effect.est, 3)} {_span(effect.lower, effect.upper)} {words} (n = {run.fit.nobs:,})",
                      excludes_zero(effect.lower, effect.upper)))
    same = "the same side of the question" if shown[0][1] == shown[1][1] else "different sides of the question"
    return (f"The serial effect on capability is {shown[0][0]} and {shown[1][0]}: on whether the interval excludes "
            f"zero, the two fall on {same}.")


def decay_table(results: StudyResults) -> Table:
    """The serial effect under other recency weights, and of each kind of experience."""
    planned = results.plan.scoring.decay
    rows = tuple(
        (names.experience(d.experience), d.decay, "plan" if _is_planned(d, planned) else "", d.n, d.est, d.se,
         d.pvalue, d.std_all, "yes" if d.converged else "no") for d in results.decay
    )
    return Table(
        "decay", "The serial effect under other recency weights and of other kinds of experience",
        (
            Column("experience", "Experience with"), Column("decay", "δ", "number", 1), Column("planned", ""),
            Column("n", "n", "integer"), Column("est", "Estimate", "number", 3),
            Column("se", "SE (delta)", "number", 3), Column("pvalue", "p (delta)", "pvalue"),
            Column("std_all", "Standardised", "number", 3, True), Column("converged", "Converged"),
        ),
        rows, f"{decay_sentence(results)}{_kinds_sentence(results)}",
        "δ = 1 weighs an alliance of thirteen years ago as one of last year. Unstandardised estimates are in units "
        "that change with δ and with the kind; compare the standardised ones. Kinds of experience stand in the model "
        "one at a time; alliances with a repeat partner are among the other kinds.",
    )


def _is_planned(row: DecayRow, planned: float) -> bool:
    return row.experience == HEADLINE_EXPERIENCE and row.decay == planned


def decay_sentence(results: StudyResults) -> str:
    """What the recency weight does to the effect of all experience."""
    good = decay_points(results)
    if not good:
        return "The recency weight was not varied."
    effects = [effect for _, effect in good]
    failed = sum(row.experience == HEADLINE_EXPERIENCE for row in results.decay) - len(good)
    sentence = (f"As the recency weight δ runs over {listed([f'{decay:g}' for decay, _ in good])}, the "
                f"standardised serial effect stays between {number(min(effects), 3, bounded=True)} and "
                f"{number(max(effects), 3, bounded=True)}.")
    return sentence + (f" {counted(failed, 'run')} did not converge." if failed else "")


def _kinds_sentence(results: StudyResults) -> str:
    """What each kind of experience alone gives, empty where none was asked for."""
    kinds = [kind for kind in dict.fromkeys(row.experience for row in results.decay) if kind != HEADLINE_EXPERIENCE]
    said = []
    for kind in kinds:
        effects = [effect for _, effect in decay_points(results, kind)]
        if effects:
            said.append(f"{number(min(effects), 3, bounded=True)} to {number(max(effects), 3, bounded=True)} for "
                        f"{names.experience(kind)}")
    return f" Of one kind of experience at a time it is {listed(said)}." if said else ""


def decay_points(results: StudyResults, kind: str = HEADLINE_EXPERIENCE) -> tuple[tuple[float, float], ...]:
    """(δ, standardised serial effect) of every run with this kind of experience that converged."""
    return tuple((row.decay, row.std_all) for row in results.decay
                 if row.experience == kind and row.converged and not isinstance(row.std_all, Undefined))


def truth_table(results: StudyResults) -> Table:
    """The population values that made synthetic data, beside their estimates."""
    with_interval = [t for t in results.known_truth if t.inside is not None]
    without = len(results.known_truth) - len(with_interval)
    inside = sum(bool(t.inside) for t in with_interval)
    return Table(
        "known-truth", "Known truth and its estimate",
        (
            Column("name", "Quantity"), Column("true", "True", "number", 3), Column("est", "Estimate", "number", 3),
            Column("ci", "Interval", "interval", 3), Column("interval_by", "Interval by"),
            Column("inside", "True value inside"),
        ),
        tuple((names.effect(t.name), t.true, t.est, (t.lower, t.upper), t.interval_by,
               {True: "yes", False: "no", None: "no interval"}[t.inside]) for t in results.known_truth),
        (f"The data are synthetic, so the truth is known: {inside} of {counted(len(with_interval), 'true value')} "
         f"lie inside their intervals{f'; {without} more have no interval' if without else ''}.")
        if results.known_truth else "No true values are known.",
    )


def excludes_zero(lower: Number, upper: Number) -> bool:
    """Whether both bounds exist and lie on one side of zero."""
    if isinstance(lower, Undefined) or isinstance(upper, Undefined):
        return False
    return lower > 0 or upper < 0


def _span(lower: Number, upper: Number) -> str:
    return interval(lower, upper, 3)
