"""Declared sources: what nobody declared is counted, set aside, and not read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.warehouse.account import account, conservation
from limpide.warehouse.house import House
from limpide.warehouse.query import connect
from limpide.warehouse.sources import Declaration, Source, declaration
from tests.warehouse.night import load
from tests.warehouse.sender import cda, send

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path / "warehouse", tmp_path / "vault")
    found.warehouse.mkdir()
    return found


def declare(house: House, text: str) -> None:
    (house.warehouse / "sources.yaml").write_text(text)


def published(house: House) -> int:
    with connect(house) as connection:
        return int(connection.execute("SELECT count(*) FROM limpide_document").fetchall()[0][0])


def test_without_a_declaration_everything_is_accepted(house: House) -> None:
    assert declaration(house) is None


def test_a_declaration_says_what_is_expected_of_each_source(house: House) -> None:
    declare(house, "sources: {labo: {purpose: Soins, contact: a@b.example, formats: [cda-n3]}}")
    assert declaration(house) == Declaration({"labo": Source("labo", "Soins", "a@b.example", frozenset({"cda-n3"}))})


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "sources: [a]",
        "sources: {a: {contact: x}}",
        "sources: {a: {purpose: x}}",
        "sources: {a: {purpose: x, contact: y, formats: [docx]}}",
    ],
)
def test_a_faulty_declaration_stops_the_night_rather_than_letting_all_in(house: House, text: str) -> None:
    declare(house, text)
    with pytest.raises(ValueError, match="source"):
        declaration(house)


def test_an_undeclared_source_and_an_unexpected_format_go_nowhere(house: House, tmp_path: Path) -> None:
    declare(house, "sources: {chu: {purpose: Soins, contact: a@b.example, formats: [cda-n3]}}")
    landing = tmp_path / "landing"
    send(landing, "chu", "a.xml", cda("A", patient="1"))
    send(landing, "chu", "note.txt", b"Patient vu en consultation ce jour, sans particularite.")
    send(landing, "inconnue", "b.xml", cda("B", patient="2"))
    load(house, landing, ONE)
    assert published(house) == 1
    assert account(house, ONE).quarantine == {
        "chu": {"undeclared_source": 1},
        "inconnue": {"undeclared_source": 1},
    }
    assert all(row.balanced for row in conservation(house))


def test_once_declared_its_files_are_read(house: House, tmp_path: Path) -> None:
    declare(house, "sources: {chu: {purpose: Soins, contact: a@b.example}}")
    landing = tmp_path / "landing"
    send(landing, "inconnue", "b.xml", cda("B", patient="2"))
    send(landing, "chu", "a.xml", cda("A", patient="1"))
    load(house, landing, ONE)
    declare(house, "sources: {chu: {purpose: x, contact: y}, inconnue: {purpose: x, contact: y}}")
    load(house, landing, ONE)
    assert published(house) == 2


def test_what_an_undeclared_source_sent_first_is_no_reason_to_refuse_it_from_another(
    house: House, tmp_path: Path
) -> None:
    declare(house, "sources: {chu: {purpose: Soins, contact: a@b.example}}")
    one, two = tmp_path / "1", tmp_path / "2"
    send(one, "inconnue", "b.xml", cda("B", patient="2"))
    send(two, "chu", "b.xml", cda("B", patient="2"))
    load(house, one, ONE)
    load(house, two, TWO)
    assert published(house) == 1
