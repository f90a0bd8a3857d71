"""The switch: a validated candidate becomes the snapshot that everybody reads, all at once.

Belongs here: the gate, the snapshot manifest, what is kept of older ones, recovery after a kill.
Does not belong here: checks, building files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from limpide.warehouse.candidate import Candidate
from limpide.warehouse.house import House


class NotValidated(Exception):
    """No passing receipt for this very data: nothing is published, yesterday's snapshot still serves."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One publication. `tables` gives rows by table; `catalog` the DuckDB file of views."""

    number: int
    night: date
    candidate_sha256: str
    manifest: Path
    catalog: Path
    tables: dict[str, int]


def publish(house: House, candidate: Candidate, *, keep: int = 14) -> Snapshot:
    """Publish atomically; publishing the current content again changes nothing. Raises `NotValidated`, `Busy`."""
    raise NotImplementedError


def current_snapshot(house: House) -> Snapshot | None:
    """The snapshot that serves now, None before the first publication."""
    raise NotImplementedError
