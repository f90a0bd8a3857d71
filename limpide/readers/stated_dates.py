"""The date of a document and the dates of its stay, as its text writes them, with the place of each.

Belongs here: dates that labels, titles, signatures and letterheads give to the whole document. The labels are language
and live in stated_dates.tsv. Does not belong here: dates of facts (semantics), a header's own dates (each door).

A birth date never counts, labelled or not (a date with an age beside it, a date that the text elsewhere calls a birth).
Where labels of different kinds give different dates, the surest kind wins: who signed, who validated, the title, the
visit, a date alone at the head of a letter, the printer. A document is not older than the end of the stay it tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from limpide.document import Document
from limpide.french.labelled_dates import month_number, month_words
from limpide.french.tokens import fold

_HEAD = 2_000  # characters in which a document states its own title and date
_FOOT = 1_500
_TITLES = 700  # characters at the head that hold the title of a document
_MOST = 60  # dates looked at from each end of a text
_RECENT = timedelta(days=60)  # between the end of a stay told in prose and its report
_BACK = timedelta(days=730)  # a lone date that much older than the newest of the text is a birth, or another story
_EARLIEST = 1950
_SUREST = ("signed", "validated", "title", "visit", "bare", "printed")

_WEEKDAY = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+)?"
_TO = re.compile(rf"(?:\s+a\s+\d\d?\s?[h:]\s?\d{{0,2}})?\s*(?:au|->|=>|→|-|jusqu'au)\s*:?\s*{_WEEKDAY}")
_LINK = re.compile(r"(?:[\s:.,(=>-]|\b(?:le|du|au|est le|en date du|a)\b)*$")
_SEPARATED = re.compile(r"(?:^|\t| {2,}| [-–|•] |[(\[;•|] ?|\. )$")
_PLACE = re.compile(r"(?:^|[\t]| {3,}|[-–] )\s*[A-ZÀ-Ý][\w'’. -]{1,40}?,\s*(?:le\s+)?$")
_PLACE_BARE = re.compile(r"(?:^|\t| {3,})\s*(?:[A-ZÀ-Ý][\w'’-]{2,25}\s+)?[Ll]e\s+$")
_AGED = re.compile(
    r"\s*[,)]?\s*(?:-\s*)?(?:\(?(?:age\w* de )?\d{1,3}\s*(?:ans?|a|mois|m)\b|[,;]?\s*(?:sexe|ipp|ins)\b)"
)
_PERSON = re.compile(r"(?:\b(?:m|mr|mme|mlle|monsieur|madame|patiente?|enfant)\b\.?|\bne+\b)[^\n\d:]{0,60}$")
_BORN = re.compile(r"\bne+\b|\bnee?\(?e?\)?|naiss|ddn|d\.d\.n")
_SHEET = re.compile(r"\bpages?\b|\bp\.? ?\d|\d ?/ ?\d+\s*$")
_ALONE = re.compile(r"(?:^|[\t(]|\s{2,}|[-–:,] )\s*$")


@dataclass(frozen=True, slots=True)
class Stated:
    """A date of a text: ISO to the day, at text[start:end)."""

    iso: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StatedDates:
    """What a text states of its own date and of its stay; None where it does not."""

    document: Stated | None = None
    entry: Stated | None = None
    exit: Stated | None = None


@dataclass(frozen=True, slots=True)
class _Date:
    day: date
    start: int
    end: int
    line: int  # where its line begins

    def stated(self) -> Stated:
        return Stated(self.day.isoformat(), self.start, self.end)


def fill_header(document: Document) -> None:
    """Give a mute header the dates that the text states, in place, and note in `read_in_text` where they stand."""
    head = document.header
    stay = head.encounter
    asked = head.effective_time is None, stay.start is None and stay.end is None
    if not any(asked) or not document.text:
        return
    found = stated_dates(document.text, head.effective_time, head.patient.birth_date)
    if asked[0] and found.document:
        head.effective_time = found.document.iso
        document.read_in_text["effective_time"] = (found.document.start, found.document.end)
    if asked[1] and found.entry:
        stay.start = found.entry.iso
        document.read_in_text["encounter.start"] = (found.entry.start, found.entry.end)
    if asked[1] and found.exit:
        stay.end = found.exit.iso
        document.read_in_text["encounter.end"] = (found.exit.start, found.exit.end)


def stated_dates(text: str, known: str | None = None, born: str | None = None) -> StatedDates:
    """The dates that a text states of itself. `known`: the document's date where a header states it; `born`: ISO."""
    folded = fold(text)
    dates = _dates(folded)
    if not dates:
        return StatedDates()
    newest = max(found.day for found in dates)
    labelled = [(found, *_label(text, folded, found, dates)) for found in dates]
    births = {found.day for found, what, _ in labelled if what == "never" and _is_birth(folded, found)}
    births |= {found.day for found in dates if _AGED.match(folded, found.end)}
    if born and (day := _iso_day(born)):
        births.add(day)
    kept = [(found, what, sure) for found, what, sure in labelled if found.day not in births and what != "never"]
    signed = _document_date(text, folded, kept, newest)
    today = _iso_day(known) if known else signed.day if signed else None
    ranged = [entry for entry in labelled if entry[1] != "never"]  # a newborn's stay begins with its birth
    entry, leaving = _stay(folded, kept, ranged, today)
    if entry is None and leaving is None and signed and _is_day(folded):
        entry = leaving = signed
    if signed is None and leaving is None:
        sampled = [found for found, what, _ in kept if what == "sampled"]
        signed = sampled[0] if sampled else None
    if leaving and (signed is None or signed.day < leaving.day):
        signed = leaving
    return StatedDates(*(found.stated() if found else None for found in (signed, entry, leaving)))


@cache
def _date_pattern() -> re.Pattern[str]:
    months = "|".join(sorted(month_words(), key=len, reverse=True))
    return re.compile(
        rf"(?<![\d/.,-]){_WEEKDAY}(?:(?P<d>\d{{1,2}})\s?(?P<sep>[/.-])\s?(?P<m>\d{{1,2}})\s?(?P=sep)\s?(?P<y>\d{{4}}|\d\d)(?![\d/.-]\d|\d)"
        rf"|(?P<wd>\d{{1,2}})(?:er)?\s+(?P<wm>{months})\.?\s+(?P<wy>(?:19|20)\d\d)(?!\d)"
        rf"|(?P<iy>(?:19|20)\d\d)-(?P<im>\d\d)-(?P<id>\d\d)(?!\d))"
    )


@cache
def _range_pattern() -> re.Pattern[str]:
    """ "du 3 au 12 février 2024", "du 10/02 au 18/02/2025": the beginning takes from the end what it does not say."""
    months = "|".join(sorted(month_words(), key=len, reverse=True))
    return re.compile(
        rf"du\s*:?\s*{_WEEKDAY}(?P<d>\d{{1,2}})(?:er)?(?:\s?[/.-]\s?(?P<m>\d{{1,2}})|\s+(?P<wm>{months})\.?)?"
        rf"(?:\s+a\s+\d\d?\s?[h:]\s?\d{{0,2}})?\s+au\s*:?\s*$"
    )


def _dates(folded: str) -> list[_Date]:
    found = []
    for match in _date_pattern().finditer(folded):
        day = _day(match)
        if day is not None and _EARLIEST <= day.year <= 2100:
            found.append(_Date(day, match.start(), match.end(), folded.rfind("\n", 0, match.start()) + 1))
    return found if len(found) <= 2 * _MOST else found[:_MOST] + found[-_MOST:]


def _day(match: re.Match[str]) -> date | None:
    get = match.group
    if get("d"):
        year = int(get("y"))
        year += 0 if year > 99 else 2000 if year < 50 else 1900
        parts = year, int(get("m")), int(get("d"))
    elif get("wd"):
        parts = int(get("wy")), month_number(get("wm")) or 0, int(get("wd"))
    else:
        parts = int(get("iy")), int(get("im")), int(get("id"))
    return _made(*parts)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _iso_day(written: str) -> date | None:
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


@cache
def _words(what: str) -> re.Pattern[str]:
    """The words of a range: `stay` before it say that it is one, `another` that it is something else's."""
    return next(form for row, _, form in _rows() if row == what)


@cache
def _labels() -> list[tuple[str, str, re.Pattern[str]]]:
    return [row for row in _rows() if row[0] not in ("stay", "another", "day", "seen")]


@cache
def _rows() -> list[tuple[str, str, re.Pattern[str]]]:
    lines = Path(__file__).with_name("stated_dates.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    ends = {"another": "", "day": "", "seen": ""}
    return [(what, where, re.compile(rf"(?<!\w){form}{ends.get(what, '$')}")) for what, where, form in rows]


def _label(text: str, folded: str, found: _Date, dates: list[_Date]) -> tuple[str | None, bool]:
    """What a date is by the words before it, and whether these words open their line or cell."""
    window = folded[max(found.line, found.start - 110) : found.start]
    link = _LINK.search(window)
    window = window[: link.start()] if link else window
    if not re.sub(r"[\d\s/.:h-]", "", window):
        return _above(folded, found, dates)
    edge = found.start < _HEAD or found.start > len(folded) - _FOOT or bool(_SHEET.search(_line(folded, found)))
    for what, where, form in _labels():
        match = form.search(window)
        if match is None:
            continue
        opens = bool(_SEPARATED.search(window[: match.start()]) or not window[: match.start()].strip())
        if where in ("head", "caps") and not (edge and opens and not window[: match.start()].endswith(". ")):
            continue
        begin = max(found.line, found.start - 110)
        if where == "caps" and not text[begin + match.start() : begin + match.end()].isupper():
            continue
        if where != "start" or opens:
            return what, opens
    return None, False


def _line(folded: str, found: _Date) -> str:
    end = folded.find("\n", found.end)
    return folded[found.line : end if end >= 0 else len(folded)]


def _above(folded: str, found: _Date, dates: list[_Date]) -> tuple[str | None, bool]:
    """The label of a date in a table's cell: in the line above, over it."""
    above_end = found.line - 1
    if above_end <= 0:
        return None, False
    above_start = folded.rfind("\n", 0, above_end) + 1
    above = folded[above_start:above_end]
    if not above.strip() or any(above_start <= other.start < above_end for other in dates):
        return None, False
    cells = [cell for cell in re.finditer(r"[^\t]+?(?=\t|\s{2,}|$)", above) if cell.group().strip()]
    mine = re.split(r"\t", folded[found.line : found.start]) if "\t" in above else None
    column = found.start - found.line
    chosen = None
    if mine is not None:
        chosen = cells[len(mine) - 1] if len(mine) <= len(cells) else None
    elif cells:
        chosen = min(cells, key=lambda cell: abs(cell.start() - column))
        if abs(chosen.start() - column) > 12:
            chosen = None
    if chosen is None:
        return None, False
    label = chosen.group().strip(" :")
    for what, _, form in _labels():
        match = form.search(label)
        if match and match.start() == 0:
            return what, True
    return None, False


def _is_birth(folded: str, found: _Date) -> bool:
    return bool(_BORN.search(folded, max(found.line, found.start - 40), found.start))


def _document_date(text: str, folded: str, kept: list[tuple[_Date, str | None, bool]], newest: date) -> _Date | None:
    by_kind: dict[str, list[_Date]] = {}
    for found, what, _ in kept:
        if what in _SUREST:
            by_kind.setdefault(what, []).append(found)
        elif what is None and (found.start < _HEAD or found.start > len(text) - _FOOT):
            kind = _unlabelled(text, folded, found)
            if kind == "signed" or (kind == "bare" and newest - found.day <= _BACK):
                by_kind.setdefault(kind, []).append(found)
    for what in _SUREST:
        held = by_kind.get(what)
        if held and what == "printed" and len({found.day for found in held}) > 1:
            continue
        if held:
            last = max(held, key=lambda found: (found.day, -found.start))
            return last if what in ("signed", "validated") else held[0]
    return None


def _unlabelled(text: str, folded: str, found: _Date) -> str | None:
    """'signed' for "Lyon, le 9 février 2024", 'bare' for a date alone in its cell; None for a date in prose."""
    if text[found.end : found.end + 1].strip(".,\n\t\r") and text[found.end : found.end + 2] != "  ":
        return None
    lead = text[max(found.line, found.start - 60) : found.start]
    if _PLACE.search(lead):
        return "signed"
    alone = _ALONE.search(lead) and not _PERSON.search(folded, found.line, found.start)
    return "bare" if alone or _PLACE_BARE.search(lead) else None


def _stay(
    folded: str,
    kept: list[tuple[_Date, str | None, bool]],
    ranged: list[tuple[_Date, str | None, bool]],
    today: date | None,
) -> tuple[_Date | None, _Date | None]:
    """The beginning and the end of the stay."""
    for begin, leaving, sure in _ranges(folded, ranged):
        recent = today is None or today - leaving.day <= _RECENT
        told = leaving.start < _HEAD if today is None else leaving.day <= today <= leaving.day + _RECENT
        if (sure and (recent or leaving.start < _HEAD)) or (told and recent):
            return begin, leaving
    entries = [(found, sure) for found, what, sure in kept if what == "entry"]
    exits = [(found, sure) for found, what, sure in kept if what == "exit"]
    entry: _Date | None = next((found for found, sure in entries if sure and found.start < _HEAD), None)
    if entry is None:
        late = [found for found, _ in entries if today is None or timedelta(0) <= today - found.day <= _RECENT]
        entry = late[0] if late and late[0].start < _HEAD else None
    if entry is not None:
        last = today + _RECENT if today else date.max
        return entry, next((found for found, _ in exits if entry.day <= found.day <= last), None)
    end = next((found for found, sure in exits if sure or found.start < _HEAD), None)
    if end is not None:
        return None, end
    visits = [found for found, what, sure in kept if what == "visit" and sure and found.start < _HEAD]
    days = [found for found in visits if today is None or timedelta(0) <= today - found.day <= _RECENT]
    return (days[0], days[0]) if days else (None, None)


def _is_day(folded: str) -> bool:
    """Whether a title at the head of the text says that the document tells of one day."""
    form = _words("day")
    lines = re.split(r"\n|\t| {3,}", folded[:_TITLES])
    return any(form.match(line.strip(" -*=")) for line in lines) or _words("seen").search(folded[:_HEAD]) is not None


def _ranges(folded: str, kept: list[tuple[_Date, str | None, bool]]) -> Iterator[tuple[_Date, _Date, bool]]:
    """(entry, exit, whether it stands apart from prose) of each stay told as "du ... au ..."."""
    days = [found for found, _, _ in kept]
    for index, found in enumerate(days):
        before = days[index - 1] if index else None
        begin: _Date | None = None
        if before is not None and before.line == found.line and _TO.fullmatch(folded, before.end, found.start):
            begin = before
        if begin is None:
            part = _range_pattern().search(folded, max(found.line, found.start - 60), found.start)
            if part:
                month = int(part["m"]) if part["m"] else month_number(part["wm"]) if part["wm"] else found.day.month
                made = _made(found.day.year, month or 0, int(part["d"]))
                if made and made > found.day:
                    made = _made(found.day.year - 1, month or 0, int(part["d"]))
                if made:
                    begin = _Date(made, part.start("d"), part.end(), found.line)
        if begin is None or not timedelta(0) <= found.day - begin.day <= timedelta(days=1100):
            continue
        lead = folded[begin.line : begin.start]
        lead = re.sub(r"(?:du|le|:|\s)+$", "", lead)
        told = _words("stay").search(lead) or (not lead.strip() and found.start < _HEAD)
        if not told or _words("another").search(lead):
            continue
        opening = lead[: told.start()] if not isinstance(told, bool) else ""
        yield begin, found, not opening.strip() or bool(_SEPARATED.search(opening))
