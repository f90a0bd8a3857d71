"""Numbers checked against their picture and their row: a decimal comma that OCR dropped is still there to be seen.

Belongs here: the shapes of one word of figures (tall, low, in the middle) compared with the characters read, decimals
compared within a row. Does not belong here: reading (ocr.py), units and dashes (ocr_repairs.py).

Tesseract's language model prefers "643 %" to "64,3 %" and is sure of it. Shapes have no such preference.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.bool_]

FIGURES = re.compile(r"[<>]?[-+]?\d[\d.,/]*(?:[-–—]\d[\d.,/]*)?[.,]?")
_BOUNDS = re.compile(r"(?<![\d,./])(\d+(?:[.,]\d+)?) ?(?:[-–—]|à) ?(\d+(?:[.,]\d+)?)(?![\d,./])")
_TALL, _LOW, _FLAT = 0.55, 0.5, 0.3  # heights, of the tallest figure
_LEAST = 0.025  # area of a comma, of the square of that height: less is a speck


def shapes(ink: Ink) -> str:
    """The shapes of a word from left to right: 'd' as tall as a figure, ',' low, '-' flat in the middle."""
    from scipy import ndimage

    labels, count = ndimage.label(ink, np.ones((3, 3), bool))
    if not count:
        return ""
    boxes = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(labels)]
    areas = np.bincount(labels.ravel())[1:]
    tall = max(bottom - top for top, bottom, _, _ in boxes)
    top = min(y0 for y0, y1, _, _ in boxes if y1 - y0 >= 0.8 * tall)
    out = []
    for (y0, y1, x0, x1), area in zip(boxes, areas.tolist(), strict=True):
        height = y1 - y0
        if area < _LEAST * tall * tall:
            continue
        if height >= _TALL * tall:
            out.append((x0 + x1, "d"))
        elif (y0 + y1) / 2 > top + 0.7 * tall and height <= _LOW * tall and x1 - x0 <= _LOW * tall:
            out.append((x0 + x1, ","))
        elif height <= _FLAT * tall and 0.3 * tall < (y0 + y1) / 2 - top < 0.75 * tall:
            out.append((x0 + x1, "-"))
    return "".join(shape for _, shape in sorted(out))


def checked(text: str, inks: list[Ink]) -> tuple[str, bool]:
    """`text`, with the separator that its picture shows and it lacks; and whether it is doubtful.

    `inks`: the word alone, as one or several thresholds see it. Only words of figures (`FIGURES`) can be checked; a
    word is doubtful where no threshold shows the shapes that it has. A comma that one threshold shows between figures
    of a word that has none is put in, for noise wipes commas out oftener than it makes them; the word is doubtful then.
    """
    seen = [shapes(ink) for ink in inks]
    if text.isdigit():
        for shown in seen:
            if "," in shown[1:-1] and shown.replace(",", "", 1) == "d" * len(text):
                at = shown.index(",")
                return f"{text[:at]},{text[at:]}", True
    read = "".join("," if c in ".," else "-" if c in "-–—" else "d" for c in text)
    return text, read not in seen


def odd_ones(words: list[str]) -> list[bool]:
    """Which words of a line are whole numbers beside bounds with decimals: "532 % 40,0 - 52,0" lost a comma.

    Laboratories print a result and its bounds with the same decimals. What was lost cannot be told: it is doubtful.
    """
    bounds = _BOUNDS.findall(" ".join(words))
    if not any("," in bound or "." in bound for pair in bounds for bound in pair):
        return [False] * len(words)
    return [len(bare) > 1 and bare.isdigit() for bare in (word.strip("()") for word in words)]
