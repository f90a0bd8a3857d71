"""Text out of scans: ours against plain Tesseract, on pages whose text is known.

    python -m benchmarks.ocr_text [--documents 5] [--seed 7] [--conditions "clean 200,noisy 200"] [--kinds letter,grid]

Belongs here: reading scanned pages and counting errors. Does not belong here: drawing (paper.py, lab_designs.py),
scanning (scanning.py), comparing figures (figures.py). Needs the `tesseract` program with French.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.figures import Figures, compared
from benchmarks.lab_designs import DESIGNS, designs
from benchmarks.paper import KINDS, Paper, papers
from benchmarks.pdf_text import distance, folded
from benchmarks.scanning import CONDITIONS, scanned

PROSE = ("letter", "two columns", "sidebar")
TABLES = (*DESIGNS, "typewriter")
NAMES = KINDS | DESIGNS
Read = Callable[[bytes], tuple[str, list[float]]]


@dataclass(slots=True)
class Tally:
    """What one reader did on pages of one kind, scanned in one way."""

    errors: int = 0
    characters: int = 0
    whole: int = 0
    rows: int = 0
    pages: int = 0
    seconds: float = 0.0  # of processor, Tesseract's included
    figures: Figures = field(default_factory=Figures)

    def add(self, other: Tally) -> None:
        """Count those of other pages."""
        for name in ("errors", "characters", "whole", "rows", "pages", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.figures.add(other.figures)


def documents(seed: int, count: int) -> list[Paper]:
    """`count` documents of each kind that OCR is measured on."""
    drawn = [paper for paper in papers(seed, count) if paper.kind in (*PROSE, "typewriter")]
    return drawn + designs(seed, count)


def ours(data: bytes) -> tuple[str, list[float]]:
    from limpide.errors import LIMITS
    from limpide.readers import image
    from limpide.readers.origin import Origin

    (document,) = image.read(data, Origin.of(data, "scan"), LIMITS)
    (page,) = document.pages
    return document.text, [] if page.confidences is None else page.confidences.tolist()


def plain(data: bytes) -> tuple[str, list[float]]:
    """Tesseract by itself: it is given no confidence, so that none of its figures counts as marked."""
    command = ["tesseract", "stdin", "stdout", "-l", "fra", "--psm", "3"]
    text = subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
    return text, [1.0] * len(text)


READERS: dict[str, Read] = {"limpide": ours, "tesseract psm 3": plain}


def measured(reader: str, paper: Paper, condition: str, number: int) -> tuple[Tally, list[str]]:
    """The first page of a document, scanned and read; and its figures that were wrong and not marked, in words."""
    from limpide.semantics.legibility import LOW

    (data,) = scanned(paper, condition, number, pages=1)
    before = _processor()
    text, sure = READERS[reader](data)
    tally = Tally(pages=1, seconds=_processor() - before)
    truth = paper.pages[0]
    if paper.kind == "leaders":  # dots that lead the eye are no text: neither asked for nor held against a reader
        read, truth = text.replace(".", ""), truth.replace(".", "")
    else:
        read = text
    tally.errors, tally.characters = distance(folded(read), folded(truth)), len(folded(truth))
    lines = {"".join(line.split()) for line in read.splitlines()}
    dropped = "." if paper.kind == "leaders" else ""
    wanted = ["".join("".join(cells).split()) for cells in paper.rows]
    wanted = [row.replace(dropped, "") if dropped else row for row in wanted]
    tally.whole, tally.rows = sum(row in lines for row in wanted), len(wanted)
    tally.figures, told = compared(paper.rows, text, sure, LOW)
    return tally, told


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


Scores = dict[tuple[str, str, str], Tally]  # by reader, condition, kind of page


def campaign(reader: str, drawn: Iterable[Paper], conditions: Iterable[str], scores: Scores) -> None:
    """Add to `scores` what a reader does with each document in each condition."""
    drawn = list(drawn)
    for condition in conditions:
        for number, paper in enumerate(drawn):
            tally, told = measured(reader, paper, condition, number)
            scores.setdefault((reader, condition, paper.kind), Tally()).add(tally)
            for one in told:
                print(f"  wrong and not marked: {reader}, {condition}, {paper.kind}: {one}", file=sys.stderr)
        for (name, scanner, kind), tally in scores.items():
            if (name, scanner) == (reader, condition):
                print(row(name, scanner, kind, tally), file=sys.stderr, flush=True)


HEAD = [
    "| lecteur | numérisation | pages | n | erreur de caractères | lignes entières | nombres | faux"
    " | faux sans marque | absents | justes marqués | s CPU/page |",
    "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
]


def row(reader: str, condition: str, kind: str, tally: Tally) -> str:
    """One line of the table."""
    told = [reader, CONDITIONS[condition].french, NAMES.get(kind, kind), str(tally.pages)]
    told.append(f"{tally.errors / tally.characters:.4f}")
    if tally.rows:
        found = tally.figures
        told.append(f"{tally.whole / tally.rows:.2f}")
        counts = (found.drawn, found.wrong, found.silent, found.missing, found.marked)
        told += [str(count) for count in counts]
    else:
        told += ["–"] * 6
    return f"| {' | '.join([*told, f'{tally.seconds / tally.pages:.1f}'])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=2, help="documents of each kind")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kinds", default=",".join((*PROSE, *TABLES)))
    parser.add_argument("--conditions", default="clean 200,noisy 200")
    parser.add_argument("--readers", default="limpide")
    options = parser.parse_args()
    drawn = [paper for paper in documents(options.seed, options.documents) if paper.kind in options.kinds.split(",")]
    scores: Scores = {}
    for reader in options.readers.split(","):
        campaign(reader, drawn, options.conditions.split(","), scores)
    print(*HEAD, *(row(*key, tally) for key, tally in scores.items()), sep="\n")


if __name__ == "__main__":
    main()
