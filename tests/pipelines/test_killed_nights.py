"""The real command, several nights, killed in the middle of one: the next night goes on, and finishes it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.night.backlog import unfinished
from limpide.warehouse.pairing import init
from limpide.warehouse.snapshots.account import account, conservation
from limpide.warehouse.snapshots.publication import current_snapshot
from tests.warehouse.sender import cda, send

pytestmark = pytest.mark.slow

ONE, TWO, THREE = (date(2026, 11, day) for day in (1, 2, 3))
ROOT = Path(__file__).parents[2]


def started(root: Path, *more: str) -> subprocess.Popen[str]:
    places = {f"LIMPIDE_{name.upper()}": str(root / name) for name in ("landing", "warehouse", "vault")}
    own = {"DAGSTER_HOME": str(root / "dagster"), "LIMPIDE_SETTLE_SECONDS": "0", "LIMPIDE_WORKERS": "1"}
    command = [sys.executable, "-m", "pipelines.cli", "load", *more]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | places | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def waiting(layout: Layout, night: date) -> int:
    with contextlib.closing(sqlite3.connect(layout.ledger_path)) as ledger, contextlib.suppress(sqlite3.Error):
        asked = "SELECT count(*) FROM documents WHERE outcome = 'waiting' AND night = ?"
        return int(ledger.execute(asked, (str(night),)).fetchone()[0])
    return 0


def test_a_night_killed_half_way_is_finished_by_the_next_one_which_is_published(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
    init(layout)
    for night in (ONE, TWO, THREE):
        for source in ("chu", "labo"):
            name = f"{night.day}{source}"
            send(tmp_path / "landing" / str(night), source, f"{name}.xml", cda(name, patient=str(night.day)))
    killed = started(tmp_path)
    deadline = time.monotonic() + 240
    while not waiting(layout, TWO):
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert [one.night for one in unfinished(layout)][:1] == [TWO]

    # Its first night again is not stopped by it, which exited 1 for ever; a later one, by itself, finishes it.
    following = started(tmp_path, "--night", str(THREE))
    said, _ = following.communicate(timeout=240)
    assert following.returncode == 0, said
    assert "Traceback" not in said
    assert unfinished(layout) == []
    published = current_snapshot(layout)
    assert published is not None and published.tables["note"] == len(("chu", "labo")) + waited_for(layout)
    assert all(row.balanced and row.waiting == 0 for row in conservation(layout))


def waited_for(layout: Layout) -> int:
    """Documents of the two later nights that were received: what of the second the kill left in the landing folder is
    taken when that night is loaded again."""
    return sum(row.received for night in (TWO, THREE) for row in account(layout, night).sources)
