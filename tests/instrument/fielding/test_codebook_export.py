"""The codebook as an export: a file a language, every question of the forms wanted, harmless cells."""

from __future__ import annotations

import csv
import io
from typing import get_args

from hypothesis import HealthCheck, given, settings

from instrument import codebook as rows_of
from instrument.fielding import platforms
from instrument.fielding.capabilities import FEATURES, Feature
from instrument.fielding.exports import wanted
from instrument.model import Instrument
from instrument.spreadsheet import restored
from tests.instrument.fielding.generated import instruments
from tests.instrument.fielding.small import small_instrument

LOST = {
    "csv": {"languages", "matrix", "item order", "version stamp", "identifiers", "definitions"},
    "ddi": set(),
    "spss": {"languages", "matrix", "routing", "screen out", "item order", "bounds", "help", "notes", "definitions"},
}
"""What the small instrument uses and the platform does not carry by itself."""


def tables(instrument: Instrument, **wish: object) -> dict[str, list[dict[str, str]]]:
    files = platforms.exporter("csv").export(instrument, wanted(instrument, **wish))  # type: ignore[arg-type]
    return {f.name: list(csv.DictReader(io.StringIO(f.content.decode("utf-8-sig"), newline=""))) for f in files}


@given(instruments())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_each_language_has_a_table_that_holds_what_the_codebook_holds(instrument: Instrument) -> None:
    found = tables(instrument)
    assert list(found) == [f"codebook-1.0.0-{language}.csv" for language in instrument.languages]
    for language, table in zip(instrument.languages, found.values(), strict=True):
        said = rows_of.rows(instrument, language)
        assert len(said) == len(table)
        for row, cells in zip(said, table, strict=True):
            assert {name: restored(cell) for name, cell in cells.items()} == {
                name: getattr(row, name) for name in cells}
            assert not any(cell[:1] in ("=", "@", "\t", "\r") for cell in cells.values())
            assert cells["language"] == language


def test_only_the_forms_and_the_language_wanted_are_there() -> None:
    found = tables(small_instrument(), forms=("A",), language="es")
    (table,) = found.values()
    assert {row["form"] for row in table} == {"A"}
    assert [row["text"] for row in table] == ["¿Qué forma?", "Confiamos en ellos.", "Confían en nosotros."]


def test_the_same_instrument_gives_the_same_bytes() -> None:
    export = platforms.exporter("csv").export
    wish = wanted(small_instrument())
    assert export(small_instrument(), wish) == export(small_instrument(), wish)


def test_every_documentation_says_of_every_feature_how_it_is_carried() -> None:
    instrument = small_instrument()
    for platform in ("csv", "ddi", "spss"):
        module = platforms.exporter(platform)
        assert module.NAME
        assert tuple(module.CAPABILITIES) == get_args(Feature) == tuple(FEATURES)
        lost = module.losses(instrument, wanted(instrument))
        assert all(loss.words for loss in lost)
        assert {loss.feature for loss in lost} == {
            feature for feature, capability in module.CAPABILITIES.items() if capability.carried != "yes"
        } - {"required", "matrix row routing"} == LOST[platform]  # the small instrument uses neither
