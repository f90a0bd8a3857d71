"""One night, start to end, as the orchestration runs it: for tests, and runnable as a process that can be killed."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from limpide.warehouse.candidate import Candidate, build_candidate
from limpide.warehouse.house import House
from limpide.warehouse.ingest import ingest, sources_in
from limpide.warehouse.publication import Snapshot, publish
from limpide.warehouse.receipt import CheckResult, write_receipt
from limpide.warehouse.structuring import structure_night

PASSED = CheckResult("rows", "note", True, True, "passed")


def prepare(house: House, landing: Path, night: date, workers: int = 0) -> Candidate:
    """Everything before the checks."""
    sources = sources_in(landing)
    for source in sources:
        ingest(house, landing, night, source)
    for _ in structure_night(house, night, sources, workers=workers):
        pass
    return build_candidate(house, night)


def load(house: House, landing: Path, night: date, workers: int = 0, keep: int = 14) -> Snapshot:
    """A whole night, with checks that pass."""
    candidate = prepare(house, landing, night, workers)
    write_receipt(house, candidate, [PASSED])
    return publish(house, candidate, keep=keep)


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for folder in sorted((root / "landing").iterdir()):
        load(House(root / "warehouse", root / "vault"), folder, date.fromisoformat(folder.name))
