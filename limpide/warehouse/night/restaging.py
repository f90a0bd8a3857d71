"""A partition of the lake staged again without reading a document: its rows as workers handed them over.

Belongs here: the way back from published rows to staged ones, under other names when asked, and the partition made anew
of them. Does not belong here: why (frozen.py: bytes that are gone; merging.py: persons; limpide/rights/rekey.py: keys).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from limpide.omop.schema import EVENT_TABLES, PARTITIONED, tables
from limpide.warehouse.lake import partition
from limpide.warehouse.lake.parquet import listed, session
from limpide.warehouse.lake.partition import Partition, Stage
from limpide.warehouse.lake.staged import NAME_LENGTH, NAMED, NAMED_LIST, OUTCOMES, stage_schema
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow as pa

Rename = Callable[[str], str]

_BATCH = 20_000  # rows


def copy(
    layout: Layout, found: Partition, stage: Stage, rename: Rename | None = None, files: Collection[str] | None = None
) -> None:
    """Stage again the rows of a partition, or of the documents of some of its `files` (keys).

    Every document has its own person key again, as its outcome keeps it: merges are made when a partition is finished.
    """
    with session(layout.work / "copy") as db:
        for table in (OUTCOMES, *PARTITIONED):
            db.execute(f"CREATE VIEW l_{table} AS SELECT * FROM {listed([found.folder / f'{table}.parquet'])}")
        mine = "true" if files is None else "file_key IN (SELECT unnest(?::VARCHAR[]))"
        asked = [] if files is None else [sorted(files)]
        db.execute(f"CREATE TABLE kept AS SELECT document_key FROM l_{OUTCOMES} WHERE {mine}", asked)
        for table in (OUTCOMES, *PARTITIONED):
            schema = stage_schema(table)
            names = ", ".join(f'"{name}"' for name in schema.names)
            answer = db.sql(f"SELECT {names} FROM ({_staged(table)}) JOIN kept USING (document_key)")
            for batch in answer.to_arrow_reader(_BATCH):
                if rename:
                    batch = _renamed(batch, table, rename)
                if batch.num_rows:
                    stage.add_batch(table, batch.cast(schema))


def restage(
    layout: Layout,
    ledger: Ledger,
    found: Partition,
    merged: Mapping[str, str],
    generation: int,
    rename: Rename | None = None,
) -> Partition:
    """A partition made anew of its own rows; what it was made from stays what it was. The caller holds the lock."""
    shutil.rmtree(layout.work, ignore_errors=True)
    stage = Stage(layout.work / "stage")
    copy(layout, found, stage, rename)
    made = partition.finish(
        layout, ledger, stage, found.night, found.source, found.inputs, found.engine,
        merged=merged, generation=generation,
    )  # fmt: skip
    shutil.rmtree(layout.work, ignore_errors=True)
    tell(ledger, made)
    return made


def tell(ledger: Ledger, made: Partition) -> None:
    """Tell the ledger of a partition made anew."""
    place = (made.night.isoformat(), made.source)
    with ledger.writing() as db:
        db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?)", (*place, made.lake))
        # What the ledger was told no longer holds: the same partition must be told anew when its night is loaded again.
        db.execute("DELETE FROM meta WHERE key = ?", (f"told:{place[0]}:{place[1]}",))


def _staged(table: str) -> str:
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
    if table == "limpide_document":
        return (
            f"SELECT d.* REPLACE (o.person_key AS person_key) FROM l_limpide_document d "
            f"JOIN l_{OUTCOMES} o USING (document_key)"
        )
    return f"SELECT * FROM l_{table}"


def _renamed(batch: pa.RecordBatch, table: str, rename: Rename) -> pa.RecordBatch:
    """The batch under new names: each distinct pseudonym is renamed once."""
    import pyarrow as pa

    known: dict[str, str] = {}

    def one(value: str) -> str:
        if value not in known:
            known[value] = rename(value) if len(value) >= NAME_LENGTH else value
        return known[value]

    def new(value: Any) -> Any:
        if isinstance(value, list):
            return [one(item) for item in value]
        return " ".join(map(one, value.split(" "))) if value else value

    for name in (*NAMED[table], NAMED_LIST) if table in NAMED else ():
        at = batch.schema.get_field_index(name)
        values = [new(value) for value in batch.column(at).to_pylist()]
        batch = batch.set_column(at, batch.schema.field(at), pa.array(values, batch.schema.field(at).type))
    return batch
