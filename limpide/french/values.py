"""Numbers as French documents write them: decimals, thousands, comparators, ranges, flags.

Belongs here: reading one number, one range, one flag at a place. Does not belong here: what is measured.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from limpide.french.phrases import read_table
from limpide.french.tokens import fold

# "245 000": thousands are set apart by one space; three digits exactly, so that "12 345" in two columns stays two.
NUMBER = r"(?:\d{1,3}(?: \d{3})+(?![\d]|[.,]\d)|\d+(?:[.,]\d+)?)"
POINTED = re.compile(r"\d{1,3}(?:\.\d{3})+(?!\d|,\d)")  # "187.000": thousands, or three decimals
_COMMA = re.compile(r"\d,\d")
_COMPARATOR = (
    r"(?:<=|>=|=<|=>|<|>|≤|≥|(?:strictement )?(?:inferieure?|inf\.?) (?:ou egale? )?a"
    r"|(?:strictement )?(?:superieure?|sup\.?) (?:ou egale? )?a|moins de|plus de)"
)
_VALUE = re.compile(rf"\s*({_COMPARATOR})?\s*(?<![\d,.])([+-]?{NUMBER})(?![\d])")
_POWER = re.compile(r"\s?(?:\^|\*\*?|e|exp)\s?(\d{1,2})(?![\d*])(?!\s?/\s?l\b)")  # "10^6 UFC/mL", no "10*9/L"
_RANGE = re.compile(
    rf"\s*[\[(]?\s*(?:(?:n|vn|nle|norme|normes|normale|normales|valeurs? normales?|valeurs? usuelles?"
    rf"|valeurs? de references?|ref\.?|vr)\s*[:=]?\s*)?(?:de |entre )?({NUMBER})\s*(?:-|a|et|/|–"
    rf"|\.\.\.?)\s*({NUMBER})(?![\d/])"
)
_BOUND = re.compile(
    rf"\s*[\[(]?\s*(?:(?:n|vn|norme|normale|normales|ref\.?|vr)\s*[:=]?\s*)?({_COMPARATOR})\s*({NUMBER})(?!\d)"
)
_CLOSING = re.compile(r"\s*[\])]")
_SIGNS = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}


class Value(NamedTuple):
    """A number in a text: its value, its comparator ('<', '<=', '>', '>=' or None), its place [start, end)."""

    number: float
    comparator: str | None
    start: int
    end: int


@cache
def words(use: str) -> frozenset[str]:
    """Folded phrases of lexicon/measure_words.tsv for one use."""
    rows = [row for row in read_table("measure_words") if row["use"] == use]
    return frozenset(fold(phrase) for row in rows for phrase in row["phrases"].split(";"))


@cache
def single_words(use: str) -> frozenset[str]:
    """The words, one by one, of the phrases for one use."""
    return frozenset(word for phrase in words(use) for word in re.findall(r"\w+|[^\w\s]", phrase))


def number(written: str) -> float:
    """A French number: '8,2', '245 000', '1.75'. Raises ValueError when it is none."""
    return float(written.replace(" ", "").replace(",", "."))


def counts_by_thousands(folded: str) -> bool:
    """Whether a text that writes its decimals with commas may set thousands apart with a point."""
    return _COMMA.search(folded) is not None


def comparator(written: str | None) -> str | None:
    """'<', '<=', '>' or '>=' for a sign or its words; None for none."""
    if not written:
        return None
    if written[0] in "<>=≤≥":
        return _SIGNS.get(written, written)
    sign = "<" if "inf" in written or "moins" in written else ">"
    return sign + "=" if "egal" in written else sign


def value_at(folded: str, place: int) -> Value | None:
    """The number written at `place` (spaces allowed before it)."""
    found = _VALUE.match(folded, place)
    if found is None:
        return None
    sign, digits = found.groups()
    power = _POWER.match(folded, found.end()) if digits == "10" else None
    if power:
        return Value(10.0 ** int(power.group(1)), comparator(sign), found.start(1 if sign else 2), power.end())
    return Value(number(digits), comparator(sign), found.start(1 if sign else 2), found.end())


def range_at(folded: str, place: int) -> tuple[float | None, float | None, int] | None:
    """(low, high, end) of the reference range at `place`; one side is None for '< 5'. None when there is none."""
    found = _RANGE.match(folded, place)
    if found:
        low, high = number(found.group(1)), number(found.group(2))
        return (low, high, _closed(folded, found.end())) if low <= high else None
    found = _BOUND.match(folded, place)
    if found is None:
        return None
    sign, bound = comparator(found.group(1)), number(found.group(2))
    end = _closed(folded, found.end())
    return (None, bound, end) if sign and sign[0] == "<" else (bound, None, end)


def _closed(folded: str, end: int) -> int:
    closing = _CLOSING.match(folded, end)
    return closing.end() if closing else end


def flag_of(written: str) -> str | None:
    """HL7 interpretation code of a flag cell: H, L, N, A (abnormal) or None when it is no flag."""
    folded = fold(written.strip().strip("()[]"))
    first = folded.split(",")[0].removeprefix("anormalement ").removeprefix("tres ").strip()
    for use, code in (("high", "H"), ("low", "L"), ("normal", "N"), ("abnormal", "A")):
        if folded in words(use) or first in words(use):
            return code * 2 if folded in ("hh", "ll", "bb") else code
    return None


def susceptibility_of(written: str) -> str | None:
    """HL7 interpretation code of an antibiogram's cell: S, I, R; None for any other word."""
    folded = fold(written.strip().strip("()[]"))
    return next((code for code in "SIR" if folded in words(f"susceptibility {code}")), None)
