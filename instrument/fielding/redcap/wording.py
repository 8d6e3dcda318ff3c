"""Words that the questionnaire does not have and REDCap needs, in the languages we know; English for all others."""

REASON = {
    "en": "If you cannot give a number or date:",
    "es": "Si no puede dar un número o una fecha:",
    "fr": "Si vous ne pouvez pas donner de nombre ou de date :",
}
CLOSED = {
    "en": "Thank you. There are no further questions for you; please submit.",
    "es": "Gracias. No hay más preguntas para usted; envíe el cuestionario, por favor.",
    "fr": "Merci. Il n’y a plus de questions pour vous ; veuillez envoyer le questionnaire.",
}
