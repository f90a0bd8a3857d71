"""`make storm`: nights loaded by the real command, killed with SIGKILL at random moments, then left to go on.

Belongs here: a long campaign, its figures. Does not belong here: the quick kill tests (tests/warehouse/test_kills.py,
tests/pipelines/test_killed_nights.py).

Each house: a synthetic feed of some nights; `limpide load` is killed again and again; sometimes the next call is of a
later night only, which must finish the killed one. At the end one call in peace must end with 0 and publish the same
content as a house that was never killed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from limpide.synth.feed import generate
from limpide.warehouse.layout import Layout
from limpide.warehouse.night.backlog import unfinished
from limpide.warehouse.night.landing import nights_in
from limpide.warehouse.pairing import init
from limpide.warehouse.query import connect
from limpide.warehouse.snapshots.account import conservation

PUBLISHED = (
    "SELECT document_key FROM limpide_document ORDER BY 1",
    "SELECT fact_key, code, text FROM limpide_fact ORDER BY ALL",
    "SELECT document_key, reason FROM limpide_quarantine ORDER BY ALL",
    "SELECT person_source_value, year_of_birth FROM person ORDER BY ALL",
)


def command(root: Path, *more: str) -> subprocess.Popen[bytes]:
    places = {"LIMPIDE_LANDING": "landing", "LIMPIDE_WAREHOUSE": "warehouse", "LIMPIDE_VAULT": "vault"}
    environment = os.environ | {name: str(root / folder) for name, folder in places.items()}
    environment |= {"DAGSTER_HOME": str(root / "dagster"), "LIMPIDE_SETTLE_SECONDS": "0", "LIMPIDE_WORKERS": "2"}
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "load", *more],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def published(layout: Layout) -> list[object]:
    with connect(layout) as connection:
        return [connection.execute(question).fetchall() for question in PUBLISHED]


def house(root: Path, calm: Path, kills: int, chance: random.Random, seconds: float) -> tuple[int, int]:
    """Kills that came while a load ran, and how many left a night unfinished. Raises AssertionError."""
    layout = Layout(root / "warehouse", root / "vault")
    root.mkdir()
    (root / "landing").symlink_to(calm / "landing")
    init(layout)
    for name in ("master.key", "vault.json"):  # the same pseudonyms as in the calm house
        (layout.vault / name).write_bytes((calm / "key" / name).read_bytes())
    nights, done, left = [str(night) for night in nights_in(root / "landing")], 0, 0
    while done < kills:
        running = command(root, *(("--night", chance.choice(nights)) if chance.random() < 0.4 else ()))
        time.sleep(chance.uniform(1.0, seconds))
        if running.poll() is None:
            running.kill()
            done += 1
        code = running.wait()
        assert code in (0, -9), f"a load ended with {code} after {done} kills in {root}"
        left += bool(unfinished(layout))
    assert command(root).wait() == 0, f"the last load failed in {root}"
    assert not unfinished(layout)
    assert all(row.balanced and not row.waiting for row in conservation(layout))
    assert published(layout) == published(Layout(calm / "warehouse", calm / "vault")), f"{root} differs"
    return done, left


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--houses", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        calm = Path(scratch) / "calm"
        generate(calm, documents=60, nights=3, seed=3)
        layout = Layout(calm / "warehouse", calm / "vault")
        init(layout)
        (calm / "key").mkdir()
        for name in ("master.key", "vault.json"):
            (calm / "key" / name).write_bytes((layout.vault / name).read_bytes())
        began = time.monotonic()
        assert command(calm).wait() == 0
        seconds = time.monotonic() - began
        chance = random.Random(told.seed)
        for number in range(told.houses):
            kills, left = house(Path(scratch) / str(number), calm, told.kills // told.houses, chance, seconds)
            print(f"house {number}: {kills} kills, {left} of them left a night unfinished; same content", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
