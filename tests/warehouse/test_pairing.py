"""Lost state is never a first run: each store that is missing or swapped is named, with what mends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.pairing import NotTheSameHouse, check, house_of, init
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

ONE = date(2026, 11, 1)


@pytest.fixture
def house(layout: Layout, landing: Path) -> Layout:
    """A house that was begun as one should, with one night loaded."""
    init(layout)
    send(landing, "chu", "a.xml", cda("A"))
    load(layout, landing, ONE)
    return layout


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def refused(layout: Layout) -> str:
    """What is said of a house that is not whole; nothing is made by looking at it."""
    before = everything(layout.warehouse.parent)
    with pytest.raises(NotTheSameHouse) as said:
        check(layout)
    assert everything(layout.warehouse.parent) == before
    return str(said.value)


def test_a_whole_house_passes(house: Layout) -> None:
    check(house)
    assert house_of(house)


def test_a_first_start_is_asked_for(layout: Layout) -> None:
    assert "`limpide init`" in refused(layout)
    init(layout)
    check(layout)


def test_a_house_is_begun_once(house: Layout) -> None:
    with pytest.raises(NotTheSameHouse, match="existe déjà"):
        init(house)


def test_a_second_warehouse_does_not_take_the_vault_of_the_first(house: Layout, tmp_path: Path) -> None:
    with pytest.raises(NotTheSameHouse, match="celui d'un autre entrepôt"):
        init(Layout(tmp_path / "another", house.vault))


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)


LOST: dict[str, tuple[Callable[[Layout], None], str]] = {
    "the vault is not mounted": (lambda h: shutil.rmtree(h.vault), "n'est pas là"),
    "the mount point of the vault is there": (
        lambda h: emptied(h.vault), "est vide"),
    "vault.json is gone": (lambda h: (h.vault / "vault.json").unlink(), "cp -a SAUVEGARDE/vault.json"),
    "the ledger is gone": (lambda h: h.ledger_path.unlink(), "cp -a SAUVEGARDE/ledger.sqlite"),
    "the lake is gone": (lambda h: shutil.rmtree(h.lake), "cp -a SAUVEGARDE/lake/"),
    "the snapshots are gone": (lambda h: shutil.rmtree(h.snapshots), "cp -a SAUVEGARDE/snapshots/"),
    "the last manifest is gone": (lambda h: (h.snapshots / "1.json").unlink(), "cp -a SAUVEGARDE/snapshots/1.json"),
    "the warehouse is not mounted": (lambda h: shutil.rmtree(h.warehouse), "a déjà servi"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOST)
def test_what_is_lost_is_named_and_nothing_is_made_in_its_place(house: Layout, what: str) -> None:
    lose, told = LOST[what]
    lose(house)
    assert told in refused(house)


class TestSwapped:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Layout:
        other = Layout(tmp_path / "other" / "warehouse", tmp_path / "other" / "vault")
        init(other)
        return other

    def test_the_vault_of_another_house(self, house: Layout, other: Layout) -> None:
        assert "n'est pas celui" in refused(Layout(house.warehouse, other.vault))

    def test_a_vault_made_on_the_spot(self, house: Layout, tmp_path: Path) -> None:
        Vault(tmp_path / "made")
        assert "n'est pas celui" in refused(Layout(house.warehouse, tmp_path / "made"))

    def test_the_ledger_of_another_house(self, house: Layout, other: Layout) -> None:
        shutil.copyfile(other.ledger_path, house.ledger_path)
        assert "celui d'un autre entrepôt" in refused(house)

    @pytest.mark.parametrize("folder", ["lake", "snapshots"])
    def test_a_folder_of_another_house(self, house: Layout, other: Layout, folder: str) -> None:
        shutil.copyfile(other.warehouse / folder / "house.json", house.warehouse / folder / "house.json")
        assert "est celui d'un autre entrepôt" in refused(house)


class TestOfBefore:
    """A warehouse and a vault made by 0.1, which bear no mark."""

    @pytest.fixture
    def before(self, house: Layout) -> Layout:
        for folder in (house.warehouse, house.lake, house.snapshots, house.vault):
            (folder / "house.json").unlink()
        with opened(house) as ledger, ledger.writing() as db:
            db.execute("DELETE FROM meta WHERE key = 'house'")
        return house

    def test_it_is_adopted_when_all_of_it_is_there(self, before: Layout) -> None:
        check(before)
        assert house_of(before)
        check(before)

    def test_an_adoption_that_was_killed_goes_on(self, before: Layout) -> None:
        check(before)
        name = house_of(before)
        (before.warehouse / "house.json").unlink()
        (before.lake / "house.json").unlink()
        check(before)
        assert house_of(before) == name

    @pytest.mark.parametrize("what", [one for one in LOST if one != "the warehouse is not mounted"])
    def test_it_is_not_adopted_with_something_missing(self, before: Layout, what: str) -> None:
        LOST[what][0](before)
        refused(before)

    def test_a_vault_without_its_originals_is_not_its_vault(self, before: Layout, tmp_path: Path) -> None:
        Vault(tmp_path / "made")
        assert "aucun des originaux" in refused(Layout(before.warehouse, tmp_path / "made"))
