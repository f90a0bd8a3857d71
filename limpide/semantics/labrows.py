"""Rows of laboratory reports: cells set apart by tabs, bars or runs of spaces.

Belongs here: cutting a line into cells, telling value, unit, range, flag and previous results apart, the specimen and
the sampling time that headings give. Does not belong here: codes (analytes.py), sentences (measurements.py).

Columns come in any order after the name; the first number is the result. A lone number after the range, under a
heading of earlier results, or with a date beside it is a previous result. A second value in a unit of another
property (g/L beside mmol/L) is the same result, told twice.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from limpide.semantics.analytes import Named
from limpide.semantics.phrases import word_set
from limpide.semantics.tokens import Tokens
from limpide.semantics.units import Unit, parse_unit, unit_at
from limpide.semantics.values import Value, flag_of, range_at, value_at, words

_CELL = re.compile(r"[^\t|\n]+?(?=\s*\t|\s{2,}|\s*\||\s*\n|\s*$)")
_GAP = re.compile(r"\S(?:\t|[ \u00a0]{2,}|\s*\|\s*)\S")
_BULLET = re.compile(r"[\s*#•>.\-–]+")
_DATE = re.compile(
    r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:\s*(?:a|-|,)?\s*(\d{1,2})\s*[h:]\s*(\d{2}))?(?!\d)"
)
_SAMPLED = re.compile(
    r"(?:preleve(?:e|s|es)?|prelevements?|date (?:et heure )?(?:de|du) prelevement|prel\.?)"
    r"\s*(?:effectue|realise|recu|fait)?\s*(?:e|s)?\s*(?:le|du|:)?\s*:?\s*(?=\d)"
)
_EARLIER = re.compile(r"anterior|anterieur|precedent|historique")
_SPECIMENS = (
    ("urine", re.compile(r"\burin|\becbu\b|\bmiction")),
    ("csf", re.compile(r"\blcr\b|cephalo|rachidien")),
    ("stool", re.compile(r"\bselles?\b|\bfecal|coproculture")),
    ("pleural", re.compile(r"liquide pleural|ponction pleurale")),
    ("ascites", re.compile(r"ascite")),
    ("synovial", re.compile(r"synovial|articulaire")),
)
_NOT_URINE = re.compile(r"urique")
_LEADS = word_set("leads")
_LONGEST_NAME = 70


@dataclass(slots=True)
class Result:
    """One value of a row with its unit and range; `prior`: from an earlier sample, of `date` when stated."""

    value: Value | None
    unit: Unit | None
    written: str
    prior: bool = False
    date: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(slots=True)
class Row:
    """A row: text[start:end], the name as written, its readings (None: unknown name), results in order."""

    start: int
    end: int
    name: str
    named: Named | None
    specimen: str | None
    flag: str | None = None
    results: list[Result] = field(default_factory=list)


def iso_date(found: re.Match[str]) -> str | None:
    """ISO date or date and minute of a match of day/month/year [hour:minute]; None for an impossible date."""
    day, month, year = int(found.group(1)), int(found.group(2)), int(found.group(3))
    if year < 100:
        year += 2000 if year < 50 else 1900
    if not (1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2100):
        return None
    stamp = f"{year:04d}-{month:02d}-{day:02d}"
    if found.group(4):
        stamp += f"T{int(found.group(4)):02d}:{found.group(5)}"
    return stamp


def sampling_times(tokens: Tokens) -> list[tuple[int, str]]:
    """(place, ISO time) of each stated time of sampling, in order."""
    times = []
    for found in _SAMPLED.finditer(tokens.folded) if "prel" in tokens.folded else ():
        date = _DATE.match(tokens.folded, found.end())
        stamp = iso_date(date) if date else None
        if stamp:
            times.append((found.start(), stamp))
    return times


def specimen_of(folded: str) -> str | None:
    """The specimen a heading or a name tells, or None."""
    for specimen, pattern in _SPECIMENS:
        if pattern.search(folded) and not _NOT_URINE.search(folded):
            return specimen
    return None


def specimen_at(tokens: Tokens, first: int, after: int) -> str | None:
    """The specimen told beside a name in a sentence: "sodium urinaire", "protéines dans le LCR"."""
    return specimen_of(tokens.folded[tokens.start[first] : tokens.end[min(after + 2, len(tokens.end)) - 1]])


def find_rows(tokens: Tokens, names: list[tuple[int, int, Named]]) -> list[Row]:
    """The laboratory rows of a text. `names`: the measures found in it, as (first word, after, readings)."""
    text, folded = tokens.text, tokens.folded
    if "\t" not in folded and "  " not in folded and "|" not in folded:
        return []
    starts = [tokens.start[first] for first, _, _ in names]
    rows: list[Row] = []
    specimen: str | None = None
    earlier: str | None = None
    under_earlier = False
    begin = 0
    for line in text.splitlines(keepends=True):
        end = begin + len(line.rstrip("\r\n"))
        if _GAP.search(folded, begin, end):
            cells = _cells(folded, begin, end)
            row = _row(tokens, cells, names, starts, specimen, earlier, under_earlier)
            if row:
                rows.append(row)
                begin += len(line)
                continue
        if _EARLIER.search(folded, begin, end):
            under_earlier = True
            dates = [stamp for found in _DATE.finditer(folded, begin, end) if (stamp := iso_date(found))]
            earlier = dates[-1] if dates else earlier
        if end > begin and end - begin <= 80 and not any(c.isdigit() for c in folded[begin:end]):
            told = specimen_of(folded[begin:end])
            if told or re.search(r"sang|serum|plasma|hemato|biochimie", folded[begin:end]):
                specimen = told
        begin += len(line)
    return rows


def _cells(folded: str, begin: int, end: int) -> list[tuple[int, int]]:
    return [found.span() for found in _CELL.finditer(folded, begin, end) if folded[found.start() : found.end()].strip()]


def _row(
    tokens: Tokens,
    cells: list[tuple[int, int]],
    names: list[tuple[int, int, Named]],
    starts: list[int],
    specimen: str | None,
    earlier: str | None,
    under_earlier: bool,
) -> Row | None:
    text, folded = tokens.text, tokens.folded
    cells = [_trimmed(folded, cell) for cell in cells]
    cells = [cell for cell in cells if cell[0] < cell[1]]
    if len(cells) < 2 or not any(c.isalpha() for c in folded[cells[0][0] : cells[0][1]]):
        return None
    start, name_end = cells[0]
    bullet = _BULLET.match(folded, start, name_end)
    start = bullet.end() if bullet else start
    if name_end - start > _LONGEST_NAME or value_at(folded, start):
        return None
    named = _named(tokens, start, name_end, names, starts)
    name = text[start:name_end].rstrip(" :.")
    row = Row(start, cells[-1][1], name, named, specimen_of(folded[start:name_end]) or specimen)
    _fill(row, text, folded, cells[1:], earlier, under_earlier)
    if not row.results:
        return None
    first = row.results[0]
    known = named is not None
    if first.value is None:
        return row if known and named is not None and any(a.takes_text for a in named.analytes) else None
    if not known and not (first.unit and (first.low is not None or first.high is not None)):
        return None
    return row


def _trimmed(folded: str, cell: tuple[int, int]) -> tuple[int, int]:
    start, end = cell
    while start < end and folded[start] in " :.\u00a0\u2026":
        start += 1
    while end > start and folded[end - 1] in " :\u00a0":
        end -= 1
    return start, end


def _named(
    tokens: Tokens, start: int, end: int, names: list[tuple[int, int, Named]], starts: list[int]
) -> Named | None:
    """The readings of a name cell: the measure must open the cell, but for "dosage de la"."""
    index = bisect_left(starts, start)
    if index >= len(names) or starts[index] >= end:
        return None
    first, after, named = names[index]
    opening = first
    while opening > 0 and tokens.start[opening - 1] >= start:
        opening -= 1
        if tokens.form[opening] not in _LEADS:
            return None
    following = tokens.form[after] if after < len(tokens.form) and tokens.start[after] < end else ""
    return None if following == "/" or named.deviation else named


def _fill(
    row: Row, text: str, folded: str, cells: list[tuple[int, int]], earlier: str | None, under_earlier: bool
) -> None:
    """Read the cells after the name into the row."""
    current: Result | None = None
    ranged = False
    for start, end in cells:
        cell = folded[start:end]
        date = _DATE.fullmatch(cell.strip("()"))
        if date:
            stamp = iso_date(date)
            if row.results and row.results[-1].prior:
                row.results[-1].date = stamp
            elif current:
                current.date = stamp
            continue
        span = range_at(folded, start)
        if span and current and not ranged and span[2] >= end - _unit_tail(text, folded, span[2], end):
            current.low, current.high = span[0], span[1]
            ranged = True
            continue
        value = value_at(folded, start)
        if value and value.end <= end:
            rest = unit_at(text, folded, value.end)
            unit, after = rest if rest and rest[1] <= end else (None, value.end)
            tail = folded[after:end].strip()
            if span and not current and span[2] >= end:
                continue  # a range before any value: an empty result
            if tail and not (flag_of(tail) or _DATE.search(tail) or range_at(folded, after)):
                if current is None and not row.results:
                    return
                continue
            current, ranged = _take(row, text, folded, value, unit, (start, after, end), earlier, under_earlier, ranged)
            continue
        unit = parse_unit(text[start:end])
        if unit and current and current.unit is None:
            current.unit = unit
            current.written = f"{current.written} {text[start:end]}"
        elif (flag := flag_of(cell)) and row.results:
            row.flag = flag
        elif not row.results and cell in words("qualitative"):
            row.results.append(Result(None, None, text[start:end]))
            current = None
    return


def _unit_tail(text: str, folded: str, place: int, end: int) -> int:
    found = unit_at(text, folded, place)
    return end - place if found and found[1] >= end - 1 else 1


def _take(
    row: Row,
    text: str,
    folded: str,
    value: Value,
    unit: Unit | None,
    place: tuple[int, int, int],
    earlier: str | None,
    under_earlier: bool,
    ranged: bool,
) -> tuple[Result, bool]:
    """A number cell: the result, its twin in another unit, or a previous one. Returns it and whether it has its range."""
    start, after, end = place
    result = Result(value, unit, text[value.start : after])
    if row.results:
        main = row.results[0]
        twin = unit is not None and main.unit is not None and unit.property != main.unit.property
        if not twin:
            result.prior = True
            result.unit = unit or main.unit
            result.date = earlier if under_earlier else None
    tail = folded[after:end]
    date = _DATE.search(tail)
    if date and result.prior:
        result.date = iso_date(date)
    span = range_at(folded, after) if tail.strip() and not date else None
    if span:
        result.low, result.high = span[0], span[1]
    elif tail.strip():
        row.flag = flag_of(tail) or row.flag
    row.results.append(result)
    return result, (span is not None) or result.prior
