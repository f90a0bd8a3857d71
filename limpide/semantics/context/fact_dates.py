"""When each fact holds: the date that governs a mention, by syntax, by its line's or section's heading.

Belongs here: tying date expressions to facts. Does not belong here: reading dates (french/date_expressions.py).

- A date behind facts governs those of its own clause ("infarctus en 2012, AVC il y a 3 ans"); in brackets, what stands
  before them ("phlébite (1999)") or what they hold ("FEVG 34 % (45 % en 2022)"); after a comma and a participle, the
  last fact before it ("un diabète, découvert en 2009").
- A date that opens a sentence, or an examination's date before a colon or a verb, governs what follows ("En 2012,
  infarctus", "Scanner du 12/03/2024 : embolie"). Figures and examinations of the same lines follow it too.
- A date in a section's title, or alone on a line with the name of an examination, governs what stands below.
- What was done or measured in a document that tells of one day is of that day (`date_origin` 'document').
Nothing else does, and a birth date never. `history` is set on what happened at a point more than `PAST_DAYS` before
the document.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from limpide.document import Fact, Section
from limpide.french.anchored_dates import Dated, Setting, reference
from limpide.french.date_expressions import find_dates
from limpide.french.phrases import word_set
from limpide.french.tokens import Tokens
from limpide.semantics.context.clauses import Clauses, parted
from limpide.semantics.context.sections import section_at

PAST_DAYS = 90
STAY_DAYS = 30  # before the beginning of the stay that the document tells of
FOUND_DAYS = 365  # for what an examination found, which may still be there
_PAST_KINDS = frozenset({"condition", "procedure", "observation", "immunization"})
_MEASURED = frozenset({"measurement", "vital", "observation"})
_FOLLOWING = _MEASURED | {"procedure"}  # kinds that keep the date of the examination from one sentence to the next
_REACH = 14  # words between a fact and the date behind it
_NEAR = 10  # words between a fact and the bracket that dates it
_JOINING = frozenset({"et", "ou", "puis", "mais", ",", ";", "+", "/", "avec"})
_OPERATED = word_set("operated")
_LIGHT = word_set("date_openings") | word_set("prepositions") | word_set("participles") | word_set("light")
_EXAMINED = word_set("examined")
_WRAPPED = 75  # characters of a line that a page's width ended, not its author
_LEADING = 6  # words before a date that opens a sentence whose lines it dates
_HEADING = 8  # words of a line that does no more than date those below
_JDAY = re.compile(r"j ?\+? ?(\d{1,3})$")
_NOT_CLINICAL = re.compile(
    r"\b(?:courrier|lettre|mail|appel|rendez-vous|rdv|imprime|edite|valide|signe|dicte|vois|revois|vue?s?|revue?s?|recois"
    r"|recue?s?|consulte|venue?s?|adresse)\w*\s+(?:du|le|en date du)?\s*$"
)


@dataclass(frozen=True, slots=True)
class _Governed:
    """A fact's date; `own`: its own, not that of the examination that found it."""

    dated: Dated
    own: bool


def date_all(
    tokens: Tokens,
    facts: list[Fact],
    sections: list[Section],
    document_date: str | None,
    setting: Setting | None = None,
) -> None:
    """Set time_start and time_end of each placed fact that a date governs, and `history` where that date is past.

    `document_date`: ISO, whole or partial; without it relative dates stay unresolved. Times already set are kept.
    """
    setting = setting or Setting(document_date)
    placed = sorted(
        (fact for fact in facts if fact.start is not None and fact.origin == "nlp" and fact.time_start is None),
        key=lambda fact: fact.start or 0,
    )
    if not placed:
        return
    everything = find_dates(tokens, document_date, setting)
    held = _held(placed)
    births = {dated.iso for dated in everything if dated.how == "birth"} | {setting.born}
    dates = [d for d in everything if d.how != "birth" and d.iso not in births and not _inside(d, held)]
    dates.extend(_days_after(tokens, dates, setting))
    dates.sort(key=lambda dated: dated.start)
    governed, leads = _by_syntax(tokens, placed, dates, {section.start for section in sections})
    headings = _by_heading(sections, dates)
    begins = [section.start for section in sections]
    only_day = setting.entry if setting.entry and setting.entry[:10] == (setting.exit or "")[:10] else None
    for fact in placed:
        by = governed.get(id(fact))
        if by is None and headings:
            at = section_at(sections, begins, fact.start or 0)
            title = None if at is None else headings.get(at)
            if title and not (any(title.end < lead < (fact.start or 0) for lead in leads) or _not_of(fact, title)):
                by = _Governed(title, True)
        if by is not None:
            _set(fact, by, document_date, setting)
        if (
            only_day
            and fact.time_start is None
            and fact.kind in _FOLLOWING
            and not (fact.history or fact.planned or fact.family or fact.hypothetical or fact.negated)
        ):
            fact.time_start, fact.date_origin = only_day[:10], "document"


def _not_of(fact: Fact, dated: Dated) -> bool:
    """Whether a title's "à l'entrée" says nothing of a fact: it dates what is measured and done."""
    return dated.how == "stay" and fact.kind not in _FOLLOWING


def _held(facts: list[Fact]) -> list[tuple[int, int]]:
    """Places of values and doses: the numbers that they hold are no dates."""
    return [(f.start or 0, f.end or 0) for f in facts if f.kind in ("measurement", "vital") and f.value is not None]


def _inside(dated: Dated, held: list[tuple[int, int]]) -> bool:
    return len(dated.iso) == 4 and any(start <= dated.start and dated.end <= end for start, end in held)


def _set(fact: Fact, by: _Governed, document_date: str | None, setting: Setting) -> None:
    dated = by.dated
    if dated.how == "until":
        fact.time_end = dated.iso
        return
    if dated.how == "ahead" and not fact.planned:
        return
    if dated.how == "stay" and (fact.kind == "drug" or fact.history or fact.planned):
        return
    iso = dated.ahead if fact.planned and dated.ahead else dated.iso
    latest = max(filter(None, (document_date, setting.exit)), default=None)
    if latest and not fact.planned and fact.kind in ("condition", *_MEASURED) and iso > latest[: len(iso)]:
        return  # an appointment's date
    fact.time_start = iso
    if dated.how == "since" and not is_past(iso, document_date) and fact.kind == "condition" and by.own:
        fact.history = False  # "céphalées depuis 10 jours", in a paragraph that began with antecedents
    if dated.how == "during":
        fact.time_end = dated.iso_end
    today = setting.entry if setting.entry and setting.entry != setting.exit else document_date
    days = STAY_DAYS if today is not document_date else PAST_DAYS
    if (
        dated.how in ("on", "during")
        and fact.kind in _PAST_KINDS
        and not (fact.family or fact.planned)
        and is_past(dated.iso_end or dated.iso, today, days if by.own else FOUND_DAYS)
    ):
        fact.history = True


def is_past(iso: str, document_date: str | None, days: int = PAST_DAYS) -> bool:
    """Whether a date lies more than `days` before the document, at whatever precision both have."""
    today = reference(document_date)
    if today is None:
        return False
    limit = (today - timedelta(days=days)).isoformat()
    return iso[: len(limit)] < limit[: len(iso)]


def _days_after(tokens: Tokens, dates: list[Dated], setting: Setting) -> list[Dated]:
    """ "J2" after the day that the text counts from: "J0 = 03/02", "à J4 (16/09)", an operation, an admission."""
    form = tokens.form
    found: list[Dated] = []
    named = {word: match for word in tokens.places if word[0] == "j" and len(word) < 5 and (match := _JDAY.match(word))}
    places = sorted([place for word in named for place in tokens.places[word]])
    if not places:
        return found
    days = [dated for dated in dates if len(dated.iso) >= 10 and dated.how in ("on", "since")]
    first = None
    told: set[int] = set()
    for place in places:  # a day of the count that is itself dated
        close = next((d for d in days if 0 <= d.start - tokens.end[place] <= 8), None)
        if close and not set("".join(form[place + 1 : place + 4])) & set(",;."):
            told.add(place)
            first = first or _moved(close.iso, -int(named[form[place]].group(1)))
    operations = [d for d in days if _OPERATED & set(_words_before(tokens, d.start, 8))]
    for place in places:
        if place in told:
            continue
        count, start = int(named[form[place]].group(1)), tokens.start[place]
        begin = first or next((d.iso for d in reversed(operations) if d.end <= start), None)
        begin = begin or next((d.iso for d in operations), None)
        if begin is None:
            before = [d for d in days if d.end <= start]
            begin = setting.entry or (before[-1].iso if before else None)
        moved = _moved(begin, count) if begin else None
        if moved:
            found.append(Dated(start, tokens.end[place], moved, "on"))
    return found


def _moved(iso: str, days: int) -> str | None:
    try:
        return (date.fromisoformat(iso[:10]) + timedelta(days=days)).isoformat()
    except ValueError:
        return None


def _words_before(tokens: Tokens, place: int, count: int) -> list[str]:
    last, _ = tokens.within(place, place + 1)
    return tokens.form[max(0, last - count) : last]


def _by_syntax(
    tokens: Tokens, facts: list[Fact], dates: list[Dated], marks: set[int]
) -> tuple[dict[int, _Governed], list[int]]:
    """Facts (by id) and the date that governs each by its place in the sentence, or in the lines around; and the places

    of the dates that open lines. `marks`: where sections begin.
    """
    governed: dict[int, _Governed] = {}
    by_sentence: dict[int, list[tuple[int, int, Fact | Dated]]] = {}
    marks = {mark for mark in marks if "\n" in tokens.text[max(0, mark - 12) : mark]}
    everything: list[Fact | Dated] = [*facts, *dates]
    for item in everything:
        first, last = tokens.within(item.start or 0, item.end or 0)
        by_sentence.setdefault(tokens.sentence[first], []).append((first, last, item))
    carried: Dated | None = None  # the examination's date, over the sentences of its lines
    headed = False  # whether it stands on a line of its own
    last_number = -1
    leads: list[int] = []
    for number in sorted(by_sentence):
        if carried is not None and not _continues(tokens, last_number, number, marks, headed):
            carried, headed = None, False
        last_number = number
        items = sorted(by_sentence[number], key=lambda entry: entry[0])
        if any(isinstance(item, Dated) for _, _, item in items):
            opening = _govern(tokens, items, governed)
            if opening is not None:
                leads.append(opening.start)
                carried, headed = opening, _is_heading(tokens, number, items)
        if carried is None:
            continue
        for _, _, item in items:
            if isinstance(item, Fact) and item.kind in _FOLLOWING and not (item.planned or item.history or item.family):
                governed.setdefault(id(item), _Governed(carried, False))
    return governed, leads


def _continues(tokens: Tokens, before: int, number: int, marks: set[int], headed: bool) -> bool:
    """Whether sentence `number` stands in the same lines as sentence `before`."""
    text = tokens.text
    start, stop = tokens.sentence_bounds[before][0], tokens.sentence_bounds[number][0]
    while stop < len(text) and text[stop].isspace():
        stop += 1
    if any(start < mark <= stop for mark in marks):
        return False
    while start < stop and text[start].isspace():
        start += 1
    lines = text[text.rfind("\n", 0, start) + 1 : stop].split("\n")[:-1]
    if any(not line.strip() for line in lines):
        return False
    return headed or all(len(line) >= _WRAPPED or line.rstrip().endswith(",") for line in lines)


def _is_heading(tokens: Tokens, number: int, items: list[tuple[int, int, Fact | Dated]]) -> bool:
    """Whether a sentence is a line that does no more than name an examination and its date."""
    start, end = tokens.sentence_bounds[number]
    words = tokens.text[start:end].split()
    return len(words) <= _HEADING and not any(isinstance(i, Fact) and i.kind != "procedure" for _, _, i in items)


def _govern(tokens: Tokens, items: list[tuple[int, int, Fact | Dated]], governed: dict[int, _Governed]) -> Dated | None:
    """Date the facts of one sentence; the date that its lines go on with, if any."""
    form = tokens.form
    begins = {first for first, _, item in items if isinstance(item, Fact)}
    low, high = _bounds(tokens, items[0][0], max(last for _, last, _ in items))
    parts = parted(tokens, low, high, begins)
    facts = [(first, last, item) for first, last, item in items if isinstance(item, Fact)]
    openings: list[tuple[int, int, Dated, bool]] = []  # word, bracket, date, whether an examination's
    trailing: list[tuple[int, int, Dated]] = []  # word, clause, date
    for first, last, item in items:
        if not isinstance(item, Dated) or _NOT_CLINICAL.search(tokens.folded, max(0, item.start - 30), item.start):
            continue
        bracket, clause = parts.at(first)
        left = [
            (begin, end, fact)
            for begin, end, fact in facts
            if begin < first and first - end <= _REACH and parts.at(begin) == (bracket, clause)
        ]
        left = [entry for entry in left if id(entry[2]) not in governed]
        if not left and bracket and _bare(tokens, parts.opened[bracket] + 1, first):
            left = _before_bracket(tokens, parts, facts, parts.opened[bracket], governed)
            openings.append((first, bracket, item, False))
            if not left and parts.opened[bracket] - low <= _LEADING:
                openings.append((first, 0, item, False))
        elif not left and clause in parts.before and _bare(tokens, parts.begun[clause] + 1, first):
            earlier = [e for e in facts if parts.at(e[0])[1] == parts.before[clause] and e[0] < first]
            left = [entry for entry in earlier[-1:] if id(entry[2]) not in governed]
        if left:
            for _, _, fact in left:
                governed[id(fact)] = _Governed(item, True)
            trailing.append((last, clause, item))
            if all(f.kind in _FOLLOWING for _, _, f in left) and not bracket and _goes_on(tokens, last, high):
                openings.append((first, 0, item, True))
        elif (
            not bracket
            and item.how in ("on", "stay", "since", "during")
            and _opens(parts, facts, first)
            and (_light(form[low:first]) or _goes_on(tokens, last, high) or _names_examination(form, low, first, high))
        ):
            openings.append((first, 0, item, bool(_EXAMINED & set(form[low:first]))))
        if not bracket and last < high and form[last + 1] == "(":
            openings.append((first, parts.at(last + 1)[0], item, True))
    for begin, _, fact in facts:
        if id(fact) in governed:
            continue
        bracket, clause = parts.at(begin)
        near = [d for word, where, d in trailing if where == clause and word < begin and not _joined(form, word, begin)]
        inner = [(d, exam) for word, where, d, exam in openings if where == bracket and word < begin]
        outer = [(d, exam) for word, where, d, exam in openings if where == 0 and word < begin]
        if near:
            governed[id(fact)] = _Governed(near[-1], True)
        elif inner or outer:
            dated, exam = (inner or outer)[-1]
            governed[id(fact)] = _Governed(dated, not exam)
    leads = [(word, d, exam) for word, where, d, exam in openings if where == 0 and d.how in ("on", "stay")]
    if leads and (leads[-1][2] or leads[-1][0] - low <= _LEADING):
        return leads[-1][1]
    return None


def _names_examination(form: list[str], low: int, first: int, high: int) -> bool:
    """Whether a sentence is no more than "BIO 23h20", "Clinique ce jour"."""
    return high - low < _HEADING and bool(_EXAMINED & set(form[low:first]))


def _bounds(tokens: Tokens, low: int, high: int) -> tuple[int, int]:
    """The first and the last word of the sentence that words low..high stand in."""
    number = tokens.sentence[low]
    while low > 0 and tokens.sentence[low - 1] == number:
        low -= 1
    while high + 1 < len(tokens.form) and tokens.sentence[high + 1] == number:
        high += 1
    return low, high


def _opens(parts: Clauses, facts: list[tuple[int, int, Fact]], first: int) -> bool:
    """Whether a date with no fact to govern before it governs those behind: it opens its sentence, or its clause."""
    return not any(begin < first for begin, _, _ in facts) or parts.at(first - 1) != parts.at(first)


def _bare(tokens: Tokens, begin: int, first: int) -> bool:
    """Whether no word of its own stands between a bracket, or a participle, and its date."""
    return _light(tokens.form[begin:first])


def _light(words: list[str]) -> bool:
    """Whether words only lead to a date: bullets, articles, "en", "découvert en"."""
    return len(words) <= 4 and all(not word[0].isalnum() or word in _LIGHT for word in words)


def _before_bracket(
    tokens: Tokens,
    parts: Clauses,
    facts: list[tuple[int, int, Fact]],
    opening: int,
    governed: dict[int, _Governed],
) -> list[tuple[int, int, Fact]]:
    """What a date in brackets speaks of: the last fact before them and those that "et" joins to it."""
    before = [entry for entry in facts if entry[1] < opening and id(entry[2]) not in governed]
    if not before:
        return []
    last = before[-1]
    same = parts.at(last[0]) == parts.at(opening - 1)
    if opening - last[1] > (_NEAR if same else 2):
        return []
    taken = [last]
    for entry in reversed(before[:-1]):
        if entry[1] + 2 < taken[0][0] or tokens.form[entry[1] + 1 : taken[0][0]] not in (["et"], ["ou"], ["/"], ["+"]):
            break
        taken.insert(0, entry)
    return taken


def _goes_on(tokens: Tokens, last: int, high: int) -> bool:
    """Whether what an examination found follows its date: a colon, a verb, "sans", a bracket and then one of these."""
    place = last + 1
    if place <= high and tokens.form[place] == "(":
        while place <= high and tokens.form[place] != ")":
            place += 1
        place += 1
    return place <= high and tokens.form[place] not in _JOINING and tokens.form[place] not in {".", ")", "-"}


def _joined(form: list[str], word: int, begin: int) -> bool:
    return any(form[place] in _JOINING for place in range(word + 1, begin))


def _by_heading(sections: list[Section], dates: list[Dated]) -> dict[int, Dated]:
    """Section number and the date its title bears."""
    found: dict[int, Dated] = {}
    begins = [section.start for section in sections]
    for dated in dates:
        index = bisect_right(begins, dated.start) - 1
        if index >= 0 and dated.how in ("on", "stay"):
            section = sections[index]
            if dated.end <= section.start + len(section.title or "") + 1:
                found[index] = dated
    return found
