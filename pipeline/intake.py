"""From the files a plan names to one form's validated answers, whatever platforms and versions they come from.

Every file is read and validated by itself, each row by the version it was asked in; then the answers are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding.answers import RawAnswers
from instrument.fielding.platforms import answers
from instrument.model import Instrument
from pipeline.data.joining import join, twice_across_files
from pipeline.data.responses import Failure, ReadingSummary, Responses, validate
from pipeline.instruments import instrument_of
from pipeline.pooled import RefusedRows
from pipeline.study import FormSource, StudyPlan

Part = TypeVar("Part")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FormIntake:
    """One form's answers from all its files.

    Attributes
    ----------
    readings
        One a file, in the order of the plan.
    refused
        Rows of versions that the plan does not take in; they are among those set aside.
    findings
        Warnings: what was seen when the files were joined.
    """

    form: str
    responses: Responses
    failures: tuple[Failure, ...]
    readings: tuple[ReadingSummary, ...]
    refused: tuple[RefusedRows, ...]
    findings: tuple[Finding, ...]


def versions_taken_in(study: Path, plan: StudyPlan, instrument: Instrument) -> dict[str, Instrument]:
    """Version → instrument, the reference (``instrument``) first.

    Raises
    ------
    InputError
        ``STUDY-VERSION`` where a further version is not there, not released, named twice or another instrument.
    """
    out = {instrument.version: instrument}
    findings = []
    for stated in plan.further_versions:
        try:
            found = instrument_of(study, plan.model_copy(update={"instrument": stated}))
        except InputError as error:
            findings += list(error.findings)
            continue
        if (wrong := _no_further_version(found, instrument, out)) is not None:
            findings.append(Finding("STUDY-VERSION", f"study.yaml, further_versions, {stated}", *wrong))
        else:
            out[found.version] = found
    if findings:
        raise InputError(findings)
    return out


def _no_further_version(
    found: Instrument, reference: Instrument, taken: Mapping[str, Instrument]
) -> tuple[str, str] | None:
    """Rule and fix, where a version cannot be taken in beside the reference."""
    if found.version == reference.version:
        return (f"A further version differs from the one that is analysed; both are {found.version}.",
                "Take it out: the answers to `instrument` are taken in anyhow.")
    if found.version in taken:
        return f"Each version is named once; {found.version} is named twice.", "Keep one of the two."
    if found.name != reference.name:
        return (f"Only versions of one instrument can be pooled; this is {found.name!r}, the plan's instrument is "
                f"{reference.name!r}.", "Name a version of the same instrument, or run the two as two studies.")
    if found.released is None and reference.released is not None:
        return (f"Answers are taken in to released versions; {found.version} is not released and may still change.",
                "Release it (python -m instrument.store record), or name a released version.")
    return None


def source_findings(plan: StudyPlan, versions: Mapping[str, Instrument]) -> Iterator[Finding]:
    """What is wrong with the files a plan names, before any is opened."""
    for form, sources in plan.forms.items():
        files = [source.file for source in sources]
        for file in dict.fromkeys(name for name in files if files.count(name) > 1):
            yield Finding("STUDY-SOURCE", f"study.yaml, forms, {form}",
                          f"Each file is named once; {file} is named {files.count(file)} times.", "Keep one of them.")
        for source in sources:
            if source.version is not None and source.version not in versions:
                yield Finding("STUDY-VERSION", f"study.yaml, forms, {form}, {source.file}",
                              f"A file's version is one the plan takes in, {', '.join(versions)}; "
                              f"found {source.version!r}.", "Add it to further_versions, or correct it.")


def take_in(study: Path, plan: StudyPlan, versions: Mapping[str, Instrument], form: str) -> FormIntake:
    """Read, validate and join all files with answers to a form.

    Raises
    ------
    InputError
        If a file cannot be read as this form's export, or holds no usable row; all files' findings at once.
    """
    known = {name: version for name, version in versions.items() if form in {f.id for f in version.forms}}
    sources = plan.forms[form]
    raws = each_told(sources, lambda source: _read(study, source, known, form, several=len(sources) > 1))
    elsewhere = twice_across_files(raws, known, plan.languages)
    validated = each_told(
        list(zip(raws, elsewhere, strict=True)),
        lambda file: validate(file[0], known, languages=plan.languages, optional_blocks=plan.optional_blocks,
                              elsewhere=file[1]))
    responses, findings = join([(raw.file, found[0]) for raw, found in zip(raws, validated, strict=True)])
    return FormIntake(
        form, responses,
        tuple(failure for _, failures, _ in validated for failure in failures),
        tuple(reading for _, _, reading in validated),
        tuple(refused for raw in raws for refused in _refused(raw, known)),
        findings,
    )


def each_told(parts: Iterable[Part], work: Callable[[Part], Found]) -> list[Found]:
    """``work`` of every part; what is wrong with each is told at once."""
    done: list[Found] = []
    findings: list[Finding] = []
    for part in parts:
        try:
            done.append(work(part))
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return done


def _read(
    study: Path, source: FormSource, versions: Mapping[str, Instrument], form: str, *, several: bool
) -> RawAnswers:
    # Released versions are known to the readers, also those that the plan does not take in: their columns are
    # understood and their rows can be told apart. Others must be handed over.
    ours = all(name in store.versions() and store.load(name) is version for name, version in versions.items())
    raw = answers(source.platform).read(
        study / source.file, form, labels=study / source.labels if source.labels else None, version=source.version,
        instruments=None if ours else versions,
    )
    # The name alone may be that of a file in another folder as well.
    return replace(raw, file=source.file) if several else raw


def _refused(raw: RawAnswers, versions: Mapping[str, Instrument]) -> Iterator[RefusedRows]:
    stamps = raw.meta["instrument_version"]
    counts = stamps[~stamps.isin(list(versions))].value_counts(sort=False)
    for version, n in counts.items():
        yield RefusedRows(raw.form, raw.file, str(version), int(n))
