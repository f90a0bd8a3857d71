"""What the house holds on one person: keys, documents, files, and files that speak of others too.

Belongs here: finding it all, in ledger, lake and vault. Does not belong here: doing anything with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from limpide.identity.ins import judge
from limpide.identity.vault.persons import person_keys
from limpide.identity.vault.vault import Vault
from limpide.warehouse.lake import partition
from limpide.warehouse.lake.parquet import listed, session
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.night.ingest import document_key


class UnknownPerson(Exception):
    """Nothing is held on whoever was meant. Quotes nothing."""


@dataclass(slots=True)
class Belongings:
    """`documents`: keys of their documents, duplicates and quarantine included. `files`: sha256 by file key.

    `shared`: those of the files that hold documents of other persons too. `unread`: files that nothing could read and
    in whose bytes an identifier or the full name of the person stands.
    """

    keys: set[str]
    documents: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    visits: set[str] = field(default_factory=set)


def belongings(layout: Layout, ledger: Ledger, vault: Vault, written: str) -> Belongings:
    """All that is held on the person meant: a person key, an INS, or `value@authority`.

    Raises UnknownPerson when the vault knows nobody so, `UnreadablePerson` when what was written names nobody.
    """
    keys = person_keys(vault, written)
    if not keys:
        raise UnknownPerson("nothing is held on this person")
    found = Belongings(keys)
    db = ledger.db
    for key in sorted(keys):
        for row in db.execute("SELECT document_key, file_key FROM documents WHERE person_key = ?", (key,)):
            found.documents.add(row["document_key"])
            found.files[row["file_key"]] = ""
    for file in list(found.files):
        row = db.execute("SELECT sha256 FROM files WHERE file_key = ?", (file,)).fetchone()
        found.files[file] = row["sha256"] if row else ""
        for other in db.execute("SELECT document_key, person_key FROM documents WHERE file_key = ?", (file,)):
            if other["person_key"] is not None and other["person_key"] not in keys:
                found.shared.add(file)
    _same_bytes(ledger, found)
    _unread(ledger, vault, found)
    for file in set(found.files) - found.shared:
        found.documents |= {
            row[0] for row in db.execute("SELECT document_key FROM documents WHERE file_key = ?", (file,))
        }
    _visits(layout, ledger, found)
    return found


def _same_bytes(ledger: Ledger, found: Belongings) -> None:
    """Files received again are not read again: they are known by their bytes only."""
    shared = {found.files[file] for file in found.shared}
    for digest in sorted(set(found.files.values()) - {""}):
        for row in ledger.db.execute("SELECT file_key FROM files WHERE sha256 = ?", (digest,)):
            found.files[row["file_key"]] = digest
            if digest in shared:
                found.shared.add(row["file_key"])
            else:
                found.documents.add(document_key(row["file_key"], 0))


def _unread(ledger: Ledger, vault: Vault, found: Belongings) -> None:
    """Files set aside before anyone could say whose they are: looked through for this person's numbers and names."""
    wanted = _wanted(vault, found.keys)
    rows = ledger.db.execute(
        "SELECT DISTINCT f.file_key, f.sha256 FROM documents d JOIN files f USING (file_key) "
        "WHERE d.person_key IS NULL AND d.outcome IN ('quarantined', 'waiting') ORDER BY 1"
    ).fetchall()
    for row in rows:
        if row["file_key"] in found.files or row["sha256"] not in vault:
            continue
        data = vault.get(row["sha256"])
        text = data.decode("utf-8", "replace") + "\n" + data.decode("latin-1")
        if any(all(part.search(text) for part in parts) for parts in wanted):
            found.files[row["file_key"]] = row["sha256"]
            found.unread.add(row["file_key"])
            found.documents.add(document_key(row["file_key"], 0))


def _wanted(vault: Vault, keys: set[str]) -> list[list[re.Pattern[str]]]:
    """Patterns, all of each list to be found: an identifier alone, or family name and given name together."""
    words: set[tuple[str, ...]] = set()
    for key in keys:
        for seen in vault.identities.seen(key):
            patient = seen.patient
            for identifier in [*(i.value for i in patient.identifiers), patient.ins or ""]:
                body = judge(identifier, None).body
                words |= {(value,) for value in (identifier, body or "") if len(value) > 3}
            for family in (patient.family_birth, patient.family_used):
                if family and patient.given:
                    words.add((family, patient.given[0]))
    bound = r"(?<![^\W_]){}(?![^\W_])"
    # The body of an INS may be followed by its key: letters after it tell another value, two digits do not.
    return [
        [re.compile(bound.format(re.escape(w)) if not w.isdigit() else rf"(?<!\d){w}(?:\d\d)?(?!\d)", re.I) for w in ws]
        for ws in sorted(words)
    ]


def _visits(layout: Layout, ledger: Ledger, found: Belongings) -> None:
    places = {
        (row["night"], row["source"])
        for key in found.documents
        for row in ledger.db.execute("SELECT night, source FROM documents WHERE document_key = ?", (key,))
    }
    with session(layout.work / "spill") as db:
        for night, source in sorted(places):
            path = partition.folder_of(layout, date.fromisoformat(night), source) / "limpide_document.parquet"
            if path.exists():
                query = f"SELECT visit_key FROM {listed([path])} WHERE document_key IN (SELECT unnest(?::VARCHAR[]))"
                found.visits |= {r[0] for r in db.execute(query, [sorted(found.documents)]).fetchall() if r[0]}
