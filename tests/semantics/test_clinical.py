"""Habits."""

from __future__ import annotations

from limpide.document import Fact
from limpide.french.tokens import tokenise
from limpide.semantics.clinical import find_clinical


def found(text: str) -> list[Fact]:
    return find_clinical(tokenise(text))


def test_tobacco_and_pack_years_beside_it_only() -> None:
    assert [(f.value_text, f.value, f.unit) for f in found("Tabagisme actif à 30 PA")] == [
        ("fumeur", None, None),
        ("30 PA", 30.0, "{pack-years}"),
    ]
    assert found("PA 120/80") == []
    assert found("Non-fumeur")[0].value_text == "non fumeur"


def test_alcohol() -> None:
    assert [(f.value_text, f.value) for f in found("Éthylisme chronique, 3 verres/j")] == [
        ("consommation excessive", None),
        ("3 verres/j", 3.0),
    ]
