"""Documents whose original bytes had to go with another person's: carried over when their night is read again.

Belongs here: handing lake rows back to the stage. Does not belong here: deciding what is erased (limpide/rights).

A file of the ledger without a hash was erased because it spoke of somebody else too. It cannot be read again; what its
other documents said stands as the lake has it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from limpide.omop.schema import EVENT_TABLES, PARTITIONED, tables
from limpide.warehouse import partition
from limpide.warehouse.house import House
from limpide.warehouse.ledger import Ledger
from limpide.warehouse.parquet import listed, session
from limpide.warehouse.partition import Stage
from limpide.warehouse.reading import OUTCOMES, stage_schema


def carry(house: House, ledger: Ledger, stage: Stage, night: date, source: str) -> None:
    """Stage again the rows of documents that can no longer be read, from the partition as it stands."""
    files = [
        row[0]
        for row in ledger.db.execute(
            "SELECT file_key FROM files WHERE night = ? AND source = ? AND sha256 = '' ORDER BY 1",
            (night.isoformat(), source),
        )
    ]
    done = partition.load(house, night, source) if files else None
    if done is None:
        return
    with session(house.work / "carry") as db:
        for table in (OUTCOMES, *PARTITIONED):
            db.execute(f"CREATE VIEW l_{table} AS SELECT * FROM {listed([done.folder / f'{table}.parquet'])}")
        db.execute("CREATE TABLE files AS SELECT unnest(?::VARCHAR[]) AS file_key", [files])
        db.execute(f"CREATE TABLE kept AS SELECT document_key FROM l_{OUTCOMES} JOIN files USING (file_key)")
        for table in (OUTCOMES, *PARTITIONED):
            names = ", ".join(f'"{name}"' for name in stage_schema(table).names)
            answer = db.execute(f"SELECT {names} FROM ({_keyed(table)}) JOIN kept USING (document_key)")
            columns = [column[0] for column in answer.description]
            rows: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
            stage.add_rows(table, rows)


def _keyed(table: str) -> str:
    """A lake table with the document and the rank that its staged rows carry."""
    if table in EVENT_TABLES:
        return (
            f"SELECT e.*, f.document_key, f.ordinal FROM l_{table} e JOIN l_limpide_fact f "
            f"ON f.target_table = '{table}' AND f.target_id = e.{tables()[table].keys[0]}"
        )
    if table == "note_nlp":
        return "SELECT n.*, f.document_key, f.ordinal FROM l_note_nlp n JOIN l_limpide_fact f USING (note_nlp_id)"
    if table == "note":
        return "SELECT n.*, d.document_key FROM l_note n JOIN l_limpide_document d USING (note_id)"
    return f"SELECT * FROM l_{table}"
