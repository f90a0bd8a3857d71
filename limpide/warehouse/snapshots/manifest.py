"""Snapshots on disk: which one serves, what it is made of, and putting things right after a kill.

Belongs here: reading manifests, the catalogue of views, the link, recovery. Does not belong here:
the gate (publication.py).

The commit point of a publication is the rename of snapshots/<n>.json. All else (catalogue, link, statuses of the
ledger) follows from it and is made again by `recover` when a kill came between.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limpide.omop.schema import tables
from limpide.warehouse.lake.files import read_json, sweep_drafts, sync_file, sync_folder
from limpide.warehouse.lake.parquet import listed
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.ledger.resolution import settle_pending
from limpide.warehouse.snapshots.views import views

RENAMED_AFTER = "renamed_after"  # meta: the last snapshot whose pseudonyms are no longer in use


@dataclass(frozen=True, slots=True)
class Manifest:
    """One snapshot as its file tells it. `files`: entries (name, sha256, rows, night?, source?) by table."""

    number: int
    night: str
    candidate: str
    files: dict[str, list[dict[str, Any]]]
    partitions: list[dict[str, str]]
    described: str  # hash of the descriptions of tables it was made with
    path: Path


def numbers(layout: Layout) -> list[int]:
    """Snapshots there are, oldest first."""
    if not layout.snapshots.is_dir():
        return []
    return sorted(int(p.stem) for p in layout.snapshots.glob("*.json") if p.stem.isdigit())


def load(layout: Layout, number: int) -> Manifest:
    """One snapshot. Raises FileNotFoundError."""
    path = layout.snapshots / f"{number}.json"
    said = read_json(path)
    content = said["content"]
    return Manifest(
        number, said["night"], said["candidate"], content["tables"], said["partitions"], content["described"], path
    )


def current(layout: Layout) -> Manifest | None:
    """The last snapshot committed, None before the first."""
    found = numbers(layout)
    return load(layout, found[-1]) if found else None


def catalog_path(layout: Layout, number: int) -> Path:
    """The catalogue of a snapshot."""
    return layout.catalog / f"limpide-{number}.duckdb"


def recover(layout: Layout, ledger: Ledger) -> None:
    """Finish what a killed publication began: catalogue, link, statuses. Does nothing when nothing is missing."""
    sweep_drafts(layout.warehouse, layout.candidates, layout.receipts, layout.snapshots, layout.catalog)
    last = current(layout)
    if last is None:
        return
    if not catalog_path(layout, last.number).exists():
        write_catalog(layout, last)
    elif _moved(layout, last):
        rebuild(layout)
    point(layout, last)
    if int(ledger.get("snapshot") or 0) < last.number:
        settle_pending(ledger, last.candidate, last.number)


def write_catalog(layout: Layout, snapshot: Manifest) -> Path:
    """Views over the snapshot's files, with comments in French, in a DuckDB file that older clients open.

    Paths are absolute: a view over relative ones depends on where its reader stands. A warehouse that was moved or
    copied is noticed (`is_here`) by whatever opens it, and gets its catalogues again (`rebuild`).
    STORAGE_VERSION v1.0.0: a DuckDB 1.x client cannot open a default 2.0 file.
    """
    import duckdb

    target = catalog_path(layout, snapshot.number)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    connection = duckdb.connect(config=config)
    try:
        connection.execute(f"ATTACH '{_quoted(str(draft))}' AS catalogue (STORAGE_VERSION 'v1.0.0')")
        connection.execute("USE catalogue")
        connection.execute("BEGIN")  # 500 comments, one write
        for name, table in tables().items():
            files = listed(paths(layout, snapshot, name))
            connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM {files}')
            connection.execute(f"COMMENT ON VIEW \"{name}\" IS '{_quoted(table.description)}'")
            for column in table.columns:
                if column.description:
                    said = _quoted(column.description)
                    connection.execute(f'COMMENT ON COLUMN "{name}"."{column.name}" IS \'{said}\'')
        for name, (query, french) in views().items():
            connection.execute(f'CREATE VIEW "{name}" AS {query}')
            connection.execute(f"COMMENT ON VIEW \"{name}\" IS '{_quoted(french)}'")
        connection.execute("COMMIT")
        connection.execute("USE memory")
        connection.execute("DETACH catalogue")
    finally:
        connection.close()
    sync_file(draft)
    draft.rename(target)
    sync_folder(target.parent)
    return target


def paths(layout: Layout, snapshot: Manifest, table: str) -> list[Path]:
    """The files of a table, as its view names them."""
    folder = (layout.data / table).resolve()
    return [folder / entry["name"] for entry in snapshot.files[table]]


def is_here(layout: Layout, catalogue: Any) -> bool:
    """Whether an open catalogue speaks of the files of this very warehouse, and not of one it was copied from."""
    query = "SELECT sql FROM duckdb_views() WHERE NOT internal AND view_name = 'person'"
    row = catalogue.execute(query).fetchone()
    return row is None or f"'{_quoted(str((layout.data / 'person').resolve()))}/" in row[0]


def rebuild(layout: Layout) -> None:
    """Write the catalogues of every snapshot kept again: after the warehouse was moved to another place."""
    for number in numbers(layout):
        write_catalog(layout, load(layout, number))


def open_catalog(path: Path) -> Any:
    """A read-only connection to a catalogue; the same settings everywhere, since a process opens a file but once."""
    import duckdb

    config: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,  # a name in a question is a table, never a variable of ours
    }
    return duckdb.connect(str(path), read_only=True, config=config)


def _moved(layout: Layout, snapshot: Manifest) -> bool:
    with open_catalog(catalog_path(layout, snapshot.number)) as catalogue:
        return not is_here(layout, catalogue)


def point(layout: Layout, snapshot: Manifest) -> None:
    """Make the one link show a snapshot's catalogue: atomic, relative."""
    wanted = f"catalog/{catalog_path(layout, snapshot.number).name}"
    if layout.link.is_symlink() and str(layout.link.readlink()) == wanted:
        return
    draft = layout.warehouse / f".limpide.duckdb.{os.getpid()}"
    draft.unlink(missing_ok=True)
    draft.symlink_to(wanted)
    draft.rename(layout.link)
    sync_folder(layout.warehouse)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
