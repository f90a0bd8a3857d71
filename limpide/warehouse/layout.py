"""Where everything lies: the folders of one warehouse and of its vault.

Belongs here: paths, and the lock that keeps two loads apart. Does not belong here: what the files hold.
"""

from __future__ import annotations

import fcntl
import os
import time
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


PATIENCE = 60.0  # seconds that one waits for another who holds the warehouse
_WRITING, _LOADING = 0, 1  # bytes of the lock file: who writes; who loads, from the beginning of a step to its end


@dataclass(frozen=True, slots=True)
class Hold:
    """The warehouse, held."""

    handle: int
    warehouse: Path

    @contextmanager
    def released(self) -> Iterator[None]:
        """Let others write for as long as this one only reads; it waits for them at the end, however long they take.

        Whatever was learnt of the warehouse before may have changed.
        """
        fcntl.lockf(self.handle, fcntl.LOCK_UN, 1, _WRITING)
        try:
            yield
        finally:
            fcntl.lockf(self.handle, fcntl.LOCK_EX, 1, _WRITING)

    def take(self, byte: int, patience: float) -> None:
        """Take one of the locks. Raises `Busy`."""
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.lockf(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                return
            except OSError as held:
                if time.monotonic() >= until:
                    raise Busy(f"another load is writing to {self.warehouse}") from held
            time.sleep(0.05)


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
    def reading(self) -> Path:
        """What a night has read of one source and not written yet: nobody else's, whoever writes meanwhile."""
        return self.warehouse / ".reading"

    @property
    def link(self) -> Path:
        """The one link analysts open: the current catalogue."""
        return self.warehouse / "limpide.duckdb"

    @contextmanager
    def locked(self) -> Iterator[Hold]:
        """Hold the warehouse for one step of a load; the lock dies with the process. Raises `Busy`.

        Two loads never meet: the second is busy at once. What a person asks meanwhile (`briefly`) is waited for.
        """
        with self._opened_lock() as hold:
            hold.take(_LOADING, 0.0)
            hold.take(_WRITING, PATIENCE)
            yield hold

    @contextmanager
    def briefly(self) -> Iterator[Hold]:
        """Hold the warehouse for what a person asks (a right, a decision, a question), between two writes of a load.

        A load that only reads lets it be. Raises `Busy` after a minute.
        """
        with self._opened_lock() as hold:
            hold.take(_WRITING, PATIENCE)
            yield hold

    @contextmanager
    def _opened_lock(self) -> Iterator[Hold]:
        self.warehouse.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.warehouse / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield Hold(handle, self.warehouse)
        finally:
            os.close(handle)  # which lets go of all
