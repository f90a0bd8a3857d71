"""What the title above a treatment says of it: "Traitement à l'entrée", "Arrêtés pendant le séjour :".

Belongs here: lines that look like titles, and what their words say. Does not belong here: the words themselves
(lexicon/drug_status.tsv, side `title`), the codes of sections (context/sections.py), verbs (treatment_cues.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from limpide.document import Fact, Section
from limpide.french.phrases import read_table
from limpide.french.tokens import Tokens, fold

_TELLING = 20  # characters that a phrase of a title is worth more when it says more than "traitements"
_CAPITALS = re.compile(r"[^a-z\n]*[A-ZÉÈÀÂÎÔÇ]{4}[^a-zà-ÿ\n]*$")
_RULED = re.compile(r"^[\s\-=*#_]{2,}[^\n]+$")
_SECTIONS = {
    "10160-0": "current", "42346-7": "current", "10183-2": "current", "57828-6": "current", "18610-6": "given",
    "8648-8": "given", "29554-3": "given", "59774-0": "given", "18776-5": "here", "60590-7": "current",
}  # fmt: skip  # LOINC sections whose titles are not in the lexicon of this module


@cache
def _titles() -> list[tuple[re.Pattern[str], str]]:
    rows = [row for row in read_table("drug_status") if row["side"] == "title"]
    return [
        (re.compile(rf"\b(?:{'|'.join(re.escape(fold(p)) for p in row['phrases'].split(';'))})\b"), row["status"])
        for row in rows
    ]


def title_status(title: str) -> str | None:
    """What the longest phrase of a title says, "traitements" alone last; None for a title of other things."""
    best: tuple[int, str] | None = None
    for pattern, status in _titles():
        for found in pattern.finditer(title):
            length = found.end() - found.start() + (0 if status in ("current", "none", "closing") else _TELLING)
            if best is None or length > best[0]:
                best = (length, status)
    return best[1] if best else None


def headings(
    tokens: Tokens, sections: Sequence[Section], drugs: Sequence[Fact]
) -> list[tuple[int, str | None, str | None]]:
    """(place, status, LOINC code) of sections and of lines that look like titles: capitals, rules, a colon at the end.

    A line of capitals that no title of treatments resembles is one only below an empty line, without a number.
    """
    found: dict[int, tuple[str | None, str | None]] = {}
    for section in sections:
        if section.title and not section.furniture:
            said = title_status(fold(section.title))
            found[section.start] = (said or _SECTIONS.get(section.code or ""), section.code)
    starts = [fact.start or 0 for fact in drugs if fact.role is None]
    place, empty = 0, True
    for line in tokens.text.split("\n"):
        stop, bare = place + len(line), line.strip()
        at = bisect_left(starts, place)
        holds = at < len(starts) and starts[at] < stop
        lead = tokens.folded[place:stop]
        if holds:
            opening = re.match(r"\s*[^a-zà-ÿ\n:]{4,60}?(?=\s{2,}|\s*:|\t)", line[: starts[at] - place])
            lead = tokens.folded[place : place + opening.end()] if opening else ""
        elif not (_CAPITALS.match(bare) or _RULED.match(line) or bare.endswith(":")):
            lead = ""
        if 3 <= len(lead.strip()) <= 90 and place not in found:
            said = title_status(lead)
            if said or (empty and not holds and not any(letter.isdigit() for letter in lead)):
                found[place] = (said, None)
        place, empty = stop + 1, not bare
    return sorted((place, said, code) for place, (said, code) in found.items())
