"""A changed byte is named, and is not published again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from limpide.warehouse.layout import Damaged, Layout
from limpide.warehouse.snapshots.verify import NIGHTS, share, verify
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    send(root / "landing", "chu", "a.xml", cda("A", "Diabète de type 2 connu."))
    load(Layout(root / "warehouse", root / "vault"), root / "landing", ONE)
    return root


@pytest.fixture
def house(whole: Path, tmp_path: Path) -> Layout:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True, symlinks=True)
    layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
    from limpide.warehouse.snapshots.manifest import rebuild

    rebuild(layout)
    return layout


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def one(folder: Path, pattern: str) -> Path:
    return next(iter(sorted(folder.glob(pattern))))


def named(layout: Layout) -> list[tuple[str, str]]:
    return [(fault.name.rsplit("/", 1)[0], fault.what) for fault in verify(layout)]


def test_nothing_is_said_of_a_whole_house(house: Layout) -> None:
    assert verify(house) == []
    share(house, ONE)


BROKEN: dict[str, tuple[Callable[[Layout], object], tuple[str, str]]] = {
    "published": (lambda h: flip(one(h.data / "person", "*.parquet")), ("data/person", "altered")),
    "published and gone": (lambda h: one(h.data / "person", "*.parquet").unlink(), ("data/person", "missing")),
    "foreign": (lambda h: (h.data / "person" / "x.parquet").write_bytes(b"x"), ("data/person", "foreign")),
    "catalogue": (lambda h: (h.catalog / "limpide-1.duckdb").write_bytes(b"no"), ("catalog", "altered")),
    "ledger": (lambda h: h.ledger_path.write_bytes(b"no database at all" * 400), ("ledger.sqlite", "altered")),
    "original": (lambda h: flip(one(h.vault / "raw", "*/*")), ("vault/raw", "altered")),
    "original and gone": (lambda h: one(h.vault / "raw", "*/*").unlink(), ("vault/raw", "missing")),
}


@pytest.mark.parametrize("what", [one for one in BROKEN if one != "ledger"])
def test_each_kind_of_damage_is_named(house: Layout, what: str) -> None:
    damage, fault = BROKEN[what]
    damage(house)
    assert named(house) == [fault]


def test_a_damaged_lake_is_named(house: Layout) -> None:
    path = one(house.lake / "2026-11-01" / "chu", "note.parquet")
    content = path.read_bytes()
    path.unlink()  # it is the published file too: only the lake's name is altered
    path.write_bytes(content)
    flip(path)
    assert named(house) == [("lake/2026-11-01/chu", "altered")]


def test_a_manifest_whose_content_was_changed_is_named(house: Layout) -> None:
    path = house.snapshots / "1.json"
    said = json.loads(path.read_text())
    said["content"]["tables"]["person"][0]["rows"] = 2
    path.write_text(json.dumps(said))
    assert ("snapshots", "altered") in named(house)


def test_a_damaged_ledger_is_named_with_the_rest(house: Layout) -> None:
    BROKEN["ledger"][0](house)
    assert [fault.name for fault in verify(house, originals=False)] == ["ledger.sqlite"]


def test_a_changed_file_is_not_published_again(house: Layout) -> None:
    flip(one(house.data / "person", "*.parquet"))
    send(house.warehouse.parent / "two", "chu", "b.xml", cda("B", patient="2"))
    with pytest.raises(Damaged, match="data/person/"):
        load(house, house.warehouse.parent / "two", TWO)


def test_a_large_house_is_hashed_whole_in_a_month(house: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limpide.warehouse.snapshots.verify.SMALL", 0)
    flip(one(house.data / "person", "*.parquet"))
    caught = 0
    for day in range(NIGHTS):
        try:
            share(house, date.fromordinal(ONE.toordinal() + day))
        except Damaged:
            caught += 1
    assert caught == 1
