"""The scan before publication: what still looks like an identity in a masked text.

Belongs here: a second look, written apart from the nets and looser than they are where a leak would be grave, so that
one defect does not blind both. Does not belong here: masking itself; deciding (the night holds the document back with
RESIDUAL_IDENTITY).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from limpide.deidentification.independent_evidence import evidence
from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Kind
from limpide.french.tokens import fold
from limpide.identity.ins import nir_key

Suspect = tuple[int, int, str]

# Patterns begin with their first letter and look behind it next: a search then leaps from one such letter to another.
_MAIL = re.compile(r"[\w.+-]+ ?@ ?[\w-]+")
_DIGITS = re.compile(
    r"[+\d](?<![\w.,].)(?:(?<=\+)\d|(?<=\d))(?:[ .\-]?\d|[ .\-]?2[ab](?=[ .\-]?\d)){7,24}(?![\w]|[.,]\d)"
)
_GTIN = ("(01)", "(02)")  # GS1: the code of a product follows
_GROUPED = re.compile(r"[1-478] \d\d \d\d (?:\d\d|2[ab]) \d{3} \d{3}(?: \d\d)?")  # a NIR, its key right or not
_DATE_LIKE = re.compile(r"\d{1,2}[ .\-/]\d{1,2}[ .\-/](?:19|20)\d\d|(?:19|20)\d\d[ .\-/]?\d\d[ .\-/]?\d\d")
_PHONE = re.compile(r"(?:\+ ?33|0033|0)[ .\-]?[1-9](?:[ .\-]?\d\d){4}")
_BORN = re.compile(  # of a folded text: a pattern that minds no case is much slower
    r"(?:n(?<!\w.)e{1,2}(?:\(e\))?|naissance|d(?<!\w.)dn)[ :]{0,3}(?:le )?"
    r"\d{1,2}(?:[/.\- ]\d{1,2}[/.\- ]|er? ?[a-z]{3,9} | [a-z]{3,9} )\d{2,4}"
)
_STREET = re.compile(
    r"\d(?<![\w.,/].)\d{0,3}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|bd|impasse|allée|chemin|quai) [A-Za-zÀ-ÿ']"
)
_TITLED = re.compile(
    r"(?:D(?<!\w.)(?:r|R|octeur|OCTEUR)|P(?<!\w.)r(?:ofesseur)?"
    r"|M(?<!\w.)(?:me|ME|adame|ADAME|lle|onsieur|ONSIEUR|\.))\.? *(?<=[ .])(\w[\w'’-]+)"
)
_LABELLED = re.compile(
    r"(?:N(?<!\w.)(?:om|OM)|P(?<!\w.)(?:rénoms?|RÉNOMS?|RENOMS?|atiente?|ATIENTE?))[^\n:\[]{0,20}: *([^\W\d_][\w'’-]+)"
)
_PAIR = re.compile(r"([A-ZÀ-Þ](?<![\w\[-].)[\w'’]+) ([A-ZÀ-Þ][\w'’]+)(?![\w\]-])")


def suspects(
    text: str, codes: frozenset[str] = frozenset(), protected: Iterable[tuple[int, int]] = ()
) -> list[Suspect]:
    """What looks like an identity in `text`: (start, end, kind as in spans.Kind), in order.

    `codes`: numbers that are codes of the document's own facts (as in masking); `protected`: places of those facts.
    Masks ('[NOM]') are never suspected.
    """
    found: list[Suspect] = []
    if "@" in text:
        found += [(m.start(), m.end(), str(Kind.MAIL)) for m in _MAIL.finditer(text)]
    if "://" in text:
        found += [(m.start(), m.start() + 3, str(Kind.URL)) for m in re.finditer("://", text)]
    folded = fold(text)
    found += _numbers(text, folded, codes)
    found += [(m.start(), m.end(), str(Kind.BIRTH)) for m in _BORN.finditer(folded)]
    found += [(m.start(), m.end(), str(Kind.ADDRESS)) for m in _STREET.finditer(text)]
    found += _names(text)
    found += evidence(text, folded, protected)
    return _apart(found)


def _apart(found: list[Suspect]) -> list[Suspect]:
    """In order, one for each place."""
    kept: list[Suspect] = []
    for suspect in sorted(found):
        if not kept or suspect[0] >= kept[-1][1]:
            kept.append(suspect)
    return kept


def _numbers(text: str, folded: str, codes: frozenset[str]) -> list[Suspect]:
    found = []
    for match in _DIGITS.finditer(folded):
        plain = re.sub(r"[ .\-+]", "", match.group())
        if match.group() in codes or plain in codes or text[max(0, match.start() - 4) : match.start()] in _GTIN:
            continue
        if _PHONE.fullmatch(match.group()) and not _DATE_LIKE.match(match.group()):
            found.append((match.start(), match.end(), str(Kind.PHONE)))
        elif _GROUPED.fullmatch(match.group()) or (len(plain) == 15 and _nir_holds(plain)):
            found.append((match.start(), match.end(), str(Kind.INS)))
        elif len(plain) >= 9 and plain == match.group() and not plain.startswith(("34009", "034009")):
            time = len(plain) in (12, 14) and _DATE_LIKE.match(plain)
            if not time:
                found.append((match.start(), match.end(), str(Kind.NUMBER)))
    return found


def _nir_holds(plain: str) -> bool:
    try:
        return int(plain[13:]) == nir_key(plain[:13].upper())
    except ValueError:
        return False


@lru_cache(maxsize=1)
def _not_names() -> frozenset[str]:
    sets = ("stop", "title", "acronym", "person_label", "place_left")
    return lexicon().common.union(*(cues(name) for name in sets))


def _names(text: str) -> list[Suspect]:
    lists, not_names = lexicon(), _not_names()
    found = []
    for pattern in (_TITLED, _LABELLED):
        for match in pattern.finditer(text):
            word = _form(match.group(1))
            capital = match.group(1)[0].isupper()
            if len(word) > 2 and word.isalpha() and word not in not_names and (capital or word in lists.family):
                found.append((match.start(1), match.end(1), str(Kind.FAMILY)))
    for match in _PAIR.finditer(text):
        one, other = _form(match.group(1)), _form(match.group(2))
        if one in not_names or other in not_names or one in lists.eponyms or other in lists.eponyms:
            continue
        if (one in lists.given and other in lists.family) or (one in lists.family and other in lists.given):
            found.append((match.start(), match.end(), str(Kind.FAMILY)))
    return found


def _form(word: str) -> str:
    return re.sub(r"['’-]", "", fold(word)).replace("œ", "oe").replace("æ", "ae")
