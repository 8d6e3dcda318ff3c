"""What a platform records beside the answers: when, how long, in which language, who was invited."""

from __future__ import annotations

import string
from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from instrument.model import Form
from pipeline.power.carelessness import Kinds, pace_of
from pipeline.power.kinds import Level
from pipeline.power.population import Fieldwork, Population
from pipeline.power.streams import Streams
from pipeline.power.world import Sampling, World

WORKING_HOURS = (7, 17)
"""UTC hours between which interviews start."""

# No name, address or place below belongs to anybody: addresses come from the ranges that RFC 5737 sets
# aside for documentation, mail domains from RFC 2606, names from a list made up for this purpose.
DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
GIVEN_NAMES = ("Alvina", "Bastero", "Celmira", "Dorvan", "Elistra", "Ferdino", "Galena", "Hersino", "Ilvara", "Jorento")
FAMILY_NAMES = ("Almorán", "Brackwell", "Cardeñosa", "Dunmere", "Estévarez", "Fallowby", "Gorrindo", "Halvorne")


def interview_meta(
    world: World, form: Form, kinds: Kinds, shown: NDArray[np.int64], finished: NDArray[np.bool_], streams: Streams
) -> pd.DataFrame:
    """One row a respondent: identifiers, :data:`~instrument.fielding.answers.META_COLUMNS`, as text."""
    rows = len(kinds)
    population = world.population
    started = _starts(population.fieldwork, rows, streams.of(f"fieldwork.start@{form.id}"))
    seconds = _seconds(population, kinds, shown, streams.of(f"fieldwork.pace@{form.id}"))
    ended = [start + timedelta(seconds=int(s)) for start, s in zip(started, seconds, strict=True)]
    return pd.DataFrame({
        "response_id": _response_ids(rows, streams.of(f"fieldwork.id@{form.id}")),
        "instrument_version": world.instrument.version,
        "language": _languages(world, form.id, rows),
        "started": [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in started],
        "ended": [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in ended],
        "duration_seconds": seconds.astype(str),
        "finished": np.where(finished, "1", "0"),
        **_identifiers(world, form),
    }, dtype="str")


def _starts(plan: Fieldwork, rows: int, rng: np.random.Generator) -> list[datetime]:
    days = [plan.first_day + timedelta(days=k) for k in range((plan.last_day - plan.first_day).days + 1)]
    working = [day for day in days if day.weekday() < 5] or days
    day = rng.integers(len(working), size=rows)
    first, last = WORKING_HOURS
    second = rng.integers((last - first) * 3600, size=rows)
    return [
        datetime.combine(working[d], time(first)) + timedelta(seconds=int(s)) for d, s in zip(day, second, strict=True)
    ]


def _seconds(
    population: Population, kinds: Kinds, shown: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Log-normal pace times the number of questions shown; nobody takes less than three seconds."""
    e = rng.standard_normal(len(kinds))
    pace = np.empty(len(kinds))
    for kind in np.unique(kinds):
        rule, who = pace_of(str(kind), population), kinds == kind
        pace[who] = rule.median * np.exp(rule.log_sd * e[who])
    return np.maximum(np.round(pace * shown), 3).astype(np.int64)


def _response_ids(rows: int, rng: np.random.Generator) -> list[str]:
    letters = np.array(list(string.ascii_letters + string.digits))
    return ["R_" + "".join(letters[rng.integers(len(letters), size=15)]) for _ in range(rows)]


def _languages(world: World, form_id: str, rows: int) -> NDArray[np.object_]:
    if "language" not in world.population.variables:
        return np.full(rows, world.instrument.language, dtype=object)
    return world.answer("language", form_id).astype(object)


def _identifiers(world: World, form: Form) -> dict[str, list[str]]:
    """What a form's link carries.

    Pseudonyms: F0001 a firm, F0001-A1 its first alliance, F0001-A1-P1 the first person asked about it. Of identifiers
    that this program knows nothing about every respondent has one of their own.
    """
    known = _pseudonyms(world.sampling, world.row_level(form.id))
    rows = world.sampling.size(world.row_level(form.id))
    return {name: known.get(name, [f"{name}-{k + 1:04d}" for k in range(rows)]) for name in form.identifiers}


def _pseudonyms(sampling: Sampling, level: Level) -> dict[str, list[str]]:
    firms = [f"F{k + 1:04d}" for k in range(sampling.firms)]
    if level == "firm":
        return {"firm_id": firms, "informant_id": [f"{firm}-P0" for firm in firms]}
    of_firm = sampling.firm_of_alliance
    alliances = [f"{firms[f]}-A{k}" for f, k in zip(of_firm, _running_number(of_firm), strict=True)]
    of_alliance = sampling.alliance_of_informant
    people = _running_number(of_alliance)
    return {
        "firm_id": [firms[of_firm[a]] for a in of_alliance],
        "alliance_id": [alliances[a] for a in of_alliance],
        "informant_id": [f"{alliances[a]}-P{k}" for a, k in zip(of_alliance, people, strict=True)],
    }


def _running_number(groups: NDArray[np.int64]) -> list[int]:
    """1, 2, … within each run of equal numbers."""
    return (pd.Series(groups).groupby(groups).cumcount() + 1).tolist()


def personal_columns(rows: int, form: Form, streams: Streams) -> pd.DataFrame:
    """Made-up personal data, for the door to drop."""
    rng = streams.of(f"fieldwork.personal@{form.id}")
    network, host = rng.integers(len(DOCUMENTATION_NETWORKS), size=rows), rng.integers(1, 255, size=rows)
    given, family = rng.integers(len(GIVEN_NAMES), size=rows), rng.integers(len(FAMILY_NAMES), size=rows)
    return pd.DataFrame({
        "IPAddress": [f"{DOCUMENTATION_NETWORKS[n]}.{h}" for n, h in zip(network, host, strict=True)],
        "RecipientLastName": [FAMILY_NAMES[k] for k in family],
        "RecipientFirstName": [GIVEN_NAMES[k] for k in given],
        "RecipientEmail": [f"{form.id.lower()}{k + 1:04d}@example.org" for k in range(rows)],
        # Places in the open Atlantic.
        "LocationLatitude": [f"{v:.2f}" for v in rng.uniform(30, 40, rows)],
        "LocationLongitude": [f"{v:.2f}" for v in rng.uniform(-45, -35, rows)],
    }, dtype="str")
