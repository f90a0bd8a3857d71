"""Movements (ADT, PAM-FR) and appointments (SIU): stays, units, diagnoses, acts, death; cancelled and updated."""

from __future__ import annotations

import pytest

from limpide.document import Action, Document
from limpide.readers.registry import read

PID = "PID|1||4711^^^CHU&1.2.250.1.77&ISO^PI||ROCHE^Nadia^^^^^L||19680214|F"
PV1 = "PV1|1|I|CARD^12^1||||||||||||||||V9^^^CHU" + "|" * 25 + "{start}|{end}"


def adt(trigger: str, *segments: str, start: str = "20260301", end: str = "", pid: str = PID) -> Document:
    stay = PV1.format(start=start, end=end)
    msh = f"MSH|^~\\&|GAM|CHU|EDS|CHU|20260305080000||ADT^{trigger}|77|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR"
    data = "\r".join([msh, "EVN||202603050800||||20260305", pid, stay, *segments, ""]).encode()
    (document,) = read(data, "m.hl7")
    return document


@pytest.mark.parametrize("trigger", ["A01", "A02", "A03", "A04", "A06", "A07", "A08"])
def test_a_movement_tells_a_stay(trigger: str) -> None:
    document = adt(trigger, end="20260305")
    assert (document.status, document.header.type_code) == ("ok", f"ADT^{trigger}")
    stay = document.header.encounter
    assert (stay.id, stay.klass, stay.start, stay.end) == ("V9", "IMP", "2026-03-01", "2026-03-05")
    assert document.facts[0].kind == "encounter" and not document.facts[0].planned
    for fact in document.facts:
        assert document.text[fact.start : fact.end] == fact.text


def test_units_and_modes_of_pam_fr() -> None:
    document = adt(
        "A03",
        "ZBE|M42^CHU|20260305101500|20260306||INSERT|N||Chirurgie^^^^^^UF^^^6268|Soins^^^^^^UF^^^6269|HMS".replace(
            "||INSERT", "|INSERT"
        ),
        "ZFM|8|9|1|2",
        start="",
    )
    said = [(f.role, f.code, f.system, f.display) for f in document.facts if f.kind == "encounter"][1:]
    assert said == [
        ("movement", "6268", "UF", "Chirurgie"),
        ("movement", "6269", "UF", "Soins"),
        ("admission", "8", "PMSI", "domicile"),
        ("discharge", "9", "PMSI", "décès"),
        ("provenance", "1", "PMSI", None),
        ("destination", "2", "PMSI", None),
    ]
    stay = document.header.encounter
    assert stay.discharge is not None and (stay.discharge.code, stay.end) == ("9", "2026-03-05T10:15:00+01:00")
    death = [f for f in document.facts if f.code == "419099009"]
    assert [f.kind for f in death] == ["observation"]


def test_the_day_of_death() -> None:
    document = adt("A08", pid=PID + "|" * 21 + "20260304|Y")
    assert [(f.code, f.time_start) for f in document.facts if f.kind == "observation"] == [("419099009", "2026-03-04")]
    assert "Décès le 2026-03-04" in document.text


def test_diagnoses_with_their_place_in_the_summary_and_acts() -> None:
    document = adt(
        "A03",
        "DG1|1||I50.0^Insuffisance cardiaque^CIM10||20260301|DP",
        "DG1|2||E11.9^Diabète^CIM-10||20260301|DAS",
        "DG1|3||Z51.1^^I10||20260301|DR",
        "DG1|4||R07.4^Douleur^CIM10||20260301|W",
        "PR1|1||DEQP003^ECG^CCAM||20260302",
    )
    found = [(f.kind, f.code, f.system, f.status, f.hypothetical) for f in document.facts if f.kind != "encounter"]
    assert found == [
        ("condition", "I50.0", "CIM-10", "DP", False),
        ("condition", "E11.9", "CIM-10", "DAS", False),
        ("condition", "Z51.1", "CIM-10", "DR", False),
        ("condition", "R07.4", "CIM-10", "working", True),
        ("procedure", "DEQP003", "CCAM", None, False),
    ]
    assert document.facts[1].time_start == "2026-03-01"


def test_an_allergy_and_a_weight_of_an_admission() -> None:
    document = adt("A01", "AL1|1|DA|^Pénicilline|SV", "OBX|1|NM|29463-7^Poids^LN||62|kg|||||F")
    assert [(f.kind, f.display, f.value) for f in document.facts[1:]] == [
        ("allergy", "Pénicilline", None),
        ("measurement", "Poids", 62.0),
    ]


@pytest.mark.parametrize(("cancel", "of"), [("A11", "A01"), ("A13", "A03")])
def test_a_cancelled_movement_deletes_the_document_that_announced_it(cancel: str, of: str) -> None:
    assert adt(cancel).header.action is Action.DELETE
    assert adt(cancel).header.document_id == adt(of).header.document_id == f"ADT/CHU/V9/{of}"


def test_movements_of_pam_fr_are_inserted_updated_and_cancelled_by_their_number() -> None:
    zbe = "ZBE|M42^CHU|20260305101500||{}|N|A02|Chirurgie^^^^^^UF^^^6268"
    actions = [adt(trigger, zbe.format(word)).header for trigger, word in (
        ("A02", "INSERT"), ("Z99", "UPDATE"), ("A12", "CANCEL"))]  # fmt: skip
    assert [head.action for head in actions] == [Action.CREATE, Action.REPLACE, Action.DELETE]
    assert {head.document_id for head in actions} == {"ADT/CHU/V9/M42"}


def test_a_stay_to_come_is_planned_and_no_visit() -> None:
    document = adt("A05", start="20260401")
    assert document.facts[0].planned and document.facts[0].time_start == "2026-04-01"
    assert document.header.encounter.start is None


def test_an_identity_without_a_stay_carries_no_document() -> None:
    data = f"MSH|^~\\&|GAM|CHU|EDS|CHU|2026||ADT^A28|77|P|2.5\r{PID}\rPV1|1|N\rIN1|1|A\r".encode()
    (document,) = read(data, "m.hl7")
    assert (document.reason, document.detail) == ("no_document", "ADT^A28 carries no document; not read: 1 IN1")


@pytest.mark.parametrize(
    ("trigger", "action"), [("S12", Action.CREATE), ("S14", Action.REPLACE), ("S15", Action.DELETE)]
)
def test_an_appointment_is_a_planned_encounter(trigger: str, action: Action) -> None:
    sch = "SCH|R1|R1||||^Contrôle|^Consultation de contrôle|||30|^^30^202604021030^202604021100"
    data = f"MSH|^~\\&|RDV|CHU|EDS|CHU|2026||SIU^{trigger}|7|P|2.5\r{sch}\r{PID}\rRGS|1\rAIL|1||CS2\r".encode()
    (document,) = read(data, "m.hl7")
    (fact,) = document.facts
    assert (fact.kind, fact.planned, fact.display) == ("encounter", True, "Consultation de contrôle")
    assert (fact.time_start, fact.time_end) == ("2026-04-02T10:30:00+02:00", "2026-04-02T11:00:00+02:00")
    assert document.text == "Rendez-vous\nRendez-vous du 2026-04-02 à 10:30 : Consultation de contrôle, CS2\n"
    assert (document.header.action, document.header.document_id) == (action, "SIU/CHU/R1")
    assert document.header.encounter.start is None and document.warnings == []
