"""From raw bytes to rows: one night of one source, through guarded worker processes, into the lake.

Belongs here: feeding the pool, writing the partition, telling the ledger. Does not belong here: readers, engines, mapping.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from limpide.warehouse.house import House

Progress = Callable[[int, int], None]  # (done, total) documents


@dataclass(frozen=True, slots=True)
class StructureReport:
    """What became of one night × source. `quarantined` counts by reason; `rows` by table of the lake."""

    night: date
    source: str
    files: int
    documents: int
    structured: int
    duplicated: int
    quarantined: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    engine: str = ""
    unchanged: bool = False  # the partition was there already, made from the same documents by the same engine
    seconds: float = 0.0


def structure_night(
    house: House,
    night: date,
    source: str,
    *,
    engine: str = "limpide",
    workers: int = 2,
    progress: Progress | None = None,
) -> StructureReport:
    """Structure every document the ledger knows for this night and source. Idempotent. Raises `Busy`."""
    raise NotImplementedError
