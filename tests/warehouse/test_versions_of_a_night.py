"""Sent again, sent in part, sent twice: through a whole night, nothing is lost and nothing counts twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from limpide.warehouse.layout import Layout
from limpide.warehouse.query import connect
from tests.warehouse.loading import load
from tests.warehouse.sender import send

ONE, TWO, THREE = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
HEAD = r"MSH|^~\&|SIL|LABO|DPI|CH|20261101103000||ORU^R01|{control}|P|2.5"
PID = "PID|||8004^^^&1.2.250.9.9&ISO||LEROY^Aline||19780203|F"
OBR = "OBR|1||S77|{panel}^{panel}^LN|||20261101|||||||||||||||||||F"
OBX = "OBX|{n}|NM|{code}^{code}^LN||{value}|g/dL|||||F"


def message(panel: str, *results: tuple[str, float], control: str = "1") -> bytes:
    lines = [OBX.format(n=n, code=code, value=value) for n, (code, value) in enumerate(results, 1)]
    return "\r".join((HEAD.format(control=control), PID, OBR.format(panel=panel), *lines)).encode()


def record(*results: tuple[str, float, str], server: str | None = None) -> bytes:
    patient: dict[str, Any] = {
        "resourceType": "Patient", "id": "p", "birthDate": "1978-02-03",
        "identifier": [{"system": "urn:oid:1.2.250.9.9", "value": "8004"}], "name": [{"family": "LEROY"}],
    }  # fmt: skip
    held = [patient] + [
        {
            "resourceType": "Observation", "id": ident, "status": "final", "subject": {"reference": "Patient/p"},
            "effectiveDateTime": day, "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
            "valueQuantity": {"value": value, "code": "g/dL"},
        }
        for ident, value, day in results
    ]  # fmt: skip
    entries = [
        {"resource": r} | ({"fullUrl": f"{server}{r['resourceType']}/{r['id']}"} if server else {}) for r in held
    ]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


def values(layout: Layout) -> list[float]:
    with connect(layout) as db:
        return [float(row[0]) for row in db.execute("SELECT value_as_number FROM measurement ORDER BY 1").fetchall()]


def nights(layout: Layout, landing: Path, *sent: bytes, name: str = "a{}.dat") -> list[float]:
    for day, content in zip((ONE, TWO, THREE), sent, strict=False):
        send(landing / str(day), "labo", name.format(day.day), content)
        load(layout, landing / str(day), day)
    return values(layout)


def test_a_message_read_half_is_replaced_by_the_whole_one(layout: Layout, landing: Path) -> None:
    whole = message("58410-2", ("718-7", 12.0), ("789-8", 4.2), ("6690-2", 7.1))
    assert nights(layout, landing, whole[: whole.index(b"OBX|3")], whole) == [4.2, 7.1, 12.0]


def test_two_panels_of_one_specimen_are_two_documents(layout: Layout, landing: Path) -> None:
    first, second = message("58410-2", ("718-7", 12.0)), message("24326-1", ("2951-2", 140.0), control="2")
    assert nights(layout, landing, first, second) == [12.0, 140.0]


def test_a_record_exported_each_day_with_one_more_result_counts_once(layout: Layout, landing: Path) -> None:
    a, b, c = ("a", 5.0, "2026-10-30"), ("b", 6.0, "2026-10-31"), ("c", 7.0, "2026-11-01")
    assert nights(layout, landing, record(a), record(a, b), record(c, a, b)) == [5.0, 6.0, 7.0]


def test_what_one_export_adds_alone_stands_beside_the_others(layout: Layout, landing: Path) -> None:
    a, b = ("a", 5.0, "2026-10-30"), ("b", 6.0, "2026-10-31")
    assert nights(layout, landing, record(a), record(b)) == [5.0, 6.0]


def test_two_servers_that_both_hold_an_observation_of_one_id(layout: Layout, landing: Path) -> None:
    one = record(("1", 5.0, "2026-10-30"), server="https://a.example/fhir/")
    two = record(("1", 6.0, "2026-10-30"), server="https://b.example/fhir/")
    assert nights(layout, landing, one, two) == [5.0, 6.0]


def test_a_result_sent_again_corrected_takes_the_place_of_the_first(layout: Layout, landing: Path) -> None:
    assert nights(layout, landing, record(("a", 5.0, "2026-10-30")), record(("a", 5.5, "2026-10-30"))) == [5.5]
