"""Words that the questionnaire does not have and a labelled file needs; English for languages we do not know."""

from __future__ import annotations

from collections.abc import Mapping

META: Mapping[str, Mapping[str, str]] = {
    "en": {
        "response_id": "Response", "instrument_version": "Instrument version", "language": "Language of the interview",
        "started": "Started (UTC)", "ended": "Ended (UTC)", "duration_seconds": "Duration in seconds",
        "finished": "Finished", "status": "Kind of response", "firm_id": "Firm", "alliance_id": "Alliance",
        "informant_id": "Informant", "yes": "Yes", "no": "No", "not chosen": "Not chosen",
    },
    "es": {
        "response_id": "Respuesta", "instrument_version": "Versión del instrumento",
        "language": "Idioma de la entrevista", "started": "Inicio (UTC)", "ended": "Fin (UTC)",
        "duration_seconds": "Duración en segundos", "finished": "Terminada", "status": "Clase de respuesta",
        "firm_id": "Empresa", "alliance_id": "Alianza", "informant_id": "Informante", "yes": "Sí", "no": "No",
        "not chosen": "No elegida",
    },
    "fr": {
        "response_id": "Réponse", "instrument_version": "Version de l’instrument",
        "language": "Langue de l’entretien", "started": "Début (UTC)", "ended": "Fin (UTC)",
        "duration_seconds": "Durée en secondes", "finished": "Terminé", "status": "Type de réponse",
        "firm_id": "Entreprise", "alliance_id": "Alliance", "informant_id": "Informant", "yes": "Oui", "no": "Non",
        "not chosen": "Non choisie",
    },
}


def word(name: str, language: str) -> str:
    """The word for ``name``; an identifier that nobody gave words to is called by its name."""
    return META.get(language, META["en"]).get(name, name)
