"""Counts of persons for a project, with small cells hidden, now and across releases.

Belongs here: counting, the memory of what was released, keeping masks. Does not belong here: which cells to hide within
one table (disclosure.py), the request (project.py).

Two releases must not be subtracted. The vault remembers, sealed, who was in each cell of each release. A cell whose
persons differ from those of the same cell of an earlier release by fewer than k people, either way, is hidden; a cell
hidden before and made of the same people stays hidden. So the same request on the same data gives the same answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.vault import Vault
from limpide.omop.schema import tables
from limpide.rights.disclosure import Cell, hidden
from limpide.rights.extract import population
from limpide.rights.project import Aggregate, Project, Refusal
from limpide.warehouse.layout import Layout

CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Counted:
    """One table of counts. `cells` gives the count of each combination (None in a place: all), None where hidden."""

    name: str
    by: tuple[str, ...]
    cells: dict[Cell, int | None]

    @property
    def masked(self) -> int:
        """How many cells are hidden."""
        return sum(count is None for count in self.cells.values())


def aggregate(layout: Layout, project: Project) -> list[Counted]:
    """Answer a project's counts, remember them, and leave a trace. Raises Refusal past 20,000 cells,
    `NothingPublished`."""
    if not project.aggregates:
        raise Refusal("le projet ne demande aucun comptage")
    out = []
    with layout.briefly():
        vault = Vault(layout.vault, create=False)
        with population(layout, project, "aggregate") as (db, number):
            for asked in project.aggregates:
                people = _people(db, asked, project)
                kept = {name: set(ids) for name, ids in people.items()}
                forced = _forced(vault, asked, kept, project.small_cells)
                masks = hidden({cell: len(ids) for cell, ids in kept.items()}, project.small_cells, forced)
                _remember(vault, project, asked, number, kept, masks)
                cells = {cell: None if cell in masks else len(ids) for cell, ids in kept.items()}
                out.append(Counted(asked.name, asked.by, cells))
        Audit(vault).record(
            "aggregate", why=project.purpose, project=project.name, approval=project.approval, snapshot=number,
            tables={one.name: {"cells": len(one.cells), "masked": one.masked} for one in out},
        )  # fmt: skip
        vault.close()
    return out


def _people(db: Any, asked: Aggregate, project: Project) -> dict[Cell, set[int]]:
    """Who is in each cell, margins included."""
    mine = tables()[asked.table].names
    columns = ", ".join(f'CAST({"t" if name in mine else "p"}."{name}" AS VARCHAR)' for name in asked.by)
    wanted, values = ["person_id IN (SELECT person_id FROM chosen)"], []
    for condition in asked.where:
        sql, bound = condition.sql()
        wanted.append(sql)
        values += bound
    day = tables()[asked.table].date
    for limit, sign in ((project.begin, ">="), (project.end, "<=")):
        if day and limit:
            wanted.append(f"{day} {sign} ?")
            values.append(limit)
    found = db.execute(
        f"SELECT DISTINCT t.person_id, {columns} FROM (SELECT * FROM {asked.table} WHERE {' AND '.join(wanted)}) t "
        "JOIN person p ON p.person_id = t.person_id",
        values,
    ).fetchall()
    cells: dict[Cell, set[int]] = {}
    for person, *said in found:
        names = ["(absent)" if value is None else str(value) for value in said]
        for cell in product(*([name, None] for name in names)):
            cells.setdefault(cell, set()).add(person)
            if len(cells) > CELLS:
                raise Refusal(f"« {asked.name} » donnerait plus de {CELLS} cases")
    return cells


def _key(asked: Aggregate, cell: Cell) -> str:
    """The same group of people under whatever dimensions it was released: margins left out."""
    said = sorted((name, value) for name, value in zip(asked.by, cell, strict=True) if value is not None)
    return json.dumps([asked.table, said], ensure_ascii=False)


def _forced(vault: Vault, asked: Aggregate, people: dict[Cell, set[int]], k: int) -> set[Cell]:
    out = set()
    before = [release["cells"] for _, release in releases(vault)]
    for cell, ids in people.items():
        key = _key(asked, cell)
        for cells in before:
            if key not in cells:
                continue
            told = set(cells[key]["ids"])
            same, differs = told == ids, 0 < len(told - ids) < k or 0 < len(ids - told) < k
            if (cells[key]["masked"] and same) or (not cells[key]["masked"] and differs):
                out.add(cell)
    return out


def _remember(
    vault: Vault, project: Project, asked: Aggregate, snapshot: int, people: dict[Cell, set[int]], masks: set[Cell]
) -> None:
    cells = {
        _key(asked, cell): {
            "ids": sorted(ids),
            "masked": cell in masks,
            "shown": None if cell in masks else len(ids),
        }
        for cell, ids in people.items()
    }
    earlier = releases(vault)
    if any(r["cells"] == cells for _, r in earlier):
        return
    release = {"project": project.name, "name": asked.name, "snapshot": snapshot, "k": project.small_cells,
               "at": datetime.now(UTC).isoformat(timespec="seconds"), "cells": cells}  # fmt: skip
    _write(vault, max((number for number, _ in earlier), default=0) + 1, release)


def _folder(vault: Vault) -> Path:
    return vault.path / "releases"


def _write(vault: Vault, number: int, release: dict[str, Any]) -> None:
    folder = _folder(vault)
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / f".{number}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(vault.keys.seal(Purpose.IDENTITY, json.dumps(release).encode(), f"release {number}".encode()))
        out.flush()
        os.fsync(out.fileno())
    draft.rename(folder / str(number))


def releases(vault: Vault) -> list[tuple[int, dict[str, Any]]]:
    """Every release remembered, by number: cells with their people, what was shown, whether it was hidden."""
    folder = _folder(vault)
    if not folder.is_dir():
        return []
    numbers = sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())
    return [
        (n, json.loads(vault.keys.open(Purpose.IDENTITY, (folder / str(n)).read_bytes(), f"release {n}".encode())))
        for n in numbers
    ]


def forget_persons(vault: Vault, ids: Collection[int]) -> int:
    """Take erased persons out of the memory of releases; how many releases named them."""
    gone, touched = set(ids), 0
    for number, release in releases(vault):
        named = False
        for cell in release["cells"].values():
            if gone & set(cell["ids"]):
                cell["ids"], named = sorted(set(cell["ids"]) - gone), True
        if named:
            _write(vault, number, release)
            touched += 1
    return touched
