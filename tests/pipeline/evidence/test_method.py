"""Common method variance as a study's run finds and says it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from instrument.model import Block, Construct, Fact, Form, Instrument, Item, Option, ResponseScale
from pipeline.evidence.found.method import MarkerFindings, MethodReport, Remedy, SetMethod
from pipeline.evidence.method import examined
from pipeline.evidence.method_words import of_set, summary
from pipeline.evidence.remedies import remedies_of
from pipeline.evidence.scales import Scale, ScaleSet
from pipeline.report.html import table_view
from pipeline.report.tables.method import method_tables
from pipeline.report.tables.spec import display_rows
from pipeline.results import SCREENED
from pipeline.undefined import Undefined

REFERENCE = Path(__file__).parents[2] / "reference" / "method"
LABELS = {"a": "Alpha", "b": "Beta", "c": "Gamma", "m": "Marker"}


def scales_of(frame: pd.DataFrame, form: str = "A") -> tuple[Scale, ...]:
    firms = tuple(map(str, frame["firm"])) if "firm" in frame else None
    found = []
    for name, label in LABELS.items():
        items = tuple(column for column in frame if column[0] == name)
        found.append(Scale(name, label, name, form, items, (), frame[list(items)].to_numpy(float), 1, 7, firms))
    return tuple(found)


@pytest.fixture(scope="module")
def study() -> tuple[Scale, ...]:
    """Synthetic answers with unequal method variance, several respondents a firm, and gaps."""
    frame = pd.read_csv(REFERENCE / "unequal.csv")
    alone = Scale("d", "Delta", "d", "A", ("d1",), (), np.ones((len(frame), 1)), 1, 7, None)
    return (*scales_of(frame), alone)


@pytest.fixture(scope="module")
def found(study: tuple[Scale, ...]) -> SetMethod:
    whole = ScaleSet("all", "All scales", "A", (*study[:3], study[4]))
    return examined([whole], study, "m", level=0.95)[0]


@pytest.fixture(scope="module")
def report(found: SetMethod) -> MethodReport:
    remedies = (Remedy("reversed", "Reversed items", True, "2 of 9 items."),
                Remedy("time", "Asked at different times", False, "At one sitting."),
                Remedy("anonymity", "Promise of anonymity", Undefined("it is not judged here"), "Say it."))
    unmarked = replace(found, name="other", label="Other", marker=Undefined("form F did not ask a marker"),
                       correlational=Undefined("form F did not ask a marker"), latent=(), harman=None,
                       sentence="Other: nothing, because form F did not ask a marker.")
    return MethodReport(0.95, remedies, (found, unmarked), summary(remedies, (found, unmarked)))


def marker(found: SetMethod) -> MarkerFindings:
    assert isinstance(found.marker, MarkerFindings)
    return found.marker


def test_who_was_used_and_what_was_left_out_is_counted(found: SetMethod) -> None:
    frame = pd.read_csv(REFERENCE / "unequal.csv")
    gaps = frame.drop(columns="firm").isna()
    assert (found.n, found.n_clusters) == (450, frame["firm"].nunique())
    assert found.n_with_gaps == int(gaps.any(axis=1).sum())
    assert found.left_out == ("Delta",)
    assert list(found.factors) == ["a", "b", "c"]


def test_what_was_found_travels_through_json_unchanged(report: MethodReport) -> None:
    adapter = TypeAdapter(MethodReport)
    assert adapter.validate_json(adapter.dump_json(report)) == report


def test_shares_are_squared_loadings_and_the_extremes_are_theirs(found: SetMethod) -> None:
    own = marker(found)
    shares = [one.share for one in own.loadings]
    assert shares == pytest.approx([one.method**2 for one in own.loadings])  # type: ignore[operator]
    assert own.share == pytest.approx(np.mean(shares))  # type: ignore[arg-type]
    assert (own.least_share, own.most_share) == (min(shares), max(shares))  # type: ignore[type-var]
    assert own.loadings[-1].item == "c3"
    assert all(one.method_lower < one.method < one.method_upper for one in own.loadings)  # type: ignore[operator]


def test_changes_are_of_the_correlations_told(found: SetMethod) -> None:
    own = marker(found)
    assert own.retained == own.shown == "Method-U"
    changes = {(one.first, one.second): one.allowed - one.baseline for one in own.correlations}  # type: ignore[operator]
    assert list(changes) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [one.change for one in own.correlations] == pytest.approx(list(changes.values()))
    assert own.largest_pair == max(changes, key=lambda pair: abs(changes[pair]))
    theirs = json.loads((REFERENCE / "output.json").read_text(encoding="utf-8"))["unequal"]["models"]
    for model, key in (("Baseline", "baseline"), ("Method-U", "allowed"), ("Method-S(.95)", "at_95"),
                       ("Method-S(.99)", "at_99")):
        rows = zip(*(theirs[model][part] for part in ("lhs", "rhs", "est")), strict=True)
        est = {(lhs, rhs): value for lhs, rhs, value in rows}
        assert [getattr(one, key) for one in own.correlations] == pytest.approx(
            [est[pair] for pair in changes], abs=2e-5)


def test_the_finding_is_said_in_plain_words_with_its_numbers(found: SetMethod, report: MethodReport) -> None:
    own = marker(found)
    whether, size, sensitivity, near = own.sentences
    assert whether.startswith("The items share variance with the marker, more for some items than for others (Method-C "
                              "against Baseline, p < .001; Method-U against Method-C, p < .001)")
    assert "of the items' variance" in size
    assert "Alpha with Gamma" in size
    assert "differ from those without it (p = .017)" in size
    assert "do not" not in size
    assert "99 %" in sensitivity
    assert near.startswith("The marker correlates .59 with Alpha")
    assert report.sentences[0] == (
        "1 of 3 remedies against method variance were built in before anybody answered; not among them: asked at "
        "different times; not to be seen from the questionnaire: promise of anonymity.")
    share = f"{100 * own.share:.1f}\N{NO-BREAK SPACE}%" if isinstance(own.share, float) else ""
    assert report.sentences[1] == (
        f"All scales: {share} of the items' variance is the method's, unequal among items, and more than chance (p < "
        f".001); no factor correlation changes by more than .16 when it is allowed for. {near}")
    assert report.sentences[2].endswith("because form F did not ask a marker.")


def test_effects_that_cancel_out_are_told_by_the_test_that_saw_them(found: SetMethod) -> None:
    own = marker(found)
    first, second = own.comparisons[:2]
    tests = (replace(first, pvalue=0.4), replace(second, restricted="Baseline", pvalue=0.02))
    cancelled = replace(own, comparisons=tests)
    assert "unequal among items, and more than chance (p = .020)" in of_set(replace(found, marker=cancelled))
    none = replace(cancelled, retained="Baseline")
    assert "no more than chance would have it (p = .400)" in of_set(replace(found, marker=none))
    small = replace(cancelled, largest_change=0.004)
    assert "no factor correlation changes by as much as .005" in of_set(replace(found, marker=small))


def test_a_marker_near_the_substance_is_warned_of(found: SetMethod) -> None:
    own = marker(found)
    assert "The marker correlates" not in of_set(replace(found, marker=replace(own, marker_correlation=0.49)))
    near = of_set(replace(found, marker=replace(own, marker_correlation=0.62, marker_with="b")))
    assert "The marker correlates .62 with Beta" in near


def test_a_model_without_a_proper_solution_is_named(found: SetMethod) -> None:
    own = marker(found)
    models = tuple(replace(one, admissible=one.name != "Method-U") for one in own.models)
    said = of_set(replace(found, marker=replace(own, models=models, retained="Method-C")))
    assert said.endswith(
        "Method-U has no proper solution, so that Method-U was not considered; its numbers are not to be used.")


def test_an_unmeasured_factor_without_a_proper_solution_has_no_numbers(found: SetMethod) -> None:
    equal, free = found.latent
    assert not equal.model.admissible
    assert "negative" in equal.model.problems[0]
    assert isinstance(equal.share, Undefined)
    assert not free.model.converged
    assert isinstance(free.comparison.pvalue, Undefined)
    assert free.comparison.df == 11


def test_tables_say_everything_and_hold_no_nan(report: MethodReport) -> None:
    tables = {table.id: table for table in method_tables(report)}
    assert list(tables) == [
        "method", "method-remedies", "method-tests", "method-correlations", "method-reliability", "method-loadings",
        "method-models", "method-partial", "method-unmeasured", "method-harman"]
    for table in tables.values():
        table_view(table)
        assert not any("nan" in cell or "None" in cell for row in display_rows(table) for cell in row)
    counts = {"method": 2, "method-loadings": 11, "method-correlations": 3, "method-models": 10}
    assert {name: len(tables[name].rows) for name in counts} == counts
    assert tables["method"].column("retained") == ("Method-U", None)
    assert tables["method"].column("marker")[1] == Undefined("form F did not ask a marker")
    assert "told from chance in All scales" in tables["method"].summary
    assert "Reported, not evidence" in tables["method-harman"].summary
    assert "Richardson, Simmering & Sturman 2009" in tables["method-unmeasured"].note
    assert method_tables(None) == ()


# -- bad input ---------------------------------------------------------------------------------------------------


def test_a_form_without_a_marker_says_so(study: tuple[Scale, ...]) -> None:
    one = examined([ScaleSet("one", "One", "A", study[:1])], study, "zz", level=0.95)[0]
    assert one.marker == Undefined("form A did not ask a marker of two or more items")
    assert "did not ask a marker" in one.sentence
    assert one.harman is not None


def _answers(kind: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    X = rng.normal(4, 1, (60, 3)) + rng.standard_normal((60, 1))
    if kind == "constant item":
        X[:, 0] = 4.0
    elif kind == "no answers":
        X[:] = np.nan
    elif kind == "few rows":
        X = X[:4]
    return X


@pytest.mark.parametrize("kind", ["constant item", "no answers", "few rows"])
def test_answers_that_cannot_be_modelled_are_told_and_end_nothing(kind: str) -> None:
    X = _answers(kind)
    scale = Scale("a", "Alpha", "a", "A", ("a1", "a2", "a3"), (), X, 1, 7, None)
    other = Scale("m", "Marker", "m", "A", ("m1", "m2", "m3"), (), _answers("usual")[: len(X)], 1, 7, None)
    one = examined([ScaleSet("a", "A", "A", (scale,))], (scale, other), "m", level=0.95)[0]
    assert one.sentence
    for table in method_tables(MethodReport(0.95, (), (one,), ())):
        table_view(table)
    if kind == "constant item":
        assert "a variable must vary" in one.sentence
        assert "a1" in one.sentence
    if kind != "few rows":
        assert isinstance(one.marker, Undefined)
        assert one.why_not


def test_a_set_of_single_items_is_left_out_whole(study: tuple[Scale, ...]) -> None:
    one = examined([ScaleSet("d", "D", "A", (study[4],))], study, "m", level=0.95)[0]
    assert one.marker == Undefined("no scale of the set has two items or more")
    assert one.left_out == ("Delta",)
    assert one.n == 0


# -- remedies ------------------------------------------------------------------------------------------------------


def instrument(*, mixed: bool, shuffle: bool = True) -> Instrument:
    def item(name: str, dimension: str, *, turned: bool = False) -> Item:
        return Item(id=name, dimension=dimension, text=name, reversed=turned)

    f = Form(id="F", identifiers=("firm_id",), blocks=(
        Block(id="f1", title="", shuffle=shuffle, questions=(item("a1", "a"), item("a2", "a", turned=True))),
        Block(id="f2", title="", questions=(
            Fact(id="size", kind="count", role="context", text="How many?"), item("m1", "m"))),
        Block(id="f3", title="", optional=True, questions=(item("z1", "z"), item("z2", "z")))))
    second = (item("b1", "b"), item("c1", "c")) if mixed else (item("b1", "b"), item("b2", "b"))
    a = Form(id="A", identifiers=("firm_id",), blocks=(
        Block(id="a1b", title="", shuffle=shuffle, questions=second),
        Block(id="a2b", title="", shuffle=shuffle, questions=(item("m1x", "m"), item("m2x", "m"))),
        Block(id="a3b", title="", questions=(
            Fact(id="at", kind="choice", role="attention", text="Pick 2", expected=2, options=(Option(code=2),)),))))
    return Instrument(
        name="t", version="1.0.0", title="T", language="en",
        scales=(ResponseScale(id="agree7", points=tuple(Option(code=k) for k in range(1, 8))),),
        constructs=tuple(Construct(id=one, name=one.upper()) for one in "abcmz"), forms=(f, a))


def form(name: str, people: list[tuple[str, str]]) -> Any:
    meta = pd.DataFrame(people, columns=["firm_id", "informant_id"])
    return SimpleNamespace(form=name, rows={SCREENED: SimpleNamespace(responses=SimpleNamespace(meta=meta))})


def remedies(forms: list[Any], *, mixed: bool = False, shuffle: bool = True) -> dict[str, Remedy]:
    return {one.id: one for one in remedies_of(forms, instrument(mixed=mixed, shuffle=shuffle), "m", ())}


def test_remedies_are_read_from_the_questionnaire_and_the_answers() -> None:
    found = remedies([form("F", [("1", "p"), ("2", "q"), ("3", "r")]), form("A", [("1", "x"), ("1", "y"), ("2", "q")])])
    assert {name: one.present for name, one in found.items() if name != "anonymity"} == {
        "informants": False, "forms": True, "blocks": True, "marker": False, "formats": True, "facts": True,
        "reversed": True, "attention": False, "shuffled": True, "time": False}
    assert found["informants"].evidence == (
        "Of 2 firms that answered forms F and A, 1 (50\N{NO-BREAK SPACE}%) had different informants for them.")
    assert found["marker"].evidence == "1 item in form F and 2 items in form A."
    assert found["reversed"].evidence == "1 of 7 items."  # those of the optional block were not asked
    assert found["formats"].evidence == "Answers on the scale agree7 (7), counts (1) and choices (1)."
    assert found["attention"].evidence == "0 in form F and 1 in form A."


def test_remedies_that_are_not_there_are_not_claimed() -> None:
    found = remedies([form("A", [("1", "x")])], mixed=True, shuffle=False)
    assert {name for name, one in found.items() if one.present is True} == {"marker", "formats", "attention"}
    assert found["blocks"].evidence == "2 blocks of items; 1 block with items of more than one construct (a1b)."
    assert found["informants"].present is False


def test_informants_that_nobody_names_are_unknown() -> None:
    one, other = form("F", [("1", "p")]), form("A", [("2", "q")])
    assert remedies([one, other])["informants"].present == Undefined("no firm answered all forms")
    one.rows[SCREENED].responses.meta = pd.DataFrame({"firm_id": ["1"]})
    assert remedies([one, other])["informants"].present == Undefined("the answers do not name firms and informants")
