"""Numbers checked against the shapes of their picture."""

from __future__ import annotations

import numpy as np
import pytest

from limpide.readers.ocr_figures import checked, odd_ones, shapes

WIDTHS = {"d": (0, 30, 16), ",": (25, 36, 5), "-": (14, 17, 9), ".": (29, 30, 1)}  # top, foot, width; '.': a speck


def drawn(word: str) -> np.ndarray:
    """Boxes in place of figures ('d'), commas, hyphens and specks ('.')."""
    ink = np.zeros((44, 12 + 24 * len(word)), bool)
    for index, shape in enumerate(word):
        top, foot, width = WIDTHS[shape]
        ink[4 + top : 4 + foot, 6 + 24 * index : 6 + 24 * index + width] = True
    return ink


def test_figures_commas_and_hyphens_are_told_by_their_shapes_and_specks_left_out() -> None:
    assert shapes(drawn("dd,d")) == "dd,d"
    assert shapes(drawn("d-dd")) == "d-dd"
    assert shapes(drawn("d.d")) == "dd"
    assert shapes(np.zeros((20, 20), bool)) == ""


@pytest.mark.parametrize(
    ("text", "picture", "told"),
    [
        ("64,3", "dd,d", ("64,3", False)),
        ("643", "dd,d", ("64,3", True)),  # the comma was dropped
        ("643", "ddd", ("643", False)),
        ("29,", "dd,d", ("29,", True)),  # a figure was dropped: which one cannot be told
        ("12/03/2023", "dddddddddd", ("12/03/2023", False)),
        ("202", "dd,d", ("20,2", True)),
        ("643", "ddd,", ("643", True)),  # nothing follows that comma
    ],
)
def test_a_comma_that_the_picture_shows_is_put_back_and_the_word_is_doubtful(
    text: str, picture: str, told: tuple[str, bool]
) -> None:
    assert checked(text, [drawn(picture)]) == told


def test_a_comma_that_one_threshold_of_two_shows_is_a_comma() -> None:
    assert checked("48", [drawn("dd"), drawn("d,d")]) == ("4,8", True)
    assert checked("4,8", [drawn("dd"), drawn("d,d")]) == ("4,8", False)


@pytest.mark.parametrize(
    ("row", "odd"),
    [
        ("Hématocrite 532 % 40,0 - 52,0 H 51,4", ["532"]),
        ("Hématocrite 532 % (40,0 à 52,0)", ["532"]),
        ("Glycémie 0,98 g/L 070 - 1,10", ["070"]),
        ("Sodium 138 mmol/L 136 - 145", []),
        ("INR 2 0,80-1,20 07/10/2023", []),  # one figure cannot have lost its comma
        ("bisoprolol 2,5 mg, 14 jours", []),
    ],
)
def test_a_whole_number_among_bounds_with_decimals_is_doubtful(row: str, odd: list[str]) -> None:
    words = row.split()
    assert [word for word, is_odd in zip(words, odd_ones(words), strict=True) if is_odd] == odd
