"""The identity map of the vault: who is behind a person key, where a document came from, what waits in quarantine.

Belongs here: the SQLite tables of the vault. Every value that identifies is sealed; what must be found again without
being read is a blind index (keyed hash). Does not belong here: deciding whether two identities agree (conflict.py),
which key stands for which (merges.py).

Readers may be many processes; the writer is one. Writes are batched: one transaction a call.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limpide.document import Identifier, Patient
from limpide.identity.blind import birth_term, blind_terms
from limpide.identity.vault.keys import Keys, Purpose
from limpide.identity.vault.merges import in_force, merges

_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (
    person_key TEXT NOT NULL, version BLOB NOT NULL, source TEXT NOT NULL,
    first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (person_key, version, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blind (
    term BLOB NOT NULL, person_key TEXT NOT NULL, PRIMARY KEY (term, person_key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blind_person ON blind (person_key);
CREATE TABLE IF NOT EXISTS document (
    document_key TEXT PRIMARY KEY, person_key TEXT, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS document_person ON document (person_key);
CREATE TABLE IF NOT EXISTS merge_said (
    origin TEXT NOT NULL, rank INTEGER NOT NULL, night TEXT NOT NULL, at TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (origin, rank)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS merge_undone (origin TEXT PRIMARY KEY, at TEXT NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (document_key TEXT PRIMARY KEY, at TEXT NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stated (
    document_key TEXT PRIMARY KEY, person_key TEXT NOT NULL, version BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS stated_person ON stated (person_key, version);
CREATE TABLE IF NOT EXISTS born (
    term BLOB NOT NULL, person_key TEXT NOT NULL, PRIMARY KEY (term, person_key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS born_person ON born (person_key);
CREATE TABLE IF NOT EXISTS alike (
    person_key TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (person_key, other)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS joined (person_key TEXT PRIMARY KEY, stays TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS linked (person_key TEXT PRIMARY KEY, stays TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unlinked (person_key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS said_of_file (file_key TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attached (document_key TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decided (
    document_key TEXT PRIMARY KEY, verdict TEXT NOT NULL, at TEXT NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One identity as one source stated it, with the first and last night it did."""

    patient: Patient
    source: str
    first_seen: str
    last_seen: str


def _dump(value: Any) -> bytes:
    written = json.dumps(value, default=_fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return written.encode("utf-8", "surrogatepass")  # names of files are bytes; `json.loads` reads them back so


def _fields(told: Patient | Identifier) -> dict[str, Any]:
    """What `asdict` gives, without copying it."""
    return {name: getattr(told, name) for name in told.__slots__}


def _patient(fields: dict[str, Any]) -> Patient:
    fields["identifiers"] = [Identifier(**identifier) for identifier in fields["identifiers"]]
    return Patient(**fields)


class IdentityMap:
    """The tables, in one SQLite file (0600, WAL). Times are given by the caller (ISO), never read from the clock."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self._path = path
        self._keys = keys
        self._open_by = -1
        self._connection: sqlite3.Connection | None = None

    def reading(self) -> sqlite3.Connection:
        """The connection of this process."""
        # A connection must not cross a fork: each process opens its own.
        if self._connection is None or self._open_by != os.getpid():
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives -wal and -shm the same rights
            connection = sqlite3.connect(self._path, timeout=60.0, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.executescript(_SCHEMA)
            self._connection, self._open_by = connection, os.getpid()
        return self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        connection = self.reading()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._connection is not None and self._open_by == os.getpid():
            self._connection.close()
        self._connection = None

    def blind(self, term: str) -> bytes:
        """What a term is found by."""
        return self._keys.blind(term)

    def seal(self, value: Any, *bound: str) -> bytes:
        """A value under the vault's key, bound to what it belongs to."""
        return self._keys.seal(Purpose.IDENTITY, _dump(value), "\x1f".join(bound).encode())

    def open(self, sealed: bytes, *bound: str) -> Any:
        """The inverse of `seal`. Raises VaultError."""
        return json.loads(self._keys.open(Purpose.IDENTITY, sealed, "\x1f".join(bound).encode()))

    # Identities

    def record(self, rows: Iterable[tuple[str, Patient, str, str]]) -> None:
        """Remember identities: (person_key, patient, source, night). The same identity again only moves `last_seen`."""
        identities: list[tuple[str, bytes, str, str, str, bytes]] = []
        terms: set[tuple[bytes, str]] = set()
        days: set[tuple[bytes, str]] = set()
        for key, patient, source, night in rows:
            version = self.version(patient)
            identities.append((key, version, source, night, night, self.seal(patient, "identity", key)))
            terms.update((self._keys.blind(term), key) for term in blind_terms(patient))
            if day := birth_term(patient):
                days.add((self._keys.blind(day), key))
        if not identities:
            return
        with self.writing() as db:
            db.executemany(
                "INSERT INTO identity VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)",
                identities,
            )
            db.executemany("INSERT OR IGNORE INTO blind VALUES (?, ?)", sorted(terms))
            db.executemany("INSERT OR IGNORE INTO born VALUES (?, ?)", sorted(days))

    def version(self, patient: Patient) -> bytes:
        """What tells one statement of identity from another without being readable. 16 bytes."""
        return self._keys.blind(_dump(patient).decode("utf-8", "surrogatepass"))

    def seen(self, person_key: str) -> list[Seen]:
        """Every identity stated under a key, oldest first; empty when unknown."""
        rows = self.reading().execute(
            "SELECT sealed, source, first_seen, last_seen FROM identity WHERE person_key = ? "
            "ORDER BY first_seen, source, version",
            (person_key,),
        )
        return [Seen(_patient(self.open(r[0], "identity", person_key)), r[1], r[2], r[3]) for r in rows]

    def find(self, patient: Patient) -> set[str]:
        """Person keys that share an identifier, or name and birth date, with `patient`."""
        found: set[str] = set()
        for term in blind_terms(patient):
            rows = self.reading().execute("SELECT person_key FROM blind WHERE term = ?", (self._keys.blind(term),))
            found.update(row[0] for row in rows)
        return found

    def keys_of(self, terms: Iterable[bytes]) -> set[str]:
        """Person keys found by blind terms already hashed."""
        db = self.reading()
        return {row[0] for term in terms for row in db.execute("SELECT person_key FROM blind WHERE term = ?", (term,))}

    # Documents

    def place(self, rows: Iterable[tuple[str, str | None, str]]) -> None:
        """Remember where documents came from: (document_key, person_key, original path). Paths may hold names."""
        sealed = [(key, person, self.seal(path, "document", key)) for key, person, path in rows]
        if sealed:
            with self.writing() as db:
                db.executemany("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", sealed)

    def path(self, document_key: str) -> str | None:
        """The original path of a document, None when unknown."""
        row = self.reading().execute("SELECT sealed FROM document WHERE document_key = ?", (document_key,)).fetchone()
        return str(self.open(row[0], "document", document_key)) if row else None

    def documents(self, person_key: str) -> list[str]:
        """Keys of the documents of a person, sorted."""
        rows = self.reading().execute(
            "SELECT document_key FROM document WHERE person_key = ? ORDER BY document_key", (person_key,)
        )
        return [row[0] for row in rows]

    def forget_documents(self, document_keys: Iterable[str]) -> None:
        """Erase where documents came from and what was held of them, whosever they are."""
        keys = [(key,) for key in document_keys]
        with self.writing() as db:
            db.executemany("DELETE FROM document WHERE document_key = ?", keys)
            for table in ("held", "stated", "decided", "attached"):
                db.executemany(f"DELETE FROM {table} WHERE document_key = ?", keys)
            for table in ("merge_said", "merge_undone"):
                db.executemany(f"DELETE FROM {table} WHERE origin = ?", keys)
        self.reading().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # What an index says of files, and what a person says of documents that name nobody

    def say(self, rows: Iterable[tuple[str, dict[str, str]]]) -> None:
        """Remember what the index of a source says of files: (file_key, row)."""
        sealed = [(key, self.seal(row, "said", key)) for key, row in rows]
        if sealed:
            with self.writing() as db:
                db.executemany("INSERT OR REPLACE INTO said_of_file VALUES (?, ?)", sealed)

    def said(self, file_key: str) -> dict[str, str] | None:
        """What the index of its source says of a file."""
        row = self.reading().execute("SELECT sealed FROM said_of_file WHERE file_key = ?", (file_key,)).fetchone()
        return dict(self.open(row[0], "said", file_key)) if row else None

    def attach(self, document_key: str, patient: Patient | None) -> None:
        """A person says whose a document is that names nobody; None takes it back."""
        with self.writing() as db:
            db.execute("DELETE FROM attached WHERE document_key = ?", (document_key,))
            if patient is not None:
                sealed = self.seal(patient, "attached", document_key)
                db.execute("INSERT INTO attached VALUES (?, ?)", (document_key, sealed))

    def attached(self) -> dict[str, Patient]:
        """Every document that a person attached to somebody."""
        rows = self.reading().execute("SELECT document_key, sealed FROM attached ORDER BY 1").fetchall()
        return {key: _patient(self.open(sealed, "attached", key)) for key, sealed in rows}

    # What each document states

    def state(self, rows: Iterable[tuple[str, str, bytes]]) -> None:
        """Remember which identity each document states: (document_key, person_key, version). `record` keeps the rest.

        The person key is that of the identity itself, merges left aside.
        """
        with self.writing() as db:
            db.executemany("INSERT OR REPLACE INTO stated VALUES (?, ?, ?)", rows)

    def stated_key(self, document_key: str) -> str | None:
        """The person key of the identity a document states."""
        row = self.reading().execute("SELECT person_key FROM stated WHERE document_key = ?", (document_key,)).fetchone()
        return str(row[0]) if row else None

    def stated_under(self, person_key: str) -> list[str]:
        """Keys of the documents whose own identity has this person key, sorted."""
        rows = self.reading().execute(
            "SELECT document_key FROM stated WHERE person_key = ? ORDER BY document_key", (person_key,)
        )
        return [row[0] for row in rows]

    def stated_as(self, person_key: str) -> dict[str, Patient]:
        """What each document of a key states of its patient. Each distinct identity is opened once."""
        db, patients, out = self.reading(), {}, {}
        rows = db.execute(
            "SELECT s.document_key, s.version, min(i.sealed) FROM stated s JOIN identity i USING (person_key, version) "
            "WHERE s.person_key = ? GROUP BY 1, 2 ORDER BY 1",
            (person_key,),
        ).fetchall()
        for document, version, sealed in rows:
            if version not in patients:
                patients[version] = _patient(self.open(sealed, "identity", person_key))
            out[document] = patients[version]
        return out

    def ambiguous(self, person_keys: Iterable[str]) -> list[str]:
        """Those of these keys under which more than one identity was stated, sorted."""
        query = "SELECT count(DISTINCT version) FROM stated WHERE person_key = ?"
        db = self.reading()
        return [key for key in sorted(set(person_keys)) if db.execute(query, (key,)).fetchone()[0] > 1]

    # Merges

    def merges(self) -> dict[str, str]:
        """Every retired key with the key that stands for it now, resolved to the end."""
        return in_force(self)

    def beside(self, person_key: str) -> set[str]:
        """Keys that share a blind term with a key."""
        rows = self.reading().execute(
            "SELECT DISTINCT o.person_key FROM blind s JOIN blind o USING (term) WHERE s.person_key = ?1 "
            "AND o.person_key != ?1",
            (person_key,),
        )
        return {row[0] for row in rows}

    def links(self) -> dict[str, str]:
        """Keys of one person found without a message: each with the better one it shares something with (links.py), or
        with the one that somebody joined it to."""
        db = self.reading()
        found = dict(db.execute("SELECT person_key, stays FROM linked ORDER BY 1").fetchall())
        return found | dict(db.execute("SELECT person_key, stays FROM joined ORDER BY 1").fetchall())

    def join(self, person_key: str, stays: str) -> None:
        """Somebody says that two keys are one person."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO joined VALUES (?, ?)", (person_key, stays))
            db.execute("DELETE FROM unlinked WHERE person_key = ?", (person_key,))

    def born_with(self, person_key: str) -> set[str]:
        """Keys of those born the same day."""
        rows = self.reading().execute(
            "SELECT DISTINCT o.person_key FROM born s JOIN born o USING (term) WHERE s.person_key = ?1 "
            "AND o.person_key != ?1",
            (person_key,),
        )
        return {row[0] for row in rows}

    def pairs(self) -> list[tuple[str, str]]:
        """Pairs of keys that look like one person and are not known to be one, smaller key first."""
        now = self.merges()
        rows = self.reading().execute("SELECT person_key, other FROM alike ORDER BY 1, 2").fetchall()
        return [(one, other) for one, other in rows if now.get(one, one) != now.get(other, other)]

    def look_alike(self, decided: Iterable[str], found: Iterable[tuple[str, str]]) -> None:
        """Remember the pairs in which keys just decided on are."""
        with self.writing() as db:
            keys = [(key,) for key in decided]
            db.executemany("DELETE FROM alike WHERE person_key = ?1 OR other = ?1", keys)
            db.executemany("INSERT OR IGNORE INTO alike VALUES (?, ?)", sorted(found))

    def link(self, decided: Iterable[str], found: Mapping[str, str]) -> None:
        """Remember what was decided on keys: those not in `found` are linked to nobody."""
        with self.writing() as db:
            db.executemany("DELETE FROM linked WHERE person_key = ?", [(key,) for key in decided])
            db.executemany("INSERT INTO linked VALUES (?, ?)", sorted(found.items()))

    def unlinked(self) -> set[str]:
        """Keys that a person said to be of nobody else."""
        return {row[0] for row in self.reading().execute("SELECT person_key FROM unlinked")}

    def unlink(self, person_key: str, *, back: bool = False) -> None:
        """A person says that a key is of nobody else, or takes it back."""
        with self.writing() as db:
            db.execute("DELETE FROM unlinked WHERE person_key = ?", (person_key,))
            if not back:
                db.execute("INSERT INTO unlinked VALUES (?)", (person_key,))
                db.execute("DELETE FROM linked WHERE person_key = ?", (person_key,))
                db.execute("DELETE FROM joined WHERE person_key = ?", (person_key,))

    # Quarantine

    def hold(self, rows: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Keep what a person must see to decide on a document: (document_key, at, detail as JSON)."""
        sealed = [(key, at, self.seal(detail, "held", key)) for key, at, detail in rows]
        if sealed:
            with self.writing() as db:
                db.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, ?)", sealed)

    def held(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Documents that wait for a decision: (document_key, at, detail), oldest first."""
        rows = self.reading().execute("SELECT document_key, at, sealed FROM held ORDER BY at, document_key")
        return [(row[0], row[1], self.open(row[2], "held", row[0])) for row in rows]

    def release(self, document_key: str) -> bool:
        """Forget the detail of a document about which nothing is in doubt any more; whether it was there."""
        return self.release_all([document_key]) > 0

    def release_all(self, document_keys: Iterable[str]) -> int:
        """The same for many, in one transaction; how many were there."""
        with self.writing() as db:
            return db.executemany("DELETE FROM held WHERE document_key = ?", [(k,) for k in document_keys]).rowcount

    def decide(self, document_key: str, verdict: str | None, at: str, reason: str) -> None:
        """Remember what a person decided on a document; None takes the decision back."""
        with self.writing() as db:
            db.execute("DELETE FROM decided WHERE document_key = ?", (document_key,))
            if verdict is not None:
                sealed = self.seal(reason, "decided", document_key)
                db.execute("INSERT INTO decided VALUES (?, ?, ?, ?)", (document_key, verdict, at, sealed))

    def decisions(self) -> dict[str, str]:
        """Every decision in force: verdict by document key."""
        return dict(self.reading().execute("SELECT document_key, verdict FROM decided ORDER BY 1").fetchall())

    # Erasure

    def forget(self, person_key: str) -> list[str]:
        """Erase all that is held on one person; the keys of the documents that were theirs.

        Pages are overwritten (secure_delete) and the write-ahead log is emptied, so that no byte remains in the file.
        """
        documents = self.documents(person_key)
        merged = [(one.origin,) for one in merges(self) if person_key in (*one.gone, one.stays)]
        with self.writing() as db:
            for table in ("identity", "blind", "document", "stated", "born", "linked", "joined", "unlinked"):
                db.execute(f"DELETE FROM {table} WHERE person_key = ?", (person_key,))
            for table in ("linked", "joined"):
                db.execute(f"DELETE FROM {table} WHERE stays = ?", (person_key,))
            db.execute("DELETE FROM alike WHERE person_key = ?1 OR other = ?1", (person_key,))
            for table in ("merge_said", "merge_undone"):
                db.executemany(f"DELETE FROM {table} WHERE origin = ?", merged)
            for table in ("held", "decided", "attached"):
                db.executemany(f"DELETE FROM {table} WHERE document_key = ?", [(key,) for key in documents])
        self.reading().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return documents
