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
from limpide.french.phrases import PhraseTable, read_table, spellings, word_set
from limpide.french.tokens import Tokens, fold
from limpide.semantics.drugs.items import is_need
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
_FLIPPED = {  # "non reprise", "pas encore débuté", "non arrêté"
    "resumed": "suspended",
    "started": "refused",
    "given": "refused",
    "continued": "stopped",
    "stopped": "continued",
    "suspended": "continued",
    "planned": "refused",
}
_PLURALS = ("es", "us", "its", "uits")
_DOUBTFUL = ("stopped", "suspended", "refused", "past", "decreased", "increased", "resumed")  # a comma ends their reach
_SINGULAR = frozenset(("repris", "pris", "mis", "inchanges", "doses"))
_FUTURE = re.compile(
    r"\b(?:le|les|du|vers le|a partir du)\s+\d{1,2}[/.]\d{1,2}|\b(?:a|dans)\s+(?:j|h)\s?\d"
    r"|\ben\s+(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|sept\w*|oct\w*|nov\w*|dec\w*)\b"
)
_INLINE = re.compile(r"(?:^|[.;\n]|\s{2,})\s*[-•*]?\s*((?:[^\W\d]|[ '/-]){4,45}?)\s*:\s[^:]*$")
_LINE_TITLE = re.compile(r"^\s*[-•*]?\s*((?:[^\W\d]|[ '/-]){4,45}?)\s*:\s")
_EXCEPT = re.compile(r"\b(?:sauf|hormis|excepte|en dehors)\b")
_FROM_TO = re.compile(r"\bde\s+(\d+(?:[.,]\d+)?)\s*(?:[a-zµμ]+\S*\s+)?a\s+(\d+(?:[.,]\d+)?)")
_AT_ONCE = re.compile(
    r"\ba (?:debuter|commencer|introduire|demarrer)\s+(?:a\s+[hj]|ce|des|aujourd|demain|immediatement|le soir meme)"
)
_IF = re.compile(r"\b(?:si|en cas d(?:e|'))\b[^.;\n]{2,60}[,:]\s*(?:[\w']+\s+){0,4}(?:[ld]')?$")
_TELLING = 20  # characters that a phrase of a title is worth more when it says more than "traitements"
_ASIDES = word_set("treatment_asides") | _LINKS
_ARTICLES = frozenset(("le", "la", "les", "l", "'", "du", "de", "d"))
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
                side = 0 if row["side"] == ">" else 1
                for form in (phrase, phrase + "s") if side and phrase[-1] in "éetun" else (phrase,):
                    pair = readings.setdefault(fold(form), [None, None])
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
    headings = _headings(tokens, sections, drugs)
    places = [place for place, _, _ in headings]
    titles = [headings[above][1:] if above >= 0 else (None, None) for above in _above(places, drugs)]
    for index, fact in enumerate(drugs):
        title, code = titles[index]
        title = reading.inline_title(index) or title
        step = steps[index][0] if index in steps else None
        fact.status = _settled(reading, index, fact, step, title, code)
        if fact.status == "planned":
            fact.planned, fact.negated = True, False
        elif fact.status in ("started", "current", "continued", "increased", "decreased", "given", "stopped"):
            fact.planned = False
    _against_discharge(drugs, titles, reading)


def _above(places: Sequence[int], drugs: Sequence[Fact]) -> list[int]:
    return [bisect_right(places, fact.start or 0) - 1 for fact in drugs]


def _against_discharge(
    drugs: Sequence[Fact], titles: Sequence[tuple[str | None, str | None]], reading: _Reading
) -> None:
    """What was begun during a stay and stands on the discharge list was started; what does not was given."""
    lists: dict[str, set[str]] = {"entry": set(), "discharge": set()}
    for fact, (_, code) in zip(drugs, titles, strict=True):
        held = "discharge" if code == "10183-2" else "entry" if code in ("42346-7", "10160-0") else None
        if held and fact.code and not fact.negated:
            lists[held].add(fact.code)
    for index in reading.replaced:
        if (
            titles[index][0] == "given"
            and lists["entry"] | lists["discharge"]
            and drugs[index].code not in lists["entry"]
        ):
            drugs[index].status = "given"  # a step of the stay, not a treatment from before
    if not lists["discharge"]:
        return
    for index, (fact, (title, _)) in enumerate(zip(drugs, titles, strict=True)):
        if title == "given" and fact.status in ("given", "started") and fact.code:
            relayed = fact.status == "started" or reading.then_resumed(index)
            begun = relayed and fact.code in lists["discharge"] - lists["entry"]
            fact.status = "started" if begun or (fact.status == "started" and fact.code in lists["entry"]) else "given"


def _settled(
    reading: _Reading, index: int, fact: Fact, step: Step | None, title: str | None, code: str | None
) -> str | None:
    back, onward = reading.back.get(index), reading.onward.get(index)
    said = onward if onward == "resumed" or back is None else back
    scheduled = step is not None and (step.frequency is not None or step.duration is not None)
    planning = title in ("planned", "here")
    if said == "changed":
        said = (
            reading.from_to(index)
            or reading.compared(index)
            or ("increased" if title in (None, "current", "given", "here", "none") else title)
        )
    if said == "then stopped":  # the end of a prescription in steps, or of a treatment that is told
        said = "stopped" if title in ("given", "past", None, "none", "closing") else onward
    if said == "replaced":
        step_of_stay = title == "given" and (onward in ("given", "treated") or reading.dated(index))
        said = "given" if step_of_stay else "stopped"
        reading.replaced.add(index)
    if said == "treated":
        ended = bool(step and step.duration) or reading.dated(index)
        if title == "given":
            said = "given"
        elif title == "past" or (ended and code in _HISTORY | {None}):
            said = "past"
        else:
            said = title if title not in (None, "here", "none", "closing") else "current"
    if said == "received":
        said = "past" if title == "past" or code in _HISTORY else "given"
    if said == "current" and title in ("given", "past"):
        said = title
    if said == "resumed" and (planning or reading.then_resumed(index)):
        said = "planned"
    if said == "given" and planning:
        said = "planned"
    if said == "started" and planning and not scheduled and reading.future(index):
        said = "planned"
    if said == "planned" and scheduled and title == "current" and reading.at_once(index):
        said = "started"  # "1 fois/j pendant 35 jours, à débuter ce soir"
    open_ended = said in (None, "current", "started") and title not in ("given", "past")
    if open_ended and not fact.prn and reading.conditional(index):
        said = "planned"
    if said is not None:
        return said
    if fact.negated:
        return None
    told = title == "past" or code in _HISTORY
    if (told or title in (None, "none", "closing")) and reading.dated(index, closed=told):
        return "past"
    if fact.planned:
        return "planned"
    if title == "here":
        return "started" if scheduled else "planned"
    if title == "closing":
        return "started" if scheduled and step is not None and step.duration else None
    if title == "past":
        return "current" if reading.since(index) else "past"
    return None if title == "none" else title


def _title_status(title: str) -> str | None:
    """What the longest phrase of a title says, "traitements" alone last; None for a title of other things."""
    best: tuple[int, str] | None = None
    for pattern, status in _titles():
        for found in pattern.finditer(title):
            length = found.end() - found.start() + (0 if status in ("current", "none", "closing") else _TELLING)
            if best is None or length > best[0]:
                best = (length, status)
    return best[1] if best else None


def _headings(
    tokens: Tokens, sections: Sequence[Section], drugs: Sequence[Fact]
) -> list[tuple[int, str | None, str | None]]:
    """(place, status, LOINC code) of sections and of lines that look like titles: capitals, rules, a colon at the end.

    A line of capitals that no title of treatments resembles is one only below an empty line, without a number.
    """
    found: dict[int, tuple[str | None, str | None]] = {}
    for section in sections:
        if section.title and not section.furniture:
            said = _title_status(fold(section.title))
            found[section.start] = (said or _SECTIONS.get(section.code or ""), section.code)
    starts = [fact.start or 0 for fact in drugs if fact.role is None]
    place, empty = 0, True
    for line in tokens.text.split("\n"):
        stop, bare = place + len(line), line.strip()
        at = bisect_left(starts, place)
        holds = at < len(starts) and starts[at] < stop
        lead = tokens.folded[place:stop]
        if holds:
            opening = re.match(r"\s*[^a-zà-ÿ\n:]{4,60}?(?=\s{2,}|\s*:|\t)", line[: starts[at] - place])
            lead = tokens.folded[place : place + opening.end()] if opening else ""
        elif not (_CAPITALS.match(bare) or _RULED.match(line) or bare.endswith(":")):
            lead = ""
        if 3 <= len(lead.strip()) <= 90 and place not in found:
            said = _title_status(lead)
            if said or (empty and not holds and not any(letter.isdigit() for letter in lead)):
                found[place] = (said, None)
        place, empty = stop + 1, not bare
    return sorted((place, said, code) for place, (said, code) in found.items())


class _Reading:
    """The cues of a text, and which drugs each governs."""

    def __init__(self, tokens: Tokens, drugs: list[Fact], spans: list[tuple[int, int]]) -> None:
        self.tokens, self.drugs, self.spans = tokens, drugs, spans
        self.firsts = [first for first, _ in spans]
        self.onward: dict[int, str] = {}
        self.back: dict[int, str] = {}
        self.replaced: set[int] = set()
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
            figured = (
                tokens.form[after + 1 : after + 2] and tokens.form[after + 1][0].isdigit()
            )  # "augmenté de 40 à 80"
            leads = tokens.form[after - 1] not in ("par", "vers", "pour", "avec") and not figured
            if back and onward and leads and following in _OF and tokens.text[tokens.start[after] :][:3] != "dès":
                back = None  # "arrêt de l'aspirine" is said of what follows
            if back and not onward and self._leads(first, after):
                onward, back = back, None  # "et diminué le Diamicron"
            if self._denied(first):
                onward, back = None, _FLIPPED.get(back or "")
            if back == "stopped" and first and tokens.form[first - 1] == "puis":
                back = "then stopped"
            last = tokens.form[after - 1]
            found.append(_Cue(first, after, onward, back, last not in _SINGULAR and last.endswith(_PLURALS)))
        return found

    def _leads(self, first: int, after: int) -> bool:
        """Whether a drug stands right behind a participle, after its article."""
        index = bisect_left(self.firsts, after)
        if index >= len(self.firsts) or not 0 < self.firsts[index] - after <= 2:
            return False
        if self.tokens.sentence[first] != self.tokens.sentence[self.firsts[index]]:
            return False
        return all(word in _ARTICLES for word in self.tokens.form[after : self.firsts[index]])

    def _denied(self, first: int) -> bool:
        """Whether "non", "pas" stands before a cue, with nothing but auxiliaries between: "n'a pas été introduite"."""
        place = first - 1
        while place >= 0 and place >= first - 3 and self.tokens.form[place] in ("ete", "encore", "etre"):
            place -= 1
        return place >= 0 and self.tokens.form[place] in ("non", "pas", "jamais")

    def _govern(self, cue: _Cue, status: str) -> None:
        """The drugs that follow a cue: the first in reach, and those coordinated with it."""
        tokens = self.tokens
        index = bisect_left(self.firsts, cue.after)
        if index >= len(self.firsts):
            return
        first = self.firsts[index]
        listed = self._opens_list(cue)
        if not self._reaches(cue, first, listed) or (cue.plural and cue.back and not listed):
            return
        sentence = tokens.sentence[first]
        self.onward[index] = status
        if status == "stopped" and tokens.form[cue.first] in ("relais", "remplacement", "switch", "substitution", "en"):
            self._replaced(index)
            return
        chain, doubtful = [index], status in _DOUBTFUL
        while index + 1 < len(self.firsts):
            gap = self._gap(index)
            if gap is None or (tokens.sentence[self.firsts[index + 1]] != sentence and not listed):
                break
            if gap == "semicolon" and (doubtful or status == "started"):
                break
            index += 1
            chain.append(index)
            if gap == "open" and doubtful and not listed and not self._closed(index, sentence):
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
        between = tokens.text[self.drugs[index].end or 0 : self.drugs[index + 1].start or 0]
        if "\n" in between and (not between.strip() or tokens.sentence[begin - 1] != tokens.sentence[end]):
            return None
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
        if ";" in words:  # "poursuivre le Lasilix, un comprimé ; l'allopurinol 100 mg"
            tail = words[len(words) - words[::-1].index(";") :]
            return "semicolon" if all(w in _LINKS for w in tail) and len(words) < _REACH_BEHIND else None
        strange = [w for w in words if w.isalpha() and w not in _LINKS and w not in known]
        if strange or any(word in (":", ".") for word in words):
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
        if status == "past" and (index in self.back or self._strange(last + 1, cue.first)):
            return  # "(diminué, 40 auparavant)"; "échec" of something else
        self.back[index] = status
        if index and self._in_brackets(index, cue):
            index -= 1  # "anti-JAK (Olumiant) non retenu"
            self.back[index] = status
        while cue.plural and index > 0 and self._gap(index - 1) is not None:
            index -= 1
            if tokens.sentence[self.firsts[index]] != tokens.sentence[cue.first]:
                break
            self.back[index] = status

    def _strange(self, begin: int, end: int) -> int:
        """How many words between two places are no posology."""
        known = _posology_words()
        return sum(w.isalpha() and w not in known and w not in _LINKS for w in self.tokens.form[begin:end])

    def _in_brackets(self, index: int, cue: _Cue) -> bool:
        """Whether the drug `index` only spells out the one before it, in brackets that close before the cue."""
        text = self.tokens.text
        between = text[self.drugs[index - 1].end or 0 : self.drugs[index].start or 0]
        return between.strip() == "(" and ")" in text[self.drugs[index].end or 0 : self.tokens.start[cue.first]]

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
        last = words[len(words) - words[::-1].index(",") :] if "," in words else []
        if any(word.isalpha() and word not in known and word not in _ASIDES for word in last):
            return False  # "Tahor, AOMI, tabac sevré": something else is its subject
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

    def dated(self, index: int, *, closed: bool = True) -> bool:
        """Whether past years, or a period from a day to another, stand beside the drug."""
        own = self._own(index)
        return bool(_YEARS.search(own) or (closed and _PERIOD.search(own))) and not _SINCE.search(own)

    def since(self, index: int) -> bool:
        """Whether the drug goes on: "depuis 2022" behind it, "Depuis, X" before it in its sentence."""
        return bool(_SINCE.search(self._own(index)) or _SINCE.search(self._before(index)))

    def future(self, index: int) -> bool:
        """Whether a day to come stands beside the drug: "une perfusion le 08/04"."""
        return bool(_FUTURE.search(self._own(index)))

    def inline_title(self, index: int) -> str | None:
        """What the words before a colon say in the drug's sentence: "Traitements antérieurs : lithium, olanzapine"."""
        before = self._before(index, 600)
        for pattern in (_INLINE, _LINE_TITLE):
            found = pattern.search(before)
            if found and not _EXCEPT.search(before, found.end(1)):
                said = _title_status(found.group(1))
                if said:
                    return said
        return None

    def at_once(self, index: int) -> bool:
        return bool(_AT_ONCE.search(self._own(index)))

    def conditional(self, index: int) -> bool:
        """Whether a condition stands before the drug in its clause: "si récidive : X", "si pCR, X"."""
        before = self._before(index)
        if index:
            before = before[max(0, len(before) - (self.drugs[index].start or 0) + (self.drugs[index - 1].end or 0)) :]
        found = _IF.search(before)
        return found is not None and not is_need(found.group())

    def _before(self, index: int, most: int = 120) -> str:
        """The folded text of the sentence before a drug, its last `most` characters."""
        start = self.drugs[index].start or 0
        begin = self.tokens.sentence_bounds[self.tokens.sentence[self.spans[index][0]]][0]
        return self.tokens.folded[max(begin, start - most) : start]

    def from_to(self, index: int) -> str | None:
        """increased or decreased, where both doses are said: "passé de 60 à 30 mg"."""
        found = _FROM_TO.search(self._own(index))
        if found is None:
            return None
        before, after = (float(figure.replace(",", ".")) for figure in found.groups())
        return "increased" if after > before else "decreased" if after < before else None

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
