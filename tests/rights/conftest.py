"""Fixtures of the rights: three nights of a small hospital, loaded as the warehouse loads them."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "warehouse"))  # sender.py and night.py: the hospital in miniature

from night import load  # noqa: E402
from sender import cda, send  # noqa: E402

from limpide.warehouse.house import House  # noqa: E402
from limpide.warehouse.manifest import rebuild  # noqa: E402

ONE, TWO, THREE = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
IPP1, IPP2 = "IPP1@1.2.250.9.9", "IPP2@1.2.250.9.9"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty warehouse and its vault."""
    return House(tmp_path / "warehouse", tmp_path / "vault")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Persons 1, 2 and 3 over two nights and two sources: stays, a replacement, the same bytes twice, a broken file."""
    root = tmp_path_factory.mktemp("loaded")
    one, two = root / "landing" / "1", root / "landing" / "2"
    send(one, "chu", "a.xml", cda("A", patient="1", set_id="S", version=1, stay="V1"))
    send(one, "chu", "b.xml", cda("B", "Asthme ancien.", patient="2", stay="V2"))
    send(one, "chu", "broken.xml", b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id')
    send(one, "clinique", "c.xml", cda("C", "Hypertension artérielle.", patient="1"))
    send(one, "clinique", "d.xml", cda("D", "Insuffisance cardiaque.", patient="3"))
    send(two, "chu", "KERVADEC1 copie.xml", cda("C", "Hypertension artérielle.", patient="1"))
    send(two, "chu", "a2.xml", cda("A2", "Diabète de type 2 équilibré.", patient="1", set_id="S", version=2, stay="V1"))
    send(two, "clinique", "e.xml", cda("E", "Insuffisance rénale chronique.", patient="2"))
    for night, folder in ((ONE, one), (TWO, two)):
        load(House(root / "warehouse", root / "vault"), folder, night)
    return root


@pytest.fixture
def two_nights(loaded: Path, tmp_path: Path, house: House) -> House:
    """A copy of the loaded house, for tests that change it."""
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True, symlinks=True)
    rebuild(house)
    return house


def rows(house: House, table: str, snapshot: int | None = None) -> list[tuple[Any, ...]]:
    """The rows of a table, of the current or of an older snapshot."""
    import duckdb

    path = house.link if snapshot is None else house.catalog / f"limpide-{snapshot}.duckdb"
    with duckdb.connect(str(path.resolve()), read_only=True) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def persons(house: House, snapshot: int | None = None) -> int:
    return len(rows(house, "person", snapshot))


def zfa(patient: str, value: str, at: str = "20261102103000") -> bytes:
    """An ADT message by which a person opposes being fed (IO), or no longer does (INO): ZFA-9, ZFA-10."""
    segments = [
        f"MSH|^~\\&|SIL|CHU|LIMPIDE|CHU|{at}||ADT^A31^ADT_A05|{patient}{value}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8",
        f"EVN||{at}",
        f"PID|||IPP{patient}^^^CHU&1.2.250.9.9&ISO^PI||KERVADEC{patient}^Solenne^^^^^L||19540317|F",
        "PV1||N",
        f"ZFA|||||||||{value}|{at}",
    ]
    return ("\r".join(segments) + "\r").encode()
