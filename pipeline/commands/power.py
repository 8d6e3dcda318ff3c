"""``alliometrics power``: what was asked for, the run, and the files that keep what it found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from instrument.errors import Finding, InputError
from pipeline.commands import power_output as output
from pipeline.commands.output import write_json, write_text
from pipeline.power.grid import Asked
from pipeline.power.simulate import Where
from pipeline.power.study_power import StudyPower, study_power
from pipeline.progress import Progress

T = TypeVar("T")


def asked(
    *, n: str | None, effects: str | None, missing: str | None, careless: str | None, replications: int | None,
    model: str | None, effect: str | None,
) -> Asked:
    """Options as they were typed, lists with commas, made into values.

    Raises
    ------
    InputError
        ``POWER-GRID`` for what is no number.
    """
    return Asked(_listed("--n", n, int), _listed("--effects", effects, float), _listed("--missing", missing, _share),
                 _listed("--careless", careless, _share), replications, model, effect)


def where(backend: str, workers: int, scheduler: str | None) -> Where:
    """Who computes; ``POWER-BACKEND`` for a backend that does not exist or does not go with a scheduler."""
    if backend == "processes" and scheduler is None:
        return Where("processes", workers)
    if backend == "dask":
        return Where("dask", workers, scheduler)
    rule = (f"Replications are computed by processes or dask, not by {backend}." if backend != "processes" else
            "A scheduler belongs to the backend dask.")
    raise InputError(Finding("POWER-BACKEND", f"--backend {backend}", rule,
                             "Choose processes, or dask with --scheduler ADDRESS."))


def _listed(option: str, text: str | None, read: Callable[[str], T]) -> tuple[T, ...] | None:
    if text is None:
        return None
    found = []
    for part in text.split(","):
        try:
            found.append(read(part.strip()))
        except ValueError as error:
            what = "whole numbers" if read is int else "numbers"
            raise InputError(Finding("POWER-GRID", f"{option} {text}", f"It must be {what} with commas between them; "
                                     f"{part.strip()!r} is none.", "Write e.g. --n 175,250,350.")) from error
    return tuple(found)


def _share(text: str) -> float | None:
    return None if text == output.OWN else float(text)


def run(
    study: Path, asked: Asked, out: Path, *, where: Where, progress: Progress, seed: int | None, fresh: bool,
) -> StudyPower:
    """Simulate, and write ``power.csv``, ``power.json``, ``power.md`` and figures into ``out``."""
    found = study_power(study, asked, out, where=where, progress=progress, seed=seed, fresh=fresh)
    write_json(output.document(found), out / "power.json")
    write_text(output.comma_separated(found), out / "power.csv")
    write_text(output.markdown(found), out / "power.md")
    for figure in output.figures(found):
        try:
            (out / f"{figure.id}.svg").write_bytes(figure.svg())
            (out / f"{figure.id}.png").write_bytes(figure.png())
        except OSError as error:
            raise InputError(Finding("OUT-WRITE", str(out / figure.id), f"The figure could not be written: "
                                     f"{error.strerror or error}.", "Choose another folder with --out.")) from error
    return found
