"""A pool of worker processes that one bad document cannot bring down.

Belongs here: feeding workers, watching deadlines, memory and deaths, replacing the dead. Does not belong here: what the
work is (a `Work` class given by the caller), retries of transient faults (they are raised).

A worker that dies, hangs or asks for too much memory costs exactly the document it was on: READER_CRASHED, TOO_SLOW or
TOO_MUCH_MEMORY. The other documents of its batch go to another worker. Workers keep no state between batches, write
nothing, and end by themselves when their parent is gone.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from limpide.errors import LIMITS, Limits, Reason, Refused
from limpide.runtime import heartbeat
from limpide.runtime.confinement import deny_network, secrets_put_away, without_secrets

BATCH = 16  # documents: small enough for latency, large enough to hide the pipe
_AHEAD = 2  # batches a worker holds, so that it never waits for the parent
_STARTS = 3  # deaths in a row before the first document: the work itself cannot start
# The system libraries of macOS may not survive a fork: there each worker loads what it needs.
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
_POLL = 0.25  # seconds between two looks at the deadlines


class Work(Protocol):
    """What a worker does. Built once in each worker, by the factory."""

    def take(self, item: Any) -> None:
        """Treat one document and keep its result. Raises `Refused` for a permanent failure of that document."""
        ...

    def hand_over(self) -> Any:
        """Everything kept since the last time; picklable."""
        ...


@dataclass(frozen=True, slots=True)
class Lost:
    """A document that could not be treated, and why."""

    item: Any
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a batch gave: the results handed over, and the documents refused. `size` counts both."""

    size: int
    results: Any
    lost: list[Lost]


class WorkerFault(Exception):
    """The work failed for a reason that is not a document's: storage, the machine, a defect. May be retried."""


def run(
    factory: Callable[[], Work],
    items: Iterable[Any],
    *,
    workers: int,
    limits: Limits = LIMITS,
    batch: int = BATCH,
    warm: Sequence[str] = (),
) -> Iterator[Done]:
    """Treat every item once, in any order. `workers=0` works in this process, unguarded (tests, debugging).

    `factory` and items must be picklable. `warm`: modules whose import loads what every worker needs; it is paid once
    a program, not once a worker. Raises WorkerFault.
    """
    if workers == 0:
        yield from _inline(factory, items, batch)
    else:
        yield from _Pool(factory, workers, limits, batch, warm).treat(items)


def prepare(warm: Sequence[str]) -> None:
    """Start the fork server while this program does something else. Returns at once."""
    if _METHOD == "forkserver":
        forkserver.set_forkserver_preload(list(warm))
        with secrets_put_away():
            forkserver.ensure_running()


def _inline(factory: Callable[[], Work], items: Iterable[Any], batch: int) -> Iterator[Done]:
    work = factory()
    for group in _grouped(items, batch):
        lost = [failure for item in group if (failure := _attempt(work, item))]
        yield Done(len(group), work.hand_over(), lost)


def _grouped(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    group: list[Any] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _attempt(work: Work, item: Any) -> Lost | None:
    try:
        work.take(item)
    except Refused as refusal:
        return Lost(item, refusal.reason, refusal.detail)
    except MemoryError:
        return Lost(item, Reason.TOO_MUCH_MEMORY, "memory bound reached")
    return None


# In the worker


def _serve(pipe: Connection, cell: Any, factory: Callable[[], Work], memory: int, environment: dict[str, str]) -> None:
    """The life of a worker. `cell` is (rank of the document in its batch or -1, when it began)."""
    os.environ.clear()  # the fork server's is older: what was configured since must hold
    os.environ.update(environment)
    deny_network()
    spare_addresses()
    die_with_the_program()
    try:
        work = factory()
        gc.collect()
        gc.freeze()  # an engine's dictionaries are for life: the collector need not walk them
        _bound(memory)
        pipe.send(None)
        heartbeat.listen(lambda: cell.__setitem__(1, time.monotonic()))
        while (group := pipe.recv()) is not None:
            lost = []
            for rank, item in enumerate(group):
                cell[1] = time.monotonic()
                cell[0] = rank
                failure = _attempt(work, item)
                cell[0] = -1
                if failure:
                    lost.append(failure)
            pipe.send(Done(len(group), work.hand_over(), lost))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)  # the parent is gone: nobody to work for
    except BaseException as fault:
        # The message names the kind of fault only: its text may quote a document.
        pipe.send(WorkerFault(f"{type(fault).__module__}.{type(fault).__name__}"))
        raise


def spare_addresses() -> None:
    """Keep Arrow's own allocator out: it reserves 1 GB of addresses at its first array, which the bound would count.

    Arrow may be loaded already (the fork server's), or come along with spaCy when a document first asks for it.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.set_memory_pool(arrow.system_memory_pool())


def _bound(memory: int) -> None:
    """Memory past what the engine took: `memory` bytes. Only Linux keeps RLIMIT_AS."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        bound = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (bound, resource.RLIM_INFINITY))


def die_with_the_program() -> None:
    """End this process when the program that asked for it has: a load killed with SIGKILL leaves nobody behind.

    The fork server is no witness: it lives as long as any of its children. Ctrl-C is the program's to hear. It ends its
    processes by SIGTERM, and waits for that: were it ignored, as what some shells start inherits, for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    program = multiprocessing.parent_process()
    assert program is not None

    def watch() -> None:
        program.join()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


# In the parent


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    cell: Any
    ready: bool = False
    batches: deque[list[Any]] = field(default_factory=deque)


class _Pool:
    def __init__(
        self, factory: Callable[[], Work], workers: int, limits: Limits, batch: int, warm: Sequence[str]
    ) -> None:
        self._factory, self._limits, self._batch = factory, limits, batch
        # Forked from a server of their own, never from this process: a fork of a process with threads (DuckDB, Arrow,
        # Dagster) may inherit a held lock. The server imports `warm` once; workers, and those that replace the dead,
        # share its memory and start at once.
        self._context: Any = multiprocessing.get_context(_METHOD)
        forkserver.set_forkserver_preload(list(warm))
        self._count = workers
        self._workers: list[_Worker] = []
        self._again: deque[list[Any]] = deque()
        self._failed_starts = 0

    def treat(self, items: Iterable[Any]) -> Iterator[Done]:
        groups = _grouped(items, self._batch)
        try:
            waiting = next(groups, None)
            while waiting is not None or self._again or any(w.batches for w in self._workers):
                if waiting is not None and len(self._workers) < self._count:
                    self._workers.append(self._hire())
                for worker in self._workers:
                    while len(worker.batches) < _AHEAD and (self._again or waiting is not None):
                        if self._again:
                            group = self._again.popleft()
                        else:
                            assert waiting is not None
                            group, waiting = waiting, next(groups, None)
                        self._send(worker, group)
                yield from self._listen()
        finally:
            self._dismiss()

    def _hire(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        cell = self._context.RawArray("d", [-1.0, 0.0])
        process = self._context.Process(
            target=_serve,
            args=(theirs, cell, self._factory, self._limits.memory_bytes, without_secrets()),
            daemon=True,
        )
        with secrets_put_away():  # the fork server starts with the first of them
            process.start()
        theirs.close()
        return _Worker(process, ours, cell)

    @staticmethod
    def _send(worker: _Worker, group: list[Any]) -> None:
        worker.batches.append(group)
        with contextlib.suppress(OSError):  # it is dead: _listen will see it and give the batch to another
            worker.pipe.send(group)

    def _listen(self) -> Iterator[Done]:
        wait([w.pipe for w in self._workers] + [w.process.sentinel for w in self._workers], timeout=_POLL)
        for worker in list(self._workers):
            yield from self._hear(worker)
            if not worker.process.is_alive():
                yield from self._hear(worker)
                yield from self._bury(worker, Reason.READER_CRASHED)
            elif worker.cell[0] >= 0 and time.monotonic() - worker.cell[1] > self._limits.seconds:
                rank = worker.cell[0]
                worker.process.kill()
                worker.process.join()
                yield from self._hear(worker)
                yield from self._bury(worker, Reason.TOO_SLOW if worker.cell[0] == rank else Reason.READER_CRASHED)

    def _hear(self, worker: _Worker) -> Iterator[Done]:
        try:
            while worker.pipe.poll():
                heard = worker.pipe.recv()
                if isinstance(heard, WorkerFault):
                    raise heard
                if heard is None:
                    worker.ready = True
                    self._failed_starts = 0
                else:
                    worker.batches.popleft()
                    yield heard
        except (EOFError, ConnectionResetError):
            worker.process.join(timeout=5.0)

    def _bury(self, worker: _Worker, reason: Reason) -> Iterator[Done]:
        """Account for the document a worker died on, hand its others to somebody else, replace it."""
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise WorkerFault(f"workers die at start (exit code {worker.process.exitcode})")
        rank = int(worker.cell[0])
        if worker.batches and rank >= 0:
            group = worker.batches.popleft()
            code = worker.process.exitcode
            detail = f"over {self._limits.seconds:g} s" if reason is Reason.TOO_SLOW else f"worker ended with {code}"
            rest = [group[:rank], group[rank + 1 :]]
            yield Done(1, None, [Lost(group[rank], reason, detail)])
            self._again.extend(part for part in rest if part)
        self._again.extend(worker.batches)
        worker.batches.clear()
        worker.pipe.close()
        self._workers[self._workers.index(worker)] = self._hire()

    def _dismiss(self) -> None:
        for worker in self._workers:
            try:
                worker.pipe.send(None)
            except OSError:
                continue
        for worker in self._workers:
            worker.pipe.close()
            worker.process.join(timeout=0.2)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()
