"""Words that change what a mention says, found in one pass and cut to their scope.

Belongs here: reading cues.tsv, choosing between readings that folding made equal, and how far each cue reaches.
Does not belong here: any cue (data: lexicon/cues.tsv), relatives (family.py), or writing facts (assertion.py).

A scope is a range of words. It goes on through an enumeration ("pas de A, B ni C"), jumps over brackets, and ends at
what the data calls `stop`, at a new clause, at a preposition that begins another story ("sans fièvre pour une toux"),
or at the end of the sentence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from limpide.french.phrases import PhraseTable, read_table, spellings, word_set
from limpide.french.tokens import Tokens, fold

NEG, HYP, COND, PLAN, HIST, REP, GENERIC, SOUGHT, LIKELY, SURE = 1, 2, 4, 8, 16, 32, 64, 128, 256, 512
RESULT, DISMISSED, NO_FACT, TESTED = 1024, 2048, 4096, 8192
_BIT = {
    "neg": NEG,
    "hyp": HYP,
    "cond": COND,
    "plan": PLAN,
    "hist": HIST,
    "rep": REP,
    "generic": GENERIC | HYP,
    "likely": LIKELY,
    "sure": SURE,
    "result": RESULT,
    "dismiss": DISMISSED,
    "nofact": NO_FACT,
    "test": TESTED,
}
_BARRIERS = {"verb": 1, "clause": 1, "stop": 2, "topic": 3, "ne": 4}
_LIMIT = 40  # words: a scope that no punctuation ends is a page whose lines were lost
_DETERMINERS = word_set("determiners")
_LINKS = word_set("links")
_AWAY = word_set("away")
_PREPOSITIONS = _AWAY | word_set("prepositions")
_AUXILIARIES = word_set("auxiliaries") | {"'"}
_PASSIVE = word_set("passive")
_NO = word_set("no")
_ARTICLES = _DETERMINERS | {"de", "d", "'", ":"}
_OF = frozenset({"de", "d", "du", "des"})  # "disparition de la toux, des douleurs et du prurit"
_HAVE = frozenset({"a", "ont", "avait", "avaient"})
_DEFINITE = frozenset({"la", "le", "les", "l"})
_LEADS_OFF = word_set("leads_off")


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of cues.tsv: what it sets (bits), on which side, how far."""

    kind: str
    side: str
    reach: str
    bits: int


class Found(NamedTuple):
    """A cue in a text: words [first, after)."""

    first: int
    after: int
    cue: Cue


@cache
def _table() -> PhraseTable[tuple[tuple[str, Cue], ...]]:
    readings: dict[str, list[tuple[str, Cue]]] = {}
    for row in read_table("cues"):
        cue = Cue(row["kind"], row["side"], row["reach"], _BIT.get(row["kind"], 0))
        if row["reach"] == "sought":
            cue = Cue(row["kind"], row["side"], "list", cue.bits | SOUGHT)
        for phrase in spellings(row["phrase"]):
            readings.setdefault(fold(phrase), []).append((phrase, cue))
    return PhraseTable(((phrase, tuple(found)) for phrase, found in readings.items()), literal=True)


def find_cues(tokens: Tokens) -> list[Found]:
    """Every cue, longest first, within one sentence each. "évoqué" and "évoque" fold alike: the accent decides."""
    found = []
    sentence = tokens.sentence
    for first, after, readings in _table().scan(tokens):
        if sentence[first] != sentence[after - 1] and tokens.form[first] != "?":
            continue  # but "Toux ? non" is one statement
        cue = readings[0][1]
        if len(readings) > 1:
            written = tokens.text[tokens.start[first] : tokens.end[after - 1]].lower()
            cue = next((one for spelling, one in readings if spelling == written), cue)
        found.append(Found(first, after, cue))
    return found


class Scopes:
    """The scopes of a text's cues, word by word.

    `before[i]`: bits set on a mention that begins at word i by cues to its left; `behind[i]`: bits set on a mention
    that ends with word i by cues to its right. `begins`, `ends`: words where mentions begin and end.
    """

    def __init__(self, tokens: Tokens, begins: frozenset[int], ends: frozenset[int]) -> None:
        self.tokens = tokens
        self.form = tokens.form
        self.sentence = tokens.sentence
        self.size = len(tokens.form)
        self.begins, self.ends = begins, ends
        self.before = [0] * self.size
        self.behind = [0] * self.size
        self.barrier = bytearray(self.size)  # 1 where a new clause begins, 2 where another story does
        self.bridge = bytearray(self.size)  # 1 on words that look like an end and are none ("argument pour")
        self.cues = find_cues(tokens)
        for word in ("n", "ne"):
            for place in tokens.places.get(word, ()):
                self.barrier[place] = _BARRIERS["ne"]
        for found in self.cues:
            if found.cue.kind == "bridge":
                self.bridge[found.first : found.after] = b"\x01" * (found.after - found.first)
            elif found.cue.kind == "cond":
                self.barrier[found.first] = _BARRIERS["stop"]
            elif found.cue.kind in _BARRIERS and not self._participle(found) and not self._mentioned(found):
                self.barrier[found.first] = _BARRIERS[found.cue.kind]
        self._bar_perfects()
        for found in self.cues:
            if found.cue.bits:
                self._apply(found)
        self._signs()
        if "\t" in tokens.text:
            self._answers()

    def _bar_perfects(self) -> None:
        """A verb in the past begins a clause: "à la recherche d'une arthrite, a ramené un liquide clair"."""
        text, start, end = self.tokens.text, self.tokens.start, self.tokens.end
        for word in _HAVE & self.tokens.places.keys():
            for place in self.tokens.places[word]:
                after = place + 1
                if after < self.size and text[start[place] : end[place]] in _HAVE and text[end[after] - 1] in "éit":
                    self.barrier[place] = self.barrier[place] or _BARRIERS["verb"]

    def _signs(self) -> None:
        """A sign behind a mention denies it: "toux -, dyspnée +"."""
        text, start, end = self.tokens.text, self.tokens.start, self.tokens.end
        for place in self.tokens.places.get("-", ()):
            after = text[end[place] : end[place] + 1]
            if (
                place
                and place - 1 in self.ends
                and text[start[place] - 1] == " "
                and after in ("", ",", ";", ".", "\n", ")")
            ):
                self.behind[place - 1] |= NEG

    def _answers(self) -> None:
        """A cell that answers "non" denies what the cell before it names: "Otites à répétition<tab>Non"."""
        text, start, places = self.tokens.text, self.tokens.start, self.tokens.places
        for place in (place for word in _NO & places.keys() for place in places[word]):
            if self._is_cell(place):
                tab = text.rfind("\t", 0, start[place])
                cell = max(text.rfind("\n", 0, tab), text.rfind("\t", 0, tab)) + 1
                self._mark_left(bisect_left(start, cell), place, NEG)

    def _is_cell(self, place: int) -> bool:
        """Whether a word is all that a cell after the first holds."""
        text, begin, end = self.tokens.text, self.tokens.start[place], self.tokens.end[place]
        while begin > 0 and text[begin - 1] == " ":
            begin -= 1
        while end < len(text) and text[end] in " .":
            end += 1
        return begin > 0 and text[begin - 1] == "\t" and (end == len(text) or text[end] in "\t\n")

    def _participle(self, found: Found) -> bool:
        alone = found.after - found.first == 1
        return alone and found.cue.kind == "verb" and self.tokens.text[self.tokens.end[found.first] - 1] in "éÉ"

    def _mentioned(self, found: Found) -> bool:
        return found.cue.kind == "topic" and found.first in self.begins

    def _apply(self, found: Found) -> None:
        cue, first, after = found.cue, found.first, found.after
        side, reach = cue.side, cue.reach
        if cue.kind == "hist" and form_at(self.form, first - 1) == "(" and form_at(self.form, after) == ")":
            side, reach, first = "<", "group", first - 1  # "Asthme (ATCD)"
        if cue.kind == "neg":
            side, reach = self._negation(found)
            if not side:
                return
        if side == "=":
            side = self._bound_side(found)
        if side == "*" or (side == "law" and self._is_law(first)):
            self._whole(first, cue.bits)
        elif reach == "alt":
            self._mark(after, self._right(after, "group", cue.bits), cue.bits)
            self._mark_left(self._left(first, "group", False, True), first, cue.bits)
        elif side == ">":
            self._mark(after, self._right(after, reach, cue.bits), cue.bits)
        elif side == "<":
            plural = self.form[after - 1].endswith("s")
            self._mark_left(self._left(first, reach, plural, bool(cue.bits & HYP)), first, cue.bits)

    def _negation(self, found: Found) -> tuple[str, str]:
        """Which way a negation looks: "pas" alone, "plus", "non" and passives depend on their neighbours."""
        cue, first, after = found.cue, found.first, found.after
        word = self.form[first]
        if word == "0":
            text, begin, end = self.tokens.text, self.tokens.start[first], self.tokens.end[first]
            counted = after in self.begins and text[end] == " " and (not begin or text[begin - 1].isspace())
            return (">", "near") if counted and self._begins_item(first) else ("", "")
        if cue.reach in ("clause", "ne"):
            if self._has_ne(first):
                return ">", "list"
            if word == "plus" and after - first > 1 and after in self.begins and self._begins_item(first):
                return ">", "list"  # "Plus de fièvre"
            return (">", "near") if word != "plus" and cue.reach != "ne" else ("", "")
        if cue.reach in ("near", "end") and after - first == 1 and word == "non":
            closed = after >= self.size or self.sentence[after] != self.sentence[first] or self.form[after] in ",.;)("
            return ("<", "near") if closed and first and self.form[first - 1] not in ":?," else (">", "near")
        if cue.reach == "subject":
            if word != "pas" and word != "jamais":
                return "<", "group"
            if form_at(self.form, after) in ("de", "d", "aucun", "aucune"):
                return ">", "list"
            passive = "ete" in self.form[first:after] or self.form[first - 1] in _PASSIVE
            return ("<", "list") if passive else (">", "list")
        return cue.side, cue.reach

    def _begins_item(self, first: int) -> bool:
        """Whether a word opens its sentence, or an item of a list."""
        if first == 0 or self.sentence[first - 1] != self.sentence[first] or self.form[first - 1] in ",;/(-:":
            return True
        return "\n" in self.tokens.text[self.tokens.end[first - 1] : self.tokens.start[first]]

    def _is_law(self, first: int) -> bool:
        """Whether the sentence speaks of a disease at large: "La sarcoïdose est une maladie"."""
        place = first
        while place > 0 and self.sentence[place - 1] == self.sentence[first]:
            place -= 1
        opening = self.form[place : place + 2]
        return bool(opening) and opening[0] in _DEFINITE and (place + 1 in self.begins or place + 2 in self.begins)

    def _has_ne(self, first: int) -> bool:
        window = self.form[max(0, first - 7) : first]
        return "n" in window or "ne" in window

    def _bound_side(self, found: Found) -> str:
        """An adjective binds to the mention it touches; else to what follows it, unless nothing does."""
        after = found.after
        while form_at(self.form, after) in _ARTICLES:
            after += 1
        if after in self.begins and found.first - 1 not in self.ends:
            return ">"
        if found.first - 1 in self.ends:
            return "<"
        after = found.after
        if after >= self.size or self.sentence[after] != self.sentence[found.first] or self.barrier[after]:
            return "<"
        following = self.form[after]
        return "<" if following in _PREPOSITIONS or not following[0].isalnum() else ">"

    def _mark(self, begin: int, end: int, bits: int) -> None:
        place = begin
        while place < end:
            if self.form[place] == "(" and place > begin:
                place = self._closing(place)
                continue
            self.before[place] |= bits
            place += 1

    def _mark_left(self, begin: int, end: int, bits: int) -> None:
        for place in range(begin, end):
            self.behind[place] |= bits

    def _whole(self, first: int, bits: int) -> None:
        number = self.sentence[first]
        place = first
        while place > 0 and self.sentence[place - 1] == number:
            place -= 1
        while place < self.size and self.sentence[place] == number:
            self.before[place] |= bits
            place += 1

    def _right(self, begin: int, reach: str, bits: int) -> int:
        """The word after the last one in scope of a cue that ends before `begin`."""
        form, sentence, barrier = self.form, self.sentence, self.barrier
        if begin >= self.size or begin == 0 or sentence[begin] != sentence[begin - 1]:
            return begin
        if reach == "near":
            return begin + 1
        if reach == "rest":
            return bisect_right(sentence, sentence[begin])
        stop = min(self.size, begin + (10 if reach == "group" else _LIMIT))
        number, place = sentence[begin], begin
        while place < stop and sentence[place] == number:
            word = form[place]
            if barrier[place] and self._stops(barrier[place], place - begin, bits):
                return place
            if not word.isalnum():
                if word == "(" and place > begin:
                    place = self._closing(place)
                    continue
                if word in ").;?" or (word == ":" and place - begin > 1):
                    return place
                if word == ",":
                    if reach in ("group", "clause") or not self._goes_on(place, bits, reach):
                        return place
                elif word == "-" and self._spaced(place):
                    return place
            elif place > begin and reach != "history":
                if word in ("et", "ou"):
                    if self._ends_at_conjunction(place, word, reach, bits):
                        return place
                elif not self.bridge[place] and self._leads_away(word, reach, bits):
                    return place
            place += 1
        return place

    def _stops(self, barrier: int, distance: int, bits: int) -> bool:
        """Whether a barrier ends a scope: "pas montré de" tolerates its own verb, plans tolerate examinations."""
        if barrier == _BARRIERS["topic"]:
            return distance > 1 and bool(bits & (NEG | HYP | COND))
        if barrier == _BARRIERS["ne"]:
            return not bits & REP
        return barrier == _BARRIERS["stop"] or distance > (1 if bits & NEG else 0)

    def _leads_away(self, word: str, reach: str, bits: int) -> bool:
        """Whether a preposition begins another story: "sans fièvre pour une toux", "probable phlébite à l'écho"."""
        if word in _AWAY:
            return reach == "group" or bool(bits & NEG) or word == "pour"
        return reach == "group" and word in ("a", "au", "aux")

    def _ends_at_conjunction(self, place: int, word: str, reach: str, bits: int) -> bool:
        following = form_at(self.form, place + 1)
        if any(self.barrier[place + 1 : place + 2]):
            return True
        if following in ("de", "d", "ni") or word == "ou" or (reach == "of" and following in _OF):
            return False
        if reach == "all":
            return following in ("un", "une", "des") and bool(bits & NEG)
        if reach == "objects":
            return False
        return reach == "group" or (following in _DETERMINERS and bool(bits & NEG))

    def _goes_on(self, comma: int, bits: int, reach: str) -> bool:
        """Whether an enumeration goes on after this comma.

        "pas de A, ni B", "sans A, B ou C", "pas de A, B, C." do; "pas de A, une toux", "pas de A, toux sèche" do not.
        """
        following = form_at(self.form, comma + 1)
        if following in _LINKS or (reach == "of" and following in _OF):
            return True
        if any(self.barrier[comma + 1 : comma + 2]) or following in _PREPOSITIONS:
            return False
        if bits & (HIST | REP | PLAN) and not bits & (NEG | HYP):
            return True
        determined = following in _DETERMINERS
        if reach in ("all", "objects"):
            return reach == "objects" or not (bits & NEG and following in ("un", "une", "des"))
        if determined and bits & NEG:
            return False
        number, commas, length, place = self.sentence[comma], 1, 0, comma + 1
        while place < self.size and self.sentence[place] == number and not self.barrier[place]:
            word = self.form[place]
            if word in ("ou", "ni", "voire"):
                return True
            if word == ",":
                if form_at(self.form, place + 1) in _DETERMINERS and bits & NEG:
                    break
                commas, length = commas + 1, 0
            elif word in ("sans", "pas", ":", ";", "("):
                return False
            else:
                length += 1
                if length > 5:
                    return False
            place += 1
        return commas >= 2 and not determined

    def _closing(self, opening: int) -> int:
        """The word after the bracket that closes, or the end of the sentence."""
        place, number = opening + 1, self.sentence[opening]
        while place < self.size and self.sentence[place] == number:
            if self.form[place] == ")":
                return place + 1
            place += 1
        return place

    def _spaced(self, place: int) -> bool:
        text, start, end = self.tokens.text, self.tokens.start[place], self.tokens.end[place]
        return start > 0 and text[start - 1].isspace() and end < len(text) and text[end].isspace()

    def _left(self, end: int, reach: str, plural: bool, doubtful: bool) -> int:
        """The first word in scope of a cue that begins at `end` and looks left."""
        form, sentence, barrier = self.form, self.sentence, self.barrier
        if end == 0 or end >= self.size:
            return end
        number = sentence[end]
        if reach == "near":
            return end - 1 if sentence[end - 1] == number else end
        if reach == "sentence":
            return bisect_left(sentence, number)
        place = end - 1
        while place >= 0 and sentence[place] == number and form[place] in _AUXILIARIES:
            place -= 1
        last, floor = place, max(-1, end - (12 if reach in ("group", "label", "mark", "aux") else _LIMIT))
        while place > floor and sentence[place] == number:
            word = form[place]
            if word == ")" and reach == "mark":
                place = next((i for i in range(place, floor, -1) if form[i] == "("), floor + 1)
            elif word in ",;:.()?" or (word == "-" and self._spaced(place)):
                if not (word == "," and plural and reach == "list"):
                    break
            elif (barrier[place] and place < last) or (word == "et" and not plural and reach != "label"):
                break
            elif doubtful and reach == "group" and word in _LEADS_OFF:
                break  # "insuffisance rénale sur déshydratation probable"
            place -= 1
        return place + 1


def form_at(form: list[str], place: int) -> str:
    """The word at `place`, or '' past the end."""
    return form[place] if place < len(form) else ""
