"""Flatten and recover, at development time: the exam on documents that everybody has, and on real ones where they are.

Belongs here: which documents are examined, the page's table. Does not belong here: the exam
(limpide/evaluation/exam.py), how scores are kept and published (limpide/warehouse/scores.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from limpide.document import Document
from limpide.evaluation.comparison import Subject
from limpide.evaluation.exam import ALL, Result, share, sit, structured
from limpide.semantics.engine import Engine

DOCUMENTS, SEED = 600, 11
SYNTHETIC = "synthétique"
DESCRIPTION = f"{DOCUMENTS} fichiers N3 synthétiques (graine {SEED}), imprimés sans leurs codes et relus"

# Subject, title, recall that must be reached and that is aimed at (at a precision of 0.85 or more).
ASKED: tuple[tuple[Subject, str, str], ...] = (
    ("laboratory", "laboratory rows: LOINC, value, unit", "0.80 / 0.95"),
    ("drug", "drugs", "0.70 / 0.90"),
    ("problem", "problems", "0.60 / 0.80"),
    ("vital", "vital signs", "–"),
)


def synthetic() -> Iterator[Document]:
    """Structured documents of our own feed: summaries, laboratory reports, discharge letters."""
    from limpide.synth.feed import generate
    from limpide.synth.recipes import BASE

    with TemporaryDirectory() as folder:
        menu = tuple(recipe for recipe in BASE if recipe.name.startswith("n3"))
        generate(Path(folder) / "feed", documents=DOCUMENTS, nights=1, seed=SEED, menu=menu)
        yield from structured(_files(Path(folder) / "feed" / "landing"))


def real(shared: Path) -> Iterator[Document]:
    """Structured documents of the shared samples; none where they are absent."""
    yield from structured(_files(shared / "samples"))


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root, name) for name in sorted(names))


def examined(engine: Engine, shared: Path | None) -> list[tuple[str, Result]]:
    """The exam of the synthetic documents, then of the real ones of `shared`."""
    sets = [("synthetic", sit(synthetic(), engine))]
    if shared is not None:
        sets.append(("real samples", sit(real(shared), engine)))
    return [(title, result) for title, result in sets if result.documents]


def table(mine: list[tuple[str, Result]], reference: dict[str, Result]) -> list[str]:
    """The page's lines: every subject of every set, EDS-NLP's on the same prints beside."""
    lines = [
        "| subject | documents | told | recall | judged | precision | strict R / P | must / aim | EDS-NLP |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, result in mine:
        for subject, name, asked in ASKED:
            tally = result.tallies.get((subject, ALL))
            if tally is None:
                continue
            right = tally.right + tally.confirmed
            strict = f"{_rate(tally.strict_recall)} / {_rate(tally.strict_precision)}"
            lines.append(
                f"| {name}, {title} | {tally.documents} | {tally.coded} | {_shown(tally.right, tally.coded)} | "
                f"{tally.found} | {_shown(right, tally.found)} | {strict} | {asked} | "
                f"{_other(reference.get(title), subject)} |"
            )
    return lines


def _other(result: Result | None, subject: Subject) -> str:
    tally = result.tallies.get((subject, ALL)) if result else None
    if tally is None or not tally.found:
        return "–"
    return f"{_rate(tally.recall)} / {_rate(tally.precision)}"


def _shown(right: int, total: int) -> str:
    return share(right, total).replace(",", ".")


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
