"""Opposition by a person of the house: one at a time or a list, and its end.

Belongs here: what `limpide oppose` does. Does not belong here: the register (identity/vault/opposition.py), what
it does to the files (limpide/warehouse/snapshots/withdrawal.py), messages (the warehouse hears them by itself).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.opposition import LIFTED, OPPOSED, Oppositions, Statement
from limpide.identity.vault.persons import UnreadablePerson, person_keys, stated
from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots.withdrawal import enforce


@dataclass(slots=True)
class Opposed:
    """What came of it. `unknown`: persons of whom nothing is held yet; `unread`: numbers of lines that name nobody;
    `again`: (night, source) to load again so that documents of persons who no longer oppose come back."""

    persons: int = 0
    unknown: int = 0
    documents: int = 0
    snapshots: int = 0
    unread: list[int] = field(default_factory=list)
    again: list[tuple[str, str]] = field(default_factory=list)


def oppose(
    layout: Layout, people: list[str], *, why: str | None = None, origin: str = "command", lift: bool = False
) -> Opposed:
    """Record oppositions (or their end) and apply them at once to lake and kept snapshots.

    `people`: person keys, INS or `value@authority`. Raises `Busy`; whoever is named by nothing readable is told by
    rank in `unread`, and the others are done. Lifting without a reason raises ValueError.
    """
    if lift and not why:
        raise ValueError("the end of an opposition must say why")
    done = Opposed()
    with layout.briefly(), opened(layout) as ledger:
        vault = Vault(layout.vault)
        audit, register = Audit(vault), Oppositions(vault)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        for rank, written in enumerate(people, 1):
            try:
                keys = person_keys(vault, written)
                statements = [
                    Statement(key, seen.patient, LIFTED if lift else OPPOSED, now, origin, why)
                    for key in sorted(keys)
                    for seen in vault.identities.seen(key)
                ]
                if not statements:
                    patient = stated(written)
                    key = vault.person_key(patient) or ""
                    statements = [Statement(key, patient, LIFTED if lift else OPPOSED, now, origin, why)]
                    done.unknown += 1
            except UnreadablePerson:
                done.unread.append(rank)
                continue
            register.state(statements)
            done.persons += 1
            subject = audit.subject(min(one.person_key for one in statements))
            audit.record("oppose.lift" if lift else "oppose", subject=subject, why=why, origin=origin)
        withdrawn, done.again = enforce(layout, ledger)
        done.documents, done.snapshots = withdrawn.documents, len(withdrawn.snapshots)
        vault.close()
    return done


def listed_people(path: Path) -> list[str]:
    """People of a CSV list: a column `ins`, or `ipp` and `autorite` (OID); separated by ; or , in UTF-8.

    One entry a line, in order; '' where a line names nobody. Raises ValueError when no such column is there.
    """
    text = path.read_text("utf-8-sig")
    first = text.partition("\n")[0]
    lines = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") >= first.count(",") else ",")
    names = {(name or "").strip().lower() for name in lines.fieldnames or ()}
    if "ins" not in names and not {"ipp", "autorite"} <= names:
        raise ValueError("the list needs a column ins, or the columns ipp and autorite")
    people = []
    for line in lines:
        cells = {(k or "").strip().lower(): (v or "").strip() for k, v in line.items() if isinstance(v, str | None)}
        ins, ipp, authority = cells.get("ins", ""), cells.get("ipp", ""), cells.get("autorite", "")
        people.append(ins or (f"{ipp}@{authority}" if ipp and authority else ""))
    return people
