"""What is body is never taken for a letterhead; what names a place may be."""

from __future__ import annotations

import pytest

from limpide.semantics.body_lines import is_body


@pytest.mark.parametrize(
    "line",
    [
        "Motif d'hospitalisation",
        "MOTIF",
        "Conclusion :",
        "Antécédents : diabète de type 2",
        "CH de Valmont\tMotif : douleur thoracique",
        "Cher confrère,",
        "Madame, Monsieur,",
        "Confraternellement.",
        "Analyse\tRésultat\tUnité\tValeurs usuelles",
        "Examens\tRésultats",
        "Hémoglobine\t13,2\tg/dL\t12 - 16",
        "Poids : 70 kg",
        "Allergies : aucune connue",
        "Diabète de type 2",
        "Dépistage organisé du cancer du sein",
        "Suivi d'une insuffisance rénale chronique",
        "Service de gériatrie\tInsuffisance cardiaque",
        "Unité de soins : pas de diabète",
        "Pôle de gériatrie : PARACETAMOL 1 g matin et soir",
    ],
)
def test_it_speaks_of_the_patient_or_opens_what_does(line: str) -> None:
    assert is_body(line)


@pytest.mark.parametrize(
    "line",
    [
        "CHU Lumière\tMadame DIAZ Noémi née BONNEAU",
        "Service de pneumologie\tNée le 13/08/1938",
        "12 boulevard des Alpes\tINS : 238082B03310181",
        "38000 Grenoble\tIPP : 8000102947",
        "Tél. 0476990100",
        "Pôle de médecine\tDate de naissance : 10/03/1950",
        "Pôle de médecine\tDate de naissance 10/03/1950",
        "Date d'entrée : 02/03/2026\tDate de sortie : 10/03/2026",
        "Grenoble, le 31/10/2026",
        "Dr Georges JACOB",
        "CHU Lumière - FINESS 380999901 - document confidentiel soumis au secret médical\tPage 1/1",
        "Centre de référence du diabète et de l'hypertension – Institut du cancer",
        "Monsieur TECHER Émile\tInstitut du cancer et de l'insuffisance cardiaque",
        "www.institut-cancer.example",
    ],
)
def test_it_says_who_writes_and_to_whom(line: str) -> None:
    assert not is_body(line)
