"""Where everything lies: the folders of one warehouse and of its vault.

Belongs here: paths, and the lock that keeps two loads apart. Does not belong here: what the files hold.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class Busy(Exception):
    """Another load holds the warehouse. Transient: wait and try again."""


def keep_from_others() -> None:
    """What this process writes from now on is its owner's and its group's, nobody else's."""
    os.umask(os.umask(0o077) | 0o027)


class Damaged(Exception):
    """A file of the warehouse is there and cannot be read as what it is. `name`: which, below the warehouse."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is damaged or cut short")
        self.name = name


@dataclass(frozen=True, slots=True)
class Layout:
    """One warehouse (pseudonymous, shared) and its vault (identities, owner only)."""

    warehouse: Path
    vault: Path

    @property
    def ledger_path(self) -> Path:
        """The life of every document (SQLite)."""
        return self.warehouse / "ledger.sqlite"

    @property
    def lake(self) -> Path:
        """lake/<night>/<source>/<table>.parquet: rows of all documents structured, current or not."""
        return self.warehouse / "lake"

    @property
    def data(self) -> Path:
        """data/<table>/<sha256>.parquet: immutable published files."""
        return self.warehouse / "data"

    @property
    def snapshots(self) -> Path:
        """snapshots/<n>.json: what each publication is made of."""
        return self.warehouse / "snapshots"

    @property
    def candidates(self) -> Path:
        """candidates/<sha256>.json: what could be published, once validated."""
        return self.warehouse / "candidates"

    @property
    def catalog(self) -> Path:
        """catalog/limpide-<n>.duckdb: views over the files of snapshot n."""
        return self.warehouse / "catalog"

    @property
    def receipts(self) -> Path:
        """receipts/<candidate sha256>.json: what the checks said of that very data."""
        return self.warehouse / "receipts"

    @property
    def docs(self) -> Path:
        """Data Docs."""
        return self.warehouse / "docs"

    @property
    def vocabulary(self) -> Path:
        """vocabulary/<fingerprint>: the user's vocabulary, typed and indexed."""
        return self.warehouse / "vocabulary"

    @property
    def work(self) -> Path:
        """Scratch space on the same file system, emptied at the start of each step."""
        return self.warehouse / ".work"

    @property
    def link(self) -> Path:
        """The one link analysts open: the current catalogue."""
        return self.warehouse / "limpide.duckdb"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the warehouse for one writing step; the lock dies with the process. Raises `Busy`."""
        self.warehouse.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.warehouse / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as held:
                raise Busy(f"another load is writing to {self.warehouse}") from held
            yield
        finally:
            os.close(handle)
