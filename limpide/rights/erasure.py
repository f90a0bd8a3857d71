"""Erasure (GDPR article 17): a person leaves the vault, the lake, every snapshot, the ledger, quarantine and caches.

Belongs here: the order of it and the receipt. Does not belong here: finding what is theirs (belongings.py), rewriting
files (limpide/warehouse/snapshots/withdrawal.py).

Order, so that an erasure killed anywhere is finished by asking for it again: lake and snapshots, original bytes,
ledger, and the identity map last, since all the rest is found through it.

What stays: one tombstone a document in the ledger (night, source, format; no id, no hash, no person), so that the law
of conservation holds; keyed hashes of landing paths, so that a file that still lies there is not taken in again; the
keyed hashes of the opposition register when the person opposed. Files still in the landing folder are their sender's.
A file that holds documents of other persons too loses its original bytes; the others' documents stay as they were read.
"""

from __future__ import annotations

import hmac
import json
import secrets
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.identity.vault.audit import Audit, whoami
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.opposition import Oppositions
from limpide.identity.vault.vault import Vault
from limpide.rights import deliveries
from limpide.rights.aggregates import forget_persons
from limpide.rights.holdings import Belongings, belongings
from limpide.warehouse.lake.files import canonical, write_json
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.snapshots.withdrawal import withdraw

Receipt = dict[str, Any]


def erase(layout: Layout, written: str, *, why: str | None = None) -> Receipt:
    """Erase a person (key, INS or `value@authority`) and say what was removed, under the vault's seal.

    Raises `UnknownPerson`, `UnreadablePerson`, `Busy`. The receipt names nobody; it is kept in vault/erasures too.
    """
    with layout.briefly(), opened(layout) as ledger:
        vault = Vault(layout.vault, create=False)
        audit = Audit(vault)
        found = belongings(layout, ledger, vault, written)
        subject = audit.subject(min(found.keys))
        audit.record("erase.begin", subject=subject, why=why, documents=len(found.documents))
        recalled = deliveries.to_recall(vault, found.keys)
        identities = sum(len(vault.identities.seen(key)) for key in found.keys)
        _forget_ids(ledger, vault, found)
        withdrawn = withdraw(layout, ledger, found.documents, outcome=None)
        removed = sorted({digest for digest in found.files.values() if digest and vault.delete(digest)})
        tombstones(ledger, found)
        _pages(layout, found)
        Oppositions(vault).forget_words(found.keys)
        vault.identities.forget_documents(found.documents | {document_key(file, 0) for file in found.files})
        deliveries.forget(vault, found.keys)
        for key in sorted(found.keys):
            vault.identities.forget(key)
        shutil.rmtree(layout.work, ignore_errors=True)
        receipt = _sealed(
            vault,
            {
                "kind": "limpide-erasure/1",
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "by": whoami(),
                "subject": subject,
                "counts": {
                    "identities": identities,
                    "documents": len(found.documents),
                    "files": len(found.files),
                    "files_shared_with_others": len(found.shared),
                    "files_never_read": len(found.unread),
                    "original_bytes": len(removed),
                    "snapshots_rewritten": len(withdrawn.snapshots),
                    "rows_of_current_snapshot": withdrawn.rows,
                },
                "deliveries_to_recall": [asdict(one) for one in recalled],
                "sha256": {
                    "originals": removed,
                    "lake_files": sorted(withdrawn.lake_files),
                    "data_files": sorted(set(withdrawn.data_files)),
                },
            },
        )
        digest = sha256(canonical(receipt)).hexdigest()
        folder = vault.path / "erasures"
        folder.mkdir(mode=0o700, exist_ok=True)
        write_json(folder / f"{digest[:16]}.json", receipt)
        audit.record("erase", subject=subject, documents=len(found.documents), receipt=digest)
        vault.close()
    return receipt


def genuine(vault: Vault, receipt: Receipt) -> bool:
    """Whether a receipt was sealed by this vault and says what it said."""
    said = {name: value for name, value in receipt.items() if name != "seal"}
    return hmac.compare_digest(str(receipt.get("seal")), str(_sealed(vault, said)["seal"]))


def _sealed(vault: Vault, said: Receipt) -> Receipt:
    return said | {"seal": hmac.new(vault.secret(Purpose.AUDIT), canonical(said), sha256).hexdigest()}


def _forget_ids(ledger: Ledger, vault: Vault, found: Belongings) -> None:
    """First, while the lake still says which visits are theirs. A night read again would allot the same ids."""
    ledger.db.execute("PRAGMA secure_delete=ON")
    with ledger.writing() as db:
        ids = [
            row[0]
            for key in sorted(found.keys)
            for row in db.execute("SELECT id FROM surrogates WHERE kind = 'person' AND key = ?", (key,))
        ]
        forget_persons(vault, ids)
        for kind, names in (("person", found.keys), ("visit", found.visits)):
            db.executemany("DELETE FROM surrogates WHERE kind = ? AND key = ?", [(kind, n) for n in sorted(names)])


def tombstones(ledger: Ledger, found: Belongings) -> None:
    """Leave one line without a person for each document that goes, and no line of its file unless it is shared."""
    db = ledger.db
    keys = [(key,) for key in sorted(found.documents)]
    with ledger.writing():
        for (key,) in keys:
            row = db.execute("SELECT night, source, format FROM documents WHERE document_key = ?", (key,)).fetchone()
            if row is None:
                continue
            db.execute("DELETE FROM documents WHERE document_key = ?", (key,))
            stone = f"erased-{secrets.token_hex(12)}"
            db.execute(
                "INSERT INTO documents (document_key, file_key, ordinal, night, source, sha256, format, size, outcome, "
                "status, reason, dirty) VALUES (?, ?, 0, ?, ?, ?, ?, 0, 'erased', 'deleted', 'erased', 0)",
                (stone, stone, row["night"], row["source"], stone, row["format"]),
            )
        db.executemany("DELETE FROM replaced WHERE document_key = ?", keys)
        db.executemany("DELETE FROM strangers WHERE document_key = ?", keys)
        db.executemany("UPDATE documents SET superseded_by = NULL WHERE superseded_by = ?", keys)
        for file in sorted(found.files):
            db.execute("DELETE FROM arrived_at WHERE file_key = ?", (file,))
            if file in found.shared:
                db.execute("UPDATE files SET sha256 = '' WHERE file_key = ?", (file,))
            else:
                db.execute("DELETE FROM files WHERE file_key = ?", (file,))
            db.execute("DELETE FROM arrived_at WHERE file_key = ?", (file,))
            db.execute("DELETE FROM halves WHERE file_key = ?", (file,))
        db.executemany("DELETE FROM halves WHERE whole = ?", keys)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _pages(layout: Layout, found: Belongings) -> None:
    """Data Docs and alerts name failing rows by key: theirs are struck out."""
    names = found.documents | found.keys | {key[:50] for key in found.keys}
    for path in _texts(layout):
        text = path.read_text("utf-8")
        shown = text
        for name in names:
            shown = shown.replace(name, "(effacé)")
        if shown != text:
            path.write_text(shown, "utf-8")


def _texts(layout: Layout) -> list[Path]:
    places = [layout.docs, layout.receipts, layout.warehouse / "alertes"]
    every = (p for place in places if place.is_dir() for p in sorted(place.rglob("*")))
    return [path for path in every if path.suffix in (".html", ".json", ".md")]


def load_receipt(path: Path) -> Receipt:
    """A receipt from its file."""
    said: Receipt = json.loads(path.read_text("utf-8"))
    return said
