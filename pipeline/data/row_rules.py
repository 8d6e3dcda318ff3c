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
    position = {row: k for k, row in enumerate(raw.cells.index)}
    out += [
        SetAside(position[issue.row], "", Broken(issue.code, issue.rule, issue.fix), issue.value)
        for issue in raw.issues if not issue.question
    ]
    for stage in (_identity, _same_response, _same_informant):
        gone = {row.position for row in out}
        inside = np.array([k for k in range(len(raw.meta)) if k not in gone], dtype=np.intp)
        out += list(stage(raw, inside, instruments, form, languages))
    return out


def _identity(
    raw: RawAnswers, inside: np.ndarray, instruments: Mapping[str, Instrument], form: Form,
    languages: tuple[str, ...] | None,
) -> Iterator[SetAside]:
    meta = raw.meta.iloc[inside]

    def broken(mask: pd.Series, column: str, code: str, rule: str, fix: str) -> Iterator[SetAside]:
        for k in np.flatnonzero(mask.to_numpy()):
            value = str(meta[column].iloc[k])
            yield SetAside(int(inside[k]), "", Broken(code, rule.format(value=value), fix), value)

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
        known = languages or instrument.languages
        yield from broken(
            meta["instrument_version"].eq(version) & ~meta["language"].isin(known), "language", "ROW-LANGUAGE",
            f"A response carries the language it was asked in, one of {', '.join(known)}.",
            "Add the language to the plan if the instrument has it, or correct the field UserLanguage.",
        )
    for name in ("response_id", *(name for name in form.identifiers if name != "informant_id")):
        yield from broken(
            meta[name].eq(""), name, "ROW-IDENTIFIER", f"A response carries {name}; here it is empty.",
            "Fill it in from the contact list: the invitation link carries it as embedded data.",
        )


def _same_response(raw: RawAnswers, inside: np.ndarray, *_: object) -> Iterator[SetAside]:
    ids = raw.meta["response_id"].iloc[inside]
    for k, first in _repeated(ids, inside):
        same = raw.cells.iloc[k].equals(raw.cells.iloc[first]) and raw.meta.iloc[k].equals(raw.meta.iloc[first])
        yield SetAside(k, "", Broken(
            "ROW-DUPLICATE",
            f"A ResponseId stands in one row; row {raw.cells.index[first]} has it too and is kept. "
            f"The two are {'identical' if same else 'DIFFERENT'}.",
            "Delete the copy." if same else "Find out on the platform which of the two is right; delete the other.",
        ), raw.meta["response_id"].iloc[k])


def _same_informant(raw: RawAnswers, inside: np.ndarray, _i: object, form: Form, _l: object) -> Iterator[SetAside]:
    kept = raw.meta.iloc[inside]
    kept = kept[kept["informant_id"].ne("")] if "informant_id" in form.identifiers else kept
    who = kept.groupby(list(form.identifiers), sort=False).ngroup()
    # A finished interview goes before one broken off, whichever stands first in the file.
    order = np.argsort(~kept["finished"].eq("1").to_numpy(), kind="stable")
    positions = raw.meta.index.get_indexer(kept.index)[order]
    for k, first in _repeated(who.iloc[order], positions):
        named = ", ".join(f"{name} {raw.meta[name].iloc[k]}" for name in form.identifiers)
        yield SetAside(k, "", Broken(
            "ROW-INFORMANT",
            f"An informant answers once; {named} also answered in row {raw.meta.index[first]}, which is kept "
            "(the finished one, else the first).",
            "Decide which of the two counts and delete the other; or correct the identifier, if they are two people.",
        ), raw.meta["response_id"].iloc[k])


def _repeated(keys: pd.Series, positions: np.ndarray) -> Iterator[tuple[int, int]]:
    """(position of a later row, position of the first row with the same key)."""
    repeated = keys.duplicated(keep="first").to_numpy()
    if not repeated.any():
        return
    first = dict(zip(keys[~repeated], positions[~repeated], strict=True))
    for key, k in zip(keys[repeated], positions[repeated], strict=True):
        yield int(k), int(first[key])
