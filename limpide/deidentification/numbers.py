"""Numbers that identify: INS, phones, RPPS, and numbers behind a label (IPP, stay, file...).

Belongs here: what a number at a place of the text is, by its shape, its checksum or its label.
Does not belong here: dates (birth.py), addresses (addresses.py), numbers of the header (known.py).
Sources of shapes: NIR (INSEE), RPPS (11 digits beginning 10, Luhn), French numbering plan (ARCEP). Codes of products
(CIP13, GTIN, CIS) and dates are no identifiers and are left.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from limpide.deidentification.birth import Day, beside_sex, date_at, days, labelled_birth, spaced_birth
from limpide.deidentification.lexicon import Label, labels
from limpide.deidentification.spans import Kind, Span, Words

_NIR = re.compile(
    r"[1-478][ .]?\d\d[ .]?\d\d[ .]?(?:\d\d|2[ab])[ .]?\d{3}[ .]?\d{3}"
    r"(?:\s?(?:[-/|]|\(?cle\s?:?|\()?\s?\d\d)?(?!\w)"
)
_PHONE = re.compile(
    r"(?:(?:\+|00|\(\+?)? ?33\)?[ .\-]{0,2}(?:\(0\))?[ .\-]{0,2}[1-9]|0[ ]?[1-9])(?:[ .\-/]{0,2}\d\d){4}(?!\w|[.,]\d)"
)
_DOTTED = re.compile(r"0[1-9](?:\.\d\d){3}(?!\w|[.,]\d)")
_PHONE_MISREAD = re.compile(r"[0o] ?[1-9li](?:[ .\-]?[\dolisb]{2}){4}(?!\w)")  # 'O2 4l 55 18 72'
_FOREIGN = re.compile(
    r"(?:\d{1,3}[ .\-]?(?:\(0\))?(?:\d[ .\-]?){6,11}(?<=\d)|00[1-9]\d?[ .\-](?:\d[ .\-]?){6,11}(?<=\d))(?!\w)"
)
_SPACED = re.compile(r"\d(?: \d){6,}(?!\w)(?!\.\d)")
_SIGN = re.compile(
    r"(?:\(e\)|\([^)\n]{0,12}\))?[ \t.]*((?:\b(?:n|no|num|numero|est|le|la|au)\b[ \t]*[°.]?|[:=#|°]|\t| - )?[ \t]*"
    r"(?:[:=#][ \t]*)?(?:\n[ \t]*)?)"
)
_VALUE = re.compile(
    r"(?=[\w/.\-]*\d{3})[a-z]{0,6}[\-/.]?\d\w*(?:[\-/.]\w*\d\w*)*(?:[\-/][a-z](?!\w))?|(?:\d ){4,}\d(?!\w)"
)
_NATIONAL = re.compile(r"\d[\dab](?:[ .]?[\dab]){7,19}(?!\w)")  # behind its label, whatever its groups
_PHONE_VALUE = re.compile(r"\(?\+?\d[\d .\-/()]{1,18}\d")
_ABROAD = frozenset(f"00{code}" for code in (1, 7, 20, 27, *range(30, 70), *range(80, 99)))
_GTIN = ("(01)", "(02)")  # application identifiers of GS1: what follows is the code of a product
_YEAR = re.compile(r"(?:19|20)\d\d")


def number_spans(words: Words, codes: frozenset[str]) -> list[Span]:
    """Every number of the text that identifies. `codes`: numbers that are codes of the document's own facts."""
    spans: list[Span] = []
    known_labels = labels()
    for i in [k for k, form in enumerate(words.form) if form in known_labels]:
        label = _label(words, i)
        if label is not None:
            spans += _behind(words, i + len(label.rest), label, codes)
    after = -1
    dated = days(words)
    for i in sorted({*words.long, *(bisect_left(words.start, start) for start in dated)}):
        start = words.start[i]
        if start < after:
            continue
        span = _at(words, i, codes, dated.get(start))
        if span:
            spans.append(span)
            after = span.end
    return spans


def _label(words: Words, i: int) -> Label | None:
    for label in labels()[words.form[i]]:
        last = i + len(label.rest)
        if tuple(words.form[i + 1 : last + 1]) == label.rest and all(
            len(words.gaps[k]) < 4 and "\n" not in words.gaps[k] for k in range(i, last)
        ):
            return label
    return None


def _behind(words: Words, last: int, label: Label, codes: frozenset[str]) -> list[Span]:
    """What stands behind a label that ends with word `last`."""
    if label.kind is Kind.BIRTH:
        return labelled_birth(words, last)
    folded = words.folded
    sign = _SIGN.match(folded, words.end[last])
    if sign is None:
        return []
    explicit = bool(sign.group(1).strip() or "\t" in sign.group(1))
    begin = sign.end()
    if label.explicit and not explicit:
        return []
    if label.kind is Kind.PHONE:
        value = _PHONE_VALUE.match(folded, begin)
        if (value is None or len(value.group()) < 8) and (misread := _PHONE_MISREAD.match(folded, begin)):
            return [Span(begin, misread.end(), Kind.PHONE, True)]
        if value is None or ("\n" in sign.group(1).strip("\n") and not explicit):
            return []
        digits = re.sub(r"\D", "", value.group())
        if len(digits) < 3 or _YEAR.fullmatch(value.group()):
            return []
        if date_at(folded, begin) and not _PHONE.match(folded, begin):
            return []
        return [Span(begin, value.end(), Kind.PHONE, True)]
    value = (label.kind is Kind.INS and _NATIONAL.match(folded, begin)) or _VALUE.match(folded, begin)
    if value is None or value.group() in codes or date_at(folded, begin) or _YEAR.fullmatch(value.group()):
        return []
    if not explicit and sum(c.isdigit() for c in value.group()) < 6:
        return []
    return [Span(begin, value.end(), label.kind, True)]


def _at(words: Words, i: int, codes: frozenset[str], day: tuple[int, Day] | None) -> Span | None:
    """What the number at word `i` is by itself, None when it is a measure, a date, a code... `day`: a date there."""
    folded, form, start = words.folded, words.form[i], words.start[i]
    first = form[0]
    if not first.isdigit():
        if sum(c.isdigit() for c in form) >= 8 and form not in codes:
            return Span(start, words.end[i], Kind.NUMBER, True)
        return None
    before = folded[max(0, start - 2) : start]
    abroad = before[-1:] == "+" or (before[-1:] == "(" and form == "33") or form in _ABROAD or form.startswith("0033")
    if abroad and (found := _PHONE.match(folded, start) or _FOREIGN.match(folded, start)):
        return Span(start - (before[-1:] in ("+", "(")), found.end(), Kind.PHONE, True)
    if before[-1:] in (".", ",") and before[:1].isdigit():
        return None
    if first == "0" and len(form) <= 10 and (day is None or day[0] - start < 9):
        found = _PHONE.match(folded, start) or (_DOTTED.match(folded, start) if day is None else None)
        if found:
            return Span(start, found.end(), Kind.PHONE, True)
    if day:
        return Span(start, day[0], Kind.BIRTH, True) if beside_sex(words, start, day[0]) else _run(words, i, codes)
    if len(form) == 1 and (found := _SPACED.match(folded, start)):
        return _spaced(folded, found)
    if first in "123478" and (found := _NIR.match(folded, start)):
        digits = re.sub(r"[ .]", "", found.group())
        if not digits.startswith("34009") and digits not in codes and not _measures(found.group()):
            return Span(start, found.end(), Kind.INS, True)
    return _run(words, i, codes)


def _measures(found: str) -> bool:
    """Whether what looks like a spaced NIR is a row of numbers: only its usual groupings count."""
    return "." in found and found.count(".") < 4


def _spaced(folded: str, found: re.Match[str]) -> Span | None:
    digits = found.group().replace(" ", "")
    if len(digits) in (8, 9) and (birth := spaced_birth(folded, found.start())):
        return Span(found.start(), birth[0], Kind.BIRTH, True) if birth[1][0] <= _LAST_BIRTH else None
    if len(digits) == 10 and digits[0] == "0":
        return Span(found.start(), found.end(), Kind.PHONE, True)
    return Span(found.start(), found.end(), Kind.INS if len(digits) > 12 else Kind.NUMBER, True)


_LAST_BIRTH = 2015  # a boxed date after it is rather that of the form


def _run(words: Words, i: int, codes: frozenset[str]) -> Span | None:
    """A run of eight digits or more without label."""
    form = words.form[i]
    if len(form) < 8:
        return None
    digits = re.sub(r"\D", "", form)
    size = len(digits)
    if size < 8 or form in codes or digits in codes:
        return None
    span = Span(words.start[i], words.end[i], Kind.NUMBER, True)
    if size in (8, 12, 14) and form == digits:
        day = date_at(digits[:8], 0)
        if day and size == 8 and not digits.startswith(("19", "20")) and day[1][0] <= _LAST_BIRTH:
            return span._replace(kind=Kind.BIRTH)  # 'DUPONT JEAN 28031979': day first and no sign is for birth dates
        if day:
            return None
    if (size == 13 and digits.startswith("34009")) or (size == 14 and digits.startswith("034009")):
        return None
    before = words.text[max(0, words.start[i] - 4) : words.start[i]]
    if before in _GTIN or (before[-1:] == "_" and before[-3:-1].isupper()):  # a product; a reference sequence (NM_)
        return None
    if size == 8 and digits.startswith("6") and form == digits:  # CIS, the code of a speciality
        return None
    if size in (11, 12) and digits[-11:].startswith("10") and _luhn(digits[-11:]):
        return span._replace(kind=Kind.PROFESSIONAL)
    return span._replace(kind=Kind.INS) if size in (13, 15, 22) and form == digits else span


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
