"""The persons of a warehouse who need a look: without sex, without birth year, of one document, alike.

Belongs here: who they are, by key. Does not belong here: who is alike (identity/vault/links.py), how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.query import connect
from limpide.warehouse.snapshots import manifest


@dataclass(frozen=True, slots=True)
class PersonAccount:
    """Keys of persons, sorted. `alike`: pairs of keys; None where the vault cannot be opened."""

    persons: int = 0
    without_sex: list[str] = field(default_factory=list)
    without_birth_year: list[str] = field(default_factory=list)  # their documents wait: OMOP's person requires one
    one_document: list[str] = field(default_factory=list)
    alike: list[tuple[str, str]] | None = None


def person_account(layout: Layout) -> PersonAccount:
    """The persons of the current snapshot, and those whose documents wait for a year of birth."""
    with opened(layout) as ledger:
        alone = ledger.db.execute(
            "SELECT person_key FROM documents WHERE status = 'published' AND person_key IS NOT NULL "
            "GROUP BY 1 HAVING count(*) = 1 ORDER BY 1"
        ).fetchall()
        unborn = ledger.db.execute(
            "SELECT person_key FROM documents WHERE outcome = 'ok' AND person_key IS NOT NULL "
            "GROUP BY 1 HAVING max(born) = 0 ORDER BY 1"
        ).fetchall()
    persons, sexless = 0, []
    if manifest.current(layout) is not None:
        with connect(layout) as db:
            rows = db.execute("SELECT person_source_value, gender_concept_id FROM person ORDER BY 1").fetchall()
        persons, sexless = len(rows), [str(key) for key, gender in rows if not gender]
    alike = None
    if (layout.vault / "vault.json").exists():
        vault = Vault(layout.vault, create=False)
        alike = vault.identities.pairs()
        vault.close()
    return PersonAccount(persons, sexless, [row[0] for row in unborn], [row[0] for row in alone], alike)
