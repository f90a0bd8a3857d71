"""What a text says of its acts: to be done, refused or not done, past, doubtful.

Belongs here: the cues of lexicon/acts/words.tsv and how far each reaches. Does not belong here: the cues of diseases
(semantics/context), which have set the flags before: an act is not doubtful because a disease beside it is, and "pas
de métastase au scanner" denies the metastasis, not the scanner.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

from limpide.document import Fact, Section
from limpide.french.anchored_dates import reference
from limpide.french.date_expressions import full_year, iso_of
from limpide.french.tokens import Tokens
from limpide.semantics.acts import lexicon
from limpide.semantics.acts.recognition import PLAN
from limpide.semantics.context.sections import section_at

_DENIALS = frozenset(("pas", "sans", "aucun", "aucune", "ni", "jamais", "non", "absence", "0", "ne"))
_LINKS = frozenset(
    ("de", "d", "'", "la", "le", "l", "les", "du", "des", "un", "une", "cette", "ce", "son", "sa", "par")
)
_FAR, _NEAR, _BEHIND = 30, 4, 5  # words between a cue and its act
_OPERATED = re.compile(
    r"\b(?:date (?:de l'|d'|de )?(?:intervention|operation|acte(?: operatoire)?|bloc|geste)|date operatoire"
    r"|intervention du|opere?e? le|operation du)\s*:?\s*(?:le\s*)?(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)\b"
)
_OPERATIVE = frozenset(("29554-3", "59774-0"))  # sections of an operation report
_OPERATIONS = frozenset(("surgery", "implant", "gesture", "anaesthesia", "endoscopy"))
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip
_MONTH = re.compile(rf"\b(?:mi|debut|fin|en|courant)[ -]({'|'.join(_MONTHS)})\b(?! (?:19|20)\d\d)")
_COUNTS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "six": 6, "huit": 8, "dix": 10, "quinze": 15}
_YEAR_ROW = re.compile(r"\s*[-•]?\s*((?:19|20)\d\d)\s*(?::|-|–|\s)\s*\S")
_DAY_BEFORE = re.compile(r"\b(?:le|du) (\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d) (?:avec|pour|:) (?:une? |l')?$")
_TITLE = 30  # characters that may stand between a title's first words and its colon
_DUE = re.compile(
    r"(?:[ ,](?!sans\b|pas\b)\w+){0,3}? (?:dans (?:un delai de )?|d'ici |a |tous les |toutes les )"
    r"(?:environ )?(?P<count>\d+|un|une|deux|trois|quatre|six|huit|quinze|dix)(?: ?(?:a|-|ou) ?\d+)? ?"
    r"(?P<unit>j|jours?|sem|semaines?|mois|ans?|annees?)\b"
    r"(?! ?(?::|de |du |d'|post|apres|plus tard|objectiv|retrouv|montr))"
)
_OWN_DATE = re.compile(
    r"(?: (?!prevu|programme|a )[a-z0-9'-]+){0,3}? ?[:(]? ?(?:(?:en|le|du|de|fin|debut|des|depuis) )?(?:[a-z]+\.? )?"
    r"(?:\d{1,2}[/.]\d{1,2}|(?:19|20)\d\d)\b"
)
_WRITTEN_DATE = re.compile(
    r"\d{1,2}[/.]\d{1,2}|\b(?:19|20)\d\d\b"
    r"|\b(?:janv|fevr|mars|avril|mai|juin|juil|aout|sept|oct|nov|dec|demain|prochaine?s?|mois|semaines?|ans?)"
)
_STAY_DAY = re.compile(r"[ ,(]*(?:de |a |jusqu'a )?j ?\+?\d")
_LIST = re.compile(r"(?: (?:dans|a|en|d'ici) [a-z0-9' ]{1,14})?(?:,| et|,? puis| avec) (?:un |une |l')?")
_ITEM = re.compile(r"\n[ \t]*(?:\d{1,2}[.)/]|[-•*–])")
_ENDS = frozenset((";", "("))


def settle_acts(
    tokens: Tokens, facts: list[Fact], sections: Sequence[Section], document_date: str | None = None
) -> list[Fact]:
    """`facts` without the acts of relatives; the flags of the others, vaccines among them, set in place."""
    acts = [fact for fact in facts if fact.origin == "nlp" and (fact.rule or "").startswith(("act:", "vaccine"))]
    if not acts:
        return facts
    spans = [tokens.within(fact.start or 0, fact.end or 0) for fact in acts]
    within = {place for first, last in spans for place in range(first, last + 1)}
    cues: dict[str, list[tuple[int, int]]] = {}
    for first, after, sets in lexicon.around().scan(tokens):
        for name in sets:
            cues.setdefault(name, []).append((first, after))
    begins = [section.start for section in sections]
    blocks = _plans(tokens, cues.get("plan_title", ()), begins)
    for fact, (first, last) in zip(acts, spans, strict=True):
        held = section_at(sections, begins, fact.start or 0)
        listed = held is not None and sections[held].code in PLAN
        announced = any(begin <= (fact.start or 0) < end for begin, end in blocks)
        _settle(_Around(tokens, cues, within, first, last), fact, listed, announced, document_date)
    _date_operation(tokens, acts, sections)
    _date_rows(tokens, acts)
    for before, fact in pairwise(acts):
        if not before.planned or fact.negated or not _enumerated(tokens, before, fact):
            continue
        if not fact.planned or fact.time_start is None:  # "TDM de contrôle dans 6 semaines, EFR"
            fact.planned, fact.history, fact.time_start = True, False, before.time_start
    return [fact for fact in facts if not (fact.family and fact.kind == "procedure")]


def _date_operation(tokens: Tokens, acts: list[Fact], sections: Sequence[Section]) -> None:
    """Give the day of the operation, where the report states it, to what was done in it and has no date."""
    found = _OPERATED.search(tokens.folded)
    day = iso_of(full_year(found.group(3)), int(found.group(2)), int(found.group(1))) if found else None
    for fact in acts if day else ():
        code = sections[fact.section_index].code if fact.section_index is not None else None
        operative = code in _OPERATIVE and (fact.rule or "").removeprefix("act:") in _OPERATIONS
        if operative and fact.time_start is None and not (fact.planned or fact.history or fact.negated):
            fact.time_start = day


def _date_rows(tokens: Tokens, acts: list[Fact]) -> None:
    """Date an act by the year that opens its line ("2018  appendicectomie") or the day of a visit ("le 3/7 avec")."""
    folded = tokens.folded
    for fact in acts:
        start = fact.start or 0
        line = folded.rfind("\n", 0, start) + 1
        row = _YEAR_ROW.match(folded, line, start + 1)
        visit = _DAY_BEFORE.search(folded, max(line, start - 40), start)
        if row and not _OWN_DATE.match(folded, fact.end or 0):
            fact.time_start, fact.history = row.group(1), not fact.planned
        elif visit and fact.time_start is None:
            fact.time_start = iso_of(full_year(visit.group(3)), int(visit.group(2)), int(visit.group(1)))


def _enumerated(tokens: Tokens, before: Fact, fact: Fact) -> bool:
    """Whether an act ends a list with the one before: nothing but a comma, "et" or a delay stands between."""
    between = tokens.folded[before.end or 0 : fact.start or 0]
    own = _OWN_DATE.match(tokens.folded, fact.end or 0) is not None
    return not own and _LIST.fullmatch(between) is not None


class _Around:
    """The cues around one act."""

    def __init__(
        self, tokens: Tokens, cues: dict[str, list[tuple[int, int]]], within: set[int], first: int, last: int
    ) -> None:
        self.tokens, self.cues, self.within = tokens, cues, within
        self.first, self.last, self.number = first, last, tokens.sentence[first]

    def before(self, name: str, reach: int) -> bool:
        """Whether a cue of set `name` stands before the act, no more than `reach` words away, in its clause."""
        for begin, after in self.cues.get(name, ()):
            if begin < self.first and after <= self.first and self.tokens.sentence[begin] == self.number:
                between = range(after, self.first)
                free = [i for i in between if i not in self.within and self.tokens.form[i] not in _LINKS]
                if len(free) <= reach and not any(self.tokens.form[i] in _ENDS for i in free):
                    return True
        return False

    def close(self, name: str) -> bool:
        """Whether a cue of set `name` stands right before the act, articles left aside."""
        for begin, after in self.cues.get(name, ()):
            ahead = begin < self.first and after <= self.first and self.tokens.sentence[begin] == self.number
            if ahead and all(self.tokens.form[i] in _LINKS for i in range(after, self.first)):
                return True
        return False

    def behind(self, name: str, lists: bool = True) -> bool:
        """Whether a cue of set `name` follows the act, or with `lists` the list of acts that it ends."""
        form = self.tokens.form
        for begin, _after in self.cues.get(name, ()):
            if begin <= self.last or self.tokens.sentence[min(begin, len(form) - 1)] != self.number:
                continue
            free = [i for i in range(self.last + 1, begin) if i not in self.within]
            if len(free) > _BEHIND + 4 or sum(form[i].isalnum() for i in free) > _BEHIND:
                continue
            if any(form[i] in (":", ";", ")") for i in free):
                continue
            shared = form[begin].endswith("s") or form[begin] in ("a", "sont", "seront", "en")
            if not (lists and shared) and any(i in self.within for i in range(self.last + 1, begin)):
                continue
            commas = [i for i in free if form[i] == ","]
            told = not lists and commas[-1:] == [begin - 1]  # "proposé, refusé"
            if told or all(i + 1 in self.within or form[i + 1] in _LINKS for i in commas):
                return True
        return False

    def due(self) -> re.Match[str] | None:
        """The delay from now that follows: "scanner thoracique dans 6 semaines", "coloscopie à 1 an"."""
        return _DUE.match(self.tokens.folded[self.tokens.end[self.last] : self.tokens.end[self.last] + 60])

    def dated(self) -> bool:
        """Whether a date of its own follows, day or year: "Pneumovax en 2019" in a list of what is due."""
        after = self.tokens.folded[self.tokens.end[self.last] : self.tokens.end[self.last] + 60]
        return bool(_OWN_DATE.match(after))

    def today(self) -> bool:
        """Whether it is planned for the day of the document."""
        after = self.tokens.folded[self.tokens.end[self.last] : self.tokens.end[self.last] + 40]
        return bool(re.search(r"\bce (?:jour|soir|matin|midi)|aujourd'hui|cet apres", after))

    def month(self) -> str | None:
        """The month that stands before or after: "mi-mai, mastectomie", "ETT en avril"."""
        folded = self.tokens.folded
        before = _MONTH.search(folded, max(0, self.tokens.start[self.first] - 16), self.tokens.start[self.first])
        after = _MONTH.search(folded, self.tokens.end[self.last], self.tokens.end[self.last] + 24)
        found = before or after
        return found.group(1) if found else None

    def dates(self) -> bool:
        """Whether a day or a month is written around, not only a day of the stay ("J9")."""
        folded = self.tokens.folded
        begin, end = self.tokens.start[self.first], self.tokens.end[self.last]
        of_stay = _STAY_DAY.match(folded, end) is not None
        return not of_stay and bool(_WRITTEN_DATE.search(folded, max(0, begin - 60), end + 50))

    def conditioned(self) -> bool:
        """Whether a condition follows: "arthrodèse si échec"."""
        after = self.tokens.folded[self.tokens.end[self.last] : self.tokens.end[self.last] + 40]
        return bool(re.match(r"(?: [a-z'-]+){0,3}? (?:si |s'il |en cas d|selon )", after))

    def supposed(self) -> bool:
        """Whether a condition opened the sentence: "En cas de douleur, radiographie"."""
        begin = self.tokens.sentence_bounds[self.number][0]
        before = self.tokens.folded[begin : self.tokens.start[self.first]]
        return bool(
            re.match(
                r"\W*(?:si|s'il|s'ils|en cas de|en cas d'|devant toute?)(?![a-z])[^.;:]*, ?(?:[a-z'-]+ ){0,3}$", before
            )
        )

    def denied_before(self) -> bool:
        """Whether a word of denial stands before the act in its sentence."""
        form, place = self.tokens.form, self.first - 1
        while place >= 0 and self.tokens.sentence[place] == self.number and self.first - place < _FAR:
            if form[place] in ("(", ":"):
                return False
            if form[place] in _DENIALS:
                return True
            place -= 1
        return False


def _settle(around: _Around, fact: Fact, listed: bool, announced: bool, document_date: str | None) -> None:
    refused = around.behind("refused_behind", lists=False) or around.close("refused_before")
    instrument = around.close("instrument")
    fact.negated = refused or (fact.negated and not instrument and around.denied_before())
    if fact.negated:
        fact.planned = fact.hypothetical = False
        return
    past = bool(fact.time_start and document_date and _earlier(fact.time_start, document_date))
    ahead = bool(fact.time_start and document_date and _earlier(document_date, fact.time_start))
    future = ahead and around.dates()
    cued = (
        around.before("planned_before", _FAR)
        or around.before("planned_near", _NEAR)
        or around.behind("planned_behind")
        or around.due() is not None
        or announced
    )
    given = around.behind("given") or around.close("past_before") or (past and around.dated())
    fact.planned = not given and (cued or future or (listed and not past))
    fact.conditional = fact.conditional or around.supposed()
    doubtful = around.before("doubt", _NEAR) or around.behind("doubt")
    fact.hypothetical = doubtful and fact.hypothetical
    if fact.planned:
        fact.history = False
        fact.conditional = fact.conditional or around.conditioned()
        if document_date and fact.time_start and not ahead and not around.today():
            later = _next_year(fact.time_start, document_date) if around.dated() or around.month() else None
            fact.time_start, fact.time_end = later, None  # another's day: a plan has none before the document
        if document_date and fact.time_start is None:
            fact.time_start = _next_month(around.month(), document_date)
        due = around.due()
        if due is not None and document_date and not around.dated():
            fact.time_start = _after_delay(document_date, due) or fact.time_start
    elif around.close("past_before") or (fact.rule == "act:surgery" and around.before("antecedents", _FAR * 2)):
        fact.history = True


def _after_delay(document_date: str, due: re.Match[str]) -> str | None:
    """The date of a delay from the document's, as precise as the delay is."""
    count = _COUNTS.get(due.group("count")) or (int(due.group("count")) if due.group("count").isdigit() else 0)
    today = reference(document_date)
    if today is None or not count:
        return None
    unit = due.group("unit")[0]
    if unit in "js":
        day = today + timedelta(days=count * (7 if unit == "s" else 1))
        return day.isoformat()[: 10 if unit == "j" else 7]
    if unit == "a":
        return str(today.year + count)
    months = today.year * 12 + today.month - 1 + count
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def _next_month(month: str | None, document_date: str) -> str | None:
    """The next such month from the document on; "YYYY-MM"."""
    if month is None or len(document_date) < 7:
        return None
    number = _MONTHS.index(month) + 1
    year, today = int(document_date[:4]), int(document_date[5:7])
    return f"{year if number >= today else year + 1:04d}-{number:02d}"


def _next_year(start: str, document_date: str) -> str | None:
    """The date a year later of what a plan says without its year ("ETT en avril"); None when that is not to come."""
    later = f"{int(start[:4]) + 1}{start[4:]}" if start[:4].isdigit() and len(start) >= 7 else ""
    limit = f"{int(document_date[:4]) + 1}{document_date[4:10]}"
    return later if later and _earlier(document_date, later) and _earlier(later, limit) else None


def _plans(tokens: Tokens, titles: Iterable[tuple[int, int]], begins: list[int]) -> list[tuple[int, int]]:
    """Places of the lines that speak of what is to be done: the rest of a titled line, or the lines below a title."""
    text = tokens.text
    found = []
    for first, after in titles:
        start, stop = tokens.start[first], tokens.end[after - 1]
        line = text.rfind("\n", 0, start) + 1
        if any(char.isalpha() for char in text[line:start]) or not (text[start].isupper() or text[line:start].strip()):
            continue
        end = text.find("\n", stop)
        end = end if end >= 0 else len(text)
        colon = text.find(":", stop, end)
        listed = _ITEM.match(text, end) is not None
        if colon >= 0 and text[colon + 1 : end].strip() and not listed:
            if colon - stop < _TITLE:
                found.append((colon, end))
            continue
        titled = listed and text[start:stop].isupper()
        sentence = end - stop > 2 * _TITLE or text[stop:end].rstrip().endswith(".")
        if titled or not (sentence or (colon < 0 and text[start:stop].islower())):
            blank, later = text.find("\n\n", end + 2), bisect_right(begins, end + 1)
            section = begins[later] if later < len(begins) else len(text)
            found.append((end, min(blank if blank >= 0 else len(text), section)))
    return found


def _earlier(one: str, other: str) -> bool:
    """Whether a date lies before another, at the precision that both have."""
    length = min(len(one), len(other), 10)
    return one[:length] < other[:length]
