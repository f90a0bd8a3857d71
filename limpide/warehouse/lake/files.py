"""Durable files: a name either holds the whole content or does not exist.

Belongs here: write beside, sync, rename; hashing of files. Does not belong here: what is written.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from limpide.warehouse.layout import Damaged


def read_json(path: Path) -> Any:
    """What `write_json` wrote. Raises FileNotFoundError, `Damaged`."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        raise Damaged("/".join(path.parts[-2:])) from None


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def canonical(value: Any) -> bytes:
    """JSON with one spelling only: what hashes are computed on."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def write_json(path: Path, value: Any) -> None:
    """Atomically write readable JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as out:
        out.write(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode())
        out.flush()
        os.fsync(out.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def sweep_drafts(*folders: Path) -> None:
    """Remove the drafts `.<name>.<pid>` of writers that are gone: a kill between writing and renaming leaves one."""
    for folder in folders:
        for draft in folder.glob(".*.*"):
            writer = draft.name.rpartition(".")[2]
            if writer.isdigit() and not _alive(int(writer)):
                draft.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sha256_of(path: Path) -> str:
    """The sha256 of a file, read in pieces."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
