"""What becomes of each treatment: current, started, stopped, changed, given, planned, past, refused.

Belongs here: choosing among a verb before the drug, a word behind it, the title above it and the dates beside it.
Does not belong here: the words (lexicon/drug_status.tsv), doses (posology.py), tables of two columns (conciliation.py).

A word before governs the drugs that it reaches and those coordinated with them ("arrêt du Lasilix et de l'Aldactone");
a word behind governs the drug that it follows, and its coordination when it is plural ("Lasilix et Aldactone
arrêtés"). What stands behind came later and prevails. Where nothing is said, the title decides. None: unknown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from limpide.document import Fact, Section
from limpide.french.phrases import PhraseTable, read_table, spellings
from limpide.french.tokens import Tokens, fold
from limpide.semantics.context.sections import section_at
from limpide.semantics.drugs.regimen import Step

_OF = frozenset(("de", "d", "du", "des"))
_LINKS = _OF | frozenset(
    ("le", "la", "les", "l", "'", "et", "ou", "ni", "+", "/", ",", "puis", "par", "un", "une", "-")
)
_JOINS = frozenset(("et", "ou", "ni", "+", "/", ","))
_SECTIONS = {
    "10160-0": "current", "42346-7": "current", "10183-2": "current", "57828-6": "current", "18610-6": "given",
    "8648-8": "given", "29554-3": "given", "59774-0": "given", "18776-5": "here", "60590-7": "current",
}  # fmt: skip  # LOINC sections whose titles are not in the lexicon of this module
_HISTORY = frozenset(("11348-0", "10164-2", "47519-4"))
_REACH_BEFORE = 7  # words, without punctuation, between a verb and its first drug
_REACH_BEHIND = 26
_STRANGE_BEHIND = 4  # words that are no posology, between a drug and what is said of it in prose
_YEARS = re.compile(
    r"(?:19|20)\d\d\s*(?:-|a|/)\s*(?:(?:19|20)?\d\d)(?!\d|/)|\b(?:de|en|jusqu'en|entre|fin|debut)\s+(?:\w{3,9}\s+)?(?:19|20)\d\d"
    r"|[(,]\s*(?:19|20)\d\d\b|\b\d+\s+(?:cures|cycles|lignes)\b"
)
_SINCE = re.compile(r"\bdepuis\b|\ben\s+cours\b")
_PERIOD = re.compile(r"\bdu\s+\d{1,2}(?:er)?[/. ](?:\d{1,2}|[a-z]{3,9})[^.;\n]{0,12}?\s+au\s+\d")
_CAPITALS = re.compile(r"[^a-z\n]*[A-ZÉÈÀÂÎÔÇ]{4}[^a-zà-ÿ\n]*$")
_RULED = re.compile(r"^[\s\-=*#_]{2,}[^\n]+$")
_ARROW = re.compile(r"(?:->|→|=>|-->)\s*$")


@dataclass(frozen=True, slots=True)
class _Cue:
    """A phrase in a text: its words [first, after), and what it says before (`>`) and behind (`<`) it."""

    first: int
    after: int
    onward: str | None
    back: str | None
    plural: bool


@cache
def _table() -> PhraseTable[tuple[str | None, str | None]]:
    readings: dict[str, list[str | None]] = {}
    for row in read_table("drug_status"):
        if row["side"] not in "<>":
            continue
        for pattern in row["phrases"].split(";"):
            for phrase in spellings(pattern):
                pair = readings.setdefault(fold(phrase), [None, None])
                side = 0 if row["side"] == ">" else 1
                pair[side] = pair[side] or row["status"]
    return PhraseTable(((phrase, (pair[0], pair[1])) for phrase, pair in readings.items()), literal=True)


@cache
def _titles() -> list[tuple[re.Pattern[str], str]]:
    rows = [row for row in read_table("drug_status") if row["side"] == "title"]
    return [
        (re.compile(rf"\b(?:{'|'.join(re.escape(fold(p)) for p in row['phrases'].split(';'))})\b"), row["status"])
        for row in rows
    ]


@cache
def _posology_words() -> frozenset[str]:
    found: set[str] = set()
    for row in read_table("posology"):
        for phrase in row["phrases"].split(";"):
            found.update(re.findall(r"\w+", fold(phrase)))
    around = (
        "mg g ml ug µg μg ui mui kg m2 j jour jours h sem semaine semaines mois lp x max puis est a ete au aux"
        " cure cures b c p depuis pendant jusqu le la en avec pour"
    )
    return frozenset(found | set(around.split()))


def find_status(
    tokens: Tokens, drugs: Sequence[Fact], steps: dict[int, list[Step]], sections: Sequence[Section]
) -> None:
    """Set `status` on placed drug facts, in text order; `planned` and `negated` where the status says otherwise."""
    if not drugs or not tokens.form:
        return
    spans = [tokens.within(fact.start or 0, fact.end or 0) for fact in drugs]
    reading = _Reading(tokens, list(drugs), spans)
    begins = [section.start for section in sections]
    headings = _headings(tokens, sections, drugs)
    places = [place for place, _ in headings]
    for index, fact in enumerate(drugs):
        held = section_at(sections, begins, fact.start or 0)
        code = sections[held].code if held is not None else None
        above = bisect_right(places, fact.start or 0) - 1
        title = _title_status(headings[above][1]) if above >= 0 else None
        if title is None and code is not None:
            title = _SECTIONS.get(code)
        step = steps[index][0] if index in steps else None
        fact.status = _settled(reading, index, fact, step, title, code)
        if fact.status == "planned":
            fact.planned, fact.negated = True, False
        elif fact.status in ("started", "current", "continued", "increased", "decreased", "given", "stopped"):
            fact.planned = False


def _settled(
    reading: _Reading, index: int, fact: Fact, step: Step | None, title: str | None, code: str | None
) -> str | None:
    back, onward = reading.back.get(index), reading.onward.get(index)
    said = onward if onward == "resumed" or back is None else back
    scheduled = step is not None and (step.frequency is not None or step.duration is not None)
    if said == "changed":
        said = None if title == "here" else title
        said = reading.compared(index) or "increased" if said in (None, "current", "given", "here") else said
    if said == "treated":
        ended = bool(step and step.duration) or reading.dated(index)
        if title == "given":
            said = "given"
        elif title == "past" or (ended and code in _HISTORY | {None}):
            said = "past"
        else:
            said = title if title not in (None, "here", "none") else "current"
    if said == "current" and title in ("given", "past"):
        said = title
    if said == "resumed" and (title in ("planned", "here") or reading.then_resumed(index)):
        said = "planned"
    if said is not None:
        return said
    if fact.negated:
        return None
    if reading.dated(index) and (title == "past" or code in _HISTORY or title in (None, "none")):
        return "past"
    if fact.planned:
        return "planned"
    if title == "here":
        return "started" if scheduled else "planned"
    if title == "past":
        return "current" if reading.since(index) else "past"
    return None if title == "none" else title


def _title_status(title: str) -> str | None:
    for pattern, status in _titles():
        if pattern.search(title):
            return status
    return None


def _headings(tokens: Tokens, sections: Sequence[Section], drugs: Sequence[Fact]) -> list[tuple[int, str]]:
    """(place, folded title) of sections and of lines that look like titles: capitals, rules, a colon at the end."""
    found = {section.start: fold(section.title) for section in sections if section.title and not section.furniture}
    starts = [fact.start or 0 for fact in drugs if fact.role is None]
    place = 0
    for line in tokens.text.split("\n"):
        stop = place + len(line)
        bare = line.strip()
        if 3 <= len(bare) <= 90 and place not in found:
            at = bisect_left(starts, place)
            holds = at < len(starts) and starts[at] < stop
            cut = min(stop, place + len(line))
            if not holds and (_CAPITALS.match(bare) or _RULED.match(line) or bare.endswith(":")):
                found[place] = tokens.folded[place:cut]
            elif holds and line.lstrip()[:2].isupper():
                lead = re.match(r"\s*[^a-zà-ÿ\n:]{4,60}?(?=\s{2,}|\s*:|\t)", line[: starts[at] - place])
                if lead:
                    found[place] = tokens.folded[place : place + lead.end()]
        place = stop + 1
    return sorted(found.items())


class _Reading:
    """The cues of a text, and which drugs each governs."""

    def __init__(self, tokens: Tokens, drugs: list[Fact], spans: list[tuple[int, int]]) -> None:
        self.tokens, self.drugs, self.spans = tokens, drugs, spans
        self.firsts = [first for first, _ in spans]
        self.onward: dict[int, str] = {}
        self.back: dict[int, str] = {}
        self.cues = self._cues()
        self.cued = [cue.first for cue in self.cues]
        for cue in self.cues:
            if cue.onward:
                self._govern(cue, cue.onward)
        for cue in self.cues:
            if cue.back:
                self._look_back(cue, cue.back)
        self._arrows()

    def _cues(self) -> list[_Cue]:
        tokens, found = self.tokens, []
        inside = {word for first, last in self.spans for word in range(first, last + 1)}
        for first, after, (onward, back) in _table().scan(tokens):
            if first in inside or tokens.sentence[first] != tokens.sentence[after - 1]:
                continue
            following = tokens.form[after] if after < len(tokens.form) else ""
            if back and onward is not None and onward != back and following in _OF:
                back = None  # "arrêt de l'aspirine" is said of what follows
            elif back and following in _OF and back.startswith(("re", "st")) is not False and onward:
                back = None
            last = tokens.form[after - 1]
            found.append(_Cue(first, after, onward, back, last.endswith("s") and len(last) > 3))
        return found

    def _govern(self, cue: _Cue, status: str) -> None:
        """The drugs that follow a cue: the first in reach, and those coordinated with it."""
        tokens = self.tokens
        index = bisect_left(self.firsts, cue.after)
        if index >= len(self.firsts):
            return
        first = self.firsts[index]
        listed = self._opens_list(cue)
        if not self._reaches(cue, first, listed):
            return
        sentence = tokens.sentence[first]
        self.onward[index] = status
        if status == "stopped" and tokens.form[cue.first] in ("relais", "remplacement", "switch", "substitution", "en"):
            self._replaced(index)
            return
        chain = [index]
        while index + 1 < len(self.firsts):
            gap = self._gap(index)
            if gap is None or (tokens.sentence[self.firsts[index + 1]] != sentence and not listed):
                break
            index += 1
            chain.append(index)
            if gap == "open" and not listed and not self._closed(index, sentence):
                chain.pop()
                break
        for one in chain:
            self.onward[one] = status

    def _opens_list(self, cue: _Cue) -> bool:
        """Whether a colon follows within a few words: "Arrêtés pendant le séjour : X, Y"."""
        form, sentence = self.tokens.form, self.tokens.sentence
        stop = min(len(form), cue.after + 6)
        for place in range(cue.after, stop):
            if sentence[place] != sentence[cue.first] or place in self.firsts:
                return False
            if form[place] == ":":
                return True
        return False

    def _reaches(self, cue: _Cue, first: int, listed: bool) -> bool:
        tokens = self.tokens
        if tokens.sentence[cue.after - 1] != tokens.sentence[first]:
            between = tokens.text[tokens.end[cue.after - 1] : tokens.start[first]]
            if not listed or between.count("\n") > 1:
                return False
        words = tokens.form[cue.after : first]
        cued = bisect_left(self.cued, cue.after)
        if cued < len(self.cued) and self.cued[cued] < first:
            return False
        if listed:
            return len(words) <= 12
        if any(not word.isalnum() and word not in ("'", "-", "(", "/") for word in words):
            return False
        return sum(word not in _LINKS for word in words) <= _REACH_BEFORE - 2 and len(words) <= _REACH_BEFORE + 2

    def _gap(self, index: int) -> str | None:
        """How the drug `index` and the next are joined: 'closed' (et, ou, +, "de l'"), 'open' (a comma), None not."""
        tokens = self.tokens
        begin, end = self.spans[index][1] + 1, self.firsts[index + 1]
        if end < begin:
            return "closed"
        cued = bisect_left(self.cued, begin)
        if cued < len(self.cued) and self.cued[cued] < end:
            return None
        words: list[str] = []
        depth = 0
        for word in tokens.form[begin:end]:
            depth += (word == "(") - (word == ")")
            if not depth and word != ")":
                words.append(word)
        known = _posology_words()
        strange = [w for w in words if w.isalpha() and w not in _LINKS and w not in known]
        if strange or any(word in (";", ":", ".") for word in words):
            return None
        if any(word in ("et", "ou", "ni", "+", "/") for word in words):
            return "closed"
        if "," in words:
            after_comma = words[len(words) - words[::-1].index(",") :]
            return "closed" if after_comma[:1] and after_comma[0] in _OF else "open"
        return "closed" if not words else None

    def _closed(self, index: int, sentence: int) -> bool:
        """Whether an enumeration that goes on with a comma ends with "et": A, B et C."""
        while index + 1 < len(self.firsts) and self.tokens.sentence[self.firsts[index + 1]] == sentence:
            gap = self._gap(index)
            if gap != "open":
                return gap == "closed"
            index += 1
        return False

    def _replaced(self, index: int) -> None:
        """ "relais de la vancomycine par cloxacilline": what follows "par" begins."""
        if index + 1 < len(self.firsts):
            words = self.tokens.form[self.spans[index][1] + 1 : self.firsts[index + 1]]
            if words and words[0] in ("par", "vers", "pour") and len(words) <= 4:
                self.onward[index + 1] = "started"

    def _look_back(self, cue: _Cue, status: str) -> None:
        """The drug that a cue stands behind; all that are coordinated with it when the cue is plural."""
        tokens = self.tokens
        index = bisect_left(self.firsts, cue.first) - 1
        if index < 0:
            return
        last = self.spans[index][1]
        if last >= cue.first or not self._behind(last + 1, cue):
            return
        self.back[index] = status
        while cue.plural and index > 0 and self._gap(index - 1) is not None:
            index -= 1
            if tokens.sentence[self.firsts[index]] != tokens.sentence[cue.first]:
                break
            self.back[index] = status

    def _behind(self, begin: int, cue: _Cue) -> bool:
        tokens = self.tokens
        between = tokens.text[tokens.end[begin - 1] : tokens.start[cue.first]]
        words = tokens.form[begin : cue.first]
        same_sentence = tokens.sentence[begin - 1] == tokens.sentence[cue.first]
        if "\n" in between and (not same_sentence or between.count("\n") > 1):
            return False
        if len(words) > _REACH_BEHIND:
            return False
        if "(" in words and ")" in words[words.index("(") :]:
            outer: list[str] = []
            depth = 0
            for word in words:
                depth += (word == "(") - (word == ")")
                if not depth and word != ")":
                    outer.append(word)
            words = outer
        earlier = bisect_left(self.cued, begin)
        governed = earlier < len(self.cued) and self.cued[earlier] < cue.first
        known = _posology_words()
        strange = sum(word.isalpha() and word not in known and word not in _LINKS for word in words)
        if not same_sentence:
            return False
        if "\t" in between or re.search(r" {3,}", between):
            return True  # a cell of the same row
        if governed and not any(mark in words for mark in (",", "puis", "et")):
            return strange <= _STRANGE_BEHIND and self.cues[earlier].back is None
        if ";" in words:
            return False
        return strange <= _STRANGE_BEHIND

    def _arrows(self) -> None:
        """ "Lasilix -> Burinex": the first gives way to the second."""
        tokens = self.tokens
        for index in range(len(self.firsts) - 1):
            between = tokens.text[self.drugs[index].end or 0 : self.drugs[index + 1].start or 0]
            if len(between) < 40 and _ARROW.search(between) and "\n" not in between:
                self.back.setdefault(index, "stopped")
                self.onward.setdefault(index + 1, "started")

    def _own(self, index: int) -> str:
        """The folded text from a drug to the next, or to the end of its sentence."""
        tokens = self.tokens
        begin = self.drugs[index].end or 0
        end = tokens.sentence_bounds[tokens.sentence[self.spans[index][1]]][1]
        if index + 1 < len(self.drugs):
            end = min(end, self.drugs[index + 1].start or end)
        return tokens.folded[begin : min(end, begin + 120)]

    def dated(self, index: int) -> bool:
        """Whether past years or a closed period stand beside the drug."""
        own = self._own(index)
        return bool(_YEARS.search(own) or _PERIOD.search(own)) and not _SINCE.search(own)

    def since(self, index: int) -> bool:
        return bool(_SINCE.search(self._own(index)))

    def then_resumed(self, index: int) -> bool:
        first = self.firsts[index]
        return "puis" in self.tokens.form[max(0, first - 4) : first]

    def compared(self, index: int) -> str | None:
        """increased or decreased, where the same drug had another dose before."""
        now = self.drugs[index]
        for before in reversed(self.drugs[:index]):
            if before.code is None or before.code != now.code or before.dose_unit != now.dose_unit:
                continue
            if before.dose and now.dose and before.dose != now.dose:
                return "increased" if now.dose > before.dose else "decreased"
        return None
