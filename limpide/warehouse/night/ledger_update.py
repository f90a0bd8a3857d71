"""What reading gave, told to the ledger and to the vault; and the report of one night of one source.

Belongs here: bringing the ledger to what a partition says, counting. Does not belong here: making a partition
(structuring.py, partition.py), what becomes of a document (versions.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from limpide.identity.vault.vault import Vault
from limpide.warehouse.lake.files import canonical
from limpide.warehouse.lake.partition import Partition
from limpide.warehouse.lake.staged import OUTCOMES
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.night.ingest import document_key


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


def _outcomes(done: Partition) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    # Not read_table, which goes through datasets and imports pandas.
    with pq.ParquetFile(done.folder / f"{OUTCOMES}.parquet") as file:
        rows: list[dict[str, Any]] = file.read().to_pylist()
    return rows


def place(vault: Vault, done: Partition) -> None:
    """Tell the vault whose each document is: what erasure starts from."""
    found = [(r["document_key"], r["person_key"], r["file_key"]) for r in _outcomes(done) if r["person_key"]]
    vault.identities.place(
        (key, person, vault.identities.path(document_key(file, 0)) or "") for key, person, file in found
    )


_TAKEN = (
    "sha256", "container_sha256", "format", "outcome", "document_id", "set_id", "version", "action", "type_code",
    "effective_time", "person_key", "born", "same_as", "engine", "sender", "local", "parts",
)  # fmt: skip


def tell(ledger: Ledger, done: Partition, duplicates: list[str]) -> None:
    """Bring the ledger to what the partition says. Idempotent: a load killed before this point comes back to it."""
    if ledger.get(f"told:{done.night}:{done.source}") == _told(done, duplicates):
        return
    place = (done.night.isoformat(), done.source)
    outcomes = _outcomes(done)
    with ledger.writing() as db:
        for row in outcomes:
            key = row["document_key"]
            values = [row.get(name) for name in _TAKEN]  # a partition of an earlier version has fewer
            values[_TAKEN.index("local")] = bool(row.get("local"))
            known = db.execute("SELECT outcome FROM documents WHERE document_key = ?", (key,)).fetchone()
            if known and known["outcome"] == "expired":
                continue  # it was past its term: reading its file again for another document brings nothing back
            if not known:
                db.execute(
                    "INSERT INTO documents (document_key, file_key, ordinal, night, source, sha256, format, size, "
                    "outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (key, row["file_key"], row["ordinal"], *place, row["sha256"], row["format"], row["size"] or 0, ""),
                )
            db.execute(
                f"UPDATE documents SET {', '.join(f'{name} = ?' for name in _TAKEN)}, outcome_reason = ?, "
                "outcome_detail = ?, dirty = 1 WHERE document_key = ?",
                (*values, row["reason"], row["detail"], key),
            )
            db.execute("DELETE FROM replaced WHERE document_key = ?", (key,))
            db.executemany("INSERT OR IGNORE INTO replaced VALUES (?, ?)", [(r, key) for r in row["replaces"] or ()])
        db.executemany(
            "UPDATE documents SET outcome = 'duplicate', dirty = 1 WHERE document_key = ? AND outcome != 'duplicate'",
            [(document_key(file, 0),) for file in duplicates],
        )
        # A file read anew may hold fewer documents than before (a fixed reader): the others never were.
        kept = {row["document_key"] for row in outcomes} | {document_key(file, 0) for file in duplicates}
        stale = [
            r["document_key"]
            for r in db.execute(
                "SELECT document_key FROM documents WHERE night = ? AND source = ? "
                "AND outcome NOT IN ('erased', 'expired')",
                place,
            )
            if r["document_key"] not in kept
        ]
        db.executemany("DELETE FROM documents WHERE document_key = ?", [(key,) for key in stale])
        for table in ("replaced", "strangers"):
            db.executemany(f"DELETE FROM {table} WHERE document_key = ?", [(key,) for key in stale])
        db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?)", (*place, done.lake))
        ledger.set(f"told:{done.night}:{done.source}", _told(done, duplicates))


def _told(done: Partition, duplicates: list[str]) -> str:
    return sha256(canonical([done.lake, duplicates])).hexdigest()


def report(ledger: Ledger, done: Partition, files: int, unchanged: bool, seconds: float) -> StructureReport:
    place = (done.night.isoformat(), done.source)
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in ledger.db.execute(
        "SELECT outcome, outcome_reason, count(*) AS n FROM documents WHERE night = ? AND source = ? GROUP BY 1, 2",
        place,
    ):
        outcomes[row["outcome"]] += row["n"]
        if row["outcome"] == "quarantined":
            reasons[row["outcome_reason"]] += row["n"]
    return StructureReport(
        night=done.night,
        source=done.source,
        files=files,
        documents=sum(outcomes.values()),
        structured=outcomes["ok"],
        duplicated=outcomes["duplicate"],
        quarantined=dict(sorted(reasons.items())),
        rows={table: rows for table, (_, rows) in done.files.items()},
        engine=done.engine,
        unchanged=unchanged,
        seconds=round(seconds, 3),
    )
