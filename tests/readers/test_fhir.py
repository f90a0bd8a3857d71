"""FHIR R4: bundles, attachments, coded facts, and the traps of the French guides."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Action, Document, Fact
from limpide.readers.registry import read

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279036912345659"}],
    "name": [{"use": "official", "family": "LEMERLE", "given": ["JEANNE"]}, {"use": "usual", "family": "ROY"}],
    "gender": "female",
    "birthDate": "1979-03-28",
}
NOTE = "Radiographie thoracique normale, sans anomalie décelable ce jour."


def bundle(*resources: dict[str, Any], kind: str = "searchset") -> bytes:
    entries = [{"fullUrl": f"urn:uuid:{i}", "resource": r} for i, r in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def only(data: bytes) -> Document:
    documents = read(data, "f.json")
    assert len(documents) == 1
    return documents[0]


def facts(*resources: dict[str, Any]) -> list[Fact]:
    document = only(bundle(PATIENT, *resources))
    for fact in document.facts:
        assert fact.origin == "coded" and fact.start is not None
        assert document.text[fact.start : fact.end] == fact.text
    return document.facts


def resource(kind: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "r1", "subject": {"reference": "Patient/p1"}, **more}


def concept(code: str, system: str = "http://loinc.org", display: str = "Nom") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def reference(payload: bytes | None = None, **more: Any) -> dict[str, Any]:
    attachment: dict[str, Any] = {"contentType": "text/plain", **more.pop("attachment", {})}
    if payload is not None:
        attachment["data"] = base64.b64encode(payload).decode()
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"value": "urn:oid:1.2.3.4"},
        "status": "current",
        "type": concept("34133-9"),
        "subject": {"reference": "Patient/p1"},
        "date": "2025-06-01T12:00:00+01:00",
        "securityLabel": [concept("N", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality")],
        "content": [{"attachment": attachment}],
        **more,
    }


def test_an_inline_attachment_is_a_document_with_its_metadata() -> None:
    document = only(bundle(PATIENT, reference(NOTE.encode()), kind="transaction"))
    head = document.header
    assert document.text == NOTE
    assert (head.document_id, head.type_code, head.type_system) == ("1.2.3.4", "34133-9", "2.16.840.1.113883.6.1")
    assert (head.effective_time, head.confidentiality) == ("2025-06-01T12:00:00+01:00", ["N"])
    assert (head.patient.ins, head.patient.sex, head.patient.birth_date) == ("279036912345659", "F", "1979-03-28")
    assert (head.patient.family_birth, head.patient.family_used) == ("LEMERLE", "ROY")


def test_an_attachment_in_a_binary_of_the_bundle_is_opened_once() -> None:
    binary = {"resourceType": "Binary", "id": "b", "data": base64.b64encode(NOTE.encode()).decode()}
    document = only(bundle(PATIENT, reference(attachment={"url": "Binary/b"}), binary, kind="transaction"))
    assert document.text == NOTE


def test_size_and_hash_are_verified_and_a_mismatch_is_only_a_warning() -> None:
    right = base64.b64encode(hashlib.sha1(NOTE.encode()).digest()).decode()
    good = only(bundle(PATIENT, reference(NOTE.encode(), attachment={"size": len(NOTE.encode()), "hash": right})))
    assert good.warnings == []
    bad = only(
        bundle(PATIENT, reference(NOTE.encode(), attachment={"size": 3, "hash": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}))
    )
    assert (bad.status, bad.text) == ("ok", NOTE)
    assert bad.warnings == ["stated size differs from the document's", "stated hash differs from the document's"]


def test_a_replacement_names_what_it_replaces() -> None:
    relation = {"code": "replaces", "target": {"identifier": {"value": "urn:oid:1.2.3.3"}}}
    head = only(bundle(PATIENT, reference(NOTE.encode(), relatesTo=[relation]))).header
    assert (head.action, head.replaces) == (Action.REPLACE, ["1.2.3.3"])


def test_entered_in_error_deletes() -> None:
    assert only(bundle(PATIENT, reference(status="entered-in-error"))).header.action is Action.DELETE


def test_a_stub_declared_pdf_is_a_dummy_payload() -> None:
    document = only(bundle(PATIENT, reference(b"Hello World", attachment={"contentType": "application/pdf"})))
    assert (document.status, document.reason) == ("quarantined", "dummy_payload")


def test_an_attachment_that_is_elsewhere_is_said_so() -> None:
    document = only(bundle(PATIENT, reference(attachment={"url": "https://example.org/Binary/1"})))
    assert (document.reason, document.detail) == ("no_document", "the attachment is not in the file")


def test_the_patient_of_a_search_reference_is_read() -> None:
    subject = {"reference": "Patient?identifier=urn:oid:1.2.250.1.213.1.4.8|123456789012345"}
    patient = only(json.dumps(reference(NOTE.encode(), subject=subject)).encode()).header.patient
    assert (patient.ins, patient.ins_system) == ("123456789012345", "1.2.250.1.213.1.4.8")


def test_a_prescription_is_a_planned_drug_with_its_posology() -> None:
    (drug,) = facts(
        resource(
            "MedicationRequest",
            status="active",
            intent="order",
            authoredOn="2025-07-23T10:33:00Z",
            medicationCodeableConcept=concept("3400891479287", "http://data.esante.gouv.fr/ansm/medicament/UCD", "DOL"),
            dosageInstruction=[
                {
                    "asNeededBoolean": True,
                    "timing": {
                        "repeat": {
                            "frequency": 1,
                            "period": 12,
                            "periodUnit": "h",
                            "boundsDuration": {"value": 10, "unit": "jours"},
                        }
                    },
                    "route": concept("20053000", "http://standardterms.edqm.eu", "Voie orale"),
                    "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "comprimé"}}],
                }
            ],
        )
    )
    assert (drug.code, drug.system, drug.planned, drug.conditional) == ("3400891479287", "UCD", True, True)
    assert (drug.dose, drug.dose_unit, drug.route) == (2.0, "comprimé", "Voie orale")
    assert (drug.frequency, drug.duration) == ("1 fois par 12 heure", "10 jours")
    assert (drug.text, drug.time_start) == ("DOL : 1 fois par 12 heure", "2025-07-23T10:33:00+00:00")


def test_a_compounded_medicine_is_its_ingredients_without_its_vehicle() -> None:
    sms = "http://data.esante.gouv.fr/ansm/medicament/codeSMS"
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [
            {
                "itemCodeableConcept": concept("100000092662", sms, "céfotaxime"),
                "strength": {"numerator": {"value": 1, "unit": "g"}, "denominator": {"value": 1}},
            },
            {
                "extension": [{"url": "https://x/fr-is-vehicle", "valueBoolean": True}],
                "itemCodeableConcept": concept("100000078171", sms, "glucose"),
            },
        ],
    }
    (drug,) = facts(resource("MedicationRequest", status="active", medicationReference={"reference": "#m"}), medication)
    assert (drug.code, drug.system, drug.display, drug.strength) == ("100000092662", "SMS", "céfotaxime", "1 g")
    assert drug.translations == []


def test_contained_ids_are_local_to_their_resource() -> None:
    def request(number: int, name: str) -> dict[str, Any]:
        medication = {"resourceType": "Medication", "id": "m", "code": concept(name, "urn:x", name)}
        order = resource("MedicationRequest", status="active", medicationReference={"reference": "#m"})
        return {**order, "id": f"r{number}", "contained": [medication]}

    assert [f.code for f in facts(request(1, "AMLOR"), request(2, "TAHOR"))] == ["AMLOR", "TAHOR"]


def test_what_is_read_off_a_page_is_believed_after_its_metadata() -> None:
    page = "Nom de naissance : DURAND\nPrénom : PAUL\nNé(e) le : 02/03/1950\nSexe : M\nRadiographie normale."
    head = only(bundle(PATIENT, reference(page.encode()))).header
    assert (head.patient.family_birth, head.patient.sex, head.patient.birth_date) == ("LEMERLE", "F", "1979-03-28")
    assert head.effective_time == "2025-06-01T12:00:00+01:00"


def test_an_observation_is_vital_laboratory_or_plain() -> None:
    def quantity(value: float, unit: str) -> dict[str, Any]:
        return {"valueQuantity": {"value": value, "unit": unit, "comparator": "<"}}

    weight, glucose, fatigue = facts(
        resource("Observation", status="final", code=concept("29463-7"), **quantity(62, "kg")),
        {
            **resource("Observation", status="final", code=concept("14749-6"), **quantity(5.2, "mmol/L")),
            "id": "r2",
            "referenceRange": [{"low": {"value": 3.9}, "high": {"value": 5.8}}],
            "interpretation": [concept("N")],
        },
        {
            **resource("Observation", status="final", code=concept("C180126", "urn:x")),
            "id": "r3",
            "valueCodeableConcept": concept("C70667", "urn:x", "Sévère"),
        },
    )
    assert (weight.kind, weight.value, weight.unit, weight.comparator) == ("vital", 62.0, "kg", "<")
    assert (glucose.kind, glucose.range_low, glucose.range_high, glucose.flag) == ("measurement", 3.9, 5.8, "N")
    assert (fatigue.kind, fatigue.value_text) == ("observation", "Sévère")


def test_blood_pressure_components_are_two_vitals() -> None:
    part = [
        {"code": concept("8480-6"), "valueQuantity": {"value": 140, "unit": "mm[Hg]"}},
        {"code": concept("8462-4"), "valueQuantity": {"value": 80, "unit": "mm[Hg]"}},
    ]
    found = facts(resource("Observation", status="final", code=concept("85354-9"), component=part))
    assert [(f.kind, f.code, f.value) for f in found] == [("vital", "8480-6", 140.0), ("vital", "8462-4", 80.0)]


def test_what_is_denied_planned_or_doubtful_is_marked() -> None:
    status = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    found = facts(
        resource("Condition", code=concept("E11"), verificationStatus=concept("refuted", status)),
        {**resource("Condition", code=concept("I10"), verificationStatus=concept("provisional", status)), "id": "c2"},
        {**resource("Procedure", status="not-done", code=concept("HBQK002")), "id": "c3"},
        {**resource("ServiceRequest", status="active", code=concept("24590-2")), "id": "c4"},
        {**resource("Immunization", status="not-done", vaccineCode=concept("J07BX03")), "id": "c5"},
        {**resource("AllergyIntolerance", code=concept("J01CA")), "id": "c6"},
    )
    assert [(f.kind, f.negated, f.hypothetical, f.planned) for f in found] == [
        ("condition", True, False, False),
        ("condition", False, True, False),
        ("procedure", True, False, False),
        ("procedure", False, False, True),
        ("immunization", True, False, False),
        ("allergy", False, False, False),
    ]


def test_what_was_entered_in_error_states_nothing() -> None:
    data = bundle(PATIENT, resource("Observation", status="entered-in-error", code=concept("29463-7"), valueInteger=1))
    assert only(data).reason == "no_document"


def test_a_device_gives_its_udi_lot_and_serial() -> None:
    device = {
        "resourceType": "Device",
        "id": "d",
        "type": concept("P0908", "urn:oid:1.2.250.1.213.2.68", "Prothèse"),
        "udiCarrier": [{"deviceIdentifier": "03401234567890"}],
        "lotNumber": "L1",
        "serialNumber": "S1",
    }
    (fact,) = facts(device)
    assert (fact.kind, fact.code, fact.system) == ("device", "P0908", "EMDN")
    assert (fact.udi, fact.lot, fact.serial) == ("03401234567890", "L1", "S1")


def test_a_fhir_document_has_its_sections_and_facts() -> None:
    composition = {
        "resourceType": "Composition",
        "identifier": {"value": "urn:oid:1.9.9"},
        "type": concept("60591-5"),
        "title": "Synthèse",
        "date": "2024-11-20T11:00:00+01:00",
        "subject": {"reference": "Patient/p1"},
        "section": [
            {
                "title": "Problèmes",
                "code": concept("11450-4"),
                "text": {
                    "div": "<div xmlns='http://www.w3.org/1999/xhtml'><table><tr><td>HTA</td><td>2015</td></tr></table></div>"
                },
                "entry": [{"reference": "Condition/r1"}],
            }
        ],
    }
    document = only(
        bundle(
            composition,
            PATIENT,
            resource("Condition", code=concept("I10", "urn:oid:2.16.840.1.113883.6.3", "HTA")),
            kind="document",
        )
    )
    assert (document.header.title, document.header.document_id) == ("Synthèse", "1.9.9")
    assert document.text == "Problèmes\nHTA\t2015\nHTA\n"
    (section,) = document.sections
    assert (section.code, section.start, section.end) == ("11450-4", 0, len(document.text))
    (fact,) = document.facts
    assert (fact.code, fact.system, fact.section, fact.text) == ("I10", "CIM-10", "11450-4", "HTA")


def test_the_form_of_a_report_has_the_header_of_the_report() -> None:
    form = {"contentType": "text/plain", "data": base64.b64encode(NOTE.encode()).decode()}
    report = resource(
        "DiagnosticReport",
        identifier=[{"value": "urn:oid:1.9.7"}],
        code=concept("18748-4"),
        effectiveDateTime="2024-05-06",
        presentedForm=[form],
    )
    document = only(bundle(PATIENT, report))
    head = document.header
    assert (document.text, head.document_id, head.type_code, head.effective_time) == (
        NOTE, "1.9.7", "18748-4", "2024-05-06",
    )  # fmt: skip
    assert (head.patient.ins, head.type_system) == ("279036912345659", "2.16.840.1.113883.6.1")


def test_a_resource_of_a_fhir_document_is_stated_once_with_or_without_an_id() -> None:
    composition = {
        "resourceType": "Composition",
        "type": concept("60591-5"),
        "section": [{"title": title, "entry": [{"reference": "urn:uuid:1"}]} for title in ("Actifs", "Résumé")]
        + [{"title": "Dispositifs", "entry": [{"reference": "urn:uuid:3"}]}],
    }
    problems = [
        {"resourceType": "Condition", "code": concept(code, "urn:oid:2.16.840.1.113883.6.347")} for code in ("A", "B")
    ]
    use = {"resourceType": "DeviceUseStatement", "device": {"reference": "urn:uuid:4"}}
    worn = {"resourceType": "Device", "type": concept("J0101", "urn:oid:1.2.250.1.213.2.68")}
    document = only(bundle(composition, *problems, use, worn, kind="document"))
    assert [(one.kind, one.code, one.system, one.section_index) for one in document.facts] == [
        ("condition", "A", "CIM-11", 0),
        ("device", "J0101", "EMDN", 2),
        ("condition", "B", "CIM-11", None),
    ]


def test_a_document_that_its_sender_calls_superseded_is_not_published() -> None:
    document = only(json.dumps(reference(NOTE.encode(), status="superseded")).encode())
    assert (document.status, document.reason, document.header.document_id) == ("quarantined", "no_document", "1.2.3.4")
    assert document.text == NOTE


def test_each_patient_of_a_bundle_has_a_document_of_its_own() -> None:
    other = {**PATIENT, "id": "p2", "identifier": [{"system": "urn:oid:1.2.9", "value": "77"}]}
    weights = [
        {"resourceType": "Observation", "id": f"o{n}", "status": "final", "code": concept("29463-7"), "valueInteger": n,
         "subject": {"reference": f"Patient/p{n}"}}
        for n in (1, 2)
    ]  # fmt: skip
    documents = read(bundle(PATIENT, other, *weights), "f.json")
    assert [[f.value for f in d.facts] for d in documents] == [[1.0], [2.0]]
    assert [d.header.patient.identifiers[0].value for d in documents] == ["279036912345659", "77"]
    first, second = documents  # one hash for both would make the second a duplicate of the first
    assert first.sha256 != second.sha256
    assert first.container_sha256 == second.container_sha256 is not None


def test_each_fhir_document_of_an_ndjson_is_read() -> None:
    def composed(code: str) -> bytes:
        composition = {"resourceType": "Composition", "type": concept("60591-5"), "title": code}
        return bundle(composition, PATIENT, resource("Condition", code=concept(code)), kind="document")

    documents = read(composed("A") + b"\n" + composed("B"), "f.ndjson")
    assert [(one.header.title, [f.code for f in one.facts]) for one in documents] == [("A", ["A"]), ("B", ["B"])]
    assert documents[0].sha256 != documents[1].sha256


def test_ndjson_is_read_line_by_line() -> None:
    lines = [PATIENT, resource("Observation", status="final", code=concept("29463-7"), valueInteger=62)]
    document = only("\n".join(json.dumps(line) for line in lines).encode())
    assert [f.value for f in document.facts] == [62.0]


@pytest.mark.parametrize(
    "data", [b'{"resourceType": "Bundle", ', b'{"resourceType": 3}', b'{"x": {"resourceType": "Y"}}']
)
def test_broken_json_is_malformed(data: bytes) -> None:
    assert only(data).reason == "malformed"


def test_nesting_without_end_is_refused() -> None:
    data = b'{"resourceType": "Bundle", "entry": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert only(data).reason in ("forbidden_construct", "malformed")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["code", "subject", "content", "dosageInstruction", "valueQuantity", "udiCarrier", "section", "entry", "identifier"]
)


@given(
    st.sampled_from(["Observation", "MedicationRequest", "Bundle", "DocumentReference", "Composition", "Device"]),
    st.dictionaries(names, json_values, max_size=5),
)
def test_no_shape_of_json_ever_raises(kind: str, body: dict[str, Any]) -> None:
    for document in read(json.dumps({"resourceType": kind, **body}).encode(), "f.json"):
        assert document.reason != "reader_crashed"


@pytest.mark.samples
def test_every_real_resource_is_accounted_for(samples: Path) -> None:
    outcome: Counter[str] = Counter()
    drugs = 0
    for path in sorted(samples.rglob("*.json")):
        documents = read(path.read_bytes(), path.name)
        assert documents
        for document in documents:
            outcome[document.reason or "ok"] += 1
            if "ePrescription" in str(path):
                assert document.status == "ok"
                drugs += sum(f.kind == "drug" and bool(f.display or f.code) for f in document.facts)
    assert outcome["reader_crashed"] == 0
    assert drugs == 47  # 46 prescriptions, one of two lines


def test_the_side_of_a_procedure_is_that_of_its_body_site() -> None:
    site = {"coding": [{"system": "http://snomed.info/sct", "code": "9", "display": "genou gauche"}]}
    (fact,) = facts(resource("Procedure", code=concept("NFKA007"), bodySite=[site], status="completed"))
    assert (fact.kind, fact.side) == ("procedure", "left")


def test_a_medicine_beside_the_request_that_calls_it_contained_is_found_by_its_id() -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {
                "resource": {
                    "resourceType": "Patient",
                    "id": "p",
                    "identifier": [{"system": "urn:oid:1.2.9", "value": "1"}],
                }
            },
            {"resource": {"resourceType": "Medication", "id": "a", "code": {"text": "dobutamine"}}},
            {"resource": {"resourceType": "Medication", "id": "b", "code": {"text": "glucose"}}},
            {
                "resource": {
                    "resourceType": "MedicationRequest",
                    "status": "active",
                    "subject": {"reference": "Patient/p"},
                    "medicationReference": {"reference": "#a"},
                }
            },
        ],
    }
    (document,) = read(json.dumps(bundle).encode(), "x.json")
    assert [fact.display for fact in document.facts] == ["dobutamine"]


def of_one_patient(*resources: dict[str, object]) -> Document:
    patient = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:oid:1.2.9", "value": "1"}]}
    entries = [
        {"resource": one} for one in (patient, *({**each, "subject": {"reference": "Patient/p"}} for each in resources))
    ]
    (document,) = read(
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode(), "x.json"
    )
    return document


@pytest.mark.parametrize(
    ("value", "text", "unit"),
    [
        ({"valueRange": {"low": {"value": 2, "unit": "mm"}, "high": {"value": 4, "unit": "mm"}}}, "2 - 4", "mm"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128", None),
        ({"valuePeriod": {"start": "2026-01-01", "end": "2026-01-03"}}, "2026-01-01 - 2026-01-03", None),
    ],
)
def test_a_range_a_ratio_and_a_period_are_values(value: dict[str, object], text: str, unit: str | None) -> None:
    (fact,) = of_one_patient(
        {"resourceType": "Observation", "status": "final", "code": {"text": "Test"}, **value}
    ).facts
    assert (fact.value_text, fact.unit) == (text, unit)


def test_what_was_noted_on_a_result_is_in_the_text_and_on_it() -> None:
    noted = {"status": "final", "note": [{"text": "Sérum hémolysé"}], "code": {"text": "Potassium"}}
    document = of_one_patient({"resourceType": "Observation", "valueQuantity": {"value": 6, "unit": "mmol/L"}, **noted})
    assert document.facts[0].comment == "Sérum hémolysé"
    assert document.text == "Potassium : 6 mmol/L\nCommentaire : Sérum hémolysé\n"


def test_the_conclusion_of_a_report_is_text() -> None:
    report = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Scanner"}}
    assert of_one_patient({**report, "conclusion": "Pas d'embolie."}).text == "Pas d'embolie.\n"


def test_an_encounter_is_the_stay_of_what_comes_with_it() -> None:
    stay = {"resourceType": "Encounter", "id": "v", "status": "finished", "class": {"code": "IMP"}}
    document = of_one_patient({**stay, "period": {"start": "2026-01-01", "end": "2026-01-05"}})
    assert [(f.kind, f.code, f.time_end) for f in document.facts] == [("encounter", "IMP", "2026-01-05")]
    head = document.header.encounter
    assert (head.klass, head.start, head.end) == ("IMP", "2026-01-01", "2026-01-05")
