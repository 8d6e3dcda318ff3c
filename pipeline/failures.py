"""Answers that were set aside, as findings: for the console, and beside an analysis that could not be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from instrument.errors import Finding, InputError
from pipeline.data.responses import Failure
from pipeline.prepare import PreparedForm


@contextmanager
def failures_told(forms: Sequence[PreparedForm]) -> Iterator[None]:
    """Where an analysis cannot be done, tell what was set aside as well: it may be why."""
    try:
        yield
    except InputError as error:
        failures = tuple(failure for form in forms for failure in form.failures)
        raise InputError((*error.findings, *failure_findings(failures))) from error


def failure_findings(failures: tuple[Failure, ...]) -> tuple[Finding, ...]:
    """Failures as findings."""
    return tuple(
        Finding(f.code, f"{f.file}, row {f.row}" + (f", column {f.column}" if f.column else ""),
                f"{f.rule} Found {f.value!r}; the {f.set_aside} was set aside.", f.fix)
        for f in failures
    )
