"""Retention: documents past the term of their class leave the house, by themselves, once the night has announced them.

Belongs here: who is due, what was announced, the removal. Does not belong here: terms (warehouse/retention_terms.py),
rewriting files (withdrawal.py), documents that arrive past their term (they wait in quarantine and are never due).

Only what was published for its term is ever due: it was not past it on the night of its arrival, and an analyst may
have read it since. The first night that finds it due announces it; it leaves lake and snapshots `notice_days` later at
the soonest. The original stays in the vault, and the ledger keeps the line of the document: only `limpide erase`
destroys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.omop.dates import parse
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.retention_terms import Terms, terms, years_before
from limpide.warehouse.snapshots.withdrawal import withdraw


@dataclass(slots=True)
class Retained:
    """What was removed, or would be: documents by class, `persons` of whom nothing stays published.

    `announced`: documents that are due, by class, and wait for their notice to run out; `leaving_on`: when the first
    of them leaves.
    """

    documents: dict[str, int] = field(default_factory=dict)
    persons: int = 0
    announced: dict[str, int] = field(default_factory=dict)
    leaving_on: date | None = None


def due(ledger: Ledger, today: date, kept: Terms) -> dict[str, str]:
    """Documents published for their term and past it now: the name of their class by document key."""
    return {
        key: kept.of(kind).name
        for key, kind, day, arrived in _published(ledger, today, kept)
        if kept.past(kind, day, today) and not kept.past(kind, day, arrived)
    }


def arrived_late(ledger: Ledger, kept: Terms) -> dict[str, str]:
    """Documents published although they were past their term on the night of their arrival: before they had to wait,
    or before their term was shortened. Nothing removes them by itself; loading their night again sets them aside."""
    found = _published(ledger, date.max, kept)
    return {key: kept.of(kind).name for key, kind, day, arrived in found if kept.past(kind, day, arrived)}


def _published(ledger: Ledger, today: date, kept: Terms) -> list[tuple[str, str | None, date, date]]:
    """Key, type, date and night of arrival of what is published and older than the shortest term."""
    shortest = min(term.years for term in (*kept.classes, kept.default))
    rows = ledger.db.execute(
        "SELECT document_key, type_code, effective_time, night FROM documents "
        "WHERE outcome = 'ok' AND status IN ('published', 'superseded') "
        "AND coalesce(substr(effective_time, 1, 10), night) <= ? ORDER BY 1",
        (years_before(today, shortest).isoformat(),),
    )
    out = []
    for row in rows:
        arrived = date.fromisoformat(row["night"])
        when = parse(row["effective_time"])
        out.append((row["document_key"], row["type_code"], when.day if when else arrived, arrived))
    return out


def overdue(ledger: Ledger, today: date, kept: Terms) -> dict[str, str]:
    """Those of the due whose notice has run out."""
    last = (today - timedelta(days=kept.notice_days)).isoformat()
    announced = {row[0] for row in ledger.db.execute("SELECT document_key FROM announced WHERE day <= ?", (last,))}
    return {key: name for key, name in due(ledger, today, kept).items() if key in announced}


def retain(layout: Layout, today: date, *, dry_run: bool = False, kept: Terms | None = None) -> Retained:
    """Announce what is due and remove what was announced long enough ago; `dry_run` only counts both.

    Raises `Busy`, ValueError for terms that may not be.
    """
    chosen = kept or terms()
    with layout.locked(), opened(layout) as ledger:
        every, leaving = due(ledger, today, chosen), overdue(ledger, today, chosen)
        done = Retained(documents=_by_class(leaving), persons=len(_left_empty(ledger, set(leaving))))
        done.announced = _by_class({key: name for key, name in every.items() if key not in leaving})
        if not dry_run:
            _announce(ledger, every, today)
        days = dict(ledger.db.execute("SELECT document_key, day FROM announced").fetchall())
        first = min((days.get(key, today.isoformat()) for key in every if key not in leaving), default=None)
        done.leaving_on = date.fromisoformat(first) + timedelta(days=chosen.notice_days) if first else None
        if dry_run or not leaving:
            return done
        vault = Vault(layout.vault, create=False)
        withdraw(layout, ledger, leaving, outcome="expired")
        with ledger.writing() as db:
            keys = [(key,) for key in sorted(leaving)]
            db.executemany("UPDATE documents SET status = 'deleted', reason = 'expired' WHERE document_key = ?", keys)
            db.executemany("DELETE FROM announced WHERE document_key = ?", keys)
        Audit(vault).record("retention", documents=done.documents, persons=done.persons)
        vault.close()
    return done


def _announce(ledger: Ledger, every: dict[str, str], today: date) -> None:
    """Remember since when each is announced; what is due no longer (terms were lengthened) is forgotten."""
    with ledger.writing() as db:
        known = {row[0] for row in db.execute("SELECT document_key FROM announced")}
        db.executemany("DELETE FROM announced WHERE document_key = ?", [(key,) for key in sorted(known - set(every))])
        new = [(key, today.isoformat()) for key in sorted(set(every) - known)]
        db.executemany("INSERT INTO announced VALUES (?, ?)", new)


def _by_class(documents: dict[str, str]) -> dict[str, int]:
    return {name: sum(found == name for found in documents.values()) for name in sorted(set(documents.values()))}


def _left_empty(ledger: Ledger, leaving: set[str]) -> set[str]:
    """Persons of whom nothing stays published."""
    people: set[str] = set()
    for key in leaving:
        row = ledger.db.execute("SELECT person_key FROM documents WHERE document_key = ?", (key,)).fetchone()
        if row["person_key"]:
            theirs = ledger.db.execute(
                "SELECT document_key FROM documents WHERE person_key = ? AND status = 'published'", (row[0],)
            )
            if all(other[0] in leaving for other in theirs.fetchall()):
                people.add(row["person_key"])
    return people
