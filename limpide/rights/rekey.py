"""A rotation of keys, from the vault to the last table: what `limpide vault rekey` does before it publishes.

Belongs here: the order of it, the ledger's and the lake's names. Does not belong here: the vault's own files
(limpide/identity/vault/rotation.py), validation and publication (pipelines/cli/rights.py).

Order: original bytes, identity map, oppositions; with new pseudonyms the ledger, then each partition of the lake from
its own rows; memory of aggregates; the switch of the master. Killed anywhere, asking again ends the same. Until it
ends the warehouse published before still answers, and no night can be loaded.

New pseudonyms change persons, visits, authors, ids of documents and sets, and person ids. Keys of documents and facts
stay: they name a document of the ledger, not a person. The audit chain is not sealed again: its lines name a person by
the name of their time (`Audit.subjects`). Snapshots of before leave with the first publication after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.rotation import Rotation, begin
from limpide.identity.vault.vault import Vault
from limpide.warehouse.lake import partition
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night import merged_persons, restaging
from limpide.warehouse.snapshots import manifest

Progress = Callable[[str, int, int], None]  # (what, done, total)

_GENERATION = "generation"  # meta: that of the ledger's pseudonyms
_NAMED = (
    ("documents", "person_key"),
    ("documents", "document_id"),
    ("documents", "set_id"),
    ("replaced", "document_id"),
)
_NEW_IDS = ("person", "visit", "provider")


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What was done. `pseudonyms`: whether everybody has a new one, and the tables must be published again."""

    originals: int
    partitions: int
    pseudonyms: bool


def rekey(layout: Layout, *, pseudonyms: bool = False, progress: Progress | None = None) -> Rekeyed:
    """Rotate the keys, or finish the rotation under way. Raises `VaultError` without a new key, `Busy`."""

    def told(what: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(what, done, total) if progress else None

    with layout.locked(), opened(layout) as ledger:
        rotation = begin(layout.vault, pseudonyms)
        originals = rotation.originals(told("originals"))
        rotation.identities()
        rotation.oppositions()
        partitions = 0
        if rotation.pseudonyms:
            _ledger(layout, ledger, rotation)
            partitions = _lake(layout, ledger, rotation, told("partitions"))
            merged_persons.settle(layout, ledger, Vault(layout.vault, keys=rotation.new).identities)
        before = rotation.remembered()
        ids = ledger.surrogates("person", before.values())
        rotation.releases({old: ids[name] for old, name in before.items()})
        rotation.commit()
        Audit(Vault(layout.vault, keys=rotation.new)).record(
            "vault.rekey", pseudonyms=rotation.pseudonyms, originals=originals, partitions=partitions
        )
        rotation.close()
    return Rekeyed(originals, partitions, rotation.pseudonyms)


def republishing(layout: Layout) -> bool:
    """Whether what is served still bears the pseudonyms of before."""
    current = manifest.current(layout)
    if current is None:
        return False
    with opened(layout) as ledger:
        return current.number <= int(ledger.get(manifest.RENAMED_AFTER) or 0)


def _ledger(layout: Layout, ledger: Ledger, rotation: Rotation) -> None:
    """New names in the ledger, in one transaction; new ids for persons, in the order of their new names."""
    if int(ledger.get(_GENERATION) or 1) < rotation.generation:
        before = ledger.db.execute("SELECT id, key FROM surrogates WHERE kind = 'person'").fetchall()
        rotation.remember({row["id"]: rotation.renamed(row["key"]) for row in before})
        current = manifest.current(layout)
        ledger.db.create_function("renamed", 1, rotation.renamed, deterministic=True)
        with ledger.writing() as db:
            for table, column in _NAMED:
                db.execute(f"UPDATE {table} SET {column} = renamed({column}) WHERE {column} IS NOT NULL")
            db.executemany("DELETE FROM surrogates WHERE kind = ?", [(kind,) for kind in _NEW_IDS])
            db.execute("UPDATE merged SET retired = renamed(retired), kept = renamed(kept)")
            ledger.set(_GENERATION, str(rotation.generation))
            ledger.set(manifest.RENAMED_AFTER, str(current.number if current else 0))
    ledger.surrogates("person", rotation.remembered().values())


def _lake(layout: Layout, ledger: Ledger, rotation: Rotation, progress: Callable[[int, int], None]) -> int:
    """Every partition under its new names; how many there are."""
    merged = Vault(layout.vault, keys=rotation.new).identities.merges()
    places = ledger.db.execute("SELECT night, source FROM partitions ORDER BY night, source").fetchall()
    for done, (night, source) in enumerate(places, 1):
        found = partition.load(layout, date.fromisoformat(night), source)
        if found is not None and found.generation < rotation.generation:
            restaging.restage(layout, ledger, found, merged, rotation.generation, rotation.renamed)
        elif found is not None:  # made anew by a rotation killed before it could say so
            restaging.tell(ledger, found)
        progress(done, len(places))
    return len(places)
