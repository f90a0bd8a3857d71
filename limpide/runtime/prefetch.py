"""Results made ahead of whoever uses them, in a thread of their own.

Belongs here: the thread, its bound, its faults given to the user, its end. Does not belong here: what is made.

Made for work that other processes do (workers.py): while this program is busy with the results of one source, the
workers read the next, and somebody must feed them, hear them and watch their deadlines.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_DEPTH = 64  # results that may wait
_LOOK = 0.2  # seconds between two looks at whether anybody still waits for them


class Ahead(Generic[T]):
    """What a generator gives, in its order. It starts at once; iterate once, then `close`, in any case."""

    def __init__(self, results: Generator[T, None, None]) -> None:
        self._queue: Queue[tuple[T] | BaseException | None] = Queue(_DEPTH)
        self._left = Event()
        self._thread = Thread(target=self._make, args=(results,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Results as they come. Raises what making them raised."""
        while (given := self._queue.get()) is not None:
            if isinstance(given, BaseException):
                raise given
            yield given[0]

    def close(self) -> None:
        """Stop at the next result, and wait until all that the generator holds is let go."""
        self._left.set()
        self._thread.join()

    def _make(self, results: Generator[T, None, None]) -> None:
        end: BaseException | None = None
        try:
            for one in results:
                if not self._put((one,)):
                    break
        except BaseException as fault:
            end = fault
        finally:
            results.close()
        self._put(end)

    def _put(self, given: tuple[T] | BaseException | None) -> bool:
        while not self._left.is_set():
            try:
                self._queue.put(given, timeout=_LOOK)
                return True
            except Full:
                continue
        return False
