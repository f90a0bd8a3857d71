"""Declared sources: what nobody declared is counted, set aside, and not read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.query import connect
from limpide.warehouse.snapshots.account import account, conservation
from limpide.warehouse.sources import Declaration, Source, declaration
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(tmp_path / "warehouse", tmp_path / "vault")
    found.warehouse.mkdir()
    return found


def declare(layout: Layout, text: str) -> None:
    (layout.warehouse / "sources.yaml").write_text(text)


def published(layout: Layout) -> int:
    with connect(layout) as connection:
        return int(connection.execute("SELECT count(*) FROM limpide_document").fetchall()[0][0])


def test_without_a_declaration_everything_is_accepted(layout: Layout) -> None:
    assert declaration(layout) is None


def test_a_declaration_says_what_is_expected_of_each_source(layout: Layout) -> None:
    declare(layout, "sources: {labo: {purpose: Soins, contact: a@b.example, formats: [cda-n3]}}")
    assert declaration(layout) == Declaration({"labo": Source("labo", "Soins", "a@b.example", frozenset({"cda-n3"}))})


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "sources: [a]",
        "sources: {a: {contact: x}}",
        "sources: {a: {purpose: x}}",
        "sources: {a: {purpose: x, contact: y, formats: [papyrus]}}",
    ],
)
def test_a_faulty_declaration_stops_the_night_rather_than_letting_all_in(layout: Layout, text: str) -> None:
    declare(layout, text)
    with pytest.raises(ValueError, match="source"):
        declaration(layout)


def test_an_undeclared_source_and_an_unexpected_format_go_nowhere(layout: Layout, tmp_path: Path) -> None:
    declare(layout, "sources: {chu: {purpose: Soins, contact: a@b.example, formats: [cda-n3]}}")
    landing = tmp_path / "landing"
    send(landing, "chu", "a.xml", cda("A", patient="1"))
    send(landing, "chu", "note.txt", b"Patient vu en consultation ce jour, sans particularite.")
    send(landing, "inconnue", "b.xml", cda("B", patient="2"))
    load(layout, landing, ONE)
    assert published(layout) == 1
    assert account(layout, ONE).quarantine == {
        "chu": {"undeclared_source": 1},
        "inconnue": {"undeclared_source": 1},
    }
    assert all(row.balanced for row in conservation(layout))


def test_once_declared_its_files_are_read(layout: Layout, tmp_path: Path) -> None:
    declare(layout, "sources: {chu: {purpose: Soins, contact: a@b.example}}")
    landing = tmp_path / "landing"
    send(landing, "inconnue", "b.xml", cda("B", patient="2"))
    send(landing, "chu", "a.xml", cda("A", patient="1"))
    load(layout, landing, ONE)
    declare(layout, "sources: {chu: {purpose: x, contact: y}, inconnue: {purpose: x, contact: y}}")
    load(layout, landing, ONE)
    assert published(layout) == 2


def test_what_an_undeclared_source_sent_first_is_no_reason_to_refuse_it_from_another(
    layout: Layout, tmp_path: Path
) -> None:
    declare(layout, "sources: {chu: {purpose: Soins, contact: a@b.example}}")
    one, two = tmp_path / "1", tmp_path / "2"
    send(one, "inconnue", "b.xml", cda("B", patient="2"))
    send(two, "chu", "b.xml", cda("B", patient="2"))
    load(layout, one, ONE)
    load(layout, two, TWO)
    assert published(layout) == 1


def test_an_extract_is_read_as_its_source_declares_it_and_refused_by_name_elsewhere(
    layout: Layout, tmp_path: Path
) -> None:
    fields = "[{name: IPP, to: patient.id}, {name: NE, to: patient.birth_date}, {name: S, to: patient.sex}, \
{name: NDA, to: stay.id}, {name: E, to: stay.start}, {name: DP, to: diagnosis.principal}]"
    table = f"{{name: séjours, format: csv, authority: 1.2.250.1.77, fields: {fields}}}"
    other = "b: {purpose: x, contact: y}"
    declare(layout, f"sources: {{dim: {{purpose: PMSI, contact: a@b.example, tables: [{table}]}}, {other}}}")
    rows = "IPP;NE;S;NDA;E;DP\n47;1968-02-14;F;V9;2026-10-01;I500\n48;1950-01-01;M;V10;2026-10-02;J189\n"
    for source in ("dim", "b"):
        (tmp_path / "landing" / source).mkdir(parents=True)
        (tmp_path / "landing" / source / f"{source}.csv").write_text(rows + ("" if source == "dim" else "49;;;;;\n"))
    load(layout, tmp_path / "landing", ONE)
    with connect(layout) as connection:
        found = connection.execute(
            "SELECT condition_source_value, condition_status_source_value, visit_occurrence_id IS NOT NULL "
            "FROM condition_occurrence ORDER BY 1"
        ).fetchall()
        stays = connection.execute("SELECT count(*) FROM visit_occurrence").fetchall()[0][0]
        waiting = connection.execute("SELECT reason FROM limpide_quarantine").fetchall()
    assert [(code, status) for code, status, _ in found] == [("I50.0", "DP"), ("J18.9", "DP")]
    assert stays == 2
    assert waiting == [("no_reader",)]
