"""A strict reading of QSF files, after what is documented of them, and interviews held by what they say.

Nothing here knows how our files are made: blocks, flow, logic and validation are followed as Qualtrics would follow
them, and what comes out is a row of an export.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ENTRY = {
    "SurveyID", "SurveyName", "SurveyDescription", "SurveyOwnerID", "SurveyBrandID", "DivisionID", "SurveyLanguage",
    "SurveyActiveResponseSet", "SurveyStatus", "SurveyStartDate", "SurveyExpirationDate", "SurveyCreationDate",
    "CreatorID", "LastModified", "LastAccessed", "LastActivated", "Deleted",
}
SELECTORS = {
    "MC": {("SAVR", "TX"), ("MAVR", "TX")}, "Matrix": {("Likert", "SingleAnswer")},
    "TE": {("SL", None), ("ML", None)}, "DB": {("TB", None)},
}


def plain(text: str) -> str:
    """HTML as a respondent sees it; the only mark-up we use is the line break."""
    without = text.replace("<br>", "\n")
    assert "<" not in without, f"mark-up in {text!r}"
    assert "${" not in text, f"Qualtrics would replace something in {text!r}"
    return html.unescape(without)


class Survey:
    """A file taken apart; whatever is not as documented fails."""

    def __init__(self, content: bytes) -> None:
        whole = json.loads(content)
        assert set(whole) == {"SurveyEntry", "SurveyElements"}
        self.entry: Json = whole["SurveyEntry"]
        elements: list[Json] = whole["SurveyElements"]
        assert set(self.entry) == ENTRY
        assert self.entry["SurveyBrandID"]
        assert re.fullmatch(r"SV_\w{15}", self.entry["SurveyID"])
        for element in elements:
            assert set(element) == {
                "SurveyID", "Element", "PrimaryAttribute", "SecondaryAttribute", "TertiaryAttribute", "Payload"}
            assert element["SurveyID"] == self.entry["SurveyID"]
        found = [element["Element"] for element in elements]
        assert all(found.count(kind) == 1 for kind in ("BL", "FL", "SO", "SCO", "PROJ", "STAT", "QC", "RS"))
        one = {element["Element"]: element for element in elements}
        assert one["RS"]["PrimaryAttribute"] == self.entry["SurveyActiveResponseSet"]
        self.options: Json = one["SO"]["Payload"]
        self.flow: Json = one["FL"]["Payload"]
        self.blocks: dict[str, Json] = {block["ID"]: block for block in one["BL"]["Payload"]}
        assert len(self.blocks) == len(one["BL"]["Payload"])
        self.questions: dict[str, Json] = {}
        for element in elements:
            if element["Element"] == "SQ":
                assert element["PrimaryAttribute"] == element["Payload"]["QuestionID"]
                assert element["PrimaryAttribute"] not in self.questions
                self.questions[element["PrimaryAttribute"]] = element["Payload"]
        self.count = int(one["QC"]["SecondaryAttribute"])
        assert max(int(q[3:]) for q in self.questions) <= self.count
        self.languages = (self.entry["SurveyLanguage"], *next(iter(self.questions.values()))["Language"])
        assert set(self.options["AvailableLanguages"]) == set(self.languages)
        self._check_blocks()
        self._check_flow()
        for question in self.questions.values():
            self._check_question(question)
        tags = [tag for question in self.questions.values() for tag in _tags(question)]
        assert len(set(tags)) == len(tags)

    # -- what the parts must look like ------------------------------------------------------------------

    def _check_blocks(self) -> None:
        kinds = [block["Type"] for block in self.blocks.values()]
        assert kinds.count("Trash") == 1
        assert kinds[0] == "Default"
        assert set(kinds[1:]) <= {"Standard", "Trash"}
        listed = [e["QuestionID"] for block in self.blocks.values() for e in block["BlockElements"]
                  if e["Type"] == "Question"]
        assert listed == list(self.questions), "every question stands in one block, in order"

    def _check_flow(self) -> None:
        nodes = list(_nodes(self.flow))
        ids = [node["FlowID"] for node in nodes]
        assert ids == [f"FL_{k}" for k in range(1, len(ids) + 1)]
        assert self.flow["Properties"]["Count"] == len(ids)
        assert self.flow["Flow"][0]["Type"] == "EmbeddedData"
        shown = [node["ID"] for node in nodes if node["Type"] in ("Standard", "Block")]
        assert shown == [key for key, block in self.blocks.items() if block["Type"] != "Trash"]
        for node in nodes:
            assert node["Type"] in ("Root", "Standard", "Block", "Branch", "EmbeddedData", "EndSurvey")
            if node["Type"] == "Branch":
                self._check_logic(node["BranchLogic"])

    def _check_question(self, question: Json) -> None:
        kind = question["QuestionType"]
        assert (question["Selector"], question.get("SubSelector")) in SELECTORS[kind]
        words = [question, *(question["Language"].values() if question["Language"] else ())]
        assert len(words) == len(self.languages)
        parts = {"MC": ("Choices",), "Matrix": ("Choices", "Answers")}.get(kind, ())
        for said in words:
            assert plain(said["QuestionText"]).strip()
            assert [part for part in ("Choices", "Answers") if part in said] == list(parts)
            for part in parts:
                assert list(said[part]) == question[f"{part[:-1]}Order"]
                assert all(plain(choice["Display"]).strip() for choice in said[part].values())
        for part, following in (("Choices", "NextChoiceId"), ("Answers", "NextAnswerId")):
            assert question[following] > max([int(key) for key in question.get(part, ())], default=0)
        recodes = question.get("RecodeValues", {})
        assert list(recodes) == list(question.get("Answers", question.get("Choices", ())))
        assert all(re.fullmatch(r"\d+", recode) for recode in recodes.values())
        assert len(set(recodes.values())) == len(recodes)
        if kind == "Matrix":
            assert list(question["ChoiceDataExportTags"]) == question["ChoiceOrder"]
        for logic in (question, *(choice for choice in question.get("Choices", {}).values())):
            if "DisplayLogic" in logic:
                self._check_logic(logic["DisplayLogic"], question["QuestionID"])

    def _check_logic(self, logic: Json, of: str | None = None) -> None:
        sets = [key for key in logic if key.isdigit()]
        assert sets == [str(k) for k in range(len(sets))]
        assert sets
        assert logic["Type"] == "BooleanExpression"
        for key in sets:
            assert logic[key]["Type"] == ("If" if key == "0" else "AndIf")
            expressions = [one for one in logic[key] if one.isdigit()]
            assert expressions == [str(k) for k in range(len(expressions))]
            for k in expressions:
                one = logic[key][k]
                assert one.get("Conjuction") == (None if k == "0" else "Or")
                assert one["Type"] == "Expression"
                assert one["QuestionID"] in self.questions
                assert one["LeftOperand"] == one["ChoiceLocator"]
                assert one["LeftOperand"].startswith(f"q://{one['QuestionID']}/")
                assert of is None or self._earlier_page(one["QuestionID"], of), "logic is judged when a page is shown"

    def _earlier_page(self, asked: str, before: str) -> bool:
        pages, page = {}, 0
        for block in self.blocks.values():
            page += 1
            for element in block["BlockElements"]:
                page += element["Type"] == "Page Break"
                if element["Type"] == "Question":
                    pages[element["QuestionID"]] = page
        return pages[asked] < pages[before]

    # -- columns of an export -----------------------------------------------------------------------------

    def columns(self) -> dict[str, tuple[str, str]]:
        """ImportId → column name and words of the second header row."""
        out = {}
        for key, question in self.questions.items():
            text = plain(question["QuestionText"])
            if question["QuestionType"] == "Matrix":
                for row, tag in question["ChoiceDataExportTags"].items():
                    out[f"{key}_{row}"] = tag, f"{text} - {plain(question['Choices'][row]['Display'])}"
            elif question["QuestionType"] != "DB":
                out[f"{key}_TEXT" if question["QuestionType"] == "TE" else key] = question["DataExportTag"], text
        return out


def _tags(question: Json) -> list[str]:
    return [question["DataExportTag"], *question.get("ChoiceDataExportTags", {}).values()]


def _nodes(node: Json) -> Iterator[Json]:
    yield node
    for inside in node.get("Flow", ()):
        yield from _nodes(inside)


# -- an interview -----------------------------------------------------------------------------------------


class Interview:
    """One respondent led through a survey.

    Attributes
    ----------
    cells
        ImportId → what a numeric export would hold.
    shown
        Column names of every question and row that was shown.
    embedded
        Embedded data at the end.
    """

    def __init__(self, survey: Survey, answers: dict[str, str], link: dict[str, str]) -> None:
        self._survey, self._answers = survey, answers
        self._given: dict[str, set[str]] = {}
        self.cells: dict[str, str] = {}
        self.shown: set[str] = set()
        self.embedded = dict(link)
        self._walk(survey.flow["Flow"])

    def _walk(self, flow: list[Json]) -> bool:
        """Whether the interview goes on."""
        for node in flow:
            if node["Type"] == "EndSurvey":
                return False
            if node["Type"] == "EmbeddedData":
                self.embedded |= {f["Field"]: f["Value"] for f in node["EmbeddedData"] if "Value" in f}
                assert all("Value" in f or f["Field"] in self.embedded for f in node["EmbeddedData"])
            elif node["Type"] == "Branch":
                if self._holds(node["BranchLogic"]) and not self._walk(node["Flow"]):
                    return False
            else:
                for element in self._survey.blocks[node["ID"]]["BlockElements"]:
                    if element["Type"] == "Question":
                        self._ask(self._survey.questions[element["QuestionID"]])
        return True

    def _ask(self, question: Json) -> None:
        if "DisplayLogic" in question and not self._holds(question["DisplayLogic"]):
            return
        key, kind = question["QuestionID"], question["QuestionType"]
        if kind == "Matrix":
            rows = {row: tag for row, tag in question["ChoiceDataExportTags"].items()
                    if self._holds(question["Choices"][row].get("DisplayLogic"))}
            for row, tag in rows.items():
                self._choose(question, f"{key}_{row}", tag, row)
            answers = [self._answers.get(tag, "") for tag in rows.values()]
            assert not self._forced(question) or all(answers), f"{key} must be answered"
        elif kind != "DB":
            tag = question["DataExportTag"]
            if kind == "MC":
                self._choose(question, key, tag, None)
            else:
                self._type(question, f"{key}_TEXT", tag)
            assert not self._forced(question) or self._answers.get(tag, ""), f"{tag} must be answered"

    def _forced(self, question: Json) -> bool:
        return bool(question["Validation"]["Settings"]["ForceResponse"] == "ON")

    def _choose(self, question: Json, column: str, tag: str, row: str | None) -> None:
        self.shown.add(tag)
        codes = [code for code in self._answers.get(tag, "").split(",") if code]
        missing = {"na": "9997", "dk": "9998", "rf": "9999"}
        by_recode = {recode: number for number, recode in question["RecodeValues"].items()}
        picked = [by_recode[missing.get(code, code)] for code in codes]
        if question["Selector"] == "MAVR":
            alone = {number for number, choice in question["Choices"].items() if choice.get("ExclusiveAnswer")}
            assert len(picked) < 2 or not alone & set(picked)
            assert alone == {by_recode[recode] for recode in missing.values() if recode in by_recode}
        else:
            assert len(picked) < 2
        self._given.setdefault(question["QuestionID"], set()).update(f"{row}/{n}" if row else n for n in picked)
        self.cells[column] = ",".join(question["RecodeValues"][number] for number in picked)

    def _type(self, question: Json, column: str, tag: str) -> None:
        self.shown.add(tag)
        self.cells[column] = text = self._answers.get(tag, "")
        self._given[question["QuestionID"]] = {text}
        assert takes(question, text), f"{tag} does not take {text!r}"

    def _holds(self, logic: Json | None) -> bool:
        return logic is None or holds(logic, lambda one: self._true(one))

    def _true(self, one: Json) -> bool:
        given, (_, what, *rest) = self._given.get(one["QuestionID"], set()), one["LeftOperand"][4:].split("/")
        if what == "SelectableChoice":
            assert one["Operator"] == "Selected"
            return "/".join(rest) in given
        return compared(one, next(iter(given), ""))


def holds(logic: Json, true: Any) -> bool:
    """Sets that must all hold, each with expressions of which one must."""
    return all(any(true(logic[key][k]) for k in logic[key] if k.isdigit()) for key in logic if key.isdigit())


def compared(one: Json, text: str) -> bool:
    operand = one.get("RightOperand", "")
    if one["Operator"] in ("GreaterThanOrEqual", "LessThanOrEqual"):
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            return False
        low, high = (operand, text) if one["Operator"][0] == "G" else (text, operand)
        return float(low) <= float(high)
    return {"EqualTo": text == operand, "Empty": not text,
            "MatchesRegex": re.search(operand, text) is not None}[one["Operator"]]


def takes(question: Json, text: str) -> bool:
    """Whether validation lets a typed answer pass."""
    settings = question["Validation"]["Settings"]
    if settings["Type"] == "CustomValidation":
        return holds(settings["CustomValidation"]["Logic"], lambda one: compared(one, text))
    if settings["Type"] == "None" or not text:
        return True
    assert (settings["Type"], settings["ContentType"]) == ("ContentType", "ValidNumber")
    bounds = settings["ValidNumber"]
    number = re.fullmatch(r"-?\d+" if bounds["NumDecimals"] == "0" else r"-?\d+(\.\d+)?", text)
    return bool(number) and float(bounds["Min"] or "-inf") <= float(text) <= float(bounds["Max"] or "inf")


def write_export(path: Path, survey: Survey, interviews: list[Interview], about: list[dict[str, str]]) -> None:
    """Rows as Qualtrics exports them, numeric values."""
    columns, fields = survey.columns(), list(interviews[0].embedded)
    own = {"StartDate": "startDate", "EndDate": "endDate", "Status": "status", "Progress": "progress",
           "Duration (in seconds)": "duration", "Finished": "finished", "ResponseId": "_recordId",
           "UserLanguage": "userLanguage"}
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*own, *(tag for tag, _ in columns.values()), *fields])
        rows.writerow([*own, *(text for _, text in columns.values()), *fields])
        rows.writerow([json.dumps({"ImportId": i}, separators=(",", ":")) for i in (*own.values(), *columns, *fields)])
        for one, meta in zip(interviews, about, strict=True):
            rows.writerow([
                meta["started"], meta["ended"], "0", "100", meta["duration_seconds"], "1", meta["response_id"],
                meta["language"].upper(), *(one.cells.get(column, "") for column in columns),
                *(one.embedded[name] for name in fields)])
