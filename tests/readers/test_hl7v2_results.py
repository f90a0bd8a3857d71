"""HL7 v2 results and reports as hospitals really send them: every type of value, comments, specimens, batches."""

from __future__ import annotations

import pytest

from limpide.document import Action, Document, Fact
from limpide.readers.hl7v2_segments import Syntax
from limpide.readers.registry import read

PID = "PID|1||4711^^^CHU&1.2.250.1.77&ISO^PI||ROCHE^Nadia^^^^^L||19680214|F"


def message(*segments: str, kind: str = "ORU^R01^ORU_R01", pid: str = PID) -> bytes:
    msh = f"MSH|^~\\&|LABO|CHU|EDS|CHU|20260301080000||{kind}|77|P|2.5|||||FRA|UNICODE UTF-8|FR"
    return "\r".join([msh, pid, *segments, ""]).encode()


def only(*segments: str, kind: str = "ORU^R01^ORU_R01") -> Document:
    documents = read(message(*segments, kind=kind), "m.hl7")
    assert len(documents) == 1
    return documents[0]


def one(obx: str) -> Fact:
    (fact,) = only("OBR|1||D1|BIO^Biochimie^L|||202602280700", obx).facts
    return fact


def test_a_local_code_and_the_loinc_that_it_alternates_with_are_both_kept() -> None:
    fact = one("OBX|1|NM|K^Potassium^L^2823-3^Potassium [Moles/Vol]^LN||4,9|mmol/L|||||F")
    assert (fact.code, fact.system) == ("2823-3", "LOINC")
    assert [(c.code, c.system) for c in fact.translations] == [("K", "L")]
    fact = one("OBX|1|NM|2823-3^Potassium^LN^K^Potassium^L||4,9|mmol/L|||||F")
    assert (fact.code, [c.code for c in fact.translations]) == ("2823-3", ["K"])


@pytest.mark.parametrize(
    ("obx", "value", "text"),
    [
        ("OBX|1|NM|2823-3^K^LN||4,9|mmol/L|||||F", 4.9, None),
        ("OBX|1||2823-3^K^LN||4,9|mmol/L|||||F", 4.9, None),
        ("OBX|1|ST|2823-3^K^LN||4,9|mmol/L|||||F", 4.9, None),
        ("OBX|1|TX|2823-3^K^LN||4.9|mmol/L|||||F", 4.9, None),
        ("OBX|1|SN|5047-0^Titre^LN||^1^:^128||||||F", None, "1:128"),
        ("OBX|1|SN|5047-0^Titre^LN||>^20||||||F", 20.0, None),
        ("OBX|1|DT|8665-2^DDR^LN||20260112||||||F", None, "2026-01-12"),
        ("OBX|1|TS|8665-2^DDR^LN||202601121530||||||F", None, "2026-01-12T15:30:00+01:00"),
        ("OBX|1|TM|X^Heure^L||0745||||||F", None, "07:45"),
        ("OBX|1|IS|X^Aspect^L||LACT||||||F", None, "LACT"),
        ("OBX|1|CE|882-1^Groupe^LN||^Groupe A||||||F", None, "Groupe A"),
        ("OBX|1|CWE|600-7^Germes^LN||EC^E. coli^L~PM^P. mirabilis^L||||||F", None, "E. coli, P. mirabilis"),
        ("OBX|1|TX|5196-1^AgHBs^LN||Négatif||||||F", None, "Négatif"),
    ],
)
def test_every_type_of_value_is_read(obx: str, value: float | None, text: str | None) -> None:
    fact = one(obx)
    assert (fact.value, fact.value_text) == (value, text)


def test_a_comment_stands_in_the_text_and_on_its_result() -> None:
    document = only(
        "OBR|1||D1|BIO^Biochimie^L|||202602280700",
        "OBX|1|NM|2823-3^Potassium^LN||6.1|mmol/L|3.5-5.1|H|||F",
        "NTE|1|L|Sérum hémolysé : ininterprétable~À recontrôler",
        "OBX|2|NM|2951-2^Sodium^LN||140|mmol/L|135-145||||F",
    )
    potassium, sodium = document.facts
    assert potassium.comment == "Sérum hémolysé : ininterprétable\nÀ recontrôler"
    assert document.text[potassium.start : potassium.end] == potassium.text
    assert document.text.startswith("Potassium : 6.1 mmol/L (3.5-5.1)\nCommentaire : " + potassium.comment)
    assert sodium.comment is None and document.text[sodium.start : sodium.end] == sodium.text


def test_the_comment_of_an_order_is_in_the_text() -> None:
    document = only("OBR|1||D1|NFS^NFS^L", "NTE|1|L|Prélèvement difficile", "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F")
    assert document.text.splitlines()[0] == "Commentaire : Prélèvement difficile"
    assert document.facts[0].comment is None


def test_a_report_may_stand_in_comments_alone() -> None:
    document = only("OBR|1||D1|TDM^Scanner^L", "NTE|1|L|Pas d'anomalie décelable.")
    assert (document.status, document.text) == ("ok", "Commentaire : Pas d'anomalie décelable.\n")


def test_a_stub_beside_results_does_not_take_them_away() -> None:
    stub = "OBX|1|ED|PDF^Compte rendu^L||^application^PDF^Base64^This is a string||||||F"
    stubbed, found = read(message("OBR|1||A", stub, "OBX|2|NM|718-7^Hb^LN||12|g/dL|||||F"), "m.hl7")
    assert (stubbed.reason, stubbed.detail) == ("dummy_payload", "words where base64 is declared")
    assert [fact.value for fact in found.facts] == [12.0]
    assert found.header.document_id == "A/OBX"


def test_an_imaging_report_is_a_note_and_no_measurement() -> None:
    document = only(
        "OBR|1||RX9|TDMTHO^Scanner thoracique^L|||202602280700|||||||||||||||||CT",
        "OBX|1|TX|IND^Indication^L||Toux prolongée.||||||F",
        "OBX|2|TX|RES^Résultat^L|1|Nodule du lobe moyen.||||||F",
        "OBX|3|TX|RES^Résultat^L|1|Pas d'adénopathie.||||||F",
    )
    assert document.facts == []
    assert document.text == "Indication\nToux prolongée.\nRésultat\nNodule du lobe moyen.\nPas d'adénopathie.\n"
    assert (document.header.type_code, document.header.title) == ("18748-4", "Scanner thoracique")


def test_words_without_a_type_or_a_code_are_the_text_of_the_document() -> None:
    document = only("OBR|1||Z|Y^Épreuve d'effort^L", "OBX|1||C^Conclusion||Épreuve d'effort négative.||||||F")
    assert (document.status, document.facts) == ("ok", [])
    assert document.text == "Conclusion\nÉpreuve d'effort négative.\n"


def test_the_report_of_an_mdm_stands_in_its_lines() -> None:
    document = only(
        "TXA|1|11488-4^Consultation^LN|TX|20260228||||||||1.2.3^CHU||||AU",
        "OBX|1|TX|11488-4^Consultation^LN||Mme X est vue ce jour pour son suivi habituel.||||||F",
        "OBX|2|TX|11488-4^Consultation^LN||Traitement inchangé, revoir dans six mois.||||||F",
        kind="MDM^T02^MDM_T02",
    )
    assert document.text.endswith(
        "Mme X est vue ce jour pour son suivi habituel.\nTraitement inchangé, revoir dans six mois.\n"
    )
    assert (document.header.document_id, document.header.type_code) == ("1.2.3", "11488-4")
    assert document.header.action is Action.CREATE


def test_what_describes_the_document_of_an_mdm_is_no_result() -> None:
    flags = "OBX|2|CE|MASQUE_PS^Masqué aux professionnels^L||N^^expandedYes-NoIndicator||||||F"
    report = "OBX|1|TX|11488-4^Consultation^LN||Mme X est vue ce jour.||||||F"
    assert only("TXA|1|CN", report, flags, kind="MDM^T02").facts == []
    carried = "OBX|1|ED|11488-4^CR^LN||^text^^Base64^UGF0aWVudGUgdnVlIGNlIGpvdXIu||||||F"
    assert only("TXA|1|CN", carried, flags, kind="MDM^T02").format == "text"


def test_the_specimen_is_on_the_results_of_its_order_whether_it_comes_after_or_before() -> None:
    oru = only(
        "OBR|1||D1|ECBU^ECBU^L",
        "OBX|1|NM|30405-5^Leucocytes^LN||12000|/mL|||||F",
        "SPM|1|||URN^Urines",
        "OBR|2||D2|NFS^NFS^L",
        "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F",
        "SPM|1|||BLD^Sang",
    )
    assert [fact.specimen for fact in oru.facts] == ["Urines", "Sang"]
    oul = only("SPM|1|||SER^Sérum", "OBR|1||D1|K^K^L", "OBX|1|NM|2823-3^K^LN||4|mmol/L|||||F", kind="OUL^R22^OUL_R22")
    assert [(fact.code, fact.specimen) for fact in oul.facts] == [("2823-3", "Sérum")]


def test_results_of_two_patients_are_two_documents() -> None:
    other = "PID|2||4712^^^CHU&1.2.250.1.77&ISO^PI||PETIT^Ana^^^^^L||20001231|F"
    result = "OBX|1|NM|718-7^Hb^LN||{}|g/dL|||||F"
    documents = read(message("OBR|1||A", result.format(12), other, "OBR|1||B", result.format(7)), "m.hl7")
    assert [(d.header.patient.family_birth, d.facts[0].value) for d in documents] == [("ROCHE", 12.0), ("PETIT", 7.0)]


def test_a_batch_is_its_messages() -> None:
    first = message("OBR|1||A", "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F").decode()
    second = message("OBR|1||B", "OBX|1|NM|718-7^Hb^LN||13|g/dL|||||F").decode()
    data = f"FHS|^~\\&|LABO\rBHS|^~\\&|LABO\r{first}{second}BTS|2\rFTS|1\r".encode()
    documents = read(data, "lot.hl7")
    assert [(d.format, d.facts[0].value) for d in documents] == [("hl7v2", 12.0), ("hl7v2", 13.0)]


@pytest.mark.parametrize("status", ["F|||||", "|||||"])
def test_a_cancelled_result_is_left_out_and_said(status: str) -> None:
    cancelled = "OBX|2|NM|2951-2^Na^LN||140|mmol/L|||||X" if status[0] == "F" else "OBX|2|NM|2951-2^Na^LN||1|m||||||X"
    document = only("OBR|1||A", "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F", cancelled)
    assert [fact.code for fact in document.facts] == ["718-7"]
    assert document.warnings == ["result deleted or not obtained (OBX-11), left out"]


def test_segments_that_are_not_read_are_named_and_counted() -> None:
    document = only("OBR|1||A", "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F", "IN1|1|A", "ZZ1|x", "ZZ1|y")
    assert document.warnings == ["segments not read: 1 IN1, 2 ZZ1"]
    order = only("ORC|NW|1", "OBR|1||A", kind="ORM^O01")
    assert (order.reason, order.detail) == ("no_document", "ORM^O01 carries no document; not read: 1 OBR, 1 ORC")


def test_a_pointer_is_said_to_be_elsewhere() -> None:
    document = only("OBR|1||A", "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F", "OBX|2|RP|I^Image^L||\\\\pacs\\42||||||F")
    assert document.warnings == ["OBX of type RP: the document is elsewhere"]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("fi\\XE8\\vre", "fièvre"),
        ("fi\\XC3A8\\vre", "fièvre"),
        ("fi\\XC3\\\\XA8\\vre", "fièvre"),
        ("un\\.br\\deux", "un\ndeux"),
        ("un\\.sp\\deux", "un\ndeux"),
        ("un\\.sp2\\deux", "un\n\ndeux"),
        ("un\\X0D0A\\deux", "un\ndeux"),
        ("\\.in+2\\retrait", "  retrait"),
        ("\\H\\gras\\N\\ fin", "gras fin"),
        ("1 \\T\\ 2 \\S\\ 3 \\R\\ 4 \\F\\ 5 \\E\\", "1 & 2 ^ 3 ~ 4 | 5 \\"),
        ("C:\\temp\\avis", "C:\\temp\\avis"),
        ("seul \\ ici", "seul \\ ici"),
    ],
)
def test_escapes_give_back_what_they_stand_for(written: str, read_as: str) -> None:
    assert Syntax().unescape(written) == read_as


def test_those_who_are_named_are_kept_for_masking() -> None:
    obr = "OBR|1||A|X^X^L||||||||||||R1^DUVAL^Irène|||||||||||||||||8001&MARCHAL&Hugo"
    document = only("NK1|1|ROCHE^Paul|SPO", obr, "OBX|1|NM|718-7^Hb^LN||12|g/dL|||||F")
    assert document.header.people == ["ROCHE Paul", "DUVAL Irène", "MARCHAL Hugo"] or set(document.header.people) == {
        "ROCHE Paul",
        "DUVAL Irène",
        "MARCHAL Hugo",
    }
    assert document.header.language == "fr"
