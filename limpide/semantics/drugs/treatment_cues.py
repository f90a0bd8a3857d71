"""Words that say what becomes of a treatment, and the drugs that each governs.

Belongs here: finding cues, how far each reaches before and behind, what else stands beside a drug (years, conditions).
Does not belong here: the words (lexicon/drug_status.tsv), the choice among what they say (status.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from limpide.document import Fact
from limpide.french.phrases import PhraseTable, read_table, spellings, word_set
from limpide.french.tokens import Tokens, fold
from limpide.semantics.drugs.items import is_need
from limpide.semantics.drugs.titles import title_status

_OF = frozenset(("de", "d", "du", "des"))
_LINKS = _OF | frozenset(
    ("le", "la", "les", "l", "'", "et", "ou", "ni", "+", "/", ",", "puis", "par", "un", "une", "-")
)
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


class Reading:
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
                said = title_status(found.group(1))
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
