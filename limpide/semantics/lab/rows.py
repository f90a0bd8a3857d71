"""Rows of laboratory reports: cells set apart by tabs, bars or runs of spaces.

Belongs here: cutting a line into cells, telling value, unit, range, flag and previous results apart.
Does not belong here: headings (labheads.py), codes (analytes.py), sentences (measurements.py).

The first number after the name is the result. A column headed as earlier, or else a lone number after the range, is a
previous result. A second value in a unit of another property, in its own cell or in brackets
("10,0 mmol/L (0,60 g/L)"), is the same result told twice. A unit may stand in the name: "Leucocytes (10*9/L)".
A name too long for its cell goes on alone on the lines below it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from limpide.french.phrases import word_set
from limpide.french.tokens import Tokens
from limpide.french.units import Unit, parse_unit, unit_at
from limpide.french.values import Value, flag_of, range_at, susceptibility_of, value_at, words
from limpide.semantics.lab.analytes import Named, misspelt
from limpide.semantics.lab.headings import NO_COLUMN, Heads, day_of, is_date, place_of, specimen_of

_GAP = re.compile(r"\S(?:\t|[ \u00a0]{2,}|\s*\|\s*)\S|^\t", re.MULTILINE)
_MARK = re.compile(r"[\t|\u00a0\u2009\u202f]|  ")  # without one, no gap: the last two fold to spaces
_SPACES = re.compile(r"([ \u00a0]{2,})")
_BULLET = re.compile(r"[\s*#•>.\-–]+")
_NAME_UNIT = re.compile(r"[(\[]([^()\[\]]{1,16})[)\]]\s*$")
_UNIT_AFTER = re.compile(r"\s*[(\[]([^()\[\]]{1,16})[)\]]")
_PLAIN_WORDS = re.compile(r"[a-z][a-z '+\-]{1,39}$")
_LEADS = word_set("leads")
_LONGEST_NAME = 90
_BAND = re.compile(r"\d+(?:[.,]\d+)?\s*[-–]\s*\d+(?:[.,]\d+)?|[<>≤≥]\s*\d+(?:[.,]\d+)?")
_EMPTY = frozenset({"-", "--", "/", "nd", "nr", "nf", "np", "."})
_UNIT_OF_NAME = re.compile(r"(?<=\s)(%|\S*/\S+|mm|fl|pg|s|g|kg|cm|giga\s?/\s?l)$", re.IGNORECASE)
_MOST_LINES = 3  # below the first, of a name
_GOES_ON = re.compile(r"[(\[]\S|[a-zà-ÿ]")


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
    dated: bool = False  # in a table of dated columns: each value has its own day
    results: list[Result] = field(default_factory=list)


class _Cell(NamedTuple):
    """Column number and place of a cell that holds something."""

    column: int
    start: int
    end: int


def find_rows(tokens: Tokens, names: list[tuple[int, int, Named]], document_date: str | None = None) -> list[Row]:
    """The laboratory rows of a text. `names`: the measures found in it, as (first word, after, readings).

    A row of bands ("Glycémie  < 0,70  0,70-1,20  > 2,50") is one without results.
    """
    text, folded = tokens.text, tokens.folded
    if "\t" not in folded and "  " not in folded and "|" not in folded:
        return []
    starts = [tokens.start[first] for first, _, _ in names]
    rows: list[Row] = []
    heads = Heads(document_date=document_date)
    lines = text.splitlines(keepends=True)
    ends = list(accumulate(map(len, lines)))
    skipped = -1
    for index, line in enumerate(lines):
        begin, end = ends[index] - len(line), ends[index] - len(line) + len(line.rstrip("\r\n"))
        if index <= skipped:
            continue
        if _MARK.search(line) and _GAP.search(folded, begin, end):
            cells, width = _cells(folded, begin, end)
            row = None
            for last in _continued(lines, index):
                below = " ".join(piece.strip() for piece in lines[index + 1 : last + 1])
                row = _row(tokens, cells, width, names, starts, heads, below)
                if row:
                    row.end, skipped = ends[last] - len(lines[last]) + len(lines[last].rstrip()), last
                    break
            row = row or _row(tokens, cells, width, names, starts, heads) or _again(tokens, cells, width, rows, heads)
            if row:
                rows.append(row)
            else:
                heads.read_columns(folded, cells, width)
        elif end > begin:
            heads.read_heading(folded[begin:end])
    return rows


_SOIT = frozenset({"soit", "ou", "="})


def _again(tokens: Tokens, cells: list[_Cell], width: int, rows: list[Row], heads: Heads) -> Row | None:
    """The line below a row that gives its result again in another unit: "soit  6,55  mmol/L", "87  µmol/L"."""
    text, folded = tokens.text, tokens.folded
    if not rows or not cells or not rows[-1].results or rows[-1].named is None:
        return None
    last = rows[-1]
    if text.count("\n", last.end, cells[0].start) != 1:
        return None
    held = cells[1:] if folded[cells[0].start : cells[0].end] in _SOIT else cells
    if len(held) < 2 or value_at(folded, held[0].start) is None:
        return None
    row = Row(cells[0].start, cells[-1].end, last.name, last.named, last.specimen)
    _fill(row, text, folded, held, width, None, heads, None)
    if not row.results or not _is_twin(last.results[0], row.results[0]):
        return None
    return row


def _continued(lines: list[str], index: int) -> list[int]:
    """Last lines, longest first, of what may go on from the first cell of a line: short, alone, in small letters."""
    last = index
    while last + 1 < min(len(lines), index + 1 + _MOST_LINES):
        following = lines[last + 1].strip()
        if not _GOES_ON.match(following) or len(following) > _LONGEST_NAME // 2 or "\t" in lines[last + 1]:
            break
        last += 1
    return list(range(last, index, -1))


def _cells(folded: str, begin: int, end: int) -> tuple[list[_Cell], int]:
    """The cells of a line that hold something, and its number of columns, empty cells included."""
    line = folded[begin:end]
    mark = "\t" if "\t" in line else "|" if "|" in line else ""
    pieces = line.split(mark) if mark else _SPACES.split(line)  # then gaps are pieces that hold nothing
    cells = []
    for column, piece in enumerate(pieces):
        opened = piece.lstrip(" :.\u00a0\u2026")
        if kept := opened.rstrip(" :\u00a0"):
            start = begin + len(piece) - len(opened)
            # runs of spaces swallow empty cells: columns are not known
            cells.append(_Cell(column if mark else NO_COLUMN, start, start + len(kept)))
        begin += len(piece) + len(mark)
    return cells, len(pieces) if mark else len(cells)


def _row(
    tokens: Tokens,
    cells: list[_Cell],
    width: int,
    names: list[tuple[int, int, Named]],
    starts: list[int],
    heads: Heads,
    below: str = "",
) -> Row | None:
    """The row of a line; `below`: what the lines under it add to its name. None: no row, or not with that name."""
    text, folded = tokens.text, tokens.folded
    stated: str | None = None
    if cells and is_date(folded[cells[0].start : cells[0].end]):  # a first column of dates
        stated = day_of(folded[cells[0].start : cells[0].end])
        cells = cells[1:]
    if len(cells) < 2:
        return None
    start, name_end = cells[0].start, cells[0].end
    bullet = _BULLET.match(folded, start, name_end)
    start = bullet.end() if bullet else start
    if name_end - start > _LONGEST_NAME or value_at(folded, start) or not folded[start : start + 1].isalpha():
        return None
    named = _named(tokens, start, name_end, names, starts)
    written = f"{text[start:name_end]} {below}" if below else text[start:name_end]
    in_name = _NAME_UNIT.search(written)
    unit = parse_unit(in_name.group(1)) if in_name else None
    name = written[: in_name.start()].rstrip() if in_name and unit else written
    if unit is None and named is not None and (bare := _UNIT_OF_NAME.search(written)):  # "Créatinine µmol/L"
        unit = parse_unit(bare.group())
    name = name.rstrip(" :.")
    if below:
        named = misspelt(name) or (named if unit and below.startswith("(") else None)
        if named is None:
            return None
    row = Row(
        start, cells[-1].end, name, named or misspelt(name), specimen_of(folded[start:name_end]) or heads.specimen
    )
    if row.named and sum(_BAND.fullmatch(folded[cell.start : cell.end]) is not None for cell in cells[1:]) > 2:
        return row
    _fill(row, text, folded, cells[1:], width, unit, heads, stated)
    if not row.results or not _is_result(row, unit):
        return None
    _date_columns(row, folded, cells[1:], heads)
    return row


def _date_columns(row: Row, folded: str, cells: list[_Cell], heads: Heads) -> None:
    """Give each value of a table of dated columns its column's day; the latest of them is the present result."""
    if len(heads.days) < 2 or any(result.value is None for result in row.results):
        return
    held = [cell for cell in cells if _is_held(folded, cell, row)][: len(heads.days)]
    days = heads.days_of([place_of(folded, *cell) for cell in held])
    valued = [index for index, cell in enumerate(held) if folded[cell.start : cell.end] not in _EMPTY]
    if days is None or len(valued) != len(row.results):
        return
    row.dated = True
    for result, index in zip(row.results, valued, strict=True):
        result.date = days[index]
    latest = max((result.date for result in row.results if result.date), default=None)
    for result in row.results:
        result.prior = result.date is not None and result.date != latest


def _is_held(folded: str, cell: _Cell, row: Row) -> bool:
    """Whether a cell holds one of the row's values, or the mark of a missing one."""
    if folded[cell.start : cell.end] in _EMPTY:
        return True
    return any(result.value is not None and cell.start <= result.value.start < cell.end for result in row.results)


def _is_result(row: Row, unit: Unit | None) -> bool:
    """Whether a row is a result: a known measure, or an unknown name with a unit and a range."""
    first = row.results[0]
    if row.named is not None:
        return first.value is not None or any(a.takes_text for a in row.named.analytes)
    ranged = first.low is not None or first.high is not None
    return first.value is not None and first.unit is not None and (ranged or unit is not None)


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
    row: Row,
    text: str,
    folded: str,
    cells: list[_Cell],
    width: int,
    unit: Unit | None,
    heads: Heads,
    stated: str | None,
) -> None:
    """Read the cells after the name into the row."""
    current: Result | None = None
    in_words: Result | None = None
    ranged = False
    taken = 0
    for place, cell in enumerate(cells):
        role = heads.role(cell.column, width)
        written = folded[cell.start : cell.end]
        column = heads.test_column(place_of(folded, *cell))
        if column in ("expected", "change"):
            continue
        if column and (tested := value_at(folded, cell.start)):
            fraction = parse_unit("%") if column == "percent" else unit
            row.results.append(Result(tested, fraction, text[cell.start : cell.end]))
            continue
        if heads.is_range(place_of(folded, *cell), taken):
            span, last = range_at(folded, cell.start), _whole_unit(text, folded, cell)
            if span and row.results:
                row.results[0].low, row.results[0].high = span[0], span[1]
            for told_before in row.results if last else ():
                told_before.unit = told_before.unit or last
            continue
        norm = range_at(folded, cell.start) if row.results else None
        normed = norm is not None and not _bounded(written) and _closes(text, folded, norm[2], cell.end)
        taken += not normed and (written in _EMPTY or value_at(folded, cell.start) is not None)
        if is_date(written):
            if current is not None:
                current.date = day_of(written)
            continue
        span = None if ranged else range_at(folded, cell.start)
        if span and current and role != "prior" and _closes(text, folded, span[2], cell.end):
            current.low, current.high = span[0], span[1]
            ranged = True
            continue
        told = _whole_unit(text, folded, cell)
        value = None if told else value_at(folded, cell.start)
        if (
            value
            and value.end <= cell.end
            and not (role == "range" or (span and not current and not _bounded(written)))
        ):
            result = _number(row, text, folded, value, cell, unit)
            if result is None:
                continue
            if result.unit is None and row.results and place + 1 < len(cells):
                result.unit = _whole_unit(text, folded, cells[place + 1])  # "74,0 %<tab>8,29<tab>Giga/L"
            if row.results and (role == "prior" or not _is_twin(row.results[0], result)):
                result.prior = True
                result.unit = result.unit or row.results[0].unit
                result.date = heads.date(cell.column, width, sum(r.prior for r in row.results)) or result.date
            elif not row.results:
                result.date = stated or heads.current
            ranged = result.prior or result.low is not None or result.high is not None
            current = result
            row.results.append(result)
            _twin_in_brackets(row, text, folded, result, cell)
            continue
        if told and current and (current.unit is None or current.unit is unit):
            current.unit = told
            current.written = f"{current.written} {text[cell.start : cell.end]}"
        elif row.results and (flag := flag_of(written) or _susceptibility(row, written)):
            row.flag = row.flag or flag
        elif in_words is None and (written in words("qualitative") or _PLAIN_WORDS.match(written)):
            in_words = Result(None, None, text[cell.start : cell.end], date=stated or heads.current)
            row.flag = row.flag or _susceptibility(row, written)
    if not row.results and in_words is not None:  # else the words were a method, a specimen
        row.results.append(in_words)


def _whole_unit(text: str, folded: str, cell: _Cell) -> Unit | None:
    found = unit_at(text, folded, cell.start)
    return found[0] if found and not folded[found[1] : cell.end].strip() else None


def _susceptibility(row: Row, written: str) -> str | None:
    return susceptibility_of(written) if row.specimen == "isolate" else None


def _bounded(written: str) -> bool:
    """Whether a cell is a censored result ("<0,5"): a range is told by two numbers or stands in brackets."""
    return written[0] in "<>≤≥="


def _number(row: Row, text: str, folded: str, value: Value, cell: _Cell, unit: Unit | None) -> Result | None:
    """A cell that begins with a number, as a result; None when the rest of the cell makes it something else."""
    if value.end == cell.end:
        return Result(value, unit, text[value.start : value.end])
    found = unit_at(text, folded, value.end)
    own, after = found if found and found[1] <= cell.end else (None, value.end)
    bracketed = _UNIT_AFTER.match(text, value.end, cell.end) if own is None else None
    if bracketed and (told := parse_unit(bracketed.group(1))):  # "0,5 (µg/ml)"
        own, after = told, bracketed.end()
    result = Result(value, own or unit, text[value.start : after])
    tail = folded[after : cell.end].strip()
    if not tail or tail.startswith("(") or tail == "--":
        span = range_at(folded, after) if tail.startswith("(") else None
        if span and span[2] <= cell.end:
            result.low, result.high = span[0], span[1]
        return result
    span = range_at(folded, after)
    if span and _closes(text, folded, span[2], cell.end):
        result.low, result.high = span[0], span[1]
        return result
    flag = flag_of(tail)
    if flag:
        row.flag = flag
        return result
    result.date = day_of(tail)
    return result if result.date else None


def _is_twin(main: Result, other: Result) -> bool:
    return other.unit is not None and main.unit is not None and other.unit.property != main.unit.property


def _twin_in_brackets(row: Row, text: str, folded: str, result: Result, cell: _Cell) -> None:
    """ "10,0 mmol/L (0,60 g/L)": the bracket holds the same result in another unit."""
    opening = folded.find("(", cell.start, cell.end)
    value = value_at(folded, opening + 1) if opening > 0 else None
    found = unit_at(text, folded, value.end) if value else None
    if value and found and found[1] < cell.end:
        twin = Result(value, found[0], text[value.start : found[1]], result.prior, result.date)
        if _is_twin(result, twin):
            row.results.append(twin)


def _closes(text: str, folded: str, place: int, end: int) -> bool:
    """Whether nothing but a unit, or the same range in another unit, stands between a range and its cell's end."""
    rest = folded[place:end].strip()
    if not rest or rest.startswith("("):
        return True
    found = unit_at(text, folded, place)
    return found is not None and (not folded[found[1] : end].strip() or folded[found[1] : end].strip().startswith("("))
