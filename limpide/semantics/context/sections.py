"""Sections of French text that has none marked: titles recognised, mapped to LOINC section codes.

Belongs here: finding titles in letters, reports and prescriptions. Does not belong here: sections of CDA documents
(the reader has them), the titles themselves (lexicon/sections.tsv), page furniture (the PDF reader marks it).

A title is a line of its own, or what stands before a colon at the start of a line or sentence. Case, accents, a
missing colon, numbering ("II.", "3)", "A -") and one wrong, missing or doubled letter are forgiven.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache

from limpide.document import Section
from limpide.french.phrases import LEXICON, read_table, spellings, word_set
from limpide.french.tokens import Tokens, fold

LOINC = "2.16.840.1.113883.6.1"
_LINE = re.compile(r"[^\n]+")
_PREFIX = re.compile(r"\s*(?:[-•*–#=►▪●>]+\s*|(?:[ivx]{1,4}|\d{1,2}(?:\.\d{1,2}){0,3}|[a-h])\s?[.)°/-]+\s*)*")
_DATED = re.compile(r"\d[/.]\d")
_TAIL = re.compile(r"\s*(?:\([^)]*\)?|(?:du|le|au|en date du)?\s*\d{1,2}[/.]\d{1,2}[/.]\d{2,4}.*)$")
_CUT = re.compile(r"[.;\t]\s+|\s{3,}")
_SET_APART = re.compile(r"\s{2,}|\t|\s[-–]\s")
_WORD = re.compile(r"\w+")
_NUMBERS = re.compile(r"\d.*\d")  # no title holds a number: with two figures, a line is no misspelt title
_ANTECEDENTS, _QUALIFYING = word_set("antecedents"), word_set("antecedents_before")
_ALSO = word_set("antecedents_after")
_OF_ANTECEDENTS = ("iques", "ique", "icaux", "ical", "icale", "aux", "els", "ales", "aires", "aire", "al")
_LONGEST_ANTECEDENTS = 7  # words
_PAST_TITLE = re.compile(r"\b(?:deja recus?|anterieurs?|precedents?|passes)\b")
# Sections that part antecedents by organ; titles that may stand among them without ending them.
_ORGANS = frozenset(
    ("10200-4", "11412-4", "10202-0", "10191-5", "11393-6", "11400-9", "11410-8", "10197-2", "29302-7", "29307-6")
) | frozenset(("10190-7", "57207-3", "10162-6", "18723-7"))
_BESIDE = frozenset(("48765-2", "29762-2", "10157-6", "11369-6"))
_LONGEST = 60
_LONGEST_TYPO = 40
_SHORTEST_TYPO = 7  # letters: below, one wrong letter makes another word


@cache
def _titles() -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    """Titles spelled without punctuation, to codes; the long ones and their one-letter deletions; closings."""
    exact: dict[str, str] = {}
    for row in read_table("sections"):
        for phrase in spellings(row["phrase"]):
            exact.setdefault(_plain(fold(phrase)), row["code"])
    near = {title: code for title, code in exact.items() if len(title) >= _SHORTEST_TYPO}
    for title, code in list(near.items()):
        for shorter in _deletions(title):
            near.setdefault(shorter, code)
    closings = (LEXICON / "closings.txt").read_text(encoding="utf-8").splitlines()
    return exact, near, frozenset(_plain(fold(line)) for line in closings if line.strip())


def _plain(folded: str) -> str:
    return " ".join(_WORD.findall(folded.replace("œ", "oe")))


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


@lru_cache(maxsize=8192)  # documents of a source share their titles, and their lines that are none
def section_code(title: str) -> str | None:
    """LOINC section code of a title, one wrong letter forgiven; None when it is not the title of a section."""
    exact, near, _ = _titles()
    folded = fold(title)
    plain = _plain(folded)
    if not plain or len(plain) > _LONGEST:
        return None
    code = exact.get(plain)
    if code is None and ("(" in folded or _DATED.search(folded)):
        shorn = _plain(_TAIL.sub("", folded))
        code = exact.get(shorn)
        plain = shorn or plain
    if code is None:
        code = _antecedents(plain)
    if code is None and _SHORTEST_TYPO <= len(plain) <= _LONGEST_TYPO and not _NUMBERS.search(plain):
        code = next((near[close] for close in (plain, *_deletions(plain)) if close in near), None)
    return code


def _antecedents(plain: str) -> str | None:
    """The code of a title of antecedents, whatever follows the word: "ATCD médicaux et chirurgicaux"."""
    words = plain.split()
    if not 1 <= len(words) <= _LONGEST_ANTECEDENTS:
        return None
    place = next((i for i, word in enumerate(words[:2]) if word in _ANTECEDENTS), None)
    if place is None or (place == 1 and words[0] not in _QUALIFYING):
        return None
    rest = words[place + 1 :]
    if not all(word in _ALSO or word.endswith(_OF_ANTECEDENTS) for word in rest):
        return None
    if any(word.startswith("famil") or word == "heredo" for word in rest):
        return "10157-6" if not any(word.startswith("perso") for word in rest) else "11348-0"
    return "11348-0"


def history_indices(sections: Sequence[Section], text: str, codes: frozenset[str]) -> frozenset[int]:
    """Sections of antecedents (`codes`), those that only part them by organ, and lists of treatments of the past.

    "ANTECEDENTS", then "Cardiovasculaires :" below it: a title of an organ, without a blank line or in lower case under
    one in capitals, belongs to what stands above.
    """
    found: set[int] = set()
    above: Section | None = None
    for index, section in enumerate(sections):
        if section.furniture:
            continue
        title = section.title or ""
        if section.code in codes or _PAST_TITLE.search(fold(title)):
            found.add(index)
            above = section
        elif above is not None and section.code in _ORGANS:
            apart = "\n\n" in text[max(0, section.start - 4) : section.start].replace(" ", "").replace("\r", "")
            lower = (above.title or "").isupper() and not title.isupper()
            if not apart or lower:
                found.add(index)
            else:
                above = None
        elif section.code not in _BESIDE:
            above = None
    return frozenset(found)


def section_at(sections: Sequence[Section], begins: Sequence[int], place: int) -> int | None:
    """The number of the innermost section that holds a place; None where none does. `begins`: where each begins.

    A nested section, or a page's foot, that is over leaves the place to the section around it, which goes on.
    """
    held = bisect_right(begins, place) - 1
    while held >= 0 and sections[held].end <= place:
        held -= 1
    return held if held >= 0 else None


def find_sections(tokens: Tokens, silent: Sequence[tuple[int, int]] = ()) -> list[Section]:
    """Sections of a text, in order, each from its title to the next title, the letter's closing, or the end.

    `silent`: places of page furniture, which neither opens a section nor closes one.
    """
    text = tokens.text
    marks = find_marks(tokens, silent)
    sections = []
    for index, (start, title, code) in enumerate(marks):
        if title is not None:
            end = marks[index + 1][0] if index + 1 < len(marks) else len(text)
            sections.append(Section(code, LOINC if code else None, title, start, end))
    return sections


def find_marks(tokens: Tokens, silent: Sequence[tuple[int, int]] = ()) -> list[tuple[int, str | None, str | None]]:
    """(place, title, code) of the titles of a text, in order; (place, None, None) where the letter closes."""
    marks: list[tuple[int, str | None, str | None]] = []
    text, folded = tokens.text, tokens.folded
    for line in _LINE.finditer(folded):
        begin, end = line.span()
        for first, last in silent:  # the whole line, or its first cell beside what it is not
            if first <= begin < last:
                begin = last
        prefix = _PREFIX.match(folded, begin, end) if begin < end else None
        start = prefix.end() if prefix else end
        if start < end:
            marks.extend(_in_line(text, folded, start, end))
    return marks


def _in_line(text: str, folded: str, start: int, end: int) -> list[tuple[int, str | None, str | None]]:
    """(place, title, code) of the titles in one line; (place, None, None) where the letter closes."""
    found: list[tuple[int, str | None, str | None]] = []
    place, colon = start, folded.find(":", start, end)
    while colon >= 0:
        begin = place
        for cut in _CUT.finditer(folded, place, colon):
            begin = cut.end()
        if colon - begin <= _LONGEST and text[begin : begin + 1].isalnum():
            lead = begin == start or text[begin].isupper()
            code = section_code(folded[begin:colon]) if lead else None
            if code:
                found.append((begin, text[begin:colon].strip(), code))
        place = colon + 1
        colon = folded.find(":", place, end)
    if found or place > start:
        return found
    whole = text[start:end].strip()
    if len(whole) <= _LONGEST and whole[:1].isupper() and whole[-1:] not in ".,;":
        code = section_code(whole)
        if code:
            return [(start, whole, code)]
    if _closes(folded, start, end):
        return [(start, None, None)]
    return _capital_title(text, start, end)


@cache
def _closings() -> tuple[frozenset[str], frozenset[str]]:
    closings = _titles()[2]
    return closings, frozenset(closing.split()[0] for closing in closings)


def _closes(folded: str, start: int, end: int) -> bool:
    opening = _WORD.match(folded, start, end)
    closings, openings = _closings()
    if opening is None or opening.group() not in openings:
        return False
    words = _plain(folded[start : min(end, start + 60)]).split()
    return any(" ".join(words[:length]) in closings for length in range(1, min(5, len(words)) + 1))


def _capital_title(text: str, start: int, end: int) -> list[tuple[int, str | None, str | None]]:
    """ "ANTECEDENTS   HTA, diabète": a title in capitals, set apart by a gap or a dash, no colon."""
    if not text[start : start + 2].isupper():
        return []
    gap = _SET_APART.search(text, start, end)
    if gap and gap.start() - start <= _LONGEST and text[start : gap.start()].isupper():
        code = section_code(text[start : gap.start()])
        if code:
            return [(start, text[start : gap.start()], code)]
    return []
