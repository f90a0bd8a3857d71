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
from importlib.util import find_spec
from io import BytesIO

from benchmarks.paper import Paper, papers

Read = Callable[[bytes], list[str]]


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


def measured(read: Read, documents: list[Paper]) -> dict[str, tuple[int, int, int, int, int, float, int]]:
    """By kind: errors, characters, rows whole, rows with cells apart, rows, CPU seconds, pages."""
    out: dict[str, list[float]] = defaultdict(lambda: [0.0] * 7)
    read(documents[0].pdf)
    for paper in documents:
        start = time.process_time()
        texts = read(paper.pdf)
        spent = time.process_time() - start
        sums = out[paper.kind]
        for text, truth in zip(texts, paper.pages, strict=True):
            sums[0] += distance(folded(text), folded(truth))
            sums[1] += len(folded(truth))
        lines = [line for text in texts for line in text.splitlines()]
        whole = {"".join(line.split()) for line in lines}
        apart = {tuple(cell.strip() for cell in re.split(r"\t", line)) for line in lines}
        sums[2] += sum("".join("".join(cells).split()) in whole for cells in paper.rows)
        sums[3] += sum(tuple(cells) in apart for cells in paper.rows)
        sums[4] += len(paper.rows)
        sums[5] += spent
        sums[6] += len(paper.pages)
    return {kind: tuple(sums) for kind, sums in out.items()}  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=20, help="documents of each kind")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    documents = papers(options.seed, options.documents)
    readers: dict[str, Read] = {"limpide": ours, "pypdfium2, plain": plain_pdfium}
    readers |= {"pdfminer.six": pdfminer} if find_spec("pdfminer") else {}
    readers |= {"pypdf": pypdf} if find_spec("pypdf") else {}
    print("| reader | pages | character error | rows whole | cells apart | pages/s/core |")
    print("|---|---|---|---|---|---|")
    for name, read in readers.items():
        for kind, (errors, length, whole, apart, rows, spent, pages) in measured(read, documents).items():
            shares = f"{whole / rows:.2f} | {apart / rows:.2f}" if rows else "- | -"
            print(f"| {name} | {kind} | {errors / length:.4f} | {shares} | {pages / spent:.0f} |")


if __name__ == "__main__":
    main()
