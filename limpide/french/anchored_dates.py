"""Dates counted from something else than the calendar: the stay, the birth, the hour, the date named before.

Belongs here: "à l'entrée" (the first day of the stay), "à l'âge de 12 ans" (a year after the birth), "23h20" (a day of
a stay of one night), "le même jour", "le lendemain". Does not belong here: written dates (date_expressions.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from limpide.french.phrases import word_set
from limpide.french.tokens import Tokens

_ENTRY, _EXIT = word_set("entry"), word_set("exit")
_NOON = 12  # of a stay of one night: later hours are the first day's, earlier ones the second's
_HOUR = re.compile(r"(?<![\d/.,])([01]?\d|2[0-3])\s?[h:]\s?([0-5]\d)(?![\d/]|\s*(?:mn|min))")


@dataclass(frozen=True, slots=True)
class Dated:
    """A date expression at text[start:end): `iso`, and how it governs.

    `how`: 'on' (a point), 'since' (from then, still so), 'until' (up to then), 'during' (from `iso` to `iso_end`),
    'birth' (never governs), 'ahead' (governs only what is planned), 'stay' (the day of entry or exit: never a drug's).
    `ahead`: the same expression for what is to come, when no year was written.
    """

    start: int
    end: int
    iso: str
    how: str
    iso_end: str | None = None
    ahead: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What relative dates are relative to, ISO where known: the document, the stay, the birth."""

    document: str | None = None
    entry: str | None = None
    exit: str | None = None
    born: str | None = None


def reference(document_date: str | None) -> date | None:
    """The document's date as a date; a partial one at its start; None when absent or not ISO."""
    parsed = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", document_date or "")
    if not parsed:
        return None
    try:
        return date(int(parsed.group(1)), int(parsed.group(2) or 1), int(parsed.group(3) or 1))
    except ValueError:
        return None


def anchored(tokens: Tokens, setting: Setting) -> list[Dated]:
    """ "À l'entrée", "d'admission", "à la sortie", "à l'âge de 12 ans": days of the stay, years after the birth."""
    found = []
    form, places = tokens.form, tokens.places
    for words, day in ((_ENTRY, setting.entry), (_EXIT, setting.exit)):
        if not day:
            continue
        for place in sorted([place for word in words & places.keys() for place in places[word]]):
            lead = form[max(0, place - 3) : place]
            led = lead[-2:] in (["l", "'"], ["d", "'"], ["a", "la"], ["de", "la"]) or lead[-1:] == ["de"]
            if led and form[place + 1 : place + 2] not in (["prevue"], ["de"], ["du"]):
                found.append(Dated(tokens.start[place], tokens.end[place], day[:10], "stay"))
    found.extend(_hours(tokens, setting))
    born = reference(setting.born)
    if born is not None:
        for match in _AT_AGE.finditer(tokens.folded):
            found.append(Dated(match.start(), match.end(), f"{born.year + int(match[1]):04d}", "on"))
    return found


_AT_AGE = re.compile(r"\b(?:a|des|depuis) l'age de (\d{1,2}) ans\b")


def after_another(tokens: Tokens, found: list[Dated]) -> list[Dated]:
    """ "Le même jour", "le lendemain", "la même année": counted from the point named before them."""
    ordered = sorted((one for one in found if one.how in ("on", "since", "stay")), key=lambda one: one.start)
    added: list[Dated] = []
    if not any(hint in tokens.folded for hint in _SAME_HINTS):
        return added
    for match in _SAME.finditer(tokens.folded):
        before = [one for one in ordered if one.end <= match.start() and match.start() - one.end < 250]
        if not before or re.match(r"\s*(?:de|du|d'|des)\b", tokens.folded[match.end() : match.end() + 6]):
            continue
        iso = before[-1].iso
        if match["year"]:
            added.append(Dated(match.start(), match.end(), iso[:4], "on"))
        elif len(iso) >= 10:
            move = -1 if match["eve"] else 1 if match["next"] else 0
            day = date.fromisoformat(iso[:10]) + timedelta(days=move)
            added.append(Dated(match.start(), match.end(), day.isoformat(), "on"))
    return added


_SAME_HINTS = ("meme jour", "jour meme", "lendemain", "veille", "meme annee")
_SAME = re.compile(
    r"\b(?:(?:le|du|au) meme jour|le jour meme|(?P<next>le lendemain|des le lendemain)|(?P<eve>la veille)"
    r"|(?P<year>(?:la|en) meme annee))\b"
)


def _hours(tokens: Tokens, setting: Setting) -> list[Dated]:
    """Hours that stand for a day: of a stay that lasts a day or a night."""
    entry, leaving = reference(setting.entry), reference(setting.exit)
    if entry is None or leaving is None or not timedelta(0) <= leaving - entry <= timedelta(days=1):
        return []
    return [
        Dated(m.start(), m.end(), (entry if int(m[1]) >= _NOON else leaving).isoformat(), "on")
        for m in _HOUR.finditer(tokens.folded)
    ]
