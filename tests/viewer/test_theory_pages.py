"""Claims and robustness: from a claim to its questions and back, and what becomes of the finding elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from instrument.model import Item
from pipeline.claims.report import ClaimResult
from pipeline.claims.verdicts import Verdict
from pipeline.report.numbers import interval, number, percent
from pipeline.results import StudyResults, write_results
from pipeline.robustness.specifications import Facet
from pipeline.undefined import Undefined
from tests.example_results import example_results
from tests.viewer.test_pages import files, page, text
from viewer import source
from viewer.claim_search import find, way_to
from viewer.claims import need_of
from viewer.parts import where


def claims_page(root: Path, **query: str) -> AppTest:
    return page("claims", root / "first", **query)


def offered(test: AppTest) -> list[str]:
    """Ids of the claims that the reader may pick."""
    return [words.split(" · ")[0] for words in test.selectbox(key="claim").options]


def with_results(root: Path, folder: Path, results: StudyResults) -> Path:
    shutil.copytree(root / "first", folder)
    write_results(results, folder)
    return folder


def links(test: AppTest) -> list[tuple[str, dict[str, str], str]]:
    """Page, what is chosen there, and words of every link to another page."""
    found = [element.proto for element in test.get("page_link")]
    return [(link.page, dict(parse_qsl(link.query_string, keep_blank_values=True)), link.label.replace("\\", ""))
            for link in found]


# -- finding claims -------------------------------------------------------------------------------


def test_the_page_opens_with_the_verdicts_counted(results_root: Path) -> None:
    report, shown = example_results().claims, text(claims_page(results_root))
    assert report.sentence in shown
    for verdict in get_args(Verdict):
        assert f'{verdict.capitalize()}</div><div class="value">{report.count(verdict)}<' in shown


@pytest.mark.parametrize(("query", "kept"), [
    ({"verdict": "against"}, lambda c: c.verdict == "against"),
    ({"document": "KS"}, lambda c: c.document == "KS"),
    ({"construct": "am"}, lambda c: "am" in c.constructs),
    ({"rests-on": "lrar"}, lambda c: "lrar" in c.needs),
    ({"rests-on": "lrar2"}, lambda c: "lrar" in c.needs),
    ({"rests-on": "dafex", "verdict": "inconclusive"}, lambda c: "dafex" in c.needs and c.verdict == "inconclusive"),
])
def test_a_link_filters_the_claims(
    results_root: Path, query: dict[str, str], kept: Callable[[ClaimResult], bool],
) -> None:
    every = example_results().claims.claims
    expected = [claim.id for claim in every if kept(claim)]
    assert 0 < len(expected) < len(every)
    test = claims_page(results_root, **query)
    assert offered(test) == expected
    assert f"{len(expected)} of {len(every)} claims." in text(test)
    assert not test.warning


def test_a_filter_chosen_by_hand_goes_into_the_link(results_root: Path) -> None:
    test = claims_page(results_root)
    test.selectbox(key="verdict").select("against").run()
    assert test.query_params["verdict"] == "against"
    assert offered(test) == [c.id for c in example_results().claims.claims if c.verdict == "against"]
    test.text_input(key="find").input("zzzz qqqq").run()
    assert "No claim answers to all of this" in test.info[0].value
    test.text_input(key="find").input("").run()
    assert "find" not in test.query_params


def test_words_are_found_whatever_their_endings(results_root: Path) -> None:
    loaded = source.load(results_root / "first")
    every = loaded.results.claims.claims
    found, whole = find(loaded, every, "What mediates?")
    assert whole
    told = {c.id: " ".join([c.rival, *(p.model for p in c.predictions)]) for c in every}
    assert {claim.id for claim in found} == {i for i, words in told.items() if "ediation" in words or "M1" in words}
    assert find(loaded, every, "") == (list(every), True)
    assert find(loaded, every, "what do these data say of") == (list(every), True)
    assert find(loaded, every, "zzzz") == ([], False)


def test_a_claim_s_own_words_find_it_first(results_root: Path) -> None:
    loaded = source.load(results_root / "first")
    every = loaded.results.claims.claims
    for claim in every:
        assert find(loaded, every, claim.statement)[0][0] == claim
    assert find(loaded, every, f"{every[0].id} zzzz") == ([every[0]], False)


def test_a_claim_that_is_not_there_is_answered_with_a_warning(results_root: Path) -> None:
    test = claims_page(results_root, claim="H999")
    first = example_results().claims.claims[0]
    assert "there is no “H999” here; showing" in text(test)
    assert test.query_params["claim"] == first.id


def test_a_claim_that_the_filters_hide_is_not_called_missing(results_root: Path) -> None:
    test = claims_page(results_root, claim="H001", verdict="against")
    assert not test.warning
    assert test.info[0].value == "H001 is not among the claims found; showing H004."
    assert test.query_params["claim"] == "H004"


# -- one claim ------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim_id", ["H001", "H011", "H106", "H309", "H310", "H337"])
def test_a_claim_tells_its_whole_chain(results_root: Path, claim_id: str) -> None:
    claim = next(c for c in example_results().claims.claims if c.id == claim_id)
    shown = text(claims_page(results_root, claim=claim.id))
    for words in (claim.statement, claim.because, claim.rival, claim.refuted_by, *claim.source):
        assert words in shown
    assert ("What decided it" in shown) == bool(claim.predictions)
    questions = source.load(results_root / "first").instrument
    for form in questions.forms:
        for _, question in form.questions():
            key = f'<span class="am-key" lang="en">{question.id}</span> {question.text.strip()}'
            asked = question.dimension if isinstance(question, Item) else question.id
            assert (key in shown) == (asked in claim.needs), question.id


def test_the_deciding_quantity_stands_with_what_the_design_could_find(results_root: Path) -> None:
    claim = next(c for c in example_results().claims.claims if c.id == "H006")
    p, shown = claim.predictions[0], text(claims_page(results_root, claim="H006"))
    assert not isinstance(p.power, Undefined)
    for value in (number(p.est, 3), interval(p.lower, p.upper), number(p.bound, bounded=True), percent(p.power, 0),
                  number(p.detectable, bounded=True)):
        assert f'">{value}</div>' in shown
    assert f"({p.parameter} in {p.model}); predicted: above 0." in shown


def test_what_has_no_number_says_why(results_root: Path) -> None:
    assert "undefined because a range has no smallest effect" in text(claims_page(results_root, claim="H337"))
    failed = text(claims_page(results_root, claim="H310"))
    assert "could not be estimated: fewer rows than variables" in failed
    assert 'class="what">Estimate<' not in failed


def test_a_claim_leads_to_its_model_with_its_text(results_root: Path) -> None:
    test = claims_page(results_root, claim="H309", results="first")
    chosen = {"results": "first", "model": "M1c", "rows": "screened"}
    assert ("model", chosen, "M1c with all its estimates") in links(test)
    assert example_results().model("M1c").fit.syntax.strip() in [code.value for code in test.code]
    assert ("instrument", {"results": "first", "form": "F"}, "Form F (firm) as respondents saw it") in links(test)


def test_questions_are_shown_in_the_language_asked_for(results_root: Path) -> None:
    questions = source.load(results_root / "first").instrument
    test = claims_page(results_root, claim="H001")
    test.selectbox(key="language").select("es").run()
    item = questions.items("ratr")[0]
    shown = unescape("".join(e.value for e in test.get("html")))
    assert questions.text(f"question.{item.id}", "es").strip() in shown
    assert item.text.strip() not in shown


def test_the_truth_is_told_of_synthetic_data_only(results_root: Path, tmp_path: Path) -> None:
    assert "True of the simulated firms: supported, because both paths are above zero." in text(
        claims_page(results_root, claim="H001"))
    folder = with_results(results_root, tmp_path / "real", example_results(synthetic=False))
    shown = text(page("claims", folder, claim="H001"))
    assert "simulated" not in shown
    assert "SYNTHETIC" not in shown


def test_rivals_and_interactions_stand_below(results_root: Path) -> None:
    results, shown = example_results(), text(claims_page(results_root))
    for comparison in (results.rivals.chain, *results.rivals.advantage):
        assert all(sentence in shown for sentence in comparison.sentences)
    for probe in results.probes.slopes:
        assert probe.sentence in shown
    assert results.probes.surface is not None
    assert results.probes.surface.sentence in shown


def test_a_study_without_claims_says_so(results_root: Path, tmp_path: Path) -> None:
    results = example_results()
    folder = with_results(results_root, tmp_path / "none", replace(results, claims=replace(results.claims, claims=())))
    assert "had no claim decided" in text(page("claims", folder))


def test_from_an_item_back_to_the_claims(results_root: Path) -> None:
    questions = source.load(results_root / "first").instrument
    assert need_of(questions, "lrar2") == "lrar"
    assert (need_of(questions, "lrar"), need_of(questions, "dafex")) == ("lrar", "dafex")
    resting = [c for c in example_results().claims.claims if "lrar" in c.needs]
    shown = links(page("instrument", results_root / "first", **{"seen-by": "researchers"}))
    for claim in resting:
        assert ("claims", way_to(claim), f"{claim.id}, {claim.verdict}: {claim.statement}") in shown
    assert not links(page("instrument", results_root / "first"))


def test_the_way_to_a_claim_takes_away_what_hides_it(results_root: Path) -> None:
    every = example_results().claims.claims
    last = every[-1]
    test = claims_page(results_root, verdict="pending", find="countries")
    assert last.id not in offered(test)
    for key, value in way_to(last).items():
        test.query_params[key] = value
    test.run()
    assert offered(test) == [claim.id for claim in every]
    assert test.selectbox(key="claim").value == last.id
    assert not test.warning
    assert not test.info


# -- models of the theory -------------------------------------------------------------------------


def test_models_that_decide_claims_stand_after_the_main_ones(results_root: Path) -> None:
    options = page("model", results_root / "first").selectbox(key="model").options
    assert options[0].startswith("M1: ")
    groups = [words.split(" · ")[0] if words.startswith("Theory") else "main" for words in options]
    assert list(dict.fromkeys(groups)) == ["main", "Theory, firms", "Theory, alliances"]
    assert sorted(groups) == sorted([*["main"] * 3, *["Theory, firms"] * 2, "Theory, alliances"])


def test_a_model_of_the_theory_shows_fit_paths_and_its_claims(results_root: Path) -> None:
    test = page("model", results_root / "first", model="M1c", rows="screened")
    shown = text(test)
    assert "M1c (screened): scaled χ²(" in shown
    assert "Regression paths: M1c, screened" in shown
    assert ("claims", "H309") in [(link[0], link[1].get("claim")) for link in links(test)]
    assert "What the finding hangs on" not in shown
    lost = page("model", results_root / "first", model="F-rituals")
    assert "did not converge" in lost.error[0].value


# -- robustness -----------------------------------------------------------------------------------


def test_the_map_is_told_in_counts_and_by_decision(results_root: Path) -> None:
    curve, shown = example_results().robustness, text(page("robustness", results_root / "first"))
    assert curve is not None
    assert f'Specifications estimated</div><div class="value">{curve.summary.estimated}<' in shown
    assert f'Same sign as the headline</div><div class="value">{curve.summary.same_sign}<' in shown
    for title in ("Robustness map by decision", "Indirect effects against unmeasured common causes",
                  "The serial effect under other recency weights"):
        assert title in shown
    report = example_results().sensitivity
    assert all(words in shown for words in (*report.sentences, *report.limits))


@pytest.mark.parametrize("facets", [("exclusion",), ("missing", "decay"), ("estimator", "covariates", "function")])
def test_specifications_are_looked_up_by_decision(results_root: Path, facets: tuple[Facet, ...]) -> None:
    loaded = source.load(results_root / "first")
    curve, table = loaded.results.robustness, loaded.tables["robustness"]
    assert curve is not None
    every = [row.specification for row in curve.rows]
    asked = next(s for s in every if any(s.level(f) != curve.headline.specification.level(f) for f in facets))
    chosen = {facet: asked.level(facet) for facet in facets}
    kept = sum(all(s.level(f) == level for f, level in chosen.items()) for s in every)
    assert 0 < kept < len(every)
    test = page("robustness", loaded.folder, **chosen)
    assert f"{kept} specification{'' if kept == 1 else 's'} of {len(table.rows)}." in text(test)
    name = "-".join(["robustness", *(f"{facet}-{level}" for facet, level in chosen.items())])
    assert any(button.proto.id.endswith(f"{name}.csv") for button in test.get("download_button"))


def test_a_map_left_out_is_explained(results_root: Path, tmp_path: Path) -> None:
    results = replace(example_results(), robustness=None)
    test = page("robustness", with_results(results_root, tmp_path / "run", results))
    assert "run the study again without --no-robustness" in text(test)
    assert "What if something unmeasured is behind it?" in text(test)
    plan = results.plan.model_copy(update={"robustness": results.plan.robustness.model_copy(update={"draws": 0})})
    test = page("robustness", with_results(results_root, tmp_path / "plan", replace(results, plan=plan)))
    assert "robustness.draws is 0 in study.yaml" in text(test)


def test_rows_follow_the_order_asked_for(results_root: Path) -> None:
    table = source.load(results_root / "first").tables["claims"]
    ids = [str(cell) for cell in table.column("claim")]
    assert where(table, "claim", ids[::-1], "t").column("claim") == tuple(ids[::-1])
    assert where(table, "claim", ["H999"], "t").rows == ()


def test_both_pages_hand_over_their_tables(results_root: Path) -> None:
    assert files(claims_page(results_root)).count("Download table (CSV)") >= 8
    assert files(page("robustness", results_root / "first")).count("Download table (CSV)") >= 8
