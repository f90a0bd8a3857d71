"""The stay as sentences of ours tell it: death, discharge, principal reason."""

from __future__ import annotations

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def read(text: str) -> Document:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    document.header.effective_time = document.header.encounter.start = "2024-06-15"
    engine.annotate(document)
    return document


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Patient décédé le 12/06/2024 à 14 h.", "2024-06-12"),
        ("Le décès est survenu le 10/06/2024.", "2024-06-10"),
        ("La patiente est décédée ce jour.", "2024-06-15"),
    ],
)
def test_the_death_of_the_patient(text: str, day: str) -> None:
    deaths = [(f.code, f.display, f.time_start) for f in read(text).facts if f.kind == "observation"]
    assert deaths == [("419099009", "Décès", day)]


@pytest.mark.parametrize(
    "text",
    [
        "Père décédé d'un infarctus à 52 ans.",
        "Son mari est décédé l'an dernier.",
        "Risque de décès expliqué au patient.",
        "Mère décédée en 2010.",
    ],
)
def test_the_death_of_another_is_no_fact_of_the_patient(text: str) -> None:
    assert [f for f in read(text).facts if f.rule == "stay:death"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Retour à domicile le 14/06.", "8"),
        ("Transfert en SSR le 14/06/2024.", "7"),
        ("Mode de sortie : décès", "9"),
        ("DEVENIR\nMutation en cardiologie.\n", "6"),
        ("Vit à domicile avec son épouse.", None),
        ("Pas de retour à domicile possible.", None),
    ],
)
def test_the_mode_of_discharge(text: str, code: str | None) -> None:
    document = read(text)
    said = document.header.encounter.discharge
    assert (said.code if said else None) == code
    assert [f.code for f in document.facts if f.kind == "encounter"] == ([code] if code else [])


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("MOTIF D'HOSPITALISATION\nChute à domicile. Diabète connu.\n", ["Chute"]),
        ("Hospitalisée du 3 au 5 mai pour pyélonéphrite aiguë. HTA connue.", ["pyélonéphrite aiguë"]),
        ("Adressé par son médecin pour bilan d'une anémie.", ["anémie"]),
        ("Pas de fièvre. Asthme.", []),
    ],
)
def test_the_principal_reason(text: str, reasons: list[str]) -> None:
    assert [f.text for f in read(text).facts if f.role == "reason"] == reasons


def test_relatives_of_a_list_need_no_possessive() -> None:
    facts = read("Fam : mère goitre, grand-mère mat. psoriasis, fille asthme").facts
    assert [(f.text, f.family, f.relative) for f in facts if f.kind == "condition"] == [
        ("goitre", True, "MTH"),
        ("psoriasis", True, "GRMTH"),
        ("asthme", True, "DAU"),
    ]
