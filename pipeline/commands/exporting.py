"""``alliometrics instrument export``: a questionnaire in a platform's form, and in words what it could not carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding import platforms
from instrument.fielding.capabilities import FEATURES, Loss
from instrument.fielding.exports import wanted
from instrument.model import Instrument
from pipeline.commands.output import make_folder, write_bytes, write_text
from pipeline.instruments import instrument_of
from pipeline.study import load_plan

NOT_CARRIED = "not-carried.md"
SHOWN = 8
"""Places named for a loss before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what the platform does not carry by itself."""

    platform: str
    version: str
    files: tuple[Path, ...]
    losses: tuple[Loss, ...]


def export(
    platform: str, out: Path, *, version: str | None = None, study: Path | None = None, language: str | None = None,
    blocks: Sequence[str] = (), forms: Sequence[str] = (), post_to: str | None = None,
) -> Exported:
    """Write a version's questionnaire (or a study's, with its blocks and forms) into the folder ``out``.

    Raises
    ------
    InputError
        ``OPTION-PLATFORM``, ``OPTION-STUDY``, ``EXPORT-…``, ``TRANSLATION-MISSING``, ``OUT-WRITE``.
    """
    exporter = platforms.exporter(platform)
    found, blocks, forms = _asked(version, study, blocks, forms)
    wish = wanted(found, language=language, optional_blocks=tuple(blocks), forms=tuple(forms), post_to=post_to)
    files = exporter.export(found, wish)
    lost = exporter.losses(found, wish)
    written = [out / file.name for file in files]
    make_folder(out)
    for path, file in zip(written, files, strict=True):
        write_bytes(file.content, path)
    write_text(_not_carried(exporter.NAME, found, lost), out / NOT_CARRIED)
    return Exported(exporter.NAME, found.version, (*written, out / NOT_CARRIED), lost)


def _asked(
    version: str | None, study: Path | None, blocks: Sequence[str], forms: Sequence[str],
) -> tuple[Instrument, Sequence[str], Sequence[str]]:
    if study is None:
        return store.load(version), blocks, forms
    if version is not None or blocks:
        raise InputError(Finding("OPTION-STUDY", "--study", "A study's plan says which version and blocks are asked.",
                                 "Leave out --version and --block, or --study."))
    plan = load_plan(study)
    return instrument_of(study, plan), plan.optional_blocks, forms or tuple(plan.forms)


def report(found: Exported) -> list[str]:
    """Files written, one a line, and the count of what was lost."""
    if not found.losses:
        return [*map(str, found.files), f"{found.platform} carries all of version {found.version}."]
    return [*map(str, found.files),
            f"{found.platform} does not carry by itself {len(found.losses)} of what version {found.version} has:"]


def loss_table(found: Exported) -> Table:
    table = Table("Not carried by itself", "", "What that means", "Where")
    for loss in found.losses:
        table.add_row(FEATURES[loss.feature], loss.carried, escape(loss.words), escape(_where(loss)))
    return table


def _where(loss: Loss) -> str:
    more = len(loss.where) - SHOWN
    return ", ".join(loss.where[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _not_carried(name: str, instrument: Instrument, lost: Sequence[Loss]) -> str:
    head = f"# {instrument.title}, version {instrument.version}, on {name}\n\n"
    if not lost:
        return head + "The platform carries everything that this questionnaire uses.\n"
    rows = "".join(
        f"| {FEATURES[loss.feature]} | {loss.carried} | {loss.words} | {', '.join(loss.where)} |\n" for loss in lost)
    return (f"{head}What the platform does not carry by itself. “by hand” means that it can be set up there.\n\n"
            f"| What | Carried | What that means | Where |\n|---|---|---|---|\n{rows}")


def capability_rows() -> list[tuple[str, ...]]:
    """The capability table: a row a feature, a column a platform, ``yes``, ``by hand`` or ``no``."""
    modules = [platforms.exporter(platform) for platform in platforms.EXPORTS]
    return [(words, *(module.CAPABILITIES[feature].carried for module in modules))
            for feature, words in FEATURES.items()]
