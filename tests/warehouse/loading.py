"""One night, start to end, as the orchestration runs it: for tests, and runnable as a process that can be killed."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from limpide.warehouse.layout import Layout
from limpide.warehouse.night.ingest import ingest
from limpide.warehouse.night.landing_files import sources_in
from limpide.warehouse.night.structuring import structure_night
from limpide.warehouse.snapshots.candidate import Candidate, build_candidate
from limpide.warehouse.snapshots.publication import Snapshot, publish
from limpide.warehouse.snapshots.receipt import CheckResult, write_receipt

PASSED = CheckResult("rows", "note", True, True, "passed")


def prepare(layout: Layout, landing: Path, night: date, workers: int = 0) -> Candidate:
    """Everything before the checks."""
    sources = sources_in(landing)
    for source in sources:
        ingest(layout, landing, night, source)
    for _ in structure_night(layout, night, sources, workers=workers):
        pass
    return build_candidate(layout, night)


def load(layout: Layout, landing: Path, night: date, workers: int = 0, keep: int = 14) -> Snapshot:
    """A whole night, with checks that pass."""
    candidate = prepare(layout, landing, night, workers)
    write_receipt(layout, candidate, [PASSED])
    return publish(layout, candidate, keep=keep)


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for folder in sorted((root / "landing").iterdir()):
        load(Layout(root / "warehouse", root / "vault"), folder, date.fromisoformat(folder.name))
