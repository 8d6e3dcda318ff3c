"""Rehearsals in every platform's export form, of two versions and three languages; and the plan that goes along."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import yaml
from simulated import SAMPLE
from typer.testing import CliRunner

from instrument import store
from instrument.errors import InputError
from instrument.fielding import platforms
from instrument.fielding.platforms import ANSWERS, answers
from pipeline.cli import app
from pipeline.instruments import instrument_of
from pipeline.intake import take_in, versions_taken_in
from pipeline.power import rehearsal_files
from pipeline.power.interviews import simulate, simulate_versions
from pipeline.power.population import load_population
from pipeline.power.rehearsal import rehearse
from pipeline.power.rehearsed_plan import with_values
from pipeline.power.truth import TrueValue
from pipeline.prepare import check_forms
from pipeline.study import load_plan

OLD, NEW = "1.0.0", "1.1.0"
FOREIGN = Path(__file__).resolve().parents[2] / "foreign" / "ipip" / "study"
FIRMS = 24
CARRY_WORDS = ("html", "spss")
"""Whose one file says what the codes mean."""

POPULATION = """
base: {base}
variables:
  language:
    shares_given: {{250: {{fr: 1.0}}, 56: {{fr: 1.0}}, 276: {{fr: 1.0}}, 826: {{fr: 1.0}}}}
truth: {{firms: 1000}}
"""


@pytest.fixture(autouse=True)
def _quick_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is true is tested elsewhere, and takes a while."""
    monkeypatch.setattr("pipeline.power.rehearsal.true_values", lambda *_: {"a1": TrueValue(0.1, 0.2, 0.0, 0.0)})


def study_of_two_versions(folder: Path, **changed: Any) -> Path:
    """The sample's plan with both versions and French."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (SAMPLE / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("instrument: 1.0.0", f"instrument: {NEW}\nfurther_versions: [{OLD}]  # the pilot")
    text = text.replace("languages: [en, es]", "languages: [en, es, fr]")
    (folder / "study.yaml").write_text(with_values(text, changed), encoding="utf-8")
    (folder / "population.yaml").write_text(
        POPULATION.format(base=json.dumps(str(SAMPLE / "population.yaml"))), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study_of_two_versions(tmp_path_factory.mktemp("study"))


def read(folder: Path) -> dict[str, Any]:
    plan = load_plan(folder)
    instrument = instrument_of(folder, plan)
    check_forms(plan, instrument, folder)
    versions = versions_taken_in(folder, plan, instrument)
    return {form: take_in(folder, plan, versions, form) for form in plan.forms}


# -- every platform ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ANSWERS)
def test_a_study_rehearsed_for_a_platform_can_be_read_at_once(study: Path, platform: str, tmp_path: Path) -> None:
    found = rehearse(study, n=FIRMS, platform=platform, seed=3, out=tmp_path)
    plan = load_plan(tmp_path)
    assert {source.platform for source in plan.sources} == {platform}
    assert plan.model_dump(exclude={"forms"}) == load_plan(study).model_dump(exclude={"forms"})
    if platform != "qualtrics":  # the study's own plan names these
        assert {source.file for source in plan.sources} == {f"{stem}{answers(platform).SUFFIX}"
                                                            for stem in ("firm", "alliance")}
    rows = {one.form: one.rows for one in found.answers if one.export == "codes"}
    for form, intake in read(tmp_path).items():
        assert intake.failures == ()
        assert len(intake.responses.values) == rows[form] >= FIRMS - 4
        stamps = intake.responses.meta["instrument_version"].value_counts()
        assert abs(stamps[OLD] - stamps[NEW]) <= 1
        for reading, source in zip(intake.readings, plan.forms[form], strict=True):
            assert reading.unknown_columns == ()
            verified = reading.label_check.startswith("verified")
            assert verified == bool(source.labels) or platform in CARRY_WORDS
            if platform in rehearsal_files.PERSONAL or platform == "qualtrics":
                assert sum(reading.dropped_personal.values()) >= reading.rows


def test_the_same_answers_give_the_same_bytes_on_every_platform(study: Path, tmp_path: Path) -> None:
    versions = (store.load(OLD), store.load(NEW))
    forms = simulate_versions(load_population(study), versions, n=4, seed=3)
    for platform in ANSWERS:
        sources = rehearsal_files.sources_for(load_plan(study), platform, versions[1])
        once, again = (rehearsal_files.write_forms(forms, versions, sources, tmp_path / platform / name)[1]
                       for name in ("a", "b"))
        assert len(once) == len(again) >= 2
        for one, other in zip(once, again, strict=True):
            assert one.path.read_bytes() == other.path.read_bytes(), one.path


def test_a_foreign_study_goes_to_another_platform(tmp_path: Path) -> None:
    rehearse(FOREIGN, n=20, platform="limesurvey", seed=3, out=tmp_path)
    assert [source.file for source in load_plan(tmp_path).sources] == ["form_p.csv"]
    assert len(read(tmp_path)["P"].responses.values) == 20


# -- versions and languages ---------------------------------------------------------------------------------


@cache
def two_versions() -> dict[str, Any]:
    """By form: the mixed rehearsal, and the same people all asked one version."""
    population, versions = load_population(SAMPLE), (store.load(OLD), store.load(NEW))
    mixed = simulate_versions(population, versions, n=80, seed=5)
    alone = {version.version: simulate(population, version, n=80, seed=5) for version in versions}
    return {form.form: SimpleNamespace(
        mixed=form, **{f"v{name[0]}{name[2]}": next(f for f in forms if f.form == form.form)
                       for name, forms in alone.items()}) for form in mixed}


def test_the_older_version_is_asked_first(study: Path, tmp_path: Path) -> None:
    for form in two_versions().values():
        meta = form.mixed.meta
        starts = {version: meta.loc[meta["instrument_version"] == version, "started"] for version in (OLD, NEW)}
        assert starts[OLD].max() <= starts[NEW].min()
        assert abs(len(starts[OLD]) - len(starts[NEW])) <= 1


@pytest.mark.parametrize("form", ["F", "A"])
def test_the_same_people_answer_whichever_version_they_are_asked(form: str) -> None:
    found = two_versions()[form]
    asked_new = found.mixed.meta["instrument_version"] == NEW
    unchanged = [question for question in found.v10.cells if not question.startswith("efst")]
    for version, rows in ((found.v10, ~asked_new), (found.v11, asked_new)):
        pd.testing.assert_frame_equal(found.mixed.cells.loc[rows, unchanged], version.cells.loc[rows, unchanged])
        pd.testing.assert_frame_equal(found.mixed.meta[rows], version.meta[rows])


def test_an_added_item_changes_nobodys_answers_to_the_others() -> None:
    """One item more makes each single item of a scale with a stated reliability worse; it must not, by version."""
    found = two_versions()["A"]
    old = found.mixed.meta["instrument_version"] == OLD
    items = ["efst1", "efst2", "efst3"]
    pd.testing.assert_frame_equal(found.mixed.cells.loc[old, items], found.v11.cells.loc[old, items])
    assert set(found.mixed.cells.loc[old, "efst4"]) == {""}
    assert found.mixed.cells.loc[~old, "efst4"].ne("").mean() > 0.8


def test_who_speaks_a_language_that_their_version_lacks_answers_in_the_base_language(
    study: Path, tmp_path: Path
) -> None:
    found = rehearse(study, n=60, platform="csv", seed=3, out=tmp_path)
    told = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["respondents"]
    for form in ("F", "A"):
        table = pd.read_csv(tmp_path / {"F": "firm.csv", "A": "alliance.csv"}[form], dtype=str)
        assert set(table.loc[table["instrument_version"] == OLD, "language"]) == {"en", "es"}
        assert set(table.loc[table["instrument_version"] == NEW, "language"]) == {"en", "es", "fr"}
        (counted,) = told[form]["asked in the base language"]
        assert (counted["version"], counted["speaks"]) == (OLD, "fr")
        assert counted["respondents"] > 3
        assert any(f"Form {form}: {counted['respondents']} who speak fr" in note for note in found.notes)
    assert told["F"]["versions"] == {OLD: 30, NEW: 30}


def test_one_version_is_told_as_it_always_was(tmp_path: Path) -> None:
    for name in ("study.yaml", "population.yaml"):
        (tmp_path / name).write_bytes((SAMPLE / name).read_bytes())
    rehearse(tmp_path, n=5, seed=1, out=tmp_path)
    told = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    stored = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    assert set(told) == set(stored)
    assert set(told["respondents"]["F"]) == set(stored["respondents"]["F"])


def test_a_language_of_the_plan_that_nobody_speaks_is_told(study: Path, tmp_path: Path) -> None:
    folder = study_of_two_versions(tmp_path / "study")
    (folder / "population.yaml").write_text(f"base: {json.dumps(str(SAMPLE / 'population.yaml'))}", encoding="utf-8")
    found = rehearse(folder, n=20, seed=1, out=tmp_path / "out")
    assert [note for note in found.notes if "nobody answered in fr" in note]


def test_a_scale_with_another_number_of_points_needs_other_cuts(tmp_path: Path) -> None:
    folder = study_of_two_versions(tmp_path)
    text = (folder / "population.yaml").read_text(encoding="utf-8")
    (folder / "population.yaml").write_text(f"{text}answering: {{cuts: {{agree7: [-1.0, 1.0]}}}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"POPULATION-CUTS.*agree7"):
        rehearse(folder, n=5, seed=1, out=tmp_path / "out")


# -- files --------------------------------------------------------------------------------------------------


def test_a_platform_with_a_survey_a_version_gets_a_file_for_each(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv = answers("csv")

    def one_version_a_file(path: Path, instruments: Any, *rest: Any, **options: Any) -> None:
        if isinstance(instruments, list):
            raise ValueError("their questions have other ids")
        csv.write(path, instruments, *rest, **options)

    strict = SimpleNamespace(SUFFIX=".csv", write=one_version_a_file)
    monkeypatch.setattr("pipeline.power.rehearsal_files.answers", lambda _: strict)
    found = rehearse(study, n=FIRMS, platform="csv", seed=3, out=tmp_path)
    assert [source.file for source in load_plan(tmp_path).forms["F"]] == ["firm_1.0.0.csv", "firm_1.1.0.csv"]
    assert {one.path.name: one.versions for one in found.answers if one.form == "F" and one.export == "codes"} == {
        "firm_1.0.0.csv": {OLD: FIRMS // 2}, "firm_1.1.0.csv": {NEW: FIRMS // 2}}
    assert sorted(path.name for path in tmp_path.glob("firm*")) == [
        "firm_1.0.0.csv", "firm_1.1.0.csv", "firm_labels_1.0.0.csv", "firm_labels_1.1.0.csv"]
    monkeypatch.setattr("pipeline.power.rehearsal_files.answers", platforms.answers)
    assert read(tmp_path)["F"].failures == ()


def test_files_that_state_a_version_get_its_rows(tmp_path: Path) -> None:
    waves = [{"platform": "csv", "file": "new.csv", "version": NEW}, {"platform": "odk", "file": "old.csv"}]
    study = study_of_two_versions(tmp_path / "study", forms={"F": waves})
    rehearse(study, n=10, seed=1, out=tmp_path / "out")
    assert (tmp_path / "out" / "study.yaml").read_text("utf-8") == (study / "study.yaml").read_text("utf-8")
    assert [reading.versions for reading in read(tmp_path / "out")["F"].readings] == [{NEW: 5}, {OLD: 5}]


def test_several_files_share_the_respondents(tmp_path: Path) -> None:
    """Two waves on two platforms: the first is the older version's, and nobody stands in both."""
    waves = [{"platform": "limesurvey", "file": "wave1.csv"}, {"platform": "surveyjs", "file": "wave2.json"}]
    rehearse(study_of_two_versions(tmp_path, forms={"F": waves}), n=11, seed=1, out=tmp_path)
    intake = read(tmp_path)["F"]
    assert [reading.versions for reading in intake.readings] == [{OLD: 6}, {NEW: 5}]
    assert intake.failures == ()
    assert intake.responses.meta["firm_id"].nunique() == 11


def test_a_version_without_a_file_is_not_asked(tmp_path: Path) -> None:
    waves = [{"platform": "csv", "file": "new.csv", "version": NEW}]
    rehearse(study_of_two_versions(tmp_path, forms={"F": waves}), n=10, seed=1, out=tmp_path)
    assert [reading.versions for reading in read(tmp_path)["F"].readings] == [{NEW: 10}]


def test_the_plans_own_files_are_kept_where_the_platform_is_the_plans(study: Path, tmp_path: Path) -> None:
    for platform in (None, "qualtrics"):
        rehearse(study, n=5, platform=platform, seed=1, out=tmp_path / str(platform))
        assert load_plan(tmp_path / str(platform)).forms == load_plan(study).forms


@pytest.mark.parametrize(("code", "options", "changed"), [
    ("REHEARSE-PLATFORM", {"platform": "fax"}, {}),
    ("REHEARSE-PLACE", {"platform": "kobo"}, {}),
    ("REHEARSE-LABELS", {}, {"forms": {"F": {"platform": "html", "file": "f.jsonl", "labels": "l.jsonl"}}}),
    ("STUDY-LANGUAGE", {}, {"languages": ["en", "es", "fr", "de"]}),
    ("POPULATION-LANGUAGE", {}, {"languages": ["en", "es"]}),
])
def test_what_cannot_be_rehearsed_says_why_and_writes_nothing(
    code: str, options: dict[str, str], changed: dict[str, Any], tmp_path: Path
) -> None:
    study = study_of_two_versions(tmp_path, **changed)
    before = {path.name: path.read_bytes() for path in study.iterdir()}
    with pytest.raises(InputError) as raised:
        rehearse(study, n=10, seed=1, out=study, **options)  # type: ignore[arg-type]
    assert code in {finding.code for finding in raised.value.findings}
    assert {path.name: path.read_bytes() for path in study.iterdir()} == before


def test_somebodys_data_under_the_new_names_are_not_overwritten(study: Path, tmp_path: Path) -> None:
    name = f"alliance{answers('html').SUFFIX}"
    (tmp_path / name).write_text("real", encoding="utf-8")
    with pytest.raises(InputError, match="REHEARSE-OVERWRITE"):
        rehearse(study, n=5, platform="html", seed=1, out=tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8") == "real"
    assert not (tmp_path / "study.yaml").exists()


# -- the plan's text ----------------------------------------------------------------------------------------

PLAN = """\
# before
forms:   # where
{indent}# ours
{indent}F: {{platform: qualtrics, file: firm.csv}}   # firms
{indent}A:
{indent}  - platform: csv     # a wave
{indent}    file: a.csv
{indent}  - {{platform: csv, file: "b.csv"}}

  # behind
seed: 1  # seed
synthetic: false # not yet
"""


@pytest.mark.parametrize("indent", ["  ", "    "])
@pytest.mark.parametrize("forms", [
    {"F": {"platform": "kobo", "file": "ñ, 1.csv"}, "NO": [{"platform": "odk", "file": "#a.csv", "version": "1.0.0"}]},
])
def test_other_values_leave_the_rest_of_a_plan_alone(indent: str, forms: dict[str, Any]) -> None:
    text = PLAN.format(indent=indent)
    found = with_values(text, {"forms": forms, "synthetic": True})
    assert yaml.safe_load(found) == {**yaml.safe_load(text), "forms": forms, "synthetic": True}
    for kept in ("# before\n", "forms:   # where\n", "# ours\n", "\n\n  # behind\nseed: 1  # seed\n",
                 "synthetic: true # not yet\n"):
        assert kept in found


def test_a_plan_in_one_line_stays_in_one_line() -> None:
    found = with_values("{title: x, forms: {F: {file: a}}, seed: 1}", {"forms": {"F": {"file": "b"}}})
    assert found == "{title: x, forms: {F: {file: b}}, seed: 1}"


def test_a_plan_whose_values_hang_together_is_refused(tmp_path: Path) -> None:
    study = study_of_two_versions(tmp_path / "study")
    text = (study / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("file: firm.csv", "file: &name firm.csv").replace("seed: 20261122", "title: *name\nseed: 1")
    (study / "study.yaml").write_text(text.replace("title: Alliance", "# title: Alliance", 1), encoding="utf-8")
    assert load_plan(study).title == "firm.csv"
    with pytest.raises(InputError, match="REHEARSE-PLAN"):
        rehearse(study, n=5, platform="kobo", seed=1, out=tmp_path / "out")


# -- on the command line ------------------------------------------------------------------------------------


def test_the_command_says_what_is_in_each_file(study: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["rehearse", str(study), "--n", "20", "--platform", "kobo", "--out", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert "SYNTHETIC answers of 20 firms" in ran.output
    assert "firm.csv: form F, kobo, 20 responses (1.0.0: 10, 1.1.0: 10; " in ran.output
    assert "firm_labels.csv: form F, kobo in words" in ran.output
    assert "who speak fr were asked 1.0.0 in its base language" in ran.output
    assert f"alliometrics run {tmp_path}" in ran.output
