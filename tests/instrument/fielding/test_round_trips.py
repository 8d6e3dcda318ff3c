"""There and back for every platform: what respondents answered, written as the platform exports it, is read again as it
was, cell by cell: 300 respondents of our two versions in three languages, and instruments that nobody wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.fielding.answers import META_COLUMNS, LabelCheck, RawAnswers
from instrument.fielding.platforms import ANSWERS, answers
from instrument.model import Block, Fact, Instrument, Option
from instrument.rules import check
from pipeline.data.responses import Failure, Responses, validate
from pipeline.power.interviews import simulate_versions
from pipeline.power.population import Population, load_population
from tests.instrument.fielding import generated

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"
RESPONDENTS = 300
OLD, NEW = "1.0.0", "1.1.0"
UNKNOWN = "9.9.9"
ODD_IDS = ("=P1", "+P2", "-P3", "@P4", "'=P5")
TEXTS = tuple(text for text in generated.ODD if text not in ("NA", "null"))  # some programs write these for nothing


@dataclass(frozen=True)
class Answered:
    """A form's answers before any platform saw them."""

    form: str
    cells: pd.DataFrame
    meta: pd.DataFrame


# -- 300 respondents ------------------------------------------------------------------------------------


def speaking_french(population: Population) -> Population:
    """The sample's firms, but those in Belgium and France mostly answer in French."""
    language = population.variables["language"]
    french = {"fr": 0.9, "en": 0.1}
    given_by = {**language.shares_given, 56: french, 250: french}  # type: ignore[union-attr]
    variables = {**population.variables, "language": language.model_copy(update={"shares_given": given_by})}
    return population.model_copy(update={"variables": variables})


def with_open_questions(version: Instrument) -> Instrument:
    """Ours asks for no text and no date: two questions more at the end of each form."""
    more = (Fact(id="remk", kind="text", role="context", text="Anything else?"),
            Fact(id="rdat", kind="date", role="context", text="When?", missing=(Option(code="dk", label="No idea"),)))
    strings = {f"block.{form.id.lower()}last.title": "…" for form in version.forms}
    strings |= {"question.remk": "…?", "question.rdat": "…??", "option.rdat.dk": "?"}
    last = {form.id: Block(id=f"{form.id.lower()}last", title="At last", questions=more) for form in version.forms}
    return Instrument.model_validate(version.model_copy(update={
        "forms": tuple(form.model_copy(update={"blocks": (*form.blocks, last[form.id])}) for form in version.forms),
        "translations": tuple(t.model_copy(update={"strings": {**t.strings, **strings}}) for t in version.translations),
    }).model_dump())


@cache
def versions() -> dict[str, Instrument]:
    return {number: with_open_questions(store.load(number)) for number in (OLD, NEW)}


@cache
def answered() -> dict[str, Answered]:
    ours = [store.load(number) for number in (OLD, NEW)]
    forms = simulate_versions(speaking_french(load_population(SAMPLE)), ours, n=RESPONDENTS, seed=11)
    out = {}
    for form in forms:
        rows = range(RESPONDENTS)
        cells, meta = form.cells.iloc[:RESPONDENTS].copy(), form.meta.iloc[:RESPONDENTS].assign(status="response")
        cells["remk"] = [text if k % 5 else "" for k, text in zip(rows, cycle(TEXTS), strict=False)]
        cells["rdat"] = [("", "dk", "2026-02-28")[k % 3] for k in rows]
        gone = meta["finished"].eq("0") | cells["cons"].eq("0") | cells.get("scal", cells["cons"]).eq("0")
        cells.loc[gone, ["remk", "rdat"]] = ""
        meta.iloc[:len(ODD_IDS), meta.columns.get_loc("informant_id")] = list(ODD_IDS)
        meta.loc[meta.index[20], "instrument_version"] = UNKNOWN
        meta.loc[meta.index[21], "status"] = "test"
        out[form.form] = Answered(form.form, cells.astype("str"), meta.astype("str"))
    return out


def test_what_is_sent_there_and_back_is_worth_it() -> None:
    for form, found in answered().items():
        assert len(found.cells) == len(found.meta) == RESPONDENTS
        stamps = found.meta["instrument_version"].value_counts()
        assert min(stamps[OLD], stamps[NEW]) > RESPONDENTS // 3
        for language in ("en", "es"):
            assert set(found.meta.loc[found.meta["language"] == language, "instrument_version"]) >= {OLD, NEW}
        assert set(found.meta.loc[found.meta["language"] == "fr", "instrument_version"]) == {NEW}
        everything = set(found.cells.to_numpy().ravel())
        assert {"na", "dk", "rf", "=cmd()", "@sum(a)", "'=x"} <= everything
        assert any("," in cell and cell.replace(",", "").isdigit() for cell in everything)
        assert {"0", "1"} <= set(found.cells["cons"])
        assert {"0", "1"} <= set(found.meta["finished"])
        assert not [finding for finding in check(versions()[NEW]) if finding.severity == "error"], form


@pytest.mark.parametrize("form", ["F", "A"])
@pytest.mark.parametrize("platform", ANSWERS)
def test_300_respondents_of_two_versions_in_all_languages_come_back(platform: str, form: str, tmp_path: Path) -> None:
    sent = answered()[form]
    found = through(platform, tmp_path, sent, versions())
    assert_same(found, straight(sent, versions()))
    assert {"ROW-VERSION", "ROW-PREVIEW"} == {failure.code for failure in found[1] if failure.set_aside == "row"}


# -- instruments that nobody wrote --------------------------------------------------------------------------


def later(instrument: Instrument, *, in_front: bool) -> Instrument:
    """A next version: in each form one question more that is answered by typing, and one with several answers.

    Behind the others, or in front of them, where a platform may number all that follow anew.
    """
    added = {form.id: (
        Fact(id=f"{form.id.lower()}late", kind="count", role="context", text="How many?", minimum=0, maximum=99,
             missing=(Option(code="dk", label="(dk) no answer"),)),
        Fact(id=f"{form.id.lower()}more", kind="choices", role="context", text="Which?",
             options=(Option(code=7, label="seven"), Option(code=0, label="nought"))),
    ) for form in instrument.forms}
    forms = []
    for form in instrument.forms:
        more = Block(id=f"{form.id.lower()}end", title="More", questions=added[form.id])
        forms.append(form.model_copy(update={
            "blocks": (more, *form.blocks) if in_front else (*form.blocks, more)}))
    new = Instrument.model_validate(
        instrument.model_copy(update={"version": "1.1.0", "forms": tuple(forms), "translations": ()}).model_dump())
    return new.model_copy(update={"translations": tuple(
        t.model_copy(update={"strings": {key: f"{text} (es)" for key, text in new.strings().items()}})
        for t in instrument.translations)})


def _cases() -> st.SearchStrategy[tuple[Instrument, int]]:
    return st.tuples(generated.instruments(), st.integers(0, 2**16))


@pytest.mark.parametrize("platform", ANSWERS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=_cases())
def test_answers_to_any_instrument_come_back(platform: str, case: tuple[Instrument, int]) -> None:
    old, seed = case
    new = later(old, in_front=seed % 3 == 0)
    both = {old.version: old, new.version: new}
    for form in old.forms:
        optional = tuple(block.id for block in form.blocks if block.optional) if seed % 2 else ()
        parts = [generated.respondents(version, form.id, 7, seed + k, optional) for k, version in
                 enumerate(both.values())]
        cells = pd.concat([cells for cells, _ in parts], ignore_index=True).fillna("").astype("str")
        meta = pd.concat([meta for _, meta in parts], ignore_index=True)
        for name in form.identifiers:
            meta[name] = [f"{name[0]}{k}" for k in range(len(meta))]
        sent = Answered(form.id, cells, meta)
        with TemporaryDirectory() as folder:
            found = through(platform, Path(folder), sent, both, optional)
        assert_same(found, straight(sent, both, optional))


# -- two ways -----------------------------------------------------------------------------------------------

Judged = tuple[Responses, Sequence[Failure]]


def through(
    platform: str, folder: Path, sent: Answered, known: Mapping[str, Instrument], optional: tuple[str, ...] = (),
) -> Judged:
    """Written in the platform's export form, read, validated."""
    form = answers(platform)
    path = folder / f"answers{form.SUFFIX}"
    parts = [sent]
    try:
        form.write(path, tuple(known.values()), sent.form, sent.cells, sent.meta)
    except ValueError:
        assert platform == "qualtrics"  # which numbers its questions, in each version's survey anew
        parts = [Answered(sent.form, sent.cells.loc[rows, asked(one, sent)], sent.meta[rows])
                 for version, one in known.items() if (rows := sent.meta["instrument_version"].eq(version)).any()]
        assert sum(len(part.meta) for part in parts) == len(sent.meta)
    judged = []
    for k, part in enumerate(parts):
        if len(parts) > 1:
            path = folder / f"answers{k}{form.SUFFIX}"
            form.write(path, known[part.meta["instrument_version"].iloc[0]], part.form, part.cells, part.meta)
        raw = form.read(path, part.form, instruments=known)
        assert len(raw.cells) == len(part.cells)
        assert (raw.unknown_columns, raw.issues) == ((), ())
        judged.append(validate(raw, known, optional_blocks=optional)[:2])
    return below(judged)


def asked(version: Instrument, sent: Answered) -> list[str]:
    ids = {question.id for _, question in version.form(sent.form).questions()}
    return [question for question in sent.cells if question in ids]


def straight(sent: Answered, known: Mapping[str, Instrument], optional: tuple[str, ...] = ()) -> Judged:
    """The same answers validated without any file."""
    meta = sent.meta[[*META_COLUMNS, *known[max(known)].form(sent.form).identifiers]]
    raw = RawAnswers("none", sent.form, "", "", sent.cells, meta, {}, (), LabelCheck("not verified", 0, ""))
    return validate(raw, known, optional_blocks=optional)[:2]


def below(judged: Sequence[Judged]) -> Judged:
    if len(judged) == 1:
        return judged[0]
    whole = {name: pd.concat([getattr(one, name) for one, _ in judged]) for name in
             ("values", "reasons", "texts", "meta")}
    whole["reasons"] = whole["reasons"].fillna("not asked")
    whole["texts"] = whole["texts"].fillna("")
    return Responses(judged[0][0].form, **whole), [failure for _, failures in judged for failure in failures]


def assert_same(found: Judged, expected: Judged) -> None:
    """Values, reasons, texts and metadata, respondent by respondent; and the same cells and rows set aside."""
    assert set_aside(found[1]) == set_aside(expected[1])
    for name in ("values", "reasons", "texts", "meta"):
        mine, theirs = (getattr(one, name).reset_index(drop=True) for one, _ in (found, expected))
        assert (len(mine), set(mine.columns)) == (len(theirs), set(theirs.columns)), name
        differ = [(name, column, k, a, b) for column in theirs for k, (a, b) in
                  enumerate(zip(mine[column], theirs[column], strict=True)) if a != b and not (a != a and b != b)]
        assert differ == []


def set_aside(failures: Sequence[Failure]) -> list[tuple[str, str, str]]:
    return sorted((failure.code, failure.column, failure.value) for failure in failures)
