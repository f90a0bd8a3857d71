"""The identity that French hospitals print on a page, in the layouts in which they print it."""

from __future__ import annotations

import pytest

from limpide.readers.stated_identity import stated_header, stated_identity

# what the page says -> (number, authority), birth name, name used, given, birth date, sex
PAGES = {
    "Patient : Monsieur TANGUY Corentin\nIPP : 8200417\nNé le : 14/02/1951\n": (
        "8200417", None, "TANGUY", "Corentin", "1951-02-14", "M"),
    "Patiente : Mme OLIVRY Maëlle née RIOU\nNIP 00412877\tDDN 03/11/1962\n": (
        "00412877", "RIOU", "OLIVRY", "Maëlle", "1962-11-03", "F"),
    "Madame Maëlle OLIVRY née le 3 novembre 1962\nN° IPP : 412877\n": (
        "412877", None, "OLIVRY", "Maëlle", "1962-11-03", "F"),
    "Je vois ce jour Madame OLIVRY Maëlle, née RIOU le 03/11/1962, pour un suivi.\nIPP 412877": (
        "412877", "RIOU", "OLIVRY", "Maëlle", "1962-11-03", "F"),
    "Concernant votre patient Monsieur Corentin TANGUY, né le 14.02.1951 (75 ans).": (
        None, None, "TANGUY", "Corentin", "1951-02-14", "M"),
    "M. TANGUY Corentin (né le 14-02-1951)\nN° dossier : 55/0412": (
        None, None, "TANGUY", "Corentin", "1951-02-14", "M"),
    "Nom : TANGUY\nPrénom : Corentin\nNé(e) le : 14/02/1951\nSexe : M\nNuméro de dossier : 5504127\n": (
        "5504127", None, "TANGUY", "Corentin", "1951-02-14", "M"),
    "Nom\tPrénom\tNé(e) le\tIPP\nTANGUY\tCorentin\t14/02/1951\t8200417\n": (
        "8200417", None, "TANGUY", "Corentin", "1951-02-14", None),
    "Nom\nTANGUY\nPrénom :\nCorentin\nDate de naissance\n14/02/1951\n": (
        None, None, None, "Corentin", "1951-02-14", None),
    "Identité : TANGUY Corentin   N° permanent : 8200417   NDA : 126004417\n": (
        "8200417", None, "TANGUY", "Corentin", None, None),
    "Civilité : Monsieur\nNom de naissance : TANGUY\nPrénom : Corentin\nDN : 14/02/1951\n": (
        None, "TANGUY", None, "Corentin", "1951-02-14", "M"),
    "L'enfant Nolwenn LE BRAS, née le 02/05/2019\nIdentifiant patient : P0041288\n": (
        "P0041288", None, "LE BRAS", "Nolwenn", "2019-05-02", "F"),
    "Mme Maëlle OLIVRY\nNée RIOU le 03/11/1962\nI.P.P. : 412877\n": (
        "412877", "RIOU", "OLIVRY", "Maëlle", "1962-11-03", "F"),
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_the_patient_of_a_letterhead(page: str) -> None:
    number, birth_name, used, given, birth, sex = PAGES[page]
    patient = stated_identity(page)
    assert [one.value for one in patient.identifiers] == ([number] if number else [])
    assert (patient.family_birth, patient.family_used, " ".join(patient.given) or None) == (birth_name, used, given)
    assert (patient.birth_date, patient.sex) == (birth, sex)


@pytest.mark.parametrize(
    "page",
    [
        "Traitement : IPP 40 MG le matin, IPP : oméprazole.",
        "Revu par Madame MARTIN le 12/03/2026 en consultation.",
        "Son épouse Madame OLIVRY Maëlle, née le 03/11/1962, est prévenue.",
        "Monsieur TANGUY Corentin, né le 14/02/1951.\nMadame OLIVRY Maëlle, née le 03/11/1962.",
        "IPP : 8200417\nTexte.\nIPP : 8200418\n",
        "Nom\tPrénom\tNé(e) le\nTANGUY\tCorentin\t14/02/1951\nOLIVRY\tMaëlle\t03/11/1962\n",
    ],
)
def test_what_names_nobody_for_sure(page: str) -> None:
    patient = stated_identity(page)
    assert (patient.identifiers, patient.family_used, patient.birth_date) == ([], None, None)


@pytest.mark.parametrize(
    "line", ["NDA : 126004417", "N° de séjour : 126004417", "IEP 126004417", "Numéro de venue : 126004417"]
)
def test_a_number_of_stay_is_the_stay_s_and_not_the_patient_s(line: str) -> None:
    header = stated_header(f"Compte rendu\nPatient : TANGUY Corentin\n{line}\n")
    assert (header.encounter.id, header.patient.identifiers) == ("126004417", [])
