"""Dates that do not exist are absent, and said."""

from __future__ import annotations

import pytest

from limpide.readers.registry import read
from limpide.readers.written_dates import existing
from tests.warehouse.sender import cda


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1978-02-28", "1978-02-28"),
        ("1978-02-35", None),
        ("1978-13-01", None),
        ("2023-02-29", None),
        ("2024-02-29", "2024-02-29"),
        ("1978-02-00", "1978-02"),
        ("1978-00-00", "1978"),
        ("0000-00-00", None),
        ("1978", "1978"),
        ("2026-01-01T23:30:00-05:00", "2026-01-01T23:30:00-05:00"),
        ("2026-01-01T24:00:00+01:00", "2026-01-01T24:00:00+01:00"),
        ("2026-01-01T25:00:00+01:00", None),
        ("2026-01-01T10:61:00", None),
        ("hier", None),
    ],
)
def test_a_date_of_no_calendar_is_absent(written: str, kept: str | None) -> None:
    assert existing(written) == kept


MESSAGE = "\r".join(
    (
        r"MSH|^~\&|SIL|LABO|DPI|CH|20260914103000||ORU^R01|1|P|2.5",
        "PID|||8004^^^&1.2.250.9.9&ISO||LEROY^Aline||{birth}|F",
        "OBR|1||A1|58410-2^NFS^LN|||{taken}",
        "OBX|1|NM|718-7^Hémoglobine^LN||12.0|g/dL|||||F",
    )
)


@pytest.mark.parametrize(
    ("birth", "taken", "header", "patient", "said"),
    [
        (
            "19780235", "20260914", "2026-09-14", None,
            ["the birth date of the patient is not a date that exists: left out"],
        ),
        ("19780000", "20260914", "2026-09-14", "1978", []),
        (
            "19780203", "202602300915", None, "1978-02-03",
            ["the date of the document is not a date that exists: left out", "1 dates of facts do not exist: left out"],
        ),
    ],
)  # fmt: skip
def test_a_message_says_what_it_left_out(birth, taken, header, patient, said) -> None:
    (document,) = read(MESSAGE.format(birth=birth, taken=taken).encode(), "a.hl7")
    assert document.header.effective_time == header
    assert document.header.patient.birth_date == patient
    assert document.warnings == said


def test_a_fhir_patient_and_result_of_no_calendar() -> None:
    bundle = b"""{"resourceType": "Bundle", "type": "collection", "entry": [
      {"resource": {"resourceType": "Patient", "id": "p", "birthDate": "1978-02-35",
        "identifier": [{"system": "urn:oid:1.2.250.9.9", "value": "1"}], "name": [{"family": "LEROY"}]}},
      {"resource": {"resourceType": "Observation", "id": "a", "subject": {"reference": "Patient/p"}, "status": "final",
        "effectiveDateTime": "2026-11-31", "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "valueQuantity": {"value": 12.0, "code": "g/dL"}}}]}"""
    (document,) = read(bundle, "a.json")
    assert document.header.patient.birth_date is None
    assert (document.header.effective_time, document.facts[0].time_start) == (None, None)
    assert len(document.warnings) == 2


def test_a_document_whose_dates_exist_warns_of_nothing() -> None:
    (document,) = read(cda("A"), "a.xml")
    assert not [said for said in document.warnings if "exist" in said]
