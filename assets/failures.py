"""What becomes of an exception inside a step: asked again when transient, told without its message otherwise.

Belongs here: the border between the engine and Dagster's event log. Does not belong here: refused documents; those are
`Refused` inside the engine, counted in quarantine, and never reach Dagster.

An exception's message may quote a file name or a document, and the event log keeps it for ever: only the type and the
lines of code it went through are told, or the sentence of ours that says what to do (limpide/reports/faults.py).
"""

import errno
import sqlite3
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import dagster as dg

TRANSIENT_ERRNO = {
    errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ESTALE,
    errno.ETIMEDOUT, errno.ETXTBSY,
}  # fmt: skip
RETRIES = 3
SECONDS_BETWEEN = 20


def transient(fault: BaseException) -> bool:
    """Whether trying the same thing again may succeed with nobody doing anything."""
    from limpide.reports.faults import disk_full
    from limpide.runtime.workers import WorkerFault
    from limpide.warehouse.layout import Busy

    if disk_full(fault):
        return False
    if isinstance(fault, Busy | WorkerFault | BrokenProcessPool | TimeoutError):
        return True
    if isinstance(fault, sqlite3.OperationalError):
        return "locked" in str(fault) or "busy" in str(fault)
    return isinstance(fault, OSError) and fault.errno in TRANSIENT_ERRNO


def told(fault: BaseException) -> str:
    """The fault without any value: what to do of it, or its type and where it went, innermost last."""
    from limpide.reports.faults import sentence

    return sentence(fault)


@contextmanager
def bounded_faults() -> Iterator[None]:
    """Run a step's body: transient faults are retried, the others fail the step at once, both without values."""
    try:
        yield
    except (dg.Failure, dg.RetryRequested, dg.DagsterError, GeneratorExit):
        raise
    except Exception as fault:
        if transient(fault):
            # Raised from the sentence, and not from the fault: what is told when the last retry failed.
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=SECONDS_BETWEEN) from dg.Failure(told(fault))
        raise dg.Failure(description=told(fault), allow_retries=False) from None
