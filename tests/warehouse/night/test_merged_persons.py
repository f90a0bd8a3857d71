"""Two persons found to be one, and two again: every table follows, in whatever order the nights are loaded."""

from __future__ import annotations

import shutil
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from limpide.identity.vault.merges import merges, undo
from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.query import connect
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import empty_vault

NIGHTS = {day: date(2026, 11, day) for day in (1, 2, 3)}


def a40(gone: str, stays: str, at: str = "20261102103000") -> bytes:
    """An ADT message by which one local number disappears into another: MRG-1 into PID-3."""
    segments = [
        f"MSH|^~\\&|GAM|CHU|LIMPIDE|CHU|{at}||ADT^A40^ADT_A39|{gone}{stays}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8",
        f"EVN||{at}",
        f"PID|||IPP{stays}^^^CHU&1.2.250.9.9&ISO^PI||KERVADEC{stays}^Solenne^^^^^L||19540317|F",
        f"MRG|IPP{gone}^^^CHU&1.2.250.9.9&ISO^PI",
    ]
    return ("\r".join(segments) + "\r").encode()


def hospital(root: Path) -> Layout:
    """Person 1, then 2, then the message that says that 1 is 2: versions of one report under both."""
    send(root / "landing" / "1", "chu", "a.xml", cda("A", patient="1", set_id="S", version=1))
    send(root / "landing" / "1", "chu", "c.xml", cda("C", "Asthme.", patient="3"))
    send(root / "landing" / "2", "labo", "b.xml", cda("B", "Diabète équilibré.", patient="2", set_id="S", version=2))
    send(root / "landing" / "3", "chu", "merge.hl7", a40("1", "2"))
    return Layout(root / "warehouse", root / "vault")


def told(layout: Layout) -> dict[str, Any]:
    """What the published tables say of persons and documents, without ids that the order of loading allots."""
    with connect(layout) as db:
        return {
            "persons": sorted(r[0] for r in db.execute("SELECT person_source_value FROM person").fetchall()),
            "documents": sorted(db.execute("SELECT document_key, person_key FROM limpide_document").fetchall()),
            "one": db.execute(
                "SELECT count(*) FROM limpide_document d JOIN person p USING (person_id) "
                "WHERE d.person_key[:50] != p.person_source_value"
            ).fetchall(),
            "facts": sorted(
                db.execute("SELECT fact_key, p.person_source_value FROM limpide_fact JOIN person p USING (person_id)")
                .fetchall()
            ),
        }  # fmt: skip


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return hospital(tmp_path)


def loaded(layout: Layout, order: tuple[int, ...]) -> Layout:
    for day in order:
        load(layout, layout.warehouse.parent / "landing" / str(day), NIGHTS[day])
    return layout


def test_a_merge_reaches_earlier_documents_and_versions_follow_each_other(layout: Layout) -> None:
    loaded(layout, (1, 2))
    before = told(layout)
    assert len(before["persons"]) == 3 and len(before["documents"]) == 3
    loaded(layout, (3,))
    after = told(layout)
    # 1 and 2 are one; of their report, version 2 stands.
    assert len(after["persons"]) == 2 and len(after["documents"]) == 2
    assert after["one"] == [(0,)] and set(after["persons"]) < set(before["persons"])


def test_nights_in_any_order_end_in_the_same_warehouse(layout: Layout, tmp_path: Path) -> None:
    Vault(layout.vault).close()
    found = []
    for rank, order in enumerate(permutations(NIGHTS)):
        other = hospital(tmp_path / str(rank))
        empty_vault(layout.vault, other.vault)
        found.append(told(loaded(other, order)))
    assert all(one == found[0] for one in found) and len(found[0]["persons"]) == 2


def test_a_merge_undone_gives_back_the_former_pseudonyms_and_keeps_its_history(layout: Layout) -> None:
    loaded(layout, (1, 2))
    before = told(layout)
    loaded(layout, (3,))
    vault = Vault(layout.vault)
    (merge,) = merges(vault.identities)
    undo(vault.identities, merge.origin, "2026-11-05", "deux jumelles")
    vault.close()
    loaded(layout, (3,))
    assert told(layout) == before
    (merge,) = merges(Vault(layout.vault).identities)
    assert merge.night == "2026-11-03" and merge.undone == ("2026-11-05", "deux jumelles")


def test_a_merge_loaded_twice_changes_nothing(layout: Layout) -> None:
    once = told(loaded(layout, (1, 2, 3)))
    shutil.rmtree(layout.lake / "2026-11-01")  # lost, and read again: under the merge from the start
    assert told(loaded(layout, (1, 2, 3))) == once


def test_a_message_that_merges_two_pairs_is_heard_for_both(layout: Layout) -> None:
    """Each pair under its own patient: the second must not disappear into the first."""
    second = b"PID|||IPP4^^^CHU&1.2.250.9.9&ISO^PI||TALVERAN^Ode\rMRG|IPP3^^^CHU&1.2.250.9.9&ISO^PI\r"
    path = layout.warehouse.parent / "landing" / "3" / "chu" / "merge.hl7"
    path.write_bytes(path.read_bytes() + second)
    loaded(layout, (1, 2))
    before = set(told(layout)["persons"])
    loaded(layout, (3,))
    after = set(told(layout)["persons"])
    assert len(merges(Vault(layout.vault).identities)) == 2
    assert (len(before), len(after), len(after & before)) == (3, 2, 1)  # 3 is told under the name of 4
