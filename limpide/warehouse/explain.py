"""From a published row back to its page, and from a document to its life.

Belongs here: the way back. Does not belong here: raw bytes, identities (those stay in the vault).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from limpide.identity.pseudonym import keyed
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.vault import Vault
from limpide.omop.mapping import snippet
from limpide.omop.schema import EVENT_TABLES, tables
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.query import connect

ASSERTIONS = (
    "negated", "hypothetical", "family", "relative", "history", "planned", "conditional", "reported", "prior",
    "certainty",
)  # fmt: skip

# Tables made of several documents, and the column of limpide_document that leads to them.
_DOCUMENT_COLUMNS = {
    "person": "person_id",
    "observation_period": "person_id",
    "visit_occurrence": "visit_occurrence_id",
    "provider": "provider_id",
    "care_site": "care_site_id",
    "note": "note_id",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where one row comes from. Spans are characters of note.note_text (masked); the box is in points.

    A row made of several documents (person, visit, provider, care site) only has `documents`, latest first.
    """

    table: str
    row_id: int
    documents: list[str]
    document_key: str | None = None
    document_id: str | None = None
    sha256: str | None = None
    source: str | None = None
    night: str | None = None
    section_code: str | None = None
    section_title: str | None = None
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    start: int | None = None
    end: int | None = None
    snippet: str | None = None
    origin: str | None = None  # coded | nlp
    rule: str | None = None  # rule or terminology entry
    entry: str | None = None  # path of the coded entry
    engine: str | None = None
    assertion: dict[str, Any] | None = None
    date_origin: str | None = None
    fact_key: str | None = None


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Where one document stands, and what became of it. `document_id` may be shared by several documents."""

    document_key: str
    night: str
    source: str
    version: int | None
    status: str
    reason: str | None
    detail: str | None
    superseded_by: str | None
    snapshot: int | None
    file: (
        str | None
    )  # below the source's landing folder, from the vault; that of its container for what came inside one


def explain(layout: Layout, table: str, row_id: int) -> Explanation:
    """Where a row of the current snapshot comes from. Raises KeyError when there is no such table or row."""
    connection = connect(layout)
    try:
        if table in EVENT_TABLES or table == "note_nlp":
            return _fact(connection, table, row_id)
        if table in _DOCUMENT_COLUMNS:
            return _documents(connection, table, row_id)
    finally:
        connection.close()
    raise KeyError(table)


def _rows(connection: Any, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    answer = connection.execute(query, parameters)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _fact(connection: Any, table: str, row_id: int) -> Explanation:
    where = "f.note_nlp_id = ?" if table == "note_nlp" else "f.target_table = ? AND f.target_id = ?"
    parameters = [row_id] if table == "note_nlp" else [table, row_id]
    found = _rows(
        connection,
        "SELECT f.*, d.document_id, d.sha256, d.source, d.night, n.note_text FROM limpide_fact f "
        f"JOIN limpide_document d USING (document_key) JOIN note n ON n.note_id = f.note_id WHERE {where}",
        parameters,
    )
    if not found:
        raise KeyError(row_id)
    fact = found[0]
    start, end = fact["span_start"], fact["span_end"]
    return Explanation(
        table=table,
        row_id=row_id,
        documents=[fact["document_key"]],
        document_key=fact["document_key"],
        document_id=fact["document_id"],
        sha256=fact["sha256"],
        source=fact["source"],
        night=fact["night"].isoformat(),
        section_code=fact["section_code"],
        section_title=fact["section_title"],
        page=fact["page"],
        box=(fact["x0"], fact["y0"], fact["x1"], fact["y1"]) if fact["x0"] is not None else None,
        start=start,
        end=end,
        snippet=snippet(fact["note_text"], start, end) if start is not None and end is not None else fact["text"],
        origin=fact["origin"],
        rule=fact["rule"],
        entry=fact["entry"],
        engine=fact["engine"],
        assertion={name: fact[name] for name in ASSERTIONS if fact[name]},
        date_origin=fact["date_origin"],
        fact_key=fact["fact_key"],
    )


def _documents(connection: Any, table: str, row_id: int) -> Explanation:
    if not _rows(connection, f"SELECT 1 FROM {table} WHERE {tables()[table].keys[0]} = ?", [row_id]):
        raise KeyError(row_id)
    found = _rows(
        connection,
        f"SELECT document_key, document_id, sha256, source, night, engine, date_origin FROM limpide_document "
        f"WHERE {_DOCUMENT_COLUMNS[table]} = ? ORDER BY document_date DESC, document_key",
        [row_id],
    )
    keys = [row["document_key"] for row in found]
    if len(found) != 1:
        return Explanation(table, row_id, keys)
    only = found[0]
    return Explanation(
        table=table,
        row_id=row_id,
        documents=keys,
        document_key=only["document_key"],
        document_id=only["document_id"],
        sha256=only["sha256"],
        source=only["source"],
        night=only["night"].isoformat(),
        engine=only["engine"],
        date_origin=only["date_origin"],
    )


def history(layout: Layout, document_id: str) -> list[LifeEvent]:
    """The life of a document, by its id as the source writes it, its keyed id or its document key; oldest first.

    All that shares its set or replaces one another is told together. Empty when unknown.
    """
    vault = Vault(layout.vault, create=False)
    secret = vault.secret(Purpose.PSEUDONYM)
    names = [document_id, vault.renamed(keyed(document_id, "document", secret))]
    with opened(layout) as ledger:
        rows = ledger.db.execute(
            "WITH RECURSIVE life(document_key) AS ("
            "SELECT document_key FROM documents WHERE document_key = ?1 OR document_id IN (?1, ?2) "
            "UNION SELECT o.document_key FROM life JOIN documents s USING (document_key) JOIN documents o ON "
            "o.document_key = s.superseded_by OR o.superseded_by = s.document_key OR o.document_id = s.document_id) "
            "SELECT d.* FROM documents d JOIN life USING (document_key) ORDER BY d.night, d.source, d.document_key",
            names,
        ).fetchall()
        # A document inside a message or an archive came in the file of the first document of that file.
        paths = {
            row["document_key"]: vault.identities.path(row["document_key"])
            or vault.identities.path(document_key(row["file_key"], 0))
            for row in rows
        }
    return [
        LifeEvent(
            document_key=row["document_key"],
            night=row["night"],
            source=row["source"],
            version=row["version"],
            status=row["status"],
            reason=row["reason"],
            detail=row["outcome_detail"],
            superseded_by=row["superseded_by"],
            snapshot=row["snapshot"],
            file=paths[row["document_key"]],
        )
        for row in rows
    ]
