"""Scores and stages, tobacco, alcohol and other habits, pregnancy, devices as stated.

Belongs here: what has its own grammar and no place in a terminology of labels. Does not belong here: values with
units (measurements.py), family history (family.py marks conditions), labels of procedures (the dictionary).

An absence that is itself a statement ("non-fumeur") is a fact: the value says it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from limpide.document import Fact, Kind
from limpide.french.date_expressions import full_year, iso_of
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens
from limpide.french.values import number

LOINC = "LOINC"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_LINK = (
    r"\s*(?:(?:a|:|=|de|est|etait|estimee?|cotee?|evaluee?|calculee?|score|stade|classe|total"
    r"|initial|initialement|actuel|egal|grade|l'entree|le|la|d'|\(|,)\s*)*"
)
_VALUES = {
    "int": r"(\d{1,3})(?:\s*(?:-|ou|a)\s*\d{1,2}(?!\d|\s*/))?(?:\s*/\s*(\d{1,3})|\s*%|\s*points?)?(?![\d,.]\d|\w)",
    "decimal": r"(\d{1,2}(?:[.,]\d{1,2})?)(?:\s*/\s*(\d{1,3})|\s*mm)?(?![\d\w])",
    "roman": r"(iv|v|i{1,3}|[0-5])(?:\s*(?:-|a|/)\s*(?:iv|v|i{1,3}|[1-5]))?\s?[abcd]?(?:\s*/\s*(?:iv|5|4))?(?![\w])",
}
_TNM = re.compile(
    r"(?<![A-Za-z])(?P<p>y?[cpr]?|uy?)(?P<t>T(?:is"
    r"|[0-4xX](?:[a-d](?:\d)?)?))\s?,?\s?(?P<np>y?[cp]?)(?P<n>N(?:[0-3xX](?:[a-c]|mi)?)(?:\(sn\)"
    r"|\s?\(\d+/\d+\))?)?"
    r"\s?,?\s?(?P<mp>[cp]?)(?P<m>M(?:[01xX][a-d]?))?(?![A-Za-z0-9])"
)
_T_OF_TNM = re.compile(r"T(?:is|[0-4xX])")
_TNM_CODES = {
    ("c", "t"): "21905-5",
    ("c", "n"): "21906-3",
    ("c", "m"): "21907-1",
    ("p", "t"): "21899-0",
    ("p", "n"): "21900-6",
    ("p", "m"): "21901-4",
}
# Patterns searched in every text begin with the character that they look for, what must not stand before it after it:
# the search then jumps from one such character to the next.
_PACK_YEARS = re.compile(r"(\d\d{0,2}(?:[.,]\d)?)\s*(?:paquets?|pqts?)[\s\-/]*(?:par\s+)?an(?:nee)?s?\b")
_BARE_PACK_YEARS = re.compile(r"(\d\d{0,2})\s*(?:p\.a\.?|pa)(?![\w/])")
_CIGARETTES = re.compile(r"(\d\d?)\s*(?:cigarettes?|cig|clopes)\s*(?:/|par)\s*(?:j|jour)")
_GLASSES = re.compile(
    r"(\d\d?)\s*(?:verres?|bieres?|unites?|litres?)\s*(?:de\s*\w+\s*)?(?:/|par)\s*(j|jour|sem|semaine)"
)
_GESTITY = re.compile(r"g(?<![a-z0-9]g)\s?(\d{1,2})\s?,?\s?p\s?(\d{1,2})(?![0-9])")
_GESTITY_WORDS = re.compile(r"(gestite|parite)\s*:?\s*(\d{1,2})(?!\d)")
_WEEKS = re.compile(
    r"(\d(?<![\d,.].)\d?)\s*(?:sa|semaines?\s+d'?\s?amenorrhee)(?:\s*(?:\+|et)\s*(\d)\s*(?:j|jours?)?)?(?!\w)"
)
_LMP_HINTS = ("ddr", "regles", "terme", "dpa", "accouch")
_LMP = re.compile(
    r"(ddr|date des dernieres regles|dernieres regles|terme prevu|terme theorique"
    r"|date prevue d'accouchement|dpa)\s*(?:le|au|:|du"
    r"|est le)?\s*:?\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)"
)
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


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase of scores.tsv, habits.tsv or devices.tsv."""

    table: str
    name: str
    code: str | None
    grammar: str = ""
    low: float = 0.0
    high: float = 0.0


@cache
def _table() -> PhraseTable[_Entry]:
    entries: list[tuple[str, _Entry]] = []
    for row in read_table("scores"):
        entry = _Entry(
            "score", row["name"], row["code"] or None, row["value"], float(row["low"] or 0), float(row["high"] or 0)
        )
        entries.extend((phrase, entry) for phrase in row["phrases"].split(";"))
    for row in read_table("habits"):
        entry = _Entry(row["topic"], row["value"], row["code"])
        entries.extend((phrase, entry) for phrase in row["phrases"].split(";"))
    for row in read_table("devices"):
        entries.append((row["phrase"], _Entry("device", "", None)))
    return PhraseTable(entries)


@cache
def _grammar(value: str) -> re.Pattern[str]:
    pattern = f"({value[5:]})(?![a-z0-9])" if value.startswith("free:") else _VALUES[value]
    return re.compile(_LINK + pattern)


def find_clinical(tokens: Tokens) -> list[Fact]:
    """Facts of kinds observation and device, in text order."""
    facts: list[Fact] = []
    for first, after, entry in _table().scan(tokens):
        if tokens.sentence[first] != tokens.sentence[after - 1]:
            continue
        start, end = tokens.start[first], tokens.end[after - 1]
        if entry.table == "score":
            facts.extend(_score(tokens, start, end, entry))
        elif entry.table == "device":
            facts.append(_fact(tokens, "device", start, end, "device"))
        else:
            facts.append(_habit(tokens, start, end, entry))
    topics = {fact.rule for fact in facts}
    facts.extend(_tobacco(tokens, "clinical:tobacco" in topics))
    facts.extend(_alcohol(tokens, "clinical:alcohol" in topics))
    facts.extend(_pregnancy(tokens))
    facts.extend(_tnm(tokens))
    _identify_devices(tokens, facts)
    return sorted(facts, key=lambda fact: (fact.start or 0, fact.end or 0))


def _fact(tokens: Tokens, kind: Kind, start: int, end: int, rule: str, code: str | None = None) -> Fact:
    fact = Fact(kind=kind, origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.rule, fact.confidence = f"clinical:{rule}", 0.9
    if code:
        fact.code, fact.system = code, LOINC
    return fact


def _score(tokens: Tokens, start: int, end: int, entry: _Entry) -> list[Fact]:
    """A score with its value; a score named without one is not a fact."""
    found = _grammar(entry.grammar).match(tokens.folded, end)
    if found is None or "\n\n" in found.group():
        return []
    written = found.group(1)
    value: float | None
    if entry.grammar == "roman":
        value = float(_ROMAN[written]) if written in _ROMAN else float(written)
    elif entry.grammar in ("int", "decimal"):
        value = number(written)
    else:
        value = None
    if value is not None and not entry.low <= value <= entry.high:
        return []
    stop = found.end(1) if entry.grammar.startswith("free") else found.end()
    fact = _fact(tokens, "observation", start, stop, "score", entry.code)
    fact.display, fact.value = entry.name, value
    fact.value_text = tokens.text[found.start(1) : stop].strip()
    if value is not None and entry.grammar in ("int", "decimal"):
        fact.unit = "{score}"
    return [fact]


def _habit(tokens: Tokens, start: int, end: int, entry: _Entry) -> Fact:
    fact = _fact(tokens, "observation", start, end, entry.table, entry.code)
    fact.value_text = entry.name
    return fact


def _tobacco(tokens: Tokens, named: bool) -> list[Fact]:
    """Pack-years and cigarettes a day; "30 PA" only beside tobacco, for it is a blood pressure elsewhere."""
    facts = []
    if not named and "paquet" not in tokens.folded and "cig" not in tokens.folded:
        return []
    for found in (*_PACK_YEARS.finditer(tokens.folded), *_BARE_PACK_YEARS.finditer(tokens.folded)):
        around = tokens.folded[max(0, found.start() - 80) : found.end() + 20]
        if found.re is _BARE_PACK_YEARS and not re.search(r"taba|fume|sevr", around):
            continue
        value = number(found.group(1))
        if 0 < value <= 200:
            fact = _fact(tokens, "observation", found.start(), found.end(), "tobacco", "8664-5")
            fact.display, fact.value, fact.unit = "Paquets-années", value, "{pack-years}"
            fact.value_text = fact.text
            facts.append(fact)
    for found in _CIGARETTES.finditer(tokens.folded):
        fact = _fact(tokens, "observation", found.start(), found.end(), "tobacco", "72166-2")
        fact.display, fact.value, fact.unit = "Cigarettes par jour", float(found.group(1)), "{cigarettes}/d"
        fact.value_text = fact.text
        facts.append(fact)
    return facts


def _alcohol(tokens: Tokens, named: bool) -> list[Fact]:
    facts = []
    for found in _GLASSES.finditer(tokens.folded) if named or "verre" in tokens.folded else ():
        fact = _fact(tokens, "observation", found.start(), found.end(), "alcohol")
        if found.group(2).startswith("j") and "litre" not in found.group():
            fact.code, fact.system = "11287-0", LOINC
        fact.display, fact.value = "Verres d'alcool", float(found.group(1))
        fact.unit = "{drinks}/d" if found.group(2).startswith("j") else "{drinks}/wk"
        fact.value_text = fact.text
        facts.append(fact)
    return facts


def _pregnancy(tokens: Tokens) -> list[Fact]:
    """Gestity and parity, gestational age, last period and due date."""
    facts = []
    folded = tokens.folded

    def add(span: tuple[int, int], code: str, display: str, value: float | None, unit: str | None) -> Fact:
        fact = _fact(tokens, "observation", span[0], span[1], "pregnancy", code)
        fact.display, fact.value, fact.unit, fact.value_text = display, value, unit, fact.text
        facts.append(fact)
        return fact

    for found in _GESTITY.finditer(folded):
        if int(found.group(2)) <= int(found.group(1)) <= 20:
            add(found.span(), "11996-6", "Gestité", float(found.group(1)), None)
            add(found.span(), "11977-6", "Parité", float(found.group(2)), None)
    for found in _GESTITY_WORDS.finditer(folded) if "parite" in folded or "gestite" in folded else ():
        gestity = found.group(1) == "gestite"
        name = "Gestité" if gestity else "Parité"
        add(found.span(), "11996-6" if gestity else "11977-6", name, float(found.group(2)), None)
    for found in _WEEKS.finditer(folded):
        weeks, days = int(found.group(1)), int(found.group(2) or 0)
        if 3 <= weeks <= 44 and days < 7:
            add(found.span(), "18185-9", "Âge gestationnel", round(weeks + days / 7, 2), "wk")
    for found in _LMP.finditer(folded) if any(hint in folded for hint in _LMP_HINTS) else ():
        iso = iso_of(full_year(found.group(4)), int(found.group(3)), int(found.group(2)))
        if iso:
            due = found.group(1).startswith(("terme", "date prevue", "dpa"))
            fact = add(found.span(), "11778-8" if due else "8665-2", "Terme prévu" if due else "DDR", None, None)
            fact.value_text = iso
    return facts


def _tnm(tokens: Tokens) -> list[Fact]:
    """T, N and M of a staging, each over its own letters; clinical unless a `p` says pathological."""
    facts = []
    for hint in _T_OF_TNM.finditer(tokens.text):
        found = next((m for back in (2, 1, 0) if (m := _TNM.match(tokens.text, max(0, hint.start() - back)))), None)
        if found is None or found.start("t") != hint.start():
            continue
        if not found.group("n") and not found.group("p"):
            continue  # "T2" alone is a vertebra, a sequence, a time
        side = "p" if "p" in found.group("p") else "c"
        for part in ("t", "n", "m"):
            if found.group(part):
                start = found.start(part) - (len(found.group("p")) if part == "t" else 0)
                fact = _fact(tokens, "observation", start, found.end(part), "tnm", _TNM_CODES[side, part])
                fact.display, fact.value_text = f"{side}TNM : {part.upper()}", tokens.text[start : found.end(part)]
                facts.append(fact)
    return facts


def _identify_devices(tokens: Tokens, facts: list[Fact]) -> None:
    """Give devices the lot, serial number and UDI written on their line; a UDI alone is a device."""
    text = tokens.text
    devices = [fact for fact in facts if fact.kind == "device"]
    for found in _UDI.finditer(text) if "(01)" in text else ():
        owner = _near(devices, found.start(), text)
        if owner is None:
            owner = _fact(tokens, "device", found.start(), found.end(), "udi")
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
