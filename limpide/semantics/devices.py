"""Devices that a text names: implants, catheters, drains, aids; their lot, serial number and UDI.

Belongs here: finding them, in sentences and in lists of implants, and what identifies them. Does not belong here: the
words (lexicon/devices.tsv), the act of putting one in (acts/), its side and its date (context/).

A device keeps no code of a disease: bearing it is a state, whose code of CIM-10 stands among its translations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from limpide.document import Code, Fact, Section
from limpide.french.phrases import PhraseTable, read_table, spellings
from limpide.french.tokens import Tokens

SECTION = "46264-8"  # LOINC code of the section of devices
_PUT = re.compile(
    r"pos[ee]|mise? en place|mis en place|ablation|retir|retrait|change|implant|\bote|osteosynth|en place|porteu|fixe"
    r"|repermeabilis|laisse|insere|introduction|perfus|clamp|debit|ramen|productif|depose|par (?:une? )?$"
)
_NOT_PUT = re.compile(r"[^.;:,]{0,12}\bnon (?:laiss|pos|mis|retrouv)")
_MEASURED = re.compile(r"\s*(?:intacte|1-84|i )?\s*(?:[:=]|a)?\s*\d+(?:[.,]\d+)?\s*(?:pg|ng|pmol|%)")  # PTH, a hormone
_AROUND = 45  # characters in which something says that a device is there
_LISTED_LOT = re.compile(r"\blots?\b", re.IGNORECASE)
_UDI = re.compile(r"\(01\)\s?(\d{14})((?:\((?:11|17|10|21|240)\)[A-Za-z0-9\-/.]{0,29}[A-Za-z0-9])*)")
_UDI_PARTS = re.compile(r"\((11|17|10|21|240)\)([A-Za-z0-9\-/.]{0,29}[A-Za-z0-9])")
_LOT = re.compile(
    r"(?:n°\s*(?:de\s*)?lot|lot\s*(?:n°|no|numero|:)|numero\s+de\s+lot"
    r"|\blot)\s*[:°]?\s*([A-Za-z0-9][A-Za-z0-9\-/]{2,24})(?![\w])",
    re.IGNORECASE,
)
_SERIAL = re.compile(
    r"(?:n°\s*(?:de\s*)?s[ée]rie|num[ée]ro\s+de\s+s[ée]rie|s/n|sn\s*:|s[ée]rie\s*(?:n°"
    r"|:))\s*[:°]?\s*([A-Za-z0-9][A-Za-z0-9\-/]{2,24})",
    re.IGNORECASE,
)


class _Named(NamedTuple):
    """A device of devices.tsv."""

    needs: str
    state: str | None
    capitals: bool


@cache
def _table() -> PhraseTable[_Named]:
    entries: list[tuple[str, _Named]] = []
    for row in read_table("devices"):
        for pattern in row["phrases"].split(";"):
            for phrase in spellings(pattern):
                bare = phrase.lstrip("~")
                capitals = bare == phrase and bare.isupper() and len(bare) <= 5
                entries.append((bare, _Named(row["needs"], row["state"] or None, capitals)))
    return PhraseTable(entries, literal=True)


def find_devices(tokens: Tokens, sections: Sequence[Section]) -> list[Fact]:
    """Facts of kind device, in text order."""
    lists = [(s.start, s.end) for s in sections if s.code == SECTION]
    facts: list[Fact] = []
    seen: set[str] = set()
    for first, after, named in _table().scan(tokens):
        start, end = tokens.start[first], tokens.end[after - 1]
        if tokens.sentence[first] != tokens.sentence[after - 1] or not _stands(tokens, named, start, end, lists):
            continue
        name = tokens.folded[start:end]
        if name in seen and tokens.form[first - 1 : first] == ["sur"]:
            continue  # "endocardite sur bioprothèse" speaks of the one that is known
        seen.add(name)
        fact = _device(tokens, start, end, "device")
        fact.translations = [Code(named.state, "CIM-10")] if named.state else []
        facts.append(fact)
    _identify_devices(tokens, facts)
    for start, end in lists:
        _columns(tokens.text, start, end, facts)
    return sorted(facts, key=lambda fact: (fact.start or 0, fact.end or 0))


def _stands(tokens: Tokens, named: _Named, start: int, end: int, lists: list[tuple[int, int]]) -> bool:
    text = tokens.text
    if named.capitals and not text[start:end].isupper():
        return False
    if _MEASURED.match(tokens.folded, end):
        return False
    if not named.needs or any(a <= start < b for a, b in lists):
        return True
    line = text[text.rfind("\n", 0, start) + 1 : (text + "\n").index("\n", end)]
    if _LISTED_LOT.search(line):
        return True
    if named.needs == "list":
        return False
    if _NOT_PUT.match(tokens.folded, end):
        return False
    before, behind = tokens.folded[max(0, start - _AROUND) : start], tokens.folded[end : end + _AROUND]
    stop = max((m.end() for m in re.finditer(r"[.;\n]", before)), default=0)
    return bool(_PUT.search(before[stop:]) or _PUT.search(re.split(r"[.;:]", behind)[0]))


def _device(tokens: Tokens, start: int, end: int, rule: str) -> Fact:
    fact = Fact(kind="device", origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.rule, fact.confidence = f"clinical:{rule}", 0.9
    return fact


def _columns(text: str, start: int, end: int, facts: list[Fact]) -> None:
    """Lots of a table of implants: what stands under the heading "Lot"."""
    place: int | None = None
    for found in re.compile(r"[^\n]+").finditer(text, start, end):
        heading = _LISTED_LOT.search(found.group())
        if heading:
            place = heading.start()
            continue
        owner = next((f for f in facts if found.start() <= (f.start or 0) < found.end()), None)
        if place is None or owner is None or owner.lot:
            continue
        for cell in _cells(found.group()):
            if abs(cell[0] - place) <= 3 and any(char.isdigit() for char in cell[1]):
                owner.lot = cell[1]


def _cells(line: str) -> Iterator[tuple[int, str]]:
    for found in re.finditer(r"\S+(?: \S+)*", line):
        yield found.start(), found.group()


def _identify_devices(tokens: Tokens, facts: list[Fact]) -> None:
    """Give devices the lot, serial number and UDI written on their line; a UDI alone is a device."""
    text = tokens.text
    devices = [fact for fact in facts if fact.kind == "device"]
    for found in _UDI.finditer(text) if "(01)" in text else ():
        owner = _near(devices, found.start(), text)
        if owner is None:
            owner = _device(tokens, found.start(), found.end(), "udi")
            facts.append(owner)
            devices.append(owner)
        owner.udi = found.group().replace(" ", "")
        parts = dict(_UDI_PARTS.findall(found.group(2)))
        owner.lot, owner.serial = parts.get("10", owner.lot), parts.get("21", owner.serial)
    if not devices:
        return
    for pattern, name, hints in ((_LOT, "lot", ("lot",)), (_SERIAL, "serial", ("serie", "s/n", "sn"))):
        for found in pattern.finditer(text) if any(hint in tokens.folded for hint in hints) else ():
            owner = _near(devices, found.start(), text)
            if owner is not None and any(c.isdigit() for c in found.group(1)) and getattr(owner, name) is None:
                setattr(owner, name, found.group(1))


def _near(devices: list[Fact], place: int, text: str) -> Fact | None:
    """The last device named before `place`, in the same paragraph and within 200 characters."""
    before = [fact for fact in devices if (fact.end or 0) <= place and place - (fact.end or 0) <= 200]
    if not before:
        return None
    owner = max(before, key=lambda fact: fact.start or 0)
    return None if "\n\n" in text[owner.end or 0 : place] else owner
