"""Figures of a table compared: right, wrong, missing; and of the wrong ones, whether the reader said it was unsure.

Belongs here: aligning the numbers of a row read with those drawn. Does not belong here: drawing, reading, tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.pdf_text import distance

_NUMBER = re.compile(r"\d+(?:[.,/:]\d+)*")
_GAP = 0.95  # of leaving a number out; a number wholly different costs 1


@dataclass(slots=True)
class Figures:
    """Numbers of tables: values, bounds, earlier values, dates."""

    drawn: int = 0
    wrong: int = 0
    silent: int = 0  # wrong, and the reader was sure
    missing: int = 0
    marked: int = 0  # right, and the reader was not sure

    def add(self, other: Figures) -> None:
        """Count those of another row or page."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def compared(rows: list[list[str]], text: str, sure: list[float], low: float) -> tuple[Figures, list[str]]:
    """The numbers of `rows` against those of the lines of `text`; also what was wrong and not marked, in words.

    `sure`: a confidence for each character of `text`. A number is marked where one of its characters is at `low` or
    under it. A minus sign belongs to its number.
    """
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    total, told = Figures(), []
    for cells in rows:
        start, line = _nearest(cells, lines)
        drawn = numbers(" ".join(cells))
        read = numbers(line)
        for truth, found in _aligned([n for n, _, _ in drawn], [n for n, _, _ in read]):
            total.drawn += truth is not None
            if truth is None:
                continue
            if found is None:
                total.missing += 1
                continue
            number, first, after = read[found]
            doubtful = min(sure[start + first : start + after]) <= low
            if number == drawn[truth][0]:
                total.marked += doubtful
                continue
            total.wrong += 1
            total.silent += not doubtful
            if not doubtful:
                told.append(f"{cells[0]}: {drawn[truth][0]} read {number}")
    return total, told


def numbers(line: str) -> list[tuple[str, int, int]]:
    """Numbers with their places, a decimal point as good as a comma; a minus that touches a number and follows no other
    number is part of it."""
    out = []
    for match in _NUMBER.finditer(line):
        first = match.start()
        before = line[:first].rstrip()
        touching = before.endswith(("-", "−", "–")) and len(before) == first
        if touching and not (before[:-1].rstrip()[-1:].isdigit()):
            first -= 1
        number = line[first : match.end()].replace("−", "-").replace("–", "-").replace(".", ",")
        out.append((number, first, match.end()))
    return out


def _nearest(cells: list[str], lines: list[tuple[int, str]]) -> tuple[int, str]:
    """The line that resembles the row most; its place, or an empty one where none does."""
    drawn = "".join("".join(cells).split())
    best, kept = 0.5, (0, "")
    for start, line in lines:
        read = "".join(line.split())
        if abs(len(read) - len(drawn)) > 0.6 * len(drawn):
            continue
        apart = distance(drawn, read) / len(drawn)
        if apart < best:
            best, kept = apart, (start, line)
    return kept


def _aligned(drawn: list[str], read: list[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of places, numbers left out beside None: the cheapest alignment (Needleman and Wunsch 1970)."""
    n, m = len(drawn), len(read)
    cost = [[_GAP * (i + j) for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            same = cost[i - 1][j - 1] + _apart(drawn[i - 1], read[j - 1])
            cost[i][j] = min(same, cost[i - 1][j] + _GAP, cost[i][j - 1] + _GAP)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = n, m
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + _apart(drawn[i - 1], read[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and (not j or cost[i][j] == cost[i - 1][j] + _GAP):
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _apart(one: str, other: str) -> float:
    return 0.0 if one == other else distance(one, other) / max(len(one), len(other))
