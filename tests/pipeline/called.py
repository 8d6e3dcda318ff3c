"""The command line in this process, for fixtures that several tests share."""

from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

import pytest

from pipeline.cli import main


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


def called(*arguments: object) -> Outcome:
    """``called("fit", …)``: as the entry point runs it."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        patched.setattr(sys, "argv", ["alliometrics", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    return Outcome(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def refused(outcome: Outcome, *codes: str) -> bool:
    """Whether it ended as bad input does: status 2, these codes, no result and no traceback."""
    return (outcome.status == 2 and "Traceback" not in outcome.err and not outcome.out
            and set(re.findall(r"\[([A-Z-]+)\]", outcome.err)) == set(codes))
