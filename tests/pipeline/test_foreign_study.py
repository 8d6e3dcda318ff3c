"""Another's instrument, ten items of a personality inventory, from its questionnaire to the last page of the viewer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pingouin
import pytest
import yaml
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from instrument import store
from instrument.errors import InputError
from instrument.model import Construct, Dimension, Form, Instrument
from instrument.rules import check
from instrument.rules.registry import HOUSE
from pipeline.analyses import scale_reliability
from pipeline.cli import app
from pipeline.data.aggregation import unit_of
from pipeline.data.scoring import score
from pipeline.data.sheet import Sheet
from pipeline.estimation import needed_variables
from pipeline.instruments import instrument_of
from pipeline.models import ALL_MODELS, BALANCE, MEDIATION, MODELS, SYNERGY, THEORY
from pipeline.power.rehearsal import rehearse
from pipeline.prepare import prepare
from pipeline.publish import publish
from pipeline.questions import lacking, level_frames, questions_for
from pipeline.results import EVERYONE, SCREENED, StudyResults, read_results
from pipeline.run import run_study
from pipeline.study import StudyPlan, load_plan
from pipeline.undefined import Undefined

FOREIGN = Path(__file__).resolve().parents[1] / "foreign" / "ipip"
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
RELIABLE = {"ext": 0.86, "neu": 0.80}
"""What population.yaml says, before answers are rounded to five points."""
REVERSED = {"ext": ("ext4", "ext5"), "neu": ("neu4", "neu5")}


@dataclass(frozen=True)
class Ran:
    """A rehearsed study, what a run of it found, and the folder of its results."""

    study: Path
    results: StudyResults
    folder: Path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    root = tmp_path_factory.mktemp("foreign")
    rehearse(FOREIGN / "study", n=300, seed=5, out=root / "study")
    results = run_study(root / "study", draws=40)
    publish(results, root / "results", root / "study")
    return Ran(root / "study", results, root / "results")


@pytest.fixture(scope="module")
def shown(ran: Ran) -> str:
    """The report's words."""
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    return " ".join(unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.S)).split())


# -- the questionnaire --------------------------------------------------------------------------------


def test_it_is_written_in_some_twenty_lines_and_breaks_rules_of_our_house_only() -> None:
    lines = (FOREIGN / "instrument.yaml").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 25
    assert all(len(line) <= 120 for line in lines)
    assert yaml.load("\n".join(lines), yaml.SafeLoader)["name"] == "ipip10"  # also without libyaml, which is kinder
    found = check(store.load_folder(FOREIGN))
    assert {finding.severity for finding in found} == {"warning"}
    assert {"FORM-CONSENT", "FORM-ATTENTION", "FORM-IDENTIFIERS"} <= {finding.code for finding in found}


def test_a_rule_of_the_house_still_binds_the_house() -> None:
    ours = store.load_folder(FOREIGN).model_copy(update={"name": HOUSE})
    assert "FORM-CONSENT" in {finding.code for finding in check(ours) if finding.severity == "error"}


def test_what_is_left_out_is_empty_or_follows_from_what_is_there() -> None:
    found = store.load_folder(FOREIGN)
    form, ext = found.form("P"), found.constructs[0]
    assert (form.title, found.language_name) == (found.title, "en")
    assert ext.dimensions == (Dimension(id="ext", name=ext.name, definition=ext.definition, source=ext.source),)
    assert (found.summary, form.respondent, form.identifiers, form.consent_version) == ("", "", (), "")
    assert "instrument.alliance_definition" not in found.strings()


@pytest.mark.parametrize(("name", "good"), [("P", True), ("Self1", True), ("p", False), ("1P", False), ("P_1", False),
                                            ("TooLongAnId", False), ("", False)])
def test_a_form_is_named_by_a_capital_and_a_few_letters(name: str, good: bool) -> None:
    raw = {"id": name, "blocks": []}
    if good:
        assert Form.model_validate(raw).id == name
        assert Construct(id="x", name="X", form=name).form == name
    else:
        with pytest.raises(ValueError, match="pattern"):
            Form.model_validate(raw)


@pytest.mark.parametrize(("identifiers", "unit"), [
    (("firm_id", "informant_id"), "firm"), (("firm_id", "alliance_id"), "alliance"), ((), "respondent"),
    (("class_id",), "respondent"),
])
def test_identifiers_say_what_a_row_is_about(identifiers: tuple[str, ...], unit: str) -> None:
    assert unit_of(Form(id="P", identifiers=identifiers, blocks=())) == unit


# -- which instrument a plan names --------------------------------------------------------------------


def planned(stated: str) -> StudyPlan:
    return load_plan(FOREIGN / "study").model_copy(update={"instrument": stated})


def test_a_plan_names_a_release_or_a_folder() -> None:
    assert instrument_of(FOREIGN / "study", planned("..")).name == "ipip10"
    assert instrument_of(FOREIGN / "study", planned("1.0.0")) is store.load("1.0.0")


def put(folder: Path, change: Callable[[str], str]) -> Path:
    """The instrument, changed, in a folder of its own."""
    folder.mkdir()
    text = (FOREIGN / "instrument.yaml").read_text(encoding="utf-8")
    assert change(text) != text
    (folder / "instrument.yaml").write_text(change(text), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("stated", "change", "code", "place"), [
    ("nowhere", None, "INSTRUMENT-FOLDER", "study.yaml, key instrument"),
    ("it", lambda text: text.replace("id: ext2", "id: ext1"), "QUESTION-DUPLICATE", "1.0.0/instrument.yaml: form P"),
    ("it", lambda text: text.replace("reversed: true", "reversd: true", 1), "INSTRUMENT-SHAPE", "questions[ext4]"),
    ("it", lambda text: text.replace("{id: P,", "{id: P, identifiers: [alliance_id],"), "INSTRUMENT-IDENTIFIERS",
     "form P, identifiers"),
])
def test_an_instrument_that_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, stated: str, change: Callable[[str], str] | None, code: str, place: str,
) -> None:
    if change is not None:
        put(tmp_path / "it", change)
    with pytest.raises(InputError) as raised:
        instrument_of(tmp_path, planned(stated))
    assert any(finding.code == code and place in finding.place for finding in raised.value.findings)
    assert all(finding.fix for finding in raised.value.findings)


# -- rehearsal ----------------------------------------------------------------------------------------


def test_a_rehearsed_study_carries_its_questionnaire_along(ran: Ran) -> None:
    plan = load_plan(ran.study)
    assert plan.synthetic
    assert store.canonical(instrument_of(ran.study, plan)) == store.canonical(store.load_folder(FOREIGN))
    assert {path.name for path in (ran.study / plan.instrument).iterdir()} == {"instrument.yaml", "es.yaml"}


def test_nobody_is_given_a_firm(ran: Ran) -> None:
    header = (ran.study / "answers.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert "instrument_version" in header
    assert not {"firm_id", "alliance_id", "informant_id"} & set(header)
    assert {respondent.firm_id for respondent in ran.results.respondents} == {""}


# -- what was found -----------------------------------------------------------------------------------


def answers(ran: Ran, dimension: str) -> pd.DataFrame:
    """A scale's keyed answers of the respondents kept, as pandas alone reads them from the export."""
    raw = pd.read_csv(ran.study / "answers.csv", skiprows=[1, 2], encoding="utf-8-sig").set_index("ResponseId")
    kept = [respondent.response_id for respondent in ran.results.respondents if not respondent.excluded]
    items = raw.loc[kept, [f"{dimension}{n}" for n in range(1, 6)]].dropna()
    return items.assign(**{item: 6 - items[item] for item in REVERSED[dimension]})


@pytest.mark.parametrize("dimension", ["ext", "neu"])
def test_reliability_is_pingouins_and_near_the_populations(ran: Ran, dimension: str) -> None:
    found = next(scale for scale in ran.results.reliability if scale.name == dimension)
    theirs = answers(ran, dimension)
    assert found.n == len(theirs)
    assert found.alpha == pytest.approx(pingouin.cronbach_alpha(theirs)[0], abs=1e-10)
    assert found.omega == pytest.approx(RELIABLE[dimension], abs=0.05)
    assert found.reversed_items == REVERSED[dimension]
    described = next(variable for variable in ran.results.variables if variable.variable == dimension)
    assert described.mean == pytest.approx(theirs.mean(axis=1).mean(), abs=1e-10)


def test_the_headline_is_the_measurement_model_of_its_scales(ran: Ran) -> None:
    run = ran.results.model("measurement")
    assert [(one.id, one.rows) for one in ran.results.models] == [("measurement", SCREENED), ("measurement", EVERYONE)]
    assert (run.fit.converged, run.fit.admissible, run.fit.estimator) == (True, True, "MLR")
    assert run.level == "respondent"
    assert run.fit.indices is not None
    assert run.fit.indices.df == 34  # 55 moments less 10 loadings and 10 uniquenesses and the factors' correlation
    rows = {(row.lhs, row.op, row.rhs): row for row in run.fit.parameters}
    assert {row.rhs for row in rows.values() if row.op == "=~" and row.lhs == "neu"} == {f"neu{n}" for n in range(1, 6)}
    assert rows["ext", "~~", "neu"].std_all == pytest.approx(-0.3, abs=0.15)
    assert all(row.std_all > 0.4 for row in rows.values() if row.op == "=~")  # type: ignore[operator]
    assert f"on {run.fit.nobs} respondents, 2 factors stand behind 10 indicators" in ran.results.headline.sentence


def test_the_exploration_that_suggests_itself_finds_both_traits(ran: Ran) -> None:
    (analysis,) = ran.results.factor_analyses
    loadings = analysis.solution.loadings
    assert (analysis.label, len(loadings[0])) == ("All items", 2)
    ext, neu = ({max((0, 1), key=lambda k: abs(row[k])) for row in rows} for rows in (loadings[:5], loadings[5:]))
    assert len(ext) == len(neu) == 1
    assert ext != neu


def test_everything_that_cannot_be_asked_says_why(ran: Ran) -> None:
    results = ran.results
    absent = {one.id: one.because for one in results.absent}
    assert {spec.id for spec in (*MODELS, *THEORY)} <= set(absent)
    assert {"claims", "groups", "rivals", "decay", "sensitivity", "robustness", "probes"} <= set(absent)
    assert all(absent.values())
    assert (results.rivals, results.sensitivity, results.robustness) == (None, None, None)
    assert (results.theory, results.groups, results.decay, results.known_truth) == ((), (), (), ())
    assert (results.claims.claims, results.probes.slopes, results.probes.surface) == ((), (), None)


def test_every_response_is_a_unit_and_none_is_lost(ran: Ran) -> None:
    first, last = ran.results.flow[0], ran.results.flow[-1]
    assert (first.n, last.unit, last.n) == (300, "respondents", ran.results.model("measurement").fit.nobs)
    (units,) = (step.n for step in ran.results.flow if step.step == "One row a respondent")
    assert units == ran.results.screening[0].kept
    assert set(ran.results.moments) == {"respondent"}


def test_the_results_come_back_from_their_folder(ran: Ran) -> None:
    assert read_results(ran.folder) == ran.results
    manifest = ran.results.manifest
    assert (manifest.instrument_name, manifest.instrument_version) == ("ipip10", "1.0.0")
    assert manifest.instrument_fingerprint == store.fingerprint(store.load_folder(FOREIGN))


# -- report, viewer, commands -------------------------------------------------------------------------


def test_the_report_shows_what_there_is_and_says_what_there_is_not(ran: Ran, shown: str) -> None:
    assert ran.results.headline.sentence in shown
    for scale in ran.results.reliability:
        assert not isinstance(scale.alpha, Undefined)
        assert f"{scale.name} {scale.label} 5 {scale.n}" in shown
        assert f"{scale.alpha:.2f}".lstrip("0") in shown
    for part in ("claims", "rivals", "sensitivity", "robustness", "probes"):
        assert ran.results.why_absent(part) in shown
    assert "instrument ipip10 1.0.0" in shown
    assert "Two matched forms" not in shown
    assert "recency weight δ" not in shown


PAGES = ("overview", "claims", "instrument", "data_quality", "reliability", "model", "robustness", "provenance")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_viewer_opens(ran: Ran, name: str) -> None:
    page = AppTest.from_string(
        f"from pathlib import Path\nfrom viewer import {name}, source\n"
        f"{name}.show(source.load(Path({str(ran.folder)!r})))", default_timeout=60).run()
    assert not page.exception, page.exception[0].message
    said = "\n".join(element.value for kind in (page.markdown, page.info, page.get("html")) for element in kind)
    expected = {
        "overview": "10 indicators", "claims": "the instrument asks for nothing", "instrument": "life of the party",
        "data_quality": "Form P", "reliability": "life of the party", "model": "respondents",
        "robustness": "no form about firms", "provenance": "ipip10",
    }[name]
    assert expected in unescape(said).replace("\\", "")


def test_a_run_can_be_verified_and_its_claims_be_asked(ran: Ran) -> None:
    runner = CliRunner()
    verified = runner.invoke(app, ["verify", str(ran.folder), "--study", str(ran.study)])
    assert verified.exit_code == 0, verified.output
    asked = runner.invoke(app, ["claims", str(ran.folder)])
    assert asked.exit_code == 0, asked.output
    assert "nothing that a claim of the theory is about" in " ".join(asked.output.split())


def test_a_changed_questionnaire_is_not_verified(ran: Ran, tmp_path: Path) -> None:
    study = Path(shutil.copytree(ran.study, tmp_path / "study"))
    path = study / "instrument" / "instrument.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("I worry about things.", "I worry."), encoding="utf-8")
    verified = CliRunner().invoke(app, ["verify", str(ran.folder), "--study", str(study)])
    assert verified.exit_code == 1
    assert "instrument 1.0.0 has changed" in verified.output


# -- other instruments --------------------------------------------------------------------------------


def rewritten(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A study of a changed questionnaire, rehearsed with a hundred persons."""
    raw, plan = (yaml.safe_load(path.read_text(encoding="utf-8"))
                 for path in (FOREIGN / "instrument.yaml", FOREIGN / "study" / "study.yaml"))
    change(raw)
    plan |= {"instrument": "asked", "forms": {
        form["id"]: {"platform": "qualtrics", "file": f"{form['id']}.csv"} for form in raw["forms"]}}
    (folder / "asked").mkdir()
    for name, content in (("asked/instrument.yaml", raw), ("study.yaml", plan)):
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    shutil.copy(FOREIGN / "es.yaml", folder / "asked")
    shutil.copy(FOREIGN / "study" / "population.yaml", folder)
    return folder


def formative(raw: dict[str, Any]) -> None:
    for construct in raw["constructs"]:
        construct["measurement"] = "formative"


def two_forms(raw: dict[str, Any]) -> None:
    items = raw["forms"][0]["blocks"][0].pop("questions")
    for name, form, those in (("P", {}, items[:5]), ("Q", {"identifiers": ["class_id"]}, items[5:])):
        block = raw["forms"][0]["blocks"][0] | {"id": f"traits{name.lower()}", "questions": those}
        raw["forms"].append({"id": name, **form, "blocks": [block]})
    del raw["forms"][0]


def test_scales_that_form_what_they_measure_have_no_factor_behind_them(tmp_path: Path) -> None:
    study = rewritten(tmp_path, formative)
    rehearse(study, n=100, seed=1, out=study)
    found = run_study(study, draws=2)
    assert (found.models, found.crosschecks, found.reliability, found.moments) == ((), (), (), {})
    assert found.why_absent("measurement").endswith("because no reflective dimension of the form has enough items.")
    assert "no model could be asked" in found.headline.sentence
    assert {variable.variable for variable in found.variables} == {"ext", "neu"}


def test_every_form_has_a_model_of_its_own(tmp_path: Path) -> None:
    study = rewritten(tmp_path, two_forms)
    (study / "asked" / "es.yaml").unlink()
    plan = (study / "study.yaml").read_text(encoding="utf-8")
    (study / "study.yaml").write_text(plan.replace("- es\n", ""), encoding="utf-8")
    population = (study / "population.yaml").read_text(encoding="utf-8")
    (study / "population.yaml").write_text(population.replace("{en: 0.6, es: 0.4}", "{en: 1.0}"), encoding="utf-8")
    rehearse(study, n=100, seed=1, out=study)
    found = run_study(study, draws=2)
    assert [run.id for run in found.models if run.rows == SCREENED] == ["measurement-P", "measurement-Q"]
    assert [analysis.name for analysis in found.factor_analyses] == ["all items, form P", "all items, form Q"]
    assert set(found.moments) == {"respondent", "respondent, form Q"}
    assert [step.form for step in found.flow if step.step.startswith("Used in")] == ["P", "Q"]
    assert any(detail.startswith("measurement-Q (screened)") for detail in found.headline.details)


# -- what the theory can be asked ---------------------------------------------------------------------


def test_a_model_can_be_asked_where_every_variable_is_there() -> None:
    frame = pd.DataFrame(columns=list(needed_variables(MEDIATION)))
    assert lacking(MEDIATION, {"firm": frame}) == ""
    assert lacking(MEDIATION, {"alliance": frame}) == "no form about firms was fielded"
    assert lacking(MEDIATION, {"firm": frame.drop(columns="daf")}) == "the answers give no daf"
    assert lacking(MEDIATION, {"firm": frame}, "size") == "the answers give no size"
    assert "and 36 more" in lacking(MEDIATION, {"firm": frame[[]]})


def test_products_and_surfaces_are_made_and_need_not_be_there() -> None:
    for spec in ALL_MODELS.values():
        assert not [name for name in needed_variables(spec) if "." in name]
    assert {"ratr", "ravg"} <= set(needed_variables(BALANCE))
    assert not {"T", "V", "T2"} & set(needed_variables(BALANCE))
    assert {name for product in SYNERGY.products for part in product.parts for name in part} <= set(
        needed_variables(SYNERGY))


@pytest.mark.parametrize(("form", "models", "lost"), [
    ("F", ["capability", "M1"], {"pillars", "M2", "ownership"}),
    ("A", ["pillars"], {"capability", "M1", "M4", "size", "rivals", "sensitivity", "decay", "robustness"}),
])
def test_half_of_our_own_study_is_asked_what_it_can_be_asked(form: str, models: list[str], lost: set[str]) -> None:
    plan = load_plan(SAMPLE)
    plan = plan.model_copy(update={"forms": {form: plan.forms[form]}})
    ours = store.load("1.0.0")
    forms = [prepare(SAMPLE, plan, ours, form)]
    asked = questions_for(forms, level_frames(forms, SCREENED), ours)
    assert [posed.spec.id for posed in asked.models] == models
    assert lost <= {one.id for one in asked.absent}
    assert not asked.can(next(iter(lost)))
    assert asked.can("claims")
    assert asked.can("probes")
    assert [scale.name for scale in scale_reliability(forms[0], ours, SCREENED, 0.95)]


def test_the_word_that_names_a_fact_of_ours_is_another_question_elsewhere(ran: Ran) -> None:
    plan, theirs = load_plan(ran.study), store.load_folder(FOREIGN)
    responses = prepare(ran.study, plan, theirs, "P").rows[SCREENED].responses
    raw = theirs.model_dump(mode="json", exclude={"translations"})
    raw["forms"][0]["blocks"][0]["questions"].append({
        "type": "fact", "id": "fsize", "kind": "text", "role": "context", "text": "How big is your family?"})
    asks = Instrument.model_validate(raw)
    assert not Sheet(responses, asks).has("fsize")
    assert "lnsize" not in score(responses, asks, plan.scoring).scores.columns
