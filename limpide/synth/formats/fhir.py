"""FHIR R4 JSON as French senders write it: composed documents, attached documents, electronic prescriptions.

Belongs here: resources and bundles, and the truth of each resource. Does not belong here: wording.
Shapes: formats.md section 8 (FR Core, PDSm / ITI-65, ePrescription).
"""

from __future__ import annotations

import base64
import hashlib
import json
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from limpide.synth.cases import Case, Result, french, measured
from limpide.synth.content import TruthFact
from limpide.synth.envelope import Envelope, paris_offset, uuid
from limpide.synth.history import Treatment
from limpide.synth.population import INS_TEST

Json = dict[str, Any]
Ndjson = bytes  # `Bundle` has a method of that name
LOINC_URI, ATC_URI = "http://loinc.org", "http://www.whocc.no/atc"
CIM10_URI = "urn:oid:2.16.840.1.113883.6.3"


def moment(head: Envelope) -> str:
    """2026-10-31T11:11:30+01:00, always with its offset: FHIR's dateTime demands one."""
    offset = head.offset or paris_offset(head.moment)
    return f"{head.moment.isoformat(timespec='seconds')}{offset[:3]}:{offset[3:]}"


def urn(document_id: str) -> str:
    """A document id as FHIR writes it: `urn:oid:1.2.3` or `urn:uuid:…`."""
    return f"urn:uuid:{document_id.lower()}" if "-" in document_id else f"urn:oid:{document_id}"


class Bundle:
    """A bundle being filled: people first, then what they say."""

    def __init__(self, kind: str, case: Case, head: Envelope, rng: Random) -> None:
        self.kind, self.case, self.head, self.rng = kind, case, head, rng
        self.entries: list[tuple[str, Json]] = []
        self.facts: list[TruthFact] = []
        self.patient = ""
        self.author = ""
        self.site = ""

    def add(self, resource: Json) -> str:
        """Adds a resource under a fresh id; returns its reference."""
        own = uuid(self.rng).lower()
        resource["id"] = own
        url = f"urn:uuid:{own}"
        self.entries.append((url, resource))
        return url

    def people(self) -> None:
        """Patient (FR Core, INS), Practitioner, Organization."""
        patient, author, site = self.case.patient, self.case.author, self.case.site
        telecom = [{"system": "phone", "value": patient.mobile, "use": "mobile"}]
        if patient.email:
            telecom.append({"system": "email", "value": patient.email})
        self.patient = self.add(
            {
                "resourceType": "Patient",
                "identifier": [
                    {"use": "official", "system": f"urn:oid:{INS_TEST}", "value": patient.ins},
                    {"use": "usual", "system": f"urn:oid:{self.case.site.ipp_root}", "value": patient.ipp},
                ],
                "name": [
                    {"use": "official", "family": patient.family.upper(), "given": list(patient.given)},
                    {"use": "usual", "family": patient.used.upper(), "given": [patient.given[0]]},
                ],
                "telecom": telecom,
                "gender": "female" if patient.sex == "F" else "male",
                "birthDate": patient.birth.isoformat(),
                "address": [
                    {"line": [patient.street], "city": patient.commune.city, "postalCode": patient.commune.postal}
                ],
            }
        )
        self.author = self.add(
            {
                "resourceType": "Practitioner",
                "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": f"8{author.rpps}"}],
                "name": [{"family": author.family.upper(), "given": [author.given], "suffix": ["DR"]}],
            }
        )
        self.site = self.add(
            {
                "resourceType": "Organization",
                "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": f"1{site.finess}"}],
                "name": site.name,
            }
        )

    def bytes(self) -> bytes:
        """The bundle as JSON; a transaction says what to do with each resource."""
        entries = []
        for url, resource in self.entries:
            entry: Json = {"fullUrl": url, "resource": resource}
            if self.kind == "transaction":
                entry["request"] = {"method": "POST", "url": resource["resourceType"]}
            entries.append(entry)
        bundle = {
            "resourceType": "Bundle",
            "id": uuid(self.rng).lower(),
            "type": self.kind,
            "timestamp": moment(self.head),
            "entry": entries,
        }
        return json.dumps(bundle, ensure_ascii=False, indent=1).encode()

    def lines(self) -> Ndjson:
        """The same resources as NDJSON, one a line (bulk export)."""
        return "".join(json.dumps(resource, ensure_ascii=False) + "\n" for _, resource in self.entries).encode()

    # -- clinical resources --------------------------------------------------------------------------------------

    def conditions(self) -> list[str]:
        """Problems of the patient."""
        references = []
        for disease, onset in self.case.state.diseases:
            references.append(
                self.add(
                    {
                        "resourceType": "Condition",
                        "clinicalStatus": {"coding": [{"code": "active"}]},
                        "code": {"coding": [{"system": CIM10_URI, "code": disease.code, "display": disease.label}]},
                        "subject": {"reference": self.patient},
                        "onsetDateTime": onset.isoformat(),
                    }
                )
            )
            self.facts.append(
                TruthFact("condition", "coded", None, disease.code, "CIM-10", time_start=onset.isoformat())
            )
        return references

    def observations(self, results: list[Result]) -> list[str]:
        """Laboratory results; FHIR has no place for a previous one but another Observation: only today's are sent."""
        references = []
        for result in results:
            test = result.test
            _, value, sign = measured(test, result.value)
            quantity: Json = {
                "value": value,
                "unit": test.unit,
                "system": "http://unitsofmeasure.org",
                "code": test.unit,
            }
            if sign:
                quantity["comparator"] = sign
            span: Json = {}
            if test.low is not None:
                span["low"] = {"value": test.low, "unit": test.unit}
            if test.high is not None:
                span["high"] = {"value": test.high, "unit": test.unit}
            day = self.case.day.isoformat()
            references.append(
                self.add(
                    {
                        "resourceType": "Observation",
                        "status": "final",
                        "category": [{"coding": [{"code": "laboratory"}]}],
                        "code": {"coding": [{"system": LOINC_URI, "code": test.loinc, "display": test.label}]},
                        "subject": {"reference": self.patient},
                        "effectiveDateTime": day,
                        "valueQuantity": quantity,
                        "referenceRange": [span],
                    }
                )
            )
            self.facts.append(
                TruthFact(
                    "measurement",
                    "coded",
                    None,
                    test.loinc,
                    "LOINC",
                    value,
                    None,
                    sign,
                    test.unit,
                    test.low,
                    test.high,
                    time_start=day,
                )
            )
        return references

    def prescriptions(self, treatments: tuple[Treatment, ...]) -> list[str]:
        """MedicationRequest with its Medication contained, as ePrescription does."""
        references = []
        for treatment in treatments:
            drug, pose = treatment.drug, treatment.posology
            references.append(
                self.add(
                    {
                        "resourceType": "MedicationRequest",
                        "contained": [
                            {
                                "resourceType": "Medication",
                                "id": "med",
                                "code": {
                                    "coding": [{"system": ATC_URI, "code": drug.atc, "display": drug.dci}],
                                    "text": treatment.printed,
                                },
                            }
                        ],
                        "status": "active",
                        "intent": "order",
                        "medicationReference": {"reference": "#med"},
                        "subject": {"reference": self.patient},
                        "authoredOn": moment(self.head),
                        "requester": {"reference": self.author},
                        "dosageInstruction": [
                            {
                                "text": pose.text,
                                "timing": {
                                    "repeat": {"frequency": 1, "period": pose.period, "periodUnit": pose.period_unit}
                                },
                                "route": {"text": drug.route_text},
                                "doseAndRate": [{"doseQuantity": {"value": pose.dose, "unit": pose.unit}}],
                            }
                        ],
                    }
                )
            )
            self.facts.append(
                TruthFact(
                    "drug",
                    "coded",
                    None,
                    drug.atc,
                    "ATC",
                    planned=True,
                    dose=pose.dose,
                    dose_unit=pose.unit,
                    frequency=pose.text,
                )
            )
        return references


def _concept(head: Envelope) -> Json:
    system = LOINC_URI if head.kind.system.endswith("113883.6.1") else f"urn:oid:{head.kind.system}"
    return {"coding": [{"system": system, "code": head.kind.code, "display": head.kind.display}]}


def _relates(head: Envelope) -> list[Json]:
    """Composition.relatesTo of R4: the identifier of the document replaced."""
    return [
        {"code": "replaces", "targetIdentifier": {"system": "urn:ietf:rfc:3986", "value": urn(parent)}}
        for parent in head.replaces
    ]


def _section(title: str, code: str, words: list[str], entries: list[str]) -> Json:
    lines = "".join(f"<li>{escape(each)}</li>" for each in words)
    return {
        "title": title,
        "code": {"coding": [{"system": LOINC_URI, "code": code}]},
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{lines}</ul></div>'},
        "entry": [{"reference": each} for each in entries],
    }


def composed(
    head: Envelope, case: Case, results: list[Result], rng: Random
) -> tuple[bytes, list[TruthFact], list[tuple[str, str]]]:
    """A FHIR document (Composition first): problems and results. Returns bytes, facts, sections (title, code)."""
    bundle = Bundle("document", case, head, rng)
    composition: Json = {
        "resourceType": "Composition",
        "status": "final",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": urn(head.document_id)},
        "type": _concept(head),
        "date": moment(head),
        "title": head.title,
        "confidentiality": "N",
    }
    bundle.add(composition)
    bundle.people()
    composition["subject"] = {"reference": bundle.patient}
    composition["author"] = [{"reference": bundle.author}]
    composition["custodian"] = {"reference": bundle.site}
    if head.replaces:
        composition["relatesTo"] = _relates(head)
    known = [f"{disease.label} (depuis le {french(onset)})" for disease, onset in case.state.diseases]
    told = [" ".join(filter(None, result.row(case.prior_day)[:3])) for result in results]
    composition["section"] = [
        _section("Problèmes en cours", "11450-4", known, bundle.conditions()),
        _section("Résultats", "30954-2", told, bundle.observations(results)),
    ]
    return bundle.bytes(), bundle.facts, [("Problèmes en cours", "11450-4"), ("Résultats", "30954-2")]


def attached(head: Envelope, case: Case, payload: bytes, media_type: str, rng: Random) -> bytes:
    """ITI-65: a DocumentReference and its Binary, hash in base64 SHA-1 and true size."""
    bundle = Bundle("transaction", case, head, rng)
    bundle.people()
    binary = bundle.add(
        {"resourceType": "Binary", "contentType": media_type, "data": base64.b64encode(payload).decode()}
    )
    digest = base64.b64encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()
    reference: Json = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": urn(head.document_id)},
        "status": "current",
        "type": _concept(head),
        "subject": {"reference": bundle.patient},
        "date": moment(head),
        "author": [{"reference": bundle.author}],
        "custodian": {"reference": bundle.site},
        "description": head.title,
        "securityLabel": [{"coding": [{"code": "N"}]}],
        "content": [{"attachment": {"contentType": media_type, "url": binary, "size": len(payload), "hash": digest}}],
    }
    if head.set_id:
        reference["identifier"] = [{"system": "urn:ietf:rfc:3986", "value": urn(head.set_id)}]
    if head.replaces:
        reference["relatesTo"] = [
            {"code": "replaces", "target": {"identifier": {"value": urn(parent)}}} for parent in head.replaces
        ]
    bundle.add(reference)
    return bundle.bytes()


def prescribed(
    head: Envelope, case: Case, treatments: tuple[Treatment, ...], rng: Random
) -> tuple[bytes, list[TruthFact]]:
    """An electronic prescription: requests without a document around them."""
    bundle = Bundle("collection", case, head, rng)
    bundle.people()
    bundle.prescriptions(treatments)
    return bundle.bytes(), bundle.facts


def exported(
    head: Envelope, case: Case, results: list[Result], treatments: tuple[Treatment, ...], rng: Random
) -> tuple[bytes, list[TruthFact]]:
    """A bulk export: problems, results and prescriptions of one patient, NDJSON, no document around them."""
    bundle = Bundle("collection", case, head, rng)
    bundle.people()
    bundle.conditions()
    bundle.observations(results)
    bundle.prescriptions(treatments)
    return bundle.lines(), bundle.facts
