"""Who opposed: the register of oppositions, in the vault, without a name.

Belongs here: oppositions stated and taken back, the keys and identifiers they cover. Does not belong here: what an
opposition does to the warehouse (limpide/warehouse/snapshots/withdrawal.py), commands (limpide/rights).

An opposition may come before any document of its person: it is kept by keyed hashes of their identifiers, and covers
every key found to share one of them. What stands is what was stated last: IO opposes, INO takes it back (HL7 v2 ZFA-9,
IHE PAM France; NA says nothing). Of two statements at the same moment the opposition stands.
GDPR article 21; CNIL, délibération 2021-118 (rights of persons).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from limpide.document import Patient
from limpide.identity.vault.identity_map import IdentityMap
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.persons import identifier_terms, same_person
from limpide.identity.vault.vault import Vault

OPPOSED, LIFTED = "IO", "INO"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS said (
    root TEXT NOT NULL, at TEXT NOT NULL, value TEXT NOT NULL, origin TEXT NOT NULL, why BLOB,
    PRIMARY KEY (root, at, value, origin)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (person_key TEXT PRIMARY KEY, root TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS term (term BLOB NOT NULL, root TEXT NOT NULL, PRIMARY KEY (term, root)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS term_root ON term (root);
"""


@dataclass(frozen=True, slots=True)
class Said:
    """One statement: 'IO' or 'INO', when, from where ('zfa', 'command', 'list'), and why where a person said so."""

    at: str
    value: str
    origin: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a message or a command states of one patient. `at` is ISO 8601."""

    person_key: str
    patient: Patient
    value: str
    at: str
    origin: str
    why: str | None = None


class Guard:
    """Who is opposed now, for readers: built once a worker."""

    def __init__(self, keys: set[str], terms: set[bytes], vault: Vault) -> None:
        self.keys, self._terms, self._blind = keys, terms, vault.keys.blind

    def stands(self, person_key: str | None, patient: Patient) -> bool:
        """Whether this patient opposed, under this key or any identifier."""
        if person_key in self.keys:
            return True
        return bool(self._terms) and any(self._blind(term) in self._terms for term in identifier_terms(patient))


class Oppositions:
    """The register of one vault: one SQLite file of keyed hashes (0600). One writer at a time."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._path = vault.path / "oppositions.sqlite"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self._path, timeout=60.0)) as db:
            db.execute("PRAGMA secure_delete=ON")
            db.executescript(_SCHEMA)
            with db:
                yield db

    def state(self, statements: Iterable[Statement]) -> None:
        """Remember statements. Saying the same twice says it once."""
        blind, keys = self._vault.keys.blind, self._vault.keys
        with self._open() as db:
            for one in statements:
                if one.value not in (OPPOSED, LIFTED):
                    continue
                terms = {blind(term) for term in identifier_terms(one.patient)}
                roots = _roots(db, {one.person_key}, terms) or {one.person_key}
                for root in sorted(roots):
                    why = keys.seal(Purpose.IDENTITY, one.why.encode(), root.encode()) if one.why else None
                    db.execute(
                        "INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?, ?)", (root, one.at, one.value, one.origin, why)
                    )
                    _join(db, root, {one.person_key}, terms)

    def __bool__(self) -> bool:
        """Whether anything was ever stated; asking creates nothing."""
        return self._path.exists()

    def spread(self, identities: IdentityMap) -> None:
        """Cover every key the vault now knows to be the same person's as one of the register."""
        if not self:
            return
        blind = self._vault.keys.blind
        with self._open() as db:
            for (root,) in db.execute("SELECT DISTINCT root FROM said").fetchall():
                members = {row[0] for row in db.execute("SELECT person_key FROM member WHERE root = ?", (root,))}
                terms = [row[0] for row in db.execute("SELECT term FROM term WHERE root = ?", (root,))]
                found = same_person(identities, members | identities.keys_of(terms))
                for key in sorted(found - members):
                    said = {blind(t) for seen in identities.seen(key) for t in identifier_terms(seen.patient)}
                    _join(db, root, {key}, said)

    def opposed(self) -> set[str]:
        """Keys of the persons whose last statement is an opposition."""
        if not self:
            return set()
        with self._open() as db:
            return {
                row[0]
                for root in _standing(db)
                for row in db.execute("SELECT person_key FROM member WHERE root = ?", (root,))
            }

    def guard(self) -> Guard:
        """What readers need to leave out the opposed."""
        if not self:
            return Guard(set(), set(), self._vault)
        with self._open() as db:
            terms = {
                row[0] for root in _standing(db) for row in db.execute("SELECT term FROM term WHERE root = ?", (root,))
            }
        return Guard(self.opposed(), terms, self._vault)

    def said(self, keys: Iterable[str]) -> list[Said]:
        """What was stated of a person, oldest first."""
        out: set[Said] = set()
        if not self:
            return []
        with self._open() as db:
            for root in _roots(db, set(keys), set()):
                for at, value, origin, why in db.execute(
                    "SELECT at, value, origin, why FROM said WHERE root = ?", (root,)
                ):
                    told = self._vault.keys.open(Purpose.IDENTITY, why, root.encode()).decode() if why else None
                    out.add(Said(at, value, origin, told))
        return sorted(out, key=lambda s: (s.at, s.value, s.origin))

    def forget_words(self, keys: Iterable[str]) -> None:
        """Erase the reasons written about a person. The keyed hashes stay: without them, they would come back."""
        if not self:
            return
        with self._open() as db:
            for root in _roots(db, set(keys), set()):
                db.execute("UPDATE said SET why = NULL WHERE root = ?", (root,))


def _roots(db: sqlite3.Connection, keys: set[str], terms: set[bytes]) -> set[str]:
    found = {r[0] for key in keys for r in db.execute("SELECT root FROM member WHERE person_key = ?", (key,))}
    return found | {r[0] for term in terms for r in db.execute("SELECT root FROM term WHERE term = ?", (term,))}


def _join(db: sqlite3.Connection, root: str, keys: set[str], terms: set[bytes]) -> None:
    db.executemany("INSERT OR IGNORE INTO member VALUES (?, ?)", [(key, root) for key in sorted(keys)])
    db.executemany("INSERT OR IGNORE INTO term VALUES (?, ?)", [(term, root) for term in sorted(terms)])


def _standing(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT root, at, value FROM said ORDER BY root, at, value = 'IO'").fetchall()
    last = {root: value for root, _, value in rows}
    return [root for root, value in last.items() if value == OPPOSED]
