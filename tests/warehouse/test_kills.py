"""A load killed with SIGKILL at any moment and started again ends in the same warehouse as one that was not."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.query import connect
from limpide.warehouse.snapshots import manifest
from limpide.warehouse.snapshots.account import conservation
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import content, empty_vault, files

ROOT = Path(__file__).parents[2]


def hospital(root: Path) -> Layout:
    """Two nights: the second replaces a document of the first and repeats another."""
    one, two = root / "landing" / "2026-11-01", root / "landing" / "2026-11-02"
    send(one, "chu", "a.xml", cda("A", set_id="S", version=1, stay="V1"))
    send(one, "chu", "b.xml", cda("B", "Asthme ancien.", patient="2"))
    send(two, "chu", "a2.xml", cda("A2", "Diabète équilibré.", set_id="S", version=2, stay="V1"))
    send(two, "chu", "again.xml", cda("B", "Asthme ancien.", patient="2"))
    send(two, "chu", "broken.xml", b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id')
    return Layout(root / "warehouse", root / "vault")


def storms(kills: int, calm: Path, *stormy: Path) -> list[dict[str, Any]]:
    """Load `calm` in peace and each of `stormy` through so many kills; what storm.py tells of each."""
    command = [sys.executable, "-m", "tests.warehouse.storm", str(kills), str(calm), *map(str, stormy)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    said: list[dict[str, Any]] = json.loads(done.stdout)
    return said


def ledger_rows(layout: Layout) -> list[Any]:
    with sqlite3.connect(layout.ledger_path) as ledger:
        return ledger.execute(
            "SELECT document_key, night, source, status, reason, superseded_by, outcome, dirty, pending_status "
            "FROM documents ORDER BY 1"
        ).fetchall()


@pytest.mark.slow
def test_loads_killed_at_random_steps_end_in_the_same_warehouse(tmp_path: Path) -> None:
    calm = hospital(tmp_path / "calm")
    Vault(tmp_path / "calm" / "key")
    empty_vault(tmp_path / "calm" / "key", calm.vault)
    stormy = [hospital(tmp_path / f"storm{number}") for number in range(3)]
    said = storms(8, tmp_path / "calm", *(layout.warehouse.parent for layout in stormy))
    assert [len(one["kills"]) for one in said] == [0, 8, 8, 8]
    for layout in stormy:
        assert files(layout) == files(calm)
        assert content(layout) == content(calm)
        assert ledger_rows(layout) == ledger_rows(calm)
        assert all(row.balanced for row in conservation(layout))
        assert [p.name for p in layout.warehouse.rglob(".*") if p.name != ".lock"] == []


def test_a_snapshot_committed_before_its_catalogue_and_ledger_is_finished_at_the_next_start(tmp_path: Path) -> None:
    """The state a kill leaves between the rename of the manifest and the rest."""
    layout = hospital(tmp_path)
    storms(0, tmp_path)
    before = ledger_rows(layout)
    last = manifest.current(layout)
    assert last is not None
    manifest.catalog_path(layout, last.number).unlink()
    layout.link.unlink()
    with opened(layout) as ledger, ledger.writing() as db:
        db.execute("UPDATE documents SET pending_status = status, pending_reason = reason, pending_superseded_by = "
                   "superseded_by, pending_candidate = ?, status = 'received', dirty = 1", (last.candidate,))  # fmt: skip  # noqa: E501
        ledger.set("snapshot", str(last.number - 1))
    with opened(layout) as ledger:
        manifest.recover(layout, ledger)
    assert ledger_rows(layout) == before
    connection = connect(layout)
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (2,)
    connection.close()
