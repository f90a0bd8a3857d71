"""Reading order and separators, from glyphs alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.readers.page_layout import lay_out

Placed = tuple[str, float, float]  # what, x, y of the top


def page(*lines: Placed, size: float = 10.0, typed: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Glyphs of lines set in fixed-width type of half the size; `typed` spaces are drawn, others are holes."""
    codes, boxes = [], []
    for text, x, y in lines:
        for index, character in enumerate(text):
            left = x + index * size / 2
            if character == " " and not typed:
                continue
            codes.append(ord(character))
            boxes.append((left, y, left + size / 2 * (0.8 if character == " " else 1), y + size))
        codes += [13, 10]
        boxes += [(0, 0, 0, 0)] * 2
    return np.array(codes, np.uint32), np.array(boxes, np.float32)


def text_of(*lines: Placed, **how: float) -> str:
    return lay_out(*page(*lines, **how), height=800).text


def test_lines_are_read_from_top_to_bottom_whatever_the_order_they_were_drawn_in() -> None:
    assert text_of(("deux", 50, 112), ("un", 50, 100), ("trois", 50, 124)) == "un\ndeux\ntrois"


def test_paragraphs_are_set_apart_by_an_empty_line() -> None:
    lines = [("un", 50.0, 100.0), ("deux", 50.0, 112.0), ("trois", 50.0, 124.0), ("quatre", 50.0, 150.0)]
    assert text_of(*lines) == "un\ndeux\ntrois\n\nquatre"


def test_every_character_has_its_own_box_and_inserted_ones_have_none() -> None:
    read = lay_out(*page(("ab c", 50, 100), ("d", 50, 112)))
    assert read.text == "ab c\nd"
    assert read.boxes.dtype == np.float32
    assert read.boxes[0].tolist() == [50, 100, 55, 110]
    assert read.boxes[3].tolist() == [65, 100, 70, 110]
    assert np.isnan(read.boxes[4]).all()
    assert read.boxes[5].tolist() == [50, 112, 55, 122]


def test_holes_are_spaces_where_no_space_was_drawn() -> None:
    assert text_of(("un mot puis un autre", 50, 100), typed=False) == "un mot puis un autre"


def prose(x: float, y: float, words: str) -> list[Placed]:
    return [(f"{words} {index:02d} du texte courant qui remplit", x, y + 12 * index) for index in range(6)]


def test_columns_of_prose_are_read_one_after_the_other_even_on_the_same_lines() -> None:
    left, right = prose(40, 100, "Gauche"), prose(320, 100, "Droite")
    rows = [line for pair in zip(left, right, strict=True) for line in pair]
    expected = "\n".join(line for line, _, _ in left) + "\n\n" + "\n".join(line for line, _, _ in right)
    assert text_of(*rows) == expected


def test_three_columns_on_the_same_lines_are_read_one_after_the_other() -> None:
    title = ("Un titre au-dessus de deux colonnes sur trois", 40.0, 70.0)
    columns = [prose(40, 100, "Gauche"), prose(260, 100, "Milieu"), prose(480, 100, "Droite")]
    rows = [line for row in zip(*columns, strict=True) for line in row]
    expected = "\n\n".join("\n".join(line for line, _, _ in column) for column in columns)
    assert text_of(title, *rows) == f"{title[0]}\n\n{expected}"


def test_lists_side_by_side_are_read_one_after_the_other() -> None:
    left, right = (
        [(f"- {word} {n}", x, 100.0 + 12 * n) for n in range(4)] for word, x in (("arret", 40), ("suivi", 300))
    )
    text = text_of(*(line for pair in zip(left, right, strict=True) for line in pair))
    assert text.index("- arret 3") < text.index("- suivi 0")


def test_a_table_whose_first_cells_alone_bear_a_mark_is_read_by_rows() -> None:
    rows = [
        (text, x, 100.0 + 12 * n) for n in range(4) for text, x in ((f"- produit {n}", 40.0), (f"{n} matin", 300.0))
    ]
    assert text_of(*rows).splitlines()[3] == "- produit 3\t3 matin"


def test_a_title_across_comes_before_the_columns() -> None:
    title = ("Un titre qui passe au-dessus des deux colonnes de cette page-ci, en entier", 40.0, 60.0)
    text = text_of(title, *prose(40, 100, "Gauche"), *prose(320, 100, "Droite"))
    assert text.startswith(title[0] + "\n\nGauche 00") and text.index("Gauche 05") < text.index("Droite 00")


def test_a_sentence_runs_on_from_one_column_to_the_next_without_an_empty_line() -> None:
    text = text_of(*prose(40, 100, "gauche"), *prose(320, 100, "droite"))
    assert "gauche 05 du texte courant qui remplit\ndroite 00" in text


def test_a_sidebar_of_short_lines_is_read_apart_from_the_letter() -> None:
    staff = [(f"Dr Nom numero {index}", 20.0, 103 + 17.0 * index) for index in range(5)]
    text = text_of(*staff, *prose(200, 100, "lettre"))
    assert text.index("Dr Nom numero 4") < text.index("lettre 00")


def test_the_cells_of_a_row_stand_apart_by_a_tab_and_rows_stay_whole() -> None:
    table = [
        cell
        for index, (name, value) in enumerate(
            [("Sodium", "140"), ("Potassium", "4,1"), ("Chlore", "101"), ("CRP", "<1")]
        )
        for cell in ((name, 50.0, 100 + 12.0 * index), (value, 200.0, 100 + 12.0 * index))
    ]
    assert text_of(*table) == "Sodium\t140\nPotassium\t4,1\nChlore\t101\nCRP\t<1"


def test_a_table_drawn_column_by_column_is_still_read_by_rows() -> None:
    names = [(name, 50.0, 100 + 12.0 * index) for index, name in enumerate(("Sodium", "Potassium", "Chlore"))]
    values = [(value, 200.0, 100 + 12.0 * index) for index, value in enumerate(("140", "4,1", "101"))]
    assert text_of(*names, *values) == "Sodium\t140\nPotassium\t4,1\nChlore\t101"


@pytest.mark.parametrize(
    ("first", "second", "mended"),
    [
        ("une insuffi-", "sance renale", "une insuffisance\nrenale"),
        ("un suivi post-", "operatoire court", "un suivi post-operatoire\ncourt"),
        ("Gram -", "quelques", "Gram -\nquelques"),
        ("fin de ligne", "suite", "fin de ligne\nsuite"),
    ],
)
def test_a_word_cut_at_a_line_end_is_made_whole_and_the_line_ends_after_it(
    first: str, second: str, mended: str
) -> None:
    assert text_of((first, 50, 100), (second, 50, 112)) == mended


def test_the_boxes_of_a_mended_word_stay_those_of_its_two_lines() -> None:
    read = lay_out(*page(("insuffi-", 50, 100), ("sance", 50, 112)))
    assert read.text == "insuffisance"
    assert read.boxes[6].tolist() == [80, 100, 85, 110]
    assert read.boxes[7].tolist() == [50, 112, 55, 122]


def test_a_hyphen_that_ends_a_row_is_not_joined_to_another_cell_of_the_row_below() -> None:
    rows = [
        ("Rue Haute a Beau-", 50.0, 100.0),
        ("Cabinet de Mar-", 200.0, 100.0),
        ("lieu", 50.0, 112.0),
        ("ville", 200.0, 112.0),
    ]
    assert text_of(*rows) == "Rue Haute a Beau-\tCabinet de Mar-\nlieu\tville"


def test_ligatures_are_letters_that_share_the_box() -> None:
    codes, boxes = np.array([ord("ﬃ"), ord("x")], np.uint32), np.array([[0, 0, 9, 10], [9, 0, 14, 10]], np.float32)
    read = lay_out(codes, boxes)
    assert read.text == "ffix"
    assert read.boxes[:, 0].tolist() == [0, 3, 6, 9]


def test_letters_that_were_given_the_box_of_the_whole_ligature_share_it_too() -> None:
    codes = np.array([ord(c) for c in "fix"], np.uint32)
    read = lay_out(codes, np.array([[0, 0, 8, 10], [0, 0, 8, 10], [8, 0, 13, 10]], np.float32))
    assert read.text == "fix"
    assert read.boxes[:, 0].tolist() == [0, 4, 8]


def test_an_accent_drawn_apart_joins_its_letter() -> None:
    codes = np.array([ord("e"), 0x301, ord("t")], np.uint32)
    assert lay_out(codes, np.array([[0, 2, 5, 10], [1, 0, 4, 2], [5, 0, 8, 10]], np.float32)).text == "ét"


def test_text_on_its_side_is_read_along_its_own_lines() -> None:
    codes, boxes = page(("corps de la lettre", 100, 100), ("suite de la lettre", 100, 112))
    side = [(20.0, 400.0 - 5 * index, 30.0, 405.0 - 5 * index) for index in range(5)]
    codes = np.concatenate([codes, np.array([ord(c) for c in "MARGE"], np.uint32)])
    read = lay_out(codes, np.concatenate([boxes, np.array(side, np.float32)]), 800)
    assert read.text == "corps de la lettre\nsuite de la lettre\n\nMARGE"
    assert read.boxes[-5:].tolist() == [list(box) for box in side]


def test_an_empty_page_is_empty() -> None:
    read = lay_out(np.empty(0, np.uint32), np.empty((0, 4), np.float32))
    assert (read.text, read.boxes.shape) == ("", (0, 4))


def test_confidences_follow_their_characters() -> None:
    codes, boxes = page(("b", 50, 112), ("a", 50, 100))
    read = lay_out(codes, boxes, 800, np.array([0.25, 1, 1, 0.75, 1, 1], np.float32))
    assert (read.text, read.confidences.tolist()) == ("a\nb", [0.75, 1.0, 0.25])


boxes = st.tuples(*[st.floats(-1e4, 1e4, width=32)] * 4)


@given(st.lists(st.tuples(st.integers(0, 0x10FFFF), boxes), max_size=40))
def test_any_glyphs_give_a_text_with_a_box_for_each_character(glyphs: list[tuple[int, tuple[float, ...]]]) -> None:
    codes = np.array([code for code, _ in glyphs], np.uint32)
    read = lay_out(codes, np.array([box for _, box in glyphs], np.float32).reshape(-1, 4), 800)
    assert len(read.boxes) == len(read.text)
    read.text.encode("utf-8")
