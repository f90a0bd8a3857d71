"""Every fact is of the person that its own context names, or of nobody: never of whoever else the file holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limpide.deidentification.identity_doubts import of_carrier
from limpide.document import Document
from limpide.readers.registry import read
from tests.warehouse.sender import cda

Json = dict[str, Any]


def person(ident: str, family: str | None = None, number: str | None = None, **more: Any) -> Json:
    found: Json = {"resourceType": "Patient", "id": ident, **more}
    if family:
        found["name"] = [{"family": family, "given": [ident.upper()]}]
    if number:
        found["identifier"] = [{"system": "urn:oid:1.2.250.9.9", "value": number}]
    return found


def result(value: float, subject: Any = None, **more: Any) -> Json:
    found: Json = {
        "resourceType": "Observation", "id": f"o{value}", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "valueQuantity": {"value": value, "code": "g/dL"}, **more,
    }  # fmt: skip
    if subject is not None:
        found["subject"] = {"reference": subject} if isinstance(subject, str) else subject
    return found


def bundle(*resources: Json, server: str | None = None, kind: str = "searchset") -> bytes:
    entries = [
        {"resource": r} | ({"fullUrl": f"{server}{r['resourceType']}/{r['id']}"} if server else {}) for r in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def values(data: bytes) -> dict[str | None, list[float]]:
    """What each person is given, by family name or first number; None: nobody."""
    out: dict[str | None, list[float]] = {}
    for document in read(data, "a"):
        who = document.header.patient
        name = who.family_birth or (who.identifiers[0].value if who.identifiers else None)
        out.setdefault(name, []).extend(f.value for f in document.facts if f.value is not None)
    return out


def test_a_subject_that_the_file_does_not_hold_is_nobody() -> None:
    data = bundle(person("mere", "COLLET", "1"), result(11.0, "Patient/mere"), result(19.9, "Patient/bebe"))
    assert values(data) == {"COLLET": [11.0], None: [19.9]}


@pytest.mark.parametrize(
    "subject",
    [
        {"display": "Bébé de Mme COLLET"},
        {"reference": "#absent"},
        {"reference": "urn:uuid:6f1d2c3e-0000-4000-8000-000000000000"},
        {"reference": "Group/fratrie"},
        {"type": "Patient"},
    ],
)
def test_a_subject_that_cannot_be_told_is_nobody(subject: Json) -> None:
    assert values(bundle(person("mere", "COLLET", "1"), result(19.9, subject))) == {None: [19.9]}


def test_a_subject_named_by_its_number_only_is_that_person() -> None:
    subject = {"identifier": {"system": "urn:oid:1.2.250.9.9", "value": "77"}}
    assert values(bundle(person("mere", "COLLET", "1"), result(19.9, subject))) == {"77": [19.9]}


def test_a_resource_without_any_subject_is_of_the_one_patient_of_its_bundle() -> None:
    assert values(bundle(person("mere", "COLLET", "1"), result(11.0))) == {"COLLET": [11.0]}
    two = bundle(person("mere", "COLLET", "1"), person("bebe", "COLLET", "2"), result(11.0))
    assert values(two) == {None: [11.0]}


def test_a_result_is_of_the_subject_of_its_stay() -> None:
    stay = {"resourceType": "Encounter", "id": "e", "status": "finished", "subject": {"reference": "Patient/bebe"}}
    data = bundle(person("mere", "COLLET", "1"), person("bebe", "HAMON", "2"), stay,
                  result(19.9, encounter={"reference": "Encounter/e"}))  # fmt: skip
    assert values(data)["HAMON"] == [19.9]


def test_what_is_observed_on_somebody_else_than_the_subject_is_not_the_subject_s() -> None:
    data = bundle(person("mere", "COLLET", "1"), result(19.9, "Patient/mere", focus=[{"reference": "Patient/foetus"}]))
    assert values(data) == {None: [19.9]}


def test_two_relatives_of_one_name_without_numbers_are_two_persons() -> None:
    data = bundle(
        person("anne", "LEBRUN", birthDate="1980-01-01"), person("paul", "LEBRUN", birthDate="2008-05-06"),
        result(12.5, "Patient/anne"), result(8.1, "Patient/paul"),
    )  # fmt: skip
    found = {d.header.patient.given[0]: [f.value for f in d.facts] for d in read(data, "a")}
    assert found == {"ANNE": [12.5], "PAUL": [8.1]}


def test_two_patients_of_one_id_on_two_servers_are_not_mixed() -> None:
    one = json.loads(bundle(person("1", "ABEL", "1"), result(1.0, "Patient/1"), server="https://a.example/fhir/"))
    two = json.loads(bundle(person("1", "BRUN", "2"), result(2.0, "Patient/1"), server="https://b.example/fhir/"))
    together = {"resourceType": "Bundle", "type": "collection", "entry": one["entry"] + two["entry"]}
    assert values(json.dumps(together).encode()) == {"ABEL": [1.0], "BRUN": [2.0]}
    lines = "\n".join(json.dumps(each) for each in (one, two))
    assert values(lines.encode()) == {"ABEL": [1.0], "BRUN": [2.0]}


def test_two_bundles_of_one_file_without_addresses_are_not_mixed() -> None:
    one = bundle(person("1", "ABEL", "1"), result(1.0, "Patient/1"))
    two = bundle(person("1", "BRUN", "2"), result(2.0, "Patient/1"))
    assert values(one + b"\n" + two) == {"ABEL": [1.0], "BRUN": [2.0]}


def test_an_id_of_two_patients_of_one_bundle_is_nobody_s() -> None:
    data = bundle(person("1", "ABEL", "1"), person("1", "BRUN", "2"), result(1.0, "Patient/1"))
    assert values(data) == {None: [1.0]}


def test_an_absolute_reference_is_of_its_own_server() -> None:
    server = "https://a.example/fhir/"
    held = [
        person("1", "ABEL", "1"),
        result(1.0, f"{server}Patient/1/_history/3"),
        result(2.0, "https://b.example/fhir/Patient/1"),
    ]
    assert values(bundle(*held, server=server)) == {"ABEL": [1.0], None: [2.0]}
    assert values(bundle(person("1", "ABEL", "1"), result(1.0, f"{server}Patient/1"))) == {"ABEL": [1.0]}


def test_a_contained_patient_is_of_the_resource_that_contains_it() -> None:
    mine = result(1.0, "#p", contained=[person("p", "ABEL", "1")])
    other = result(2.0, "#p", contained=[person("p", "BRUN", "2")])
    stray = result(3.0, "#p")
    assert values(bundle(mine, other, stray)) == {"ABEL": [1.0], "BRUN": [2.0], None: [3.0]}
    outside = result(4.0, "Patient/p")
    assert values(bundle(mine, outside)) == {"ABEL": [1.0], None: [4.0]}


def test_a_newborn_in_the_document_of_its_mother() -> None:
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "subject": {"reference": "Patient/mere"},
        "section": [{"title": "Sang", "entry": [{"reference": f"Observation/o{value}"} for value in (11.0, 19.9)]}],
    }  # fmt: skip
    data = bundle(
        composition, person("mere", "COLLET", "1"), person("bebe", "HAMON", "2"),
        result(11.0, "Patient/mere"), result(19.9, "Patient/bebe"), kind="document",
    )  # fmt: skip
    assert values(data) == {"COLLET": [11.0], "HAMON": [19.9]}


HEAD = r"MSH|^~\&|SIL|LABO|DPI|CH|20260914103000||{kind}|1|P|2.5"
PID = "PID|||{number}^^^&1.2.250.9.9&ISO||{name}||19800303|F"
OBR = "OBR|1||A1|58410-2^NFS^LN|||20260914"
OBX = "OBX|1|NM|718-7^Hémoglobine^LN||{value}|g/dL|||||F"


def message(*segments: str, kind: str = "ORU^R01") -> bytes:
    return "\r".join((HEAD.format(kind=kind), *segments)).encode()


def test_each_pid_of_a_message_has_the_results_that_follow_it() -> None:
    durand, leroy = PID.format(number="1", name="DURAND^Zoé"), PID.format(number="8004", name="LEROY^Luc")
    data = message(durand, OBR, OBX.format(value="12.0"), leroy, OBR, OBX.format(value="7.4"))
    assert values(data) == {"DURAND": [12.0], "LEROY": [7.4]}
    straight = message(durand, OBR, OBX.format(value="12.0"), leroy, OBX.format(value="7.4"))
    assert values(straight) == {"DURAND": [12.0], "LEROY": [7.4]}


def test_results_before_the_first_of_two_patients_are_nobody_s() -> None:
    two = PID.format(number="1", name="DURAND^Zoé"), PID.format(number="2", name="LEROY^Luc")
    data = message(OBR, OBX.format(value="9.9"), two[0], OBR, OBX.format(value="12.0"), two[1])
    assert values(data) == {None: [9.9], "DURAND": [12.0], "LEROY": []}


def carried(patient: str, pid: str) -> Document:
    from base64 import b64encode

    payload = b64encode(cda("A", patient=patient)).decode()
    obx = f"OBX|1|ED|34112-3^CR^LN||^TEXT^XML^Base64^{payload}||||||F"
    documents = read(message(pid, "TXA|1|CR", obx, kind="MDM^T02"), "a")
    assert len(documents) == 1
    return documents[0]


@pytest.mark.parametrize(
    ("pid", "waits"),
    [
        ("PID|||IPP1^^^&1.2.250.9.9&ISO||KERVADEC1^Solenne||19540317|F", False),
        ("PID|||IPP1^^^&1.2.250.9.9&ISO||LEGALL^Solenne||19540317|F", False),  # her married name
        ("PID|||IPP8^^^&1.2.250.9.9&ISO||MORVAN^Luc||19800303|M", True),
        ("PID|||IPP8^^^&1.2.250.9.9&ISO", True),
        ("PID|||7^^^&1.2.250.7.7&ISO||MORVAN^Luc||19800303|M", True),
        ("PID|||7^^^&1.2.250.7.7&ISO||KERVADEC1^Solenne||19540317|F", False),
    ],
)
def test_a_document_of_another_patient_than_its_message_waits(pid: str, waits: bool) -> None:
    doubt = of_carrier(carried("1", pid))
    assert (doubt is not None) == waits


def test_a_document_of_two_record_targets_waits() -> None:
    text = cda("A").decode()
    first = text[text.index("<recordTarget>") : text.index("</recordTarget>") + len("</recordTarget>")]
    other = first.replace("IPP1", "IPP2").replace("KERVADEC1", "MORVAN").replace("Solenne", "Luc")
    (two,) = read(text.replace(first, first + other).encode(), "a")
    (same,) = read(text.replace(first, first + first).encode(), "a")
    assert of_carrier(two) is not None
    assert of_carrier(same) is None


SUBJECT = '<subject><relatedSubject classCode="PRS"><code code="{code}"/></relatedSubject></subject>'
ENTRY = (
    '<entry><observation classCode="OBS" moodCode="EVN">{subject}<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.13"/>'
    '<code code="8339-4" codeSystem="2.16.840.1.113883.6.1" displayName="Poids de naissance"/>'
    '<value xsi:type="PQ" value="3250" unit="g" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
    "</observation></entry>"
)


@pytest.mark.parametrize(
    ("section", "entry", "relative"),
    [
        (None, None, None),
        ("CHILD", None, "CHILD"),
        (None, "CHILD", "CHILD"),
        ("NMTH", None, "NMTH"),
        ("SELF", None, None),
    ],
)
def test_what_a_cda_section_or_entry_says_of_a_newborn_is_not_the_mother_s(section, entry, relative) -> None:
    def subject(code: str | None) -> str:
        return SUBJECT.format(code=code) if code else ""

    written = (
        cda("A").decode().replace("</section>", subject(section) + ENTRY.format(subject=subject(entry)) + "</section>")
    )
    (document,) = read(written.encode(), "a")
    (fact,) = (f for f in document.facts if f.origin == "coded")
    assert (fact.family, fact.relative) == (relative is not None, relative)
