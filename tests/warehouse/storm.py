"""Loads nights in forked children that kill themselves with SIGKILL at a chosen step, then start again.

A step is a change to the disk that Python sees: a file opened for writing, renamed, linked, removed, a folder made, an
SQLite statement. Run as a process of its own: it imports everything once and forks, so that a kill costs no import.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb  # noqa: F401  imported before the fork; no connection is opened here
import pyarrow.parquet  # noqa: F401

from limpide.semantics.engine import load_engine
from limpide.warehouse.layout import Layout
from tests.warehouse.loading import load

_CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.symlink"}


def count(deadly: int, told: int | None) -> None:
    """Count steps from here on; die before step `deadly`; write the count into the pipe `told` at the end."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def seen(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        ):
            step()

    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(lambda _: step())
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]
    sys.addaudithook(seen)
    if told is not None:
        import atexit

        atexit.register(lambda: os.write(told, str(steps).encode()))


def attempt(root: Path, deadly: int) -> tuple[bool, int]:
    """Load every night; (whether it was killed, steps it took when it was not)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        count(deadly, writing)
        for folder in sorted((root / "landing").iterdir()):
            load(Layout(root / "warehouse", root / "vault"), folder, date.fromisoformat(folder.name))
        sys.exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as said:
        steps = int(said.read() or 0)
    if os.WIFSIGNALED(status):
        return True, 0
    if status != 0:
        raise SystemExit(f"a load failed after a kill: status {status}")
    return False, steps


def storm(root: Path, wanted: int, total: int, random: Random) -> dict[str, Any]:
    """Kill `wanted` loads at steps drawn among `total`, then load in peace."""
    kills: list[int] = []
    while len(kills) < wanted:
        at = random.randint(1, max(total, 1))
        if attempt(root, at)[0]:
            kills.append(at)
        else:
            total = at - 1  # what is left to do takes fewer steps than that
    return {"kills": kills, "steps": attempt(root, 0)[1]}


if __name__ == "__main__":
    calm, *stormy = (Path(argument) for argument in sys.argv[2:])
    load_engine()
    said = [storm(calm, 0, 0, Random(0))]
    for seed, place in enumerate(stormy):
        shutil.copytree(calm / "key", place / "vault")
        said.append(storm(place, int(sys.argv[1]), said[0]["steps"], Random(seed)))
    print(json.dumps(said))
