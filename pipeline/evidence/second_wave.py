"""The study's second wave: the same informants, asked the same scales again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from instrument.model import Form, Instrument
from pipeline.evidence.found.retest import RetestReport
from pipeline.evidence.retest import retest_of
from pipeline.evidence.scales import scales_of
from pipeline.prepare import PreparedForm, prepare
from pipeline.results import SCREENED
from pipeline.study import StudyPlan


def second_wave_of(
    study: Path, forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> dict[str, RetestReport]:
    """Test–retest reliability by form, of those whom screening keeps at both occasions; empty without a second wave.

    Raises
    ------
    InputError
        What is wrong with a file of the second wave; ``RETEST-ID``.
    """
    again = plan.model_copy(update={"forms": plan.second_wave})
    found = {}
    for form in (one for one in forms if one.form in plan.second_wave):
        later = prepare(study, again, instrument, form.form)
        found[form.form] = retest_of(
            scales_of([form], instrument), scales_of([later], instrument),
            informants(form, instrument.form(form.form)), informants(later, instrument.form(form.form)), plan.level)
    return found


def informants(form: PreparedForm, asked: Form) -> list[str | None]:
    """Who gave each response, by everything that the form's link carries; None where it carries nothing."""
    meta = form.rows[SCREENED].responses.meta
    named = [name for name in asked.identifiers if name in meta.columns]
    return [" ".join(map(str, row)) if named else None for row in meta[named].itertuples(index=False)]
