"""Text out of PDF, ours against other permissive libraries, on pages whose text is known.

    python -m benchmarks.pdf_text [--documents 20] [--seed 7]

Prints a Markdown table: character error rate (Levenshtein distance over the length of the truth, white space folded),
share of table rows found whole on one line (white space apart), share whose cells also stand apart (TABs), pages a
second on one core.
pdfminer.six and pypdf take part when they can be imported; nothing depends on them.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO

from benchmarks.paper import KINDS, Paper, papers

Read = Callable[[bytes], list[str]]
REPEATS = 3


def distance(one: str, other: str) -> int:
    """Levenshtein distance, bit-parallel (Hyyrö 2003, after Myers 1999): a row of the matrix is one integer."""
    if not one or not other:
        return len(one) + len(other)
    places: dict[str, int] = defaultdict(int)
    for index, character in enumerate(one):
        places[character] |= 1 << index
    full, top = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, score = full, 0, len(one)
    for character in other:
        match = places.get(character, 0)
        zero = (((match & up) + up) ^ up) | match | down
        plus = down | ~(zero | up) & full
        minus = up & zero
        score += 1 if plus & top else -1 if minus & top else 0
        plus = (plus << 1 | 1) & full
        minus = minus << 1 & full
        up = minus | ~(zero | plus) & full
        down = plus & zero
    return score


def folded(text: str) -> str:
    """White space made one space: line ends are judged by rows, not by characters."""
    return " ".join(text.split())


def ours(data: bytes) -> list[str]:
    from limpide.errors import LIMITS
    from limpide.readers import pdf
    from limpide.readers.origin import Origin

    (document,) = pdf.read(data, Origin.of(data, "bench.pdf"), LIMITS)
    return [document.text[page.start : page.end] for page in document.pages]


def plain_pdfium(data: bytes) -> list[str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    out = []
    for index in range(len(document)):
        page = document[index]
        text = page.get_textpage()
        out.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return out


def pdfminer(data: bytes) -> list[str]:
    from pdfminer.high_level import extract_text

    return extract_text(BytesIO(data)).rstrip("\f").split("\f")


def pypdf(data: bytes) -> list[str]:
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(BytesIO(data)).pages]


@dataclass(slots=True)
class Score:
    """What one reader did on pages of one kind."""

    errors: int = 0
    characters: int = 0
    whole: int = 0  # rows of tables on one line
    apart: int = 0  # and their cells set apart
    rows: int = 0
    seconds: float = 0.0  # of processor, the best of `REPEATS`
    pages: int = 0

    def add(self, paper: Paper, texts: list[str], seconds: float) -> None:
        """Count one document read in `seconds`."""
        for text, truth in zip(texts, paper.pages, strict=True):
            self.errors += distance(folded(text), folded(truth))
            self.characters += len(folded(truth))
        lines = [line for text in texts for line in text.splitlines()]
        whole = {"".join(line.split()) for line in lines}
        apart = {tuple(cell.strip() for cell in re.split(r"\t", line)) for line in lines}
        self.whole += sum("".join("".join(cells).split()) in whole for cells in paper.rows)
        self.apart += sum(tuple(cells) in apart for cells in paper.rows)
        self.rows += len(paper.rows)
        self.seconds += seconds
        self.pages += len(paper.pages)


def readers() -> dict[str, Read]:
    """Ours, and the others that can be imported."""
    found: dict[str, Read] = {"limpide": ours, "pypdfium2, plain": plain_pdfium}
    found |= {"pdfminer.six": pdfminer} if find_spec("pdfminer") else {}
    found |= {"pypdf": pypdf} if find_spec("pypdf") else {}
    return found


def measured(documents: list[Paper]) -> dict[tuple[str, str], Score]:
    """By reader and kind of page. Readers take turns on each document: a busy machine slows all of them alike."""
    known = readers()
    for read in known.values():
        read(documents[0].pdf)
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    for paper in documents:
        spent = dict.fromkeys(known, float("inf"))
        for _ in range(REPEATS):
            for name, read in known.items():
                start = time.process_time()
                texts = read(paper.pdf)
                spent[name] = min(spent[name], time.process_time() - start)
                if len(texts) != len(paper.pages):
                    raise SystemExit(f"{name} does not read the pages of {paper.kind}")
        for name, read in known.items():
            scores[name, paper.kind].add(paper, read(paper.pdf), spent[name])
    return dict(sorted(scores.items(), key=lambda item: list(known).index(item[0][0])))


def table(documents: list[Paper]) -> list[str]:
    """The measurement as lines of Markdown, in French."""
    lines = [
        "| lecteur | pages | erreur de caractères | lignes entières | cellules séparées | pages/s/cœur |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for (name, kind), score in measured(documents).items():
        shares = "– | –"
        if score.rows:
            shares = f"{score.whole / score.rows:.2f} | {score.apart / score.rows:.2f}"
        rate, speed = score.errors / score.characters, score.pages / score.seconds
        lines.append(f"| {name} | {KINDS[kind]} | {rate:.4f} | {shares} | {speed:.0f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=20, help="documents of each kind")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(*table(papers(options.seed, options.documents)), sep="\n")


if __name__ == "__main__":
    main()
