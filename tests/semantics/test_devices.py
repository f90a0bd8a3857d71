"""Devices in sentences of ours: which, with what identifies them and the state of bearing them."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def devices(text: str) -> list[Fact]:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    document.header.effective_time = "2024-06-15"
    engine.annotate(document)
    return [fact for fact in document.facts if fact.kind == "device"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PTH droite.", [("PTH", "Z96.6", "right", None)]),
        ("PAC jugulaire droit posé le 03/02/2024.", [("PAC", "Z45.2", "right", "2024-02-03")]),
        ("Porteur d'un pacemaker double chambre.", [("pacemaker", "Z95.0", None, None)]),
        ("Sonde JJ gauche en place.", [("Sonde JJ", "Z96.0", "left", None)]),
        ("Drain de Redon retiré.", [("Drain de Redon", None, None, None)]),
        ("Ostéosynthèse par plaque.", [("plaque", "Z96.7", None, None)]),
        ("Plaque d'athérome carotidienne.", []),
        ("Plaques érythémateuses du tronc.", []),
        ("Carcinome canalaire infiltrant (CCI) grade III.", []),
        ("VNI nocturne.", []),
    ],
)
def test_the_devices_of_a_text(text: str, expected: list[tuple[str, str | None, str | None, str | None]]) -> None:
    found = [(f.text, f.translations[0].code if f.translations else None, f.side, f.time_start) for f in devices(text)]
    assert found == expected


def test_lot_serial_and_udi() -> None:
    (stent,) = devices("Pose d'un stent actif, lot n° A12345, n° de série SN-99.")
    assert (stent.lot, stent.serial) == ("A12345", "SN-99")
    (udi,) = devices("UDI (01)03400930000001(17)250101(10)LOT9(21)SER1.")
    assert (udi.lot, udi.serial, udi.udi) == ("LOT9", "SER1", "(01)03400930000001(17)250101(10)LOT9(21)SER1")


def test_a_table_of_implants_gives_each_its_lot_and_the_side_of_its_title() -> None:
    text = (
        "IMPLANTS POSÉS (genou G)\n"
        "Composant            Modèle        Lot          Péremption\n"
        "Embase tibiale       taille 4      T4471-A      2029-01\n"
        "Insert               12 mm         P99812       2028-07\n"
    )
    assert [(f.text, f.lot, f.side) for f in devices(text)] == [
        ("Embase tibiale", "T4471-A", "left"),
        ("Insert", "P99812", "left"),
    ]
