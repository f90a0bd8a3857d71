"""Scores, stages, TNM, pregnancy (sentences/scores.txt holds the many forms)."""

from __future__ import annotations

import pytest

from limpide.document import Fact
from limpide.french.tokens import tokenise
from limpide.semantics.lab.scores import find_scores


def found(text: str) -> list[Fact]:
    return find_scores(tokenise(text))


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("Glasgow à 15", "9269-2", 15.0),
        ("dyspnée stade III NYHA II", "88020-3", 3.0),
        ("OMS 1", "89247-1", 1.0),
        ("indice de Karnofsky 80 %", "89243-0", 80.0),
        ("MMSE 24/30", "72106-8", 24.0),
        ("NIHSS : 12", "70182-1", 12.0),
        ("score de Charlson à 5", None, 5.0),
    ],
)
def test_scores(text: str, code: str | None, value: float) -> None:
    fact = found(text)[0]
    assert (fact.kind, fact.code, fact.value) == ("observation", code, value)


def test_a_score_out_of_bounds_is_none() -> None:
    assert found("Glasgow à 18") == []


def test_tnm_letter_by_letter() -> None:
    facts = [(fact.code, fact.value_text) for fact in found("Adénocarcinome pT2N1M0.")]
    assert facts == [("21899-0", "pT2"), ("21900-6", "N1"), ("21901-4", "M0")]


def test_a_vertebra_is_no_stage() -> None:
    assert found("Fracture de T2 et séquence T1") == []


def test_pregnancy() -> None:
    facts = {fact.display: fact.value for fact in found("G3P2, 32 SA + 4 j.")}
    assert facts == {"Gestité": 3.0, "Parité": 2.0, "Âge gestationnel": 32.57}
    assert found("DDR : 12/03/2024")[0].value_text == "2024-03-12"
