"""What is named and not said of the patient: places, people, leaflets, scores, tests, printed reminders."""

from __future__ import annotations

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine


def conditions(text: str) -> list[str | None]:
    document = Document(path="", sha256="", text=text)
    load_engine().annotate(document)
    return [fact.text for fact in document.facts if fact.kind == "condition"]


@pytest.mark.parametrize(
    "text",
    [
        "Service des maladies infectieuses.",
        "Centre régional de lutte contre le cancer",
        "Ligue contre le cancer",
        "Association des diabétiques.",
        "Présents : Drs Fièvre, Séton et Rayer",
        "La famille a reçu le livret « Vivre avec la sclérose en plaques ».",
        "Fiches CRI remises : zona, tuberculose, grossesse.",
        "Atelier « mon diabète et moi » proposé.",
        "Patient informé des risques d'infection, de luxation et d'embolie pulmonaire.",
        "Risques exposés : hémorragie, infection, paralysie.",
        "EVA douleur 4/10.",
        "Charge virale VIH < 20 copies/mL.",
        "Ac anti-VHC positif.",
        "Pertes sanguines : 150 mL.",
        "Suivi d'un choc électrique externe.",
        "Facteurs de risque : hypertension artérielle, diabète, tabac.\nObjectif de LDL-cholestérol selon les "
        "recommandations : < 1,00 g/L",
    ],
)
def test_a_name_is_no_condition(text: str) -> None:
    assert conditions(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Devant l'association d'une fièvre et d'une toux.", ["fièvre", "toux"]),
        ("Service de cardiologie. HTA ancienne.", ["HTA"]),
        ("Facteurs de risque : HTA, diabète.\nLe patient a un LDL à 1,2 g/L, objectif 0,7.", ["HTA", "diabète"]),
        ("Hémorragie estimée à 2500 mL.", ["Hémorragie"]),
        ("VIH depuis 1996.", ["VIH"]),
    ],
)
def test_what_is_said_of_the_patient_stays(text: str, said: list[str]) -> None:
    assert conditions(text) == said
