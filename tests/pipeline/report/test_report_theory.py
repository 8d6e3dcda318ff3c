"""Claims, rivals, sensitivity, map and interactions in the report are those of the results, and say no more."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from matplotlib.patches import Rectangle

from pipeline.claims.report import ClaimResult, PredictionResult
from pipeline.report import numbers, theory
from pipeline.report.figures.claims import PAGE, evidence_figures, verdict_figure
from pipeline.report.figures.spec import Figure, compact
from pipeline.report.html import HEAVY, data_uri, report_html, share_of_width
from pipeline.report.tables import Table, all_tables
from pipeline.report.tables.claims import ORDER, claims_truth_table, deciding
from pipeline.report.tables.effects import decay_points
from pipeline.report.tables.rivals import favoured_sentence
from pipeline.results import StudyResults
from pipeline.undefined import Number, Undefined
from tests.example_results import example_figures, example_results

SECTIONS = ("study", "respondents", "measurement", "models", "theory", "rivals", "sensitivity", "interactions",
            "limits", "reproducibility", "appendix")


@pytest.fixture(scope="module")
def results() -> StudyResults:
    return example_results()


@pytest.fixture(scope="module")
def every(results: StudyResults) -> dict[str, Table]:
    return {table.id: table for table in all_tables(results)}


@pytest.fixture(scope="module")
def html(results: StudyResults) -> str:
    return report_html(results, figures=example_figures())


@pytest.fixture(scope="module")
def text(html: str) -> str:
    without = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    return " ".join(without.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").split())


def claim_of(results: StudyResults, name: str) -> ClaimResult:
    return next(claim for claim in results.claims.claims if claim.id == name)


def on_scale(prediction: PredictionResult) -> Number:
    """The estimate where its interval is."""
    return prediction.std if prediction.scale == "standardised" else prediction.est


def plain(words: str) -> str:
    """With one ordinary space between words."""
    return " ".join(words.split())


# -- tables -------------------------------------------------------------------------------------------


def test_every_claim_has_a_row_with_the_numbers_of_the_prediction_that_decides(
    results: StudyResults, every: dict[str, Table],
) -> None:
    table = every["claims"]
    assert sorted(table.column("claim")) == [claim.id for claim in results.claims.claims]  # type: ignore[type-var]
    for name, verdict, est, ci, std, power in zip(
            *(table.column(key) for key in ("claim", "verdict", "est", "ci", "std", "power")), strict=True):
        claim = claim_of(results, str(name))
        p = deciding(claim)
        assert verdict == claim.verdict
        if p is None:
            assert est is ci is std is power is None
        else:
            assert (est, ci, std, power) == (on_scale(p), (p.lower, p.upper), p.std, p.power)


def test_the_weakest_of_predictions_that_must_all_hold_decides_and_the_strongest_where_any_may(
    results: StudyResults,
) -> None:
    places = {name: claim_of(results, name).predictions.index(deciding(claim_of(results, name)))  # type: ignore[arg-type]
              for name in ("H001", "H106", "H306", "H309")}
    # H001: .31/.05 and .22/.06; H106: the first is supported, the claim is not; H309: any of .04/.06 and −.02/.08.
    assert places == {"H001": 1, "H106": 1, "H306": 1, "H309": 0}
    assert deciding(claim_of(results, "H310")) is None


def test_an_estimate_stands_on_the_scale_of_its_interval(results: StudyResults) -> None:
    claim = claim_of(results, "H004")
    changed = dataclasses.replace(claim, predictions=(
        dataclasses.replace(claim.predictions[0], scale="standardised"),))
    report = dataclasses.replace(results.claims, claims=(changed,))
    table = {t.id: t for t in all_tables(dataclasses.replace(results, claims=report))}["claims"]
    assert table.column("est") == table.column("std") == (0.01,)


def test_predictions_keep_every_number(results: StudyResults, every: dict[str, Table]) -> None:
    predictions = [p for claim in results.claims.claims for p in claim.predictions]
    table = every["predictions"]
    for key in ("n", "est", "se", "pvalue", "std", "bound", "power", "detectable", "verdict", "parameter"):
        assert table.column(key) == tuple(getattr(p, key) for p in predictions)
    assert table.column("ci") == tuple((p.lower, p.upper) for p in predictions)
    assert table.column("equivalence") == tuple((p.std_lower, p.std_upper) for p in predictions)
    assert "between 0.3 and 0.7" in table.column("expected")
    levels = dict(zip(table.column("claim"), table.column("interval_by"), strict=True))
    assert str(levels["H309"]).startswith("97.5")
    assert str(levels["H001"]).startswith("95\N{NO-BREAK SPACE}%")


def test_the_truth_of_simulated_firms_is_counted_and_a_wrong_verdict_named(results: StudyResults) -> None:
    table = claims_truth_table(results)
    assert table.rows == (("supported", 2, 0, 1, 0, 0, 3), ("against", 0, 1, 0, 0, 0, 1))
    assert "3 of 3 verdicts for or against agree with it; 1 stay inconclusive" in table.summary
    claims = tuple(dataclasses.replace(c, truth="against: no path") if c.id == "H001" else c
                   for c in results.claims.claims)
    wrong = dataclasses.replace(results, claims=dataclasses.replace(results.claims, claims=claims))
    assert "2 of 3 verdicts for or against agree with it, those on H001 do not" in claims_truth_table(wrong).summary
    assert "claims-truth" not in {table.id for table in all_tables(example_results(synthetic=False))}


def test_rivals_stand_side_by_side_with_what_each_sets_and_costs(every: dict[str, Table]) -> None:
    table = every["comparison-chain"]
    assert table.column("difference") == (None, 1.6, 84.2, None)
    assert table.column("remark") == (None, None, "not admissible", "not converged")
    assert table.column("df")[3] is None
    assert isinstance(table.column("aic")[3], Undefined)
    assert every["comparison-pillars"].column("remark") == (None, "equivalent to pillars")
    assert "fit cannot tell the two apart" in every["comparison-pillars"].summary


@pytest.mark.parametrize(("favoured", "words"), [
    ("mediation", "the data favour mediation"), ("moderation", "the data favour moderation"),
    ("both", "mediation and moderation"), ("neither", "neither mediation nor moderation"),
    ("undecided", "could not be held against each other"),
])
def test_what_the_data_favour_is_told_with_its_numbers(results: StudyResults, favoured: str, words: str) -> None:
    said = favoured_sentence(dataclasses.replace(results.rivals, favoured=favoured))
    assert words in said
    if favoured != "undecided":
        assert "0.039 [0.019, 0.064]" in said
        assert "χ²(2) = 1.61, p = .447" in said


def test_models_that_decided_claims_have_their_fit_and_parameters(
    results: StudyResults, every: dict[str, Table],
) -> None:
    assert every["fit-theory"].column("model") == tuple(run.id for run in results.theory)
    assert every["fit-theory"].column("chisq")[2] is None
    assert "2 converged to an admissible solution. Not converged: F-rituals." in every["fit-theory"].summary
    for run in results.theory:
        assert len(every[f"parameters-{run.id}-screened"].rows) == len(run.fit.parameters)
    labels = every["paths-M2-screened"].column("label")
    assert {"ra_inn", "ra_ltp"} <= set(labels)
    assert every["paths-M2-screened"].column("outcome")[labels.index("ra_inn")] == "Innovation"


def test_kinds_of_experience_are_in_the_table_and_not_on_the_curve(
    results: StudyResults, every: dict[str, Table],
) -> None:
    assert Counter(every["decay"].column("experience")) == {
        "all alliances": 5, "joint ventures": 5, "alliances with a repeat partner": 5}
    assert decay_points(results) == tuple((d.decay, d.std_all) for d in results.decay if d.experience == "exp_rw")
    assert len(decay_points(results, "exp_rw_rp")) == 4
    assert "stays between .041 and .045." in every["decay"].summary
    assert ".024 to .027 for joint ventures and .033 to .036 for alliances with a repeat" in every["decay"].summary


# -- figures ------------------------------------------------------------------------------------------


def test_every_verdict_is_counted_in_its_bar(results: StudyResults) -> None:
    figure = verdict_figure(results)
    assert figure is not None
    drawing = figure.draw()
    counts = Counter((claim.document, claim.verdict) for claim in results.claims.claims)
    written = [int(text.get_text()) for text in drawing.axes[0].texts]
    assert sorted(written) == sorted(counts.values())
    legend = [text.get_text() for text in drawing.legends[0].get_texts()]
    assert legend == [f"{v.capitalize()} ({results.claims.count(v)})" for v in ORDER]  # type: ignore[arg-type]
    hatched = {patch.get_hatch() for patch in drawing.axes[0].patches if isinstance(patch, Rectangle)}
    assert len(hatched - {None, ""}) == 2


def test_the_evidence_shows_estimate_interval_band_and_mark_of_each_claim(results: StudyResults) -> None:
    figures = {figure.id: figure for figure in evidence_figures(results)}
    assert set(figures) == {"evidence-AEM", "evidence-AMC", "evidence-KS", "evidence-ALL"}
    axes = figures["evidence-AEM"].draw().axes[0]
    labels = [label.get_text().split()[0] for label in axes.get_yticklabels()]
    assert labels == ["H001", "H004", "H006"]
    marks = {float(line.get_ydata()[0]): (float(line.get_xdata()[0]), line.get_marker())  # type: ignore[index]
             for line in axes.lines if line.get_marker() not in ("None", "")}
    assert marks == {0: (0.22, "o"), 1: (0.01, "X"), 2: (0.09, "D")}
    for place, name in enumerate(labels):
        p = deciding(claim_of(results, name))
        assert p is not None
        stretch = [line for line in axes.lines if len(line.get_xdata()) == 2 and list(line.get_ydata()) == [place] * 2
                   and line.get_linewidth() == 1.5]
        assert list(stretch[0].get_xdata()) == [p.std_lower, p.std_upper]
        band = axes.patches[place]
        assert isinstance(band, Rectangle)
        assert (band.get_x(), band.get_width()) == (-p.bound, 2 * p.bound)
    assert "H337" in figures["evidence-KS"].note
    assert "H310" not in figures["evidence-KS"].note
    assert "H401" in figures["evidence-ALL"].note


def test_what_was_predicted_is_told_where_it_is_not_positive(results: StudyResults) -> None:
    figure = next(figure for figure in evidence_figures(results) if figure.id == "evidence-AMC")
    labels = [label.get_text().replace("\n", " ") for label in figure.draw().axes[0].get_yticklabels()]
    assert "(predicted: negative)" in labels[0]
    assert "predicted" not in labels[1]


def test_many_claims_are_drawn_on_several_sheets(results: StudyResults) -> None:
    claim = claim_of(results, "H001")
    many = tuple(dataclasses.replace(claim, id=f"H{k:03d}") for k in range(1, PAGE + 2))
    report = dataclasses.replace(results.claims, claims=many)
    figures = evidence_figures(dataclasses.replace(results, claims=report))
    assert [figure.id for figure in figures] == ["evidence-AEM-1", "evidence-AEM-2"]
    assert [len(figure.draw().axes[0].get_yticks()) for figure in figures] == [8, 8]


def test_a_compact_svg_draws_the_same() -> None:
    figure = next(figure for figure in example_figures() if figure.id == "evidence-AEM")
    whole = figure._rendered("svg", metadata={"Date": None, "Creator": None, "Title": figure.title})
    small = compact(whole)
    assert len(small) < 0.7 * len(whole)
    before, after = (list(ElementTree.fromstring(svg).iter()) for svg in (whole, small))
    assert [e.tag for e in before] == [e.tag for e in after]
    for old, new in zip(before, after, strict=True):
        if "d" in old.attrib:
            first, second = ([float(n) for n in re.findall(r"-?[\d.]+", e.attrib["d"])] for e in (old, new))
            assert second == pytest.approx(first, abs=0.01)
        shift = re.fullmatch(r"translate\(([-\d.]+) 0\)", old.attrib.get("transform", ""))
        if shift and old.tag.endswith("use"):
            assert float(new.attrib["x"]) == pytest.approx(float(shift[1]), abs=0.01)
    ids = {e.attrib["id"] for e in after if "id" in e.attrib}
    used = {value[1:] for e in after for key, value in e.attrib.items() if key.endswith("href")}
    assert used <= ids


def test_a_data_uri_holds_the_whole_drawing_and_a_heavy_one_is_a_png() -> None:
    figure = next(figure for figure in example_figures() if figure.id == "claims")
    head, _, body = data_uri(figure).partition(",")
    assert head == "data:image/svg+xml"
    drawn = ElementTree.fromstring(unquote(body))
    assert len(list(drawn.iter())) == len(list(ElementTree.fromstring(figure.svg()).iter()))
    assert share_of_width(figure) == 100
    heavy = Figure("x", "X", "X.", "t", figure.draw)
    heavy._svg.append(b" " * (HEAVY + 1))
    assert data_uri(heavy).startswith("data:image/png;base64,iVBOR")


# -- page ---------------------------------------------------------------------------------------------


def test_sections_are_numbered_in_order_and_listed(html: str) -> None:
    assert re.findall(r'<h2 id="([\w-]+)"[^>]*>\d+ ·', html) == list(SECTIONS)
    assert [int(n) for n in re.findall(r"<h2 id=[^>]*>(\d+) ·", html)] == list(range(1, len(SECTIONS) + 1))
    assert re.findall(r'<li><a href="#([\w-]+)">', html) == list(SECTIONS)


def test_the_page_tells_every_claim_its_verdict_and_reason(results: StudyResults, text: str) -> None:
    for claim in results.claims.claims:
        p = deciding(claim)
        shown = "– – –" if p is None else f"{numbers.number(on_scale(p))} {numbers.interval(p.lower, p.upper)}"
        assert f"{claim.id} {plain(claim.statement)} {claim.verdict} {shown}" in text
        assert plain(claim.because[1:]) in text
        if claim.truth:
            assert f"True of the simulated firms: {claim.truth}." in text


def test_the_top_has_a_line_on_claims_rivals_and_the_map(results: StudyResults, text: str) -> None:
    top = text[:text.index("Contents")]
    for line in theory.in_brief(results):
        assert plain(line) in top
    assert "8 of 9 specifications could be estimated" in top


def test_every_sentence_on_rivals_sensitivity_and_interactions_is_told(results: StudyResults, text: str) -> None:
    told = [*results.sensitivity.sentences, *results.sensitivity.limits, *results.rivals.chain.sentences,
            *(sentence for comparison in results.rivals.advantage for sentence in comparison.sentences),
            *(probe.sentence for probe in results.probes.slopes)]
    assert results.probes.surface is not None
    for sentence in (*told, results.probes.surface.sentence):
        assert plain(sentence) in text
    main, aside = theory.sensitivity_sentences(results.sensitivity)
    assert sorted((*main, *aside)) == sorted(results.sensitivity.sentences)
    assert all(sentence.startswith("Experience → function → learning → capability → success:") for sentence in aside)


def test_tables_and_figures_of_the_theory_are_on_the_page(html: str, every: dict[str, Table]) -> None:
    shown = set(re.findall(r'class="table" id="([\w-]+)"', html))
    assert shown <= set(every)
    wanted = {"claims", "predictions", "claims-truth", "fit-theory", "comparison-chain", "comparison-pillars",
              "sensitivity-confounding", "sensitivity-confounding-curves", "sensitivity-reliability",
              "sensitivity-orders", "robustness", "robustness-counts", "robustness-facets", "probes-slopes",
              "probes-terms", "probes-regions", "probes-surface", "probes-surface-grid"}
    assert wanted <= shown
    assert {"figure-claims", "figure-evidence-KS", "figure-robustness", "figure-probes-surface"} <= set(
        re.findall(r'<figure id="([\w-]+)"', html))


def test_what_was_left_out_is_said(results: StudyResults) -> None:
    nothing = dataclasses.replace(
        results, robustness=None, theory=(), claims=dataclasses.replace(results.claims, claims=()),
        probes=dataclasses.replace(results.probes, slopes=(), surface=None))
    page = report_html(nothing, figures=())
    for sentence in (theory.NO_CLAIMS, theory.NO_MAP, theory.NO_PROBES):
        assert sentence in page
    assert "robustness" not in {table.id for table in all_tables(nothing)}
    assert len(evidence_figures(nothing)) == 0
    assert verdict_figure(nothing) is None


def test_truth_is_shown_only_where_data_are_synthetic() -> None:
    page = report_html(example_results(synthetic=False), figures=())
    assert "True of the simulated firms" not in page
    assert "claims-truth" not in page
