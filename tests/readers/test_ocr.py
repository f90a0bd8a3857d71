"""Tesseract called: how long it may take, and figures read twice."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from limpide.errors import LIMITS, Reason, Refused
from limpide.readers import ocr
from limpide.readers.ocr import _Word as Word
from limpide.readers.ocr import agreed, once

TSV = "level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext\n"
TSV += "4\t1\t1\t1\t1\t0\t10\t10\t80\t30\t-1\t\n5\t1\t1\t1\t1\t1\t10\t10\t80\t30\t96\tBonjour\n"


def word(text: str, x: float = 0, confidence: float = 0.9) -> Word:
    return Word(text, x, 0, x + 40, 20, confidence)


def pretended(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """A program called tesseract that takes its time, then reads the same word whatever it is given."""
    program = folder / "tesseract"
    (folder / "tsv").write_text(TSV)
    program.write_text(f"#!/bin/sh\nsleep {seconds}\ncat > /dev/null\ncat {folder / 'tsv'}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def page() -> Image.Image:
    """One line of bars that look like words."""
    picture = Image.new("L", (800, 1000), 255)
    for column in range(12):
        ImageDraw.Draw(picture).rectangle((100 + 45 * column, 100, 130 + 45 * column, 116), fill=0)
    return picture


def test_a_page_with_nothing_on_it_is_empty() -> None:
    assert ocr.read_picture(Image.new("L", (400, 400), 255), 100, LIMITS, time.monotonic() + 30).text == ""


def test_a_program_slower_than_a_heartbeat_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended(tmp_path, monkeypatch, 0.3)
    monkeypatch.setattr(ocr, "_BEAT", 0.05)
    assert ocr.read_picture(page(), 100, LIMITS, time.monotonic() + 30).text == "Bonjour"


def test_a_program_that_hangs_is_ended_and_the_document_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended(tmp_path, monkeypatch, 20)
    with pytest.raises(Refused) as refusal:
        ocr.read_picture(page(), 100, LIMITS, time.monotonic() + 0.4)
    assert refusal.value.reason is Reason.TOO_SLOW


@pytest.mark.parametrize(
    ("one", "two", "kept"),
    [
        ("416", "41,6", "41,6"),
        ("41,6", "416", "41,6"),
        ("4", "4,1", "4,1"),
        ("Ac", "A1c", "A1c"),
        ("159", "169", "159"),
    ],
)
def test_figures_read_differently_keep_what_has_more_and_are_doubtful(one: str, two: str, kept: str) -> None:
    ((only,),) = agreed([[word(one)]], [word(two, confidence=0.8)])
    assert (only.text, only.confidence) == (kept, 0.5)


def test_figures_that_agree_words_without_figures_and_other_places_are_left_alone() -> None:
    assert agreed([[word("41,6")]], [word("41,6")]) == [[word("41,6")]]
    assert agreed([[word("Sodium")]], [word("Sodlum")]) == [[word("Sodium")]]
    assert agreed([[word("416")]], [word("41,6", x=100)]) == [[word("416")]]


def test_of_two_readings_the_one_that_its_picture_bears_out_is_kept() -> None:
    badly = Word("4,32", 0, 0, 40, 20, 0.99, shaped=False)
    ((only,),) = agreed([[badly]], [word("432", confidence=0.7)])
    assert (only.text, only.confidence) == ("432", 0.5)


def test_a_line_read_twice_is_read_once_and_lines_below_one_another_are_two() -> None:
    badly = [Word("L'évolut", 0, 8, 40, 26, 0.4), Word("reste", 300, 8, 340, 26, 0.4)]
    assert once([badly, [word("L'évolution")]]) == [badly[1:], [word("L'évolution")]]
    below = [Word("suite", 0, 22, 40, 42, 0.4)]
    assert once([[word("L'évolution")], below]) == [[word("L'évolution")], below]


def test_blocks_are_laid_out_below_one_another_and_their_places_are_those_of_the_page() -> None:
    left, right = [Word("cholécy-", 100, 50, 180, 70, 0.9)], [Word("stite", 400, 45, 450, 65, 0.9)]
    scan = ocr.Scan(np.full((600, 800), 255, np.uint8), 1.0)
    page = ocr._page(scan, [left, right])
    assert page.text == "cholécystite"
    assert page.boxes[0].tolist() == [100, 50, 110, 70]
    assert page.boxes[-1].tolist() == [440, 45, 450, 65]
    assert ocr._page(scan, [[word("Un.")], [word("Deux", x=300)]]).text == "Un.\n\nDeux"
