"""SPSS syntax that labels a plain table of answers: conversion of missing codes, labels, missing values, measures.

Commands are wrapped, because SPSS reads no line of more than 255 bytes; a long text is a sum of quoted parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from instrument.fielding.spss.numbers import text
from instrument.fielding.spss.variables import Value, Variable, one_line, shortened

PART = 200
"""The most bytes in one quoted part."""
COMMENT = 200


def quoted(words: str) -> str:
    """A text as SPSS syntax writes it: apostrophes doubled, long texts in parts."""
    parts = [""]
    for character in one_line(words):
        written = "''" if character == "'" else character
        if len((parts[-1] + written).encode("utf-8")) > PART:
            parts.append("")
        parts[-1] += written
    return " +\n    ".join(f"'{part}'" for part in parts)


def comment(words: str) -> str:
    """A comment: one line that ends with the only full stop at an end of a line, without quotation marks."""
    plain = words.translate({ord("'"): "’", ord('"'): "”"})
    return f"* {shortened(plain, COMMENT).rstrip('. ')}.\n"


def value(found: Value) -> str:
    return quoted(found) if isinstance(found, str) else text(found)


def command(*lines: str) -> str:
    return "\n  ".join(lines) + ".\n"


def names(variables: Iterable[Variable]) -> str:
    every = [v.name for v in variables]
    return "\n    ".join(" ".join(every[k:k + 6]) for k in range(0, len(every), 6))


def syntax(variables: Sequence[Variable], several: Mapping[str, str], *, head: Sequence[str], table: str) -> str:
    """The whole file; ``several`` are the questions with several answers and their words, ``head`` says what it is."""
    parts: list[str] = ["* Encoding: UTF-8.\n", *map(comment, head)]
    parts += [
        "\n", comment("Reading the workbook. SET UNICODE works only while no data are open; for a CSV file import it "
                      "from the menu, with all columns, and start below"),
        command("SET UNICODE=ON"),
        command("GET DATA", "/TYPE=XLSX", f"/FILE={quoted(table)}", "/SHEET=INDEX 1", "/READNAMES=ON"),
        "\n", comment("Letters na, dk, rf become numbers; several answers become a variable of 0 and 1 each"),
        *_conversion(variables, several),
        "\n", comment("Labels"), *_labels(variables),
        "\n", comment("Missing values, formats and levels of measurement"), *_properties(variables),
        *_sets(variables, several), *_reversed(variables), "EXECUTE.\n",
    ]
    return "".join(parts)


# -- from text to numbers -------------------------------------------------------------------------------


def _conversion(variables: Sequence[Variable], several: Iterable[str]) -> Iterator[str]:
    single = [v for v in variables if not v.answer and not v.width]
    for alike in _alike(single, lambda v: (tuple(v.missing.items()), v.format)):
        first = alike[0]
        yield command(f"ALTER TYPE {names(alike)} (A32)")
        recodes = " ".join(f"('{code}'='{value(number)}')" for code, number in first.missing.items())
        if recodes:
            yield command("DO REPEAT each_one =", names(alike))
            yield command("COMPUTE each_one = LTRIM(each_one)")
            yield command(f"RECODE each_one {recodes} (ELSE=COPY)")
            yield command("END REPEAT")
            yield command("EXECUTE")
        yield command(f"ALTER TYPE {names(alike)} ({first.format})")
    for question in several:
        yield from _several(question, [v for v in variables if v.question == question])


def _several(question: str, ticks: Sequence[Variable]) -> Iterator[str]:
    """``1,3`` in one column → 0 and 1 in a column an answer; a reason why there is none stands in each."""
    yield command(f"ALTER TYPE {question} (A200)")
    yield command("STRING #given (A202)")
    yield command(f"COMPUTE #given = CONCAT(',', LTRIM(RTRIM({question})), ',')")
    yield command(f"NUMERIC {names(ticks)} (F8.0)")
    yield command("DO IF (#given NE ',,')")
    for tick in ticks:
        yield command(f"COMPUTE {tick.name} = (INDEX(#given, ',{tick.answer},') GT 0)")
        for code, number in tick.missing.items():
            yield command(f"IF (INDEX(#given, ',{code},') GT 0 AND {tick.name} EQ 0) "
                          f"{tick.name} = {value(number)}")
    yield command("END IF")
    yield command("EXECUTE")


# -- labels and properties ------------------------------------------------------------------------------


def _labels(variables: Sequence[Variable]) -> Iterator[str]:
    for variable in variables:
        yield command(f"VARIABLE LABELS {variable.name}", quoted(variable.label))
    for alike in _alike([v for v in variables if v.labels], lambda v: tuple(v.labels.items())):
        yield command(f"VALUE LABELS {names(alike)}",
                      *(f"{value(found)} {quoted(words)}" for found, words in alike[0].labels.items()))


def _properties(variables: Sequence[Variable]) -> Iterator[str]:
    for alike in _alike([v for v in variables if v.missing], lambda v: tuple(v.missing.values())):
        values = ", ".join(map(value, alike[0].missing.values()))
        yield command(f"MISSING VALUES {names(alike)} ({values})")
    for alike in _alike([v for v in variables if not v.width], lambda v: v.format):
        yield command(f"FORMATS {names(alike)} ({alike[0].format})")
    for alike in _alike(variables, lambda v: v.measure):
        yield command(f"VARIABLE LEVEL {names(alike)} ({alike[0].measure.upper()})")


def _sets(variables: Sequence[Variable], several: Mapping[str, str]) -> Iterator[str]:
    for question, label in several.items():
        ticks = [v for v in variables if v.question == question]
        yield command("MRSETS", f"/MDGROUP NAME=${question}", f"LABEL={quoted(label)}",
                      "CATEGORYLABELS=COUNTEDVALUES", f"VARIABLES={names(ticks)}", "VALUE=1")


def _reversed(variables: Sequence[Variable]) -> Iterator[str]:
    turned = [v for v in variables if v.reversed]
    if turned:
        yield "\n" + comment("Reversed items are marked, and their data left as they were answered")
        yield command(f"VARIABLE ATTRIBUTE VARIABLES={names(turned)}", "ATTRIBUTE=reversed('yes')")


def _alike(variables: Iterable[Variable], by: Callable[[Variable], object]) -> list[list[Variable]]:
    """Variables that one command serves, in order of their first."""
    groups: dict[object, list[Variable]] = {}
    for variable in variables:
        groups.setdefault(by(variable), []).append(variable)
    return list(groups.values())
