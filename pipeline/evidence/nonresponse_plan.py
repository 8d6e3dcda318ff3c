"""Whether the study has what its plan names for those who did not answer."""

from __future__ import annotations

from collections.abc import Sequence

from instrument.errors import Finding, InputError
from instrument.model import Fact, Instrument
from pipeline.measurement_plan import NonresponsePlan
from pipeline.prepare import PreparedForm
from pipeline.results import SCREENED


def check_nonresponse(forms: Sequence[PreparedForm], instrument: Instrument, asked: NonresponsePlan) -> None:
    """Every form, question and option that the plan names must be there.

    Raises
    ------
    InputError
        ``STUDY-NONRESPONSE``, all at once, each with those that are there.
    """
    there = [form.form for form in forms]
    questions = {q.id: q for form in forms for _, q in instrument.form(form.form).questions()
                 if isinstance(q, Fact) and q.id in form.rows[SCREENED].responses.values}
    choices = {name: [option.code for option in instrument.offered(q)[0] if isinstance(option.code, int)]
               for name, q in questions.items() if q.kind == "choice"}
    scores = list(dict.fromkeys(str(name) for form in forms for name in form.rows[SCREENED].scores.scores))
    findings = [
        _unknown(f"{key}.{form}", f"The study has no form {form!r}.", there)
        for key, given in (("invited", asked.invited), ("followup", asked.followup))
        for form in given if form not in there]
    for question, shares in asked.population.items():
        if question not in choices:
            findings.append(_unknown(f"population.{question}",
                                     f"No form asked a question {question!r} with one choice among numbered options.",
                                     list(choices)))
            continue
        findings += [_unknown(f"population.{question}", f"{question} has no option {code}.",
                              [str(one) for one in choices[question]])
                     for code in shares if code not in choices[question]]
    if asked.interest is not None and asked.interest not in (*questions, *scores):
        findings.append(_unknown("interest", f"No form asked a question or a dimension {asked.interest!r} that has a "
                                 "number as its answer.", [*questions, *scores]))
    if findings:
        raise InputError(findings)


def _unknown(key: str, rule: str, choices: Sequence[str]) -> Finding:
    return Finding("STUDY-NONRESPONSE", f"study.yaml, nonresponse.{key}", rule, f"Choose from: {', '.join(choices)}.")
