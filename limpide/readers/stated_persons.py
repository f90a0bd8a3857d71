"""A patient named by a phrase rather than by labels: "Madame MARTIN Sophie, née DURAND le 12/03/1950".

Belongs here: titles, the order of names, a birth name and a birth date that stand beside them. Does not belong here:
labels (stated_identity.py), names to be masked (deidentification/). Titles are language: stated_titles.tsv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from limpide.french.labelled_dates import stated_date

_WORD = r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ÿ'’-]*"
_NAMES = rf"{_WORD}(?:[ \u00a0](?:(?:de|du|des|la|le|van|von|ben|el|d['’])[ \u00a0]?)?{_WORD}){{0,5}}"
_BORN = r"(?:n[ée]{1,2}(?:\(e\))?|N[ée]{1,2}(?:\(e\))?|NÉE?|NEE?)"
_GAP = r"[\s,;(\u00a0–-]{0,5}"
_AGE = r"(?:(?:âgée?|agée?) (?:de )?)?(?:\d{1,3} ans" + _GAP + ")?"


@dataclass(frozen=True, slots=True)
class Named:
    """What a phrase states of one person; what it does not is None. `at`: where it begins."""

    family: str | None
    birth_name: str | None
    given: str | None
    birth_date: str | None
    sex: str | None
    at: int = 0


@cache
def _titles() -> tuple[str, tuple[tuple[re.Pattern[str], str | None], ...]]:
    lines = Path(__file__).with_name("stated_titles.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    forms = [form for form, _ in sorted(rows, key=lambda row: -len(row[0]))]
    return "|".join(forms), tuple((re.compile(form), None if sex == "-" else sex) for form, sex in rows)


@cache
def _prose() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.])(?P<title>(?:{_titles()[0]})(?:[ \u00a0,]+(?:{_titles()[0]}))?)[ \u00a0]+(?P<names>{_NAMES})"
        rf"(?:{_GAP}{_BORN}[ \u00a0]+(?P<birth>{_NAMES}))?"
        rf"{_GAP}{_AGE}(?P<born>{_BORN}[ \u00a0]+)?(?:le|LE)[ \u00a0]+(?P<date>[^\n]{{6,30}})"
    )


def persons(text: str) -> list[Named]:
    """Everyone whom a text names with a title and says born on a day, in order."""
    found = []
    for match in _prose().finditer(text) if " le " in text or " LE " in text else ():
        date = stated_date(match["date"])
        if date is None or not (match["born"] or match["birth"]):
            continue
        family, given = split(match["names"])
        born = (match["born"] or "").strip().lower()
        sex = _sex(match["title"]) or ("F" if match["birth"] or born in ("née", "nee") else None)
        # 'née DURAND Sophie': the given name follows the birth name.
        birth, more = split(match["birth"]) if match["birth"] else (None, None)
        found.append(Named(family, birth, given or more, date, sex, match.start()))
    return found


def named(value: str, family_first: bool = True) -> Named | None:
    """The person that a labelled value names: 'Monsieur DUPONT Jean', 'Mme MARTIN Sophie née DURAND'. None: nobody."""
    value = value.strip(" .,;\u00a0")
    title = re.match(rf"(?:{_titles()[0]})(?=[ \u00a0])", value)
    rest = value[title.end() :].strip(" ,\u00a0") if title else value
    match = re.match(rf"(?P<names>{_NAMES})(?:{_GAP}{_BORN}[ \u00a0]+(?P<birth>{_NAMES}))?", rest)
    if not match or re.match(r"[a-zà-ÿ]", rest[match.end() :].lstrip(" ")[:1] or ""):
        return None  # a sentence goes on
    family, given = split(match["names"], family_first=family_first and not title)
    birth, more = split(match["birth"]) if match["birth"] else (None, None)
    return Named(family, birth, given or more, None, _sex(title[0]) if title else None)


def split(names: str, *, family_first: bool = False) -> tuple[str | None, str | None]:
    """Family and given names: capitals are the family; without a difference, `family_first`, or capitals throughout,
    decide for two words, and more words decide nothing."""
    words = names.replace("\u00a0", " ").split()
    capitals = [word.isupper() and len(word) > 1 for word in words]
    if any(capitals) and not all(capitals):
        first, last = capitals.index(True), len(capitals) - 1 - capitals[::-1].index(True)
        family = " ".join(words[first : last + 1])
        given = " ".join(words[:first] + words[last + 1 :])
        return family, given
    if len(words) == 1:
        return words[0], None
    if len(words) == 2:
        at = 0 if family_first or all(capitals) else 1
        return words[at], words[1 - at]
    return None, None


def _sex(title: str) -> str | None:
    for word in re.split(r"[ ,\u00a0]+", title)[::-1] if " " not in title else [title, *title.split()]:
        for form, sex in _titles()[1]:
            if form.fullmatch(word):
                return sex
    return None
