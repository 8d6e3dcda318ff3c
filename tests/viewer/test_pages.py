"""Each page on example results: what it must say, what it lets one choose, what it hands over."""

from __future__ import annotations

import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipeline.report.tables import Column, Table, all_tables, write_csv
from pipeline.results import write_results
from pipeline.sem.fit import Diagnosis
from tests.example_results import GAPS, example_results
from viewer import parts, source

APP = Path(__file__).resolve().parents[2] / "app.py"
PAGES = ("overview", "claims", "instrument", "data_quality", "reliability", "invariance", "model", "robustness",
         "provenance")


def app(monkeypatch: pytest.MonkeyPatch, root: Path, **query: str) -> AppTest:
    """The viewer as started with ``streamlit run app.py -- ROOT``."""
    monkeypatch.setattr("sys.argv", ["app.py", str(root)])
    return run(AppTest.from_file(str(APP), default_timeout=60), query)


def page(name: str, folder: Path, **query: str) -> AppTest:
    """One page alone (AppTest cannot click through pages that are functions; the browser walk does)."""
    script = (f"from pathlib import Path\nfrom viewer import {name}, source\n"
              f"{name}.show(source.load(Path({str(folder)!r})))")
    return run(AppTest.from_string(script, default_timeout=60), query)


def run(test: AppTest, query: dict[str, str]) -> AppTest:
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception, test.exception[0].message
    return test


def text(test: AppTest) -> str:
    """Everything a page says, HTML included; escapes taken away."""
    kinds = (test.title, test.header, test.subheader, test.markdown, test.caption, test.warning, test.info, test.error)
    words = [element.value for kind in kinds for element in kind]
    return "\n".join([*words, *(unescape(element.value) for element in test.get("html"))]).replace("\\", "")


def asked(test: AppTest) -> str:
    """The questionnaire's part of the page alone."""
    return unescape("".join(e.value for e in test.get("html") if e.value.startswith('<div lang="')))


def files(test: AppTest) -> list[str]:
    return [button.proto.label for button in test.get("download_button")]


# -- the whole ------------------------------------------------------------------------------------


def test_the_overview_opens_first_and_leads_with_the_headline(
    monkeypatch: pytest.MonkeyPatch, results_root: Path,
) -> None:
    test = app(monkeypatch, results_root)
    shown, results = text(test), example_results()
    assert test.title[0].value.replace("\\", "") == results.manifest.title
    assert results.headline.sentence in shown
    assert "SYNTHETIC DATA" in shown
    assert all(limit in shown for limit in results.headline.limits)
    assert "Serial effect on capability" in shown
    assert test.sidebar.selectbox[0].options == ["first", "second"]


def test_a_link_chooses_the_results_folder(monkeypatch: pytest.MonkeyPatch, results_root: Path) -> None:
    assert app(monkeypatch, results_root, results="second").sidebar.selectbox[0].value == "second"


def test_a_link_to_a_folder_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch, results_root: Path) -> None:
    test = app(monkeypatch, results_root, results="gone")
    assert "there is no “gone” here; showing first" in text(test)
    assert test.query_params["results"] == "first"


def test_a_single_results_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, results_root: Path) -> None:
    assert app(monkeypatch, results_root / "second").sidebar.selectbox[0].options == ["second"]


def test_without_results_the_page_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    test = app(monkeypatch, tmp_path / "nowhere")
    assert test.title[0].value == "No results yet"
    assert "python3 tasks.py run" in [code.value for code in test.code]


@pytest.mark.parametrize("name", ["results.json", "instrument.json", "figures/index.json"])
@pytest.mark.parametrize("content", ["{", '{"title": 1}'])
def test_a_broken_folder_is_explained(
    monkeypatch: pytest.MonkeyPatch, results_root: Path, tmp_path: Path, name: str, content: str,
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(results_root / "first", folder)
    (folder / name).write_text(content, encoding="utf-8")
    test = app(monkeypatch, folder)
    assert test.title[0].value == "This results folder cannot be read"
    assert "RESULTS-FORMAT" in text(test)
    assert name.split("/")[-1] in text(test)
    assert "What to do" in text(test)


def test_a_folder_without_its_instrument_is_explained(
    monkeypatch: pytest.MonkeyPatch, results_root: Path, tmp_path: Path,
) -> None:
    folder = tmp_path / "half"
    shutil.copytree(results_root / "first", folder, ignore=shutil.ignore_patterns("instrument.json"))
    assert "RESULTS-MISSING" in text(app(monkeypatch, folder))


# -- every page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_table_of_a_page_has_its_download(name: str, results_root: Path) -> None:
    test = page(name, results_root / "first")
    shown = sum('class="am-table"' in element.value for element in test.get("html"))
    assert shown or name == "instrument"
    assert files(test).count("Download table (CSV)") >= shown


@pytest.mark.parametrize(("name", "pictures"), [("overview", 2), ("reliability", 2), ("invariance", 2),
                                               ("model", 4), ("robustness", 4)])
def test_every_figure_says_its_sentence_as_text_and_as_alternative(
    name: str, pictures: int, results_root: Path,
) -> None:
    test = page(name, results_root / "first")
    shown = [image for element in test.get("image") for image in element.proto.imgs]
    assert len(shown) == pictures
    loaded = source.load(results_root / "first")
    known = {f"{entry.title}. {entry.summary}": entry.summary for entry in loaded.figures.values()}
    for image in shown:
        assert known[image.alt] in text(test)
    assert files(test).count("Download figure (SVG)") == pictures


@pytest.mark.parametrize("name", [name for name in PAGES if name != "instrument"])
def test_synthetic_data_are_called_so(name: str, results_root: Path) -> None:
    assert "SYNTHETIC DATA" in text(page(name, results_root / "first"))


def test_all_tables_of_the_report_are_reachable(results_root: Path) -> None:
    loaded = source.load(results_root / "first")
    seen: set[str] = set()
    for name in PAGES:
        queries: list[dict[str, str]] = [{}]
        if name == "model":
            queries = [{"model": run.id, "rows": run.rows} for run in (*loaded.results.models, *loaded.results.theory)]
        for query in queries:
            shown = page(name, loaded.folder, **query)
            seen |= {button.proto.id.split(" ")[-1].removesuffix(".csv") for button in shown.get("download_button")}
    assert set(loaded.tables) <= seen


# -- single pages ---------------------------------------------------------------------------------


def test_switching_the_language_changes_the_wording(results_root: Path) -> None:
    test = page("instrument", results_root / "first")
    assert "Your firm and its alliances" in text(test)
    test.selectbox(key="language").select("es").run()
    questions = source.load(results_root / "first").instrument
    assert questions.text("form.F.title", "es") in text(test)
    assert "Your firm and its alliances" not in text(test)
    assert "draft translation" in test.warning[0].value
    assert test.query_params["language"] == "es"


def test_a_link_opens_the_form_asked_for(results_root: Path) -> None:
    shown = asked(page("instrument", results_root / "first", form="A", language="en"))
    questions = source.load(results_root / "first").instrument
    assert all(question.text.strip() in shown for _, question in questions.form("A").questions())
    assert questions.items("lrar")[0].text not in shown


def test_optional_blocks_are_marked_off(results_root: Path) -> None:
    labels = [expander.label.replace("\\", "") for expander in page("instrument", results_root / "first").expander]
    optional = [block for block in source.load(results_root / "first").instrument.form("F").blocks if block.optional]
    assert sum("optional block, not asked in this study" in label for label in labels) == len(optional) > 0


def test_routing_is_said_in_words(results_root: Path) -> None:
    shown = text(page("instrument", results_root / "first"))
    assert "only if</span> “Does your firm have a team whose main job is to look after its alliances" in shown


def test_researchers_see_the_keys(results_root: Path) -> None:
    respondents = asked(page("instrument", results_root / "first"))
    researchers = asked(page("instrument", results_root / "first", **{"seen-by": "researchers"}))
    assert "lrar4 · Alliance learning processes: Articulation · reversed" in researchers
    assert "lrar4" not in respondents


def test_one_form_of_the_data_can_be_seen_alone(results_root: Path) -> None:
    both = text(page("data_quality", results_root / "first"))
    firms = text(page("data_quality", results_root / "first", responses="F"))
    assert '<th scope="row" class="text">Form A (alliance)</th>' in both
    assert '<th scope="row" class="text">Form A (alliance)</th>' not in firms
    assert "IPAddress" in firms


def test_a_scale_shows_its_items_in_the_respondents_words(results_root: Path) -> None:
    shown = text(page("reliability", results_root / "first", scale="amco"))
    questions = source.load(results_root / "first").instrument
    assert all(item.text in shown for item in questions.items("amco"))
    assert "Items of Coordination and conflict" in shown


def test_a_model_is_chosen_by_link_with_its_rows(results_root: Path) -> None:
    test = page("model", results_root / "first", model="pillars", rows="all respondents")
    assert test.selectbox(key="model").value == "pillars"
    assert "Loadings: pillars, all respondents" in text(test)
    assert "Bootstrap distribution" not in text(test)


def test_the_model_page_tells_effects_sensitivity_and_truth(results_root: Path) -> None:
    shown = text(page("model", results_root / "first"))
    for words in ("Bootstrap distribution of the serial effect", "Effects with and without the exclusions",
                  "Known truth and its estimate", "< .001"):
        assert words in shown


def test_the_model_page_tells_how_it_was_estimated_and_the_second_opinion(results_root: Path) -> None:
    shown = text(page("model", results_root / "first"))
    for words in ("robust (sandwich) standard errors", f"{GAPS} of them with gaps", "scaled χ²(",
                  "Second opinion", "semopy 2.3.11 finds the same"):
        assert words in shown
    pillars = text(page("model", results_root / "first", model="pillars"))
    assert "alliances clustered by firm" in pillars
    assert "There is no second opinion on pillars" in pillars


def test_diagnoses_are_shown_as_such(results_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "doubtful"
    shutil.copytree(results_root / "first", folder)
    results = example_results()
    found = (Diagnosis("few-cases", "There are few firms."), Diagnosis("note", "A remark."))
    models = tuple(replace(run, fit=replace(run.fit, diagnoses=found)) for run in results.models)
    write_results(replace(results, models=models), folder)
    test = page("model", folder)
    assert [element.value.replace("\\", "") for element in test.warning] == ["**Few cases.** There are few firms."]
    assert [element.value.replace("\\", "") for element in test.info] == ["**Note.** A remark."]


def test_provenance_says_how_to_run_it_again(results_root: Path) -> None:
    test = page("provenance", results_root / "first")
    manifest = example_results().manifest
    assert any(f"--seed {manifest.seed}" in code.value for code in test.code)
    assert manifest.plan_sha256 in text(test)
    assert "Download the manifest (JSON)" in files(test)


# -- parts ----------------------------------------------------------------------------------------


def test_downloads_are_the_folder_s_own_files(results_root: Path, tmp_path: Path) -> None:
    for table in all_tables(example_results()):
        assert parts.csv_of(table) == write_csv(table, tmp_path / "t.csv").read_bytes()
        assert parts.csv_of(table) == (results_root / "first" / "tables" / f"{table.id}.csv").read_bytes()


def test_cells_from_outside_cannot_become_html() -> None:
    table = Table("t", "T", (Column("a", "A"),), (("<script>alert(1)</script>",),), "s")
    assert "<script>" not in parts.table_html(table)
    assert "&lt;script&gt;" in parts.table_html(table)


def test_words_from_outside_cannot_become_markdown() -> None:
    assert parts.escape("a_b *c* [d](e) $x$ :red[f]") == r"a\_b \*c\* \[d\]\(e\) \$x\$ \:red\[f\]"

