"""Headers and footers are known by their coming back."""

from __future__ import annotations

from limpide.readers.furniture import Line, furniture, repeated


def page(*lines: tuple[str, float]) -> list[Line]:
    return [Line(0, len(text), text, place) for text, place in lines]


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def test_a_line_that_comes_back_at_the_same_place_is_furniture() -> None:
    pages = [page(("CH de Valmont", 0.03), (f"Texte {n}", 0.5), (f"Dossier 44 - page {n}", 0.96)) for n in (1, 2, 3)]
    assert texts(furniture(pages)) == ["CH de Valmont", "Dossier 44 - page 1"] + [
        text for n in (2, 3) for text in ("CH de Valmont", f"Dossier 44 - page {n}")
    ]


def test_a_line_of_the_body_that_comes_back_is_not() -> None:
    assert furniture([page(("Traitement", 0.4)), page(("Traitement", 0.4))]) == []


def test_one_page_has_no_furniture_but_its_number() -> None:
    assert texts(furniture([page(("Compte rendu", 0.05), ("Page 1/1", 0.97))])) == ["Page 1/1"]


def test_what_comes_back_from_document_to_document_of_a_source_is_furniture_of_each() -> None:
    letters = [[page(("CH de Valmont - 12 rue Haute", 0.04), (f"Cher confrère {n}", 0.1))] for n in "abcdef"]
    known = repeated(letters)
    assert texts(furniture(letters[0], known)) == ["CH de Valmont - 12 rue Haute"]


def test_too_few_documents_teach_nothing() -> None:
    assert repeated([[page(("CH de Valmont", 0.04))]] * 3) == frozenset()
