"""Rival structures of sets of scales: what was found, in numbers and words, and what bad answers lead to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from pipeline.evidence.found.structure import FoundStructureSet, StructureReport
from pipeline.evidence.structure import Asked, structures_of
from pipeline.report.figures.structure import structure_figures
from pipeline.report.tables.spec import display_rows
from pipeline.report.tables.structure import structure_tables
from pipeline.sem.linalg import Array
from pipeline.undefined import Undefined
from tests.reference.structures import make_likert

FOLDER = Path(make_likert.__file__).parent
LABELS = {"pa": "Alpha", "pb": "Beta", "pc": "Gamma", "qa": "Delta", "qb": "Epsilon", "r": "Rho", "p": "Pi",
          "q": "Qoppa", "visual": "Vision", "textual": "Reading", "speed": "Speed", "ability": "Ability"}


def asked(X: Array, dimensions: dict[str, tuple[str, ...]], constructs: dict[str, tuple[str, ...]], id: str = "set",
          clusters: tuple[str, ...] | None = None) -> Asked:
    single = next(iter(constructs)) if len(constructs) == 1 else None
    label = LABELS[single] if single else "All scales"
    return Asked(id, label, "A", single, dimensions, constructs, LABELS, X, clusters)


def likert() -> Array:
    return pd.read_csv(FOLDER / "likert.csv").to_numpy(float)


def abilities() -> Asked:
    rows = pd.read_csv(FOLDER.parent / "lavaan/data/holzinger.csv")[[f"x{number}" for number in range(1, 10)]]
    return asked(rows.to_numpy(float), make_likert.ABILITIES, {"ability": tuple(make_likert.ABILITIES)}, "abilities")


def factors(n: int, sizes: tuple[int, ...], seed: int = 1, correlation: float = 0.5) -> Asked:
    """Synthetic normal answers of one construct with a dimension for each size."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    latent = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.normal(size=(n, len(sizes)))
    X = 0.8 * np.repeat(latent, sizes, axis=1) + 0.6 * rng.normal(size=(n, sum(sizes)))
    names = ("visual", "textual", "speed", "pa")[:len(sizes)]
    dimensions = {name: tuple(f"{name}{i}" for i in range(size)) for name, size in zip(names, sizes, strict=True)}
    return asked(X, dimensions, {"ability": names})


@pytest.fixture(scope="module")
def report() -> StructureReport:
    whole = asked(likert(), make_likert.DIMENSIONS, make_likert.CONSTRUCTS)
    return structures_of([whole, abilities()], level=0.95)


def test_report_goes_to_json_and_back(report: StructureReport) -> None:
    adapter = TypeAdapter(StructureReport)
    assert adapter.validate_json(adapter.dump_json(report)) == report


def test_workers_change_nothing(report: StructureReport) -> None:
    again = structures_of([abilities(), abilities()], level=0.95, workers=2)
    assert again.sets[0] == again.sets[1] == report.set("abilities")


def test_every_structure_of_constructs_with_dimensions_is_tried(report: StructureReport) -> None:
    assert [one.id for one in report.sets[0].structures] == [
        "one factor", "correlated constructs", "correlated dimensions", "second order", "general second order",
        "third order", "bifactor"]
    assert [one.id for one in report.sets[1].structures] == [
        "one factor", "correlated dimensions", "general second order", "bifactor"]


def test_structure_that_is_true_is_not_rejected_and_simpler_ones_are(report: StructureReport) -> None:
    whole = report.sets[0]
    holds = {one.id: one.pvalue > 0.05 for one in whole.structures if isinstance(one.pvalue, float)}
    assert holds == {"one factor": False, "correlated constructs": False, "correlated dimensions": True,
                     "second order": True, "general second order": False, "third order": True, "bifactor": False}
    second = whole.against_dimensions("second order")
    assert second is not None
    assert isinstance(second.pvalue, float)
    assert second.pvalue > 0.05
    assert second.verdict.startswith("The structure of dimensions under correlated constructs fits no worse")
    assert "hold together as 6 correlated dimensions: the structure fits closely" in whole.sentences[0]
    assert whole.sentences[1].startswith("Fewer factors fit worse: one factor (CFI")


def test_relations_are_told(report: StructureReport) -> None:
    relations = {(one.restricted, one.unrestricted): (one.relation, one.df) for one in report.sets[0].comparisons}
    assert relations == {
        ("one factor", "correlated dimensions"): ("nested", 15),
        ("correlated constructs", "correlated dimensions"): ("nested", 12),
        ("second order", "correlated dimensions"): ("nested", 7),
        ("general second order", "correlated dimensions"): ("nested", 9),
        ("third order", "correlated dimensions"): ("nested", 7),
        ("third order", "second order"): ("equivalent", 0),
        ("general second order", "second order"): ("nested", 2),
        ("general second order", "bifactor"): ("nested", 11),
        ("correlated dimensions", "bifactor"): ("not nested", 2),
    }


def test_bic_speaks_for_the_structure_with_the_smaller_one(report: StructureReport) -> None:
    of = report.sets[0]
    one, second = of.against_dimensions("one factor"), of.against_dimensions("second order")
    assert one is not None
    assert second is not None
    bic = {each.id: each.bic for each in of.structures}
    assert one.bic == pytest.approx(bic["one factor"] - bic["correlated dimensions"])  # type: ignore[operator]
    assert one.bic > 0 > second.bic  # type: ignore[operator]
    assert one.verdict.endswith("BIC agrees).")
    assert second.verdict.endswith("BIC agrees).")


def test_equivalence_of_three_under_one_is_shown_by_numbers(report: StructureReport) -> None:
    for of, pair in zip(report.sets, (("third order", "second order"),
                                      ("general second order", "correlated dimensions")), strict=True):
        one, other = (next(each for each in of.structures if each.id == id) for id in pair)
        assert one.df == other.df
        assert one.chisq == pytest.approx(other.chisq, abs=1e-5)
        assert of.equivalence.count(f"χ²({one.df}) = {one.chisq:.2f}") == 2
    assert "Pi, Qoppa and Rho" in report.sets[0].equivalence
    assert "Vision, Reading and Speed" in report.sets[1].equivalence


def test_heywood_case_is_told_by_item_with_its_interval(report: StructureReport) -> None:
    of = report.sets[1]
    one = of.structure("bifactor")
    assert one is not None
    assert one.heywood == ("x1",)
    assert one.converged
    assert not one.admissible
    assert one.verdict == "Fits closely. Improper (negative variance of x1): not to be used as it is."
    assert one.remarks[0].startswith("Heywood case: the residual variance of item x1, of Vision, is negative (−1.14); "
                                     "its interval [−")
    assert "includes 0: chance may have made it negative" in one.remarks[0]
    assert of.bifactor is not None
    assert isinstance(of.bifactor.omega_h, Undefined)
    assert of.bifactor.omega_h.because == "the bifactor structure is improper, with negative variances of x1"
    assert any("item x1" in sentence for sentence in of.sentences)


def test_bifactor_indices_of_the_set_are_given(report: StructureReport) -> None:
    found = report.sets[0].bifactor
    assert found is not None
    assert not found.why_not
    assert found.omega_h == pytest.approx(0.738476, abs=1e-5)
    assert (found.omega_h_lower, found.omega_h_upper) == pytest.approx((0.6954, 0.7774), abs=1e-4)
    assert found.ecv == pytest.approx(0.468871, abs=1e-5)
    assert [one.dimension for one in found.specific] == ["pa", "pb", "pc", "qa", "qb", "r"]
    assert "a share of .74 [.70, .78] is due to the general factor" in found.verdict


def test_loadings_on_constructs_have_the_model_s_sign_and_interval(report: StructureReport) -> None:
    higher = report.sets[0].higher
    assert [(one.construct, one.dimension) for one in higher] == [
        ("p", "pa"), ("p", "pb"), ("p", "pc"), ("q", "qa"), ("q", "qb")]
    truth = np.sqrt(0.7)
    for one in higher:
        assert isinstance(one.lower, float)
        assert isinstance(one.loading, float)
        assert isinstance(one.upper, float)
        assert one.lower < one.loading < one.upper
        assert one.lower - 0.1 < truth < one.upper + 0.1


# -- other answers -----------------------------------------------------------------------------------------------


def only(of: Asked) -> FoundStructureSet:
    return structures_of([of], level=0.95).sets[0]


def test_clusters_widen_the_test(report: StructureReport) -> None:
    X = np.repeat(likert()[:140], 3, axis=0) + np.random.default_rng(5).normal(0, 0.3, (420, 18))
    own = asked(X, make_likert.DIMENSIONS, make_likert.CONSTRUCTS)
    plain = only(replace(own, dimensions={one: own.dimensions[one] for one in ("pa", "pb")},
                         constructs={"p": ("pa", "pb")}, X=X[:, :6]))
    firms = tuple(str(i // 3) for i in range(420))
    clustered = only(replace(own, dimensions={one: own.dimensions[one] for one in ("pa", "pb")},
                             constructs={"p": ("pa", "pb")}, X=X[:, :6], clusters=firms))
    assert (plain.clusters, clustered.clusters) == (0, 140)
    first, second = plain.structures[0], clustered.structures[0]
    assert isinstance(first.chisq, float)
    assert isinstance(second.chisq, float)
    assert first.chisq > 1.5 * second.chisq
    assert first.bic == pytest.approx(second.bic)


def test_two_dimensions_have_neither_second_order_nor_bifactor() -> None:
    assert [one.id for one in only(factors(200, (3, 3))).structures] == ["one factor", "correlated dimensions"]


def test_dimensions_of_one_and_two_items_are_fitted() -> None:
    found = only(factors(300, (3, 2, 1)))
    assert [one.id for one in found.structures] == ["one factor", "correlated dimensions", "general second order"]
    assert all(one.usable for one in found.structures)


def test_constant_item_is_told_and_no_number_given() -> None:
    of = factors(200, (3, 3))
    of.X[:, 1] = 4.0
    found = only(of)
    assert all(one.why_not and isinstance(one.chisq, Undefined) for one in found.structures)
    assert "visual1" in found.structures[0].why_not
    assert found.sentences[0].startswith("No structure of Ability could be fitted:")
    assert found.n == 0


@pytest.mark.parametrize("of", [
    factors(8, (3, 3, 3)), replace(factors(100, (3, 3)), X=np.full((100, 6), np.nan))], ids=["few rows", "no answers"])
def test_too_few_answers_are_told_in_words(of: Asked) -> None:
    found = structures_of([of], level=0.95)
    for one in found.sets[0].structures:
        assert not one.usable or any("fewer cases" in said for said in one.remarks)
        assert one.why_not or one.remarks
    for table in structure_tables(found):
        assert "nan" not in str(display_rows(table)).lower()


def test_an_item_that_hardly_belongs_is_named_though_the_structure_fits() -> None:
    of = factors(400, (4, 3))
    of.X[:, 2] = np.random.default_rng(9).normal(size=400)
    found = only(of)
    assert found.structures[1].verdict == "Fits closely."
    assert found.weak == ("visual2",) == (found.lowest_item,)
    assert "hold together" not in found.sentences[0]
    assert "Yet visual2 stands weakly for what it is meant to measure (loadings from " in found.sentences[0]


def test_a_structure_without_degrees_of_freedom_is_not_said_to_fit() -> None:
    one = only(factors(200, (3,))).structures[0]
    assert (one.df, one.verdict) == (0, "Fits whatever the answers are: it has no degrees of freedom.")


def test_two_items_alone_are_not_identified() -> None:
    found = only(factors(200, (2,)))
    assert not found.structures[0].usable
    assert found.structures[0].verdict == "Not identified: the answers cannot tell its parameters apart."
    assert isinstance(found.structures[0].chisq, Undefined)


def test_three_dimensions_of_two_items_are_the_same_as_their_bifactor_structure() -> None:
    found = only(factors(300, (2, 2, 2)))
    pair = found.against_dimensions("bifactor")
    assert pair is not None
    assert (pair.relation, pair.df) == ("equivalent", 0)
    assert "are the same told otherwise" in pair.verdict


# -- tables ------------------------------------------------------------------------------------------------------


def test_tables_hold_every_structure_and_name_what_is_improper(report: StructureReport) -> None:
    tables = {table.id: table for table in structure_tables(report)}
    assert list(tables) == ["structure", "structure-comparisons", "structure-higher", "structure-bifactor",
                            "structure-bifactor-items"]
    fit = tables["structure"]
    assert len(fit.rows) == 11
    assert fit.summary == ("One factor a dimension fits closely for All scales and does not fit, or is not to be used, "
                           "for Ability. Not fitted, not converged or improper: bifactor of Ability.")
    assert fit.column("difference_df")[:3] == (15, 12, None)
    assert len(tables["structure-bifactor-items"].rows) == 18
    assert tables["structure-bifactor"].column("factor")[:2] == ("general", "Alpha")
    for table in tables.values():
        assert "nan" not in str(display_rows(table)).lower()


def test_figure_shows_sets_with_a_proper_bifactor_solution(report: StructureReport) -> None:
    (figure,) = structure_figures(report)
    assert [label.get_text() for label in figure.draw().axes[0].get_yticklabels()] == ["All scales"]
    assert figure.summary == ("Of the variance of a sum of all items, the general factor's share is .74 for All "
                              "scales. It is not known for Ability.")


def test_nothing_found_has_no_tables() -> None:
    assert structure_figures(None) == ()
    assert structure_tables(None) == ()
    assert structure_tables(StructureReport("robust maximum likelihood", "full information", 0.95, ())) == ()
