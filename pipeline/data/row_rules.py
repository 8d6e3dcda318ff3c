"""Which rows are no usable response: wrong version or language, no identifier, a preview, a duplicate.

Each rule looks only at rows that are still in, so that a preview is not the "first" of two duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from instrument.fielding.answers import RawAnswers
from instrument.model import Form, Instrument
from pipeline.data.cell_rules import Broken, SetAside


def rows_set_aside(
    raw: RawAnswers, instruments: Mapping[str, Instrument], form: Form, languages: tuple[str, ...] | None
) -> list[SetAside]:
    """Judge every row. A row appears once for each rule that it breaks at the same stage.

    Stages: what the importer could not read; who and what (version, language, identifiers, preview);
    duplicated ResponseIds; informants who answered twice.
    """
    out: list[SetAside] = []
    issues = [issue for issue in raw.issues if not issue.question]
    positions = raw.cells.index.get_indexer(pd.Index([issue.row for issue in issues]))
    out += [
        SetAside(int(k), "", Broken(issue.code, issue.rule, issue.fix), issue.value)
        for k, issue in zip(positions, issues, strict=True)
    ]
    for stage in (_identity, _same_response, _same_informant):
        inside = np.ones(len(raw.meta), dtype=bool)
        inside[[row.position for row in out]] = False
        out += list(stage(raw, np.flatnonzero(inside), instruments, form, languages))
    return out


def _identity(
    raw: RawAnswers, inside: np.ndarray, instruments: Mapping[str, Instrument], form: Form,
    languages: tuple[str, ...] | None,
) -> Iterator[SetAside]:
    meta = raw.meta.iloc[inside]

    def broken(mask: pd.Series, column: str, code: str, rule: str, fix: str) -> Iterator[SetAside]:
        found = np.flatnonzero(mask.to_numpy())
        for k, value in zip(inside[found].tolist(), meta[column].to_numpy(dtype=object)[found], strict=True):
            yield SetAside(k, "", Broken(code, rule.format(value=value), fix), str(value))

    yield from broken(
        meta["status"].isin(["preview", "test", "spam"]), "status", "ROW-PREVIEW",
        "A row is a respondent's answer; the platform marks this one as {value}.",
        "Nothing to mend, unless it is a response after all: then correct its status in the export.",
    )
    yield from broken(
        ~meta["instrument_version"].isin(list(instruments)), "instrument_version", "ROW-VERSION",
        f"A response carries the instrument version it was asked in, one of {', '.join(instruments)}.",
        "Correct the embedded field instrument_version, or read with the version that was fielded.",
    )
    for version, instrument in instruments.items():
        known = [language for language in languages or instrument.languages if language in instrument.languages]
        yield from broken(
            meta["instrument_version"].eq(version) & ~meta["language"].isin(known), "language", "ROW-LANGUAGE",
            f"A response carries the language it was asked in, one of {', '.join(known)}.",
            "Add the language to the plan if the instrument has it, or correct the row's language.",
        )
    for name in ("response_id", *(name for name in form.identifiers if name != "informant_id")):
        yield from broken(
            meta[name].eq(""), name, "ROW-IDENTIFIER", f"A response carries {name}; here it is empty.",
            "Fill it in from the contact list: the invitation link carries it as embedded data.",
        )


def _same_response(raw: RawAnswers, inside: np.ndarray, *_: object) -> Iterator[SetAside]:
    names, rows = raw.meta["response_id"].to_numpy(dtype=object), raw.cells.index
    pairs = np.array(list(_repeated(raw.meta["response_id"].iloc[inside], inside)), dtype=np.intp).reshape(-1, 2)
    for k, first, same in zip(*pairs.T.tolist(), _alike(raw, pairs), strict=True):
        yield SetAside(k, "", Broken(
            "ROW-DUPLICATE",
            f"A response id stands in one row; row {rows[first]} has it too and is kept. "
            f"The two are {'identical' if same else 'DIFFERENT'}.",
            "Delete the copy." if same else "Find out on the platform which of the two is right; delete the other.",
        ), names[k])


def _alike(raw: RawAnswers, pairs: np.ndarray) -> np.ndarray:
    """(pairs,) whether the two rows of each pair hold the same; column by column, for pairs can be as many as rows."""
    same = np.ones(len(pairs), dtype=bool)
    for table in (raw.cells, raw.meta) if len(pairs) else ():
        for _, column in table.items():
            cells = column.to_numpy(dtype=object)
            same &= cells[pairs[:, 0]] == cells[pairs[:, 1]]
    return same


def _same_informant(raw: RawAnswers, inside: np.ndarray, _i: object, form: Form, _l: object) -> Iterator[SetAside]:
    if "informant_id" not in form.identifiers:
        return  # nobody can be told from anybody else
    kept = raw.meta.iloc[inside]
    kept = kept[kept["informant_id"].ne("")]
    who = kept.groupby(list(form.identifiers), sort=False).ngroup()
    # A finished interview goes before one broken off, whichever stands first in the file.
    order = np.argsort(~kept["finished"].eq("1").to_numpy(), kind="stable")
    positions = raw.meta.index.get_indexer(kept.index)[order]
    said = {name: raw.meta[name].to_numpy(dtype=object) for name in (*form.identifiers, "response_id")}
    for k, first in _repeated(who.iloc[order], positions):
        named = ", ".join(f"{name} {said[name][k]}" for name in form.identifiers)
        yield SetAside(k, "", Broken(
            "ROW-INFORMANT",
            f"An informant answers once; {named} also answered in row {raw.meta.index[first]}, which is kept "
            "(the finished one, else the first).",
            "Decide which of the two counts and delete the other; or correct the identifier, if they are two people.",
        ), said["response_id"][k])


def _repeated(keys: pd.Series, positions: np.ndarray) -> Iterator[tuple[int, int]]:
    """(position of a later row, position of the first row with the same key)."""
    repeated = keys.duplicated(keep="first").to_numpy()
    if not repeated.any():
        return
    first = dict(zip(keys[~repeated], positions[~repeated], strict=True))
    for key, k in zip(keys[repeated], positions[repeated], strict=True):
        yield int(k), int(first[key])
