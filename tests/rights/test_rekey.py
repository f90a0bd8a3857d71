"""Rotation of keys: everything opens under the new one only, names follow when asked, whatever kills it."""

from __future__ import annotations

import base64
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.keys import VaultError
from limpide.identity.vault.vault import Vault
from limpide.rights.erasure import erase
from limpide.rights.opposition import oppose
from limpide.rights.rekey import rekey, republishing
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.candidate import build_candidate
from limpide.warehouse.snapshots.publication import publish
from limpide.warehouse.snapshots.receipt import write_receipt
from tests.rights.hospital import IPP2, TWO, persons, rows
from tests.warehouse.loading import PASSED, load

NEXT = base64.b64encode(b"\x05" * 32).decode()


@pytest.fixture(autouse=True)
def next_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next key, given: two rotations of one house then end in the same names."""
    monkeypatch.setenv("LIMPIDE_VAULT_NEW_KEY", NEXT)


def use_next_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPIDE_VAULT_KEY", NEXT)
    monkeypatch.delenv("LIMPIDE_VAULT_NEW_KEY")


def republished(layout: Layout) -> None:
    candidate = build_candidate(layout, TWO)
    write_receipt(layout, candidate, [PASSED])
    publish(layout, candidate)


def names(layout: Layout) -> set[str]:
    return {row[0] for row in rows(layout, "(SELECT person_key FROM limpide_document)")}


def content(layout: Layout) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("person", "limpide_document", "limpide_fact", "note", "visit_occurrence", "condition_occurrence")
    return {table: rows(layout, table) for table in tables}


def test_what_was_sealed_opens_under_the_new_key_only(two_nights: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Vault(two_nights.vault)
    held = {digest: before.get(digest) for digest in before.digests()}
    seen = before.identities.seen(min(names(two_nights)))
    before.close()
    done = rekey(two_nights)
    assert (done.originals, done.partitions, done.pseudonyms) == (len(held), 0, False)
    with pytest.raises(VaultError):
        Vault(two_nights.vault)
    use_next_key(monkeypatch)
    after = Vault(two_nights.vault)
    assert {digest: after.get(digest) for digest in after.digests()} == held
    assert after.identities.seen(min(names(two_nights))) == seen
    assert Audit(after).verify().whole and Audit(after).acts()[-1].what == "vault.rekey"
    assert not list(two_nights.vault.glob("rekey*")) and not (two_nights.vault / "master.key").exists()


def test_without_new_pseudonyms_the_next_night_goes_on_as_before(
    two_nights: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(two_nights)
    rekey(two_nights)
    use_next_key(monkeypatch)
    load(two_nights, tmp_path / "landing" / "2", TWO)
    assert content(two_nights) == before and not republishing(two_nights)


def test_a_key_file_makes_its_own_successor(two_nights: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMPIDE_VAULT_NEW_KEY")
    old = (two_nights.vault / "master.key").read_bytes()
    rekey(two_nights)
    assert (two_nights.vault / "master.key").read_bytes() != old
    assert not (two_nights.vault / "master.key.new").exists()
    Vault(two_nights.vault).identities.merges()


def test_a_key_from_the_environment_asks_for_the_next_one(two_nights: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPIDE_VAULT_KEY", (two_nights.vault / "master.key").read_text("ascii").strip())
    monkeypatch.delenv("LIMPIDE_VAULT_NEW_KEY")
    with pytest.raises(VaultError, match="LIMPIDE_VAULT_NEW_KEY"):
        rekey(two_nights)
    Vault(two_nights.vault)


def test_new_pseudonyms_in_every_table_and_none_of_before(
    two_nights: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, people = names(two_nights), persons(two_nights)
    facts = {row[0] for row in rows(two_nights, "(SELECT fact_key FROM limpide_fact)")}
    rekey(two_nights, pseudonyms=True)
    use_next_key(monkeypatch)
    assert republishing(two_nights)
    republished(two_nights)
    assert not republishing(two_nights) and persons(two_nights) == people
    assert names(two_nights).isdisjoint(before)
    assert {row[0] for row in rows(two_nights, "(SELECT fact_key FROM limpide_fact)")} == facts
    assert len(list(two_nights.snapshots.glob("*.json"))) == 1
    with sqlite3.connect(two_nights.ledger_path) as ledger:
        dump = "\n".join(ledger.iterdump())
    assert not [name for name in before if name in dump]


def test_renamed_or_read_again_from_the_originals_the_rows_are_the_same(
    two_nights: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next document of a person, of a stay, of an author falls under the names that the rotation gave."""
    rekey(two_nights, pseudonyms=True)
    use_next_key(monkeypatch)
    republished(two_nights)
    before = content(two_nights)
    for path in two_nights.lake.glob("*/*/partition.json"):
        path.unlink()
    for night, folder in (("2026-11-01", "1"), ("2026-11-02", "2")):
        load(two_nights, tmp_path / "landing" / folder, TWO.fromisoformat(night))
    assert content(two_nights) == before


def test_an_opposition_and_the_trace_of_acts_follow_the_new_names(
    two_nights: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oppose(two_nights, [IPP2], why="demande écrite")
    oppose(two_nights, ["IPP9@1.2.250.9.9"])  # of whom nothing is held
    rekey(two_nights, pseudonyms=True)
    use_next_key(monkeypatch)
    republished(two_nights)
    left = persons(two_nights)
    load(two_nights, tmp_path / "landing" / "2", TWO)
    assert persons(two_nights) == left == 2
    receipt = erase(two_nights, IPP2)
    assert receipt["counts"]["documents"] > 0


@pytest.mark.slow
def test_killed_anywhere_and_asked_again_it_ends_the_same(two_nights: Layout, tmp_path: Path) -> None:
    """A child kills itself at a change to the disk drawn by lot; a second request finishes."""
    import shutil

    calm = Layout(tmp_path / "calm" / "warehouse", tmp_path / "calm" / "vault")
    shutil.copytree(two_nights.warehouse, calm.warehouse, symlinks=True)
    shutil.copytree(two_nights.vault, calm.vault)
    steps = _rekeyed(calm, 0)
    assert steps > 50
    chance = random.Random(3)
    for rank in range(8):
        layout = Layout(tmp_path / str(rank) / "warehouse", tmp_path / str(rank) / "vault")
        shutil.copytree(two_nights.warehouse, layout.warehouse, symlinks=True)
        shutil.copytree(two_nights.vault, layout.vault)
        _rekeyed(layout, chance.randint(1, steps))
        _rekeyed(layout, chance.randint(1, steps))
        _rekeyed(layout, 0)
        assert _state(layout) == _state(calm), rank


def _state(layout: Layout) -> list[Any]:
    """What a rotation leaves, whatever the nonces: files of the lake, names of the ledger, what the vault says."""
    with sqlite3.connect(layout.ledger_path) as ledger:
        kept = ledger.execute(
            "SELECT document_key, person_key, document_id, set_id FROM documents ORDER BY 1"
        ).fetchall()
        ids = ledger.execute("SELECT kind, key, id FROM surrogates ORDER BY 1, 2").fetchall()
    lake = {str(p.relative_to(layout.lake)): p.read_bytes() for p in sorted(layout.lake.rglob("*")) if p.is_file()}
    os.environ["LIMPIDE_VAULT_KEY"] = NEXT
    try:
        vault = Vault(layout.vault)
        seen = [vault.identities.seen(key) for _, key, *_ in kept if key]
        files = sorted(p.relative_to(layout.vault).as_posix() for p in layout.vault.rglob("*") if p.is_file())
        vault.close()
        return [kept, ids, lake, seen, [f for f in files if not f.endswith(("-wal", "-shm"))]]
    finally:
        del os.environ["LIMPIDE_VAULT_KEY"]


def _rekeyed(layout: Layout, deadly: int) -> int:
    """Rotate in a child that dies at step `deadly` (0: never, and the steps it took)."""
    from tests.warehouse.storm import count

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            count(deadly, writing)
            if (layout.vault / "rekey.json").exists() or (layout.vault / "master.key").exists():
                rekey(layout, pseudonyms=True)
            sys.exit(0)
        except SystemExit:
            import atexit

            atexit._run_exitfuncs()
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as said:
        steps = int(said.read() or 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
    return steps
