"""Allergies in sentences of ours: agent, reaction, code, and what is denied or doubtful."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def read(text: str) -> list[Fact]:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    engine.annotate(document)
    return document.facts


def allergies(text: str) -> list[tuple[str | None, bool]]:
    return [(fact.text, fact.negated) for fact in read(text) if fact.kind == "allergy"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Allergique à la pénicilline et aux sulfamides.", [("pénicilline", False), ("sulfamides", False)]),
        ("Allergie à l'aspirine (urticaire).", [("aspirine", False)]),
        ("Allergie latex documentée.", [("latex", False)]),
        ("Allergie au kiwi rapportée.", [("kiwi", False)]),
        ("Allergie aux sulfamides signalée par le médecin.", [("sulfamides", False)]),
        ("Intolérance aux statines.", [("statines", False)]),
        ("Pas d'allergie connue.", [("Pas d'allergie connue", True)]),
        ("Pas d'allergie au latex.", [("latex", True)]),
        ("Aucune allergie en dehors de l'iode.", [("iode", False)]),
        ("Allergies : aucune connue", [("Allergies : aucune connue", True)]),
        ("ALLERGIES : codéine, sparadrap.", [("codéine", False), ("sparadrap", False)]),
        ("ALLERGIES\nPénicilline -> œdème\nIode : pas d'allergie.\n", [("Pénicilline", False), ("Iode", True)]),
        ("ALLERGIES\n- acariens\n- venin de guêpe\n", [("acariens", False), ("venin de guêpe", False)]),
        ("Antécédent d'urticaire à l'amoxicilline.", [("amoxicilline", False)]),
        ("Choc anaphylactique au rocuronium en 2018.", [("rocuronium", False)]),
        ("ALLERGIES\nTolère l'aspirine.\n", [("aspirine", True)]),
        ("Éruption sous ceftriaxone.", []),
        ("Hypersensibilité : arthrite, vascularite.", []),
        ("Consultation d'allergologie le 3 mai.", []),
        ("ALLERGIES\nLatex.\nNe pas prendre d'anti-inflammatoires.\n", [("Latex", False)]),
    ],
)
def test_the_agents_of_a_text(text: str, expected: list[tuple[str, bool]]) -> None:
    assert allergies(text) == expected


def test_an_agent_bears_its_code_and_its_reaction_is_no_disease_of_today() -> None:
    facts = read("Allergies : amoxicilline (urticaire), latex.")
    coded = [(f.text, f.system, f.code, f.value_text) for f in facts if f.kind == "allergy"]
    assert coded == [("amoxicilline", "ATC", "J01CA04", "urticaire"), ("latex", "CIM-10", "Z91.0", None)]
    assert [(f.text, f.role) for f in facts if f.kind == "condition"] == [("urticaire", "reaction")]
    assert [f for f in facts if f.kind == "drug"] == []


def test_an_agent_followed_by_a_question_mark_is_doubtful() -> None:
    (fact,) = [fact for fact in read("Allergies : latex ?") if fact.kind == "allergy"]
    assert (fact.text, fact.hypothetical) == ("latex", True)
