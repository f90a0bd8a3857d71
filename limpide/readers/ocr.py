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

from limpide.errors import Limits, Reason, Refused
from limpide.readers.ocr_figures import FIGURES, checked, odd_ones
from limpide.readers.ocr_repairs import REPAIRED, repaired
from limpide.readers.page_layout import PageText, lay_out
from limpide.readers.scan import Scan, blocks, cleaned, is_sideways
from limpide.runtime import heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

INSTALL = "apt-get install tesseract-ocr tesseract-ocr-fra"
DPI = 300  # every picture is brought to it: prose needs no more
_AGAIN = 4 / 3  # tables are read again at this scale, 400 dots an inch: better for small print, worse for noise
_TALL, _SMALLEST = 34, 2 / 3  # pixels: blocks of larger print are made smaller, down to 200 dots an inch
_ONE_BLOCK = "6"  # page segmentation mode "a single uniform block of text": lines go across, cells included
_NOISY_INK = (150, 190)  # grey levels: where noise was wiped out, thin strokes are pale
_BEAT = 5.0  # seconds of Tesseract between two signs of life
_SAMPLE, _LEGIBLE = 14, 60.0  # heights of line, mean confidence (0..100): words, not noise
_DOUBTFUL = 45.0  # mean confidence (0..100) under which a page may stand upside down


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: float
    y0: float  # of its line, not of the word: 'une' and 'Il' must sit on the same line
    x1: float
    y1: float
    confidence: float  # 0..1
    shaped: bool = True  # its picture shows the figures and separators that it has


def available() -> bool:
    """Is Tesseract installed with French? LIMPIDE_OCR=off says no: scans then wait as `needs_ocr`."""
    if os.environ.get("LIMPIDE_OCR", "").lower() == "off":
        return False
    program = shutil.which("tesseract")
    return program is not None and _speaks_french(program)


@cache
def _speaks_french(program: str) -> bool:
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    return "fra" in listed.stdout.split()


def require(limits: Limits) -> None:
    """Raises `Refused(NEEDS_OCR)`, with the command that installs it, where Tesseract is not there or has no time."""
    if limits.ocr_seconds <= 0 or not available():
        raise Refused(Reason.NEEDS_OCR, f"a picture of text; install OCR with: {INSTALL}")


def read_picture(picture: Image, dpi: float, limits: Limits, deadline: float) -> PageText:
    """The text of a grey picture ('L'), boxes in points of the picture as it came, confidences 0..1.

    `deadline`: `time.monotonic()` past which `Refused(TOO_SLOW)` is raised.
    """
    scan = cleaned(picture, dpi, DPI)
    # A table of short lines in straight columns looks like a sheet laid sideways; but then it can be read as it is.
    if is_sideways(picture, dpi) and not _is_legible(scan, limits, deadline):
        from PIL import Image

        turned = cleaned(picture.transpose(Image.Transpose.ROTATE_90), dpi, DPI)
        page = _upright(turned, limits, deadline)
        x0, y0, x1, y1 = page.boxes.T  # of the sheet turned a quarter to the left: back to the sheet as it came
        right = picture.width * 72 / dpi
        return replace(page, boxes=np.stack([right - y1, x0, right - y0, x1], axis=1))
    return _upright(scan, limits, deadline)


def _is_legible(scan: Scan, limits: Limits, deadline: float) -> bool:
    """Do a few lines of the largest block make words, head up or head down?"""
    for way in (scan, scan.upside_down()):
        found = sorted(blocks(way), key=lambda block: (block[2] - block[0]) * (block[3] - block[1]))
        if not found:
            return True
        x0, y0, x1, y1, tall = found[-1]
        sample = way.pixels[y0 : min(y1, y0 + _SAMPLE * tall), x0:x1]
        words = [word for line in _block(sample, _left(limits, deadline), 1.0) for word in line]
        if _mean(words) >= _LEGIBLE / 100:
            return True
    return False


def _upright(scan: Scan, limits: Limits, deadline: float) -> PageText:
    """The text of a page whose lines run from side to side, head up or head down."""
    found = _words(scan, limits, deadline)
    if _mean(itertools.chain(*found)) < _DOUBTFUL / 100:
        over = scan.upside_down()
        again = _words(over, limits, deadline)
        if _mean(itertools.chain(*again)) > _mean(itertools.chain(*found)):
            scan, found = over, again
    return _page(scan, found)


def _left(limits: Limits, deadline: float) -> float:
    """Seconds that may still be spent. Raises `Refused(TOO_SLOW)` when there are none."""
    left = min(deadline - time.monotonic(), limits.ocr_seconds)
    if left <= 0:
        raise Refused(Reason.TOO_SLOW, f"OCR over {limits.ocr_seconds:g} s")
    return left


def _mean(words: Iterable[_Word]) -> float:
    letters, total = 0, 0.0
    for word in words:
        letters += len(word.text)
        total += word.confidence * len(word.text)
    return total / letters if letters else 0.0


def _words(scan: Scan, limits: Limits, deadline: float) -> list[list[_Word]]:
    """The words of each block, in reading order."""
    found: list[list[_Word]] = []
    inks = _NOISY_INK if scan.noisy else ()
    for x0, y0, x1, y1, tall in blocks(scan):
        pixels = scan.pixels[y0:y1, x0:x1]
        lines = _block(pixels, _left(limits, deadline), min(1.0, max(_SMALLEST, _TALL / tall)))
        if _is_table(lines):  # figures are read twice: a comma lost is a result ten times too high
            again = _block(pixels, _left(limits, deadline), _AGAIN)
            first, second = (lines, again) if scan.noisy else (again, lines)
            lines = agreed(_seen(first, pixels, inks), [word for line in _seen(second, pixels, inks) for word in line])
        else:
            lines = _seen(lines, pixels, inks)
        words = [word for line in lines for word in _put_right(line)]
        found.append([replace(w, x0=w.x0 + x0, y0=w.y0 + y0, x1=w.x1 + x0, y1=w.y1 + y0) for w in words])
    return [words for words in found if words]


def _is_table(lines: list[list[_Word]]) -> bool:
    """Two lines at least with a figure after a hole wider than the line is high."""
    rows = 0
    for line in lines:
        holes = ((b.x0 - a.x1 > a.y1 - a.y0) and any(c.isdigit() for c in b.text) for a, b in itertools.pairwise(line))
        rows += any(holes)
    return rows >= 2


def agreed(first: list[list[_Word]], second: list[_Word]) -> list[list[_Word]]:
    """The lines of a first reading, its figures compared with a second reading of the same block.

    Where they differ the one that its picture bears out wins, else the longer if it only has something more (separators
    are lost, hardly ever invented), else the surer; in any case the word is marked doubtful.
    """
    return [[_surer(word, _same_place(word, second)) for word in line] for line in first]


def _same_place(word: _Word, others: list[_Word]) -> _Word | None:
    for other in others:
        common = min(word.x1, other.x1) - max(word.x0, other.x0)
        whole = max(word.x1, other.x1) - min(word.x0, other.x0)
        if common > 0.6 * whole and min(word.y1, other.y1) - max(word.y0, other.y0) > 0.5 * (word.y1 - word.y0):
            return other
    return None


def _surer(word: _Word, other: _Word | None) -> _Word:
    if other is None or other.text == word.text or not any(c.isdigit() for c in word.text + other.text):
        return word
    short, long = sorted((word.text, other.text), key=len)
    rest = iter(long)
    if word.shaped != other.shaped:
        text = word.text if word.shaped else other.text
    elif len(short) < len(long) and all(character in rest for character in short):
        text = long
    else:
        text = word.text if word.confidence >= other.confidence else other.text
    return replace(word, text=text, confidence=min(word.confidence, other.confidence, REPAIRED))


def _block(pixels: NDArray[np.uint8], seconds: float, scale: float) -> list[list[_Word]]:
    """Lines of words of one block, in its own pixels.

    `scale`: the block is given to Tesseract that much larger.
    """
    from PIL import Image

    file = BytesIO()
    picture = Image.fromarray(pixels)
    if scale != 1.0:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    picture.save(file, "PNG", compress_level=1)
    command = [
        "tesseract",
        "stdin",
        "stdout",
        "-l",
        "fra",
        "--psm",
        _ONE_BLOCK,
        "--dpi",
        str(round(DPI * scale)),
        "tsv",
    ]
    # A night already uses every core, one document each.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    ends = time.monotonic() + seconds
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as program:
        given: bytes | None = file.getvalue()
        while True:
            heartbeat.beat()
            try:
                out, _ = program.communicate(given, timeout=min(_BEAT, max(0.01, ends - time.monotonic())))
                break
            except subprocess.TimeoutExpired:
                given = None  # it may be sent once only; what is left of it is still on its way
                if time.monotonic() >= ends:
                    program.kill()
                    raise Refused(Reason.TOO_SLOW, f"OCR over {seconds:.0f} s") from None
    if program.returncode != 0:
        raise Refused(Reason.READER_CRASHED, f"tesseract ended with status {program.returncode}")
    return once(_from_tsv(out.decode("utf-8", "replace"), scale))


def _from_tsv(tsv: str, scale: float) -> list[list[_Word]]:
    """Tesseract's table: level 4 is a line, level 5 a word; left, top, width, height in pixels of what it was given."""
    lines: list[list[_Word]] = []
    line_top = line_foot = 0.0
    for row in tsv.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) < 12 or fields[0] not in "45":
            continue
        x, y, width, height = (int(field) / scale for field in fields[6:10])
        if fields[0] == "4":
            lines.append([])
            line_top, line_foot = y, y + height
        elif fields[11].strip():
            sure = min(max(float(fields[10]) / 100, 0.0), 1.0)
            lines[-1].append(_Word(fields[11].strip(), x, line_top, x + width, line_foot, sure))
    return lines


def _seen(lines: list[list[_Word]], pixels: NDArray[np.uint8], inks: tuple[int, ...]) -> list[list[_Word]]:
    """The lines of a block, figures checked against their picture."""
    return [[_looked_at(line, index, pixels, inks) for index in range(len(line))] for line in lines]


def _looked_at(line: list[_Word], index: int, pixels: NDArray[np.uint8], inks: tuple[int, ...]) -> _Word:
    word = line[index]
    if not FIGURES.fullmatch(word.text):
        return word
    reach = 0.15 * (word.y1 - word.y0)  # the box of a word may fall short of its last figure
    left = max(word.x0 - reach, line[index - 1].x1 + 1 if index else 0.0, 0.0)
    right = min(word.x1 + reach, line[index + 1].x0 - 1) if index + 1 < len(line) else word.x1 + reach
    picture = pixels[int(word.y0) : int(word.y1) + 1, int(left) : int(right) + 1]
    middle = (int(picture.min(initial=255)) + 255) // 2  # between ink and paper: on a pale page too
    text, doubtful = checked(word.text, [picture < grey for grey in inks or (middle,)])
    if not doubtful:
        return word
    return replace(word, text=text, confidence=min(word.confidence, REPAIRED), shaped=text != word.text)


def once(lines: list[list[_Word]]) -> list[list[_Word]]:
    """Lines without what Tesseract read twice: of two words in one place, on lines one upon the other, the surer."""
    kept = [list(line) for line in lines]
    for index, (above, below) in enumerate(itertools.pairwise(lines)):
        if not above or not below:
            continue
        shared = min(above[0].y1, below[0].y1) - max(above[0].y0, below[0].y0)
        if shared <= 0.5 * min(above[0].y1 - above[0].y0, below[0].y1 - below[0].y0):
            continue
        worse, better = (index, below) if _mean(above) < _mean(below) else (index + 1, above)
        kept[worse] = [
            w for w in kept[worse] if not any(min(w.x1, o.x1) - max(w.x0, o.x0) > 0.5 * (w.x1 - w.x0) for o in better)
        ]
    return kept


def _put_right(line: list[_Word]) -> list[_Word]:
    """Words repaired, those that are doubtful marked; a line is what a row of a table is."""
    told = repaired([word.text for word in line])
    odd = odd_ones([text for text, _ in told])
    return [
        replace(word, text=text, confidence=min(word.confidence, REPAIRED) if changed or alone else word.confidence)
        for word, (text, changed), alone in zip(line, told, odd, strict=True)
    ]


def _page(scan: Scan, found: list[list[_Word]]) -> PageText:
    """Characters share out the width of their word; rows and cells; then places on the picture as it came.

    Blocks are laid out one below the other: columns were told apart by the picture, and lines read a little too high or
    too low must not put two of them side by side again.
    """
    words, feet, moved = _in_one_column(found)
    codes: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    sure: list[float] = []
    cell = _widest_space(words)
    for word, following in itertools.zip_longest(words, words[1:]):
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
    page = lay_out(np.array(codes, np.uint32), places, confidences=np.array(sure, np.float32))
    if not len(page.boxes):
        return page
    block = np.searchsorted(np.array(feet), page.boxes[:, 3], side="left").clip(max=len(feet) - 1)
    back = page.boxes - np.tile(np.array(moved, np.float32)[block], 2)
    return PageText(page.text, scan.places(back), page.confidences)


def _in_one_column(found: list[list[_Word]]) -> tuple[list[_Word], list[float], list[tuple[float, float]]]:
    """Words of blocks moved below one another; the foot of each block there; by how much (x, y) it was moved.

    A block whose sentence runs on in the next stands close to it: a word cut between two columns is made one again.
    """
    words: list[_Word] = []
    feet: list[float] = []
    moved: list[tuple[float, float]] = []
    for block in found:
        left, top, tall = min(w.x0 for w in block), min(w.y0 for w in block), block[0].y1 - block[0].y0
        runs_on = bool(words) and (words[-1].text[-1].isalpha() or words[-1].text[-1] in ",-")
        gap = 0.0 if runs_on and block[0].text[0].islower() else 2.5 * tall
        by = (-left, (feet[-1] + gap if feet else 0.0) - top)
        words += [replace(w, x0=w.x0 + by[0], y0=w.y0 + by[1], x1=w.x1 + by[0], y1=w.y1 + by[1]) for w in block]
        feet.append(max(w.y1 for w in block) + by[1] + 0.01)
        moved.append(by)
    return words, feet, moved


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
