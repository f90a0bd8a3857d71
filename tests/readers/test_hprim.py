"""HPRIM: Santé (segments), Médecins (twelve lines and a report), XML (stays, diagnoses, acts)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Document, Identifier
from limpide.readers.registry import read

SANTE = "\r".join(
    (
        "H|~^\\&|77.HPR||LAB~Laboratoire du Pont||ORU|||CHU~CHU||P|H2.4~C|202603010800",
        "P|1|D77|4711||ROCHE~NADIA|MARTIN|19680214|F||1 RUE X~~LYON~~69001||0102030405|DUVAL~DUVAL~IRENE",
        "OBR|1||~9|NFS~Numération~L|R||202602280700",
        "OBX|1|NM|HB~Hémoglobine~L~718-7~Hb~LN||12.5|g/dL|12-16|N|||F",
        "C|1|L|Contrôle conseillé",
        "OBX|2|ST|GR~Aspect~L||normocyt",
        "A|aire||||||F",
        "L|1|",
    )
)


def only(data: bytes) -> Document:
    (document,) = read(data, "x.hpr")
    return document


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "cp850"])
def test_the_results_of_a_laboratory_in_hprim_sante(codec: str) -> None:
    document = only(SANTE.encode(codec))
    assert (document.format, document.header.type_code) == ("hprim-sante", "11502-2")
    patient = document.header.patient
    assert (patient.family_birth, patient.family_used, patient.given) == ("MARTIN", "ROCHE", ["NADIA"])
    assert (patient.birth_date, patient.sex) == ("1968-02-14", "F")
    assert [i.value for i in patient.identifiers] == ["D77", "4711"]
    blood, look = document.facts
    assert (blood.code, blood.system, blood.value, blood.unit) == ("718-7", "LOINC", 12.5, "g/dL")
    assert (blood.range_low, blood.range_high, blood.comment) == (12.0, 16.0, "Contrôle conseillé")
    assert (look.display, look.value_text) == ("Aspect", "normocytaire")
    assert document.header.people == ["DUVAL IRENE"]


def test_two_patients_of_one_file_are_two_documents() -> None:
    second = "P|2||4712||PETIT~ANA||20001231|F\rOBR|1||~9|K~K~L\rOBX|1|NM|K~K~L||4|mmol/L|||||F\r"
    documents = read(SANTE.replace("L|1|", second + "L|1|").encode(), "x.hpr")
    assert [d.header.patient.given for d in documents] == [["NADIA"], ["ANA"]]
    assert [len(d.facts) for d in documents] == [2, 1]


def test_hprim_sante_without_results_says_what_it_is() -> None:
    data = "H|~^\\&|1.HPR||A||ADM|||B||P|H2.4~C|2026\rP|1||4711||ROCHE~NADIA||19680214|F\rAP|1\rL|1\r"
    document = only(data.encode())
    assert (document.reason, document.detail) == (
        "no_document",
        "HPRIM Santé ADM carries no result; not read: AP",
    )


def test_a_message_without_a_patient_is_set_aside() -> None:
    document = only(SANTE.replace("P|1|", "Q|1|").encode())
    assert (document.reason, document.detail) == ("no_document", "HPRIM Santé ORU without a patient")


HEAD = ["4711", "ROCHE", "NADIA", "1 RUE X", "", "69001 LYON", "14/02/1968", "268026900112345", "D9", "01/03/2026",
        "12 Laboratoire du Pont", "34 DUVAL Irène"]  # fmt: skip
RESULTS = [
    "****LAB****",
    "RES|Hémoglobine|718-7|N|12,5|g/dL|12|16|N|F||||",
    "TEX|Contrôle conseillé",
    "RES|Glycémie|GLY|N|0.98|g/L|0.70|1.10|N|F|5.4|mmol/L|3.9|6.1",
    "RES|Sérologie|S|A|négative|||||F",
    "****FIN****",
]


def medecins(*lines: str, end: str = "\r\n") -> str:
    return end.join([*HEAD, *lines, ""])


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_report_and_its_results_in_hprim_medecins(end: str) -> None:
    text = medecins("", "Bilan du jour : sans particularité.", *RESULTS, "****FINFICHIER****", end=end)
    document = only(text.encode("cp1252"))
    patient = document.header.patient
    assert (patient.family_used, patient.given, patient.birth_date) == ("ROCHE", ["NADIA"], "1968-02-14")
    assert Identifier("4711") in patient.identifiers
    assert document.header.effective_time == "2026-03-01"
    assert document.header.people == ["Laboratoire du Pont", "DUVAL Irène"]
    blood, sugar, serology = document.facts
    assert (blood.code, blood.system, blood.value, blood.range_high) == ("718-7", "LOINC", 12.5, 16.0)
    assert blood.comment == "Contrôle conseillé"
    assert (sugar.code, sugar.system) == ("GLY", "HPRIM")
    assert serology.value_text == "négative"
    assert document.text.splitlines()[-2] == "Glycémie : 0.98 g/L (0.70-1.10) soit 5.4 mmol/L"
    for fact in document.facts:
        assert document.text[fact.start : fact.end] == fact.text
    assert [document.text[s.start : s.end] for s in document.sections if s.has_entries] == [
        "Bilan du jour : sans particularité."
    ]


def test_several_documents_of_one_file_are_parted() -> None:
    other = [*HEAD]
    other[2] = "ANA"
    text = "\n".join(
        [*HEAD, "Examen normal.", "****FIN****", "", *other, "Examen anormal.", "****FIN****", "****FINFICHIER****"]
    )
    documents = read(text.encode(), "x")
    assert [(d.format, d.header.patient.given, d.text) for d in documents] == [
        ("hprim-medecins", ["NADIA"], "Examen normal.\n"),
        ("hprim-medecins", ["ANA"], "Examen anormal.\n"),
    ]
    assert len({d.sha256 for d in documents}) == 2


@pytest.mark.parametrize("mark", ["", "****FIN****"])
def test_a_letter_without_coded_results(mark: str) -> None:
    document = only(medecins("", "Cher confrère, merci.", mark).encode())
    assert (document.format, document.text, document.sections) == ("hprim-medecins", "Cher confrère, merci.\n", [])


XML = """<?xml version="1.0" encoding="UTF-8"?>
<evenementsPMSI xmlns="http://www.hprim.org/hprimXML" version="2.00"><enteteMessage>
<dateHeureProduction>2026-03-06T10:00:00</dateHeureProduction></enteteMessage><evenementPMSI action="création">
<patient><identifiant><emetteur><valeur>4711</valeur></emetteur></identifiant><personnePhysique sexe="F">
<nomUsuel>ROCHE</nomUsuel><nomNaissance>MARTIN</nomNaissance><prenoms><prenom>NADIA</prenom></prenoms>
<dateNaissance><date>1968-02-14</date></dateNaissance></personnePhysique></patient>
<venue><identifiant><emetteur><valeur>V9</valeur></emetteur></identifiant><natureVenueHprim>hsp</natureVenueHprim>
<entree><dateHeureOptionnelle><date>2026-03-01</date></dateHeureOptionnelle></entree>
<sortie><dateHeureOptionnelle><date>2026-03-05</date></dateHeureOptionnelle></sortie></venue>
<rssRUM><diagnosticPrincipal><codeCim10>I500</codeCim10></diagnosticPrincipal>
<diagnosticsSignificatifs><diagnosticSignificatif><codeCim10>E119</codeCim10></diagnosticSignificatif></diagnosticsSignificatifs>
</rssRUM><actesCCAM><acteCCAM><codeActe>DEQP003</codeActe><execute><date>2026-03-02</date><heure>10:00:00</heure></execute>
</acteCCAM></actesCCAM><acteInconnu/></evenementPMSI></evenementsPMSI>"""


def test_hprim_xml_tells_a_stay_its_diagnoses_and_its_acts() -> None:
    document = only(XML.encode())
    assert (document.format, document.header.type_code) == ("hprim-xml", "evenementPMSI")
    stay, patient = document.header.encounter, document.header.patient
    assert (stay.id, stay.klass, stay.start, stay.end) == ("V9", "IMP", "2026-03-01", "2026-03-05")
    assert (patient.family_birth, patient.given, patient.birth_date, patient.sex) == (
        "MARTIN", ["NADIA"], "1968-02-14", "F",
    )  # fmt: skip
    assert [(f.kind, f.code, f.status, f.time_start) for f in document.facts[1:]] == [
        ("condition", "I50.0", "DP", "2026-03-01"),
        ("condition", "E11.9", "DAS", "2026-03-01"),
        ("procedure", "DEQP003", None, "2026-03-02T10:00:00"),
    ]
    assert document.warnings == ["elements not read: 1 acteInconnu"]
    for fact in document.facts:
        assert document.text[fact.start : fact.end] == fact.text


@given(st.text(max_size=200))
def test_no_text_after_a_header_ever_raises(junk: str) -> None:
    for data in (SANTE[:90] + junk, medecins(junk), XML[:160] + junk):
        assert all(d.status in ("ok", "quarantined") for d in read(data.encode("utf-8", "replace"), "x"))
