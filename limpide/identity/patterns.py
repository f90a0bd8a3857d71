"""The second net: identifiers recognised by their shape and, where one exists, their checksum.

Belongs here: numbers (INS, phone, RPPS, labelled numbers), e-mails, URLs, plates, addresses, dates of birth.
Does not belong here: names (names.py) and what the header already says (known.py).
Sources of shapes: NIR (INSEE, 97 key), RPPS (11 digits, Luhn), ADELI (9), FINESS (9), French numbering plan (ARCEP),
vehicle plates (SIV, AA-123-AA). Product codes (CIP13, GTIN) and dates are no identifiers and are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from limpide.identity.spans import Kind, Span, Words

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "janvier janv jan",
            "fevrier fevr fev",
            "mars mar",
            "avril avr",
            "mai",
            "juin jun",
            "juillet juil jul",
            "aout aou",
            "septembre sept sep",
            "octobre oct",
            "novembre nov",
            "decembre dec",
        ],
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?<!\d)(?:"
    r"(?P<y>(?:1[89]|20)\d\d)[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)(?!\d)"
    r"|(?P<d2>\d\d?)\s?[-/. ]\s?(?P<m2>\d\d?)\s?[-/. ]\s?(?P<y2>\d{4}|\d\d)(?![\d])"
    rf"|(?P<d3>\d\d?)(?:er)?\s?[-.]?\s?(?P<m3>{_MONTH})\.?\s?[-.]?\s?(?P<y3>\d{{4}}|\d\d)(?!\d)"
    r"|(?P<y4>(?:1[89]|20)\d\d)(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?P<d5>0[1-9]|[12]\d|3[01])(?P<m5>0[1-9]|1[0-2])(?P<y5>(?:19|20)\d\d)(?!\d)"
    r")"
)

_NIR = (
    r"[1-478][ .]?\d\d[ .]?\d\d[ .]?(?:\d\d|2[ab])[ .]?\d{3}[ .]?\d{3}"
    r"(?:\s?(?:[-/|]|\(?cle\s?:?)?\s?\d\d)?"
)
_PHONE = r"(?:(?:\+|00)\s?33[ .\-]{0,2}(?:\(0\))?[ .\-]{0,2}[1-9]|0[ ]?[1-9])(?:[ .\-/]{0,2}\d\d){4}"
_NUMBERS = re.compile(
    rf"(?<![\w+])(?:(?P<phone>{_PHONE})|(?P<nir>{_NIR})|(?P<run>[a-z]{{0,3}}\d{{8,}}[a-z]?))(?!\w)",
)
_FOREIGN_PHONE = re.compile(r"(?<!\w)(?:\+|00)(?!33)\d{2,3}[ .\-]?(?:\d[ .\-]?){7,10}(?!\w)")
_MAIL = re.compile(r"[\w.+\-']+\s?(?:@|\[at\]|\(at\))\s?[\w\-]+(?:\s?\.\s?[\w\-]+)+")
_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>\"')\]]+[^\s<>\"')\].,;:]")
_PLATE = re.compile(r"(?<!\w)[A-HJ-NP-TV-Z]{2}-\d{3}-[A-HJ-NP-TV-Z]{2}(?!\w)")

_STREET = (
    r"rue|avenue|av|ave|boulevard|boul|bd|bld|bvd|blvd|place|pl|allee|allees|all|chemin|che|chem|impasse|imp|route|rte|"
    r"quai|square|sq|cours|passage|pas|faubourg|fbg|fg|lotissement|lot|residence|res|hameau|villa|voie|sentier|sente|"
    r"esplanade|promenade|venelle|ruelle|rond point|cite|mail|parvis|traverse|montee|clos|domaine|parc|chaussee|porte"
)
_ADDRESS = re.compile(
    rf"(?<![\w/.,])(?:\d{{1,4}}(?:\s?[-/a]\s?\d{{1,4}})?\s?(?:bis|ter|quater|[a-d](?=[\s,]))?\s?,?\s?)"
    rf"(?:{_STREET})\b\.?\s[^\n,;:()|]{{2,50}}",
)
_BARE_STREET = re.compile(
    r"(?<!\w)(?:rue|avenue|boulevard|impasse|allee)\s(?:d[eu]s?\s|d'|la\s|le\s|l'){0,2}[\w'\- ]{2,40}"
)
_ZIP = re.compile(r"(?<![\w.,/])(?:f-?)?(?:0[1-9]|[1-8]\d|9[0-58])\s?\d{3}(?=[ \t\n,\-]{1,3}[a-z])")
_CITY = re.compile(
    r"[ \t\n,\-]{1,3}((?:(?:le|la|les|l'|st|ste|saint|sainte|sur|sous|en|de|du|des|aux?|lès|les|d')[ \-']?)*[A-Z][\w'’]+(?:[ \-'](?:(?:le|la|les|sur|sous|en|de|du|des|aux?|lès|d|l)[ \-'])*[A-Z][\w'’]+){0,4}(?:\s?(?:CEDEX|Cedex|cedex)(?:\s\d{1,2})?)?)"
)
_BOX = re.compile(r"(?<!\w)(?:bp|cs|tsa|b\.p\.)\s?\d{2,6}(?!\w)")

_LABELLED = re.compile(
    r"(?<!\w)(?:"
    r"(?P<ipp>i\.?p\.?p\.?|nip|n\.i\.p\.|id(?:entifiant)? patient|(?:n°|no|num|numero) (?:de )?patient|patient (?:n°|id))"
    r"|(?P<stay>n\.?d\.?a\.?|iep|nda|(?:n°|no|num|numero)?\s?(?:de |du )?(?:sejour|venue|episode|passage|visite))"
    r"|(?P<prof>rpps|adeli|finess)"
    r"|(?P<doc>(?:n°|no|num|numero)\s?(?:de |du |d')?(?:dossier|document|demande|prelevement|examen|echantillon|"
    r"accession|identification|compte rendu|cr|adherent|contrat|allocataire|carte)|dossier(?: (?:n°|no|num|numero))?|"
    r"(?:votre|notre|nos|vos) ref(?:erences?|s)?|ref(?:erence)? (?:dossier|doc)|accession)"
    r"|(?P<ins>ins|nir|nia|n° ?(?:de )?s(?:ecurite|ec)\.? ?soc(?:iale)?\.?|matricule|nss)"
    r"|(?P<tel>tel(?:ephone)?s?|portable|port|fixe|fax|telecopie|bip|poste|dect|joignables? au|gsm|mobile|standard)"
    r")\b[ \t.]{0,2}(?:\([^)\n]{0,12}\))?[ \t]*(?:n°|no|num|numero|#|est le|au)?[ \t]*[:=#n°.]{0,3}[ \t]*"
)
_CODE = re.compile(r"(?=[\w/.\-]*\d{3})[a-z]{0,4}[\-/]?\d[\w]*(?:[\-/.]\w*\d\w*)*")
_SHORT_PHONE = re.compile(r"\d[\d .\-/]{2,14}\d")
_LABEL_KIND = {
    "ipp": Kind.PATIENT_NUMBER,
    "stay": Kind.STAY_NUMBER,
    "prof": Kind.PROFESSIONAL,
    "doc": Kind.NUMBER,
    "ins": Kind.INS,
    "tel": Kind.PHONE,
}
_BORN = re.compile(
    r"(?<!\w)(?:nee?\b(?:\(e\)|\.e)?|n\(e\)|d\.?d\.?n\.?\b|date (?:de )?nai?ss?(?:ance)?|naissance|nais\.|naiss\.)"
)


def parse_date(found: re.Match[str]) -> tuple[int, int, int] | None:
    """(year, month, day) of a match of the date pattern, None when no such day may exist; 'yy' is 19yy after 30."""
    groups = found.groupdict()
    for suffix in ("", "2", "3", "4", "5"):
        if (year := groups[f"y{suffix}"]) is None:
            continue
        written = groups[f"m{suffix}"]
        month = _MONTHS[written] if suffix == "3" else int(written)
        day = int(groups[f"d{suffix}"])
        full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) > 30 else 2000)
        return (full, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None
    return None


def dates(folded: str) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """Full dates of a folded text: (start, end, (year, month, day))."""
    for found in _DATE.finditer(folded):
        parsed = parse_date(found)
        if parsed:
            yield found.start(), found.end(), parsed


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _number(value: str) -> Kind | None:
    """What an unlabelled run of 8 digits or more is; None for dates, product codes and what is too short to tell."""
    digits = re.sub(r"\D", "", value)
    size = len(digits)
    if size in (8, 12, 14) and _DATE.match(digits[:8]):
        return None
    if (size == 13 and digits.startswith("34009")) or (size == 14 and digits.startswith("034009")):
        return None
    if size == 8 and digits.startswith("6"):  # CIS, the code of a speciality
        return None
    if size in (11, 12) and digits[-11:].startswith("10") and _luhn(digits[-11:]):
        return Kind.PROFESSIONAL
    if size in (13, 15, 22):
        return Kind.INS
    return Kind.NUMBER


def pattern_spans(words: Words, codes: frozenset[str] = frozenset()) -> list[Span]:
    """Every span of this net. `codes`: numbers that are codes of the document's own facts, never identifiers."""
    text, folded = words.text, words.folded
    spans: list[Span] = []
    if "@" in text or "at]" in folded or "(at)" in folded:
        spans += [Span(m.start(), m.end(), Kind.MAIL, True) for m in _MAIL.finditer(folded)]
    if "://" in text or "www." in folded:
        spans += [Span(m.start(), m.end(), Kind.URL, True) for m in _URL.finditer(folded)]
    for found in _NUMBERS.finditer(folded):
        if found.group("phone"):
            spans.append(Span(found.start(), found.end(), Kind.PHONE, True))
        elif found.group("nir"):
            digits = re.sub(r"[ .]", "", found.group())
            month = int(digits[3:5])
            if digits.startswith("34009") or (month > 12 and month < 20 and len(digits) < 15) or digits in codes:
                continue
            spans.append(Span(found.start(), found.end(), Kind.INS, True))
        elif found.group() not in codes and (kind := _number(found.group())):
            spans.append(Span(found.start(), found.end(), kind, True))
    if "+" in text or "00" in text:
        spans += [Span(m.start(), m.end(), Kind.PHONE, True) for m in _FOREIGN_PHONE.finditer(folded)]
    if "-" in text:
        spans += [Span(m.start(), m.end(), Kind.PLATE, True) for m in _PLATE.finditer(text)]
    spans += _labelled(folded, codes)
    spans += _addresses(text, folded)
    spans += _births(text, folded)
    return spans


def _labelled(folded: str, codes: frozenset[str]) -> Iterator[Span]:
    for label in _LABELLED.finditer(folded):
        group = label.lastgroup or ""
        value = (_SHORT_PHONE if group == "tel" else _CODE).match(folded, label.end())
        if value and value.group() not in codes and not _DATE.fullmatch(value.group()):
            yield Span(value.start(), value.end(), _LABEL_KIND[group], True)


def _addresses(text: str, folded: str) -> Iterator[Span]:
    for found in _ADDRESS.finditer(folded):
        yield Span(found.start(), found.end(), Kind.ADDRESS, True)
    for found in _ZIP.finditer(folded):
        city = _CITY.match(text, found.end())
        if city:
            yield Span(found.start(), city.end(), Kind.ADDRESS, True)
    for found in _BOX.finditer(folded):
        yield Span(found.start(), found.end(), Kind.ADDRESS, True)


def _births(text: str, folded: str) -> Iterator[Span]:
    for found in _BORN.finditer(folded):
        word = text[found.start() : found.end()]
        if (
            folded.startswith("ne", found.start())
            and len(word) == 2
            and word[1] not in "éÉ"
            and not folded.startswith((" le ", "(e) le", " : "), found.end())
        ):
            continue
        reach = folded[found.end() : found.end() + 45].split("\n\n")[0]
        date = _DATE.search(reach)
        if not date:
            continue
        start, end = found.end() + date.start(), found.end() + date.end()
        yield Span(start, end, Kind.BIRTH, True)
        place = _BIRTHPLACE.match(text, end)
        if place:
            yield Span(place.start(1), place.end(1), Kind.CITY, True)


_BIRTHPLACE = re.compile(r"\s{0,2}(?:à|a|À|A)\s{1,2}([A-Z][\w'’]+(?:[ \-'][A-Z][\w'’]+){0,3}(?:\s?\(\d\w{1,2}\))?)")
