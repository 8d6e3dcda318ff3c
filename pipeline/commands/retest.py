"""``alliometrics retest``: test–retest reliability of scales in two plain data files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import CsvData, read_csv
from pipeline.commands.output import Defined, decimals, table
from pipeline.commands.reliability import parse_scales
from pipeline.evidence.found.retest import FoundRetest, RetestReport
from pipeline.evidence.retest import compare, match, report
from pipeline.measurement.retest import Intraclass
from pipeline.report.numbers import counted, level_name
from pipeline.undefined import Number


def compare_files(
    first: Path, second: Path, id_column: str, options: Sequence[str], level: float = 0.95,
) -> RetestReport:
    """Every scale of the options at both occasions, rows matched by ``id_column``.

    Raises
    ------
    InputError
        ``OPTION-SCALE``, ``OPTION-VALUE``, ``DATA-…`` of either file, ``RETEST-ID``, ``RETEST-MATCH``.
    """
    if not 0.5 < level < 1:
        raise InputError(Finding("OPTION-VALUE", f"--level {level:g}", "A confidence level lies between 0.5 and 1.",
                                 "Write for example --level 0.95."))
    scales = parse_scales(options)
    files = [read_csv(path) for path in (first, second)]
    items = list(dict.fromkeys(item for listed in scales.values() for item in listed))
    findings = [finding for file in files for finding in _bad_columns(file, items, id_column)]
    findings += _items_doubled(scales)
    if findings:
        raise InputError(findings)
    places = tuple(f"{file.name}, column {id_column}" for file in files)
    rows = match(files[0].texts(id_column), files[1].texts(id_column), (places[0], places[1]))
    if not len(rows.first):
        raise InputError(Finding(
            "RETEST-MATCH", " and ".join(places), "At least some informants must be in both files; no id is in both.",
            "Look whether the column is the right one, and the ids are written alike (7 and 007 are not)."))
    X, Y = (file.numbers(items)[part] for file, part in zip(files, (rows.first, rows.second), strict=True))

    def one(name: str, listed: tuple[str, ...]) -> FoundRetest:
        places = [items.index(item) for item in listed]
        return compare(name, name, listed, X[:, places], Y[:, places], level)

    return report(rows, level, tuple(one(name, listed) for name, listed in scales.items()))


def document(found: RetestReport) -> dict[str, Any]:
    """Counts, and one entry a scale; what is undefined is null, with its reason in ``undefined``."""
    return {
        "matched": found.matched, "only_first": found.only_first, "only_second": found.only_second,
        "without_id": found.without_id, "level": found.level,
        "scales": {scale.scale: _entry(scale) for scale in found.scales},
    }


def tables(found: RetestReport) -> list[RenderableType]:
    """Agreement of every scale, and the errors of measurement, with reasons beneath."""
    level = level_name(found.level).replace("\N{NO-BREAK SPACE}", " ")
    shown: list[RenderableType] = [
        f"{counted(found.matched, 'informant')} matched; {found.only_first:,} in the first file only, "
        f"{found.only_second:,} in the second only, {counted(found.without_id, 'row')} without an id.",
        table("Test–retest reliability of the mean score",
              ("scale", "items", "n", "incomplete", "ICC(A,1)", f"{level} interval", "ICC(C,1)", f"{level} interval",
               "r"),
              [(s.scale, str(len(s.items)), str(s.retest.n), str(s.incomplete), *_with_interval(s.retest.agreement),
                *_with_interval(s.retest.consistency), decimals(s.correlation)) for s in found.scales]),
        table("Error of measurement, and the shift between occasions",
              ("scale", "mean 1", "mean 2", "difference", f"{level} interval", "error", "smallest change"),
              [(s.scale, decimals(s.mean_first, 2), decimals(s.mean_second, 2),
                *_with_interval(s.retest.difference, 2), decimals(s.retest.sem_agreement, 2),
                decimals(s.retest.sdc_agreement, 2)) for s in found.scales]),
        "ICC(A,1): absolute agreement of one score, to which a shift of all informants counts as disagreement; "
        "ICC(C,1): consistency, to which it does not (McGraw & Wong 1996). Error: standard error of measurement, "
        "shift included. Smallest change: of one informant, that is more than error.",
    ]
    for scale in found.scales:
        reasons = dict.fromkeys(_entry(scale)["undefined"].values())
        shown += [f"{scale.scale}: some values are undefined because {why}." for why in reasons]
    return shown


def _with_interval(one: Intraclass, digits: int = 3) -> tuple[str, str]:
    return decimals(one.value, digits), f"{decimals(one.lower, digits)} to {decimals(one.upper, digits)}"


def _entry(scale: FoundRetest) -> dict[str, Any]:
    number, found = Defined(), scale.retest
    values: dict[str, Number] = {
        "mean_first": scale.mean_first, "mean_second": scale.mean_second, "sd_first": scale.sd_first,
        "sd_second": scale.sd_second, "correlation": scale.correlation, "f_statistic": found.f_statistic,
        "pvalue": found.pvalue, "sem_agreement": found.sem_agreement, "sem_consistency": found.sem_consistency,
        "sdc_agreement": found.sdc_agreement, "sdc_consistency": found.sdc_consistency,
        "difference": found.difference.value}
    return {
        "items": list(scale.items), "n": found.n, "incomplete": scale.incomplete,
        "icc": {name: {"value": number(name, one.value), "ci": number.interval(f"{name}.ci", (one.lower, one.upper))}
                for name, one in scale.icc.items()},
        **{field: number(field, value) for field, value in values.items()}, "df1": found.df1, "df2": found.df2,
        "difference_ci": number.interval("difference_ci", (found.difference.lower, found.difference.upper)),
        "undefined": number.undefined,
    }


def _bad_columns(file: CsvData, items: Sequence[str], id_column: str) -> list[Finding]:
    findings: list[Finding] = []
    for read in (lambda: file.texts(id_column), lambda: file.numbers(items)):
        try:
            read()
        except InputError as error:
            findings += error.findings
    return findings


def _items_doubled(scales: dict[str, tuple[str, ...]]) -> list[Finding]:
    return [Finding("ITEM-DOUBLED", f"--scale {name}", f"Each item may be named once in a scale; {item} stands twice.",
                    "Name it once.")
            for name, listed in scales.items() for item in dict.fromkeys(listed) if listed.count(item) > 1]
