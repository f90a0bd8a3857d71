"""Loads nights in forked children that kill themselves with SIGKILL at a chosen step, then start again.

A step is a change to the disk that Python sees: a file opened for writing, renamed, linked, removed, a folder made, an
SQLite statement. Run as a process of its own: it imports everything once and forks, so that a kill costs no import.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb  # noqa: F401  imported before the fork; no connection is opened here
import pyarrow.parquet  # noqa: F401
from night import load

from limpide.semantics.engine import load_engine
from limpide.warehouse.house import House

_CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.symlink"}


def _count(deadly: int, told: int | None) -> None:
    """Count steps from here on; die before step `deadly`; write the count into the pipe `told` at the end."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def seen(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES:
            step()
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            step()
        elif event == "sqlite3.connect/handle":
            arguments[0].set_trace_callback(lambda _: step())

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
        _count(deadly, writing)
        for folder in sorted((root / "landing").iterdir()):
            load(House(root / "warehouse", root / "vault"), folder, date.fromisoformat(folder.name))
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


if __name__ == "__main__":
    place, wanted, random = Path(sys.argv[1]), int(sys.argv[2]), Random(int(sys.argv[3]))
    load_engine()
    total = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    kills: list[int] = []
    while len(kills) < wanted:
        at = random.randint(1, max(total, 1))
        if attempt(place, at)[0]:
            kills.append(at)
        else:
            total = max(1, at // 2)  # what is left to do is less than that
    _, taken = attempt(place, 0)
    print(json.dumps({"kills": kills, "steps": taken}))
