"""The ledger: one row a document, from its arrival to its end. SQLite, in the warehouse, without identities.

Belongs here: the tables, opening, 31-bit ids and blocks of ids. Does not belong here: deciding statuses (versions.py).

`outcome` is what reading gave (waiting, ok, quarantined, duplicate), or that it was erased or is past its term
(expired); `status` is what the current snapshot says; `pending_*` is what the candidate built last would make of it.
`dirty` marks rows not yet settled by a publication.
Paths are in the vault; here a path is a keyed hash, and so are ids of documents and sets: senders put numbers of
patients in them.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date

from limpide.identity.pseudonym import surrogate31
from limpide.warehouse.layout import Damaged, Layout

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    file_key TEXT PRIMARY KEY, source TEXT NOT NULL, night TEXT NOT NULL, sha256 TEXT NOT NULL,
    size INTEGER NOT NULL, format TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_night ON files (night, source);
CREATE INDEX IF NOT EXISTS files_sha ON files (sha256, night, source, file_key);
CREATE TABLE IF NOT EXISTS paths (
    path_key TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS arrived_at (path_key TEXT PRIMARY KEY, file_key TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS halves (file_key TEXT PRIMARY KEY, whole TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    document_key TEXT PRIMARY KEY, file_key TEXT NOT NULL, ordinal INTEGER NOT NULL,
    night TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL, container_sha256 TEXT,
    format TEXT NOT NULL, size INTEGER NOT NULL,
    outcome TEXT NOT NULL, outcome_reason TEXT, outcome_detail TEXT,
    status TEXT NOT NULL DEFAULT 'received', reason TEXT, superseded_by TEXT, snapshot INTEGER,
    pending_status TEXT, pending_reason TEXT, pending_superseded_by TEXT, pending_candidate TEXT,
    document_id TEXT, set_id TEXT, version INTEGER, action TEXT, type_code TEXT, effective_time TEXT,
    person_key TEXT, born INTEGER NOT NULL DEFAULT 0, same_as TEXT, engine TEXT,
    sender TEXT, local INTEGER NOT NULL DEFAULT 0, parts TEXT, dirty INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_night ON documents (night, source);
CREATE INDEX IF NOT EXISTS documents_sha ON documents (sha256);
CREATE INDEX IF NOT EXISTS documents_container ON documents (container_sha256);
CREATE INDEX IF NOT EXISTS documents_id ON documents (document_id);
CREATE INDEX IF NOT EXISTS documents_set ON documents (set_id, person_key);
CREATE INDEX IF NOT EXISTS documents_person ON documents (person_key, born);
CREATE INDEX IF NOT EXISTS documents_after ON documents (superseded_by);
CREATE INDEX IF NOT EXISTS documents_file ON documents (file_key);
CREATE INDEX IF NOT EXISTS documents_dirty ON documents (document_key) WHERE dirty = 1;
CREATE INDEX IF NOT EXISTS documents_pending ON documents (document_key) WHERE pending_candidate IS NOT NULL;
CREATE TABLE IF NOT EXISTS replaced (
    document_id TEXT NOT NULL, document_key TEXT NOT NULL, PRIMARY KEY (document_id, document_key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS replaced_by ON replaced (document_key);
CREATE TABLE IF NOT EXISTS announced (document_key TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS strangers (document_key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS merged (retired TEXT PRIMARY KEY, kept TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partitions (
    night TEXT NOT NULL, source TEXT NOT NULL, lake TEXT NOT NULL, PRIMARY KEY (night, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks (
    name TEXT NOT NULL, night TEXT NOT NULL, source TEXT NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (name, night, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS surrogates (
    kind TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL,
    PRIMARY KEY (kind, key), UNIQUE (kind, id)) WITHOUT ROWID;
"""

ID_LIMIT = 2**31 - 1  # OMOP 5.4 ids are 32-bit signed


class IdsExhausted(Exception):
    """A table has used up 32-bit ids."""


class Ledger:
    """An open ledger. Use as a context manager; `writing()` is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def get(self, key: str) -> str | None:
        """A remembered value."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set(self, key: str, value: str) -> None:
        """Remember a value (inside a transaction)."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def block(self, name: str, night: date, source: str, rows: int) -> int:
        """The first of `rows` consecutive ids for a table in a night × source: the same ones each time it is asked.

        A partition that grew gets a new block; ids of an abandoned block are not used again.
        Raises IdsExhausted.
        """
        place = (name, night.isoformat(), source)
        found = self.db.execute(
            "SELECT start, size FROM blocks WHERE name = ? AND night = ? AND source = ?", place
        ).fetchone()
        if found and found[1] >= rows:
            return int(found[0])
        start = int(self.get(f"next:{name}") or 1)
        if start + rows > ID_LIMIT:
            raise IdsExhausted(name)
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?)", (*place, start, rows))
            self.set(f"next:{name}", str(start + rows))
        return start

    def surrogates(self, kind: str, keys: Iterable[str]) -> dict[str, int]:
        """31-bit ids of keys: from the key's own hash, the next free on collision. Allotted once, in order of keys."""
        out: dict[str, int] = {}
        wanted = sorted(set(keys))
        missing = []
        for key in wanted:
            row = self.db.execute("SELECT id FROM surrogates WHERE kind = ? AND key = ?", (kind, key)).fetchone()
            if row:
                out[key] = int(row[0])
            else:
                missing.append(key)
        if missing:
            with self.writing() as db:
                for key in missing:
                    number = surrogate31(key)
                    while db.execute("SELECT 1 FROM surrogates WHERE kind = ? AND id = ?", (kind, number)).fetchone():
                        number = number % ID_LIMIT + 1
                    db.execute("INSERT INTO surrogates VALUES (?, ?, ?)", (kind, key, number))
                    out[key] = number
        return out


def existing(layout: Layout) -> sqlite3.Connection:
    """A connection to a ledger that is there. Raises FileNotFoundError, `Damaged`."""
    if not layout.ledger_path.exists():
        raise FileNotFoundError(layout.ledger_path)
    connection = sqlite3.connect(layout.ledger_path, timeout=60.0, isolation_level=None)
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as fault:
        connection.close()
        if isinstance(fault, sqlite3.OperationalError):
            raise
        raise Damaged(layout.ledger_path.name) from None
    if not {"meta", "documents", "partitions"} <= tables:
        connection.close()
        raise Damaged(layout.ledger_path.name)
    return connection


def _keep_to_owner(layout: Layout) -> None:
    """The ledger knows every document, analysts need none of it. SQLite gives its side files the same rights."""
    os.close(os.open(layout.ledger_path, os.O_RDWR | os.O_CREAT, 0o600))
    if layout.ledger_path.stat().st_mode & 0o077:
        layout.ledger_path.chmod(0o600)


@contextmanager
def opened(layout: Layout) -> Iterator[Ledger]:
    """The ledger of a house, created on first use."""
    layout.warehouse.mkdir(parents=True, exist_ok=True)
    _keep_to_owner(layout)
    with closing(sqlite3.connect(layout.ledger_path, timeout=60.0, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            raise Damaged(layout.ledger_path.name) from None
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-65536")
        connection.executescript(_SCHEMA)
        _grow(connection)
        yield Ledger(connection)


def _grow(connection: sqlite3.Connection) -> None:
    """Give a ledger of an earlier version the columns that came since."""
    known = {row["name"] for row in connection.execute("PRAGMA table_info(documents)")}
    for name, kind in (("sender", "TEXT"), ("local", "INTEGER NOT NULL DEFAULT 0"), ("parts", "TEXT")):
        if name not in known:
            connection.execute(f"ALTER TABLE documents ADD COLUMN {name} {kind}")
