"""One bad document costs one document."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from limpide.errors import LIMITS, Reason, Refused
from limpide.runtime import heartbeat
from limpide.runtime.workers import Done, Lost, WorkerFault, run

LIMIT = replace(LIMITS, seconds=1.0, memory_bytes=400 * 1024 * 1024)


class Misbehaving:
    """Doubles numbers; misbehaves when asked to."""

    def __init__(self, start: str = "") -> None:
        if start == "die":
            os._exit(3)
        if start == "raise":
            raise OSError("the vault is away")
        self.kept: list[int] = []

    def take(self, item: Any) -> None:
        match item:
            case "hang":
                time.sleep(60)
            case "die":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "swell":
                bytearray(2 * 1024**3)
            case "arrow":
                importlib.import_module("pyarrow").array([1])
            case "much":
                self.kept.append(len(bytearray(700 * 1024**2)) and -2)
            case "refuse":
                raise Refused(Reason.MALFORMED, "not a number")
            case "slow and alive":
                for _ in range(8):
                    time.sleep(0.25)
                    heartbeat.beat()
                self.kept.append(-1)
            case "storage":
                raise OSError("the disk is gone")
            case _:
                self.kept.append(item * 2)

    def hand_over(self) -> list[int]:
        kept, self.kept = self.kept, []
        return kept


def outcome(items: list[Any], workers: int = 2, batch: int = 4) -> tuple[list[int], list[tuple[Any, str]]]:
    results: list[int] = []
    lost: list[Lost] = []
    size = 0
    for done in run(Misbehaving, items, workers=workers, limits=LIMIT, batch=batch):
        assert isinstance(done, Done)
        results += done.results or []
        lost += done.lost
        size += done.size
    assert size == len(items)
    return sorted(results), sorted((one.item, str(one.reason)) for one in lost)


def test_every_item_is_treated_once() -> None:
    assert outcome(list(range(50))) == ([2 * i for i in range(50)], [])


def test_slow_work_that_gives_signs_of_life_is_left_alone() -> None:
    assert outcome(["slow and alive", 1]) == ([-1, 2], [])


def test_a_death_a_hang_and_a_refusal_cost_one_document_each() -> None:
    items = [*range(6), "die", *range(6, 9), "hang", "refuse", *range(9, 12)]
    assert outcome(items) == (
        [2 * i for i in range(12)],
        [("die", "reader_crashed"), ("hang", "too_slow"), ("refuse", "malformed")],
    )


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux keeps RLIMIT_AS")
def test_a_document_that_asks_for_too_much_memory_is_refused_and_the_worker_goes_on() -> None:
    assert outcome([1, "swell", 2], workers=1) == ([2, 4], [("swell", "too_much_memory")])


def test_a_library_that_a_document_loads_leaves_room_for_the_next() -> None:
    limits = replace(LIMITS, seconds=30.0)
    (done,) = run(Misbehaving, ["arrow", "much"], workers=1, limits=limits)
    assert (done.results, done.lost) == ([-2], [])


def test_nothing_but_bad_documents_is_accounted_for_too() -> None:
    assert outcome(["die"] * 5, workers=2, batch=2) == ([], [("die", "reader_crashed")] * 5)


def test_a_fault_of_storage_is_raised_and_quotes_nothing() -> None:
    with pytest.raises(WorkerFault, match=r"^builtins\.OSError$"):
        outcome([1, "storage", 2])


def test_workers_that_cannot_start_are_a_fault_not_a_quarantine() -> None:
    with pytest.raises(WorkerFault, match="workers die at start"):
        list(run(partial(Misbehaving, "die"), [1, 2, 3], workers=1, limits=LIMIT))
    with pytest.raises(WorkerFault, match=r"builtins\.OSError"):
        list(run(partial(Misbehaving, "raise"), [1], workers=1, limits=LIMIT))


def test_without_workers_the_same_work_is_done_here() -> None:
    assert outcome([1, "refuse", 3], workers=0) == ([2, 6], [("refuse", "malformed")])


def test_no_items_start_no_worker() -> None:
    assert list(run(partial(Misbehaving, "die"), [], workers=2)) == []


class Telling:
    """Gives what the worker sees of its environment, and its own number."""

    def take(self, item: Any) -> None:
        if item == "linger":
            Path(os.environ["LIMPIDE_TEST"]).write_text(str(os.getpid()), "ascii")
            time.sleep(600)

    def hand_over(self) -> str:
        return os.environ.get("LIMPIDE_TEST", "")


def test_workers_see_what_was_configured_after_the_fork_server_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ("first", "second"):
        monkeypatch.setenv("LIMPIDE_TEST", setting)
        assert [done.results for done in run(Telling, [1], workers=1)] == [setting]


def test_a_program_killed_at_work_leaves_no_worker_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "worker"
    monkeypatch.setenv("LIMPIDE_TEST", str(told))
    program = subprocess.Popen(
        [sys.executable, "-c", "from tests.runtime.test_workers import *; list(run(Telling, ['linger'], workers=1))"],
        cwd=Path(__file__).parents[2],
    )
    until(lambda: told.exists() and told.read_text("ascii").isdigit())
    program.kill()
    program.wait()
    until(lambda: not running(int(told.read_text("ascii"))))


def until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
