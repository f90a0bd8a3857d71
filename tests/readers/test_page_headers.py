"""Headers and footers are known by their coming back."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Document, Page, Section
from limpide.readers.page_headers import Cell, Edges, Line, edge_lines, edges, furniture, learnt, mark

HEIGHT = 100.0
HOSPITAL, FOOT = "CH de Valmont", "Institut du cancer - document confidentiel"


def page(*lines: tuple[str, float]) -> list[Line]:
    return [Line(0, len(text), text, place) for text, place in lines]


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def document(*pages: list[tuple[str, float]]) -> Document:
    """Pages of lines at the places given, as the PDF door hands them over."""
    out = Document(path="", sha256="")
    for number, lines in enumerate(pages, start=1):
        text = "\n".join(line for line, _ in lines)
        boxes = np.full((len(text), 4), np.nan, np.float32)
        at = 0
        for line, place in lines:
            boxes[at : at + len(line)] = (10, place * HEIGHT, 20, place * HEIGHT + 1)
            at += len(line) + 1
        start = len(out.text) + 3 if out.text else 0
        out.text = f"{out.text}\n\f\n{text}" if out.text else text
        out.pages.append(Page(number, start, start + len(text), 100.0, HEIGHT, boxes))
    return out


def letter(n: int, *more: tuple[str, float]) -> Document:
    """A letter of one page, of patient `n`."""
    return document([(f"{HOSPITAL}\tMadame {'abcdefghij'[n]} Zoé", 0.03), ("Cher confrère,", 0.2), *more, (FOOT, 0.95)])


def looked(letters: list[Document], body: frozenset[str] = frozenset()) -> list[Edges]:
    return [edges(each, f"patient {n}", body.__contains__) for n, each in enumerate(letters)]


def marked(each: Document) -> list[str]:
    return [each.text[section.start : section.end] for section in each.sections]


def test_a_line_that_comes_back_at_the_same_place_is_furniture() -> None:
    pages = [page((HOSPITAL, 0.03), (f"Dossier 44 - page {n}", 0.96)) for n in (1, 2, 3)]
    assert texts(furniture(pages)) == [text for n in (1, 2, 3) for text in (HOSPITAL, f"Dossier 44 - page {n}")]


def test_only_the_head_and_the_foot_of_a_page_are_looked_at() -> None:
    (sheet,) = document([("Tête", 0.1), ("Traitement", 0.4), ("Pied", 0.9)]).pages
    found = edge_lines("Tête\nTraitement\nPied", sheet.boxes, 100, HEIGHT)
    assert [(line.start, line.end, line.text, round(line.place, 3)) for line in found] == [
        (100, 104, "Tête", 0.1),
        (116, 120, "Pied", 0.9),
    ]
    assert edge_lines("Tête", sheet.boxes, 0, None) == []


def test_one_page_has_no_furniture_of_its_own_but_its_number() -> None:
    assert texts(furniture([page(("Compte rendu", 0.05), ("Page 1/1", 0.97))])) == ["Page 1/1"]


def test_what_comes_back_from_document_to_document_of_a_source_is_furniture_of_each() -> None:
    letters = [letter(n) for n in range(5)]
    known = learnt(looked(letters))
    for each in letters:
        mark(each, known)
        assert marked(each) == [HOSPITAL, FOOT]
    assert letters[0].sections[0] == Section(None, None, None, 0, len(HOSPITAL), furniture=True)


def test_cells_and_lines_that_touch_are_one_piece_of_furniture() -> None:
    letters = [document([(f"{HOSPITAL}\tUrgences", 0.03), (f"Poste {n}", 0.06), (f"M. {'abcde'[n]}", 0.09)])
               for n in range(5)]  # fmt: skip
    mark(letters[3], learnt(looked(letters)))
    assert marked(letters[3]) == [f"{HOSPITAL}\tUrgences\nPoste 3"]


def test_it_is_furniture_at_that_place_only() -> None:
    known = learnt(looked([letter(n) for n in range(5)]))
    elsewhere = document([(HOSPITAL, 0.13), ("Histoire", 0.5), (FOOT, 0.6), (FOOT, 0.94)])
    mark(elsewhere, known)
    assert marked(elsewhere) == [FOOT]
    assert elsewhere.sections[0].start == elsewhere.text.rindex(FOOT)


def test_what_a_document_knows_by_itself_is_not_marked_twice() -> None:
    known = learnt(looked([letter(n) for n in range(5)]))
    each = letter(0)
    own = Section(None, None, None, each.text.index(FOOT), len(each.text), furniture=True)
    each.sections = [own]
    mark(each, known)
    assert marked(each) == [HOSPITAL, FOOT] and each.sections[1] is own


def test_a_document_with_sections_of_its_own_is_left_alone() -> None:
    known = learnt(looked([letter(n) for n in range(5)]))
    each = letter(0)
    each.sections = [Section("10164-2", None, "Histoire", 0, 10)]
    mark(each, known)
    assert len(each.sections) == 1


def test_fewer_than_five_documents_teach_nothing() -> None:
    assert learnt(looked([letter(n) for n in range(4)])) == frozenset()


def test_fewer_than_five_persons_teach_nothing() -> None:
    """Six letters about one patient have their disease in common."""
    assert learnt([Edges("one", looked([letter(0)])[0].runs)] * 6) == frozenset()
    assert learnt([Edges(None, looked([letter(0)])[0].runs)] * 6) == frozenset()


def test_what_fewer_than_three_in_five_documents_bear_is_not_learnt() -> None:
    others = [document([("Clinique des Ifs", 0.03)]) for _ in range(4)]
    assert {like for like, _ in learnt(looked([letter(n) for n in range(6)] + others))} == {
        "ch de valmont",
        FOOT.casefold(),
    }
    assert learnt(looked([letter(n) for n in range(6)] + [*others, letter(0, ("x", 0.5)), *others])) == frozenset()


def test_from_the_first_line_of_the_body_on_nothing_is_learnt() -> None:
    """Under a title, the same words at the same place in every letter are what these letters say."""
    body = frozenset({"Motif d'hospitalisation"})
    letters = [document([(HOSPITAL, 0.03), ("Motif d'hospitalisation", 0.06), ("Diabète", 0.09)]) for _ in range(6)]
    assert {like for like, _ in learnt(looked(letters, body))} == {"ch de valmont"}
    feet = [document([("Diabète", 0.9), ("Conclusion", 0.93), (FOOT, 0.97)]) for _ in range(6)]
    assert {like for like, _ in learnt(looked(feet, frozenset({"Conclusion"})))} == {FOOT.casefold()}


def test_the_title_of_the_document_and_prose_at_a_head_are_body() -> None:
    for line in ("Compte rendu d'hospitalisation", "Examen sans particularité.", "Adressé ce jour pour le bilan "
                 "annuel de son diabète"):  # fmt: skip
        letters = [document([(HOSPITAL, 0.03), (line, 0.06), ("Service des ifs", 0.09)]) for _ in range(6)]
        assert {like for like, _ in learnt(looked(letters))} == {"ch de valmont"}, line


def test_a_notice_at_the_foot_is_learnt_and_prose_that_does_not_come_back_hides_what_is_above() -> None:
    notice = "Ce document, couvert par le secret médical, est destiné au seul patient."
    letters = [document([("Suites simples", 0.88), (f"Revue {'abcdef'[n]} le matin.", 0.91), (notice, 0.96)])
               for n in range(6)]  # fmt: skip
    assert {like for like, _ in learnt(looked(letters))} == {notice.casefold()}


CELLS = st.builds(Cell, st.sampled_from(("a", "b", "c")), st.integers(0, 3), st.booleans())
LOOKED = st.builds(
    Edges, st.sampled_from((None, "1", "2", "3", "4", "5", "6")), st.tuples(st.lists(CELLS, max_size=4).map(tuple))
)


@given(st.lists(LOOKED, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_documents_does_not_matter(documents: list[Edges], random: object) -> None:
    shuffled = list(documents)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert learnt(shuffled, least=2) == learnt(documents, least=2)


@given(st.lists(LOOKED, max_size=12))
def test_whatever_is_learnt_stands_near_that_place_in_enough_documents_of_enough_persons(
    documents: list[Edges],
) -> None:
    for like, at in learnt(documents, share=0.5, least=3):
        bearing = [
            one for one in documents
            if any(cell.like == like and abs(cell.at - at) <= 2 for run in one.runs for cell in run)
        ]  # fmt: skip
        assert len(bearing) >= 0.5 * len(documents)
        assert len({one.who for one in bearing}) >= 3


LINES = st.lists(
    st.tuples(st.text("aà1 \t.", min_size=1, max_size=12), st.floats(0, 1, width=32)), min_size=1, max_size=8
)


@given(LINES, st.frozensets(st.tuples(st.sampled_from(("a", "#", "à a", "a#")), st.integers(-1, 51))))
def test_marks_lie_apart_in_order_within_the_text_and_change_nothing_else(
    lines: list[tuple[str, float]], known: frozenset[tuple[str, int]]
) -> None:
    each = document(lines)
    before = each.text
    mark(each, known)
    spans = [(section.start, section.end) for section in each.sections]
    assert each.text == before and all(section.furniture for section in each.sections)
    assert all(0 <= a < b <= len(before) and before[a:b].strip() for a, b in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
