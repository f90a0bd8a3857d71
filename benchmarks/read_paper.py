"""How well and how fast paper is read: text of PDF and OCR, one page written.

    python -m benchmarks.read_paper [--full] [--documents 6] [--seed 7] [--output docs/bench-paper.md]

By default one document of each kind in the six conditions that matter most (some eight minutes of processor). `--full`:
the whole campaign, five documents of each kind where a promise was made, two elsewhere (some forty minutes).

Belongs here: running both measurements and writing docs/bench-paper.md. Does not belong here: measuring (pdf_text.py,
ocr_text.py), drawing pages (paper.py, lab_designs.py). `--no-scans` leaves OCR out.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from benchmarks import pdf_text
from benchmarks.ocr_text import HEAD, NAMES, PROSE, TABLES, Scores, Tally, campaign, documents, row
from benchmarks.paper import papers
from benchmarks.scanning import CONDITIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "bench-paper.md"
PROMISED = ("clean 200", "noisy 200", "skewed +1.7", "noisy skewed")
BESIDE = ("clean 150", "clean 300", "skewed -1.7", "skewed +0.7", "skewed +3", "faint 200", "bilevel 200")
SHORT = ("clean 200", "noisy 200", "skewed +1.7", "noisy skewed", "clean 150", "clean 300")
COMPARED = ("clean 200", "noisy 200")  # with plain Tesseract
LIMITS = {"clean": (0.01, 0.90), "other": (0.05, 0.60)}  # character error on prose, rows whole: issue 3


def scans(seed: int, full: bool, done: Scores) -> None:
    """The campaign; promises first, so that what was measured when it is cut short is what matters."""
    if full:
        campaign("limpide", documents(seed, 5), PROMISED, done)
        campaign("limpide", documents(seed, 2), BESIDE, done)
    else:
        campaign("limpide", documents(seed, 1), SHORT, done)
    campaign("tesseract psm 3", documents(seed, 1), COMPARED, done)


def summed(scores: Scores, reader: str, condition: str, kinds: Iterable[str]) -> Tally:
    """Pages of several kinds together."""
    out = Tally()
    for kind in kinds:
        if tally := scores.get((reader, condition, kind)):
            out.add(tally)
    return out


def promises(scores: Scores) -> list[str]:
    """One line a condition: prose, tables, figures, against what was promised."""
    lines = [
        "| numérisation | n | prose : erreur | tableaux : lignes entières | nombres faux | faux sans marque |"
        " justes marqués | promesse |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for condition in CONDITIONS:
        prose, tables = summed(scores, "limpide", condition, PROSE), summed(scores, "limpide", condition, TABLES)
        if not prose.pages or not tables.pages:
            continue
        error, whole, found = prose.errors / prose.characters, tables.whole / tables.rows, tables.figures
        most, least = LIMITS["clean" if condition == "clean 200" else "other"]
        kept = "tenue" if error <= most and whole >= least else "**manquée**"
        told = "–" if condition not in PROMISED and not condition.startswith("skewed") else kept
        lines.append(
            f"| {CONDITIONS[condition].french} | {prose.pages + tables.pages} | {error:.4f} | {whole:.2f} |"
            f" {_share(found.wrong, found.drawn)} | {_share(found.silent, found.drawn)} |"
            f" {_share(found.marked, found.drawn)} | {told} |"
        )
    return lines


def _weakest(scores: Scores) -> list[str]:
    """Where fewer rows are whole than is promised of noisy pages, by design of table: a mean hides them."""
    least = LIMITS["other"][1]
    found = [
        f"{NAMES[kind]} ({CONDITIONS[condition].french} : {tally.whole / tally.rows:.2f})"
        for (reader, condition, kind), tally in scores.items()
        if reader == "limpide" and tally.rows and tally.whole / tally.rows < least
    ]
    return [f"Sous {least:.2f} de lignes entières, dessin par dessin : {', '.join(found) or 'aucun'}."]


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)".replace(".", ",")


def page(seed: int, count: int, text: list[str], scores: Scores) -> str:
    """docs/bench-paper.md."""
    ordered = sorted(scores, key=lambda key: (key[0], list(CONDITIONS).index(key[1])))
    spent = sum(tally.seconds for tally in scores.values())
    lines = [
        "# Lire le papier",
        "",
        f"Écrit par `make bench` le {date.today()} ({platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}), graine {seed}. Pages dessinées par nous, dont le texte est connu"
        " (`benchmarks/paper.py`, `benchmarks/lab_designs.py`).",
        "",
        "## Texte des PDF",
        "",
        f"{count} documents de chaque sorte. Erreur : distance de Levenshtein sur la longueur du texte, blancs"
        " confondus, ordre de lecture compris. Lignes entières : lignes de tableau trouvées sur une ligne. Vitesse en"
        " temps de processeur, ordre de lecture et une boîte par caractère compris pour Limpide seul.",
        "",
        *text,
        "",
        "## Numérisations (OCR)",
        "",
        "Tesseract en français, pages dessinées puis numérisées à 150, 200 ou 300 points par pouce : propres,"
        " inclinées, bruitées (grain d'écart type 28, 1 % de pixels perdus, 0,6° au moins), pâles (encre grise, jour de"
        " côté, JPEG), en noir et blanc (`benchmarks/scanning.py`). n : pages lues, une par document. `--full` mesure"
        " cinq documents de chaque sorte là où une promesse est faite, deux ailleurs ; sans lui, un.",
        "",
        "Promesses : sur la prose (lettre, deux colonnes, bandeau latéral), 1 % d'erreur au plus à 200 propre, 5 %"
        " bruité ou incliné ; sur les tableaux (six dessins et la machine à écrire), 0,90 des lignes entières à 200"
        " propre, 0,60 bruité. Une ligne n'est entière que si tous ses caractères sont justes, blancs confondus.",
        "",
        "**Un nombre faux sans marque est la pire faute** : un nombre de tableau (valeur, borne, antériorité, date) lu"
        " de travers (un point vaut une virgule) avec une confiance de plus de 0,6. À 0,6 ou moins il est marqué :"
        " `limpide_fact.ocr_confidence` le"
        " porte jusqu'aux tables publiées. Les nombres justes mais marqués sont le prix de cette prudence.",
        "",
        *promises(scores),
        "",
        *_weakest(scores),
        "",
        f"Le détail. Temps de processeur (le nôtre et celui de Tesseract), jamais l'horloge : {spent / 60:.0f} minutes"
        " en tout. Absents : nombres de la ligne qui n'ont pas été lus du tout. Tesseract seul : une page de chaque"
        " sorte, sans confiances.",
        "",
        *HEAD,
        *(row(*key, scores[key]) for key in ordered),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--documents", type=int, default=6, help="documents of each kind, for the text of PDF")
    asked.add_argument("--full", action="store_true", help="the whole campaign of scans")
    asked.add_argument("--no-scans", action="store_true", help="no OCR")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--output", type=Path, default=PAGE)
    told = asked.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"  # as a night calls Tesseract: one core a document
    print("1/2 text of PDF", file=sys.stderr, flush=True)
    text = pdf_text.table(papers(told.seed, told.documents))
    scores: Scores = {}
    if not told.no_scans:
        print("2/2 OCR", file=sys.stderr, flush=True)
        try:
            scans(told.seed, told.full, scores)
        except KeyboardInterrupt:  # what was measured is written
            print("cut short", file=sys.stderr)
    told.output.parent.mkdir(parents=True, exist_ok=True)
    told.output.write_text(page(told.seed, told.documents, text, scores), encoding="utf-8")
    print(told.output.read_text("utf-8"))


if __name__ == "__main__":
    main()
