"""LimeSurvey's survey structure as tab-separated values: rows, columns, and what a cell may hold."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS = (
    "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation",
    "mandatory", "other", "default", "same_default",
)
"""The fixed columns, in LimeSurvey's order; a column for each question attribute follows, in alphabetical order."""

ATTRIBUTES = (
    "date_format", "em_validation_q", "em_validation_q_tip", "exclude_all_others", "hidden", "max_num_value_n",
    "min_num_value_n", "num_value_int_only", "random_order", "suffix",
)
TRANSLATED = ("em_validation_q_tip", "suffix")
"""Attributes with words; the others stand once, in the base language, where LimeSurvey keeps one value for all."""

FORMULA_STARTS = ("=", "+", "-", "@")
LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the structure.

    Attributes
    ----------
    kind
        S survey setting, SL the same in one language, G group, Q question, SQ subquestion, A answer.
    attributes
        Of a question.
    """

    kind: str
    id: int | None = None
    scale: str = ""
    name: str = ""
    relevance: str = ""
    text: str = ""
    help: str = ""
    language: str = ""
    mandatory: str = ""
    other: str = ""
    same_default: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def cells(self) -> list[str]:
        fixed = [
            "" if self.id is None else str(self.id), "", self.kind, self.scale, self.name, self.relevance, self.text,
            self.help, self.language, "", self.mandatory, self.other, "", self.same_default,
        ]
        return [*fixed, *(self.attributes.get(name, "") for name in ATTRIBUTES)]


def file_of(rows: Iterable[Row]) -> bytes:
    """The file as LimeSurvey exports and imports it: UTF-8 with a byte order mark, tabs, one line a row.

    No cell needs quotation marks: words have theirs as HTML, and expressions use the single ones.
    """
    lines = ["\t".join((*COLUMNS, *ATTRIBUTES)), *("\t".join(_checked(row.cells())) for row in rows)]
    return ("\ufeff" + "\n".join(lines) + "\n").encode("utf-8")


def _checked(cells: Sequence[str]) -> Sequence[str]:
    for cell in cells:
        if "\t" in cell or '"' in cell or LINE_BREAK.search(cell):
            raise ValueError(f"a cell of the structure cannot hold a tab, a line break or a quotation mark: {cell!r}")
    return cells


def words(text: str) -> str:
    """Plain text as a cell: HTML that shows it as it is, in one line, and runs nowhere.

    Braces would be read as ExpressionScript, and a first ``=`` by a spreadsheet as a formula: both become entities.
    """
    escaped = html.escape(text.strip().replace("\t", " "), quote=True).replace("{", "&#123;").replace("}", "&#125;")
    one_line = LINE_BREAK.sub("<br />", escaped)
    return f"&#{ord(one_line[0])};{one_line[1:]}" if one_line.startswith(FORMULA_STARTS) else one_line


def literal(text: str) -> str:
    """A text in ExpressionScript, in single quotation marks."""
    return "'" + re.sub(r"[^\w.+ -]", "", text) + "'"
