"""A small questionnaire with everything a translator can stumble over, and its half-made translation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instrument.model import Instrument
from instrument.translating import Format, WorkFile, read_work_file, work_file

RAW: dict[str, Any] = {
    "name": "sample", "version": "2.3.4", "title": "Working together", "summary": "A sample.", "licence": "CC0-1.0",
    "language": "en", "language_name": "English",
    "alliance_definition": "An alliance is an agreement between independent firms that share what they have, over a "
                           "longer period and for goals that matter to both. Sales do not count.",
    "scales": [{"id": "agree", "points": [{"code": 1, "label": "No"}, {"code": 2}, {"code": 3, "label": "Yes"}],
                "missing": [{"code": "na", "label": "Not applicable"}]}],
    "constructs": [{"id": "tr", "name": "Trust", "definition": "Confidence in the partner.",
                    "measurement": "reflective", "form": "both", "source": ["A source"],
                    "dimensions": [{"id": "tr", "name": "Trust", "definition": "Confidence in the partner."}]}],
    "forms": [
        {"id": "F", "title": "Your firm", "respondent": "head of alliances", "identifiers": ["firm_id"],
         "consent_version": "1", "blocks": [
             {"id": "start", "title": "Welcome", "intro": "Dear {first_name}, this takes 25 minutes.", "questions": [
                 {"type": "note", "id": "hello", "text": "First paragraph.\n\nSecond <b>paragraph</b>.\n\n"
                                                         "More at https://example.org/study."},
                 {"type": "note", "id": "whatis", "text": "An alliance is an agreement between independent firms that "
                                                          "share what they have, over a longer period and for goals "
                                                          "that matter to both. Sales do not count."},
                 {"type": "fact", "id": "size", "kind": "count", "role": "context", "text": "How many work here?",
                  "help": "Count at least 1,000 if unsure.", "unit": "people"}]},
             {"id": "mood", "title": "Trust", "questions": [
                 {"type": "item", "id": "tr1", "dimension": "tr", "scale": "agree", "text": "We trust the partner."},
                 {"type": "item", "id": "tr2", "dimension": "tr", "scale": "agree", "reversed": True,
                  "text": "We do not trust the partner."},
                 {"type": "fact", "id": "at1", "kind": "choice", "role": "attention", "scale": "agree", "expected": 2,
                  "text": "Please choose 2."}]}]},
        {"id": "A", "title": "One alliance", "respondent": "alliance manager", "identifiers": ["firm_id"],
         "consent_version": "1", "blocks": [
             {"id": "amood", "title": "Trust", "questions": [
                 {"type": "item", "id": "tr1", "dimension": "tr", "scale": "agree", "text": "We trust the partner."}]},
             {"id": "kind", "title": "Kind", "questions": [
                 {"type": "fact", "id": "what", "kind": "choices", "role": "context", "text": "What is it?",
                  "options": [{"code": 1, "label": "A firm"}, {"code": 2, "label": "A person"}],
                  "missing": [{"code": "dk", "label": "Don't know"}]}]}]},
    ],
}
FRENCH = {
    "instrument.title": "Travailler ensemble",
    "block.start.intro": "Cher {first_name}, il faut 25 minutes.",
    "question.tr1": {"text": "Nous faisons confiance au partenaire.", "status": "reviewed"},
    "question.tr2": {"text": "Nous ne faisons pas confiance au partenaire.", "status": "back-translated"},
}

Translated = Callable[[dict[str, Any]], Instrument]


@pytest.fixture(scope="session")
def sample() -> Instrument:
    return Instrument.model_validate(RAW)


@pytest.fixture(scope="session")
def translated(sample: Instrument) -> Translated:
    """The sample with these strings in French."""
    def build(strings: dict[str, Any], **more: Any) -> Instrument:
        french = {"language": "fr", "name": "Français", "status": "draft", "translator": "Anne", "strings": strings}
        return Instrument.model_validate(sample.model_dump() | {"translations": [french | more]})
    return build


@pytest.fixture(scope="session")
def french(translated: Translated) -> Instrument:
    return translated(FRENCH)


@pytest.fixture
def back(tmp_path: Path) -> Callable[..., WorkFile]:
    """Write the work file, let ``change`` alter its bytes, and read it."""
    def go(instrument: Instrument, format: Format = "xliff", language: str = "fr",
           change: Callable[[bytes], bytes] = bytes) -> WorkFile:
        out = work_file(instrument, language, format)
        path = tmp_path / out.name
        path.write_bytes(change(out.content))
        return read_work_file(path, instrument)
    return go
