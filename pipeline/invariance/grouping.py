"""Which group every respondent belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from instrument.errors import Finding, InputError
from instrument.model import Fact, Instrument
from pipeline.invariance.found import FoundGrouping
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED
from pipeline.sem.invariance import GroupSize
from pipeline.study import StudyPlan

NAMED: Mapping[str, str] = {
    "language": "language of the respondent", "size": "size of the firm", "version": "version of the instrument"}
"""Groupings that are no question."""


@dataclass(frozen=True)
class Membership:
    """The respondents of one form by group.

    Attributes
    ----------
    of
        Group of every respondent, by the index of the form's rows; missing where it is not known.
    order
        Groups in the order in which they are compared: the first is the reference.
    """

    id: str
    title: str
    form: str
    of: pd.Series
    order: tuple[str, ...]

    def told(self, smallest: int) -> FoundGrouping:
        """How many respondents each group has, and why groups cannot be compared."""
        counts = Counter(self.of.dropna())
        sizes = tuple(GroupSize(label, counts[label]) for label in self.order if counts[label])
        enough = [size for size in sizes if size.n >= smallest]
        because = ""
        if not sizes:
            because = f"{self.title} is not known of any respondent"
        elif len(sizes) == 1:
            because = f"all respondents have the same {self.title}: {sizes[0].label}"
        elif len(enough) < 2:
            listed = ", ".join(f"{size.label} {size.n}" for size in sizes)
            because = f"fewer than two groups have {smallest} respondents ({listed})"
        return FoundGrouping(self.id, self.title, self.form, sizes, int(self.of.isna().sum()), because)


def check_groupings(plan: StudyPlan, instrument: Instrument) -> None:
    """What the plan names must exist.

    Raises
    ------
    InputError
        ``STUDY-GROUPING`` for a grouping that is neither known nor a question with one choice, ``STUDY-CONSTRUCT``.
    """
    choices = list(_choices(instrument))
    constructs = [construct.id for construct in instrument.constructs]
    findings = [Finding(
        "STUDY-GROUPING", "study.yaml, invariance.by",
        f"A grouping is {', '.join(NAMED)} or the id of a question with one choice; found {name!r}.",
        f"Choose from: {', '.join((*NAMED, *choices))}.",
    ) for name in plan.invariance.by if name not in (*NAMED, *choices)]
    wanted = () if plan.invariance.constructs == "all" else plan.invariance.constructs
    findings += [Finding(
        "STUDY-CONSTRUCT", "study.yaml, invariance.constructs",
        f"Instrument {instrument.version} has no construct {name!r}.", f"Choose from: {', '.join(constructs)}.",
    ) for name in wanted if name not in constructs]
    if findings:
        raise InputError(findings)


def _choices(instrument: Instrument) -> dict[str, Fact]:
    """Questions with one choice, by id, that make groups."""
    return {question.id: question for form in instrument.forms for _, question in form.questions()
            if isinstance(question, Fact) and question.kind == "choice" and question.role != "attention"}


def membership(
    name: str, form: PreparedForm, forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> Membership:
    """Groups of one form's screened respondents by a grouping of the plan."""
    meta = form.rows[SCREENED].responses.meta
    title = NAMED.get(name, "")
    if name == "language":
        return Membership(name, title, form.form, meta["language"].astype(object), tuple(plan.languages))
    if name == "version":
        return Membership(name, title, form.form, meta["instrument_version"].astype(object),
                          tuple(form.pooled.versions))
    if name == "size":
        return Membership(name, title, form.form, _halves(form, forms), ("smaller", "larger"))
    fact = _choices(instrument)[name]
    points, _ = instrument.offered(fact)
    labels = {float(option.code): instrument.label(fact, option.code) for option in points
              if isinstance(option.code, int)}
    codes = _answers(fact.id, form, forms)
    return Membership(name, f"answer to {name}", form.form, codes.map(labels).astype(object), tuple(labels.values()))


def _halves(form: PreparedForm, forms: Sequence[PreparedForm]) -> pd.Series:
    """``smaller`` or ``larger`` than the median firm, which itself is among the smaller."""
    nobody = pd.Series(None, index=form.rows[SCREENED].responses.meta.index, dtype=object)
    firms = next((one.rows[SCREENED].units.frame for one in forms if one.rows[SCREENED].units.unit == "firm"), None)
    if firms is None or "lnsize" not in firms or "firm_id" not in form.rows[SCREENED].responses.meta:
        return nobody
    size, median = firms["lnsize"], firms["lnsize"].median()
    half = (size > median).map({True: "larger", False: "smaller"}).where(size.notna())
    return form.rows[SCREENED].responses.meta["firm_id"].map(half).astype(object)


def _answers(question: str, form: PreparedForm, forms: Sequence[PreparedForm]) -> pd.Series:
    """A form's own answers; of a question that another form asks, the firm's, where its informants agree."""
    rows = form.rows[SCREENED].responses
    if question in rows.values:
        return rows.values[question]
    nobody = pd.Series(float("nan"), index=rows.meta.index)
    for other in forms:
        theirs = other.rows[SCREENED].responses
        if question in theirs.values and "firm_id" in theirs.meta and "firm_id" in rows.meta:
            known = theirs.values[question].groupby(theirs.meta["firm_id"])
            return rows.meta["firm_id"].map(known.first().where(known.min() == known.max()))
    return nobody
