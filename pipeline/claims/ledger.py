"""The claim ledger: what the theory's documents claim, and which model and parameter would decide it.

Entries are data: one YAML file a document in the folder ``ledger/``, one entry a claim. An entry names what it needs of
the instrument, so that a claim whose items are missing or switched off says so, and can be read from the claim to the
item and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.yaml_file import read_yaml_file

LEDGER = Path(__file__).resolve().parent / "ledger"

Document = Literal["AEM", "AMC", "SAM", "KS", "ALL"]

DOCUMENTS: dict[str, str] = {
    "AEM": "Alliance Ecosystem Model, a conceptual paper",
    "AMC": "Guide to alliance management capability",
    "SAM": "Pattern card of the strategic alliance model",
    "KS": "Kale & Singh (2009), an overview of alliance management",
    "ALL": "Strategy note on alliances",
}
"""The theory's documents."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Prediction(Frozen):
    """One parameter, and what the claim says of it.

    Attributes
    ----------
    model
        Id of the model that decides.
    parameter
        Labels and defined effects of the model, or arithmetic with them (``b``, ``a1*a2*b``, ``h2 - h1``).
    what
        The parameter in a few words.
    expected
        ``positive``, ``negative``, ``none`` (no effect that matters), or ``between`` two values.
    scale
        On which the sign is decided: coefficients in units of the data, or standardised, where predictors of different
        units are compared.
    between
        The two values, for ``between``.
    """

    model: str
    parameter: str
    what: str
    expected: Literal["positive", "negative", "none", "between"] = "positive"
    scale: Literal["raw", "standardised"] = "raw"
    between: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Prediction:
        if (self.expected == "between") != (self.between is not None):
            raise ValueError("two values go with `expected: between`, and with nothing else")
        return self


class Claim(Frozen):
    """One claim of the theory.

    Attributes
    ----------
    statement
        In our words.
    source
        Primary sources, author and year.
    constructs
        Ids of the instrument's constructs it is about.
    needs
        Dimensions and facts of the instrument without which it cannot be tested.
    predictions
        What decides it; none where it cannot be tested.
    decided_by
        Whether all predictions must hold or any.
    rival
        What would explain the same finding.
    refuted_by
        What would speak against it.
    untestable
        Why no answers to this instrument could decide it.
    pending
        What has to be built before it can be tested.
    """

    id: str = Field(pattern=r"^H\d{3}$")
    document: Document
    statement: str
    source: tuple[str, ...]
    constructs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    decided_by: Literal["all", "any"] = "all"
    rival: str
    refuted_by: str
    untestable: str = ""
    pending: str = ""

    @model_validator(mode="after")
    def _decidable_or_not(self) -> Claim:
        if bool(self.predictions) + bool(self.untestable) + bool(self.pending) != 1:
            raise ValueError("a claim has predictions, or says why it is untestable, or what it waits for")
        return self


@lru_cache
def ledger() -> tuple[Claim, ...]:
    """Every claim, in the order of its id.

    Raises
    ------
    InputError
        ``LEDGER-YAML``, ``LEDGER-ENTRY``, ``LEDGER-TWICE``, all at once.
    """
    claims: list[Claim] = []
    findings: list[Finding] = []
    for path in sorted(LEDGER.glob("*.yaml")):
        found, wrong = _read(path)
        claims += found
        findings += wrong
    ids = [claim.id for claim in claims]
    findings += [Finding("LEDGER-TWICE", f"ledger, {twice}", "A claim has one entry.", "Keep one of them.")
                 for twice in sorted({i for i in ids if ids.count(i) > 1})]
    if findings:
        raise InputError(findings)
    return tuple(sorted(claims, key=lambda claim: claim.id))


def _read(path: Path) -> tuple[list[Claim], list[Finding]]:
    try:
        entries = read_yaml_file(path, "LEDGER-YAML") or []
    except InputError as error:
        return [], list(error.findings)
    claims, findings = [], []
    for entry in entries:
        try:
            claims.append(Claim.model_validate(entry))
        except ValidationError as error:
            findings += [Finding("LEDGER-ENTRY", f"{path.name}, {entry.get('id')}, {'.'.join(map(str, e['loc']))}",
                                 f"{e['msg']}.", "See pipeline/claims/ledger.py.") for e in error.errors()]
    return claims, findings


def not_asked(claim: Claim, instrument: Instrument, forms: Sequence[str], optional_blocks: Sequence[str]) -> str:
    """Why a study that fielded these forms and blocks cannot test a claim; empty if it can.

    Parameters
    ----------
    forms
        Ids of the forms that were fielded.
    optional_blocks
        Blocks that were switched on.
    """
    asked: set[str] = set()
    switched_off: dict[str, str] = {}
    for form in instrument.forms:
        for block, question in form.questions():
            ids = {question.id, getattr(question, "dimension", question.id)}
            if form.id not in forms:
                switched_off |= {i: f"form {form.id}, which was not fielded" for i in ids - asked}
            elif block.optional and block.id not in optional_blocks:
                switched_off |= {i: f"block {block.id}, which is switched off" for i in ids - asked}
            else:
                asked |= ids
    reasons = []
    for need in claim.needs:
        if need not in asked:
            reasons.append(f"{need} is asked in {switched_off[need]}" if need in switched_off
                           else f"instrument {instrument.version} does not ask {need}")
    return "; ".join(reasons)
