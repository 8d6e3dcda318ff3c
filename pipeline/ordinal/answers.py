"""Single answers of a unit: where several informants reported, the first one's, as an average of answers is none."""

from __future__ import annotations

from collections.abc import Set

import pandas as pd

from pipeline.data.aggregation import KEYS, Aggregated
from pipeline.data.responses import Responses
from pipeline.data.scoring import Scores


def first_answers(units: Aggregated, scores: Scores, responses: Responses) -> pd.DataFrame | None:
    """Items of the first informant of every unit with several informants, one row a unit; None if there is none.

    Parameters
    ----------
    units
        What ``scores`` of ``responses`` were averaged to; its index names the rows.
    """
    if not units.units_with_several_informants or units.unit == "respondent":
        return None
    keys = list(KEYS[units.unit])
    named = pd.concat([responses.meta[keys], scores.items], axis=1)
    several = named.duplicated(keys, keep=False)
    return named[several].drop_duplicates(keys).set_index(keys if len(keys) > 1 else keys[0])


def with_first_answers(
    frame: pd.DataFrame, answers: pd.DataFrame | None, items: Set[str],
) -> tuple[pd.DataFrame, int]:
    """The frame with these units' items replaced, and how many units there were.

    Parameters
    ----------
    items
        Columns that may be replaced; all else (scores, counts) stays an average.
    """
    if answers is None:
        return frame, 0
    there = frame.index.intersection(answers.index)
    columns = [name for name in frame.columns if name in items and name in answers.columns]
    changed = frame.copy()
    # A score that the rule on agreement took away stays away.
    changed.loc[there, columns] = answers.loc[there, columns].where(frame.loc[there, columns].notna())
    return changed, len(there)
