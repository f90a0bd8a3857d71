"""What entries state is not read again in the text that shows them, whatever carried it."""

from __future__ import annotations

import json

from limpide.document import Document, Fact, Section
from limpide.readers.registry import read
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")

ORU = "\r".join(
    [
        "MSH|^~\\&|LAB|LABO|DPI|HOP|202403121000||ORU^R01^ORU_R01|1|P|2.5|||||FRA|UNICODE UTF-8",
        "PID|1||123^^^HOP^PI||ESSAI^LISE||19700707|F",
        "OBR|1|||NFS|||202403120815",
        "OBX|1|NM|14682-9^Créatinine [Moles/Volume] Sérum^LN||85|umol/L|50-100|N|||F",
        "OBX|2|CE|94500-6^SARS-CoV-2 ARN^LN||260415000^Non détecté^SCT||||||F",
        "OBX|3|NM|2823-3^Potassium^LN||4.1|mmol/L|3.5-5|N|||F",
    ]
)


def annotated(data: bytes, path: str) -> Document:
    document = read(data, path)[0]
    engine.annotate(document)
    return document


def read_again(document: Document) -> list[tuple[str, str | None]]:
    return [(fact.kind, fact.text) for fact in document.facts if fact.origin == "nlp"]


def test_results_of_a_message_are_said_once() -> None:
    document = annotated(ORU.encode(), "r.hl7")
    assert [fact.code for fact in document.facts if fact.origin == "coded"] == ["14682-9", "94500-6", "2823-3"]
    assert read_again(document) == []


def test_a_vaccination_of_a_resource_is_one_fact() -> None:
    resource = {
        "resourceType": "Immunization",
        "id": "1",
        "status": "completed",
        "vaccineCode": {
            "coding": [{"system": "http://www.whocc.no/atc", "code": "J07CA02"}],
            "text": "Vaccin tétanos coqueluche",
        },
        "occurrenceDateTime": "2024-03-12",
        "patient": {"display": "Lise Essai"},
    }
    document = annotated(json.dumps(resource).encode(), "v.json")
    assert [fact.kind for fact in document.facts] == ["immunization"]


def coded(kind: str, start: int, end: int, index: int | None = 0) -> Fact:
    return Fact(kind, "coded", start=start, end=end, section_index=index)  # type: ignore[arg-type]


def document_of(text: str, facts: list[Fact], code: str = "11369-6") -> Document:
    document = Document("d.xml", "0" * 64, text=text, facts=facts)
    document.sections = [Section(code, "LOINC", "Titre", 0, len(text), has_entries=True)]
    engine.annotate(document)
    return document


def test_a_row_of_a_narrative_that_an_entry_points_to_is_silent_and_the_rest_is_read() -> None:
    text = "Vaccinations\nTétanos\t12/03/2024\nPatient porteur d'un diabète de type 2.\n"
    document = document_of(text, [coded("immunization", 13, 20)])
    assert read_again(document) == [("condition", "diabète de type 2")]


def test_rows_of_results_name_no_disease() -> None:
    text = "Résultats\nDépistage du cancer\tnégatif\nConclusion : cirrhose.\n"
    document = document_of(text, [coded("measurement", 30, 37)], "30954-2")
    assert read_again(document) == [("condition", "cirrhose")]


def test_an_entry_that_points_to_a_passage_speaks_for_its_kind_only() -> None:
    passage = "Suivi d'une cirrhose. " + "Il va bien et reprend son travail. " * 12
    document = document_of(passage, [coded("observation", 0, len(passage), None)])
    assert ("condition", "cirrhose") in read_again(document)
