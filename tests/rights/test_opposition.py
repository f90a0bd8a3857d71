"""Opposition: nothing of an opposed person is structured or published, and what was published is taken back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from limpide.identity.pseudonym import person_key
from limpide.identity.vault.opposition import LIFTED, OPPOSED, Oppositions, Statement
from limpide.identity.vault.persons import stated
from limpide.identity.vault.vault import Purpose, Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots.account import conservation
from tests.rights.hospital import IPP1, ONE, THREE, TWO, persons, rows, zfa
from tests.warehouse.loading import load, prepare
from tests.warehouse.sender import cda, send


def statuses(layout: Layout) -> dict[str, int]:
    with opened(layout) as ledger:
        return dict(ledger.db.execute("SELECT status, count(*) FROM documents GROUP BY 1").fetchall())


def test_a_message_opposes_and_everything_published_is_taken_back(two_nights: Layout, landing: Path) -> None:
    assert [persons(two_nights, n) for n in (1, 2)] == [3, 3]
    send(landing / "3", "chu", "zfa.hl7", zfa("1", "IO"))
    send(landing / "3", "clinique", "late.xml", cda("F", "Fracture du fémur.", patient="1"))
    prepare(two_nights, landing / "3", THREE)
    # Before anything is published again: the snapshots kept hold nobody else than persons 2 and 3.
    assert [persons(two_nights, n) for n in (1, 2)] == [2, 2]
    load(two_nights, landing / "3", THREE)
    assert [persons(two_nights, n) for n in (1, 2, 3)] == [2, 2, 2]
    assert statuses(two_nights) == {"published": 3, "opposed": 4, "duplicated": 1, "quarantined": 2}
    assert all(row.balanced for row in conservation(two_nights))


def test_other_persons_keep_their_rows(two_nights: Layout, landing: Path) -> None:
    from limpide.omop.schema import PARTITIONED

    def others(table: str) -> list[tuple[object, ...]]:
        known = {row[0] for row in rows(two_nights, "person") if theirs not in row}
        return [row for row in rows(two_nights, table) if set(row) & known]

    vault = Vault(two_nights.vault)
    theirs = (person_key(stated(IPP1), vault.secret(Purpose.PSEUDONYM)) or "")[:50]
    before = {table: others(table) for table in (*PARTITIONED, "person", "visit_occurrence", "observation_period")}
    send(landing / "3", "chu", "zfa.hl7", zfa("1", "IO"))
    load(two_nights, landing / "3", THREE)
    for table, kept in before.items():
        assert others(table) == kept, table
    assert before["limpide_document"]


def test_the_lake_holds_nothing_of_them(two_nights: Layout, landing: Path) -> None:
    import duckdb

    key = person_key(stated(IPP1), Vault(two_nights.vault).secret(Purpose.PSEUDONYM))
    question = f"SELECT count(*) FROM '{two_nights.lake}/*/*/limpide_document.parquet' WHERE person_key = '{key}'"
    assert duckdb.sql(question).fetchall() == [(3,)]
    send(landing / "3", "chu", "zfa.hl7", zfa("1", "IO"))
    prepare(two_nights, landing / "3", THREE)
    assert duckdb.sql(question).fetchall() == [(0,)]


def test_an_opposition_may_come_before_any_document(layout: Layout, landing: Path) -> None:
    send(landing / "1", "chu", "zfa.hl7", zfa("1", "IO", "20261101080000"))
    load(layout, landing / "1", ONE)
    send(landing / "2", "chu", "a.xml", cda("A", patient="1"))
    send(landing / "2", "chu", "b.xml", cda("B", patient="2"))
    load(layout, landing / "2", TWO)
    assert persons(layout) == 1
    assert statuses(layout) == {"opposed": 1, "published": 1, "quarantined": 1}


def test_taken_back_by_the_source_and_read_again_they_return_as_they_were(two_nights: Layout, landing: Path) -> None:
    before = rows(two_nights, "person"), rows(two_nights, "condition_occurrence"), rows(two_nights, "visit_occurrence")
    send(landing / "3", "chu", "zfa.hl7", zfa("1", "IO"))
    load(two_nights, landing / "3", THREE)
    send(landing / "4", "chu", "zfa.hl7", zfa("1", "INO", "20261103103000"))
    load(two_nights, landing / "4", date(2026, 11, 4))
    assert persons(two_nights) == 2
    for night, folder in ((ONE, "1"), (TWO, "2")):
        load(two_nights, landing / folder, night)
    after = rows(two_nights, "person"), rows(two_nights, "condition_occurrence"), rows(two_nights, "visit_occurrence")
    assert after == before


def test_what_one_source_says_holds_in_the_next_of_the_same_night(
    layout: Layout, landing: Path, tmp_path: Path
) -> None:
    """The workers read a source while the one before is written: they know what it said all the same."""
    send(landing / "1", "admissions", "zfa.hl7", zfa("1", "IO", "20261101080000"))
    send(landing / "1", "chu", "a.xml", cda("A", patient="1"))
    send(landing / "1", "chu", "b.xml", cda("B", patient="2"))
    send(landing / "1", "labo", "c.xml", cda("C", patient="1"))
    found = []
    for workers, place in ((0, layout), (2, Layout(tmp_path / "w", tmp_path / "v"))):
        load(place, landing / "1", ONE, workers=workers)
        assert statuses(place) == {"opposed": 2, "published": 1, "quarantined": 1}
        with opened(place) as ledger:
            outcomes = ledger.db.execute("SELECT source, outcome FROM documents ORDER BY 1, 2").fetchall()
            ids = ledger.db.execute("SELECT kind, count(*) FROM surrogates GROUP BY 1").fetchall()
        found.append(([tuple(row) for row in outcomes], [tuple(row) for row in ids]))
    assert found[0] == found[1]
    assert found[0][0].count(("labo", "opposed")) == 1


def test_a_night_loaded_again_does_not_bring_an_old_opposition_back(two_nights: Layout, landing: Path) -> None:
    vault = Vault(two_nights.vault)
    key = person_key(stated(IPP1), vault.secret(Purpose.PSEUDONYM)) or ""
    register = Oppositions(vault)
    for value, at in ((OPPOSED, "2026-11-02"), (LIFTED, "2026-11-03"), (OPPOSED, "2026-11-02")):
        register.state([Statement(key, stated(IPP1), value, at, "zfa")])
    assert register.opposed() == set()
    assert [said.value for said in register.said({key})] == [OPPOSED, LIFTED]


def test_na_says_nothing(layout: Layout, landing: Path) -> None:
    send(landing / "1", "chu", "a.xml", cda("A", patient="1"))
    send(landing / "1", "chu", "zfa.hl7", zfa("1", "NA"))
    load(layout, landing / "1", ONE)
    assert persons(layout) == 1
