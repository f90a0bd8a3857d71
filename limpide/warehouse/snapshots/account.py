"""The account of the night: where every document received now stands.

The law of conservation judges what was read. What a killed or set aside night left unread is counted apart (`waiting`):
it is read by the next night, and must not stop it.

Belongs here: the law of conservation and the counts. Does not belong here: how they are shown.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.late_files import late_files
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.snapshots import manifest
from limpide.warehouse.snapshots.person_account import PersonAccount, person_account

_NOW = "coalesce(pending_status, status)"
_NAMED = re.compile(r"(?:(\d+) )?([A-Za-z]\w*)")
STATUSES = ("published", "superseded", "duplicated", "quarantined", "deleted", "opposed", "waiting")


@dataclass(frozen=True, slots=True)
class ConservationRow:
    """received = published + superseded + duplicated + quarantined + deleted + opposed + waiting, for one source."""

    source: str
    received: int
    published: int
    superseded: int
    duplicated: int
    quarantined: int
    deleted: int
    opposed: int
    waiting: int = 0  # received by a load that did not come to read them

    @property
    def balanced(self) -> bool:
        """Whether every document received is somewhere, once."""
        return self.received == (
            self.published + self.superseded + self.duplicated + self.quarantined + self.deleted + self.opposed
            + self.waiting
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """One night: conservation by source, quarantine by (source, reason), what the night replaced, rows by table."""

    night: date
    sources: list[ConservationRow]
    quarantine: dict[str, dict[str, int]]  # source -> reason -> documents
    replaced: int  # documents of any night superseded by one of this night
    files: int
    pending: int  # documents of the night whose standing awaits a publication
    rows: dict[str, int] = field(default_factory=dict)  # of the current snapshot, by table
    snapshot: int | None = None
    left: dict[str, dict[str, int]] = field(default_factory=dict)  # source -> what lay there and was not read, by kind
    persons: PersonAccount | None = None  # of the current snapshot
    unread: dict[str, dict[str, int]] = field(default_factory=dict)  # source -> segments of messages that nobody reads
    late: dict[str, int] = field(default_factory=dict)  # files of earlier nights loaded with it, by their night


def conservation(layout: Layout, night: date | None = None) -> list[ConservationRow]:
    """One row a source, of one night or of all, sorted by source.

    Before publication it counts the outcome of the candidate built last: what would be true once it is published.
    """
    with opened(layout) as ledger:
        return _conservation(ledger, night)


def last_night(layout: Layout) -> date | None:
    """The last night of which something was read."""
    with opened(layout) as ledger:
        row = ledger.db.execute("SELECT max(night) FROM partitions").fetchone()
    return date.fromisoformat(row[0]) if row[0] else None


def nights_pending(layout: Layout, candidate: str) -> list[date]:
    """Nights of which a candidate decides documents for the first time."""
    with opened(layout) as ledger:
        rows = ledger.db.execute(
            "SELECT DISTINCT night FROM documents WHERE pending_candidate = ? AND status = 'received'", (candidate,)
        )
        return sorted(date.fromisoformat(row[0]) for row in rows)


def _conservation(ledger: Ledger, night: date | None) -> list[ConservationRow]:
    counted: dict[str, dict[str, int]] = {}
    rows = ledger.db.execute(
        f"SELECT source, CASE outcome WHEN 'waiting' THEN 'waiting' ELSE {_NOW} END AS standing, count(*) AS n "
        "FROM documents WHERE ?1 IS NULL OR night = ?1 GROUP BY 1, 2",
        (night.isoformat() if night else None,),
    )
    for row in rows:
        counted.setdefault(row["source"], {})[row["standing"]] = row["n"]
    return [
        ConservationRow(source, sum(found.values()), *(found.get(status, 0) for status in STATUSES))
        for source, found in sorted(counted.items())
    ]


def account(layout: Layout, night: date) -> Account:
    """The account of one night."""
    with opened(layout) as ledger:
        db, day = ledger.db, night.isoformat()
        quarantine: dict[str, dict[str, int]] = {}
        for row in db.execute(
            f"SELECT source, CASE WHEN pending_status IS NULL THEN reason ELSE pending_reason END AS why, "
            f"count(*) AS n FROM documents WHERE night = ? AND {_NOW} = 'quarantined' GROUP BY 1, 2 ORDER BY 1, 2",
            (day,),
        ):
            quarantine.setdefault(row["source"], {})[row["why"]] = row["n"]
        replaced = db.execute(
            f"SELECT count(*) FROM documents n JOIN documents o ON n.document_key = CASE WHEN o.pending_status IS NULL "
            f"THEN o.superseded_by ELSE o.pending_superseded_by END WHERE n.night = ? AND "
            f"{_NOW.replace('pending_status', 'o.pending_status').replace(', status', ', o.status')} = 'superseded'",
            (day,),
        ).fetchone()[0]
        last = manifest.current(layout)
        return Account(
            night=night,
            sources=_conservation(ledger, night),
            quarantine=quarantine,
            replaced=replaced,
            files=db.execute("SELECT count(*) FROM files WHERE night = ?", (day,)).fetchone()[0],
            pending=db.execute(
                "SELECT count(*) FROM documents WHERE night = ? AND (dirty = 1 OR pending_candidate IS NOT NULL)",
                (day,),
            ).fetchone()[0],
            rows={t: sum(e["rows"] for e in entries) for t, entries in last.files.items()} if last else {},
            snapshot=last.number if last else None,
            left=_left(ledger, day),
            persons=person_account(layout) if last else None,
            unread=_unread(ledger, day),
            late=late_files(ledger, night),
        )


def _left(ledger: Ledger, day: str) -> dict[str, dict[str, int]]:
    rows = ledger.db.execute("SELECT key, value FROM meta WHERE key GLOB ? ORDER BY 1", (f"left:{day}:*",))
    return {key.split(":", 2)[2]: found for key, value in rows if (found := json.loads(value))}


def _unread(ledger: Ledger, day: str) -> dict[str, dict[str, int]]:
    """Segments that no reader reads, by source and name, of every document of the night, published or not."""
    found: dict[str, Counter[str]] = {}
    for source, detail in ledger.db.execute(
        "SELECT source, outcome_detail FROM documents WHERE night = ? AND outcome_detail LIKE '% not read: %' "
        "ORDER BY source, document_key",
        (day,),
    ):
        named = _NAMED.findall(detail.partition(" not read: ")[2])
        found.setdefault(source, Counter()).update({name: int(count or 1) for count, name in named})
    return {source: dict(sorted(counted.items())) for source, counted in found.items()}
