"""Results under three rules of exclusion: who is kept, what is estimated, what is read, and what the tables say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from pipeline.data.aggregation import to_units
from pipeline.data.scoring import score
from pipeline.data.screening import kept, screen
from pipeline.evidence import exclusions
from pipeline.evidence.exclusions import exclusions_of
from pipeline.evidence.found.exclusions import (
    EstimateByRule,
    ExclusionsReport,
    KeptByRule,
    QuantityByRule,
    ScaleByRule,
)
from pipeline.measurement.reliability import reliability
from pipeline.models.spec import ModelSpec
from pipeline.prepare import Rows
from pipeline.questions import Posed
from pipeline.report.tables.exclusions import exclusions_tables
from pipeline.report.tables.spec import display_rows
from pipeline.results import EVERYONE, SCREENED, ModelRun
from pipeline.robustness.specifications import FLAGS
from pipeline.sem.fit import Fit
from pipeline.study import StudyPlan
from pipeline.undefined import Undefined
from tests.example_results import example_results
from tests.pipeline.data.constructed import answers, instrument, responses

LRAR, SUFL = ["lrar1", "lrar2", "lrar3", "lrar4"], ["sufl1", "sufl2", "sufl3", "sufl4"]
MODEL = ModelSpec("two", "Two factors", "firm",
                  f"ARA =~ {' + '.join(LRAR)}\nSUX =~ {' + '.join(SUFL)}\n")
PLAN = StudyPlan(title="Small", synthetic=True, instrument="1.0.0", languages=("en",), seed=1,
                 forms={"F": {"platform": "csv", "file": "f.csv"}})  # type: ignore[dict-item]


def rows_of(given, plan=PLAN) -> Rows:
    scores = score(given, instrument(), plan.scoring)
    return Rows(given, scores, to_units(scores, given, instrument().form("F")))


@pytest.fixture(scope="module")
def form() -> SimpleNamespace:
    """SYNTHETIC: 120 firms; rows 4–6 fail the attention item, 7–10 say that they hardly took care."""
    values = answers(n=120, seed=7)
    rng = np.random.default_rng(2)
    shared = rng.integers(0, 3, 120)
    for name in LRAR + SUFL:
        turned = name in ("lrar4",)
        raw = np.clip((8 - values[name] if turned else values[name]) + shared - 1 + rng.integers(-1, 2, 120), 1, 7)
        values[name] = 8 - raw if turned else raw
    values.loc[[4, 5, 6], "at1"] = 7
    values.loc[[7, 8, 9, 10], "dilig"] = 2
    given = responses(values)
    respondents, summary = screen(given, instrument(), PLAN.screening)
    return SimpleNamespace(
        form="F", respondents=respondents, screening=summary,
        pooled=SimpleNamespace(instrument=instrument(), form=instrument().form("F")),
        rows={SCREENED: rows_of(kept(given, respondents)), EVERYONE: rows_of(given)})


@pytest.fixture(scope="module")
def estimated() -> list[tuple[int, Fit]]:
    """Every estimation there has been: on how many firms, and its result."""
    return []


@pytest.fixture(scope="module", autouse=True)
def _record(estimated: list[tuple[int, Fit]]) -> Iterator[None]:
    real = exclusions._fit

    def recorded(posed, rows, level):
        fit = real(posed, rows, level)
        estimated.append((0 if rows is None else rows.units.units, fit))
        return fit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exclusions, "_fit", recorded)
        yield


@pytest.fixture(scope="module")
def found(form: SimpleNamespace) -> ExclusionsReport:
    return exclusions_of([form], instrument(), PLAN, [Posed(MODEL, form)])


def clean(form: SimpleNamespace) -> list[str]:
    return [r.response_id for r in form.respondents if not set(r.flags) & set(FLAGS)]


def test_each_rule_keeps_whom_it_says(form: SimpleNamespace, found: ExclusionsReport) -> None:
    plan, strict, none = found.kept
    assert [one.rule for one in found.kept] == ["plan", "strict", "none"]
    assert (none.kept, none.answered, none.units) == (120, 120, 120)
    assert plan.kept == 120 - sum(r.excluded for r in form.respondents) <= 117
    assert strict.kept == len(clean(form)) <= plan.kept - 4
    assert "attention, speed, longstring" in found.rules["strict"]


def test_reliability_is_of_the_rows_of_each_rule(form: SimpleNamespace, found: ExclusionsReport) -> None:
    everyone = form.rows[EVERYONE]
    ids = everyone.responses.meta["response_id"]
    masks = {"plan": ids.isin(form.rows[SCREENED].responses.meta["response_id"]), "strict": ids.isin(clean(form)),
             "none": ids.notna()}
    one = next(scale for scale in found.scales if scale.scale == "lrar")
    for rule, mask in masks.items():
        wanted = reliability(everyone.scores.items[LRAR][mask].to_numpy(), LRAR, name="", label="")
        assert one.alpha[rule] == pytest.approx(wanted.alpha, rel=1e-12)
        assert one.omega[rule] == pytest.approx(wanted.omega, rel=1e-6)
    assert len({one.alpha[rule] for rule in masks}) == 3
    assert one.change("none") == pytest.approx(one.alpha["none"] - one.alpha["plan"])


def test_correlations_of_factors_are_estimated_under_each_rule(found: ExclusionsReport) -> None:
    (quantity,) = found.quantities
    assert (quantity.kind, quantity.model, quantity.name, quantity.headline) == (
        "correlation", "two", "ARA ~~ SUX", False)
    assert {rule: one.n for rule, one in quantity.estimates.items()} == {one.rule: one.units for one in found.kept}
    for one in quantity.estimates.values():
        assert one.interval_by == "standard error"
        assert one.lower < one.est < one.upper
        assert one.est - one.lower == pytest.approx(one.upper - one.est)
    assert len({one.est for one in quantity.estimates.values()}) == 3


def test_what_a_run_has_estimated_is_read_and_not_estimated_again(
    form: SimpleNamespace, found: ExclusionsReport, estimated: list[tuple[int, Fit]],
) -> None:
    n = {one.rule: one.units for one in found.kept}
    fits = dict(estimated)
    assert list(fits)[:3] == [n["plan"], n["strict"], n["none"]]
    runs = [ModelRun("two", "", place, "firm", fits[n[rule]], None, ())
            for rule, place in (("plan", SCREENED), ("none", EVERYONE))]
    estimated.clear()
    assert exclusions_of([form], instrument(), PLAN, [Posed(MODEL, form)], runs) == found
    assert [firms for firms, _ in estimated] == [n["strict"]]


def test_a_rule_that_leaves_nobody_has_reasons_for_numbers(form: SimpleNamespace) -> None:
    flagged = tuple(replace(r, flags=("diligence",)) for r in form.respondents)
    changed = SimpleNamespace(**{**vars(form), "respondents": flagged})
    report = exclusions_of([changed], instrument(), PLAN, [Posed(MODEL, changed)])
    nobody = Undefined("the rule leaves nobody")
    assert (report.kept[1].kept, report.kept[1].units) == (0, 0)
    assert report.scales[0].alpha["strict"] == nobody
    assert report.quantities[0].estimates["strict"].est == nobody
    assert report.mean_alpha("plan") == Undefined("no scale has it under every rule")
    for table in exclusions_tables(SimpleNamespace(screening=(), respondents=()), report):
        assert display_rows(table)


def test_a_model_that_cannot_be_estimated_says_why(form: SimpleNamespace) -> None:
    bad = replace(MODEL, syntax=MODEL.syntax + "ARA =~ nowhere\n")
    report = exclusions_of([form], instrument(), PLAN, [Posed(bad, form)])
    assert report.quantities == ()


def test_the_report_goes_to_json_and_back(found: ExclusionsReport) -> None:
    adapter = TypeAdapter(ExclusionsReport)
    assert adapter.validate_json(adapter.dump_json(found)) == found


# -- the serial effect, from the map --------------------------------------------------------------------


def test_the_serial_effect_is_read_from_the_map() -> None:
    curve = example_results().robustness
    assert curve is not None
    wanted = {rule: replace(curve.headline.specification, exclusion=rule) for rule in ("plan", "strict", "none")}
    one = curve.headline.found
    rows = {rule: replace(curve.headline, specification=spec,
                          found=replace(one, std_all=0.1 * k, std_lower=0.01, std_upper=0.5, n=100 + k))
            for k, (rule, spec) in enumerate(wanted.items(), 1)}
    found = exclusions._from_map(replace(curve, headline=rows["plan"], rows=(rows["none"], rows["strict"])))
    assert found is not None
    assert {rule: (one.n, one.est) for rule, one in found.items()} == {
        "plan": (101, 0.1), "strict": (102, 0.2), "none": (103, pytest.approx(0.3))}
    assert found["strict"].excludes_zero is True
    assert f"{curve.draws:,} draws" in found["plan"].interval_by
    assert exclusions._from_map(replace(curve, headline=rows["plan"], rows=(rows["none"],))) is None


# -- tables -------------------------------------------------------------------------------------------


def report(lower: float | Undefined = 0.02) -> ExclusionsReport:
    estimate = EstimateByRule(100, 0.08, 0.04, 0.12, "standard error")
    return ExclusionsReport(
        {"plan": "the plan's rule", "strict": "any flag", "none": "nobody"},
        tuple(KeptByRule(rule, "F", 120, n, "firm", n) for rule, n in (("plan", 110), ("strict", 80), ("none", 120))),
        (ScaleByRule("F", "a", "Scale a", {"plan": 0.80, "strict": 0.85, "none": 0.70},
                     {"plan": 0.81, "strict": 0.86, "none": 0.71}),
         ScaleByRule("F", "b", "Scale b", {"plan": 0.60, "strict": Undefined("it is constant"), "none": 0.65},
                     dict.fromkeys(("plan", "strict", "none"), Undefined("too few items")))),
        (QuantityByRule("correlation", "two", "RA ~~ RF",
                        {"plan": estimate, "strict": replace(estimate, est=0.05), "none": replace(estimate, est=0.20)}),
         QuantityByRule("effect", "M1", "serial_capability",
                        {"plan": estimate, "strict": replace(estimate, est=0.09, lower=lower),
                         "none": replace(estimate, est=0.06, lower=-0.01)}, headline=True)),
        0.95)


def test_tables_name_the_largest_changes_and_whether_the_finding_holds() -> None:
    results = example_results()
    indices, rules, estimates, scales = exclusions_tables(results, report())
    assert [t.id for t in (indices, rules, estimates, scales)] == [
        "care-indices", "care-rules", "care-estimates", "care-scales"]
    assert "keeps 110 respondents by the plan's rule, 80 if every flag leaves out and 120 if none does" in rules.summary
    assert ".080 (plan's rule), .090 (every flag) and .060 (nobody left out)" in rules.summary
    assert rules.summary.endswith("its interval includes zero under nobody left out.")
    assert rules.column("alpha") == (0.80, 0.85, 0.70)  # scale b has no alpha under the strict rule
    assert rules.column("largest") == (None, "Scale a (+.050)", "Scale a (−.100)")
    assert rules.column("left_out") == (10, 40, 0)
    assert "changes most does so by +.120 (Relational ambidexterity with Resource fluidity, nobody left out)" in \
        estimates.summary
    assert estimates.column("none_ci")[1] == (-0.01, 0.12)
    assert scales.summary == "Of 2 scales, alpha changes most by −.100 (Scale a, nobody left out)."


def test_an_effect_without_an_interval_is_not_called_clear() -> None:
    rules = exclusions_tables(example_results(), report(Undefined("not resampled")))[1]
    assert rules.summary.endswith("not every rule gives an interval.")


def test_indices_of_care_count_those_judged(form: SimpleNamespace) -> None:
    (table,) = exclusions_tables(SimpleNamespace(screening=(form.screening,), respondents=form.respondents), None)
    rows = {row[1]: dict(zip([column.key for column in table.columns], row, strict=True)) for row in table.rows}
    synonyms = rows["Consistency across synonyms"]
    assert synonyms["defined"] + synonyms["undefined"] == 120
    assert synonyms["marked"] == form.screening.flagged["synonyms"]
    assert synonyms["cutoff"] == form.screening.cutoffs["synonyms"]
    values = pd.Series([r.synonyms for r in form.respondents if isinstance(r.synonyms, float)])
    assert synonyms["median"] == f"{values.median():.2f}".replace("-", "−")
    alone = sum(r.flags == ("mahalanobis",) for r in form.respondents)
    assert rows["Mahalanobis D²"]["alone"] == alone
    marked = sum(bool(set(r.flags) - {"tenure"}) for r in form.respondents)
    assert f"{marked} of 120 respondents carry a flag" in table.summary


def test_those_who_gave_no_response_are_not_counted_as_judged() -> None:
    gone = example_results().respondents[0]
    none = Undefined("the answers are not judged (no consent)")
    gone = replace(gone, longstring=0, irv=none, even_odd=none, synonyms=none, antonyms=none, mahalanobis=none,
                   seconds_per_item=none, flags=("no consent",))
    results = example_results()
    changed = SimpleNamespace(screening=results.screening, respondents=(gone, *results.respondents[1:]))
    table = exclusions_tables(changed, None)[0]
    assert table.rows[0][3] + table.rows[0][4] == sum(r.form == "F" for r in results.respondents) - 1
