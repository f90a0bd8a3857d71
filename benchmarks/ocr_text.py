"""Text out of scans: ours against plain Tesseract, on pages whose text is known.

    python -m benchmarks.ocr_text [--documents 4] [--seed 7] [--conditions clean200,noisy200,...]

Prints a Markdown table: character error rate (order included, white space folded), share of table rows found whole on
one line (white space apart), seconds a page. Needs the `tesseract` program with French.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import defaultdict
from io import BytesIO

import numpy as np

from benchmarks.paper import KINDS, Paper, papers
from benchmarks.pdf_text import distance, folded

# dots an inch, degrees of skew, noise (standard deviation of grey levels; share of flipped pixels)
CONDITIONS = {
    "clean 300": (300, 0.0, 0.0, 0.0),
    "clean 200": (200, 0.0, 0.0, 0.0),
    "clean 150": (150, 0.0, 0.0, 0.0),
    "skewed 200": (200, 1.7, 4.0, 0.0),
    "noisy 200": (200, 0.6, 28.0, 0.01),
    "noisy 150": (150, -0.8, 18.0, 0.003),
}


FRENCH = {"clean": "propre", "skewed": "inclinée", "noisy": "bruitée"}


def scanned(paper: Paper, condition: str, seed: int) -> list[bytes]:
    """Each page as a grey PNG, as a scanner of that quality would give it."""
    import pypdfium2
    from PIL import Image, ImageFilter

    dpi, skew, grain, specks = CONDITIONS[condition]
    rng = np.random.default_rng(seed)
    document = pypdfium2.PdfDocument(paper.pdf)
    out = []
    for index in range(len(document)):
        picture = document[index].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
        if skew:
            picture = picture.rotate(skew, Image.Resampling.BICUBIC, fillcolor=255)
        if grain:
            picture = picture.filter(ImageFilter.GaussianBlur(0.6 * dpi / 200))
            grey = np.asarray(picture, np.float32) * 0.92 + 12 + rng.normal(0, grain, picture.size[::-1])
            flipped = rng.random(grey.shape) < specks
            grey[flipped] = rng.integers(0, 256, int(flipped.sum()))
            picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
        file = BytesIO()
        picture.save(file, "PNG", dpi=(dpi, dpi))
        out.append(file.getvalue())
    document.close()
    return out


def ours(png: bytes) -> str:
    from limpide.errors import LIMITS
    from limpide.readers import image
    from limpide.readers.origin import Origin

    (document,) = image.read(png, Origin.of(png, "scan.png"), LIMITS)
    return document.text


def plain(png: bytes, mode: int = 3) -> str:
    command = ["tesseract", "stdin", "stdout", "-l", "fra", "--psm", str(mode)]
    return subprocess.run(command, input=png, capture_output=True, check=True).stdout.decode()


READERS = {"limpide": ours, "tesseract psm 3": plain, "tesseract psm 4": lambda png: plain(png, 4)}


def table(documents: list[Paper], conditions: list[str], readers: list[str]) -> list[str]:
    """The measurement as lines of Markdown, in French; none where there is no document."""
    lines = [
        "| lecteur | numérisation | pages | erreur de caractères | lignes entières | s/page |",
        "|---|---|---|---:|---:|---:|",
    ]
    for condition in conditions if documents else []:
        for name in readers:
            sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 6)
            for number, paper in enumerate(documents):
                total = sums[paper.kind]
                for png, truth in zip(scanned(paper, condition, number), paper.pages, strict=True):
                    start = time.perf_counter()
                    text = READERS[name](png)
                    total[4] += time.perf_counter() - start
                    total[5] += 1
                    total[0] += distance(folded(text), folded(truth))
                    total[1] += len(folded(truth))
                    whole = {"".join(line.split()) for line in text.splitlines()}
                    total[2] += sum("".join("".join(cells).split()) in whole for cells in paper.rows)
                total[3] += len(paper.rows)
            for kind, (errors, length, whole_rows, rows, spent, pages) in sums.items():
                share = f"{whole_rows / rows:.2f}" if rows else "–"
                told = FRENCH[condition.split()[0]] + condition[-4:]
                lines.append(
                    f"| {name} | {told} | {KINDS[kind]} | {errors / length:.4f} | {share} | {spent / pages:.1f} |"
                )
                print(lines[-1], file=sys.stderr, flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=2, help="documents of each kind")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of pages (benchmarks/paper.py)")
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--readers", default="limpide,tesseract psm 3")
    options = parser.parse_args()
    documents = [paper for paper in papers(options.seed, options.documents) if paper.kind in options.kinds.split(",")]
    print(*table(documents, options.conditions.split(","), options.readers.split(",")), sep="\n")


if __name__ == "__main__":
    main()
