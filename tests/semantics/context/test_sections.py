"""Sections: titles of letters, reports and prescriptions, however they are typed."""

from __future__ import annotations

import pytest

from limpide.french.tokens import tokenise
from limpide.semantics.context.sections import LOINC, find_sections, section_code


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Antécédents", "11348-0"),
        ("ANTECEDENTS MEDICAUX", "11348-0"),
        ("Antecedants médicaux", "11348-0"),
        ("Antécédents familiaux", "10157-6"),
        ("Motif d’hospitalisation", "42349-1"),
        ("Motif d'hospitalistion", "42349-1"),
        ("Traitement de sortie", "10183-2"),
        ("TRAITEMENT À L'ENTRÉE", "42346-7"),
        ("Allergies", "48765-2"),
        ("Biologie du 12/03/2024", "30954-2"),
        ("Conduite à tenir", "18776-5"),
        ("Cher confrère", None),
    ],
)
def test_a_title_and_its_code(title: str, code: str | None) -> None:
    assert section_code(title) == code


def sections(text: str) -> list[tuple[str | None, str | None, str]]:
    return [(s.title, s.code, text[s.start : s.end]) for s in find_sections(tokenise(text))]


def test_a_letter_is_cut_at_its_titles_and_at_its_closing() -> None:
    text = (
        "Cher confrère,\nMotif : chute\nII. ANTECEDENTS\nHTA\n3) Traitement habituel\nramipril\n"
        "Bien confraternellement,\nDr X"
    )
    assert sections(text) == [
        ("Motif", "42349-1", "Motif : chute\nII. "),
        ("ANTECEDENTS", "11348-0", "ANTECEDENTS\nHTA\n3) "),
        ("Traitement habituel", "10160-0", "Traitement habituel\nramipril\n"),
    ]


def test_titles_within_a_line() -> None:
    text = "Antécédents : HTA. Traitement : ramipril. Allergies : aucune."
    assert [(title, code) for title, code, _ in sections(text)] == [
        ("Antécédents", "11348-0"),
        ("Traitement", "10160-0"),
        ("Allergies", "48765-2"),
    ]


def test_a_title_in_capitals_without_a_colon() -> None:
    assert [code for _, code, _ in sections("ANTECEDENTS   HTA, diabète\n")] == ["11348-0"]


def test_a_sentence_is_no_title() -> None:
    assert sections("Le traitement a été bien toléré.\nIl prend son traitement : oui.") == []


def test_the_system_is_loinc() -> None:
    assert find_sections(tokenise("Conclusion : rien."))[0].system == LOINC
