"""LimeSurvey's importer of survey structures, as strict as its documentation and its own source allow.

No package index has LimeSurvey. What is checked here follows the manual's page on the tab-separated structure and what
``TSVImportSurvey`` does with each row; where LimeSurvey would mend something in silence, this one refuses.
"""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass, field

FIXED = ["id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation",
         "mandatory", "other", "default", "same_default"]
TYPES = set("LFMNDTSX*!")
ATTRIBUTES = {
    "date_format": "D", "em_validation_q": "F", "em_validation_q_tip": "F", "exclude_all_others": "M", "hidden": "S*",
    "max_num_value_n": "N", "min_num_value_n": "N", "num_value_int_only": "N", "random_order": "F", "suffix": "N",
}
RESERVED = {"LANG", "SID", "SAVEDID", "TOKEN", "QID", "GID", "SGQ", "SELF", "THAT", "THIS", "TIME"}
WITH_ANSWERS, WITH_ROWS = set("LF!"), set("FM")

Row = dict[str, str]


@dataclass
class Question:
    """One question in one language."""

    row: Row
    group: int
    rows: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.row["name"]

    def variables(self) -> set[str]:
        if self.row["type/scale"] in WITH_ROWS:
            return {f"{self.code}_{row['name']}" for row in self.rows}
        return {self.code}


@dataclass
class Survey:
    """What LimeSurvey would hold after the import."""

    settings: dict[str, str]
    words: dict[str, dict[str, str]]
    groups: dict[str, list[Row]]
    questions: dict[str, list[Question]]

    @property
    def base(self) -> str:
        return self.settings["language"]

    def question(self, code: str, language: str | None = None) -> Question:
        return next(q for q in self.questions[language or self.base] if q.code == code)


def import_structure(content: bytes) -> Survey:
    """Read a structure and refuse whatever LimeSurvey would not take as it is meant."""
    assert content.startswith(b"\xef\xbb\xbf"), "LimeSurvey's own files begin with a byte order mark"
    text = content.decode("utf-8-sig")
    lines = text.split("\n")
    assert lines.pop() == "", "the last line is ended"
    assert all(line.count("\t") == lines[0].count("\t") for line in lines), "every line has a cell a column"
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quotechar='"', strict=True))
    assert len(records) == len(lines), "no quotation mark swallows a line"
    header = records[0]
    assert header[:14] == FIXED
    extra = header[14:]
    assert extra == sorted(extra)
    assert set(extra) <= set(ATTRIBUTES)
    rows = [dict(zip(header, record, strict=True)) for record in records[1:]]
    survey = _sorted(rows)
    _check_languages(survey)
    for language in survey.questions:
        _check_codes(survey.questions[language])
        _check_relevance(survey, language)
    _check_words(rows)
    return survey


def _sorted(rows: list[Row]) -> Survey:
    """S, SL, then groups and all that belongs to the row before; ids as the importer hands them out."""
    order = [("S", "SL", "G").index(r["class"]) if r["class"] in ("S", "SL") else 2 for r in rows]
    assert order == sorted(order), "settings first, then their words, then the groups"
    settings = {r["name"]: r["text"] for r in rows if r["class"] == "S"}
    languages = [settings["language"], *settings["additional_languages"].split()]
    survey = Survey(settings, {}, {code: [] for code in languages}, {code: [] for code in languages})
    for r in rows:
        if r["class"] == "SL":
            survey.words.setdefault(r["language"], {})[r["name"]] = r["text"]
    seen: list[str] = []
    ids: set[int] = set()
    question: Question | None = None
    for r in (r for r in rows if r["class"] not in ("S", "SL")):
        language = r["language"]
        assert language in languages
        if not seen or seen[-1] != language:
            assert language not in seen, "a language stands in one piece"
            seen.append(language)
            ids, question = set(), None
        if r["class"] == "G":
            assert r["id"] == r["type/scale"] == str(len(survey.groups[language]) + 1)
            assert r["name"]
            survey.groups[language].append(r)
            question = None
            continue
        if r["class"] in ("Q", "SQ"):
            assert int(r["id"]) not in ids, "questions and subquestions share one row of ids"
            ids.add(int(r["id"]))
        if r["class"] == "Q":
            assert survey.groups[language], "a question belongs to the group before it"
            question = Question(r, len(survey.groups[language]))
            survey.questions[language].append(question)
            continue
        assert question is not None, "rows and answers belong to the question before them"
        assert r["type/scale"] == "0"
        if r["class"] == "SQ":
            assert question.row["type/scale"] in WITH_ROWS
            question.rows.append(r)
        else:
            assert r["class"] == "A"
            assert r["id"] == question.row["id"]
            assert question.row["type/scale"] in WITH_ANSWERS
            question.answers.append(r)
    assert seen == languages, "the base language first, then the others in the order of the settings"
    return survey


def _check_languages(survey: Survey) -> None:
    """Every language has the same rows in the same order."""
    assert set(survey.words) == set(survey.groups)
    for language in survey.groups:
        assert survey.words[language]["surveyls_language"] == language
        assert survey.words[language]["surveyls_title"]
        assert [_shape(r) for r in survey.groups[language]] == [_shape(r) for r in survey.groups[survey.base]]
        ours, base = survey.questions[language], survey.questions[survey.base]
        assert [(q.group, _shape(q.row)) for q in ours] == [(q.group, _shape(q.row)) for q in base]
        for q, b in zip(ours, base, strict=True):
            assert [_shape(r) for r in q.rows] == [_shape(r) for r in b.rows]
            assert [_shape(r) for r in q.answers] == [_shape(r) for r in b.answers]


def _shape(row: Row) -> tuple[str, ...]:
    shared = ["id", "class", "type/scale", "relevance", "mandatory", "other", "same_default"]
    return tuple(row[name] for name in (shared if row["class"] == "G" else [*shared, "name"]))


def _check_codes(questions: list[Question]) -> None:
    codes = [q.code.upper() for q in questions]
    assert len(set(codes)) == len(codes), "question codes are unique in the survey"
    variables = [v.upper() for q in questions for v in q.variables()]
    assert len(set(variables)) == len(variables)
    for q in questions:
        kind = q.row["type/scale"]
        assert kind in TYPES
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", q.code), q.code
        assert q.code.upper() not in RESERVED
        assert q.row["mandatory"] in ("Y", "N")
        assert q.row["other"] == "N"
        assert bool(q.answers) == (kind in WITH_ANSWERS)
        assert bool(q.rows) == (kind in WITH_ROWS)
        for part, pattern in ((q.rows, "[A-Za-z0-9]{1,20}"), (q.answers, "[A-Za-z0-9]{1,5}")):
            names = [r["name"] for r in part]
            assert all(re.fullmatch(pattern, name) for name in names), names
            assert len({name.upper() for name in names}) == len(names)
            assert all(r["text"] for r in part)
        for name, kinds in ATTRIBUTES.items():
            assert not q.row.get(name) or kind in kinds, f"{name} on a question of type {kind}"
        alone = q.row.get("exclude_all_others", "")
        assert set(filter(None, alone.split(";"))) <= {r["name"] for r in q.rows}


TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<name>[A-Za-z]\w*(?:\.NAOK)?)|(?P<sign>==|[!()]))")


def _check_relevance(survey: Survey, language: str) -> None:
    """Expressions are well formed, and refer only to what was asked before, by values that can be answered."""
    earlier: dict[str, Question] = {}
    group_of: dict[str, int] = {}
    done = 0
    for q in survey.questions[language]:
        for k in range(done, q.group):
            _check_expression(survey.groups[language][k]["relevance"],
                              {v: e for v, e in earlier.items() if group_of[v] < k + 1})
        done = q.group
        _check_expression(q.row["relevance"], earlier)
        for row in q.rows:
            _check_expression(row["relevance"], earlier)
        own = {variable: q for variable in q.variables()}
        if q.row.get("em_validation_q"):
            _check_expression(q.row["em_validation_q"], {**earlier, **own})
        earlier |= own
        group_of |= dict.fromkeys(own, q.group)


def _check_expression(expression: str, earlier: dict[str, Question]) -> None:
    if expression == "1":
        return
    position, depth, last = 0, 0, ""
    while position < len(expression):
        match = TOKEN.match(expression, position)
        assert match, f"not an expression from {expression[position:]!r} on"
        position = match.end()
        if match["sign"] in ("(", ")"):
            depth += 1 if match["sign"] == "(" else -1
            assert depth >= 0
        elif match["text"]:
            assert last in earlier
            assert match["text"][1:-1] in _values(earlier[last], last), f"{last} is never {match['text']}"
        elif match["name"] and match["name"] not in ("and", "or", "is_empty"):
            last = match["name"].removesuffix(".NAOK")
            assert match["name"].endswith(".NAOK"), "an unseen question makes a bare variable an error"
            assert last in earlier, f"{last} is not asked before"
    assert depth == 0, expression


def _values(question: Question, variable: str) -> set[str]:
    return {"Y"} if question.row["type/scale"] == "M" else {r["name"] for r in question.answers}


def _check_words(rows: list[Row]) -> None:
    """Words are HTML without mark-up but line breaks, without expressions, and no formula to a spreadsheet."""
    for row in rows:
        for name in ("text", "help", "name" if row["class"] == "G" else "text", "suffix", "em_validation_q_tip"):
            cell = row.get(name, "")
            if row["class"] == "Q" and row["type/scale"] == "*" and name == "text":
                assert re.fullmatch(r"\{'[\w.-]+'\}", cell)
                continue
            assert not re.search(r"[{}<>\"]", cell.replace("<br />", "")), cell
            assert not re.match(r"[=+@]", cell), cell
            assert not re.search(r"&(?!(amp|lt|gt|quot|#x27|#\d+);)", cell), cell


def shown(cell: str) -> str:
    """The text that a browser shows for a cell."""
    return html.unescape(cell.replace("<br />", "\n"))
