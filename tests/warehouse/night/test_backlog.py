"""What earlier nights left behind is finished, or set aside and named; files that come late are taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.night import structuring
from limpide.warehouse.night.backlog import finish, missed, take_late_files, unfinished
from limpide.warehouse.night.ingest import ingest
from limpide.warehouse.snapshots.account import account, conservation
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

ONE, TWO, THREE = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)


@pytest.fixture
def nights(layout: Layout, landing: Path) -> Path:
    """Three nights laid out; the first is loaded, the second was killed once its files were received."""
    for night, name in ((ONE, "A"), (TWO, "B"), (THREE, "C")):
        send(landing / str(night), "chu", f"{name}.xml", cda(name, patient=name))
    load(layout, landing / str(ONE), ONE)
    ingest(layout, landing / str(TWO), TWO, "chu")
    return landing


def test_conservation_does_not_judge_what_was_not_read_and_counts_it(layout: Layout, nights: Path) -> None:
    (row,) = conservation(layout)
    assert (row.received, row.published, row.waiting, row.balanced) == (2, 1, 1, True)


def test_an_unfinished_night_is_read_by_the_next_one(layout: Layout, nights: Path) -> None:
    (left,) = finish(layout, {(THREE, "chu")}, workers=0)
    assert (left.night, left.source, left.documents, left.fault) == (TWO, "chu", 1, None)
    assert unfinished(layout) == []


def test_the_night_that_is_asked_for_is_not_read_twice(layout: Layout, nights: Path) -> None:
    assert finish(layout, {(TWO, "chu")}, workers=0) == []


def test_one_that_cannot_be_read_is_set_aside_and_the_others_go_on(
    layout: Layout, nights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(layout, nights / str(THREE), THREE, "chu")
    read = structuring.structure_night

    def falls(layout: Layout, night: date, *arguments: object, **named: object) -> object:
        if night == TWO:
            raise OSError("a bad sector")
        return read(layout, night, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("limpide.warehouse.night.backlog.structure_night", falls)
    done = finish(layout, set(), workers=0)
    assert [(one.night, type(one.fault).__name__) for one in done] == [(TWO, "OSError"), (THREE, "NoneType")]
    assert [one.night for one in unfinished(layout)] == [TWO]


def test_a_file_added_to_the_folder_of_a_past_night_is_taken_and_counted_there(layout: Layout, nights: Path) -> None:
    send(nights / str(ONE), "chu", "late.xml", cda("D", patient="D"))
    send(nights / str(ONE), "clinique", "new source.xml", cda("E", patient="E"))
    assert take_late_files(layout, nights, THREE, {(THREE, "chu")}) == {ONE: 2}
    assert account(layout, THREE).late == {"2026-11-01": 2}
    assert [(one.night, one.source) for one in unfinished(layout)] == [(ONE, "chu"), (ONE, "clinique"), (TWO, "chu")]
    assert take_late_files(layout, nights, THREE, {(THREE, "chu")}) == {}


def test_folders_that_did_not_change_are_not_looked_into(
    layout: Layout, nights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("limpide.warehouse.night.backlog.ingest", lambda *a, **k: asked.append(a))
    assert take_late_files(layout, nights, THREE, set()) == {}
    assert asked == []


def test_a_file_left_because_it_was_being_written_is_taken_later(layout: Layout, nights: Path) -> None:
    folder = nights / str(ONE) / "chu"
    (folder / "x.xml.part").write_bytes(cda("X", patient="X"))
    assert take_late_files(layout, nights, THREE, set()) == {}
    (folder / "x.xml.part").rename(folder / "x.xml")
    assert take_late_files(layout, nights, THREE, set()) == {ONE: 1}


def test_nights_of_which_nothing_was_ever_loaded_are_missed_not_late(layout: Layout, nights: Path) -> None:
    assert missed(layout, nights, THREE) == [THREE]
    assert take_late_files(layout, nights, date(2026, 11, 4), set()) == {}


def test_before_the_first_load_every_night_is_missed(layout: Layout, landing: Path) -> None:
    send(landing / str(ONE), "chu", "a.xml", cda("A"))
    (landing / str(TWO)).mkdir()
    assert missed(layout, landing, THREE) == [ONE]
    assert not layout.ledger_path.exists()
