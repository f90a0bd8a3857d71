"""Names in tables: under their heading, and in rows that list persons. Names and tables are ours."""

from __future__ import annotations

from limpide.deidentification.masking import masked
from limpide.document import Document, Header


def shown(text: str) -> str:
    return masked(Document("", "0" * 64, header=Header(), text=text), b"\x07" * 32).text


def test_what_stands_under_a_heading_of_names_is_a_name_whatever_the_word() -> None:
    text = "N°\tNom\tPrénom\tSexe\n1\tMELODIE\tPrunelle\tF\n2\tVerger\tAnge\tM\n\nVerger de pommes"
    assert shown(text) == "N°\tNom\tPrénom\tSexe\n1\t[NOM]\t[PRENOM]\tF\n2\t[NOM]\t[PRENOM]\tM\n\nVerger de pommes"


def test_a_column_of_names_of_things_is_left() -> None:
    text = "Nom\tDose\tUnité\nKardegic\t75\tmg\nParacétamol\t1\tg"
    assert shown(text) == text


def test_labels_and_values_in_turn_are_a_form_and_no_columns() -> None:
    text = "Nom de naissance\tKERVADEC\nSexe\tF\nLieu de naissance\tQuimper\nTaille\t160"
    assert shown(text) == "Nom de naissance\t[NOM]\nSexe\tF\nLieu de naissance\t[VILLE]\nTaille\t160"
    text = "Nom\tKERVADEC\tPrénom\tSolenne\nSexe\tF\tService\tCardiologie"
    assert shown(text) == "Nom\t[NOM]\tPrénom\t[PRENOM]\nSexe\tF\tService\tCardiologie"


def test_a_row_that_bears_an_ins_names_its_person_in_capitals() -> None:
    row = "3 TALVERAN TALVERAN VERGER VERGER 254031234567847 17/03/1954 F OK"
    assert shown(row) == "3 [NOM] [NOM] [NOM] [NOM] [INS] [DATE_NAISSANCE] F OK"


def test_a_heading_beside_a_label_is_no_name() -> None:
    for text in (
        "Acte\tRéalisé par\tÉtablissement\nScanner",
        "Statut du patient\tInvalide",
        "Signes inhabituels de la MR\tDémarche ataxique",
        "Sérologie H.I.V. Combi négative",
    ):
        assert shown(text) == text
    assert shown("Acte\tRéalisé par Talvéran\nScanner") == "Acte\tRéalisé par [NOM]\nScanner"


def test_what_is_named_after_its_owner_and_where_one_was_born() -> None:
    assert shown("délivré par la pharmacie TALVERAN ce jour") == "délivré par la pharmacie [NOM] ce jour"
    assert shown("Pharmacie centrale, cabinet médical") == "Pharmacie centrale, cabinet médical"
    assert shown("patiente née à Quimper, à terme") == "patiente née à [VILLE], à terme"
