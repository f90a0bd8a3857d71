"""Snapshots on disk: which one serves, what it is made of, and putting things right after a kill.

Belongs here: reading manifests, the catalogue of views, the link, recovery. Does not belong here:
the gate (publication.py).

The commit point of a publication is the rename of snapshots/<n>.json. All else (catalogue, link, statuses of the
ledger) follows from it and is made again by `recover` when a kill came between.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limpide.omop.schema import tables
from limpide.warehouse.currency import settle_pending
from limpide.warehouse.files import sweep_drafts, sync_file, sync_folder
from limpide.warehouse.house import House
from limpide.warehouse.ledger import Ledger
from limpide.warehouse.parquet import listed

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


def numbers(house: House) -> list[int]:
    """Snapshots there are, oldest first."""
    if not house.snapshots.is_dir():
        return []
    return sorted(int(p.stem) for p in house.snapshots.glob("*.json") if p.stem.isdigit())


def load(house: House, number: int) -> Manifest:
    """One snapshot. Raises FileNotFoundError."""
    path = house.snapshots / f"{number}.json"
    said = json.loads(path.read_text("utf-8"))
    content = said["content"]
    return Manifest(
        number, said["night"], said["candidate"], content["tables"], said["partitions"], content["described"], path
    )


def current(house: House) -> Manifest | None:
    """The last snapshot committed, None before the first."""
    found = numbers(house)
    return load(house, found[-1]) if found else None


def catalog_path(house: House, number: int) -> Path:
    """The catalogue of a snapshot."""
    return house.catalog / f"limpide-{number}.duckdb"


def recover(house: House, ledger: Ledger) -> None:
    """Finish what a killed publication began: catalogue, link, statuses. Does nothing when nothing is missing."""
    sweep_drafts(house.warehouse, house.candidates, house.receipts, house.snapshots, house.catalog)
    last = current(house)
    if last is None:
        return
    if not catalog_path(house, last.number).exists():
        write_catalog(house, last)
    point(house, last)
    if int(ledger.get("snapshot") or 0) < last.number:
        settle_pending(ledger, last.candidate, last.number)


def write_catalog(house: House, snapshot: Manifest) -> Path:
    """Views over the snapshot's files, with comments in French, in a DuckDB file that older clients open.

    Paths are absolute: a view over relative ones depends on where its reader stands. A warehouse that was moved gets
    its catalogue again by `rebuild`. STORAGE_VERSION v1.0.0: a DuckDB 1.x client cannot open a default 2.0 file.
    """
    import duckdb

    target = catalog_path(house, snapshot.number)
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
            folder = (house.data / name).resolve()
            paths = [folder / entry["name"] for entry in snapshot.files[name]]
            connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM {listed(paths)}')
            connection.execute(f"COMMENT ON VIEW \"{name}\" IS '{_quoted(table.description)}'")
            for column in table.columns:
                if column.description:
                    said = _quoted(column.description)
                    connection.execute(f'COMMENT ON COLUMN "{name}"."{column.name}" IS \'{said}\'')
        connection.execute("COMMIT")
        connection.execute("USE memory")
        connection.execute("DETACH catalogue")
    finally:
        connection.close()
    sync_file(draft)
    draft.rename(target)
    sync_folder(target.parent)
    return target


def rebuild(house: House) -> None:
    """Write the catalogues of every snapshot kept again: after the warehouse was moved to another place."""
    for number in numbers(house):
        write_catalog(house, load(house, number))


def point(house: House, snapshot: Manifest) -> None:
    """Make the one link show a snapshot's catalogue: atomic, relative."""
    wanted = f"catalog/{catalog_path(house, snapshot.number).name}"
    if house.link.is_symlink() and str(house.link.readlink()) == wanted:
        return
    draft = house.warehouse / f".limpide.duckdb.{os.getpid()}"
    draft.unlink(missing_ok=True)
    draft.symlink_to(wanted)
    draft.rename(house.link)
    sync_folder(house.warehouse)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
