"""Pictures of pages made ready for OCR: resolution, noise, skew, ruled lines, blocks; and the way back to the picture.

Belongs here: pixels. Does not belong here: characters (ocr.py), file formats (image.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from limpide.readers.columns import Segment, reading_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

Grey = NDArray[np.uint8]  # 0 black, 255 white
Ink = NDArray[np.bool_]
_STEEPEST = 7.0  # degrees of skew looked for
_COARSE = np.arange(-_STEEPEST, _STEEPEST + 0.01, 0.5)
_SIDEWAYS = 1.2  # times sharper across than along; of our pages upright ones reach 0.75, sideways ones 1.46
_SKEW_DPI = 75
_SPECK = 60  # grey levels
_NOISY = 0.0005  # share of specks
_TILE = 48  # pixels: noise is looked at tile by tile
# A sorting network for nine values, as pairs put in order (25 comparisons, the fewest there can be).
_SORTED_NINE = (
    (0, 3), (1, 7), (2, 5), (4, 8), (0, 7), (2, 4), (3, 8), (5, 6), (0, 2), (1, 3), (4, 5), (7, 8), (1, 4),
    (3, 6), (5, 7), (0, 1), (2, 4), (3, 5), (6, 8), (2, 3), (4, 5), (6, 7), (1, 2), (3, 4), (5, 6),
)  # fmt: skip
_PATCH = 8  # light is looked at patch by patch of every eighth pixel
_PAD = 2.5  # points of white around a block
_ALONE = 0.4  # square points: a speck, if nothing stands within three points of it
_LEADER = 5  # dots in a row, at least, that lead the eye from a name to its value: an ellipsis has three


@dataclass(frozen=True, slots=True)
class Scan:
    """A page ready to be read. Point p of the picture, in points, stands at pixel `scale * R(angle) p + shift` here."""

    pixels: Grey
    scale: float  # pixels a point
    angle: float = 0.0  # degrees, counter-clockwise, by which the picture was turned
    centre: tuple[float, float] = (0.0, 0.0)  # pixels
    turned_over: bool = False
    noisy: bool = False

    def upside_down(self) -> Scan:
        """The same page turned by half a turn."""
        return replace(self, pixels=np.ascontiguousarray(self.pixels[::-1, ::-1]), turned_over=not self.turned_over)

    def places(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes in pixels of this page as upright boxes in points of the picture as it came."""
        height, width = self.pixels.shape
        if self.turned_over:
            boxes = np.stack([width - boxes[:, 2], height - boxes[:, 3], width - boxes[:, 0], height - boxes[:, 1]], 1)
        turn = np.deg2rad(self.angle)
        cos, sin = np.cos(turn), np.sin(turn)
        x = (boxes[:, [0, 2]].mean(axis=1) - self.centre[0], boxes[:, [1, 3]].mean(axis=1) - self.centre[1])
        middle_x = cos * x[0] - sin * x[1] + self.centre[0]
        middle_y = sin * x[0] + cos * x[1] + self.centre[1]
        half_x, half_y = (boxes[:, 2] - boxes[:, 0]) / 2, (boxes[:, 3] - boxes[:, 1]) / 2
        out = np.stack([middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y], axis=1)
        return np.asarray(out / self.scale, np.float32)


def cleaned(picture: Image, dpi: float, wanted: int) -> Scan:
    """The picture at `wanted` dots an inch, flat, without noise, skew or ruled lines."""
    from PIL import Image

    grey = _flattened(np.asarray(picture, np.uint8))
    noisy = noise(grey) >= _NOISY
    if noisy:
        grey = _without_noise(grey, dpi)
    angle = skew(grey < 160, round(dpi))
    page = Image.fromarray(grey)
    if abs(angle) >= 0.05:
        page = page.rotate(-angle, Image.Resampling.BICUBIC, fillcolor=255)
    page = Image.fromarray(_without_dots(_without_rules(np.array(page), round(dpi)), dpi))
    if abs(dpi - wanted) > 0.02 * wanted:
        factor = wanted / dpi
        size = (max(1, round(page.width * factor)), max(1, round(page.height * factor)))
        page = page.resize(size, Image.Resampling.BICUBIC)
    grey = np.array(page)
    height, width = grey.shape
    return Scan(grey, wanted / 72, -angle, (width / 2, height / 2), noisy=noisy)


def _flattened(grey: Grey) -> Grey:
    """Uneven light taken out: each pixel against the brightest around it."""
    from scipy import ndimage

    small = grey[::8, ::8]
    rows, columns = (n // _PATCH for n in small.shape)
    if rows == 0 or columns == 0:
        return grey
    patches = small[: rows * _PATCH, : columns * _PATCH].reshape(rows, _PATCH, columns, _PATCH)
    patches = patches.transpose(0, 2, 1, 3).reshape(rows, columns, _PATCH * _PATCH)
    bright = np.percentile(patches, 90, axis=2, method="lower").astype(np.float32)
    if bright.min() > 245:
        return grey
    light = ndimage.zoom(ndimage.uniform_filter(ndimage.maximum_filter(bright, 3), 3), _PATCH, order=1, mode="nearest")
    ys, xs = (np.minimum(np.arange(n) // 8, m - 1) for n, m in zip(grey.shape, light.shape, strict=True))
    flat = grey.astype(np.float32) * (250.0 / np.maximum(light, 40.0))[ys][:, xs]
    return np.asarray(np.clip(flat, 0, 255), np.uint8)


def specks(grey: Grey) -> tuple[Ink, Grey]:
    """Pixels far darker or lighter than all but two of their eight neighbours, and the median around each pixel."""
    around = np.pad(grey, 1, mode="edge")
    height, width = grey.shape
    nine = [around[y : y + height, x : x + width].copy() for y in range(3) for x in range(3)]
    low = np.empty_like(grey)
    for one, other in _SORTED_NINE:  # whole pages are compared at once: twenty times faster than sorting each pixel's
        np.minimum(nine[one], nine[other], out=low)
        np.maximum(nine[one], nine[other], out=nine[other])
        nine[one], low = low, nine[one]
    dark = grey.astype(np.int16) < nine[2].astype(np.int16) - _SPECK
    light = grey.astype(np.int16) > nine[6].astype(np.int16) + _SPECK
    return dark | light, nine[4]


def noise(grey: Grey) -> float:
    """How noisy a page is: the share of specks in the calmest parts of its left fifth, where its margin is."""
    found, _ = specks(grey[:, : max(grey.shape[1] // 5, _TILE)])
    rows, columns = (n // _TILE for n in found.shape)
    if rows * columns == 0:
        return 0.0
    tiles = found[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE).mean(axis=(1, 3))
    return float(np.percentile(tiles, 20))


def _without_noise(grey: Grey, dpi: float) -> Grey:
    """Specks replaced, grain smoothed. A clean page is left alone, since its commas are hardly more than specks.

    A median over everything would be simpler and eats commas: 0.38 of the rows of noisy results whole, against 0.70.
    """
    from scipy import ndimage

    found, median = specks(grey)
    calm = np.where(found, median, grey).astype(np.float32)
    return np.asarray(np.clip(ndimage.gaussian_filter(calm, 0.7 * dpi / 200), 0, 255), np.uint8)


def skew(ink: Ink, dpi: int) -> float:
    """Degrees by which lines of text rise to the right (counter-clockwise); 0.0 when no angle stands out.

    The right angle is the one at which the profile of rows is sharpest (Postl 1986), sought coarse, then fine.
    """
    sharpness = _sharpness(ink, dpi)
    if sharpness is None:
        return 0.0
    best = float(max(_COARSE, key=sharpness))
    fine = np.arange(best - 0.5, best + 0.51, 0.05)
    found = float(max(fine, key=sharpness))
    return found if sharpness(found) > 1.02 * sharpness(0.0) else 0.0


def is_sideways(picture: Image, dpi: float) -> bool:
    """Do the lines of text run up or down the sheet? Then its profile is sharper across than along, at any skew."""
    ink = np.asarray(picture, np.uint8) < 160
    along, across = _sharpness(ink, round(dpi)), _sharpness(np.ascontiguousarray(ink.T), round(dpi))
    if along is None or across is None:
        return False
    return max(map(across, _COARSE)) > _SIDEWAYS * max(map(along, _COARSE))


def _sharpness(ink: Ink, dpi: int) -> Callable[[float], float] | None:
    """How sharp the profile of rows is at an angle, in degrees; None for a page with hardly any ink."""
    step = max(1, dpi // _SKEW_DPI)
    height, width = (n // step * step for n in ink.shape)
    if height < 20 * step or width < 20 * step:
        return None
    small = ink[:height, :width].reshape(height // step, step, width // step, step).mean(axis=(1, 3))
    ys, xs = np.nonzero(small > 0.15)
    if len(ys) < 200:
        return None
    weights = small[ys, xs]

    def sharpness(angle: float) -> float:
        rows = ys + xs * np.tan(np.deg2rad(angle))
        counts = np.bincount((rows - rows.min()).astype(np.int64), weights)
        return float(np.square(np.diff(counts)).sum())

    return sharpness


def _runs(ink: Ink, least: int) -> Ink:
    """Pixels that belong to a horizontal run of ink of at least `least` pixels."""
    padded = np.zeros((ink.shape[0], ink.shape[1] + 2), np.int8)
    padded[:, 1:-1] = ink
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    out = np.zeros((ink.shape[0], ink.shape[1] + 1), np.int8)
    long = ends - starts >= least
    np.add.at(out, (rows[long], starts[long]), 1)
    np.add.at(out, (rows[long], ends[long]), -1)
    return np.cumsum(out, axis=1, dtype=np.int8)[:, :-1] > 0


def _without_rules(grey: Grey, dpi: int) -> Grey:
    """Ruled lines whitened, which Tesseract reads as characters. No stroke of a letter is half an inch long."""
    ink = grey < 160
    least = dpi // 2
    rules = _runs(ink, least)
    # scipy's binary dilation closes what anti-aliasing left of a line's edges
    upright = _runs(np.ascontiguousarray(ink.T), least).T
    if not (rules.any() or upright.any()):
        return grey
    from scipy import ndimage

    out = grey.copy()
    out[ndimage.binary_dilation(rules, np.ones((5, 1), bool))] = 255
    out[ndimage.binary_dilation(upright, np.ones((1, 5), bool))] = 255
    return out


def _without_dots(grey: Grey, dpi: float) -> Grey:
    """Dots that are no part of the text whitened: Tesseract reads them as letters, and the words beside them with them.

    Rows of dots that lead from a name to its value, and specks with nothing around them: a comma has figures beside it.
    """
    from scipy import ndimage

    point = dpi / 72
    ink = grey < 160
    labels, _ = ndimage.label(ink, np.ones((3, 3), bool))
    areas = np.bincount(labels.ravel(), minlength=1)
    small = np.flatnonzero(areas[1:] <= (2.2 * point) ** 2)
    if not len(small):
        return grey
    found = ndimage.find_objects(labels)
    dots = [(rows.stop, columns.start, columns.stop, rows.start) for rows, columns in (found[i] for i in small.tolist())
            if max(rows.stop - rows.start, columns.stop - columns.start) <= 2.2 * point]  # fmt: skip
    out = grey.copy()
    for row in _dotted(sorted(dots), point):
        y0, y1 = min(dot[3] for dot in row), max(dot[0] for dot in row)
        out[max(y0 - 1, 0) : y1 + 1, max(row[0][1] - 1, 0) : row[-1][2] + 1] = 255
    tiny = areas <= _ALONE * point**2
    tiny[0] = True
    near = ndimage.uniform_filter(_any(~tiny[labels], round(point)).astype(np.float32), 7, mode="constant") > 1e-3
    for index in np.flatnonzero(tiny[1:]).tolist():
        rows, columns = found[index]
        place = rows.start // max(1, round(point)), columns.start // max(1, round(point))
        if place[0] < near.shape[0] and place[1] < near.shape[1] and not near[place]:
            out[max(rows.start - 1, 0) : rows.stop + 1, max(columns.start - 1, 0) : columns.stop + 1] = 255
    return out


def _any(ink: Ink, step: int) -> Ink:
    """Is there ink in each square of `step` pixels? The last few rows and columns are left out."""
    height, width = (n // step * step for n in ink.shape)
    return np.asarray(ink[:height, :width].reshape(height // step, step, width // step, step).any(axis=(1, 3)))


def _dotted(dots: list[tuple[int, int, int, int]], point: float) -> list[list[tuple[int, int, int, int]]]:
    """Runs of dots (foot, left, right, top) on one line, evenly spaced and close together; `point` in pixels."""
    runs = []
    while dots:
        foot = dots[0][0]
        level = sorted((dot for dot in dots if dot[0] - foot <= 0.6 * point), key=lambda dot: dot[1])
        dots = [dot for dot in dots if dot[0] - foot > 0.6 * point]
        run = level[:1]
        for dot in level[1:]:
            pitch = dot[1] - run[-1][1]
            steady = len(run) < 2 or abs(pitch - (run[-1][1] - run[-2][1])) <= max(1.5, 0.35 * point)
            if pitch <= 7 * point and steady:
                run.append(dot)
                continue
            runs.append(run)
            run = [dot]
        runs.append(run)
    return [run for run in runs if len(run) >= _LEADER]


def blocks(scan: Scan) -> list[tuple[int, int, int, int, int]]:
    """Columns and tables, each to be read by itself, in reading order: x0, y0, x1, y1, usual height of a line."""
    ink = scan.pixels < 160
    segments = _segments(ink, scan.scale)
    if not segments:
        return []
    found = []
    for block in reading_order(segments, float(ink.shape[0])):
        inside = [segment for row in block for segment in row]
        heights = sorted(segment.h for segment in inside)
        x0, y0 = min(s.x0 for s in inside), min(s.y0 for s in inside)
        x1, y1 = max(s.x1 for s in inside), max(s.y1 for s in inside)
        found.append((int(x0), int(y0), int(x1), int(y1), round(heights[len(heights) // 2])))
    return [_padded(block, found, ink.shape, _PAD * scan.scale) for block in _stacked(found)]


def _padded(
    block: tuple[int, int, int, int, int],
    found: list[tuple[int, int, int, int, int]],
    shape: tuple[int, ...],
    pad: float,
) -> tuple[int, int, int, int, int]:
    """A block with some white around it, but no part of the line above or below it, which would be read with it."""
    x0, y0, x1, y1, tall = block
    beside = [other for other in found if other[0] < x1 and x0 < other[2]]
    above = max((other[3] for other in beside if other[3] <= y0), default=0)
    below = min((other[1] for other in beside if other[1] >= y1), default=shape[0])
    top, foot = max(y0 - pad, (above + y0) / 2 if above else 0.0), min(y1 + pad, (below + y1) / 2)
    foot = min(y1 + pad, shape[0]) if below == shape[0] else foot
    return int(max(x0 - pad, 0)), int(top), int(min(x1 + pad, shape[1])), int(foot), tall


def _stacked(found: list[tuple[int, int, int, int, int]]) -> list[tuple[int, int, int, int, int]]:
    """Blocks of one column, one below the other with nothing beside them, made one: starting Tesseract has its cost."""
    out: list[tuple[int, int, int, int, int]] = []
    for index, block in enumerate(found):
        if out and _same_column(out[-1], block) and block[1] >= out[-1][1]:
            x0, y0, x1, y1, tall = out[-1]
            usual = tall if y1 - y0 >= block[3] - block[1] else block[4]
            whole = (min(x0, block[0]), y0, max(x1, block[2]), max(y1, block[3]), usual)
            others = [*out[:-1], *(other for other in found[index + 1 :] if not _same_column(whole, other))]
            if not any(_touch(whole, other) for other in others):
                out[-1] = whole
                continue
        out.append(block)
    return out


def _same_column(one: tuple[int, int, int, int, int], other: tuple[int, int, int, int, int]) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) >= 0.9 * (max(one[2], other[2]) - min(one[0], other[0]))


def _touch(one: tuple[int, int, int, int, int], other: tuple[int, int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _segments(ink: Ink, scale: float) -> list[Segment]:
    """Runs of words on one line: ink smeared sideways by less than the gap between columns."""
    from scipy import ndimage

    step = max(1, round(scale))  # about a point: 300 dpi is far more than this needs
    small = _any(ink, step)
    labels, count = ndimage.label(small, np.ones((3, 3), bool))
    if not count:
        return []
    found = ndimage.find_objects(labels)
    kept = np.zeros(count + 1, bool)
    for index, (rows, columns) in enumerate(found, start=1):
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        kept[index] = 2 <= tall <= 60 and wide <= 400 and tall * wide >= 4  # no speck, no picture
    text = kept[labels]
    smeared = ndimage.binary_closing(np.pad(text, 12), np.ones((1, 9), bool))[12:-12, 12:-12]
    lines, _ = ndimage.label(smeared, np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool))
    out = []
    for rows, columns in ndimage.find_objects(lines):
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        if tall >= 3 and wide >= 2:
            x0, x1, y0, y1 = (float(v * step) for v in (columns.start, columns.stop, rows.start, rows.stop))
            letters = max(1, round(wide / (0.6 * tall)))
            line = _baseline(ink[int(y0) : int(y1), int(x0) : int(x1)]) + y0
            out.append(Segment(x0, y0, x1, y1, line, y1 - y0, 0, letters))
    return out


def _baseline(ink: Ink) -> float:
    """The row of pixels on which letters stand, where ink drops most: the cells of a row share it, whatever they hold.

    Sought in the lower two fifths: above, the bars of letters and dashes end as sharply.
    """
    rows = np.append(ink.sum(axis=1), (0, 0, 0))
    drop = rows[:-3] - rows[3:]
    least = len(drop) * 3 // 5
    return float(least + np.argmax(drop[least:]))
