"""The theory's models on the sample study, beside semTools' products and lavaan's estimates.

``tests/reference/theory/script.R`` got rows without products and made them itself. Nothing is aligned, re-signed or
sorted before comparing.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import rivals
from pipeline.commands.fit_output import COLUMNS
from pipeline.comparison import Comparison, RivalsReport
from pipeline.estimation import estimate, model_frame, observed_variables
from pipeline.models import ModelSpec
from pipeline.models.spec import Level, Surface
from pipeline.sem.comparisons import ChiSquareTest
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated
from pipeline.sem.fit import Fit
from pipeline.sem.linalg import one_thread
from tests.pipeline.sem.test_lavaan_parity import agree, robust_indices_agree, rows_of
from tests.reference.theory.make_inputs import COMPARED, ROWS, SPECS, file_name, inputs, sample_frames

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "theory"
LEVEL = 0.95
CLOSED_FORM = 1e-10
PRINTED_AS_ZERO = 1.3e-4
"""lavaan prints smaller standard errors of standardised values as 0."""
NO_VARIANCE = (0, None)
"""Of what a constraint holds at 0 lavaan takes the root of a variance that is 0 but for rounding, to either side."""
WITH_COLUMNS = [name for name, spec in SPECS.items() if spec.products or spec.surface]

Frames = dict[Level, pd.DataFrame]
Estimates = Callable[[str], Estimated]
Fits = Callable[[str], Fit]


@cache
def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{file_name(name)}.json").read_text(encoding="utf-8"))
    return found


def held_at_zero(model: str) -> set[str]:
    """Labels that a constraint of the model sets to 0."""
    return set(re.findall(r"^(\w+) == 0$", SPECS[model].syntax, re.MULTILINE))


@pytest.fixture(scope="module")
def frames() -> Frames:
    return sample_frames()


@pytest.fixture(scope="module")
def estimates(frames: Frames) -> Estimates:
    """Every model once, whichever test asks first."""

    @cache
    def found(name: str) -> Estimated:
        spec = SPECS[name]
        with one_thread():
            return estimate(spec, frames[spec.level])

    return found


@pytest.fixture(scope="module")
def fits(estimates: Estimates) -> Fits:
    @cache
    def found(name: str) -> Fit:
        with one_thread():
            return describe(estimates(name), level=LEVEL)

    return found


# -- what R started from ------------------------------------------------------------------------------


def test_stored_inputs_are_what_the_sample_study_gives_today(frames: Frames) -> None:
    wanted = inputs(frames)
    assert {"models.json", "compared.json", *ROWS.values()} < set(wanted)
    for name, text in wanted.items():
        there = (FOLDER / name).read_text(encoding="utf-8")
        if name in ROWS.values():
            # The last digit of a logarithm may differ from machine to machine.
            now, then = (pd.read_csv(io.StringIO(content)) for content in (text, there))
            pd.testing.assert_frame_equal(now, then, rtol=1e-12, atol=1e-12, obj=name)
        else:
            assert there == text, f"{name} is out of date: run make_inputs.py, then script.R"


def test_stored_rows_hold_neither_products_nor_terms_of_a_surface() -> None:
    for name in ROWS.values():
        there = pd.read_csv(FOLDER / name).columns
        assert not any("." in column for column in there)
        assert not set(Surface.names) & set(there)


# -- products and terms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", WITH_COLUMNS)
def test_products_and_terms_are_those_semtools_makes(model: str, frames: Frames) -> None:
    spec = SPECS[model]
    theirs = pd.read_csv(FOLDER / "columns" / f"{file_name(model)}.csv")
    named = [name for product in spec.products for name in product.names] + list(Surface.names if spec.surface else ())
    assert list(theirs) == named
    assert set(named) <= set(observed_variables(spec))
    ours = model_frame(spec, frames[spec.level])[named]
    np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), rtol=0, atol=CLOSED_FORM, err_msg=model)
    if spec.products:
        np.testing.assert_allclose(ours.mean(), 0, rtol=0, atol=CLOSED_FORM)


# -- models -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", SPECS)
class TestModel:
    def test_rows_variables_and_admissibility(self, model: str, fits: Fits) -> None:
        fit, expected = fits(model), stored(model)
        assert fit.converged == expected["converged"]
        assert [group.nobs for group in fit.groups] == expected["nobs"]
        assert fit.n_clusters == sum(expected["nclusters"])
        # No model holds anything fixed that lavaan would list as exogenous.
        assert (list(fit.variables), list(fit.exogenous), fit.admissible) == (
            expected["variables"], [], expected["admissible"])
        assert (fit.se, fit.test, fit.information) == (
            expected["lavaan"]["se"], expected["lavaan"]["test"], expected["lavaan"]["information"][0])
        # With gaps both sides' sample moments are those of expectation maximisation.
        for ours, theirs in ((fit.sample_cov, expected["sample"][0]["cov"]),
                             (fit.groups[0].sample_mean, np.ravel(expected["sample"][0]["mean"])),
                             (fit.implied_cov, expected["implied"][0]["cov"]),
                             (fit.groups[0].implied_mean, np.ravel(expected["implied"][0]["mean"]))):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)

    def test_every_column_of_every_parameter(self, model: str, fits: Fits) -> None:
        ours, theirs = fits(model).parameters, rows_of(stored(model)["parameters"])
        assert [(p.lhs, p.op, p.rhs, p.label) for p in ours] == [
            (p["lhs"], p["op"], p["rhs"], p.get("label", "")) for p in theirs]
        for found, row in zip(ours, theirs, strict=True):
            what = f"{found.lhs} {found.op} {found.rhs}"
            if found.label in held_at_zero(model):
                assert (found.est, found.se, row["est"], row["std.all"]) == (0, 0, 0, 0), what
                assert row["se"] in NO_VARIANCE, what
                continue
            for name, field in COLUMNS.items():
                value = getattr(found, field)
                if name in ("est", "se", "std.lv", "std.all") or (name in row and found.se is not None):
                    agree(value, row[name], f"{what}: {name}")

    @pytest.mark.parametrize("kind", ["all", "lv"])
    def test_standardised_values_with_their_standard_errors(self, model: str, kind: str, fits: Fits) -> None:
        ours, theirs = fits(model).parameters, rows_of(stored(model)[f"standardized_{kind}"])
        for found, row in zip(ours, theirs, strict=True):
            what = f"{found.lhs} {found.op} {found.rhs}: std.{kind}"
            agree(getattr(found, f"std_{kind}"), row["est.std"], what)
            error = getattr(found, f"std_{kind}_se")
            if found.label in held_at_zero(model):
                assert error == 0, what
                assert row["se"] in NO_VARIANCE, what
            elif row["se"] == 0 and isinstance(error, float):
                assert error < PRINTED_AS_ZERO, what
            else:
                agree(error, row["se"], f"{what}, se")

    def test_every_index_of_fit(self, model: str, fits: Fits) -> None:
        robust_indices_agree(fits(model), stored(model))

    def test_explained_variance(self, model: str, fits: Fits) -> None:
        assert fits(model).r2 == pytest.approx(stored(model)["r2"][0], rel=1e-4, abs=1e-6)


# -- comparisons ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(frames: Frames, estimates: Estimates) -> Iterator[RivalsReport]:
    """The comparisons as the run makes them, of estimates that the tests have already."""

    def made(spec: ModelSpec, frame: pd.DataFrame) -> Estimated:
        assert spec == SPECS[spec.id]
        assert frame is frames[spec.level]
        return estimates(spec.id)

    with pytest.MonkeyPatch.context() as patched, one_thread():
        patched.setattr(rivals, "estimate", made)
        yield rivals.compare_rivals(frames, level=LEVEL, seed=1)


@pytest.mark.parametrize("name", COMPARED)
class TestComparison:
    @pytest.fixture
    def found(self, name: str, report: RivalsReport) -> Comparison:
        return next(comparison for comparison in (report.chain, *report.advantage) if comparison.id == name)

    def test_models_carry_lavaans_fit(self, name: str, found: Comparison) -> None:
        theirs = stored("comparisons")[name]["models"]
        assert [model.id for model in found.models] == list(theirs)
        for model, expected in zip(found.models, theirs.values(), strict=True):
            assert (model.converged, model.admissible, model.df) == (
                expected["converged"], expected["admissible"], expected["df"])
            for field in ("chisq", "aic", "bic"):
                agree(getattr(model, field), expected[field], f"{model.id}: {field}")

    def test_scaled_differences_are_lavaans(self, name: str, found: Comparison) -> None:
        theirs, chisq = stored("comparisons")[name]["differences"], stored("comparisons")[name]["models"]
        assert [model.id for model in found.models if model.difference is not None] == list(theirs)
        for model in found.models:
            if model.difference is not None:
                # lavaan does not tell the scaling factor: it is what the difference was divided by.
                difference = chisq[model.id]["chisq"] - chisq[found.models[0].id]["chisq"]
                expected = theirs[model.id] | {"scaling_factor": difference / theirs[model.id]["statistic"]}
                assert model.difference.df == expected["df"]
                for field in ("statistic", "pvalue", "scaling_factor"):
                    agree(getattr(model.difference, field), expected[field], f"{model.id}: {field}")


def test_models_that_no_data_can_tell_apart_have_one_chi_square(report: RivalsReport) -> None:
    alike = {model.id: model.equivalent_to for comparison in (report.chain, *report.advantage)
             for model in comparison.models if model.equivalent_to}
    assert alike == {"M1b": "M1c", "pillars-second-order": "pillars"}
    for comparison in stored("comparisons").values():
        for one, other in alike.items():
            if one in comparison.get("models", ()):
                chisq, others = (comparison["models"][model]["chisq"] for model in (one, other))
                assert chisq == pytest.approx(others, rel=1e-8)


def test_wald_test_that_no_product_matters_is_lavaans(report: RivalsReport) -> None:
    expected = stored("comparisons")["wald"]["result"]
    assert isinstance(report.moderation, ChiSquareTest)
    assert report.moderation.df == expected["df"] == 2
    agree(report.moderation.statistic, expected["stat"], "statistic")
    agree(report.moderation.pvalue, expected["p.value"], "p")
