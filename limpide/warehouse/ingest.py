"""Arrivals: from the landing folder to the vault and the ledger.

Belongs here: which files count, hashing, recognition by bytes, exact duplicates. Does not belong here: reading them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from limpide.warehouse.house import House

Progress = Callable[[int, int], None]  # (done, total)


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one source sent on one night. Counts of files; `by_format` counts what is new."""

    night: date
    source: str
    seen: int  # files in the landing folder that count
    new: int  # files the ledger did not know
    known: int  # files already received, tonight or before
    duplicates: int  # new files whose bytes the ledger knows already
    bytes: int  # of the new files
    by_format: dict[str, int] = field(default_factory=dict)


def sources_in(landing: Path) -> list[str]:
    """The sources of a landing folder, sorted: its first-level folders, and 'landing' when files lie at its root."""
    raise NotImplementedError


def ingest(house: House, landing: Path, night: date, source: str, *, progress: Progress | None = None) -> IngestReport:
    """Take in what is new from one source. Idempotent. Raises `Busy`, OSError (transient)."""
    raise NotImplementedError
