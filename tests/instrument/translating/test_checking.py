"""Completeness, stale texts, and what a translation lost on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from instrument.errors import Finding
from instrument.model import Instrument
from instrument.translating import WorkFile, WorkString, check_work, completeness
from instrument.translating.marks import numbers, paragraphs, plain_breaks


@pytest.fixture
def judged(sample: Instrument) -> Callable[..., tuple[Finding, ...]]:
    """The findings on a file in which every text is translated, one of them as given."""
    def go(key: str, text: str, **more: str) -> tuple[Finding, ...]:
        source = more.get("source", sample.strings()[key])
        return check_work(whole(sample, **{key: WorkString(key, source, text, "draft", "row 9")}), sample)
    return go


def whole(sample: Instrument, **changed: WorkString) -> WorkFile:
    """A translation that only turns the words round, so that all that must be kept is kept."""
    strings = tuple(changed.get(key) or WorkString(key, source, f"¡{source}!", "reviewed", f"row {row}")
                    for row, (key, source) in enumerate(sample.strings().items(), 2))
    return WorkFile("fr.xlsx", "sample", "2.3.4", "en", "fr", "", "", strings)


def test_a_faultless_translation_has_no_findings(sample: Instrument) -> None:
    assert check_work(whole(sample), sample) == ()


@pytest.mark.parametrize(("key", "text", "code"), [
    ("block.start.intro", "Cher {prenom}, il faut 25 minutes.", "TRANSLATION-PLACEHOLDER"),
    ("block.start.intro", "Cher lecteur, il faut 25 minutes.", "TRANSLATION-PLACEHOLDER"),
    ("block.start.intro", "Cher {first_name}, {first_name}, il faut 25 minutes.", "TRANSLATION-PLACEHOLDER"),
    ("block.start.intro", "Cher {first_name}, il faut une demi-heure.", "TRANSLATION-NUMBER"),
    ("block.start.intro", "Cher {first_name}, il faut 250 minutes.", "TRANSLATION-NUMBER"),
    ("question.at1", "Veuillez choisir deux.", "TRANSLATION-NUMBER"),
    ("question.hello", "Un.\n\nDeux <b>mots.\n\nPlus : https://example.org/study.", "TRANSLATION-PLACEHOLDER"),
    ("question.hello", "Un.\n\n<b>Deux</b>.\n\nPlus : https://example.org/etude.", "TRANSLATION-PLACEHOLDER"),
    ("question.hello", "Un.\n\n<b>Deux</b>. Plus : https://example.org/study.", "TRANSLATION-PARAGRAPHS"),
    ("question.hello", "Un.\n<b>Deux</b>.\nPlus : https://example.org/study.", "TRANSLATION-PARAGRAPHS"),
    ("question.tr1", "We trust the partner.", "TRANSLATION-SAME"),
    ("question.tr1", " Nous faisons confiance.", "TRANSLATION-SPACE"),
    ("question.tr1", "Nous faisons confiance.\n", "TRANSLATION-SPACE"),
    ("question.tr1", "  ", "TRANSLATION-MISSING"),
    ("question.tr1", "100 %s des partenaires", "TRANSLATION-PLACEHOLDER"),
])
def test_what_a_translation_lost_or_added_is_found(
    judged: Callable[..., tuple[Finding, ...]], key: str, text: str, code: str,
) -> None:
    [finding] = judged(key, text)
    assert (finding.code, finding.place) == (code, f"row 9: {key}")
    assert finding.severity == ("warning" if code in ("TRANSLATION-SAME", "TRANSLATION-SPACE") else "error")


@pytest.mark.parametrize(("key", "text"), [
    ("question.size.help", "Comptez au moins 1 000 en cas de doute."),
    ("question.size.help", "Comptez au moins 1\u202f000 en cas de doute."),
    ("question.size.help", "عُدّ ١٬٠٠٠ ١٠٠٠ على الأقل"),
    ("question.hello", "Un.\n \nDeux <b class='x'>mots</b>.\n\nPlus (https://example.org/study)."),
    ("question.tr1", "100 % des partenaires, 50 %du total, 20 %dans"),
    ("scale.agree.1", "No"),
])
def test_how_a_language_writes_the_same_thing_is_no_finding(
    judged: Callable[..., tuple[Finding, ...]], key: str, text: str,
) -> None:
    assert judged(key, text) == ()


def test_a_translation_of_other_words_is_stale(judged: Callable[..., tuple[Finding, ...]]) -> None:
    [finding] = judged("question.tr1", "Nous nous fions à eux.", source="We rely on the partner.")
    assert finding.code == "TRANSLATION-STALE"
    assert "'We rely on the partner.'" in finding.rule
    assert judged("question.tr1", "Nous nous fions à eux.", source=" We  trust the\npartner.") == ()


def test_unknown_and_doubled_keys_are_found_and_counted(sample: Instrument) -> None:
    work = whole(sample)
    work = dataclasses.replace(work, strings=(
        *work.strings, WorkString("question.gone", "Old", "Vieux", "draft", "row 90"),
        WorkString("question.tr1", "We trust the partner.", "Autre", "draft", "row 91")))
    assert [(f.code, f.place) for f in check_work(work, sample)] == [
        ("TRANSLATION-UNKNOWN", "row 90: question.gone"), ("TRANSLATION-DOUBLED", "row 91: question.tr1")]
    counted = completeness(work, sample)
    assert (counted.strings, counted.translated, counted.left_out) == (len(sample.strings()), len(sample.strings()), 2)


def test_rows_taken_out_of_the_file_are_missing(sample: Instrument) -> None:
    work = dataclasses.replace(whole(sample), strings=whole(sample).strings[2:])
    assert [(f.code, f.place) for f in check_work(work, sample)] == [
        ("TRANSLATION-MISSING", f"fr.xlsx: {key}") for key in ("instrument.title", "instrument.alliance_definition")]


def test_completeness_counts_by_status_and_stale(sample: Instrument) -> None:
    work = whole(sample, **{
        "question.tr1": WorkString("question.tr1", "Other words", "Autre", "draft", "row 3"),
        "question.tr2": WorkString("question.tr2", "We do not trust the partner.", "", None, "row 4")})
    counted, total = completeness(work, sample), len(sample.strings())
    assert (counted.translated, counted.stale) == (total - 1, 1)
    assert counted.by_status == {"draft": 1, "reviewed": total - 2, "back-translated": 0}


def test_numbers_are_compared_without_their_separators() -> None:
    assert numbers("0.5 of 1,000") == numbers("0,5 de 1\u00a0000") == {"05": 1, "1000": 1}
    assert numbers("0 to 2, in 25 minutes") == {"0": 1, "2": 1, "25": 1}
    assert numbers("{q1} <h2> https://e.org/7") == {}


def test_paragraphs_are_counted_with_their_lines() -> None:
    assert paragraphs("a\nb\n\nc\n \n\nd") == (2, 1, 1)
    assert plain_breaks("a\r\nb\rc") == "a\nb\nc"
