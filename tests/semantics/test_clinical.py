"""Habits."""

from __future__ import annotations

from limpide.document import Document, Fact
from limpide.french.tokens import tokenise
from limpide.semantics.clinical import find_clinical
from limpide.semantics.engine import load_engine


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


def test_a_habit_is_also_a_line_of_the_problem_list() -> None:
    text = "Tabac actif, 20 PA. Cannabis sevré. Conjoint : tabagisme passif. Toxiques urinaires positifs au cannabis."
    document = Document(path="", sha256="", text=text)
    load_engine().annotate(document)
    found = [(fact.text, fact.code, fact.history) for fact in document.facts if (fact.rule or "").startswith("habit:")]
    assert found == [("Tabac actif", "Z72.0", False), ("Cannabis sevré", "Z72.2", True)]
