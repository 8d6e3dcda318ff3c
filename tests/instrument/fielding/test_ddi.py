"""The DDI codebook: the structure that the schema of DDI-Codebook 2.5 documents, and what the instrument says.

The schema itself is not in the repository; :data:`CHILDREN` holds what it states of the elements that we write: their
children in order, those that stand at most once, required attributes, and the words an attribute may hold.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from instrument import store
from instrument.fielding import ddi
from instrument.fielding.answers import META_COLUMNS
from instrument.fielding.exports import wanted
from instrument.model import Fact, Instrument, Item, Note
from tests.instrument.fielding.generated import instruments
from tests.instrument.fielding.small import small_instrument

CHILDREN = {
    "codeBook": "docDscr* stdyDscr+ fileDscr* dataDscr* otherMat*",
    "docDscr": "citation guide docStatus docSrc notes*",
    "citation": "titlStmt+1 rspStmt prodStmt distStmt serStmt* verStmt* biblCit holdings* notes*",
    "titlStmt": "titl+1 subTitl* altTitl* parTitl* IDNo*",
    "prodStmt": "producer* copyright prodDate* prodPlac* software* fundAg* grantNo*",
    "verStmt": "version verResp notes*",
    "stdyDscr": "citation+ studyAuthorization* stdyInfo* studyDevelopment* method* dataAccs* othrStdyMat* notes*",
    "stdyInfo": "studyBudget* subject* abstract* sumDscr* qualityStatement notes* exPostEvaluation*",
    "subject": "keyword* topcClas*",
    "sumDscr": "timePrd* collDate* nation* geogCover* geogUnit* geoBndBox boundPoly anlyUnit* universe* dataKind*",
    "method": "dataColl* notes* anlyInfo",
    "dataColl": "timeMeth* dataCollector* sampProc* deviat* collMode* resInstru*",
    "fileDscr": "fileTxt* locMap notes*",
    "fileTxt": "fileName fileCitation fileCont fileStrc dimensns fileType format filePlac dataChck* ProcStat software*",
    "dimensns": "caseQnty* varQnty* logRecL* recPrCas* recNumTot*",
    "dataDscr": "varGrp* nCubeGrp* var* nCube* notes*",
    "varGrp": "labl* txt* concept* defntn universe notes*",
    "var": "location* labl* imputation security embargo respUnit anlysUnit qstn* valrng* invalrng* undocCod* universe* "
           "TotlResp sumStat* txt* stdCatgry* catgryGrp* catgry* codInstr* verStmt* concept* derivation varFormat "
           "geoMap* catLevel* notes*",
    "catgry": "catValu labl* txt* catStat* mrow",
    "valrng": "item* range* key notes*",
    "invalrng": "item* range* key notes*",
}
"""Element → its children in order: ``*`` any number, ``+`` one or more, ``+1`` exactly one, else at most one."""

MIXED = {"qstn": {"preQTxt", "qstnLit", "postQTxt", "forward", "backward", "ivuInstr"}}
REQUIRED = {"var": {"name"}, "item": {"VALUE"}}
WORDS = {
    ("varGrp", "type"): {"section", "multipleResp", "grid", "display", "repetition", "subject", "version", "iteration",
                         "analysis", "pragmatic", "record", "file", "randomized", "other"},
    ("var", "intrvl"): {"contin", "discrete"},
    ("var", "nature"): {"nominal", "ordinal", "interval", "ratio", "percent", "other"},
    ("var", "representationType"): {"text", "numeric", "code", "datetime", "other"},
    ("qstn", "responseDomainType"): {"text", "numeric", "code", "category", "datetime", "geographic", "multiple",
                                     "other"},
    ("varFormat", "type"): {"character", "numeric"}, ("varFormat", "category"): {"date", "time", "currency", "other"},
    ("catgry", "missing"): {"Y", "N"}, ("range", "UNITS"): {"INT", "REAL"}, ("universe", "clusion"): {"I", "E"},
    ("codeBook", "version"): {"2.5"},
}
ATTRIBUTES = {
    "varGrp": {"ID", "type", "var", "varGrp"}, "qstn": {"ID", "seqNo", "responseDomainType"},
    "var": {"ID", "name", "files", "intrvl", "nature", "representationType", "qstn", "measUnit"},
    "varFormat": {"type", "category", "formatname"}, "catgry": {"missing", "missType"}, "item": {"VALUE"},
    "range": {"UNITS", "min", "max"}, "universe": {"ID", "level", "clusion"}, "concept": {"vocab"},
    "notes": {"type", "subject"}, "version": {"date"}, "fileType": {"charset"}, "fileDscr": {"ID"},
    "codeBook": {"ID", "version", "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"},
}
"""Attributes of ours that the schema has for an element, besides xml:lang; all others have none."""
REFERENCES = {("var", "files"), ("var", "qstn"), ("varGrp", "var"), ("varGrp", "varGrp")}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NS = {"d": "ddi:codebook:2_5"}


def codebook(instrument: Instrument, **wish: object) -> etree._Element:
    optional = tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)
    (file,) = ddi.export(instrument, wanted(instrument, optional_blocks=optional, **wish))  # type: ignore[arg-type]
    return etree.fromstring(file.content)


def name(element: etree._Element) -> str:
    return etree.QName(element).localname


def broken(top: etree._Element) -> list[str]:
    """Everything that the schema would refuse."""
    out = []
    for element in top.iter():
        tag, children = name(element), [name(child) for child in element]
        place = f"{tag} {element.get('ID') or ''}"
        if tag in CHILDREN:
            out += _order(place, children, CHILDREN[tag])
            if (element.text or "").strip():
                out.append(f"{place}: text between elements")
        elif not set(children) <= MIXED.get(tag, set()):
            out.append(f"{place}: children {children}")
        plain = {str(attribute) for attribute in element.attrib} - {LANG}
        out += [f"{place}: attribute {a}" for a in plain - ATTRIBUTES.get(tag, set())]
        out += [f"{place}: no attribute {a}" for a in REQUIRED.get(tag, set()) - plain]
        out += [f"{place}: {a}={element.get(a)}" for a in plain
                if (tag, a) in WORDS and element.get(a) not in WORDS[tag, a]]
    ids = Counter(element.get("ID") for element in top.iter() if element.get("ID"))
    out += [f"ID {i} {n} times" for i, n in ids.items() if n > 1 or not re.fullmatch(r"[A-Za-z_][\w.-]*", i or "")]
    for element in top.iter():
        for attribute in element.attrib:
            if (name(element), str(attribute)) in REFERENCES:
                refers = (element.get(str(attribute)) or "").split()
                out += [f"reference to {r!r}" for r in refers or [""] if r not in ids]
    return out


def _order(place: str, children: list[str], documented: str) -> list[str]:
    order = {word.rstrip("*+1"): (k, word) for k, word in enumerate(documented.split())}
    unknown = [child for child in children if child not in order]
    if unknown:
        return [f"{place}: {unknown}"]
    out = []
    places = [order[child][0] for child in children]
    if places != sorted(places):
        out.append(f"{place}: order {children}")
    for child, (_, word) in order.items():
        n = children.count(child)
        if (n > 1 and not word.endswith(("*", "+"))) or (n == 0 and "+" in word):
            out.append(f"{place}: {n} × {child}")
    return out


def texts(parent: etree._Element, path: str) -> dict[str | None, str]:
    """Language → text of the elements at a path."""
    return {e.get(LANG): e.text or "" for e in parent.findall(path, NS)}


def variable(top: etree._Element, form: str, column: str) -> etree._Element:
    (found,) = top.findall(f".//d:var[@ID='V_{form}_{column}']", NS)
    return found


# -- structure ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", store.versions())
def test_a_release_is_as_the_schema_wants_it(version: str) -> None:
    assert broken(codebook(store.load(version))) == []


@given(instruments())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_instrument_is_as_the_schema_wants_it_and_whole_in_each_language(instrument: Instrument) -> None:
    top = codebook(instrument)
    assert broken(top) == []
    for form in instrument.forms:
        for _, question in form.questions():
            if isinstance(question, Note):
                continue
            (asked,) = top.findall(f".//d:qstn[@ID='Q_{form.id}_{question.id}']", NS)
            assert texts(asked, "d:qstnLit") == {
                language: instrument.text(f"question.{question.id}", language) for language in instrument.languages}
        columns = [v.get("name") for v in top.findall(f".//d:var[@files='F_{form.id}']", NS)]
        assert columns[:len(META_COLUMNS)] == list(META_COLUMNS)
        (file,) = top.findall(f".//d:fileDscr[@ID='F_{form.id}']", NS)
        assert file.findtext(".//d:varQnty", namespaces=NS) == str(len(columns))


def test_the_judge_refuses_what_the_schema_refuses() -> None:
    good = etree.tostring(codebook(small_instrument())).decode()
    for old, new in (
        ("<catValu>1</catValu>", "<labl/><catValu>1</catValu>"), ('type="grid"', 'type="table"'),
        ('ID="V_F_cons"', 'ID="V_F_tenr"'), ('files="F_F"', 'files="F_G"'), (' name="cons"', ""),
        ('subject="Reversed"', 'about="Reversed"'), ("<titl ", "<subTitl/><titl "),
        ("</respUnit>", "</respUnit><respUnit/>"), ("<valrng>", "<valrng>0"),
    ):
        assert old in good
        assert broken(etree.fromstring(good.replace(old, new, 1))), new


def test_the_same_instrument_gives_the_same_bytes() -> None:
    wish = wanted(small_instrument())
    assert ddi.export(small_instrument(), wish) == ddi.export(small_instrument(), wish)


def test_a_character_that_xml_cannot_hold_shows_as_one_that_is_missing() -> None:
    raw = small_instrument().model_dump() | {"title": "a\x0bb\ufffe <&> \U0001f600", "translations": ()}
    top = codebook(Instrument.model_validate(raw))
    assert top.findtext("d:stdyDscr/d:citation/d:titlStmt/d:titl", namespaces=NS) == "a\ufffdb\ufffd <&> \U0001f600"


# -- content --------------------------------------------------------------------------------------------


def test_an_item_says_its_words_answers_and_key() -> None:
    item = variable(codebook(small_instrument()), "F", "lrar2")
    assert texts(item, "d:labl") == {"en": "We talk about it.", "es": "Hablamos de ello."}
    assert texts(item, "d:qstn/d:preQTxt")["es"].startswith("¿Hasta qué punto")
    assert [i.get("VALUE") for i in item.findall("d:valrng/d:item", NS)] == list("1234567")
    assert [i.get("VALUE") for i in item.findall("d:invalrng/d:item", NS)] == ["na", "dk", "rf"]
    said = {c.findtext("d:catValu", namespaces=NS): c for c in item.findall("d:catgry", NS)}
    assert texts(said["4"], "d:labl") == {"en": "Neither, nor", "es": "Ni lo uno ni lo otro"}
    assert texts(said["2"], "d:labl") == {}
    assert {value for value, c in said.items() if c.get("missing") == "Y"} == {"na", "dk", "rf"}
    remarks = {n.get("subject"): n.text for n in item.findall("d:notes", NS)}
    assert set(remarks) == {"Reversed", "Missing codes in SPSS"}
    assert remarks["Missing codes in SPSS"] == "na = -97, dk = -98, rf = -99"
    assert item.findtext("d:respUnit", namespaces=NS) == "head of alliances"


def test_facts_say_bounds_routing_help_and_what_ends_the_interview() -> None:
    top = codebook(small_instrument())
    years, since, cons = (variable(top, "F", column) for column in ("tenr", "dafyr", "cons"))
    (bounds,) = years.findall("d:valrng/d:range", NS)
    assert (bounds.get("UNITS"), bounds.get("min"), bounds.get("max")) == ("REAL", "0", "70")
    assert texts(years, "d:qstn/d:ivuInstr") == {
        "en": "Half years count, too.", "es": "También cuentan los medios años."}
    assert texts(since, "d:universe") == {"en": "dafex = 1 (Yes)", "es": "dafex = 1 (Sí)"}
    assert [n.text for n in cons.findall("d:notes[@subject='Screen out']", NS)] == ["The interview ends at 0."]
    assert variable(top, "F", "fdate").find("d:varFormat", NS).get("category") == "date"  # type: ignore[union-attr]
    shown = {n.get("subject"): n.text for n in top.findall("d:dataDscr/d:notes", NS) if n.get(LANG) == "en"}
    assert shown == {"F, start, defn": "An alliance is …"}


def test_several_answers_are_a_group_of_variables_that_share_a_question() -> None:
    top = codebook(small_instrument())
    (group,) = top.findall(".//d:varGrp[@type='multipleResp']", NS)
    assert group.get("var") == "V_F_dafmn.1 V_F_dafmn.2 V_F_dafmn.3 V_F_dafmn.9"
    assert [variable(top, "F", f"dafmn.{k}").get("qstn") for k in (1, 2)] == [None, "Q_F_dafmn"]
    assert variable(top, "F", "dafmn.2").findtext("d:notes[@subject='Name in SPSS']", namespaces=NS) == "dafmn_2"
    grids = {g.get("ID"): g for g in top.findall(".//d:varGrp[@type='grid']", NS)}
    assert set(grids) == {"G_block_F_learn", "G_block_F_optrit", "G_block_A_trust"}
    assert grids["G_block_F_learn"].findtext("d:notes", namespaces=NS) == "Shown in random order"


def test_dimensions_are_groups_with_their_definitions_and_items_name_them() -> None:
    instrument = store.load("1.0.0")
    top = codebook(instrument)
    for item in {q.id: q for form in instrument.forms for _, q in form.questions() if isinstance(q, Item)}.values():
        (group,) = top.findall(f".//d:varGrp[@ID='G_dimension_{item.dimension}']", NS)
        dimension = instrument.dimensions[item.dimension]
        assert group.findtext("d:defntn", namespaces=NS) == dimension.definition
        inside = [(form.id, q.id) for form in instrument.forms for _, q in form.questions()
                  if isinstance(q, Item) and q.dimension == item.dimension]
        assert group.get("var") == " ".join(f"V_{home}_{name}" for home, name in inside)
        homes = [home for home, name in inside if name == item.id]
        concepts = [c.text or "" for c in variable(top, homes[0], item.id).findall("d:concept", NS)]
        assert any(words.startswith(f"{dimension.name}: ") for words in concepts)


def test_only_what_is_wanted_is_there() -> None:
    top = codebook(small_instrument(), forms=("A",), language="es")
    assert {v.get("files") for v in top.findall(".//d:var", NS)} == {"F_A"}
    assert texts(variable(top, "A", "ratr1"), "d:labl") == {"es": "Confiamos en ellos."}
    off = etree.fromstring(ddi.export(small_instrument(), wanted(small_instrument()))[0].content)
    assert not off.findall(".//d:var[@name='rtrt1']", NS)


def test_units_stand_behind_a_number() -> None:
    released = store.load("1.0.0")
    top = codebook(released)
    facts = [(form.id, q) for form in released.forms for _, q in form.questions() if isinstance(q, Fact) and q.unit]
    assert facts
    for form, fact in facts:
        found = variable(top, form, fact.id)
        assert found.get("measUnit") == fact.unit
        assert texts(found, "d:qstn/d:postQTxt")["es"] == released.text(f"question.{fact.id}.unit", "es")
