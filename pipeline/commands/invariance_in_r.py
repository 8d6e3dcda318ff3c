"""Every step of a ladder as a file in lavaan's language, and a script that reruns them in R."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.commands.csv_data import MISSING
from pipeline.commands.invariance import Found
from pipeline.commands.output import make_folder, write_text
from pipeline.sem.invariance import Ladder

SCRIPT = "steps.R"


def write_steps(found: Found, data: Path, folder: Path) -> tuple[Path, ...]:
    """Write ``1_configural.lav`` and so on, those of partial invariance as ``3_scalar_partial.lav``, and a script.

    Raises
    ------
    InputError
        ``OUT-WRITE``.
    """
    make_folder(folder)
    ladders = [(found.ladder, ""), *([(found.partial, "_partial")] if found.partial else [])]
    named = [[f"{place}_{result.name}{ending}.lav" for place, result in enumerate(own.steps, start=1)]
             for own, ending in ladders]
    for (own, _), names in zip(ladders, named, strict=True):
        for result, name in zip(own.steps, names, strict=True):
            write_text(_commented(result.name, own) + result.syntax, folder / name)
    write_text(_script(found, _relative(data, folder), named), folder / SCRIPT)
    return tuple(folder / name for name in (*(name for names in named for name in names), SCRIPT))


def _commented(step: str, own: Ladder) -> str:
    freed = ", ".join(f"{entry.kind} of {entry.item}" for entry in own.released)
    return f"# Step {step}{f', without {freed}' if freed else ''}; groups in the order " \
           f"{', '.join(size.label for size in own.groups)}\n"


def _script(found: Found, data: str, named: Sequence[Sequence[str]]) -> str:
    options = found.ladder.options
    call = [f"group = {_text(found.asked.group)}", f"estimator = {_text(options.estimator.upper())}",
            f"missing = {_text('ml' if options.missing == 'fiml' else options.missing)}", "meanstructure = TRUE"]
    if options.ordered:
        call.append(f"ordered = {_vector(options.ordered)}")
        call.append('parameterization = "delta"')
    column = f"data[[{_text(found.asked.group)}]]"
    lines = [
        "# Reruns every step in lavaan. Run in this folder: Rscript " + SCRIPT,
        "library(lavaan)",
        f"data <- read.csv({_text(data)}, encoding = \"UTF-8\", na.strings = {_vector(MISSING)}, check.names = FALSE)",
        f"data <- data[{column} %in% {_vector([size.label for size in found.ladder.groups])}, ]",
        *(f"data[[{_text(m.item)}]][data[[{_text(m.item)}]] %in% {m.category}] <- {m.into}" for m in found.merges),
        "fit <- function(file) cfa(paste(readLines(file), collapse = \"\\n\"), data = data,",
        f"                          {', '.join(call)})",
    ]
    for names in named:
        lines += [f"fits <- lapply({_vector(names)}, fit)",
                  "for (one in fits) print(summary(one, fit.measures = TRUE))",
                  f"print(lavTestLRT({', '.join(f'fits[[{place}]]' for place in range(1, len(names) + 1))}, "
                  f"model.names = {_vector([name.removesuffix('.lav') for name in names])}))"]
    return "\n".join(lines) + "\n"


def _relative(data: Path, folder: Path) -> str:
    """From ``folder`` to the data; the whole path where the two are on different drives."""
    try:
        return Path(os.path.relpath(data.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return data.resolve().as_posix()


def _text(value: str) -> str:
    """A string as R writes it, which for these is as JSON does."""
    return json.dumps(value, ensure_ascii=False)


def _vector(values: Sequence[str]) -> str:
    return f"c({', '.join(_text(value) for value in values)})"
