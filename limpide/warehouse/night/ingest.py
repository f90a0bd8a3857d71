"""Arrivals: from the landing folder to the vault and the ledger.

Belongs here: which files count, hashing, recognition by bytes, exact duplicates. Does not belong here: reading them.
"""

from __future__ import annotations

import os
import stat
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

Progress = Callable[[int, int], None]  # (done, total)

ROOT_SOURCE = "landing"
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
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


@dataclass(slots=True)
class _Arrival:
    path_key: str
    relative: str
    size: int
    modified: int
    data: bytes


def sources_in(landing: Path) -> list[str]:
    """The sources of a landing folder, sorted: its first-level folders, and 'landing' when files lie at its root."""
    found = set()
    for entry in os.scandir(landing):
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                found.add(entry.name)
        elif _counts(entry.name) and entry.is_file(follow_symlinks=False):
            found.add(ROOT_SOURCE)
    return sorted(found)


def landed(landing: Path, source: str) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of a source that count, in order of path: no hidden, unfinished or linked ones."""
    if source == ROOT_SOURCE:
        for path in sorted(landing.iterdir()):
            yield from _file(path)
    folder = landing / source
    if folder.is_dir() and not folder.is_symlink():
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for name in sorted(names):
                yield from _file(Path(place) / name)


def ingest(
    layout: Layout, landing: Path, night: date, source: str, *, progress: Progress | None = None
) -> IngestReport:
    """Take in what is new from one source. Idempotent. Raises `Busy`, OSError (transient).

    A file is known again by its path, size and modification time, and then not even opened: the cost of a night
    follows what arrived. A path whose bytes changed is a new arrival.
    """
    with layout.locked(), opened(layout) as ledger:
        vault = Vault(layout.vault)
        secret = vault.secret(Purpose.PSEUDONYM)
        found = list(landed(landing, source))
        tally = _Tally()
        batch: list[_Arrival] = []
        weight = 0
        for done, (path, status) in enumerate(found, 1):
            relative = path.relative_to(landing).as_posix()
            path_key = keyed(f"{source}\x1f{relative}", "path", secret)[:32]
            known = ledger.db.execute("SELECT size, modified FROM paths WHERE path_key = ?", (path_key,)).fetchone()
            if known is None or tuple(known) != (status.st_size, status.st_mtime_ns):
                try:
                    data = path.read_bytes()
                except FileNotFoundError:
                    continue  # withdrawn by its sender while we listed the folder
                batch.append(_Arrival(path_key, relative, status.st_size, status.st_mtime_ns, data))
                weight += len(data)
            if len(batch) >= _BATCH_FILES or weight >= _BATCH_BYTES:
                _take(batch, ledger, vault, secret, night, source, tally)
                batch, weight = [], 0
            if progress:
                progress(done, len(found))
        _take(batch, ledger, vault, secret, night, source, tally)
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
    )


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


def _counts(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(_UNFINISHED)


def _file(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    if _counts(path.name):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return
        if stat.S_ISREG(status.st_mode):
            yield path, status
