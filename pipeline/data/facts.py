"""Variables from observed facts: the firm's size, age and industry, its portfolio, its function, its alliances' ends.

Formulas and conventions stand in ``docs/scoring.md``. A fact without an answer leaves its variables missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.data.sheet import Sheet

TECHNOLOGY, SERVICES = (2, 3), (6, 7, 8, 9)
"""Codes of ``indus`` behind ``ind_tech`` and ``ind_serv``; the other industries are the reference."""

TOP_MANAGEMENT = (1, 2)
"""Codes of ``dafrl``: the function reports to the chief executive or board, or to the head of strategy."""

YES_NO: dict[str, tuple[str, tuple[int, ...], str]] = {
    "equity": ("aform", (1, 2), "Alliance with shared ownership"),
    "joint_venture": ("aform", (1,), "Joint venture"),
    "partner_nonfirm": ("apart", (2, 3, 4), "Partner that is no firm"),
    "overlap": ("aovlp", (1, 2), "Partner competes with the firm"),
    "reciprocal": ("aintd", (3,), "Work goes back and forth between the partners"),
    "partner_younger": ("arage", (1,), "Partner is younger"),
    "partner_larger": ("arsiz", (3,), "Partner is larger"),
    "platform_leader": ("aplat", (1,), "Firm leads a platform"),
    "ended": ("astat", (2,), "Alliance has ended"),
    "shock": ("shex", (1,), "A serious shock has hit the alliance"),
}
"""0/1 variable of an alliance → the fact behind it, the codes that make it 1, and words for it."""

INDICATORS = ("daf", "ind_tech", "ind_serv", "reports_top", *YES_NO)
"""All 0/1 variables. Informants must agree about them: half a function is no answer."""


def add_context(sheet: Sheet, survey_year: int | None) -> None:
    """Size, age, industry and portfolio of the firm, and to whom its function reports."""
    if sheet.has("fsize"):
        _add_log(sheet, "lnsize", "Firm size (log employees)", "fsize", "employees")
    if sheet.has("fyear"):
        founded = sheet.answers("fyear")["fyear"]
        asked = _asked(sheet, survey_year)
        age = (asked - founded) / 10
        why = np.select([founded.isna(), asked.isna()],
                        ["the year of foundation has no answer", "the export holds no end date"],
                        "the year of foundation lies after the survey")
        sheet.add("firmage", "Firm age (decades)", age.where(age >= 0), pd.Series(why, index=founded.index))
    if sheet.has("indus"):
        for name, label, codes in (("ind_tech", "Industry: technology and life sciences", TECHNOLOGY),
                                   ("ind_serv", "Industry: services", SERVICES)):
            _add_yes_no(sheet, name, label, "indus", codes, "the industry has no answer")
    if sheet.has("nall"):
        count = sheet.answers("nall")["nall"]
        sheet.add("portfolio", "Alliances at present (log of 1 + number)", np.log1p(count),
                  "the number of alliances has no answer")
    if sheet.has("dafex", "dafrl"):
        answers = sheet.answers("dafex", "dafrl")
        top = answers["dafrl"].isin(TOP_MANAGEMENT).astype(np.float64).where(answers["dafrl"].notna())
        why = np.where(answers["dafex"] == 0, "the firm has no function", "the reporting line has no answer")
        sheet.add("reports_top", "Function reports to the head of the firm or of strategy", top,
                  pd.Series(why, index=top.index))


def add_outcomes(sheet: Sheet) -> None:
    """Shares of the alliances that ended or were reviewed.

    ``success_share``: an end is no failure where goals were met or the end was foreseen (Reuer & Zollo 2005).
    ``goals_share`` counts goals met alone, ``fail_share`` failures.
    """
    if not sheet.has("ocmet", "ocexp", "ocfail"):
        return
    ended = sheet.answers("ocmet", "ocexp", "ocfail")
    total = ended.sum(axis=1, skipna=False)
    why = pd.Series(np.where(total.isna(), "a count of outcomes has no answer", "no alliance ended or was reviewed"),
                    index=total.index)
    for name, label, parts in (
        ("success_share", "Share of ended alliances that did not fail", ["ocmet", "ocexp"]),
        ("goals_share", "Share of ended alliances that met their goals", ["ocmet"]),
        ("fail_share", "Share of ended alliances that failed", ["ocfail"]),
    ):
        sheet.add(name, label, ended[parts].sum(axis=1, skipna=False) / total.where(total > 0), why)


def add_alliance_facts(sheet: Sheet, survey_year: int | None) -> None:
    """What kind of alliance it is, how old, with how many partners, and how long it took to recover from a shock."""
    for name, (fact, codes, label) in YES_NO.items():
        if sheet.has(fact):
            _add_yes_no(sheet, name, label, fact, codes, "the question has no answer")
    if sheet.has("anpar"):
        _add_log(sheet, "partners", "Number of partners (log)", "anpar", "partners")
    if sheet.has("astrt", "aend"):
        years = sheet.answers("astrt", "aend")
        last = years["aend"].fillna(_asked(sheet, survey_year))
        age = last - years["astrt"]
        why = np.where(years["astrt"].isna(), "the first year has no answer", "the alliance ends before it starts")
        sheet.add("duration", "Years the alliance has lasted", age.where(age >= 0), pd.Series(why, index=age.index))
    if sheet.has("shex", "shrc"):
        answers = sheet.answers("shex", "shrc")
        why = np.where(answers["shex"] == 0, "there was no shock", "the months of recovery have no answer")
        sheet.add("recovery", "Months to recover from a shock (log of 1 + number)", np.log1p(answers["shrc"]),
                  pd.Series(why, index=answers.index))


def _asked(sheet: Sheet, survey_year: int | None) -> pd.Series:
    """The year in which each respondent was asked."""
    ended = sheet.responses.meta["ended"].dt.year
    return ended if survey_year is None else pd.Series(survey_year, index=ended.index)


def _add_log(sheet: Sheet, name: str, label: str, fact: str, counted: str) -> None:
    value = sheet.answers(fact)[fact]
    why = np.where(value.isna(), f"the number of {counted} has no answer", f"0 {counted} have no logarithm")
    sheet.add(name, label, np.log(value.where(value > 0)), pd.Series(why, index=value.index))


def _add_yes_no(sheet: Sheet, name: str, label: str, fact: str, codes: Sequence[int], why: str) -> None:
    value = sheet.answers(fact)[fact]
    sheet.add(name, label, value.isin(codes).astype(np.float64).where(value.notna()), why)
