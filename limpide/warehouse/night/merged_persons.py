"""Persons found to be one, or two again: every table follows, the nights of before too.

Belongs here: which partitions hold their documents, making those anew, telling the ledger. Does not belong here: which
key stands for which (limpide/identity/vault/merges.py), how a partition is made anew (restaging.py).

The lake keeps, beside the published key, the one that each document has by itself (outcomes), so that a merge can be
made on any night and undone on any other. Asked at the end of each night × source: whatever the order of loading, the
warehouse ends as the statements known say.
"""

from __future__ import annotations

from datetime import date

from limpide.identity.vault.identity_map import IdentityMap
from limpide.identity.vault.merges import resolved
from limpide.warehouse.lake import partition
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.night.restaging import restage

Place = tuple[str, str]  # night, source


def settle(layout: Layout, ledger: Ledger, identities: IdentityMap) -> list[Place]:
    """Bring lake and ledger to the merges in force; the partitions made anew. Idempotent; the caller has the lock."""
    now = identities.merges()
    db = ledger.db
    before: dict[str, str] = dict(db.execute("SELECT retired, kept FROM merged").fetchall())
    changed = sorted(key for key in now.keys() | before.keys() if now.get(key) != before.get(key))
    theirs = {document: key for key in changed for document in identities.stated_under(key)}
    places = set()
    for document in theirs:
        row = db.execute("SELECT night, source FROM documents WHERE document_key = ?", (document,)).fetchone()
        if row:
            places.add((row["night"], row["source"]))
    for night, source in sorted(places):
        found = partition.load(layout, date.fromisoformat(night), source)
        if found is not None:
            restage(layout, ledger, found, now, found.generation)
    # All that either person has is judged again: what one of them had may have stood for the other.
    judged = {person for key in changed for person in (key, before.get(key, key), now.get(key, key))}
    with ledger.writing():
        db.executemany("UPDATE documents SET dirty = 1 WHERE person_key = ?", [(person,) for person in sorted(judged)])
        db.executemany(
            "UPDATE documents SET person_key = ?, dirty = 1 WHERE document_key = ? AND outcome != 'erased'",
            [(resolved(now, key), document) for document, key in sorted(theirs.items())],
        )
        if changed:
            db.execute("DELETE FROM merged")
            db.executemany("INSERT INTO merged VALUES (?, ?)", sorted(now.items()))
        # What was told tonight of a person merged before.
        db.execute(
            "UPDATE documents SET person_key = (SELECT kept FROM merged WHERE retired = person_key), dirty = 1 "
            "WHERE person_key IN (SELECT retired FROM merged)"
        )
    return sorted(places)
