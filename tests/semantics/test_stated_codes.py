"""Codes that a text states, in sentences of ours: what is one, and what it codes."""

from __future__ import annotations

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def coded(text: str) -> list[tuple[str | None, str | None, str | None]]:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    engine.annotate(document)
    return [(fact.text, fact.system, fact.code) for fact in document.facts if fact.code and fact.system != "LOINC"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "DP : I50.1, DAS E11.9 et N18.3",
            [("I50.1", "CIM-10", "I50.1"), ("E11.9", "CIM-10", "E11.9"), ("N18.3", "CIM-10", "N18.3")],
        ),
        ("Codage PMSI : I10, J449.", [("I10", "CIM-10", "I10"), ("J449", "CIM-10", "J44.9")]),
        ("Brûlures multiples [CIM-10 : T29.0].", [("Brûlures", "CIM-10", "T29.0")]),
        ("Asthme (J45.1).", [("Asthme", "CIM-10", "J45.1")]),
        ("Température à 39, poids 38.", []),
        ("Apyrexie (T38.5).", []),
        ("Salle A39, bâtiment B12.", []),
        ("Code Z99.99 inconnu.", []),
        ("Acte HBQK002 réalisé, référence hbqk002.", [("HBQK002", "CCAM", "HBQK002")]),
        ("Arthroscopie de genou (NFQC001).", [("Arthroscopie de genou", "CCAM", "NFQC001")]),
        ("Ostéosynthèse par broches. CCAM : MDCA014", [("Ostéosynthèse par broches", "CCAM", "MDCA014")]),
        ("Paracétamol [ATC : N02BE01].", [("Paracétamol", "ATC", "N02BE01")]),
    ],
)
def test_stated_codes(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert coded(text) == expected
