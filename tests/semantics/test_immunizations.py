"""Vaccines in sentences of ours: which, when, done, due or refused."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def read(text: str) -> list[Fact]:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    document.header.effective_time = "2024-06-15"
    engine.annotate(document)
    return document.facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vaccination antigrippale faite le 12/10/2023.", [("J07BB", "2023-10-12", "done")]),
        ("Vaccins : grippe à prévoir, Prevenar 20 en 2022.", [("J07BB", None, "planned"), ("J07AL02", "2022", "done")]),
        ("Jamais vacciné contre le pneumocoque.", [("J07AL", None, "negated")]),
        ("Vaccin fièvre jaune contre-indiqué.", [("J07BL", None, "negated")]),
        ("Shingrix proposé, refusé.", [("J07BK03", None, "negated")]),
        ("Rappel tétanos en 2019.", [("J07AM01", "2019", "done")]),
        ("À jour de ses vaccinations.", []),
        ("Grippe A il y a 8 jours.", []),
        ("Pneumopathie à pneumocoque.", []),
        ("Zona intercostal en 2020, vacciné depuis.", []),
    ],
)
def test_the_vaccines_of_a_text(text: str, expected: list[tuple[str, str | None, str]]) -> None:
    found = [
        (f.code, f.time_start, "negated" if f.negated else "planned" if f.planned else "done")
        for f in read(text)
        if f.kind == "immunization"
    ]
    assert found == expected


def test_the_disease_that_names_a_vaccine_is_none_and_the_lot_is_kept() -> None:
    facts = read("Vaccin contre la grippe fait ce jour, lot A2B3456.")
    assert [(f.kind, f.lot) for f in facts] == [("immunization", "A2B3456")]
