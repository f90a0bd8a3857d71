"""Movement messages in the warehouse: one visit whatever the number of messages; what is cancelled leaves it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from limpide.reports.account import account_text
from limpide.warehouse.layout import Layout
from limpide.warehouse.query import connect
from limpide.warehouse.snapshots.account import account, conservation
from tests.warehouse.loading import load

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)
PID = "PID|1||{ipp}^^^CHU&1.2.250.1.77&ISO^PI||ROCHE^Nadia^^^^^L||19680214|F"


def adt(trigger: str, number: int, *segments: str, start: str = "", end: str = "", ipp: str = "4711") -> bytes:
    stay = f"PV1|1|I|CARD||||||||||||||||V{ipp}^^^CHU" + "|" * 25 + f"{start}|{end}"
    head = f"MSH|^~\\&|GAM|CHU|EDS|CHU|202610{number:02d}080000||ADT^{trigger}|{number}|P|2.5|||||FRA|UNICODE UTF-8|FR"
    return "\r".join([head, f"EVN||202610{number:02d}0800", PID.format(ipp=ipp), stay, *segments, ""]).encode()


def send(landing: Path, *messages: bytes) -> None:
    for number, message in enumerate(messages):
        path = landing / "gam" / f"{message[60:110].hex()[:24]}{number}.hl7"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(message)


def asked(layout: Layout, question: str) -> list[tuple[object, ...]]:
    with connect(layout) as connection:
        return connection.execute(question).fetchall()


def test_admission_transfer_and_discharge_are_one_visit_with_its_diagnoses(layout: Layout, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    send(
        landing,
        adt("A01", 1, start="202610010900"),
        adt("A02", 3, "ZBE|M2^CHU|202610030900||INSERT|N||Réa^^^^^^UF^^^77", start="202610010900"),
        adt(
            "A03", 6, "DG1|1||I50.0^Insuffisance cardiaque^CIM10||20261001|DP", "PR1|1||DEQP003^ECG^CCAM||20261002",
            "ZFM|8|8", start="202610010900", end="202610061400",
        ),
    )  # fmt: skip
    load(layout, landing, ONE)
    visits = "SELECT visit_start_date, visit_end_date, discharged_to_source_value FROM visit_occurrence"
    assert asked(layout, visits) == [(date(2026, 10, 1), date(2026, 10, 6), "8")]
    conditions = "SELECT condition_source_value, condition_status_source_value, condition_start_date "
    assert asked(layout, conditions + "FROM condition_occurrence") == [("I50.0", "DP", date(2026, 10, 1))]
    assert asked(layout, "SELECT procedure_source_value FROM procedure_occurrence") == [("DEQP003",)]
    units = "SELECT code FROM limpide_fact WHERE kind = 'encounter' AND role = 'movement'"
    assert asked(layout, units) == [("77",)]
    with_visit = "SELECT count(*) FROM condition_occurrence WHERE visit_occurrence_id IS NOT NULL"
    assert asked(layout, with_visit) == [(1,)]
    assert [(row.received, row.published, row.quarantined) for row in conservation(layout, ONE)] == [(3, 3, 0)]


def test_a_cancelled_admission_leaves_no_visit_and_a_stay_to_come_makes_none(layout: Layout, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    send(landing, adt("A01", 1, start="20261001"), adt("A05", 2, start="20261020", ipp="4712"))
    load(layout, landing, ONE)
    assert asked(layout, "SELECT count(*) FROM visit_occurrence") == [(1,)]
    send(landing, adt("A11", 4, start="20261001"))
    load(layout, landing, TWO)
    assert asked(layout, "SELECT count(*) FROM visit_occurrence") == [(0,)]
    planned = "SELECT count(*) FROM limpide_fact WHERE kind = 'encounter' AND planned"
    assert asked(layout, planned) == [(1,)]


def test_segments_that_nobody_reads_are_counted_by_source_in_the_account(layout: Layout, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    order = b"MSH|^~\\&|GAM|CHU|EDS|CHU|2026||ORM^O01|9|P|2.5\rORC|NW\rOBR|1\r"
    send(landing, adt("A01", 1, "IN1|1", "ZZ9|x", "ZZ9|y", start="20261001"), order)
    load(layout, landing, ONE)
    assert account(layout, ONE).unread == {"gam": {"IN1": 1, "OBR": 1, "ORC": 1, "ZZ9": 2}}
    assert "ZZ9" in account_text(account(layout, ONE))
