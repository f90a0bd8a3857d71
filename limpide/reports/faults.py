"""What an operator reads of a fault: what happened, what follows from it, what to type. French, one or two sentences.

Belongs here: choosing the sentence of every fault that has a known remedy; their wording is in faults.tsv.
Does not belong here: whether it is asked again (assets/failures.py), values: a message that may quote a document or a
file of the landing folder is never shown.
"""

from __future__ import annotations

import csv
import errno
import re
import sqlite3
import traceback
from functools import cache
from pathlib import Path

SENTENCES = Path(__file__).with_name("faults.tsv")


def sentence(fault: BaseException) -> str:
    """The fault in words an operator can act on; its kind and place where no remedy is known. Never a value."""
    if known := _known(fault):
        return known
    return _said("unforeseen", place(fault))


def place(fault: BaseException) -> str:
    """The fault without any value: its type, and where it went, innermost last."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    way = " > ".join(f"{frame.filename.rsplit('/', 2)[-2]}/{frame.name}:{frame.lineno}" for frame in frames)
    return f"{type(fault).__name__} at {way}"


def disk_full(fault: BaseException) -> bool:
    """Whether the disk, or a quota, is what was lacking; however the library said it."""
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(fault)
    return "No space left on device" in text or "database or disk is full" in text or "Disk quota exceeded" in text


@cache
def _sentences(about: str) -> dict[str, str]:
    """What faults are said to be: `kind` by our name for it, `vault` and `publication` by how their message begins."""
    with SENTENCES.open(encoding="utf-8", newline="") as lines:
        return {row["what"]: row["sentence"] for row in csv.DictReader(lines, delimiter="\t") if row["about"] == about}


def _said(kind: str, *values: str) -> str:
    return _sentences("kind")[kind].format(*values)


def _known(fault: BaseException) -> str | None:
    from limpide.identity.vault.keys import VaultError
    from limpide.runtime.workers import WorkerFault
    from limpide.warehouse.layout import Busy, Damaged
    from limpide.warehouse.pairing import NotTheSameHouse
    from limpide.warehouse.snapshots.publication import NotValidated

    if disk_full(fault):
        return _said("full")
    if isinstance(fault, NotTheSameHouse):
        return str(fault)
    if isinstance(fault, Busy):
        return _said("busy")
    if isinstance(fault, VaultError):
        return _translated("vault", str(fault)) or _said("vault_other", str(fault))
    if isinstance(fault, NotValidated):
        return _said(
            "not_published", "; ".join(_translated("publication", one) or one for one in str(fault).split("; "))
        )
    if isinstance(fault, Damaged):
        return _said("damaged", fault.name)
    if isinstance(fault, WorkerFault):
        kind = {"VaultError": "worker_vault", "KeyError": "worker_original"}.get(
            str(fault).rpartition(".")[2], "worker"
        )
        return _said(kind, str(fault))
    return _by_library(fault)


def _by_library(fault: BaseException) -> str | None:
    """Faults of SQLite, the system, DuckDB, Arrow and of the choice of an engine."""
    if isinstance(fault, sqlite3.DatabaseError) and any(word in str(fault) for word in ("malformed", "not a database")):
        return _said("database")
    if isinstance(fault, PermissionError):
        return _said("rights")
    if isinstance(fault, OSError) and fault.errno == errno.EROFS:
        return _said("read_only")
    library = type(fault).__module__.partition(".")[0]
    if library in ("duckdb", "_duckdb", "pyarrow") and re.search(
        "parquet|thrift|snappy|zstd", str(fault), re.IGNORECASE
    ):
        return _said("damaged_table")
    if isinstance(fault, KeyError) and "engine" in place(fault):
        from limpide.semantics.engine import ENGINES

        return _said("engine", ", ".join(sorted(ENGINES)))
    return None


def _translated(about: str, message: str) -> str | None:
    for beginning, french in _sentences(about).items():
        if message.startswith(beginning):
            named = message.partition(": ")[2] if about == "publication" else ""
            return f"{french} ({named})" if named else french
    return None
