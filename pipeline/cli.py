"""The command line: parse, call, print. Heavy imports happen inside the command that needs them.

Exit status: 0 done; 1 a result that failed (not converged, a check that fell short); 2 bad input,
with every finding on standard error and no traceback.
"""

from __future__ import annotations

import sys

import typer

from instrument.errors import InputError
from pipeline.command_line import files, questionnaire, scales, studies
from pipeline.command_line.shared import BAD_INPUT, print_findings

app = typer.Typer(
    name="alliometrics", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="From a versioned questionnaire on strategic alliances to results a reviewer can trust.",
)
instrument_app = typer.Typer(
    no_args_is_help=True, help="The questionnaire: look at it, check it, compare its versions, field it.")
app.add_typer(instrument_app, name="instrument")

for command in (studies.run, studies.rehearse, studies.lock, studies.power, studies.claims, studies.verify,
                studies.view, files.reliability, files.efa, files.fit, files.invariance, scales.retest, scales.validity,
                scales.careless, scales.cutoffs):
    app.command()(command)
app.command("read")(files.read_export)
app.command("content-validity")(questionnaire.content_validity)

instrument_app.command("list")(questionnaire.list_versions)
for about_it in (questionnaire.show, questionnaire.check, questionnaire.codebook, questionnaire.compare,
                 questionnaire.export, questionnaire.capabilities, questionnaire.translate, questionnaire.translated):
    instrument_app.command()(about_it)


def main() -> None:
    """Entry point: bad input ends with its findings and status 2."""
    try:
        app()
    except InputError as error:
        print_findings(error.findings)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
