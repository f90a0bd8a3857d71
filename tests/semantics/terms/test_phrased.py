"""Conditions that a phrase states and its words alone do not."""

from __future__ import annotations

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine


def codes(text: str) -> set[str | None]:
    document = Document(path="", sha256="", text=text)
    load_engine().annotate(document)
    return {fact.code for fact in document.facts if fact.kind == "condition"}


@pytest.mark.parametrize(
    "text",
    ["Garçon de petite taille adressé pour avis.", "Petite taille à -3 DS depuis l'âge de 4 ans.", "Retard statural."],
)
def test_a_person_may_be_short(text: str) -> None:
    assert "E34.3" in codes(text)


@pytest.mark.parametrize("text", ["Hernie hiatale de petite taille.", "Adénopathies d'assez petite taille."])
def test_a_lesion_of_small_size_makes_nobody_short(text: str) -> None:
    assert "E34.3" not in codes(text)
