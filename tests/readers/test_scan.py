"""Pictures of pages made ready for OCR, and places found on them brought back."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from limpide.readers import scan

DPI = 200


def lined(angle: float = 0.0) -> Image.Image:
    """A page of bars like lines of words, turned by `angle` degrees counter-clockwise."""
    picture = Image.new("L", (1000, 1400), 255)
    draw = ImageDraw.Draw(picture)
    for row in range(30):
        for column in range(9):
            draw.rectangle((100 + 90 * column, 100 + 40 * row, 165 + 90 * column, 118 + 40 * row), fill=0)
    return picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)


@pytest.mark.parametrize("angle", [0.0, 1.5, -2.25, 5.0])
def test_the_skew_of_a_page_is_found_to_a_tenth_of_a_degree(angle: float) -> None:
    assert scan.skew(np.asarray(lined(angle)) < 160, DPI) == pytest.approx(angle, abs=0.1)


@pytest.mark.parametrize("angle", [0.0, 4.0, 180.0])
def test_lines_that_run_up_or_down_the_sheet_are_told(angle: float) -> None:
    assert not scan.is_sideways(lined(angle), DPI)
    assert scan.is_sideways(lined(angle).rotate(90, expand=True), DPI)


def test_the_cells_of_a_row_share_their_baseline_whatever_hangs_below() -> None:
    for hanging in (0, 6):
        ink = np.zeros((20 + hanging, 60), bool)
        ink[2:20, 5:55] = True
        ink[20:, 10:14] = True  # a descender
        assert scan._baseline(ink) == pytest.approx(19, abs=2)


def test_a_blank_page_has_no_skew_and_no_block() -> None:
    ready = scan.cleaned(Image.new("L", (600, 800), 255), DPI, DPI)
    assert ready.angle == 0.0
    assert scan.blocks(ready) == []


@pytest.mark.parametrize("over", [False, True])
def test_places_come_back_to_the_picture_as_it_was(over: bool) -> None:
    """The first bar of the page, turned by two degrees, is found again where it is on the picture given."""
    ready = scan.cleaned(lined(2.0), DPI, DPI)
    box = np.array([[100, 100, 165, 118]], np.float32)  # of the first bar on the straight page
    height, width = ready.pixels.shape
    if over:
        ready = ready.upside_down()
        box = np.array([[width - 165, height - 118, width - 100, height - 100]], np.float32)
    (x0, y0, x1, y1) = ready.places(box)[0] * DPI / 72
    turn = np.deg2rad(2.0)
    dx, dy = 132.5 - width / 2, 109 - height / 2
    assert (x0 + x1) / 2 == pytest.approx(width / 2 + np.cos(turn) * dx + np.sin(turn) * dy, abs=1.5)
    assert (y0 + y1) / 2 == pytest.approx(height / 2 - np.sin(turn) * dx + np.cos(turn) * dy, abs=1.5)


def test_ruled_lines_are_whitened_and_text_is_not() -> None:
    picture = lined()
    ImageDraw.Draw(picture).line((50, 132, 950, 132), fill=0, width=3)
    ready = scan.cleaned(picture, DPI, DPI)
    assert (ready.pixels[130:136, 170:180] > 200).all()
    assert (ready.pixels[105:112, 110:160] < 60).all()


def test_specks_are_noise_and_a_clean_page_has_none() -> None:
    page = np.asarray(lined()).copy()
    assert scan.noise(page) == 0.0
    speckled = np.random.default_rng(1).random(page.shape) < 0.02
    page[speckled] = 255 - page[speckled]
    assert scan.noise(page) > 0.005


def test_two_columns_are_two_blocks() -> None:
    picture = Image.new("L", (1000, 1400), 255)
    draw = ImageDraw.Draw(picture)
    for row in range(20):
        for left in (60, 540):
            for word in range(5):
                draw.rectangle((left + 80 * word, 100 + 40 * row, left + 70 + 80 * word, 118 + 40 * row), fill=0)
    ready = scan.cleaned(picture, DPI, DPI)
    found = scan.blocks(ready)
    assert [(x0 < 100, x1 < 500) for x0, _, x1, _, _ in found] == [(True, True), (False, False)]


def test_leader_dots_and_lone_specks_are_whitened_and_commas_and_ellipses_are_not() -> None:
    page = np.full((400, 800), 255, np.uint8)
    page[100:118, 100:160] = page[100:118, 500:540] = 0  # a name, its value
    for x in range(170, 490, 8):
        page[115:118, x : x + 3] = 0  # what leads from one to the other
    page[114:120, 545:548] = 0  # a comma
    for x in (100, 108, 116):
        page[215:218, x : x + 3] = 0  # an ellipsis
    page[300, 700] = 0  # a speck
    clean = scan._without_dots(page, 200)
    assert (clean[110:120, 165:495] == 255).all()
    assert clean[300, 700] == 255
    assert (clean[114:120, 545:548] == 0).all()
    assert (clean[215:218, 100:103] == 0).all()
    assert (clean[100:118, 100:160] == 0).all()


def test_specks_are_found_by_their_rank_among_nine() -> None:
    page = np.random.default_rng(3).integers(0, 256, (20, 30)).astype(np.uint8)
    around = np.pad(page, 1, mode="edge")
    nine = np.sort(np.stack([around[y : y + 20, x : x + 30] for y in range(3) for x in range(3)]), axis=0).astype(int)
    found, median = scan.specks(page)
    assert (median == nine[4]).all()
    assert (found == ((page < nine[2] - 60) | (page > nine[6] + 60))).all()


def test_blocks_of_one_column_are_one_and_those_beside_others_are_not() -> None:
    one, two, beside = (0, 0, 400, 100, 30), (10, 120, 400, 300, 20), (420, 0, 800, 300, 30)
    assert scan._stacked([one, two, beside]) == [(0, 0, 400, 300, 20), beside]
    assert scan._stacked([(0, 0, 400, 100, 30), (450, 120, 800, 300, 20)]) == [
        (0, 0, 400, 100, 30),
        (450, 120, 800, 300, 20),
    ]
