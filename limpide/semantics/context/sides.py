"""Left, right or both: the side of a condition, an act or a device.

Belongs here: reading the side in a mention's words, in the rest of its noun phrase ("fracture déplacée du tiers moyen
de la clavicule gauche"), in the topic that opens its clause ("Hanche gauche : coxarthrose"), in a list that one side
closes. Does not belong here: the words (lexicon/sides.tsv), what a mention is.

"Ventricule droit", "branche gauche", "insuffisance cardiaque droite" name parts of an organ: no side is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from limpide.document import Fact, Section
from limpide.french.phrases import read_table
from limpide.french.tokens import Tokens, fold
from limpide.french.variants import STRESS, key, stem, stressed
from limpide.semantics.context.sections import section_at

LEFT, RIGHT, BOTH = "left", "right", "bilateral"
_KINDS = frozenset(("condition", "procedure", "device", "observation"))
_REACH = 12  # words after a mention in which its noun phrase may go on
_TOPIC = 14  # words between the topic of a clause and a mention
_LINKS = frozenset(("de", "d", "du", "des", "la", "le", "l", "les", "a", "au", "aux", "en", "'", "-", "un", "une", "/"))
_ARTICLES = frozenset(("de", "du", "la", "des", "l"))
_TWO = frozenset(("deux", "2"))
_EYE = re.compile(
    r"o?eil|retin|macul|catara|glauc|uve|kera|corne|conjonct|iri[ts]|vitre|acuit|papill|ophtalm|cecit|fo$|oct"
)
_STATION = re.compile(r"(\d{1,2})([lr])$")
_NODES = ("adp", "adenopathi", "ganglion", "adenomegali")
_NO_LETTER = frozenset(("vitamine", "hepatite", "groupe", "stade", "type", "grade", "classe", "child", "garden", "vit"))
_JOINING = frozenset(("et", "avec", "+", "puis", ",", "/", "ou"))


@cache
def _table() -> tuple[dict[str, tuple[str, str]], frozenset[str], frozenset[str]]:
    """Side words with what they need; words before which they name a part; words passed over."""
    sides: dict[str, tuple[str, str]] = {}
    sets: dict[str, set[str]] = {"part": set(), "passed": set(), "lead": set()}
    for row in read_table("sides"):
        for word in row["words"].split():
            folded = fold(word).replace("œ", "oe")
            if row["side"] in sets:
                sets[row["side"]].add(folded)
            else:
                sides.setdefault(folded, (row["side"], row["needs"]))
    return sides, frozenset(sets["part"]), frozenset(sets["passed"])


@cache
def _nouns() -> frozenset[str]:
    """Stems that a noun phrase goes on with: parts of the body, qualities."""
    found: set[str] = set()
    for row in read_table("grammar/sites"):
        for term in f"{row['nouns']}|{row['adjectives']}".split("|"):
            found.update(key(term).split())
    for row in read_table("grammar/modifiers"):
        for term in row["modifiers"].split("|"):
            found.update(key(term).split())
    for row in read_table("acts/objects"):
        if row["role"] == "site":
            found.update(key(row["words"]).split())  # "membre", "cuisse", "poignet"
    return frozenset(word.rstrip(STRESS) for word in found)


def side_all(tokens: Tokens, facts: Sequence[Fact], sections: Sequence[Section]) -> None:
    """Set the side of each placed fact of the text that has one."""
    sides = _table()[0]
    if not (sides.keys() & tokens.places.keys() or _TWO & tokens.places.keys() or _stations(tokens)):
        return
    placed = [f for f in facts if f.kind in _KINDS and f.origin == "nlp" and f.start is not None and f.side is None]
    spans = {id(fact): tokens.within(fact.start or 0, fact.end or 0) for fact in placed}
    closing: dict[int, str] = {}  # last word of a mention -> side said after it of all that stand with it
    for fact in placed:
        first, last = spans[id(fact)]
        fact.side = _inside(tokens, first, last, fact) or _after(tokens, last, fact, closing)
    order = sorted(placed, key=lambda fact: fact.start or 0)
    _spread(tokens, order, spans, closing)
    _treated(tokens, order, spans)
    begins = [section.start for section in sections]
    for fact in order:
        if fact.side is None:
            fact.side = _topic(tokens, spans[id(fact)][0], fact)
        if fact.side is None and fact.kind == "device":
            held = section_at(sections, begins, fact.start or 0)
            fact.side = _titled(sections[held].title or "") if held is not None else None


def _stations(tokens: Tokens) -> bool:
    return any(_STATION.match(word) for word in tokens.places if len(word) <= 3)


def side_of(tokens: Tokens, place: int, fact: Fact | None = None) -> str | None:
    """The side that one word says, None for a word that says none where it stands."""
    sides, parts, _ = _table()
    form = tokens.form
    found = sides.get(form[place])
    if found is None:
        return None
    side, needs = found
    written = tokens.text[tokens.start[place] : tokens.end[place]]
    if needs and not written.isupper() and not (len(written) > 1 and written[0].isupper()):
        return None
    if needs == "eye" and not _of_eye(fact):
        return None
    previous = form[place - 1] if place else ""
    if needs == "capital" and len(written) == 1:
        following = tokens.text[tokens.end[place] : tokens.end[place] + 1]
        if following in ("'", "’", "/") or previous in _NO_LETTER or previous.isdigit():
            return None
    return None if side != BOTH and _part(tokens, place, parts) else side


def _of_eye(fact: Fact | None) -> bool:
    return fact is not None and bool((fact.code or "").startswith("H") or _EYE.search(fold(fact.text or "")))


def _part(tokens: Tokens, place: int, parts: frozenset[str]) -> bool:
    """Whether the word before, links aside, makes of the side the name of a part of an organ."""
    before = place - 1
    if before >= 0 and tokens.form[before] in ("et", "ou", "/"):
        before -= 2  # "branches droite et gauche"
    return before >= 0 and tokens.form[before] in parts


def _inside(tokens: Tokens, first: int, last: int, fact: Fact) -> str | None:
    said = [side for place in range(first, last + 1) if (side := side_of(tokens, place, fact))]
    if any(form in _TWO for form in tokens.form[first:last]):
        after_two = next(i for i in range(first, last) if tokens.form[i] in _TWO)
        if _noun(tokens, after_two + 1) and tokens.form[after_two + 1].endswith(("s", "x")):
            said.append(BOTH)
    return _one(said)


def _one(said: list[str]) -> str | None:
    if not said:
        return None
    return BOTH if BOTH in said or {LEFT, RIGHT} <= set(said) else said[0]


def _noun(tokens: Tokens, place: int) -> bool:
    return stem(tokens.form[place]) in _nouns()


def _after(tokens: Tokens, last: int, fact: Fact, closing: dict[int, str]) -> str | None:
    """The side said in the rest of the noun phrase that a mention opens."""
    form, size = tokens.form, len(tokens.form)
    passed = _table()[2]
    place, number, unknown = last + 1, tokens.sentence[last], 0
    while place < size and tokens.sentence[place] == number and place - last <= _REACH:
        word = form[place]
        if (side := side_of(tokens, place, fact)) is not None:
            other = _other_side(tokens, place, fact)
            lead = form[place - 1] in ("a", "cote") or word.endswith("s")
            if lead:
                closing[last] = BOTH if other else side
            return BOTH if other and other != side else side
        station = _STATION.match(word)
        if station and fold(fact.text or "").startswith(_NODES):
            return LEFT if station.group(2) == "l" else RIGHT
        if word in _TWO:
            following = place + 1
            if (
                following < size
                and (form[following] == "cotes" or _noun(tokens, following))
                and form[following][-1] in "sx"
            ):
                return BOTH
        if not (word in _LINKS or word in passed or word[0].isdigit() or _noun(tokens, place) or _adjective(word)):
            unknown += not stressed(tokens.text[tokens.start[place] : tokens.end[place]])
            led = form[place - 1] in _ARTICLES or (form[place - 2 : place] == ["l", "'"]) or word.endswith("ee")
            if unknown > 2 or not (led and word.isalpha()):
                return None
        if word == "et" and not (place + 1 < size and (_noun(tokens, place + 1) or side_of(tokens, place + 1, fact))):
            return None
        place += 1
    return None


def _adjective(word: str) -> bool:
    return len(word) > 6 and word.endswith(
        ("al", "ale", "aux", "ales", "aire", "aires", "ique", "iques", "ien", "ienne", "iens", "iennes", "eux", "euse")
    )


def _other_side(tokens: Tokens, place: int, fact: Fact) -> str | None:
    """The second side of "droit et gauche", "D/G", "à droite et à gauche"."""
    form = tokens.form
    if place + 1 >= len(form) or form[place + 1] not in ("et", "/", "ou", "comme"):
        return None
    following = place + 2
    while following < len(form) and following - place < 5 and form[following] in ("a", "la", "le", "de", "plus"):
        following += 1
    return side_of(tokens, following, fact) if following < len(form) else None


def _spread(tokens: Tokens, order: list[Fact], spans: dict[int, tuple[int, int]], closing: dict[int, str]) -> None:
    """Give the side that closes an enumeration to its members ("pneumothorax et contusion à droite"), and that of an
    operation to what is done with it ("mastectomie gauche avec curage axillaire").
    """
    for number in range(len(order) - 1, 0, -1):
        fact, before = order[number], order[number - 1]
        last = spans[id(fact)][1]
        if last in closing and before.side is None and _joined(tokens, spans, before, fact):
            before.side = closing[last]
            closing[spans[id(before)][1]] = closing[last]
    for before, fact in pairwise(fact for fact in order if fact.kind == "procedure"):
        if fact.side or not before.side:
            continue
        bare = fact.rule == before.rule == "act:gesture" and len((fact.text or "").split()) == 1
        same_line = "\n" not in tokens.text[before.end or 0 : fact.start or 0]
        if (bare and same_line) or _joined(tokens, spans, before, fact, wide=True):
            fact.side = before.side


def _treated(tokens: Tokens, order: list[Fact], spans: dict[int, tuple[int, int]]) -> None:
    """Give an implant the side of what it treats: "fracture du col fémoral gauche, prothèse intermédiaire"."""
    lesion: Fact | None = None
    for fact in order:
        if fact.kind == "condition":
            lesion = fact if fact.side and not fact.negated else lesion
        elif fact.side is None and (fact.kind == "device" or fact.rule == "act:implant") and lesion is not None:
            last, first = spans[id(lesion)][1], spans[id(fact)][0]
            if tokens.sentence[last] == tokens.sentence[first] and 0 < first - last < _REACH + _TOPIC:
                fact.side = lesion.side


def _joined(tokens: Tokens, spans: dict[int, tuple[int, int]], one: Fact, other: Fact, wide: bool = False) -> bool:
    """Whether two mentions stand side by side in an enumeration; `wide`: links and a bracket may stand between."""
    last, first = spans[id(one)][1], spans[id(other)][0]
    if tokens.sentence[last] != tokens.sentence[first] or first <= last:
        return False
    between = [form for form in tokens.form[last + 1 : first] if form not in _LINKS]
    if wide:
        return len(between) <= 2 and any(form in ("avec", "+", "puis") for form in between)
    return len(between) == 1 and between[0] in _JOINING


def _topic(tokens: Tokens, first: int, fact: Fact) -> str | None:
    """The side of what a clause is about: "Hanche gauche : coxarthrose", "à droite, nodule", "genou G avec choc"."""
    form, number = tokens.form, tokens.sentence[first]
    place = first - 1
    while place > 0 and first - place <= _TOPIC and tokens.sentence[place] == number:
        if form[place] in (";", ".", "?"):
            return None
        side = side_of(tokens, place, fact)
        if side is not None:
            after = place + 1
            opens = form[after] in (":", ",", "avec") and form[place - 1] in ("a", "cote")
            about = form[after] == ":" and _noun(tokens, place - 1)
            measured = [word for word in form[after:first] if not (word[0].isdigit() or word in ("mm", "cm", "x", ","))]
            direct = measured in (["avec"], ["("]) and _noun(tokens, place - 1)
            return side if (opens and _opening(tokens, place)) or about or direct else None
        place -= 1
    return None


def _opening(tokens: Tokens, place: int) -> bool:
    """Whether a side with its lead opens a clause."""
    lead = place - 1
    while lead > 0 and tokens.form[lead - 1] in ("du", "sur", "le", "des", "de"):
        lead -= 1
    return (
        lead == 0
        or tokens.sentence[lead - 1] != tokens.sentence[place]
        or tokens.form[lead - 1] in (";", ":", ",", ".")
    )


@cache
def _titled(title: str) -> str | None:
    """The side that a title says: "IMPLANTS POSÉS (hanche D)"."""
    sides = _table()[0]
    said = {
        sides[folded][0]
        for word in re.findall(r"\w+", title)
        if (folded := fold(word)) in sides
        and (sides[folded][1] == "" or (word.isupper() and sides[folded][1] == "capital"))
    }
    return said.pop() if len(said) == 1 else None
