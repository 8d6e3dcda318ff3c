"""Tables on provenance: what was run, on which files, with which packages, how long."""

from __future__ import annotations

from pipeline.report.numbers import counted, listed, number
from pipeline.report.tables.spec import Column, Table
from pipeline.results import Manifest, StudyResults


def manifest_table(results: StudyResults) -> Table:
    """The run in one table: versions, fingerprints, seed, overrides."""
    m = results.manifest
    rows: list[tuple[str, str]] = [
        ("Study", m.title),
        ("Data", "synthetic: simulated, no real firm answered" if m.synthetic else "answers of real respondents"),
        ("Created", m.created),
        ("alliometrics", m.program_version),
        ("Python", m.python),
        ("Platform", m.platform),
        ("Instrument", m.instrument_name),
        ("Instrument version", m.instrument_version),
        ("Instrument fingerprint (SHA-256)", m.instrument_fingerprint),
        ("Plan (SHA-256)", m.plan_sha256),
        *((f"Data file {name} (SHA-256)", digest) for name, digest in m.data_sha256.items()),
        ("Seed", str(m.seed)),
        ("Bootstrap draws", f"{m.draws:,}"),
        ("Worker processes", str(m.workers)),
        *((f"Not as planned: {key}", value) for key, value in m.overrides.items()),
    ]
    overridden = f"Overridden for this run, against the plan: {listed(list(m.overrides))}." if m.overrides \
        else "Nothing of the plan was overridden."
    return Table(
        "manifest", "Manifest of the run", (Column("key", "What"), Column("value", "Value")), tuple(rows),
        f"Instrument {instrument_called(m)}, seed {m.seed}, {m.draws:,} bootstrap draws. {overridden}",
    )


def instrument_called(m: Manifest) -> str:
    """A version of our instrument, or another instrument by its name."""
    ours = m.instrument_name == "alliometrics"
    return m.instrument_version if ours else f"{m.instrument_name} {m.instrument_version}"


def packages_table(results: StudyResults) -> Table:
    """Versions of the packages that computed."""
    packages = sorted(results.manifest.packages.items(), key=lambda pair: pair[0].lower())
    return Table(
        "packages", "Versions of packages", (Column("package", "Package"), Column("version", "Version")),
        tuple(packages),
        f"{counted(len(packages), 'package')} computed these results on Python {results.manifest.python}.",
    )


def timings_table(results: StudyResults) -> Table:
    """Seconds by step."""
    timings = results.manifest.timings
    total = sum(t.seconds for t in timings)
    longest = max(timings, key=lambda t: t.seconds, default=None)
    return Table(
        "timings", "Time by step", (Column("step", "Step"), Column("seconds", "Seconds", "number", 2)),
        tuple((t.step, t.seconds) for t in timings),
        f"The run took {number(total, 0)} seconds; the longest step was “{longest.step}” "
        f"({number(longest.seconds, 0)} seconds)." if longest else "No times were taken.",
    )
