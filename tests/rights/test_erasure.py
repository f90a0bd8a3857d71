"""Erasure: not one byte of a person is left, and not one row of anybody else is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.persons import UnreadablePerson, person_keys
from limpide.identity.vault.vault import Vault
from limpide.omop.schema import PARTITIONED
from limpide.rights.erasure import erase, genuine
from limpide.rights.holdings import UnknownPerson, belongings
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots.account import conservation
from tests.rights.hospital import IPP1, ONE, TWO, held, mdm, persons, rows
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


def traces(layout: Layout) -> set[str]:
    """Everything by which person 1 could be told: names, numbers, keys, hashes, ids."""
    vault = Vault(layout.vault)
    with opened(layout) as ledger:
        found = belongings(layout, ledger, vault, IPP1)
        ids = {
            str(value)
            for key in found.documents
            for row in ledger.db.execute(
                "SELECT sha256, document_id, set_id FROM documents WHERE document_key = ?", (key,)
            )
            for value in row
            if value
        }
    vault.close()
    return {"KERVADEC1", "IPP1"} | ids | found.keys | found.documents | set(found.files) | found.visits


def test_no_byte_is_left_in_warehouse_or_vault(two_nights: Layout) -> None:
    wanted = traces(two_nights)
    everything = held(two_nights.warehouse)
    assert sum(trace.encode() in everything for trace in wanted) > 10
    receipt = erase(two_nights, IPP1, why="demande de KERVADEC1")
    left = held(two_nights.warehouse)
    assert [trace for trace in wanted if trace.encode() in left] == []
    # In the vault the receipt names the hashes of what was removed, and nothing else knows them.
    for path in (two_nights.vault / "erasures").iterdir():
        path.unlink()
    left = held(two_nights.vault)
    assert [trace for trace in wanted if trace.encode() in left] == []
    assert receipt["counts"]["documents"] == 4
    assert receipt["counts"]["original_bytes"] == 3


def test_what_others_have_is_as_it_was(two_nights: Layout) -> None:
    def others(snapshot: int) -> dict[str, list[tuple[object, ...]]]:
        theirs = {row[0] for row in rows(two_nights, "person", snapshot)} - {mine}
        tables = (*PARTITIONED, "person", "visit_occurrence", "observation_period")
        return {t: [row for row in rows(two_nights, t, snapshot) if set(row) & theirs] for t in tables}

    (key,) = person_keys(Vault(two_nights.vault), IPP1)
    (mine,) = [row[0] for row in rows(two_nights, "person") if key[:50] in row]
    before = {n: others(n) for n in (1, 2)}
    untouched = {p: p.read_bytes() for p in two_nights.data.glob("*/*.parquet")}
    erase(two_nights, IPP1)
    assert {n: others(n) for n in (1, 2)} == before
    for path, content in untouched.items():
        assert not path.exists() or path.read_bytes() == content
    assert [persons(two_nights, n) for n in (1, 2)] == [2, 2]
    assert all(row.balanced for row in conservation(two_nights))


def test_nights_go_on_and_a_reread_brings_nothing_back(two_nights: Layout, landing: Path) -> None:
    erase(two_nights, IPP1)
    for night, folder in ((ONE, "1"), (TWO, "2")):
        load(two_nights, landing / folder, night)
    assert persons(two_nights) == 2
    assert all(row.balanced for row in conservation(two_nights))
    assert sum(row.deleted for row in conservation(two_nights)) == 4


def test_the_receipt_is_sealed_names_nobody_and_is_traced(two_nights: Layout) -> None:
    receipt = erase(two_nights, IPP1)
    vault = Vault(two_nights.vault)
    assert genuine(vault, receipt)
    assert not genuine(vault, receipt | {"counts": receipt["counts"] | {"documents": 0}})
    assert "KERVADEC" not in repr(receipt)
    assert [act.what for act in Audit(vault).acts(receipt["subject"])] == ["erase.begin", "erase"]
    assert Audit(vault).verify().whole


def test_an_erasure_killed_midway_is_finished_by_asking_again(
    two_nights: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = traces(two_nights)

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("limpide.rights.erasure.tombstones", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(two_nights, IPP1)
    erase(two_nights, IPP1)
    left = held(two_nights.warehouse)
    assert [trace for trace in wanted if trace.encode() in left] == []


def test_a_file_that_nothing_could_read_goes_when_it_names_the_person(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A", patient="1"))
    send(landing, "chu", "broken1.xml", cda("B", patient="1")[:900])
    send(landing, "chu", "broken2.xml", cda("C", patient="12")[:900])
    load(layout, landing, ONE)
    receipt = erase(layout, IPP1)
    assert receipt["counts"]["files_never_read"] == 1
    assert receipt["counts"]["original_bytes"] == 2
    assert len(list(Vault(layout.vault).digests())) == 1


def test_of_a_file_shared_with_another_the_bytes_go_and_the_other_s_document_stays(
    layout: Layout, landing: Path
) -> None:
    both = mdm("1", cda("A", "Asthme ancien.", patient="1")) + mdm("2", cda("B", "Hypertension.", patient="2"))
    send(landing, "chu", "both.hl7", both)
    load(layout, landing, ONE)
    assert persons(layout) == 2
    before = rows(layout, "limpide_fact")
    receipt = erase(layout, IPP1)
    assert receipt["counts"]["files_shared_with_others"] == 1
    assert list(Vault(layout.vault).digests()) == []
    assert persons(layout) == 1
    kept = rows(layout, "limpide_fact")
    assert set(kept) < set(before)
    # Read again with something new beside it: what the lost file said of person 2 is carried over.
    send(landing, "chu", "c.xml", cda("C", "Diabète de type 2.", patient="3"))
    load(layout, landing, ONE)
    assert persons(layout) == 2
    keys = {row[0] for row in kept}
    assert {row[0] for row in rows(layout, "limpide_fact")} > keys


def test_nobody_is_erased_by_mistake(two_nights: Layout) -> None:
    with pytest.raises(UnknownPerson):
        erase(two_nights, "IPP9@1.2.250.9.9")
    with pytest.raises(UnreadablePerson):
        erase(two_nights, "KERVADEC1")
    with pytest.raises(UnreadablePerson):
        erase(two_nights, "254031234567899")  # the key of this INS does not hold
    assert persons(two_nights) == 3
