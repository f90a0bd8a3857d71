"""Documents that state another identity than the documents their person key had before them.

Belongs here: asking the vault about the persons of a night, telling the ledger. Does not belong here: the rule
(deidentification/identity_doubts.py), what becomes of such a document (versions.py: quarantined, as a conflict of
ids is).

Compared here, once a partition is read, and not in the workers: a worker sees what happens to be recorded by then, and
nights loaded in another order would end elsewhere. Here every document of a person is judged again whenever one of them
arrives, in the order (night, source, document key), whatever the order of loading; a document published before may so
leave when an earlier night is loaded after it.
"""

from __future__ import annotations

from datetime import date

from limpide.deidentification.identity_doubts import REJECT, Doubt, Stated, strangers
from limpide.document import Action
from limpide.identity.vault.identity_map import IdentityMap
from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger


def judge(layout: Layout, ledger: Ledger, night: date, source: str) -> None:
    """Bring the ledger to what the identities of these documents' persons say. Idempotent; the caller has the lock."""
    vault = Vault(layout.vault)
    identities = vault.identities
    db = ledger.db
    before = {row[0] for row in db.execute("SELECT document_key FROM strangers")}
    arrived = db.execute(
        "SELECT document_key FROM documents WHERE night = ? AND source = ? AND outcome = 'ok'",
        (night.isoformat(), source),
    )
    documents = {row[0] for row in arrived} | before
    keys = {key for document in documents if (key := identities.stated_key(document))}
    decided = identities.decisions()
    found: dict[str, Doubt] = {}
    for key in identities.ambiguous(keys):
        found |= strangers(_stated(ledger, identities, key, decided))
    # A document let through by a person is shown as in doubt still, so that the decision can be looked at again.
    through = {key for key in found if decided.get(key) is not None and decided[key] != REJECT}
    flagged = set(found) - through
    nights = {key: _night(ledger, key) for key in found}
    identities.release_all(before - set(found))
    identities.hold((key, nights[key], found[key].shown) for key in sorted(found))
    vault.close()
    with ledger.writing():
        db.executemany("DELETE FROM strangers WHERE document_key = ?", [(key,) for key in sorted(before - flagged)])
        db.executemany("INSERT OR IGNORE INTO strangers VALUES (?)", [(key,) for key in sorted(flagged)])
        db.executemany(
            "UPDATE documents SET outcome_detail = NULL, dirty = 1 WHERE document_key = ? AND outcome = 'ok'",
            [(key,) for key in sorted(before - flagged)],
        )
        db.executemany(
            "UPDATE documents SET outcome_detail = ?2, dirty = 1 WHERE document_key = ?1 AND outcome_detail IS NOT ?2",
            [(key, found[key].detail) for key in sorted(flagged)],
        )


def _stated(ledger: Ledger, identities: IdentityMap, person_key: str, decided: dict[str, str]) -> list[Stated]:
    rows = []
    for document, patient in identities.stated_as(person_key).items():
        row = ledger.db.execute(
            "SELECT night, source FROM documents WHERE document_key = ? AND outcome = 'ok' AND action != ?",
            (document, str(Action.DELETE)),
        ).fetchone()
        if row:
            released = decided.get(document, REJECT) != REJECT
            rows.append(((row["night"], row["source"], document), Stated(document, patient, released)))
    return [stated for _, stated in sorted(rows, key=lambda row: row[0])]


def _night(ledger: Ledger, document: str) -> str:
    row = ledger.db.execute("SELECT night FROM documents WHERE document_key = ?", (document,)).fetchone()
    return str(row["night"]) if row else ""
