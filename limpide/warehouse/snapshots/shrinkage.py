"""What a candidate would take from analysts without a reason: documents and rows that the snapshot it replaces has.

Belongs here: comparing the two, what explains a loss, the acceptance of one. Does not belong here: the check that
blocks (quality/validation.py).

A document may leave because another replaces it, because it was deleted, found twice, opposed; erasure and retention
leave the snapshots in force too, and so never show here. Anything else is a loss: a document that the ledger no longer
knows, or that was read before and is not any more; fewer facts of documents that stand in both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from limpide.errors import Reason
from limpide.warehouse.lake.files import read_json
from limpide.warehouse.lake.parquet import listed, session
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots import manifest
from limpide.warehouse.snapshots.candidate import Candidate

SHARE = {"limpide_document": 0.02}  # of what the snapshot in force has, by table
OTHER_SHARE = 0.1
AT_LEAST = {"limpide_document": 3}  # fewer are never a loss: a small house must be able to correct itself
OTHER_AT_LEAST = 20
_EXPLAINED = {"superseded", "deleted", "duplicated", "opposed", "erased"}
# Set aside for what it says of persons, or for who sent it. Not because a reader no longer reads it.
_EXPLAINED |= {
    f"quarantined {reason}"
    for reason in (
        Reason.IDENTITY_CONFLICT, Reason.ID_CONFLICT, Reason.RESIDUAL_IDENTITY, Reason.NO_PATIENT,
        Reason.UNDECLARED_SOURCE,
    )
}  # fmt: skip
_ACCEPTED = "accepted_loss:"


@dataclass(frozen=True, slots=True)
class Loss:
    """One table: rows in force, and how many of them a candidate lacks for no reason."""

    table: str
    before: int
    lost: int

    @property
    def serious(self) -> bool:
        """Whether it is more than what is let pass."""
        share, least = SHARE.get(self.table, OTHER_SHARE), AT_LEAST.get(self.table, OTHER_AT_LEAST)
        return self.lost >= least and self.lost > share * self.before


def losses(layout: Layout, candidate: Candidate) -> list[Loss]:
    """What is lost for no reason, by table, the worst first. Looks only at partitions whose files differ."""
    base = manifest.current(layout)
    if base is None or base.candidate == candidate.sha256:
        return []
    new: dict[str, list[dict[str, Any]]] = read_json(candidate.path)["content"]["tables"]
    changed = _changed(base.files, new)
    before = {table: sum(entry["rows"] for entry in entries) for table, entries in base.files.items()}
    lost: Counter[str] = Counter()
    with session(layout.work / "shrinkage") as db:
        for name, files in (("before", base.files), ("after", new)):
            for table in ("limpide_document", "limpide_fact"):
                paths = [layout.data / table / e["name"] for e in files.get(table, []) if _place(e) in changed]
                columns = "document_key" if table == "limpide_document" else "document_key, target_table"
                empty = f"SELECT {', '.join(f'NULL::VARCHAR AS {c}' for c in columns.split(', '))} LIMIT 0"
                source = f"SELECT {columns} FROM {listed(paths)}" if paths else empty
                db.execute(f"CREATE VIEW {name}_{table} AS {source}")
        gone = [
            row[0]
            for row in db.execute(
                "SELECT document_key FROM before_limpide_document "
                "EXCEPT SELECT document_key FROM after_limpide_document"
            ).fetchall()
        ]
        lost["limpide_document"] = len(gone) - _explained(layout, gone)
        for table, missing in db.execute(
            "WITH kept AS (SELECT document_key FROM before_limpide_document INTERSECT "
            "SELECT document_key FROM after_limpide_document), "
            "was AS (SELECT coalesce(target_table, 'limpide_fact') AS t, count(*) AS n FROM before_limpide_fact "
            "JOIN kept USING (document_key) GROUP BY 1), "
            "now AS (SELECT coalesce(target_table, 'limpide_fact') AS t, count(*) AS n FROM after_limpide_fact "
            "JOIN kept USING (document_key) GROUP BY 1) "
            "SELECT t, was.n - coalesce(now.n, 0) FROM was LEFT JOIN now USING (t)"
        ).fetchall():
            lost[table] += max(0, missing)
    found = [Loss(table, before.get(table, 0), number) for table, number in lost.items() if number > 0]
    return sorted(found, key=lambda loss: (-loss.lost / max(1, loss.before), loss.table))


def accepted(layout: Layout, candidate: str) -> bool:
    """Whether a person let this very candidate through."""
    with opened(layout) as ledger:
        return ledger.get(_ACCEPTED + candidate) is not None


def accept(layout: Layout, candidate: str) -> None:
    """Let a candidate through; who and why is in the audit log."""
    with opened(layout) as ledger, ledger.writing():
        ledger.set(_ACCEPTED + candidate, "1")


def refused_last(layout: Layout) -> str | None:
    """The candidate built last, when it was not published."""
    base = manifest.current(layout)
    with opened(layout) as ledger:
        row = ledger.db.execute(
            "SELECT pending_candidate FROM documents WHERE pending_candidate IS NOT NULL LIMIT 1"
        ).fetchone()
    if row is None or (base is not None and base.candidate == row[0]):
        return None
    return str(row[0])


def _place(entry: dict[str, Any]) -> tuple[str, str]:
    return (entry.get("night", ""), entry.get("source", ""))


def _changed(old: dict[str, list[dict[str, Any]]], new: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str]]:
    """Partitions of which the documents or the facts lie in other files than before."""
    out: set[tuple[str, str]] = set()
    for table in ("limpide_document", "limpide_fact"):
        was = {(*_place(e), e["name"]) for e in old.get(table, [])}
        now = {(*_place(e), e["name"]) for e in new.get(table, [])}
        out |= {(night, source) for night, source, _ in was ^ now}
    return out


def _explained(layout: Layout, gone: list[str]) -> int:
    """How many of these documents left for a reason that the ledger knows."""
    with opened(layout) as ledger:
        count = 0
        for key in gone:
            row = ledger.db.execute(
                "SELECT coalesce(pending_status, status), CASE WHEN pending_status IS NULL THEN reason "
                "ELSE pending_reason END FROM documents WHERE document_key = ?",
                (key,),
            ).fetchone()
            count += row is not None and (row[0] in _EXPLAINED or f"{row[0]} {row[1]}" in _EXPLAINED)
        return count
