"""Words for the ids that models, screening and reading use, and where the headline's model is found."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.data.scoring import EXPERIENCE
from pipeline.results import SCREENED, ModelRun, StudyResults
from pipeline.study import ScreeningPlan

MEDIATION = "M1"

VARIABLES = {
    "exp_rw": "Alliance experience",
    "daf": "Dedicated alliance function",
    "LRN": "Learning processes",
    "AMC": "Alliance management capability",
    "SUC": "Alliance success",
    "ART": "Articulation",
    "COD": "Codification",
    "SHA": "Sharing",
    "INT": "Internalisation",
    "SEL": "Partner selection",
    "GOV": "Structuring and governance",
    "COO": "Coordination and conflict",
    "ADA": "Adaptation and exit",
    "RA": "Relational ambidexterity",
    "RF": "Resource fluidity",
    "SR": "Strategic resilience",
    "AEA": "Alliance ecosystem advantage",
    "FL": "Firm-level advantage",
    "EL": "Ecosystem-level advantage",
    "INN": "Innovation",
    "LTP": "Long-term performance",
    "ADP": "Adjustment",
    "VCC": "Value co-creation",
    "TU": "Turbulence",
    "EF": "Efficiency focus",
    "AGI": "Agile governance (latent)",
    "KNO": "Knowledge mobility (latent)",
    "CS": "Contractual safeguards (latent)",
    "RG": "Relational governance (latent)",
    "TR": "Trust (latent)",
    "COP": "Cooperation (latent)",
    "ACQ": "Skill with acquisitions",
    "EXL": "Experience × learning (latent)",
    "T": "Trust, from the midpoint",
    "V": "Vigilance, from the midpoint",
    "T2": "Trust squared",
    "TV": "Trust × vigilance",
    "V2": "Vigilance squared",
    "lnsize": "Firm size (log employees)",
    "firmage": "Firm age (decades)",
    "tmco": "Top management commitment",
    "ind_tech": "Industry: technology",
    "ind_serv": "Industry: services",
}
SHORT = {"exp_rw": "experience", "daf": "function", "LRN": "learning", "AMC": "capability", "SUC": "success"}
"""One word each, for sentences that list paths."""
COVARIATES = ("lnsize", "firmage", "tmco", "ind_tech", "ind_serv")

EFFECTS = {
    "serial_learning": "Experience → function → learning",
    "serial_capability": "Experience → function → learning → capability",
    "serial_success": "Experience → function → learning → capability → success",
    "function_only": "Experience → function → capability",
    "learning_only": "Experience → learning → capability",
    "total_indirect_capability": "Total indirect, experience → capability",
    "total_capability": "Total, experience → capability",
    "ra_rf_sr": "Ambidexterity → fluidity → resilience",
    "sr_over_ef": "Resilience less efficiency focus, on long-term performance",
    "chain": "Experience → function → learning → capability → ecosystem advantage → firm's advantage",
    "capability_advantage": "Capability → ecosystem advantage → firm's advantage",
    "along_agreement": "Slope where trust and vigilance agree (a1)",
    "curved_along_agreement": "Curvature where trust and vigilance agree (a2)",
    "along_disagreement": "Slope where trust and vigilance part (a3)",
    "curved_along_disagreement": "Curvature where trust and vigilance part (a4)",
}
DIRECT_PATH = "c1"
"""Label of the direct path from experience to capability, the effect that no mediator carries."""

DIAGNOSES = {
    "not-converged": "Not converged",
    "not-a-minimum": "Not a minimum",
    "not-identified": "Not identified",
    "negative-df": "More parameters than moments",
    "negative-variance": "Negative variance",
    "residual-covariance": "Impossible residual covariance",
    "latent-covariance": "Impossible latent covariances",
    "disordered-thresholds": "Thresholds out of order",
    "at-bound": "At the bound of a variance",
    "few-cases": "Few cases",
    "saturated-moments": "Unrestricted moments not found",
    "ordered-moments": "Moments of ordered variables",
    "note": "Note",
}

FORMS = {"F": "Form F (firm)", "A": "Form A (alliance)"}

FLAGS = {
    "no consent": "No consent",
    "screened out": "Not eligible",
    "unfinished": "Did not finish",
    "withdrawn": "Asked to be left out",
    "attention": "Failed the attention item",
    "speed": "Too fast",
    "longstring": "Long run of one answer",
    "irv": "Answers hardly vary",
    "even_odd": "Inconsistent halves of scales",
    "mahalanobis": "Unusual pattern of answers",
    "synonyms": "Inconsistent across synonyms",
    "antonyms": "Consistent across antonyms",
    "knowledge": "Says to know little",
    "diligence": "Says not to have answered with care",
    "tenure": "Short time in the firm",
}

REASONS = {
    "na": "Not applicable",
    "dk": "Don't know",
    "rf": "Refused",
    "unanswered": "Left unanswered",
    "not asked": "Not asked (routing)",
    "invalid": "Set aside as invalid",
    "other version": "Asked differently in another version",
}


def form(form_id: str) -> str:
    return FORMS.get(form_id, f"Form {form_id}" if form_id else "Both forms")


def flag(flag_id: str) -> str:
    return FLAGS.get(flag_id, flag_id)


def screening_rule(plan: ScreeningPlan) -> str:
    """Who is left out as careless, in words: ``any of: …; or at least 2 of: …``."""
    parts = []
    if plan.any_of:
        parts.append(f"any of: {_flags(plan.any_of)}")
    if plan.of:
        parts.append(f"at least {plan.at_least} of: {_flags(plan.of)}")
    return "; or ".join(parts) or "nobody"


def _flags(flag_ids: Iterable[str]) -> str:
    return ", ".join(flag(flag_id).lower() for flag_id in flag_ids)


def diagnosis(code: str) -> str:
    return DIAGNOSES.get(code, code)


def reason(reason_id: str) -> str:
    return REASONS.get(reason_id, reason_id)


def effect(name: str) -> str:
    return EFFECTS.get(name, name)


def labels(results: StudyResults) -> dict[str, str]:
    """Variable id → words: those of this module, else the label the scoring gave."""
    return {summary.variable: summary.label for summary in results.variables} | VARIABLES


def experience(kind: str) -> str:
    """Which alliances an experience variable counts."""
    return EXPERIENCE[kind][1] if kind in EXPERIENCE else kind


def mediation(results: StudyResults, rows: str = SCREENED) -> ModelRun | None:
    """The headline's model on ``rows``, None if the study has none."""
    try:
        return results.model(MEDIATION, rows)
    except KeyError:
        return None


def slug(text: str) -> str:
    """Text as part of a file name or an anchor."""
    return "-".join("".join(c if c.isalnum() else " " for c in text).split())
