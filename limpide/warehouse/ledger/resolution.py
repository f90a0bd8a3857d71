"""The verdicts of one night: which documents of the ledger are touched, and what becomes of them.

Belongs here: gathering from the ledger all that what changed may touch, writing what is pending.
Does not belong here: the rule itself (versions.py), files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.ledger.versions import Entry, Verdict, resolve

# What a document may touch: the same content or file, its id wherever named, its set, a person just born.
_TOUCHED = """
WITH seed AS (SELECT d.* FROM documents d JOIN temp.touched t USING (document_key) WHERE t.round = ?1)
SELECT o.document_key FROM seed s JOIN documents o ON o.sha256 = s.sha256
UNION SELECT o.document_key FROM seed s JOIN documents o ON o.sha256 = s.container_sha256
UNION SELECT o.document_key FROM seed s JOIN documents o ON o.container_sha256 = s.sha256
UNION SELECT o.document_key FROM seed s JOIN documents o ON o.file_key = s.file_key
UNION SELECT o.document_key FROM seed s JOIN documents o ON o.document_id = s.document_id
UNION SELECT o.document_key FROM seed s JOIN replaced o ON o.document_id = s.document_id
UNION SELECT o.document_key FROM seed s JOIN replaced r ON r.document_key = s.document_key
    JOIN documents o ON o.document_id = r.document_id
UNION SELECT o.document_key FROM seed s JOIN replaced r ON r.document_key = s.document_key
    JOIN replaced o ON o.document_id = r.document_id
UNION SELECT o.document_key FROM seed s JOIN documents o
    ON o.set_id = s.set_id AND o.person_key = s.person_key AND o.type_code IS s.type_code
UNION SELECT o.document_key FROM seed s JOIN documents o ON o.person_key = s.person_key AND o.born = 0 AND s.born = 1
"""


def touched(ledger: Ledger) -> list[str]:
    """Keys of every document whose verdict may have changed: the unsettled ones and all they are linked to."""
    db = ledger.db
    db.execute("DROP TABLE IF EXISTS temp.touched")
    db.execute("CREATE TEMP TABLE touched (document_key TEXT PRIMARY KEY, round INTEGER NOT NULL) WITHOUT ROWID")
    db.execute("CREATE INDEX temp.rounds ON touched (round)")
    db.execute("INSERT INTO touched SELECT document_key, 0 FROM documents WHERE dirty = 1")
    turn = 0
    while True:
        found = db.execute(f"INSERT OR IGNORE INTO touched SELECT document_key, ?1 + 1 FROM ({_TOUCHED})", (turn,))
        if found.rowcount <= 0:
            break
        turn += 1
    return [row[0] for row in db.execute("SELECT document_key FROM touched ORDER BY document_key")]


def decide(ledger: Ledger) -> dict[str, Verdict]:
    """Verdicts on every touched document."""
    touched(ledger)
    db = ledger.db
    replaces: dict[str, set[str]] = {}
    for row in db.execute("SELECT r.* FROM replaced r JOIN temp.touched USING (document_key)"):
        replaces.setdefault(row["document_key"], set()).add(row["document_id"])
    entries = [
        _entry(row, replaces.get(row["document_key"], set()))
        for row in db.execute(
            "SELECT d.*, EXISTS (SELECT 1 FROM strangers s WHERE s.document_key = d.document_key) AS stranger, "
            "(SELECT whole FROM halves h WHERE h.file_key = d.file_key) AS whole "
            "FROM documents d JOIN temp.touched USING (document_key)"
        )
    ]
    unborn = {
        row[0]
        for row in db.execute(
            "SELECT DISTINCT d.person_key FROM documents d JOIN temp.touched USING (document_key) WHERE d.born = 0 AND "
            "d.outcome = 'ok' AND d.person_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM documents o WHERE "
            "o.person_key = d.person_key AND o.born = 1 AND o.outcome = 'ok' "
            "AND o.document_key NOT IN (SELECT document_key FROM strangers))"
        )
    }
    return resolve(entries, unborn)


def _entry(row: sqlite3.Row, replaces: Iterable[str]) -> Entry:
    fields = {name: row[name] for name in Entry.__dataclass_fields__ if name not in ("replaces", "parts")}
    fields["local"] = bool(row["local"])
    return Entry(**fields, parts=frozenset((row["parts"] or "").split()), replaces=frozenset(replaces))


def keep_pending(ledger: Ledger, verdicts: dict[str, Verdict], candidate: str) -> None:
    """Write the verdicts of a candidate beside the statuses in force, in one transaction."""
    with ledger.writing() as db:
        db.execute("UPDATE documents SET pending_candidate = NULL, pending_status = NULL, pending_reason = NULL, "
                   "pending_superseded_by = NULL WHERE pending_candidate IS NOT NULL")  # fmt: skip
        db.executemany(
            "UPDATE documents SET pending_status = ?, pending_reason = ?, pending_superseded_by = ?, "
            "pending_candidate = ? WHERE document_key = ?",
            [(v.status, v.reason, v.superseded_by, candidate, key) for key, v in sorted(verdicts.items())],
        )


def settle_pending(ledger: Ledger, candidate: str, snapshot: int) -> None:
    """A candidate was published: its verdicts are the statuses. Idempotent."""
    with ledger.writing() as db:
        db.execute(
            "UPDATE documents SET status = pending_status, reason = pending_reason, "
            "superseded_by = pending_superseded_by, snapshot = ?, dirty = 0, pending_status = NULL, "
            "pending_reason = NULL, pending_superseded_by = NULL, pending_candidate = NULL WHERE pending_candidate = ?",
            (snapshot, candidate),
        )
        ledger.set("snapshot", str(snapshot))
