"""Fixtures of the rights: two nights of a small hospital, loaded as the warehouse loads them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.manifest import rebuild
from tests.rights.hospital import ONE, TWO
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


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
        load(Layout(root / "warehouse", root / "vault"), folder, night)
    return root


@pytest.fixture
def two_nights(loaded: Path, tmp_path: Path, layout: Layout) -> Layout:
    """A copy of the loaded house, for tests that change it."""
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True, symlinks=True)
    rebuild(layout)
    return layout
