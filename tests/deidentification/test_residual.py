"""The second look: silent on what masking leaves, loud on what it should never leave."""

from __future__ import annotations

import pytest

from limpide.deidentification.masking import masked
from limpide.deidentification.residual import suspects
from limpide.document import Document, Header, Patient


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("joindre yann@exemple.fr", "MAIL"),
        ("voir https://exemple.fr/p/12", "URL"),
        ("tel 02 98 22 33 44", "TEL"),
        ("tel +33 6 12 34 56 78", "TEL"),
        ("2 85 05 78 006 084 91", "INS"),
        ("numéro 940012345678", "NUMERO"),
        ("née le 12/05/1985", "DATE_NAISSANCE"),
        ("14 bis rue des Tanneurs", "ADRESSE"),
        ("vue par le Dr Porzou", "NOM"),
        ("Nom : PORZOU", "NOM"),
        ("signé Yann MOREL", "NOM"),
    ],
)
def test_what_must_never_be_published_is_suspected(text: str, kind: str) -> None:
    assert [found[2] for found in suspects(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Mme [PRENOM] [NOM], née le [DATE_NAISSANCE], vue par le Dr [NOM], tél. [TEL]",
        "Consultation du 12/03/2024 à 10 h 30, 20240312103000",
        "Maladie de Parkinson, syndrome de Claude Bernard-Horner, Dr responsable",
        "CIP 3400936123456, UDI (01)05012345678900(17)260430, plaquettes 245 000 /mm3",
        "TA 130/80 mmHg, FC 72, INR 2,5, 12 000 UI, clairance 78 ml/min/1,73 m2",
        "Nom du médicament : DOLIPRANE 1000 mg",
    ],
)
def test_a_clean_text_is_not_suspected(text: str) -> None:
    assert suspects(text) == []


def test_codes_of_the_facts_are_not_suspected() -> None:
    assert suspects("Concept 444814009") == [(8, 17, "NUMERO")]
    assert suspects("Concept 444814009", frozenset({"444814009"})) == []


def test_a_masked_letter_passes() -> None:
    text = (
        "CHU, service de cardiologie, 2 avenue Foch 29200 BREST, tél. 02 98 22 33 44\n"
        "Dr Yann PORZOU - RPPS 10001234567\n"
        "Mme Anne MARCHALLOT née LE GOFF le 12/05/1985 à Quimper, INS 2 85 05 78 006 084 91\n"
        "Cher confrère, je revois votre patiente pour une maladie de Crohn.\n"
    )
    patient = Patient(family_birth="LE GOFF", family_used="MARCHALLOT", given=["ANNE"], birth_date="1985-05-12")
    assert suspects(text) != []
    assert suspects(masked(Document("x", "s", header=Header(patient=patient), text=text), b"k" * 32).text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # Beside a mask.
        ("vu avec [PRENOM] Kermoal ce jour", "NOM"),
        ("Drs [NOM], Trebaol et [NOM]", "NOM"),
        ("Dr K. [NOM]", "PRENOM"),
        ("[PRENOM] Le Bivic est là", "NOM"),
        ("Mme [NOM] Rose est pâle", "NOM"),
        ("CR_KERMOAL_[PRENOM]_IRM", "NOM"),
        ("[NOM] [PRENOM] 27/09/52, gauche", "DATE_NAISSANCE"),
        # By itself.
        ("reçue par Oumayma Zbiri", "NOM"),
        ("son frère Erwann Kermoal habite", "NOM"),
        ("le confrère Trebaol", "NOM"),
        ("mme kermoal tousse", "NOM"),
        ("Monsieur KERM0AL", "NOM"),
        ("le 12/05/1951", "DATE_NAISSANCE"),
        ("(04.11.52, 72 ans)", "DATE_NAISSANCE"),
        ("née le O4/l1/1952", "DATE_NAISSANCE"),
        ("mille neuf cent quarante", "DATE_NAISSANCE"),
        ("29590 Rosnoën", "ADRESSE"),
        ("poste du service 41287", "TEL"),
        ("elle travaille à Rosnoën", "NOM"),
    ],
)
def test_evidence_that_asks_no_list_of_names(text: str, kind: str) -> None:
    assert kind in [found[2] for found in suspects(text)]


@pytest.mark.parametrize(
    "text",
    [
        "ECOG (Eastern Cooperative Oncology Group) à 1",
        "biopsie du 09.10.2012, reçu du 13.12.10 au 02.08.2011",
        "Dr [NOM] 12/03/1999 à 16:30",
        "hospitalisé à l'Hôpital Antoine Béclère",
        "M. [NOM] prend Kardégic, fils [PRENOM] joignable",
        "expression de Bcl2, CD30, T2DM, pT3N1M0",
        "Scanner Thoracique. Mode De Vie. Service Des Urgences.",
        "Escherichia coli, Klebsiella pneumoniae",
    ],
)
def test_what_only_looks_like_it_is_let_through(text: str) -> None:
    assert suspects(text) == []


def test_a_fact_is_nobody() -> None:
    assert suspects("traité par Zorbiva Meltox") != []
    assert suspects("traité par Zorbiva Meltox", frozenset(), [(11, 25)]) == []
