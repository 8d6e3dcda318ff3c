"""A questionnaire that has nothing to do with alliances: five statements on well-being, and a few facts.

The statements of the WHO-5 index could stand here; these are made up, in English and Portuguese. The page has no
words of its own in Portuguese.
"""

from __future__ import annotations

from functools import cache

from instrument.model import Block, Condition, Fact, Form, Instrument, Item, Note, Option, ResponseScale, Translation

ITEMS = ("I slept well.", "I was in good spirits.", "I had energy for what I wanted to do.")

FORM = Form(
    id="F", title="Your week", respondent="anybody", identifiers=(), consent_version="1", blocks=(
        Block(id="hello", title="Hello", questions=(
            Note(id="about", text="Six short questions."),
            Fact(id="agree", kind="choice", role="consent", text="May we begin?", required=True, screen_out=(0,),
                 options=(Option(code=1, label="Yes"), Option(code=0, label="No"))),
        )),
        Block(id="week", title="The last week", intro="How often?", layout="matrix", shuffle=True, questions=tuple(
            Item(id=f"well{k}", dimension="well", text=text, scale="often", required=k == 1)
            for k, text in enumerate(ITEMS, start=1))),
        Block(id="life", title="Your days", questions=(
            Fact(id="hours", kind="number", role="context", text="How long do you sleep?", unit="hours a night",
                 minimum=0, maximum=24, missing=(Option(code="dk", label="I don't know"),)),
            Fact(id="sport", kind="choices", role="context", text="What do you do for sport?",
                 options=(Option(code=1, label="Walk"), Option(code=2, label="Swim"), Option(code=5, label="Dance")),
                 missing=(Option(code="na", label="None of these"), Option(code="rf", label="I'd rather not say"))),
            Fact(id="pool", kind="text", role="context", text="Where do you swim?",
                 show_if=(Condition(question="sport", any_of=(2,)),)),
            Fact(id="since", kind="date", role="context", text="Since when?"),
        )),
    ),
)

PORTUGUESE = {
    "instrument.title": "Bem-estar", "instrument.alliance_definition": "Nada.", "scale.often.0": "Nunca",
    "scale.often.1": "Às vezes", "scale.often.2": "Sempre", "scale.often.na": "Não se aplica",
    "form.F.title": "A sua semana", "block.hello.title": "Olá", "block.week.title": "A última semana",
    "block.week.intro": "Com que frequência?", "block.life.title": "Os seus dias", "question.about": "Seis perguntas.",
    "question.agree": "Podemos começar?", "option.agree.1": "Sim", "option.agree.0": "Não",
    "question.well1": "Dormi bem.", "question.well2": "Estive de bom humor.", "question.well3": "Tive energia.",
    "question.hours": "Quanto tempo dorme?", "question.hours.unit": "horas por noite", "option.hours.dk": "Não sei",
    "question.sport": "Que desporto pratica?", "option.sport.1": "Caminho", "option.sport.2": "Nado",
    "option.sport.5": "Danço", "option.sport.na": "Nenhum destes", "option.sport.rf": "Prefiro não dizer",
    "question.pool": "Onde nada?", "question.since": "Desde quando?",
}


def with_words(text: str) -> Instrument:
    """The same questionnaire with ``text`` in place of its titles and its first questions."""
    instrument = foreign_instrument()
    form = instrument.forms[0]
    first = form.blocks[0]
    questions = tuple(question.model_copy(update={"text": text}) for question in first.questions)
    block = first.model_copy(update={"title": text, "questions": questions})
    changed = form.model_copy(update={"title": text, "blocks": (block, *form.blocks[1:])})
    # Validated anew: a bare copy would remember the words that the original has looked up.
    return Instrument.model_validate(
        instrument.model_copy(update={"title": text, "forms": (changed,)}).model_dump())


@cache
def foreign_instrument() -> Instrument:
    return Instrument(
        name="well-being", version="2.1.0", title="Well-being", summary="For tests.", licence="CC0", language="en",
        language_name="English", alliance_definition="Nothing.", constructs=(), forms=(FORM,),
        scales=(ResponseScale(id="often", missing=(Option(code="na", label="Does not apply"),), points=(
            Option(code=0, label="Never"), Option(code=1, label="Sometimes"), Option(code=2, label="Always"))),),
        translations=(Translation(
            language="pt", name="Português", status="draft", translator="test", strings=PORTUGUESE),),
    )
