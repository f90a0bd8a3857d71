"""What a person asks waits for a write of the night, never for its reading."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from limpide.rights.erasure import erase
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.night import structuring
from limpide.warehouse.night.ingest import ingest
from limpide.warehouse.night.structuring import structure_night
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)


def keys(layout: Layout) -> list[tuple[str, str]]:
    with opened(layout) as ledger:
        rows = ledger.db.execute("SELECT night, outcome FROM documents WHERE outcome != 'erased' ORDER BY 1, 2")
        return [tuple(row) for row in rows]


@pytest.fixture
def half_way(layout: Layout, landing: Path) -> Layout:
    """Persons 1 and 2 of a first night; a second document of each has arrived and is not read yet."""
    for number in ("1", "2"):
        send(landing / "one", "chu", f"{number}.xml", cda(f"A{number}", f"Asthme {number}.", patient=number))
        send(landing / "two", "chu", f"{number}b.xml", cda(f"B{number}", f"Goutte {number}.", patient=number))
    load(layout, landing / "one", ONE)
    ingest(layout, landing / "two", TWO, "chu")
    return layout


def test_a_person_is_erased_while_the_night_reads_and_the_night_goes_on_without_them(half_way, monkeypatch) -> None:
    """The erasure comes from another process in life: here it comes in the middle of the reading."""
    reading = structuring.pool.run
    asked: list[float] = []

    def run(*args, **more):
        yield from reading(*args, **more)
        if not asked and args[1]:
            began = time.monotonic()
            erase(half_way, "IPP1@1.2.250.9.9")
            asked.append(time.monotonic() - began)

    monkeypatch.setattr(structuring.pool, "run", run)
    for report in structure_night(half_way, TWO, ["chu"], workers=0):
        assert report.files == 1
    assert asked and asked[0] < 5
    assert keys(half_way) == [("2026-11-01", "ok"), ("2026-11-02", "ok")]
    assert not list(half_way.warehouse.glob(".reading"))


ASKING = """
import sys
from pathlib import Path
from limpide.warehouse import layout
layout.PATIENCE = 0.2
try:
    with getattr(layout.Layout(Path(sys.argv[1]), Path("v")), sys.argv[2])():
        print("held", flush=True)
        sys.stdin.read()
except layout.Busy:
    print("busy", flush=True)
"""


def other(layout: Layout, how: str) -> subprocess.Popen[str]:
    """Another process that takes the warehouse and holds it until its input ends."""
    asked = [sys.executable, "-c", ASKING, str(layout.warehouse), how]
    return subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def answer(layout: Layout, how: str) -> str:
    return other(layout, how).communicate("")[0].strip()


def test_two_loads_never_meet_and_what_a_person_asks_passes_between(half_way: Layout) -> None:
    with half_way.locked() as hold:
        assert (answer(half_way, "locked"), answer(half_way, "briefly")) == ("busy", "busy")
        with hold.released():
            assert (answer(half_way, "locked"), answer(half_way, "briefly")) == ("busy", "held")
        assert answer(half_way, "briefly") == "busy"
    assert answer(half_way, "locked") == "held"


def test_who_asks_while_the_night_writes_waits_for_it(half_way: Layout) -> None:
    writer = other(half_way, "locked")
    assert writer.stdout is not None and writer.stdin is not None
    assert writer.stdout.readline() == "held\n"
    ends = threading.Timer(0.5, writer.stdin.close)
    ends.start()
    began = time.monotonic()
    with half_way.briefly():
        assert 0.3 < time.monotonic() - began < 20
    ends.join()
    writer.wait()
