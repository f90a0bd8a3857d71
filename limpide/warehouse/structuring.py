"""From raw bytes to rows: one night of one source, through guarded worker processes, into the lake.

Belongs here: which files are read, feeding the pool, telling the ledger. Does not belong here: readers,
engines, mapping.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import limpide
from limpide import workers as pool
from limpide.errors import LIMITS, Limits, Reason
from limpide.identity import merges
from limpide.identity.opposition import Oppositions, Statement
from limpide.identity.surrogates import configured
from limpide.identity.vault import Vault
from limpide.warehouse import learning, merging, partition, vocabulary
from limpide.warehouse import waiting as waiting_for_ocr
from limpide.warehouse.files import canonical, sha256_of
from limpide.warehouse.frozen import carry
from limpide.warehouse.house import House
from limpide.warehouse.ingest import document_key
from limpide.warehouse.ledger import Ledger, opened
from limpide.warehouse.partition import Partition, Stage
from limpide.warehouse.reading import OUTCOMES, Reading, Reference
from limpide.warehouse.sources import Declaration, declaration
from limpide.warehouse.strangers import judge
from limpide.warehouse.withdrawal import enforce

WARM = ("limpide.warehouse.warm",)

Progress = Callable[[int, int], None]  # (done, total) files

# Packages whose code and data decide what rows a document gives.
_DECIDING = ("readers", "semantics", "identity", "omop")


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
    limits: Limits = LIMITS,
) -> StructureReport:
    """Structure every document the ledger knows for this night and source. Idempotent.

    Raises `Busy`, `WorkerFault` (transient: nothing was changed), KeyError for an unknown engine.
    """
    began = time.monotonic()
    with house.locked(), opened(house) as ledger, closing(Vault(house.vault)) as vault:
        version = _engine_version(engine)
        waiting = waiting_for_ocr.nights(ledger, source)
        done, files, unchanged = _structured(
            house, vault, ledger, night, source, engine, version, workers, limits, progress, night in waiting
        )
        for earlier in waiting:  # scans of other nights, which OCR that came since can read
            if earlier != night:
                _structured(house, vault, ledger, earlier, source, engine, version, workers, limits, None, True)
        merging.settle(house, ledger, vault.identities)
        for read in sorted({night, *waiting}):
            judge(house, ledger, read, source)
        enforce(house, ledger)
        return _report(ledger, done, files, unchanged, time.monotonic() - began)


def _structured(
    house: House,
    vault: Vault,
    ledger: Ledger,
    night: date,
    source: str,
    engine: str,
    version: str,
    workers: int,
    limits: Limits,
    progress: Progress | None,
    again: bool,
) -> tuple[Partition, int, bool]:
    """The partition of one night and source, the ledger told; how many files; whether it was there already.

    `again`: read it even if it was made from these very files by this engine.
    """
    declared = declaration(house)
    files, duplicates = _files(ledger, night, source, declared)
    refused = [f for f in files if declared and not declared.admits(source, f.format)]
    taught_by = learning.teachers(_arrived(ledger, night, source, declared))
    inputs = _inputs(vault, ledger, night, source, files, refused, taught_by, version)
    done = partition.load(house, night, source)
    unchanged = done is not None and done.inputs == inputs and done.generation == vault.generation and not again
    if done is None or not unchanged:
        done = _read(
            house, vault, ledger, night, source, files, refused, taught_by, engine, version, inputs, workers, limits,
            progress,
        )  # fmt: skip
        with ledger.writing() as db:  # outcomes may differ where no row does: a scan read at last, of nobody known
            db.execute("DELETE FROM meta WHERE key = ?", (f"told:{night}:{source}",))
    _tell(ledger, done, duplicates)
    return done, len(files) + len(duplicates), unchanged


def _engine_version(name: str) -> str:
    from limpide.semantics.engine import load_engine

    engine = load_engine(name)
    return f"{engine.name} {engine.version}"


@cache
def _made_by() -> str:
    """The hash of all that decides rows: a night run again after a reader was mended is read again."""
    root = Path(limpide.__file__).parent
    digest = sha256((root / "document.py").read_bytes())
    for package in _DECIDING:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0{sha256_of(path)}".encode())
    return digest.hexdigest()


def _inputs(
    vault: Vault,
    ledger: Ledger,
    night: date,
    source: str,
    files: list[Reference],
    refused: list[Reference],
    taught_by: list[Reference],
    version: str,
) -> str:
    """The hash of all that a partition is made from: its files, our code, what persons decided on its documents, which
    of its files nobody declared, and which taught the source's furniture (some may count as duplicates elsewhere)."""
    decided = vault.identities.decisions()
    made_from: list[Any] = [_made_by(), vocabulary.identity(), version, [f.file_key for f in files]]
    if theirs := sorted(set(decided) & set(_documents_of(ledger, night, source))):
        made_from.append([(key, decided[key]) for key in theirs])
    if (masks := configured()) != ("types", "kept"):
        made_from.append({"masks": masks})
    if refused:
        made_from.append({"undeclared": [f.file_key for f in refused]})
    if taught_by:
        made_from.append({"taught by": [f.sha256 for f in taught_by]})
    return sha256(canonical(made_from)).hexdigest()


def _files(ledger: Ledger, night: date, source: str, declared: Declaration | None) -> tuple[list[Reference], list[str]]:
    """Files to read, in order of key, and keys of those whose bytes arrived before: the first arrival counts.

    An arrival from a source that nobody declared was not read, and makes no duplicate of a later one.
    """
    place = (night.isoformat(), source)
    rows = ledger.db.execute(
        "SELECT f.file_key, f.sha256, f.format, f.size, EXISTS (SELECT 1 FROM files o WHERE o.sha256 = f.sha256 "
        "AND o.size > 0 AND (o.night, o.source, o.file_key) < (f.night, f.source, f.file_key)) AS again "
        "FROM files f WHERE f.night = ? AND f.source = ? AND f.sha256 != '' ORDER BY f.file_key",
        place,
    ).fetchall()
    again = {r["file_key"] for r in rows if r["again"] and (declared is None or _admitted(ledger, r, declared, place))}
    fresh = [Reference(r["file_key"], r["sha256"], r["format"], r["size"]) for r in rows if r["file_key"] not in again]
    return fresh, sorted(again)


def _arrived(ledger: Ledger, night: date, source: str, declared: Declaration | None) -> list[Reference]:
    """Every admitted file of the night, those whose bytes came on another night too: what the pages of a source have
    in common must not depend on which nights were loaded before."""
    rows = ledger.db.execute(
        "SELECT file_key, sha256, format, size FROM files WHERE night = ? AND source = ? AND sha256 != '' "
        "ORDER BY file_key",
        (night.isoformat(), source),
    )
    return [Reference(*row) for row in rows if declared is None or declared.admits(source, row["format"])]


def _admitted(ledger: Ledger, row: Any, declared: Declaration, place: tuple[str, str]) -> bool:
    """Whether the same bytes arrived before from a source that may send them."""
    earlier = ledger.db.execute(
        "SELECT source, format FROM files WHERE sha256 = ? AND (night, source, file_key) < (?, ?, ?)",
        (row["sha256"], *place, row["file_key"]),
    )
    return any(declared.admits(other["source"], other["format"]) for other in earlier)


def _read(
    house: House,
    vault: Vault,
    ledger: Ledger,
    night: date,
    source: str,
    files: list[Reference],
    refused: list[Reference],
    taught_by: list[Reference],
    engine: str,
    version: str,
    inputs: str,
    workers: int,
    limits: Limits,
    progress: Progress | None,
) -> Partition:
    shutil.rmtree(house.work, ignore_errors=True)
    stage = Stage(house.work / "stage")
    people: dict[tuple[str, bytes], Any] = {}
    said: list[tuple[str, str, bytes]] = []
    held: list[tuple[str, str, dict[str, Any]]] = []
    stated: list[Statement] = []
    merged: list[merges.Statement] = []
    lost = [pool.Lost(f, Reason.UNDECLARED_SOURCE, "its source or its format is not declared") for f in refused]
    stage.add_rows(OUTCOMES, [_lost(one, version) for one in lost])
    count = len(refused)
    admitted = [f for f in files if f not in refused]
    known = learning.learn(house.vault, taught_by, workers=workers, warm=WARM)
    work = partial(Reading, house.vault, night, source, engine, vocabulary.index(house), known)
    count_of_workers = min(workers, -(-len(admitted) // pool.BATCH))
    for done in pool.run(work, admitted, workers=count_of_workers, limits=limits, warm=WARM):
        if done.results is not None:
            stage.add(done.results)
            stated += done.results.oppositions
            merged += done.results.merges
            for document, key, patient in done.results.people:
                identity = vault.identities.version(patient)
                people.setdefault((key, identity), (key, patient, source, night.isoformat()))
                said.append((document, key, identity))
            held += [(key, night.isoformat(), shown) for key, shown in done.results.held]
        stage.add_rows(OUTCOMES, [_lost(one, version) for one in done.lost])
        count += done.size
        if progress:
            progress(count, len(files))
    carry(house, ledger, stage, night, source)
    vault.identities.record(people[key] for key in sorted(people))
    vault.identities.state(said)
    theirs = _documents_of(ledger, night, source)
    merges.state(vault.identities, night.isoformat(), theirs, sorted(merged, key=lambda one: one.origin))
    vault.identities.release_all(theirs)
    vault.identities.hold(held)
    if stated:
        Oppositions(vault).state(sorted(stated, key=lambda s: (s.at, s.person_key, s.value)))
    finished = partition.finish(
        house, ledger, stage, night, source, inputs, version,
        merged=vault.identities.merges(), generation=vault.generation,
    )  # fmt: skip
    _place(vault, finished)
    shutil.rmtree(house.work, ignore_errors=True)
    return finished


def _documents_of(ledger: Ledger, night: date, source: str) -> list[str]:
    place = (night.isoformat(), source)
    rows = ledger.db.execute("SELECT document_key FROM documents WHERE night = ? AND source = ? ORDER BY 1", place)
    return [row[0] for row in rows]


def _lost(lost: pool.Lost, version: str) -> dict[str, Any]:
    item: Reference = lost.item
    return {
        "document_key": document_key(item.file_key, 0),
        "file_key": item.file_key,
        "ordinal": 0,
        "sha256": item.sha256,
        "format": item.format,
        "size": item.size,
        "outcome": "quarantined",
        "reason": str(lost.reason),
        "detail": lost.detail or None,
        "engine": version,
        "born": False,
        "replaces": [],
    }


def _outcomes(done: Partition) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    # Not read_table, which goes through datasets and imports pandas.
    with pq.ParquetFile(done.folder / f"{OUTCOMES}.parquet") as file:
        rows: list[dict[str, Any]] = file.read().to_pylist()
    return rows


def _place(vault: Vault, done: Partition) -> None:
    """Tell the vault whose each document is: what erasure starts from."""
    found = [(r["document_key"], r["person_key"], r["file_key"]) for r in _outcomes(done) if r["person_key"]]
    vault.identities.place(
        (key, person, vault.identities.path(document_key(file, 0)) or "") for key, person, file in found
    )


_TAKEN = (
    "sha256", "container_sha256", "format", "outcome", "document_id", "set_id", "version", "action", "type_code",
    "effective_time", "person_key", "born", "same_as", "engine",
)  # fmt: skip


def _tell(ledger: Ledger, done: Partition, duplicates: list[str]) -> None:
    """Bring the ledger to what the partition says. Idempotent: a load killed before this point comes back to it."""
    if ledger.get(f"told:{done.night}:{done.source}") == _told(done, duplicates):
        return
    place = (done.night.isoformat(), done.source)
    outcomes = _outcomes(done)
    with ledger.writing() as db:
        for row in outcomes:
            key = row["document_key"]
            values = [row[name] for name in _TAKEN]
            known = db.execute("SELECT 1 FROM documents WHERE document_key = ?", (key,)).fetchone()
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
                "SELECT document_key FROM documents WHERE night = ? AND source = ? AND outcome != 'erased'", place
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


def _report(ledger: Ledger, done: Partition, files: int, unchanged: bool, seconds: float) -> StructureReport:
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
