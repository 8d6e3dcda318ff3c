"""What a study says of the theory, in the few sentences that stand at the top of a report and of its sections."""

from __future__ import annotations

from pipeline.claims.report import ClaimsReport
from pipeline.report import names
from pipeline.report.numbers import counted, level_name, number
from pipeline.report.tables.claims import document_name
from pipeline.report.tables.rivals import favoured_sentence
from pipeline.report.tables.robustness import curve_sentence
from pipeline.results import HEADLINE_EFFECT, StudyResults
from pipeline.sensitivity.findings import SensitivityReport

__all__ = [
    "NO_CLAIMS", "NO_MAP", "NO_PROBES", "document_name", "in_brief", "map_sentence", "omitted_sentence",
    "sensitivity_sentences", "verdict_rules",
]

NO_CLAIMS = "The plan asks for no claim of the theory to be decided."
NO_MAP = ("No robustness map was drawn in this run, so that how the finding hangs on single decisions of the analysis "
          "is not shown.")
NO_PROBES = "This run probed no interaction."


def in_brief(results: StudyResults) -> tuple[str, ...]:
    """One line each on claims, rivals and the robustness map."""
    if not results.claims.claims and results.rivals is None and results.robustness is None and results.absent:
        return (f"{counted(len(results.absent), 'model or part', 'models and parts')} of the analysis could not be "
                "asked of these answers; the section on models lists them.",)
    claims = results.claims.sentence if results.claims.claims else results.why_absent("claims", NO_CLAIMS)
    rivals = results.why_absent("rivals") if results.rivals is None else favoured_sentence(results.rivals)
    return claims, rivals, map_sentence(results)


def map_sentence(results: StudyResults) -> str:
    """The robustness map in one sentence, or that there is none."""
    if results.robustness is None:
        return results.why_absent("robustness", NO_MAP)
    return f"Robustness map: {_small(curve_sentence(results.robustness))}"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def omitted_sentence(report: ClaimsReport) -> str:
    """How many claims of the ledger the plan left out; empty if none."""
    return f"The plan leaves out {counted(report.omitted, 'more claim')} of the ledger." if report.omitted else ""


def verdict_rules(report: ClaimsReport) -> tuple[tuple[str, str], ...]:
    """Each verdict with the rule that gives it."""
    level, tests = level_name(report.level), level_name(2 * report.level - 1)
    small, product = (number(v, bounded=True) for v in (report.smallest_effect, report.smallest_indirect))
    return (
        ("Supported", f"the {level} interval lies wholly on the predicted side of zero; where a claim makes several "
                      "predictions, that of each, unless the ledger lets any of them decide."),
        ("Against", f"the interval lies on the other side, or the {tests} interval of the standardised effect leaves "
                    f"only effects smaller than {small} ({product} for a product of paths), which would not matter. A "
                    "prediction of no effect is judged the other way round, one of a range by whether the interval "
                    "lies within."),
        ("Inconclusive", "neither. Power says how many studies of this size and precision would support the claim, "
                         f"were the effect just {small} ({product} for a product)."),
        ("Not testable", "these answers cannot decide: the form does not ask for it, or a survey at one time cannot, "
                         "or its model could not be estimated."),
        ("Pending", "a method is missing that would be needed."),
    )


def sensitivity_sentences(report: SensitivityReport) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What concerns the headline's effect or the chain as a whole, and what concerns the other effects."""
    others = [f"{names.effect(effect)}:" for effect in names.EFFECTS if effect != HEADLINE_EFFECT]
    aside = tuple(text for text in report.sentences if text.startswith(tuple(others)))
    return tuple(text for text in report.sentences if text not in aside), aside
