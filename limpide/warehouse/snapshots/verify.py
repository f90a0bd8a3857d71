"""Whether every byte is as it was written: published files, lake, manifests, catalogue, ledger, originals.

Belongs here: hashing again and naming what differs. Does not belong here: mending it, which stores belong together
(pairing.py).

All of it on demand (`limpide verify`); a share at each publication, another each night, so that a changed byte is found
within a month and is not published again. A small house is hashed whole each time.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.warehouse.lake.files import canonical, sha256_of
from limpide.warehouse.layout import Damaged, Layout
from limpide.warehouse.ledger.ledger import existing
from limpide.warehouse.snapshots import manifest

NIGHTS = 30  # after which everything was hashed once
SMALL = 256 * 1024 * 1024  # bytes: less is hashed whole each night
_FROM_BACKUP = "le remettre depuis la sauvegarde"

Progress = Callable[[int, int], None]  # (done, total) files


@dataclass(frozen=True, slots=True)
class Fault:
    """One file that is not as it was written. `what`: altered, missing or foreign; `remedy`: in French."""

    name: str
    what: str
    remedy: str = _FROM_BACKUP


def verify(layout: Layout, *, originals: bool = True, progress: Progress | None = None) -> list[Fault]:
    """Everything. Raises VaultError when originals are asked for and the vault cannot be opened."""
    found = list(_manifests(layout))
    expected = {**_published(layout), **_lake(layout)}
    found += _hashed(layout, expected.items(), progress)
    found += _foreign(layout, expected)
    found += _catalogues(layout)
    found += _ledger(layout)
    if originals:
        found += _originals(layout)
    return found


def share(layout: Layout, night: date) -> None:
    """The share of a night: published files and lake. Raises `Damaged`, naming the first file that differs."""
    expected = {**_published(layout), **_lake(layout)}
    sizes = {path: path.stat().st_size if path.exists() else 0 for path in expected}
    mine = {
        path: digest
        for path, digest in expected.items()
        if sum(sizes.values()) <= SMALL or int(digest[:8], 16) % NIGHTS == night.toordinal() % NIGHTS
    }
    for fault in _hashed(layout, mine.items(), None):
        raise Damaged(fault.name)


def _published(layout: Layout) -> dict[Path, str]:
    """Files of the snapshots kept, with the hash that each should have."""
    out = {}
    for number in manifest.numbers(layout):
        try:
            snapshot = manifest.load(layout, number)
        except (Damaged, KeyError):
            continue  # told by _manifests
        for table, entries in snapshot.files.items():
            out.update({layout.data / table / entry["name"]: entry["sha256"] for entry in entries})
    return out


def _lake(layout: Layout) -> dict[Path, str]:
    out = {}
    for said in sorted(layout.lake.glob("*/*/partition.json")):
        try:
            told = json.loads(said.read_bytes())
            out.update({said.parent / f"{table}.parquet": digest for table, (digest, _) in told["files"].items()})
        except (ValueError, KeyError):
            out[said] = ""
    return out


def _hashed(layout: Layout, expected: Iterable[tuple[Path, str]], progress: Progress | None) -> Iterator[Fault]:
    """Faults of files. A file of the lake and the published one are often the same: it is read once."""
    files = list(expected)
    known: dict[tuple[int, int], str] = {}
    for done, (path, digest) in enumerate(files, 1):
        if progress:
            progress(done, len(files))
        try:
            status = path.stat()
        except FileNotFoundError:
            yield Fault(_name(layout, path), "missing")
            continue
        inode = (status.st_dev, status.st_ino)
        if inode not in known:
            known[inode] = sha256_of(path)
        if known[inode] != digest:
            yield Fault(_name(layout, path), "altered")


def _foreign(layout: Layout, expected: dict[Path, str]) -> Iterator[Fault]:
    """Published files that no snapshot and no candidate names."""
    waiting = set()
    for path in layout.candidates.glob("*.json"):
        try:
            content = json.loads(path.read_bytes())["content"]["tables"]
        except (ValueError, KeyError):
            yield Fault(_name(layout, path), "altered", "le retirer : la nuit suivante le refait")
            continue
        waiting |= {layout.data / table / entry["name"] for table, entries in content.items() for entry in entries}
    for path in sorted(layout.data.glob("*/*")):
        if path not in expected and path not in waiting:
            yield Fault(
                _name(layout, path), "foreign", "le retirer s'il n'est à personne : aucun instantané ne le nomme"
            )


def _manifests(layout: Layout) -> Iterator[Fault]:
    for number in manifest.numbers(layout):
        path = layout.snapshots / f"{number}.json"
        try:
            said: Any = json.loads(path.read_bytes())
            whole = sha256(canonical(said["content"])).hexdigest() == said["candidate"]
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            yield Fault(_name(layout, path), "altered")


def _catalogues(layout: Layout) -> Iterator[Fault]:
    import duckdb

    for number in manifest.numbers(layout):
        path = manifest.catalog_path(layout, number)
        again = "le retirer : la nuit suivante le refait"
        if not path.exists():
            yield Fault(_name(layout, path), "missing", "la nuit suivante le refait")
            continue
        try:
            with duckdb.connect(str(path), read_only=True) as catalogue:
                here = manifest.is_here(layout, catalogue)
        except duckdb.Error:
            yield Fault(_name(layout, path), "altered", again)
            continue
        if not here:
            yield Fault(_name(layout, path), "altered", "il montre un autre dossier : `limpide query` le refait")


def _ledger(layout: Layout) -> Iterator[Fault]:
    try:
        with closing(existing(layout)) as db:
            whole = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    except (FileNotFoundError, Damaged, sqlite3.DatabaseError):
        whole = False
    if not whole:
        yield Fault(layout.ledger_path.name, "altered" if layout.ledger_path.exists() else "missing")


def _originals(layout: Layout) -> Iterator[Fault]:
    from limpide.identity.vault.vault import Vault, VaultError

    vault = Vault(layout.vault, create=False)
    with closing(existing(layout)) as db:
        known = {row[0] for row in db.execute("SELECT DISTINCT sha256 FROM files WHERE sha256 != ''")}
    for digest in sorted(known):
        try:
            vault.get(digest)
        except KeyError:
            yield Fault(f"vault/raw/{digest}", "missing")
        except VaultError:
            yield Fault(f"vault/raw/{digest}", "altered")
    vault.close()


def _name(layout: Layout, path: Path) -> str:
    return os.path.relpath(path, layout.warehouse)
