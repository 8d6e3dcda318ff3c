"""What platforms carry: stated for every feature, shown in the docs, and said on every export."""

from __future__ import annotations

from pathlib import Path

import pytest

from instrument.fielding import platforms
from instrument.fielding.capabilities import FEATURES
from instrument.fielding.exports import wanted
from pipeline.commands.exporting import capability_rows
from tests.instrument.fielding.small import small_instrument

PAGE = Path(__file__).resolve().parents[3] / "docs" / "fielding.md"


def table() -> str:
    """The capability table as the page has it."""
    rows = [("", *platforms.EXPORTS), tuple("---" for _ in range(len(platforms.EXPORTS) + 1)), *capability_rows()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_the_page_on_fielding_shows_the_capabilities_as_they_are() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- capabilities -->\n")
    shown, _, _ = rest.partition("\n<!-- /capabilities -->")
    assert shown == table()


@pytest.mark.parametrize("platform", platforms.EXPORTS)
def test_a_platform_says_of_every_feature_whether_it_carries_it_and_if_not_what_that_means(platform: str) -> None:
    stated = platforms.exporter(platform).CAPABILITIES
    assert set(stated) == set(FEATURES)
    assert all(capability.words.endswith(".") for capability in stated.values() if capability.carried != "yes")


@pytest.mark.parametrize("platform", platforms.EXPORTS)
def test_what_a_questionnaire_uses_and_a_platform_does_not_carry_is_said_with_its_questions(platform: str) -> None:
    instrument = small_instrument()
    exporter = platforms.exporter(platform)
    said = {loss.feature: loss for loss in exporter.losses(instrument, wanted(instrument))}
    lacking = {feature for feature, capability in exporter.CAPABILITIES.items() if capability.carried != "yes"}
    if platform in ("qualtrics", "limesurvey", "surveyjs", "xlsform", "redcap", "html", "paper"):
        assert {"keys", "definitions"} & lacking <= set(said)
    if "keys" in lacking:
        assert "lrar2" in said["keys"].where
    if "item order" in lacking:
        assert said["item order"].where == ("learn",)


@pytest.mark.parametrize("platform", ["xlsform", "surveyjs", "limesurvey", "redcap", "html", "paper"])
def test_a_language_without_words_of_the_exporters_own_is_a_loss(platform: str) -> None:
    instrument = small_instrument()
    danish = instrument.translations[0].model_copy(update={"language": "da", "name": "Dansk"})
    foreign = type(instrument).model_validate(instrument.model_dump() | {"translations": [danish.model_dump()]})
    ours = platforms.exporter(platform).losses(instrument, wanted(instrument))
    theirs = platforms.exporter(platform).losses(foreign, wanted(foreign))
    new = [loss for loss in theirs if loss not in ours and loss.where == ("da",)]
    assert len(new) == 1
    assert new[0].feature == "languages"
