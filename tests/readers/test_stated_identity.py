"""What a text states of its patient, and what it does not."""

from __future__ import annotations

import pytest

from limpide.document import Identifier
from limpide.readers.stated_identity import (
    INS_NIA,
    INS_NIR,
    INS_NIR_TEST,
    NSS_NIR,
    key_is_right,
    stated_header,
    stated_identity,
)


def number(thirteen: str) -> str:
    """A made-up number with its right key."""
    counted = int(thirteen.replace("2A", "19").replace("2B", "18"))
    return f"{thirteen}{97 - counted % 97:02d}"


WOMAN = number("2560399999001")
CORSICAN = number("170052A999002")


def test_the_key_of_a_number_is_checked_corsica_included() -> None:
    assert key_is_right(WOMAN) and key_is_right(CORSICAN) and key_is_right(number("170052B999002"))
    assert not key_is_right(WOMAN[:-2] + "00")
    assert not key_is_right(CORSICAN.replace("2A", "2B"))


@pytest.mark.parametrize(
    ("text", "system"),
    [
        (f"INS : {WOMAN}", INS_NIR),
        (f"Matricule INS\t{WOMAN} [INS-NIR de test]", INS_NIR_TEST),
        (
            f"Numéro INS {WOMAN[0]} {WOMAN[1:3]} {WOMAN[3:5]} {WOMAN[5:7]} {WOMAN[7:10]} {WOMAN[10:13]} {WOMAN[13:]}",
            INS_NIR,
        ),
        (f"INS-NIA : {WOMAN} (NIA)", INS_NIA),
    ],
)
def test_an_ins_is_taken_with_its_label_and_its_key(text: str, system: str) -> None:
    patient = stated_identity(text)
    assert (patient.ins, patient.ins_system) == (WOMAN, system)
    assert patient.identifiers == [Identifier(WOMAN, system)]


def test_a_wrong_key_an_unlabelled_number_and_two_numbers_give_no_ins() -> None:
    assert stated_identity(f"INS : {WOMAN[:-2]}00").ins is None
    assert stated_identity(f"Dossier {WOMAN}").ins is None
    both = stated_identity(f"INS : {WOMAN}\nINS : {CORSICAN}")
    assert both.ins is None
    assert [known.value for known in both.identifiers] == [WOMAN, CORSICAN]


def test_a_social_security_number_is_an_identifier_and_no_ins() -> None:
    patient = stated_identity(f"N° de sécurité sociale : {WOMAN}")
    assert patient.ins is None
    assert patient.identifiers == [Identifier(WOMAN, NSS_NIR)]


def test_labelled_names_birth_date_and_sex() -> None:
    patient = stated_identity(
        "Nom de naissance : LENORMAND-ROY\nNom d'usage : DUBOIS\nPrénom(s) de naissance : Paule Marie [PAULE]\n"
        "Né(e) le : 1er avril 1956\nSexe : Féminin\nIPP : 00451278 [1.2.250.1.999.7]\n"
    )
    assert (patient.family_birth, patient.family_used, patient.given) == ("LENORMAND-ROY", "DUBOIS", ["Paule", "Marie"])
    assert (patient.birth_date, patient.sex) == ("1956-04-01", "F")
    assert patient.identifiers == [Identifier("00451278", "1.2.250.1.999.7")]


def test_labels_follow_one_another_on_a_line() -> None:
    patient = stated_identity("Nom : LENORMAND Prénom : Paule Sexe : F Date de naissance : 12/03/1956")
    assert (patient.family_used, patient.given, patient.sex) == ("LENORMAND", ["Paule"], "F")
    assert patient.birth_date == "1956-03-12"


def test_name_and_first_name_in_one_field_are_cut_where_the_capitals_end() -> None:
    patient = stated_identity("Nom / Prénom : DE LA TOUR Anne Lise\n")
    assert (patient.family_used, patient.given) == ("DE LA TOUR", ["Anne", "Lise"])
    assert stated_identity("Nom / Prénom : DE LA TOUR ANNE\n").family_used is None


def test_a_letter_states_the_birth_date_in_passing() -> None:
    assert stated_identity("Je revois Madame Lenormand, née le 12/03/1956, pour son asthme.").birth_date == "1956-03-12"


@pytest.mark.parametrize(
    "text",
    [
        "Son père, né le 12/03/1926, est diabétique.",
        "Mère d'un enfant né le 02/02/2001",
        "né le 12/03/1956\nné le 12/03/1957",
        "Date de naissance : 31/02/1956",
        "Date de naissance : inconnue",
        "Sans nom précis, prénom usuel inconnu, sexe du fœtus non vu.",
        "Nom : 12345",
    ],
)
def test_what_is_doubtful_or_of_somebody_else_stays_unknown(text: str) -> None:
    patient = stated_identity(text)
    assert (patient.birth_date, patient.family_used, patient.family_birth, patient.sex) == (None, None, None, None)


def test_the_title_of_the_document_where_it_is_plain() -> None:
    header = stated_header("Compte rendu d'hospitalisation\nDate du document : 14/03/2024")
    assert header.title == "Compte rendu d'hospitalisation"
