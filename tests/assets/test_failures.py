"""What Dagster learns of a fault: whether to try again, and nothing of any document."""

from __future__ import annotations

import errno
import sqlite3

import dagster as dg
import pytest

from assets.failures import bounded_faults
from limpide.runtime.workers import WorkerFault
from limpide.warehouse.layout import Busy
from limpide.warehouse.snapshots.publication import NotValidated

TRANSIENT = [
    Busy("another load is writing"),
    WorkerFault("died"),
    TimeoutError(),
    OSError(errno.EIO, "Input/output error", "/landing/DUPONT.pdf"),
    sqlite3.OperationalError("database is locked"),
]
PERMANENT = [
    ValueError("Mme DUPONT"),
    OSError(errno.ENOSPC, "No space left", "/landing/DUPONT.pdf"),
    sqlite3.OperationalError("no such table: DUPONT"),
    KeyError("DUPONT"),
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=repr)
def test_a_transient_fault_is_tried_again(fault):
    with pytest.raises(dg.RetryRequested) as asked, bounded_faults():
        raise fault
    assert asked.value.max_retries == 3
    assert asked.value.__suppress_context__


@pytest.mark.parametrize("fault", PERMANENT, ids=lambda fault: type(fault).__name__)
def test_a_permanent_fault_fails_at_once_and_its_message_is_not_told(fault):
    with pytest.raises(dg.Failure) as failed, bounded_faults():
        raise fault
    assert not failed.value.allow_retries
    disk = isinstance(fault, OSError)
    assert ("Le disque est plein" if disk else type(fault).__name__) in failed.value.description
    assert "test_faults.py" not in failed.value.description or "DUPONT" not in failed.value.description
    assert "DUPONT" not in failed.value.description
    assert failed.value.__suppress_context__


def test_a_refusal_of_ours_is_told_in_words():
    with pytest.raises(dg.Failure, match="aucun reçu de validation"), bounded_faults():
        raise NotValidated("there is no receipt for this data")
