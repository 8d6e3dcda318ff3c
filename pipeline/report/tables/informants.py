"""Tables on several informants: do they agree in each scale, and is a unit's mean reliable?"""

from __future__ import annotations

from pipeline.evidence.found.informants import InformantsReport, NullAgreement, ScaleAgreement
from pipeline.report import names
from pipeline.report.numbers import counted, level_name, listed, number, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

LEAST_RELIABLE = 0.70
"""ICC(2) of a mean that may be used as a score (Bliese 2000; LeBreton & Senter 2008)."""


def informants_tables(found: InformantsReport | None) -> tuple[Table, ...]:
    """Both tables; none where no unit has several informants."""
    if found is None or not found.scales:
        return ()
    return agreement_table(found), nulls_table(found)


def agreement_table(found: InformantsReport) -> Table:
    """A row a scale: agreement by the plan's rule, and how reliable one informant and a mean of informants are."""
    first = found.nulls[0]
    level = level_name(found.level)
    note = (
        f"rwg(j): 1 is full agreement, 0 as little as of informants who answer at random by the {first} distribution "
        "(James, Demaree & Wolf 1984). Out of range: informants differ by more than that; these units rank lowest in "
        "the median. AD: average deviation from the informants' mean in points of the scale, median over units (Burke, "
        "Finkelstein & Dusig 1999; at most a sixth of the points, Burke & Dunlap 2002). ICC(1): reliability of one "
        "informant, and so of a unit that has only one; ICC(2): of the mean of several. Both are by one-way random "
        f"analysis of variance, with exact {level} intervals (Wald 1940). F tests that units do not differ. A unit "
        "counts if at least two of its informants answered every item of the scale."
    )
    return Table(
        "informants", "Agreement of informants in every scale",
        (
            Column("scale", "Scale"), Column("form", "Form"), Column("units", "Units", "integer"),
            Column("informants", "Informants", "integer"),
            Column("median", "rwg(j), median", "number", bounded=True),
            Column("share", f"rwg(j) ≥ {number(found.least_agreement, 2, bounded=True)}", "percent"),
            Column("out_of_range", "Out of range", "integer"), Column("deviation", "AD, points", "number"),
            Column("deviation_share", "AD small enough", "percent"),
            Column("icc1", "ICC(1)", "number", bounded=True),
            Column("icc1_ci", f"ICC(1), {level}", "interval", bounded=True),
            Column("icc2", "ICC(2)", "number", bounded=True),
            Column("icc2_ci", f"ICC(2), {level}", "interval", bounded=True),
            Column("f", "F", "number"), Column("df_between", "df between", "integer"),
            Column("df_within", "df within", "integer"), Column("pvalue", "p", "pvalue"),
            Column("left_out", "Units left out", "integer"), Column("set_missing", "Scores set missing", "integer"),
        ),
        tuple(_row(scale) for scale in found.scales), agreement_sentence(found), note,
    )


def agreement_sentence(found: InformantsReport) -> str:
    """How much informants agree, where they do so least, and what the plan makes of it."""
    if not found.scales:
        return nobody_sentence(found)
    medians = _known([(scale, scale.ruling.median) for scale in found.scales])
    reliable = _known([(scale, scale.icc2) for scale in found.scales])
    said = [f"{_several(found)}."]
    if medians:
        low, high = min(medians, key=lambda one: one[1]), max(medians, key=lambda one: one[1])
        said.append(f"Median agreement rwg(j) lies between {_value(low[1])} ({low[0].label}) and {_value(high[1])} "
                    f"({high[0].label}), against the {found.nulls[0]} distribution.")
    if reliable:
        short = [scale.label for scale, value in reliable if value < LEAST_RELIABLE]
        low = min(reliable, key=lambda one: one[1])
        said.append(f"ICC(2) is at least {number(LEAST_RELIABLE, 2, bounded=True)} in "
                    f"{counted(len(reliable) - len(short), 'scale')} of {len(found.scales)}"
                    + (f"; lowest is {_value(low[1])} ({low[0].label})." if short else "."))
    return " ".join([*said, rule_sentence(found)])


def rule_sentence(found: InformantsReport) -> str:
    """What the plan's rule does with informants who disagree."""
    least = number(found.least_agreement, 2, bounded=True)
    below = sum(scale.units - scale.ruling.enough for scale in found.scales)
    pairs = sum(scale.units for scale in found.scales)
    said = f"Of {pairs:,} scores that several informants gave, {below:,} have rwg(j) below {least} or out of range"
    if found.disagreeing == "missing":
        return f"{said}; by the plan's rule they are missing in every analysis."
    return f"{said}; the plan averages them all the same."


def nobody_sentence(found: InformantsReport) -> str:
    """Why nothing can be said of agreement."""
    said = [f"{names.form(form.form)}: {_one_each(form.unit, form.units)}" for form in found.forms]
    return ("Agreement cannot be computed: it takes two informants about the same firm or alliance, and there is only "
            f"one. {'; '.join(said)}.")


def nulls_table(found: InformantsReport) -> Table:
    """The same agreement against every null distribution of the plan."""
    rows = tuple(_null_row(scale, null) for scale in found.scales for null in scale.nulls)
    worst = [max((null.out_of_range for scale in found.scales for null in scale.nulls if null.null == name), default=0)
             for name in found.nulls]
    spread = [_mean_share([null for scale in found.scales for null in scale.nulls if null.null == name])
              for name in found.nulls]
    shares = listed([f"{percent(share, 0)} ({name})" for name, share in zip(found.nulls, spread, strict=True)])
    out = listed([f"{counted(n, 'unit')} ({name})" for name, n in zip(found.nulls, worst, strict=True)])
    return Table(
        "informants-nulls", "Agreement against other null distributions",
        (
            Column("scale", "Scale"), Column("form", "Form"), Column("null", "Null distribution"),
            Column("variance", "Its variance", "number"), Column("source", "Variance from"),
            Column("units", "Units", "integer"), Column("out_of_range", "Out of range", "integer"),
            Column("median", "Median", "number", bounded=True),
            Column("mean", "Mean, in range", "number", bounded=True),
            Column("mean_as_zero", "Mean, out of range as 0", "number", bounded=True),
            Column("lowest", "Lowest in range", "number", bounded=True),
            Column("highest", "Highest", "number", bounded=True),
            Column("enough", f"At least {number(found.least_agreement, 2, bounded=True)}", "integer"),
            Column("share", "Share", "percent"),
        ),
        rows,
        f"Scores on which informants agree well enough: {shares}. Out of range in one scale are at "
        f"most {out}.",
        "A null distribution says how informants would answer who do not agree at all. Where answers lean to one side "
        "anyway, a skewed one is the fairer comparison (LeBreton & Senter 2008). Out of range is a unit whose "
        "informants differ by more than that distribution has them differ: the formula then gives no number that means "
        "anything. James, Demaree and Wolf (1984) put 0 there; that convention is in the column that says so and in no "
        "other.",
    )


def _row(scale: ScaleAgreement) -> tuple[Cell, ...]:
    ruling = scale.ruling
    return (
        scale.label, names.form(scale.form), scale.units, scale.informants, ruling.median, ruling.share,
        ruling.out_of_range, scale.deviation, scale.deviation_share, scale.icc1, scale.icc1_interval, scale.icc2,
        scale.icc2_interval, scale.f, scale.df_between, scale.df_within, scale.pvalue, scale.left_out,
        scale.set_missing,
    )


def _null_row(scale: ScaleAgreement, null: NullAgreement) -> tuple[Cell, ...]:
    return (scale.label, names.form(scale.form), null.null, null.variance, null.source, null.units, null.out_of_range,
            null.median, null.mean, null.mean_as_zero, null.lowest, null.highest, null.enough, null.share)


def _several(found: InformantsReport) -> str:
    several = [f"{form.several:,} of {form.units:,} {form.unit}s have several informants (at most {form.most})"
               for form in found.forms if form.several]
    return "; ".join([listed(several), *(_one_each(form.unit, form.units) for form in found.forms if not form.several)])


def _one_each(unit: str, units: int) -> str:
    return f"each of {units:,} respondents speaks for nobody else" if unit == "respondent" else \
        f"each of {units:,} {unit}s has one"


def _known(pairs: list[tuple[ScaleAgreement, Number]]) -> list[tuple[ScaleAgreement, float]]:
    return [(scale, value) for scale, value in pairs if not isinstance(value, Undefined)]


def _mean_share(nulls: list[NullAgreement]) -> Number:
    units = sum(null.units for null in nulls)
    return sum(null.enough for null in nulls) / units if units else Undefined("no unit has two informants")


def _value(value: float) -> str:
    return number(value, 2, bounded=True)
