"""Parquet files that are the same bytes each time: fixed options, fixed row groups, no clock.

Belongs here: reading and writing Parquet for lake and data, DuckDB sessions that stay within bounds.
Does not belong here: what rows mean.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.omop.schema import tables
from limpide.warehouse.lake.files import sha256_of
from patches.arrow_pandas import without_pandas

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 65_536
TEXT_ROW_GROUP = 4_096  # note_text is long: bounded memory wants fewer rows at a time
MEMORY = os.environ.get("LIMPIDE_DUCKDB_MEMORY", "700MB")


@contextmanager
def session(scratch: Path) -> Iterator[Any]:
    """A DuckDB connection in memory, spilling to `scratch`, that downloads nothing."""
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": str(scratch),
        "threads": min(4, os.cpu_count() or 1),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=config)
    try:
        yield connection
    finally:
        connection.close()


def row_group(table: str) -> int:
    """Rows in a row group of a table."""
    return TEXT_ROW_GROUP if table == "note" else ROW_GROUP


def write(path: Path, table: str, batches: Any) -> int:
    """Write a table's rows, in the order given, durably; how many. `batches` is a RecordBatchReader or a list.

    The caller renames the file. Raises pyarrow.ArrowInvalid when a required column holds a null.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, size, total = tables()[table].arrow(), row_group(table), 0
    waiting: list[pa.RecordBatch] = []
    held = 0
    options = {"compression": "zstd", "compression_level": 3, "version": "2.6", "store_schema": False}
    with path.open("wb") as out, pq.ParquetWriter(out, schema, **options) as writer:
        for batch in batches:
            waiting.append(batch)
            held += batch.num_rows
            while held >= size:
                whole = pa.Table.from_batches(waiting)
                writer.write_table(_cast(whole.slice(0, size), schema), row_group_size=size)
                waiting, held, total = whole.slice(size).to_batches(), held - size, total + size
        if held:
            writer.write_table(_cast(pa.Table.from_batches(waiting), schema), row_group_size=size)
            total += held
        writer.close()
        out.flush()
        os.fsync(out.fileno())
    return total


def _cast(found: pa.Table, schema: pa.Schema) -> pa.Table:
    # One chunk a column: how DuckDB cut its answer must not show in the encoding.
    return found.combine_chunks().cast(schema)


def write_rows(path: Path, table: str, rows: list[dict[str, Any]]) -> int:
    """Write rows given as dictionaries."""
    import pyarrow as pa

    without_pandas()
    return write(path, table, pa.Table.from_pylist(rows, schema=tables()[table].arrow()).to_batches())


def write_query(path: Path, table: str, connection: Any, source: str, order: str) -> int:
    """Write the rows of a DuckDB relation, sorted; its columns are taken by name, in the table's order."""
    names = ", ".join(f'"{name}"' for name in tables()[table].names)
    answer = connection.sql(f"SELECT {names} FROM {source} ORDER BY {order}")
    return write(path, table, answer.to_arrow_reader(row_group(table)))


def settle(draft: Path, folder: Path) -> tuple[str, str]:
    """Give a written file the name of its content, in `folder`; (file name, sha256). The same content is kept once."""
    digest = sha256_of(draft)
    name = f"{digest[:32]}.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    if target.exists():
        draft.unlink()
    else:
        draft.rename(target)
    return name, digest


def listed(paths: list[Path]) -> str:
    """A DuckDB expression that reads these files."""
    inside = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{inside}])"
