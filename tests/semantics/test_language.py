"""Text in another language is not read as if it were French."""

from __future__ import annotations

import pytest

from limpide.document import Document, Header
from limpide.french.tokens import tokenise
from limpide.semantics.engine import load_engine
from limpide.semantics.language import language_of

FRENCH = (
    "Le patient est hospitalisé pour une douleur depuis deux jours, sans fièvre, avec des nausées et une toux. " * 2
)
ENGLISH = "The patient was admitted with chest pain and has been treated for diabetes; she is on insulin at home. " * 2
GERMAN = (
    "Der Patient wurde mit Fieber aufgenommen und ist seit dem Montag nicht mehr bei uns; die Werte auf der Liste. " * 2
)
SPANISH = (
    "El paciente fue ingresado por dolor con fiebre desde los tres dias, sin tos, para las pruebas del servicio. " * 2
)


@pytest.mark.parametrize(
    ("text", "stated", "language"),
    [
        (FRENCH, None, "fr"),
        (FRENCH, "en-US", "fr"),
        (ENGLISH, None, "en"),
        (ENGLISH, "fr-FR", "en"),
        (GERMAN, None, "de"),
        (SPANISH, None, "es"),
        ("HTA\nDiabète\nCréatinine 80 µmol/L", None, "fr"),
        ("Hypertension\nDiabetes", "en-US", "en"),
        ("", None, "fr"),
    ],
)
def test_small_words_tell_the_language(text: str, stated: str | None, language: str) -> None:
    assert language_of(tokenise(text), stated) == language


def test_another_language_gives_no_fact_and_a_warning() -> None:
    document = Document(path="", sha256="", text=ENGLISH)
    load_engine().annotate(document)
    assert document.facts == []
    assert document.warnings == ["text in another language (en): not read by the French engine"]


def test_a_template_that_says_english_over_french_text_is_read() -> None:
    document = Document(path="", sha256="", text=FRENCH, header=Header(language="en-US"))
    load_engine().annotate(document)
    assert "fièvre" in [fact.text for fact in document.facts]
