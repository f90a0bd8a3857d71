"""Retention: what is past its term leaves, and nothing else does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.retention import Term, Terms, retain, terms
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.account import conservation
from tests.rights.hospital import ONE, persons, rows
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


@pytest.fixture
def old_and_new(layout: Layout, landing: Path) -> Layout:
    """Person 1 has a letter of 2001 and one of 2026, person 2 a letter of 2001, person 3 one of 2026."""
    send(landing, "chu", "a.xml", cda("A", patient="1", day="20010305"))
    send(landing, "chu", "b.xml", cda("B", patient="1"))
    send(landing, "chu", "c.xml", cda("C", "Asthme ancien.", patient="2", day="20010305"))
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


def test_a_dry_run_counts_and_removes_nothing(old_and_new: Layout) -> None:
    done = retain(old_and_new, date(2026, 11, 24), dry_run=True)
    assert (done.documents, done.files, done.persons) == ({"other": 2}, 2, 1)
    assert persons(old_and_new) == 3


def test_what_is_past_its_term_leaves_warehouse_and_vault(old_and_new: Layout) -> None:
    vault = Vault(old_and_new.vault)
    assert retain(old_and_new, date(2026, 11, 24)).documents == {"other": 2}
    assert persons(old_and_new) == 2
    assert {str(row[21])[:4] for row in rows(old_and_new, "limpide_document")} == {"2026"}
    assert len(list(vault.digests())) == 2
    assert [(row.published, row.deleted) for row in conservation(old_and_new)] == [(2, 2)]
    assert Audit(vault).acts()[-1].facts == {"documents": {"other": 2}, "files": 2, "persons": 1}
    assert retain(old_and_new, date(2026, 11, 24)).documents == {}


def test_a_class_has_its_own_term_to_the_day(old_and_new: Layout) -> None:
    kept = Terms((Term("letters", "Lettres", frozenset({"34112-3"}), 2),), Term("other", "Autres", frozenset(), 20))
    assert retain(old_and_new, date(2028, 10, 31), dry_run=True, kept=kept).documents == {"letters": 2}
    assert retain(old_and_new, date(2028, 11, 1), dry_run=True, kept=kept).documents == {"letters": 4}
