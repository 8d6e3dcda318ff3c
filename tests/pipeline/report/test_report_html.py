"""The report is one well-formed file that needs nothing else and says when data are synthetic."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from instrument.model import Block, Construct, Dimension, Form, Instrument, Item, Option, ResponseScale
from pipeline.report.html import report_html, write_report
from pipeline.results import StudyResults
from pipeline.sem.fit import Diagnosis
from tests.example_results import example_figures, example_results

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """Checks nesting while reading, and keeps what the tests ask for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.alts: list[str] = []
        self.tags: list[str] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        assert len(found) == len(attrs), f"doubled attribute in <{tag}>"
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if "href" in found:
            self.links.append(found["href"])
        if tag == "img":
            self.sources.append(found["src"])
            self.alts.append(found["alt"])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def questionnaire() -> Instrument:
    """One item of each key, enough for the appendix."""
    items = (Item(id="lrar1", dimension="lrar", text="We write <down> what we learn."),
             Item(id="lrar4", dimension="lrar", text="We rarely talk.", reversed=True))
    form = Form(id="F", title="Firm", respondent="head", identifiers=("firm_id",), consent_version="1", blocks=(
        Block(id="learn", title="Learning", questions=items),
        Block(id="opt", title="More", optional=True, questions=(
            Item(id="aqsp1", dimension="lrar", text="Not asked."),)),
    ))
    return Instrument(
        name="a", version="1.0.0", title="T", summary="S", licence="L", language="en", language_name="English",
        alliance_definition="D", scales=(ResponseScale(id="agree7", points=(Option(code=1),)),), forms=(form,),
        constructs=(Construct(
            id="lr", name="Learning", definition="D", measurement="reflective", form="F", source=("S",),
            dimensions=(Dimension(id="lrar", name="Articulation", definition="D"),)),),
    )


@pytest.fixture(scope="module")
def results() -> StudyResults:
    return example_results()


@pytest.fixture(scope="module")
def html(results: StudyResults) -> str:
    return report_html(results, questionnaire(), example_figures())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def real() -> Page:
    """The report of a study whose data are not synthetic, without a questionnaire."""
    return Page(report_html(example_results(synthetic=False)))


def test_the_page_is_well_formed_and_its_ids_are_unique(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("h1") == 1
    assert all(b - a <= 1 for a, b in pairwise(page.headings))


def test_the_page_needs_no_other_file_and_no_script(html: str, page: Page) -> None:
    assert all(source.startswith(("data:image/svg+xml,", "data:image/png;base64,")) for source in page.sources)
    assert not any(set(source) & set("<>#\"") for source in page.sources)
    assert all(link.startswith("#") for link in page.links)
    assert not {"script", "link", "iframe"} & set(page.tags)
    drawn = re.compile(r'src="data:image[^"]*"')
    assert not re.search(r"url\(|@import|https?://", drawn.sub("", html))


def test_every_link_leads_somewhere(page: Page) -> None:
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert {"content", "limits", "manifest", "appendix"} <= {link[1:] for link in page.links}


def test_every_table_has_a_caption_and_heads(page: Page) -> None:
    assert page.tags.count("table") == page.tags.count("caption") == page.tags.count("thead") > 30


def test_every_figure_has_its_summary_as_alternative_text(page: Page) -> None:
    assert len(page.alts) == len(example_figures())
    assert all(len(alt) > 40 and alt.endswith(".") for alt in page.alts)


def test_the_banner_is_there_exactly_where_data_are_synthetic(page: Page, real: Page) -> None:
    assert "synthetic" in page.ids
    assert "SYNTHETIC DATA" in page.text
    assert "synthetic" not in real.ids
    assert "synthetic" not in real.text.lower()


def test_the_headline_and_every_limit_are_told(results: StudyResults, page: Page) -> None:
    for text in (results.headline.sentence, *results.headline.details, *results.headline.limits):
        assert " ".join(text.split()) in page.text


def test_no_text_says_nan_or_none_or_claims_too_much(page: Page) -> None:
    assert not re.search(r"\b(nan|None|Undefined\()\b", page.text)
    assert "***" not in page.text
    # Of claims, a page may say what the theory says, and of unmeasured causes that they are not ruled out.
    own = page.text[:page.text.index("5 · Claims of the theory")]
    assert not re.search(r"\b(prove[sdn]?|causes?|caused|causal)\b", own)
    for found in re.finditer(r"\bprove[sdn]?\b", page.text):
        assert re.search(r"\b(no|not|nothing|never)\b", page.text[found.start() - 60:found.end() + 20]), found


def test_undefined_cells_are_explained_below_their_table(page: Page) -> None:
    assert "Undefined because 3 of 200 draws did not converge." in page.text


def test_wording_comes_from_the_questionnaire_and_is_escaped(html: str, page: Page, real: Page) -> None:
    assert "We write &lt;down&gt; what we learn." in html
    assert "reversed" in page.text
    assert "Not asked." not in page.text
    assert "wording-items" not in real.ids


def test_text_from_the_study_cannot_become_markup(results: StudyResults) -> None:
    hostile = dataclasses.replace(
        results, flow=(), models=(), factor_analyses=(), decay=(),
        manifest=dataclasses.replace(results.manifest, title="<script>x</script>"))
    assert "<script>" not in report_html(hostile, figures=())


def test_a_study_that_failed_still_has_a_report(results: StudyResults) -> None:
    run = results.model("M1")
    failed = dataclasses.replace(run, bootstrap=None, joint=(), fit=dataclasses.replace(
        run.fit, converged=False, indices=None,
        diagnoses=(Diagnosis("not-converged", "no convergence in 500 iterations"),)))
    bare = dataclasses.replace(
        results, models=(*results.models[:4], failed), decay=(), known_truth=(), failures=(), factor_analyses=())
    page = Page(report_html(bare, figures=()))
    text = page.text
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert "M1 (screened) did not converge; its numbers are not to be used." in text
    assert "no convergence in 500 iterations" in text


def test_estimation_is_told_as_it_was_done(page: Page) -> None:
    for words in ("full-information maximum likelihood, robust (sandwich) standard errors",
                  "cluster-robust (sandwich) standard errors (alliances clustered by firm", "missing at random",
                  "Second opinion"):
        assert words in page.text, words
    for words in ("treated as independent", "complete on every variable", "computed by semopy"):
        assert words not in page.text


def test_an_estimate_that_differs_in_the_second_opinion_is_not_folded_away(html: str) -> None:
    assert '<div class="table" id="crosscheck-capability-screened">' in html
    assert '<details class="table" id="crosscheck-M1-screened">' in html


def test_the_file_is_written_where_asked_and_twice_the_same(results: StudyResults, tmp_path: Path) -> None:
    path = write_report(results, tmp_path / "new", figures=example_figures())
    assert path == tmp_path / "new" / "report.html"
    assert path.read_text(encoding="utf-8") == report_html(results, figures=example_figures())
