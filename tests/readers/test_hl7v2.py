"""HL7 v2: documents created, replaced and deleted; consent; merges; structured results."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Action, Document, Identifier
from limpide.readers.hl7v2_segments import Syntax, decode, iso_time, messages
from limpide.readers.registry import read

PID = (
    "PID|1||123456^^^CHU-LUMIERE&1.2.250.1.999&ISO^PI~279036912345659^^^INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||"
    "LEMERLE^JEANNE^JEANNE ALICE^^^^L~LEMERLE-ROY^JEANNE^^^^^D||19790328|F|||3 rue des Lilas^^LYON^^69003^FRA^H"
    "||0611223344|||||A77^^^CHU&1.2.250.1.999&ISO^AN||||||||||||||VALI"
)
CDA = (
    '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<id root="1.2.3" extension="{ident}"/>'
    '<code code="18748-4" codeSystem="2.16.840.1.113883.6.1"/><title>CR</title>'
    '<effectiveTime value="20240109113000+0100"/><versionNumber value="1"/>'
    '<recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="279036912345659"/></patientRole>'
    "</recordTarget>"
    '<component><nonXMLBody><text mediaType="text/plain" representation="B64">{body}</text></nonXMLBody></component>'
    "</ClinicalDocument>"
)


def cda(ident: str = "D1", words: str = "Radiographie thoracique normale, sans anomalie.") -> bytes:
    return CDA.format(ident=ident, body=base64.b64encode(words.encode()).decode()).encode()


def message(*segments: str, kind: str = "MDM^T02^MDM_T02", charset: str = "UNICODE UTF-8", end: str = "\r") -> bytes:
    msh = f"MSH|^~\\&|RIS|CHU-LUMIERE|PFI|CHU-LUMIERE|20240110080000+0100||{kind}|1|P|2.6|||||FRA|{charset}"
    encoding = "iso-8859-15" if charset == "8859/15" else "utf-8"
    return end.join([msh, PID, "PV1|1|I|MED", *segments, ""]).encode(encoding)


def document_obx(payload: bytes, status: str = "F", padding: bool = True) -> str:
    data = base64.b64encode(payload).decode()
    return f"OBX|1|ED|18748-4^CR d'imagerie^LN||^text^XML^Base64^{data if padding else data.rstrip('=')}||||||{status}|"


def only(documents: list[Document]) -> Document:
    assert len(documents) == 1
    return documents[0]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_document_comes_through_whatever_ends_the_segments(end: str) -> None:
    document = only(read(message("ORC|NW|", document_obx(cda()), end=end), "m.hl7"))
    assert (document.status, document.header.action) == ("ok", Action.CREATE)
    assert document.header.document_id == "1.2.3^D1"
    assert document.text == "Radiographie thoracique normale, sans anomalie."
    assert document.container_sha256 is not None and document.container_sha256 != document.sha256


@pytest.mark.parametrize(
    ("kind", "order", "status", "action"),
    [
        ("MDM^T02^MDM_T02", "NW", "F", Action.CREATE),
        ("MDM^T10^MDM_T02", "NW", "F", Action.REPLACE),
        ("ORU^R01^ORU_R01", "RO", "C", Action.REPLACE),
        ("MDM^T04^MDM_T02", "NW", "F", Action.DELETE),
        ("ORU^R01^ORU_R01", "CA", "D", Action.DELETE),
        ("ORU^R01^ORU_R01", "NW", "D", Action.DELETE),
    ],
)
def test_the_action_is_told_by_trigger_order_or_status(kind: str, order: str, status: str, action: Action) -> None:
    document = only(read(message(f"ORC|{order}|", document_obx(cda(), status), kind=kind), "m.hl7"))
    assert document.header.action is action


def test_a_replacement_names_its_parent_from_txa_when_the_document_does_not() -> None:
    txa = "TXA|1|18748-4|TEXT|20240110||||||||1.2.3^CHU|1.2.2^CHU||||AU"
    document = only(read(message("ORC|RO|", txa, document_obx(cda(), "C"), kind="MDM^T10^MDM_T02"), "m.hl7"))
    assert document.header.replaces == ["1.2.2"]


def test_a_deletion_is_obeyed_even_with_a_dummy_payload() -> None:
    txa = "TXA|1|18748-4|TEXT|20240110||||||||1.2.3.9^CHU|||||AU"
    document = only(read(message("ORC|CA|", txa, document_obx(b"stub", "D"), kind="MDM^T04^MDM_T02"), "m.hl7"))
    assert (document.status, document.header.action, document.header.document_id) == ("ok", Action.DELETE, "1.2.3.9")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1.2.3.A12^CHU", "1.2.3^A12"),
        ("1.2.3.12^CHU", "1.2.3.12"),
        ("2638", "2638"),
        ("1.2.3.2\\S\\7a^CHU", "1.2.3.2^7a"),
        ("1.2.3.DOC-7", "1.2.3^DOC-7"),
    ],
)
def test_a_root_and_its_extension_run_together_are_told_apart(written: str, read_as: str) -> None:
    segments = (f"TXA|1|11488-4||||||||||{written}|", document_obx(b"stub"))
    document = only(read(message(*segments, kind="MDM^T04^MDM_T02"), "m.hl7"))
    assert (document.header.action, document.header.document_id) == (Action.DELETE, read_as)


def test_a_dummy_payload_is_told_from_a_document() -> None:
    document = only(read(message("ORC|NW|", document_obx(b"Un document, plus tard")), "m.hl7"))
    assert (document.status, document.reason) == ("quarantined", "dummy_payload")
    assert document.header.patient.ins == "279036912345659"


def test_missing_base64_padding_is_put_back() -> None:
    for words in ("Texte un.", "Texte deux.", "Texte trois !"):
        document = only(read(message("ORC|NW|", document_obx(cda(words=words), padding=False)), "m.hl7"))
        assert document.text == words


def test_broken_base64_is_truncated() -> None:
    segment = "OBX|1|ED|18748-4^CR^LN||^text^XML^Base64^ABCDE||||||F|"
    assert only(read(message(segment), "m.hl7")).reason == "truncated"


def test_masking_flags_join_confidentiality_and_mail_bodies_are_no_documents() -> None:
    flags = [
        "OBX|2|CWE|MASQUE_PS^Masqué^MetaDMPMSS||Y^^expandedYes-NoIndicator||||||F|",
        "OBX|3|CWE|INVISIBLE_PATIENT^Non visible^MetaDMPMSS||N^^expandedYes-NoIndicator||||||F|",
        "OBX|4|ED|CORPSMAIL_PS^Corps^MetaDMPMSS||^text^^Base64^Qm9uam91cg==||||||F|",
    ]
    document = only(read(message(document_obx(cda()), *flags), "m.hl7"))
    assert document.header.confidentiality == ["MASQUE_PS"]


def test_the_patient_is_read_from_pid() -> None:
    patient = only(read(message(kind="ADT^A01^ADT_A01"), "m.hl7")).header.patient
    assert (patient.ins, patient.ins_system) == ("279036912345659", "1.2.250.1.213.1.4.10")
    assert (patient.family_birth, patient.family_used, patient.given) == ("LEMERLE", "LEMERLE-ROY", ["JEANNE", "ALICE"])
    assert (patient.birth_date, patient.sex, patient.reliability) == ("1979-03-28", "F", "VALI")
    assert patient.addresses == ["3 rue des Lilas 69003 LYON"]
    assert patient.telecoms == ["0611223344"]
    assert Identifier("123456", "1.2.250.1.999") in patient.identifiers


def test_consent_of_the_dmp_is_carried() -> None:
    zfa = "ZFA|ACTIF|20240306111154|||||||IO|20240306111154|INC|20240306111155"
    document = only(read(message(zfa, kind="ADT^A01^ADT_A01"), "m.hl7"))
    assert document.reason == "no_document"
    assert [(e.kind, e.value, e.time) for e in document.events] == [
        ("opposition_feeding", "IO", "2024-03-06T11:11:54+01:00"),
        ("opposition_consultation", "INC", "2024-03-06T11:11:55+01:00"),
    ]


def test_a_merge_names_the_identifiers_that_disappear() -> None:
    document = only(read(message("MRG|999^^^CHU&1.2.250.1.999&ISO^PI", kind="ADT^A40^ADT_A39"), "m.hl7"))
    assert [(e.kind, e.identifiers) for e in document.events] == [("merge", [Identifier("999", "1.2.250.1.999")])]


def test_a_merge_of_several_pairs_gives_each_its_own() -> None:
    other = "PID|||279117512345691^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS||ORME^BASILE^^^^^L||19791130|M"
    first, second = (f"MRG|{n}^^^CHU&1.2.250.1.999&ISO^PI" for n in (998, 999))
    documents = read(message(first, other, second, kind="ADT^A40^ADT_A39"), "m.hl7")
    assert [one.header.patient.ins for one in documents] == [
        read(message(), "m.hl7")[0].header.patient.ins,
        other[6:21],
    ]
    assert [[(e.kind, e.identifiers) for e in one.events] for one in documents] == [
        [("merge", [Identifier("998", "1.2.250.1.999")])],
        [("merge", [Identifier("999", "1.2.250.1.999")])],
    ]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_base64_wrapped_over_several_lines_is_whole(end: str) -> None:
    obx = document_obx(cda())
    wrapped = end.join(obx[at : at + 76] for at in range(0, len(obx), 76))
    document = only(read(message(wrapped, kind="MDM^T04^MDM_T02", end=end), "m.hl7"))
    assert (document.status, document.header.document_id, document.header.action) == ("ok", "1.2.3^D1", Action.DELETE)
    assert document.text == "Radiographie thoracique normale, sans anomalie."


def test_structured_results_are_measurements() -> None:
    document = only(
        read(
            message(
                "OBR|1||CR-77|11502-2^CR bio^LN|||202401090730",
                "OBX|1|NM|14749-6^Glucose^LN||5,2|mmol/L^mmol/L^UCUM|3.9 - 5.8|N|||F|||202401090731",
                "OBX|2|SN|1988-5^CRP^LN||<^5|mg/L|||||F",
                "OBX|3|CWE|882-1^Groupe^LN||A^Groupe A^LOCAL||||||F",
                "OBX|4|NM|718-7^Hémoglobine^LN||13|g/dL|||||X",
                kind="ORU^R01^ORU_R01",
            ),
            "m.hl7",
        )
    )
    glucose, crp, group = document.facts
    assert (glucose.code, glucose.value, glucose.unit, glucose.range_low, glucose.range_high, glucose.flag) == (
        "14749-6",
        5.2,
        "mmol/L",
        3.9,
        5.8,
        "N",
    )
    assert glucose.time_start == "2024-01-09T07:31:00+01:00"
    assert (crp.comparator, crp.value) == ("<", 5.0)
    assert group.value_code is not None and (group.value_code.code, group.value_text) == ("A", "Groupe A")
    for fact in document.facts:
        assert fact.start is not None and document.text[fact.start : fact.end] == fact.text


def test_the_character_set_is_msh_18_unless_the_bytes_are_utf_8() -> None:
    raw = message("NTE|1||Coût : 20 €, œdème", charset="8859/15")
    assert "20 €, œdème" in decode(raw)[0]
    assert "20 €, œdème" in decode(message("NTE|1||Coût : 20 €, œdème"))[0]
    assert "20 €, œdème" in decode(message("NTE|1||Coût : 20 €, œdème").replace(b"UNICODE UTF-8", b"8859/15"))[0]


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=30))
def test_escapes_are_undone(text: str) -> None:
    marks = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
    assert Syntax().unescape("".join(marks.get(c, c) for c in text)) == text


@given(st.binary(max_size=400))
def test_no_bytes_after_msh_ever_raise(junk: bytes) -> None:
    for document in read(b"MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5\r" + junk, "m.hl7"):
        assert document.status in ("ok", "quarantined")


@pytest.mark.parametrize(
    ("order", "result", "said"),
    [
        ("P", "P", (Action.CREATE, 1)),
        ("F", "F", (Action.CREATE, 2)),
        ("C", "C", (Action.REPLACE, 3)),
        ("F", "C", (Action.REPLACE, 3)),
        ("", "F", (Action.CREATE, None)),
    ],
)
def test_results_told_again_are_versions_of_one_document(order: str, result: str, said: tuple[Action, int]) -> None:
    obr = f"OBR|1||CR-77|11502-2^CR bio^LN|||202401090730{'|' * 18}{order}"
    obx = f"OBX|1|NM|14749-6^Glucose^LN||5,2|mmol/L|||||{result}"
    head = only(read(message(obr, obx, kind="ORU^R01^ORU_R01"), "m.hl7")).header
    assert (head.action, head.version) == said


def test_each_message_of_a_batch_is_a_document_of_its_own() -> None:
    one, two = (
        message(f"OBR|1||CR-{n}", f"OBX|1|NM|14749-6^Glucose^LN||{n}||||||F", kind="ORU^R01^ORU_R01") for n in (5, 6)
    )
    alone = only(read(one, "m.hl7"))
    assert (alone.sha256, alone.container_sha256) == (hashlib.sha256(one).hexdigest(), None)
    first, second = read(one + two, "m.hl7")  # one hash for both would make the second a duplicate of the first
    assert first.sha256 != second.sha256
    assert first.container_sha256 == second.container_sha256 == hashlib.sha256(one + two).hexdigest()


def test_several_messages_in_one_file_are_all_read() -> None:
    both = message(document_obx(cda("A"))) + message(document_obx(cda("B")))
    assert [d.header.document_id for d in read(both, "m.hl7")] == ["1.2.3^A", "1.2.3^B"]
    assert len(list(messages(decode(b"\x0b" + both + b"\x1c\r")[0]))) == 2


@pytest.mark.parametrize(
    ("written", "iso", "assumed"),
    [
        ("20240109113000+0100", "2024-01-09T11:30:00+01:00", False),
        ("20240709113000", "2024-07-09T11:30:00+02:00", True),
        ("202401091130", "2024-01-09T11:30:00+01:00", True),
        ("20240109", "2024-01-09", False),
        ("1979", "1979", False),
        ("20241399999999", "2024-13-99T99:99:99", False),  # no such day: left out, and said, once the file is read
        ("hier", None, False),
    ],
)
def test_times_keep_their_offset_or_say_it_was_assumed(written: str, iso: str | None, assumed: bool) -> None:
    assert iso_time(written) == (iso, assumed)


@pytest.mark.samples
def test_every_real_message_is_accounted_for(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Scanned pages are another test's: here they would take a minute.
    monkeypatch.setattr("limpide.readers.ocr.available", lambda: False)
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted(p for p in samples.glob("*hl7*/**/*") if p.is_file()):
        data = path.read_bytes()
        if data.removeprefix(b"\xef\xbb\xbf").startswith(b"MSH"):
            documents = read(data, path.name)
            assert documents, path.name
            for document in documents:
                found[
                    str(document.header.action), "ok" if document.reason in (None, "needs_ocr") else document.reason
                ] += 1
    assert found["none", "no_document"] == 12  # 7 ACK, 3 ZAM, ORM and OMI (manifest.csv); the 4 ADT tell a stay
    assert found["delete", "dummy_payload"] == 4
