"""The efa command and a study's factor analyses: every rule beside the one that decides, and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter
from semopy.examples import holzinger39

from instrument.errors import InputError
from pipeline.analyses import factor_analysis
from pipeline.commands.efa import Exploration, document, explore, parse_target, tables
from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.report.figures.measurement import scree_figure
from pipeline.report.tables.factors import loadings_table, retention_sentence, retention_table, rules_table
from pipeline.report.tables.spec import display_rows
from pipeline.study import FactorPlan
from pipeline.undefined import Undefined
from tests.pipeline.measurement.factors import FACTORS, FOLDER

ANSWERS = FOLDER / "answers.csv"
TARGETS = [",".join(FACTORS["answers"]["items"][k:k + 5]) for k in range(0, 25, 5)]


def analysis(found: Exploration) -> FactorAnalysis:
    """As a study's results hold it."""
    number = found.number
    return FactorAnalysis(
        "answers", "Synthetic answers", found.factorability, number.parallel, number.average_partial, str(found.rule),
        found.solution, number.parallel_fa, number.kaiser, number.hull)


@pytest.fixture(scope="module")
def by_hull() -> Exploration:
    return explore(ANSWERS, items=None, factors="hull")


@pytest.fixture(scope="module")
def of_polychorics() -> Exploration:
    return explore(ANSWERS, items=None, factors="parallel-fa", rotation="geomin", correlation="polychoric")


def test_document_has_every_rule_and_a_general_factor(by_hull: Exploration) -> None:
    found = document(by_hull)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["rules"] == {"parallel": 5, "parallel-fa": 5, "map": 5, "kaiser": 6, "hull": 5}
    assert (found["factors"], found["rule"], found["correlation"]) == (5, "hull", "pearson")
    assert found["ekc"]["references"] == pytest.approx(FACTORS["answers"]["kaiser"])
    assert found["hull"]["cfi"] == pytest.approx(FACTORS["answers"]["hull"]["cfi"], abs=1e-8)
    assert found["hull"]["factors"] == found["map_factors"] == 5
    assert found["parallel_fa"]["eigenvalues"] == pytest.approx(FACTORS["answers"]["parallel"]["common"], abs=1e-5)
    (omega,) = [o for o in FACTORS["answers"]["omegas"] if o["factors"] == 5]
    assert found["omega_hierarchical"] == pytest.approx(omega["hierarchical"], abs=1e-5)
    assert found["omega_total"] == pytest.approx(omega["total"], abs=1e-5)
    assert found["ecv"] == pytest.approx(omega["ecv"], abs=1e-5)
    assert found["undefined"] == {}


def test_document_says_why_a_rule_or_a_general_factor_has_no_value() -> None:
    found = document(explore(FOLDER.parent / "measurement" / "likert.csv", items="a1,a2,a3,b1,b2", factors="1"))
    assert found["rules"]["hull"] is found["hull"] is found["omega_hierarchical"] is None
    assert "6 items" in found["undefined"]["rules.hull"]
    assert "two of them" in found["undefined"]["omega_hierarchical"]
    reversed_item = document(explore(FOLDER.parent / "measurement" / "likert.csv", items=None, factors="3"))
    assert reversed_item["undefined"]["omega_hierarchical"].endswith(": a4")


def test_target_decides_on_the_number_and_keeps_its_columns(tmp_path: Path) -> None:
    items = FACTORS["holzinger39"]["items"]
    holzinger39.get_data()[items].to_csv(path := tmp_path / "nine.csv", index=False)
    found = explore(path, items=None, factors=None, rotation="target",
                    targets=[",".join(items[k:k + 3]) for k in (0, 3, 6)])
    expected = FACTORS["holzinger39"]["target"]["loadings"]
    assert np.array(found.solution.loadings) == pytest.approx(np.array(expected), abs=1e-5)
    assert "as the target has them" in str(tables(found)[2])


def test_polychoric_exploration_says_what_is_of_which_correlations(
    by_hull: Exploration, of_polychorics: Exploration
) -> None:
    shown = document(of_polychorics)
    assert (shown["correlation"], shown["chisq"], shown["rules"]["parallel-fa"]) == ("polychoric", None, 5)
    assert "polychoric" in shown["undefined"]["chisq"]
    assert any("Pearson" in str(line) for line in tables(of_polychorics))
    assert of_polychorics.number.parallel.reference_mean[0] > by_hull.number.parallel.reference_mean[0]


@pytest.mark.parametrize(("options", "code"), [
    ({"factors": "scree"}, "OPTION-FACTORS"), ({"factors": None}, "OPTION-FACTORS"),
    ({"rotation": "target"}, "OPTION-TARGET"), ({"targets": ["q01,q02"]}, "OPTION-TARGET"),
    ({"rotation": "target", "targets": ["q01,,q02"]}, "OPTION-TARGET"),
    ({"rotation": "target", "targets": ["q01,q99", "q03,q04"], "factors": "2"}, "EFA-TARGET"),
    ({"rotation": "target", "targets": TARGETS[:2]}, "OPTION-TARGET"),
    ({"rotation": "quartimax"}, "EFA-ROTATION"), ({"correlation": "kendall"}, "EFA-CORRELATION"),
])
def test_bad_requests_are_refused(options: dict, code: str) -> None:
    with pytest.raises(InputError, match=code) as refused:
        explore(ANSWERS, **({"items": None, "factors": "5"} | options))
    assert all(finding.fix for finding in refused.value.findings)


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda frame: frame.assign(q03=2), "EFA-CONSTANT"), (lambda frame: frame.head(20), "EFA-ROWS"),
    (lambda frame: frame.assign(q03=frame["q01"] + frame["q02"]), "EFA-SINGULAR"),
    (lambda frame: frame[["q01"]], "EFA-FACTORS"), (lambda frame: frame[["q01", "q02"]], "EFA-FACTORS"),
])
def test_data_that_cannot_be_factored_are_refused(spoil, code: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    spoil(pd.read_csv(ANSWERS)).to_csv(tmp_path / "data.csv", index=False)
    with pytest.raises(InputError, match=code):
        explore(tmp_path / "data.csv", items=None, factors="1")


def test_targets_are_lists_of_items() -> None:
    assert parse_target(["a, b", "c"], "target") == (("a", "b"), ("c",))
    assert parse_target([], "oblimin") == ()


class TestReport:
    @pytest.fixture(scope="class")
    @staticmethod
    def kaiser() -> FactorAnalysis:
        return analysis(explore(ANSWERS, items=None, factors="kaiser", rotation="geomin"))

    def test_disagreement_is_said_and_the_lone_rule_named(self, kaiser: FactorAnalysis) -> None:
        assert retention_sentence(kaiser) == (
            "The rules disagree: 5 factors by parallel analysis (components), parallel analysis (common factors), the "
            "minimum average partial and the hull method; 6 factors by the empirical Kaiser criterion. 6 factors were "
            "kept by the plan's rule, empirical Kaiser criterion, with which no other agrees.")

    def test_agreement_is_said_as_well(self, kaiser: FactorAnalysis) -> None:
        agreed = replace(kaiser, rule="parallel", kaiser=replace(kaiser.kaiser, factors=5),  # type: ignore[type-var]
                         solution=replace(kaiser.solution, factors=5))
        assert retention_sentence(agreed) == (
            "The rules agree on 5 factors. 5 factors were kept by the plan's rule, parallel analysis (components).")

    def test_a_rule_without_an_answer_says_why(self, kaiser: FactorAnalysis) -> None:
        silent = replace(kaiser, hull=Undefined("there are 5 items"))
        assert "the hull method has no answer because there are 5 items" in retention_sentence(silent)
        assert "undefined because there are 5 items" in [row[1] for row in display_rows(rules_table(silent))][4]

    def test_rules_stand_side_by_side_and_one_decides(self, kaiser: FactorAnalysis) -> None:
        table = rules_table(kaiser)
        assert table.column("factors") == (5, 5, 5, 6, 5)
        assert table.column("decides") == ("", "", "", "yes", "")

    def test_series_stand_beside_the_number_they_belong_to(self, kaiser: FactorAnalysis) -> None:
        table = retention_table(kaiser)
        assert table.column("suggested_by")[4:6] == ("components, common factors, MAP, hull", "Kaiser, kept")
        assert table.column("common_eigenvalue") == kaiser.parallel_fa.eigenvalues  # type: ignore[union-attr]
        assert table.column("kaiser_reference")[0] == pytest.approx(FACTORS["answers"]["kaiser"][0])
        assert table.column("hull_fit")[:6] == pytest.approx(FACTORS["answers"]["hull"]["cfi"][1:], abs=1e-8)
        bends = [bend for bend in table.column("hull_bend") if bend is not None]
        assert max(bends) == table.column("hull_bend")[4]
        assert table.column("map_squared")[4] == min(kaiser.minimum_average_partial.squared)

    def test_results_from_before_the_new_rules_still_have_their_tables(self, kaiser: FactorAnalysis) -> None:
        old = TypeAdapter(FactorAnalysis).validate_python({
            name: getattr(kaiser, name) for name in ("name", "label", "factorability", "parallel",
                                                     "minimum_average_partial", "rule", "solution")})
        assert retention_sentence(old).startswith("The rules agree on 5 factors")
        assert set(retention_table(old).column("hull_bend")) == {None}
        assert "squares" not in scree_figure(old).note
        assert scree_figure(old).draw()

    def test_an_analysis_survives_its_json(self, kaiser: FactorAnalysis) -> None:
        adapter = TypeAdapter(FactorAnalysis)
        assert adapter.validate_json(adapter.dump_json(kaiser)) == kaiser

    def test_both_scree_lines_are_drawn(self, kaiser: FactorAnalysis) -> None:
        (axes,) = scree_figure(kaiser).draw().axes
        drawn = [tuple(line.get_ydata()) for line in axes.get_lines()]
        for parallel in (kaiser.parallel, kaiser.parallel_fa):
            for series in (parallel.eigenvalues, parallel.reference_mean, parallel.reference_percentile):  # type: ignore[union-attr]
                assert series in drawn

    def test_loadings_note_says_which_correlations_and_how_many_starts(
        self, kaiser: FactorAnalysis, of_polychorics: Exploration
    ) -> None:
        note = loadings_table(kaiser).note
        assert "from Pearson correlations, rotation: geomin (oblique, ε = .01)" in note
        assert "30 starting points" in note
        polychoric = loadings_table(analysis(of_polychorics)).note
        assert "from polychoric correlations" in polychoric
        assert "likelihood-ratio χ² is undefined because" in polychoric


class TestStudy:
    GROUPS: ClassVar = {"see": ("x1", "x2", "x3"), "read": ("x4", "x5", "x6"), "count": ("x7", "x8", "x9")}

    def analysed(self, plan: FactorPlan, dimensions: tuple[str, ...] = ("see", "read", "count")) -> FactorAnalysis:
        instrument = SimpleNamespace(
            items=lambda dimension, form: [SimpleNamespace(id=item) for item in self.GROUPS.get(dimension, ())])
        scored = SimpleNamespace(scores=SimpleNamespace(items=holzinger39.get_data()))
        form = SimpleNamespace(form="A", rows={"screened": scored})
        return factor_analysis("tests", dimensions, [form], instrument, "screened", plan, 1)  # type: ignore[list-item, arg-type]

    def test_a_target_takes_a_factor_for_each_dimension_whatever_the_rule(self) -> None:
        found = self.analysed(FactorPlan(rotation="target", factors="map", parallel_draws=50))
        assert found.suggested["map"] == 2
        expected = np.array(FACTORS["holzinger39"]["target"]["loadings"])
        assert np.array(found.solution.loadings) == pytest.approx(expected, abs=1e-5)
        assert "as the target has them" in retention_sentence(found)

    @pytest.mark.parametrize("rule", ["parallel", "parallel-fa", "kaiser", "hull"])
    def test_every_rule_can_decide(self, rule: str) -> None:
        found = self.analysed(FactorPlan(factors=rule, parallel_draws=50))  # type: ignore[arg-type]
        assert (found.solution.factors, found.rule, found.solution.correlation) == (3, rule, "pearson")

    def test_dimensions_that_no_form_asked_are_refused(self) -> None:
        with pytest.raises(InputError, match="STUDY-FACTORS"):
            self.analysed(FactorPlan(), ("see", "hear"))
