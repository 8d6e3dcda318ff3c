"""What a codebook says of the whole: the document, the study, and a file of data a form."""

from __future__ import annotations

from lxml import etree

from instrument.fielding.answers import META_COLUMNS
from instrument.fielding.ddi.subject import Subject, columns, file_id
from instrument.fielding.ddi.xml import add


def document(top: etree._Element, about: Subject) -> None:
    """The codebook itself: its title, and what wrote it."""
    citation = add(add(top, "docDscr"), "citation")
    base = about.instrument.language
    titles = add(citation, "titlStmt")
    add(titles, "titl", f"Codebook: {about.instrument.title}", language=base)
    add(titles, "IDNo", f"{about.instrument.name}-{about.instrument.version}-codebook")
    add(add(citation, "prodStmt"), "software", "alliometrics")
    _version(citation, about)


def study(top: etree._Element, about: Subject) -> None:
    """The instrument: title, rights, version, what it is about, who answers."""
    instrument = about.instrument
    described = add(top, "stdyDscr")
    citation = add(described, "citation")
    titles = add(citation, "titlStmt")
    add(titles, "titl", instrument.title, language=instrument.language)
    for language in about.languages:
        if language != instrument.language:
            add(titles, "parTitl", instrument.text("instrument.title", language), language=language)
    add(titles, "IDNo", f"{instrument.name}-{instrument.version}")
    if instrument.licence:
        add(add(citation, "prodStmt"), "copyright", instrument.licence)
    _version(citation, about)
    _information(add(described, "stdyInfo"), about)
    add(add(add(described, "method"), "dataColl"), "resInstru", "Structured questionnaire", language="en")


def _version(citation: etree._Element, about: Subject) -> None:
    released = about.instrument.released
    dated = {} if released is None else {"date": released.isoformat()}
    add(add(citation, "verStmt"), "version", about.instrument.version, **dated)


def _information(parent: etree._Element, about: Subject) -> None:
    instrument = about.instrument
    if instrument.constructs:
        keywords = add(parent, "subject")
        for construct in instrument.constructs:
            add(keywords, "keyword", construct.name, language=instrument.language)
    if instrument.summary:
        add(parent, "abstract", instrument.summary, language=instrument.language)
    summary = add(parent, "sumDscr")
    for form in about.forms:
        if form.respondent:
            add(summary, "universe", form.respondent, language=instrument.language, ID=f"U_{form.id}", clusion="I",
                level="file")
    add(summary, "dataKind", "Survey data", language="en")
    if instrument.alliance_definition:
        for language in about.languages:
            add(parent, "notes", instrument.text("instrument.alliance_definition", language), language=language,
                subject="What respondents are told first")


def files(top: etree._Element, about: Subject) -> None:
    """A file of data a form, as ``alliometrics read`` writes it."""
    for form in about.forms:
        described = add(top, "fileDscr", ID=file_id(form))
        n = len(META_COLUMNS) + len(form.identifiers)
        n += sum(len(columns(about.instrument, question)) for _, question in about.questions(form))
        for k, language in enumerate(about.languages):
            file = add(described, "fileTxt", language=language)
            add(file, "fileName", f"Form {form.id}", language="en")
            add(file, "fileCont", about.instrument.text(f"form.{form.id}.title", language), language=language)
            if k == 0:
                add(add(file, "dimensns"), "varQnty", str(n))
                add(file, "fileType", "Text, comma-separated, with the names of the variables in row 1",
                    language="en", charset="UTF-8")
