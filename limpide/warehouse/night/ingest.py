"""Arrivals: from the landing folder to the vault and the ledger.

Belongs here: hashing, recognition by bytes, exact duplicates, files that were read half. Does not belong here: what
lies in the folder (landing_files.py), reading documents.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from limpide.identity.pseudonym import keyed
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.vault import Vault
from limpide.readers.recognise import recognise
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night import source_index
from limpide.warehouse.night.landing_files import (
    NOT_YET,
    Landed,
    Left,
    NotNow,
    folder_state,
    landed,
    read_whole,
    settled,
)
from limpide.warehouse.sources import declared

Progress = Callable[[int, int], None]  # (done, total)

_BATCH_FILES = 256
_BATCH_BYTES = 64 * 1024 * 1024


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
    left: dict[str, int] = field(default_factory=dict)  # what lies there and was not read, by kind (Left)


@dataclass(slots=True)
class _Arrival:
    path_key: str
    relative: str
    size: int
    modified: int
    data: bytes


def ingest(
    layout: Layout,
    landing: Path,
    night: date,
    source: str,
    *,
    settle: float = 0.0,
    progress: Progress | None = None,
) -> IngestReport:
    """Take in what is new from one source. Idempotent. Raises `Busy`, OSError of the house itself (transient).

    A file is known again by its path, size and modification time, and then not even opened: the cost of a night
    follows what arrived. A path whose bytes changed is a new arrival. `settle`: seconds during which a file must not
    have changed.
    """
    with layout.locked() as hold, opened(layout) as ledger:
        vault = Vault(layout.vault)
        secret = vault.secret(Purpose.PSEUDONYM)
        state = folder_state(landing, source)  # before files are listed: one more is late
        left: Counter[Left] = Counter()
        said_of = declared(layout, source)
        index = source_index.read(landing, source, said_of)
        found = [one for one in landed(landing, source, left, said_of.marker) if not index.is_it(one.relative)]
        keys = {one.relative: keyed(f"{source}\x1f{one.relative}", "path", secret)[:32] for one in found}
        new = [one for one in found if _known(ledger, keys[one.relative]) != (one.size, one.modified)]
        tally = _Tally()
        heard = progress or (lambda done, total: None)
        batches = _read(
            settled(new, settle, left), keys, left, lambda done: heard(len(found) - len(new) + done, len(found))
        )
        while True:
            with hold.released():  # others may write while files are waited for and read
                batch = next(batches, None)
            if batch is None:
                break
            _take(batch, ledger, vault, secret, night, source, tally)
        if index.rows:
            _index(ledger, vault, index, found, keys)
        said = {str(kind): number for kind, number in sorted(left.items())}
        with ledger.writing():
            ledger.set(f"left:{night}:{source}", json.dumps(said))
            if not set(left) & NOT_YET:
                ledger.set(f"landed:{night}:{source}", state)
        vault.close()
    return IngestReport(
        night=night,
        source=source,
        seen=len(found),
        new=tally.new,
        known=len(found) - tally.new,
        duplicates=tally.duplicates,
        bytes=tally.bytes,
        by_format=dict(sorted(tally.formats.items())),
        left=said,
    )


def _read(
    files: Iterator[Landed], keys: dict[str, str], left: Counter[Left], progress: Callable[[int], None]
) -> Iterator[list[_Arrival]]:
    """The files that can be read now, some at a time; the others are counted."""
    batch: list[_Arrival] = []
    weight = 0
    for done, one in enumerate(files, 1):
        try:
            data, status = read_whole(one.path)
        except NotNow as fault:
            if fault.why is not None:  # else withdrawn by its sender while we listed the folder
                left[fault.why] += 1
            continue
        batch.append(_Arrival(keys[one.relative], one.relative, status.st_size, status.st_mtime_ns, data))
        weight += len(data)
        if len(batch) >= _BATCH_FILES or weight >= _BATCH_BYTES:
            yield batch
            batch, weight = [], 0
        progress(done)
    if batch:
        yield batch


def _index(ledger: Ledger, vault: Vault, index: source_index.Index, found: list[Landed], keys: dict[str, str]) -> None:
    """What the index says of the files that are there, kept in the vault by file."""
    said = []
    for one in found:
        row = index.of(one.relative)
        at = ledger.db.execute("SELECT file_key FROM arrived_at WHERE path_key = ?", (keys[one.relative],)).fetchone()
        if row and at:
            said.append((at["file_key"], row))
    vault.identities.say(said)


def _known(ledger: Ledger, path_key: str) -> tuple[int, int] | None:
    row = ledger.db.execute("SELECT size, modified FROM paths WHERE path_key = ?", (path_key,)).fetchone()
    return tuple(row) if row else None


@dataclass(slots=True)
class _Tally:
    new: int = 0
    duplicates: int = 0
    bytes: int = 0
    formats: Counter[str] = field(default_factory=Counter)


def _take(
    batch: list[_Arrival], ledger: Ledger, vault: Vault, secret: bytes, night: date, source: str, tally: _Tally
) -> None:
    """One batch: bytes and paths into the vault, durably, then one transaction of the ledger."""
    if not batch:
        return
    digests = vault.put_many(arrival.data for arrival in batch)
    keys = [
        keyed(f"{source}\x1f{a.relative}\x1f{digest}", "file", secret)[:32]
        for a, digest in zip(batch, digests, strict=True)
    ]
    vault.identities.place((document_key(key, 0), None, a.relative) for a, key in zip(batch, keys, strict=True))
    with ledger.writing() as db:
        for arrival, digest, key in zip(batch, digests, keys, strict=True):
            db.execute(
                "INSERT OR REPLACE INTO paths VALUES (?, ?, ?)", (arrival.path_key, arrival.size, arrival.modified)
            )
            if db.execute("SELECT 1 FROM files WHERE file_key = ?", (key,)).fetchone():
                continue  # touched, not changed
            _replace_half(ledger, vault, arrival, key)
            db.execute("INSERT OR REPLACE INTO arrived_at VALUES (?, ?)", (arrival.path_key, key))
            kind = str(recognise(arrival.data))
            tally.duplicates += bool(db.execute("SELECT 1 FROM files WHERE sha256 = ? LIMIT 1", (digest,)).fetchone())
            db.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)",
                (key, source, night.isoformat(), digest, arrival.size, kind),
            )
            db.execute(
                "INSERT INTO documents (document_key, file_key, ordinal, night, source, sha256, format, size, outcome) "
                "VALUES (?, ?, 0, ?, ?, ?, ?, ?, 'waiting')",
                (document_key(key, 0), key, night.isoformat(), source, digest, kind, arrival.size),
            )
            tally.new += 1
            tally.bytes += arrival.size
            tally.formats[kind] += 1


def document_key(file_key: str, ordinal: int) -> str:
    """The key of the nth document of a file: the same whenever and wherever it is computed."""
    return sha256(f"{file_key}/{ordinal}".encode()).hexdigest()[:32]


def _replace_half(ledger: Ledger, vault: Vault, arrival: _Arrival, key: str) -> None:
    """What was read at this path before was the beginning of this file: it was read half, and this takes its place."""
    row = ledger.db.execute(
        "SELECT f.file_key, f.sha256, f.size FROM arrived_at a JOIN files f USING (file_key) WHERE a.path_key = ?",
        (arrival.path_key,),
    ).fetchone()
    if row is None or not 0 < row["size"] < arrival.size or row["sha256"] not in vault:
        return
    if arrival.data.startswith(vault.get(row["sha256"])):
        ledger.db.execute("INSERT OR REPLACE INTO halves VALUES (?, ?)", (row["file_key"], document_key(key, 0)))
        ledger.db.execute("UPDATE documents SET dirty = 1 WHERE file_key = ?", (row["file_key"],))
