"""Characters out of pictures, by the `tesseract` program in French; reading order stays ours (layout.py).

Belongs here: calling Tesseract block by block, its words turned into characters with places and confidences.
Does not belong here: cleaning and cutting the picture (scan.py), opening files (image.py, pdf.py).

Tesseract is a program of the machine, never a requirement: where it is missing, documents wait as `needs_ocr`.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from limpide import alive
from limpide.errors import Limits, Reason, Refused
from limpide.readers.layout import PageText, lay_out
from limpide.readers.ocr_repairs import REPAIRED, repaired
from limpide.readers.scan import Scan, blocks, cleaned

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "apt-get install tesseract-ocr tesseract-ocr-fra"
DPI = 400  # every picture is brought to it; measured on small print: rows of results 0.55 whole, 0.53 at 300
_BEAT = 5.0  # seconds of Tesseract between two signs of life
_DOUBTFUL = 45.0  # mean confidence (0..100) under which a page may stand upside down


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: float
    y0: float  # of its line, not of the word: 'une' and 'Il' must sit on the same line
    x1: float
    y1: float
    confidence: float  # 0..1


def available() -> bool:
    """Is Tesseract installed with French?"""
    program = shutil.which("tesseract")
    return program is not None and _speaks_french(program)


@cache
def _speaks_french(program: str) -> bool:
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    return "fra" in listed.stdout.split()


def require() -> None:
    """Raises `Refused(NEEDS_OCR)`, with the command that installs it, where Tesseract is not there."""
    if not available():
        raise Refused(Reason.NEEDS_OCR, f"a picture of text; install OCR with: {INSTALL}")


def read_picture(picture: Image, dpi: float, limits: Limits, deadline: float) -> PageText:
    """The text of a grey picture ('L'), boxes in points of the picture as it came, confidences 0..1.

    `deadline`: `time.monotonic()` past which `Refused(TOO_SLOW)` is raised.
    """
    scan = cleaned(picture, dpi, DPI)
    words = _words(scan, limits, deadline)
    if _mean(words) < _DOUBTFUL / 100:
        over = scan.upside_down()
        again = _words(over, limits, deadline)
        if _mean(again) > _mean(words):
            scan, words = over, again
    return _page(scan, words)


def _mean(words: list[_Word]) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0


def _words(scan: Scan, limits: Limits, deadline: float) -> list[_Word]:
    found: list[_Word] = []
    for x0, y0, x1, y1, mode in blocks(scan):
        left = min(deadline - time.monotonic(), limits.ocr_seconds)
        if left <= 0:
            raise Refused(Reason.TOO_SLOW, f"OCR over {limits.ocr_seconds:g} s")
        found += _block(scan.pixels[y0:y1, x0:x1], x0, y0, mode, left)
    return found


def _block(pixels: NDArray[np.uint8], left: int, top: int, mode: int, seconds: float) -> list[_Word]:
    """Words of one block; `mode` is Tesseract's page segmentation mode."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    command = ["tesseract", "stdin", "stdout", "-l", "fra", "--psm", str(mode), "--dpi", str(DPI), "tsv"]
    # A night already uses every core, one document each.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    ends = time.monotonic() + seconds
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as program:
        while True:
            alive.beat()
            try:
                out, _ = program.communicate(file.getvalue(), timeout=min(_BEAT, max(0.01, ends - time.monotonic())))
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() >= ends:
                    program.kill()
                    raise Refused(Reason.TOO_SLOW, f"OCR over {seconds:.0f} s") from None
    if program.returncode != 0:
        raise Refused(Reason.READER_CRASHED, f"tesseract ended with status {program.returncode}")
    return _from_tsv(out.decode("utf-8", "replace"), left, top)


def _from_tsv(tsv: str, left: int, top: int) -> list[_Word]:
    """Tesseract's table: level 4 is a line, level 5 a word; left, top, width, height in pixels of the block."""
    words: list[_Word] = []
    line: list[_Word] = []
    line_top = line_foot = 0.0
    for row in tsv.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) < 12 or fields[0] not in "45":
            continue
        x, y, width, height = (int(field) for field in fields[6:10])
        if fields[0] == "4":
            words += _put_right(line)
            line = []
            line_top, line_foot = y + top, y + height + top
        elif fields[11].strip():
            sure = min(max(float(fields[10]) / 100, 0.0), 1.0)
            line.append(_Word(fields[11].strip(), x + left, line_top, x + width + left, line_foot, sure))
    return words + _put_right(line)


def _put_right(line: list[_Word]) -> list[_Word]:
    out = []
    for word, (text, changed) in zip(line, repaired([word.text for word in line]), strict=True):
        out.append(replace(word, text=text, confidence=min(word.confidence, REPAIRED)) if changed else word)
    return out


def _page(scan: Scan, words: list[_Word]) -> PageText:
    """Characters share out the width of their word; reading order; then places on the picture as it came."""
    codes: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    sure: list[float] = []
    cell = _widest_space(words)
    for word, following in zip(words, [*words[1:], None], strict=True):
        width = (word.x1 - word.x0) / len(word.text)
        for index, character in enumerate(word.text):
            codes.append(ord(character))
            boxes.append((word.x0 + index * width, word.y0, word.x0 + (index + 1) * width, word.y1))
            sure.append(word.confidence)
        # A space is drawn between words, nothing between cells: the TAB only says that another cell begins.
        beside = (
            following is not None
            and following.y0 == word.y0
            and 0 < following.x0 - word.x1 <= cell * _pitch(word, following)
        )
        codes.append(0x20 if beside else 0x09)
        boxes.append((word.x1, word.y0, following.x0, word.y1) if beside and following else (0, 0, 0, 0))
        sure.append(1.0)
    places = np.array(boxes, np.float32).reshape(-1, 4)
    page = lay_out(np.array(codes, np.uint32), places, float(scan.pixels.shape[0]), np.array(sure, np.float32))
    return PageText(page.text, scan.places(page.boxes), page.confidences)


def _pitch(*words: _Word) -> float:
    """The usual width of a character of these words of one line, pixels; signs and figures alone are narrow."""
    high = words[0].y1 - words[0].y0
    return min(max(0.4 * high, *((word.x1 - word.x0) / len(word.text) for word in words)), 0.7 * high)


def _widest_space(words: list[_Word]) -> float:
    """The widest gap that is still a space, in characters: twice the usual gap of this page, within reason."""
    gaps = sorted(
        (right.x0 - left.x1) / _pitch(left, right)
        for left, right in itertools.pairwise(words)
        if left.y0 == right.y0 and right.x0 > left.x1
    )
    usual = gaps[len(gaps) // 3] if gaps else 1.0
    return min(max(2.2 * usual, 1.3), 2.1)
