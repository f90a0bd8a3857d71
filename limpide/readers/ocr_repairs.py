"""Words that OCR cannot spell: units with µ and ², decimal commas, a lone bar for a capital I.

Belongs here: repairs that hold whatever the document, on the words of one line. The units are in ocr_units.tsv.
Does not belong here: spelling of prose, guesses on digits: a doubtful number is left as it was read.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_NUMBER = re.compile(r"[<>≤≥]?\d+(?:[.,]\d+)?")
_DECIMAL = re.compile(r"(?<=\d);(?=\d)")
_ALIKE = str.maketrans(
    {"µ": "u", "μ": "u", "²": "2", "³": "3", "i": "l", "1": "l", "|": "l", "!": "l", "/": "", "v": "l"}
)
REPAIRED = 0.5  # confidence, at most, of a word that was put right: low enough to be marked


def repaired(words: list[str]) -> list[tuple[str, bool]]:
    """The words of one line, each with whether it is doubtful: it was changed, or µ may have been read as p."""
    out: list[tuple[str, bool]] = []
    for index, word in enumerate(words):
        new, twin = _DECIMAL.sub(",", word), False
        if word == "|":
            new = "I"
        elif index and (_NUMBER.fullmatch(out[-1][0]) or out[-1][0].endswith("/1,73")):
            new = unit(new) or new
            twin = new[:1] == "p" and "µ" + new[1:] in _units()[0]  # pmol/L may be µmol/L: a million times more
        out.append((new, twin or new != word))
    return out


def unit(word: str) -> str | None:
    """The unit that `word` is, or was meant for; None when it resembles none, or several equally."""
    known, other = _units()
    if word in known:
        return word
    if word in other:
        return other[word]
    alike = [unit for unit in known if _folded(unit) == _folded(word)]
    alike = alike or [unit for unit in known if _folded(unit) == _folded("µ" + word[1:]) and word[:1] in "py"]
    if len(alike) > 1:  # 'gL' is g/L rather than G/L, 'umol/L' is µmol/L
        alike = [unit for unit in alike if _letters(unit) == _letters(word)] or alike
    return alike[0] if len(alike) == 1 else None


def _folded(word: str) -> str:
    return word.lower().translate(_ALIKE)


def _letters(word: str) -> str:
    return word.replace("/", "").replace("µ", "u").replace("²", "2").replace("³", "3")


@cache
def _units() -> tuple[frozenset[str], dict[str, str]]:
    rows = [
        line.split("\t")
        for line in Path(__file__).with_name("ocr_units.tsv").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    other = {reading: row[0] for row in rows if len(row) > 1 for reading in row[1].split()}
    return frozenset(row[0] for row in rows), other
