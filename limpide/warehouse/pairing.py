"""Which stores belong together: the warehouse, its ledger, its lake, its snapshots, and the vault.

Belongs here: the mark each of them bears, giving it at the first start, telling what is missing or was swapped.
Does not belong here: whether their content is whole (verify.py), what else is in them.

    warehouse/house.json, warehouse/lake/house.json, warehouse/snapshots/house.json, vault/house.json,
    `house` in the ledger's meta

A house is named by 128 random bits. A warehouse of before (0.1) bears no mark: it is adopted the first time it is
opened, if all of it is there and its originals are in this very vault. Lost state is never a first run: without marks
and without content everywhere, nothing starts but what was asked to be new (`limpide init`, `limpide load --new`).
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from limpide.warehouse.layout import Layout

CARD = "house.json"
_ORIGINALS_LOOKED_FOR = 50


class NotTheSameHouse(Exception):
    """A store is missing or belongs to another house. The text is French: what, what follows, what to type."""


def init(layout: Layout) -> None:
    """Make an empty warehouse and its vault. Raises `NotTheSameHouse` where there is one already."""
    from limpide.identity.vault.vault import Vault
    from limpide.warehouse.ledger.ledger import opened

    if _holds_something(layout.warehouse):
        raise NotTheSameHouse(
            f"L'entrepôt {layout.warehouse} existe déjà : `limpide load` y charge la suite. Rien n'a été fait."
        )
    if _card(layout.vault) or _originals(layout.vault):
        raise NotTheSameHouse(
            f"Le coffre {layout.vault} existe déjà, et il est celui d'un autre entrepôt que {layout.warehouse} :"
            " remettre celui-ci à sa place (disque non monté ?), ou donner un dossier vide à --vault. Rien"
            " n'a été fait."
        )
    Vault(layout.vault).close()
    with opened(layout):
        pass
    _mark(layout, secrets.token_hex(16))


def check(layout: Layout) -> None:
    """Pass when all stores are there and of one house; adopt a warehouse of before. Raises `NotTheSameHouse`."""
    house = _card(layout.warehouse)
    if house is None and not _holds_something(layout.warehouse):
        raise NotTheSameHouse(_no_warehouse(layout))
    if not (layout.vault / "vault.json").exists() and _originals(layout.vault):
        raise NotTheSameHouse(
            f"Le coffre {layout.vault} a perdu sa description : `cp -a SAUVEGARDE/vault.json {layout.vault}/`, puis"
            " relancer la même commande. Rien n'a été fait."
        )
    if not (layout.vault / "vault.json").exists():
        what = "est vide" if layout.vault.is_dir() else "n'est pas là"
        raise NotTheSameHouse(
            f"Le coffre {layout.vault} {what} : son disque n'est sans doute pas monté, ou LIMPIDE_VAULT (--vault) en"
            " désigne un autre. Rien n'a été fait. Le monter ou le restaurer de sa sauvegarde, puis relancer la même"
            " commande ; n'en créer un autre pour rien au monde : les pseudonymes changeraient."
        )
    if not layout.ledger_path.exists():
        raise NotTheSameHouse(_lost(layout, "Le registre (ledger.sqlite) manque", "ledger.sqlite"))
    if house is None:
        _adopt(layout)
        return
    if _card(layout.vault) != house:
        raise NotTheSameHouse(
            f"Le coffre {layout.vault} n'est pas celui de l'entrepôt {layout.warehouse} : donner le bon à LIMPIDE_VAULT"
            " (--vault), ou l'entrepôt de ce coffre à LIMPIDE_WAREHOUSE. Rien n'a été fait."
        )
    if _of_ledger(layout) != house:
        raise NotTheSameHouse(
            _lost(layout, "Le registre (ledger.sqlite) est celui d'un autre entrepôt", "ledger.sqlite")
        )
    for folder, name in (
        (layout.lake, "Le lac (lake/)"),
        (layout.snapshots, "Le dossier des instantanés (snapshots/)"),
    ):
        card = _card(folder)
        if card != house:
            what = "manque ou a été vidé" if card is None else "est celui d'un autre entrepôt"
            raise NotTheSameHouse(_lost(layout, f"{name} {what}", f"{folder.name}/"))
    _published(layout)


def house_of(layout: Layout) -> str | None:
    """The name of this house; None for a warehouse of before."""
    return _card(layout.warehouse)


def _no_warehouse(layout: Layout) -> str:
    if _card(layout.vault) or _originals(layout.vault):
        return (
            f"L'entrepôt {layout.warehouse} n'est pas là, alors que le coffre {layout.vault} a déjà servi : son disque"
            " n'est sans doute pas monté, ou LIMPIDE_WAREHOUSE en désigne un autre. Rien n'a été fait. Le monter ou le"
            " restaurer, puis relancer la même commande."
        )
    return (
        f"Rien n'existe encore dans {layout.warehouse} : une première mise en service se demande, par `limpide init` ou"
        " `limpide load --new`. Si un entrepôt devait être là, son disque n'est peut-être pas monté."
    )


def _lost(layout: Layout, what: str, name: str) -> str:
    return (
        f"{what} dans {layout.warehouse}. Rien n'a été fait, l'instantané publié continue de servir. Le remettre :"
        f" `cp -a SAUVEGARDE/{name} {layout.warehouse}/`, puis relancer la même commande."
    )


def _adopt(layout: Layout) -> None:
    """Give marks to a warehouse of before, when all of it is there. Raises `NotTheSameHouse`."""
    _published(layout)
    with _reading(layout) as ledger:
        for night, source in ledger.execute("SELECT night, source FROM partitions").fetchall():
            if not (layout.lake / night / source).is_dir() and not (layout.lake / night / f".{source}.before").is_dir():
                raise NotTheSameHouse(_lost(layout, f"Le lac a perdu la nuit {night} ({source})", f"lake/{night}"))
        known = [
            row[0]
            for row in ledger.execute(
                "SELECT sha256 FROM files WHERE sha256 != '' LIMIT ?", (_ORIGINALS_LOOKED_FOR,)
            ).fetchall()
        ]
    if known and not any((layout.vault / "raw" / digest[:2] / digest).exists() for digest in known):
        raise NotTheSameHouse(
            f"Le coffre {layout.vault} ne contient aucun des originaux de l'entrepôt {layout.warehouse} : ce n'est pas"
            " le sien. Donner le bon à LIMPIDE_VAULT (--vault). Rien n'a été fait."
        )
    if card := _card(layout.vault):
        _mark(layout, card)  # adopted before, up to a kill
    else:
        _mark(layout, secrets.token_hex(16))


def _published(layout: Layout) -> None:
    """The snapshot that the ledger saw last is there."""
    with _reading(layout) as ledger:
        row = ledger.execute("SELECT value FROM meta WHERE key = 'snapshot'").fetchone()
    last = int(row[0]) if row else 0
    there = [int(path.stem) for path in layout.snapshots.glob("*.json") if path.stem.isdigit()]
    if last > max(there, default=0):
        name = f"snapshots/{last}.json"
        raise NotTheSameHouse(_lost(layout, f"Le manifeste de l'instantané n° {last} manque", name))


def _mark(layout: Layout, house: str) -> None:
    """Bear the mark everywhere; the warehouse's own comes last, and says that all others are there."""
    from limpide.warehouse.lake.files import write_json
    from limpide.warehouse.ledger.ledger import opened

    card = {"format": 1, "house": house}
    write_json(layout.vault / CARD, card)
    (layout.vault / CARD).chmod(0o600)
    with opened(layout) as ledger, ledger.writing():
        ledger.set("house", house)
    for folder in (layout.lake, layout.snapshots, layout.warehouse):
        write_json(folder / CARD, card)


def _card(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / CARD).read_text("utf-8"))["house"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError):
        return ""  # there is one, and it says nothing: of no house


def _of_ledger(layout: Layout) -> str | None:
    with _reading(layout) as ledger:
        row = ledger.execute("SELECT value FROM meta WHERE key = 'house'").fetchone()
    return str(row[0]) if row else None


def _reading(layout: Layout) -> closing[sqlite3.Connection]:
    """The ledger as it stands: opening it to write would make a new one where a disk is not mounted."""
    from limpide.warehouse.ledger.ledger import existing

    return closing(existing(layout))


def _holds_something(warehouse: Path) -> bool:
    """Whether a warehouse was ever begun here."""
    names = (CARD, "ledger.sqlite", "snapshots", "data", "lake", "catalog")
    return any((warehouse / name).exists() for name in names)


def _originals(vault: Path) -> bool:
    """Whether a vault has served: it keeps originals, or identities."""
    if (vault / "identity.sqlite").exists():
        return True
    raw = vault / "raw"
    return raw.is_dir() and any(raw.iterdir())
