"""Retention: what was published for its term leaves once it was announced, and nothing else does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.retention import overdue, retain
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.retention_terms import Term, Terms, terms
from limpide.warehouse.snapshots.account import conservation
from tests.rights.hospital import ONE, persons, rows
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


@pytest.fixture
def house(layout: Layout, landing: Path) -> Layout:
    """Person 1 has a letter of 2007 and one of 2026, person 2 a letter of 2007, person 3 one of 2026."""
    send(landing, "chu", "a.xml", cda("A", patient="1", day="20070305"))
    send(landing, "chu", "b.xml", cda("B", patient="1"))
    send(landing, "chu", "c.xml", cda("C", "Asthme ancien.", patient="2", day="20070305"))
    send(landing, "chu", "d.xml", cda("D", "Insuffisance cardiaque.", patient="3"))
    load(layout, landing, ONE)
    return layout


def test_the_terms_shipped_are_read_and_none_goes_past_twenty_years() -> None:
    kept = terms()
    assert kept.of("11502-2").name == "laboratory"
    assert kept.of(None) == kept.default
    assert max(term.years for term in (*kept.classes, kept.default)) <= 20


@pytest.mark.parametrize("years", ["21", "0", "true", "'20'", "19.5"])
def test_a_term_past_twenty_years_or_that_is_none_is_refused(tmp_path: Path, years: str) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text(f"default_years: {years}\n")
    with pytest.raises(ValueError, match="20"):
        terms(path)


FIRST, NOTICE_OVER = date(2027, 3, 5), date(2027, 3, 12)


def test_the_night_announces_before_anything_leaves(house: Layout) -> None:
    assert retain(house, date(2027, 3, 4)).announced == {}
    done = retain(house, FIRST)
    assert (done.announced, done.documents, done.leaving_on) == ({"other": 2}, {}, NOTICE_OVER)
    assert retain(house, date(2027, 3, 11)).documents == {}
    assert persons(house) == 3


def test_a_dry_run_counts_removes_nothing_and_is_no_announcement(house: Layout) -> None:
    assert retain(house, FIRST, dry_run=True).announced == {"other": 2}
    assert retain(house, date(2027, 6, 1), dry_run=True).documents == {}
    assert retain(house, date(2027, 6, 1)).documents == {}
    assert retain(house, date(2027, 6, 8), dry_run=True).documents == {"other": 2}
    assert persons(house) == 3


def test_what_was_announced_leaves_the_warehouse_and_the_vault_keeps_the_originals(house: Layout) -> None:
    vault = Vault(house.vault)
    originals = list(vault.digests())
    retain(house, FIRST)
    assert retain(house, NOTICE_OVER).documents == {"other": 2}
    assert persons(house) == 2
    assert {str(row[21])[:4] for row in rows(house, "limpide_document")} == {"2026"}
    assert list(vault.digests()) == originals
    assert [(row.published, row.deleted, row.balanced) for row in conservation(house)] == [(2, 2, True)]
    assert Audit(vault).acts()[-1].facts == {"documents": {"other": 2}, "persons": 1}
    assert retain(house, NOTICE_OVER).documents == {}


def test_what_left_does_not_come_back_when_its_night_is_read_again(house: Layout, landing: Path) -> None:
    retain(house, FIRST)
    retain(house, NOTICE_OVER)
    send(landing, "chu", "e.xml", cda("E", "Migraine.", patient="1"))
    load(house, landing, ONE)
    assert [(row.published, row.deleted, row.balanced) for row in conservation(house)] == [(3, 2, True)]


def test_what_is_announced_is_forgotten_once_it_is_due_no_longer(house: Layout) -> None:
    short = Terms((Term("letters", "Lettres", frozenset({"34112-3"}), 2),), Term("other", "Autres", frozenset(), 20), 7)
    assert retain(house, date(2028, 11, 1), kept=short).announced == {"letters": 2}
    assert retain(house, date(2028, 11, 2)).announced == {"other": 2}
    done = retain(house, date(2028, 11, 9), kept=short)
    assert (done.announced, done.documents) == ({"letters": 2}, {})


@pytest.mark.parametrize("day", ["19060101", "20010305", f"{ONE.replace(year=ONE.year - 20):%Y%m%d}"])
def test_what_arrives_past_its_term_waits_and_nothing_of_it_is_lost(layout: Layout, landing: Path, day: str) -> None:
    send(landing, "chu", "a.xml", cda("A", day=day, birth="19010317"))
    load(layout, landing, ONE)
    with opened(layout) as ledger:
        assert [tuple(row) for row in ledger.db.execute("SELECT status, reason FROM documents")] == [
            ("quarantined", "past_term")
        ]
    for today in (ONE, date(2027, 1, 1), date(2028, 1, 1)):
        done = retain(layout, today)
        assert (done.announced, done.documents) == ({}, {})
    assert len(list(Vault(layout.vault).digests())) == 1


@pytest.mark.parametrize(
    ("day", "birth"),
    [
        ("19000101", "19540317"),  # a laboratory's "unknown"
        ("19260304", "19540317"),  # typed for 2026
        ("20620304", "19540317"),
        ("19700101", "19540317"),
        ("99991231", None),
        ("19540316", "19540317"),
    ],
)
def test_a_document_of_an_impossible_date_waits(layout: Layout, landing: Path, day: str, birth: str | None) -> None:
    send(landing, "chu", "a.xml", cda("A", day=day, birth=birth))
    load(layout, landing, ONE)
    with opened(layout) as ledger:
        (row,) = ledger.db.execute("SELECT status, reason FROM documents").fetchall()
    assert tuple(row) == ("quarantined", "implausible_date")


def test_a_class_has_its_own_term_to_the_day(house: Layout) -> None:
    kept = Terms((Term("letters", "Lettres", frozenset({"34112-3"}), 2),), Term("other", "Autres", frozenset(), 20), 7)
    assert retain(house, date(2028, 10, 31), dry_run=True, kept=kept).announced == {}
    assert retain(house, date(2028, 11, 1), kept=kept).announced == {"letters": 2}
    with opened(house) as ledger:
        assert overdue(ledger, date(2028, 11, 7), kept) == {}
        assert len(overdue(ledger, date(2028, 11, 8), kept)) == 2
