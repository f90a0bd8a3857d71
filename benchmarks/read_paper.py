"""How well and how fast paper is read: text of PDF and OCR, one page written.

    python -m benchmarks.read_paper [--documents 6] [--scans 2] [--seed 7] [--output docs/bench-paper.md]

Belongs here: running both measurements and writing docs/bench-paper.md. Does not belong here: measuring (pdf_text.py,
ocr_text.py), drawing pages (paper.py). `--scans 0` leaves OCR out.
"""

from __future__ import annotations

import argparse
import platform
import sys
from datetime import date
from pathlib import Path

from benchmarks import ocr_text, pdf_text
from benchmarks.paper import papers

PAGE = Path(__file__).resolve().parents[1] / "docs" / "bench-paper.md"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--documents", type=int, default=6, help="documents of each kind, for the text of PDF")
    asked.add_argument("--scans", type=int, default=2, help="documents of each kind, for OCR")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--conditions", default=",".join(ocr_text.CONDITIONS))
    asked.add_argument("--output", type=Path, default=PAGE)
    told = asked.parse_args()
    print("1/2 text of PDF", file=sys.stderr, flush=True)
    text = pdf_text.table(papers(told.seed, told.documents))
    print("2/2 OCR", file=sys.stderr, flush=True)
    scans = ocr_text.table(papers(told.seed, told.scans), told.conditions.split(","), ["limpide", "tesseract psm 3"])
    lines = [
        "# Lire le papier",
        "",
        f"Écrit par `make bench` le {date.today()} ({platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}), graine {told.seed}. Pages dessinées par nous, dont le texte est connu"
        " (`benchmarks/paper.py`).",
        "",
        "## Texte des PDF",
        "",
        f"{told.documents} documents de chaque sorte. Erreur : distance de Levenshtein sur la longueur du texte, blancs"
        " confondus, ordre de lecture compris. Lignes entières : lignes de tableau trouvées sur une ligne. Vitesse en"
        " temps de processeur, ordre de lecture et une boîte par caractère compris pour Limpide seul.",
        "",
        *text,
        "",
        "## Numérisations (OCR)",
        "",
        "Tesseract en français. Propre, incliné (1,7°) ou bruité (grain, pixels inversés), à 150, 200 ou 300 points par"
        " pouce. Secondes par page : horloge, machine partagée.",
        "",
        *scans,
        "",
    ]  # fmt: skip
    told.output.parent.mkdir(parents=True, exist_ok=True)
    told.output.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
