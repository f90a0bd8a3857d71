"""A sign of life, for work that is slow and knows it.

Belongs here: the one call by which a long, bounded step (OCR of many pages) tells whoever guards this process that it
is not stuck. Does not belong here: bounds (errors.py), the guard itself (workers.py).

Outside a guarded worker nobody listens and the call does nothing.
"""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def listen(listener: Callable[[], None]) -> None:
    """Called by the guard's side of a worker process, once."""
    _listeners[:] = [listener]


def beat() -> None:
    """Say that this process is at work. Only a step that keeps a time bound of its own may call it."""
    for listener in _listeners:
        listener()
