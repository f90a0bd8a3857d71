"""Tables of medication reconciliation: a drug a row, what it was before in one column, what it is after in another.

Belongs here: finding such a table by its head, cutting its rows into cells, comparing before and after. Does not belong
here: the words of heads and answers (lexicon/reconciliation.tsv), sentences (status.py).

"Ramipril | 5 mg/j | 2,5 mg/j" is a decrease; a cell that says 0, STOP, "arrêt" or nothing after a dose is a stop; a
dose after nothing is a start. A name struck out (~~Lasilix~~) is stopped.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from limpide.document import Fact
from limpide.french.phrases import read_table
from limpide.french.tokens import Tokens, fold
from limpide.semantics.drugs.posology import write
from limpide.semantics.drugs.regimen import Setting, Step, read

_CELL = re.compile(r"[^\t|]+|(?<=[\t|])(?=[\t|])")
_SPACED = re.compile(r"\S+(?: \S+)*")
_STRUCK = re.compile(r"~~|\[barre\]|\(barre\)|\(raye\)")
_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    left: int  # column of its first character


@cache
def _words() -> dict[str, str]:
    return {
        fold(phrase): row["use"]
        for row in read_table("reconciliation")
        for phrase in row["phrases"].split(";")
        if phrase
    }


def reconcile(tokens: Tokens, drugs: Sequence[Fact], steps: dict[int, list[Step]], settings: Sequence[Setting]) -> None:
    """Set `status`, and the dose of the column that holds now, on drugs of reconciliation tables, in place."""
    starts = [fact.start or 0 for fact in drugs]
    _struck(tokens, drugs)
    place = 0
    lines: list[tuple[int, int]] = []
    for line in tokens.text.split("\n"):
        lines.append((place, place + len(line)))
        place += len(line) + 1
    number = 0
    while number < len(lines):
        head = _head(tokens, *lines[number])
        number += 1
        if head is None:
            continue
        empty = 0
        for begin, end in lines[number : number + _MOST_ROWS]:
            if not tokens.text[begin:end].strip():
                empty += 1
                if empty > 1:
                    break
                continue
            first = bisect_left(starts, begin)
            if first < len(starts) and starts[first] < end:
                _row(tokens, begin, end, head, first, drugs, steps, settings)
                empty = 0


def _cells(tokens: Tokens, begin: int, end: int) -> list[_Cell]:
    text = tokens.text
    tabbed = "\t" in text[begin:end] or "|" in text[begin:end]
    found: list[_Cell] = []
    if tabbed:
        place = begin
        for rank, piece in enumerate(re.split(r"[\t|]", text[begin:end])):
            lead = len(piece) - len(piece.lstrip())
            found.append(_Cell(place + lead, place + len(piece.rstrip()) if piece.strip() else place + lead, rank))
            place += len(piece) + 1
        return found
    return [_Cell(m.start(), m.end(), m.start() - begin) for m in _SPACED.finditer(text, begin, end)]


def _head(tokens: Tokens, begin: int, end: int) -> dict[str, int] | None:
    """Columns of a table's head by use (before, after, decision), None when a line is no such head."""
    line = tokens.text[begin:end]
    if "\t" not in line and "|" not in line and "   " not in line:
        return None
    columns: dict[str, int] = {}
    for cell in _cells(tokens, begin, end):
        use = _use(" ".join(tokens.folded[cell.start : cell.end].strip(" :").split()))
        if use in ("before", "after", "decision"):
            columns.setdefault(use, cell.left)
    return columns if len(columns) >= 2 else None


def _use(head: str) -> str | None:
    """before, after or decision for the head of a column, by its whole text or the longest phrase it begins with."""
    words = _words()
    if head in words:
        return words[head]
    longest = _longest()
    cut = head.rfind(" ", 0, longest + 1)
    while cut > 4:  # the longest run of whole words that is a phrase; a short one begins too many other heads
        if (use := words.get(head[:cut])) is not None:
            return use
        cut = head.rfind(" ", 0, cut)
    return None


@cache
def _longest() -> int:
    return max(map(len, _words()))


def _row(
    tokens: Tokens,
    begin: int,
    end: int,
    head: dict[str, int],
    first: int,
    drugs: Sequence[Fact],
    steps: dict[int, list[Step]],
    settings: Sequence[Setting],
) -> None:
    cells = _cells(tokens, begin, end)
    if len(cells) < 2:
        return  # a line of prose below the table
    tabbed = "\t" in tokens.text[begin:end] or "|" in tokens.text[begin:end]
    texts: dict[str, tuple[int, int]] = {}
    for use, column in head.items():
        near = [cell for cell in cells if (cell.left == column if tabbed else abs(cell.left - column) <= 6)]
        if near:
            texts[use] = (near[0].start, near[0].end)
    start = drugs[first].start or 0
    for use, (left, right) in texts.items():
        if left <= start < right:  # "LEVOTHYROX 50 µg 1-0-0 | 75 µg 1-0-0": the name opens the first column
            texts[use] = (min(drugs[first].end or 0, right), right)
    named = min((left for left, _ in texts.values()), default=end)
    within = [index for index in range(first, len(drugs)) if (drugs[index].start or 0) < named]
    decided = _verdict(tokens, texts.get("decision"))
    before, after = _content(tokens, texts.get("before")), _content(tokens, texts.get("after"))
    if decided is None and "after" in head and "before" in head:
        decided = _compared(tokens, texts, before, after, settings[first])
    now = texts.get("after", (end, end))
    others = [index for index in range(first, len(drugs)) if now[0] <= (drugs[index].start or 0) < now[1]]
    if others and not set(others) & set(within):  # another drug stands in its place
        decided, after = "stopped", "other"
        for index in others:
            drugs[index].status, drugs[index].negated = "started", False
    for index in within if decided else ():
        drugs[index].status = decided
        drugs[index].negated = False
    held = "after" if after == "dose" else "before" if before == "dose" else None
    if held is None or first not in steps or first not in within:
        return
    fact = drugs[first]
    own = slice(fact.end or 0, max(fact.end or 0, named))
    text = f"{tokens.text[own]} {tokens.text[slice(*texts[held])]}".replace("\t", " ").replace("|", " ")
    step = read(text, fold(text), settings[first])[0]
    if step.daily is not None or step.dose is not None or step.frequency is not None:
        write(fact, step)


def _verdict(tokens: Tokens, cell: tuple[int, int] | None) -> str | None:
    if cell is None:
        return None
    written = " ".join(tokens.folded[slice(*cell)].strip(" .:").split())
    words = _words()
    known = words.get(written) or next(
        (words[p] for p in sorted(words, key=len, reverse=True) if written.startswith(p)), None
    )
    return known if known not in (None, "before", "after", "decision", "none") else None


def _content(tokens: Tokens, cell: tuple[int, int] | None) -> str:
    """'none' for an empty cell, a dash, a zero; 'dose' for a number; a status for a word; 'other'."""
    if cell is None or not tokens.text[slice(*cell)].strip():
        return "none"
    written = " ".join(tokens.folded[slice(*cell)].strip(" .:").split())
    known = _words().get(written)
    if known:
        return known
    return _verdict(tokens, cell) or ("dose" if any(letter.isdigit() for letter in written) else "other")


def _compared(
    tokens: Tokens, texts: dict[str, tuple[int, int]], before: str, after: str, setting: Setting
) -> str | None:
    if after not in ("none", "dose", "other"):
        return after
    if after == "none":
        return "stopped" if before in ("dose", "other") else None
    if before == "none":
        return "started"
    if before == "dose" and after == "dose":
        one, two = (
            read(tokens.text[slice(*texts[use])], tokens.folded[slice(*texts[use])], setting)[0]
            for use in ("before", "after")
        )
        if one.daily is not None and two.daily is not None and one.daily_unit == two.daily_unit:
            if one.daily != two.daily:
                return "increased" if two.daily > one.daily else "decreased"
            return "continued"
        same = tokens.folded[slice(*texts["before"])].split() == tokens.folded[slice(*texts["after"])].split()
        return "continued" if same else None
    return None


def _struck(tokens: Tokens, drugs: Sequence[Fact]) -> None:
    """ "~~Lasilix 40 mg~~": struck out."""
    if not _STRUCK.search(tokens.folded):
        return
    for fact in drugs:
        line = tokens.text.rfind("\n", 0, fact.start or 0) + 1
        end = tokens.text.find("\n", fact.end or 0)
        before, behind = tokens.folded[line : fact.start], tokens.folded[fact.end : end if end >= 0 else None]
        if (before.count("~~") % 2 and "~~" in behind) or re.match(
            r"[^,;\n]{0,40}(?:\[barre\]|\(barre\)|\(raye\))", behind
        ):
            fact.status = "stopped"
