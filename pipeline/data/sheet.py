"""Scores as they are worked out, with a count of every missing value under its reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from instrument.model import Fact, Instrument
from pipeline.data.responses import Responses


class Sheet:
    """Scores as they are worked out, with a count of every missing value under its reason."""

    def __init__(self, responses: Responses, instrument: Instrument) -> None:
        self.responses, self.instrument = responses, instrument
        form = instrument.form(responses.form)
        questions = [q for _, q in form.questions()]
        self._about_firms = "firm_id" in form.identifiers
        self.facts = {q.id: q for q in questions if isinstance(q, Fact)}
        self.columns: dict[str, pd.Series] = {}
        self.labels: dict[str, str] = {}
        self.missing: dict[str, dict[str, int]] = {}
        self.findings: list[Finding] = []

    def has(self, *facts: str) -> bool:
        """Whether the form asks firms all these facts; if so, their columns must be there.

        The ids of our facts are short words. In a form whose link names no firm the same word is another question.
        """
        return self._about_firms and all(fact in self.facts for fact in facts)

    def answers(self, *columns: str) -> pd.DataFrame:
        absent = [column for column in columns if column not in self.responses.values]
        if absent:
            raise InputError(Finding("SCORE-COLUMN", f"form {self.responses.form}",
                                     f"The answers lack {', '.join(absent)}, which the instrument asks.",
                                     "Read the export again with the instrument version it was fielded with."))
        return self.responses.values[list(columns)]

    def add(self, name: str, label: str, value: pd.Series, why: str | pd.Series) -> None:
        """``why`` says why ``value`` is missing: one sentence, or one a row."""
        reasons = pd.Series(why, index=value.index, dtype=object)[value.isna()]
        self.columns[name], self.labels[name] = value.astype(np.float64), label
        self.missing[name] = {str(reason): int(n) for reason, n in reasons.value_counts(sort=False).items()}
