"""A progress bar for whoever runs a night by hand, and silence elsewhere.

Belongs here: one bar a step, on the standard error. Does not belong here: anything a machine reads.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_shown: ContextVar[bool] = ContextVar("progress_shown", default=False)


@contextmanager
def progress_shown() -> Iterator[None]:
    """Within this block, `tracked` draws its bar: the command line asks for it, the daemon does not."""
    token = _shown.set(True)
    try:
        yield
    finally:
        _shown.reset(token)


@contextmanager
def tracked(label: str, unit: str = "doc") -> Iterator[Callable[[int, int], None]]:
    """A callable `advance(done, total)`, both counted in `unit`, that moves the bar named `label`."""
    from tqdm import tqdm

    # Off a terminal a bar is a line every ten seconds, not a line every tenth of a second.
    pace = 0.1 if sys.stderr.isatty() else 10.0
    with tqdm(desc=f"{label:<32}", unit=unit, disable=not _shown.get(), mininterval=pace, file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield advance
