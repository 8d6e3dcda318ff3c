"""A small instrument with every kind of question, routing and optional block, and drawn answers to it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from instrument.model import Block, Condition, Fact, Form, Instrument, Item, Note, Option, ResponseScale, Translation

YES_NO = (Option(code=1, label="Yes"), Option(code=0, label="No"))
DONT_KNOW = Option(code="dk", label="I don't know")


def _item(item: str, text: str, **more: Any) -> Item:
    return Item(id=item, dimension=item[:4], text=text, **more)


FORM_F = Form(
    id="F", title="Your firm", respondent="head of alliances", identifiers=("firm_id", "informant_id"),
    consent_version="1", blocks=(
        Block(id="start", title="Start", intro="Welcome.\nThank you for coming.", questions=(
            Fact(id="cons", kind="choice", role="consent", text="Do you agree?", options=YES_NO, screen_out=(0,)),
            Fact(id="tenr", kind="number", role="screening", text="Years in the firm?", minimum=0, maximum=70,
                 help="Half years count, too."),
            Note(id="defn", text="An alliance is …"),
            Fact(id="xjv1", kind="count", role="experience", text="How many joint ventures, in all?", maximum=5000,
                 missing=(DONT_KNOW,)),
        )),
        Block(id="func", title="Function", questions=(
            Fact(id="dafex", kind="choice", role="function", text="Is there an alliance function?", options=YES_NO),
            Fact(id="dafyr", kind="year", role="function", text="Since when?", minimum=1900, maximum=2030,
                 show_if=(Condition(question="dafex", any_of=(1,)),)),
            Fact(id="dafmn", kind="choices", role="function", text="What does it do?", missing=(DONT_KNOW,),
                 options=(Option(code=1, label="Chooses partners"), Option(code=2, label="Trains, coaches and audits"),
                          Option(code=3, label="Trains"), Option(code=9, label="Other")),
                 show_if=(Condition(question="dafex", any_of=(1,)),)),
        )),
        Block(id="learn", title="Learning", intro="How far do you agree?\nThink of the last year.", layout="matrix",
              shuffle=True, questions=(
                  _item("lrar1", "We write down, and keep, what we learn."),
                  _item("lrar2", "We talk about it.", reversed=True),
                  Fact(id="at1", kind="choice", role="attention", text="Please choose 2 here.", scale="agree7",
                       expected=2),
              )),
        Block(id="rout", title="After learning", show_if=(Condition(question="dafmn", any_of=(3, "dk")),), questions=(
            Fact(id="fdate", kind="date", role="context", text="When was the last training?"),
            Fact(id="words", kind="text", role="context", text="Anything else?"),
        )),
        Block(id="optrit", title="Rituals", intro="And these?", layout="matrix", optional=True, questions=(
            _item("rtrt1", "We celebrate."), _item("rtrt2", "We meet."),
        )),
    ),
)

FORM_A = Form(
    id="A", title="The alliance", respondent="alliance manager",
    identifiers=("firm_id", "alliance_id", "informant_id"), consent_version="1", blocks=(
        Block(id="astart", title="Start", questions=(
            Fact(id="aform", kind="choice", role="context", text="Which form?",
                 options=(Option(code=1, label="Joint venture"), Option(code=2, label="Contract"))),
        )),
        Block(id="trust", title="Trust", intro="How far do you agree?", layout="matrix", questions=(
            _item("ratr1", "We trust them."), _item("ratr2", "They trust us."),
        )),
    ),
)

SPANISH = {
    "instrument.title": "Pequeño", "instrument.alliance_definition": "Una alianza es …",
    "scale.agree7.1": "Muy en desacuerdo", "scale.agree7.4": "Ni lo uno ni lo otro", "scale.agree7.7": "Muy de acuerdo",
    "scale.agree7.na": "No procede", "scale.agree7.dk": "No lo sé", "scale.agree7.rf": "Prefiero no decirlo",
    "form.F.title": "Su empresa", "form.A.title": "La alianza",
    "block.start.title": "Inicio", "block.start.intro": "Bienvenido.\nGracias por venir.",
    "block.func.title": "Función", "block.learn.title": "Aprendizaje",
    "block.learn.intro": "¿Hasta qué punto está de acuerdo?\nPiense en el último año.",
    "block.rout.title": "Después", "block.optrit.title": "Rituales", "block.optrit.intro": "¿Y estas?",
    "block.astart.title": "Inicio", "block.trust.title": "Confianza", "block.trust.intro": "¿Está de acuerdo?",
    "question.cons": "¿Está de acuerdo?", "option.cons.1": "Sí", "option.cons.0": "No",
    "question.tenr": "¿Años en la empresa?", "question.tenr.help": "También cuentan los medios años.",
    "question.defn": "Una alianza es …", "question.xjv1": "¿Cuántas empresas conjuntas?", "option.xjv1.dk": "No lo sé",
    "question.dafex": "¿Hay una función de alianzas?", "option.dafex.1": "Sí", "option.dafex.0": "No",
    "question.dafyr": "¿Desde cuándo?", "question.dafmn": "¿Qué hace?", "option.dafmn.1": "Elige socios",
    "option.dafmn.2": "Forma, acompaña y audita", "option.dafmn.3": "Forma", "option.dafmn.9": "Otra cosa",
    "option.dafmn.dk": "No lo sé",
    "question.lrar1": "Escribimos lo que aprendemos.", "question.lrar2": "Hablamos de ello.",
    "question.at1": "Por favor, elija aquí el 2.", "question.fdate": "¿Cuándo fue la última formación?",
    "question.words": "¿Algo más?", "question.rtrt1": "Celebramos.", "question.rtrt2": "Nos reunimos.",
    "question.aform": "¿Qué forma?", "option.aform.1": "Empresa conjunta", "option.aform.2": "Contrato",
    "question.ratr1": "Confiamos en ellos.", "question.ratr2": "Confían en nosotros.",
}


@cache
def small_instrument(version: str = "1.0.0") -> Instrument:
    points = {1: "Strongly disagree", 4: "Neither, nor", 7: "Strongly agree"}
    return Instrument(
        name="small", version=version, title="Small", summary="For tests.", licence="CC0", language="en",
        language_name="English", alliance_definition="An alliance is …",
        scales=(ResponseScale(
            id="agree7", points=tuple(Option(code=k, label=points.get(k)) for k in range(1, 8)),
            missing=(Option(code="na", label="Not applicable"), DONT_KNOW, Option(code="rf", label="No answer")),
        ),),
        constructs=(), forms=(FORM_F, FORM_A),
        translations=(Translation(language="es", name="Español", status="draft", translator="test", strings=SPANISH),),
    )


def good_cells(n: int = 6, *, optional: bool = False) -> pd.DataFrame:
    """Answers without a fault: the last respondent declines, every second firm has no function."""
    with_function = np.arange(n) % 2 == 0
    answers = {
        "cons": ["1"] * (n - 1) + ["0"], "tenr": ["2.5"] * n, "xjv1": ["3"] * (n - 1) + ["dk"],
        "dafex": np.where(with_function, "1", "0"), "dafyr": np.where(with_function, "2001", ""),
        "dafmn": np.where(with_function, "2,3", ""),
        "lrar1": [str(1 + k % 7) for k in range(n)], "lrar2": [("na", "5")[k % 2] for k in range(n)], "at1": ["2"] * n,
        "fdate": np.where(with_function, "2024-02-29", ""), "words": np.where(with_function, "well,\nfine", ""),
    }
    if optional:
        answers |= {"rtrt1": ["4"] * n, "rtrt2": [""] * n}
    cells = pd.DataFrame(answers, index=pd.RangeIndex(4, 4 + n), dtype="str")
    cells.loc[cells["cons"].eq("0"), cells.columns != "cons"] = ""
    return cells


def meta_for(cells: pd.DataFrame, form: str = "F") -> pd.DataFrame:
    n = len(cells)
    meta = {
        "response_id": [f"R_{k:012d}" for k in range(n)], "instrument_version": ["1.0.0"] * n,
        "language": [("en", "es")[k % 2] for k in range(n)], "started": ["2026-03-02 09:00:00"] * n,
        "ended": ["2026-03-02 09:10:30"] * n, "duration_seconds": ["630"] * n, "finished": ["1"] * n,
        "status": ["response"] * n, "firm_id": [f"f{k}" for k in range(n)], "informant_id": [f"p{k}" for k in range(n)],
    }
    if form == "A":
        meta["alliance_id"] = [f"a{k}" for k in range(n)]
    return pd.DataFrame(meta, index=cells.index, dtype="str")


def personal_for(cells: pd.DataFrame) -> pd.DataFrame:
    n = len(cells)
    return pd.DataFrame({
        "IPAddress": ["203.0.113.7"] * n, "RecipientEmail": ["ada@example.org"] * (n - 1) + [""],
        "RecipientLastName": ["Lovelace"] * n, "ExternalReference": [""] * n,
    }, index=cells.index, dtype="str")
