"""Tables of results as French laboratories set them, drawn with known text: what rows and figures are measured on.

Belongs here: designs of one page of results (reportlab), each with its rows. Does not belong here: other pages
(paper.py), scanning (scanning.py). Every name and number is made up here; nothing comes from a real document.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.paper import _CHAPTERS, A4, Paper, Pen, laboratory, paragraph, results

DESIGNS = {  # as the published tables name them
    "ruled": "tableau ligné",
    "open": "tableau sans filets",
    "grid": "tableau quadrillé, fonds gris",
    "leaders": "points de conduite",
    "history": "deux antériorités, drapeaux",
    "small print": "petits caractères",
}
_SIGNED = (("Excès de base", "mmol/L", -8.0, 6.0, "-2,0 à 2,0"), ("T-score (rachis)", "", -3.5, 2.5, "> -1,0"))
_CENSORED = (
    ("hs-CRP", "<", "0,3", "mg/L", "< 5,0"),
    ("DFG (CKD-EPI 2009)", ">", "90", "mL/min/1,73 m²", "> 60"),
    ("PSA total", "<", "0,01", "ng/mL", "< 4,00"),
    ("Vitamine D (25-OH)", ">", "150", "nmol/L", "75 - 250"),
)


def _head(pen: Pen) -> None:
    pen.line(50, 50, "Laboratoire de biologie de Valmont", "Helvetica-Bold", 12)
    pen.line(50, 66, "Prélèvement du 14/03/2024 à 07:40", "Helvetica", 9)


def _row(pen: Pen, cells: list[str]) -> None:
    kept = [cell for cell in cells if cell]
    pen.say(" ".join(kept))
    pen.paper.rows.append(kept)


def grid(rng: random.Random) -> Paper:
    """Rules across and down, a grey band under the heads, every other row on light grey."""
    pen = Pen("grid")
    _head(pen)
    lefts = (54.0, 200.0, 250.0, 340.0, 430.0, 460.0, 530.0)
    pen.say("Examen Résultat Unité Intervalle Antérieur")
    y, tall = 100.0, 17.0
    rows = results(rng)
    for index, cells in enumerate([["Examen", "Résultat", "Unité", "Intervalle", "", "Antérieur"], *rows]):
        grey = 0.80 if index == 0 else 0.92 if index % 2 == 0 else 1.0
        pen.canvas.setFillGray(grey)
        pen.canvas.rect(50, A4[1] - y - 5, 495, tall, stroke=1, fill=1)
        pen.canvas.setFillGray(0)
        for x in lefts[1:-1]:
            pen.canvas.line(x - 4, A4[1] - y - 5, x - 4, A4[1] - y - 5 + tall)
        drawn = cells[:6]
        for column, (x, cell) in enumerate(zip(lefts, drawn, strict=False)):
            if cell:
                at = lefts[column + 1] - 8 - pen.width(cell, "Helvetica", 9) if index and column in (1, 5) else x
                pen.line(at, y, cell, "Helvetica" if index else "Helvetica-Bold", 9, say=False)
        if index:
            _row(pen, drawn)
        y += tall
    pen.prose(50, y + 20, paragraph(rng, 2), 480, "Helvetica", 9, 11.5, False)
    return pen.done()


def leaders(rng: random.Random) -> Paper:
    """Names followed by a line of dots to the value, bounds in brackets: the page of many private laboratories."""
    pen = Pen("leaders")
    _head(pen)
    y = 110.0
    for name, value, unit, between, flag, *_ in results(rng):
        pen.line(60, y, name, "Times-Roman", 10.5, say=False)
        x = 66 + pen.width(name, "Times-Roman", 10.5)
        dots = "." * int((250 - x) / pen.width(".", "Times-Roman", 10.5))
        pen.line(x, y, dots, "Times-Roman", 10.5, say=False)
        pen.line(290 - pen.width(value, "Times-Bold", 10.5), y, value, "Times-Bold", 10.5, say=False)
        pen.line(298, y, unit, "Times-Roman", 10.5, say=False)
        bounds = f"({between.replace(' - ', ' à ')})"
        pen.line(390, y, bounds, "Times-Roman", 9.5, say=False)
        pen.line(480, y, flag, "Times-Bold", 10.5, say=False)
        _row(pen, [name, value, unit, bounds, flag])
        y += 18.5
    pen.prose(60, y + 14, paragraph(rng, 2), 470, "Times-Roman", 10.5, 13, True)
    return pen.done()


def history(rng: random.Random) -> Paper:
    """Results, their bounds, flags as stars, two earlier results under their dates; signs and censored values."""
    pen = Pen("history")
    _head(pen)
    dates = [f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{year}" for year in (2023, 2022)]
    pen.line(400, 92, dates[0], "Helvetica-Bold", 8, say=False)
    pen.line(475, 92, dates[1], "Helvetica-Bold", 8, say=False)
    pen.say(" ".join(dates))
    y = 112.0
    for chapter in range(2):
        pen.line(50, y, _CHAPTERS[(chapter + rng.randint(0, 3)) % 4], "Helvetica-Bold", 9.5)
        pen.canvas.line(50, A4[1] - y - 3, 545, A4[1] - y - 3)
        y += 17
        rows = [[name, value, unit, between, flag] for name, value, unit, between, flag, *_ in results(rng)[:7]]
        for name, unit, low, high, between in rng.sample(_SIGNED, 1):
            rows.append([name, f"{rng.uniform(low, high):.1f}".replace(".", ","), unit, between, ""])
        for name, sign, value, unit, between in rng.sample(_CENSORED, 1):
            rows.append([name, f"{sign} {value}", unit, between, ""])
        for name, value, unit, between, flag in rows:
            digits = len(value.partition(",")[2])
            number = float(value.replace(",", ".").lstrip("<> "))
            earlier = [f"{number * rng.uniform(0.8, 1.25):.{digits}f}".replace(".", ",") for _ in dates]
            star = "*" if flag else ""
            font = "Helvetica-Bold" if star else "Helvetica"
            pen.line(54, y, name, "Helvetica", 9, say=False)
            pen.line(228 - pen.width(value, font, 9), y, value, font, 9, say=False)
            for x, cell in ((234, star), (246, unit), (322, between)):
                pen.line(x, y, cell, "Helvetica", 9, say=False)
            for x, cell in zip((436, 511), earlier, strict=True):
                pen.line(x - pen.width(cell, "Helvetica", 8.5), y, cell, "Helvetica", 8.5, say=False)
            _row(pen, [name, value, star, unit, between, *earlier])
            y += 14.5
        y += 10
    return pen.done()


def small_print(rng: random.Random) -> Paper:
    """Seven points, lines close together, as where a whole check-up must hold on one sheet."""
    pen = Pen("small print")
    _head(pen)
    y = 96.0
    lefts = (50.0, 190.0, 225.0, 300.0, 380.0, 400.0, 445.0)
    for _ in range(2):
        for cells in results(rng):
            for column, (x, cell) in enumerate(zip(lefts, cells, strict=True)):
                if column in (1, 5):
                    x = lefts[column + 1] - 8 - pen.width(cell, "Helvetica", 7)
                if cell:
                    pen.line(x, y, cell, "Helvetica", 7, say=False)
            _row(pen, cells)
            y += 10.5
        y += 8
    return pen.done()


def _plain(kind: str, ruled: bool) -> Callable[[random.Random], Paper]:
    def drawn(rng: random.Random) -> Paper:
        paper = laboratory(rng, ruled)
        paper.kind = kind
        return paper

    return drawn


_DRAWN: dict[str, Callable[[random.Random], Paper]] = {
    "ruled": _plain("ruled", True),
    "open": _plain("open", False),
    "grid": grid,
    "leaders": leaders,
    "history": history,
    "small print": small_print,
}


def designs(seed: int, count: int) -> list[Paper]:
    """`count` pages of each design."""
    return [draw(random.Random(f"{seed}-{name}-{index}")) for index in range(count) for name, draw in _DRAWN.items()]
