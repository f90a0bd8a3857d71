"""Words that OCR cannot spell: units with µ and ², decimal commas, a lone bar for a capital I.

Belongs here: repairs that hold whatever the document, on the words of one line. The units are in ocr_units.tsv.
Does not belong here: spelling of prose, guesses on digits: a doubtful number is left as it was read.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

_NUMBER = re.compile(r"[<>≤≥]?\d+(?:[.,]\d+)?")
# The hyphen of a range comes out as a dash, as two, or with specks around it.
_BOUNDS = re.compile(r"(\d+(?:[.,]\d+)?|)(?:[:;,.°+~]{0,2}[—–−-]{1,2}[:;,.°+~]{0,2})(\d+(?:[.,]\d+)?|)")
_SQUARED = re.compile(r"m[2?*°'’”\"]{0,2}")
_CLEARANCE = re.compile(r"m[lL]/min/1[,.]73(m[2²?]?)?")
_A1C = re.compile(r"(?:Hb)?A[l1I|]?[ce]")
_DECIMAL = re.compile(r"(?<=\d);(?=\d)")
_FLAGS = ("*", "**", "H", "B", "N", "+", "↑", "↓")
_ALIKE = str.maketrans(
    {"µ": "u", "μ": "u", "²": "2", "³": "3", "i": "l", "1": "l", "|": "l", "!": "l", "/": "", "v": "l"}
)
REPAIRED = 0.5  # confidence, at most, of a word that was put right: low enough to be marked


def repaired(words: list[str]) -> list[tuple[str, bool]]:
    """The words of one line, each with whether it is doubtful: it was changed, or µ may have been read as p."""
    out: list[tuple[str, bool]] = []
    for index, word in enumerate(words):
        new, twin = _DECIMAL.sub(",", word), False
        before = out[-1][0] if out else ""
        if word == "|":
            new = "I"
        elif before.endswith("/1,73") and _SQUARED.fullmatch(word):
            new = "m²"
        elif glued := _CLEARANCE.fullmatch(word):  # its square may be part of the word, or stand beside it, or both
            apart = any(_SQUARED.fullmatch(after) for after in words[index + 1 : index + 2])
            new = "mL/min/1,73" + ("m²" if glued[1] and not apart else "")
        elif _A1C.fullmatch(word) and (word.startswith("Hb") or before == "Hémoglobine"):
            new = "HbA1c" if word.startswith("Hb") else "A1c"
        elif (bounds := _BOUNDS.fullmatch(word)) and _stands_between(bounds, before, words[index + 1 : index + 2]):
            new = f"{bounds[1]}-{bounds[2]}"
        elif before == "-" and word[:1] == "-" and index > 1 and _NUMBER.fullmatch(out[-2][0]):
            new = word[1:] if _NUMBER.fullmatch(word[1:]) else word  # the hyphen of a range, read twice
        elif before in ("<", ">") and word[:1] == before and len(word) > 1:
            new = word[1:]  # a sign read twice
        elif _follows_a_number([said for said, _ in out[-2:]]):
            new = unit(new) or new
            if new in ("pmol/L", "nmol/L", "mol/L", "pg/L", "g/L") and _is_micro(words[:index]):
                new = "µ" + new.lstrip("pn")
            twin = new[:1] == "p" and "µ" + new[1:] in _units()[0]  # pmol/L may be µmol/L: a million times more
        out.append((new, twin or new != word))
    return out


def _follows_a_number(before: list[str]) -> bool:
    """Is the word after these in the place of a unit: after a number, its flag left out?"""
    if before and before[-1] in _FLAGS:
        before = before[:-1]
    return bool(before) and (_NUMBER.fullmatch(before[-1]) is not None or before[-1].endswith("/1,73"))


def _stands_between(bounds: re.Match[str], before: str, after: list[str]) -> bool:
    """Is a dash, however it was read, between two numbers: of its own word, or of the words beside it?"""
    left, right = bounds[1] or before, bounds[2] or "".join(after)
    return bool(_NUMBER.fullmatch(left) and _NUMBER.fullmatch(right))


def _is_micro(words: list[str]) -> bool:
    """Does the line open with an analyte that is measured in millionths?"""
    plain = unicodedata.normalize("NFD", " ".join(words).lower()).encode("ascii", "ignore").decode()
    return plain.startswith(_micro())


@cache
def _micro() -> tuple[str, ...]:
    lines = Path(__file__).with_name("ocr_micro.tsv").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


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
    if len(alike) > 1:  # and 'gl' too: the first letter is the surest
        alike = [unit for unit in alike if unit[0] == word[0]]
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
