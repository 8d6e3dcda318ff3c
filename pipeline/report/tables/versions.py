"""Tables on the versions of the instrument: which were fielded, what changed, what was pooled and what left out."""

from __future__ import annotations

from pipeline.pooled import PooledDimension, VersionsReport
from pipeline.report import names
from pipeline.report.numbers import counted, listed
from pipeline.report.tables.spec import Column, Table

VERDICTS = {
    "same": "pooled as they are",
    "common items": "pooled on the items that all versions share",
    "if invariant": "pooled on condition",
    "not comparable": "not pooled with every version",
}
"""How the number of dimensions of each verdict goes on."""

INVARIANCE = {"not tested": "not tested yet", "holds": "holds", "fails": "fails"}


def versions_tables(found: VersionsReport | None) -> tuple[Table, ...]:
    """All tables on versions; none for a study with one version."""
    if found is None:
        return ()
    return fielded_table(found), pooled_table(found), changes_table(found), facts_table(found)


def fielded_table(found: VersionsReport) -> Table:
    """Responses by form and version, those of versions not taken in as well."""
    taken = [
        (names.form(row.form), row.version, "analysed" if row.version == found.reference else "taken in", row.read,
         row.analysed)
        for row in found.rows
    ]
    refused = [(names.form(row.form), row.version or "no version", f"set aside, in {row.file}", row.rows, 0)
               for row in found.refused]
    return Table(
        "versions", "Responses by version of the instrument",
        (
            Column("form", "Form"), Column("version", "Version"), Column("role", "What became of it"),
            Column("rows", "Rows", "integer"), Column("analysed", "Kept after screening", "integer"),
        ),
        (*taken, *refused), f"{fielded_sentence(found)} {refused_sentence(found)}".strip(),
        "The scales of the version analysed are the ones that are scored. Rows of versions not taken in are in the "
        "table of broken rules, each with its place." if refused else "",
    )


def fielded_sentence(found: VersionsReport) -> str:
    """How many responses each version gave, and which version's scales are analysed."""
    totals = {version: sum(row.analysed for row in found.rows if row.version == version) for version in found.versions}
    each = listed([f"{n:,} to {version}" for version, n in totals.items()])
    return (f"This study holds answers to {counted(len(totals), 'version')} of its instrument: {each}, counted after "
            f"screening. The scales of version {found.reference} are analysed.")


def refused_sentence(found: VersionsReport) -> str:
    """Rows of versions that the plan does not take in; empty where there are none."""
    rows = sum(row.rows for row in found.refused)
    if not rows:
        return ""
    stamps = listed(list(dict.fromkeys(row.version or "no version" for row in found.refused)))
    return f"{counted(rows, 'row').capitalize()} stamped with {stamps} were set aside: the plan does not take them in."


def pooled_table(found: VersionsReport) -> Table:
    """Every dimension of which anything differs between the versions."""
    changed = [one for one in found.dimensions if one.changed]
    return Table(
        "versions-pooled", "Dimensions that differ between versions, and how they were pooled",
        (
            Column("form", "Form"), Column("dimension", "Dimension"), Column("verdict", "Verdict"),
            Column("items", "Items of the score"), Column("left_out", "Left out, and why"),
            Column("to_test", "Changed items in the score"), Column("invariance", "Invariance over versions"),
            Column("rows", "Responses scored"), Column("rows_without", "Not scored for their version"),
            Column("why", "What the comparison says"), Column("invariance_why", "What the test of invariance says"),
        ),
        tuple(
            (
                names.form(one.form), f"{one.dimension}: {one.name}", VERDICTS[one.status],
                ", ".join(one.items) or "none",
                "; ".join(f"{item} ({why})" for item, why in one.left_out) or "none",
                ", ".join(one.to_test) or "none",
                None if one.invariance is None else INVARIANCE[one.invariance], _rows(one.rows),
                _rows(one.rows_without), one.why, one.invariance_why or None,
            )
            for one in changed
        ),
        f"{pooled_sentence(found)} {condition_sentence(found)}".strip(),
        "Pooled on condition: the score holds an item whose words changed, and is comparable over versions only if "
        "that item measures alike in all of them." if any(one.on_condition for one in changed) else "",
    )


def pooled_sentence(found: VersionsReport) -> str:
    """How many dimensions are pooled, and how."""
    counts = [
        f"{sum(one.status == status for one in found.dimensions):,} {words}"
        for status, words in VERDICTS.items() if any(one.status == status for one in found.dimensions)
    ]
    left_out = sum(len(one.left_out) for one in found.dimensions)
    without = sum(sum(one.rows_without.values()) for one in found.dimensions)
    return (f"Of {counted(len(found.dimensions), 'dimension')}, {listed(counts)}. "
            f"{_capital(counted(left_out, 'item'))} of any version {'takes' if left_out == 1 else 'take'} no part in "
            "scores; "
            f"{counted(without, 'score')} {'is' if without == 1 else 'are'} missing because the dimension cannot be "
            "pooled with the respondent's version.")


def condition_sentence(found: VersionsReport) -> str:
    """Which dimensions are pooled on condition, and whether it is met; empty where none is."""
    told = {"not tested": "Pooled on condition, not yet tested for invariance across versions",
            "holds": "Changed, and invariant across versions as tested",
            "fails": "Changed, and not invariant across versions, so that differences between their respondents may be "
                     "due to the words"}
    return " ".join(
        f"{words}: {listed(waiting)}." for answer, words in told.items()
        if (waiting := [_named(one) for one in found.dimensions if one.invariance == answer]))


def changes_table(found: VersionsReport) -> Table:
    """Every change that touches a question of the study."""
    rows = [
        (f"{one.version} and {one.reference}", change.kind, change.key, change.old or None, change.new or None,
         change.effect, change.why, ", ".join(change.questions),
         " ".join(reason.rationale for reason in change.reasons) or None)
        for one in found.differences for change in one.changes
    ]
    others = sum(one.others for one in found.differences)
    return Table(
        "versions-changes", "What differs between the versions",
        (
            Column("versions", "Versions"), Column("kind", "Kind"), Column("key", "What"), Column("old", "Earlier"),
            Column("new", "Later"), Column("effect", "Answers are"), Column("why", "Why"),
            Column("questions", "Questions touched"), Column("rationale", "Reason for the change"),
        ),
        tuple(rows),
        f"{_capital(counted(len(rows), 'change'))} between the versions "
        f"{'touches' if len(rows) == 1 else 'touch'} questions of this study; {counted(others, 'other change')} "
        f"{'does' if others == 1 else 'do'} not.",
    )


def facts_table(found: VersionsReport) -> Table:
    """Facts that differ between versions."""
    return Table(
        "versions-facts", "Facts that differ between versions",
        (
            Column("form", "Form"), Column("fact", "Fact"), Column("effect", "Answers are"),
            Column("rows_without", "Answers not used for their version"), Column("why", "What the comparison says"),
        ),
        tuple((names.form(one.form), one.fact, one.effect, _rows(one.rows_without), one.why) for one in found.facts),
        facts_sentence(found),
    )


def facts_sentence(found: VersionsReport) -> str:
    """How many facts differ, and which answers are not used."""
    if not found.facts:
        return "No fact differs between the versions."
    unused = [one for one in found.facts if one.effect == "not comparable"]
    rest = len(found.facts) - len(unused)
    parts = []
    if unused:
        parts.append(f"{listed([one.fact for one in unused])} cannot be compared: only the answers to versions that "
                     f"ask as {found.reference} does are used, the others are missing under the reason “other version”")
    if rest:
        parts.append(f"{counted(rest, 'fact')} {'is' if rest == 1 else 'are'} comparable only if the change made no "
                     "difference, which a single question cannot show")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper() if not unused else sentence[0]}{sentence[1:]}."


def _named(one: PooledDimension) -> str:
    return f"{one.dimension} ({names.form(one.form)}, changed: {', '.join(one.to_test)})"


def _rows(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} of {version}" for version, n in counts.items()) or "none"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
