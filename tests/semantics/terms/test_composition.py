"""Codes that a head makes with what follows it, and terms that the classification itself leaves open."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def condition(text: str) -> Fact:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    engine.annotate(document)
    (fact,) = [fact for fact in document.facts if fact.kind == "condition"]
    return fact


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Maladie osseuse métastatique.", "C79.5"),
        ("Atteinte pulmonaire métastatique.", "C78.0"),
        ("Maladie osseuse.", "M89.9"),
        ("Lésion hépatique.", "K76.9"),
        ("Maladie métastatique osseuse.", "C79.5"),
    ],
)
def test_a_metastatic_disorder_of_an_organ_is_a_metastasis(sentence: str, code: str) -> None:
    assert condition(sentence).code == code


def test_secondary_to_something_is_no_metastasis() -> None:
    assert condition("Maladie pulmonaire secondaire.").code == "J98.4"


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Carcinome canalaire infiltrant.", "C50.9"),
        ("Carcinome canalaire de la parotide.", "C07"),
        ("Carcinome urothélial.", "C67.9"),
        ("Carcinome urothélial de l'uretère.", "C66"),
        ("Tumeur neuroendocrine.", "C80"),
        ("Tumeur neuroendocrine du rectum.", "C20"),
        ("Sarcome synovial.", "C49.9"),
        ("Sarcome synovial du poumon.", "C34.9"),
        ("Rhabdomyosarcome alvéolaire.", "C49.9"),
        ("Carcinome lobulaire in situ.", "D05.0"),
        ("Antécédent de cancer.", "Z85.9"),
        ("Antécédent de cancer du sein.", "Z85.3"),
        ("Antécédent de cancer bronchique.", "Z85.1"),
    ],
)
def test_a_named_site_prevails_over_the_usual_one(sentence: str, code: str) -> None:
    assert condition(sentence).code == code


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Adénocarcinome du cardia.", "C16.0"),
        ("Cancer de la base de la langue.", "C01"),
        ("Carcinome du plancher buccal.", "C04.9"),
        ("Cancer colorectal.", "C19"),
        ("Adénome parotidien.", "D11.0"),
        ("Tumeur maligne de l'hémi-langue droite.", "C02.9"),
        ("Contusion de l'hémithorax gauche.", "S20.2"),
        ("Œdème de la langue.", "K14.8"),
    ],
)
def test_neighbouring_sites_have_their_own_categories(sentence: str, code: str) -> None:
    assert condition(sentence).code == code


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Une crise d'épilepsie.", "G40.9"),
        ("Une crise convulsive.", "R56.8"),
        ("Une grippe.", "J11.1"),
        ("Une grippe A.", "J10.1"),
        ("Un parkinsonisme.", "G20"),
        ("Un syndrome extrapyramidal.", "G25.9"),
        ("Des troubles digestifs.", "K92.9"),
        ("Une tumeur phyllode bénigne.", "D24"),
        ("Une tumeur phyllode.", "D48.6"),
        ("Une tumeur de Krukenberg.", "C79.6"),
        ("Une insuffisance mitrale congénitale.", "Q23.3"),
        ("Une vascularite cutanée.", "L95.9"),
        ("Une détresse respiratoire néonatale.", "P22.9"),
    ],
)
def test_the_classification_says_which(sentence: str, code: str) -> None:
    assert condition(sentence).code == code


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("Une détresse respiratoire.", {"J96.0", "P22.9", "R06.0"}),
        ("Une miliaire.", {"A19.9", "L74.3"}),
    ],
)
def test_what_two_categories_claim_has_candidates_and_no_code(sentence: str, codes: set[str]) -> None:
    fact = condition(sentence)
    assert fact.code is None
    assert {candidate.code for candidate in fact.candidates} == codes
