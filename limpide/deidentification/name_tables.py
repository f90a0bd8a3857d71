"""Names in tables: columns whose heading says that names stand there, and rows that list one person each.

Belongs here: what the shape of a table says of its words, whatever they mean elsewhere; the birth date that an INS
tells. Does not belong here: the turns of running text (names.py), numbers (numbers.py).

A table is read as our readers write it: one line a row, a tab between cells (limpide/readers/page_layout.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from limpide.deidentification.birth import dates
from limpide.deidentification.lexicon import lexicon
from limpide.deidentification.name_words import NOT_FAMILY
from limpide.deidentification.spans import Kind, Span, Words

_CELL = 48  # characters; a longer cell is a sentence
_HEADING = re.compile(
    r"(?:premier |1er )?(?P<kind>nom|prenom|patronyme)s?"
    r"(?:(?: ?/ ?| et | )prenoms?| de naissance| de famille| d.usage| usuel| utilise| marital| (?:du )?patient"
    r"| (?:du )?(?:medecin|praticien|professionnel|prescripteur))*"
)
# One of these makes sure that the names are those of people: 'Nom' alone heads drugs and files too.
_PERSONAL = re.compile(r"prenom|patronyme|naissance|famille|usage|usuel|marital|patient")


def row_spans(words: Words, numbers: Iterable[Span]) -> list[Span]:
    """Names in columns under their heading, and in rows that bear an INS. `numbers`: what the second net found."""
    spans = _columns(words) if "\t" in words.text and not _HEADS.isdisjoint(words.present) else []
    spans += _people(words)
    national = [span for span in numbers if span.kind is Kind.INS]
    return [*spans, *_lists(words, national), *_births(words, national)] if national else spans


_SEX_CELL = re.compile(r"[;|\t] ?(?:[MFH]|Masculin|Féminin) ?[;|\t]")
_NAME_CELL = re.compile(r"\"?(?P<name>[^\W\d_][\w'’\-]+(?: [^\W\d_][\w'’\-]+){1,3})\"? ?")


def _people(words: Words) -> Iterable[Span]:
    """The first cell of a row whose second is the sex: 'DA CUNHA Arminda;F;31/01/1956'."""
    text = words.text
    for sex in _SEX_CELL.finditer(text):
        begin = text.rfind("\n", 0, sex.start()) + 1
        row = _NAME_CELL.fullmatch(text, begin, sex.start())
        if row is None or not row["name"][0].isupper():
            continue
        for i in range(bisect_left(words.start, row.start("name")), bisect_left(words.start, row.end("name"))):
            yield Span(words.start[i], words.end[i], Kind.FAMILY, True)


def _births(words: Words, numbers: list[Span]) -> Iterable[Span]:
    """Full dates of the month that an INS holds: year and month are its figures 2 to 5 (Insee)."""
    months = {"".join(c for c in words.text[n.start : n.end] if c.isalnum())[1:5] for n in numbers}
    for start, end, (year, month, _) in dates(words):
        if f"{year % 100:02}{month:02}" in months:
            yield Span(start, end, Kind.BIRTH, True)


_HEADS = frozenset(("prenom", "prenoms", "patronyme", "nom", "noms"))


def _columns(words: Words) -> list[Span]:
    spans: list[Span] = []
    columns: dict[int, Kind] = {}
    at = 0
    for line in words.folded.split("\n"):
        cells = line.split("\t")
        headed = {n: found for n, cell in enumerate(cells) if (found := _HEADING.fullmatch(cell.strip(" :")))}
        # 'Nom de naissance<tab>...' twice a line at most is a form, whose labels and values alternate.
        form = len(cells) <= 2 * len(headed) and all(n % 2 == 0 for n in headed) and len(cells) % 2 == 0
        if len(cells) > 1 and not form and any(_PERSONAL.search(found.group()) for found in headed.values()):
            columns = {n: Kind.GIVEN if f["kind"] == "prenom" else Kind.FAMILY for n, f in headed.items()}
        elif not line.strip():
            columns = {}
        else:
            place = at
            for n, cell in enumerate(cells):
                if n in columns and len(cell) <= _CELL:
                    spans += _cell(words, place, place + len(cell), columns[n])
                place += len(cell) + 1
        at += len(line) + 1
    return spans


def _cell(words: Words, start: int, end: int, kind: Kind) -> Iterable[Span]:
    for i in range(bisect_left(words.start, start), bisect_left(words.start, end)):
        if words.form[i].isalpha() and words.cap[i] and len(words.form[i]) > 1 and words.form[i] not in NOT_FAMILY:
            yield Span(words.start[i], words.end[i], kind, True)


def _lists(words: Words, numbers: list[Span]) -> list[Span]:
    """Words in capitals of a row that bears an INS: those that are no ordinary words, or stand twice (birth, used)."""
    spans: list[Span] = []
    common = lexicon().common
    done = -1
    for number in numbers:
        begin = words.folded.rfind("\n", 0, number.start) + 1
        stop = words.folded.find("\n", number.end)
        stop = len(words.folded) if stop < 0 else stop
        if begin == done or ":" in words.folded[begin:stop]:
            continue  # 'INS : ...' is a labelled line, which the other nets read
        done = begin
        mine = [
            i
            for i in range(bisect_left(words.start, begin), bisect_left(words.start, stop))
            if words.capitals(i) and words.form[i].isalpha() and words.form[i] not in NOT_FAMILY
        ]
        times = Counter(words.form[i] for i in mine)
        spans += [
            Span(words.start[i], words.end[i], Kind.FAMILY, True)
            for i in mine
            if (len(words.form[i]) > 2 or times[words.form[i]] > 1)
            and (words.form[i] not in common or times[words.form[i]] > 1)
        ]
    return spans
