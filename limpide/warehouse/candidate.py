"""What could be published: one immutable file list for every table, and the hash that stands for all of it.

Belongs here: choosing current versions, copy-on-write, the manifest. Does not belong here: checks, the switch of snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from limpide.warehouse.house import House


@dataclass(frozen=True, slots=True)
class TableState:
    """One table of a candidate. `files` are absolute paths; `new_files` those the current snapshot does not have."""

    files: list[Path]
    rows: int
    new_files: list[Path]
    sha256: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A complete set of tables, not yet published. `sha256` is the hash of its manifest, hence of all its data."""

    sha256: str
    path: Path
    night: date
    tables: dict[str, TableState] = field(default_factory=dict)


def build_candidate(house: House, night: date) -> Candidate:
    """Every table as it should be after `night`. Same inputs, same bytes, same hash. Raises `Busy`."""
    raise NotImplementedError


def load_candidate(house: House, sha256: str) -> Candidate:
    """A candidate built before, from its manifest. Raises FileNotFoundError."""
    raise NotImplementedError
