"""One night of one source in the lake: staged rows in, sorted files with their ids out.

Belongs here: staging, the allotment of ids in an order that depends on content only, the switch of the folder.
Does not belong here: reading documents, choosing current versions.

    lake/<night>/<source>/<table>.parquet    rows of every document structured, in their published form
    lake/<night>/<source>/outcomes.parquet   what reading gave, document by document: the ledger is told from it
    lake/<night>/<source>/partition.json     what it was made from; written last, it makes the partition exist
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.omop.schema import EVENT_TABLES, PARTITIONED, tables
from limpide.warehouse.lake.files import read_json, sha256_of, sync_folder, write_json
from limpide.warehouse.lake.parquet import listed, session, write_query
from limpide.warehouse.lake.staged import OUTCOMES, HandedOver, stage_schema
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from patches.arrow_pandas import without_pandas

if TYPE_CHECKING:
    import pyarrow as pa

_FLUSH_ROWS = 20_000
_FLUSH_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Partition:
    """A finished partition. `files` gives (sha256, rows) by table; `lake` is the hash of it all; `generation` that of
    its pseudonyms (Vault.generation)."""

    night: date
    source: str
    folder: Path
    inputs: str
    engine: str
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    lake: str = ""
    generation: int = 1


def folder_of(layout: Layout, night: date, source: str) -> Path:
    """Where a partition lies."""
    return layout.lake / night.isoformat() / source


def load(layout: Layout, night: date, source: str) -> Partition | None:
    """The partition as it stands, None when it was never finished. The caller holds the lock."""
    folder = folder_of(layout, night, source)
    if (aside := _aside(folder)).exists():  # a kill came within a switch
        if folder.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(folder)
    try:
        said = read_json(folder / "partition.json")
    except FileNotFoundError:
        return None
    files = {table: (digest, rows) for table, (digest, rows) in said["files"].items()}
    generation = said.get("generation", 1)
    return Partition(night, source, folder, said["inputs"], said["engine"], files, said["lake"], generation)


def _aside(folder: Path) -> Path:
    """Where a partition waits while its successor takes its place."""
    return folder.with_name(f".{folder.name}.before")


class Stage:
    """Rows as workers hand them over, kept in unsorted files: memory stays bounded whatever the night."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._writers: dict[str, Any] = {}
        self._waiting: dict[str, list[pa.RecordBatch]] = {}
        self._bytes: dict[str, int] = {}

    def add(self, handed: HandedOver) -> None:
        """Take one batch."""
        import pyarrow as pa

        for table, content in handed.batches.items():
            self._keep(table, pa.ipc.read_record_batch(pa.py_buffer(content), stage_schema(table)), len(content))

    def add_batch(self, table: str, batch: pa.RecordBatch) -> None:
        """Take rows that are Arrow already, under `stage_schema`."""
        self._keep(table, batch, batch.nbytes)

    def add_rows(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Take rows made by the parent."""
        import pyarrow as pa

        if rows:
            without_pandas()
            batch = pa.RecordBatch.from_pylist(rows, schema=stage_schema(table))
            self._keep(table, batch, batch.nbytes)

    def _keep(self, table: str, batch: pa.RecordBatch, size: int) -> None:
        self._waiting.setdefault(table, []).append(batch)
        self._bytes[table] = self._bytes.get(table, 0) + size
        if self._bytes[table] > _FLUSH_BYTES or sum(b.num_rows for b in self._waiting[table]) > _FLUSH_ROWS:
            self._flush(table)

    def _flush(self, table: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if table not in self._writers:
            self._writers[table] = pq.ParquetWriter(
                self.folder / f"{table}.parquet", stage_schema(table), compression="lz4", write_statistics=False
            )
        self._writers[table].write_table(pa.Table.from_batches(self._waiting.pop(table, []), stage_schema(table)))
        self._bytes[table] = 0

    def close(self) -> None:
        """Finish the files. Every table has one, possibly empty."""
        for table in (OUTCOMES, *PARTITIONED):
            self._flush(table)
            self._writers[table].close()


def finish(
    layout: Layout,
    ledger: Ledger,
    stage: Stage,
    night: date,
    source: str,
    inputs: str,
    engine: str,
    *,
    merged: Mapping[str, str] | None = None,
    generation: int = 1,
) -> Partition:
    """Sort, allot ids, write, and switch the partition's folder.

    `merged`: person keys with the key that stands for them (identity/vault/merges.py): published rows bear that one,
    outcomes keep what each document says by itself. `generation`: that of the pseudonyms staged.
    """
    import pyarrow.parquet as pq

    stage.close()
    made = stage.folder / "made"
    made.mkdir()
    files: dict[str, tuple[str, int]] = {}
    with session(stage.folder / "spill") as db:
        _documents(db, ledger, stage, night, source, merged or {})
        _facts(db, ledger, stage, night, source)
        for table in PARTITIONED:
            path = made / f"{table}.parquet"
            rows = write_query(path, table, db, f"made_{table}", published_order(table))
            files[table] = (sha256_of(path), rows)
        query = f"SELECT * FROM {listed([stage.folder / f'{OUTCOMES}.parquet'])} ORDER BY document_key"
        pq.write_table(db.sql(query).to_arrow_table(), made / f"{OUTCOMES}.parquet", compression="zstd")
    lake = _hash({"files": files, "inputs": inputs, "engine": engine})
    said = {"inputs": inputs, "engine": engine, "files": files, "lake": lake, "generation": generation}
    write_json(made / "partition.json", said)
    place = folder_of(layout, night, source)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(place)
    if place.exists():
        # Two renames; `load` puts back what a kill leaves aside: it may hold rows that nothing else does (frozen.py).
        shutil.rmtree(aside, ignore_errors=True)
        place.rename(aside)
    made.rename(place)
    sync_folder(place.parent)
    shutil.rmtree(aside, ignore_errors=True)
    return Partition(night, source, place, inputs, engine, files, lake, generation)


def _hash(value: Any) -> str:
    from hashlib import sha256

    from limpide.warehouse.lake.files import canonical

    return sha256(canonical(value)).hexdigest()


def published_order(table: str) -> str:
    """How rows lie in a file: by person, date, and a key that content alone decides."""
    described = tables()[table]
    keys = [f'"{key}"' for key in described.keys]
    if table == "note_nlp":
        return "note_nlp_id"  # allotted in the order of persons and notes
    return ", ".join(["person_id", *([f'"{described.date}"'] if described.date else []), *keys])


def _documents(db: Any, ledger: Ledger, stage: Stage, night: date, source: str, merged: Mapping[str, str]) -> None:
    """made_limpide_document, made_note, made_limpide_section, made_limpide_page: ids of what a document names."""
    # Lists, not registered tables: DuckDB would import pandas to see whether it is given a frame.
    people = [list(merged), list(merged.values())]
    db.execute("CREATE TABLE merged AS SELECT unnest(?::VARCHAR[]) AS gone, unnest(?::VARCHAR[]) AS stays", people)
    db.execute(f"""
        CREATE VIEW staged_document AS
        SELECT d.* REPLACE (coalesce(m.stays, d.person_key) AS person_key)
        FROM {listed([stage.folder / "limpide_document.parquet"])} d LEFT JOIN merged m ON m.gone = d.person_key""")
    staged = "staged_document"
    count = int(db.execute(f"SELECT count(*) FROM {staged}").fetchone()[0])
    notes = ledger.block("note", night, source, count)
    for kind in ("person", "visit", "provider", "care_site"):
        keys = [
            r[0]
            for r in db.execute(f"SELECT DISTINCT {kind}_key FROM {staged} WHERE {kind}_key IS NOT NULL").fetchall()
        ]
        if kind == "care_site":
            # A FINESS is no hash: its id comes from its hash, so that ids spread and never start alike.
            hashed = {_hash(["care_site", key]): key for key in keys}
            ids = {hashed[key]: number for key, number in ledger.surrogates(kind, hashed).items()}
        else:
            ids = ledger.surrogates(kind, keys)
        found = [list(ids), list(ids.values())]
        db.execute(f"CREATE TABLE ids_{kind} AS SELECT unnest(?::VARCHAR[]) AS key, unnest(?::INTEGER[]) AS id", found)
    db.execute(f"""
        CREATE TABLE made_limpide_document AS
        SELECT d.*, p.id AS person_id, v.id AS visit_occurrence_id, a.id AS provider_id,
            c.id AS care_site_id,
            ({notes} - 1 + row_number() OVER (ORDER BY p.id, d.document_date, d.document_key))::INTEGER AS note_id
        FROM {staged} d JOIN ids_person p ON p.key = d.person_key
            LEFT JOIN ids_visit v ON v.key = d.visit_key LEFT JOIN ids_provider a ON a.key = d.provider_key
            LEFT JOIN ids_care_site c ON c.key = d.care_site_key""")
    db.execute("""
        CREATE TABLE known AS SELECT document_key, note_id, person_id, visit_occurrence_id, provider_id,
            coalesce(visit_start, visit_end)::DATE AS visit_first,
            coalesce(visit_end::DATE, document_date) AS visit_last
        FROM made_limpide_document""")
    for table in ("limpide_section", "limpide_page"):
        db.execute(f"""
            CREATE VIEW made_{table} AS
            SELECT s.*, k.note_id, k.person_id FROM {listed([stage.folder / f"{table}.parquet"])} s
            JOIN known k USING (document_key)""")
    db.execute(f"""
        CREATE VIEW made_note AS
        SELECT n.* EXCLUDE (document_key), k.note_id, k.person_id, k.provider_id, k.visit_occurrence_id
        FROM {listed([stage.folder / "note.parquet"])} n JOIN known k USING (document_key)""")


def _facts(db: Any, ledger: Ledger, stage: Stage, night: date, source: str) -> None:
    """made_<event>, made_note_nlp, made_limpide_fact: one id a row, in order of person, date, document and rank."""
    for table in (*EVENT_TABLES, "note_nlp"):
        described = tables()[table]
        staged = listed([stage.folder / f"{table}.parquet"])
        count = int(db.execute(f"SELECT count(*) FROM {staged}").fetchone()[0])
        start = ledger.block(table, night, source, count)
        day = f"e.{described.date}" if described.date else "k.note_id"
        # A letter speaks of other times than its stay: an event belongs to the visit only when dated inside it.
        more = (
            ", k.note_id"
            if table == "note_nlp"
            else (
                f", k.person_id, k.provider_id, CASE WHEN {day} BETWEEN k.visit_first AND k.visit_last"
                " THEN k.visit_occurrence_id END AS visit_occurrence_id"
            )
        )
        db.execute(f"""
            CREATE TABLE made_{table} AS
            SELECT e.*{more},
                ({start} - 1 + row_number() OVER (ORDER BY k.person_id, {day}, e.document_key, e.ordinal))::INTEGER
                AS {described.keys[0]}
            FROM {staged} e JOIN known k USING (document_key)""")
    published = " UNION ALL ".join(
        f"SELECT document_key, ordinal, {tables()[table].keys[0]} AS id FROM made_{table}" for table in EVENT_TABLES
    )
    db.execute(f"""
        CREATE VIEW made_limpide_fact AS
        SELECT f.*, k.note_id, k.person_id, t.id AS target_id, n.note_nlp_id
        FROM {listed([stage.folder / "limpide_fact.parquet"])} f JOIN known k USING (document_key)
            LEFT JOIN ({published}) t USING (document_key, ordinal)
            LEFT JOIN made_note_nlp n USING (document_key, ordinal)""")
