"""Every table of a study, as immutable values (:class:`Table`), each with a one-sentence summary.

``all_tables(results)`` is what the results folder and the viewer offer for download; the report shows
the same tables, the long ones folded or in its appendix.
"""

from __future__ import annotations

from pipeline.report import names
from pipeline.report.tables.absent import absent_table
from pipeline.report.tables.claims import claims_table, claims_truth_table, predictions_table
from pipeline.report.tables.consistency import consistency_tables
from pipeline.report.tables.cutoffs import cut_offs_tables
from pipeline.report.tables.deviations import deviations_table
from pipeline.report.tables.distinctness import distinctness_tables
from pipeline.report.tables.effects import (
    bootstrap_table,
    comparison_table,
    decay_table,
    effects_table,
    joint_table,
    truth_table,
)
from pipeline.report.tables.exclusions import exclusions_tables
from pipeline.report.tables.factors import (
    factor_correlations_table,
    factorability_table,
    loadings_table,
    retention_table,
    rules_table,
)
from pipeline.report.tables.fit import fit_table, indices_table, information_table, theory_fit_table
from pipeline.report.tables.informants import informants_tables
from pipeline.report.tables.invariance import invariance_tables
from pipeline.report.tables.items_evidence import items_evidence_tables
from pipeline.report.tables.measurement import (
    correlations_table,
    covariances_table,
    items_table,
    reliability_table,
    variables_table,
)
from pipeline.report.tables.method import method_tables
from pipeline.report.tables.models import (
    crosscheck_table,
    diagnoses_table,
    explained_table,
    identification_table,
    residuals_table,
)
from pipeline.report.tables.nonresponse import nonresponse_tables
from pipeline.report.tables.ordinal import ordinal_tables
from pipeline.report.tables.parameters import (
    intercepts_table,
    loadings_of_table,
    parameters_table,
    paths_table,
    variances_table,
)
from pipeline.report.tables.probes import probe_tables
from pipeline.report.tables.provenance import manifest_table, packages_table, timings_table
from pipeline.report.tables.respondents import (
    exclusions_table,
    failures_table,
    findings_table,
    flow_table,
    missing_table,
    personal_data_table,
    reading_table,
    screening_table,
)
from pipeline.report.tables.retest import retest_tables
from pipeline.report.tables.rivals import groups_table, rival_tables
from pipeline.report.tables.robustness import counts_table, facets_table, specifications_table
from pipeline.report.tables.scale_verdicts import scale_verdicts_table
from pipeline.report.tables.sensitivity import sensitivity_tables
from pipeline.report.tables.spec import (
    Cell,
    Column,
    Table,
    display,
    display_rows,
    select,
    to_frame,
    write_csv,
    write_tables,
)
from pipeline.report.tables.structure import structure_tables
from pipeline.report.tables.versions import versions_tables
from pipeline.report.tables.wording import facts_wording_table, items_wording_table
from pipeline.results import StudyResults

__all__ = [
    "Cell", "Column", "Table", "absent_table", "all_tables", "bootstrap_table", "claims_table", "claims_truth_table",
    "comparison_table", "correlations_table", "counts_table", "covariances_table", "crosscheck_table",
    "decay_table", "deviations_table", "diagnoses_table", "display", "display_rows", "effects_table",
    "exclusions_table", "explained_table", "facets_table", "factor_correlations_table", "factorability_table",
    "facts_wording_table", "failures_table", "findings_table", "fit_table", "flow_table", "identification_table",
    "indices_table", "information_table", "intercepts_table", "invariance_tables", "items_table",
    "items_wording_table", "joint_table",
    "loadings_of_table", "loadings_table", "manifest_table", "missing_table", "ordinal_tables", "packages_table",
    "parameters_table", "paths_table", "personal_data_table", "predictions_table", "probe_tables", "reading_table",
    "reliability_table", "residuals_table", "retention_table", "rival_tables", "rules_table", "screening_table",
    "select",
    "sensitivity_tables", "specifications_table", "theory_fit_table", "timings_table", "to_frame", "truth_table",
    "variables_table", "variances_table", "versions_tables", "write_csv", "write_tables",
]


def all_tables(results: StudyResults) -> tuple[Table, ...]:
    """Every table, in the order of the report. Ids are unique and are the names of the CSV files."""
    words = names.labels(results)
    tables = [
        deviations_table(results),
        flow_table(results), reading_table(results), personal_data_table(results), failures_table(results),
        findings_table(results), *versions_tables(results.versions),
        missing_table(results), screening_table(results), exclusions_table(results), variables_table(results),
    ]
    for key in results.moments:
        tables += [correlations_table(results, key), covariances_table(results, key)]
    tables += [reliability_table(results), items_table(results), factorability_table(results)]
    for analysis in results.factor_analyses:
        tables += [rules_table(analysis), retention_table(analysis), loadings_table(analysis),
                   factor_correlations_table(analysis)]
    tables += evidence_tables(results)
    tables += invariance_tables(results.invariance, words)
    tables += [
        identification_table(results), fit_table(results), diagnoses_table(results), indices_table(results),
        information_table(results), explained_table(results),
    ]
    for run in results.models:
        operators = {parameter.op for parameter in run.fit.parameters}
        tables += [parameters_table(run), residuals_table(run), variances_table(run)]
        if "=~" in operators:
            tables.append(loadings_of_table(run, words))
        if "~" in operators:
            tables.append(paths_table(run, words))
        if "~1" in operators:
            tables.append(intercepts_table(run))
        if run.bootstrap is not None:
            tables.append(effects_table(run))
        if run.joint:
            tables.append(joint_table(run))
    tables += ordinal_tables(results.ordinal, results.plan.level)
    tables += [crosscheck_table(found) for found in results.crosschecks]
    tables += [bootstrap_table(results), comparison_table(results), decay_table(results)]
    if results.known_truth:
        tables.append(truth_table(results))
    tables += _theory_tables(results)
    if results.absent:
        tables.append(absent_table(results))
    return (*tables, manifest_table(results), packages_table(results), timings_table(results))


def evidence_tables(results: StudyResults) -> list[Table]:
    """What speaks for the scales, topic after topic."""
    found = results.evidence
    return [
        *([scale_verdicts_table(found)] if found.consistency else ()),
        *items_evidence_tables(found.items, found.constructs), *consistency_tables(found.consistency),
        *retest_tables(found.retest), *structure_tables(found.structure),
        *distinctness_tables(found.distinctness), *method_tables(found.method),
        *informants_tables(found.informants), *nonresponse_tables(found.nonresponse),
        *exclusions_tables(results, found.exclusions), *cut_offs_tables(found.cutoffs),
    ]


def _theory_tables(results: StudyResults) -> list[Table]:
    """Claims and the models that decided them, rivals, probes, and what the finding hangs on."""
    words = names.labels(results)
    tables = [claims_table(results), predictions_table(results), theory_fit_table(results)]
    if any(claim.truth for claim in results.claims.claims):
        tables.append(claims_truth_table(results))
    for run in results.theory:
        tables.append(parameters_table(run))
        if any(parameter.op == "~" for parameter in run.fit.parameters):
            tables.append(paths_table(run, words))
        if run.simulated:
            tables.append(effects_table(run))
        if run.joint:
            tables.append(joint_table(run))
    tables += [*(rival_tables(results.rivals) if results.rivals else ()), groups_table(results.groups)]
    tables += sensitivity_tables(results.sensitivity) if results.sensitivity else ()
    if results.robustness is not None:
        curve = results.robustness
        tables += [specifications_table(curve), counts_table(curve), facets_table(curve)]
    return [*tables, *probe_tables(results.probes)]
