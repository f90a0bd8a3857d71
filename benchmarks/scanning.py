"""Pages as scanners give them: resolution, skew, grain, specks, faint ink, black and white.

Belongs here: what is done to a drawn page before it is read. Does not belong here: drawing (paper.py,
lab_designs.py), measuring (ocr_text.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np

from benchmarks.paper import Paper


@dataclass(frozen=True, slots=True)
class Scanner:
    """`skew` in degrees, `grain` the standard deviation of grey levels, `specks` the share of pixels gone astray."""

    french: str
    dpi: int
    skew: float = 0.0
    grain: float = 0.0
    specks: float = 0.0
    faint: bool = False  # grey ink on a grey sheet, lit from one side, saved as a poor JPEG
    bilevel: bool = False  # black or white, as faxes and many multifunction printers send


CONDITIONS = {
    "clean 150": Scanner("propre 150", 150),
    "clean 200": Scanner("propre 200", 200),
    "clean 300": Scanner("propre 300", 300),
    "skewed +0.7": Scanner("inclinée +0,7°", 200, 0.7, 4.0),
    "skewed +1.7": Scanner("inclinée +1,7°", 200, 1.7, 4.0),
    "skewed -1.7": Scanner("inclinée -1,7°", 200, -1.7, 4.0),
    "skewed +3": Scanner("inclinée +3°", 200, 3.0, 4.0),
    "noisy 200": Scanner("bruitée 200", 200, 0.6, 28.0, 0.01),
    "noisy skewed": Scanner("bruitée, inclinée +1,7°", 200, 1.7, 28.0, 0.01),
    "noisy 150": Scanner("bruitée 150", 150, -0.8, 18.0, 0.003),
    "faint 200": Scanner("pâle, JPEG, 200", 200, 0.4, 5.0, 0.0, faint=True),
    "bilevel 200": Scanner("noir et blanc 200", 200, -0.4, 6.0, 0.0005, bilevel=True),
}


def scanned(paper: Paper, condition: str, seed: int, pages: int | None = None) -> list[bytes]:
    """Each of the first `pages` pages as a grey PNG (JPEG where faint), as a scanner of that quality would give it."""
    import pypdfium2

    scanner = CONDITIONS[condition]
    rng = np.random.default_rng(seed)
    document = pypdfium2.PdfDocument(paper.pdf)
    out = []
    for index in range(len(document) if pages is None else min(pages, len(document))):
        out.append(_scan(document[index], scanner, rng))
    document.close()
    return out


def _scan(page: object, scanner: Scanner, rng: np.random.Generator) -> bytes:
    from PIL import Image, ImageFilter

    dpi = scanner.dpi
    picture = page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")  # type: ignore[attr-defined]
    if scanner.skew:
        picture = picture.rotate(scanner.skew, Image.Resampling.BICUBIC, fillcolor=255)
    if scanner.grain:
        picture = picture.filter(ImageFilter.GaussianBlur(0.6 * dpi / 200))
        grey = np.asarray(picture, np.float32)
        if scanner.faint:
            lit = np.linspace(0.82, 1.0, grey.shape[1], dtype=np.float32)  # the sheet darkens to the left
            grey = (255 - (255 - grey) * 0.55) * lit * 0.9
        else:
            grey = grey * 0.92 + 12
        grey = grey + rng.normal(0, scanner.grain, grey.shape)
        flipped = rng.random(grey.shape) < scanner.specks
        grey[flipped] = rng.integers(0, 256, int(flipped.sum()))
        if scanner.bilevel:
            grey = np.where(grey < 150, 0, 255)
        picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    file = BytesIO()
    if scanner.faint:
        picture.save(file, "JPEG", dpi=(dpi, dpi), quality=55)
    else:
        picture.save(file, "PNG", dpi=(dpi, dpi))
    return file.getvalue()
