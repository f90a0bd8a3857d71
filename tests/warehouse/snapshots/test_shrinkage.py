"""A candidate that takes documents away for no reason is told from one that replaces, deletes, or finds twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.document import Document
from limpide.errors import Reason, Refused
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots.candidate import build_candidate
from limpide.warehouse.snapshots.shrinkage import Loss, accept, accepted, losses, refused_last
from tests.warehouse.loading import load, prepare
from tests.warehouse.sender import cda, send

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)


@pytest.fixture
def served(layout: Layout, landing: Path) -> Layout:
    """Six letters in force, and the folder of a second night."""
    for number in range(6):
        letter = cda(
            f"A{number}", "Diabète de type 2 connu. Asthme.", patient=str(number), set_id=f"S{number}", version=1
        )
        send(landing / "1", "chu", f"{number}.xml", letter)
    load(layout, landing / "1", ONE)
    return layout


def lost(layout: Layout) -> dict[str, int]:
    return {loss.table: loss.lost for loss in losses(layout, build_candidate(layout, TWO))}


def test_a_night_that_adds_loses_nothing(served: Layout, landing: Path) -> None:
    send(landing / "2", "chu", "b.xml", cda("B", patient="9"))
    assert losses(served, prepare(served, landing / "2", TWO)) == []


def test_documents_that_others_replace_are_not_lost(served: Layout, landing: Path) -> None:
    for number in range(6):
        letter = cda(f"N{number}", "Rien à signaler.", patient=str(number), set_id=f"S{number}", version=2)
        send(landing / "2", "chu", f"n{number}.xml", letter)
    prepare(served, landing / "2", TWO)
    assert lost(served) == {}


def test_documents_that_the_ledger_no_longer_knows_are_lost(served: Layout) -> None:
    with opened(served) as ledger, ledger.writing() as db:
        db.execute("DELETE FROM partitions")
        db.execute("DELETE FROM documents")
    candidate = build_candidate(served, TWO)
    (loss,) = losses(served, candidate)
    assert (loss, loss.serious) == (Loss("limpide_document", 6, 6), True)


def read_again(layout: Layout, landing: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason) -> dict[str, int]:
    """Read the first night again with a reader that refuses everything; what the candidate then loses."""

    def refuses(*_: object) -> list[Document]:
        raise Refused(reason)

    monkeypatch.setattr("limpide.warehouse.night.arrivals._made_by", lambda: "another version")
    monkeypatch.setattr("limpide.warehouse.night.worker.read", refuses)
    return {loss.table: loss.lost for loss in losses(layout, prepare(layout, landing / "1", ONE))}


def test_documents_that_a_reader_no_longer_reads_are_lost(
    served: Layout, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_again(served, landing, monkeypatch, Reason.MALFORMED) == {"limpide_document": 6}


def test_documents_set_aside_because_of_whom_they_name_are_not(
    served: Layout, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_again(served, landing, monkeypatch, Reason.IDENTITY_CONFLICT) == {}


@pytest.mark.parametrize(
    ("before", "gone", "serious"), [(6, 2, False), (6, 3, True), (1000, 20, False), (1000, 21, True)]
)
def test_a_few_may_go(before: int, gone: int, serious: bool) -> None:
    assert Loss("limpide_document", before, gone).serious is serious


@pytest.mark.parametrize(("before", "gone", "serious"), [(100, 19, False), (100, 20, True), (1000, 100, False)])
def test_of_rows_one_in_ten_may_go(before: int, gone: int, serious: bool) -> None:
    assert Loss("measurement", before, gone).serious is serious


def test_what_is_accepted_is_this_very_candidate(
    served: Layout, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_again(served, landing, monkeypatch, Reason.MALFORMED)
    candidate = refused_last(served)
    assert candidate is not None
    accept(served, candidate)
    assert accepted(served, candidate) and not accepted(served, "another")
