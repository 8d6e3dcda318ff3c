"""Answers to one form from several files: nobody counts twice, and every row can be found again.

Each file is read and validated by itself. Before that, this module looks across the files for the same response and
the same informant; afterwards it puts the files' responses below each other, in the order of the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from instrument.errors import Finding
from instrument.fielding.answers import RawAnswers
from instrument.model import Form, Instrument
from pipeline.data.cell_rules import Broken, SetAside
from pipeline.data.responses import Responses, stacked
from pipeline.data.row_rules import rows_set_aside

SHOWN = 5
"""Ids named in a finding before the rest is only counted."""


def twice_across_files(
    raws: Sequence[RawAnswers], instruments: Mapping[str, Instrument], languages: tuple[str, ...] | None = None
) -> list[list[SetAside]]:
    """For each file the rows that another file holds as well.

    Rows that their own file's rules set aside take no part. The same response (platform, id and times) counts where it
    stands first. Of an informant who answered in several files the finished interview counts, else the first file's.
    """
    out: list[list[SetAside]] = [[] for _ in raws]
    if len(raws) < 2:
        return out
    form = next(iter(instruments.values())).form(raws[0].form)
    parts = [_usable(raw, number, instruments, form, languages) for number, raw in enumerate(raws)]
    # Their times tell responses apart: some platforms number the responses of every survey from 1.
    rows = pd.concat(parts, ignore_index=True)
    told = rows[rows["response_id"].ne("") & rows["started"].ne("") & rows["ended"].ne("")]
    gone = []
    for later, first in _pairs(told, ["platform", "response_id", "started", "ended"]):
        here, there = _place(raws, rows, later), _place(raws, rows, first)
        out[here.number].append(here.set_aside(_same_response(here, there)))
        gone.append(later)
    if "informant_id" in form.identifiers:
        named = rows.drop(index=gone)
        named = named[named["informant_id"].ne("")]
        named = named.iloc[np.argsort(named["finished"].ne("1").to_numpy(), kind="stable")]
        for later, first in _pairs(named, list(form.identifiers)):
            here, there = _place(raws, rows, later), _place(raws, rows, first)
            out[here.number].append(here.set_aside(_same_informant(here, there, form)))
    return out


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of one of the files."""

    raw: RawAnswers
    number: int
    position: int

    def __str__(self) -> str:
        return f"{self.raw.file}, row {self.raw.cells.index[self.position]}"

    def said(self, name: str) -> str:
        return str(self.raw.meta[name].iloc[self.position])

    def set_aside(self, broken: Broken) -> SetAside:
        return SetAside(self.position, "", broken, self.said("response_id"))


def _place(raws: Sequence[RawAnswers], rows: pd.DataFrame, label: int) -> _Place:
    number, position = (int(rows[name].iloc[label]) for name in ("number", "position"))
    return _Place(raws[number], number, position)


def _usable(
    raw: RawAnswers, number: int, instruments: Mapping[str, Instrument], form: Form, languages: tuple[str, ...] | None
) -> pd.DataFrame:
    """What tells the usable rows of a file apart: who answered, when, in which row."""
    inside = np.ones(len(raw.meta), dtype=bool)
    inside[[row.position for row in rows_set_aside(raw, instruments, form, languages)]] = False
    columns = list(dict.fromkeys(("response_id", "started", "ended", "finished", *form.identifiers)))
    return raw.meta.loc[inside, columns].assign(
        platform=raw.platform, number=number, position=np.flatnonzero(inside))


def _pairs(rows: pd.DataFrame, keys: list[str]) -> Iterator[tuple[int, int]]:
    """(label of a later row, label of the first row with the same keys)."""
    groups = rows.groupby(keys, sort=False).ngroup()
    repeated = groups.duplicated(keep="first").to_numpy()
    if repeated.any():
        first = pd.Series(groups.index[~repeated], index=groups[~repeated])
        yield from zip(groups.index[repeated], first[groups[repeated]], strict=True)


def _same_response(later: _Place, first: _Place) -> Broken:
    mine, other = (place.raw.cells.iloc[place.position] for place in (later, first))
    shared = mine.index.intersection(other.index)
    same = mine[shared].equals(other[shared])
    return Broken(
        "ROW-DUPLICATE",
        f"A response counts once; {later} is also {first}, which is kept. The answers are "
        f"{'identical' if same else 'DIFFERENT'}.",
        "Export each wave by itself, so that no response stands in two files."
        if same else "Find out on the platform which of the two is right; delete the other.",
    )


def _same_informant(later: _Place, first: _Place, form: Form) -> Broken:
    named = ", ".join(f"{name} {later.said(name)}" for name in form.identifiers)
    return Broken(
        "ROW-INFORMANT",
        f"An informant answers once; {named} stands in {later} and in {first}, which is kept (the finished one, else "
        "the one in the file that the plan names first).",
        "Decide which of the two counts and delete the other; or correct the identifier, if they are two people.",
    )


def join(parts: Sequence[tuple[str, Responses]]) -> tuple[Responses, tuple[Finding, ...]]:
    """One set of responses from those of every file, ``(file, responses)`` in the order of the plan.

    ``meta`` gains ``file`` and ``row``. With several files these two also make up the index, and a response id that
    stands in more than one file, for different respondents, gets its file before it.

    Returns
    -------
    tuple
        Responses, and a warning ``DATA-SAME-ID`` where ids had to be told apart.
    """
    placed = [replace(part, meta=part.meta.assign(file=file, row=part.meta.index)) for file, part in parts]
    if len(placed) == 1:
        return placed[0], ()
    meta = pd.concat([part.meta for part in placed])
    index = pd.Index(meta["file"] + ", row " + meta["row"].astype("str"), name="row")
    meta, findings = _told_apart(meta.set_axis(index), placed[0].form)
    whole = Responses(
        form=placed[0].form, meta=meta,
        values=_below([part.values for part in placed], index, np.nan),
        reasons=_below([part.reasons for part in placed], index, "not asked"),
        texts=_below([part.texts for part in placed], index, ""),
    )
    return whole, findings


def _below(tables: Sequence[pd.DataFrame], index: pd.Index, absent: float | str) -> pd.DataFrame:
    return stacked(tables, absent).set_axis(index)


def _told_apart(meta: pd.DataFrame, form: str) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    twice = meta["response_id"].duplicated(keep=False)
    if not twice.any():
        return meta, ()
    ids = meta.loc[twice, "response_id"].drop_duplicates().tolist()
    files = meta.loc[twice, "file"].drop_duplicates().tolist()
    shown = ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")
    apart = meta["response_id"].mask(twice, meta["file"] + ": " + meta["response_id"])
    return meta.assign(response_id=apart), (Finding(
        "DATA-SAME-ID", f"form {form}, {' and '.join(files)}",
        f"A response id should belong to one response; {len(ids)} stand in more than one file, of different "
        f"respondents or times: {shown}. They are taken for different responses, and the file is put before the id.",
        "Nothing to mend if the platform numbers the responses of each survey from 1; else look these responses up.",
        "warning"),)
