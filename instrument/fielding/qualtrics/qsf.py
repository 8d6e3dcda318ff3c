"""The questionnaire as a QSF file, Qualtrics' own form of a survey: blocks, flow, options and questions in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from instrument.fielding.exports import Wanted
from instrument.fielding.qualtrics.layout import VERSION_FIELD, Placed, placed
from instrument.fielding.qualtrics.logic import Logic
from instrument.fielding.qualtrics.losses import asked, form_losses
from instrument.fielding.qualtrics.qsf_questions import payload
from instrument.fielding.qualtrics.wording import NOT_VALIDATED, in_short
from instrument.model import Block, Fact, Form, Instrument

Json = dict[str, Any]

NEVER = "0000-00-00 00:00:00"


def survey(instrument: Instrument, form: Form, wanted: Wanted) -> bytes:
    """One form with all wanted languages. The same questionnaire gives the same bytes."""
    survey_id = _id("SV", instrument, form)
    logic = Logic(instrument, form, wanted.languages[0])
    shown = asked(form, wanted)
    parts = [part for block in wanted.blocks(form) for part in _parts(instrument, form, block, shown)]
    content = [
        ("BL", "Survey Blocks", None, None, [
            *(_block(part, instrument, wanted.languages[0]) for part in parts), _trash(instrument, form)]),
        ("FL", "Survey Flow", None, None, _flow(instrument, form, parts, logic)),
        ("SO", "Survey Options", None, None, _options(instrument, form, wanted.languages)),
        ("SCO", "Scoring", None, None, {
            "ScoringCategories": [], "ScoringCategoryGroups": [], "ScoringSummaryCategory": None,
            "ScoringSummaryAfterQuestions": 0, "ScoringSummaryAfterSurvey": 0, "DefaultScoringCategory": None,
            "AutoScoringCategory": None}),
        ("PROJ", "CORE", None, "1.1.0", {"ProjectCategory": "CORE", "SchemaVersion": "1.1.0"}),
        ("STAT", "Survey Statistics", None, None, {"MobileCompatible": True, "ID": "Survey Statistics"}),
        # Questions of optional blocks that are switched off count, too, so that none added by hand gets their number.
        ("QC", "Survey Question Count", str(len(placed(form))), None, None),
        ("RS", _id("RS", instrument, form), "Default Response Set", None, None),
    ]
    for one in shown:
        question = payload(instrument, one, wanted.languages, logic)
        content.append(("SQ", one.id, question["QuestionDescription"], None, question))
    whole = {"SurveyEntry": _entry(instrument, form, wanted), "SurveyElements": [
        {"SurveyID": survey_id, "Element": element, "PrimaryAttribute": first, "SecondaryAttribute": second,
         "TertiaryAttribute": third, "Payload": inside} for element, first, second, third, inside in content]}
    return f"{json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)}\n".encode()


def _id(kind: str, instrument: Instrument, form: Form, part: str = "") -> str:
    """An id as Qualtrics makes them, that follows from the questionnaire."""
    seed = "\n".join((kind, instrument.name, instrument.version, form.id, part))
    return f"{kind}_{hashlib.sha256(seed.encode()).hexdigest()[:15]}"


def _entry(instrument: Instrument, form: Form, wanted: Wanted) -> Json:
    owner, day = _id("UR", instrument, form), f"{instrument.released} 00:00:00" if instrument.released else NEVER
    title = instrument.text(f"form.{form.id}.title", wanted.languages[0])
    return {
        "SurveyID": _id("SV", instrument, form), "SurveyName": in_short(f"{title} ({form.id} {instrument.version})"),
        "SurveyDescription": " ".join((NOT_VALIDATED, *(
            f"{loss.words} ({', '.join(loss.where)})" for loss in form_losses(instrument, form, wanted)))),
        "SurveyOwnerID": owner, "SurveyBrandID": "alliometrics", "DivisionID": None,
        "SurveyLanguage": wanted.languages[0].upper(), "SurveyActiveResponseSet": _id("RS", instrument, form),
        "SurveyStatus": "Inactive", "SurveyStartDate": NEVER, "SurveyExpirationDate": NEVER,
        "SurveyCreationDate": day, "CreatorID": owner, "LastModified": day, "LastAccessed": NEVER,
        "LastActivated": NEVER, "Deleted": None,
    }


def _options(instrument: Instrument, form: Form, languages: Sequence[str]) -> Json:
    return {
        "BackButton": "false", "SaveAndContinue": "true", "SurveyProtection": "PublicSurvey",
        "BallotBoxStuffingPrevention": "false", "NoIndex": "Yes", "SecureResponseFiles": "true",
        "SurveyExpiration": "None", "SurveyTermination": "DefaultMessage", "Header": "", "Footer": "",
        "ProgressBarDisplay": "None", "PartialData": "+1 week", "ValidationMessage": None, "PreviousButton": "",
        "NextButton": "", "SurveyTitle": in_short(instrument.text(f"form.{form.id}.title", languages[0])),
        "SkinLibrary": "Qualtrics", "SkinType": "templated",
        "Skin": {"brandingId": None, "templateId": "*base", "overrides": None}, "NewScoring": 1,
        "AvailableLanguages": {code.upper(): [] for code in languages}, "SurveyLanguage": languages[0].upper(),
    }


# -- blocks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A block, or the part of it up to an answer that may end the interview; ``first`` in the survey has its own type.
    """

    id: str
    block: Block
    number: int
    shown: Sequence[Placed]
    first: bool

    @property
    def ends(self) -> list[tuple[str, int | str]]:
        """Answers after which the interview ends."""
        return [(q.id, code) for one in self.shown for q in one.questions if isinstance(q, Fact)
                for code in q.screen_out]


def _parts(instrument: Instrument, form: Form, block: Block, shown: Sequence[Placed]) -> Iterator[_Part]:
    """Qualtrics ends an interview between blocks only, so a block is cut behind each question that may end it."""
    cut: list[list[Placed]] = [[]]
    for one in shown:
        if one.block.id == block.id:
            cut[-1].append(one)
            if any(isinstance(q, Fact) and q.screen_out for q in one.questions):
                cut.append([])
    for number, inside in enumerate(filter(None, cut), start=1):
        id_ = _id("BL", instrument, form, f"{block.id} {number}")
        yield _Part(id_, block, number, inside, first=inside[0] is shown[0])


def _block(part: _Part, instrument: Instrument, language: str) -> Json:
    title = in_short(instrument.text(f"block.{part.block.id}.title", language))
    options: Json = {"BlockLocking": "false", "RandomizeQuestions": "false", "BlockVisibility": "Expanded"}
    if part.block.shuffle and part.block.layout == "list":
        options |= {"RandomizeQuestions": "Advanced", "Randomization": {"Advanced": _shuffled(part.shown)}}
    return {
        "Type": "Default" if part.first else "Standard", "SubType": "", "ID": part.id, "Options": options,
        "Description": title if part.number == 1 else f"{title} ({part.number})",
        "BlockElements": list(_elements(part.shown)),
    }


def _elements(shown: Iterable[Placed]) -> Iterator[Json]:
    """Questions, with a new page before any that depends on an answer of this one: logic is judged page by page."""
    page: set[str] = set()
    for one in shown:
        if page & {condition.question for question in one.questions for condition in question.show_if}:
            yield {"Type": "Page Break"}
            page = set()
        yield {"Type": "Question", "QuestionID": one.id}
        page |= {question.id for question in one.questions}


def _shuffled(shown: Sequence[Placed]) -> Json:
    """Words keep their place, questions change theirs."""
    return {
        "FixedOrder": [one.id if one.kind == "words" else "{~Randomized~}" for one in shown],
        "RandomizeAll": [one.id for one in shown if one.kind != "words"],
        "RandomSubSet": [], "Undisplayed": [], "TotalRandSubset": 0, "QuestionsPerPage": 0,
    }


def _trash(instrument: Instrument, form: Form) -> Json:
    return {"Type": "Trash", "Description": "Trash / Unused Questions", "ID": _id("BL", instrument, form, "trash"),
            "BlockElements": []}


# -- flow -----------------------------------------------------------------------------------------------


def _flow(instrument: Instrument, form: Form, parts: Sequence[_Part], logic: Logic) -> Json:
    """Embedded data, then the blocks; a block that is not for everybody stands in a branch."""
    ids = (f"FL_{number}" for number in count(1))
    root = next(ids)
    flow: list[Json] = [{"Type": "EmbeddedData", "FlowID": next(ids), "EmbeddedData": [
        _field(VERSION_FIELD, instrument.version), *(_field(name) for name in form.identifiers)]}]
    for block in dict.fromkeys(part.block.id for part in parts):
        own = [part for part in parts if part.block.id == block]
        conditions = own[0].block.show_if
        branch = {"Type": "Branch", "FlowID": next(ids), "Description": f"Block {block}",
                  "BranchLogic": logic.shown_if(conditions)} if conditions else None
        inside = [node for part in own for node in _nodes(part, ids, logic)]
        flow += [branch | {"Flow": inside}] if branch else inside
    return {"Type": "Root", "FlowID": root, "Flow": flow, "Properties": {"Count": int(next(ids)[3:]) - 1}}


def _nodes(part: _Part, ids: Iterator[str], logic: Logic) -> Iterator[Json]:
    yield {"Type": "Block" if part.first else "Standard", "ID": part.id, "FlowID": next(ids), "Autofill": []}
    if part.ends:
        yield {"Type": "Branch", "FlowID": next(ids), "Description": f"End after {part.ends[-1][0]}",
               "BranchLogic": logic.any_given(part.ends), "Flow": [{"Type": "EndSurvey", "FlowID": next(ids)}]}


def _field(name: str, value: str | None = None) -> Json:
    """Embedded data; without a value it comes from the link or the contact list."""
    field: Json = {"Description": name, "Type": "Recipient" if value is None else "Custom", "Field": name,
                   "VariableType": "String", "DataVisibility": [], "AnalyzeText": False}
    return field if value is None else field | {"Value": value}
